//! [`Envelope`]: a signed batch of one author's Automerge changes to one document. The unit that is stored and sent.

use automerge::ActorId;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::audience::{Audience, Circle};
use crate::codec::{self, DecodeError, SignatureBytes};
use crate::identity::{
    DocumentId, EntryId, EnvelopeId, Kind, NodeId, OrganizationId, SessionId, Timestamp,
    WorkspaceId,
};
use crate::key::{NodeKey, Person};
use crate::limits;

const ENVELOPE: &str = "fingerpost/envelope/v1";
const DOCUMENT: &str = "fingerpost/document/v1";
const ACTOR: &str = "fingerpost/actor/v1";
/// The version of the envelope's form.
pub const VERSION: u8 = 1;

/// What a document is, for good. Its hash is the document's id, so nobody can give another document the same id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    /// Where it lives.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// What it is.
    #[n(1)]
    pub kind: Kind,
    /// Who may read and write.
    #[n(2)]
    pub audience: Audience,
    /// Whose it is.
    #[n(3)]
    pub owner: OrganizationId,
    /// When it was made, as a claim.
    #[n(4)]
    pub created: Timestamp,
    /// Makes two documents differ.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

impl Genesis {
    /// Returns the document's id.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        DocumentId(codec::hash(DOCUMENT, &codec::encode(self)))
    }

    /// Is it within the limits?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        [&self.audience.read, &self.audience.write].into_iter().all(|circle| match circle {
            Circle::Workspace | Circle::Public => true,
            Circle::Named(named) => named.len() <= limits::AUDIENCE,
        })
    }
}

/// What an envelope says, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Body {
    /// [`VERSION`].
    #[n(0)]
    pub version: u8,
    /// Where.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// Which document.
    #[n(2)]
    pub document: DocumentId,
    /// What the document is; in its first envelope only.
    #[n(3)]
    pub genesis: Option<Genesis>,
    /// Whose node wrote.
    #[n(4)]
    pub organization: OrganizationId,
    /// Which node wrote; it signs.
    #[n(5)]
    pub node: NodeId,
    /// Which person wrote, as the node vouches.
    #[n(6)]
    pub person: Person,
    /// The node's session.
    #[n(7)]
    pub session: SessionId,
    /// The place in the session's chain for this document, from 1.
    #[n(8)]
    pub seq: u64,
    /// The envelope before it in that chain.
    #[n(9)]
    pub previous: Option<EnvelopeId>,
    /// The newest membership entries the author knew, sorted.
    #[n(10)]
    pub membership: Vec<EntryId>,
    /// When, as a claim.
    #[n(11)]
    pub time: Timestamp,
    /// Automerge changes, plain chunks, in causal order.
    #[n(12)]
    pub changes: Vec<ByteVec>,
}

/// A signed batch of changes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
    /// What it says.
    #[n(0)]
    pub body: Body,
    /// By the node, over the body.
    #[n(1)]
    pub signature: SignatureBytes,
}

impl Envelope {
    /// Signs.
    #[must_use]
    pub fn seal(key: &NodeKey, body: Body) -> Self {
        let signature = key.sign(ENVELOPE, &codec::encode(&body));
        Self { body, signature }
    }

    /// Returns the bytes that are stored and sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// If the bytes are not a canonical envelope within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, limits::ENVELOPE_BYTES)
    }

    /// Returns the id that such bytes have.
    #[must_use]
    pub fn id_of(bytes: &[u8]) -> EnvelopeId {
        EnvelopeId(codec::hash(ENVELOPE, bytes))
    }

    /// Is it signed by its node?
    #[must_use]
    pub fn is_true(&self) -> bool {
        codec::verify(
            self.body.node.as_bytes(),
            ENVELOPE,
            &codec::encode(&self.body),
            &self.signature,
        )
    }

    /// Does its form hold: version, limits, genesis exactly where it belongs, chain well formed?
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let body = &self.body;
        let genesis = match &body.genesis {
            Some(genesis) => {
                genesis.id() == body.document
                    && genesis.workspace == body.workspace
                    && genesis.owner == body.organization
                    && genesis.is_bounded()
                    && body.seq == 1
            }
            None => true,
        };
        body.version == VERSION
            && genesis
            && (body.seq == 1) == body.previous.is_none()
            && body.seq >= 1
            && !body.changes.is_empty()
            && body.changes.len() <= limits::CHANGES_PER_ENVELOPE
            && !body.membership.is_empty()
            && body.membership.len() <= limits::PARENTS
            && body.membership.is_sorted_by(|a, b| a < b)
    }
}

/// Returns the Automerge actor of a node's session: nobody can claim another's, since the node's key is inside.
#[must_use]
pub fn actor(node: &NodeId, session: &SessionId) -> ActorId {
    let mut bytes = node.as_bytes().to_vec();
    bytes.extend_from_slice(session.as_bytes());
    let hash = codec::hash(ACTOR, &bytes);
    let (actor, _) = hash.split_at(16);
    ActorId::from(actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::PersonId;

    fn envelope() -> Envelope {
        let key = NodeKey::from_seed(&[1; 32]);
        let genesis = Genesis {
            workspace: WorkspaceId([2; 32]),
            kind: Kind::ReferralPathway,
            audience: Audience::default(),
            owner: OrganizationId([3; 32]),
            created: Timestamp(4),
            nonce: [5; 16],
        };
        let body = Body {
            version: VERSION,
            workspace: genesis.workspace,
            document: genesis.id(),
            organization: genesis.owner,
            genesis: Some(genesis),
            node: key.id(),
            person: Person { id: PersonId([6; 16]), name: "Priya Shah".parse().unwrap() },
            session: SessionId([7; 16]),
            seq: 1,
            previous: None,
            membership: vec![EntryId([8; 32])],
            time: Timestamp(9),
            changes: vec![vec![1, 2, 3].into()],
        };
        Envelope::seal(&key, body)
    }

    #[test]
    fn bytes_go_there_and_back() {
        let bytes = envelope().to_bytes();
        assert_eq!(Envelope::from_bytes(&bytes).unwrap(), envelope());
        assert!(envelope().is_true() && envelope().is_well_formed());
    }

    #[test]
    fn an_envelope_changed_in_any_bit_is_refused() {
        let bytes = envelope().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let accepted = Envelope::from_bytes(&changed).is_ok_and(|envelope| envelope.is_true());
            assert!(!accepted, "bit {bit}");
        }
    }

    #[test]
    fn trailing_bytes_and_other_spellings_are_refused() {
        let mut bytes = envelope().to_bytes();
        bytes.push(0);
        assert!(Envelope::from_bytes(&bytes).is_err());
        // An array of two, spelled with a length byte of its own.
        let mut longer = envelope().to_bytes();
        assert_eq!(longer[0], 0x82);
        longer.splice(0..1, [0x98, 0x02]);
        assert!(matches!(Envelope::from_bytes(&longer), Err(DecodeError::NotCanonical)));
    }
}
