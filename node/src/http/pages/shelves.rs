//! What others publish on the web: looking at a shelf, following it, copying from it, and looking again for what is new.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};
use serde::Deserialize;
use web_ui::chrome::Tab;
use web_ui::forms::{Field, Posted};
use web_ui::pages::copies::{OtherRow, OtherShelf};
use web_ui::words::capital;
use web_ui::{kinds, urls};

use super::copies::{self, is_said};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::shelves as api;
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::visit::{Address, Found, Published, Shelf};

/// Documents of a shelf that are shown.
const ROWS: usize = 200;

#[derive(Debug, Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    address: String,
}

/// Shows what is on somebody's shelf.
pub(crate) async fn show(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Query(At { address }): Query<At>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let looked = async {
        let address: Address = address.parse()?;
        Ok::<_, Problem>(app.visitor().shelf(&address).await?)
    };
    match looked.await {
        Ok(shelf) => shelf_page(&app, &signed, workspace, &shelf).await,
        Err(problem) => refused(&app, &signed, workspace, &address, problem).await,
    }
}

async fn shelf_page(
    app: &App,
    signed: &Signed,
    workspace: WorkspaceId,
    shelf: &Shelf,
) -> Result<Response, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, workspace, Tab::Pathways).await?;
    let is_followed = api::followed(app).await?.contains(&shelf.address);
    let row = |one: &Published| {
        let address = shelf.address.join(&one.bundle)?.to_string();
        let kind = one.kind.parse::<Kind>().ok().map(|kind| capital(kinds::words(kind).one));
        Some(OtherRow {
            title: one.title.clone(),
            kind: kind.unwrap_or_default(),
            version: one.version.clone(),
            address,
        })
    };
    frame::show(&OtherShelf {
        chrome,
        workspace,
        address: shelf.address.to_string(),
        publisher: shelf.publisher.clone(),
        rows: shelf.documents.iter().take(ROWS).filter_map(row).collect(),
        more: shelf.documents.len().saturating_sub(ROWS),
        is_followed,
    })
}

/// Shows the form again with why nothing came of an address.
async fn refused(
    app: &App,
    signed: &Signed,
    workspace: WorkspaceId,
    address: &str,
    problem: Problem,
) -> Result<Response, Refusal> {
    if !is_said(&problem) {
        return Err(problem.into());
    }
    let mut page = copies::file_page(app, signed, workspace).await?;
    page.address = Field::of(address);
    page.refuse_address(&said(&problem));
    frame::show_again(&page)
}

/// Returns what to do about a refusal.
fn said(problem: &Problem) -> String {
    let said = problem.errors.first().map_or(&problem.detail, |(_, message)| message);
    capital(said)
}

/// Makes a copy of what is published at an address, or shows what is on the shelf there.
pub(crate) async fn copy(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let typed = posted.get("address").trim();
    let looked = async {
        let address: Address = typed.parse()?;
        let found = match app.visitor().find(&address).await? {
            Found::Shelf(shelf) => return Ok(Err(shelf)),
            Found::File(at, bytes) => (at, bytes),
        };
        api::copy_from(&app, found, workspace, signed.person()).await.map(Ok)
    };
    match looked.await {
        Ok(Ok(made)) => {
            app.banners().put(&signed, "The copy is made. Change it as you need it.");
            let place = match made.as_slice() {
                [(one, _)] => urls::document(one),
                _ => urls::documents(workspace),
            };
            Ok(Redirect::to(&place).into_response())
        }
        Ok(Err(shelf)) => {
            let there = urls::other_shelf(workspace, &shelf.address.to_string());
            Ok(Redirect::to(&there).into_response())
        }
        Err(problem) => refused(&app, &signed, workspace, typed, problem).await,
    }
}

/// Follows a shelf, or stops following it.
pub(crate) async fn follow(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let typed = posted.get("address");
    let (done, text) = match posted.get("does") {
        "follow" => (followed(&app, typed).await, "You follow this shelf now."),
        "stop" => (stopped(&app, typed).await, "You no longer follow this shelf."),
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(()) => {
            app.banners().put(&signed, text);
            Ok(Redirect::to(&urls::copy_file(workspace)).into_response())
        }
        Err(problem) => refused(&app, &signed, workspace, typed, problem).await,
    }
}

async fn followed(app: &App, address: &str) -> Result<(), Problem> {
    api::follow_shelf(app, &address.parse()?).await.map(|_| ())
}

async fn stopped(app: &App, address: &str) -> Result<(), Problem> {
    api::stop_following(app, &address.parse()?).await
}

/// Looks for a newer version of a copy's original on the web.
pub(crate) async fn look_again(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let typed = posted.get("address").trim();
    let looked = async {
        let address = if typed.is_empty() { None } else { Some(typed.parse::<Address>()?) };
        api::look_again(&app, id, address).await
    };
    match looked.await {
        Ok(_) => Ok(Redirect::to(&urls::incoming(id)).into_response()),
        Err(problem) if is_said(&problem) => {
            let mut page = copies::incoming_page(&app, &signed, id, &Posted::default()).await?;
            page.address = Field::of(typed);
            page.refuse_address(&said(&problem));
            frame::show_again(&page)
        }
        Err(problem) => Err(problem.into()),
    }
}
