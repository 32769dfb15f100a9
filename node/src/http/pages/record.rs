//! Proofs for people: what happened in a workspace, and which changes do not count.

use axum::extract::{Query, State};
use axum::response::Response;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::view::{EntryView, RefusalView};
use serde::Deserialize;
use web_ui::chrome::Tab;
use web_ui::pages::Pages;
use web_ui::pages::record::{
    DocumentRefusals, RefusalRow, Step, WorkspaceHistory, WorkspaceRefusals,
};
use web_ui::urls;
use web_ui::when::Calendar;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use crate::http::App;
use crate::http::extract::Id;

/// Steps on one page.
const STEPS: usize = 50;
/// Refusals that a page shows; a flood of them must not flood the page.
const REFUSALS: usize = 100;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    page: Option<usize>,
}

pub(crate) async fn history(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    Query(Wanted { page }): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let entries = app.handle().read(move |node| node.membership_history(&id)).await?;
    let page = page.unwrap_or(1).max(1);
    let calendar = frame::calendar();
    let mut days: Vec<(String, Vec<Step>)> = Vec::new();
    for entry in entries.iter().skip((page - 1).saturating_mul(STEPS)).take(STEPS) {
        let day = calendar.day(entry.time);
        match days.last_mut() {
            Some((last, steps)) if *last == day => steps.push(step(entry, &calendar)),
            Some(_) | None => days.push((day, vec![step(entry, &calendar)])),
        }
    }
    let pages = Pages {
        previous: (page > 1).then(|| urls::workspace_history(id, page - 1)),
        next: (page.saturating_mul(STEPS) < entries.len())
            .then(|| urls::workspace_history(id, page.saturating_add(1))),
    };
    frame::show(&WorkspaceHistory { chrome, workspace: id, days, pages })
}

fn step(entry: &EntryView, calendar: &Calendar) -> Step {
    Step {
        who: entry.by_name.clone(),
        time: calendar.time(entry.time),
        said: entry.said.clone(),
        void: entry.void.clone(),
    }
}

pub(crate) async fn refusals(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let calendar = frame::calendar();
    let refusals = app
        .handle()
        .read(move |node| {
            let mut all = node.refusals(&id);
            for document in node.documents(&id) {
                all.extend(node.not_counted(&document.id).unwrap_or_default());
            }
            all.sort_by_key(|refusal| std::cmp::Reverse(refusal.time));
            all.truncate(REFUSALS);
            let titled = all.into_iter().map(|refusal| {
                let document = refusal.document.and_then(|id| node.document(&id));
                let link = document.map(|view| (view.title, urls::refusals(view.id)));
                RefusalRow { document: link, ..row(&refusal, &calendar) }
            });
            titled.collect()
        })
        .await?;
    frame::show(&WorkspaceRefusals { chrome, workspace: id, refusals })
}

fn row(refusal: &RefusalView, calendar: &Calendar) -> RefusalRow {
    let organization = &refusal.organization_name;
    RefusalRow {
        who: if refusal.person.is_empty() {
            organization.clone()
        } else {
            format!("{} ({organization})", refusal.person)
        },
        // A step whose time is not known here carries none.
        when: if refusal.time.0 == 0 { String::new() } else { calendar.near(refusal.time) },
        document: None,
        why: refusal.why.clone(),
        is_held: refusal.is_held,
        is_written_again: refusal.is_written_again,
    }
}

pub(crate) async fn document_refusals(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let found = app.handle().read(move |node| node.not_counted(&id)).await??;
    let calendar = frame::calendar();
    let refusals = found.iter().take(REFUSALS).map(|refusal| row(refusal, &calendar)).collect();
    frame::show(&DocumentRefusals { chrome, document: head, refusals })
}
