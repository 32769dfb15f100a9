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

#[test]
fn a_no_by_any_other_name_is_a_no() {
    for status in ["closed", "refused", "Rejected", "superseded"] {
        let mut closed = request(json!({}), json!([]));
        closed["status"] = json!(status);
        assert_eq!(wrong(&closed), ["/status"], "{status}");
        closed["body"]["decision"] = json!({"outcome": "approved"});
        assert_eq!(wrong(&closed), [""; 0], "{status}");
    }
    for outcome in ["No", "rejected", "Declined", "not_now"] {
        let silent = request(json!({"outcome": outcome}), json!([]));
        assert!(wrong(&silent).contains(&"/body/decision/reasons".to_owned()), "{outcome}");
    }
    let asked = json!([{"by": "Northmere Borough Council", "text": "We cannot"}]);
    let asks = json!([{"by": "nfa", "text": "We found the figures elsewhere"}]);
    let withdrawn = json!({"outcome": "withdrawn"});
    assert_eq!(wrong(&request(withdrawn.clone(), asked)), ["/body/decision/outcome"]);
    assert_eq!(wrong(&request(withdrawn, asks)), [""; 0]);
    let mut open = request(json!({}), json!([]));
    open["status"] = json!("open");
    assert_eq!(wrong(&open), [""; 0]);
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

fn crosswalk(mappings: Value) -> Value {
    json!({"document_type": "crosswalk", "title": "T", "body": {
        "from": {"uri": "https://a.example/tags"}, "to": {"uri": "https://b.example/tags"}, "mappings": mappings,
    }})
}

fn pair(relation: &str, from: &str, to: &str) -> Value {
    json!({"relation": relation, "from_curie": from, "to_curie": to})
}

#[test]
fn matches_of_two_lists_hang_together() {
    for (mappings, pointer) in [
        (json!([pair("exactMatch", "a:1", "b:1"), pair("broadMatch", "a:1", "b:1")]), "0/relation"),
        (
            json!([pair("relatedMatch", "a:1", "b:1"), pair("exactMatch", "a:1", "b:1")]),
            "1/relation",
        ),
        (json!([pair("closeMatch", "a:1", "b:1"), pair("closeMatch", "a:1", "b:1")]), "1/relation"),
        (json!([pair("noMatch", "a:1", ""), pair("noMatch", "a:1", "")]), "1/relation"),
        (json!([pair("noMatch", "a:1", ""), pair("closeMatch", "a:1", "b:1")]), "0/relation"),
        (json!([pair("noMatch", "", "b:1"), pair("closeMatch", "a:1", "b:1")]), "0/relation"),
        (json!([pair("noMatch", "a:1", "b:1")]), "0/relation"),
        (json!([pair("noMatch", "", "")]), "0/from_curie"),
        (json!([pair("exactMatch", "a:1", "")]), "0/to_curie"),
        (json!([pair("exactMatch", "", "b:1")]), "0/from_curie"),
        (json!([pair("sameAs", "a:1", "b:1")]), "0/relation"),
        (
            json!([{"from_uri": "https://x.example/1", "to_uri": "https://x.example/1", "relation": "closeMatch"}]),
            "0/relation",
        ),
        (json!([{"from_label": "Food"}]), "0/from_curie"),
        (json!([{"to_label": "Food", "from_curie": "a:1"}]), "0/to_curie"),
        (json!([{"from_uri": "food bank"}]), "0/from_uri"),
        (json!([{"from_curie": "a:1", "to_uri": "https://b.example/<x>"}]), "0/to_uri"),
        (json!([{"from_uri": "https://a.example/tags"}]), "0/from_uri"),
        // One says the address of a tag, the other its code only: still the same tag.
        (
            json!([
                {"from_curie": "a:1", "from_uri": "https://a.example/tags#1", "relation": "exactMatch", "to_curie": "b:1"},
                pair("narrowMatch", "a:1", "b:1"),
            ]),
            "0/relation",
        ),
    ] {
        let expected = format!("/body/mappings/{pointer}");
        assert_eq!(wrong(&crosswalk(mappings.clone())).first(), Some(&expected), "{mappings}");
    }
    let fine = json!([
        {}, {"note": "To look at"},
        pair("exactMatch", "a:1", "b:1"), pair("closeMatch", "a:1", "b:1"),
        pair("broadMatch", "a:1", "b:2"), pair("noMatch", "a:2", ""), pair("noMatch", "", "b:3"),
        {"from_uri": "urn:x:1", "to_uri": "https://b.example/tags#9", "relation": "relatedMatch"},
    ]);
    assert_eq!(wrong(&crosswalk(fine)), [""; 0]);
    let mut same = crosswalk(json!([]));
    same["body"]["to"]["uri"] = json!("https://a.example/tags");
    assert_eq!(wrong(&same), ["/body/to/uri"]);
}

#[test]
fn a_tag_that_means_the_same_as_two_is_to_be_looked_at() {
    let said = |mappings: Value| {
        let content = crosswalk(mappings);
        assert_eq!(wrong(&content), [""; 0]);
        let all = crate::documents::warnings(crate::identity::Kind::Crosswalk, &content);
        all.into_iter().map(|one| (one.pointer, one.message)).collect::<Vec<_>>()
    };
    let two = said(json!([pair("exactMatch", "a:1", "b:1"), pair("exactMatch", "a:1", "b:2")]));
    assert_eq!(two.len(), 1, "{two:?}");
    assert_eq!(two[0].0, "/body/mappings/1/relation");
    assert!(two[0].1.contains("“a:1” means the same as 2 tags of the second list: “b:1”, “b:2”"));
    let back = said(json!([pair("exactMatch", "a:1", "b:1"), pair("exactMatch", "a:2", "b:1")]));
    assert!(back[0].1.contains("2 tags of the first list"), "{back:?}");
    let both = said(json!([pair("closeMatch", "a:1", "b:1"), pair("broadMatch", "a:1", "b:1")]));
    assert!(both[0].1.contains("compared twice, in match 1 and match 2"), "{both:?}");
    assert_eq!(
        said(json!([pair("exactMatch", "a:1", "b:1"), pair("closeMatch", "a:1", "b:2")])),
        []
    );
}
