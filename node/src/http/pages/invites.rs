//! Invites of a workspace: made, passed on, ended.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{InviteId, WorkspaceId};
use crdt_schema::phrase::{Phrase, Place};
use engine::Done;
use engine::input::Command;
use engine::view::InviteView;
use serde::Deserialize;
use web_ui::chrome::Tab;
use web_ui::forms::{Field, FormError, InviteForm, NewInvite};
use web_ui::pages::invites::{
    InviteNew, InviteRow, InviteShow, InviteState, Invites, SpokenPhrase,
};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::clock;
use crate::handle::ActError;
use crate::http::App;
use crate::http::extract::{Id, Ids};
use crate::http::problem::sentence;
use crate::qr;

const DAY_SECONDS: u64 = 24 * 60 * 60;

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let (invites, members, own) = app
        .handle()
        .read(move |node| (node.invites(&id), node.members(&id), node.card().name.to_string()))
        .await?;
    let calendar = frame::calendar();
    frame::show(&Invites {
        chrome,
        workspace: id,
        invites: invites.iter().map(|invite| row(invite, &own, &calendar)).collect(),
        cannot_invite: frame::cannot_steward(workspace.role, &members),
    })
}

fn row(invite: &InviteView, own: &str, calendar: &Calendar) -> InviteRow {
    let state = if invite.revoked {
        InviteState::Revoked
    } else if invite.used >= invite.uses {
        InviteState::Used(vec![web_ui::chrome::count(
            invite.used as usize,
            "organisation",
            "organisations",
        )])
    } else if invite.expires <= clock::now() {
        InviteState::Ended(calendar.full(invite.expires))
    } else {
        let left = invite.uses.saturating_sub(invite.used) as usize;
        InviteState::Open { until: calendar.full(invite.expires), left }
    };
    InviteRow {
        id: invite.id,
        role: words::role(invite.role).to_owned(),
        made_by: own.to_owned(),
        made: calendar.near(invite.created),
        state,
    }
}

pub(crate) async fn new(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    if !workspace.role.may_steward() {
        return Ok(Redirect::to(&urls::invites(id)).into_response());
    }
    frame::show(&InviteNew { chrome, workspace: id, form: InviteForm::fresh() })
}

pub(crate) async fn create(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let again = match InviteForm::read(&posted).parse() {
        Err(again) => again,
        Ok(terms) => {
            let lasts =
                std::time::Duration::from_secs(u64::from(terms.days).saturating_mul(DAY_SECONDS));
            let NewInvite { role, uses, approval, only_for, .. } = terms;
            let command =
                Command::CreateInvite { workspace: id, role, uses, lasts, approval, only_for };
            match app.handle().act(command).await {
                Ok(Done::Invite { id: invite, .. }) => {
                    app.banners().put(
                        &signed,
                        "Invite made. Pass it on to the one organisation that it is for.",
                    );
                    return Ok(Redirect::to(&urls::invite(id, invite)).into_response());
                }
                Err(ActError::Refused(engine::Refused::Invalid { pointer: _, message })) => {
                    let mut again = InviteForm::read(&posted);
                    again.role.refuse(message);
                    again
                }
                Err(error) => return Err(error.into()),
                Ok(_) => return Err(Refusal::Broken),
            }
        }
    };
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    frame::show_again(&InviteNew {
        chrome: chrome.with_errors(again.errors()),
        workspace: id,
        form: again,
    })
}

async fn find(app: &App, workspace: WorkspaceId, invite: InviteId) -> Result<InviteView, Refusal> {
    let invites = app.handle().read(move |node| node.invites(&workspace)).await?;
    invites.into_iter().find(|known| known.id == invite).ok_or(Refusal::NotFound)
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(id, invite): Ids<WorkspaceId, InviteId>,
    Query(Reached { at }): Query<Reached>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (mut chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let invite = find(&app, id, invite).await?;
    let mut at = Field::of(at);
    let place = match at.value.trim() {
        "" => None,
        typed => Place::read(typed).map_err(|error| at.refuse(sentence(&error.to_string()))).ok(),
    };
    if let Some(message) = at.error.clone() {
        chrome = chrome.with_errors(vec![FormError { field: "at".to_owned(), message }]);
    }
    let of = invite.id;
    let phrase = app.handle().read(move |node| node.phrase(&id, of, place)).await?;
    let (members, own) =
        app.handle().read(move |node| (node.members(&id), node.card().name.to_string())).await?;
    let row = row(&invite, &own, &frame::calendar());
    let text = row.state.is_open().then(|| invite.text.clone());
    frame::show(&InviteShow {
        chrome,
        workspace: id,
        qr_svg: text.as_deref().and_then(qr::svg),
        text,
        row,
        phrase: phrase.map(|phrase| spoken(&phrase)),
        at,
        cannot_revoke: frame::cannot_steward(workspace.role, &members),
    })
}

/// Where others reach this computer, for the words of an invite.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Reached {
    #[serde(default)]
    at: String,
}

fn spoken(phrase: &Phrase) -> SpokenPhrase {
    let only = match &phrase.place {
        Place::Ip(at) if at.ip().is_loopback() => Some("on this very computer"),
        Place::Ip(at) if at.ip().is_private() || at.ip().is_link_local() => {
            Some("in your office network")
        }
        Place::Ip(_) | Place::Host(..) => None,
    };
    SpokenPhrase {
        words: phrase.words().into_iter().map(str::to_owned).collect(),
        address: phrase.spoken_address(),
        only: only.map(str::to_owned),
    }
}

pub(crate) async fn file(
    State(app): State<App>,
    Ids(id, invite): Ids<WorkspaceId, InviteId>,
    _signed: Signed,
) -> Result<Response, Refusal> {
    let invite = find(&app, id, invite).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"fingerpost-invite.txt\""),
    ];
    Ok((headers, format!("{}\n", invite.text)).into_response())
}

pub(crate) async fn revoke(
    State(app): State<App>,
    Ids(workspace, invite): Ids<WorkspaceId, InviteId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::RevokeInvite { workspace, invite }).await?;
    app.banners().put(&form.signed, "Invite revoked. Nobody can use it any more.");
    Ok(Redirect::to(&urls::invites(workspace)))
}
