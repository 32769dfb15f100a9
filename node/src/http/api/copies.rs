//! Copying documents between workspaces, and taking in what changed in another copy.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::audience::Audience;
use crdt_schema::bundle::Bundle;
use crdt_schema::copied::{Origin, Source};
use crdt_schema::document::{Choice, FieldPath};
use crdt_schema::identity::{DocumentId, EnvelopeId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::sign_off;
use engine::input::{Command, Copying, Upstream};
use engine::view::UpstreamView;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::http::App;
use crate::http::api::documents::{entity_tag, known_form};
use crate::http::api::person::Who;
use crate::http::api::{ROOT, edit, organization, suggestions, time, workspaces};
use crate::http::extract::{self, Id, Params, Raw};
use crate::http::problem::Problem;

/// Protects memory: one bundle that is sent.
pub(crate) const BUNDLE_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    workspace: String,
    heads: Option<String>,
    #[serde(default)]
    audience: Audience,
}

pub(crate) async fn fork(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    extract::Json(Wanted { workspace, heads, audience }): extract::Json<Wanted>,
) -> Result<impl IntoResponse, Problem> {
    // What is not there is said first: a refusal of the workspace would tell that it is.
    app.handle()
        .read(move |node| node.document(&document))
        .await?
        .ok_or_else(Problem::not_found)?;
    let workspace = workspace.parse().map_err(|_| no_such_workspace())?;
    let version = heads.as_deref().map(known_form).transpose()?;
    let source = app.handle().read(move |node| node.source(&document)).await??;
    let source = match version {
        Some(version) => source.at(&version).ok_or_else(Problem::no_such_version)?,
        None => source,
    };
    let made = copy(&app, source, (workspace, audience), person).await?;
    Ok(created(made))
}

fn no_such_workspace() -> Problem {
    Problem::invalid("/workspace", "name a workspace that your organisation is in")
}

/// Makes a copy of a version of a document.
pub(crate) async fn copy(
    app: &App,
    source: Source,
    (workspace, audience): (WorkspaceId, Audience),
    person: Person,
) -> Result<(DocumentId, Value), Problem> {
    let is_in = app.handle().read(move |node| node.workspace(&workspace).is_some()).await?;
    if !is_in {
        return Err(no_such_workspace());
    }
    let provenance = provenance(&source);
    let forked_from = origin_json(&source.origin);
    let from = Upstream::Given(Box::new(source));
    let copying = Box::new(Copying::Fork { from, workspace, audience, provenance });
    let command = Command::Copy { copying, person };
    let (id, heads) = edit::make(app, command).await?;
    Ok((id, json!({"id": id, "heads": heads, "workspace": workspace, "forked_from": forked_from})))
}

pub(crate) fn created((id, answer): (DocumentId, Value)) -> impl IntoResponse {
    let place = HeaderValue::from_str(&format!("{ROOT}/documents/{id}"));
    let headers: HeaderMap = place.ok().into_iter().map(|it| (header::LOCATION, it)).collect();
    (StatusCode::CREATED, headers, Json(answer))
}

/// Returns what a copy says of where it comes from: the fields of `provenance.forked_from`.
fn provenance(source: &Source) -> Value {
    let content = source.document.content();
    let origin = &source.origin;
    let licence = content.get("licence").cloned().unwrap_or(Value::Null);
    let earlier = content.pointer("/provenance/forked_from/attribution").and_then(Value::as_str);
    let own = format!("{}, {}", origin.owner_name, origin.workspace_name);
    let attribution = match earlier {
        Some(earlier) => format!("{own}. Before that: {earlier}"),
        None => own,
    };
    json!({
        "document_id": origin.document,
        "version": origin.heads(),
        "document_hash": sign_off::text_of(&content),
        "owner": organization(&origin.owner, &origin.owner_name.to_string()),
        "network": origin.workspace_name,
        "forked_at": time(clock::now()),
        "licence": licence,
        "attribution": attribution,
    })
}

/// Returns where a document comes from, as the API shows it.
pub(crate) fn origin_json(origin: &Origin) -> Value {
    json!({
        "document": origin.document,
        "workspace": {"id": origin.workspace, "name": origin.workspace_name},
        "owner": organization(&origin.owner, &origin.owner_name.to_string()),
        "heads": origin.heads(),
    })
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Which {
    /// Of a bundle with several documents, the one that is meant.
    document: Option<String>,
    /// Another document that shares the beginning of this one.
    from: Option<String>,
}

/// Makes a copy of a document that came as a bundle.
pub(crate) async fn fork_file(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Params(which): Params<Which>,
    Who(person): Who,
    Raw(bytes): Raw,
) -> Result<impl IntoResponse, Problem> {
    workspaces::find(&app, workspace).await?;
    let mut sources = read_bundle(bytes.to_vec()).await?;
    let wanted = parsed::<DocumentId>(which.document.as_deref())?;
    let at = match wanted {
        Some(id) => sources.iter().position(|source| source.origin.document == id),
        None if sources.len() == 1 => Some(0),
        None => {
            let message = "this file holds several documents: say which with ?document=";
            return Err(Problem::malformed(message));
        }
    };
    let at = at.ok_or_else(|| Problem::malformed("this file does not hold that document"))?;
    let made =
        copy(&app, sources.swap_remove(at), (workspace, Audience::default()), person).await?;
    Ok(created(made))
}

fn parsed<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| Problem::not_found())).transpose()
}

/// Checks a bundle, every signature of it; returns its documents.
pub(crate) async fn read_bundle(bytes: Vec<u8>) -> Result<Vec<Source>, Problem> {
    let checked = tokio::task::spawn_blocking(move || {
        Bundle::from_json(&bytes).and_then(|bundle| bundle.verify())
    });
    let verified = checked.await.map_err(|_| Problem::stopping())?;
    let verified = verified.map_err(|error| {
        Problem::invalid(
            "",
            format!(
                "this file proves nothing, and nothing of it was taken: {error}. Ask for it anew"
            ),
        )
    })?;
    let sources: Vec<Source> = verified.documents.into_iter().map(|one| one.source).collect();
    if sources.is_empty() {
        return Err(Problem::invalid("", "this file holds no document"));
    }
    Ok(sources)
}

pub(crate) async fn upstream(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(which): Params<Which>,
) -> Result<Json<Value>, Problem> {
    let view = look(&app, document, parsed(which.from.as_deref())?).await?;
    let origin = app.handle().read(move |node| node.document(&document)).await?;
    let origin = origin.ok_or_else(Problem::not_found)?.origin;
    if origin.is_none() && view.is_none() {
        return Err(Problem::invalid(
            "",
            "this document is no copy. Name another one that shares its beginning with ?from=",
        ));
    }
    let forked_from = origin.as_ref().map(origin_json);
    Ok(Json(upstream_json(forked_from, view.as_ref())))
}

pub(crate) fn upstream_json(forked_from: Option<Value>, view: Option<&UpstreamView>) -> Value {
    let Some(view) = view else {
        return json!({
            "forked_from": forked_from, "reachable": false, "changes": [], "made": [],
            "up_to_date": Value::Null,
        });
    };
    let made: Vec<Value> = view
        .made
        .iter()
        .map(|made| {
            json!({
                "organization": organization(&made.organization, &made.organization_name),
                "person": made.person,
                "time": time(made.time),
            })
        })
        .collect();
    json!({
        "forked_from": forked_from,
        "reachable": true,
        "upstream": origin_json(&view.origin),
        "heads": view.heads,
        "shared": view.shared,
        "up_to_date": view.made.is_empty(),
        "made": made,
        "changes": view.incoming,
    })
}

/// Keeps a bundle in which the original, or another copy, has come further.
pub(crate) async fn give(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Raw(bytes): Raw,
) -> Result<Json<Value>, Problem> {
    let view = take_file(&app, document, bytes.to_vec()).await?;
    let origin = app.handle().read(move |node| node.document(&document)).await?;
    let origin = origin.ok_or_else(Problem::not_found)?.origin;
    Ok(Json(upstream_json(origin.as_ref().map(origin_json), Some(&view))))
}

/// Keeps such a file, once it was checked; returns what is new in it.
pub(crate) async fn take_file(
    app: &App,
    document: DocumentId,
    bytes: Vec<u8>,
) -> Result<UpstreamView, Problem> {
    app.handle()
        .read(move |node| node.document(&document))
        .await?
        .ok_or_else(Problem::not_found)?;
    let sources = read_bundle(bytes.clone()).await?;
    let view =
        first_related(app, document, sources).await?.map(|(_, view)| view).ok_or_else(|| {
            Problem::invalid(
                "",
                "this file holds no document that shares its beginning with this one",
            )
        })?;
    let data = app.data().clone();
    let kept = tokio::task::spawn_blocking(move || data.keep_upstream(&document, &bytes));
    kept.await.map_err(|_| Problem::stopping())?.map_err(|error| Problem::storage(&error))?;
    Ok(view)
}

async fn first_related(
    app: &App,
    document: DocumentId,
    sources: Vec<Source>,
) -> Result<Option<(Source, UpstreamView)>, Problem> {
    for source in sources {
        if source.origin.document == document {
            continue;
        }
        let found = app.handle().read(move |node| {
            let view = node.upstream(&document, Some(&source));
            view.map(|view| view.map(|view| (source, view)))
        });
        match found.await? {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) | Err(engine::Refused::Impossible(_)) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Ok(None)
}

/// Returns where changes come from: the named document, the original if it is here, or else the file that was given last.
async fn source(
    app: &App,
    document: DocumentId,
    from: Option<DocumentId>,
) -> Result<Option<Source>, Problem> {
    let origin = app.handle().read(move |node| node.document(&document)).await?;
    let origin = origin.ok_or_else(Problem::not_found)?.origin.map(|origin| origin.document);
    if let Some(wanted) = from.or(origin) {
        match app.handle().read(move |node| node.source(&wanted)).await? {
            Ok(source) => return Ok(Some(source)),
            Err(engine::Refused::NoSuchDocument) if from.is_none() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    let data = app.data().clone();
    let kept = tokio::task::spawn_blocking(move || data.upstream(&document));
    let kept = kept.await.map_err(|_| Problem::stopping())?;
    let Some(bytes) = kept.map_err(|error| Problem::storage(&error))? else { return Ok(None) };
    let found = first_related(app, document, read_bundle(bytes).await?).await?;
    Ok(found.map(|(source, _)| source))
}

/// Returns what is new elsewhere; nothing if elsewhere cannot be reached.
pub(crate) async fn look(
    app: &App,
    document: DocumentId,
    from: Option<DocumentId>,
) -> Result<Option<UpstreamView>, Problem> {
    let Some(source) = source(app, document, from).await? else { return Ok(None) };
    Ok(app.handle().read(move |node| node.upstream(&document, Some(&source))).await??)
}

/// What is taken in, and what somebody chose.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pull {
    from: Option<String>,
    #[serde(default)]
    choices: Vec<Chosen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    path: FieldPath,
    take: Option<Take>,
    value: Option<Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Take {
    Ours,
    Theirs,
}

pub(crate) async fn pull(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    body: Option<extract::Json<Pull>>,
) -> Result<impl IntoResponse, Problem> {
    let Pull { from, choices } = body.map(|extract::Json(body)| body).unwrap_or_default();
    let mut chosen = BTreeMap::new();
    for (number, Chosen { path, take, value }) in choices.into_iter().enumerate() {
        let choice = match (take, value) {
            (Some(Take::Ours), None) => Choice::Ours,
            (Some(Take::Theirs), None) => Choice::Theirs,
            (None, Some(value)) => Choice::Own(value),
            (None, None) | (Some(_), Some(_)) => {
                let message = "say \"take\": \"ours\" or \"theirs\", or give a \"value\"";
                return Err(Problem::invalid(format!("/choices/{number}"), message));
            }
        };
        chosen.insert(path, choice);
    }
    let heads = take_in(&app, document, parsed(from.as_deref())?, chosen, person).await?;
    Ok(([(header::ETAG, entity_tag(&heads))], Json(json!({"heads": heads}))))
}

/// Takes in what changed elsewhere.
pub(crate) async fn take_in(
    app: &App,
    document: DocumentId,
    from: Option<DocumentId>,
    choices: BTreeMap<FieldPath, Choice>,
    person: Person,
) -> Result<crdt_schema::heads::Heads, Problem> {
    let Some(source) = source(app, document, from).await? else {
        return Err(Problem::invalid(
            "",
            "the original is not on this computer. Get its file (\"doc export --format bundle\", or from its public shelf) and give it first",
        ));
    };
    let from = Upstream::Given(Box::new(source));
    let copying = Box::new(Copying::Pull { document, from, choices });
    let (_, heads) = edit::make(app, Command::Copy { copying, person }).await?;
    Ok(heads)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    #[serde(default)]
    note: String,
}

/// Offers what changed in a copy to those who keep the original, as a suggestion there.
pub(crate) async fn offer(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    body: Option<extract::Json<Offer>>,
) -> Result<impl IntoResponse, Problem> {
    let Offer { note } = body.map(|extract::Json(body)| body).unwrap_or_default();
    let (original, id) = offer_back(&app, document, note, person).await?;
    let place =
        HeaderValue::from_str(&format!("{ROOT}/documents/{original}/suggestions/{id}")).ok();
    let headers: HeaderMap = place.into_iter().map(|it| (header::LOCATION, it)).collect();
    Ok((StatusCode::CREATED, headers, Json(json!({"document": original, "suggestion": id}))))
}

/// Suggests to the original what its copy says differently.
pub(crate) async fn offer_back(
    app: &App,
    document: DocumentId,
    note: String,
    person: Person,
) -> Result<(DocumentId, EnvelopeId), Problem> {
    let view = app.handle().read(move |node| node.document(&document)).await?;
    let origin = view.ok_or_else(Problem::not_found)?.origin;
    let Some(original) = origin.map(|origin| origin.document) else {
        return Err(Problem::invalid(
            "",
            "this document is no copy: there is nobody to offer it to",
        ));
    };
    let found = app.handle().read(move |node| {
        let theirs = node.open(&document)?.clone();
        let ours = node.open(&original)?;
        Ok::<_, engine::Refused>((ours.heads(), ours.offered(&theirs)))
    });
    let (base, edits) = match found.await? {
        Ok((base, Ok(edits))) => (base, edits),
        Ok((_, Err(error))) => return Err(Problem::invalid("", error.to_string())),
        Err(engine::Refused::NoSuchDocument) => {
            return Err(Problem::invalid(
                "",
                "the original is not on this computer. Export this document as a bundle and send it to those who keep the original: they can take it in",
            ));
        }
        Err(refused) => return Err(refused.into()),
    };
    let command = Command::Suggest { document: original, base: Some(base), edits, note, person };
    Ok((original, suggestions::send(app, command).await?))
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
) -> Result<Json<Value>, Problem> {
    let copies = app.handle().read(move |node| node.copies(&document)).await??;
    let items: Vec<Value> = copies
        .iter()
        .map(|copy| {
            let view = &copy.view;
            let members: Map<String, Value> = [
                ("id", json!(view.id)),
                ("title", json!(view.title)),
                ("workspace", json!({"id": view.workspace, "name": copy.workspace_name})),
                ("owner", organization(&view.owner, &view.owner_name)),
                ("heads", json!(view.heads)),
                ("differs", json!(copy.differs)),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
            Value::Object(members)
        })
        .collect();
    Ok(Json(json!({"items": items, "next": Value::Null})))
}
