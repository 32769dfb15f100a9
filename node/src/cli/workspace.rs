//! `fingerpost workspace …`

use std::path::PathBuf;

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::membership::{Rules, Template};
use serde_json::{Value, json};
use web_ui::words;

use crate::cli::audience;
use crate::cli::output::{Output, text};
use crate::cli::proposal::{self, Ask};
use crate::client::{Client, Content};

/// Make workspaces, and see and change the rules of one
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a workspace, with this organisation as its first steward
    Create {
        /// What the workspace is called
        name: String,
        /// Who decides: any_steward, council_and_vcs or together
        #[arg(long, value_name = "TEMPLATE", default_value = "any_steward", value_parser = template)]
        rules: Template,
    },
    /// List the workspaces this organisation is in
    List,
    /// Show who decides, or propose other rules
    Rules {
        /// The new rules: any_steward, council_and_vcs or together
        #[arg(value_name = "TEMPLATE", value_parser = template)]
        rules: Option<Template>,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        ask: Ask,
    },
    /// Give a workspace another name, or propose it if others must agree
    Rename {
        /// The new name
        name: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        ask: Ask,
    },
    /// Leave a workspace; to come back needs a new invite
    Leave(Which),
    /// List who did what to the workspace and its members, the newest first
    History(Which),
    /// Write everything that was decided about members, with its signatures, to a file that "verify" checks
    Audit {
        #[command(flatten)]
        which: Which,
        /// Where to [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List changes that were refused, with the reason
    Refused(Which),
}

fn template(word: &str) -> Result<Template, String> {
    let words = Template::ALL.map(Template::word).join(", ");
    Template::of_word(word).ok_or_else(|| format!("expected one of {words}"))
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::Create { name, rules } => {
            let made = client.post("/workspaces", &json!({"name": name, "rules": rules})).await;
            let made = made.context("cannot make the workspace")?;
            output.result(&made, |made| text(made, "/id"))?;
        }
        Command::List => {
            let workspaces =
                client.list("/workspaces").await.context("cannot list the workspaces")?;
            let row = |w: &Value| {
                ["/id", "/name", "/role", "/members", "/documents"].map(|p| text(w, p)).to_vec()
            };
            let none = "No workspaces yet. Make one with \"fingerpost workspace create\", or join one with \"fingerpost join\".";
            output.list(&workspaces, &["ID", "NAME", "ROLE", "MEMBERS", "DOCUMENTS"], row, none)?;
        }
        Command::Rules { rules: None, which, ask: _ } => {
            let workspace = client.get(&which.path(client).await?).await;
            let workspace = workspace.context("cannot show the rules")?;
            let rules = workspace.get("rules").cloned().unwrap_or_default();
            output.result(&rules, rules_words)?;
        }
        Command::Rules { rules: Some(rules), which, ask } => {
            let change = json!({"kind": "rules", "template": rules});
            proposal::propose(&which.path(client).await?, change, ask, client, output).await?;
        }
        Command::Rename { name, which, ask } => {
            let change = json!({"kind": "rename", "name": name});
            proposal::propose(&which.path(client).await?, change, ask, client, output).await?;
        }
        Command::Leave(which) => leave(&which, client, output).await?,
        Command::History(which) => history(&which, client, output).await?,
        Command::Audit { which, output: file } => {
            let path = format!("{}/audit", which.path(client).await?);
            let bytes = client
                .call(Method::GET, &path, Content::Nothing)
                .await
                .context("cannot read the membership log")?;
            output.file(file.as_deref(), &bytes)?;
        }
        Command::Refused(which) => {
            let path = format!("{}/refusals", which.path(client).await?);
            audience::refused(&path, client, output).await?;
        }
    }
    Ok(())
}

fn rules_words(said: &Value) -> String {
    let Ok(rules) = serde_json::from_value::<Rules>(said.clone()) else { return said.to_string() };
    let rows = words::rules(&rules).into_iter().map(|(matter, who)| format!("{matter}: {who}"));
    let name = match Template::of_rules(&rules) {
        Some(template) => format!("{}: {}", template.word(), words::template(template)),
        None => words::rules_name(&rules).to_owned(),
    };
    [name].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

async fn leave(which: &Which, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = which.path(client).await?;
    let status = client.get("/status").await.context("cannot ask who this organisation is")?;
    let path = format!("{path}/members/{}", text(&status, "/organization/id"));
    let left = client.call(Method::DELETE, &path, Content::Nothing).await;
    left.context("cannot leave the workspace")?;
    output.say("This organisation has left the workspace.");
    Ok(())
}

async fn history(which: &Which, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("{}/history", which.path(client).await?);
    let entries = client.list(&path).await.context("cannot read the history")?;
    let row = |entry: &Value| {
        let mut said = text(entry, "/said");
        if let Some(why) = entry.get("void").and_then(Value::as_str) {
            said.push_str(&format!(" (no effect: {why})"));
        }
        vec![text(entry, "/time"), text(entry, "/by/name"), said]
    };
    output.list(&entries, &["TIME", "ORGANISATION", "WHAT"], row, "Nothing yet.")?;
    Ok(())
}

/// Which workspace is meant
#[derive(clap::Args)]
pub(crate) struct Which {
    /// The workspace's id or name; may be left out if there is only one
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
}

impl Which {
    /// Returns the path of the workspace's own part of the API.
    pub(crate) async fn path(&self, client: &Client) -> anyhow::Result<String> {
        let workspaces = client.list("/workspaces").await.context("cannot list the workspaces")?;
        let id = choose(self.workspace.as_deref(), &workspaces)?;
        Ok(format!("/workspaces/{id}"))
    }
}

fn choose(wanted: Option<&str>, workspaces: &[Value]) -> anyhow::Result<String> {
    let is_wanted = |workspace: &&Value| {
        wanted.is_none_or(|wanted| {
            ["/id", "/name"].iter().any(|field| text(workspace, field) == wanted)
        })
    };
    let mut found = workspaces.iter().filter(is_wanted);
    match (found.next(), found.next(), wanted) {
        (Some(only), None, _) => Ok(text(only, "/id")),
        (Some(_), Some(_), None) => anyhow::bail!(
            "this organisation is in {} workspaces. Say which with --workspace; list them with \"fingerpost workspace list\"",
            workspaces.len()
        ),
        (Some(_), Some(_), Some(name)) => anyhow::bail!(
            "several workspaces are called \"{name}\". Give the id from \"fingerpost workspace list\""
        ),
        (None, _, Some(wanted)) => anyhow::bail!(
            "there is no workspace \"{wanted}\" here. List them with \"fingerpost workspace list\""
        ),
        (None, _, None) => anyhow::bail!(
            "there is no workspace here yet. Make one with \"fingerpost workspace create\", or join one with \"fingerpost join\""
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_found_by_id_or_name_or_because_it_is_the_only_one() {
        let [a, b] = [json!({"id": "1", "name": "Kent"}), json!({"id": "2", "name": "Leeds"})];
        let both = [a.clone(), b];
        for (wanted, workspaces, expected) in [
            (None, &both[..1], Some("1")),
            (Some("2"), &both[..], Some("2")),
            (Some("Kent"), &both[..], Some("1")),
            (None, &both[..], None),
            (Some("York"), &both[..], None),
            (None, &[], None),
            (Some("Kent"), &[a.clone(), a][..], None),
        ] {
            assert_eq!(choose(wanted, workspaces).ok().as_deref(), expected, "{wanted:?}");
        }
    }
}
