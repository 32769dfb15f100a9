//! The limits that the engine keeps, tried one below, at, and one above them.

use crdt_schema::audience::Audience;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use crdt_schema::limits;
use engine::message::Message;

use crate::orphans::{fill, orphan};
use crate::stage::Stage;

/// One below a limit, at it, and one above, and whether that much is let in.
fn around(limit: usize) -> [(usize, bool); 3] {
    [(limit - 1, true), (limit, true), (limit + 1, false)]
}

#[test]
fn a_frame_is_as_long_as_it_may_be() {
    let of = |length: usize| {
        let envelopes = vec![vec![0; length].into()];
        Message::News { workspace: WorkspaceId([1; 32]), envelopes, mark: None }.to_frame()
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
        let envelopes = vec![envelope.into()];
        stage.hear(0, from, &Message::News { workspace, envelopes, mark: None });
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
        stage.input(0, engine::Input::PeerDown(gone));
        stage.input(0, engine::Input::PeerUp(gone));
        let heads = stage.heads(0, workspace);
        stage.hear(0, gone, &Message::Membership { workspace, heads });
        assert_eq!(stage.nodes[0].engine.held().waiting_bytes, before);
    }
}
