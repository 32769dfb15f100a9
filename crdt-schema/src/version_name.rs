//! [`VersionName`]: what people call a version of a document, to find it again.
//!
//! A name is said *about* a version; it is no part of the document. Written into the content it would make another version,
//! and whoever had signed would be behind for a name's sake. Like a sign-off it is an envelope of its own that changes
//! nothing anybody reads, and is taken back by the organisation that gave it. A version may have several names.

use automerge::ChangeHash;
use minicbor::{Decode, Encode};

use crate::heads::Heads;
use crate::identity::{ChangeId, Name};
use crate::limits;

/// What people call a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct VersionName {
    /// The version: its newest changes, sorted.
    #[n(0)]
    pub version: Vec<ChangeId>,
    /// What it is called.
    #[n(1)]
    pub name: Name,
}

impl VersionName {
    /// Names a version.
    #[must_use]
    pub fn new(version: &Heads, name: Name) -> Self {
        let version = version.as_slice().iter().map(|hash| ChangeId(hash.0)).collect();
        Self { version, name }
    }

    /// Returns the version.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.version.iter().map(|id| ChangeHash(id.0)).collect::<Vec<_>>().into()
    }

    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        !self.version.is_empty()
            && self.version.len() <= limits::DEPENDENCIES
            && self.version.is_sorted_by(|a, b| a < b)
    }
}
