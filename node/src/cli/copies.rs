//! `fingerpost doc fork`, `doc upstream`, `doc pull`, `doc offer` and `doc copies`

use std::path::Path;

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::doubts;
use crate::cli::output::{Output, plain, text};
use crate::cli::workspace::Which;
use crate::client::{Client, Content};

/// Make a copy of a document in another workspace, with its history
#[derive(clap::Args)]
pub(crate) struct Fork {
    /// The document's id, a file that "doc export --format bundle" wrote, or the web address of its published page
    #[arg(value_name = "ID_FILE_OR_ADDRESS")]
    source: String,
    #[command(flatten)]
    which: Which,
    /// The version to copy, as "doc history" or "doc versions" names it [default: as it is now]
    #[arg(long, value_name = "VERSION")]
    heads: Option<Heads>,
}

/// Say what changed in the original since, and what taking it in would mean
#[derive(clap::Args)]
pub(crate) struct Upstream {
    /// The copy's id
    id: DocumentId,
    /// Another copy's id, a file that "doc export --format bundle" wrote, or a web address [default: the original]
    #[arg(long, value_name = "ID_FILE_OR_ADDRESS")]
    from: Option<String>,
    /// Look where the original was published, or on the shelves that you follow
    #[arg(long, conflicts_with = "from")]
    fetch: bool,
}

/// Take in what changed in the original since
#[derive(clap::Args)]
pub(crate) struct Pull {
    #[command(flatten)]
    what: Upstream,
    /// Where both changed the same, keep what is here; the place is as "doc upstream" names it
    #[arg(long, value_name = "PATH")]
    ours: Vec<String>,
    /// Where both changed the same, take what is there
    #[arg(long, value_name = "PATH")]
    theirs: Vec<String>,
}

/// Offer what a copy says differently to those who keep the original, as a suggestion there
#[derive(clap::Args)]
pub(crate) struct Offer {
    /// The copy's id
    id: DocumentId,
    /// Why, for those who read it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

pub(crate) async fn fork(args: Fork, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let cannot = "cannot make a copy";
    let workspace = args.which.path(client).await?;
    let made = if let Ok(id) = args.source.parse::<DocumentId>() {
        let workspace = workspace.rsplit('/').next().unwrap_or_default();
        let wanted = json!({"workspace": workspace, "heads": args.heads});
        client.post(&format!("/documents/{id}/fork"), &wanted).await.context(cannot)?
    } else if is_address(&args.source) {
        anyhow::ensure!(
            args.heads.is_none(),
            "what is published is one version: leave out --heads"
        );
        let wanted = json!({"address": args.source});
        client.post(&format!("{workspace}/forks/link"), &wanted).await.context(cannot)?
    } else {
        anyhow::ensure!(args.heads.is_none(), "a file holds one version: leave out --heads");
        let content = read(Path::new(&args.source))?;
        client.json(Method::POST, &format!("{workspace}/forks"), content).await.context(cannot)?
    };
    output.result(&made, |made| text(made, "/id"))?;
    Ok(())
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn read(path: &Path) -> anyhow::Result<Content<'static>> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("there is no document and no file {}", path.display()))?;
    Ok(Content::Bytes { media_type: "application/json", bytes })
}

/// Returns what is new elsewhere, and which other document was meant, if one was. A file is kept by the node.
async fn look(
    Upstream { id, from, fetch }: &Upstream,
    client: &Client,
) -> anyhow::Result<(Value, Option<DocumentId>)> {
    let path = format!("/documents/{id}/upstream");
    let cannot = "cannot say what is new there";
    let link = from.as_ref().filter(|from| is_address(from));
    if *fetch || link.is_some() {
        let wanted = json!({"address": link});
        let found = client.post(&format!("{path}/fetch"), &wanted).await;
        return Ok((found.context(cannot)?, None));
    }
    let Some(from) = from else { return Ok((client.get(&path).await.context(cannot)?, None)) };
    if let Ok(other) = from.parse::<DocumentId>() {
        let path = with_query(&path, &[("from", other.to_string())]);
        return Ok((client.get(&path).await.context(cannot)?, Some(other)));
    }
    let content = read(Path::new(from))?;
    Ok((client.json(Method::PUT, &path, content).await.context(cannot)?, None))
}

pub(crate) async fn upstream(
    args: Upstream,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let (found, _) = look(&args, client).await?;
    output.result(&found, in_words)?;
    Ok(())
}

fn in_words(found: &Value) -> String {
    if found.get("reachable").and_then(Value::as_bool) != Some(true) {
        return "The original is not on this computer. Look where it is published with --fetch, or get its file and name it with --from."
            .to_owned();
    }
    if found.get("up_to_date").and_then(Value::as_bool) == Some(true) {
        return "Nothing is new there.".to_owned();
    }
    let changes = found.get("changes").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<String> = changes
        .map(|change| {
            let said = match text(change, "/standing").as_str() {
                "new" => "new there",
                "same" => "the same here already",
                "both" => "changed on both sides, goes together",
                _ => "changed on both sides: choose with --ours or --theirs",
            };
            let (path, label) = (text(change, "/path"), plain(&text(change, "/label")));
            format!("{label}: {said}\n  {path}")
        })
        .collect();
    if lines.is_empty() {
        "What is new there changes nothing here.".to_owned()
    } else {
        lines.join("\n")
    }
}

pub(crate) async fn pull(args: Pull, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let is_file = args.what.from.as_ref().is_some_and(|from| from.parse::<DocumentId>().is_err());
    let from = if is_file || args.what.fetch {
        look(&args.what, client).await?;
        None
    } else {
        args.what.from.clone()
    };
    let choice = |take: &'static str| move |path: &String| json!({"path": path, "take": take});
    let choices: Vec<Value> = args
        .ours
        .iter()
        .map(choice("ours"))
        .chain(args.theirs.iter().map(choice("theirs")))
        .collect();
    let path = format!("/documents/{}/pull", args.what.id);
    let mut wanted = json!({"choices": choices});
    if let (Some(from), Some(members)) = (from, wanted.as_object_mut()) {
        members.insert("from".to_owned(), json!(from));
    }
    let done = client.post(&path, &wanted).await.context(
        "cannot take in what is new there (\"doc upstream\" lists it, with what there is to choose)",
    )?;
    output.result(&done, |done| format!("version {}", text(done, "/heads")))?;
    Ok(())
}

pub(crate) async fn offer(args: Offer, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("/documents/{}/offer", args.id);
    let body = json!({"note": args.note});
    doubts::look_in(&body, output)?;
    let made = client.post(&path, &body).await;
    output.result(&made.context("cannot offer it")?, |made| text(made, "/suggestion"))?;
    Ok(())
}

pub(crate) async fn list(
    id: &DocumentId,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let found = client.list(&format!("/documents/{id}/copies")).await;
    let found = found.context("cannot list the copies")?;
    let row = |one: &Value| {
        let differs = one.get("differs").and_then(Value::as_array).map_or(0, Vec::len);
        vec![
            plain(&text(one, "/title")),
            plain(&text(one, "/workspace/name")),
            differs.to_string(),
            text(one, "/id"),
        ]
    };
    let none = "No copy of this document is on this computer.";
    output.list(&found, &["TITLE", "WORKSPACE", "DIFFERENCES", "ID"], row, none)?;
    Ok(())
}
