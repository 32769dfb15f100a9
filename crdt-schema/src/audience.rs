//! [`Audience`]: who may read and who may write a document.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::identity::OrganizationId;

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

/// Who may read and who may write; roles in the workspace limit both further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Audience {
    /// Who may read.
    #[n(0)]
    pub read: Circle,
    /// Who may write: at most those who may read.
    #[n(1)]
    pub write: Circle,
}

impl Default for Audience {
    fn default() -> Self {
        Self { read: Circle::Workspace, write: Circle::Workspace }
    }
}

impl Audience {
    /// Is it within the limits?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        [&self.read, &self.write].into_iter().all(|circle| match circle {
            Circle::Workspace | Circle::Public => true,
            Circle::Named(named) => named.len() <= crate::limits::AUDIENCE,
        })
    }

    /// Returns what both allow.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self { read: self.read.common(&other.read), write: self.write.common(&other.write) }
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
