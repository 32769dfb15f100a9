//! Much of the same.

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::envelope::{Content, Envelope, Header, VERSION};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{EntryId, EnvelopeId, NodeId, PersonId, SessionId, WorkspaceId};
use crdt_schema::limits;
use crdt_schema::membership::{Act, Entry};
use engine::Input;
use engine::message::{Message, PlaceOnWire, pack_anew};

use crate::orphans::fill;
use crate::stage::{Stage, person};

fn hash(number: u64) -> [u8; 32] {
    let mut hash = [0xee; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

/// After a flood the node still does what it is there for.
fn still_works(stage: &mut Stage, workspace: WorkspaceId) {
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/title", "Still here");
    stage.crash(0);
    assert_eq!(stage.content(0, document).unwrap()["title"], "Still here");
}

#[test]
fn orphans_take_the_room_of_their_sender_only_as_long_as_it_is_there() {
    let (mut stage, workspace) = Stage::together(2);
    let from = stage.id(1);
    let held = fill(&mut stage, 1, workspace, 3 * limits::PENDING_BYTES);
    assert!(held.waiting > 0 && held.waiting_bytes <= limits::PENDING_BYTES, "{held:?}");
    assert_eq!(stage.kept(0).1.len(), 0, "what waits is not kept");
    stage.input(0, Input::PeerDown(from));
    let held = stage.nodes[0].engine.held();
    assert_eq!((held.waiting, held.waiting_bytes, held.wanted), (0, 0, 0));
    still_works(&mut stage, workspace);
}

#[test]
fn membership_entries_without_parents_are_not_kept() {
    let (mut stage, workspace) = Stage::together(2);
    let before = stage.kept(0).0;
    let (from, key) = (stage.id(1), stage.nodes[1].identity.key.clone());
    let mut parent = EntryId(hash(0));
    for _ in 0..20 {
        let chain: Vec<_> = (0..100)
            .map(|_| {
                let act = Act::Leave(Vec::new());
                let entry = Entry::new(&key, Some(workspace), vec![parent], stage.now, act);
                parent = entry.id();
                entry.to_bytes().into()
            })
            .collect();
        stage.hear(0, from, &Message::Entries { workspace, entries: chain });
    }
    assert_eq!(stage.kept(0).0, before);
    still_works(&mut stage, workspace);
}

#[test]
fn no_more_is_wanted_than_there_is_room_to_remember() {
    const MOST: usize = 1_000_000 + limits::WANT_LIST;
    let (mut stage, workspace) = Stage::together(2);
    let from = stage.id(1);
    for frame in 0..40 {
        let ids = (0..28_000).map(|at| EnvelopeId(hash(frame * 28_000 + at))).collect();
        stage.hear(0, from, &Message::Offer { workspace, ids, mark: Some(frame) });
    }
    let held = stage.nodes[0].engine.held();
    assert!((900_000..=MOST).contains(&held.wanted), "{held:?}");
    stage.input(0, Input::PeerDown(from));
    assert_eq!(stage.nodes[0].engine.held().wanted, 0);
    still_works(&mut stage, workspace);
}

#[test]
fn a_crowd_in_a_document_is_bounded_and_leaves() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let from = stage.id(1);
    for number in 0..1_000_u64 {
        let mut visitor = person("Mallory");
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        visitor.id = PersonId(id);
        let place = PlaceOnWire {
            path: "/title".to_owned(),
            caret: u32::MAX,
            heads: Heads::default().to_string(),
        };
        let message = Message::Presence { document, person: visitor, at: Some(place) };
        stage.hear(0, from, &message);
    }
    let held = stage.nodes[0].engine.held();
    assert!((100..=200).contains(&held.people), "{held:?}");
    stage.pass(Duration::from_secs(31));
    assert_eq!(stage.nodes[0].engine.held().people, 0);
    still_works(&mut stage, workspace);
}

#[test]
fn strangers_that_come_and_go_are_forgotten() {
    let (mut stage, workspace) = Stage::together(2);
    let known = stage.nodes[0].engine.held().nodes;
    for number in 0..6_000 {
        let stranger = NodeId(hash(number));
        let addresses = vec![format!("/ip4/198.51.100.7/tcp/{}", "1".repeat(300)); 100];
        stage.input(0, Input::Discovered(stranger, addresses));
        stage.input(0, Input::PeerUp(stranger));
        stage.input(0, Input::PeerDown(stranger));
        stage.input(0, Input::DialFailed(NodeId(hash(1_000_000 + number))));
    }
    let held = stage.nodes[0].engine.held();
    assert!(held.nodes <= known + 2 * 1_100, "{known} nodes before, then {held:?}");
    still_works(&mut stage, workspace);
}

#[test]
fn only_so_many_refusals_are_remembered() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let before = stage.kept(0);
    let (from, membership) = (stage.id(1), stage.heads(0, workspace));
    let identity = stage.nodes[1].identity.clone();
    for number in 0..500_u64 {
        let mut session = [0xee; 16];
        session[..8].copy_from_slice(&number.to_be_bytes());
        let header = Header {
            version: VERSION,
            workspace,
            document,
            organization: identity.card.organization,
            node: identity.key.id(),
            person: person("Mallory"),
            session: SessionId(session),
            seq: 1,
            previous: None,
            membership: membership.clone(),
            access: Vec::new(),
            time: stage.now,
            content: [0; 32],
            resumes: vec![],
        };
        let content = Content::Changes(vec![vec![0; 40].into()]);
        let bytes = Envelope::seal(&identity.key, header, None, content).to_bytes();
        let pack = pack_anew(&[bytes]);
        stage.hear(0, from, &Message::News { workspace, pack, mark: None });
    }
    let engine = &mut stage.nodes[0].engine;
    let refused: u64 = engine.reader().counters().refused.values().sum();
    assert_eq!(refused, 500);
    assert!((100..=200).contains(&engine.held().refusals), "{:?}", engine.held());
    assert_eq!(stage.kept(0), before);
    still_works(&mut stage, workspace);
}
