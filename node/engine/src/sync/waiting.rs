//! Envelopes that came too early.

use std::collections::BTreeMap;

use crdt_schema::identity::{DocumentId, EnvelopeId, NodeId, WorkspaceId};
use crdt_schema::limits;

/// Protects memory: how many senders of a waiting envelope are told apart.
const SENDERS: usize = 64;

/// Envelopes that build on something which is not here yet, bounded.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(super) envelopes: BTreeMap<EnvelopeId, Early>,
    pub(super) bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Early {
    /// Everyone who sent it: each of them believes it to be on its way to the disk. Whoever sent it first comes first.
    pub(crate) from: Vec<NodeId>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) document: DocumentId,
    pub(crate) bytes: Vec<u8>,
}

impl Waiting {
    /// Lets an envelope wait; returns whether there was room.
    pub(crate) fn add(&mut self, id: EnvelopeId, early: Early) -> bool {
        if let Some(known) = self.envelopes.get_mut(&id) {
            let new: Vec<NodeId> =
                early.from.into_iter().filter(|node| !known.from.contains(node)).collect();
            let fits = known.from.len().saturating_add(new.len()) <= SENDERS;
            if fits {
                known.from.extend(new);
            }
            return fits;
        }
        let of_peer =
            self.envelopes.values().filter(|known| known.from.first() == early.from.first());
        let (count, bytes) = of_peer.fold((0, 0_usize), |(count, bytes), known| {
            (count + 1, bytes.saturating_add(known.bytes.len()))
        });
        let size = early.bytes.len();
        let fits = count < limits::PENDING_CHANGES
            && bytes.saturating_add(size) <= limits::PENDING_BYTES
            && self.bytes.saturating_add(size) <= limits::PENDING_BYTES_NODE;
        if fits {
            self.bytes = self.bytes.saturating_add(size);
            self.envelopes.insert(id, early);
        }
        fits
    }

    /// Takes out what waits in a workspace, or for one document of it.
    pub(crate) fn take_out(
        &mut self,
        workspace: &WorkspaceId,
        document: Option<&DocumentId>,
    ) -> Vec<(EnvelopeId, Early)> {
        let is_meant = |early: &Early| {
            early.workspace == *workspace
                && document.is_none_or(|document| early.document == *document)
        };
        let taken: Vec<(EnvelopeId, Early)> =
            self.envelopes.extract_if(.., |_, early| is_meant(early)).collect();
        self.bytes =
            self.bytes.saturating_sub(taken.iter().map(|(_, early)| early.bytes.len()).sum());
        taken
    }

    pub(crate) fn has_from(&self, node: &NodeId, workspace: &WorkspaceId) -> bool {
        self.envelopes
            .values()
            .any(|early| early.from.contains(node) && early.workspace == *workspace)
    }

    pub(super) fn drop_from(&mut self, node: &NodeId) {
        for early in self.envelopes.values_mut() {
            early.from.retain(|from| from != node);
        }
        let dropped: usize = self
            .envelopes
            .extract_if(.., |_, early| early.from.is_empty())
            .map(|(_, early)| early.bytes.len())
            .sum();
        self.bytes = self.bytes.saturating_sub(dropped);
    }
}
