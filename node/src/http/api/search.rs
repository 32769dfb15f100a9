//! Search over everything that this organisation may read.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use crdt_schema::identity::{OrganizationId, WorkspaceId};
use engine::{Decided, Found, Reader, Search};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use web_ui::when::Calendar;

use crate::clock;
use crate::http::App;
use crate::http::api::documents::{instant, listed};
use crate::http::api::paging::Page;
use crate::http::extract::Params;
use crate::http::problem::Problem;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    workspace: Option<String>,
    kind: Option<String>,
    tag: String,
    organization: Option<String>,
    area: String,
    status: String,
    decision: Option<String>,
    overdue: bool,
    updated_since: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

pub(crate) async fn find(
    State(app): State<App>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Value>, Problem> {
    let page = Page { cursor: wanted.cursor.clone(), limit: wanted.limit };
    let search = meant(wanted)?;
    let found = app.handle().read(move |node| {
        let found = node.search(&search);
        page.of(found, Found::order, |one| show(node, one, &search.words))
    });
    found.await?.map(Json)
}

fn meant(wanted: Wanted) -> Result<Search, Problem> {
    let today = Calendar::new(TimeZone::system(), clock::now()).today();
    let today = today.map(|today| today.to_string()).unwrap_or_default();
    let workspace: Option<WorkspaceId> = chosen(wanted.workspace, "workspace is no id")?;
    let owner: Option<OrganizationId> =
        chosen(wanted.organization, "organization is no id such as did:key:z6Mk…")?;
    let decision = match wanted.decision.as_deref() {
        None => None,
        Some("yes") => Some(Decided::Yes),
        Some("no") => Some(Decided::No),
        Some("none") => Some(Decided::NotYet),
        Some(_) => return Err(Problem::malformed("decision is yes, no or none")),
    };
    Ok(Search {
        words: wanted.q,
        workspace,
        kind: chosen(wanted.kind, "kind is no kind of document")?,
        tag: wanted.tag,
        owner,
        area: wanted.area,
        status: wanted.status,
        decision,
        review_before: if wanted.overdue { today } else { String::new() },
        since: wanted.updated_since.as_deref().map(instant).transpose()?,
    })
}

fn chosen<T: FromStr>(text: Option<String>, wrong: &'static str) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| Problem::malformed(wrong))).transpose()
}

fn show(node: &mut Reader<'_>, found: &Found, words: &str) -> Value {
    let Some(document) = node.document(&found.id) else { return Value::Null };
    let excerpt = node.excerpt(&found.id, words).map(|excerpt| {
        let piece = |(text, is_match): &(String, bool)| json!({"text": text, "match": is_match});
        let pieces: Vec<Value> = excerpt.pieces.iter().map(piece).collect();
        json!({"place": excerpt.label, "pieces": pieces})
    });
    let mut shown = listed(&document);
    shown.insert("found_in".to_owned(), json!(found.rank));
    shown.insert("excerpt".to_owned(), json!(excerpt));
    Value::Object(shown)
}
