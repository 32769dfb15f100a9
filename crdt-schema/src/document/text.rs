//! Texts as browsers know them: splices in UTF-16 code units.

use automerge::{Automerge, ChangeHash, ObjId, PatchAction};
use serde::{Deserialize, Serialize};

/// One change of a text: at a place, delete so much, insert that. Counts are UTF-16 code units, as in browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splice {
    /// Where.
    pub at: usize,
    /// How much is deleted there.
    #[serde(rename = "del", default)]
    pub delete: usize,
    /// What is inserted there.
    #[serde(rename = "ins", default)]
    pub insert: String,
}

impl Splice {
    /// Does this splice begin and end between characters of `text`?
    pub(crate) fn fits(&self, text: &str) -> bool {
        let Some(end) = self.at.checked_add(self.delete) else { return false };
        let mut seen = 0;
        let (mut begins, mut ends) = (self.at == 0, end == 0);
        for character in text.chars() {
            seen += character.len_utf16();
            begins |= seen == self.at;
            ends |= seen == end;
        }
        begins && ends
    }

    /// Returns where a caret at `offset` stands after this splice.
    pub(crate) fn carry(&self, offset: usize) -> usize {
        if offset < self.at {
            offset
        } else if offset < self.at.saturating_add(self.delete) {
            self.at
        } else {
            offset.saturating_sub(self.delete).saturating_add(self.insert.encode_utf16().count())
        }
    }
}

/// Returns what turns a text as of one version into that of another.
pub(crate) fn between(
    doc: &Automerge,
    text: &ObjId,
    from: &[ChangeHash],
    to: &[ChangeHash],
) -> Vec<Splice> {
    let patches = doc.diff_obj(text, from, to, false).unwrap_or_default();
    patches.into_iter().filter_map(|patch| splice(patch.action)).collect()
}

fn splice(action: PatchAction) -> Option<Splice> {
    match action {
        PatchAction::SpliceText { index, value, .. } => {
            Some(Splice { at: index, delete: 0, insert: value.make_string() })
        }
        PatchAction::DeleteSeq { index, length } => {
            Some(Splice { at: index, delete: length, insert: String::new() })
        }
        PatchAction::PutMap { .. }
        | PatchAction::PutSeq { .. }
        | PatchAction::Insert { .. }
        | PatchAction::Increment { .. }
        | PatchAction::Conflict { .. }
        | PatchAction::DeleteMap { .. }
        | PatchAction::Mark { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splice(at: usize, delete: usize, insert: &str) -> Splice {
        Splice { at, delete, insert: insert.to_owned() }
    }

    #[test]
    fn a_splice_never_cuts_a_character_in_two() {
        for (text, at, delete, fits) in [
            ("", 0, 0, true),
            ("a🙂b", 1, 2, true),
            ("a🙂b", 2, 1, false),
            ("a🙂b", 1, 1, false),
            ("a🙂b", 4, 0, true),
            ("a🙂b", 4, 1, false),
            ("a", usize::MAX, 2, false),
        ] {
            assert_eq!(splice(at, delete, "").fits(text), fits, "{text} {at} {delete}");
        }
    }

    #[test]
    fn a_caret_is_carried_along() {
        for (offset, splice, after) in [
            (1, splice(3, 0, "x"), 1),
            (3, splice(3, 0, "🙂"), 5),
            (5, splice(3, 4, ""), 3),
            (9, splice(3, 4, "ab"), 7),
        ] {
            assert_eq!(splice.carry(offset), after, "{offset} {splice:?}");
        }
    }
}
