//! Suggesting changes to a document by the forms that change it, and what became of suggestions.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::suggestion::Verdict;
use engine::input::Command;
use engine::view::SuggestionView;
use serde::Deserialize;
use web_ui::forms::part::parse_part;
use web_ui::forms::{Field, FormError, Posted};
use web_ui::pages::Pages;
use web_ui::pages::edit::Edit as EditPage;
use web_ui::pages::suggestions::{State as Became, Suggestion, SuggestionRow, Suggestions};
use web_ui::{parts, urls};

use super::document::{self, Opened};
use super::edit::{self, Address, Wanted};
use super::frame::{self, Refusal, Signed};
use super::history;
use super::posted::Form;
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::api::suggestions as api;
use crate::http::extract::{Id, Ids};

/// Rows of one page.
const ROWS: usize = 50;

/// Shows the parts of a document, to choose which to suggest a change of.
pub(crate) async fn parts(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, content, conflicts, .. } = document::open(&app, &signed, id).await?;
    if !head.may_suggest {
        return Ok(Redirect::to(&urls::document(id)).into_response());
    }
    let keys = edit::current_keys(&app, id, &content, &head.heads).await?;
    let parts = parts::overview(head.kind, &content, &keys);
    frame::show(&EditPage { chrome, document: head, parts, conflicts, is_suggesting: true })
}

pub(crate) async fn form(
    State(app): State<App>,
    Path(address): Address,
    signed: Signed,
) -> Result<Response, Refusal> {
    let wanted = edit::wanted(address)?;
    let mut page = edit::part_page(&app, &signed, &wanted).await?;
    if !page.document.may_suggest {
        return Ok(Redirect::to(&urls::document(wanted.id)).into_response());
    }
    page.note = Some(Field::default());
    frame::show(&page)
}

/// Sends what was typed as a suggestion.
pub(crate) async fn send(
    State(app): State<App>,
    Path(address): Address,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let wanted = edit::wanted(address)?;
    let base = known_form(posted.get("heads"))?;
    let typed = match parse_part(&posted.0) {
        Ok(typed) => typed,
        Err(errors) => return again(&app, &signed, &wanted, &posted, errors).await,
    };
    let edits = edit::edits_of(&app, wanted.id, &base, typed).await?;
    if edits.is_empty() {
        let message = "Change something before you send it".to_owned();
        let errors = vec![FormError { field: "note".to_owned(), message }];
        return again(&app, &signed, &wanted, &posted, errors).await;
    }
    let warnings = edit::personal(&app, wanted.id, &edits, &posted).await?;
    if !warnings.is_empty() {
        let mut page = edit::part_page(&app, &signed, &wanted).await?;
        page.document.heads = base;
        page.note = Some(Field::default());
        return frame::show_again(&page.asking(&posted, warnings));
    }
    let note = posted.get("note").trim().replace("\r\n", "\n");
    let (document, person) = (wanted.id, signed.person());
    let command = Command::Suggest { document, base: Some(base), edits, note, person };
    match api::send(&app, command).await {
        Ok(id) => {
            let text = "Suggestion sent. Others see it when their computers are online.";
            app.banners().put(&signed, text);
            Ok(Redirect::to(&urls::suggestion(wanted.id, id)).into_response())
        }
        Err(problem) => match problem.status {
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                let mut error = edit::error_of(&problem, &posted);
                if error.field.is_empty() {
                    "note".clone_into(&mut error.field);
                }
                again(&app, &signed, &wanted, &posted, vec![error]).await
            }
            _ => Err(problem.into()),
        },
    }
}

/// Shows what was typed again, on the version that the form was made from.
async fn again(
    app: &App,
    signed: &Signed,
    wanted: &Wanted,
    posted: &Posted,
    errors: Vec<FormError>,
) -> Result<Response, Refusal> {
    let mut page = edit::part_page(app, signed, wanted).await?;
    page.document.heads = known_form(posted.get("heads"))?;
    page.note = Some(Field::default());
    frame::show_again(&page.again(posted, errors))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    page: Option<usize>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Which { page }): Query<Which>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let all = app.handle().read(move |node| node.suggestions(&id)).await??;
    let page = page.unwrap_or(1).max(1);
    let at = |page: usize| format!("{}?page={page}", urls::suggestions(id));
    let pages = Pages {
        previous: (page > 1).then(|| at(page - 1)),
        next: (page.saturating_mul(ROWS) < all.len()).then(|| at(page.saturating_add(1))),
    };
    let rows = all.iter().skip((page - 1).saturating_mul(ROWS)).take(ROWS).map(row).collect();
    frame::show(&Suggestions { chrome, document: head, rows, pages })
}

fn row(view: &SuggestionView) -> SuggestionRow {
    let state = match view.answer.as_ref().map(|answer| answer.verdict) {
        Some(Verdict::Taken) => Became::Taken,
        Some(Verdict::Declined) => Became::Declined,
        Some(Verdict::Withdrawn) => Became::Withdrawn,
        None if view.is_out_of_date => Became::OutOfDate,
        None => Became::Waiting,
    };
    SuggestionRow {
        id: view.id.to_string(),
        who: format!("{} ({})", view.person.name, view.organization_name),
        when: frame::calendar().near(view.time),
        note: view.note.clone(),
        state,
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(id, suggestion): Ids<DocumentId, EnvelopeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&page(&app, &signed, id, suggestion).await?)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    suggestion: EnvelopeId,
) -> Result<Suggestion, Refusal> {
    let Opened { chrome, head, .. } = document::open(app, signed, id).await?;
    let view = api::find(app, id, suggestion).await?;
    let preview = app.handle().read(move |node| node.preview(&id, &suggestion)).await??;
    let (rows, broken) = match preview {
        Ok(preview) => (preview.changes.iter().map(history::row).collect(), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let row = row(&view);
    let answer = view.answer.as_ref().map(|answer| {
        let (words, calendar) = (row.state.words(), frame::calendar());
        let when = calendar.near(answer.time);
        format!("{words} by {} ({}) {when}.", answer.person.name, answer.organization_name)
    });
    Ok(Suggestion {
        chrome,
        document: head,
        row,
        may_take: view.may_take && broken.is_none(),
        may_decline: view.may_decline,
        may_withdraw: view.may_withdraw,
        rows,
        broken,
        answer,
        answer_note: view.answer.map(|answer| answer.note).unwrap_or_default(),
        note: Field::default(),
    })
}

/// Takes a suggestion in, declines it, or takes it back.
pub(crate) async fn answer(
    State(app): State<App>,
    Ids(document, suggestion): Ids<DocumentId, EnvelopeId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let note = posted.get("note").trim().replace("\r\n", "\n");
    let (verdict, done) = match posted.get("verdict") {
        "taken" => (Verdict::Taken, "Taken in. The document says it now."),
        "declined" => (Verdict::Declined, "Declined. Whoever suggested it reads why."),
        "withdrawn" => (Verdict::Withdrawn, "Taken back."),
        _ => return Err(Refusal::NotFound),
    };
    let refused = if verdict == Verdict::Declined && note.is_empty() {
        Some("Enter a reason".to_owned())
    } else {
        let person = signed.person();
        let note = note.clone();
        let command = Command::AnswerSuggestion { document, suggestion, verdict, note, person };
        match api::reply(&app, command).await {
            Ok(()) => None,
            Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
                Some(problem.detail)
            }
            Err(problem) => return Err(problem.into()),
        }
    };
    match refused {
        None => {
            app.banners().put(&signed, done);
            Ok(Redirect::to(&urls::suggestion(document, suggestion)).into_response())
        }
        Some(message) => {
            let mut page = page(&app, &signed, document, suggestion).await?;
            page.note = Field::of(note);
            page.refuse_note(&message);
            frame::show_again(&page)
        }
    }
}
