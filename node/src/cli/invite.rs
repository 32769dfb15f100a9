//! `fingerpost invite …`

use std::path::PathBuf;

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::identity::{InviteId, OrganizationId, Role};
use crdt_schema::invite::Invite;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::cli::workspace::Which;
use crate::client::{Client, Content};
use crate::qr;

/// Invite organisations into a workspace
#[derive(Subcommand)]
pub(crate) enum Command {
    Create(Create),
    /// List the invites that were made at this node
    List(Which),
    /// End an invite before its time
    Revoke {
        #[command(flatten)]
        which: Which,
        /// The invite's id
        id: InviteId,
    },
}

/// Make an invite and print its text
///
/// Whoever has the text can join in its name: send it to the organisation you mean, and to nobody else.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    which: Which,
    /// What the organisation may do: steward, editor, contributor or reader
    #[arg(long)]
    role: Role,
    /// How long it can be used, such as 14d, 12h or 30m
    #[arg(long, value_name = "TIME", default_value = "14d")]
    expires: String,
    /// How many organisations can use it
    #[arg(long, value_name = "N", default_value_t = 1)]
    uses: u32,
    /// Let nobody in before a steward approves
    #[arg(long)]
    approval: bool,
    /// The one organisation that can use it
    #[arg(long, value_name = "DID")]
    only_for: Option<OrganizationId>,
    /// Write the text to a file as well
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print words to read out on the phone as well; they work while this node is online
    #[arg(long)]
    phrase: bool,
    /// Where others reach this computer, if not at its own address, such as node.example.org or 198.51.100.7:4891
    #[arg(long, value_name = "HOST[:PORT]", requires = "phrase")]
    phrase_at: Option<String>,
    /// Draw the text as a QR code
    #[arg(long, value_name = "FILE.svg")]
    qr: Option<PathBuf>,
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::Create(create) => self::create(create, client, output).await,
        Command::List(which) => list(&which, client, output).await,
        Command::Revoke { which, id } => {
            let path = format!("{}/invites/{id}", which.path(client).await?);
            let revoked = client.call(Method::DELETE, &path, Content::Nothing).await;
            revoked.context("cannot end the invite")?;
            output.say("Nobody can use this invite any more.");
            Ok(())
        }
    }
}

async fn create(create: Create, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("{}/invites", create.which.path(client).await?);
    let Create { role, expires, uses, approval, only_for, phrase_at, .. } = create;
    let terms = json!({
        "role": role,
        "expires_in": expires,
        "uses": uses,
        "approval": approval,
        "only_for": only_for,
        "phrase_at": phrase_at,
    });
    let made = client.post(&path, &terms).await.context("cannot make the invite")?;
    let invite = text(&made, "/invite");
    if let Some(file) = create.file {
        // The text is a key: it is kept from other accounts of this computer.
        crate::data::write(&file, format!("{invite}\n").as_bytes())?;
    }
    if let Some(file) = create.qr {
        let picture =
            qr::svg(&invite).context("the invite is too long for a QR code. Use --file")?;
        crate::data::write(&file, picture.as_bytes())?;
    }
    output.result(&made, |_| invite.clone())?;
    output.say(&format!("It can be used until {}.", text(&made, "/expires_at")));
    if create.phrase {
        say_phrase(&made, output);
    }
    if Invite::from_text(&invite).is_ok_and(|invite| invite.contacts.is_empty()) {
        output.say(
            "Nobody can join with it: this node has never been online, so the invite cannot say where to find it. Run \"fingerpost serve\", then make another.",
        );
    }
    Ok(())
}

fn say_phrase(made: &Value, output: &mut Output) {
    match made.get("phrase").and_then(Value::as_str) {
        Some(phrase) => {
            output.say(&format!("To read out on the phone: {phrase}"));
            output.say("The words work while \"fingerpost serve\" runs here and can be reached.");
        }
        None => output.say("There are no words to read out: they hold the address of this node, and it has none that fits. Run \"fingerpost serve\", or say with --phrase-at where others reach it."),
    }
}

async fn list(which: &Which, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("{}/invites", which.path(client).await?);
    let invites = client.list(&path).await.context("cannot list the invites")?;
    let row = |invite: &Value| {
        let used = format!("{} of {}", text(invite, "/used"), text(invite, "/uses"));
        let revoked = if invite.get("revoked") == Some(&Value::Bool(true)) { "ended" } else { "" };
        vec![
            text(invite, "/id"),
            text(invite, "/role"),
            used,
            text(invite, "/expires_at"),
            revoked.to_owned(),
        ]
    };
    output.list(
        &invites,
        &["ID", "ROLE", "USED", "UNTIL", ""],
        row,
        "No invites were made here.",
    )?;
    Ok(())
}
