//! [`Heads`]: which version of a document somebody means.

use std::fmt;
use std::str::FromStr;

use automerge::ChangeHash;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;

/// The newest changes of a version of a document, sorted. Text form: hexadecimal hashes joined by dots.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heads(Vec<ChangeHash>);

impl Heads {
    /// Returns the change hashes, sorted, without repetition.
    #[must_use]
    pub fn as_slice(&self) -> &[ChangeHash] {
        &self.0
    }
}

impl From<Vec<ChangeHash>> for Heads {
    fn from(mut hashes: Vec<ChangeHash>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }
}

impl fmt::Display for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, hash) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{hash}")?;
        }
        Ok(())
    }
}

/// Why a text is not heads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version: expected hexadecimal hashes joined by dots")]
pub struct ParseHeads;

impl FromStr for Heads {
    type Err = ParseHeads;

    fn from_str(text: &str) -> Result<Self, ParseHeads> {
        let hashes: Vec<ChangeHash> = text
            .split('.')
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_err(|_| ParseHeads))
            .collect::<Result<_, _>>()?;
        if hashes.len() > limits::DEPENDENCIES { Err(ParseHeads) } else { Ok(hashes.into()) }
    }
}

impl Serialize for Heads {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Heads {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
