//! The membership log: who is in a workspace, in which role, and who let them in.
//!
//! The log is a set of signed [`Entry`]s, each naming the entries its author knew (`parents`). The [`State`] is a
//! pure function of that set: every entry is judged by the state at its parents, never by when it arrived; entries
//! that were allowed are folded in an order that all replicas share. The first entry founds the workspace and its
//! hash is the workspace's id.
//!
//! Rules for what happens at the same time:
//! * Two uses of an invite that together exceed its uses both wait until a steward approves one.
//! * An invite revoked while somebody uses it elsewhere: the use counts, since its member could not know.
//! * An approval of an organisation that is no longer waiting changes nothing.

mod fold;
mod log;

pub use fold::{Member, Standing, State};
pub use log::{Insert, Log, RefuseEntry};

use minicbor::{Decode, Encode};

use crate::codec::{self, DecodeError, SignatureBytes};
use crate::identity::{EntryId, InviteId, Name, NodeId, OrganizationId, Timestamp, WorkspaceId};
use crate::invite::Redemption;
use crate::key::{NodeCertificate, NodeKey, OrganizationCard};
use crate::limits;

const ENTRY: &str = "fingerpost/entry/v1";

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(
    clippy::large_enum_variant,
    reason = "most entries admit somebody; a box would save nothing"
)]
pub enum Act {
    /// Founds the workspace; the founder is its first steward. Only as the first entry.
    #[n(0)]
    Found {
        #[n(0)]
        name: Name,
        /// Makes two workspaces of one founder and name differ.
        #[cbor(n(1), with = "minicbor::bytes")]
        nonce: [u8; 16],
        #[n(2)]
        card: OrganizationCard,
        #[n(3)]
        certificate: NodeCertificate,
    },
    /// Lets in who holds an invite. Any member may countersign; that member has checked the expiry.
    #[n(1)]
    Admit(#[n(0)] Redemption),
    /// Lets in an organisation that waits. Stewards only.
    #[n(2)]
    Approve(#[n(0)] OrganizationId),
    /// Ends an invite before its time. Stewards only.
    #[n(3)]
    RevokeInvite(#[n(0)] InviteId),
    /// Adds a node of a member, on the word of its root key. Any member may countersign.
    #[n(4)]
    Certify(#[n(0)] NodeCertificate),
}

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
    pub act: Act,
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
            act,
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
        let carried = match &self.act {
            Act::Found { card, certificate, .. } => {
                card.is_true()
                    && certificate.is_true()
                    && card.organization == certificate.organization
                    && certificate.node == self.node
            }
            Act::Admit(redemption) => redemption.is_true(),
            Act::Certify(certificate) => certificate.is_true(),
            Act::Approve(_) | Act::RevokeInvite(_) => true,
        };
        sorted
            && carried
            && codec::verify(self.node.as_bytes(), ENTRY, &self.signed_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests;
