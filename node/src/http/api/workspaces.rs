//! `/workspaces`: the workspaces this organisation is in.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::identity::{Name, WorkspaceId};
use crdt_schema::membership::Template;
use engine::Done;
use engine::input::Command;
use engine::view::WorkspaceView;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, members, time};
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let mut workspaces = app.handle().read(|node| node.workspaces()).await?;
    workspaces.sort_by_key(|workspace| (workspace.created, workspace.id));
    page.of(workspaces, |workspace| (workspace.created, workspace.id), workspace_json).map(Json)
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
) -> Result<Json<Value>, Problem> {
    find(&app, id).await.map(|workspace| Json(workspace_json(&workspace)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct New {
    name: Name,
    /// The name of a template; the usual one if none is given.
    #[serde(default)]
    rules: Option<Template>,
}

pub(crate) async fn create(
    State(app): State<App>,
    extract::Json(new): extract::Json<New>,
) -> Result<impl IntoResponse, Problem> {
    let rules = new.rules.unwrap_or(Template::AnySteward).rules();
    let made = app.handle().act(Command::CreateWorkspace { name: new.name, rules }).await?;
    let Done::Workspace(id) = made else {
        return Err(Problem::stopping());
    };
    let workspace = find(&app, id).await?;
    let place = [(header::LOCATION, format!("{ROOT}/workspaces/{id}"))];
    Ok((StatusCode::CREATED, place, Json(workspace_json(&workspace))))
}

/// Returns the workspace, or says that it is not there.
pub(crate) async fn find(app: &App, id: WorkspaceId) -> Result<WorkspaceView, Problem> {
    app.handle().read(move |node| node.workspace(&id)).await?.ok_or_else(Problem::not_found)
}

fn workspace_json(workspace: &WorkspaceView) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "role": workspace.role,
        "state": members::standing(workspace.standing),
        "rules": {
            "template": Template::of_rules(&workspace.rules),
            "admit": workspace.rules.admit,
            "members": workspace.rules.members,
            "stewards": workspace.rules.stewards,
        },
        "members": workspace.members,
        "documents": workspace.documents,
        "created": time(workspace.created),
    })
}
