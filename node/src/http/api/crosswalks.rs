//! `POST /workspaces/{w}/crosswalks`: a table of matching tags, made from two lists of tags.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::audience::Audience;
use crdt_schema::documents::{self, CannotMatch};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use crdt_schema::key::Person;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::documents::{content_at, entity_tag};
use crate::http::api::person::Who;
use crate::http::api::{ROOT, import, workspaces};
use crate::http::extract::{self, Id};
use crate::http::problem::Problem;

/// What is to be matched.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The first list, as a document's id.
    from: String,
    /// The second list.
    to: String,
    title: Option<String>,
    #[serde(default)]
    audience: Option<Audience>,
}

/// What was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) id: DocumentId,
    heads: Heads,
    /// How many matches are proposed.
    pub(crate) proposed: usize,
    /// How many tags nothing was found for.
    pub(crate) alone: usize,
}

pub(crate) async fn create(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Who(person): Who,
    extract::Json(wanted): extract::Json<Wanted>,
) -> Result<impl IntoResponse, Problem> {
    workspaces::find(&app, workspace).await?;
    let id = |text: &str, side: Side| text.parse().map_err(|_| no_list(side));
    let lists = (id(&wanted.from, Side::From)?, id(&wanted.to, Side::To)?);
    let audience = wanted.audience.unwrap_or_default();
    let made = make(&app, workspace, lists, (wanted.title, audience), person).await?;
    let Made { id, heads, proposed, alone } = made;
    let headers = [
        (header::LOCATION, HeaderValue::from_str(&format!("{ROOT}/documents/{id}")).ok()),
        (header::ETAG, Some(entity_tag(&heads))),
    ];
    let headers: HeaderMap =
        headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let said = json!({"id": id, "heads": heads, "proposed": proposed, "without_match": alone});
    Ok((StatusCode::CREATED, headers, Json(said)))
}

/// Which of two lists.
#[derive(Clone, Copy, Debug)]
enum Side {
    From,
    To,
}

impl Side {
    const fn pointer(self) -> &'static str {
        match self {
            Self::From => "/from",
            Self::To => "/to",
        }
    }
}

/// One answer for what is not there and what may not be read.
fn no_list(side: Side) -> Problem {
    Problem::invalid(side.pointer(), "there is no list of tags with this id that you can read")
}

/// Makes a draft from two lists of tags: matches are proposed, and people say of each what is right.
pub(crate) async fn make(
    app: &App,
    workspace: WorkspaceId,
    (from, to): (DocumentId, DocumentId),
    (title, audience): (Option<String>, Audience),
    person: Person,
) -> Result<Made, Problem> {
    let read = app.handle().read(move |node| {
        let mut list = |id: DocumentId, side| {
            node.document(&id).ok_or_else(|| no_list(side))?;
            content_at(node, &id, None)
        };
        Ok::<_, Problem>((list(from, Side::From)?, list(to, Side::To)?))
    });
    let (first, second) = read.await??;
    let matched = documents::propose_matches((&from, &first), (&to, &second));
    let mut body = matched.map_err(|error| cannot(&error, &second))?;
    let mappings = body.get("mappings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_alone = |one: &&Value| one.get("relation").and_then(Value::as_str) == Some("noMatch");
    let alone = mappings.iter().filter(is_alone).count();
    let proposed = mappings.len().saturating_sub(alone);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("rules".to_owned(), json!(web_ui::kinds::MATCHING));
    }
    let name = |side: &str| {
        let name = body.pointer(&format!("/{side}/name")).and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    };
    let made_of_names = || format!("{} and {}: matching tags", name("from"), name("to"));
    let title = title.filter(|title| !title.trim().is_empty()).unwrap_or_else(made_of_names);
    let content = json!({
        "document_type": "crosswalk", "title": title, "status": "draft", "body": body,
    });
    let (id, heads) = import::make_whole(app, workspace, audience, content, person).await?;
    Ok(Made { id, heads, proposed, alone })
}

/// Says where the reason is that lists cannot be matched.
fn cannot(error: &CannotMatch, second: &Value) -> Problem {
    let of_second = |named: &String| *named == documents::title(second);
    let side = match error {
        CannotMatch::Same => Side::To,
        CannotMatch::NoList(name) | CannotMatch::NoTags(name) if of_second(name) => Side::To,
        CannotMatch::NoList(_) | CannotMatch::NoTags(_) | CannotMatch::TooMany => Side::From,
    };
    Problem::invalid(side.pointer(), error.to_string())
}
