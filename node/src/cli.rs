//! The command line: what can be typed, and where it goes.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ArgAction, Parser, Subcommand};

use crate::cli::output::Output;
use crate::client::Client;
use crate::data::DataDir;

pub(crate) mod output;
pub(crate) mod doubts;
pub(crate) mod found;
pub(crate) mod serve;
pub(crate) mod addresses;
pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod recover;
pub(crate) mod workspace;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod member;
pub(crate) mod proposal;
pub(crate) mod document;
pub(crate) mod audience;
pub(crate) mod edit;
pub(crate) mod comment;
pub(crate) mod suggest;
pub(crate) mod sign;
pub(crate) mod versions;
pub(crate) mod copies;
pub(crate) mod crosswalk;
pub(crate) mod publish;
pub(crate) mod shelf;
pub(crate) mod person;
pub(crate) mod node;
pub(crate) mod pair;
pub(crate) mod profile;
pub(crate) mod status;
pub(crate) mod check;
pub(crate) mod backup;
pub(crate) mod verify;

const COMMON: &str = "Common options";

/// Documents that councils and charities keep together, each on its own node
#[derive(Parser)]
#[command(name = "fingerpost", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Folder that holds everything this node keeps [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "FINGERPOST_DATA", hide_env_values = true, global = true, help_heading = COMMON)]
    data: Option<PathBuf>,
    /// Print JSON on standard output: one object, or one a line
    #[arg(long, global = true, help_heading = COMMON)]
    json: bool,
    /// Say more on standard error about what happens; twice for more still
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = COMMON)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Recover(recover::Args),
    Serve(serve::Args),
    #[command(subcommand)]
    Workspace(workspace::Command),
    #[command(subcommand)]
    Invite(invite::Command),
    Join(join::Args),
    #[command(subcommand)]
    Member(member::Command),
    #[command(subcommand)]
    Proposal(proposal::Command),
    Doc(document::Args),
    #[command(subcommand)]
    Shelf(shelf::Command),
    #[command(subcommand)]
    Person(person::Command),
    #[command(subcommand)]
    Node(node::Command),
    Profile(profile::Args),
    Status(status::Args),
    Check(check::Args),
    Backup(backup::Args),
    Restore(backup::RestoreArgs),
    Verify(verify::Args),
}

/// Does what the command line says: status 0 done, 1 refused or failed with a reason, 2 wrong usage.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::logging::start(cli.verbose);
    let mut output = Output::new(cli.json);
    let done = tokio::runtime::Runtime::new()
        .context("cannot start")
        .and_then(|runtime| runtime.block_on(run(cli, &mut output)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            output.complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, output: &mut Output) -> anyhow::Result<()> {
    let named = cli
        .data
        .map(std::path::absolute)
        .transpose()
        .context("cannot find the data folder's place")?;
    let folder = named.clone();
    let data = || folder.clone().map_or_else(default_folder, Ok).map(DataDir::new);
    match cli.command {
        Command::Demo(args) => demo::run(args, named, output).await,
        Command::Init(args) => init::run(args, &data()?, output).await,
        Command::Recover(args) => recover::run(args, data()?, output).await,
        Command::Serve(args) => serve::run(args, data()?, output).await,
        Command::Join(args) => join::run(args, &data()?, output).await,
        Command::Restore(args) => backup::restore(args, &data()?, output).await,
        Command::Verify(args) => verify::run(args, output).await,
        Command::Workspace(command) => {
            with_client(data()?, async |c| workspace::run(command, c, output).await).await
        }
        Command::Invite(command) => {
            with_client(data()?, async |c| invite::run(command, c, output).await).await
        }
        Command::Member(command) => {
            with_client(data()?, async |c| member::run(command, c, output).await).await
        }
        Command::Proposal(command) => {
            with_client(data()?, async |c| proposal::run(command, c, output).await).await
        }
        Command::Doc(args) => {
            with_client(data()?, async |c| document::run(args, c, output).await).await
        }
        Command::Shelf(command) => {
            with_client(data()?, async |c| shelf::run(command, c, output).await).await
        }
        Command::Person(command) => {
            with_client(data()?, async |c| person::run(command, c, output).await).await
        }
        Command::Node(node::Command::Join(args)) => pair::run(args, &data()?, output).await,
        Command::Node(command) => {
            with_client(data()?, async |c| node::run(command, c, output).await).await
        }
        Command::Profile(args) => {
            with_client(data()?, async |c| profile::run(args, c, output).await).await
        }
        Command::Check(args) => {
            with_client(data()?, async |c| check::run(args, c, output).await).await
        }
        Command::Backup(args) => {
            let folder = data()?;
            with_client(folder.clone(), async |c| backup::run(args, &folder, c, output).await).await
        }
        Command::Status(args) => {
            with_client(data()?, async |c| status::run(args, c, output).await).await
        }
    }
}

/// Asks the running node, or opens the data folder for as long as the command takes.
async fn with_client(
    data: DataDir,
    command: impl AsyncFnOnce(&mut Client) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut client = Client::open(data).await?;
    let done = command(&mut client).await;
    client.close().await;
    done
}

/// Returns where data is kept unless somebody says otherwise.
fn default_folder() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "fingerpost")
        .context("this account has no home folder. Name a data folder with --data")?;
    Ok(folders.data_dir().to_owned())
}

#[cfg(test)]
mod tests;
