//! Search on real engines: what is found, how it stays true, and who finds nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};
use crdt_schema::membership::Change;
use engine::{Command, Done, Rank, Search};
use serde_json::{Value, json};

use crate::stage::{Stage, person};

fn search(stage: &mut Stage, at: usize, words: &str) -> Vec<(DocumentId, Rank)> {
    let search = Search { words: words.to_owned(), ..Search::default() };
    let found = stage.nodes[at].engine.reader().search(&search);
    found.into_iter().map(|one| (one.id, one.rank)).collect()
}

fn ids(stage: &mut Stage, at: usize, words: &str) -> Vec<DocumentId> {
    search(stage, at, words).into_iter().map(|(id, _)| id).collect()
}

fn write(stage: &mut Stage, workspace: WorkspaceId, kind: Kind, mut content: Value) -> DocumentId {
    content["document_type"] = json!(kind);
    let audience = Audience::default();
    let command =
        Command::CreateDocument { workspace, kind, audience, content, person: person("Priya") };
    stage.now.0 += 1_000;
    match stage.command(0, command) {
        Ok(Done::Document { id, .. }) => id,
        other => panic!("{other:?}"),
    }
}

fn note(stage: &mut Stage, workspace: WorkspaceId, title: &str, text: &str) -> DocumentId {
    let content = json!({"title": title, "description": text, "body": {}});
    write(stage, workspace, Kind::Note, content)
}

#[test]
fn the_best_are_found_first_and_among_equals_the_newest() {
    let (mut stage, workspace) = Stage::together(2);
    let in_text = stage.create(0, workspace, Audience::default());
    stage.set(0, in_text, "/body/steps/0/detail", "Offer a lift to the Warm Room.");
    let in_summary = note(&mut stage, workspace, "Winter", "Which rooms are warm, and when");
    let in_title = note(&mut stage, workspace, "Warm rooms", "");
    let newer = note(&mut stage, workspace, "The wärm ROOM list", "");
    for at in [0, 1] {
        assert_eq!(
            search(&mut stage, at, "room WARM"),
            [
                (newer, Rank::Title),
                (in_title, Rank::Title),
                (in_summary, Rank::Summary),
                (in_text, Rank::Text),
            ]
        );
    }
    assert_eq!(ids(&mut stage, 1, "warm nowhere"), []);
    assert_eq!(ids(&mut stage, 1, "..."), []);
    assert_eq!(ids(&mut stage, 1, "").len(), 4);

    let excerpt = stage.nodes[1].engine.reader().excerpt(&in_text, "warm lift").unwrap();
    assert_eq!(excerpt.label, "Step 1: detail");
    let marked: Vec<&str> =
        excerpt.pieces.iter().filter(|(_, is)| *is).map(|(text, _)| text.as_str()).collect();
    assert_eq!(marked, ["lift", "Warm"]);
}

#[test]
fn what_changes_is_found_by_its_new_words_and_no_longer_by_its_old_ones() {
    let (mut stage, workspace) = Stage::together(2);
    let document = note(&mut stage, workspace, "Warm rooms", "Open on Monday");
    assert_eq!(ids(&mut stage, 1, "monday"), [document]);
    stage.set(0, document, "/description", "Open on Tuesday");
    for at in [0, 1] {
        assert_eq!(ids(&mut stage, at, "monday"), [], "{at}");
        assert_eq!(ids(&mut stage, at, "tuesday"), [document], "{at}");
    }
    // After a restart too, whether or not the last words were written.
    stage.pass(Duration::from_secs(10));
    stage.crash(1);
    stage.pass(Duration::from_secs(10));
    assert_eq!(ids(&mut stage, 1, "monday"), []);
    assert_eq!(ids(&mut stage, 1, "tuesday"), [document]);
}

#[test]
fn a_search_opens_no_document_whose_words_are_kept_and_makes_missing_ones_anew() {
    let (mut stage, workspace) = Stage::together(2);
    let all: BTreeSet<DocumentId> = (0..100)
        .map(|number| note(&mut stage, workspace, &format!("Note {number}"), "Alike"))
        .collect();
    stage.pass(Duration::from_secs(10));
    stage.crash(1);
    let loaded = |stage: &mut Stage| stage.nodes[1].engine.reader().counters().documents_loaded;
    assert_eq!(loaded(&mut stage), 0);
    assert_eq!(ids(&mut stage, 1, "alike").len(), all.len());
    assert_eq!(loaded(&mut stage), 0, "found from the words alone");
    let before = stage.reads(1);
    assert_eq!(ids(&mut stage, 1, "note 77").len(), 1);
    assert_eq!(stage.reads(1), before, "from then on they are in memory");

    stage.crash(1);
    stage.lose_cached(1, "words/");
    assert_eq!(ids(&mut stage, 1, "alike").len(), all.len());
    assert!(loaded(&mut stage) > 0);
    for _ in 0..4 {
        stage.pass(Duration::from_secs(10));
    }
    for id in &all {
        assert!(stage.cached(1, &format!("words/{id}")).is_some(), "written again");
    }
}

#[test]
fn what_one_may_not_read_any_more_leaves_the_index() {
    let (mut stage, workspace) = Stage::together(3);
    let document = note(&mut stage, workspace, "Warm rooms", "Canary");
    stage.pass(Duration::from_secs(10));
    let key = format!("words/{document}");
    assert_eq!(ids(&mut stage, 2, "canary"), [document]);
    assert!(stage.cached(2, &key).is_some());

    let named = BTreeSet::from([0, 1].map(|at: usize| stage.nodes[at].identity.card.organization));
    let audience = Audience::new(Circle::Named(named.clone()), Circle::Named(named));
    let command = Command::SetAudience { document, audience, person: person("Priya") };
    stage.command(0, command).unwrap();
    stage.pass(Duration::from_secs(10));
    assert_eq!(ids(&mut stage, 2, "canary"), []);
    assert_eq!(stage.cached(2, &key), None);
    assert_eq!(ids(&mut stage, 1, "canary"), [document]);
    let reader = &mut stage.nodes[2].engine.reader();
    assert_eq!(reader.excerpt(&document, "canary"), None);
    assert!(reader.choices(None).kinds.is_empty(), "nor does it show in what can be chosen");

    let organization = stage.nodes[1].identity.card.organization;
    let change = Change::Remove { organization, reason: "Gone".to_owned() };
    let done = stage.command(0, Command::Propose { workspace, change });
    assert!(matches!(done, Ok(Done::Proposal { enacted: true, .. })), "{done:?}");
    assert_eq!(ids(&mut stage, 1, "canary"), [], "out of the workspace, out of the search");
    assert_eq!(ids(&mut stage, 0, "canary"), [document]);
}

#[test]
fn filters_narrow_and_data_requests_are_found_by_what_was_decided() {
    let (mut stage, workspace) = Stage::together(2);
    let request = |outcome: &str| {
        json!({
            "title": "Arrears by ward", "status": "open", "review_date": "2026-05-01",
            "geography": {"name": "Northmere", "gss_code": "E09000007"},
            "tags": [{"name": "Money and debt", "curie": "nm:debt"}],
            "body": {"decision": {"outcome": outcome}}
        })
    };
    let yes = write(&mut stage, workspace, Kind::DataRequest, request("approved_in_part"));
    let no = write(&mut stage, workspace, Kind::DataRequest, request("declined_with_alternative"));
    let open = write(&mut stage, workspace, Kind::DataRequest, request(""));
    let plain = note(&mut stage, workspace, "Arrears", "");
    let owner = stage.nodes[0].identity.card.organization;
    let stranger = stage.nodes[1].identity.card.organization;
    let any = Search { words: "arrears".to_owned(), ..Search::default() };
    let with = |change: &dyn Fn(&mut Search)| {
        let mut search = any.clone();
        change(&mut search);
        search
    };
    let cases: Vec<(Search, Vec<DocumentId>)> = vec![
        (any.clone(), vec![plain, open, no, yes]),
        (with(&|s| s.kind = Some(Kind::Note)), vec![plain]),
        (with(&|s| s.tag = "money AND debt".to_owned()), vec![open, no, yes]),
        (with(&|s| s.tag = "nm:debt".to_owned()), vec![open, no, yes]),
        (with(&|s| s.tag = "money".to_owned()), vec![]),
        (with(&|s| s.area = "northmere".to_owned()), vec![open, no, yes]),
        (with(&|s| s.area = "E09000007".to_owned()), vec![open, no, yes]),
        (with(&|s| s.owner = Some(owner)), vec![plain, open, no, yes]),
        (with(&|s| s.owner = Some(stranger)), vec![]),
        (with(&|s| s.status = "open".to_owned()), vec![open, no, yes]),
        (with(&|s| s.review_before = "2026-05-02".to_owned()), vec![open, no, yes]),
        (with(&|s| s.review_before = "2026-05-01".to_owned()), vec![]),
        (with(&|s| s.decision = Some(engine::Decided::Yes)), vec![yes]),
        (with(&|s| s.decision = Some(engine::Decided::No)), vec![no]),
        (with(&|s| s.decision = Some(engine::Decided::NotYet)), vec![open]),
        (with(&|s| s.words = "declined alternative".to_owned()), vec![no]),
        (with(&|s| s.workspace = Some(WorkspaceId([0; 32]))), vec![]),
    ];
    for (search, expected) in cases {
        let found = stage.nodes[1].engine.reader().search(&search);
        let found: Vec<DocumentId> = found.iter().map(|one| one.id).collect();
        assert_eq!(found, expected, "{search:?}");
    }
    let choices = stage.nodes[1].engine.reader().choices(Some(workspace));
    assert!(choices.tags.contains("Money and debt") && choices.areas.contains("Northmere"));
    assert_eq!(choices.owners.keys().collect::<Vec<_>>(), [&owner]);
    assert_eq!(choices.statuses.get("open"), Some(&Kind::DataRequest));
}
