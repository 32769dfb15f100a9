//! Shelves of other organisations: following them, seeing what they publish, copying it, and looking again later.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use crdt_schema::audience::Audience;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use crdt_schema::key::Person;
use engine::Reader;
use engine::input::Command;
use engine::view::UpstreamView;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::http::App;
use crate::http::api::looks::{self, Known};
use crate::http::api::person::Who;
use crate::http::api::{copies, workspaces};
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;
use crate::visit::{Address, Found, NoAddress, Published, Shelf, VisitError};

/// Where it is kept which shelves this organisation follows.
const FOLLOWED: &str = "followed-shelves";
/// Protects the page: shelves that are followed.
pub(crate) const FOLLOWED_MAX: usize = 100;

impl From<NoAddress> for Problem {
    fn from(error: NoAddress) -> Self {
        Self::invalid("/address", error.to_string())
    }
}

impl From<VisitError> for Problem {
    fn from(error: VisitError) -> Self {
        Self::invalid("/address", error.to_string())
    }
}

/// Returns the addresses of the shelves that this organisation follows.
pub(crate) fn followed_in(node: &Reader<'_>) -> Vec<Address> {
    let kept = node.local(FOLLOWED);
    let kept: Vec<String> =
        kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    kept.iter().filter_map(|text| text.parse().ok()).collect()
}

async fn followed(app: &App) -> Result<Vec<Address>, Problem> {
    Ok(app.handle().read(|node| followed_in(node)).await?)
}

async fn keep(app: &App, all: &[Address]) -> Result<(), Problem> {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    let value = serde_json::to_vec(&all).map_err(|_| Problem::stopping())?;
    let command = Command::Keep { key: FOLLOWED.to_owned(), value: Some(value) };
    app.handle().act(command).await?;
    Ok(())
}

/// Follows the shelf at an address, once it has been seen to be one.
pub(crate) async fn follow_shelf(app: &App, address: &Address) -> Result<Shelf, Problem> {
    let shelf = app.visitor().shelf(address).await?;
    let mut all = followed(app).await?;
    if !all.contains(&shelf.address) {
        if all.len() >= FOLLOWED_MAX {
            let message =
                "you follow as many shelves as there is room for: stop following one first";
            return Err(Problem::invalid("/address", message));
        }
        all.push(shelf.address.clone());
        keep(app, &all).await?;
    }
    if let Some(known) = looks::known(app, &shelf.address).await? {
        looks::take_note(app, known, Ok(&shelf), clock::now()).await?;
    }
    Ok(shelf)
}

/// Stops following a shelf.
pub(crate) async fn stop_following(app: &App, address: &Address) -> Result<(), Problem> {
    let mut all = followed(app).await?;
    let before = all.len();
    all.retain(|one| one != address);
    if all.len() == before {
        return Err(Problem::not_found());
    }
    keep(app, &all).await?;
    looks::forget(app, address).await
}

/// Makes copies of what a signed file at an address holds, and remembers where it came from.
pub(crate) async fn copy_from(
    app: &App,
    (address, file): (Address, Vec<u8>),
    workspace: WorkspaceId,
    person: Person,
) -> Result<Vec<(DocumentId, Value)>, Problem> {
    let mut made = Vec::new();
    for source in copies::read_bundle(file).await? {
        let wanted = (workspace, Audience::default());
        let copy = copies::copy(app, source, wanted, person.clone()).await?;
        remember(app, copy.0, &address).await?;
        made.push(copy);
    }
    Ok(made)
}

fn key(document: DocumentId) -> String {
    format!("upstream-address/{document}")
}

async fn remember(app: &App, document: DocumentId, address: &Address) -> Result<(), Problem> {
    let value = Some(address.to_string().into_bytes());
    app.handle().act(Command::Keep { key: key(document), value }).await?;
    Ok(())
}

/// Returns where newer files of a copy's original may be: where the last one came from.
pub(crate) async fn remembered(
    app: &App,
    document: DocumentId,
) -> Result<Option<Address>, Problem> {
    let kept = app.handle().read(move |node| node.local(&key(document))).await?;
    Ok(kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()))
}

/// Fetches a newer file of a copy's original: from this address, or from where the last one came, or from a shelf that is
/// followed and lists it. Returns what is new in it.
pub(crate) async fn look_again(
    app: &App,
    document: DocumentId,
    address: Option<Address>,
) -> Result<UpstreamView, Problem> {
    let address = match address {
        Some(address) => Some(address),
        None => remembered(app, document).await?,
    };
    let address = match address {
        Some(address) => address,
        None => listed(app, document).await?.ok_or_else(|| {
            let message =
                "it is not known where the original is published: give the web address of its page";
            Problem::invalid("/address", message)
        })?,
    };
    match app.visitor().find(&address).await? {
        Found::File(at, bytes) => {
            let view = copies::take_file(app, document, bytes).await?;
            remember(app, document, &at).await?;
            Ok(view)
        }
        Found::Shelf(_) => {
            let message =
                "this is the address of a whole shelf: give the one of the document’s page";
            Err(Problem::invalid("/address", message))
        }
    }
}

/// Returns where a followed shelf says that it has the original of a copy.
async fn listed(app: &App, document: DocumentId) -> Result<Option<Address>, Problem> {
    let view = app.handle().read(move |node| node.document(&document)).await?;
    let origin = view.ok_or_else(Problem::not_found)?.origin;
    let Some(original) = origin.map(|origin| origin.document.to_string()) else { return Ok(None) };
    for address in followed(app).await? {
        // A shelf that cannot be reached does not keep others from being asked.
        let Ok(shelf) = app.visitor().shelf(&address).await else { continue };
        let found = shelf.documents.iter().find(|one| one.id == original);
        if let Some(file) = found.and_then(|one| shelf.address.join(&one.bundle)) {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    address: String,
}

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let (all, is_on) = app.handle().read(|node| (Known::all(node), looks::is_on(node))).await?;
    let items: Vec<Value> = all.iter().map(Known::to_json).collect();
    Ok(Json(json!({"items": items, "next": Value::Null, "looks": is_on})))
}

/// Takes note that what is on a followed shelf was seen: it is no news any more.
pub(crate) async fn see(
    State(app): State<App>,
    extract::Json(Named { address }): extract::Json<Named>,
) -> Result<StatusCode, Problem> {
    looks::see(&app, &address.parse()?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    looks: bool,
}

/// Chooses whether this node looks at followed shelves by itself.
pub(crate) async fn choose(
    State(app): State<App>,
    extract::Json(Wish { looks }): extract::Json<Wish>,
) -> Result<Json<Value>, Problem> {
    looks::choose(&app, looks).await?;
    Ok(Json(json!({"looks": looks})))
}

pub(crate) async fn follow(
    State(app): State<App>,
    extract::Json(Named { address }): extract::Json<Named>,
) -> Result<impl IntoResponse, Problem> {
    let shelf = follow_shelf(&app, &address.parse()?).await?;
    Ok((StatusCode::CREATED, Json(shelf_json(&shelf))))
}

pub(crate) async fn stop(
    State(app): State<App>,
    Params(Named { address }): Params<Named>,
) -> Result<StatusCode, Problem> {
    stop_following(&app, &address.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what is published at an address.
pub(crate) async fn look(
    State(app): State<App>,
    Params(Named { address }): Params<Named>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(shelf_json(&looks::look(&app, &address.parse()?).await?)))
}

fn shelf_json(shelf: &Shelf) -> Value {
    let item = |one: &Published| {
        let file = shelf.address.join(&one.bundle)?.to_string();
        Some(json!({
            "id": one.id, "title": one.title, "kind": one.kind, "version": one.version,
            "address": file,
        }))
    };
    let items: Vec<Value> = shelf.documents.iter().filter_map(item).collect();
    json!({"address": shelf.address.to_string(), "publisher": shelf.publisher, "items": items})
}

/// Makes a copy of a document that is published at an address.
pub(crate) async fn fork(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Who(person): Who,
    extract::Json(Named { address }): extract::Json<Named>,
) -> Result<impl IntoResponse, Problem> {
    workspaces::find(&app, workspace).await?;
    match app.visitor().find(&address.parse()?).await? {
        Found::File(at, bytes) => {
            let made = copy_from(&app, (at, bytes), workspace, person).await?;
            let first = made.into_iter().next().ok_or_else(Problem::not_found)?;
            Ok(copies::created(first))
        }
        Found::Shelf(_) => {
            let message = "this is the address of a whole shelf: give the one of a document’s page";
            Err(Problem::invalid("/address", message))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    #[serde(default)]
    address: Option<String>,
}

/// Fetches a newer file of a copy's original.
pub(crate) async fn fetch(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    body: Option<extract::Json<Again>>,
) -> Result<Json<Value>, Problem> {
    let Again { address } = body.map(|extract::Json(body)| body).unwrap_or_default();
    let view = app.handle().read(move |node| node.document(&document)).await?;
    let origin = view.ok_or_else(Problem::not_found)?.origin;
    let address = address.map(|text| text.parse::<Address>()).transpose()?;
    let found = look_again(&app, document, address).await?;
    Ok(Json(copies::upstream_json(origin.as_ref().map(copies::origin_json), Some(&found))))
}
