//! `fingerpost doc publish`

use anyhow::Context as _;
use crdt_schema::identity::DocumentId;
use serde_json::{Map, Value, json};

use crate::cli::output::{Output, plain, text};
use crate::client::Client;

/// Publish a document as it is now: anybody at all may read it from then on, with its history
///
/// That cannot be called back. The version gets a name, and stands on the public shelf of every node that has the document (see "serve --shelf" and "shelf export"). Later changes are not on the shelf before they are published too.
#[derive(clap::Args)]
pub(crate) struct Publish {
    /// The document's id
    id: DocumentId,
    /// What to call the version [default: "Version" and the number that comes next]
    #[arg(long)]
    name: Option<String>,
    /// Publish although something in it looks as if it was about a person. Look first
    #[arg(long)]
    even_so: bool,
}

pub(crate) async fn publish(
    args: Publish,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let Publish { id, name, even_so } = args;
    let mut wish = Map::new();
    wish.insert("even_so".to_owned(), json!(even_so));
    wish.extend(name.map(|name| ("name".to_owned(), json!(name))));
    let path = format!("/documents/{id}/publish");
    let made = client.post(&path, &Value::Object(wish)).await;
    let made = made.context("cannot publish the document")?;
    output.result(&made, |made| {
        format!("{}, version {}", plain(&text(made, "/name")), text(made, "/heads"))
    })?;
    output.say("Published: anybody may read it.");
    Ok(())
}
