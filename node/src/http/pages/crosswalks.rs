//! A table of matching tags: choose two lists, matches are proposed, and people look through them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::document::{Edit, FieldPath};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind, OrganizationId, WorkspaceId};
use engine::Search;
use serde_json::{Value, json};
use web_ui::chrome::{Tab, count};
use web_ui::forms::document::{AudienceForm, MatchForm};
use web_ui::forms::{Choice, Field, FormError, Posted};
use web_ui::pages::crosswalks::{CrosswalkNew, ProposedMatches};
use web_ui::urls;

use super::access::{audience, chosen, is_ticked};
use super::document::{self, Opened, keys_at};
use super::edit::current_keys;
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::crosswalks;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::edit::change_with;
use crate::http::extract::Id;
use crate::http::problem::Problem;

/// Lists to choose from, at most; protects the page.
const LISTS: usize = 200;
/// Matches that are looked through together.
const MATCHES: usize = 100;
/// Where the matches are.
const MAPPINGS: &str = "/body/mappings";

pub(crate) async fn new(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let forms = (MatchForm::default(), AudienceForm::fresh());
    frame::show(&page(&app, &signed, id, forms, &Posted::default()).await?)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    (form, audience): (MatchForm, AudienceForm),
    posted: &Posted,
) -> Result<CrosswalkNew, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, id, Tab::Pathways).await?;
    let read = app.handle().read(move |node| {
        let search = Search { kind: Some(Kind::TaggingConvention), ..Search::default() };
        let found: Vec<_> = node.search(&search).into_iter().take(LISTS).collect();
        let lists: Vec<(bool, Choice)> = found
            .into_iter()
            .filter_map(|found| {
                let document = node.document(&found.id)?;
                let elsewhere = node.workspace(&document.workspace).filter(|one| one.id != id);
                let label = match &elsewhere {
                    Some(workspace) => format!("{} ({})", document.title, workspace.name),
                    None => document.title,
                };
                Some((elsewhere.is_some(), Choice::new(&document.id.to_string(), &label, "")))
            })
            .collect();
        (lists, node.members(&id), node.card().organization)
    });
    let (mut lists, members, own) = read.await?;
    // Those of this workspace come first.
    lists.sort_by(|a, b| (a.0, &a.1.label).cmp(&(b.0, &b.1.label)));
    let ticked = |name: &'static str| move |id: &OrganizationId| is_ticked(posted, name, id);
    let errors = [form.errors(), audience.errors()].concat();
    Ok(CrosswalkNew {
        chrome: chrome.with_errors(errors),
        workspace: id,
        lists: lists.into_iter().map(|(_, list)| list).collect(),
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

pub(crate) async fn create(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut typed = MatchForm::read(&posted);
    let mut who = AudienceForm::read(&posted);
    match (typed.clone().parse(), who.clone().parse()) {
        (Ok((from, to, title)), Ok(circles)) => {
            let own = app.handle().read(|node| node.card().organization).await?;
            let audience = audience(circles, &posted, own);
            let made =
                crosswalks::make(&app, id, (from, to), (title, audience), signed.person()).await;
            match made {
                Ok(made) => {
                    app.banners().put(&signed, said(&made));
                    return Ok(Redirect::to(&urls::document(made.id)).into_response());
                }
                Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
                    refuse(&mut typed, &problem);
                }
                Err(problem) => return Err(problem.into()),
            }
        }
        (lists, circles) => {
            typed = lists.err().unwrap_or(typed);
            who = circles.err().unwrap_or(who);
        }
    }
    frame::show_again(&page(&app, &signed, id, (typed, who), &posted).await?)
}

fn said(made: &crosswalks::Made) -> String {
    format!(
        "{} proposed. Choose “Edit” to look through them. {} without a match.",
        count(made.proposed, "match", "matches"),
        count(made.alone, "tag", "tags")
    )
}

/// Puts what is wrong beside the list that it is about.
fn refuse(form: &mut MatchForm, problem: &Problem) {
    let pointer = problem.errors.first().map(|(pointer, _)| pointer.as_str());
    let field = match pointer {
        Some("/to") => &mut form.to,
        Some("/title") => &mut form.title,
        _ => &mut form.from,
    };
    field.refuse(problem.detail.clone());
}

/// Shows the matches that are proposed.
pub(crate) async fn look(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&proposed(&app, &signed, id, None).await?)
}

async fn proposed(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    wrong: Option<String>,
) -> Result<ProposedMatches, Refusal> {
    let Opened { chrome, head, content, .. } = document::open(app, signed, id).await?;
    if head.kind != Kind::Crosswalk || head.cannot.is_some() {
        return Err(Refusal::NotFound);
    }
    let keys = current_keys(app, id, &content, &head.heads).await?;
    let keys = keys.get(MAPPINGS).map_or(&[][..], Vec::as_slice);
    let all = content.pointer(MAPPINGS).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut proposed: Vec<(&String, &Value)> =
        keys.iter().zip(all).filter(|(_, one)| is_proposed(one)).collect();
    // What matches is looked at before what is left.
    proposed.sort_by_key(|(_, one)| one.get("relation").and_then(Value::as_str) == Some("noMatch"));
    let mut rows: Vec<Choice> =
        proposed.into_iter().map(|(key, one)| ProposedMatches::row(key, one)).collect();
    let more = rows.len().saturating_sub(MATCHES);
    rows.truncate(MATCHES);
    let mut agree = Field::default();
    let errors = wrong
        .iter()
        .map(|message| FormError { field: "agree".to_owned(), message: message.clone() });
    let chrome = chrome.with_errors(errors.collect());
    if let Some(message) = wrong {
        agree.refuse(message);
    }
    Ok(ProposedMatches { chrome, document: head, rows, more, agree })
}

fn is_proposed(one: &Value) -> bool {
    one.get("status").and_then(Value::as_str) == Some("proposed")
}

/// Agrees to the matches that are ticked, as they were when they were looked at.
pub(crate) async fn agree(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let base = known_form(posted.get("heads"))?;
    let edits = agreeing(&app, id, &base, &posted).await?;
    if edits.is_empty() {
        let wrong = "Tick the matches that are right".to_owned();
        return frame::show_again(&proposed(&app, &signed, id, Some(wrong)).await?);
    }
    let agreed = count(edits.len(), "match", "matches");
    match change_with(&app, id, Some(base), edits, signed.person()).await {
        Ok(_) => {
            app.banners().put(&signed, format!("{agreed} agreed."));
            Ok(Redirect::to(&urls::proposed_matches(id)).into_response())
        }
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            frame::show_again(&proposed(&app, &signed, id, Some(problem.detail)).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn agreeing(
    app: &App,
    id: DocumentId,
    base: &Heads,
    posted: &Posted,
) -> Result<Vec<Edit>, Refusal> {
    let at = base.clone();
    let read = app.handle().read(move |node| {
        let content = content_at(node, &id, Some(&at))?;
        let keys = keys_at(node, &id, &content, &at)?;
        Ok::<_, Problem>((content, keys))
    });
    let (content, keys) = read.await??;
    let keys = keys.get(MAPPINGS).map_or(&[][..], Vec::as_slice);
    let all = content.pointer(MAPPINGS).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_ticked = |key: &str| posted.all("agree").any(|ticked| ticked == key);
    let ticked = keys.iter().zip(all).filter(|(key, one)| is_ticked(key) && is_proposed(one));
    let edit = |(key, _): (&String, &Value)| {
        let path: Result<FieldPath, _> = format!("{MAPPINGS}/{key}/status").parse();
        path.map(|path| Edit::Set { path, value: json!("agreed") }).map_err(|_| Refusal::Broken)
    };
    ticked.map(edit).collect()
}
