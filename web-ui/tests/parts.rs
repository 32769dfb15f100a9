//! The edit forms cover every field of the examples, and saving a form that nobody touched changes nothing.

use std::collections::BTreeSet;

use crdt_schema::identity::Kind as DocumentKind;
use serde_json::Value;
use web_ui::forms::part::{Kind, parse_part};
use web_ui::pages::edit::sample_keys;
use web_ui::pages::read::sample_document;
use web_ui::parts::{self, ItemKeys, PartField, PartForm, Widget};

const PATHWAY: DocumentKind = DocumentKind::ReferralPathway;

fn all_forms(document: &Value, keys: &ItemKeys) -> Vec<PartForm> {
    all_forms_of(PATHWAY, document, keys)
}

fn all_forms_of(kind: DocumentKind, document: &Value, keys: &ItemKeys) -> Vec<PartForm> {
    let mut forms = Vec::new();
    for part in parts::of(kind) {
        let items = if part.is_item {
            keys.get(part.root.as_ref()).cloned().unwrap_or_default()
        } else {
            vec![String::new()]
        };
        forms.extend(items.iter().map(|item| {
            parts::form(kind, part, item, document, keys).expect("every item has a form")
        }));
    }
    forms
}

/// An example of each kind but the pathway.
#[cfg(test)]
fn examples() -> Vec<(DocumentKind, Value)> {
    [
        include_str!("../../node/examples/aggregated-insight.debt-and-food.json"),
        include_str!("../../node/examples/community-insights-project.debt.json"),
        include_str!("../../node/examples/data-request.vulnerable-list-match.json"),
        include_str!("../../node/examples/data-sharing-agreement.cash-first.json"),
        include_str!("../../node/examples/dpia-lite.debt-insight.json"),
        include_str!("../../node/examples/idea-register.2026-2.json"),
        include_str!("../../node/examples/informed-consent.cash-first.json"),
        include_str!("../../node/examples/organization-profile.open-door.json"),
        include_str!("../../node/examples/programme-evaluation.2026.json"),
        include_str!("../../node/examples/survey.before-after.debt.json"),
        include_str!("../../node/examples/tagging-convention.northmere.json"),
    ]
    .iter()
    .map(|text| {
        let document: Value = serde_json::from_str(text).unwrap();
        (crdt_schema::documents::check(&document).unwrap().0, document)
    })
    .collect()
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
    untouched(PATHWAY, &sample_document());
    for (kind, document) in examples() {
        untouched(kind, &document);
    }
}

#[cfg(test)]
fn untouched(kind: DocumentKind, document: &Value) {
    let keys = sample_keys(document);
    for form in all_forms_of(kind, document, &keys) {
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
            let before = value_at(document, &path, &keys).unwrap_or(Value::Null);
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
    assert_eq!(
        parts::form(PATHWAY, parts::find(PATHWAY, "step").unwrap(), "99@0a", &document, &keys),
        None
    );
    assert!(parts::find(PATHWAY, "no-such-part").is_none());
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
            parts::overview(PATHWAY, &document, &keys).len(),
            parts::of(PATHWAY).iter().filter(|part| !part.is_item).count(),
            "{json}"
        );
        let _pathway = web_ui::pathway::Pathway::from_document(&document);
    }
}

#[test]
fn every_field_of_the_body_of_every_kind_can_be_edited() {
    for (kind, document) in examples() {
        let keys = sample_keys(&document);
        let mut wanted = BTreeSet::new();
        leaves(&document["body"], "/body", &keys, &mut wanted);
        let forms = all_forms_of(kind, &document, &keys);
        let offered: BTreeSet<String> =
            forms.iter().flat_map(all_fields).map(|field| field.path.clone()).collect();
        // What may have any shape is kept as the file brought it.
        let kept = ["/receipt_example", "/expected_days", "/kpis", "/node"];
        let is_offered = |path: &str| {
            offered.contains(path)
                || offered.iter().any(|field| field.starts_with(&format!("{path}/")))
                || kept.iter().any(|known| path.contains(known))
        };
        let missing: Vec<&String> = wanted
            .iter()
            .filter(|path| {
                !is_offered(path)
                    && value_at(&document, path, &keys)
                        .is_some_and(|value| !value.is_null() && value != serde_json::json!([]))
            })
            .collect();
        assert!(missing.is_empty(), "{kind}: {missing:?}");
    }
}

#[test]
fn no_two_parts_of_a_kind_have_one_name() {
    for kind in DocumentKind::ALL {
        let names: BTreeSet<&str> =
            parts::of(*kind).iter().map(|part| part.slug.as_ref()).collect();
        assert_eq!(names.len(), parts::of(*kind).len(), "{kind}: {names:?}");
        assert!(parts::of(*kind).iter().all(|part| !part.fields.is_empty()), "{kind}");
    }
}
