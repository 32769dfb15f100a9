//! `fingerpost doc edit`

use std::path::PathBuf;

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use crate::cli::document::{read_json, with_query};
use crate::cli::doubts;
use crate::cli::output::{Output, text};
use crate::client::{Client, Content};

const MERGE_PATCH: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";

/// Change a document; prints its new version
///
/// Changes that others make at the same time merge with yours.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) what: What,
}

/// Which change of which document
#[derive(clap::Args)]
pub(crate) struct What {
    /// The document's id
    pub(crate) id: DocumentId,
    #[command(flatten)]
    change: Change,
    /// The version that you looked at [default: as it is now]
    #[arg(long, value_name = "VERSION")]
    base: Option<Heads>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Change {
    /// A field and its new text, such as --set /title="Cash first"; may be given several times
    #[arg(long, value_name = "/FIELD=TEXT", value_parser = parse_set)]
    set: Vec<(String, String)>,
    /// A file with a JSON merge patch (an object) or a JSON patch (a list)
    #[arg(long, value_name = "FILE")]
    patch: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let path = format!("/documents/{}", args.what.id);
    let (patch, base) = args.what.patch(client).await?;
    doubts::look_in(&patch, output)?;
    let media_type = if patch.is_array() { JSON_PATCH } else { MERGE_PATCH };
    let query: Vec<_> = base.into_iter().map(|heads| ("base", heads)).collect();
    let content = Content::Bytes { media_type, bytes: patch.to_string().into_bytes() };
    let edited = client.json(Method::PATCH, &with_query(&path, &query), content).await;
    let edited = edited.context("cannot change the document")?;
    output.result(&edited, |edited| text(edited, "/heads"))?;
    Ok(())
}

impl What {
    /// Returns the patch, and the version that it starts from.
    pub(crate) async fn patch(self, client: &Client) -> anyhow::Result<(Value, Option<String>)> {
        let path = format!("/documents/{}", self.id);
        let mut base = self.base.map(|heads| heads.to_string());
        let patch = match &self.change.patch {
            Some(file) => read_json(file)?,
            None => {
                let version: Vec<_> = base.iter().map(|heads| ("heads", heads.clone())).collect();
                let seen = client
                    .get(&with_query(&path, &version))
                    .await
                    .context("cannot read the document")?;
                // What we looked at is what the change is based on, whatever comes in between.
                base.get_or_insert_with(|| text(&seen, "/heads"));
                set(&seen, self.change.set)
            }
        };
        Ok((patch, base))
    }
}

fn parse_set(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((pointer, value)) if pointer.starts_with('/') => {
            Ok((pointer.to_owned(), value.to_owned()))
        }
        _ => Err(
            "expected /FIELD=TEXT, for example /title=\"Cash first\" or /body/steps/0/title=Ask",
        ),
    }
}

/// Returns the JSON patch that gives fields new texts.
fn set(seen: &Value, fields: Vec<(String, String)>) -> Value {
    let operation = |(pointer, value): (String, String)| {
        // In a list, "add" would put a new item before the one that is meant. Elsewhere it sets what is there and what is not.
        let list = pointer.rsplit_once('/').and_then(|(list, _)| seen.pointer(list));
        let op = if list.is_some_and(Value::is_array) { "replace" } else { "add" };
        json!({"op": op, "path": pointer, "value": value})
    };
    fields.into_iter().map(operation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_set_whether_or_not_it_is_there_and_an_item_replaced() {
        assert_eq!(parse_set("/title=a=b"), Ok(("/title".to_owned(), "a=b".to_owned())));
        assert!(parse_set("title=a").is_err() && parse_set("/title").is_err());
        let seen = json!({"steps": [{"title": "Ask"}], "needs": ["food"]});
        let fields = ["/steps/0/title=Ask kindly", "/status=draft", "/needs/0=money"]
            .map(|text| parse_set(text).unwrap());
        assert_eq!(
            set(&seen, fields.to_vec()),
            json!([
                {"op": "add", "path": "/steps/0/title", "value": "Ask kindly"},
                {"op": "add", "path": "/status", "value": "draft"},
                {"op": "replace", "path": "/needs/0", "value": "money"},
            ])
        );
    }
}
