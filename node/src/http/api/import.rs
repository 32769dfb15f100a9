//! `POST /workspaces/{w}/import`: documents from a file.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use crdt_schema::audience::Audience;
use crdt_schema::document::Edit;
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use crdt_schema::key::Person;
use engine::Conditions;
use engine::input::Command;
use json_patch::Patch;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::person::Who;
use crate::http::api::{edit, personal, workspaces};
use crate::http::extract::{self, Id, Raw};
use crate::http::problem::Problem;
use crate::{skos, tag_lists};

/// What is said of a file in no form that is known.
const UNKNOWN: &str = "this is no file that can be brought in. It can be JSON as “doc export” writes it, SKOS in Turtle or JSON-LD, or a list of tags as CSV: with the columns Identifier, Label, Description and Type (Local Government Association), or Code, tag, Category, Subcategory, Level and Notes (UK Charity Activity Tags)";
/// Operations of one change that a piece of a long list may take: most of [`CHANGE_OPS`](crdt_schema::limits::CHANGE_OPS).
const WEIGHT: usize = crdt_schema::limits::CHANGE_OPS / 2;
/// Protects the node's time: documents in one file.
const ROWS: usize = 500;

pub(crate) async fn take(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Who(person): Who,
    request: Request,
) -> Result<Json<Value>, Problem> {
    workspaces::find(&app, workspace).await?;
    let rows = rows(&file(&app, request).await?)?;
    let (mut made, mut skipped) = (Vec::new(), Vec::new());
    for (row, content) in (1_usize..).zip(rows) {
        let warnings = personal::warnings(&content);
        match bring_in(&app, workspace, content, person.clone()).await {
            Ok((id, title)) => {
                made.push(json!({"row": row, "id": id, "title": title, "warnings": warnings}));
            }
            Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                return Err(problem);
            }
            Err(problem) => {
                let pointer = problem.errors.first().map(|(pointer, _)| pointer);
                skipped.push(json!({"row": row, "reason": problem.detail, "pointer": pointer}));
            }
        }
    }
    Ok(Json(json!({"made": made, "skipped": skipped})))
}

/// Makes one document of what a file held.
pub(crate) async fn bring_in(
    app: &App,
    workspace: WorkspaceId,
    content: Value,
    person: Person,
) -> Result<(DocumentId, String), Problem> {
    let title = documents::title(&content);
    let (id, _) = make_whole(app, workspace, Audience::default(), content, person).await?;
    Ok((id, title))
}

/// Makes a document, by several changes if it does not fit into one.
pub(crate) async fn make_whole(
    app: &App,
    workspace: WorkspaceId,
    audience: Audience,
    content: Value,
    person: Person,
) -> Result<(DocumentId, Heads), Problem> {
    let (kind, mut content) = edit::check(&content)?;
    let (list, later) = take_apart(&mut content);
    let command =
        Command::CreateDocument { workspace, kind, audience, content, person: person.clone() };
    let (id, mut heads) = edit::make(app, command).await?;
    for items in later {
        // All of it was checked above; a part of it may name what comes later.
        let edits = vec![Edit::JsonPatch(added(&list, items)?)];
        let command = Command::EditDocument {
            document: id,
            base: None,
            edits,
            conditions: Conditions::default(),
            person: person.clone(),
        };
        (_, heads) = edit::make(app, command).await?;
    }
    Ok((id, heads))
}

/// Takes from the longest list of a body what does not fit into one change, in pieces that do; returns where the list is.
fn take_apart(content: &mut Value) -> (String, Vec<Vec<Value>>) {
    let fields = content.get("body").and_then(Value::as_object).into_iter().flatten();
    let lists = fields.filter(|(_, value)| value.is_array());
    let longest = lists.map(|(name, value)| (weight(value), name.clone())).max();
    let Some((_, name)) = longest.filter(|(weight, _)| *weight > WEIGHT) else {
        return (String::new(), Vec::new());
    };
    let path = format!("/body/{}", name.replace('~', "~0").replace('/', "~1"));
    let Some(all) = content.pointer_mut(&path).and_then(Value::as_array_mut) else {
        return (path, Vec::new());
    };
    let mut pieces: Vec<Vec<Value>> = vec![Vec::new()];
    let mut weighs = 0_usize;
    for term in std::mem::take(all) {
        weighs = weighs.saturating_add(weight(&term));
        if weighs > WEIGHT {
            weighs = weight(&term);
            pieces.push(Vec::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(term);
        }
    }
    let later = pieces.split_off(1);
    *all = pieces.pop().unwrap_or_default();
    (path, later)
}

/// Returns about how many operations of a change a value takes: one for each letter and each place.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => text.encode_utf16().count().saturating_add(1),
        Value::Array(items) => items.iter().map(weight).fold(1, usize::saturating_add),
        Value::Object(fields) => fields.values().map(weight).fold(1, usize::saturating_add),
    }
}

fn added(list: &str, items: Vec<Value>) -> Result<Patch, Problem> {
    let end = format!("{list}/-");
    let add = |item: Value| json!({"op": "add", "path": end, "value": item});
    let patch: Vec<Value> = items.into_iter().map(add).collect();
    serde_json::from_value(Value::Array(patch))
        .map_err(|error| Problem::malformed(error.to_string()))
}

/// Returns the documents that a file holds: one, or a list of them; or what a file of SKOS says.
pub(crate) fn rows(file: &[u8]) -> Result<Vec<Value>, Problem> {
    // Programs on Windows like to write a byte order mark.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if let Some(contents) = skos::contents_of(file) {
        return contents.map_err(|error| Problem::malformed(error.to_string()));
    }
    if let Some(list) = tag_lists::from_csv(file) {
        return list.map(|list| vec![list]).map_err(|error| Problem::malformed(error.to_string()));
    }
    if !matches!(file.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Err(Problem::malformed(UNKNOWN));
    }
    let rows = match extract::parse::<Value>(file)? {
        Value::Array(rows) => rows,
        row => vec![row],
    };
    if rows.len() > ROWS {
        return Err(Problem::too_large(format!("import at most {ROWS} documents at a time")));
    }
    Ok(rows)
}

/// Returns the body, or the part `file` of a form.
async fn file(app: &App, request: Request) -> Result<Bytes, Problem> {
    if extract::media_type(request.headers()) != "multipart/form-data" {
        return Raw::from_request(request, app).await.map(|Raw(bytes)| bytes);
    }
    let mut form = Multipart::from_request(request, app)
        .await
        .map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let unreadable = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => extract::too_large(),
        _ => Problem::malformed(error.body_text()),
    };
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some("file") {
            return field.bytes().await.map_err(unreadable);
        }
    }
    Err(Problem::malformed("the form has no part \"file\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_one_document_or_a_list_of_them() {
        assert_eq!(rows(br#"{"a": 1}"#).unwrap().len(), 1);
        assert_eq!(rows(b"\xef\xbb\xbf[{}, {}]").unwrap().len(), 2);
        let functions = "Identifier,Label,Description,Type\n1,Advice,,Function\n";
        assert_eq!(rows(functions.as_bytes()).unwrap().len(), 1);
        let other = rows(b"title,body").unwrap_err();
        assert_eq!(other.status, StatusCode::BAD_REQUEST);
        assert!(other.detail.contains("a list of tags as CSV"), "{}", other.detail);
        let many = Value::Array(vec![Value::Null; ROWS + 1]).to_string();
        assert_eq!(rows(many.as_bytes()).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
