//! Joining a workspace with an invite.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{Role, WorkspaceId};
use crdt_schema::invite::Invite;
use engine::Done;
use engine::input::Command;
use engine::view::{JoinState, JoinView};
use web_ui::chrome::Place;
use web_ui::forms::JoinForm;
use web_ui::pages::join::{Join, JoinCheck, JoinRefused, JoinWait, JoinWaiting};
use web_ui::{urls, words};

use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use super::workspaces::role_in_words;
use crate::handle::ActError;
use crate::http::App;
use crate::http::api::members::invite_of;
use crate::http::extract::Id;
use crate::http::problem::sentence;

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let chrome = frame::chrome(&app, &signed, Place::Workspaces).await?;
    frame::show(&Join { chrome, form: JoinForm::default() })
}

pub(crate) async fn check(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, file } = form;
    let mut typed = JoinForm::read(&posted);
    if let Some(file) = file {
        typed.invite.value = String::from_utf8_lossy(&file.bytes).into_owned();
    }
    let mut again = typed.clone();
    let read = match typed.parse() {
        Ok(text) => read(&app, text).await?.map_err(|why| {
            again.invite.refuse(why);
            again
        }),
        Err(wrong) => Err(wrong),
    };
    let (text, invite) = match read {
        Ok(read) => read,
        Err(again) => {
            let chrome =
                frame::chrome(&app, &signed, Place::Workspaces).await?.with_errors(again.errors());
            return frame::show_again(&Join { chrome, form: again });
        }
    };
    let card = app.handle().read(|node| node.card().clone()).await?;
    frame::show(&JoinCheck {
        chrome: frame::chrome(&app, &signed, Place::Workspaces).await?,
        invite: text,
        inviter: invite.inviter_name.to_string(),
        inviter_fingerprint: invite.offer.inviter.fingerprint(),
        workspace: invite.workspace_name.to_string(),
        role: role_in_words(invite.offer.role),
        approval: invite.offer.approval,
        expires: frame::calendar().full(invite.offer.expires),
        organization: card.name.to_string(),
        fingerprint: card.organization.fingerprint(),
        sector: words::sector(card.sector).to_owned(),
    })
}

/// Reads an invite, or has the one found that a phrase stands for; else says why not.
async fn read(app: &App, given: String) -> Result<Result<(String, Invite), String>, Refusal> {
    let text = match invite_of(app, given).await {
        Ok(text) => text,
        Err(ActError::Refused(refused)) => return Ok(Err(frame::words(&refused))),
        Err(ActError::Stopped) => return Err(ActError::Stopped.into()),
    };
    let invite = Invite::from_text(&text);
    Ok(invite.map(|invite| (text, invite)).map_err(|error| sentence(&error.to_string())))
}

pub(crate) async fn join(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    match app.handle().act(Command::Join { invite: posted.get("invite").to_owned() }).await {
        Ok(Done::Joining { workspace, joined: true }) => {
            Ok(Redirect::to(&urls::workspace(workspace)).into_response())
        }
        Ok(Done::Joining { workspace, joined: false }) => {
            Ok(Redirect::to(&urls::join_waiting(workspace)).into_response())
        }
        Err(ActError::Refused(refused)) => {
            frame::show_again(&refused_page(&app, &signed, &frame::words(&refused)).await?)
        }
        Err(ActError::Stopped) => Err(ActError::Stopped.into()),
        Ok(_) => Err(Refusal::Broken),
    }
}

/// Puts the first sentence of a reason apart from what to do.
async fn refused_page(app: &App, signed: &Signed, reason: &str) -> Result<JoinRefused, Refusal> {
    let reason = sentence(reason);
    let (reason, what_to_do) = match reason.split_once(". ") {
        Some((reason, what_to_do)) => (format!("{reason}."), what_to_do.to_owned()),
        None => (reason, "Ask the organisation that invited you for a new invite.".to_owned()),
    };
    let chrome = frame::chrome(app, signed, Place::Workspaces).await?;
    Ok(JoinRefused { chrome, reason, what_to_do })
}

pub(crate) async fn waiting(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (is_in, join, members, peers) = app
        .handle()
        .read(move |node| {
            let join = node.joins().into_iter().find(|join| join.workspace == id);
            (node.workspace(&id).is_some(), join, node.members(&id), node.peers())
        })
        .await?;
    if is_in {
        return Ok(Redirect::to(&urls::workspace(id)).into_response());
    }
    let Some(JoinView { workspace_name, inviter, inviter_name, state, .. }) = join else {
        return Err(Refusal::NotFound);
    };
    let last_online =
        peers.iter().find(|peer| peer.organization == inviter).and_then(|peer| peer.last_seen);
    let wait = match state {
        JoinState::Refused(reason) => {
            return frame::show(&refused_page(&app, &signed, &reason).await?);
        }
        JoinState::Unreached => JoinWait::Member {
            inviter: inviter_name,
            last_online: last_online.map(|seen| frame::calendar().near(seen)),
        },
        JoinState::NeedsApproval => {
            let stewards = members.iter().filter(|member| member.role == Role::Steward);
            let mut stewards: Vec<String> = stewards.map(|member| member.name.clone()).collect();
            if stewards.is_empty() {
                // Nothing is known of the workspace before we are in; the inviter is a steward.
                stewards.push(inviter_name);
            }
            JoinWait::Steward { stewards }
        }
    };
    let chrome = frame::chrome(&app, &signed, Place::Workspaces).await?;
    frame::show(&JoinWaiting { chrome, id, workspace: workspace_name, wait })
}
