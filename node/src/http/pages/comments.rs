//! What is said about a document and its places, and putting a proposed tag in use.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::comment::Stance;
use crdt_schema::document::{Document, Edit, FieldPath, Spot};
use crdt_schema::identity::{DocumentId, EnvelopeId, Kind};
use engine::Refused;
use engine::input::{Command, Statement};
use engine::view::{CommentView, DiscussionView, DocumentView, PositionView};
use serde::Deserialize;
use serde_json::Value;
use web_ui::forms::{Field, Posted};
use web_ui::pages::comments::{
    AGREES, About, Comment, Comments, Discussion, OBJECTS, Position, REMARKS, reply_field,
};
use web_ui::words::capital;
use web_ui::{kinds, urls};

use super::document::{self, Opened, shown};
use super::edit;
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::api::edit::change_with;
use crate::http::api::signatures::send;
use crate::http::extract::{Id, Ids};
use crate::http::problem::Problem;

/// Discussions of one page.
const SHOWN: usize = 100;
/// Places to choose from.
const PLACES: usize = 500;
/// Where the tags of a list of tags are.
const TAGS: &str = "/body/terms";
/// How tags are agreed, in the list's own words.
const RULES: &[(&str, &str)] = &[
    ("propose", "Who can propose a tag"),
    ("comment_period_days", "Days to comment"),
    ("decide", "Who decides"),
    ("objection", "What somebody who objects can do"),
];

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    place: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Wanted { place }): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    // An address that somebody changed by hand shows everything.
    let place = place.and_then(|place| place.parse().ok());
    frame::show(&page(&app, &signed, id, place).await?)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    place: Option<FieldPath>,
) -> Result<Comments, Refusal> {
    let Opened { chrome, head, view, content, .. } = document::open(app, signed, id).await?;
    let read = app.handle().read(move |node| {
        let discussions = node.discussions(&id)?;
        let document = node.open(&id)?;
        let place = place.map(|place| document.resolve(&place));
        let spot = place.as_ref().and_then(|place| {
            document.spots(std::slice::from_ref(place)).into_iter().next().flatten()
        });
        let inside = spot.as_ref().map(|spot| inside(document, place.as_ref(), spot));
        let places = if place.is_none() { document.places() } else { Vec::new() };
        Ok::<_, Refused>((discussions, place, spot.zip(inside), places))
    });
    let (mut discussions, place, spot, places) = read.await??;
    let whole = format!("The whole {}", kinds::words(view.kind).one);
    let about = match (&place, &spot) {
        (Some(place), Some((spot, inside))) => {
            let positions = engine::positions(&discussions, place);
            let about = about((place, spot), &positions, (&view, &content), &whole);
            Some(About { says: inside.clone(), ..about })
        }
        // Whoever follows an old link sees everything that was said.
        _ => None,
    };
    if let (Some(place), Some(_)) = (&place, &about) {
        discussions.retain(|one| one.place == *place);
    }
    let more = discussions.len().saturating_sub(SHOWN);
    let rows = discussions.iter().take(SHOWN).map(|one| (one.is_settled, row(id, one, &whole)));
    let (over, open): (Vec<_>, Vec<_>) = rows.partition(|(is_settled, _)| *is_settled);
    let rows = |rows: Vec<(bool, Discussion)>| rows.into_iter().map(|(_, row)| row).collect();
    let named = places.iter().take(PLACES).map(|(path, spot)| (path.to_string(), spot.title()));
    Ok(Comments {
        chrome,
        document: head,
        about,
        open: rows(open),
        over: rows(over),
        more,
        places: std::iter::once((String::new(), whole)).chain(named).collect(),
        place: Field::default(),
        stance: Field::of(REMARKS),
        text: Field::default(),
        warnings: Vec::new(),
        warned: String::new(),
    })
}

fn about(
    (place, spot): (&FieldPath, &Spot),
    positions: &[PositionView],
    (view, content): (&DocumentView, &Value),
    whole: &str,
) -> About {
    let is_tag = view.kind == Kind::TaggingConvention
        && place.split_last().is_some_and(|(list, _)| list.to_string() == TAGS);
    let status = spot.value.get("status").and_then(Value::as_str).unwrap_or_default();
    let rule = |(name, label): &(&str, &str)| {
        let said = content.pointer("/body/governance")?.get(name).map(shown)?;
        (!said.is_empty()).then(|| ((*label).to_owned(), said))
    };
    About {
        path: place.to_string(),
        title: if spot.title().is_empty() { whole.to_owned() } else { spot.title() },
        says: Vec::new(),
        positions: positions
            .iter()
            .map(|held| Position {
                organization: held.said.organization_name.clone(),
                agrees: held.said.stance == Stance::Agrees,
                is_older: !held.is_same,
            })
            .collect(),
        rules: if is_tag { RULES.iter().filter_map(rule).collect() } else { Vec::new() },
        may_use: is_tag && status == "proposed" && view.may_write,
        seen: Field::default(),
    }
}

/// Returns what stands at a place: of an item its fields; nothing of the whole document and of a list of items.
fn inside(document: &Document, place: Option<&FieldPath>, spot: &Spot) -> Vec<(String, String)> {
    let Some(place) = place.filter(|place| !place.tokens().is_empty()) else { return Vec::new() };
    let Value::Object(members) = &spot.value else {
        let is_list = spot.value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
        return if is_list {
            Vec::new()
        } else {
            vec![("It says".to_owned(), said_as(&spot.value))]
        };
    };
    let is_read = |value: &&Value| match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_string),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Object(_) => false,
    };
    let paths: Vec<FieldPath> = members
        .iter()
        .filter(|(name, value)| is_read(value) && !is_for_programs(name, value))
        .map(|(name, _)| place.child(name.clone()))
        .collect();
    let own = format!("{}: ", spot.label);
    let fields = document.spots(&paths).into_iter().flatten();
    fields
        .map(|field| {
            let label = field.label.strip_prefix(&own).unwrap_or(&field.label).to_owned();
            (capital(&label), said_as(&field.value))
        })
        .collect()
}

/// Is it an identifier, which says nothing to people?
fn is_for_programs(name: &str, value: &Value) -> bool {
    let is_uuid = |text: &str| text.len() == 36 && text.matches('-').count() == 4;
    name == "id"
        || name.ends_with("_id")
        || name.ends_with("_uri")
        || value.as_str().is_some_and(is_uuid)
}

/// Returns a value as people read it; codes stay as they are, but for words such as `in_use`.
fn said_as(value: &Value) -> String {
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    match value {
        Value::String(text) if !is_word(text) => text.clone(),
        Value::Array(items) => items.iter().map(said_as).collect::<Vec<_>>().join("; "),
        value => shown(value),
    }
}

fn row(id: DocumentId, one: &DiscussionView, whole: &str) -> Discussion {
    let about = match (&one.pointer, one.title.is_empty()) {
        (None, _) => "A part that is not there any more".to_owned(),
        (Some(_), true) => whole.to_owned(),
        (Some(_), false) => one.title.clone(),
    };
    Discussion {
        about,
        place: one.pointer.is_some().then(|| one.place.to_string()),
        is_older: !one.is_same,
        version: urls::version(id, &one.version),
        first: comment(&one.first),
        replies: one.replies.iter().map(comment).collect(),
        may_reply: one.may_reply,
        may_end: one.may_end,
        reply: Field::default(),
    }
}

fn comment(view: &CommentView) -> Comment {
    Comment {
        id: view.id.to_string(),
        who: format!("{} ({})", view.person.name, view.organization_name),
        when: frame::calendar().near(view.time),
        does: does(view.stance),
        text: view.text.clone(),
        is_withdrawn: view.is_withdrawn,
        may_take_back: view.may_take_back,
    }
}

/// Returns what a comment does besides saying something, in words.
pub(crate) const fn does(stance: Stance) -> &'static str {
    match stance {
        Stance::Remarks => "",
        Stance::Agrees => "agrees",
        Stance::Objects => "objects",
        Stance::Settles => "says that this is settled",
        Stance::Reopens => "says that this is not settled",
    }
}

/// Returns the place that a form's page was about; nothing if it was about all.
fn only(posted: &Posted) -> Option<FieldPath> {
    if posted.get("only") == "yes" { posted.get("place").parse().ok() } else { None }
}

fn back(document: DocumentId, posted: &Posted) -> Response {
    let url = match only(posted) {
        Some(place) => urls::comments_on(document, place),
        None => urls::comments(document),
    };
    Redirect::to(&url).into_response()
}

fn typed(posted: &Posted, field: &str) -> String {
    posted.get(field).trim().replace("\r\n", "\n")
}

/// Says something about a place.
pub(crate) async fn say(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let text = typed(&posted, "text");
    let stance = match posted.get("stance") {
        REMARKS => Stance::Remarks,
        AGREES => Stance::Agrees,
        OBJECTS => Stance::Objects,
        _ => return Err(Refusal::NotFound),
    };
    let place: FieldPath = posted.get("place").parse().map_err(|_| Refusal::NotFound)?;
    let version = Some(known_form(posted.get("heads"))?);
    let value = Value::String(text.clone());
    let warnings = edit::personal_in(&app, document, std::iter::once(&value), &posted).await?;
    let again = async |refused: Result<(&str, String), Vec<String>>| {
        let mut page = page(&app, &signed, document, only(&posted)).await?;
        page.text = Field::of(text.clone());
        page.stance = Field::of(posted.get("stance"));
        page.place = Field::of(posted.get("place"));
        match refused {
            Ok((field, message)) => page.refuse(field, &message),
            Err(warnings) => page.ask("text", warnings),
        }
        frame::show_again(&page)
    };
    if !warnings.is_empty() {
        return again(Err(warnings)).await;
    }
    let person = signed.person();
    let statement = Statement::Comment { place, version, stance, text: text.clone() };
    match send(&app, Command::State { document, statement, person }).await {
        Ok(_) => {
            app.banners().put(&signed, "Sent. Others see it when their computers are online.");
            Ok(back(document, &posted))
        }
        Err(problem) => match refused(&problem) {
            Some((field, message)) => {
                let field =
                    if field == "place" && only(&posted).is_some() { "text" } else { field };
                again(Ok((field, message))).await
            }
            None => Err(problem.into()),
        },
    }
}

/// Returns the field that is wrong and what to do, if that is why something was refused.
fn refused(problem: &Problem) -> Option<(&'static str, String)> {
    let pointer = problem.errors.first().map(|(pointer, _)| pointer.as_str());
    match (problem.status, pointer) {
        (StatusCode::UNPROCESSABLE_ENTITY, Some("/place")) => Some(("place", said(problem))),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("/stance")) => Some(("stance", said(problem))),
        (StatusCode::UNPROCESSABLE_ENTITY | StatusCode::FORBIDDEN, _) => {
            Some(("text", said(problem)))
        }
        _ => None,
    }
}

/// Returns what to do about a refusal.
fn said(problem: &Problem) -> String {
    let said = problem.errors.first().map_or(&problem.detail, |(_, message)| message);
    capital(said)
}

/// Answers a comment, ends its discussion, or takes it back.
pub(crate) async fn answer(
    State(app): State<App>,
    Ids(document, comment): Ids<DocumentId, EnvelopeId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let field = reply_field(&comment.to_string());
    let text = typed(&posted, &field);
    let (statement, done) = match posted.get("does") {
        "remarks" => (reply(comment, Stance::Remarks, &text), "Sent."),
        "settles" => (reply(comment, Stance::Settles, &text), "Settled. It can be opened again."),
        "reopens" => (reply(comment, Stance::Reopens, &text), "Open again."),
        "takes_back" => {
            (Statement::TakeBack { comment }, "Taken back. Who has read it, has read it.")
        }
        _ => return Err(Refusal::NotFound),
    };
    let again = async |refused: Result<String, Vec<String>>| {
        let mut page = page(&app, &signed, document, only(&posted)).await?;
        let mut all = page.open.iter_mut().chain(&mut page.over);
        if let Some(found) = all.find(|one| one.field() == field) {
            found.reply = Field::of(text.clone());
        }
        match refused {
            Ok(message) => page.refuse(&field, &message),
            Err(warnings) => page.ask(&field, warnings),
        }
        frame::show_again(&page)
    };
    let value = Value::String(text.clone());
    let warnings = edit::personal_in(&app, document, std::iter::once(&value), &posted).await?;
    if !warnings.is_empty() {
        return again(Err(warnings)).await;
    }
    let person = signed.person();
    match send(&app, Command::State { document, statement, person }).await {
        Ok(_) => {
            app.banners().put(&signed, done);
            Ok(back(document, &posted))
        }
        Err(problem) => match refused(&problem) {
            Some((_, message)) => again(Ok(message)).await,
            None => Err(problem.into()),
        },
    }
}

fn reply(comment: EnvelopeId, stance: Stance, text: &str) -> Statement {
    Statement::Reply { comment, stance, text: text.to_owned() }
}

/// Puts a proposed tag in use. Where somebody objects, whoever does it says that they have read that.
pub(crate) async fn put_in_use(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let place: FieldPath = posted.get("place").parse().map_err(|_| Refusal::NotFound)?;
    let mut page = page(&app, &signed, document, Some(place.clone())).await?;
    let about = page.about.as_ref().filter(|about| about.may_use).ok_or(Refusal::NotFound)?;
    if about.is_disputed() && posted.get("seen") != "yes" {
        page.refuse("seen", "Read the objections, then say that your rules let you go ahead");
        return frame::show_again(&page);
    }
    let base = known_form(posted.get("heads"))?;
    let edit = Edit::Set { path: place.child("status"), value: Value::from("in_use") };
    change_with(&app, document, Some(base), vec![edit], signed.person()).await?;
    app.banners().put(&signed, "In use. Everyone can tag with it now.");
    Ok(Redirect::to(&urls::comments_on(document, place)).into_response())
}
