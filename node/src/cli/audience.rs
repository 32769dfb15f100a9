//! `fingerpost doc audience`, `doc readers` and `doc refused`: who may read a document, suggest changes to it and write it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::doubts;
use crate::cli::member;
use crate::cli::output::{Output, plain, text};
use crate::client::{Client, Content};

/// Show or change who may read a document, suggest changes to it and write it
///
/// Without --read, --suggest and --write: shows it, with every change so far.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document's id
    id: DocumentId,
    #[command(flatten)]
    circles: Circles,
}

/// Who may read, suggest changes and write
#[derive(clap::Args)]
pub(crate) struct Circles {
    /// Who may read: workspace, public, or organisations by did:key or name, with commas between
    #[arg(long, value_name = "WHO")]
    read: Option<String>,
    /// Who may suggest changes, of those who may read: the same; who may write always may [default for a new document: who may read]
    #[arg(long, value_name = "WHO")]
    suggest: Option<String>,
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
        if self.read.is_none() && self.suggest.is_none() && self.write.is_none() {
            return Ok(None);
        }
        let mut audience = json!({});
        let said = [("read", &self.read), ("suggest", &self.suggest), ("write", &self.write)];
        for (name, said) in said {
            let circle = match said {
                Some(said) => circle(said, workspace, client).await?,
                // Whoever may read may suggest, as long as nobody says anything else.
                None if name == "suggest" && before.get(name) == before.get("read") => continue,
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
        None => {
            let names = names(&workspace, client).await?;
            output.result(&now, |now| audience_words(now, &names))?;
        }
        Some(wanted) => {
            if wanted.get("read") == Some(&json!("public")) && now.get("read") != wanted.get("read")
            {
                let look = client.get(&format!("/documents/{}/publish", args.id)).await;
                let look = look.context("cannot look through the document")?;
                let found = look.get("warnings").and_then(Value::as_array).into_iter().flatten();
                doubts::ask(found.map(|doubt| text(doubt, "")), output)?;
            }
            let changed = client.json(Method::PUT, &path, Content::Json(&wanted)).await;
            let changed = changed.context("cannot change who may read the document")?;
            let names = names(&workspace, client).await?;
            output.result(&changed, |changed| {
                let none = Value::Null;
                circles(changed.get("audience").unwrap_or(&none), &names).join("\n")
            })?;
        }
    }
    Ok(())
}

/// Returns what the members of a workspace are called, with the fingerprint that tells them apart.
async fn names(workspace: &str, client: &Client) -> anyhow::Result<BTreeMap<String, String>> {
    let members = client.list(&format!("{workspace}/members")).await;
    let members = members.context("cannot list the members")?;
    let name = |member: &Value| {
        let of = |part: &str| text(member, &format!("/organization/{part}"));
        (of("id"), format!("{} ({})", of("name"), of("fingerprint")))
    };
    Ok(members.iter().map(name).collect())
}

/// Returns who may read, suggest changes and write, by name.
fn circles(audience: &Value, names: &BTreeMap<String, String>) -> Vec<String> {
    let line = |(label, circle): (&str, &str)| {
        let who = match audience.get(circle) {
            Some(Value::Array(named)) => {
                let name = |one: &Value| {
                    let id = text(one, "");
                    names.get(&id).cloned().unwrap_or(id)
                };
                named.iter().map(name).collect::<Vec<_>>().join(", ")
            }
            _ => text(audience, &format!("/{circle}")),
        };
        plain(&format!("{label}: {who}"))
    };
    [("Read", "read"), ("Suggest", "suggest"), ("Write", "write")].map(line).to_vec()
}

fn audience_words(found: &Value, names: &BTreeMap<String, String>) -> String {
    let mut lines = circles(found, names);
    for step in found.get("log").and_then(Value::as_array).into_iter().flatten() {
        let counts =
            if step.get("counts") == Some(&Value::Bool(true)) { "" } else { " (does not count)" };
        lines.push(plain(&format!(
            "{}  {} ({}){counts}: {}",
            text(step, "/time"),
            text(step, "/person"),
            text(step, "/organization/name"),
            match step.get("audience") {
                Some(audience @ Value::Object(_)) => circles(audience, names).join("; "),
                _ => "what an organisation that was shut out had written was marked".to_owned(),
            },
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
        let may = |what: &str| {
            if reader.get(what) == Some(&Value::Bool(true)) { "yes" } else { "no" }.to_owned()
        };
        let name = text(reader, "/organization/name");
        vec![name, may("may_suggest"), may("may_write"), text(reader, "/why")]
    };
    let heading = ["ORGANISATION", "MAY SUGGEST", "MAY WRITE", "WHY"];
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
