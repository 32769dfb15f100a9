//! The membership log: who is in a workspace, in which role, and who let them in.
//!
//! The log is a set of signed [`Entry`]s, each naming the entries its author knew (`parents`). The [`State`] is a
//! pure function of that set: every entry is judged by the state at its parents, never by when it arrived; entries
//! that were allowed are folded in an order that all replicas share. The first entry founds the workspace and its
//! hash is the workspace's id.
//!
//! What follows when things happen at the same time, and every other rule, is written down in
//! `docs/protocol/membership.md`. In short: taking a right away beats what its holder does at the same time; of
//! removals that contradict each other the one with more support stands; there always is a steward.

mod act;
mod rules;
mod log;
mod state;
mod tally;
mod allow;
mod apply;
mod region;
mod strike;
mod past;
mod aside;

pub use act::{Act, Change, DocumentFence, Profile, Revocation, Said};
pub use allow::NoRight;
pub use apply::Why;
pub use aside::SetAside;
pub use log::{Delay, ELECTION, Effect, Insert, Log, RefuseEntry, SUSPENSION};
pub use rules::{Count, Rules, Template, Threshold};
pub use state::{Ended, Exclusion, Hold, Map, Member, Proposal, Set, Standing, State, Who};
pub use tally::Tally;

use minicbor::{Decode, Encode};

use crate::codec::{self, DecodeError, SignatureBytes};
use crate::identity::{EntryId, NodeId, Timestamp, WorkspaceId};
use crate::key::NodeKey;
use crate::limits;

const ENTRY: &str = "fingerpost/entry/v1";

/// One signed step of the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// The workspace; `None` in the founding entry, whose hash is the workspace's id.
    #[n(0)]
    pub workspace: Option<WorkspaceId>,
    /// The newest entries the author knew, sorted.
    #[n(1)]
    pub parents: Vec<EntryId>,
    /// Who signs.
    #[n(2)]
    pub node: NodeId,
    /// When, as a claim.
    #[n(3)]
    pub time: Timestamp,
    /// What is done.
    #[n(4)]
    pub act: Said,
    /// By the node, over the rest.
    #[n(5)]
    pub signature: SignatureBytes,
}

impl Entry {
    /// Makes and signs an entry.
    #[must_use]
    pub fn new(
        key: &NodeKey,
        workspace: Option<WorkspaceId>,
        mut parents: Vec<EntryId>,
        time: Timestamp,
        act: Act,
    ) -> Self {
        parents.sort_unstable();
        let mut entry = Self {
            workspace,
            parents,
            node: key.id(),
            time,
            act: Said::Known(act),
            signature: SignatureBytes([0; 64]),
        };
        entry.signature = key.sign(ENTRY, &entry.signed_bytes());
        entry
    }

    fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(&(&self.workspace, &self.parents, &self.node, &self.time, &self.act))
    }

    /// Returns the bytes that are stored and sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// If the bytes are not a canonical entry within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, limits::ENTRY_BYTES)
    }

    /// Returns what it does, if this version knows it.
    #[must_use]
    pub const fn act(&self) -> Option<&Act> {
        match &self.act {
            Said::Known(act) => Some(act),
            Said::Unknown { .. } => None,
        }
    }

    /// Does it end a node on the root key's word? That holds, whoever passes it on.
    pub(crate) const fn has_word(&self) -> bool {
        matches!(self.act, Said::Known(Act::RevokeNode { word: Some(_), .. }))
    }

    /// Returns the id: the hash of the bytes.
    #[must_use]
    pub fn id(&self) -> EntryId {
        Self::id_of(&self.to_bytes())
    }

    /// Returns the id that such bytes have.
    #[must_use]
    pub fn id_of(bytes: &[u8]) -> EntryId {
        EntryId(codec::hash(ENTRY, bytes))
    }

    /// Is it signed by its node, and is all it carries truly signed?
    #[must_use]
    pub fn is_true(&self) -> bool {
        let sorted =
            self.parents.is_sorted_by(|a, b| a < b) && self.parents.len() <= limits::PARENTS;
        let carried = self.act().is_none_or(|act| act.is_true(&self.node));
        sorted
            && carried
            && codec::verify(self.node.as_bytes(), ENTRY, &self.signed_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests;
