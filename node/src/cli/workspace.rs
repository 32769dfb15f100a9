//! `fingerpost workspace …`

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::client::Client;

/// Make and list workspaces
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a workspace, with this organisation as its first steward
    Create {
        /// What the workspace is called
        name: String,
    },
    /// List the workspaces this organisation is in
    List,
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::Create { name } => {
            let made = client.post("/workspaces", &json!({"name": name})).await;
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
    }
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
