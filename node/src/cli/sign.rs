//! `fingerpost doc sign`, `doc signatures` and `doc withdraw`

use anyhow::Context as _;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use serde_json::{Value, json};

use crate::cli::output::{Output, plain, text};
use crate::client::Client;

/// Sign a version of a document for your organisation
///
/// What is signed is what that version says, for good. Read it first: "doc show --heads VERSION". Later changes make later versions, which nobody has signed.
#[derive(clap::Args)]
pub(crate) struct Sign {
    /// The document's id
    id: DocumentId,
    /// The version that was read, as "doc history" names it [default: as it is now]
    #[arg(long, value_name = "VERSION")]
    heads: Option<Heads>,
    /// Who signs for the organisation
    #[arg(long, value_name = "NAME")]
    signatory: String,
    /// What that person is there, such as "Chief executive"
    #[arg(long)]
    title: String,
}

/// Take a signature of your organisation back
#[derive(clap::Args)]
pub(crate) struct Withdraw {
    /// The document's id
    id: DocumentId,
    /// The signature's id, as "doc signatures" names it
    signature: EnvelopeId,
    /// Why, for those who read it
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(crate) async fn sign(args: Sign, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let cannot = "cannot sign the document";
    let heads = match args.heads {
        Some(heads) => json!(heads),
        None => {
            let document = client.get(&format!("/documents/{}", args.id)).await.context(cannot)?;
            document.get("heads").cloned().unwrap_or_default()
        }
    };
    let body = json!({"heads": heads, "signatory": args.signatory, "title": args.title});
    let path = format!("/documents/{}/signatures", args.id);
    let made = client.post(&path, &body).await.context(cannot)?;
    output.result(&made, |made| {
        let (id, version) = (text(made, "/id"), text(made, "/heads"));
        format!(
            "{id}\nSigned version {version}\nIts words have the fingerprint {}",
            text(made, "/text")
        )
    })?;
    Ok(())
}

pub(crate) async fn list(
    id: &DocumentId,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let found = client.list(&format!("/documents/{id}/signatures")).await;
    let found = found.context("cannot list the signatures")?;
    let row = |one: &Value| {
        let who = format!("{}, {}", text(one, "/signatory"), text(one, "/title"));
        vec![
            text(one, "/id"),
            text(one, "/state"),
            text(one, "/time"),
            plain(&text(one, "/organization/name")),
            plain(&who),
            text(one, "/heads"),
        ]
    };
    let heading = ["ID", "STATE", "TIME", "ORGANISATION", "WHO", "VERSION"];
    output.list(&found, &heading, row, "Nobody has signed it.")?;
    Ok(())
}

pub(crate) async fn withdraw(
    args: Withdraw,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/signatures/{}/withdrawal", args.id, args.signature);
    let said = client.post(&path, &json!({"reason": args.reason})).await;
    let said = said.context("cannot take the signature back")?;
    output.result(&said, |said| format!("{} {}", text(said, "/id"), text(said, "/state")))?;
    Ok(())
}
