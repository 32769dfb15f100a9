//! What others publish on the web: looking at a shelf, following it, copying from it, and looking again for what is new.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};
use serde::Deserialize;
use web_ui::chrome::{Chrome, Tab};
use web_ui::forms::{Field, Posted};
use web_ui::pages::copies::{OtherRow, OtherShelf, ShelfWatch, news as news_words};
use web_ui::words::capital;
use web_ui::{kinds, urls};

use super::copies::{self, is_said};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::followed::found::{Listed, News, Standing};
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::api::looks::{self, Known};
use crate::http::api::shelves as api;
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::visit::{Address, Found, Shelf, VisitError};

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
        let at: Address = address.parse()?;
        let looked = looks::look(&app, &at).await;
        let known = match &looked {
            Ok(shelf) => looks::known(&app, &shelf.address).await?,
            Err(_) => looks::known(&app, &at).await?,
        };
        match (looked, known) {
            // What is followed is shown as it was the last time.
            (Err(error), None) => Err(Problem::from(error)),
            (looked, known) => Ok((looked, known)),
        }
    };
    match looked.await {
        Ok((looked, known)) => {
            let (chrome, _) = frame::chrome_in(&app, &signed, workspace, Tab::Pathways).await?;
            frame::show(&shelf_page(chrome, workspace, looked.as_ref(), known.as_ref()))
        }
        Err(problem) => refused(&app, &signed, workspace, &address, problem).await,
    }
}

/// Returns the page of what is there now, or else of what was found last.
fn shelf_page(
    chrome: Chrome,
    workspace: WorkspaceId,
    looked: Result<&Shelf, &VisitError>,
    known: Option<&Known>,
) -> OtherShelf {
    let shelf = looked.ok();
    let found = known.and_then(|known| known.found.as_ref());
    let of_shelf = shelf.map(|shelf| {
        let rows = shelf.documents.iter().filter_map(|one| {
            let address = shelf.address.join(&one.bundle)?.to_string();
            let listed = found.and_then(|found| found.documents.get(&one.id.parse().ok()?));
            let news = known
                .zip(listed)
                .map_or("", |(known, listed)| news_word(listed.standing(known.seen)));
            Some(row((&one.title, &one.kind, &one.version), news, address))
        });
        rows.collect::<Vec<OtherRow>>()
    });
    let mut rows = of_shelf.unwrap_or_else(|| {
        let seen = known.map_or(0, |known| known.seen);
        let listed = found.iter().flat_map(|found| found.documents.values());
        let listed = listed.filter(|one| one.is_there());
        let row = |one: &Listed| {
            row((&one.title, &one.kind, &one.version), news_word(one.standing(seen)), String::new())
        };
        listed.map(row).collect()
    });
    let more = rows.len().saturating_sub(ROWS);
    // What is news is shown, however much else there is.
    rows.sort_by_key(|row| row.news.is_empty());
    rows.truncate(ROWS);
    let address = shelf.map(|shelf| &shelf.address).or(known.map(|known| &known.address));
    let publisher = shelf.map(|shelf| &shelf.publisher).or(found.map(|found| &found.publisher));
    OtherShelf {
        chrome,
        workspace,
        address: address.map(ToString::to_string).unwrap_or_default(),
        publisher: publisher.cloned().unwrap_or_default(),
        rows,
        more,
        watch: known.map(|known| watch(known, looked.err())),
    }
}

fn row((title, kind, version): (&str, &str, &str), news: &str, address: String) -> OtherRow {
    let kind = kind.parse::<Kind>().ok().map(|kind| capital(kinds::words(kind).one));
    OtherRow {
        title: title.to_owned(),
        kind: kind.unwrap_or_default(),
        version: version.to_owned(),
        news: news.to_owned(),
        address,
    }
}

const fn news_word(standing: Option<Standing>) -> &'static str {
    match standing {
        Some(Standing::New) => "New",
        Some(Standing::Changed) => "Changed",
        Some(Standing::Gone) | None => "",
    }
}

/// Returns what the page says of a shelf that is followed.
fn watch(known: &Known, failure: Option<&VisitError>) -> ShelfWatch {
    let News { new, changed, gone } = known.news();
    let documents = known.found.iter().flat_map(|found| found.documents.values());
    let is_gone = |one: &&Listed| one.standing(known.seen) == Some(Standing::Gone);
    let calendar = frame::calendar();
    ShelfWatch {
        looked: known.looks.looked.map(|when| calendar.near(when)),
        failure: failure.map(|why| format!("{}.", capital(&why.to_string()))),
        news: news_words(new, changed, gone),
        gone: documents.filter(is_gone).take(ROWS).map(|one| one.title.clone()).collect(),
        round: known.found.as_ref().map_or(0, |found| found.round),
    }
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

/// Follows a shelf, stops following it, or takes note that somebody has seen what is new on it.
pub(crate) async fn follow(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let typed = posted.get("address");
    let (done, text) = match posted.get("does") {
        "follow" => (followed(&app, typed, workspace).await, "You follow this shelf now."),
        "seen" => {
            let round = posted.get("seen").parse().ok();
            (seen(&app, typed, round).await, "From now on this shows what is new after this.")
        }
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

async fn followed(app: &App, address: &str, workspace: WorkspaceId) -> Result<(), Problem> {
    let shelf = api::follow_shelf(app, &address.parse()?).await?;
    looks::followed_from(app, &shelf.address, workspace).await
}

async fn seen(app: &App, address: &str, round: Option<u64>) -> Result<(), Problem> {
    // Without what the page showed, nothing was seen.
    looks::see(app, &address.parse()?, Some(round.unwrap_or(0))).await
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

#[derive(Debug, Deserialize)]
pub(crate) struct Version {
    #[serde(default)]
    heads: String,
}

/// Takes note that nobody wants to hear of this version of a copy's original again.
pub(crate) async fn see_original(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Version { heads }): Query<Version>,
    _form: Form,
) -> Result<Redirect, Refusal> {
    let heads = known_form(&heads)?;
    let is_here = app.handle().read(move |node| node.document(&id).is_some()).await?;
    if !is_here {
        return Err(Refusal::NotFound);
    }
    looks::see_original(&app, id, &heads).await?;
    Ok(Redirect::to(urls::home()))
}
