//! `/workspaces/{w}/proposals`: what needs others to agree, and what a change would mean.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::identity::{EntryId, WorkspaceId};
use engine::input::Command;
use engine::view::{ProposalState, ProposalView};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::changes::{self, Body};
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, organization, time, workspaces};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let mut proposals = app.handle().read(move |node| node.proposals(&workspace)).await?;
    let newest_first = |proposal: &ProposalView| (std::cmp::Reverse(proposal.time), proposal.id);
    proposals.sort_by_key(newest_first);
    page.of(proposals, newest_first, proposal_json).map(Json)
}

fn proposal_json(proposal: &ProposalView) -> Value {
    let agreed: Vec<Value> =
        proposal.agreed.iter().map(|(id, name)| organization(id, name)).collect();
    let about = proposal.change.organization().zip(proposal.about.as_deref());
    json!({
        "id": proposal.id,
        "change": changes::to_json(&proposal.change),
        "summary": changes::summary(proposal),
        "about": about.map(|(id, name)| organization(&id, name)),
        "by": organization(&proposal.by, &proposal.by_name),
        "time": time(proposal.time),
        "agreed": agreed,
        "needed": proposal.needed,
        "void": (!proposal.void.is_empty()).then_some(&proposal.void),
        "state": match proposal.state {
            ProposalState::Open => "open",
            ProposalState::Enacted => "enacted",
            ProposalState::Void => "void",
        },
        "may_agree": proposal.may_agree,
        "may_object": proposal.may_object,
    })
}

/// What is proposed, or only asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct New {
    change: Body,
}

pub(crate) async fn propose(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    extract::Json(new): extract::Json<New>,
) -> Result<impl IntoResponse, Problem> {
    workspaces::find(&app, workspace).await?;
    let change = new.change.change("/change")?;
    let (id, _) = changes::propose(&app, workspace, change).await?;
    let place = [(header::LOCATION, place(workspace, id))];
    let proposal = changes::find(&app, workspace, id).await?;
    Ok((StatusCode::CREATED, place, Json(proposal_json(&proposal))))
}

fn place(workspace: WorkspaceId, proposal: EntryId) -> String {
    format!("{ROOT}/workspaces/{workspace}/proposals/{proposal}")
}

/// Says that others must agree before something is done.
pub(crate) async fn waits(
    app: &App,
    workspace: WorkspaceId,
    id: EntryId,
) -> Result<Response, Problem> {
    let proposal = changes::find(app, workspace, id).await?;
    let place = [(header::LOCATION, place(workspace, id))];
    let body = Json(json!({"proposal": proposal_json(&proposal)}));
    Ok((StatusCode::ACCEPTED, place, body).into_response())
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
) -> Result<Json<Value>, Problem> {
    let proposal = changes::find(&app, workspace, id).await?;
    let change = proposal.change.clone();
    let means = app.handle().read(move |node| node.consequences(&workspace, &change)).await?;
    let mut body = proposal_json(&proposal);
    if let Some(members) = body.as_object_mut() {
        let means = if proposal.state == ProposalState::Open { means } else { Vec::new() };
        members.insert("consequences".to_owned(), json!(means));
    }
    Ok(Json(body))
}

pub(crate) async fn agree(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
) -> Result<Json<Value>, Problem> {
    changes::agree(&app, workspace, id).await?;
    changes::find(&app, workspace, id).await.map(|proposal| Json(proposal_json(&proposal)))
}

pub(crate) async fn object(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
) -> Result<Json<Value>, Problem> {
    app.handle().act(Command::Object { workspace, proposal: id }).await?;
    changes::find(&app, workspace, id).await.map(|proposal| Json(proposal_json(&proposal)))
}

pub(crate) async fn consequences(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    extract::Json(new): extract::Json<New>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let change = new.change.change("/change")?;
    let asked = change.clone();
    let means = app.handle().read(move |node| node.consequences(&workspace, &asked)).await?;
    Ok(Json(json!({"change": changes::to_json(&change), "consequences": means})))
}
