//! Reading documents: lists, one, its history and what changed between two versions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind, Timestamp, WorkspaceId};
use engine::view::{ConflictView, DocumentView, HistoryView};
use engine::{Found, Reader, Refused, Search};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::{copies, organization, signatures, time, workspaces};
use crate::http::extract::{Id, Params};
use crate::http::problem::Problem;

/// Which documents of a workspace are wanted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Filter {
    kind: Option<String>,
    tag: Option<String>,
    q: Option<String>,
    updated_since: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(filter): Params<Filter>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    // A kind that nobody knows has no documents.
    let kind = match filter.kind.as_deref().map(str::parse::<Kind>) {
        Some(Err(_)) => return Ok(Json(json!({"items": [], "next": null}))),
        kind => kind.and_then(Result::ok),
    };
    let search = Search {
        words: filter.q.unwrap_or_default(),
        workspace: Some(workspace),
        kind,
        tag: filter.tag.unwrap_or_default(),
        since: filter.updated_since.as_deref().map(instant).transpose()?,
        ..Search::default()
    };
    let page = Page { cursor: filter.cursor, limit: filter.limit };
    let listed = app.handle().read(move |node| {
        let newest_first = |found: &Found| (std::cmp::Reverse(found.updated.0), found.id);
        let mut found = node.search(&search);
        found.sort_by_key(newest_first);
        page.of(found, newest_first, |found| {
            node.document(&found.id)
                .map_or(Value::Null, |document| Value::Object(listed(&document)))
        })
    });
    listed.await?.map(Json)
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, Problem> {
    let instant: jiff::Timestamp = text
        .parse()
        .map_err(|_| Problem::malformed("updated_since is a time such as 2026-11-22T15:05:00Z"))?;
    Ok(Timestamp(u64::try_from(instant.as_millisecond()).unwrap_or_default()))
}

/// Returns a document as lists show it.
pub(crate) fn listed(document: &DocumentView) -> Map<String, Value> {
    let tags: Vec<Value> =
        document.tags.iter().map(|(name, code)| json!({"name": name, "code": code})).collect();
    let members = json!({
        "id": document.id,
        "workspace": document.workspace,
        "kind": document.kind,
        "title": document.title,
        "description": document.description,
        "status": document.status,
        "review_date": document.review_date,
        "tags": tags,
        "area": document.area.first(),
        "suggestions": document.suggested,
        "audience": document.audience,
        "owner": organization(&document.owner, &document.owner_name),
        "heads": document.heads,
        "created": time(document.created),
        "last_modified": time(document.updated),
        "may_write": document.may_write,
        "may_suggest": document.may_suggest,
        "may_set_audience": document.may_set_audience,
    });
    match members {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// Which version is wanted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Version {
    heads: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Params(version): Params<Version>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let heads = version.heads.as_deref().map(known_form).transpose()?;
    let (heads, body) = app.handle().read(move |node| read_whole(node, &id, heads)).await??;
    let tag = entity_tag(&heads);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], Json(body)).into_response())
}

/// Reads the text form of heads; what is none is a version that nobody knows.
pub(crate) fn known_form(text: &str) -> Result<Heads, Problem> {
    text.parse().map_err(|_| Problem::no_such_version())
}

/// Returns heads as an HTTP entity tag.
pub(crate) fn entity_tag(heads: &Heads) -> HeaderValue {
    // Hexadecimal digits and dots are always good in a header.
    HeaderValue::from_str(&format!("\"{heads}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn read_whole(
    node: &mut Reader<'_>,
    id: &DocumentId,
    heads: Option<Heads>,
) -> Result<(Heads, Value), Problem> {
    let view = node.document(id).ok_or_else(Problem::not_found)?;
    let is_current = heads.is_none();
    let content = content_at(node, id, heads.as_ref())?;
    let heads = heads.unwrap_or_else(|| view.heads.clone());
    let conflicts = if is_current { node.conflicts(id)? } else { Vec::new() };
    let mut whole = listed(&view);
    let field = |name: &str| content.get(name).cloned();
    for name in [
        "title",
        "description",
        "status",
        "review_date",
        "tags",
        "language",
        "geography",
        "licence",
    ] {
        if let Some(value) = field(name) {
            whole.insert(name.to_owned(), value);
        } else if !is_current {
            whole.insert(name.to_owned(), Value::Null);
        }
    }
    whole.insert("body".to_owned(), field("body").unwrap_or_else(|| json!({})));
    whole.insert("heads".to_owned(), json!(heads));
    let signatures = node.sign_offs(id)?;
    let signatures = signatures.iter().map(|one| signatures::to_json(one).into()).collect();
    whole.insert("signatures".to_owned(), Value::Array(signatures));
    let origin = view.origin.as_ref().map_or(Value::Null, copies::origin_json);
    whole.insert("forked_from".to_owned(), origin);
    whole.insert("conflicts".to_owned(), conflicts.iter().map(conflict).collect());
    Ok((heads, Value::Object(whole)))
}

/// Returns the content of a version that this node knows.
pub(crate) fn content_at(
    node: &mut Reader<'_>,
    id: &DocumentId,
    heads: Option<&Heads>,
) -> Result<Value, Problem> {
    let document = node.open(id)?;
    match heads {
        None => Ok(document.content()),
        Some(heads) => document.content_at(heads).map_err(|_| Problem::no_such_version()),
    }
}

fn conflict(conflict: &ConflictView) -> Value {
    let values: Vec<Value> = conflict
        .values
        .iter()
        .map(|(value, organization, person, when)| {
            json!({"value": value, "organization": organization, "person": person, "when": time(*when)})
        })
        .collect();
    json!({"path": conflict.path, "values": values})
}

pub(crate) async fn history(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let entries: Vec<HistoryView> = app
        .handle()
        .read(move |node| node.history(&id))
        .await?
        .map_err(|refused: Refused| Problem::from(refused))?;
    // Counted from the first: new entries at the top do not shift the pages below.
    let count = entries.len();
    let entries: Vec<(usize, HistoryView)> =
        entries.into_iter().enumerate().map(|(index, entry)| (count - index, entry)).collect();
    page.of(entries, |(number, _)| std::cmp::Reverse(*number), |(_, entry)| entry_json(entry))
        .map(Json)
}

fn entry_json(entry: &HistoryView) -> Value {
    json!({
        "envelope": entry.envelope,
        "organization": organization(&entry.organization, &entry.organization_name),
        "person": entry.person,
        "node": entry.node,
        "time": time(entry.time),
        "before": entry.before,
        "after": entry.after,
        "copied": entry.is_copied,
        "changes": entry.changes,
        "took": entry.took.as_ref().map(|took| json!({
            "suggestion": took.suggestion,
            "organization": organization(&took.organization, &took.organization_name),
            "person": took.person,
        })),
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct Between {
    from: String,
    to: Option<String>,
}

pub(crate) async fn diff(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Params(between): Params<Between>,
) -> Result<Json<Value>, Problem> {
    let from = known_form(&between.from)?;
    let to = between.to.as_deref().map(known_form).transpose()?;
    let compared = app.handle().read(move |node| {
        let document = node.open(&id)?;
        let to = to.unwrap_or_else(|| document.heads());
        let changes = document.compare(&from, &to).map_err(|_| Problem::no_such_version())?;
        Ok(json!({"from": from, "to": to, "changes": changes}))
    });
    compared.await?.map(Json)
}

pub(crate) async fn schema(Id(kind): Id<Kind>) -> Json<Value> {
    Json(documents::schema(kind))
}
