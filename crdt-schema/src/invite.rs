//! [`Invite`]: a signed capability to join a workspace.
//!
//! A steward's node signs the [`Offer`]: which workspace, which role, how often, until when. Its text also carries a
//! secret from which the redeemer shows, with a signature of its own, that it holds the text. The membership log
//! only ever keeps the offer and that signature, so that nobody who reads the log can use the invite again.

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};

use crate::armour::{self, Armour};
use crate::codec::{self, SignatureBytes};
use crate::identity::{InviteId, Name, NodeId, OrganizationId, Role, Timestamp, WorkspaceId};
use crate::key::{NodeCertificate, NodeKey, OrganizationCard};
use crate::limits;
use crate::phrase::Secret;

const OFFER: &str = "fingerpost/invite/v1";
const REDEMPTION: &str = "fingerpost/redemption/v1";
const CHECK: &str = "fingerpost/invite-text/v1";
/// What the text of an invite starts with.
pub const PREFIX: &str = "fingerpost-invite-1-";

/// Where a node may be reached.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// Which node.
    #[n(0)]
    pub node: NodeId,
    /// Its libp2p addresses, without the peer's id.
    #[n(1)]
    pub addresses: Vec<String>,
}

impl Contact {
    /// Is it within [`limits`]?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.addresses.len() <= limits::ADDRESSES
            && self.addresses.iter().all(|address| address.len() <= limits::ADDRESS_BYTES)
    }
}

/// What a steward offers, signed by the steward's node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// Public part of the invite's own key.
    #[n(0)]
    pub id: InviteId,
    /// Where to.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// In which role.
    #[n(2)]
    pub role: Role,
    /// By how many organisations it may be used.
    #[n(3)]
    pub uses: u32,
    /// When it was made, as a claim.
    #[n(4)]
    pub created: Timestamp,
    /// After which the member who countersigns refuses.
    #[n(5)]
    pub expires: Timestamp,
    /// Must a steward approve each use?
    #[n(6)]
    pub approval: bool,
    /// The steward's organisation.
    #[n(7)]
    pub inviter: OrganizationId,
    /// The steward's node, which signs.
    #[n(8)]
    pub node: NodeId,
    /// By the steward's node, over the rest.
    #[n(9)]
    pub signature: SignatureBytes,
    /// The only organisation that may use it, if it is meant for one.
    #[n(10)]
    pub only_for: Option<OrganizationId>,
}

impl Offer {
    fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(&Self { signature: SignatureBytes([0; 64]), ..self.clone() })
    }

    /// Is the signature the inviting node's?
    #[must_use]
    pub fn is_true(&self) -> bool {
        codec::verify(self.node.as_bytes(), OFFER, &self.signed_bytes(), &self.signature)
    }
}

/// A whole invite, as it travels to the organisation invited.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invite {
    /// What is offered.
    #[n(0)]
    pub offer: Offer,
    /// Secret seed of the invite's own key.
    #[cbor(n(1), with = "minicbor::bytes")]
    secret: [u8; 32],
    /// What the workspace is called, for the person to read.
    #[n(2)]
    pub workspace_name: Name,
    /// What the inviting organisation is called, for the person to read.
    #[n(3)]
    pub inviter_name: Name,
    /// Members that may be asked; the inviter first.
    #[n(4)]
    pub contacts: Vec<Contact>,
}

impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invite").field("offer", &self.offer).finish_non_exhaustive()
    }
}

/// What an invite grants, before it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// In which role.
    pub role: Role,
    /// By how many organisations it may be used.
    pub uses: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Must a steward approve each use?
    pub approval: bool,
    /// The only organisation that may use it, if it is meant for one.
    pub only_for: Option<OrganizationId>,
}

/// Why a text is no invite.
#[derive(Debug, thiserror::Error)]
pub enum ReadInvite {
    #[error("this is not an invite. An invite starts with \"{PREFIX}\". Copy the whole text again")]
    NotAnInvite,
    #[error(
        "the invite is damaged: a part is missing or was changed. Ask for it to be sent again, as a file if you can"
    )]
    Damaged,
    #[error(
        "the invite was changed after it was signed. Do not use it. Ask the organisation that invited you for a new one"
    )]
    Altered,
}

impl Invite {
    /// Makes and signs an invite; `secret` is fresh chance.
    #[must_use]
    pub fn new(
        key: &NodeKey,
        inviter: &OrganizationCard,
        workspace: (WorkspaceId, Name),
        terms: Terms,
        secret: [u8; 32],
        contacts: Vec<Contact>,
    ) -> Self {
        let Terms { role, uses, created, expires, approval, only_for } = terms;
        let (workspace, workspace_name) = workspace;
        let mut offer = Offer {
            id: InviteId(SigningKey::from_bytes(&secret).verifying_key().to_bytes()),
            workspace,
            role,
            uses,
            created,
            expires,
            approval,
            inviter: inviter.organization,
            node: key.id(),
            signature: SignatureBytes([0; 64]),
            only_for,
        };
        offer.signature = key.sign(OFFER, &offer.signed_bytes());
        Self { offer, secret, workspace_name, inviter_name: inviter.name.clone(), contacts }
    }

    /// Returns the text to copy, save or scan: prefix, then base64url of a four-byte check and the CBOR.
    #[must_use]
    pub fn to_text(&self) -> String {
        armour::to_text(PREFIX, CHECK, &codec::encode(self))
    }

    /// Reads the text of an invite; white space anywhere is forgiven.
    ///
    /// # Errors
    /// If it is something else, incomplete, or not signed as it stands.
    pub fn from_text(text: &str) -> Result<Self, ReadInvite> {
        let body = armour::from_text(PREFIX, CHECK, text).map_err(|refused| match refused {
            Armour::Other => ReadInvite::NotAnInvite,
            Armour::Damaged => ReadInvite::Damaged,
        })?;
        Self::from_bytes(&body)
    }

    /// Reads an invite without the text around it.
    pub(crate) fn from_bytes(body: &[u8]) -> Result<Self, ReadInvite> {
        let invite: Self =
            codec::decode(body, armour::TEXT_BYTES).map_err(|_| ReadInvite::Damaged)?;
        let own_key = SigningKey::from_bytes(&invite.secret).verifying_key().to_bytes();
        if !invite.contacts.iter().all(Contact::is_bounded)
            || invite.contacts.len() > limits::ADDRESSES
        {
            return Err(ReadInvite::Damaged);
        }
        if own_key != invite.offer.id.0 || !invite.offer.is_true() {
            return Err(ReadInvite::Altered);
        }
        Ok(invite)
    }

    /// Returns the secret of the invite's [`Phrase`](crate::phrase::Phrase).
    #[must_use]
    pub fn phrase_secret(&self) -> Secret {
        Secret::of(&self.secret)
    }

    /// Puts an address at which its maker was found in front of those it names.
    pub fn found_at(&mut self, address: String) {
        let node = self.offer.node;
        match self.contacts.iter_mut().find(|contact| contact.node == node) {
            Some(contact) => {
                contact.addresses.retain(|known| *known != address);
                contact.addresses.insert(0, address);
                contact.addresses.truncate(limits::ADDRESSES);
            }
            None => {
                self.contacts.insert(0, Contact { node, addresses: vec![address] });
                self.contacts.truncate(limits::ADDRESSES);
            }
        }
    }

    /// Uses the invite for an organisation and its node.
    #[must_use]
    pub fn redeem(&self, card: OrganizationCard, certificate: NodeCertificate) -> Redemption {
        let proof = codec::sign(
            &SigningKey::from_bytes(&self.secret),
            REDEMPTION,
            &redemption_bytes(&self.offer, &card, &certificate),
        );
        Redemption { offer: self.offer.clone(), card, certificate, proof }
    }
}

fn redemption_bytes(
    offer: &Offer,
    card: &OrganizationCard,
    certificate: &NodeCertificate,
) -> Vec<u8> {
    codec::encode(&(offer, card, certificate))
}

/// An organisation's use of an invite, as a member countersigns it into the membership log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Redemption {
    /// What was offered.
    #[n(0)]
    pub offer: Offer,
    /// Who takes it.
    #[n(1)]
    pub card: OrganizationCard,
    /// Through which node.
    #[n(2)]
    pub certificate: NodeCertificate,
    /// By the invite's own key: the redeemer held the text.
    #[n(3)]
    pub proof: SignatureBytes,
}

impl Redemption {
    /// Are all its signatures true, and does it speak of one organisation? The inviter's right is judged elsewhere.
    #[must_use]
    pub fn is_true(&self) -> bool {
        let bytes = redemption_bytes(&self.offer, &self.card, &self.certificate);
        self.card.organization == self.certificate.organization
            && self.offer.only_for.is_none_or(|only| only == self.card.organization)
            && self.offer.is_true()
            && self.card.is_true()
            && self.certificate.is_true()
            && codec::verify(&self.offer.id.0, REDEMPTION, &bytes, &self.proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Sector;
    use crate::key::RootKey;

    fn invite() -> Invite {
        let root = RootKey::from_seed(&[1; 32]);
        let card = root.card("Leeds City Council".parse().unwrap(), Sector::Council);
        let terms = Terms {
            role: Role::Editor,
            uses: 1,
            created: Timestamp(1),
            expires: Timestamp(2),
            approval: false,
            only_for: None,
        };
        let contact = Contact {
            node: NodeId([7; 32]),
            addresses: vec!["/ip4/127.0.0.1/tcp/4891".to_owned()],
        };
        let workspace = (WorkspaceId([9; 32]), "West Yorkshire".parse().unwrap());
        Invite::new(&NodeKey::from_seed(&[2; 32]), &card, workspace, terms, [3; 32], vec![contact])
    }

    #[test]
    fn an_invite_survives_a_letter_that_breaks_its_lines() {
        let text = invite().to_text();
        let broken = text
            .as_bytes()
            .chunks(40)
            .map(|line| format!(" {}\r\n", String::from_utf8_lossy(line)))
            .collect::<String>();
        assert_eq!(Invite::from_text(&broken).unwrap(), invite());
    }

    #[test]
    fn a_changed_letter_anywhere_is_noticed() {
        let text = invite().to_text();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Invite::from_text(&changed).is_err(), "letter {at}");
        }
    }

    #[test]
    fn an_offer_changed_with_its_check_repaired_is_called_altered() {
        let mut invite = invite();
        invite.offer.role = Role::Steward;
        assert!(matches!(Invite::from_text(&invite.to_text()), Err(ReadInvite::Altered)));
    }

    #[test]
    fn a_redemption_is_bound_to_who_redeems() {
        let (root, thief) = (RootKey::from_seed(&[4; 32]), RootKey::from_seed(&[5; 32]));
        let node = NodeKey::from_seed(&[6; 32]);
        let card = root.card("Open Door".parse().unwrap(), Sector::Vcs);
        let redemption = invite().redeem(card, root.certify(&node, Timestamp(3)));
        assert!(redemption.is_true());

        let mut stolen = redemption;
        stolen.card = thief.card("Open Door".parse().unwrap(), Sector::Vcs);
        stolen.certificate = thief.certify(&node, Timestamp(3));
        assert!(!stolen.is_true());
    }
}
