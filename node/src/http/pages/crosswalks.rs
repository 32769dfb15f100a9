//! A table of matching tags, made from two lists of tags: choose them, and matches are proposed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{Kind, OrganizationId, WorkspaceId};
use engine::Search;
use web_ui::chrome::{Tab, count};
use web_ui::forms::document::{AudienceForm, MatchForm};
use web_ui::forms::{Choice, Posted};
use web_ui::pages::crosswalks::CrosswalkNew;
use web_ui::urls;

use super::access::{audience, chosen, is_ticked};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::crosswalks;
use crate::http::extract::Id;
use crate::http::problem::Problem;

/// Lists to choose from, at most; protects the page.
const LISTS: usize = 200;

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
        "{} proposed. Look at each, and set its status to “Agreed”. {} without a match.",
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
