//! Documents of a workspace: the list, and a new one.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::documents as schema;
use crdt_schema::identity::{DocumentId, Kind, OrganizationId, WorkspaceId};
use engine::input::Command;
use engine::{Reader, Search, Terms};
use serde::Deserialize;
use serde_json::{Value, json};
use web_ui::chrome::Tab;
use web_ui::forms::Field;
use web_ui::forms::Posted;
use web_ui::forms::document::{AudienceForm, TitleForm};
use web_ui::kinds;
use web_ui::pages::Pages;
use web_ui::pages::documents::{DocumentKinds, DocumentNew, DocumentRow, Documents};
use web_ui::urls;
use web_ui::when::{self, Calendar};
use web_ui::words::capital;

use super::access::{audience, chosen, is_ticked};
use super::frame::{self, Refusal, Signed};
use super::home;
use super::posted::Form;
use crate::http::App;
use crate::http::api::edit;
use crate::http::api::personal::warnings;
use crate::http::extract::Id;

/// Rows of one page.
const ROWS: usize = 50;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    page: Option<usize>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Pathways).await?;
    let Wanted { q, tag, kind, page } = wanted;
    let kind: Option<Kind> = kind.parse().ok();
    let page = page.unwrap_or(1).max(1);
    let calendar = frame::calendar();
    let search = Search {
        words: q.clone(),
        workspace: Some(id),
        kind,
        tag: tag.clone(),
        ..Search::default()
    };
    let (documents, total, choices, members) = app
        .handle()
        .read(move |node| {
            let all = node.search(&search);
            let terms = node.terms(&id);
            let shown = all.iter().skip((page - 1).saturating_mul(ROWS)).take(ROWS);
            let rows: Vec<DocumentRow> =
                shown.filter_map(|found| row(node, &found.id, &terms, &calendar)).collect();
            (rows, all.len(), node.choices(Some(id)), node.members(&id))
        })
        .await?;
    let (tags, kinds) = (choices.tags.into_iter().collect(), choices.kinds.into_iter().collect());
    let at = |page: usize| urls::documents_page(id, &q, &tag, kind.map_or("", Kind::word), page);
    let pages = Pages {
        previous: (page > 1).then(|| at(page - 1)),
        next: (page.saturating_mul(ROWS) < total).then(|| at(page.saturating_add(1))),
    };
    let cannot_write = frame::cannot_write(workspace.role, &members);
    frame::show(&Documents {
        chrome,
        workspace: id,
        words: q,
        tag,
        tags,
        kind,
        kinds,
        documents,
        total,
        pages,
        cannot_write,
    })
}

fn row(
    node: &mut Reader<'_>,
    id: &DocumentId,
    terms: &Terms,
    calendar: &Calendar,
) -> Option<DocumentRow> {
    let document = node.document(id)?;
    let name = |(name, code): &(String, String)| terms.name_of(name, code).to_owned();
    Some(DocumentRow {
        id: document.id,
        kind: document.kind,
        title: document.title.clone(),
        tags: document.tags.iter().map(name).collect(),
        updated: calendar.near(document.updated),
        updated_by: home::last_editor(node, &document),
        overdue: when::is_past(&document.review_date, calendar.today()),
        conflict: node.conflicts(id).is_ok_and(|conflicts| !conflicts.is_empty()),
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewKind {
    #[serde(default)]
    kind: String,
}

/// Asks what to create.
pub(crate) async fn kinds(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Pathways).await?;
    frame::show(&DocumentKinds { chrome, workspace: id })
}

pub(crate) async fn new(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    Query(NewKind { kind }): Query<NewKind>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let kind = kind.parse::<Kind>().unwrap_or(Kind::ReferralPathway);
    let forms = (TitleForm::default(), AudienceForm::fresh());
    frame::show(&new_page(&app, &signed, id, kind, forms, &Posted::default()).await?)
}

async fn new_page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    kind: Kind,
    (form, audience): (TitleForm, AudienceForm),
    posted: &Posted,
) -> Result<DocumentNew, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, id, Tab::Pathways).await?;
    let (members, own) =
        app.handle().read(move |node| (node.members(&id), node.card().organization)).await?;
    let ticked = |name: &'static str| move |id: &OrganizationId| is_ticked(posted, name, id);
    let errors = [form.errors(), audience.errors()].concat();
    Ok(DocumentNew {
        chrome: chrome.with_errors(errors),
        workspace: id,
        kind,
        template: start(kind, posted),
        form,
        audience,
        organizations: chosen(
            &members,
            &own,
            ticked("reader"),
            ticked("suggester"),
            ticked("writer"),
        ),
    })
}

/// Returns what a new document starts from: what was chosen, or what is offered first.
fn start(kind: Kind, posted: &Posted) -> Field {
    let first = || kinds::starts(kind).first().map_or("", |start| start.slug).to_owned();
    let chosen = posted.0.iter().find(|(name, _)| name == "template");
    Field::of(chosen.map_or_else(first, |(_, value)| value.clone()))
}

/// Returns what a new document holds.
fn first_content(kind: Kind, title: &impl serde::Serialize, template: &str) -> Value {
    let started = kinds::starts(kind).into_iter().find(|start| start.slug == template);
    let mut content = serde_json::Map::new();
    content.insert("document_type".to_owned(), json!(kind));
    content.insert(schema::title_field(kind).to_owned(), json!(title));
    content.insert("status".to_owned(), json!("draft"));
    // A directory's fields stand at the top.
    if schema::title_field(kind) == "title" {
        let body = started.map_or_else(|| json!({}), |start| start.body);
        content.insert("body".to_owned(), body);
    }
    Value::Object(content)
}

pub(crate) async fn create(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let kind = posted.get("kind").parse::<Kind>().unwrap_or(Kind::ReferralPathway);
    let mut typed = TitleForm::read(&posted);
    let mut who = AudienceForm::read(&posted);
    match (typed.clone().parse(), who.clone().parse()) {
        (Ok(title), _) if let Some(doubt) = warnings(&json!(title)).first() => {
            typed.title.refuse(format!("{doubt}. A title is no place for it: leave it out"));
        }
        (Ok(title), Ok(who)) => {
            let own = app.handle().read(|node| node.card().organization).await?;
            let audience = audience(who, &posted, own);
            let content = first_content(kind, &title, &start(kind, &posted).value);
            let (kind, content) = edit::check(&content)?;
            let person = signed.person();
            let command =
                Command::CreateDocument { workspace: id, kind, audience, content, person };
            match edit::make(&app, command).await {
                Ok((document, _)) => {
                    app.banners().put(
                        &signed,
                        format!("{} created. Fill in its parts.", capital(kinds::words(kind).one)),
                    );
                    return Ok(Redirect::to(&urls::edit(document)).into_response());
                }
                Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
                    typed.title.refuse(problem.detail);
                }
                Err(problem) => return Err(problem.into()),
            }
        }
        (title, circles) => {
            typed = title.err().unwrap_or(typed);
            who = circles.err().unwrap_or(who);
        }
    }
    frame::show_again(&new_page(&app, &signed, id, kind, (typed, who), &posted).await?)
}
