//! [`Envelope`]: a signed batch of one author's Automerge changes to one document. The unit that is stored and sent.

use automerge::ActorId;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::access::AccessAct;
use crate::audience::Audience;
use crate::codec::{self, DecodeError, SignatureBytes};
use crate::comment::Comment;
use crate::copied::{Copied, Origin, Original};
use crate::identity::{
    DocumentId, EntryId, EnvelopeId, Kind, NodeId, OrganizationId, SessionId, Timestamp,
    WorkspaceId,
};
use crate::key::{NodeKey, Person};
use crate::limits;
use crate::sign_off::{SignOff, Withdrawal};
use crate::suggestion::{Answer, Suggestion};
use crate::version_name::VersionName;

const ENVELOPE: &str = "fingerpost/envelope/v1";
const DOCUMENT: &str = "fingerpost/document/v1";
const CONTENT: &str = "fingerpost/content/v1";
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
    /// The node that makes it.
    #[n(6)]
    pub node: NodeId,
    /// The session whose first envelope to the document brings its first change; no other can.
    #[n(7)]
    pub session: SessionId,
    /// Which version of which other document it is a copy of, if it is one.
    #[n(8)]
    pub origin: Option<Origin>,
}

impl Genesis {
    /// Returns the document's id.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        DocumentId(codec::hash(DOCUMENT, &codec::encode(self)))
    }

    /// Returns the Automerge actor that a node's session writes as in this document. In a copy it is one of the copy's own:
    /// the same session may write in the original, whose changes come here too.
    #[must_use]
    pub fn actor(&self, node: &NodeId, session: &SessionId) -> ActorId {
        match self.origin {
            Some(_) => actor_in(node, session, &self.id()),
            None => actor(node, session),
        }
    }
}

/// What an envelope brings.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Content {
    /// Automerge changes, plain chunks, in causal order.
    #[n(0)]
    Changes(#[n(0)] Vec<ByteVec>),
    /// A step of the document's access log.
    #[n(1)]
    Access(#[n(0)] AccessAct),
    /// A change that somebody proposes.
    #[n(2)]
    Suggestion(#[n(0)] Suggestion),
    /// What became of such a proposal, with the changes that take it in.
    #[n(3)]
    Answer(#[n(0)] Answer),
    /// An organisation signs the words of one version.
    #[n(4)]
    SignOff(#[n(0)] SignOff),
    /// An organisation takes back that it signed.
    #[n(5)]
    Withdrawal(#[n(0)] Withdrawal),
    /// Somebody names a version.
    #[n(6)]
    VersionName(#[n(0)] VersionName),
    /// Changes of the document that this one is a copy of, or of a copy of this one.
    #[n(7)]
    Copied(#[n(0)] Copied),
    /// An organisation says something about a place in the document, or answers.
    #[n(8)]
    Comment(#[n(0)] Comment),
}

/// What an envelope says about itself: all that is signed. What it brings is in it by its hash, so that two of these
/// suffice to show that somebody said two things in one place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// [`VERSION`].
    #[n(0)]
    pub version: u8,
    /// Where.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// Which document.
    #[n(2)]
    pub document: DocumentId,
    /// Whose node wrote.
    #[n(3)]
    pub organization: OrganizationId,
    /// Which node wrote; it signs.
    #[n(4)]
    pub node: NodeId,
    /// Which person wrote, as the node vouches.
    #[n(5)]
    pub person: Person,
    /// The node's session.
    #[n(6)]
    pub session: SessionId,
    /// The place in the session's chain for this document, from 1.
    #[n(7)]
    pub seq: u64,
    /// The envelope before it in that chain.
    #[n(8)]
    pub previous: Option<EnvelopeId>,
    /// The newest membership entries the author knew, sorted.
    #[n(9)]
    pub membership: Vec<EntryId>,
    /// The newest steps of the document's access log the author knew, sorted; none if only the genesis was.
    #[n(10)]
    pub access: Vec<EnvelopeId>,
    /// When, as a claim.
    #[n(11)]
    pub time: Timestamp,
    /// Hash of genesis and content.
    #[cbor(n(12), with = "minicbor::bytes")]
    pub content: [u8; 32],
    /// In the first envelope of a chain: the newest envelopes of the node's earlier sessions to this document, sorted. So a
    /// new session cannot pretend to know less of the membership than the one before, nor can its past work be taken for unsaid.
    #[n(13)]
    pub resumes: Vec<EnvelopeId>,
}

/// A header with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedHeader {
    /// What is signed.
    #[n(0)]
    pub header: Header,
    /// By the node, over the header.
    #[n(1)]
    pub signature: SignatureBytes,
}

impl SignedHeader {
    /// Is it signed by its node?
    #[must_use]
    pub fn is_true(&self) -> bool {
        codec::verify(
            self.header.node.as_bytes(),
            ENVELOPE,
            &codec::encode(&self.header),
            &self.signature,
        )
    }
}

/// Two headers with one place in one chain: the node said two things where it can only have said one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Equivocation {
    /// The one whose bytes come first.
    #[n(0)]
    pub first: SignedHeader,
    /// The other.
    #[n(1)]
    pub second: SignedHeader,
}

impl Equivocation {
    /// Makes the one form that such a proof has.
    #[must_use]
    pub fn new(a: SignedHeader, b: SignedHeader) -> Self {
        let (first, second) = if codec::encode(&a) <= codec::encode(&b) { (a, b) } else { (b, a) };
        Self { first, second }
    }

    /// Returns the node that it convicts.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.first.header.node
    }

    /// Does it prove anything?
    #[must_use]
    pub fn is_true(&self) -> bool {
        let (a, b) = (&self.first.header, &self.second.header);
        (a.node, a.session, a.document, a.seq) == (b.node, b.session, b.document, b.seq)
            && a != b
            && codec::encode(&self.first) < codec::encode(&self.second)
            && self.first.is_true()
            && self.second.is_true()
    }
}

/// A signed batch of one author's changes to one document, one step of its access log, a suggestion or an answer to one, a
/// sign-off, the name of a version or a comment, or what takes one of these back, or changes of a document that shares its
/// beginning.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
    /// What it says about itself.
    #[n(0)]
    pub header: Header,
    /// By the node, over the header.
    #[n(1)]
    pub signature: SignatureBytes,
    /// What the document is; in its first envelope only.
    #[n(2)]
    pub genesis: Option<Genesis>,
    /// What it brings.
    #[n(3)]
    pub content: Content,
}

impl Envelope {
    /// Signs; the header's hash of the content is set here.
    #[must_use]
    pub fn seal(
        key: &NodeKey,
        mut header: Header,
        genesis: Option<Genesis>,
        content: Content,
    ) -> Self {
        header.content = hash_of(genesis.as_ref(), &content);
        let signature = key.sign(ENVELOPE, &codec::encode(&header));
        Self { header, signature, genesis, content }
    }

    /// Puts an envelope together from what is left when the hash of the content is left out.
    #[must_use]
    pub fn assemble(
        mut header: Header,
        genesis: Option<Genesis>,
        content: Content,
        signature: SignatureBytes,
    ) -> Self {
        header.content = hash_of(genesis.as_ref(), &content);
        Self { header, signature, genesis, content }
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

    /// Returns what is signed, without what it brings.
    #[must_use]
    pub fn signed_header(&self) -> SignedHeader {
        SignedHeader { header: self.header.clone(), signature: self.signature }
    }

    /// Is it signed by its node, with this content, and is all that it copies signed too?
    #[must_use]
    pub fn is_true(&self) -> bool {
        let is_copy_true = match &self.content {
            Content::Copied(copied) => copied.is_true(),
            _ => true,
        };
        is_copy_true
            && self.header.content == hash_of(self.genesis.as_ref(), &self.content)
            && codec::verify(
                self.header.node.as_bytes(),
                ENVELOPE,
                &codec::encode(&self.header),
                &self.signature,
            )
    }

    /// Returns the Automerge changes it brings.
    pub fn changes(&self) -> impl Iterator<Item = &ByteVec> {
        let (own, copied): (&[ByteVec], &[Original]) = match &self.content {
            Content::Changes(changes) => (changes, &[]),
            Content::Answer(answer) => (&answer.changes, &[]),
            Content::Copied(copied) => (&[], &copied.envelopes),
            Content::Access(_)
            | Content::Suggestion(_)
            | Content::SignOff(_)
            | Content::Withdrawal(_)
            | Content::VersionName(_)
            | Content::Comment(_) => (&[], &[]),
        };
        own.iter().chain(copied.iter().flat_map(Original::changes))
    }

    /// Returns for each of its changes, in their order, the actors that may have made it, in the document that `genesis` begins.
    #[must_use]
    pub fn actors(&self, genesis: &Genesis) -> Vec<Vec<ActorId>> {
        if let Content::Copied(copied) = &self.content {
            let of = |original: &Original| vec![original.actors(genesis); original.changes().len()];
            return copied.envelopes.iter().flat_map(of).collect();
        }
        let actor = genesis.actor(&self.header.node, &self.header.session);
        vec![vec![actor]; self.changes().count()]
    }

    /// Does its form hold: version, limits, genesis exactly where it belongs, chain well formed?
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let header = &self.header;
        let genesis = match &self.genesis {
            Some(genesis) => {
                genesis.id() == header.document
                    && genesis.workspace == header.workspace
                    && genesis.owner == header.organization
                    && (genesis.node, genesis.session) == (header.node, header.session)
                    && genesis.audience.is_bounded()
                    && header.seq == 1
                    && header.access.is_empty()
                    && match &genesis.origin {
                        None => matches!(self.content, Content::Changes(_)),
                        Some(origin) => {
                            origin.is_bounded() && matches!(self.content, Content::Copied(_))
                        }
                    }
            }
            None => true,
        };
        let content = match &self.content {
            Content::Changes(changes) => {
                !changes.is_empty() && changes.len() <= limits::CHANGES_PER_ENVELOPE
            }
            Content::Access(act) => act.is_bounded(),
            Content::Suggestion(suggestion) => suggestion.is_bounded(),
            Content::Answer(answer) => answer.is_bounded(),
            Content::SignOff(sign_off) => sign_off.is_bounded(),
            Content::Withdrawal(withdrawal) => withdrawal.is_bounded(),
            Content::VersionName(named) => named.is_bounded(),
            Content::Copied(copied) => copied.is_bounded(&header.document),
            Content::Comment(comment) => comment.is_bounded(),
        };
        header.version == VERSION
            && genesis
            && content
            && (header.seq == 1) == header.previous.is_none()
            && (header.seq == 1 || header.resumes.is_empty())
            && header.resumes.len() <= limits::PARENTS
            && header.resumes.is_sorted_by(|a, b| a < b)
            && header.seq >= 1
            && !header.membership.is_empty()
            && header.membership.len() <= limits::PARENTS
            && header.membership.is_sorted_by(|a, b| a < b)
            && header.access.len() <= limits::PARENTS
            && header.access.is_sorted_by(|a, b| a < b)
    }
}

fn hash_of(genesis: Option<&Genesis>, content: &Content) -> [u8; 32] {
    codec::hash(CONTENT, &codec::encode(&(genesis, content)))
}

/// Returns the Automerge actor of a node's session: nobody can claim another's, since the node's key is inside.
#[must_use]
pub fn actor(node: &NodeId, session: &SessionId) -> ActorId {
    actor_of(&[node.as_bytes(), session.as_bytes()])
}

/// Returns the Automerge actor of a node's session in a document that is a copy.
#[must_use]
pub fn actor_in(node: &NodeId, session: &SessionId, document: &DocumentId) -> ActorId {
    actor_of(&[node.as_bytes(), session.as_bytes(), document.as_bytes()])
}

fn actor_of(parts: &[&[u8]]) -> ActorId {
    let bytes = parts.concat();
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
            node: key.id(),
            session: SessionId([7; 16]),
            origin: None,
        };
        let header = Header {
            version: VERSION,
            workspace: genesis.workspace,
            document: genesis.id(),
            organization: genesis.owner,
            node: key.id(),
            person: Person { id: PersonId([6; 16]), name: "Priya Shah".parse().unwrap() },
            session: SessionId([7; 16]),
            seq: 1,
            previous: None,
            membership: vec![EntryId([8; 32])],
            access: vec![],
            time: Timestamp(9),
            content: [0; 32],
            resumes: vec![],
        };
        let content = Content::Changes(vec![vec![1, 2, 3].into()]);
        Envelope::seal(&key, header, Some(genesis), content)
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
        // An array of four, spelled with a length byte of its own.
        let mut longer = envelope().to_bytes();
        assert_eq!(longer[0], 0x84);
        longer.splice(0..1, [0x98, 0x04]);
        assert!(matches!(Envelope::from_bytes(&longer), Err(DecodeError::NotCanonical)));
    }
}
