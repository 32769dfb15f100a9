//! `fingerpost doc name`, `doc unname`, `doc versions`, `doc restore` and `doc authors`

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::doubts;
use crate::cli::output::{Output, plain, text};
use crate::client::{Client, Content};

/// Name a version of a document, so that it is found again
#[derive(clap::Args)]
pub(crate) struct Naming {
    /// The document's id
    id: DocumentId,
    /// What to call it, such as "As agreed in March"
    name: String,
    /// The version, as "doc history" names it [default: as it is now]
    #[arg(long, value_name = "VERSION")]
    heads: Option<Heads>,
}

/// Take back a name that your organisation gave a version
#[derive(clap::Args)]
pub(crate) struct Unname {
    /// The document's id
    id: DocumentId,
    /// The name's id, as "doc versions" shows it
    name: EnvelopeId,
}

/// Make a document say again what it said at a version: a new change like any other
#[derive(clap::Args)]
pub(crate) struct Restore {
    /// The document's id
    id: DocumentId,
    /// The version, as "doc history" or "doc versions" names it
    #[arg(long, value_name = "VERSION")]
    heads: Heads,
}

pub(crate) async fn name(args: Naming, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let cannot = "cannot name the version";
    let version: Vec<_> = args.heads.iter().map(|heads| ("heads", heads.to_string())).collect();
    let document = with_query(&format!("/documents/{}", args.id), &version);
    let document = client.get(&document).await.context(cannot)?;
    let heads = args.heads.map_or_else(|| text(&document, "/heads"), |heads| heads.to_string());
    doubts::look_in(&json!(args.name), output)?;
    // A named version of a public document stands on the public shelf.
    if text(&document, "/audience/read") == "public" {
        doubts::look_in(&document, output)?;
    }
    let path = format!("/documents/{}/versions", args.id);
    let made = client.post(&path, &json!({"heads": heads, "name": args.name})).await;
    output.result(&made.context(cannot)?, |made| text(made, "/id"))?;
    Ok(())
}

pub(crate) async fn unname(
    args: Unname,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/versions/{}", args.id, args.name);
    let done = client.call(Method::DELETE, &path, Content::Nothing).await;
    done.context("cannot take the name back")?;
    output.say("The name is taken back.");
    Ok(())
}

pub(crate) async fn list(
    id: &DocumentId,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let found = client.list(&format!("/documents/{id}/versions")).await;
    let found = found.context("cannot list the versions")?;
    let row = |one: &Value| {
        let who = format!("{} ({})", text(one, "/person/name"), text(one, "/organization/name"));
        vec![plain(&text(one, "/name")), text(one, "/heads"), plain(&who), text(one, "/id")]
    };
    let none = "No version has a name. \"doc history\" lists them all.";
    output.list(&found, &["NAME", "VERSION", "WHO", "ID"], row, none)?;
    Ok(())
}

pub(crate) async fn restore(
    args: Restore,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/restore", args.id);
    let done = client.post(&path, &json!({"heads": args.heads})).await;
    let done = done.context("cannot go back to the version")?;
    output.result(&done, |done| format!("version {}", text(done, "/heads")))?;
    Ok(())
}

pub(crate) async fn authors(
    id: &DocumentId,
    heads: Option<&Heads>,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let query: Vec<_> = heads.map(|heads| ("heads", heads.to_string())).into_iter().collect();
    let found = client.get(&with_query(&format!("/documents/{id}/authors"), &query)).await;
    let found = found.context("cannot say who wrote what")?;
    output.result(&found, |found| {
        let mut lines = Vec::new();
        for field in found.get("texts").and_then(Value::as_array).into_iter().flatten() {
            lines.push(plain(&text(field, "/label")));
            for run in field.get("runs").and_then(Value::as_array).into_iter().flatten() {
                let (who, of) = (text(run, "/person/name"), text(run, "/organization/name"));
                lines.push(format!("  {} [{who}, {of}]", plain(&text(run, "/text"))));
            }
        }
        lines.join("\n")
    })?;
    Ok(())
}
