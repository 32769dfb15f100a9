//! What is said about a document, and what organisations hold of its places.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::comment::Stance;
use crdt_schema::document::FieldPath;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use engine::Refused;
use engine::input::{Command, Statement};
use engine::view::{CommentView, DiscussionView, PositionView};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::person::Who;
use crate::http::api::personal::{self, with_warnings};
use crate::http::api::signatures::send;
use crate::http::api::{ROOT, organization, time};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

/// Of which place; of all without one.
#[derive(Debug, Deserialize)]
pub(crate) struct About {
    #[serde(default)]
    place: Option<FieldPath>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(About { place }): Params<About>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let mut all = app.handle().read(move |node| node.discussions(&document)).await??;
    if let Some(place) = place {
        all.retain(|one| is_at(one, &place));
    }
    // Counted from the first: new ones at the top do not shift the pages below.
    let count = all.len();
    let all: Vec<(usize, DiscussionView)> =
        all.into_iter().enumerate().map(|(index, one)| (count - index, one)).collect();
    page.of(all, |(number, _)| std::cmp::Reverse(*number), |(_, one)| to_json(one)).map(Json)
}

/// Is a discussion about a place, named with the names of items or as a pointer into the content?
pub(crate) fn is_at(one: &DiscussionView, place: &FieldPath) -> bool {
    one.place == *place || one.pointer.as_ref() == Some(place)
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(document, comment): Ids<DocumentId, EnvelopeId>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(to_json(&find(&app, document, comment).await?)))
}

/// Says what each organisation holds of a place.
pub(crate) async fn positions(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(About { place }): Params<About>,
) -> Result<Json<Value>, Problem> {
    let place = place.unwrap_or_default();
    let read = app.handle().read(move |node| {
        let all = node.discussions(&document)?;
        let place = node.open(&document)?.resolve(&place);
        Ok::<_, Refused>(engine::positions(&all, &place))
    });
    let position = |held: &PositionView| {
        json!({
            "organization": organization(&held.said.organization, &held.said.organization_name),
            "stance": held.said.stance,
            "comment": held.said.id,
            "time": time(held.said.time),
            "is_same": held.is_same,
        })
    };
    let held: Vec<Value> = read.await??.iter().map(position).collect();
    Ok(Json(json!({ "positions": held })))
}

fn to_json(view: &DiscussionView) -> Value {
    let replies: Vec<Value> = view.replies.iter().map(comment_json).collect();
    let mut shown = comment_json(&view.first);
    if let Value::Object(members) = &mut shown {
        members.extend([
            ("place".to_owned(), json!(view.place)),
            ("pointer".to_owned(), json!(view.pointer)),
            ("about".to_owned(), json!(view.title)),
            ("is_same".to_owned(), json!(view.is_same)),
            ("heads".to_owned(), json!(view.version)),
            ("is_settled".to_owned(), json!(view.is_settled)),
            ("may_reply".to_owned(), json!(view.may_reply)),
            ("may_end".to_owned(), json!(view.may_end)),
            ("replies".to_owned(), replies.into()),
        ]);
    }
    shown
}

fn comment_json(view: &CommentView) -> Value {
    json!({
        "id": view.id,
        "organization": organization(&view.organization, &view.organization_name),
        "person": view.person,
        "time": time(view.time),
        "stance": view.stance,
        "text": view.text,
        "is_withdrawn": view.is_withdrawn,
        "may_take_back": view.may_take_back,
    })
}

/// What is said about which place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    place: FieldPath,
    #[serde(default)]
    heads: Option<Heads>,
    #[serde(default)]
    stance: Option<Stance>,
    #[serde(default)]
    text: String,
}

pub(crate) async fn comment(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    extract::Json(body): extract::Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    // What is not there is said first: a refusal of what was sent would tell that it is.
    let current = app.handle().read(move |node| node.document(&document)).await?;
    current.ok_or_else(Problem::not_found)?;
    let Wanted { place, heads: version, stance, text } =
        serde_json::from_value(body).map_err(|error| {
            let form = "{\"place\": \"/body/…\", \"stance\": \"remarks\", \"agrees\" or \"objects\", \"text\": …}";
            Problem::invalid("", format!("send {form}: {error}"))
        })?;
    let warnings = personal::warnings(&json!(text));
    let stance = stance.unwrap_or(Stance::Remarks);
    let statement = Statement::Comment { place, version, stance, text };
    let id = send(&app, Command::State { document, statement, person }).await?;
    let shown = find(&app, document, id).await?;
    let place = format!("{ROOT}/documents/{document}/comments/{id}");
    let headers = HeaderValue::from_str(&place).ok().into_iter();
    let headers: HeaderMap = headers.map(|place| (header::LOCATION, place)).collect();
    Ok((StatusCode::CREATED, headers, Json(with_warnings(to_json(&shown), warnings))))
}

/// What is answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    stance: Option<Stance>,
    #[serde(default)]
    text: String,
}

pub(crate) async fn reply(
    State(app): State<App>,
    Ids(document, comment): Ids<DocumentId, EnvelopeId>,
    Who(person): Who,
    extract::Json(body): extract::Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    find(&app, document, comment).await?;
    let Answer { stance, text } = serde_json::from_value(body).map_err(|error| {
        let form = "{\"stance\": \"remarks\", \"settles\" or \"reopens\", \"text\": …}";
        Problem::invalid("", format!("send {form}: {error}"))
    })?;
    let warnings = personal::warnings(&json!(text));
    let stance = stance.unwrap_or(Stance::Remarks);
    let statement = Statement::Reply { comment, stance, text };
    send(&app, Command::State { document, statement, person }).await?;
    let shown = find(&app, document, comment).await?;
    Ok((StatusCode::CREATED, Json(with_warnings(to_json(&shown), warnings))))
}

pub(crate) async fn take_back(
    State(app): State<App>,
    Ids(document, comment): Ids<DocumentId, EnvelopeId>,
    Who(person): Who,
) -> Result<StatusCode, Problem> {
    let statement = Statement::TakeBack { comment };
    send(&app, Command::State { document, statement, person }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the discussion that a comment is of.
pub(crate) async fn find(
    app: &App,
    document: DocumentId,
    comment: EnvelopeId,
) -> Result<DiscussionView, Problem> {
    let all = app.handle().read(move |node| node.discussions(&document)).await??;
    let is_of = |one: &DiscussionView| {
        one.first.id == comment || one.replies.iter().any(|reply| reply.id == comment)
    };
    all.into_iter().find(is_of).ok_or_else(Problem::not_found)
}
