//! `fingerpost doc suggest`, `doc suggestions` and `doc answer`

use anyhow::Context as _;
use clap::ValueEnum;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::doubts;
use crate::cli::edit;
use crate::cli::output::{Output, plain, text};
use crate::client::Client;

/// Suggest a change of a document to those who may write it; prints the suggestion's id
#[derive(clap::Args)]
pub(crate) struct Suggest {
    #[command(flatten)]
    what: edit::What,
    /// Why you suggest it, for those who read it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// Take a suggestion in, decline it, or take your own back
#[derive(clap::Args)]
pub(crate) struct Answer {
    /// The document's id
    id: DocumentId,
    /// The suggestion's id, as "doc suggestions" names it
    suggestion: EnvelopeId,
    /// What becomes of it
    #[arg(value_enum)]
    verdict: Verdict,
    /// Why, for whoever suggested it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Verdict {
    /// Make the change, merged with what others changed since
    Take,
    /// Say no
    Decline,
    /// Take your own suggestion back
    Withdraw,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Take => "taken",
            Self::Decline => "declined",
            Self::Withdraw => "withdrawn",
        }
    }
}

pub(crate) async fn suggest(
    args: Suggest,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/suggestions", args.what.id);
    let (patch, base) = args.what.patch(client).await?;
    let query: Vec<_> = base.into_iter().map(|heads| ("base", heads)).collect();
    let body = json!({"patch": patch, "note": args.note});
    doubts::look_in(&body, output)?;
    let made = client.post(&with_query(&path, &query), &body).await;
    let made = made.context("cannot suggest the change")?;
    output.result(&made, |made| text(made, "/id"))?;
    Ok(())
}

pub(crate) async fn list(
    id: &DocumentId,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let found = client.list(&format!("/documents/{id}/suggestions")).await;
    let found = found.context("cannot list the suggestions")?;
    let row = |one: &Value| {
        let who = format!("{} ({})", text(one, "/person/name"), text(one, "/organization/name"));
        vec![
            text(one, "/id"),
            text(one, "/state"),
            text(one, "/time"),
            plain(&who),
            text(one, "/note"),
        ]
    };
    let heading = ["ID", "STATE", "TIME", "WHO", "WHY"];
    output.list(&found, &heading, row, "No suggestions.")?;
    Ok(())
}

pub(crate) async fn answer(
    args: Answer,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/suggestions/{}/answers", args.id, args.suggestion);
    let body = json!({"verdict": args.verdict.word(), "note": args.note});
    let said = client.post(&path, &body).await.context("cannot answer the suggestion")?;
    output.result(&said, |said| {
        format!("{}  version {}", text(said, "/state"), text(said, "/heads"))
    })?;
    Ok(())
}
