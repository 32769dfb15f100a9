//! The names of things: newtypes with one text form each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;

/// Why a text is not the name it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ParseIdentity {
    expected: &'static str,
}

/// Multicodec prefix of an Ed25519 public key (<https://w3c-ccg.github.io/did-key-spec/>).
const ED25519_PUBLIC: [u8; 2] = [0xed, 0x01];

macro_rules! bytes_newtype {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(with = "minicbor::bytes")] pub [u8; $length]);

        impl $name {
            /// Returns the bytes that the text form stands for.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! did_key {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut bytes = ED25519_PUBLIC.to_vec();
                bytes.extend_from_slice(&self.0);
                write!(f, "did:key:z{}", bs58::encode(bytes).into_string())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdentity;

            fn from_str(text: &str) -> Result<Self, ParseIdentity> {
                let refused = ParseIdentity { expected: "a did:key of an Ed25519 key" };
                let encoded = text.strip_prefix("did:key:z").ok_or_else(|| refused.clone())?;
                let mut bytes = [0; 34];
                let written =
                    bs58::decode(encoded).onto(&mut bytes).map_err(|_| refused.clone())?;
                match bytes.split_first_chunk::<2>() {
                    Some((&ED25519_PUBLIC, key)) if written == 34 => {
                        key.try_into().map(Self).map_err(|_| refused)
                    }
                    _ => Err(refused),
                }
            }
        }
    };
}

macro_rules! base58 {
    ($name:ident, $length:literal, $expected:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&bs58::encode(self.0).into_string())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdentity;

            fn from_str(text: &str) -> Result<Self, ParseIdentity> {
                let mut bytes = [0; $length];
                match bs58::decode(text).onto(&mut bytes) {
                    Ok($length) => Ok(Self(bytes)),
                    _ => Err(ParseIdentity { expected: $expected }),
                }
            }
        }
    };
}

bytes_newtype!(
    /// An organisation: the public part of its Ed25519 root key. Text form: `did:key:z6Mk…`.
    OrganizationId,
    32
);
did_key!(OrganizationId);

bytes_newtype!(
    /// One running Fingerpost: the public part of its Ed25519 key, which is its libp2p identity too. Text form: `did:key:z6Mk…`.
    NodeId,
    32
);
did_key!(NodeId);

bytes_newtype!(
    /// A workspace: the hash of the membership entry that founded it. Text form: base58.
    WorkspaceId,
    32
);
base58!(WorkspaceId, 32, "a workspace's id");

bytes_newtype!(
    /// A membership entry: its hash. Text form: base58.
    EntryId,
    32
);
base58!(EntryId, 32, "a membership entry's id");

bytes_newtype!(
    /// A document: the hash of its [`Genesis`](crate::envelope::Genesis). Text form: base58.
    DocumentId,
    32
);
base58!(DocumentId, 32, "a document's id");

bytes_newtype!(
    /// An envelope: its hash. Text form: base58.
    EnvelopeId,
    32
);
base58!(EnvelopeId, 32, "an envelope's id");

bytes_newtype!(
    /// An invite: the public part of the key whose secret is in the invite's text. Text form: base58.
    InviteId,
    32
);
base58!(InviteId, 32, "an invite's id");

bytes_newtype!(
    /// A code that adds a computer: the public part of the key whose secret is in its text. Text form: base58.
    CodeId,
    32
);
base58!(CodeId, 32, "a code's id");

bytes_newtype!(
    /// One unbroken run of a node's author chain; random. Text form: base58.
    SessionId,
    16
);
base58!(SessionId, 16, "a session's id");

bytes_newtype!(
    /// A member of staff, known to the nodes of the organisation; random. Text form: base58.
    PersonId,
    16
);
base58!(PersonId, 16, "a person's id");

bytes_newtype!(
    /// One change of a document: Automerge's hash of it. Text form: base58.
    ChangeId,
    32
);
base58!(ChangeId, 32, "a change's id");

bytes_newtype!(
    /// What a version of a document says: the hash of its content, as [`sign_off`](crate::sign_off) makes it. Text form: base58.
    TextId,
    32
);
base58!(TextId, 32, "the fingerprint of a text");

impl From<EntryId> for WorkspaceId {
    fn from(founding: EntryId) -> Self {
        Self(founding.0)
    }
}

impl From<WorkspaceId> for EntryId {
    fn from(workspace: WorkspaceId) -> Self {
        Self(workspace.0)
    }
}

impl OrganizationId {
    /// Returns the short form that people compare by eye: four groups of four characters of the key's hash.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = crate::codec::hash("fingerpost/fingerprint/v1", &self.0);
        in_groups(bs58::encode(hash).into_string().chars().take(16))
    }
}

impl TextId {
    /// Returns the whole of it in groups of four characters, to be compared by eye with what stands on paper.
    #[must_use]
    pub fn in_groups(&self) -> String {
        in_groups(self.to_string().chars())
    }
}

fn in_groups(letters: impl Iterator<Item = char>) -> String {
    let letters: Vec<char> = letters.collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// Milliseconds since 1970-01-01 UTC. Always a claim: shown to people, never a reason to accept or refuse.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub u64);

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident, $expected:literal, { $($(#[$vdoc:meta])* $variant:ident = $number:literal, $word:literal;)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode,
            minicbor::Decode,
        )]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$vdoc])* #[n($number)] #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in the order in which people are shown them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the word used in data and on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdentity;

            fn from_str(text: &str) -> Result<Self, ParseIdentity> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(ParseIdentity { expected: $expected }) }
            }
        }
    };
}

word_enum!(
    /// The part of public life an organisation belongs to.
    Sector, "one of council, vcs, health, other", {
        /// A local authority.
        Council = 0, "council";
        /// A voluntary or community sector organisation.
        Vcs = 1, "vcs";
        /// A health body.
        Health = 2, "health";
        /// Anything else.
        Other = 3, "other";
    }
);

word_enum!(
    /// What an organisation may do in a workspace.
    Role, "one of steward, editor, contributor, reader", {
        /// Looks after membership, and everything an editor does.
        Steward = 0, "steward";
        /// Changes and publishes documents.
        Editor = 1, "editor";
        /// Suggests, comments, gives figures.
        Contributor = 2, "contributor";
        /// Reads.
        Reader = 3, "reader";
    }
);

impl Role {
    /// May this role write to documents?
    #[must_use]
    pub const fn may_write(self) -> bool {
        matches!(self, Self::Steward | Self::Editor)
    }

    /// May this role suggest changes to documents?
    #[must_use]
    pub const fn may_suggest(self) -> bool {
        matches!(self, Self::Steward | Self::Editor | Self::Contributor)
    }

    /// Does who had this role lose a right in documents with another?
    #[must_use]
    pub const fn loses_with(self, next: Self) -> bool {
        self.may_write() && !next.may_write() || self.may_suggest() && !next.may_suggest()
    }

    /// May this role admit organisations, revoke invites and approve?
    #[must_use]
    pub const fn may_steward(self) -> bool {
        matches!(self, Self::Steward)
    }
}

word_enum!(
    /// What a document is. A kind that a node does not know is refused by its word.
    Kind, "a kind of document that this version knows", {
        /// Who can be referred, by whom, to whom, and what happens next.
        ReferralPathway = 0, "referral_pathway";
        /// The tags that organisations agreed to use.
        TaggingConvention = 1, "tagging_convention";
        /// What organisations promise each other about information on people.
        DataSharingAgreement = 2, "data_sharing_agreement";
        /// A short assessment of the risks to people.
        DpiaLite = 3, "dpia_lite";
        /// What is said before somebody consents.
        InformedConsent = 4, "informed_consent";
        /// Counts with small numbers hidden, and the stories beside them.
        AggregatedInsight = 5, "aggregated_insight";
        /// Who asks whom for data, what was said, and the decision.
        DataRequest = 6, "data_request";
        /// What an organisation does, and what others may rely on.
        OrganizationProfile = 7, "organization_profile";
        /// Something that people can use.
        Service = 8, "service";
        /// A question that organisations answer together.
        CommunityInsightsProject = 9, "community_insights_project";
        /// Ideas for projects, with votes.
        IdeaRegister = 10, "idea_register";
        /// Questions before and after a project.
        Survey = 11, "survey";
        /// What changed over a year of projects.
        ProgrammeEvaluation = 12, "programme_evaluation";
        /// A page that people write together.
        Note = 13, "note";
        /// Which tags of one list mean the same as tags of another.
        Crosswalk = 14, "crosswalk";
    }
);

/// A name that people read: trimmed, no control or bidirectional-override characters, at most
/// [`limits::NAME_BYTES`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, minicbor::Encode)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Name(#[n(0)] String);

impl Name {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = ParseIdentity;

    fn from_str(text: &str) -> Result<Self, ParseIdentity> {
        let text = text.trim();
        // Unicode's bidirectional controls could make one organisation's name read as another's.
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        if text.is_empty() || text.len() > limits::NAME_BYTES || text.chars().any(hidden) {
            return Err(ParseIdentity {
                expected: "a name of 1 to 200 bytes without invisible characters",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Name {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let text = d.str()?;
        let name: Self = text.parse().map_err(minicbor::decode::Error::message)?;
        // One name has one encoding: what trimming would change was not canonical.
        if name.0 == text {
            Ok(name)
        } else {
            Err(minicbor::decode::Error::message("a name with spaces around it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_reads_as_did_key_and_back() {
        // The key of the first test vector of RFC 8032, section 7.1.
        let key: Vec<u8> = (0..32)
            .map(|i| {
                u8::from_str_radix(
                    &"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
                        [2 * i..2 * i + 2],
                    16,
                )
                .unwrap()
            })
            .collect();
        let id = OrganizationId(key.try_into().unwrap());
        assert_eq!(id.to_string(), "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_name_that_hides_something_is_refused() {
        for text in ["", "   ", "a\u{202e}b", "a\nb", "a\u{200b}", &"x".repeat(201)] {
            assert!(text.parse::<Name>().is_err(), "{text:?}");
        }
        assert_eq!(
            "  Kent County Council ".parse::<Name>().unwrap().as_str(),
            "Kent County Council"
        );
    }

    #[test]
    fn texts_that_are_no_identity_are_refused() {
        for text in [
            "",
            "did:key:z",
            "did:key:z6Mk",
            "did:web:kent.gov.uk",
            "did:key:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert!(text.parse::<OrganizationId>().is_err(), "{text:?}");
        }
        assert!("0OIl".parse::<DocumentId>().is_err());
    }
}
