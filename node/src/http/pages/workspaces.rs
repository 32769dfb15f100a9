//! Workspaces: the list, a new one, the overview.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{Role, WorkspaceId};
use engine::Done;
use engine::input::Command;
use engine::view::{FormerView, Standing};
use web_ui::chrome::{Chrome, Place, Tab};
use web_ui::forms::WorkspaceForm;
use web_ui::pages::plain::Problem;
use web_ui::pages::workspaces::{Overview, WorkspaceNew, Workspaces};
use web_ui::{urls, words};

use super::attention;
use super::frame::{self, Refusal, Signed};
use super::home;
use super::posted::Form;
use crate::handle::ActError;
use crate::http::App;
use crate::http::extract::Id;

pub(crate) async fn list(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let workspaces = app.handle().read(|node| home::rows(node)).await?;
    frame::show(&Workspaces {
        chrome: frame::chrome(&app, &signed, Place::Workspaces).await?,
        workspaces,
    })
}

pub(crate) async fn new(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let chrome = frame::chrome(&app, &signed, Place::Workspaces).await?;
    frame::show(&WorkspaceNew { chrome, form: WorkspaceForm::fresh() })
}

pub(crate) async fn create(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut again = match WorkspaceForm::read(&posted).parse() {
        Ok((name, purpose, rules)) => {
            match app.handle().act(Command::CreateWorkspace { name, rules }).await {
                Ok(Done::Workspace(id)) => {
                    keep_purpose(&app, id, purpose).await?;
                    app.banners().put(&signed, "Workspace created. You are its steward.");
                    return Ok(Redirect::to(&urls::workspace(id)).into_response());
                }
                Err(ActError::Refused(refused)) => {
                    let mut again = WorkspaceForm::read(&posted);
                    again.name.refuse(frame::words(&refused));
                    again
                }
                Err(ActError::Stopped) => return Err(ActError::Stopped.into()),
                Ok(_) => return Err(Refusal::Broken),
            }
        }
        Err(again) => again,
    };
    let chrome = frame::chrome(&app, &signed, Place::Workspaces).await?.with_errors(again.errors());
    again.purpose.value = again.purpose.value.trim().to_owned();
    frame::show_again(&WorkspaceNew { chrome, form: again })
}

fn purpose_key(workspace: &WorkspaceId) -> String {
    format!("purpose/{workspace}")
}

async fn keep_purpose(app: &App, workspace: WorkspaceId, purpose: String) -> Result<(), Refusal> {
    if !purpose.is_empty() {
        let command =
            Command::Keep { key: purpose_key(&workspace), value: Some(purpose.into_bytes()) };
        app.handle().act(command).await?;
    }
    Ok(())
}

/// Takes note that people here have seen that the organisation was removed from a workspace.
pub(crate) async fn dismiss(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    _form: Form,
) -> Result<Redirect, Refusal> {
    let former = app.handle().read(|node| node.former()).await?;
    let former = former.into_iter().find(|former| former.id == id).ok_or(Refusal::NotFound)?;
    let seen = former.ended_by.map(|entry| entry.to_string()).unwrap_or_default();
    let command =
        Command::Keep { key: attention::dismissed_key(&id), value: Some(seen.into_bytes()) };
    app.handle().act(command).await?;
    Ok(Redirect::to(urls::home()))
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let former = app.handle().read(|node| node.former()).await?;
    if let Some(former) = former.into_iter().find(|former| former.id == id) {
        let chrome = frame::chrome(&app, &signed, Place::Workspaces).await?;
        return frame::show(&former_page(chrome, &former));
    }
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Overview).await?;
    let calendar = frame::calendar();
    let (members, recent, purpose) = app
        .handle()
        .read(move |node| {
            let purpose = node.local(&purpose_key(&id)).unwrap_or_default();
            (node.members(&id), home::recent(node, &[id], &calendar), purpose)
        })
        .await?;
    let others = members.iter().filter(|member| {
        matches!(member.standing, Standing::Member | Standing::Suspended) && !member.is_self
    });
    frame::show(&Overview {
        chrome,
        purpose: String::from_utf8_lossy(&purpose).into_owned(),
        role: role_in_words(workspace.role),
        others: others.map(|member| member.name.clone()).collect(),
        documents: workspace.documents,
        recent,
        cannot_invite: frame::cannot_steward(workspace.role, &members),
        cannot_write: frame::cannot_write(workspace.role, &members),
    })
}

/// Says that this organisation is no longer in a workspace, and what that means.
fn former_page(chrome: Chrome, former: &FormerView) -> Problem {
    let name = &former.name;
    if former.standing == Standing::Waiting {
        return waiting_page(chrome, former);
    }
    let heading = if former.standing == Standing::Left {
        format!("Your organisation left {name}")
    } else {
        format!("Your organisation was removed from {name}")
    };
    let mut paragraphs = Vec::new();
    if !former.reason.is_empty() {
        paragraphs.push(format!("The reason given: {}", former.reason));
    }
    paragraphs.push("What you had received stays on this computer; these pages no longer show it. Nothing new is received, and nothing that you write here reaches the others.".to_owned());
    paragraphs.push("To come back, ask a steward of the workspace for a new invite.".to_owned());
    Problem { chrome, heading, paragraphs }
}

/// Says that this organisation was in and waits again, what is kept, and what to do.
fn waiting_page(chrome: Chrome, former: &FormerView) -> Problem {
    let whom = match former.stewards.as_slice() {
        [] => "a steward".to_owned(),
        stewards => stewards.join(" or "),
    };
    Problem {
        chrome,
        heading: format!("Your organisation waits to be let into {}", former.name),
        paragraphs: vec![
            former.reason.clone(),
            "Nothing is lost. What you wrote and received stays on this computer. What others have of yours is kept there, and counts again when you are let in. Until then these pages do not show the workspace, and nothing new is exchanged.".to_owned(),
            format!("What to do: ask {whom} to let your organisation in. This page changes by itself when they have."),
        ],
    }
}

/// Returns "Editor: changes documents".
pub(crate) fn role_in_words(role: Role) -> String {
    let may = words::role_may(role);
    let mut letters = may.chars();
    let first: String = letters.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    format!("{}: {first}{}", words::role(role), letters.as_str())
}
