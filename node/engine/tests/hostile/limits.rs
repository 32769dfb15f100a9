//! The limits that the engine keeps, tried one below, at, and one above them.

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{EnvelopeId, NodeId, PersonId, Timestamp, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::limits;
use crdt_schema::phrase::Lookup;
use engine::message::{AddressRecord, Message, PlaceOnWire, pack_anew};
use engine::{Command, Input};

use crate::orphans::{fill, orphan};
use crate::stage::{Stage, person};

/// One below a limit, at it, and one above, and whether that much is let in.
fn around(limit: usize) -> [(usize, bool); 3] {
    [(limit - 1, true), (limit, true), (limit + 1, false)]
}

#[test]
fn a_frame_is_as_long_as_it_may_be() {
    let of = |length: usize| {
        let pack = vec![0; length].into();
        Message::News { workspace: WorkspaceId([1; 32]), pack, mark: None }.to_frame()
    };
    for (length, is_read) in around(limits::FRAME_BYTES) {
        let rest = length - 1_000;
        let frame = of(rest + length - of(rest).len());
        assert_eq!(frame.len(), length);
        assert_eq!(Message::from_frame(&frame).is_ok(), is_read, "{length}");
    }
}

#[test]
fn a_list_of_wants_is_as_long_as_it_may_be() {
    let (mut stage, workspace) = Stage::together(2);
    stage.create(0, workspace, Audience::default());
    let known = Envelope::id_of(&stage.kept(0).1[0]);
    let from = stage.id(1);
    for (count, is_answered) in around(limits::WANT_LIST) {
        let others = (1..count).map(|at| {
            let mut id = [0xee; 32];
            id[..8].copy_from_slice(&(at as u64).to_be_bytes());
            EnvelopeId(id)
        });
        let ids = std::iter::once(known).chain(others).collect();
        let heard = stage.hear(0, from, &Message::Want { workspace, ids });
        assert_eq!(!heard.is_empty(), is_answered, "{count}: {} messages", heard.len());
    }
}

#[test]
fn as_many_envelopes_of_one_peer_wait_as_may() {
    let (mut stage, workspace) = Stage::together(2);
    let from = stage.id(1);
    for number in 0..limits::PENDING_CHANGES + 1 {
        let envelope = orphan(&stage, 1, workspace, number as u64, 600);
        let pack = pack_anew(&[envelope]);
        stage.hear(0, from, &Message::News { workspace, pack, mark: None });
        let held = stage.nodes[0].engine.held();
        assert_eq!(held.waiting, (number + 1).min(limits::PENDING_CHANGES));
    }
}

#[test]
fn as_many_bytes_of_one_peer_wait_as_may() {
    for (bytes, fits) in around(limits::PENDING_BYTES) {
        let (mut stage, workspace) = Stage::together(2);
        let held = fill(&mut stage, 1, workspace, bytes);
        assert_eq!(held.waiting_bytes == bytes, fits, "{bytes}: {held:?}");
        assert!(held.waiting_bytes <= limits::PENDING_BYTES);
    }
}

#[test]
fn as_much_of_a_log_that_does_not_speak_of_us_is_kept_as_may() {
    const STEP: usize = 1_000_000;
    for (bytes, fits) in around(limits::GATHERED_BYTES) {
        let mut stage = Stage::new(2);
        let workspace = stage.found(0);
        let (invite, inviter) = (stage.invite(0, workspace, 1), stage.id(0));
        stage.is_cut = true;
        stage.command(1, Command::Join { invite }).unwrap();
        let mut left = bytes;
        while left > 0 {
            let length = left.min(STEP);
            let entries = vec![vec![0; length].into()];
            stage.hear(1, inviter, &Message::Entries { workspace, entries });
            left -= length;
        }
        let kept = stage.nodes[1].engine.held().gathered_bytes;
        assert_eq!(kept, if fits { bytes } else { 0 });
    }
}

#[test]
fn as_many_bytes_of_all_peers_wait_as_may() {
    const LAST: usize = 100_000;
    let full = limits::PENDING_BYTES_NODE / limits::PENDING_BYTES;
    let (mut stage, workspace) = Stage::together(full + 2);
    for peer in 1..full {
        fill(&mut stage, peer, workspace, limits::PENDING_BYTES);
    }
    fill(&mut stage, full, workspace, limits::PENDING_BYTES - LAST);
    let before = limits::PENDING_BYTES_NODE - LAST;
    for (bytes, fits) in around(LAST) {
        let held = fill(&mut stage, full + 1, workspace, bytes);
        let expected = if fits { before + bytes } else { before };
        assert_eq!(held.waiting_bytes, expected);
        // What a peer sent waits as long as it is there.
        let gone = stage.id(full + 1);
        stage.input(0, Input::PeerDown(gone));
        stage.input(0, Input::PeerUp(gone));
        let heads = stage.heads(0, workspace);
        stage.hear(0, gone, &Message::Membership { workspace, heads });
        assert_eq!(stage.nodes[0].engine.held().waiting_bytes, before);
    }
}

#[test]
fn an_invite_is_asked_for_as_often_as_it_may_be() {
    let (mut stage, _) = Stage::together(1);
    let stranger = NodeId([7; 32]);
    for (times, is_answered) in around(limits::LOOKUPS) {
        stage.input(0, Input::PeerUp(stranger));
        let mut answers = 0;
        for _ in 0..times {
            answers += stage.hear(0, stranger, &Message::Lookup(Lookup([9; 32]))).len();
        }
        assert_eq!(answers, times.min(limits::LOOKUPS));
        assert_eq!(answers == times, is_answered, "{times}");
        stage.input(0, Input::PeerDown(stranger));
    }
}

/// Somebody of an organisation whose number this is.
fn somebody(number: usize) -> Person {
    let mut person = person("Mallory");
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    person.id = PersonId(id);
    person
}

/// Says of so many people at node 1 that they are in a document, at a place; returns how many node 0 shows.
fn shown(people: usize, path: &str, heads: &str) -> usize {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let from = stage.id(1);
    for number in 0..people {
        let at = PlaceOnWire { path: path.to_owned(), caret: 0, heads: heads.to_owned() };
        let person = somebody(number);
        stage.hear(0, from, &Message::Presence { document, person, at: Some(at) });
    }
    stage.nodes[0].engine.held().people
}

#[test]
fn as_many_people_of_one_organisation_are_shown_as_may() {
    for (people, fits) in around(limits::PEOPLE_PER_ORGANIZATION) {
        assert_eq!(shown(people, "/title", "") == people, fits, "{people}");
    }
}

#[test]
fn as_many_people_are_shown_in_a_document_as_may() {
    let (mut stage, workspace) = Stage::together(4);
    let document = stage.create(0, workspace, Audience::default());
    let each = limits::PEOPLE_PER_DOCUMENT / 3 + 2;
    for number in 0..3 * each {
        let from = stage.id(1 + number / each);
        let at = PlaceOnWire { path: "/title".to_owned(), caret: 0, heads: String::new() };
        let person = somebody(number);
        stage.hear(0, from, &Message::Presence { document, person, at: Some(at) });
        let held = stage.nodes[0].engine.held().people;
        assert_eq!(held, (number + 1).min(limits::PEOPLE_PER_DOCUMENT));
    }
    assert!(3 * each > limits::PEOPLE_PER_DOCUMENT + 1);
}

#[test]
fn a_place_is_as_long_as_it_may_be() {
    for (length, fits) in around(limits::PLACE_PATH_BYTES) {
        let path = format!("/{}", "a".repeat(length - 1));
        assert_eq!(shown(1, &path, "") == 1, fits, "{length}");
    }
    for (count, fits) in around(limits::PLACE_HEADS) {
        let heads: Vec<String> = (0..count).map(|at| format!("{at:064x}")).collect();
        assert_eq!(shown(1, "/title", &heads.join(".")) == 1, fits, "{count}");
    }
}

#[test]
fn as_many_address_records_of_a_node_are_taken_as_may() {
    for (count, fits) in around(limits::ADDRESS_RECORDS) {
        let (mut stage, _) = Stage::together(3);
        stage.pass(Duration::from_secs(24 * 60 * 60));
        let (from, key) = (stage.id(1), stage.nodes[1].identity.key.clone());
        let mut passed_on = 0;
        for number in 0..count {
            let address = format!("/ip4/198.51.100.7/tcp/{}", number + 1);
            let time = Timestamp(stage.now.0 + number as u64);
            let record = AddressRecord::new(&key, vec![address], time);
            passed_on += stage.hear(0, from, &Message::Addresses(vec![record])).len();
        }
        assert_eq!(passed_on == count, fits, "{count}: {passed_on}");
    }
}
