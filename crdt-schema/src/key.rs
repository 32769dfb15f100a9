//! Keys that sign, and the certificate by which an organisation says "this node is mine".

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::{self, SignatureBytes};
use crate::identity::{Name, NodeId, OrganizationId, Sector, Timestamp};

const CARD: &str = "fingerpost/organization/v1";
const CERTIFICATE: &str = "fingerpost/node/v1";

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

    /// Says under this key that a node belongs to the organisation.
    #[must_use]
    pub fn certify(&self, node: NodeId, issued: Timestamp) -> NodeCertificate {
        let mut certificate = NodeCertificate {
            organization: self.id(),
            node,
            issued,
            signature: SignatureBytes([0; 64]),
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

/// An organisation's word, under its root key, that a node is one of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NodeCertificate {
    /// Whose node it is.
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

impl NodeCertificate {
    fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(&(&self.organization, &self.node, &self.issued))
    }

    /// Is the signature true?
    #[must_use]
    pub fn is_true(&self) -> bool {
        codec::verify(
            self.organization.as_bytes(),
            CERTIFICATE,
            &self.signed_bytes(),
            &self.signature,
        )
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
