//! What is proposed for two lists of tags, why, and what is left.

use serde_json::{Value, json};

use super::*;
use crate::documents;

const FIRST: DocumentId = DocumentId([1; 32]);
const SECOND: DocumentId = DocumentId([2; 32]);

fn tags(prefix: &str, terms: Value) -> Value {
    json!({"document_type": "tagging_convention", "title": prefix, "body": {
        "taxonomy": {"curie_prefix": prefix, "uri": format!("https://{prefix}.example/tags")},
        "external_vocabularies": [{"curie_prefix": "esdNeed", "uri": "https://id.example/needs/"}],
        "terms": terms,
    }})
}

/// Returns what is proposed as short sentences: tag, relation, tag.
fn proposed(first: &Value, second: &Value) -> Vec<String> {
    let body = propose_matches((&FIRST, first), (&SECOND, second)).unwrap();
    let content = json!({"document_type": "crosswalk", "title": "T", "body": body});
    assert_eq!(documents::check(&content).unwrap().0, Kind::Crosswalk);
    let said = |one: &Value| {
        assert_eq!(one["status"], "proposed");
        let side = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", side("from_curie"), side("relation"), side("to_curie"))
    };
    content["body"]["mappings"].as_array().unwrap().iter().map(said).collect()
}

#[test]
fn the_best_reason_is_proposed_and_the_rest_is_listed_without_a_match() {
    let first = tags(
        "north",
        json!([
            {"curie": "north:food", "prefLabel": "Food", "term_uri": "https://all.example/food"},
            {"curie": "north:debt", "prefLabel": "Debt", "mappings": [{"relation": "broadMatch", "target": "south:money"}]},
            {"curie": "north:home", "prefLabel": "Housing", "mappings": [{"relation": "exactMatch", "target": "esdNeed:7"}]},
            {"curie": "north:rent", "prefLabel": "Rent", "mappings": [{"relation": "closeMatch", "target": "esdNeed:8"}]},
            {"curie": "north:lonely", "prefLabel": "Loneliness  and Isolation"},
            {"curie": "north:learn", "prefLabel": "Learning", "altLabel": ["Adult education"]},
            {"curie": "north:green", "prefLabel": "Green space"},
            {"curie": "north:old", "prefLabel": "Warmth", "status": "deprecated"},
        ]),
    );
    let second = tags(
        "south",
        json!([
            {"curie": "south:meals", "prefLabel": "Meals", "term_uri": "https://all.example/food"},
            {"curie": "south:money", "prefLabel": "Money"},
            {"curie": "south:homes", "prefLabel": "Homes", "mappings": [{"relation": "exactMatch", "target": "https://id.example/needs/7"}]},
            {"curie": "south:tenancy", "prefLabel": "Tenancy", "mappings": [{"relation": "exactMatch", "target": "esdNeed:8"}]},
            {"curie": "south:alone", "prefLabel": "loneliness and isolation"},
            {"curie": "south:courses", "prefLabel": "Courses", "altLabel": ["adult education", "Debt"]},
            {"curie": "south:warm", "prefLabel": "Warmth"},
        ]),
    );
    assert_eq!(
        proposed(&first, &second),
        [
            "north:food exactMatch south:meals",
            "north:debt broadMatch south:money",
            "north:home exactMatch south:homes",
            "north:rent closeMatch south:tenancy",
            "north:lonely closeMatch south:alone",
            "north:learn closeMatch south:courses",
            "north:green noMatch -",
            "- noMatch south:warm",
        ]
    );
    // Read from the other list, what is broader is narrower.
    assert_eq!(proposed(&second, &first)[1], "south:money narrowMatch north:debt");
}

#[test]
fn codes_of_lists_that_share_a_prefix_say_nothing() {
    let with = |name: &str, target: &str| {
        let mut list = tags(
            "need",
            json!([{"curie": "need:1", "prefLabel": name, "mappings": [{"relation": "exactMatch", "target": target}]}]),
        );
        list["body"]["taxonomy"]["uri"] = json!(null);
        list
    };
    assert_eq!(
        proposed(&with("Food", "need:1"), &with("Debt", "x:1")),
        ["need:1 noMatch -", "- noMatch need:1"]
    );
}

#[test]
fn two_tags_that_are_only_near_the_same_third_one_are_no_match() {
    let with = |prefix: &str, relation: &str| {
        tags(
            prefix,
            json!([{"curie": format!("{prefix}:a"), "prefLabel": prefix, "mappings": [{"relation": relation, "target": "esdNeed:1"}]}]),
        )
    };
    for (one, other, relation) in [
        ("exactMatch", "exactMatch", "exactMatch"),
        ("exactMatch", "broadMatch", "closeMatch"),
        ("closeMatch", "closeMatch", "closeMatch"),
        ("broadMatch", "broadMatch", "noMatch"),
        ("relatedMatch", "narrowMatch", "noMatch"),
    ] {
        let said = proposed(&with("n", one), &with("s", other));
        assert!(said[0].contains(relation), "{one} {other}: {said:?}");
    }
}

#[test]
fn what_cannot_be_matched_is_told_why() {
    let list = tags("n", json!([{"curie": "n:1", "prefLabel": "One"}]));
    let note = json!({"document_type": "note", "title": "Minutes", "body": {}});
    let empty =
        tags("e", json!([{"prefLabel": "nameless"}, {"curie": "e:1", "status": "deprecated"}]));
    let many = |count: usize| {
        let terms: Vec<Value> = (0..count).map(|n| json!({"curie": format!("m:{n}")})).collect();
        tags("m", Value::Array(terms))
    };
    let wrong =
        |first: &Value, second: &Value| propose_matches((&FIRST, first), (&SECOND, second)).err();
    assert_eq!(propose_matches((&FIRST, &list), (&FIRST, &list)).unwrap_err(), CannotMatch::Same);
    assert_eq!(wrong(&list, &note), Some(CannotMatch::NoList("Minutes".to_owned())));
    assert_eq!(wrong(&empty, &list), Some(CannotMatch::NoTags("e".to_owned())));
    assert_eq!(wrong(&list, &many(MATCHES_MAX - 1)), None);
    assert_eq!(wrong(&list, &many(MATCHES_MAX)), Some(CannotMatch::TooMany));
    assert_eq!(wrong(&many(MATCHES_MAX + 1), &list), Some(CannotMatch::TooMany));
    // Every tag has the name of every other: that is no help to anybody.
    let same = |prefix: &str| {
        let terms: Vec<Value> = (0..200)
            .map(|n| json!({"curie": format!("{prefix}:{n}"), "prefLabel": "Same"}))
            .collect();
        tags(prefix, Value::Array(terms))
    };
    assert_eq!(wrong(&same("a"), &same("b")), Some(CannotMatch::TooMany));
}
