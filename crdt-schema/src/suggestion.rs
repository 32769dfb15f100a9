//! [`Suggestion`]: a change that somebody proposes to a document, and [`Answer`]: what became of it.
//!
//! A suggestion is pure data. It never reaches Automerge and changes nobody's document: it says which edits its author
//! would make on the version that they saw. Who may write takes it in by making those edits on that version, as if they
//! had saved an old form, so that what came since is merged letter by letter. What becomes of a suggestion is a pure
//! function of the envelopes that count (`Ledger::suggestions`).

use json_patch::PatchOperation;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::document::Edit;
use crate::heads::Heads;
use crate::identity::{ChangeId, EnvelopeId};
use crate::limits;

/// A change that somebody proposes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Suggestion {
    /// The version that the author saw: its newest changes, sorted.
    #[n(0)]
    pub base: Vec<ChangeId>,
    /// The edits, as JSON.
    #[n(1)]
    edits: String,
    /// Why, for people; may be empty.
    #[n(2)]
    pub note: String,
}

/// What became of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// Which.
    #[n(0)]
    pub suggestion: EnvelopeId,
    /// What.
    #[n(1)]
    pub verdict: Verdict,
    /// Why, for people; may be empty.
    #[n(2)]
    pub note: String,
    /// The Automerge changes that take it in; none if it is not taken, or says nothing new.
    #[n(3)]
    pub changes: Vec<ByteVec>,
}

/// What is said to a suggestion.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Verdict {
    /// Somebody who may write took it in.
    #[n(0)]
    Taken,
    /// Somebody who may write said no.
    #[n(1)]
    Declined,
    /// The organisation that made it takes it back.
    #[n(2)]
    Withdrawn,
}

/// Why something cannot be suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuggestError {
    #[error("a suggestion says what to change")]
    Nothing,
    #[error("a suggestion has at most {} edits", limits::SUGGESTION_EDITS)]
    TooMany,
    #[error("a suggestion has at most {} bytes of edits", limits::SUGGESTION_BYTES)]
    TooLong,
    #[error("a note has at most {} bytes", limits::REASON_BYTES)]
    NoteTooLong,
    /// Copies of copies could grow without end where the suggestion is looked at.
    #[error("a suggestion's patch holds no \"copy\" or \"test\": write out what it shall say")]
    Operation,
    #[error("the version that it starts from is missing or has too many ends")]
    Base,
    #[error("the edits are not what this protocol knows")]
    Malformed,
}

impl Suggestion {
    /// Makes a suggestion.
    ///
    /// # Errors
    /// If it is beyond the limits.
    pub fn new(base: &Heads, edits: &[Edit], note: String) -> Result<Self, SuggestError> {
        let edits = serde_json::to_string(edits).map_err(|_| SuggestError::Malformed)?;
        let base = base.as_slice().iter().map(|hash| ChangeId(hash.0)).collect();
        let suggestion = Self { base, edits, note };
        suggestion.check().map(|_| suggestion)
    }

    /// Returns the edits.
    ///
    /// # Errors
    /// If they are beyond the limits, or none that this protocol knows.
    pub fn edits(&self) -> Result<Vec<Edit>, SuggestError> {
        self.check()
    }

    /// Returns the version that the author saw.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.base.iter().map(|id| automerge::ChangeHash(id.0)).collect::<Vec<_>>().into()
    }

    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.check().is_ok()
    }

    fn check(&self) -> Result<Vec<Edit>, SuggestError> {
        if self.note.len() > limits::REASON_BYTES {
            return Err(SuggestError::NoteTooLong);
        }
        if self.edits.len() > limits::SUGGESTION_BYTES {
            return Err(SuggestError::TooLong);
        }
        let is_base = !self.base.is_empty()
            && self.base.len() <= limits::DEPENDENCIES
            && self.base.is_sorted_by(|a, b| a < b);
        if !is_base {
            return Err(SuggestError::Base);
        }
        let edits: Vec<Edit> =
            serde_json::from_str(&self.edits).map_err(|_| SuggestError::Malformed)?;
        let mut count = 0_usize;
        for edit in &edits {
            count = count.saturating_add(match edit {
                Edit::JsonPatch(patch) if patch.0.iter().all(is_plain) => patch.0.len(),
                Edit::JsonPatch(_) => return Err(SuggestError::Operation),
                Edit::Splice { splices, .. } => splices.len().max(1),
                Edit::Set { .. }
                | Edit::Insert { .. }
                | Edit::Move { .. }
                | Edit::Remove { .. }
                | Edit::MergePatch(_) => 1,
            });
        }
        match count {
            0 => Err(SuggestError::Nothing),
            _ if count > limits::SUGGESTION_EDITS => Err(SuggestError::TooMany),
            _ => Ok(edits),
        }
    }
}

/// Is it an operation whose outcome is no longer than what it says?
const fn is_plain(operation: &PatchOperation) -> bool {
    match operation {
        PatchOperation::Add(_)
        | PatchOperation::Remove(_)
        | PatchOperation::Replace(_)
        | PatchOperation::Move(_) => true,
        PatchOperation::Copy(_) | PatchOperation::Test(_) => false,
    }
}

impl Answer {
    /// Is it within the limits, with changes only where it takes something in?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let changes = match self.verdict {
            Verdict::Taken => limits::CHANGES_PER_ENVELOPE,
            Verdict::Declined | Verdict::Withdrawn => 0,
        };
        self.changes.len() <= changes && self.note.len() <= limits::REASON_BYTES
    }
}

#[cfg(test)]
mod tests {
    use automerge::ChangeHash;
    use serde_json::json;

    use super::*;
    use crate::document::Splice;

    fn heads() -> Heads {
        vec![ChangeHash([1; 32])].into()
    }

    fn set(value: serde_json::Value) -> Edit {
        Edit::Set { path: "/description".parse().unwrap(), value }
    }

    #[test]
    fn edits_go_there_and_back() {
        let (item, list) = ("3@ab".parse().unwrap(), "/body/steps".parse().unwrap());
        let edits = vec![
            set(json!("Ring first")),
            Edit::Splice {
                path: "/title".parse().unwrap(),
                splices: vec![Splice { at: 2, delete: 1, insert: "🙂".to_owned() }],
            },
            Edit::Insert { list, after: Some(item), value: json!({"detail": 1.5}) },
            Edit::MergePatch(json!({"title": null})),
            Edit::JsonPatch(
                serde_json::from_value(json!([{"op": "remove", "path": "/tags/0"}])).unwrap(),
            ),
        ];
        let made = Suggestion::new(&heads(), &edits, "Clearer".to_owned()).unwrap();
        let again: Suggestion = crate::codec::decode(&crate::codec::encode(&made), 10_000).unwrap();
        assert_eq!(again.edits().unwrap(), edits);
        assert_eq!(again.heads(), heads());
    }

    #[test]
    fn a_suggestion_that_says_nothing_or_could_grow_is_none() {
        let refused =
            |edits: &[Edit], base: &Heads| Suggestion::new(base, edits, String::new()).unwrap_err();
        let patch =
            |patch: serde_json::Value| [Edit::JsonPatch(serde_json::from_value(patch).unwrap())];
        assert_eq!(refused(&[], &heads()), SuggestError::Nothing);
        assert_eq!(refused(&patch(json!([])), &heads()), SuggestError::Nothing);
        assert_eq!(refused(&[set(json!(1))], &Heads::default()), SuggestError::Base);
        let copy = patch(json!([{"op": "copy", "from": "/a", "path": "/b"}]));
        assert_eq!(refused(&copy, &heads()), SuggestError::Operation);
        let test = patch(json!([{"op": "test", "path": "/a", "value": 1}]));
        assert_eq!(refused(&test, &heads()), SuggestError::Operation);
    }

    #[test]
    fn only_what_is_taken_brings_changes() {
        let answer = |verdict| Answer {
            suggestion: EnvelopeId([1; 32]),
            verdict,
            note: String::new(),
            changes: vec![vec![1].into()],
        };
        assert!(answer(Verdict::Taken).is_bounded());
        assert!(!answer(Verdict::Declined).is_bounded());
        assert!(!answer(Verdict::Withdrawn).is_bounded());
    }
}
