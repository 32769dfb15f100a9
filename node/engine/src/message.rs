//! What nodes say to each other: one frame is one [`Message`] in canonical CBOR.
//!
//! A conversation is about one workspace and goes in this order: membership, from both sides; then
//! one reconciliation of envelope ids; then the envelopes that are missing, asked for by who lacks them; and from then
//! on new envelopes as they come. Documents are never spoken of one by one.

use crdt_schema::codec::{self, DecodeError, SignatureBytes};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, NodeId, Timestamp, WorkspaceId};
use crdt_schema::invite::{Contact, Redemption};
use crdt_schema::key::{NodeCertificate, NodeKey, OrganizationCard, Person};
use crdt_schema::limits;
use crdt_schema::pack::Packer;
use crdt_schema::pairing::PairingRequest;
use crdt_schema::phrase::Lookup;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(
    clippy::large_enum_variant,
    reason = "one exists at a time, between a frame and its handler"
)]
pub enum Message {
    /// Opens or goes on with the conversation about a workspace: the sender's newest membership entries.
    #[n(0)]
    Membership {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        heads: Vec<EntryId>,
    },
    /// Membership entries, parents first.
    #[n(1)]
    Entries {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        entries: Vec<ByteVec>,
    },
    /// The sender does not speak with this node about this workspace; the same whether or not it has it.
    #[n(2)]
    Unknown {
        #[n(0)]
        workspace: WorkspaceId,
    },
    /// Uses an invite. Answered with `Entries` or `Refused`.
    #[n(3)]
    Redeem(#[n(0)] Redemption),
    /// The answer to a `Redeem` that did not let the sender in.
    #[n(4)]
    Refused {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        reason: Reason,
    },
    /// A node of a member comes back after a recovery. Answered with `Entries` for each workspace, or not at all.
    #[n(5)]
    Return(#[n(0)] NodeCertificate),
    /// One step of negentropy (protocol 1) over the ids of all envelopes that both may read.
    #[n(6)]
    Reconcile {
        #[n(0)]
        workspace: WorkspaceId,
        /// Does this start anew?
        #[n(1)]
        first: bool,
        #[n(2)]
        frame: ByteVec,
        /// Which of the starter's reconciliations this belongs to.
        #[n(3)]
        round: u32,
    },
    /// Ids that the sender has and the receiver lacks. `mark` in the last one: who then stores them all has
    /// everything up to the sender's `mark`.
    #[n(7)]
    Offer {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        ids: Vec<EnvelopeId>,
        #[n(2)]
        mark: Option<u64>,
    },
    /// Asks for envelopes by id.
    #[n(8)]
    Want {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        ids: Vec<EnvelopeId>,
    },
    /// The answer to `Want`: a pack of as many of them as fit, in causal order.
    #[n(9)]
    Wanted {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        pack: ByteVec,
    },
    /// A pack of new envelopes, in causal order. `mark` as in `Offer`.
    #[n(10)]
    News {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        pack: ByteVec,
        #[n(2)]
        mark: Option<u64>,
    },
    /// The sender has durably stored everything up to the receiver's `mark`.
    #[n(11)]
    Stored {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        mark: u64,
    },
    /// Where nodes can be reached, in their own words.
    #[n(12)]
    Addresses(#[n(0)] Vec<AddressRecord>),
    /// A person is in a field, or has left (`at` is nothing). Never stored.
    #[n(13)]
    Presence {
        #[n(0)]
        document: DocumentId,
        #[n(1)]
        person: Person,
        #[n(2)]
        at: Option<PlaceOnWire>,
    },
    /// Asks for the invite behind a phrase. Answered with `Sealed`.
    #[n(14)]
    Lookup(#[n(0)] Lookup),
    /// The invite that was asked for, sealed for who knows the phrase; nothing if the sender has none that can be used.
    #[n(15)]
    Sealed {
        #[n(0)]
        lookup: Lookup,
        #[n(1)]
        invite: Option<ByteVec>,
    },
    /// A new computer shows the code by which it becomes the organisation's. Answered with `Paired` or `NotPaired`.
    #[n(16)]
    Pair(#[n(0)] PairingRequest),
    /// The sender vouches for the receiver.
    #[n(17)]
    Paired {
        #[n(0)]
        card: OrganizationCard,
        #[n(1)]
        certificate: NodeCertificate,
    },
    /// It does not.
    #[n(18)]
    NotPaired(#[n(0)] NotPaired),
    /// Asks for everything that the sender may read, from a place on or from where the last frame ended, in so many frames.
    #[n(21)]
    Give {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        from: Option<Cursor>,
        #[n(2)]
        frames: u32,
    },
    /// A part of everything, and where it goes on; nowhere if that was all.
    #[n(22)]
    Given {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        pack: ByteVec,
        #[n(2)]
        next: Option<Cursor>,
    },
    /// Asks to reconcile, after everything was given.
    #[n(23)]
    Again {
        #[n(0)]
        workspace: WorkspaceId,
    },
    /// The sender has got the same from others: what the receiver does not write itself it may offer instead of sending.
    #[n(20)]
    Lazy {
        #[n(0)]
        workspace: WorkspaceId,
    },
}

/// A place in everything: documents in the order of their ids, in each the envelopes in the giver's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Cursor {
    #[n(0)]
    pub document: DocumentId,
    #[n(1)]
    pub place: u64,
}

/// Why a code does not add a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[cbor(index_only)]
pub enum NotPaired {
    /// Not this node's, withdrawn, or shown by somebody who does not have it.
    #[n(0)]
    #[error(
        "that computer does not know the code: it was withdrawn, or made elsewhere. Make a new one there"
    )]
    NotValid,
    #[n(1)]
    #[error("the code's time is over. Make a new one")]
    Expired,
    #[n(2)]
    #[error(
        "the code was used already, by another computer. If that was not you, end that computer now. Make a new code for this one"
    )]
    Used,
    #[n(3)]
    #[error(
        "the organisation has as many computers as it may have in a workspace. End one that is no longer used first"
    )]
    Full,
}

/// Why a redemption did not let somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Reason {
    /// This node cannot use the invite: another workspace, or its maker may not invite.
    #[n(0)]
    NotValidHere,
    #[n(1)]
    Expired,
    #[n(2)]
    Revoked,
    #[n(3)]
    UsedUp,
    /// It is in the log; a steward must approve.
    #[n(4)]
    NeedsApproval,
}

/// [`Place`](crate::input::Place) as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlaceOnWire {
    #[n(0)]
    pub path: String,
    #[n(1)]
    pub caret: u32,
    #[n(2)]
    pub heads: String,
}

impl PlaceOnWire {
    /// Returns the place, if it is one.
    #[must_use]
    pub fn parse(&self) -> Option<crate::input::Place> {
        // A hash and a dot for each.
        let fits = self.path.len() <= limits::PLACE_PATH_BYTES
            && self.heads.len() <= limits::PLACE_HEADS.saturating_mul(65);
        let heads: Heads = fits.then(|| self.heads.parse().ok())??;
        let caret = usize::try_from(self.caret).ok()?;
        Some(crate::input::Place { path: self.path.parse().ok()?, caret, heads })
    }
}

/// Packs envelopes as a new beginning, which any receiver understands.
#[must_use]
pub fn pack_anew<E: AsRef<[u8]>>(envelopes: &[E]) -> ByteVec {
    Packer::default().pack(envelopes.iter().map(AsRef::as_ref)).into()
}

const ADDRESSES: &str = "fingerpost/addresses/v1";

/// A node's word on where it can be reached. The newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AddressRecord {
    #[n(0)]
    pub contact: Contact,
    #[n(1)]
    pub time: Timestamp,
    #[n(2)]
    pub signature: SignatureBytes,
}

impl AddressRecord {
    /// Signs a node's own addresses.
    #[must_use]
    pub fn new(key: &NodeKey, addresses: Vec<String>, time: Timestamp) -> Self {
        let contact = Contact { node: key.id(), addresses };
        let signature = key.sign(ADDRESSES, &codec::encode(&(&contact, &time)));
        Self { contact, time, signature }
    }

    /// Is it the node's own word, within the limits?
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.contact.is_bounded()
            && codec::verify(
                self.contact.node.as_bytes(),
                ADDRESSES,
                &codec::encode(&(&self.contact, &self.time)),
                &self.signature,
            )
    }

    /// Returns whose it is.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.contact.node
    }
}

impl Message {
    /// Returns the frame.
    #[must_use]
    pub fn to_frame(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// If it is too long or not the canonical form of a message.
    pub fn from_frame(frame: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(frame, limits::FRAME_BYTES)
    }
}
