//! `fingerpost doc comment`, `doc comments`, `doc reply` and `doc uncomment`

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::doubts;
use crate::cli::output::{Output, plain, text};
use crate::client::{Client, Content};

/// Say something about a document or one of its parts, or what your organisation holds of it; prints the comment's id
#[derive(clap::Args)]
pub(crate) struct Comment {
    /// The document's id
    id: DocumentId,
    /// What to say
    #[arg(default_value = "")]
    text: String,
    /// The part that it is about, such as /body/terms/0 [default: the whole document]
    #[arg(long, value_name = "PATH", default_value = "")]
    on: String,
    /// Say that your organisation agrees to what stands there
    #[arg(long)]
    agree: bool,
    /// Say that your organisation objects to what stands there, and why
    #[arg(long, conflicts_with = "agree")]
    object: bool,
}

/// List what was said about a document, the newest first
#[derive(clap::Args)]
pub(crate) struct Comments {
    /// The document's id
    id: DocumentId,
    /// Only about this part, such as /body/terms/0
    #[arg(long, value_name = "PATH")]
    on: Option<String>,
}

/// Answer a comment, or end its discussion
#[derive(clap::Args)]
pub(crate) struct Reply {
    /// The document's id
    id: DocumentId,
    /// The id of the comment that began the discussion, as "doc comments" names it
    comment: EnvelopeId,
    /// What to say
    #[arg(default_value = "")]
    text: String,
    /// Say that the discussion is over
    #[arg(long)]
    settle: bool,
    /// Say that it is not over after all
    #[arg(long, conflicts_with = "settle")]
    reopen: bool,
}

/// Take back a comment of your organisation
#[derive(clap::Args)]
pub(crate) struct Uncomment {
    /// The document's id
    id: DocumentId,
    /// The comment's id, as "doc comments" names it
    comment: EnvelopeId,
}

pub(crate) async fn comment(
    args: Comment,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let stance = match (args.agree, args.object) {
        (true, _) => "agrees",
        (false, true) => "objects",
        (false, false) => "remarks",
    };
    let body = json!({"place": args.on, "stance": stance, "text": args.text});
    doubts::look_in(&body, output)?;
    let said = client.post(&format!("/documents/{}/comments", args.id), &body).await;
    let said = said.context("cannot comment on the document")?;
    Ok(output.result(&said, |said| text(said, "/id"))?)
}

pub(crate) async fn list(
    args: Comments,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let place: Vec<_> = args.on.into_iter().map(|place| ("place", place)).collect();
    let path = with_query(&format!("/documents/{}/comments", args.id), &place);
    let found = client.list(&path).await.context("cannot list the comments")?;
    if output.is_json() {
        return Ok(output.list(&found, &[], |_| Vec::new(), "No comments.")?);
    }
    // Answers stand below what they answer.
    let said = found.iter().flat_map(|one| {
        let replies = one.get("replies").and_then(Value::as_array).into_iter().flatten();
        std::iter::once((one, true)).chain(replies.map(|reply| (reply, false)))
    });
    let rows: Vec<Value> = said
        .map(|(one, is_first)| {
            let over = one.get("is_settled") == Some(&Value::Bool(true));
            let about = if is_first { text(one, "/about") } else { "  answer".to_owned() };
            let about = if over { format!("{about} (settled)") } else { about };
            json!({"about": about, "comment": one})
        })
        .collect();
    let row = |row: &Value| {
        let one = row.get("comment").unwrap_or(row);
        let who = format!("{} ({})", text(one, "/person/name"), text(one, "/organization/name"));
        vec![
            text(one, "/id"),
            text(row, "/about"),
            plain(&who),
            text(one, "/stance"),
            text(one, "/text"),
        ]
    };
    output.list(&rows, &["ID", "ABOUT", "WHO", "STANCE", "TEXT"], row, "No comments.")?;
    Ok(())
}

pub(crate) async fn reply(args: Reply, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let stance = match (args.settle, args.reopen) {
        (true, _) => "settles",
        (false, true) => "reopens",
        (false, false) => "remarks",
    };
    let path = format!("/documents/{}/comments/{}/replies", args.id, args.comment);
    let body = json!({"stance": stance, "text": args.text});
    doubts::look_in(&body, output)?;
    let said = client.post(&path, &body).await.context("cannot answer the comment")?;
    Ok(output.result(&said, |_| "Answered.".to_owned())?)
}

pub(crate) async fn take_back(
    args: Uncomment,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let path = format!("/documents/{}/comments/{}", args.id, args.comment);
    let done = client.call(Method::DELETE, &path, Content::Nothing).await;
    done.context("cannot take the comment back")?;
    output.say("Taken back.");
    Ok(())
}
