//! Signing versions of a document, and the register of who signed which.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, Name};
use engine::Done;
use engine::input::{Command, Statement};
use engine::view::SignOffView;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::person::Who;
use crate::http::api::{ROOT, organization, time};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let all = app.handle().read(move |node| node.sign_offs(&document)).await??;
    // In the order in which they came: new ones at the end do not shift the pages before.
    let all: Vec<(usize, SignOffView)> = all.into_iter().enumerate().collect();
    page.of(all, |(number, _)| *number, |(_, one)| to_json(one).into()).map(Json)
}

/// Shows one signature with the words that were signed.
pub(crate) async fn show(
    State(app): State<App>,
    Ids(document, id): Ids<DocumentId, EnvelopeId>,
) -> Result<Json<Value>, Problem> {
    let signed = app.handle().read(move |node| node.signed_text(&document, &id)).await??;
    let mut shown = to_json(&signed.view);
    shown.insert("content".to_owned(), signed.content.unwrap_or_default());
    Ok(Json(Value::Object(shown)))
}

/// Returns the word for how a signature stands.
pub(crate) fn state(view: &SignOffView) -> &'static str {
    if !view.holds {
        "broken"
    } else if view.withdrawal.is_some() {
        "withdrawn"
    } else if view.is_current {
        "current"
    } else {
        "behind"
    }
}

/// Returns a signature as the API shows it.
pub(crate) fn to_json(view: &SignOffView) -> Map<String, Value> {
    let withdrawal = view.withdrawal.as_ref().map(|withdrawal| {
        json!({
            "id": withdrawal.id,
            "person": withdrawal.person,
            "time": time(withdrawal.time),
            "reason": withdrawal.reason,
        })
    });
    let members = [
        ("id", json!(view.id)),
        ("state", json!(state(view))),
        ("organization", organization(&view.organization, &view.organization_name)),
        ("signatory", json!(view.signatory)),
        ("title", json!(view.title)),
        ("person", json!(view.person)),
        ("time", json!(time(view.time))),
        ("heads", json!(view.version)),
        ("text", json!(view.text)),
        ("differences", json!(view.differences)),
        ("withdrawal", json!(withdrawal)),
        ("may_withdraw", json!(view.may_withdraw)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Which version is signed, and by whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    heads: Heads,
    signatory: String,
    title: String,
}

pub(crate) async fn sign(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    extract::Json(body): extract::Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    // What is not there is said first: a refusal of what was sent would tell that it is.
    app.handle()
        .read(move |node| node.document(&document))
        .await?
        .ok_or_else(Problem::not_found)?;
    let Wanted { heads, signatory, title } = serde_json::from_value(body).map_err(|error| {
        let form = "{\"heads\": …, \"signatory\": …, \"title\": …}";
        Problem::invalid("", format!("send {form} with the version that was read: {error}"))
    })?;
    let signatory = name(&signatory, "/signatory", "the name of who signs")?;
    let title = name(&title, "/title", "what that person is in the organisation")?;
    let version = heads;
    let statement = Statement::Sign { version, signatory, title };
    let command = Command::State { document, statement, person };
    let id = send(&app, command).await?;
    let signed = app.handle().read(move |node| node.signed_text(&document, &id)).await??;
    let place = format!("{ROOT}/documents/{document}/signatures/{id}");
    let headers: HeaderMap = HeaderValue::from_str(&place)
        .ok()
        .into_iter()
        .map(|place| (header::LOCATION, place))
        .collect();
    Ok((StatusCode::CREATED, headers, Json(Value::Object(to_json(&signed.view)))))
}

/// Signs; returns the signature's id.
pub(crate) async fn send(app: &App, command: Command) -> Result<EnvelopeId, Problem> {
    match app.handle().act(command).await? {
        Done::Statement(id) => Ok(id),
        Done::Nothing
        | Done::Workspace(_)
        | Done::Invite { .. }
        | Done::Joining { .. }
        | Done::Code { .. }
        | Done::Found { .. }
        | Done::Document { .. }
        | Done::Suggestion(_)
        | Done::Proposal { .. } => Err(Problem::stopping()),
    }
}

fn name(text: &str, pointer: &str, what: &str) -> Result<Name, Problem> {
    text.parse().map_err(|_| {
        Problem::invalid(
            pointer,
            format!("enter {what}, in 1 to 200 bytes without invisible characters"),
        )
    })
}

/// Why a signature is taken back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakenBack {
    #[serde(default)]
    reason: String,
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Ids(document, sign_off): Ids<DocumentId, EnvelopeId>,
    Who(person): Who,
    extract::Json(TakenBack { reason }): extract::Json<TakenBack>,
) -> Result<Json<Value>, Problem> {
    app.handle().read(move |node| node.signed_text(&document, &sign_off)).await??;
    let statement = Statement::Withdraw { sign_off, reason };
    let command = Command::State { document, statement, person };
    app.handle().act(command).await?;
    let signed = app.handle().read(move |node| node.signed_text(&document, &sign_off)).await??;
    Ok(Json(Value::Object(to_json(&signed.view))))
}
