//! What builds on what.

use std::collections::BTreeSet;

use automerge::ChangeHash;

use super::{Ledger, Placed};
use crate::identity::{ChangeId, EnvelopeId};

impl Ledger {
    /// Returns whatever brings what an envelope builds on: the changes its own follow, the access steps it cites, and the
    /// envelope before it in its chain, or the last ones of its node's earlier sessions.
    pub(super) fn below<'l>(&'l self, placed: &'l Placed) -> impl Iterator<Item = usize> + 'l {
        let changes = placed.deps.iter().filter_map(|dep| self.by_change.get(dep)).flatten();
        let steps = placed.access.iter().filter_map(|id| self.by_id.get(id));
        let own = placed.previous.iter().chain(&placed.resumes);
        let previous = own.filter_map(|id| self.by_id.get(id));
        changes.chain(steps).chain(previous).copied()
    }

    /// Returns these with all they build on.
    pub(super) fn with_past(&self, from: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut todo: Vec<usize> = from.collect();
        while let Some(at) = todo.pop() {
            if found.insert(at)
                && let Some(placed) = self.placed.get(at)
            {
                todo.extend(self.below(placed));
            }
        }
        found
    }

    /// Returns what lies below a fence.
    pub(super) fn below_fence(&self, heads: &[ChangeId], access: &[EnvelopeId]) -> BTreeSet<usize> {
        let changes = heads.iter().filter_map(|head| self.by_change.get(&ChangeHash(head.0)));
        let steps = access.iter().filter_map(|id| self.by_id.get(id)).copied();
        self.with_past(changes.flatten().copied().chain(steps))
    }
}
