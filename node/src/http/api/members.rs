//! Members, invites and joining.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::identity::{InviteId, OrganizationId, Role, WorkspaceId};
use engine::input::Command;
use engine::view::{InviteView, JoinState, MemberView, Standing};
use engine::{Done, Event, Reader, Refused};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::handle::ActError;
use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, time, workspaces};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

const DAY: u64 = 24 * 60 * 60;
const DEFAULT_DAYS: u64 = 14;
const MOST_DAYS: u64 = 366;

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
    let state = match member.standing {
        Standing::Member => "member",
        Standing::Waiting => "waiting",
    };
    json!({
        "organization": {
            "id": member.organization,
            "name": member.name,
            "sector": member.sector,
            "fingerprint": member.fingerprint,
        },
        "role": member.role,
        "state": state,
        "since": time(member.since),
        "invited_by": member.invited_by,
        "nodes": member.nodes,
        "is_self": member.is_self,
        "connected": member.connected,
        "last_seen": member.last_seen.map(time),
        "unseen": member.unseen,
        "unseen_since": member.unseen_since.map(time),
    })
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
        "revoked": invite.revoked,
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
    let Terms { role, expires_in: Lasts(lasts), uses, approval } = terms;
    let command = Command::CreateInvite { workspace, role, uses, lasts, approval };
    let Done::Invite { id, text, expires } = app.handle().act(command).await? else {
        return Err(Problem::stopping());
    };
    let place = [(header::LOCATION, format!("{ROOT}/workspaces/{workspace}/invites/{id}"))];
    let body = json!({"id": id, "invite": text, "expires_at": time(expires)});
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
    let news = app.handle().events();
    match app.handle().act(Command::Join { invite: join.invite }).await? {
        Done::Joining { workspace, joined } => {
            let state = if joined { "joined" } else { outcome(&app, workspace, news).await? };
            Ok(Json(json!({"workspace": workspace, "state": state})))
        }
        Done::Nothing | Done::Workspace(_) | Done::Invite { .. } | Done::Document { .. } => {
            Err(Problem::stopping())
        }
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

/// How long an invite lasts: seconds, or a number with one of `m`, `h`, `d`, `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasts(pub(crate) Duration);

impl Default for Lasts {
    fn default() -> Self {
        Self(Duration::from_secs(DEFAULT_DAYS * DAY))
    }
}

impl std::str::FromStr for Lasts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
        let unit = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => 0,
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        match seconds {
            Some(seconds) if (1..=MOST_DAYS * DAY).contains(&seconds) => {
                Ok(Self(Duration::from_secs(seconds)))
            }
            Some(_) | None => {
                Err(format!("expected a time such as 14d, 12h or 30m, at most {MOST_DAYS} days"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Lasts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Seconds(u64),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Seconds(seconds) => seconds.to_string(),
            Either::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_lasts_as_long_as_was_written() {
        for (text, seconds) in
            [("14d", 14 * DAY), ("12h", 43_200), ("30m", 1_800), ("2w", 14 * DAY), ("90", 90)]
        {
            assert_eq!(text.parse(), Ok(Lasts(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "d", "0d", "-1d", "1y", "367d", "99999999999999999999d", "1.5d", "14 days"]
        {
            assert!(text.parse::<Lasts>().is_err(), "{text:?}");
        }
    }
}
