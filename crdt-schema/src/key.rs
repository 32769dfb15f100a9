//! Keys that sign, and the certificate by which an organisation says "this node is mine".

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::{self, SignatureBytes};
use crate::identity::{Name, NodeId, OrganizationId, Sector, Timestamp};
use crate::limits;

const CARD: &str = "fingerpost/organization/v1";
const CERTIFICATE: &str = "fingerpost/node/v1";
const VOUCHER: &str = "fingerpost/voucher/v1";
const CONSENT: &str = "fingerpost/consent/v1";

/// The key of one node. `Debug` shows the public part only.
#[derive(Clone)]
pub struct NodeKey(SigningKey);

/// The root key of an organisation; it lives in the recovery kit, not on a node.
#[derive(Clone)]
pub struct RootKey(SigningKey);

impl NodeKey {
    /// Makes the key that grows from a secret seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns the node that the key speaks for.
    #[must_use]
    pub fn id(&self) -> NodeId {
        NodeId(self.0.verifying_key().to_bytes())
    }

    /// Signs for one purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> SignatureBytes {
        codec::sign(&self.0, purpose, bytes)
    }

    /// Says under this key that its node is an organisation's.
    #[must_use]
    pub fn consent(&self, organization: OrganizationId, issued: Timestamp) -> Consent {
        let node = self.id();
        let signature = self.sign(CONSENT, &codec::encode(&(&organization, &node, &issued)));
        Consent { organization, node, issued, signature }
    }
}

impl RootKey {
    /// Makes the key that grows from a secret seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns the organisation that the key speaks for.
    #[must_use]
    pub fn id(&self) -> OrganizationId {
        OrganizationId(self.0.verifying_key().to_bytes())
    }

    /// Signs for one purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> SignatureBytes {
        codec::sign(&self.0, purpose, bytes)
    }

    /// Says under this key what the organisation is called.
    #[must_use]
    pub fn card(&self, name: Name, sector: Sector) -> OrganizationCard {
        let mut card = OrganizationCard {
            organization: self.id(),
            name,
            sector,
            signature: SignatureBytes([0; 64]),
        };
        card.signature = codec::sign(&self.0, CARD, &card.signed_bytes());
        card
    }

    /// Says under this key that a node belongs to the organisation, as the node says itself.
    #[must_use]
    pub fn certify(&self, node: &NodeKey, issued: Timestamp) -> NodeCertificate {
        let Consent { organization, node, issued, signature } = node.consent(self.id(), issued);
        let mut certificate = NodeCertificate {
            organization,
            node,
            issued,
            signature: SignatureBytes([0; 64]),
            consent: signature,
            vouchers: Vec::new(),
        };
        certificate.signature = codec::sign(&self.0, CERTIFICATE, &certificate.signed_bytes());
        certificate
    }
}

impl std::fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeKey({})", self.id())
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.id())
    }
}

/// What an organisation calls itself, signed with its root key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrganizationCard {
    /// Who says so.
    #[n(0)]
    pub organization: OrganizationId,
    /// The name people know it by.
    #[n(1)]
    pub name: Name,
    /// The part of public life it belongs to.
    #[n(2)]
    pub sector: Sector,
    /// By the root key, over the rest.
    #[n(3)]
    pub signature: SignatureBytes,
}

impl OrganizationCard {
    fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(&(&self.organization, &self.name, &self.sector))
    }

    /// Is the signature true?
    #[must_use]
    pub fn is_true(&self) -> bool {
        codec::verify(self.organization.as_bytes(), CARD, &self.signed_bytes(), &self.signature)
    }
}

/// A node's own word that it is an organisation's. Without it nobody could claim the node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Consent {
    /// Whose node it is.
    #[n(0)]
    pub organization: OrganizationId,
    /// The node.
    #[n(1)]
    pub node: NodeId,
    /// When it was asked, as a claim.
    #[n(2)]
    pub issued: Timestamp,
    /// By the node, over the rest.
    #[n(3)]
    pub signature: SignatureBytes,
}

impl Consent {
    /// Is the signature true?
    #[must_use]
    pub fn is_true(&self) -> bool {
        let bytes = codec::encode(&(&self.organization, &self.node, &self.issued));
        codec::verify(self.node.as_bytes(), CONSENT, &bytes, &self.signature)
    }
}

/// An organisation's word that a node is one of its own, and the node's that it is.
///
/// The word is the root key's, or that of another of its nodes which has such a certificate itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NodeCertificate {
    /// Whose node it is.
    #[n(0)]
    pub organization: OrganizationId,
    /// The node.
    #[n(1)]
    pub node: NodeId,
    /// When it was signed, as a claim.
    #[n(2)]
    pub issued: Timestamp,
    /// By the root key, or the last of the vouchers, over what is before.
    #[n(3)]
    pub signature: SignatureBytes,
    /// By the node, over the same.
    #[n(4)]
    pub consent: SignatureBytes,
    /// The nodes between the root key and this one; each is signed for by the one before it, the first by the root key.
    #[n(5)]
    pub vouchers: Vec<Voucher>,
}

/// A node that vouched for another, with what shows that it may: the fields of its own certificate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Voucher {
    /// The node.
    #[n(0)]
    pub node: NodeId,
    /// When it was signed for, as a claim.
    #[n(1)]
    pub issued: Timestamp,
    /// By the root key, or the voucher before it.
    #[n(2)]
    pub signature: SignatureBytes,
    /// By the node.
    #[n(3)]
    pub consent: SignatureBytes,
}

impl NodeCertificate {
    fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(&(&self.organization, &self.node, &self.issued))
    }

    /// Vouches, as the node that this certificate is about, for another node of the organisation.
    #[must_use]
    pub fn vouch(&self, key: &NodeKey, consent: &Consent) -> Self {
        let Consent { organization, node, issued, signature } = consent.clone();
        let mut vouchers = self.vouchers.clone();
        vouchers.push(self.as_voucher());
        let mut certificate = Self {
            organization,
            node,
            issued,
            signature: SignatureBytes([0; 64]),
            consent: signature,
            vouchers,
        };
        certificate.signature = key.sign(VOUCHER, &certificate.signed_bytes());
        certificate
    }

    fn as_voucher(&self) -> Voucher {
        let Self { node, issued, signature, consent, .. } = self.clone();
        Voucher { node, issued, signature, consent }
    }

    /// Returns the node on whose word it rests; none if it is the root key's.
    #[must_use]
    pub fn voucher(&self) -> Option<NodeId> {
        self.vouchers.last().map(|voucher| voucher.node)
    }

    /// Returns the certificates of the vouchers, the one that the root key signed first.
    pub fn of_vouchers(&self) -> impl Iterator<Item = Self> {
        self.vouchers.iter().enumerate().map(|(place, voucher)| {
            let Voucher { node, issued, signature, consent } = voucher.clone();
            let vouchers = self.vouchers.iter().take(place).cloned().collect();
            Self { organization: self.organization, node, issued, signature, consent, vouchers }
        })
    }

    /// Returns the node's own word in it.
    #[must_use]
    pub fn consent(&self) -> Consent {
        let Self { organization, node, issued, consent, .. } = self.clone();
        Consent { organization, node, issued, signature: consent }
    }

    /// Are all signatures true?
    #[must_use]
    pub fn is_true(&self) -> bool {
        if self.vouchers.len() > limits::VOUCHERS {
            return false;
        }
        let (mut signer, mut purpose) = (self.organization.0, CERTIFICATE);
        let own = self.as_voucher();
        self.vouchers.iter().chain([&own]).all(|link| {
            let bytes = codec::encode(&(&self.organization, &link.node, &link.issued));
            let is_signed = codec::verify(&signer, purpose, &bytes, &link.signature)
                && codec::verify(link.node.as_bytes(), CONSENT, &bytes, &link.consent);
            (signer, purpose) = (link.node.0, VOUCHER);
            is_signed
        })
    }
}

/// A member of staff as an envelope names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
pub struct Person {
    /// Known to the organisation's nodes.
    #[n(0)]
    pub id: crate::identity::PersonId,
    /// The name people know them by.
    #[n(1)]
    pub name: Name,
}
