//! Home: what needs attention and what changed; help and the accessibility statement.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use crdt_schema::identity::{Kind, WorkspaceId};
use engine::Reader;
use engine::view::{DocumentView, FormerView, JoinState, MemberView, Standing};
use web_ui::chrome::{Chrome, Place};
use web_ui::pages::home::{Attention, Home, RecentChange, WorkspaceRow};
use web_ui::pages::plain::{Accessibility, Help};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::frame::{self, Refusal, Signed};
use super::start::KitState;
use crate::http::App;
use crate::http::api::changes;

/// Changes shown under "recent".
const RECENT: usize = 8;

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let calendar = frame::calendar();
    let (attention, recent, workspaces) = app
        .handle()
        .read(move |node| {
            let ids: Vec<WorkspaceId> =
                node.workspaces().iter().map(|workspace| workspace.id).collect();
            (attention(node), recent(node, &ids, &calendar), rows(node))
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

fn attention(node: &Reader<'_>) -> Vec<Attention> {
    let mut attention = Vec::new();
    for join in node.joins() {
        let workspace = &join.workspace_name;
        if let JoinState::Refused(_) = join.state {
            attention.push(Attention {
                text: format!("You did not join {workspace}"),
                link: "See why".to_owned(),
                url: urls::join_waiting(join.workspace),
                dismiss: None,
            });
        }
    }
    attention.extend(node.former().iter().filter_map(|former| no_longer_in(node, former)));
    for workspace in node.workspaces() {
        let members = node.members(&workspace.id);
        let waits = |member: &&MemberView| member.standing == Standing::Waiting;
        for member in members.iter().filter(waits).filter(|_| workspace.role.may_steward()) {
            attention.push(Attention {
                text: format!("{} asks to join {}", member.name, workspace.name),
                link: "See who is waiting".to_owned(),
                url: urls::member(workspace.id, member.organization),
                dismiss: None,
            });
        }
        for proposal in node.proposals(&workspace.id).iter().filter(|one| one.may_agree) {
            attention.push(Attention {
                text: format!(
                    "{} proposes in {}: {}",
                    proposal.by_name,
                    workspace.name,
                    changes::summary(proposal)
                ),
                link: "Look at the decision".to_owned(),
                url: urls::proposal(workspace.id, proposal.id),
                dismiss: None,
            });
        }
        let own = members.iter().find(|member| member.is_self);
        if let Some(suspension) = own.and_then(|own| own.suspension.as_ref()) {
            attention.push(Attention {
                text: format!(
                    "{} suspended your organisation in {}",
                    suspension.by_name, workspace.name
                ),
                link: "See why".to_owned(),
                url: urls::member(workspace.id, node.card().organization),
                dismiss: None,
            });
        }
    }
    attention
}

/// Says that this organisation was removed from a workspace, until somebody here has taken note, or waits for it again.
fn no_longer_in(node: &Reader<'_>, former: &FormerView) -> Option<Attention> {
    let url = urls::workspace(former.id);
    match former.standing {
        Standing::Removed => {
            let seen = node.local(&dismissed_key(&former.id));
            let ended = former.ended_by.map(|entry| entry.to_string().into_bytes());
            (seen.is_none() || seen != ended).then(|| Attention {
                text: format!("Your organisation was removed from {}", former.name),
                link: "See why".to_owned(),
                url,
                dismiss: Some(urls::workspace_dismiss(former.id)),
            })
        }
        Standing::Waiting => Some(Attention {
            text: format!("Your organisation waits to be let into {}", former.name),
            link: "See why, and what to do".to_owned(),
            url,
            dismiss: None,
        }),
        Standing::Member | Standing::Suspended | Standing::Left => None,
    }
}

/// Where it is kept that people here took note of a removal.
pub(crate) fn dismissed_key(workspace: &WorkspaceId) -> String {
    format!("dismissed/{workspace}")
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
