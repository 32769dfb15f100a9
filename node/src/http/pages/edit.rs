//! Editing a document: all its parts, and one of them. What is saved merges with what others did meanwhile.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::document::{Edit, FieldPath};
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use crdt_schema::personal::Finding;
use serde_json::Value;
use web_ui::forms::part::parse_part;
use web_ui::forms::{FormError, Posted};
use web_ui::pages::edit::{Edit as EditPage, EditPart};
use web_ui::parts::{self, ItemKeys};
use web_ui::urls;

use super::document::{self, Opened, keys_at};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use super::tags;
use crate::http::App;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::edit::change_with;
use crate::http::extract::Id;
use crate::http::problem::Problem;

pub(crate) async fn overview(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, content, conflicts, .. } = document::open(&app, &signed, id).await?;
    let keys = current_keys(&app, id, &content, &head.heads).await?;
    let parts = parts::overview(head.kind, &content, &keys);
    frame::show(&EditPage { chrome, document: head, parts, conflicts, is_suggesting: false })
}

pub(crate) async fn current_keys(
    app: &App,
    id: DocumentId,
    content: &Value,
    heads: &Heads,
) -> Result<ItemKeys, Refusal> {
    let (content, heads) = (content.clone(), heads.clone());
    Ok(app.handle().read(move |node| keys_at(node, &id, &content, &heads)).await??)
}

/// What the path names: document, part, and item for parts that are one item.
pub(crate) type Address = Path<Vec<String>>;

pub(crate) struct Wanted {
    pub(crate) id: DocumentId,
    slug: String,
    item: String,
}

pub(crate) fn wanted(address: Vec<String>) -> Result<Wanted, Refusal> {
    let mut segments = address.into_iter();
    let id = segments.next().and_then(|id| id.parse().ok()).ok_or(Refusal::NotFound)?;
    let slug = segments.next().ok_or(Refusal::NotFound)?;
    Ok(Wanted { id, slug, item: segments.next().unwrap_or_default() })
}

pub(crate) async fn part(
    State(app): State<App>,
    Path(address): Address,
    signed: Signed,
) -> Result<Response, Refusal> {
    let wanted = wanted(address)?;
    let page = part_page(&app, &signed, &wanted).await?;
    if page.document.cannot.is_some() {
        return Ok(Redirect::to(&urls::edit(wanted.id)).into_response());
    }
    frame::show(&page)
}

pub(crate) async fn part_page(
    app: &App,
    signed: &Signed,
    wanted: &Wanted,
) -> Result<EditPart, Refusal> {
    let id = wanted.id;
    let Opened { chrome, head, content, conflicts, .. } = document::open(app, signed, id).await?;
    let keys = current_keys(app, id, &content, &head.heads).await?;
    let part = parts::find(head.kind, &wanted.slug)
        .filter(|part| part.is_item != wanted.item.is_empty())
        .ok_or(Refusal::NotFound)?;
    let form =
        parts::form(head.kind, part, &wanted.item, &content, &keys).ok_or(Refusal::NotFound)?;
    let root =
        if part.is_item { format!("{}/{}", part.root, wanted.item) } else { part.root.to_string() };
    let root_of_item = root.clone();
    let here =
        move |path: &str| root == "/" || path == root || path.starts_with(&format!("{root}/"));
    let in_part = here.clone();
    let people = app.handle().read(move |node| node.presence(&id)).await?;
    let own = signed.account.id;
    let mut people: Vec<String> = people
        .iter()
        .filter(|one| one.person.id != own && in_part(&one.place.path.to_string()))
        .map(|one| format!("{} ({})", one.person.name, one.organization_name))
        .collect();
    people.dedup();
    let conflicts = conflicts.into_iter().filter(|conflict| here(&conflict.path)).collect();
    let mut page = EditPart {
        chrome,
        document: head,
        form,
        conflicts,
        people,
        warnings: Vec::new(),
        tags: Vec::new(),
        given_up: Vec::new(),
        note: None,
    };
    let paths = page.form.lists.iter().map(|list| &list.path);
    if paths.chain([&root_of_item]).any(|path| tags::is_about_tags(path)) {
        let workspace = page.document.workspace;
        let terms = app.handle().read(move |node| node.terms(&workspace)).await?;
        tags::offer(&mut page, &content, &terms);
    }
    Ok(page)
}

pub(crate) async fn save(
    State(app): State<App>,
    Path(address): Address,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let wanted = wanted(address)?;
    let base = known_form(posted.get("heads"))?;
    let typed = match parse_part(&posted.0) {
        Ok(typed) => typed,
        Err(errors) => return again(&app, &signed, &wanted, &posted, errors).await,
    };
    let edits = edits_of(&app, wanted.id, &base, typed).await?;
    let warnings = personal(&app, wanted.id, &edits, &posted).await?;
    if !warnings.is_empty() {
        return ask(&app, &signed, &wanted, &posted, warnings).await;
    }
    if !edits.is_empty()
        && let Err(mut problem) =
            change_with(&app, wanted.id, Some(base.clone()), edits, signed.person()).await
    {
        return match problem.status {
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                name_items(&app, wanted.id, &base, &mut problem).await?;
                let errors = vec![error_of(&problem, &posted)];
                again(&app, &signed, &wanted, &posted, errors).await
            }
            _ => Err(problem.into()),
        };
    }
    app.banners().put(&signed, "Saved.");
    Ok(Redirect::to(&urls::edit(wanted.id)).into_response())
}

/// Returns what in the new text may be about a person, unless the person said that it is not.
pub(crate) async fn personal(
    app: &App,
    id: DocumentId,
    edits: &[Edit],
    posted: &Posted,
) -> Result<Vec<String>, Refusal> {
    let values = edits.iter().filter_map(|edit| match edit {
        Edit::Set { value, .. } => Some(value),
        _ => None,
    });
    personal_in(app, id, values, posted).await
}

/// The same of what is said about a document.
pub(crate) async fn personal_in(
    app: &App,
    id: DocumentId,
    values: impl Iterator<Item = &Value>,
    posted: &Posted,
) -> Result<Vec<String>, Refusal> {
    if posted.get("sure") == "yes" {
        return Ok(Vec::new());
    }
    let mut found: Vec<Finding> = values.flat_map(crdt_schema::personal::look_in).collect();
    if !found.is_empty() {
        // What is shared already was asked about when it was written.
        let content =
            app.handle().read(move |node| node.open(&id).map(|open| open.content())).await??;
        let shared = content.to_string();
        found.retain(|one| !shared.contains(&one.text));
    }
    Ok(found.iter().map(Finding::words).collect())
}

/// Shows what was typed again, with what may be about a person.
pub(crate) async fn ask(
    app: &App,
    signed: &Signed,
    wanted: &Wanted,
    posted: &Posted,
    warnings: Vec<String>,
) -> Result<Response, Refusal> {
    let mut page = part_page(app, signed, wanted).await?;
    page.document.heads = known_form(posted.get("heads"))?;
    frame::show_again(&page.asking(posted, warnings))
}

/// Shows what was typed again. The version stays the one that the form was made from, so that saving it still merges.
async fn again(
    app: &App,
    signed: &Signed,
    wanted: &Wanted,
    posted: &Posted,
    errors: Vec<FormError>,
) -> Result<Response, Refusal> {
    let mut page = part_page(app, signed, wanted).await?;
    page.document.heads = known_form(posted.get("heads"))?;
    frame::show_again(&page.again(posted, errors))
}

/// Puts the items' names where a refusal counts them, as the form's inputs are called.
async fn name_items(
    app: &App,
    id: DocumentId,
    base: &Heads,
    problem: &mut Problem,
) -> Result<(), Refusal> {
    let at = base.clone();
    let read = app.handle().read(move |node| {
        let content = content_at(node, &id, Some(&at))?;
        Ok::<_, Problem>(keys_at(node, &id, &content, &at)?)
    });
    let keys = read.await??;
    for (pointer, _) in &mut problem.errors {
        *pointer = with_names(pointer, &keys);
    }
    Ok(())
}

fn with_names(pointer: &str, keys: &ItemKeys) -> String {
    pointer.split('/').skip(1).fold(String::new(), |walked, token| {
        let named = keys.get(&walked).zip(token.parse::<usize>().ok());
        let name = named.and_then(|(names, index)| names.get(index)).map_or(token, String::as_str);
        format!("{walked}/{name}")
    })
}

/// Finds the input that a refusal is about.
pub(crate) fn error_of(problem: &Problem, posted: &Posted) -> FormError {
    let pointer = problem.errors.first().map(|(pointer, _)| pointer.as_str()).unwrap_or_default();
    let field = posted
        .0
        .iter()
        .map(|(name, _)| name)
        .find(|name| !pointer.is_empty() && name.ends_with(pointer));
    FormError { field: field.cloned().unwrap_or_default(), message: problem.detail.clone() }
}

/// Returns what was changed: a value that equals what the form was made from is no edit.
pub(crate) async fn edits_of(
    app: &App,
    id: DocumentId,
    base: &Heads,
    typed: Vec<(String, Value)>,
) -> Result<Vec<Edit>, Refusal> {
    let at = base.clone();
    let has_tags = typed.iter().any(|(path, _)| path.starts_with("/tags/"));
    let (content, keys, terms) = app
        .handle()
        .read(move |node| {
            let content = content_at(node, &id, Some(&at))?;
            let keys = keys_at(node, &id, &content, &at)?;
            let workspace = node.document(&id).map(|view| view.workspace);
            let terms = workspace.filter(|_| has_tags).map(|id| node.terms(&id));
            Ok::<_, Problem>((content, keys, terms.unwrap_or_default()))
        })
        .await??;
    let mut edits = Vec::new();
    for (path, value) in typed {
        let before = value_at(&content, &keys, &path);
        if !is_same(before, &value) {
            let path =
                path.parse().map_err(|_| Problem::malformed("a field's name cannot be read"))?;
            // A map is made once: making it again would lose what was set in it.
            let missing = parents(&content, &keys, &path);
            let new: Vec<Edit> = missing.into_iter().filter(|one| !edits.contains(one)).collect();
            edits.extend(new);
            edits.push(Edit::Set { path, value });
        }
    }
    if has_tags {
        tags::follow(&mut edits, &content, &keys, &terms);
    }
    Ok(edits)
}

/// Returns what makes the maps that a field stands in, as far as they are not there.
pub(crate) fn parents(content: &Value, keys: &ItemKeys, path: &FieldPath) -> Vec<Edit> {
    let mut missing = Vec::new();
    let mut place = path.clone();
    while let Some((parent, _)) = place.split_last() {
        if parent.tokens().is_empty()
            || value_at(content, keys, &parent.to_string()).is_some_and(|value| !value.is_null())
        {
            break;
        }
        missing
            .push(Edit::Set { path: parent.clone(), value: Value::Object(serde_json::Map::new()) });
        place = parent;
    }
    missing.reverse();
    missing
}

/// Is what was typed what was there? Nothing, an empty text and an empty list are one to people.
fn is_same(before: Option<&Value>, typed: &Value) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    match before {
        None => is_nothing(typed),
        Some(before) => {
            before == typed
                || (is_nothing(before) && is_nothing(typed))
                || is_same_text(before, typed)
        }
    }
}

/// Browsers turn a line end into `\r\n` and back into `\n`; lines and short texts come trimmed.
fn is_same_text(before: &Value, typed: &Value) -> bool {
    match (before, typed) {
        (Value::String(before), Value::String(typed)) => {
            before.replace("\r\n", "\n").replace('\r', "\n") == *typed
        }
        (Value::Array(before), Value::Array(typed)) => {
            let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
            before.iter().all(Value::is_string)
                && before
                    .iter()
                    .map(text)
                    .filter(|text| text.as_deref() != Some(""))
                    .eq(typed.iter().map(text))
        }
        _ => false,
    }
}

/// Returns the value at a path whose lists are entered by their items' names.
pub(crate) fn value_at<'a>(content: &'a Value, keys: &ItemKeys, path: &str) -> Option<&'a Value> {
    let path: FieldPath = path.parse().ok()?;
    let mut walked = FieldPath::default();
    let mut value = content;
    for token in path.tokens() {
        value = match value {
            Value::Object(members) => members.get(token)?,
            Value::Array(items) => {
                let index = keys.get(&walked.to_string())?.iter().position(|key| key == token)?;
                items.get(index)?
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        walked = walked.child(token.clone());
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_not_changed_is_no_edit() {
        for (before, typed) in [
            (None, json!(null)),
            (None, json!("")),
            (Some(json!(null)), json!("")),
            (Some(json!("a\r\nb")), json!("a\nb")),
            (Some(json!([" x ", ""])), json!(["x"])),
            (Some(json!(16)), json!(16)),
        ] {
            assert!(is_same(before.as_ref(), &typed), "{before:?} {typed}");
        }
        for (before, typed) in [
            (None, json!("x")),
            (Some(json!("x")), json!("")),
            (Some(json!(["x"])), json!([])),
            (Some(json!(false)), json!(null)),
            (Some(json!("x ")), json!("x")),
        ] {
            assert!(!is_same(before.as_ref(), &typed), "{before:?} {typed}");
        }
    }

    #[test]
    fn a_value_in_a_list_is_found_by_its_items_name() {
        let content = json!({"body": {"steps": [{"detail": "a"}, {"detail": "b"}]}});
        let keys = ItemKeys::from([(
            "/body/steps".to_owned(),
            vec!["1@aa".to_owned(), "2@aa".to_owned()],
        )]);
        assert_eq!(value_at(&content, &keys, "/body/steps/2@aa/detail"), Some(&json!("b")));
        assert_eq!(value_at(&content, &keys, "/body/steps/3@aa/detail"), None);
        assert_eq!(with_names("/body/steps/1/detail", &keys), "/body/steps/2@aa/detail");
        assert_eq!(with_names("/body/steps/2/detail", &keys), "/body/steps/2/detail");
        assert_eq!(with_names("", &keys), "");
        let path = "/body/review/lead/name".parse().unwrap();
        let made = parents(&content, &keys, &path);
        assert_eq!(made.len(), 2, "{made:?}");
    }
}
