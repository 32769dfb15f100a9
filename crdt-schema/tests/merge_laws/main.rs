//! Merging documents of every kind: it commutes, associates, repeats harmlessly, and loses nothing.
//!
//! All changes go through the gate on their way to another replica, as they do between nodes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod fields;
mod random;
mod replica;

use automerge::Automerge;
use crdt_schema::document::{ChangeKind, Document, Edit, EditError, Splice};
use serde_json::{Value, json};

use replica::{
    CASH_FIRST, DOMESTIC_ABUSE, NOW, Replica, actor, cash_first, meet, patch, path, replicas, set,
    splice,
};

fn details(replica: &Replica) -> Vec<String> {
    let steps = replica.at("/body/steps");
    steps
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["detail"].as_str().unwrap_or("-").chars().take(12).collect())
        .collect()
}

#[test]
fn the_examples_come_out_as_they_went_in() {
    for text in [CASH_FIRST, DOMESTIC_ABUSE] {
        let content: Value = serde_json::from_str(text).unwrap();
        let (kind, checked) = crdt_schema::documents::check(&content).unwrap();
        let (document, genesis) = Document::create(kind, &actor(1), &checked, NOW).unwrap();
        assert_eq!(document.content(), content);
        let restored = Document::restore([genesis]).unwrap();
        assert_eq!(restored.content(), content);
        // Any Automerge library sees the same body.
        let loaded = Automerge::load(&document.save()).unwrap();
        let seen = serde_json::to_value(automerge::AutoSerde::from(&loaded)).unwrap();
        assert_eq!(seen["body"], content["body"]);
    }
}

#[test]
fn unknown_fields_survive_edits_and_merges() {
    let mut content = cash_first();
    content["x_local"] = json!({"a": [1, 2.5, null, true, {"b": []}], "c": {}, "big": u64::MAX, "neg": -3, "f": 1.0});
    content["body"]["steps"][1]["x_colour"] = json!("teal");
    let [mut one, mut two] = replicas(&content);
    one.edit(&[Edit::MergePatch(json!({"title": "New title"}))]).unwrap();
    two.edit(&[patch(json!([{"op": "move", "from": "/body/steps/1", "path": "/body/steps/0"}]))])
        .unwrap();
    let both = meet([one, two]);
    assert_eq!(both.at("/x_local"), content["x_local"]);
    assert_eq!(both.at("/body/steps/0/x_colour"), json!("teal"));
}

#[test]
fn letters_of_two_people_stay() {
    let [mut one, mut two] = replicas(&cash_first());
    one.edit(&[splice("/title", &[(0, 4, "Money")])]).unwrap();
    two.edit(&[set("/title", "Cash first: when somebody cannot afford food or fuel 🙂")]).unwrap();
    assert_eq!(
        meet([one, two]).at("/title"),
        "Money first: when somebody cannot afford food or fuel 🙂"
    );
}

#[test]
fn a_choice_made_differently_is_shown_and_settled() {
    let [mut one, mut two] = replicas(&cash_first());
    one.edit(&[set("/status", "in_review")]).unwrap();
    two.edit(&[set("/status", "superseded")]).unwrap();
    let mut both = meet([one, two.clone()]);
    let [conflict] = &both.document.conflicts()[..] else {
        panic!("{:?}", both.document.conflicts())
    };
    assert_eq!(
        (conflict.path.to_string(), conflict.label.as_str()),
        ("/status".to_owned(), "Status")
    );
    let mut values: Vec<&str> =
        conflict.values.iter().map(|(value, _)| value.as_str().unwrap()).collect();
    assert_eq!(conflict.values[0].0, both.at("/status"), "what is shown comes first");
    values.sort_unstable();
    assert_eq!(values, ["in_review", "superseded"]);
    // Choosing what is shown settles it too.
    let shown = both.at("/status");
    both.edit(&[set("/status", shown.clone())]).unwrap();
    assert_eq!((both.document.conflicts(), both.at("/status")), (vec![], shown));
}

#[test]
fn the_same_choice_is_no_conflict() {
    let [mut one, mut two] = replicas(&cash_first());
    one.edit(&[set("/body/consent_needed/required", false)]).unwrap();
    two.edit(&[set("/body/consent_needed/required", false)]).unwrap();
    assert_eq!(meet([one, two]).document.conflicts(), []);
}

#[test]
fn a_step_that_moves_keeps_what_others_write_in_it() {
    let [mut one, mut two] = replicas(&cash_first());
    let moved = one.item("/body/steps", 4);
    one.edit(&[Edit::Move { list: path("/body/steps"), item: moved.clone(), after: None }])
        .unwrap();
    two.edit(&[splice("/body/steps/4/detail", &[(0, 0, "Please: ")])]).unwrap();
    two.edit(&[Edit::Insert {
        list: path("/body/steps"),
        after: Some(moved),
        value: json!({"step": 6, "detail": "New"}),
    }])
    .unwrap();
    let both = meet([one, two]);
    assert_eq!(
        details(&both),
        ["Please: Tell", "Ask the prom", "Phone the fo", "Refer for a ", "Benefits che", "New"]
    );
    let numbers: Vec<Value> = both
        .at("/body/steps")
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].clone())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(both.document.conflicts(), []);
}

#[test]
fn two_moves_of_one_step_leave_one_step() {
    let [mut one, mut two, three] = replicas(&cash_first());
    let list = path("/body/steps");
    let (item, last) = (one.item("/body/steps", 2), one.item("/body/steps", 4));
    one.edit(&[Edit::Move { list: list.clone(), item: item.clone(), after: None }]).unwrap();
    two.edit(&[Edit::Move { list: list.clone(), item: item.clone(), after: Some(last) }]).unwrap();
    let both = meet([one, two, three]);
    let items = both.document.items(&list);
    assert_eq!(items.len(), 5);
    assert!(items.first() == Some(&item) || items.last() == Some(&item));
}

#[test]
fn what_two_people_add_stays_and_stays_together() {
    let [mut one, mut two] = replicas(&cash_first());
    let add = |replica: &mut Replica, name: &str| {
        let mut after = replica.item("/body/steps", 1);
        for number in 1..=3 {
            let value = json!({"detail": format!("{name}{number}")});
            replica
                .edit(&[Edit::Insert {
                    list: path("/body/steps"),
                    after: Some(after.clone()),
                    value,
                }])
                .unwrap();
            let items = replica.document.items(&path("/body/steps"));
            after = items[items.iter().position(|item| *item == after).unwrap() + 1].clone();
        }
    };
    add(&mut one, "one");
    add(&mut two, "two");
    let both = details(&meet([one, two]));
    let of = |name: &str| both.iter().position(|detail| detail.starts_with(name)).unwrap();
    for name in ["one", "two"] {
        let first = of(name);
        assert_eq!(
            &both[first..first + 3],
            [format!("{name}1"), format!("{name}2"), format!("{name}3")],
            "{both:?}"
        );
    }
    assert_eq!(both.len(), 11);
}

#[test]
fn lists_and_groups_created_at_the_same_time_are_both_shown() {
    let content = json!({"document_type": "referral_pathway", "title": "Empty", "body": {}});
    let [mut one, mut two] = replicas(&content);
    one.edit(&[Edit::MergePatch(
        json!({"body": {"steps": [{"detail": "one"}], "review": {"review_date": "2027-01-01"}}}),
    )])
    .unwrap();
    two.edit(&[Edit::MergePatch(
        json!({"body": {"steps": [{"detail": "two"}], "review": {"last_reviewed": "2026-01-01"}}}),
    )])
    .unwrap();
    let mut both = meet([one, two]);
    let mut seen = details(&both);
    seen.sort_unstable();
    assert_eq!(seen, ["one", "two"]);
    assert_eq!(
        both.at("/body/review"),
        json!({"review_date": "2027-01-01", "last_reviewed": "2026-01-01"})
    );
    assert_eq!(both.document.conflicts(), []);
    both.edit(&[
        Edit::Remove { path: path("/body/review/review_date") },
        set("/body/steps/1/detail", "three"),
        patch(json!([{"op": "remove", "path": "/body/steps/0"}, {"op": "add", "path": "/body/steps/-", "value": {"detail": "four"}}])),
    ])
    .unwrap();
    assert_eq!(both.at("/body/review"), json!({"last_reviewed": "2026-01-01"}));
    assert_eq!(details(&both), ["three", "four"]);
}

#[test]
fn an_edit_from_an_old_page_merges() {
    let [mut one, two] = replicas(&cash_first());
    let opened = one.document.heads();
    let end = one.at("/title").as_str().unwrap().len();
    one.edit(&[splice("/title", &[(0, 0, "A")]), set("/status", "draft")]).unwrap();
    one.edit_at(&opened, &[splice("/title", &[(end, 0, "Z")])]).unwrap();
    one.edit_at(&opened, &[splice("/title", &[(end, 0, "Y")])]).unwrap();
    let both = meet([one, two]);
    let title = both.at("/title").as_str().unwrap().to_owned();
    assert!(
        title.starts_with("ACash") && (title.ends_with("ZY") || title.ends_with("YZ")),
        "{title}"
    );
}

#[test]
fn nothing_is_done_when_one_edit_cannot_be() {
    let [mut one] = replicas(&cash_first());
    let before = one.document.heads();
    let error = one.edit(&[set("/title", "x"), set("/body/steps/9/detail", "y")]).unwrap_err();
    assert!(matches!(error, EditError::NotFound { .. }), "{error}");
    assert_eq!((one.document.heads(), one.content()), (before, cash_first()));
    one.edit(&[set("/title", cash_first()["title"].clone())]).unwrap();
    assert!(one.changes.is_empty(), "an edit that changes nothing makes no change");
}

#[test]
fn a_whole_list_sent_back_keeps_what_others_added() {
    let [mut one, mut two] = replicas(&cash_first());
    let mut steps = one.at("/body/steps");
    let array = steps.as_array_mut().unwrap();
    array.insert(1, json!({"step": 2, "who_acts": "referrer", "action": "check", "detail": "Check for a voucher."}));
    array[3]["detail"] = json!(
        "Refer for a benefits check and debt advice using the form below. Make it a warm handover."
    );
    array.swap(4, 5);
    for (number, step) in (1..).zip(array.iter_mut()) {
        step["step"] = json!(number);
    }
    let sent = steps.clone();
    one.edit(&[Edit::MergePatch(json!({"body": {"steps": steps}}))]).unwrap();
    assert_eq!(one.at("/body/steps"), sent);
    two.edit(&[splice("/body/steps/2/detail", &[(0, 0, "First: ")])]).unwrap();
    two.edit(&[Edit::Insert {
        list: path("/body/steps"),
        after: Some(two.item("/body/steps", 4)),
        value: json!({"step": 6, "detail": "Last"}),
    }])
    .unwrap();
    let both = meet([one, two]);
    assert_eq!(
        details(&both),
        [
            "Ask the prom",
            "Check for a ",
            "Phone the fo",
            "First: Refer",
            "Tell the ref",
            "Benefits che",
            "Last"
        ]
    );
}

#[test]
fn patches_do_what_the_standards_say() {
    let base = json!({"document_type": "referral_pathway", "title": "T", "a": {"b": [1, 2, 3], "c": null}, "list": [{"x": 1}, {"x": 2}]});
    let cases = [
        (json!([{"op": "add", "path": "/a/b/1", "value": 9}]), Some(("/a/b", json!([1, 9, 2, 3])))),
        (json!([{"op": "add", "path": "/a/b/-", "value": 9}]), Some(("/a/b", json!([1, 2, 3, 9])))),
        (json!([{"op": "add", "path": "/a/b/3", "value": 9}]), Some(("/a/b", json!([1, 2, 3, 9])))),
        (json!([{"op": "add", "path": "/a/b/4", "value": 9}]), None),
        (json!([{"op": "add", "path": "/a/b/01", "value": 9}]), None),
        (json!([{"op": "add", "path": "/a/new/deep", "value": 9}]), None),
        (
            json!([{"op": "add", "path": "/a/c", "value": {"d": []}}]),
            Some(("/a/c", json!({"d": []}))),
        ),
        (json!([{"op": "remove", "path": "/a/b/0"}]), Some(("/a/b", json!([2, 3])))),
        (json!([{"op": "remove", "path": "/a/z"}]), None),
        (
            json!([{"op": "replace", "path": "/a/b/2", "value": "x"}]),
            Some(("/a/b", json!([1, 2, "x"]))),
        ),
        (json!([{"op": "replace", "path": "/a/z", "value": 1}]), None),
        (
            json!([{"op": "move", "from": "/a/b/0", "path": "/a/b/2"}]),
            Some(("/a/b", json!([2, 3, 1]))),
        ),
        (
            json!([{"op": "move", "from": "/a/b/2", "path": "/a/b/0"}]),
            Some(("/a/b", json!([3, 1, 2]))),
        ),
        (
            json!([{"op": "move", "from": "/list/0", "path": "/list/-"}]),
            Some(("/list", json!([{"x": 2}, {"x": 1}]))),
        ),
        (json!([{"op": "move", "from": "/a", "path": "/a/b"}]), None),
        (
            json!([{"op": "move", "from": "/a/b/0", "path": "/a/d"}]),
            Some(("/a", json!({"b": [2, 3], "c": null, "d": 1}))),
        ),
        (
            json!([{"op": "copy", "from": "/list/0", "path": "/a/d"}]),
            Some(("/a/d", json!({"x": 1}))),
        ),
        (
            json!([{"op": "test", "path": "/a/b", "value": [1, 2.0, 3]}]),
            Some(("/a/b", json!([1, 2, 3]))),
        ),
        (json!([{"op": "test", "path": "/a/c", "value": false}]), None),
        (json!([{"op": "remove", "path": ""}]), None),
        (json!([{"op": "replace", "path": "/document_type", "value": "note"}]), None),
        (json!([{"op": "remove", "path": "/document_type"}]), None),
        (json!([{"op": "add", "path": "/_positions", "value": {}}]), None),
        (json!([{"op": "add", "path": "/a/", "value": 1}]), None),
    ];
    for (operations, expected) in cases {
        let [mut one] = replicas(&base);
        let outcome = one.edit(&[patch(operations.clone())]);
        match expected {
            Some((pointer, value)) => {
                outcome.unwrap_or_else(|error| panic!("{operations}: {error}"));
                assert_eq!(one.at(pointer), value, "{operations}");
            }
            None => assert!(outcome.is_err() && one.content() == base, "{operations}: {outcome:?}"),
        }
    }
    let [mut one] = replicas(&base);
    let merge = json!({"a": {"b": null, "c": {"k": null, "l": 1}, "z": null}, "title": "U", "list": [{"x": 2}]});
    one.edit(&[Edit::MergePatch(merge)]).unwrap();
    assert_eq!(
        one.content(),
        json!({"document_type": "referral_pathway", "title": "U", "a": {"c": {"l": 1}}, "list": [{"x": 2}]})
    );
}

#[test]
fn a_page_can_follow_a_text() {
    let [mut one, mut two] = replicas(&cash_first());
    let opened = one.document.heads();
    one.edit(&[splice("/title", &[(4, 0, "🙂"), (6, 1, ""), (0, 1, "k")])]).unwrap();
    two.edit(&[splice("/title", &[(10, 0, "👩‍🚒")])]).unwrap();
    let both = meet([one, two]);
    let title = path("/title");
    let mut seen: Vec<u16> = both.document.text(&title, &opened).unwrap().encode_utf16().collect();
    for Splice { at, delete, insert } in
        both.document.splices(&title, &opened, &both.document.heads()).unwrap().iter()
    {
        seen.splice(*at..at + delete, insert.encode_utf16());
    }
    assert_eq!(String::from_utf16(&seen).unwrap(), both.at("/title").as_str().unwrap());
    let end = both.document.text(&title, &opened).unwrap().encode_utf16().count();
    assert_eq!(
        both.document.position_at(&title, &opened, end, &both.document.heads()).unwrap(),
        seen.len()
    );
}

#[test]
fn a_comparison_says_in_words_what_changed() {
    let [mut one] = replicas(&cash_first());
    let before = one.document.heads();
    one.edit(&[
        splice("/body/steps/2/detail", &[(0, 5, "Send ")]),
        Edit::Move { list: path("/body/steps"), item: one.item("/body/steps", 4), after: None },
        Edit::Remove { path: path("/body/known_gaps/0") },
        set("/body/response_time/acknowledge", "same day"),
        set("/body/steps/2/next", "Then step 4"),
    ])
    .unwrap();
    let changes = one.document.compare(&before, &one.document.heads()).unwrap();
    let said: Vec<(ChangeKind, &str, String)> = changes
        .iter()
        .map(|change| (change.kind, change.label.as_str(), change.path.to_string()))
        .collect();
    assert!(
        said.contains(&(
            ChangeKind::Changed,
            "Response time: acknowledge",
            "/body/response_time/acknowledge".to_owned()
        )),
        "{said:?}"
    );
    assert!(
        said.contains(&(ChangeKind::Removed, "Known gap 1", "/body/known_gaps/0".to_owned())),
        "{said:?}"
    );
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said.contains(&(ChangeKind::Moved, "Step 1", "/body/steps/0".to_owned())), "{said:?}");
    assert!(
        said.contains(&(ChangeKind::Changed, "Step 4: detail", "/body/steps/3/detail".to_owned())),
        "{said:?}"
    );
    assert!(
        said.contains(&(
            ChangeKind::Added,
            "Step 3: what comes next",
            "/body/steps/2/next".to_owned()
        )),
        "{said:?}"
    );
}

#[test]
fn an_edit_of_a_very_old_page_is_still_admitted() {
    let [mut one, mut two] = replicas(&cash_first());
    let opened = one.document.heads();
    // More letters than operation numbers may be left out between a change and what it builds on.
    for _ in 0..8 {
        let value = json!({ "detail": "a".repeat(9_000) });
        one.edit(&[Edit::Insert { list: path("/body/steps"), after: None, value }]).unwrap();
    }
    one.edit_at(&opened, &[splice("/title", &[(0, 0, "Late: ")])]).unwrap();
    one.edit_at(&opened, &[splice("/title", &[(0, 0, "Later: ")])]).unwrap();
    two.take(&one);
    assert_eq!(two.content(), one.content());
    assert!(two.at("/title").as_str().unwrap().contains("Late: "));
    assert!(two.at("/title").as_str().unwrap().contains("Later: "));
}

#[test]
fn content_beyond_the_limits_is_refused_with_the_reason() {
    let mut content = cash_first();
    content["body"]["safeguarding"]["note"] = json!("x".repeat(11_000));
    let refused =
        Document::create(crdt_schema::identity::Kind::ReferralPathway, &actor(1), &content, NOW)
            .unwrap_err();
    assert!(refused.to_string().starts_with("more than 10000 operations"), "{refused}");
    let [mut one] = replicas(&cash_first());
    let mut deep = json!(1);
    for _ in 0..20 {
        deep = json!({ "x": deep });
    }
    for (value, reason) in [
        (json!("x".repeat(65_537)), "more than 65536 bytes in one text"),
        (deep, "more than 16 levels of lists and groups inside each other"),
        (json!({"k".repeat(257): 1}), "more than 256 bytes in the name of a field"),
        (json!({"": 1}), "a field needs a name"),
    ] {
        assert_eq!(one.edit(&[set("/x", value)]).unwrap_err().to_string(), reason);
    }
    assert_eq!(one.content(), cash_first());
}
