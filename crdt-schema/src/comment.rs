//! [`Comment`]: what an organisation says about a place in a document, whether it agrees to what stands there, and what others
//! answer.
//!
//! A comment is said *about* a document; it is no part of it, and changes nothing that anybody reads there. A discussion
//! begins with a comment on a place in a version, and goes on with answers to it; nobody answers answers. What a comment is
//! about is named by the place and by the hash of the words that its author saw there ([`text_of`]): so an agreement to a tag or a clause
//! never moves to other words, and who looks later can tell that they have changed. Which comments count, which were taken back
//! and which discussions are settled is a pure function of the envelopes that count (`Ledger::discussions`).

use automerge::ChangeHash;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::FieldPath;
use crate::heads::Heads;
use crate::identity::{ChangeId, EnvelopeId, TextId};
use crate::limits;
use crate::sign_off::text_of;

/// What an organisation says about a place in a document, or answers. Its node signs, for the person who is named.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Comment {
    /// What it is about.
    #[n(0)]
    pub about: About,
    /// What it does besides saying something.
    #[n(1)]
    pub stance: Stance,
    /// What is said; empty where the stance says it all.
    #[n(2)]
    pub text: String,
}

/// What a comment is about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum About {
    /// A place in a version of the document: this begins a discussion.
    #[n(0)]
    Place(#[n(0)] Place),
    /// Another comment: the first one of a discussion, or for [`Stance::Reopens`] the one that settled it.
    #[n(1)]
    Comment(#[n(0)] EnvelopeId),
}

/// A place in a version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Place {
    /// The version that the author saw: its newest changes, sorted.
    #[n(0)]
    pub version: Vec<ChangeId>,
    /// The text form of the [`FieldPath`]; items of lists by their names. Empty for the whole document.
    #[n(1)]
    path: String,
    /// The hash of what stood there, as its author's node says.
    #[n(2)]
    pub words: TextId,
}

/// What a comment does besides saying something.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Stance {
    /// Nothing.
    #[n(0)]
    Remarks,
    /// The organisation agrees to what stands there.
    #[n(1)]
    Agrees,
    /// The organisation objects to what stands there.
    #[n(2)]
    Objects,
    /// The discussion is over.
    #[n(3)]
    Settles,
    /// The discussion is not over after all.
    #[n(4)]
    Reopens,
}

impl Stance {
    /// Is it what an organisation holds of a place?
    #[must_use]
    pub const fn is_position(self) -> bool {
        matches!(self, Self::Agrees | Self::Objects)
    }

    /// Does it end a discussion, or take that back?
    #[must_use]
    pub const fn is_about_the_end(self) -> bool {
        matches!(self, Self::Settles | Self::Reopens)
    }
}

impl Place {
    /// Names a place in a version, and what stands there.
    #[must_use]
    pub fn new(version: &Heads, path: &FieldPath, value: &Value) -> Self {
        let version = version.as_slice().iter().map(|hash| ChangeId(hash.0)).collect();
        Self { version, path: path.to_string(), words: text_of(value) }
    }

    /// Returns the version.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.version.iter().map(|id| ChangeHash(id.0)).collect::<Vec<_>>().into()
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> FieldPath {
        // `is_bounded` lets no other text through.
        self.path.parse().unwrap_or_default()
    }

    /// Are these the words that it is about?
    #[must_use]
    pub fn says(&self, value: &Value) -> bool {
        text_of(value) == self.words
    }

    fn is_bounded(&self) -> bool {
        let has_one_form =
            self.path.parse::<FieldPath>().is_ok_and(|path| path.to_string() == self.path);
        has_one_form
            && self.path.len() <= limits::COMMENT_PATH_BYTES
            && !self.version.is_empty()
            && self.version.len() <= limits::DEPENDENCIES
            && self.version.is_sorted_by(|a, b| a < b)
    }
}

impl Comment {
    /// Is it within the limits, in its one form, and does it say something?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let fits = match &self.about {
            About::Place(place) => place.is_bounded() && !self.stance.is_about_the_end(),
            About::Comment(_) => !self.stance.is_position(),
        };
        fits && self.text.len() <= limits::COMMENT_BYTES
            && (!self.needs_words() || self.has_words())
    }

    /// Must it say something? Who only agrees, or ends a discussion, has said all.
    const fn needs_words(&self) -> bool {
        matches!(self.stance, Stance::Remarks | Stance::Objects)
    }

    fn has_words(&self) -> bool {
        !self.text.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn on(path: &str, stance: Stance, text: &str) -> Comment {
        let version = vec![ChangeHash([1; 32])].into();
        let place = Place::new(&version, &path.parse().unwrap(), &json!("Ring first"));
        Comment { about: About::Place(place), stance, text: text.to_owned() }
    }

    fn to(stance: Stance, text: &str) -> Comment {
        Comment { about: About::Comment(EnvelopeId([1; 32])), stance, text: text.to_owned() }
    }

    #[test]
    fn a_comment_goes_there_and_back() {
        let made = on("/body/steps/3@ab/detail", Stance::Objects, "Nobody answers before ten");
        let again: Comment = crate::codec::decode(&crate::codec::encode(&made), 10_000).unwrap();
        assert_eq!(again, made);
        let About::Place(place) = again.about else { panic!("no place") };
        assert_eq!(place.path().to_string(), "/body/steps/3@ab/detail");
        assert!(place.says(&json!("Ring first")));
        assert!(!place.says(&json!("Ring first.")));
    }

    #[test]
    fn a_discussion_begins_with_a_remark_or_a_position_and_positions_are_no_answers() {
        for (stance, begins, answers) in [
            (Stance::Remarks, true, true),
            (Stance::Agrees, true, false),
            (Stance::Objects, true, false),
            (Stance::Settles, false, true),
            (Stance::Reopens, false, true),
        ] {
            assert_eq!(on("", stance, "Yes").is_bounded(), begins, "{stance:?}");
            assert_eq!(to(stance, "Yes").is_bounded(), answers, "{stance:?}");
        }
    }

    #[test]
    fn who_remarks_or_objects_says_something() {
        for text in ["", " \n"] {
            assert!(!on("/title", Stance::Remarks, text).is_bounded());
            assert!(!on("/title", Stance::Objects, text).is_bounded());
            assert!(!to(Stance::Remarks, text).is_bounded());
            assert!(on("/title", Stance::Agrees, text).is_bounded());
            assert!(to(Stance::Settles, text).is_bounded());
        }
    }

    #[test]
    fn a_place_has_one_form() {
        let with = |path: &str| {
            let mut comment = on("", Stance::Remarks, "Why?");
            if let About::Place(place) = &mut comment.about {
                path.clone_into(&mut place.path);
            }
            comment.is_bounded()
        };
        assert!(with("/body/a~1b"));
        assert!(!with("body"), "a path begins with a slash");
        assert!(!with("/body/a~b"), "a tilde is written ~0");
        assert!(!with(&format!("/{}", "a".repeat(limits::COMMENT_PATH_BYTES))));
    }
}
