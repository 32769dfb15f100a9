//! Suggesting changes to a document, and answering suggestions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::document::Edit;
use crdt_schema::documents;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::suggestion::Verdict;
use engine::input::Command;
use engine::view::SuggestionView;
use engine::{Done, Refused};
use json_patch::Patch;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::App;
use crate::http::api::documents::{entity_tag, known_form};
use crate::http::api::edit::{self, Base};
use crate::http::api::paging::Page;
use crate::http::api::person::Who;
use crate::http::api::{ROOT, organization, personal, time};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let all = app.handle().read(move |node| node.suggestions(&document)).await??;
    // Counted from the first: new ones at the top do not shift the pages below.
    let count = all.len();
    let all: Vec<(usize, SuggestionView)> =
        all.into_iter().enumerate().map(|(index, one)| (count - index, one)).collect();
    page.of(all, |(number, _)| std::cmp::Reverse(*number), |(_, one)| suggestion_json(one).into())
        .map(Json)
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(document, id): Ids<DocumentId, EnvelopeId>,
) -> Result<Json<Value>, Problem> {
    let (view, preview) = app
        .handle()
        .read(move |node| {
            let all = node.suggestions(&document)?;
            let view = all.into_iter().find(|one| one.id == id).ok_or(Refused::NoSuchSuggestion)?;
            Ok::<_, Refused>((view, node.preview(&document, &id)?))
        })
        .await??;
    let mut shown = suggestion_json(&view);
    match preview {
        Ok(preview) => {
            shown.insert("changes".to_owned(), json!(preview.changes));
            shown.insert("content".to_owned(), preview.document.content());
            shown.insert("cannot".to_owned(), Value::Null);
        }
        Err(why) => {
            shown.insert("changes".to_owned(), json!([]));
            shown.insert("content".to_owned(), Value::Null);
            shown.insert("cannot".to_owned(), json!(why));
        }
    }
    Ok(Json(Value::Object(shown)))
}

/// Returns the word for what became of a suggestion.
pub(crate) fn state(view: &SuggestionView) -> &'static str {
    match view.answer.as_ref().map(|answer| answer.verdict) {
        Some(Verdict::Taken) => "taken",
        Some(Verdict::Declined) => "declined",
        Some(Verdict::Withdrawn) => "withdrawn",
        None if view.is_out_of_date => "out_of_date",
        None => "open",
    }
}

fn suggestion_json(view: &SuggestionView) -> Map<String, Value> {
    let answer = view.answer.as_ref().map(|answer| {
        json!({
            "verdict": answer.verdict,
            "organization": organization(&answer.organization, &answer.organization_name),
            "person": answer.person,
            "time": time(answer.time),
            "note": answer.note,
            "made": answer.made,
        })
    });
    let members = [
        ("id", json!(view.id)),
        ("state", json!(state(view))),
        ("organization", organization(&view.organization, &view.organization_name)),
        ("person", json!(view.person)),
        ("time", json!(time(view.time))),
        ("note", json!(view.note)),
        ("base", json!(view.base)),
        ("answer", json!(answer)),
        ("may_take", json!(view.may_take)),
        ("may_decline", json!(view.may_decline)),
        ("may_withdraw", json!(view.may_withdraw)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What is suggested, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    patch: Value,
    #[serde(default)]
    note: String,
}

pub(crate) async fn suggest(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(base): Params<Base>,
    Who(person): Who,
    extract::Json(body): extract::Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    // What is not there is said first: a refusal of the patch would tell that it is.
    let current = app.handle().read(move |node| node.document(&document)).await?;
    let current = current.ok_or_else(Problem::not_found)?;
    let warnings = personal::warnings(&body);
    let Wanted { patch, note } = serde_json::from_value(body).map_err(|error| {
        Problem::invalid("", format!("send {{\"patch\": …, \"note\": …}}: {error}"))
    })?;
    let edit = match patch {
        Value::Object(fields) => edit::merge_patch(fields)?,
        Value::Array(_) => {
            edit::json_patch(serde_json::from_value::<Patch>(patch).map_err(|error| {
                Problem::invalid("/patch", format!("this is no JSON patch: {error}"))
            })?)?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let message = "send a merge patch (an object) or a JSON patch (a list)";
            return Err(Problem::invalid("/patch", message));
        }
    };
    let base = base.base().map(known_form).transpose()?.unwrap_or(current.heads);
    let command = Command::Suggest { document, base: Some(base), edits: vec![edit], note, person };
    let id = send(&app, command).await?;
    let place = format!("{ROOT}/documents/{document}/suggestions/{id}");
    let headers: HeaderMap = HeaderValue::from_str(&place)
        .ok()
        .into_iter()
        .map(|place| (header::LOCATION, place))
        .collect();
    Ok((
        StatusCode::CREATED,
        headers,
        Json(json!({"id": id, "state": "open", "warnings": warnings})),
    ))
}

/// Suggests, unless what came of it would not be of its kind any more.
pub(crate) async fn send(app: &App, command: Command) -> Result<EnvelopeId, Problem> {
    if let Command::Suggest { document, base, edits, .. } = &command {
        let (document, base, edits): (_, _, Vec<Edit>) = (*document, base.clone(), edits.clone());
        app.handle().read(move |node| edit::try_out(node, &document, base, &edits)).await??;
    }
    match app.handle().act(command).await? {
        Done::Suggestion(id) => Ok(id),
        Done::Nothing
        | Done::Workspace(_)
        | Done::Invite { .. }
        | Done::Joining { .. }
        | Done::Code { .. }
        | Done::Found { .. }
        | Done::Document { .. }
        | Done::Statement(_)
        | Done::Proposal { .. } => Err(Problem::stopping()),
    }
}

/// What is said to a suggestion, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    verdict: Verdict,
    #[serde(default)]
    note: String,
}

pub(crate) async fn answer(
    State(app): State<App>,
    Ids(document, suggestion): Ids<DocumentId, EnvelopeId>,
    Who(person): Who,
    extract::Json(body): extract::Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    find(&app, document, suggestion).await?;
    let Said { verdict, note } = serde_json::from_value(body).map_err(|error| {
        let verdicts = "\"taken\", \"declined\" or \"withdrawn\"";
        Problem::invalid("/verdict", format!("say {verdicts}: {error}"))
    })?;
    let command = Command::AnswerSuggestion { document, suggestion, verdict, note, person };
    reply(&app, command).await?;
    let view = find(&app, document, suggestion).await?;
    let heads = app.handle().read(move |node| node.document(&document)).await?;
    let heads = heads.ok_or_else(Problem::not_found)?.heads;
    let headers = [(header::ETAG, entity_tag(&heads))];
    Ok((headers, Json(json!({"state": state(&view), "heads": heads}))))
}

/// Answers; a suggestion is not taken in if what came of it would not be of its kind any more.
pub(crate) async fn reply(app: &App, command: Command) -> Result<(), Problem> {
    if let Command::AnswerSuggestion { document, suggestion, verdict: Verdict::Taken, .. } =
        &command
    {
        let (document, suggestion) = (*document, *suggestion);
        app.handle()
            .read(move |node| {
                let was_good = documents::check(&node.open(&document)?.content()).is_ok();
                match node.preview(&document, &suggestion)? {
                    Ok(preview) if was_good => edit::check(&preview.document.content()).map(|_| ()),
                    Ok(_) | Err(_) => Ok::<_, Problem>(()),
                }
            })
            .await??;
    }
    edit::make(app, command).await.map(|_| ())
}

/// Returns a suggestion that counts.
pub(crate) async fn find(
    app: &App,
    document: DocumentId,
    suggestion: EnvelopeId,
) -> Result<SuggestionView, Problem> {
    let all = app.handle().read(move |node| node.suggestions(&document)).await??;
    all.into_iter().find(|one| one.id == suggestion).ok_or_else(Problem::not_found)
}
