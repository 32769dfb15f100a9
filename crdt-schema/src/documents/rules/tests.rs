//! Rules that hold between fields: each says the place and the remedy.

use serde_json::{Value, json};

use crate::documents::check;

/// Returns where something has to be put right.
fn wrong(content: &Value) -> Vec<String> {
    check(content).err().unwrap_or_default().into_iter().map(|problem| problem.pointer).collect()
}

fn request(decision: Value, conversation: Value) -> Value {
    json!({"document_type": "data_request", "title": "T", "body": {
        "requesting_organization": {"name": "Northmere Food Alliance"},
        "receiving_organization": {"name": "Northmere Borough Council"},
        "conversation": conversation, "decision": decision,
    }})
}

#[test]
fn a_no_needs_both_sides_and_a_reason() {
    let no = json!({"outcome": "declined", "reasons": ["It is not ours"], "what_would_change_the_answer": "A law"});
    let both = json!([{"by": "both", "text": "Talked"}]);
    let each = json!([{"by": "nfa", "text": "Please"}, {"by": "Northmere Borough Council", "text": "Sorry"}]);
    assert_eq!(wrong(&request(no.clone(), both.clone())), [""; 0]);
    assert_eq!(wrong(&request(no.clone(), each)), [""; 0]);
    for silent in [
        json!([]),
        json!([{"by": "nbc", "text": "No"}]),
        json!([{"by": "both", "text": " "}]),
        json!([{"by": "", "text": "Who?"}]),
    ] {
        let problems = wrong(&request(no.clone(), silent));
        assert!(
            problems.iter().all(|pointer| pointer == "/body/decision/outcome")
                && !problems.is_empty()
        );
    }
    for (field, pointer) in [
        ("reasons", "/body/decision/reasons"),
        ("what_would_change_the_answer", "/body/decision/what_would_change_the_answer"),
    ] {
        let mut without = no.clone();
        without[field] = json!(null);
        assert_eq!(wrong(&request(without, both.clone())), [pointer]);
    }
    let offered = json!({"outcome": "declined_with_alternative", "reasons": ["R"]});
    assert_eq!(
        wrong(&request(offered, both.clone())),
        ["/body/decision/alternative_offered/description"]
    );
    let mut closed = request(json!({}), both);
    closed["status"] = json!("declined");
    assert_eq!(wrong(&closed), ["/status"]);
    assert_eq!(wrong(&request(json!({"outcome": "approved"}), json!([]))), [""; 0]);
}

fn tags(terms: Value) -> Value {
    json!({"document_type": "tagging_convention", "title": "T", "body": {
        "taxonomy": {"uri": "https://tags.example/needs"}, "terms": terms,
    }})
}

#[test]
fn tags_hang_together() {
    for (terms, pointer) in [
        (json!([{"curie": "a:1"}, {"curie": "a:1"}]), "/body/terms/1/curie"),
        (
            json!([{"curie": "a:1", "term_uri": "https://tags.example/needs"}]),
            "/body/terms/0/term_uri",
        ),
        (
            json!([{"curie": "a:1", "prefLabel": "Food", "altLabel": ["Food"]}]),
            "/body/terms/0/altLabel",
        ),
        (json!([{"curie": "a:1", "broader": "a:1"}]), "/body/terms/0/broader"),
        (
            json!([{"curie": "a:1", "broader": "a:2"}, {"curie": "a:2", "broader": "a:1"}]),
            "/body/terms/0/broader",
        ),
        (
            json!([{"curie": "a:1", "broader": "a:2", "related": ["a:2"]}, {"curie": "a:2"}]),
            "/body/terms/0/related",
        ),
        (
            json!([{"curie": "a:1", "related": ["a:3"]}, {"curie": "a:2", "broader": "a:1"}, {"curie": "a:3", "broader": "a:2"}]),
            "/body/terms/0/related",
        ),
        (
            json!([{"curie": "a:1", "mappings": [{"relation": "exactMatch", "target": "b:1"}, {"relation": "broadMatch", "target": "b:1"}]}]),
            "/body/terms/0/mappings/0/relation",
        ),
        (json!([{"curie": "a:1", "replaced_by": "a:9"}]), "/body/terms/0/replaced_by"),
        (json!([{"curie": "a:1", "replaced_by": "a:1"}]), "/body/terms/0/replaced_by"),
    ] {
        assert_eq!(
            wrong(&tags(terms.clone())).first().map(String::as_str),
            Some(pointer),
            "{terms}"
        );
    }
    assert_eq!(wrong(&tags(json!([{}, {}, {"curie": "a:1", "broader": "other:7"}]))), [""; 0]);
}
