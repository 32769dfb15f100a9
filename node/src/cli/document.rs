//! `fingerpost doc …`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::http::Method;
use clap::{Subcommand, ValueEnum};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind};
use serde_json::{Value, json};

use crate::cli::audience;
use crate::cli::comment;
use crate::cli::copies;
use crate::cli::crosswalk;
use crate::cli::doubts;
use crate::cli::edit;
use crate::cli::output::{Output, plain, text};
use crate::cli::publish;
use crate::cli::sign;
use crate::cli::suggest;
use crate::cli::versions;
use crate::cli::workspace::Which;
use crate::client::{Client, Content};

/// How much of a history entry's changes is shown to people, and of a value.
const CHANGES_SHOWN: usize = 5;
const LETTERS: usize = 60;

/// Read and write documents
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Whose change it is, by name or id [default: the first person of this node]
    #[arg(long = "as", value_name = "PERSON", global = true)]
    person: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    /// Print a document in words, or with --json as it is kept
    Show {
        /// The document's id
        id: DocumentId,
        /// An old version, as "doc history" names it
        #[arg(long, value_name = "VERSION")]
        heads: Option<Heads>,
    },
    New(New),
    Edit(edit::Args),
    Comment(comment::Comment),
    Comments(comment::Comments),
    Reply(comment::Reply),
    Uncomment(comment::Uncomment),
    Suggest(suggest::Suggest),
    /// List what was suggested for a document, the newest first
    Suggestions {
        /// The document's id
        id: DocumentId,
    },
    Answer(suggest::Answer),
    Sign(sign::Sign),
    /// List who signed which version of a document, and what has changed since
    Signatures {
        /// The document's id
        id: DocumentId,
    },
    Withdraw(sign::Withdraw),
    /// Make documents from files, in the form of "doc export"
    Import {
        #[command(flatten)]
        which: Which,
        /// JSON files; lists of tags and tables of matching tags also as SKOS, national lists of tags as CSV
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    Export(Export),
    /// List who changed what, the newest first
    History {
        /// The document's id
        id: DocumentId,
    },
    /// List what changed between two versions
    Diff {
        /// The document's id
        id: DocumentId,
        /// The older version, as "doc history" names it
        #[arg(long, value_name = "VERSION")]
        from: Heads,
        /// The newer version [default: as it is now]
        #[arg(long, value_name = "VERSION")]
        to: Option<Heads>,
    },
    /// List the versions of a document that have a name
    Versions {
        /// The document's id
        id: DocumentId,
    },
    Name(versions::Naming),
    Unname(versions::Unname),
    Restore(versions::Restore),
    Fork(copies::Fork),
    Upstream(copies::Upstream),
    Pull(copies::Pull),
    Offer(copies::Offer),
    /// List the copies of a document that are on this computer
    Copies {
        /// The document's id
        id: DocumentId,
    },
    Publish(publish::Publish),
    Crosswalk(crosswalk::Crosswalk),
    /// Say who wrote which words of a document's texts
    Authors {
        /// The document's id
        id: DocumentId,
        /// An old version, as "doc history" names it
        #[arg(long, value_name = "VERSION")]
        heads: Option<Heads>,
    },
    Audience(audience::Args),
    Readers(audience::Readers),
    /// List changes of a document that do not count, with the reason
    Refused {
        /// The document's id
        id: DocumentId,
    },
}

/// List the documents of a workspace, the newest first
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    /// Only this kind, such as referral_pathway
    #[arg(long)]
    kind: Option<Kind>,
    /// Only with this tag's name or code
    #[arg(long)]
    tag: Option<String>,
    /// Only with all of these words
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
}

/// Make an empty document
#[derive(clap::Args)]
pub(crate) struct New {
    #[command(flatten)]
    which: Which,
    /// What kind of document
    #[arg(long, default_value = "referral_pathway")]
    kind: Kind,
    /// Its title
    #[arg(long)]
    title: String,
    #[command(flatten)]
    circles: audience::Circles,
}

/// Write a document to a file or to standard output
#[derive(clap::Args)]
pub(crate) struct Export {
    /// The document's id
    id: DocumentId,
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// All fields; "doc import" reads it
    Json,
    /// All fields and their history; any Automerge library opens it
    Automerge,
    /// For people
    Markdown,
    /// One web page that any browser shows and prints
    Html,
    /// To print, or to send to somebody
    Pdf,
    /// A list of tags or a table of matching tags as SKOS in Turtle
    Turtle,
    /// The same as SKOS in JSON-LD
    Jsonld,
    /// The figures of an insight
    Csv,
    /// What programs must know of the figures (CSV on the Web)
    Csvw,
    /// All signed changes with the membership that gave them their right; "verify" checks it
    Bundle,
}

pub(crate) async fn run(
    args: Args,
    client: &mut Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    client.speak_for(args.person);
    match args.command {
        Command::List(args) => list(args, client, output).await,
        Command::Show { id, heads } => show(&id, heads.as_ref(), client, output).await,
        Command::New(args) => new(args, client, output).await,
        Command::Edit(args) => edit::run(args, client, output).await,
        Command::Import { which, files } => import(&which, &files, client, output).await,
        Command::Export(args) => export(args, client, output).await,
        Command::History { id } => history(&id, client, output).await,
        Command::Diff { id, from, to } => diff(&id, &from, to.as_ref(), client, output).await,
        Command::Comment(args) => comment::comment(args, client, output).await,
        Command::Comments(args) => comment::list(args, client, output).await,
        Command::Reply(args) => comment::reply(args, client, output).await,
        Command::Uncomment(args) => comment::take_back(args, client, output).await,
        Command::Suggest(args) => suggest::suggest(args, client, output).await,
        Command::Suggestions { id } => suggest::list(&id, client, output).await,
        Command::Answer(args) => suggest::answer(args, client, output).await,
        Command::Sign(args) => sign::sign(args, client, output).await,
        Command::Signatures { id } => sign::list(&id, client, output).await,
        Command::Withdraw(args) => sign::withdraw(args, client, output).await,
        Command::Versions { id } => versions::list(&id, client, output).await,
        Command::Name(args) => versions::name(args, client, output).await,
        Command::Unname(args) => versions::unname(args, client, output).await,
        Command::Restore(args) => versions::restore(args, client, output).await,
        Command::Fork(args) => copies::fork(args, client, output).await,
        Command::Upstream(args) => copies::upstream(args, client, output).await,
        Command::Pull(args) => copies::pull(args, client, output).await,
        Command::Offer(args) => copies::offer(args, client, output).await,
        Command::Copies { id } => copies::list(&id, client, output).await,
        Command::Crosswalk(args) => crosswalk::make(args, client, output).await,
        Command::Publish(args) => publish::publish(args, client, output).await,
        Command::Authors { id, heads } => {
            versions::authors(&id, heads.as_ref(), client, output).await
        }
        Command::Audience(args) => audience::run(args, client, output).await,
        Command::Readers(args) => audience::readers(args, client, output).await,
        Command::Refused { id } => {
            audience::refused(&format!("/documents/{id}/refusals"), client, output).await
        }
    }
}

async fn list(args: List, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let kind = args.kind.map(|kind| kind.word().to_owned());
    let filters = [("kind", kind), ("tag", args.tag), ("q", args.search)];
    let filters: Vec<(&str, String)> =
        filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let path = with_query(&format!("{}/documents", args.which.path(client).await?), &filters);
    let documents = client.list(&path).await.context("cannot list the documents")?;
    let row = |d: &Value| {
        ["/id", "/title", "/status", "/last_modified"].map(|pointer| text(d, pointer)).to_vec()
    };
    output.list(&documents, &["ID", "TITLE", "STATUS", "CHANGED"], row, "No documents.")?;
    Ok(())
}

async fn show(
    id: &DocumentId,
    heads: Option<&Heads>,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let version: Vec<_> = heads.map(|heads| ("heads", heads.to_string())).into_iter().collect();
    let cannot = "cannot show the document";
    if output.is_json() {
        let document =
            client.get(&with_query(&format!("/documents/{id}"), &version)).await.context(cannot)?;
        return Ok(output.result(&document, Value::to_string)?);
    }
    let mut query = vec![("format", "markdown".to_owned())];
    query.extend(version);
    let path = with_query(&format!("/documents/{id}/export"), &query);
    let words = client.call(Method::GET, &path, Content::Nothing).await.context(cannot)?;
    let words = String::from_utf8_lossy(&words);
    words.lines().try_for_each(|line| output.line(&plain(line)))?;
    Ok(())
}

async fn new(args: New, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let workspace = args.which.path(client).await?;
    let audience = args.circles.audience(&Value::Null, &workspace, client).await?;
    let body = json!({"kind": args.kind, "title": args.title, "audience": audience});
    doubts::look_in(&json!(args.title), output)?;
    let made = client
        .post(&format!("{workspace}/documents"), &body)
        .await
        .context("cannot make the document")?;
    output.result(&made, |made| text(made, "/id"))?;
    Ok(())
}

async fn import(
    which: &Which,
    files: &[PathBuf],
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("{}/import", which.path(client).await?);
    let mut refused = 0;
    for file in files {
        let name = file.display();
        let taken = match fs::read(file) {
            Ok(bytes) => {
                if let Err(error) = doubts::look_in_file(&bytes, output) {
                    output.complain(&error.context(format!("cannot import {name}")));
                    refused += 1;
                    continue;
                }
                let content = Content::Bytes { media_type: "application/json", bytes };
                client.json(Method::POST, &path, content).await.map_err(anyhow::Error::from)
            }
            Err(error) => Err(error.into()),
        };
        match taken.with_context(|| format!("cannot import {name}")) {
            Ok(result) => refused += report(file, result, output)?,
            // The other files may still be good.
            Err(error) => {
                output.complain(&error);
                refused += 1;
            }
        }
    }
    anyhow::ensure!(
        refused == 0,
        "{refused} of what was to be imported was not. The reasons are above"
    );
    Ok(())
}

/// Prints what became of one file; returns how much of it was not taken.
fn report(file: &Path, mut result: Value, output: &mut Output) -> anyhow::Result<usize> {
    let skipped: Vec<Value> =
        result.get("skipped").and_then(Value::as_array).cloned().unwrap_or_default();
    if output.is_json() {
        if let Some(members) = result.as_object_mut() {
            members.insert("file".to_owned(), json!(file));
        }
        output.line(&result.to_string())?;
    } else {
        for made in result.get("made").and_then(Value::as_array).into_iter().flatten() {
            output.line(&format!("{}  {}", text(made, "/id"), plain(&text(made, "/title"))))?;
        }
    }
    for row in &skipped {
        let place = text(row, "/pointer");
        let place = if place.is_empty() { place } else { format!(" (at {place})") };
        output.say(&format!(
            "not imported from {}, document {}: {}{}",
            file.display(),
            text(row, "/row"),
            plain(&text(row, "/reason")),
            plain(&place)
        ));
    }
    Ok(skipped.len())
}

async fn export(args: Export, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let Export { id, format, output: file } = args;
    let format = match format {
        Format::Json => "json",
        Format::Automerge => "automerge",
        Format::Markdown => "markdown",
        Format::Html => "html",
        Format::Pdf => "pdf",
        Format::Turtle => "turtle",
        Format::Jsonld => "jsonld",
        Format::Csv => "csv",
        Format::Csvw => "csvw",
        Format::Bundle => "bundle",
    };
    let path = with_query(&format!("/documents/{id}/export"), &[("format", format.to_owned())]);
    let bytes = client
        .call(Method::GET, &path, Content::Nothing)
        .await
        .context("cannot export the document")?;
    output.file(file.as_deref(), &bytes)
}

async fn history(id: &DocumentId, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("/documents/{id}/history");
    let entries = client.list(&path).await.context("cannot read the history")?;
    entries.iter().try_for_each(|entry| output.result(entry, entry_words))?;
    Ok(())
}

fn entry_words(entry: &Value) -> String {
    let none = Vec::new();
    let changes = entry.get("changes").and_then(Value::as_array).unwrap_or(&none);
    let who = format!("{} ({})", text(entry, "/person/name"), text(entry, "/organization/name"));
    let mut lines = vec![format!("{}  {}", text(entry, "/time"), plain(&who))];
    if entry.get("took").is_some_and(Value::is_object) {
        let (person, of) =
            (text(entry, "/took/person/name"), text(entry, "/took/organization/name"));
        lines.push(plain(&format!("  took in a suggestion by {person} ({of})")));
    }
    lines.push(format!("  version {}", text(entry, "/after")));
    lines.extend(sentences(changes).iter().take(CHANGES_SHOWN).map(|change| format!("  {change}")));
    if let Some(more) = changes.len().checked_sub(CHANGES_SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

async fn diff(
    id: &DocumentId,
    from: &Heads,
    to: Option<&Heads>,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let mut query = vec![("from", from.to_string())];
    query.extend(to.map(|to| ("to", to.to_string())));
    let path = with_query(&format!("/documents/{id}/diff"), &query);
    let found = client.get(&path).await.context("cannot compare the versions")?;
    let changes = found.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
    output.result(&found, |_| {
        if changes.is_empty() {
            "No difference.".to_owned()
        } else {
            sentences(&changes).join("\n")
        }
    })?;
    Ok(())
}

/// Says in words what changed.
fn sentences(changes: &[Value]) -> Vec<String> {
    changes.iter().map(|change| plain(&sentence(change))).collect()
}

fn sentence(change: &Value) -> String {
    let field = text(change, "/label");
    match (change.get("before"), change.get("after")) {
        (None | Some(Value::Null), None | Some(Value::Null)) => format!("{field} changed"),
        (None | Some(Value::Null), Some(after)) => format!("{field} added: {}", short(after)),
        (Some(before), None | Some(Value::Null)) => format!("{field} removed: {}", short(before)),
        (Some(before), Some(after)) => {
            let (before, after) = from_where_they_differ(&text(before, ""), &text(after, ""));
            format!("{field}: \"{}\" -> \"{}\"", start(&before), start(&after))
        }
    }
}

/// The start of a value, enough to know it by.
fn short(value: &Value) -> String {
    format!("\"{}\"", start(&text(value, "")))
}

fn start(whole: &str) -> String {
    let start: String = whole.chars().take(LETTERS).collect();
    if start.len() < whole.len() { format!("{start}...") } else { start }
}

/// Leaves out a long start that two texts share, but for the last few words.
fn from_where_they_differ(before: &str, after: &str) -> (String, String) {
    let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let skipped = same.saturating_sub(LETTERS / 3);
    if skipped == 0 {
        return (before.to_owned(), after.to_owned());
    }
    let rest = |text: &str| format!("...{}", text.chars().skip(skipped).collect::<String>());
    (rest(before), rest(after))
}

/// Returns a path with a query.
pub(crate) fn with_query(path: &str, query: &[(&str, String)]) -> String {
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Reads a file as a JSON object or array.
pub(crate) fn read_json(file: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let value: Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not JSON", file.display()))?;
    anyhow::ensure!(
        value.is_object() || value.is_array(),
        "{} holds neither an object nor a list",
        file.display()
    );
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_at_the_end_of_a_long_text_is_seen() {
        let before = "Refer for a benefits check and debt advice using the form below. With consent, hand over.";
        let after = format!("{before} Try twice more.");
        let change = json!({"label": "Step 3: detail", "before": before, "after": after});
        let sentence = sentence(&change);
        assert!(sentence.contains("Try twice more."), "{sentence}");
        assert!(sentence.starts_with("Step 3: detail: \"..."), "{sentence}");
    }
}
