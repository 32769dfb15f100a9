//! How a node that has nothing of a workspace yet gets all of it: one document after the other, without naming anything
//! by its id. When it is through, a reconciliation finds what is left.

use crdt_schema::identity::{
    DocumentId, EnvelopeId, NodeId, OrganizationId, Timestamp, WorkspaceId,
};
use tracing::error;

use super::exchange::ENVELOPES_BYTES;
use super::{Engine, send};
use crate::effects::Effects;
use crate::message::{Cursor, Message};

/// Frames that are on their way at a time.
const AHEAD: u32 = 3;

impl Engine {
    /// Asks a peer for everything, if nothing is here or an earlier peer left before it was through. Returns whether it did,
    /// or another peer is being asked: then it is too early to reconcile.
    pub(super) fn ask_for_all(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        effects: &mut Effects,
    ) -> bool {
        let is_empty = self.documents.arrivals(&workspace).is_empty();
        let Some(from) = self.sync.start_bulk(node, workspace, is_empty, self.steady) else {
            return false;
        };
        if let Some(from) = from {
            let message = Message::Give { workspace, from: Some(from), frames: AHEAD };
            send(effects, node, &message);
        }
        true
    }

    pub(super) fn on_give(
        &mut self,
        to: NodeId,
        workspace: WorkspaceId,
        from: Option<Cursor>,
        frames: u32,
        effects: &mut Effects,
    ) {
        let Some(reader) = self.workspaces.member_of(&workspace, &to) else { return };
        let Some(talk) = self.sync.open_talk(&to, &workspace) else { return };
        if let Some(from) = from {
            talk.giving = Some(from);
        }
        for _ in 0..frames.min(AHEAD) {
            let Some(from) =
                self.sync.open_talk(&to, &workspace).and_then(|talk| talk.giving.take())
            else {
                return;
            };
            let (envelopes, next) = self.next_of_all(&workspace, &reader, from);
            let Some(talk) = self.sync.open_talk(&to, &workspace) else { return };
            let pack = talk.pack(envelopes.iter().map(Vec::as_slice)).into();
            talk.giving = next;
            send(effects, to, &Message::Given { workspace, pack, next });
        }
    }

    /// Returns the envelopes that follow, as many as fit a frame, and where to go on.
    fn next_of_all(
        &mut self,
        workspace: &WorkspaceId,
        reader: &OrganizationId,
        from: Cursor,
    ) -> (Vec<Vec<u8>>, Option<Cursor>) {
        let (mut envelopes, mut size) = (Vec::new(), 0_usize);
        let (mut document, mut place) = (from.document, from.place);
        loop {
            let at = usize::try_from(place).unwrap_or(usize::MAX);
            let ids = self.documents.envelopes(&document).to_vec();
            for (at, id) in ids.iter().enumerate().skip(at) {
                let Some(bytes) = self.readable_to(&document, id, workspace, reader) else {
                    continue;
                };
                size = size.saturating_add(bytes.len());
                if size > ENVELOPES_BYTES && !envelopes.is_empty() {
                    let place = u64::try_from(at).unwrap_or(u64::MAX);
                    return (envelopes, Some(Cursor { document, place }));
                }
                envelopes.push(bytes);
            }
            let Some(next) = self.documents.after(&document) else { return (envelopes, None) };
            (document, place) = (next, 0);
        }
    }

    fn readable_to(
        &mut self,
        document: &DocumentId,
        id: &EnvelopeId,
        workspace: &WorkspaceId,
        reader: &OrganizationId,
    ) -> Option<Vec<u8>> {
        let held = self.documents.held(document)?;
        if held.genesis.workspace != *workspace || !held.may_have(id, reader) {
            return None;
        }
        match self.shelf.envelope(id) {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => {
                self.documents.miss(*id);
                None
            }
            Err(error) => {
                error!(%error, "cannot read the store");
                None
            }
        }
    }

    pub(super) fn on_given(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        pack: &[u8],
        next: Option<Cursor>,
        effects: &mut Effects,
    ) {
        let Some(envelopes) = self.unpack(from, workspace, pack, effects) else { return };
        // Only whom this node asked may send what it likes.
        if !self.sync.go_on_with_bulk(&from, &workspace, next, self.steady) {
            return;
        }
        if next.is_some() {
            send(effects, from, &Message::Give { workspace, from: None, frames: 1 });
        }
        self.take_all(from, workspace, envelopes, effects);
        if next.is_none() {
            self.reconcile_with_all(workspace, effects);
        }
    }

    /// Asks another peer when the one that was asked has gone, and nobody at all when it has not answered for long:
    /// then what is lacking is found by reconciling. Returns when to look again.
    pub(super) fn mind_bulk(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        for workspace in self.sync.bulk_that_waits() {
            if let Some(node) = self.sync.open_with(&workspace).first().copied() {
                self.ask_for_all(node, workspace, effects);
            }
        }
        for workspace in self.sync.end_late_bulk(self.steady) {
            self.reconcile_with_all(workspace, effects);
        }
        self.sync.bulk_due()
    }

    pub(super) fn reconcile_with_all(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        for node in self.sync.open_with(&workspace) {
            if self.identity.key.id() < node {
                self.start_reconciling(node, workspace, effects);
            } else {
                send(effects, node, &Message::Again { workspace });
            }
        }
    }
}
