//! Members, invites and joining.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::identity::{InviteId, OrganizationId, Role, WorkspaceId};
use crdt_schema::membership::Change;
use crdt_schema::phrase::{Phrase, Place};
use engine::input::Command;
use engine::view::{InviteView, JoinState, MemberView, Standing};
use engine::{Done, Event, Reader, Refused};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::handle::ActError;
use crate::http::App;
use crate::http::api::changes::{self, bounded};
use crate::http::api::lasts::Lasts;
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, decisions, organization, time, workspaces};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let mut members = app.handle().read(move |node| node.members(&workspace)).await?;
    members.sort_by_key(|member| (member.since, member.organization));
    page.of(members, |member| (member.since, member.organization), member_json).map(Json)
}

fn member_json(member: &MemberView) -> Value {
    let identifiers: Vec<Value> = member
        .profile
        .identifiers
        .iter()
        .map(|(list, id)| json!({"list": list, "id": id}))
        .collect();
    let suspension = member.suspension.as_ref().map(|suspension| {
        json!({
            "by": organization(&suspension.by, &suspension.by_name),
            "time": time(suspension.time),
            "reason": suspension.reason,
            "until": time(suspension.until),
        })
    });
    json!({
        "organization": {
            "id": member.organization,
            "name": member.name,
            "sector": member.sector,
            "fingerprint": member.fingerprint,
            "identifiers": identifiers,
            "domain": member.profile.domain,
        },
        "role": member.role,
        "state": standing(member.standing),
        "suspension": suspension,
        "since": time(member.since),
        "invited_by": member.invited_by,
        "nodes": member.nodes,
        "ended": member.ended,
        "is_self": member.is_self,
        "connected": member.connected,
        "last_seen": member.last_seen.map(time),
        "unseen": member.unseen,
        "unseen_since": member.unseen_since.map(time),
    })
}

/// Returns the word for how an organisation stands.
pub(crate) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "member",
        Standing::Waiting => "waiting",
        Standing::Suspended => "suspended",
        Standing::Removed => "removed",
        Standing::Left => "left",
    }
}

/// Returns a member, removed and waiting ones too.
async fn find(
    app: &App,
    workspace: WorkspaceId,
    organization: OrganizationId,
) -> Result<MemberView, Problem> {
    let members = app.handle().read(move |node| node.members(&workspace)).await?;
    let mut found = members.into_iter().filter(|member| member.organization == organization);
    found.next().ok_or_else(Problem::not_found)
}

/// The part of a member that can be changed.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    role: Role,
}

pub(crate) async fn change(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    extract::Json(Part { role }): extract::Json<Part>,
) -> Result<Response, Problem> {
    find(&app, workspace, organization).await?;
    carry_out(&app, workspace, organization, Change::Role { organization, role }).await
}

/// Why something is done to an organisation.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Reason {
    #[serde(default)]
    reason: String,
}

/// Removes an organisation; one's own leaves.
pub(crate) async fn remove(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    Params(asked): Params<Reason>,
    body: Option<extract::Json<Reason>>,
) -> Result<Response, Problem> {
    if find(&app, workspace, organization).await?.is_self {
        app.handle().act(Command::Leave { workspace }).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let reason = body.map_or(asked.reason, |extract::Json(body)| body.reason);
    bounded(&reason, "/reason")?;
    carry_out(&app, workspace, organization, Change::Remove { organization, reason }).await
}

/// Does it if this organisation alone may, and shows the member; else says what waits for others.
async fn carry_out(
    app: &App,
    workspace: WorkspaceId,
    organization: OrganizationId,
    change: Change,
) -> Result<Response, Problem> {
    let (proposal, enacted) = changes::propose(app, workspace, change).await?;
    if !enacted {
        return decisions::waits(app, workspace, proposal).await;
    }
    let member = find(app, workspace, organization).await?;
    Ok(Json(member_json(&member)).into_response())
}

pub(crate) async fn suspend(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    extract::Json(Reason { reason }): extract::Json<Reason>,
) -> Result<Json<Value>, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::invalid("/reason", "say why"));
    }
    bounded(&reason, "/reason")?;
    app.handle().act(Command::Suspend { workspace, organization, reason }).await?;
    find(&app, workspace, organization).await.map(|member| Json(member_json(&member)))
}

pub(crate) async fn decline(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
) -> Result<StatusCode, Problem> {
    app.handle().act(Command::Decline { workspace, organization }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn approve(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
) -> Result<StatusCode, Problem> {
    app.handle().act(Command::Approve { workspace, organization }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn invites(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let mut invites = app.handle().read(move |node| node.invites(&workspace)).await?;
    invites.sort_by_key(|invite| (invite.created, invite.id));
    page.of(invites, |invite| (invite.created, invite.id), invite_json).map(Json)
}

fn invite_json(invite: &InviteView) -> Value {
    json!({
        "id": invite.id,
        "invite": invite.text,
        "role": invite.role,
        "uses": invite.uses,
        "used": invite.used,
        "approval": invite.approval,
        "created": time(invite.created),
        "expires_at": time(invite.expires),
        "only_for": invite.only_for,
        "revoked": invite.revoked,
        "phrase": invite.phrase.as_ref().map(ToString::to_string),
    })
}

/// What an invite shall grant.
#[derive(Debug, Deserialize)]
pub(crate) struct Terms {
    role: Role,
    #[serde(default)]
    expires_in: Lasts,
    #[serde(default = "once")]
    uses: u32,
    #[serde(default)]
    approval: bool,
    #[serde(default)]
    only_for: Option<OrganizationId>,
    /// Where others reach this computer, for the phrase.
    #[serde(default)]
    phrase_at: Option<String>,
}

const fn once() -> u32 {
    1
}

pub(crate) async fn invite(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    extract::Json(terms): extract::Json<Terms>,
) -> Result<impl IntoResponse, Problem> {
    if terms.uses == 0 {
        return Err(Problem::invalid("/uses", "an invite can be used at least once"));
    }
    let Terms { role, expires_in: Lasts(lasts), uses, approval, only_for, phrase_at } = terms;
    let at = phrase_at.map(|at| Place::read(&at)).transpose();
    let at = at.map_err(|error| Problem::invalid("/phrase_at", error.to_string()))?;
    let command = Command::CreateInvite { workspace, role, uses, lasts, approval, only_for };
    let Done::Invite { id, text, expires } = app.handle().act(command).await? else {
        return Err(Problem::stopping());
    };
    let place = [(header::LOCATION, format!("{ROOT}/workspaces/{workspace}/invites/{id}"))];
    let phrase = app.handle().read(move |node| node.phrase(&workspace, id, at)).await?;
    let phrase = phrase.as_ref().map(ToString::to_string);
    let body = json!({"id": id, "invite": text, "expires_at": time(expires), "phrase": phrase});
    Ok((StatusCode::CREATED, place, Json(body)))
}

pub(crate) async fn revoke(
    State(app): State<App>,
    Ids(workspace, invite): Ids<WorkspaceId, InviteId>,
) -> Result<StatusCode, Problem> {
    app.handle().act(Command::RevokeInvite { workspace, invite }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Join {
    invite: String,
}

/// How long a program waits to hear what became of a join.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn join(
    State(app): State<App>,
    extract::Json(join): extract::Json<Join>,
) -> Result<Json<Value>, Problem> {
    let invite = invite_of(&app, join.invite).await?;
    let news = app.handle().events();
    match app.handle().act(Command::Join { invite }).await? {
        Done::Joining { workspace, joined } => {
            let state = if joined { "joined" } else { outcome(&app, workspace, news).await? };
            Ok(Json(json!({"workspace": workspace, "state": state})))
        }
        Done::Nothing
        | Done::Workspace(_)
        | Done::Invite { .. }
        | Done::Found { .. }
        | Done::Suggestion(_)
        | Done::Statement(_)
        | Done::Code { .. }
        | Done::Proposal { .. }
        | Done::Document { .. } => Err(Problem::stopping()),
    }
}

/// Returns the text of an invite; asks the node that made it if what was given is its phrase.
pub(crate) async fn invite_of(app: &App, given: String) -> Result<String, ActError> {
    if !Phrase::is_meant(&given) {
        return Ok(given);
    }
    if app.handle().network.is_none() {
        let why = "A phrase needs a connection: this node was started without one";
        return Err(Refused::Invite(why.to_owned()).into());
    }
    match app.handle().act(Command::FindInvite { phrase: given }).await? {
        Done::Found { invite } => Ok(invite),
        _ => Err(ActError::Stopped),
    }
}

/// Waits until a member has let this organisation in or refused it; then says that the join goes on by itself.
async fn outcome(
    app: &App,
    workspace: WorkspaceId,
    mut news: broadcast::Receiver<Event>,
) -> Result<&'static str, Problem> {
    let patience = tokio::time::sleep(PATIENCE);
    tokio::pin!(patience);
    while app.handle().network.is_some() {
        let read = move |node: &mut Reader<'_>| {
            (node.workspace(&workspace).is_some(), node.join_state(&workspace).cloned())
        };
        match app.handle().read(read).await? {
            (true, _) => return Ok("joined"),
            (false, Some(JoinState::Refused(why))) => {
                // The program has its answer; nothing half made stays behind.
                app.handle().act(Command::ForgetJoin { workspace }).await?;
                return Err(ActError::Refused(Refused::Invite(why)).into());
            }
            (false, Some(JoinState::Unreached)) => {}
            (false, Some(JoinState::NeedsApproval) | None) => break,
        }
        tokio::select! {
            () = &mut patience => break,
            // Missed news is no matter: the state is read anew.
            _ = news.recv() => {}
        }
    }
    Ok("waiting")
}
