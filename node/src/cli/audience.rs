//! `fingerpost doc audience`, `doc readers` and `doc refused`: who may read and write a document.

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::member;
use crate::cli::output::{Output, plain, text};
use crate::client::{Client, Content};

/// Show or change who may read and write a document
///
/// Without --read and --write: shows it, with every change so far.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document's id
    id: DocumentId,
    #[command(flatten)]
    circles: Circles,
}

/// Who may read and who may write
#[derive(clap::Args)]
pub(crate) struct Circles {
    /// Who may read: workspace, public, or organisations by did:key or name, with commas between
    #[arg(long, value_name = "WHO")]
    read: Option<String>,
    /// Who may write, of those who may read: the same
    #[arg(long, value_name = "WHO")]
    write: Option<String>,
}

/// List who may read a document and why, or who could on a day
#[derive(clap::Args)]
pub(crate) struct Readers {
    /// The document's id
    id: DocumentId,
    /// A day such as 2026-03-03, or a time such as 2026-03-03T15:05:00Z [default: now]
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
}

impl Circles {
    /// Returns the audience that is meant, with what is not said taken from `before`; nothing if nothing is said.
    pub(crate) async fn audience(
        &self,
        before: &Value,
        workspace: &str,
        client: &Client,
    ) -> anyhow::Result<Option<Value>> {
        if self.read.is_none() && self.write.is_none() {
            return Ok(None);
        }
        let mut audience = json!({});
        for (name, said) in [("read", &self.read), ("write", &self.write)] {
            let circle = match said {
                Some(said) => circle(said, workspace, client).await?,
                None => before.get(name).cloned().unwrap_or_else(|| json!("workspace")),
            };
            if let Some(members) = audience.as_object_mut() {
                members.insert(name.to_owned(), circle);
            }
        }
        Ok(Some(audience))
    }
}

async fn circle(said: &str, workspace: &str, client: &Client) -> anyhow::Result<Value> {
    if matches!(said, "workspace" | "public") {
        return Ok(json!(said));
    }
    let mut named = Vec::new();
    for wanted in said.split(',').map(str::trim).filter(|wanted| !wanted.is_empty()) {
        named.push(member::organization(client, workspace, wanted).await?);
    }
    Ok(json!(named))
}

pub(crate) async fn run(args: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("/documents/{}/audience", args.id);
    let now = client.get(&path).await.context("cannot show who may read the document")?;
    let document = client.get(&format!("/documents/{}", args.id)).await;
    let document = document.context("cannot show the document")?;
    let workspace = format!("/workspaces/{}", text(&document, "/workspace"));
    match args.circles.audience(&now, &workspace, client).await? {
        None => output.result(&now, audience_words)?,
        Some(wanted) => {
            let changed = client.json(Method::PUT, &path, Content::Json(&wanted)).await;
            let changed = changed.context("cannot change who may read the document")?;
            output.result(&changed, |changed| {
                format!(
                    "Read: {}\nWrite: {}",
                    text(changed, "/audience/read"),
                    text(changed, "/audience/write")
                )
            })?;
        }
    }
    Ok(())
}

fn audience_words(found: &Value) -> String {
    let mut lines = vec![
        format!("Read: {}", text(found, "/read")),
        format!("Write: {}", text(found, "/write")),
    ];
    for step in found.get("log").and_then(Value::as_array).into_iter().flatten() {
        let counts =
            if step.get("counts") == Some(&Value::Bool(true)) { "" } else { " (does not count)" };
        lines.push(plain(&format!(
            "{}  {} ({}){counts}: {}",
            text(step, "/time"),
            text(step, "/person"),
            text(step, "/organization/name"),
            text(step, "/audience"),
        )));
    }
    lines.join("\n")
}

pub(crate) async fn readers(
    args: Readers,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let query: Vec<_> = args.at.map(|at| ("at", at)).into_iter().collect();
    let path = with_query(&format!("/documents/{}/readers", args.id), &query);
    let found = client.get(&path).await.context("cannot tell who may read the document")?;
    if output.is_json() {
        return Ok(output.result(&found, Value::to_string)?);
    }
    let readers = found.get("readers").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |reader: &Value| {
        let writes = if reader.get("may_write") == Some(&Value::Bool(true)) { "yes" } else { "no" };
        vec![text(reader, "/organization/name"), writes.to_owned(), text(reader, "/why")]
    };
    let heading = ["ORGANISATION", "MAY WRITE", "WHY"];
    output.list(&readers, &heading, row, "Nobody: it was not there yet.")?;
    Ok(())
}

/// Lists changes that do not count, of a document or of a workspace.
pub(crate) async fn refused(
    path: &str,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let refused = client.list(path).await.context("cannot list what does not count")?;
    let row = |one: &Value| {
        ["/time", "/organization/name", "/person", "/reason", "/why"]
            .map(|at| text(one, at))
            .to_vec()
    };
    let heading = ["TIME", "ORGANISATION", "PERSON", "REASON", "WHY"];
    output.list(&refused, &heading, row, "Everything counts.")?;
    Ok(())
}
