//! Tags on the pages of documents: offered from the workspace's lists, and shown by the names they have now.

use crdt_schema::document::{Edit, FieldPath};
use engine::{Term, Terms};
use serde_json::Value;
use web_ui::pages::edit::EditPart;
use web_ui::parts::ItemKeys;

use super::edit::value_at;

/// Tags that are offered while somebody types.
const OFFERED: usize = 1_000;
/// Where a document's tags are.
const TAGS: &str = "tags";

/// Does the path lead to a document's tags, or to the tags of a list?
pub(crate) fn is_about_tags(path: &str) -> bool {
    path.starts_with("/tags") || path.starts_with("/body/terms")
}

/// Offers the tags in use on a part that asks for tags, and says which of the document's are not used any more.
pub(crate) fn offer(page: &mut EditPart, content: &Value, terms: &Terms) {
    let known = terms.in_use().into_iter().take(OFFERED);
    page.tags = known.map(|term| (term.name.clone(), term.code.clone())).collect();
    page.given_up = given_up(content, terms);
}

/// Says which tags of a document are no longer used, and which to use instead.
fn given_up(content: &Value, terms: &Terms) -> Vec<String> {
    let tags = content.get(TAGS).and_then(Value::as_array).into_iter().flatten();
    let said = tags.filter_map(|tag| {
        let term = terms.by_code(text(tag, "curie")).filter(|term| term.is_given_up)?;
        let instead = terms.successor(term).map_or_else(
            || "No other tag takes its place".to_owned(),
            |next| format!("Use “{}” ({}) instead", next.name, next.code),
        );
        Some(format!("“{}” is no longer used. {instead}.", name(tag, term)))
    });
    said.collect()
}

/// Makes a document's tags read as they are called now; for one that is no longer used, with its successor.
pub(crate) fn rename(content: &mut Value, terms: &Terms) {
    let tags = content.get_mut(TAGS).and_then(Value::as_array_mut);
    for tag in tags.into_iter().flatten() {
        let Some(term) = terms.by_code(text(tag, "curie")) else { continue };
        let mut shown = name(tag, term).to_owned();
        if term.is_given_up {
            let instead = terms
                .successor(term)
                .map(|next| format!("; use “{}” instead", next.name))
                .unwrap_or_default();
            shown = format!("{shown} (no longer used{instead})");
        }
        if let Some(fields) = tag.as_object_mut() {
            fields.insert("name".to_owned(), Value::String(shown));
        }
    }
}

fn name<'a>(tag: &'a Value, term: &'a Term) -> &'a str {
    if term.name.is_empty() { text(tag, "name") } else { &term.name }
}

/// Lets a tag's code follow the name that somebody chose: the code says which tag it is, also when its name changes.
pub(crate) fn follow(edits: &mut Vec<Edit>, content: &Value, keys: &ItemKeys, terms: &Terms) {
    let mut more = Vec::new();
    for edit in edits.iter_mut() {
        let Edit::Set { path, value } = edit else { continue };
        let Some(tag) = tag_named_at(path) else { continue };
        let Some(typed) = value.as_str().map(str::to_owned) else { continue };
        let term = terms.by_name(&typed);
        if let Some(term) = term {
            *value = Value::String(term.name.clone());
        }
        let fields = [
            ("curie", term.map(|term| &term.code)),
            ("term_uri", term.map(|term| &term.uri)),
            ("taxonomy_term_id", None),
        ];
        for (field, now) in fields {
            let now = now.filter(|now| !now.is_empty());
            let now = now.map_or(Value::Null, |now| Value::String(now.clone()));
            let path = tag.child(field.to_owned());
            let before = value_at(content, keys, &path.to_string());
            if before.is_some_and(|before| *before != now) || (before.is_none() && !now.is_null()) {
                more.push(Edit::Set { path, value: now });
            }
        }
    }
    // What was typed as a code goes before what follows from a name.
    more.retain(|new| {
        !edits.iter().any(|edit| match (edit, new) {
            (Edit::Set { path, value }, Edit::Set { path: other, .. }) => {
                path == other && !value.is_null()
            }
            _ => false,
        })
    });
    edits.retain(|edit| {
        !more.iter().any(|new| match (edit, new) {
            (Edit::Set { path, .. }, Edit::Set { path: other, .. }) => path == other,
            _ => false,
        })
    });
    edits.extend(more);
}

/// Returns the tag whose name stands at this path.
fn tag_named_at(path: &FieldPath) -> Option<FieldPath> {
    let (tag, field) = path.split_last()?;
    let is_tag = tag.tokens().len() == 2 && tag.tokens().first().is_some_and(|top| top == TAGS);
    (is_tag && field == "name").then_some(tag)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
