//! Making documents, and changing them by patches that merge.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::audience::Audience;
use crdt_schema::document::Edit;
use crdt_schema::documents;
use crdt_schema::envelope;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind, NodeId, SessionId, Timestamp, WorkspaceId};
use crdt_schema::key::Person;
use engine::input::Command;
use engine::view::DocumentView;
use engine::{Conditions, Done, Reader, Search};
use json_patch::{Patch, PatchOperation};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::App;
use crate::http::api::documents::{entity_tag, known_form};
use crate::http::api::person::Who;
use crate::http::api::{ROOT, personal, workspaces};
use crate::http::extract::{self, Id, Params, Raw};
use crate::http::problem::Problem;

/// What the network knows itself: no patch touches it.
const NOT_BY_PATCH: [&str; 18] = [
    "id",
    "version",
    "access",
    "signatures",
    "owner_organization",
    "created",
    "last_modified",
    "document_type",
    "kind",
    "workspace",
    "owner",
    "audience",
    "heads",
    "forked_from",
    "conflicts",
    "may_write",
    "may_suggest",
    "may_set_audience",
];

pub(crate) async fn create(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    Who(person): Who,
    extract::Json(mut fields): extract::Json<Map<String, Value>>,
) -> Result<impl IntoResponse, Problem> {
    workspaces::find(&app, workspace).await?;
    let audience = match fields.remove("audience") {
        None | Some(Value::Null) => Audience::default(),
        Some(audience) => serde_json::from_value(audience)
            .map_err(|error| Problem::invalid("/audience", error.to_string()))?,
    };
    if let Some(kind) = fields.remove("kind") {
        fields.insert("document_type".to_owned(), kind);
    }
    if fields.get("title").and_then(Value::as_str).is_none_or(|title| title.trim().is_empty()) {
        return Err(Problem::invalid("/title", "enter a title"));
    }
    name_title(&mut fields);
    let (kind, content) = check(&Value::Object(fields))?;
    let warnings = personal::warnings(&content);
    let (id, heads) =
        make(&app, Command::CreateDocument { workspace, kind, audience, content, person }).await?;
    let headers = [
        (header::LOCATION, HeaderValue::from_str(&format!("{ROOT}/documents/{id}")).ok()),
        (header::ETAG, Some(entity_tag(&heads))),
    ];
    let headers: HeaderMap =
        headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Ok((
        StatusCode::CREATED,
        headers,
        Json(json!({"id": id, "heads": heads, "warnings": warnings})),
    ))
}

/// Puts the title where its kind has it: directories call it a name.
pub(crate) fn name_title(fields: &mut Map<String, Value>) {
    let kind =
        fields.get("document_type").and_then(Value::as_str).and_then(|word| word.parse().ok());
    let field = kind.map_or("title", documents::title_field);
    if field != "title"
        && !fields.contains_key(field)
        && let Some(title) = fields.remove("title")
    {
        fields.insert(field.to_owned(), title);
    }
}

/// Checks what shall become a document.
pub(crate) fn check(content: &Value) -> Result<(Kind, Value), Problem> {
    documents::check(content).map_err(|problems| {
        Problem::invalid_all(
            problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect(),
        )
    })
}

/// Does what makes a new version of a document.
pub(crate) async fn make(app: &App, command: Command) -> Result<(DocumentId, Heads), Problem> {
    codes_kept(app, &command).await?;
    match app.handle().act(command).await? {
        Done::Document { id, heads, made: _ } => Ok((id, heads)),
        Done::Nothing
        | Done::Workspace(_)
        | Done::Invite { .. }
        | Done::Found { .. }
        | Done::Code { .. }
        | Done::Joining { .. }
        | Done::Suggestion(_)
        | Done::Statement(_)
        | Done::Proposal { .. } => Err(Problem::stopping()),
    }
}

/// Says no to an edit of a list of tags that takes a short code away by which documents carry a tag.
async fn codes_kept(app: &App, command: &Command) -> Result<(), Problem> {
    let Command::EditDocument { document, base, edits, .. } = command else { return Ok(()) };
    let (document, base, edits) = (*document, base.clone(), edits.clone());
    let read = app.handle().read(move |node| {
        let Some(view) = node.document(&document) else { return Ok(None) };
        if view.kind != Kind::TaggingConvention {
            return Ok(None);
        }
        let mut copy = node.open(&document)?.clone();
        let before = documents::codes(&copy.shown());
        let base = base.unwrap_or_else(|| copy.heads());
        // The copy is thrown away, so that nobody ever sees this author.
        let nobody = envelope::actor(&NodeId([0; 32]), &SessionId([0; 16]));
        if copy.edit(&nobody, &base, &edits, Timestamp(0)).is_err() {
            return Ok(None);
        }
        let after = documents::codes(&copy.shown());
        let carried = before.difference(&after).find_map(|code| {
            let search =
                Search { workspace: Some(view.workspace), tag: code.clone(), ..Search::default() };
            let found = node.search(&search);
            let carriers = found.iter().filter_map(|found| node.document(&found.id));
            let carry = |view: &DocumentView| view.tags.iter().any(|(_, carried)| carried == code);
            let count = carriers.filter(carry).count();
            (count > 0).then(|| (code.clone(), count))
        });
        Ok::<_, engine::Refused>(carried)
    });
    let Some((code, count)) = read.await?? else { return Ok(()) };
    let carry = if count == 1 { "1 document carries" } else { &format!("{count} documents carry") };
    Err(Problem::invalid(
        "/body/terms",
        format!(
            "{carry} the tag with the short code “{code}”: keep the code. To stop using the tag, mark it as given up and say which to use instead"
        ),
    ))
}

/// Which version the editor saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Base {
    base: Option<String>,
}

impl Base {
    /// Returns it as it was sent.
    pub(crate) fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Params(base): Params<Base>,
    Who(person): Who,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<impl IntoResponse, Problem> {
    // What is not there is said first: a refusal of the patch would tell that it is.
    let current = app
        .handle()
        .read(move |node| node.document(&document))
        .await?
        .ok_or_else(Problem::not_found)?;
    let if_match: Vec<&HeaderValue> = headers.get_all(header::IF_MATCH).iter().collect();
    if !if_match.is_empty() && !if_match.iter().any(|sent| names(sent, &current.heads)) {
        return Err(Problem::changed_meanwhile());
    }
    let edits = vec![patch(&headers, &body)?];
    let warnings = personal::warnings(&extract::parse(&body)?);
    let base = base.base().map(known_form).transpose()?;
    // Somebody may change it between the look and the edit.
    let only_at = (!if_match.is_empty()).then_some(current.heads);
    let conditions = Conditions { must_fit: true, only_at };
    let (_, heads) =
        make(&app, Command::EditDocument { document, base, edits, conditions, person }).await?;
    Ok(([(header::ETAG, entity_tag(&heads))], Json(json!({"heads": heads, "warnings": warnings}))))
}

/// Changes a document, unless what came of it would not be of its kind any more.
pub(crate) async fn change_with(
    app: &App,
    document: DocumentId,
    base: Option<Heads>,
    edits: Vec<Edit>,
    person: Person,
) -> Result<Heads, Problem> {
    let conditions = Conditions { must_fit: true, only_at: None };
    let edit = Command::EditDocument { document, base, edits, conditions, person };
    make(app, edit).await.map(|(_, heads)| heads)
}

/// Makes a document say again what it said at an earlier version, as an edit of the version that somebody saw (`None`: as
/// it is now).
pub(crate) async fn go_back(
    app: &App,
    document: DocumentId,
    earlier: Heads,
    seen: Option<Heads>,
    person: Person,
) -> Result<Heads, Problem> {
    let read = app.handle().read(move |node| {
        let now = node.document(&document).ok_or(engine::Refused::NoSuchDocument)?.heads;
        let from = seen.unwrap_or_else(|| now.clone());
        let (edits, _) = node.back_to(&document, &earlier, Some(&from))?;
        Ok::<_, engine::Refused>((edits, from, now))
    });
    let (edits, from, now) = read.await??;
    if edits.is_empty() {
        return Ok(now);
    }
    change_with(app, document, Some(from), edits, person).await
}

/// Makes the edits on a copy and looks at what came of them.
pub(crate) fn try_out(
    node: &mut Reader<'_>,
    id: &DocumentId,
    base: Option<Heads>,
    edits: &[Edit],
) -> Result<(), Problem> {
    let mut copy = node.open(id)?.clone();
    let was_good = documents::check(&copy.shown()).is_ok();
    let base = base.unwrap_or_else(|| copy.heads());
    // The copy is thrown away, so that nobody ever sees this author.
    let nobody = envelope::actor(&NodeId([0; 32]), &SessionId([0; 16]));
    // What cannot be done at all the engine says itself; what others' edits spoiled is not this editor's to answer for.
    if was_good && copy.edit(&nobody, &base, edits, Timestamp(0)).is_ok() {
        check(&copy.shown())?;
    }
    Ok(())
}

/// Does an `If-Match` name this version?
fn names(sent: &HeaderValue, heads: &Heads) -> bool {
    let tag = entity_tag(heads);
    let Ok(sent) = sent.to_str() else { return false };
    sent.split(',').map(str::trim).any(|sent| sent == "*" || sent.as_bytes() == tag.as_bytes())
}

fn patch(headers: &HeaderMap, body: &[u8]) -> Result<Edit, Problem> {
    match extract::media_type(headers).as_str() {
        "application/merge-patch+json" | "application/json" => merge_patch(extract::parse(body)?),
        "application/json-patch+json" => json_patch(extract::parse(body)?),
        _ => Err(Problem::media_type(
            "send application/merge-patch+json or application/json-patch+json",
        )),
    }
}

/// Takes a merge patch of what people may change.
pub(crate) fn merge_patch(fields: Map<String, Value>) -> Result<Edit, Problem> {
    for name in fields.keys() {
        refuse_networks_own(name)?;
    }
    Ok(Edit::MergePatch(Value::Object(fields)))
}

/// Takes a JSON patch of what people may change.
pub(crate) fn json_patch(patch: Patch) -> Result<Edit, Problem> {
    patch.0.iter().try_for_each(refuse_operation)?;
    Ok(Edit::JsonPatch(patch))
}

fn refuse_operation(operation: &PatchOperation) -> Result<(), Problem> {
    let from = match operation {
        PatchOperation::Move(operation) => Some(&operation.from),
        PatchOperation::Test(_) => return Ok(()),
        PatchOperation::Add(_)
        | PatchOperation::Remove(_)
        | PatchOperation::Replace(_)
        | PatchOperation::Copy(_) => None,
    };
    for pointer in from.map(AsRef::as_ref).into_iter().chain([operation.path()]) {
        match pointer.front() {
            Some(name) => refuse_networks_own(&name.decoded())?,
            None => {
                return Err(Problem::invalid(
                    "",
                    "change the fields of the document, not the whole of it",
                ));
            }
        }
    }
    Ok(())
}

fn refuse_networks_own(name: &str) -> Result<(), Problem> {
    if NOT_BY_PATCH.contains(&name) {
        let message = format!("\"{name}\" is set by the network, not by a patch. Leave it out");
        return Err(Problem::invalid(format!("/{name}"), message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(media_type: &str, body: &str) -> Result<Edit, u16> {
        let mut headers = HeaderMap::new();
        headers.extend([(
            header::CONTENT_TYPE,
            HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("")),
        )]);
        patch(&headers, body.as_bytes()).map_err(|problem| problem.status.as_u16())
    }

    #[test]
    fn both_kinds_of_patch_are_taken_and_others_are_not() {
        let merge = parsed("application/merge-patch+json; charset=utf-8", r#"{"title": "x"}"#);
        assert_eq!(merge, Ok(Edit::MergePatch(json!({"title": "x"}))));
        let operations = r#"[{"op": "replace", "path": "/body/x", "value": 1}]"#;
        assert!(matches!(
            parsed("application/json-patch+json", operations),
            Ok(Edit::JsonPatch(_))
        ));
        assert_eq!(parsed("text/plain", "{}"), Err(415));
        assert_eq!(parsed("application/json", "[]"), Err(422));
        assert_eq!(parsed("application/json", "{"), Err(400));
    }

    #[test]
    fn what_the_network_sets_is_out_of_reach() {
        for name in NOT_BY_PATCH {
            assert_eq!(
                parsed("application/json", &json!({name: null}).to_string()),
                Err(422),
                "{name}"
            );
            for operations in [
                json!([{"op": "replace", "path": format!("/{name}"), "value": 1}]),
                json!([{"op": "add", "path": format!("/{name}/x"), "value": 1}]),
                json!([{"op": "remove", "path": format!("/{name}")}]),
                json!([{"op": "move", "from": format!("/{name}"), "path": "/x"}]),
            ] {
                assert_eq!(
                    parsed("application/json-patch+json", &operations.to_string()),
                    Err(422),
                    "{operations}"
                );
            }
        }
        let whole = r#"[{"op": "replace", "path": "", "value": {}}]"#;
        assert_eq!(parsed("application/json-patch+json", whole), Err(422));
    }

    #[test]
    fn if_match_names_the_current_version_or_any() {
        let heads: Heads = "ab".repeat(32).parse().unwrap();
        for (sent, is_named) in [("*", true), ("\"x\"", false), ("", false)] {
            assert_eq!(names(&sent.parse().unwrap(), &heads), is_named, "{sent}");
        }
        assert!(names(&format!("\"x\", \"{heads}\"").parse().unwrap(), &heads));
    }
}
