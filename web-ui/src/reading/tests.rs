//! How documents of each kind read on their pages.

use crdt_schema::identity::Kind;
use serde_json::{Value, json};

use super::*;

fn example(text: &str) -> (Kind, Value) {
    let content: Value = serde_json::from_str(text).unwrap();
    (documents::check(&content).unwrap().0, content)
}

const EXAMPLES: &[&str] = &[
    include_str!("../../../node/examples/aggregated-insight.debt-and-food.json"),
    include_str!("../../../node/examples/community-insights-project.debt.json"),
    include_str!("../../../node/examples/data-request.arrears-by-ward.json"),
    include_str!("../../../node/examples/data-request.vulnerable-list-match.json"),
    include_str!("../../../node/examples/data-sharing-agreement.cash-first.json"),
    include_str!("../../../node/examples/dpia-lite.debt-insight.json"),
    include_str!("../../../node/examples/idea-register.2026-2.json"),
    include_str!("../../../node/examples/informed-consent.cash-first.json"),
    include_str!("../../../node/examples/organization-profile.open-door.json"),
    include_str!("../../../node/examples/programme-evaluation.2026.json"),
    include_str!("../../../node/examples/survey.before-after.debt.json"),
    include_str!("../../../node/examples/crosswalk.northmere-saltway.json"),
    include_str!("../../../node/examples/tagging-convention.northmere.json"),
];

/// Returns every sentence of a document that a person would miss.
fn sentences(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(' ') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| sentences(item, found)),
        Value::Object(members) => members.values().for_each(|value| sentences(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn nothing_of_an_example_is_hidden() {
    for text in EXAMPLES {
        let (kind, content) = example(text);
        let shown = format!("{:?}", Reading::of(kind, &content));
        let mut wanted = Vec::new();
        sentences(&content, &mut wanted);
        let title = documents::title(&content);
        for sentence in wanted.iter().filter(|sentence| **sentence != title) {
            let quoted = format!("{sentence:?}");
            assert!(shown.contains(quoted.trim_matches('"')), "{kind}: {sentence}");
        }
    }
}

#[test]
fn tags_are_a_tree_and_a_given_up_tag_names_its_successor() {
    let (kind, content) = example(EXAMPLES.last().unwrap());
    let reading = Reading::of(kind, &content);
    let Some(Block::Tree(tree)) =
        reading.sections.first().and_then(|section| section.blocks.first())
    else {
        panic!("no tree: {reading:?}")
    };
    let mut deep = 0_usize;
    let mut below_housing = Vec::new();
    for step in tree {
        match step {
            Branch::Open => deep += 1,
            Branch::Close => deep -= 1,
            Branch::Tag(tag) if deep == 1 => below_housing.push(tag.name.as_str()),
            Branch::Tag(tag) if tag.name == "Food poverty" => {
                assert_eq!(
                    (tag.status.as_str(), tag.instead.as_str()),
                    ("No longer used", "Food insecurity")
                );
            }
            Branch::Tag(_) | Branch::End => {}
        }
    }
    assert_eq!(deep, 0);
    assert_eq!(below_housing, ["Cooking skills", "Private renting", "Homelessness", "Bereavement"]);
}

#[test]
fn tags_that_go_round_in_a_ring_are_each_shown_once() {
    let terms = json!([
        {"curie": "a:1", "prefLabel": "One", "broader": "a:2"},
        {"curie": "a:2", "prefLabel": "Two", "broader": "a:1"},
        {"curie": "a:3", "prefLabel": "Three", "broader": "a:3"},
        {"prefLabel": "Four"},
    ]);
    let content =
        json!({"document_type": "tagging_convention", "title": "T", "body": {"terms": terms}});
    let shown = format!("{:?}", Reading::of(Kind::TaggingConvention, &content));
    for name in ["One", "Two", "Three", "Four"] {
        assert_eq!(shown.matches(&format!("name: {name:?}")).count(), 1, "{name}");
    }
}

#[test]
fn a_request_says_how_long_it_took() {
    let (kind, content) = example(EXAMPLES[3]);
    let reading = Reading::of(kind, &content);
    assert_eq!(reading.notices, ["First conversation after 7 days.", "Decided after 28 days."]);
    let shown = format!("{reading:?}");
    assert!(
        shown.contains("who: \"Northmere Food Alliance\"") && shown.contains("who: \"Both sides\""),
        "{shown}"
    );
}

#[test]
fn a_document_of_any_shape_is_read_without_harm() {
    for content in [
        json!(null),
        json!([]),
        json!({"body": 3, "tags": {"a": 1}, "review_date": []}),
        json!({"body": {"terms": [3, null, {"curie": {}}], "conversation": [[]], "parties": "x", "purpose": [1]}}),
    ] {
        for kind in Kind::ALL {
            let _read = Content::of(*kind, &content);
        }
    }
}
