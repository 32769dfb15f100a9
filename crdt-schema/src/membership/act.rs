//! What entries do.

use minicbor::{Decode, Encode};

use super::rules::Rules;
use crate::codec::{self, SignatureBytes};
use crate::envelope::Equivocation;
use crate::identity::{
    ChangeId, DocumentId, EntryId, EnvelopeId, InviteId, Name, NodeId, OrganizationId, Role,
    Timestamp,
};
use crate::invite::Redemption;
use crate::key::{NodeCertificate, OrganizationCard, RootKey};
use crate::limits;

const REVOCATION: &str = "fingerpost/revocation/v1";
/// Kinds of acts that this version knows: 0 up to, not including, this.
const KNOWN: u32 = 17;

/// What an entry does. `docs/protocol/membership.md` says who may do it, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
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
        #[n(4)]
        rules: Rules,
    },
    /// Lets in who holds an invite. Any member may countersign; that member has checked the expiry.
    #[n(1)]
    Admit(#[n(0)] Redemption),
    /// Agrees to let in an organisation that waits. Stewards only.
    #[n(2)]
    Approve(#[n(0)] OrganizationId),
    /// Ends an invite before its time. Stewards only.
    #[n(3)]
    RevokeInvite(#[n(0)] InviteId),
    /// Adds a node of a member, on the word of its root key. Any member may countersign.
    #[n(4)]
    Certify(#[n(0)] NodeCertificate),
    /// Proposes what needs the agreement that the rules name; who proposes agrees.
    #[n(5)]
    Propose(#[n(0)] Change),
    /// Agrees to a proposal.
    #[n(6)]
    Agree(#[n(0)] EntryId),
    /// Carries out a proposal that enough agreed to.
    #[n(7)]
    Enact {
        #[n(0)]
        proposal: EntryId,
        /// [`Act::Fence`] entries that say what is kept of whoever loses a right.
        #[n(1)]
        fences: Vec<EntryId>,
    },
    /// Says how far documents that everyone may read had come. Does nothing by itself.
    #[n(8)]
    Fence(#[n(0)] Vec<DocumentFence>),
    /// Holds back what an organisation writes, until it lapses or the organisation is removed. Stewards only.
    #[n(9)]
    Suspend {
        #[n(0)]
        organization: OrganizationId,
        #[n(1)]
        reason: String,
        #[n(2)]
        fences: Vec<EntryId>,
    },
    /// Ends a suspension. Its node has seen 72 hours pass; honest nodes take it in only when they have, too.
    #[n(10)]
    Lapse(#[n(0)] EntryId),
    /// The author's organisation leaves.
    #[n(11)]
    Leave(#[n(0)] Vec<EntryId>),
    /// Ends a node: a lost laptop. By another node of its organisation, or by any member on the root key's word.
    #[n(12)]
    RevokeNode {
        #[n(0)]
        node: NodeId,
        #[n(1)]
        word: Option<Revocation>,
        #[n(2)]
        fences: Vec<EntryId>,
    },
    /// The author's organisation says who it is.
    #[n(13)]
    Describe(#[n(0)] Profile),
    /// Shows that a node said two things in one place; the node is ended.
    #[n(14)]
    Prove {
        #[n(0)]
        proof: Equivocation,
        #[n(1)]
        fences: Vec<EntryId>,
    },
    /// Turns away an organisation that waits. Stewards only.
    #[n(15)]
    Decline(#[n(0)] OrganizationId),
    /// Objects to the election of a steward: a steward is still here.
    #[n(16)]
    Object(#[n(0)] EntryId),
}

/// What can be proposed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// Gives an organisation another role.
    #[n(0)]
    Role {
        #[n(0)]
        organization: OrganizationId,
        #[n(1)]
        role: Role,
    },
    /// Removes an organisation.
    #[n(1)]
    Remove {
        #[n(0)]
        organization: OrganizationId,
        #[n(1)]
        reason: String,
    },
    /// Changes the rules.
    #[n(2)]
    Rules(#[n(0)] Rules),
    /// Gives the workspace another name.
    #[n(3)]
    Rename(#[n(0)] Name),
    /// Makes a member a steward when no steward is to be found any more. The members who are no stewards decide.
    #[n(4)]
    Elect(#[n(0)] OrganizationId),
    /// Ends a suspension before its time.
    #[n(5)]
    Reinstate(#[n(0)] OrganizationId),
}

/// How far a document had come for whoever fenced it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DocumentFence {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Its newest changes, sorted.
    #[n(1)]
    pub heads: Vec<ChangeId>,
    /// The newest steps of its access log, and the newest sign-offs of who is shut out, sorted.
    #[n(2)]
    pub access: Vec<EnvelopeId>,
}

/// A root key's word that one of its nodes is no more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Revocation {
    /// Whose node it was.
    #[n(0)]
    pub organization: OrganizationId,
    /// The node.
    #[n(1)]
    pub node: NodeId,
    /// When the root key signed, as a claim.
    #[n(2)]
    pub issued: Timestamp,
    /// By the root key, over the rest.
    #[n(3)]
    pub signature: SignatureBytes,
}

impl Revocation {
    /// Signs.
    #[must_use]
    pub fn new(root: &RootKey, node: NodeId, issued: Timestamp) -> Self {
        let organization = root.id();
        let signature = root.sign(REVOCATION, &codec::encode(&(&organization, &node, &issued)));
        Self { organization, node, issued, signature }
    }

    /// Is the signature true?
    #[must_use]
    pub fn is_true(&self) -> bool {
        let bytes = codec::encode(&(&self.organization, &self.node, &self.issued));
        codec::verify(self.organization.as_bytes(), REVOCATION, &bytes, &self.signature)
    }
}

/// What an organisation says of itself. Its sector and first name are on its card; this may rename it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Profile {
    /// The name people know it by now, if it is no longer the one on the card.
    #[n(0)]
    pub name: Option<Name>,
    /// Registered identifiers: the list's code of <https://org-id.guide>, such as `GB-CHC`, and the number there.
    #[n(1)]
    pub identifiers: Vec<(String, String)>,
    /// A domain that it says is its own; `docs/trust.md` says how a person checks it.
    #[n(2)]
    pub domain: Option<String>,
}

impl Profile {
    /// Is it within the limits?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let fits = |text: &str| !text.is_empty() && text.len() <= limits::IDENTIFIER_BYTES;
        self.identifiers.len() <= limits::IDENTIFIERS
            && self.identifiers.iter().all(|(list, number)| fits(list) && fits(number))
            && self.domain.as_deref().is_none_or(fits)
    }
}

impl Act {
    /// Is it within the limits, and is all it carries truly signed?
    pub(super) fn is_true(&self, author: &NodeId) -> bool {
        match self {
            Self::Found { card, certificate, rules, .. } => {
                card.is_true()
                    && certificate.is_true()
                    && card.organization == certificate.organization
                    && certificate.node == *author
                    && rules.is_valid()
            }
            Self::Admit(redemption) => redemption.is_true(),
            Self::Certify(certificate) => certificate.is_true(),
            Self::Propose(change) => change.is_bounded(),
            Self::Enact { fences, .. } | Self::Leave(fences) => are_fences(fences),
            Self::Suspend { reason, fences, .. } => {
                reason.len() <= limits::REASON_BYTES && are_fences(fences)
            }
            Self::RevokeNode { node, word, fences } => {
                are_fences(fences)
                    && word.as_ref().is_none_or(|word| word.node == *node && word.is_true())
            }
            Self::Fence(documents) => {
                documents.len() <= limits::FENCE_DOCUMENTS
                    && documents.is_sorted_by(|a, b| a.document < b.document)
                    && documents.iter().all(|fence| {
                        fence.heads.len() <= limits::DEPENDENCIES
                            && fence.heads.is_sorted_by(|a, b| a < b)
                            && fence.access.len() <= limits::PARENTS
                            && fence.access.is_sorted_by(|a, b| a < b)
                    })
            }
            Self::Describe(profile) => profile.is_bounded(),
            Self::Prove { proof, fences } => proof.is_true() && are_fences(fences),
            Self::Approve(_)
            | Self::RevokeInvite(_)
            | Self::Agree(_)
            | Self::Lapse(_)
            | Self::Decline(_)
            | Self::Object(_) => true,
        }
    }
}

fn are_fences(fences: &[EntryId]) -> bool {
    fences.len() <= limits::FENCES && fences.is_sorted_by(|a, b| a < b)
}

impl Change {
    fn is_bounded(&self) -> bool {
        match self {
            Self::Remove { reason, .. } => reason.len() <= limits::REASON_BYTES,
            Self::Rules(rules) => rules.is_valid(),
            Self::Role { .. } | Self::Rename(_) | Self::Elect(_) | Self::Reinstate(_) => true,
        }
    }

    /// Returns the organisation that it is about, if it is about one.
    #[must_use]
    pub const fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Role { organization, .. }
            | Self::Remove { organization, .. }
            | Self::Elect(organization)
            | Self::Reinstate(organization) => Some(*organization),
            Self::Rules(_) | Self::Rename(_) => None,
        }
    }
}

/// An act, or one that only a later version knows: kept and passed on, it grants nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "almost all are known")]
pub enum Said {
    /// This version knows it.
    Known(Act),
    /// It does not.
    Unknown {
        /// The number of its kind.
        kind: u32,
        /// Its fields, as they came.
        fields: Vec<u8>,
    },
}

impl<C> Encode<C> for Said {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Known(act) => act.encode(e, context),
            Self::Unknown { kind, fields } => {
                e.array(2)?.u32(*kind)?;
                e.writer_mut().write_all(fields).map_err(minicbor::encode::Error::write)
            }
        }
    }
}

impl<'b, C> Decode<'b, C> for Said {
    fn decode(
        d: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let mut ahead = d.probe();
        ahead.array()?;
        let kind = ahead.u32()?;
        if kind < KNOWN {
            return Act::decode(d, context).map(Self::Known);
        }
        d.array()?;
        d.u32()?;
        let from = d.position();
        d.skip()?;
        let fields = d.input().get(from..d.position()).unwrap_or_default().to_vec();
        Ok(Self::Unknown { kind, fields })
    }
}
