//! Proofs for programs: what happened in a workspace, and what does not count.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::view::{EntryView, RefusalView};
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::{organization, time, workspaces};
use crate::http::extract::{Id, Params};
use crate::http::problem::Problem;

pub(crate) async fn history(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let entries = app.handle().read(move |node| node.membership_history(&workspace)).await?;
    counted(&page, entries, entry_json)
}

/// Returns a page of a list whose newest come first.
///
/// They are counted from the oldest: new ones at the top do not shift the pages below.
fn counted<T>(
    page: &Page,
    newest_first: Vec<T>,
    show: impl Fn(&T) -> Value,
) -> Result<Json<Value>, Problem> {
    let count = newest_first.len();
    let numbered: Vec<(usize, T)> =
        newest_first.into_iter().enumerate().map(|(index, one)| (count - index, one)).collect();
    page.of(numbered, |(number, _)| std::cmp::Reverse(*number), |(_, one)| show(one)).map(Json)
}

fn entry_json(entry: &EntryView) -> Value {
    json!({
        "id": entry.id,
        "time": time(entry.time),
        "by": entry.by.map(|by| organization(&by, &entry.by_name)),
        "node": entry.node,
        "said": entry.said,
        "void": entry.void,
    })
}

/// The membership log, signatures and all: `fingerpost verify` checks it without a network.
pub(crate) async fn audit(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
) -> Result<Response, Problem> {
    let bundle = app.handle().read(move |node| node.audit(&workspace)).await??;
    let disposition = format!("attachment; filename=\"{workspace}.audit.json\"");
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    Ok(([(header::CONTENT_DISPOSITION, disposition)], Json(bundle)).into_response())
}

pub(crate) async fn refusals(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let refusals = app.handle().read(move |node| node.refusals(&workspace)).await?;
    counted(&page, refusals, refusal_json)
}

pub(crate) async fn not_counted(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let refusals = app.handle().read(move |node| node.not_counted(&document)).await??;
    counted(&page, refusals, refusal_json)
}

fn refusal_json(refusal: &RefusalView) -> Value {
    json!({
        "time": (refusal.time.0 > 0).then(|| time(refusal.time)),
        "document": refusal.document,
        "organization": organization(&refusal.organization, &refusal.organization_name),
        "person": refusal.person,
        "reason": refusal.word,
        "why": refusal.why,
        "held": refusal.is_held,
        "written_again": refusal.is_written_again,
    })
}
