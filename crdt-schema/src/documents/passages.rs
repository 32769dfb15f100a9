//! The texts of a document one by one, each with its place: what search looks through.

use serde_json::{Map, Value};

use super::{Shape, form, label, specs};
use crate::identity::Kind;

/// Fields at the top that say something to programs only, or that the network says itself.
pub(super) const UNREAD: &[&str] = &[
    "document_type",
    "schema_version",
    "id",
    "language",
    "version",
    "created",
    "last_modified",
    "access",
];

/// A text of a document.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    /// The names on the way to it; an item of a list has its number, counted from one.
    names: Vec<String>,
    /// What it says, as people read it.
    pub text: &'a str,
}

impl Passage<'_> {
    /// Returns what people call its place.
    #[must_use]
    pub fn label(&self, kind: Kind) -> String {
        label(kind, &self.names)
    }

    /// Is it what stands under this name at the top?
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.names.len() == 1 && self.names.first().is_some_and(|first| first == name)
    }
}

/// Returns the texts of a document, as people read them: for what is chosen from a list, its label.
#[must_use]
pub fn passages(kind: Kind, content: &Value) -> Vec<Passage<'_>> {
    let mut found = Vec::new();
    let fields = content.as_object().into_iter().flatten();
    for (name, value) in fields.filter(|(name, _)| !UNREAD.contains(&name.as_str())) {
        walk(kind, &mut vec![name.clone()], value, &mut found);
    }
    found
}

/// The depth is bounded: the gate lets nothing nest deeper than [`DEPTH`](crate::limits::DEPTH).
fn walk<'a>(kind: Kind, names: &mut Vec<String>, value: &'a Value, found: &mut Vec<Passage<'a>>) {
    match value {
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => {
            found.push(Passage { text: said(kind, names, text), names: names.clone() });
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                names.push(index.saturating_add(1).to_string());
                walk(kind, names, item, found);
                names.pop();
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                names.push(name.clone());
                walk(kind, names, field, found);
                names.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn said<'a>(kind: Kind, names: &[String], text: &'a str) -> &'a str {
    let place = form::find(specs(kind), names.iter().map(String::as_str));
    match place.map(|place| place.shape) {
        Some(Shape::Choice(known)) => {
            let label = known.iter().find(|(value, _)| *value == text).map(|(_, label)| *label);
            label.unwrap_or(text)
        }
        _ => text,
    }
}

/// Returns the name and the code of the area that a document is about, as far as it says so.
#[must_use]
pub fn area(content: &Value) -> Vec<String> {
    let area = content.get("geography").and_then(Value::as_object);
    let text = |area: &Map<String, Value>, field| area.get(field)?.as_str().map(str::to_owned);
    let fields = ["name", "gss_code"].into_iter();
    fields.filter_map(|field| text(area?, field)).filter(|text| !text.trim().is_empty()).collect()
}

/// Returns what was decided on a data request: a value of the form, or nothing as long as it is open.
#[must_use]
pub fn decision(content: &Value) -> String {
    let text = |pointer| content.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if text("/document_type") != Kind::DataRequest.word() {
        return String::new();
    }
    let (outcome, status) = (text("/body/decision/outcome"), text("/status"));
    let said = if outcome.is_empty() { status } else { outcome };
    if matches!(said, "draft" | "open") { String::new() } else { said.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_found_with_its_place_and_choices_by_their_labels() {
        let content = json!({
            "document_type": "data_request",
            "id": "18a0",
            "title": "Arrears by ward",
            "geography": {"name": "Northmere", "gss_code": "E09000007"},
            "body": {
                "record_level": false,
                "data_items": ["ward", " "],
                "conversation": [{"kind": "call", "text": "We talked."}],
                "decision": {"outcome": "declined_with_alternative", "x_local": "kept"}
            }
        });
        let found = passages(Kind::DataRequest, &content);
        let mut shown: Vec<(String, &str)> =
            found.iter().map(|one| (one.label(Kind::DataRequest), one.text)).collect();
        shown.sort();
        let expected = [
            ("Code", "E09000007"),
            ("Name", "Northmere"),
            ("Data items: line 1", "ward"),
            ("Decision: decision", "Declined, with an alternative"),
            ("Entry 1: what it was", "Call"),
            ("Entry 1: what was said", "We talked."),
            ("Title", "Arrears by ward"),
        ];
        for (label, text) in expected {
            assert!(
                shown.contains(&(label.to_owned(), text)),
                "{label}: {text} is not in {shown:#?}"
            );
        }
        assert_eq!(shown.len(), expected.len() + 1, "what is in no table is found too: {shown:#?}");
        assert_eq!(decision(&content), "declined_with_alternative");
        assert_eq!(area(&content), ["Northmere", "E09000007"]);
        assert!(found.iter().any(|one| one.is("title")));
    }

    #[test]
    fn the_date_of_a_review_goes_before_the_date_of_the_document() {
        for (content, date) in [
            (json!({"review_date": "2027-01-01"}), "2027-01-01"),
            (
                json!({"review_date": "2027-01-01", "body": {"review": {"review_date": "2026-01-01"}}}),
                "2026-01-01",
            ),
            (
                json!({"review_date": "2027-01-01", "body": {"review": {"review_date": ""}}}),
                "2027-01-01",
            ),
            (json!({"body": {"review": 3}}), ""),
        ] {
            assert_eq!(crate::documents::review_date(&content), date, "{content}");
        }
    }

    #[test]
    fn what_is_no_document_has_no_texts() {
        for content in [json!(null), json!(["a"]), json!({"geography": "Leeds", "body": 3})] {
            assert!(passages(Kind::Note, &content).len() <= 1);
            assert_eq!((area(&content).len(), decision(&content)), (0, String::new()));
        }
    }
}
