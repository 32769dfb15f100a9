//! [`PairingCode`]: how another computer of an organisation is added from one that is there.
//!
//! A node makes the code; a person carries it to the new computer, as text, file or QR code. The new node shows with
//! a signature by the code's own key that it has the code, and that it means this node and that one: so nobody who
//! listens, and no other node, can use what it showed. The recovery kit is not needed and the root key not there.

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};

use crate::armour::{self, Armour};
use crate::codec::{self, SignatureBytes};
use crate::identity::{CodeId, Name, NodeId, OrganizationId, Timestamp};
use crate::invite::Contact;
use crate::key::{Consent, NodeKey};

const PAIRING: &str = "fingerpost/pairing/v1";
const CHECK: &str = "fingerpost/pairing-text/v1";
/// What the text of a code starts with.
pub const PREFIX: &str = "fingerpost-computer-1-";

/// A code that adds one computer to an organisation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct PairingCode {
    /// Whose computer it becomes.
    #[n(0)]
    pub organization: OrganizationId,
    /// What the organisation is called, for the person to read.
    #[n(1)]
    pub name: Name,
    /// The node that made it, which alone takes it.
    #[n(2)]
    pub contact: Contact,
    /// After which that node refuses it.
    #[n(3)]
    pub expires: Timestamp,
    /// Secret seed of the code's own key.
    #[cbor(n(4), with = "minicbor::bytes")]
    secret: [u8; 32],
}

impl std::fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairingCode").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Why a text is no code.
#[derive(Debug, thiserror::Error)]
pub enum ReadCode {
    #[error(
        "this is no code for a computer, which starts with \"{PREFIX}\". Copy the whole text again"
    )]
    NotACode,
    #[error(
        "the code is damaged: a part is missing or was changed. Copy it again, or make a new one"
    )]
    Damaged,
}

impl PairingCode {
    /// Makes a code; `secret` is fresh chance.
    #[must_use]
    pub fn new(
        (organization, name): (OrganizationId, Name),
        contact: Contact,
        expires: Timestamp,
        secret: [u8; 32],
    ) -> Self {
        Self { organization, name, contact, expires, secret }
    }

    /// Returns what the node that made it knows it by.
    #[must_use]
    pub fn id(&self) -> CodeId {
        CodeId(self.key().verifying_key().to_bytes())
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.secret)
    }

    /// Returns the text to copy, save or scan.
    #[must_use]
    pub fn to_text(&self) -> String {
        armour::to_text(PREFIX, CHECK, &codec::encode(self))
    }

    /// Reads the text of a code; white space anywhere is forgiven.
    ///
    /// # Errors
    /// If it is something else or incomplete.
    pub fn from_text(text: &str) -> Result<Self, ReadCode> {
        let body = armour::from_text(PREFIX, CHECK, text).map_err(|refused| match refused {
            Armour::Other => ReadCode::NotACode,
            Armour::Damaged => ReadCode::Damaged,
        })?;
        let code: Self = codec::decode(&body, armour::TEXT_BYTES).map_err(|_| ReadCode::Damaged)?;
        if code.contact.is_bounded() { Ok(code) } else { Err(ReadCode::Damaged) }
    }

    /// Uses the code for the node of a key.
    #[must_use]
    pub fn request(&self, key: &NodeKey, now: Timestamp) -> PairingRequest {
        let consent = key.consent(self.organization, now);
        let bytes = request_bytes(&self.id(), &self.contact.node, &consent);
        let proof = codec::sign(&self.key(), PAIRING, &bytes);
        PairingRequest { id: self.id(), consent, proof }
    }
}

fn request_bytes(id: &CodeId, by: &NodeId, consent: &Consent) -> Vec<u8> {
    codec::encode(&(id, by, consent))
}

/// A new node's use of a code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PairingRequest {
    /// Which code.
    #[n(0)]
    pub id: CodeId,
    /// The new node's word that it is the organisation's.
    #[n(1)]
    pub consent: Consent,
    /// By the code's own key: whoever asks has the code, and means this node.
    #[n(2)]
    pub proof: SignatureBytes,
}

impl PairingRequest {
    /// Are all signatures true, and was the code meant for `by`?
    #[must_use]
    pub fn is_true(&self, by: &NodeId) -> bool {
        let bytes = request_bytes(&self.id, by, &self.consent);
        self.consent.is_true() && codec::verify(&self.id.0, PAIRING, &bytes, &self.proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::RootKey;

    fn code() -> PairingCode {
        let root = RootKey::from_seed(&[1; 32]);
        let node = NodeKey::from_seed(&[2; 32]).id();
        let contact = Contact { node, addresses: vec!["/ip4/192.168.1.7/tcp/4891".to_owned()] };
        let organization = (root.id(), "Open Door".parse().unwrap());
        PairingCode::new(organization, contact, Timestamp(9), [3; 32])
    }

    #[test]
    fn a_code_reads_back_and_every_changed_letter_is_noticed() {
        let text = code().to_text();
        assert_eq!(PairingCode::from_text(&format!(" {text}\r\n")).unwrap(), code());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(PairingCode::from_text(&changed).is_err(), "letter {at}");
        }
    }

    #[test]
    fn a_request_is_bound_to_the_new_node_the_old_one_and_the_organization() {
        let (new, thief) = (NodeKey::from_seed(&[4; 32]), NodeKey::from_seed(&[5; 32]));
        let by = code().contact.node;
        let request = code().request(&new, Timestamp(3));
        assert!(request.is_true(&by));
        assert!(!request.is_true(&thief.id()), "shown to another node");
        let other = RootKey::from_seed(&[6; 32]).id();
        for consent in [
            thief.consent(code().organization, Timestamp(3)),
            new.consent(code().organization, Timestamp(4)),
            new.consent(other, Timestamp(3)),
        ] {
            assert!(!PairingRequest { consent, ..request.clone() }.is_true(&by));
        }
    }
}
