//! [`FieldPath`] and [`ItemId`]: where something stands in a document.

use std::fmt;
use std::str::FromStr;

use automerge::{ActorId, ObjId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text names no place in a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ParsePath {
    expected: &'static str,
}

/// The name of one item of a list, the same on every replica and after every move. Text form: `12@actor`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemId(String);

impl ItemId {
    /// Returns the name of an element that Automerge knows by `id`. The root is no item.
    pub(crate) fn of(id: &ObjId) -> Self {
        Self(id.to_string())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ItemId {
    type Err = ParsePath;

    fn from_str(text: &str) -> Result<Self, ParsePath> {
        let refused = || ParsePath { expected: "an item's name, such as 12@ab34" };
        let (counter, actor) = text.split_once('@').ok_or_else(refused)?;
        let counter: u64 = counter.parse().map_err(|_| refused())?;
        let actor = ActorId::from_str(actor).map_err(|_| refused())?;
        // One item has one name: what is not spelled as we spell it, is no name.
        if format!("{counter}@{actor}") == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(refused())
        }
    }
}

/// Where a field stands: like a JSON pointer (RFC 6901) over the whole content.
///
/// In a list, a token with `@` is an [`ItemId`] and a number is an index; `-` is the place after the last item.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Returns the tokens, unescaped.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// Returns the path of a child.
    #[must_use]
    pub fn child(&self, token: impl Into<String>) -> Self {
        let mut tokens = self.0.clone();
        tokens.push(token.into());
        Self(tokens)
    }

    /// Returns the path of what holds this, and the last token; nothing for the whole content.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let (last, parent) = self.0.split_last()?;
        Some((Self(parent.to_vec()), last))
    }

    /// Does this path lead to `other`, or to something inside it?
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<String> for FieldPath {
    fn from_iter<I: IntoIterator<Item = String>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

impl FromStr for FieldPath {
    type Err = ParsePath;

    fn from_str(text: &str) -> Result<Self, ParsePath> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let rest =
            text.strip_prefix('/').ok_or(ParsePath { expected: "a path: it starts with /" })?;
        Ok(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
    }
}

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
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
    )*};
}

serde_as_text!(ItemId, FieldPath);
