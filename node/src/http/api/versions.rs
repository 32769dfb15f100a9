//! Names of versions, going back to one, and who wrote which words.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::audience::Circle;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, Name};
use engine::input::{Command, Statement};
use engine::view::{VersionNameView, WrittenText};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::documents::{content_at, entity_tag, known_form};
use crate::http::api::paging::Page;
use crate::http::api::person::Who;
use crate::http::api::{ROOT, edit, organization, personal, signatures, time};
use crate::http::extract::{self, Id, Ids, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let all = app.handle().read(move |node| node.version_names(&document)).await??;
    let all: Vec<(usize, VersionNameView)> = all.into_iter().enumerate().collect();
    page.of(all, |(number, _)| *number, |(_, one)| to_json(one)).map(Json)
}

fn to_json(view: &VersionNameView) -> Value {
    json!({
        "id": view.id,
        "name": view.name,
        "heads": view.version,
        "organization": organization(&view.organization, &view.organization_name),
        "person": view.person,
        "time": time(view.time),
        "may_take_back": view.may_take_back,
    })
}

/// Which version is named, and what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Naming {
    heads: Heads,
    name: Name,
}

pub(crate) async fn name(
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
    let Naming { heads, name } = serde_json::from_value(body).map_err(|error| {
        Problem::invalid("", format!("send {{\"heads\": …, \"name\": …}}: {error}"))
    })?;
    let mut warnings = personal::warnings(&json!(name));
    warnings.extend(on_the_shelf(&app, document, &heads).await?);
    let statement = Statement::Name { version: heads, name };
    let command = Command::State { document, statement, person };
    let id = signatures::send(&app, command).await?;
    let all = app.handle().read(move |node| node.version_names(&document)).await??;
    let made = all.iter().find(|one| one.id == id).map(to_json).ok_or_else(Problem::stopping)?;
    let made = personal::with_warnings(made, warnings);
    let place = format!("{ROOT}/documents/{document}/versions/{id}");
    let headers: HeaderMap = HeaderValue::from_str(&place)
        .ok()
        .into_iter()
        .map(|place| (header::LOCATION, place))
        .collect();
    Ok((StatusCode::CREATED, headers, Json(made)))
}

/// Says what may be about a person in a version that anybody can read on the public shelf once it has a name.
pub(crate) async fn on_the_shelf(
    app: &App,
    document: DocumentId,
    version: &Heads,
) -> Result<Vec<String>, Problem> {
    let version = version.clone();
    let read = app.handle().read(move |node| {
        let view = node.document(&document).ok_or_else(Problem::not_found)?;
        if view.audience.read != Circle::Public {
            return Ok::<_, Problem>(Vec::new());
        }
        Ok(personal::warnings(&content_at(node, &document, Some(&version))?))
    });
    read.await?
}

pub(crate) async fn take_back(
    State(app): State<App>,
    Ids(document, name): Ids<DocumentId, EnvelopeId>,
    Who(person): Who,
) -> Result<StatusCode, Problem> {
    let statement = Statement::Unname { name };
    app.handle().act(Command::State { document, statement, person }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which version to go back to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Back {
    heads: Heads,
}

pub(crate) async fn restore(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    extract::Json(Back { heads }): extract::Json<Back>,
) -> Result<impl IntoResponse, Problem> {
    let heads = edit::go_back(&app, document, heads, None, person).await?;
    Ok(([(header::ETAG, entity_tag(&heads))], Json(json!({"heads": heads}))))
}

/// Which version is wanted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Version {
    heads: Option<String>,
}

pub(crate) async fn authors(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(version): Params<Version>,
) -> Result<Json<Value>, Problem> {
    let heads = version.heads.as_deref().map(known_form).transpose()?;
    let texts = app.handle().read(move |node| node.written(&document, heads.as_ref())).await??;
    let texts: Vec<Value> = texts.iter().map(text_json).collect();
    Ok(Json(json!({"texts": texts})))
}

fn text_json(text: &WrittenText) -> Value {
    let runs: Vec<Value> = text
        .runs
        .iter()
        .map(|run| {
            json!({
                "text": run.text,
                "organization": organization(&run.organization, &run.organization_name),
                "person": run.person,
                "time": time(run.last),
            })
        })
        .collect();
    json!({"path": text.path, "label": text.label, "runs": runs})
}
