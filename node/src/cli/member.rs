//! `fingerpost member …`

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::identity::Role;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::cli::proposal::{self, Ask};
use crate::cli::workspace::Which;
use crate::client::{Client, Content};

/// See and change who is in a workspace
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the organisations of a workspace, also those that left
    List(Which),
    /// Let in an organisation that waits
    Approve(One),
    /// Turn away an organisation that waits
    Decline(One),
    /// Give an organisation another role, or propose it if others must agree
    Role {
        /// The organisation's did:key or name
        organization: String,
        /// What it may do: steward, editor, contributor or reader
        role: Role,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        ask: Ask,
    },
    /// Remove an organisation, or propose it if others must agree
    Remove {
        #[command(flatten)]
        one: One,
        /// Why; every member can read it
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        ask: Ask,
    },
    /// Hold back what an organisation writes, for 72 hours at most
    Suspend {
        #[command(flatten)]
        one: One,
        /// Why; every member can read it
        #[arg(long)]
        reason: String,
    },
    /// End a suspension before its time, or propose it if others must agree
    Reinstate {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        ask: Ask,
    },
    /// Propose a new steward because no steward is to be found any more
    Elect {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        ask: Ask,
    },
}

/// One organisation of a workspace
#[derive(clap::Args)]
pub(crate) struct One {
    /// The organisation's did:key or name
    organization: String,
    #[command(flatten)]
    which: Which,
}

impl One {
    /// Returns the workspace's path and the organisation's id.
    async fn find(&self, client: &Client) -> anyhow::Result<(String, String)> {
        let path = self.which.path(client).await?;
        let id = organization(client, &path, &self.organization).await?;
        Ok((path, id))
    }
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::List(which) => list(&which, client, output).await,
        Command::Approve(one) => {
            answer(&one, "approval", client).await.context("cannot let the organisation in")?;
            output.say("Agreed. The organisation is in once enough stewards have.");
            Ok(())
        }
        Command::Decline(one) => {
            answer(&one, "decline", client).await.context("cannot turn the organisation away")?;
            output.say("The organisation does not get in.");
            Ok(())
        }
        Command::Role { organization: wanted, role, which, ask } => {
            let path = which.path(client).await?;
            let id = organization(client, &path, &wanted).await?;
            let change = json!({"kind": "role", "organization": id, "role": role});
            proposal::propose(&path, change, ask, client, output).await
        }
        Command::Remove { one, reason, ask } => {
            let (path, id) = one.find(client).await?;
            let change = json!({"kind": "remove", "organization": id, "reason": reason});
            proposal::propose(&path, change, ask, client, output).await
        }
        Command::Suspend { one, reason } => {
            let (path, id) = one.find(client).await?;
            let body = json!({"reason": reason});
            let done = client.post(&format!("{path}/members/{id}/suspend"), &body).await;
            let done = done.context("cannot suspend the organisation")?;
            output.result(&done, |done| {
                format!("Suspended until {} at most.", text(done, "/suspension/until"))
            })?;
            Ok(())
        }
        Command::Reinstate { one, ask } => {
            let (path, id) = one.find(client).await?;
            let change = json!({"kind": "reinstate", "organization": id});
            proposal::propose(&path, change, ask, client, output).await
        }
        Command::Elect { one, ask } => {
            let (path, id) = one.find(client).await?;
            let change = json!({"kind": "elect", "organization": id});
            proposal::propose(&path, change, ask, client, output).await
        }
    }
}

async fn list(which: &Which, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("{}/members", which.path(client).await?);
    let members = client.list(&path).await.context("cannot list the members")?;
    let heading = ["ORGANISATION", "SECTOR", "ROLE", "STATE", "FINGERPRINT", "ID"];
    output.list(&members, &heading, row, "Nobody.")?;
    Ok(())
}

fn row(member: &Value) -> Vec<String> {
    let fields = [
        "/organization/name",
        "/organization/sector",
        "/role",
        "/state",
        "/organization/fingerprint",
        "/organization/id",
    ];
    fields.map(|field| text(member, field)).to_vec()
}

async fn answer(one: &One, word: &str, client: &Client) -> anyhow::Result<()> {
    let (path, id) = one.find(client).await?;
    client.call(Method::POST, &format!("{path}/members/{id}/{word}"), Content::Nothing).await?;
    Ok(())
}

/// Returns the id of the organisation of a workspace that is meant, by id or name.
pub(crate) async fn organization(
    client: &Client,
    workspace: &str,
    wanted: &str,
) -> anyhow::Result<String> {
    let members = client.list(&format!("{workspace}/members")).await;
    choose(&members.context("cannot list the members")?, wanted)
}

fn choose(members: &[Value], wanted: &str) -> anyhow::Result<String> {
    let ids = |field: &str| {
        let found = members.iter().filter(|member| text(member, field) == wanted);
        found.map(|member| text(member, "/organization/id")).collect::<Vec<_>>()
    };
    if let Some(id) = ids("/organization/id").into_iter().next() {
        return Ok(id);
    }
    let mut named = ids("/organization/name").into_iter();
    match (named.next(), named.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => anyhow::bail!(
            "several organisations are called \"{wanted}\". Give the did:key from \"fingerpost member list\""
        ),
        (None, _) => anyhow::bail!(
            "there is no organisation \"{wanted}\" in this workspace. List them with \"fingerpost member list\""
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_is_found_by_key_or_by_a_name_that_no_other_has() {
        let members = [("did:key:1", "Kent"), ("did:key:2", "Leeds"), ("did:key:3", "Leeds")]
            .map(|(id, name)| json!({"organization": {"id": id, "name": name}}));
        for (wanted, found) in [
            ("Kent", Some("did:key:1")),
            ("did:key:3", Some("did:key:3")),
            ("Leeds", None),
            ("York", None),
            ("", None),
        ] {
            assert_eq!(choose(&members, wanted).ok().as_deref(), found, "{wanted:?}");
        }
    }
}
