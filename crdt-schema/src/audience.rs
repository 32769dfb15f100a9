//! [`Audience`]: who may read a document, who may suggest changes to it, and who may write it.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::identity::{OrganizationId, Role};

/// A circle of organisations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Circle {
    /// Everyone in the workspace.
    #[n(0)]
    Workspace,
    /// Everyone.
    #[n(1)]
    Public,
    /// These members only.
    #[n(2)]
    Named(#[n(0)] BTreeSet<OrganizationId>),
}

impl Circle {
    /// Is a member of the workspace inside?
    #[must_use]
    pub fn includes(&self, member: &OrganizationId) -> bool {
        match self {
            Self::Workspace | Self::Public => true,
            Self::Named(named) => named.contains(member),
        }
    }
}

impl Circle {
    /// Returns who is in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Public, circle) | (circle, Self::Public) => circle.clone(),
            (Self::Workspace, circle) | (circle, Self::Workspace) => circle.clone(),
            (Self::Named(a), Self::Named(b)) => Self::Named(a.intersection(b).copied().collect()),
        }
    }
}

/// Who may read, who may suggest changes, and who may write; roles in the workspace limit all three further.
///
/// In JSON `suggest` may be left out: then all who may read may suggest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(from = "Wanted")]
pub struct Audience {
    /// Who may read.
    #[n(0)]
    pub read: Circle,
    /// Who may suggest changes: at most those who may read. Whoever may write may suggest too, named here or not.
    #[n(1)]
    pub suggest: Circle,
    /// Who may write: at most those who may read.
    #[n(2)]
    pub write: Circle,
}

#[derive(Deserialize)]
struct Wanted {
    read: Circle,
    suggest: Option<Circle>,
    write: Circle,
}

impl From<Wanted> for Audience {
    fn from(wanted: Wanted) -> Self {
        let suggest = wanted.suggest.unwrap_or_else(|| wanted.read.clone());
        Self { read: wanted.read, suggest, write: wanted.write }
    }
}

impl Default for Audience {
    fn default() -> Self {
        Self::new(Circle::Workspace, Circle::Workspace)
    }
}

impl Audience {
    /// Returns the audience in which all who may read may suggest.
    #[must_use]
    pub fn new(read: Circle, write: Circle) -> Self {
        Self { suggest: read.clone(), read, write }
    }

    /// Is it within the limits?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        [&self.read, &self.suggest, &self.write].into_iter().all(|circle| match circle {
            Circle::Workspace | Circle::Public => true,
            Circle::Named(named) => named.len() <= crate::limits::AUDIENCE,
        })
    }

    /// Returns what both allow.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self {
            read: self.read.common(&other.read),
            suggest: self.suggest.common(&other.suggest),
            write: self.write.common(&other.write),
        }
    }

    /// May every member read?
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        matches!(self.read, Circle::Workspace | Circle::Public)
    }

    /// May this member read?
    #[must_use]
    pub fn may_read(&self, member: &OrganizationId) -> bool {
        self.read.includes(member)
    }

    /// Is this member among those who may suggest changes?
    #[must_use]
    pub fn lets_suggest(&self, member: &OrganizationId) -> bool {
        self.read.includes(member) && self.suggest.includes(member)
    }

    /// May this member suggest changes in its role? Whoever may write may, named or not.
    #[must_use]
    pub fn may_suggest(&self, member: &OrganizationId, role: Role) -> bool {
        role.may_suggest() && self.lets_suggest(member)
            || role.may_write() && self.may_write(member)
    }

    /// May this member write, as far as the audience goes?
    #[must_use]
    pub fn may_write(&self, member: &OrganizationId) -> bool {
        self.read.includes(member) && self.write.includes(member)
    }
}

impl Serialize for Circle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Workspace => serializer.serialize_str("workspace"),
            Self::Public => serializer.serialize_str("public"),
            Self::Named(named) => named.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Circle {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Word(String),
            Named(BTreeSet<OrganizationId>),
        }
        match Either::deserialize(deserializer) {
            Ok(Either::Word(word)) if word == "workspace" => Ok(Self::Workspace),
            Ok(Either::Word(word)) if word == "public" => Ok(Self::Public),
            Ok(Either::Named(named)) if named.len() <= crate::limits::AUDIENCE => {
                Ok(Self::Named(named))
            }
            Ok(_) | Err(_) => Err(serde::de::Error::custom(
                "expected \"workspace\", \"public\" or a list of organisations' did:keys",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(members: &[u8]) -> Circle {
        Circle::Named(members.iter().map(|n| OrganizationId([*n; 32])).collect())
    }

    #[test]
    fn who_may_write_may_suggest_and_who_may_not_read_may_do_neither() {
        let audience =
            Audience { read: named(&[1, 2, 3]), suggest: named(&[2, 4]), write: named(&[3, 4]) };
        let suggesters = |audience: &Audience, role| -> Vec<u8> {
            let may = |n: &u8| audience.may_suggest(&OrganizationId([*n; 32]), role);
            (1..5).filter(may).collect()
        };
        assert_eq!(suggesters(&audience, Role::Editor), [2, 3]);
        assert_eq!(suggesters(&audience, Role::Contributor), [2]);
        assert!(suggesters(&audience, Role::Reader).is_empty());
        // "Everyone may write" means those whose role lets them.
        let audience = Audience { suggest: named(&[1]), ..Audience::default() };
        assert_eq!(suggesters(&audience, Role::Editor), [1, 2, 3, 4]);
        assert_eq!(suggesters(&audience, Role::Contributor), [1]);
    }

    #[test]
    fn left_out_all_who_may_read_may_suggest() {
        let short = r#"{"read": "public", "write": []}"#;
        let read: Audience = serde_json::from_str(short).unwrap();
        assert_eq!(read, Audience::new(Circle::Public, named(&[])));
        let text = serde_json::to_string(&read).unwrap();
        assert_eq!(text, r#"{"read":"public","suggest":"public","write":[]}"#);
        assert_eq!(serde_json::from_str::<Audience>(&text).unwrap(), read);
    }
}
