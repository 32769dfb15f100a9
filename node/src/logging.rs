//! What is logged where: to standard error, never contents of documents, names, addresses or keys.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Starts logging: warnings; with `-v` milestones, with `-vv` decisions, with `-vvv` the path.
pub(crate) fn start(verbose: u8) {
    // A second start, in a test, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(verbose)))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

/// Lets our own crates speak, and no other: others' lines hold peers' addresses.
fn directives(verbose: u8) -> String {
    let ours = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let crates = ["fingerpost", "engine", "storage", "network", "crdt_schema"];
    format!("off,{}", crates.map(|name| format!("{name}={ours}")).join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_words_never_come_from_other_peoples_crates() {
        for verbose in [0, 1, 3, 200] {
            let directives = directives(verbose);
            assert!(directives.starts_with("off,"), "{directives}");
            assert!(directives.parse::<EnvFilter>().is_ok());
        }
    }
}
