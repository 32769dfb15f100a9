//! Making a copy of a document, and taking in what changed in its original.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::audience::Audience;
use crdt_schema::document::{ChangeKind, Choice, FieldChange, FieldPath, Incoming, Standing};
use crdt_schema::identity::{DocumentId, WorkspaceId};
use web_ui::chrome::Tab;
use web_ui::forms::{Choice as Option_, Field, Posted};
use web_ui::pages::copies::{Copy, CopyFile, FollowedRow, Incoming as IncomingPage, IncomingRow};
use web_ui::urls;
use web_ui::when::Calendar;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use super::history;
use super::posted::Form;
use crate::followed::found::News;
use crate::http::App;
use crate::http::api::copies as api;
use crate::http::api::documents::known_form;
use crate::http::api::looks::Known;
use crate::http::api::shelves;
use crate::http::extract::Id;
use crate::http::problem::Problem;

/// Who changed something there: the newest that are shown.
const PEOPLE: usize = 20;

pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&copy_page(&app, &signed, id).await?)
}

async fn copy_page(app: &App, signed: &Signed, id: DocumentId) -> Result<Copy, Refusal> {
    let Opened { chrome, head, .. } = document::open(app, signed, id).await?;
    let own = head.workspace;
    let workspaces = app.handle().read(move |node| node.workspaces()).await?;
    let may_write = workspaces.into_iter().filter(|one| one.role.may_write());
    let mut workspaces: Vec<Option_> = may_write
        .map(|one| {
            let hint = if one.id == own { "This document is from here." } else { "" };
            Option_::new(&one.id.to_string(), &one.name, hint)
        })
        .collect();
    // Elsewhere first: that is what a copy is mostly for.
    workspaces.sort_by_key(|one| !one.hint.is_empty());
    Ok(Copy { chrome, document: head, workspaces, workspace: Field::default() })
}

pub(crate) async fn copy(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let version = known_form(posted.get("heads"))?;
    let Ok(workspace) = posted.get("workspace").parse::<WorkspaceId>() else {
        let mut page = copy_page(&app, &signed, id).await?;
        page.document.heads = version;
        page.refuse("Choose where the copy shall stand");
        return frame::show_again(&page);
    };
    let source = app.handle().read(move |node| node.source(&id)).await??;
    let source = source.at(&version).ok_or_else(Problem::no_such_version)?;
    let wanted = (workspace, Audience::default());
    match api::copy(&app, source, wanted, signed.person()).await {
        Ok((made, _)) => {
            app.banners().put(&signed, "The copy is made. Change it as you need it.");
            Ok(Redirect::to(&urls::document(made)).into_response())
        }
        Err(problem) if is_said(&problem) => {
            let mut page = copy_page(&app, &signed, id).await?;
            page.document.heads = version;
            page.workspace = Field::of(posted.get("workspace"));
            page.refuse(&problem.detail);
            frame::show_again(&page)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Is it something that the person can do something about on the same page?
pub(super) fn is_said(problem: &Problem) -> bool {
    [
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::FORBIDDEN,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::CONFLICT,
    ]
    .contains(&problem.status)
}

pub(crate) async fn ask_for_file(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&file_page(&app, &signed, workspace).await?)
}

pub(super) async fn file_page(
    app: &App,
    signed: &Signed,
    workspace: WorkspaceId,
) -> Result<CopyFile, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, workspace, Tab::Pathways).await?;
    let calendar = frame::calendar();
    let followed = app.handle().read(|node| Known::all(node)).await?;
    Ok(CopyFile {
        chrome,
        workspace,
        file: Field::default(),
        address: Field::default(),
        followed: followed.iter().map(|known| followed_row(known, &calendar)).collect(),
    })
}

fn followed_row(known: &Known, calendar: &Calendar) -> FollowedRow {
    let News { new, changed, gone } = known.news();
    let news = web_ui::pages::copies::news(new, changed, gone);
    let news = if news.is_empty() { news } else { format!("{news}. ") };
    let looked = match known.looks.looked {
        Some(when) => format!("Looked at {}.", calendar.near(when)),
        None => "Not looked at yet.".to_owned(),
    };
    let failed = if known.looks.failure.is_some() { " The last look failed." } else { "" };
    FollowedRow {
        name: known.name(),
        address: known.address.to_string(),
        about: format!("{news}{looked}{failed}"),
    }
}

pub(crate) async fn copy_file(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, file, .. } = form;
    let mut page = file_page(&app, &signed, workspace).await?;
    let Some(file) = file else {
        page.refuse("Choose a signed file");
        return frame::show_again(&page);
    };
    let copied = async {
        let sources = api::read_bundle(file.bytes.to_vec()).await?;
        let mut made = Vec::new();
        for source in sources {
            let wanted = (workspace, Audience::default());
            made.push(api::copy(&app, source, wanted, signed.person()).await?.0);
        }
        Ok::<_, Problem>(made)
    };
    match copied.await {
        Ok(made) => {
            app.banners().put(&signed, "The copy is made. Change it as you need it.");
            let place = match made.as_slice() {
                [one] => urls::document(one),
                _ => urls::documents(workspace),
            };
            Ok(Redirect::to(&place).into_response())
        }
        Err(problem) if is_said(&problem) => {
            page.refuse(&problem.detail);
            frame::show_again(&page)
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(crate) async fn incoming(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&incoming_page(&app, &signed, id, &Posted::default()).await?)
}

pub(super) async fn incoming_page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    posted: &Posted,
) -> Result<IncomingPage, Refusal> {
    let Opened { chrome, head, view, .. } = document::open(app, signed, id).await?;
    let found = api::look(app, id, None).await?;
    let original = view.origin.map(|origin| origin.document);
    let may_offer = match original {
        Some(original) => {
            let seen = app.handle().read(move |node| node.document(&original)).await?;
            seen.is_some_and(|original| original.may_suggest)
        }
        None => false,
    };
    let known = shelves::remembered(app, id).await?;
    let calendar = frame::calendar();
    let made = found.as_ref().map(|found| found.made.as_slice()).unwrap_or_default();
    let made = made.iter().rev().take(PEOPLE).map(|made| {
        let when = calendar.near(made.time);
        format!("{} ({}), {when}", made.person.name, made.organization_name)
    });
    let rows = found.as_ref().map(|found| found.incoming.as_slice()).unwrap_or_default();
    Ok(IncomingPage {
        chrome,
        document: head,
        is_reachable: found.is_some(),
        made: made.collect(),
        rows: rows.iter().map(|one| row(one, posted)).collect(),
        may_offer,
        file: Field::default(),
        address: Field::of(known.map(|known| known.to_string()).unwrap_or_default()),
    })
}

fn row(incoming: &Incoming, posted: &Posted) -> IncomingRow {
    let standing = match incoming.standing {
        Standing::New => "Only they changed this. It comes here.",
        Standing::Same => "You have the same already.",
        Standing::Both => "You changed it as well, in another place of the text. Both go together.",
        Standing::Conflict => "You changed this as well.",
    };
    let change = FieldChange {
        path: incoming.path.clone(),
        label: incoming.label.clone(),
        before: incoming.before.clone(),
        after: incoming.theirs.clone(),
        kind: incoming.kind,
    };
    let is_open = incoming.standing == Standing::Conflict && incoming.kind != ChangeKind::Moved;
    let path = incoming.path.to_string();
    IncomingRow {
        row: history::row(&change),
        standing: standing.to_owned(),
        ours: is_open.then(|| incoming.ours.as_ref().map(document::shown).unwrap_or_default()),
        choice: Field::of(posted.get(&format!("choice{path}"))),
        path,
    }
}

pub(crate) async fn take_in(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut choices = BTreeMap::<FieldPath, Choice>::new();
    for (name, value) in &posted.0 {
        let Some(path) = name.strip_prefix("choice").and_then(|path| path.parse().ok()) else {
            continue;
        };
        let choice = if value == "theirs" { Choice::Theirs } else { Choice::Ours };
        choices.insert(path, choice);
    }
    match api::take_in(&app, id, None, choices, signed.person()).await {
        Ok(_) => {
            app.banners().put(&signed, "Taken in. Read it once more as a whole.");
            Ok(Redirect::to(&urls::document(id)).into_response())
        }
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            let mut page = incoming_page(&app, &signed, id, &posted).await?;
            page.ask_for_choices();
            frame::show_again(&page)
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(crate) async fn give(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, file, .. } = form;
    let refused = match file {
        None => "Choose a signed file".to_owned(),
        Some(file) => match api::take_file(&app, id, file.bytes.to_vec()).await {
            Ok(_) => return Ok(Redirect::to(&urls::incoming(id)).into_response()),
            Err(problem) if is_said(&problem) => problem.detail,
            Err(problem) => return Err(problem.into()),
        },
    };
    let mut page = incoming_page(&app, &signed, id, &Posted::default()).await?;
    page.refuse_file(&refused);
    frame::show_again(&page)
}

pub(crate) async fn offer(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, .. } = form;
    let said = match api::offer_back(&app, id, String::new(), signed.person()).await {
        Ok(_) => "Offered. Those who keep the original see it as a suggestion.".to_owned(),
        Err(problem) if is_said(&problem) => problem.detail,
        Err(problem) => return Err(problem.into()),
    };
    app.banners().put(&signed, &said);
    Ok(Redirect::to(&urls::incoming(id)).into_response())
}
