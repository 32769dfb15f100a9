//! `fingerpost member …`

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::identity::OrganizationId;
use serde_json::Value;

use crate::cli::output::{Output, text};
use crate::cli::workspace::Which;
use crate::client::{Client, Content};

/// See who is in a workspace
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the organisations of a workspace
    List(Which),
    /// Let in an organisation that waits
    Approve {
        #[command(flatten)]
        which: Which,
        /// The organisation's did:key
        organization: OrganizationId,
    },
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::List(which) => {
            let path = format!("{}/members", which.path(client).await?);
            let members = client.list(&path).await.context("cannot list the members")?;
            output.list(
                &members,
                &["ORGANISATION", "SECTOR", "ROLE", "STATE", "FINGERPRINT", "ID"],
                row,
                "Nobody.",
            )?;
        }
        Command::Approve { which, organization } => {
            let path = format!("{}/members/{organization}/approval", which.path(client).await?);
            let approved = client.call(Method::POST, &path, Content::Nothing).await;
            approved.context("cannot let the organisation in")?;
            output.say("The organisation is in.");
        }
    }
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
