//! What a disk lost is noticed, and had again from whoever has it.

use std::collections::BTreeMap;
use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::Input;

use crate::stage::Stage;

const HOUR: Duration = Duration::from_secs(3_600);

/// Two nodes that wrote in turns in one document, and each in one of its own.
fn written() -> (Stage, WorkspaceId, Vec<DocumentId>) {
    let (mut stage, workspace) = Stage::together(2);
    let shared = stage.create(0, workspace, Audience::default());
    for round in 0..4 {
        stage.set(round % 2, shared, "/title", &format!("Round {round}"));
    }
    let others = [
        stage.create(0, workspace, Audience::default()),
        stage.create(1, workspace, Audience::default()),
    ];
    stage.set(0, others[1], "/title", "By the other");
    stage.pass(HOUR);
    (stage, workspace, vec![shared, others[0], others[1]])
}

/// Both nodes must show the same, have all of it, and have said nothing twice.
fn whole(stage: &mut Stage, workspace: WorkspaceId, documents: &[DocumentId], context: &str) {
    for document in documents {
        let (one, other) = (stage.content(0, *document), stage.content(1, *document));
        assert!(one.is_some() && one == other, "{context}: {document} is {one:?} and {other:?}");
    }
    assert_eq!(stage.heads(0, workspace), stage.heads(1, workspace), "{context}");
    assert_eq!(stage.damaged(0), 0, "{context}");
    assert_eq!((stage.unsent(0), stage.unsent(1)), (0, 0), "{context}");
    for document in stage.nodes[0].engine.reader().kept_documents() {
        let state = stage.nodes[0].engine.reader().document_state(&document).unwrap();
        assert!(
            state.lost.is_empty() && state.untrue.is_empty() && state.early == 0,
            "{context}: {state:?}"
        );
    }
    let mut places = BTreeMap::new();
    for number in 0..2 {
        for bytes in stage.kept(number).1 {
            let id = Envelope::id_of(&bytes);
            let header = Envelope::from_bytes(&bytes).unwrap().header;
            let place = (header.node, header.session, header.document, header.seq);
            assert!(
                *places.entry(place).or_insert(id) == id,
                "{context}: something was said twice"
            );
        }
    }
}

/// Each one, every other, and all of them.
fn sets(count: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![(0..count).collect(), (0..count).step_by(2).collect()];
    sets.extend((0..count).map(|one| vec![one]));
    sets
}

#[test]
fn whatever_envelopes_a_start_does_not_find_come_back_from_a_peer() {
    let count = written().0.kept(0).1.len();
    assert_eq!(count, 8);
    for is_listed in [true, false] {
        for which in sets(count) {
            let context = format!("{which:?}, listed: {is_listed}");
            let (mut stage, workspace, documents) = written();
            stage.damage(0, &which, is_listed);
            stage.crash(0);
            stage.pass(HOUR);
            // What is listed is noticed when it is looked at.
            for document in &documents {
                stage.content(0, *document);
            }
            stage.pass(HOUR);
            stage.pass(HOUR);
            whole(&mut stage, workspace, &documents, &context);
            stage.set(0, documents[0], "/title", "It goes on");
            stage.set(1, documents[0], "/description", "Here, too");
            stage.crash(0);
            stage.pass(HOUR);
            whole(&mut stage, workspace, &documents, &context);
        }
    }
}

#[test]
fn what_a_look_at_the_disk_finds_is_asked_for_at_once_while_people_write() {
    let count = written().0.kept(0).1.len();
    for which in sets(count) {
        let context = format!("{which:?}");
        let (mut stage, workspace, documents) = written();
        let envelopes = stage.damage(0, &which, true);
        stage.input(0, Input::Lost { envelopes, entries: Vec::new() });
        // This node's own last words may be among what is lost; what it writes now must not stand in their place.
        for document in &documents {
            stage.set(0, *document, "/title", "Written while something was lost");
        }
        stage.run();
        stage.pass(HOUR);
        whole(&mut stage, workspace, &documents, &context);
    }
}

#[test]
fn what_nobody_else_has_stays_lost_and_stops_nothing_else() {
    let (mut stage, workspace, documents) = written();
    stage.is_cut = true;
    stage.unlink(0, 1);
    stage.run();
    stage.set(0, documents[0], "/title", "Nobody else knows this");
    let last = stage.kept(0).1.len() - 1;
    stage.damage(0, &[last], true);
    stage.crash(0);
    stage.content(0, documents[0]);
    stage.is_cut = false;
    stage.pass(HOUR);
    assert_eq!(stage.nodes[0].engine.reader().lost().len(), 1);
    stage.set(0, documents[0], "/title", "Said again");
    stage.set(1, documents[0], "/description", "Heard");
    stage.pass(HOUR);
    for document in &documents {
        assert_eq!(stage.content(0, *document), stage.content(1, *document));
    }
    assert_eq!(stage.content(1, documents[0]).unwrap()["title"], "Said again");
    assert_eq!(stage.unsent(1), 0, "a peer must not be kept waiting for what it has");
    assert_eq!(stage.heads(0, workspace), stage.heads(1, workspace));
}

#[test]
fn lost_membership_entries_come_back_also_the_one_that_founded_the_workspace() {
    let count = written().0.kept(0).0.len();
    for number in [0, 1] {
        for which in sets(count) {
            let context = format!("node {number}, {which:?}");
            let (mut stage, workspace, documents) = written();
            stage.damage_entries(number, &which);
            stage.crash(number);
            stage.pass(HOUR);
            stage.pass(HOUR);
            whole(&mut stage, workspace, &documents, &context);
            stage.set(number, documents[0], "/title", "It goes on");
            assert_eq!(
                stage.content(1 - number, documents[0]).unwrap()["title"],
                "It goes on",
                "{context}"
            );
        }
    }
}

#[test]
fn an_entry_that_is_damaged_while_the_node_runs_is_kept_again_from_memory() {
    let (mut stage, workspace, documents) = written();
    let entries: Vec<_> = stage.heads(0, workspace);
    let count = stage.kept(0).0.len();
    stage.damage_entries(0, &[count - 1]);
    stage.input(0, Input::Lost { envelopes: Vec::new(), entries });
    assert_eq!(stage.kept(0).0.len(), count);
    whole(&mut stage, workspace, &documents, "kept again");
}
