//! Every kind of document: its examples come out as they went in, its form has every field of them, and the manual
//! names every text that merges letter by letter.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use automerge::ActorId;
use crdt_schema::document::Document;
use crdt_schema::documents::{self, Shape, Spec};
use crdt_schema::identity::{Kind, Timestamp};
use serde_json::{Value, json};

const EXAMPLES: &[&str] = &[
    include_str!("../../node/examples/aggregated-insight.debt-and-food.json"),
    include_str!("../../node/examples/community-insights-project.debt.json"),
    include_str!("../../node/examples/crosswalk.northmere-saltway.json"),
    include_str!("../../node/examples/data-request.arrears-by-ward.json"),
    include_str!("../../node/examples/data-request.vulnerable-list-match.json"),
    include_str!("../../node/examples/data-sharing-agreement.cash-first.json"),
    include_str!("../../node/examples/data-sharing-agreement.saltway-fork.json"),
    include_str!("../../node/examples/dpia-lite.debt-insight.json"),
    include_str!("../../node/examples/idea-register.2026-2.json"),
    include_str!("../../node/examples/informed-consent.cash-first.json"),
    include_str!("../../node/examples/organization-profile.open-door.json"),
    include_str!("../../node/examples/programme-evaluation.2026.json"),
    include_str!("../../node/examples/referral-pathway.cash-first.json"),
    include_str!("../../node/examples/referral-pathway.domestic-abuse.json"),
    include_str!("../../node/examples/survey.before-after.debt.json"),
    include_str!("../../node/examples/tagging-convention.northmere.json"),
];

fn examples() -> impl Iterator<Item = Value> {
    EXAMPLES.iter().map(|text| serde_json::from_str(text).unwrap())
}

#[test]
fn every_example_comes_out_as_it_went_in() {
    for content in examples() {
        let (kind, checked) = documents::check(&content).unwrap();
        assert_eq!(content["document_type"], kind.word());
        assert!(!documents::title(&content).is_empty(), "{kind}");
        let author = ActorId::from([1; 16].as_slice());
        let (document, genesis) =
            Document::create(kind, &author, &checked, Timestamp(1_790_000_000_000)).unwrap();
        assert_eq!(document.content(), content, "{kind}");
        assert_eq!(Document::restore([genesis]).unwrap().content(), content, "{kind}");
    }
}

/// Returns the paths of what a form has no place for.
fn strangers(value: &Value, fields: &[Spec], path: &str, found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        match fields.iter().find(|spec| spec.path == name).map(|spec| spec.shape) {
            None => found.push(path),
            Some(Shape::Group(fields)) => strangers(value, fields, &path, found),
            Some(Shape::List(list)) => {
                for item in value.as_array().into_iter().flatten() {
                    strangers(item, list.fields, &path, found);
                }
            }
            Some(_) => {}
        }
    }
}

#[test]
fn the_forms_have_every_field_of_the_examples() {
    for content in examples() {
        let (kind, _) = documents::check(&content).unwrap();
        if kind != Kind::ReferralPathway {
            let mut found = Vec::new();
            strangers(&content, documents::specs(kind), "", &mut found);
            assert_eq!(found, ["/_note"], "{kind}");
        }
    }
}

/// Returns every path of a form that is a text which merges letter by letter.
fn texts(fields: &[Spec], path: &str, found: &mut Vec<String>) {
    for spec in fields {
        let path =
            if path.is_empty() { spec.path.to_owned() } else { format!("{path}.{}", spec.path) };
        match spec.shape {
            Shape::Long | Shape::Line => found.push(path),
            Shape::Lines => found.push(format!("{path}[]")),
            Shape::Group(fields) => texts(fields, &path, found),
            Shape::List(list) => texts(list.fields, &format!("{path}[]"), found),
            _ => {}
        }
    }
}

#[test]
fn the_manual_names_every_text() {
    let manual = include_str!("../../docs/merging.md");
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::ReferralPathway) {
        let mut found = Vec::new();
        texts(documents::specs(*kind), "", &mut found);
        let named: Vec<String> = found.iter().map(|path| format!("`{path}`")).collect();
        let row = format!("| `{kind}` | {} |", named.join(", "));
        assert!(manual.contains(&row), "docs/merging.md lacks this row:\n{row}");
    }
}

#[test]
fn the_schema_says_what_a_field_is_called_and_how_it_merges() {
    for kind in Kind::ALL {
        let schema = documents::schema(*kind);
        assert!(schema.pointer("/properties/document_type").is_some(), "{kind}");
        let title = format!("/properties/{}", documents::title_field(*kind));
        assert!(schema.pointer(&title).is_some(), "{kind}");
    }
    let schema = documents::schema(Kind::DataSharingAgreement);
    let aims = schema.pointer("/$defs/Purpose/properties/aims").unwrap();
    assert_eq!(aims["title"], "What it is for");
    assert_eq!(aims["x-merge"], "text");
    assert_eq!(aims["description"], "What will people get that they do not get now?");
}

#[test]
fn a_file_that_is_wrong_is_told_where() {
    for (content, pointer) in [
        (json!({"document_type": "service", "title": "T"}), ""),
        (
            json!({"document_type": "note", "title": "T", "body": {"actions": [{}, {"due": 3}]}}),
            "/body/actions/1/due",
        ),
        (
            json!({"document_type": "data_sharing_agreement", "title": "T", "body": {"information_governance": {"retention": {"period_months": "six"}}}}),
            "/body/information_governance/retention/period_months",
        ),
        (
            json!({"document_type": "tagging_convention", "title": "T", "body": {"terms": {"code": "a"}}}),
            "/body/terms",
        ),
    ] {
        let problems = documents::check(&content).unwrap_err();
        assert_eq!(problems[0].pointer, pointer, "{problems:?}");
    }
}
