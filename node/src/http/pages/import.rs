//! Bringing in files: choose, look, confirm.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::documents;
use crdt_schema::identity::{Kind, PersonId, WorkspaceId};
use serde_json::Value;
use web_ui::chrome::Tab;
use web_ui::forms::{Field, FormError};
use web_ui::pages::documents::{ImportCheck, ImportDone, ImportRow, ImportUpload};
use web_ui::urls;

use super::frame::{self, Refusal, Signed};
use super::posted::{File, Form};
use crate::http::App;
use crate::http::api::{edit, import};
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::session;

/// Protects memory: files that somebody looked at and neither took nor left.
const HELD: usize = 16;

/// Files that wait to be confirmed, by a random name. They are never written to the disk.
#[derive(Default)]
pub(crate) struct HeldFiles(Mutex<BTreeMap<u64, Held>>);

struct Held {
    name: String,
    person: PersonId,
    workspace: WorkspaceId,
    rows: Vec<Value>,
}

impl HeldFiles {
    fn put(&self, held: Held) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= HELD {
            files.pop_first();
        }
        let next = files.last_key_value().map_or(0, |(number, _)| number.saturating_add(1));
        files.insert(next, held);
    }

    fn take(&self, name: &str, person: PersonId, workspace: WorkspaceId) -> Option<Vec<Value>> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |held: &Held| held.name == name && held.person == person && held.workspace == workspace;
        let number = files.iter().find(|(_, held)| is_it(held)).map(|(number, _)| *number)?;
        files.remove(&number).map(|held| held.rows)
    }
}

pub(crate) async fn upload(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&upload_page(&app, &signed, id, None).await?)
}

async fn upload_page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    wrong: Option<String>,
) -> Result<ImportUpload, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, id, Tab::Pathways).await?;
    let errors = wrong
        .iter()
        .map(|message| FormError { field: "file".to_owned(), message: message.clone() })
        .collect();
    let mut file = Field::default();
    if let Some(message) = wrong {
        file.refuse(message);
    }
    Ok(ImportUpload { chrome: chrome.with_errors(errors), workspace: id, file })
}

pub(crate) async fn check(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, file, .. } = form;
    let read = match &file {
        None => Err("Choose a JSON file".to_owned()),
        Some(File { bytes, .. }) => import::rows(bytes).map_err(|problem| problem.detail),
    };
    let rows = match read {
        Ok(rows) => rows,
        Err(wrong) => {
            return frame::show_again(&upload_page(&app, &signed, id, Some(wrong)).await?);
        }
    };
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Pathways).await?;
    let shown = rows.iter().zip(1..).map(|(content, row)| looked_at(row, content)).collect();
    let held = session::secret().map_err(|_| Refusal::Broken)?;
    app.held_files().put(Held {
        name: held.clone(),
        person: signed.account.id,
        workspace: id,
        rows,
    });
    let file_name = file.map(|file| file.name).unwrap_or_default();
    frame::show(&ImportCheck { chrome, workspace: id, file_name, held, rows: shown })
}

fn looked_at(row: usize, content: &Value) -> ImportRow {
    let result = edit::check(content).map_err(|problem| wrong(&problem)).map(|(kind, _)| {
        let steps = content.pointer("/body/steps").and_then(Value::as_array).map_or(0, Vec::len);
        let what = web_ui::kinds::words(kind).one;
        match kind {
            Kind::ReferralPathway => {
                format!("A new {what} with {}", web_ui::chrome::count(steps, "step", "steps"))
            }
            _ => format!("A new {what}"),
        }
    });
    let result = result.map(|what| match documents::doubts(content).first() {
        Some(found) => format!("{what}. Check it first: {found}"),
        None => what,
    });
    ImportRow { row, title: documents::title(content), result, url: None }
}

fn wrong(problem: &Problem) -> String {
    match problem.errors.first() {
        Some((pointer, message)) if !pointer.is_empty() => format!("{message} (at {pointer})"),
        Some(_) | None => problem.detail.clone(),
    }
}

pub(crate) async fn done(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Pathways).await?;
    let Some(contents) = app.held_files().take(posted.get("held"), signed.account.id, id) else {
        // Confirmed twice, or the node was started again in between.
        return Ok(Redirect::to(&urls::documents(id)).into_response());
    };
    let mut rows = Vec::with_capacity(contents.len());
    for (content, row) in contents.into_iter().zip(1..) {
        let title = documents::title(&content);
        let made = import::bring_in(&app, id, content, signed.person()).await;
        rows.push(match made {
            Ok((document, title)) => ImportRow {
                row,
                title,
                result: Ok("Made".to_owned()),
                url: Some(urls::document(document)),
            },
            Err(problem) => ImportRow { row, title, result: Err(wrong(&problem)), url: None },
        });
    }
    frame::show(&ImportDone { chrome, workspace: id, rows })
}
