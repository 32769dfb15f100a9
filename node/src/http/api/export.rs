//! `GET /documents/{d}/export`: a document as a file.

use askama::Template as _;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use crdt_schema::sign_off;
use engine::Reader;
use engine::view::DocumentView;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use web_ui::figures::Figures;
use web_ui::pages::read::DocumentFile;
use web_ui::reading::Content;

use crate::clock;
use crate::http::App;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::{markdown, time};
use crate::http::extract::{Id, Params};
use crate::http::pages::document::code;
use crate::http::pages::frame::calendar;
use crate::http::pdf;
use crate::http::problem::Problem;
use crate::skos;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    format: Option<String>,
    heads: Option<String>,
}

pub(crate) async fn give(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Problem> {
    let heads = wanted.heads.as_deref().map(known_form).transpose()?;
    file(&app, id, heads, wanted.format.as_deref().unwrap_or("json")).await
}

/// Returns a document as a file of a format.
pub(crate) async fn file(
    app: &App,
    id: DocumentId,
    heads: Option<Heads>,
    format: &str,
) -> Result<Response, Problem> {
    let (extension, media_type, bytes) = match format {
        "json" => {
            let content =
                app.handle().read(move |node| filled(node, &id, heads.as_ref())).await??;
            let text = serde_json::to_vec_pretty(&content).map_err(|_| Problem::stopping())?;
            ("json", "application/json", text)
        }
        "markdown" => {
            let content =
                app.handle().read(move |node| filled(node, &id, heads.as_ref())).await??;
            ("md", "text/markdown; charset=utf-8", markdown::write(&content).into_bytes())
        }
        "html" => {
            ("html", "text/html; charset=utf-8", web_page(app, id, heads).await?.into_bytes())
        }
        "pdf" => {
            let page = web_page(app, id, heads).await?;
            ("pdf", pdf::MEDIA_TYPE, pdf::of(page, None).await?)
        }
        "turtle" | "jsonld" | "csv" | "csvw" => {
            let content =
                app.handle().read(move |node| filled(node, &id, heads.as_ref())).await??;
            of_its_kind(&content, id, format)?
        }
        "automerge" if heads.is_some() => {
            return Err(Problem::malformed(
                "an automerge file holds the whole history: leave out heads",
            ));
        }
        "automerge" => {
            let saved =
                app.handle().read(move |node| node.open(&id).map(|document| document.save()));
            ("automerge", "application/octet-stream", saved.await??)
        }
        "bundle" if heads.is_some() => {
            return Err(Problem::malformed("a bundle holds the whole history: leave out heads"));
        }
        "bundle" => {
            let bundle = app.handle().read(move |node| node.bundle(&id)).await??;
            let text = serde_json::to_vec(&bundle).map_err(|_| Problem::stopping())?;
            ("bundle.json", "application/json", text)
        }
        _ => {
            return Err(Problem::malformed(
                "format is one of json, markdown, html, pdf, automerge, bundle; turtle, jsonld for lists of tags and tables of matching tags; csv, csvw for insights",
            ));
        }
    };
    // The id and not the title: a name that came from elsewhere must not lead a file elsewhere.
    let disposition = format!("attachment; filename=\"{id}.{extension}\"");
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}

/// Returns a document as one web page that needs nothing else.
async fn web_page(app: &App, id: DocumentId, heads: Option<Heads>) -> Result<String, Problem> {
    let read = app.handle().read(move |node| {
        let view = node.document(&id).ok_or_else(Problem::not_found)?;
        let content = content_at(node, &id, heads.as_ref())?;
        let workspace = node.workspace(&view.workspace).map(|workspace| workspace.name);
        Ok::<_, Problem>((view, content, workspace, heads))
    });
    let (view, content, workspace, heads) = read.await??;
    let page = DocumentFile {
        kind: view.kind,
        title: documents::title(&content),
        owner: view.owner_name,
        workspace: workspace.unwrap_or_default(),
        version: code(&heads.unwrap_or(view.heads)),
        text: sign_off::text_of(&content).in_groups(),
        taken: calendar().day(clock::now()),
        content: Content::of(view.kind, &content),
    };
    page.render().map_err(|_| Problem::stopping())
}

/// Returns a file that only some kinds have: its ending, its type and what is in it.
fn of_its_kind(
    content: &Value,
    id: DocumentId,
    format: &str,
) -> Result<(&'static str, &'static str, Vec<u8>), Problem> {
    let wrong = |error: skos::CannotWrite| Problem::malformed(error.to_string());
    let is_insight =
        content.get("document_type").and_then(Value::as_str) == Some("aggregated_insight");
    Ok(match format {
        "turtle" => ("ttl", "text/turtle; charset=utf-8", skos::turtle(content).map_err(wrong)?),
        "jsonld" => ("jsonld", "application/ld+json", skos::json_ld(content).map_err(wrong)?),
        _ if !is_insight => {
            return Err(Problem::malformed("only an insight can be written as CSV"));
        }
        "csv" => ("csv", "text/csv; charset=utf-8", Figures::csv(content).into_bytes()),
        _ => {
            let metadata = Figures::metadata(content, &format!("{id}.csv"));
            let text = serde_json::to_vec_pretty(&metadata).map_err(|_| Problem::stopping())?;
            ("csv-metadata.json", "application/csvm+json", text)
        }
    })
}

/// Returns the content as it is kept, with what the network knows filled in where the content says nothing.
pub(crate) fn filled(
    node: &mut Reader<'_>,
    id: &DocumentId,
    heads: Option<&Heads>,
) -> Result<Value, Problem> {
    let view = node.document(id).ok_or_else(Problem::not_found)?;
    let content = content_at(node, id, heads)?;
    Ok(match content {
        Value::Object(members) => Value::Object(fill(members, &view)),
        other => other,
    })
}

fn fill(mut members: Map<String, Value>, view: &DocumentView) -> Map<String, Value> {
    let owner = json!({"organization_id": view.owner, "name": view.owner_name});
    for (name, value) in [
        ("document_type", json!(view.kind)),
        ("id", json!(view.id)),
        ("owner_organization", owner),
        ("created", json!(time(view.created))),
        ("last_modified", json!(time(view.updated))),
        ("access", access(view, &view.audience)),
    ] {
        members.entry(name).or_insert(value);
    }
    // A file's own time holds until the document is changed here.
    if view.updated > view.created {
        members.insert("last_modified".to_owned(), json!(time(view.updated)));
    }
    members
}

fn access(view: &DocumentView, audience: &Audience) -> Value {
    let visibility = match &audience.read {
        Circle::Workspace => "network",
        Circle::Public => "public",
        Circle::Named(_) => "named_organisations",
    };
    let list = |circle: &Circle| match circle {
        Circle::Workspace => json!([format!("network:{}", view.workspace)]),
        Circle::Public => json!(["public"]),
        Circle::Named(named) => json!(named),
    };
    json!({"visibility": visibility, "read": list(&audience.read), "edit": list(&audience.write)})
}
