//! [`Held`]: how much a node keeps in memory of what others send.

use crate::engine::Engine;

/// Counts of what is kept in memory of what others send. Each has a bound, whatever they send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Envelopes that build on something which is not here.
    pub waiting: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Ids of envelopes that are to be asked for.
    pub wanted: usize,
    /// Bytes of logs that do not speak of this organisation yet.
    pub gathered_bytes: usize,
    /// People in documents.
    pub people: usize,
    /// Nodes of which addresses, or the last try to reach them, are remembered; one counts once for each.
    pub nodes: usize,
    /// Refusals that are remembered for those who ask why.
    pub refusals: usize,
}

impl Engine {
    /// Returns how much is kept in memory of what others send.
    #[must_use]
    pub fn held(&self) -> Held {
        let (waiting, waiting_bytes, wanted) = self.sync.held();
        Held {
            waiting,
            waiting_bytes,
            wanted,
            gathered_bytes: self.joins.gathered_bytes(),
            people: self.presence.count(),
            nodes: self.peers.remembered(),
            refusals: self.refusals.all().count(),
        }
    }
}
