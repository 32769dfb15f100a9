//! Home: what needs attention and what changed; help and the accessibility statement.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use crdt_schema::identity::{Kind, WorkspaceId};
use engine::Reader;
use engine::view::{DocumentView, JoinState};
use web_ui::chrome::{Chrome, Place};
use web_ui::pages::home::{Home, RecentChange, WorkspaceRow};
use web_ui::pages::plain::{Accessibility, Help};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::attention;
use super::frame::{self, Refusal, Signed};
use super::start::KitState;
use crate::http::App;

/// Changes shown under "recent".
const RECENT: usize = 8;

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let calendar = frame::calendar();
    let (attention, recent, workspaces) = app
        .handle()
        .read(move |node| {
            let ids: Vec<WorkspaceId> =
                node.workspaces().iter().map(|workspace| workspace.id).collect();
            (attention::all(node, &calendar), recent(node, &ids, &calendar), rows(node))
        })
        .await?;
    let kit = KitState::read(&app).await?;
    frame::show(&Home {
        chrome: frame::chrome(&app, &signed, Place::Home).await?,
        attention,
        recent,
        recovery_missing: !kit.confirmed,
        workspaces,
    })
}

/// Returns the newest changes of these workspaces.
pub(crate) fn recent(
    node: &mut Reader<'_>,
    workspaces: &[WorkspaceId],
    calendar: &Calendar,
) -> Vec<RecentChange> {
    let mut documents: Vec<DocumentView> =
        workspaces.iter().flat_map(|workspace| node.documents(workspace)).collect();
    documents.sort_by_key(|document| (std::cmp::Reverse(document.updated), document.id));
    documents.truncate(RECENT);
    documents
        .iter()
        .map(|document| {
            let (who, what) = newest(node, document);
            RecentChange {
                title: document.title.clone(),
                url: urls::document(document.id),
                who,
                when: calendar.near(document.updated),
                what,
            }
        })
        .collect()
}

/// Returns what the first change did.
pub(crate) fn created(kind: Kind) -> String {
    format!("created the {}", web_ui::kinds::words(kind).one)
}

/// Returns who changed a document last, and what.
fn newest(node: &mut Reader<'_>, document: &DocumentView) -> (String, String) {
    let Some(last) = node.makers(&document.id).unwrap_or_default().into_iter().next() else {
        return (document.owner_name.clone(), created(document.kind));
    };
    let who = format!("{} ({})", last.person.name, last.organization_name);
    if last.before.as_slice().is_empty() {
        return (who, created(document.kind));
    }
    let changes = match node.open(&document.id) {
        Ok(open) => open.compare(&last.before, &last.after).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let mut what: Vec<String> = changes.iter().map(super::history::sentence).collect();
    let more = what.len().saturating_sub(2);
    what.truncate(2);
    let mut what = what.join(", ");
    if more > 0 {
        what.push_str(" and more");
    }
    (
        who,
        if what.is_empty() {
            format!("changed the {}", web_ui::kinds::words(document.kind).one)
        } else {
            what
        },
    )
}

/// Returns who changed a document last: person (organisation).
pub(crate) fn last_editor(node: &mut Reader<'_>, document: &DocumentView) -> String {
    let last = node.makers(&document.id).unwrap_or_default().into_iter().next();
    last.map_or_else(
        || document.owner_name.clone(),
        |last| format!("{} ({})", last.person.name, last.organization_name),
    )
}

/// Returns the workspaces, and those that are waited for.
pub(crate) fn rows(node: &Reader<'_>) -> Vec<WorkspaceRow> {
    let mut rows: Vec<WorkspaceRow> = node
        .workspaces()
        .into_iter()
        .map(|workspace| WorkspaceRow {
            id: workspace.id,
            name: workspace.name,
            role: words::role(workspace.role).to_owned(),
            members: workspace.members,
            documents: workspace.documents,
            waiting: false,
        })
        .collect();
    let waits =
        node.joins().into_iter().filter(|join| !matches!(join.state, JoinState::Refused(_)));
    rows.extend(waits.map(|join| WorkspaceRow {
        id: join.workspace,
        name: join.workspace_name,
        role: words::role(join.role).to_owned(),
        members: 0,
        documents: 0,
        waiting: true,
    }));
    rows
}

pub(crate) async fn help(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    frame::show(&Help { chrome: open_chrome(&app, &headers).await? })
}

pub(crate) async fn accessibility(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    frame::show(&Accessibility { chrome: open_chrome(&app, &headers).await? })
}

/// Returns what stands around a page that anybody at this computer may read.
async fn open_chrome(app: &App, headers: &HeaderMap) -> Result<Chrome, Refusal> {
    match Signed::find(app, headers).await? {
        Some(signed) => frame::chrome(app, &signed, Place::Elsewhere).await,
        None => Ok(Chrome::default()),
    }
}
