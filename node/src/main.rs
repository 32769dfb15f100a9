//! The `fingerpost` program: one organisation's node.

mod cli;
mod client;
mod http;
mod visit;
mod followed;
mod running;
mod runtime;
mod skos;
mod tag_lists;
mod upkeep;
mod backup;
mod handle;
mod clock;
mod data;
mod kit;
mod domain;
mod qr;
mod logging;

fn main() -> std::process::ExitCode {
    cli::main()
}
