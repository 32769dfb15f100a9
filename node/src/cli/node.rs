//! `fingerpost node …`

use std::path::PathBuf;

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::codec;
use crdt_schema::identity::{CodeId, NodeId};
use crdt_schema::membership::Revocation;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::cli::{pair, recover};
use crate::client::{Client, Content};
use crate::qr;

/// See this organisation's computers, add another, and end one that was lost
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the computers of this organisation
    List,
    Add(Add),
    /// List the codes that were made on this computer
    Codes,
    /// Withdraw a code before it is used
    Withdraw {
        /// The code's id
        id: CodeId,
    },
    Join(pair::Args),
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

/// Make a code that adds another computer to this organisation, and print it
///
/// Type it on the new computer, after "fingerpost node join". It works once, and while this computer runs. Whoever has it
/// can act as your organisation: show it to nobody.
#[derive(clap::Args)]
pub(crate) struct Add {
    /// How long it can be used, such as 1h or 30m
    #[arg(long, value_name = "TIME", default_value = "1h")]
    expires: String,
    /// Write the code to a file as well
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Draw the code as a QR code
    #[arg(long, value_name = "FILE.svg")]
    qr: Option<PathBuf>,
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
                let state = match (is("this"), is("ended"), is("connected")) {
                    (_, true, _) => "ended",
                    (true, false, _) => "this one",
                    (false, false, true) => "connected",
                    (false, false, false) => "",
                };
                vec![
                    text(node, "/id"),
                    state.to_owned(),
                    text(node, "/added_at"),
                    text(node, "/added_by"),
                ]
            };
            output.list(&nodes, &["COMPUTER", "", "ADDED", "BY"], row, "None yet.")?;
        }
        Command::Add(add) => self::add(add, client, output).await?,
        Command::Codes => {
            let codes = client.list("/nodes/codes").await.context("cannot list the codes")?;
            let row = |code: &Value| {
                vec![text(code, "/id"), text(code, "/expires_at"), text(code, "/used_by")]
            };
            output.list(&codes, &["ID", "UNTIL", "USED BY"], row, "No codes were made here.")?;
        }
        Command::Withdraw { id } => {
            let path = format!("/nodes/codes/{id}");
            let withdrawn = client.call(Method::DELETE, &path, Content::Nothing).await;
            withdrawn.context("cannot withdraw the code")?;
            output.say("Nobody can use this code any more.");
        }
        // It has no client: its data folder is empty.
        Command::Join(_) => anyhow::bail!("there is an organisation in this data folder already"),
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

async fn add(add: Add, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let terms = json!({"expires_in": add.expires});
    let made = client.post("/nodes/codes", &terms).await.context("cannot make the code")?;
    let code = text(&made, "/code");
    if let Some(file) = add.file {
        // The text is a key: it is kept from other accounts of this computer.
        crate::data::write(&file, format!("{code}\n").as_bytes())?;
    }
    if let Some(file) = add.qr {
        let picture = qr::svg(&code).context("the code is too long for a QR code. Use --file")?;
        crate::data::write(&file, picture.as_bytes())?;
    }
    output.result(&made, |_| code.clone())?;
    output.say(&format!(
        "It works once, until {}, and while this computer runs \"fingerpost serve\".",
        text(&made, "/expires_at")
    ));
    Ok(())
}

/// Has the root key say that a node is no more.
fn word(file: &std::path::Path, node: NodeId) -> anyhow::Result<String> {
    let (words, _, _) = recover::from_file(file)?;
    let revocation = Revocation::new(&words.root_key(), node, crate::clock::now());
    Ok(hex::encode(codec::encode(&revocation)))
}
