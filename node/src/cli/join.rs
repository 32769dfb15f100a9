//! `fingerpost join`

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use crdt_schema::invite::PREFIX;
use crdt_schema::phrase::Phrase;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::client::Client;
use crate::data::DataDir;
use crate::handle::Handle;

/// How long a command stays in touch with others when no node runs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait for news before looking anyway.
const GLANCE: Duration = Duration::from_millis(200);
/// Far more than an invite takes.
const FILE_BYTES: u64 = 64 * 1024;

/// Join a workspace with an invite
///
/// Answers "joined" or "waiting". A join that waits goes on by itself whenever the node runs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The invite's text, the file it is in, or the words that were read out to you
    #[arg(value_name = "INVITE_OR_FILE", required = true, num_args = 1..)]
    invite: Vec<String>,
}

pub(crate) async fn run(args: Args, data: &DataDir, output: &mut Output) -> anyhow::Result<()> {
    let invite = read(&args.invite.join(" "))?;
    let client = Client::open_online(data.clone()).await?;
    let joined = join(&client, &invite).await;
    client.close().await;
    let joined = joined.context("cannot join")?;
    output.result(&joined, |joined| text(joined, "/state"))?;
    if text(&joined, "/state") == "waiting" {
        output.say("No member was reached yet, or a steward must approve. \"fingerpost status\" says which. It goes on by itself while \"fingerpost serve\" runs.");
    }
    Ok(())
}

async fn join(client: &Client, invite: &str) -> anyhow::Result<Value> {
    let joined = client.post("/join", &json!({"invite": invite})).await?;
    let (Some(running), true) = (client.running(), text(&joined, "/state") == "waiting") else {
        return Ok(joined);
    };
    let workspace = text(&joined, "/workspace");
    let is_in = async || Ok(client.get(&format!("/workspaces/{workspace}")).await.is_ok());
    if settle(running.handle(), PATIENCE, is_in).await? {
        return Ok(json!({"workspace": workspace, "state": "joined"}));
    }
    refused(client, &workspace).await?;
    Ok(joined)
}

/// A join that a member refused has its reason in the status.
async fn refused(client: &Client, workspace: &str) -> anyhow::Result<()> {
    let status = client.get("/status").await?;
    let joins = status.get("joins").and_then(Value::as_array);
    let ours = |join: &&Value| {
        text(join, "/workspace/id") == workspace && text(join, "/state") == "refused"
    };
    match joins.into_iter().flatten().find(ours) {
        Some(join) => anyhow::bail!("{}", text(join, "/reason")),
        None => Ok(()),
    }
}

/// Waits until something holds at a node; `false` if it does not in time.
pub(crate) async fn settle(
    node: &Handle,
    patience: Duration,
    holds: impl AsyncFn() -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    let mut events = node.events();
    let deadline = tokio::time::sleep(patience);
    tokio::pin!(deadline);
    loop {
        if holds().await? {
            return Ok(true);
        }
        tokio::select! {
            () = &mut deadline => return Ok(false),
            // Missed news is news too.
            _ = events.recv() => {}
            () = tokio::time::sleep(GLANCE) => {}
        }
    }
}

/// Reads an invite from the command line or from a file.
pub(crate) fn read(invite_or_file: &str) -> anyhow::Result<String> {
    if invite_or_file.trim_start().starts_with(PREFIX) {
        return Ok(invite_or_file.to_owned());
    }
    let about = match fs::metadata(invite_or_file) {
        Ok(about) => about,
        // Words that were read out, and no file of that name.
        Err(_) if Phrase::is_meant(invite_or_file) => {
            Phrase::read(invite_or_file)?;
            return Ok(invite_or_file.to_owned());
        }
        Err(error) => return Err(error).with_context(|| {
            format!("this is no invite, which starts with \"{PREFIX}\", no phrase of several words, and no file")
        }),
    };
    anyhow::ensure!(about.len() <= FILE_BYTES, "{invite_or_file} is too large to be an invite");
    fs::read_to_string(invite_or_file).with_context(|| format!("cannot read {invite_or_file}"))
}

/// Reads a text that starts with a prefix from the command line, or from a file.
pub(crate) fn read_text(text_or_file: &str, prefix: &str, what: &str) -> anyhow::Result<String> {
    if text_or_file.trim_start().starts_with(prefix) {
        return Ok(text_or_file.to_owned());
    }
    let about = fs::metadata(text_or_file).with_context(|| {
        format!("this is no {what}, which starts with \"{prefix}\", and no file")
    })?;
    anyhow::ensure!(about.len() <= FILE_BYTES, "{text_or_file} is too large for this");
    fs::read_to_string(text_or_file).with_context(|| format!("cannot read {text_or_file}"))
}
