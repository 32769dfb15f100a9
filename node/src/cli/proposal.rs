//! `fingerpost proposal …`

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::identity::EntryId;
use serde_json::{Value, json};

use crate::cli::output::{Output, plain, text};
use crate::cli::workspace::Which;
use crate::client::{Client, Content};

/// Agree with others on what one organisation alone may not do
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List what was proposed, the newest first
    List(Which),
    /// Say who agreed, what is still needed, and what it would mean
    Show(One),
    /// Agree; what has enough is carried out
    Approve(One),
    /// Object to the election of a steward
    Object(One),
}

/// One proposal of a workspace
#[derive(clap::Args)]
pub(crate) struct One {
    /// The proposal's id
    id: EntryId,
    #[command(flatten)]
    which: Which,
}

/// What is done with a change that may need others
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Ask {
    /// Only say what it would mean
    #[arg(long)]
    what_if: bool,
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::List(which) => {
            let path = format!("{}/proposals", which.path(client).await?);
            let proposals = client.list(&path).await.context("cannot list the proposals")?;
            let row = |p: &Value| {
                ["/id", "/state", "/by/name", "/summary"].map(|at| text(p, at)).to_vec()
            };
            let heading = ["ID", "STATE", "PROPOSED BY", "WHAT"];
            output.list(&proposals, &heading, row, "Nothing was proposed yet.")?;
        }
        Command::Show(one) => {
            let found = client.get(&one.path(client).await?).await;
            let found = found.context("cannot show the proposal")?;
            output.result(&found, words)?;
        }
        Command::Approve(one) => {
            let path = format!("{}/approvals", one.path(client).await?);
            let done = client.json(Method::POST, &path, Content::Nothing).await;
            output.result(&done.context("cannot agree to the proposal")?, words)?;
        }
        Command::Object(one) => {
            let path = format!("{}/objections", one.path(client).await?);
            let done = client.json(Method::POST, &path, Content::Nothing).await;
            output.result(&done.context("cannot object to the proposal")?, words)?;
        }
    }
    Ok(())
}

impl One {
    async fn path(&self, client: &Client) -> anyhow::Result<String> {
        Ok(format!("{}/proposals/{}", self.which.path(client).await?, self.id))
    }
}

/// Proposes a change, which is carried out if nobody else must agree; or only asks what it would mean.
pub(crate) async fn propose(
    workspace: &str,
    change: Value,
    ask: Ask,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let body = json!({"change": change});
    if ask.what_if {
        let means = client.post(&format!("{workspace}/consequences"), &body).await;
        let means = means.context("cannot tell what it would mean")?;
        output.result(&means, |means| consequences(means).join("\n"))?;
        return Ok(());
    }
    let made = client.post(&format!("{workspace}/proposals"), &body).await;
    output.result(&made.context("cannot do or propose this")?, words)?;
    Ok(())
}

fn consequences(found: &Value) -> Vec<String> {
    let none = Vec::new();
    let sentences = found.get("consequences").and_then(Value::as_array).unwrap_or(&none);
    sentences.iter().map(|sentence| plain(&text(sentence, ""))).collect()
}

fn words(proposal: &Value) -> String {
    let state = match text(proposal, "/state").as_str() {
        "enacted" => "Done",
        "open" => "Waits for others",
        _ => "Dropped",
    };
    let none = Vec::new();
    let agreed = proposal.get("agreed").and_then(Value::as_array).unwrap_or(&none);
    let agreed: Vec<String> = agreed.iter().map(|one| text(one, "/name")).collect();
    let mut lines = vec![
        format!("{state}: {}", text(proposal, "/summary")),
        format!("  proposal {}", text(proposal, "/id")),
        format!("  agreed: {}", agreed.join(", ")),
    ];
    for why in [text(proposal, "/needed"), text(proposal, "/void")] {
        if !why.is_empty() {
            lines.push(format!("  {why}"));
        }
    }
    lines.extend(consequences(proposal).into_iter().map(|line| format!("  {line}")));
    lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n")
}
