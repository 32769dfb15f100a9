//! `fingerpost node …`

use std::path::PathBuf;

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::codec;
use crdt_schema::identity::NodeId;
use crdt_schema::membership::Revocation;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::cli::recover;
use crate::client::{Client, Content};

/// See this organisation's computers, and end one that was lost
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the computers of this organisation
    List,
    /// End a computer: what it writes from now on counts nowhere
    ///
    /// For a lost or stolen laptop. It cannot be undone. With the recovery kit it holds against whoever has the laptop, too.
    End {
        /// The computer's did:key, as "node list" shows it
        node: NodeId,
        /// The recovery kit's file
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
    },
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::List => {
            let nodes = client.list("/nodes").await.context("cannot list the computers")?;
            let row = |node: &Value| {
                let is = |field: &str| node.get(field).and_then(Value::as_bool) == Some(true);
                let state = match (is("this"), is("ended")) {
                    (_, true) => "ended",
                    (true, false) => "this one",
                    (false, false) => "",
                };
                vec![text(node, "/id"), state.to_owned()]
            };
            output.list(&nodes, &["COMPUTER", ""], row, "None yet.")?;
        }
        Command::End { node, kit } => {
            let word = kit.map(|file| word(&file, node)).transpose()?;
            let body = json!({"word": word});
            client
                .call(Method::DELETE, &format!("/nodes/{node}"), Content::Json(&body))
                .await
                .context("cannot end the computer")?;
            output.say("It is ended. What it writes from now on counts nowhere.");
        }
    }
    Ok(())
}

/// Has the root key say that a node is no more.
fn word(file: &std::path::Path, node: NodeId) -> anyhow::Result<String> {
    let (words, _, _) = recover::from_file(file)?;
    let revocation = Revocation::new(&words.root_key(), node, crate::clock::now());
    Ok(hex::encode(codec::encode(&revocation)))
}
