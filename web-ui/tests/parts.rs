//! The edit forms cover every field of the examples, and saving a form that nobody touched changes nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use web_ui::forms::part::{Kind, parse_part};
use web_ui::pages::edit::sample_keys;
use web_ui::pages::read::sample_document;
use web_ui::parts::{self, ItemKeys, PARTS, PartField, PartForm, Widget};

fn all_forms(document: &Value, keys: &ItemKeys) -> Vec<PartForm> {
    let mut forms = Vec::new();
    for part in PARTS {
        let items = if part.is_item {
            keys.get(part.root).cloned().unwrap_or_default()
        } else {
            vec![String::new()]
        };
        forms.extend(
            items.iter().map(|item| {
                parts::form(part, item, document, keys).expect("every item has a form")
            }),
        );
    }
    forms
}

fn all_fields(form: &PartForm) -> Vec<&PartField> {
    let items: Vec<_> = form.lists.iter().flat_map(|list| &list.items).collect();
    let inner = items
        .iter()
        .flat_map(|item| &item.lists)
        .flat_map(|list| &list.items)
        .flat_map(|item| &item.fields);
    form.fields.iter().chain(items.iter().flat_map(|item| &item.fields)).chain(inner).collect()
}

/// Returns the path of every value of the body that is no object, with the items' keys in it.
fn leaves(value: &Value, path: &str, keys: &ItemKeys, found: &mut BTreeSet<String>) {
    match (value, keys.get(path)) {
        (Value::Object(members), _) => {
            for (name, value) in members {
                leaves(value, &format!("{path}/{name}"), keys, found);
            }
        }
        (Value::Array(items), Some(keys_here)) => {
            for (item, key) in items.iter().zip(keys_here) {
                leaves(item, &format!("{path}/{key}"), keys, found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[test]
fn every_field_of_the_body_can_be_edited() {
    let document = sample_document();
    let keys = sample_keys(&document);
    let mut wanted = BTreeSet::new();
    leaves(&document["body"], "/body", &keys, &mut wanted);
    let forms = all_forms(&document, &keys);
    let offered: BTreeSet<String> =
        forms.iter().flat_map(all_fields).map(|field| field.path.clone()).collect();
    let missing: Vec<&String> = wanted.difference(&offered).collect();
    // The number of a step follows from its place; the last two are what the example adds beyond the known fields.
    let left_out = |path: &str| {
        path.ends_with("/step")
            || path.ends_with("/voucher_limit")
            || path.ends_with("/opening_hours")
    };
    assert!(missing.iter().all(|path| left_out(path)), "{missing:?}");
}

#[test]
fn saving_a_form_that_nobody_touched_changes_nothing() {
    let document = sample_document();
    let keys = sample_keys(&document);
    for form in all_forms(&document, &keys) {
        let mut posted = Vec::new();
        for field in all_fields(&form) {
            match &field.widget {
                Widget::Date(parts) => {
                    for (part, value) in ["day", "month", "year"].iter().zip(parts) {
                        posted.push((format!("{}:{part}", field.name), value.clone()));
                    }
                }
                _ => posted.push((field.name.clone(), field.value.replace('\n', "\r\n"))),
            }
        }
        for (path, value) in parse_part(&posted).unwrap() {
            let before = value_at(&document, &path, &keys).unwrap_or(Value::Null);
            let nothing =
                value == Value::String(String::new()) || value == Value::Array(Vec::new());
            assert!(
                value == before || (before.is_null() && nothing),
                "{path}: {before} became {value}"
            );
        }
    }
}

fn value_at(document: &Value, path: &str, keys: &ItemKeys) -> Option<Value> {
    let mut value = document;
    let mut walked = String::new();
    for segment in path.split('/').skip(1) {
        value = match value {
            Value::Array(items) => {
                items.get(keys[&walked].iter().position(|key| key == segment)?)?
            }
            other => other.get(segment)?,
        };
        walked = format!("{walked}/{segment}");
    }
    Some(value.clone())
}

#[test]
fn only_texts_that_are_there_and_fit_a_browser_are_live() {
    let mut document = sample_document();
    document["body"]["trigger"]["description"] = "one\r\ntwo".into();
    let keys = sample_keys(&document);
    for form in all_forms(&document, &keys) {
        for field in all_fields(&form).into_iter().filter(|field| field.live) {
            assert!(
                field.name.starts_with('/') && Kind::Text.prefix().is_empty(),
                "{}",
                field.name
            );
            assert!(
                value_at(&document, &field.path, &keys).is_some_and(|value| value.is_string()),
                "{}",
                field.path
            );
            assert_ne!(field.path, "/body/trigger/description");
        }
    }
}

#[test]
fn a_part_of_an_item_that_is_gone_has_no_form() {
    let document = sample_document();
    let keys = sample_keys(&document);
    assert_eq!(parts::form(parts::find("step").unwrap(), "99@0a", &document, &keys), None);
    assert!(parts::find("no-such-part").is_none());
}

#[test]
fn a_document_of_any_shape_is_read_without_harm() {
    for json in [
        "null",
        "[]",
        "{}",
        r#"{"body": 3}"#,
        r#"{"body": {"steps": {"a": 1}, "trigger": [1], "form": "x", "contacts": [1, null]}}"#,
    ] {
        let document: Value = serde_json::from_str(json).unwrap();
        let keys = sample_keys(&document);
        assert_eq!(
            parts::overview(&document, &keys).len(),
            PARTS.iter().filter(|part| !part.is_item).count(),
            "{json}"
        );
        let _pathway = web_ui::pathway::Pathway::from_document(&document);
    }
}
