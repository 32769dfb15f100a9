//! Envelopes that build on what nobody has.

use crdt_schema::envelope::{Content, Envelope, Header, VERSION};
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, SessionId, WorkspaceId};
use engine::message::{Message, pack_anew};

use crate::stage::{Stage, person};

/// Returns an envelope of a node, of this many bytes, that cites a membership entry which is not there.
pub(crate) fn orphan(
    stage: &Stage,
    from: usize,
    workspace: WorkspaceId,
    number: u64,
    length: usize,
) -> Vec<u8> {
    let identity = &stage.nodes[from].identity;
    let mut id = [0xee; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let header = Header {
        version: VERSION,
        workspace,
        document: DocumentId(id),
        organization: identity.card.organization,
        node: identity.key.id(),
        person: person("Mallory"),
        session: SessionId([0xee; 16]),
        seq: 2,
        previous: Some(EnvelopeId(id)),
        membership: vec![EntryId(id)],
        access: Vec::new(),
        time: stage.now,
        content: [0; 32],
        resumes: vec![],
    };
    let mut change = length.saturating_sub(500);
    loop {
        let content = Content::Changes(vec![vec![0; change].into()]);
        let bytes = Envelope::seal(&identity.key, header.clone(), None, content).to_bytes();
        if bytes.len() == length {
            return bytes;
        }
        change = (change + length).checked_sub(bytes.len()).unwrap();
    }
}

/// Sends node 0 orphans of so many bytes altogether; returns what it holds then.
pub(crate) fn fill(
    stage: &mut Stage,
    from: usize,
    workspace: WorkspaceId,
    bytes: usize,
) -> engine::Held {
    const STEP: usize = 500_000;
    let sender = stage.id(from);
    let (mut left, mut number) = (bytes, 0);
    while left > 0 {
        // Nothing is left that is too short for an envelope.
        let length = if left > STEP + 2_000 { STEP } else { left };
        let envelope = orphan(stage, from, workspace, number, length);
        let news = Message::News { workspace, pack: pack_anew(&[envelope]), mark: None };
        stage.hear(0, sender, &news);
        left -= length;
        number += 1;
    }
    stage.nodes[0].engine.held()
}
