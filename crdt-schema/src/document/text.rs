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
    /// Does this splice begin and end between characters of a text?
    pub(crate) fn fits(&self, text: &[u16]) -> bool {
        let is_between = |at: usize| match text.get(at) {
            // The second half of a character beyond the first 65,536.
            Some(unit) => !(0xdc00..=0xdfff).contains(unit),
            None => at == text.len(),
        };
        is_between(self.at) && self.at.checked_add(self.delete).is_some_and(is_between)
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

/// Bounds the work of finding out how two texts differ: the parts that are compared, of both together.
const PARTS: usize = 4_000;

/// Returns what turns one text into another, in order: letter by letter, in long texts word by word, in very long ones
/// all that lies between the beginning and the end that they share.
pub(crate) fn difference(old: &str, new: &str) -> Vec<Splice> {
    let start = shared(old.chars().zip(new.chars()));
    let (before, old) = old.split_at(start);
    let new = new.split_at(start).1;
    let end = shared(old.chars().rev().zip(new.chars().rev()));
    let old = old.split_at(old.len() - end).0;
    let new = new.split_at(new.len() - end).0;
    let splits: [fn(&str) -> Vec<&str>; 3] = [letters, words, |text| vec![text]];
    let parts = splits.into_iter().map(|split| (split(old), split(new)));
    let parts = parts.take(3).find(|(old, new)| old.len() + new.len() <= PARTS);
    let (old, new) = parts.unwrap_or_else(|| (vec![old], vec![new]));
    let mut at = units(before);
    let mut splices = Vec::new();
    let joined = |parts: &[&str], from: usize, count: usize| {
        parts.iter().skip(from).take(count).copied().collect::<String>()
    };
    for operation in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
        let (tag, was, is) = operation.as_tag_tuple();
        let insert = joined(&new, is.start, is.len());
        let length = units(&insert);
        if tag != similar::DiffTag::Equal {
            splices.push(Splice { at, delete: units(&joined(&old, was.start, was.len())), insert });
        }
        at += length;
    }
    splices.retain(|splice| splice.delete > 0 || !splice.insert.is_empty());
    splices
}

/// Returns what does to a third text what was done between two: its words go where they stood, and only what is still
/// there is deleted.
pub(crate) fn carry_over(before: &str, after: &str, now: &str) -> Vec<Splice> {
    if before == after || now == after {
        return Vec::new();
    }
    let places = places(before, now);
    let end = units(now);
    let mut carried = Vec::new();
    // Where a splice begins in the first text.
    let (mut added, mut deleted) = (0_usize, 0_usize);
    for Splice { at, delete, insert } in difference(before, after) {
        let from = at.saturating_sub(added).saturating_add(deleted);
        let place = places.iter().skip(from).find_map(|place| *place).unwrap_or(end);
        added = added.saturating_add(units(&insert));
        deleted = deleted.saturating_add(delete);
        if !insert.is_empty() {
            carried.push(Splice { at: place, delete: 0, insert });
        }
        for place in places.iter().skip(from).take(delete).flatten() {
            match carried.last_mut() {
                Some(Splice { at, delete, insert })
                    if insert.is_empty() && at.saturating_add(*delete) == *place =>
                {
                    *delete = delete.saturating_add(1);
                }
                _ => carried.push(Splice { at: *place, delete: 1, insert: String::new() }),
            }
        }
    }
    // From the end, so that none moves the place of another.
    carried.reverse();
    carried
}

/// Returns for each unit of one text where it stands in another, if it is still there.
fn places(before: &str, now: &str) -> Vec<Option<usize>> {
    let length = units(before);
    let mut places = Vec::with_capacity(length);
    let mut next = 0_usize;
    for Splice { at, delete, insert } in difference(before, now) {
        places.extend((next..at).map(Some));
        places.extend(std::iter::repeat_n(None, delete));
        next = at.saturating_add(units(&insert));
    }
    let rest = length.saturating_sub(places.len());
    places.extend((next..next.saturating_add(rest)).map(Some));
    places
}

/// Counts the bytes that two texts have in common from where they are read.
fn shared(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(old, new)| old == new).map(|(letter, _)| letter.len_utf8()).sum()
}

fn letters(text: &str) -> Vec<&str> {
    text.split("").filter(|letter| !letter.is_empty()).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
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
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(splice(at, delete, "").fits(&units), fits, "{text} {at} {delete}");
        }
    }

    #[test]
    fn a_difference_leads_from_one_text_to_the_other() {
        let long = "word ".repeat(3_000);
        let longer = "a ".repeat(9_000);
        for (old, new) in [
            ("", ""),
            ("", "a"),
            ("a🙂b", "a🙂🙂b"),
            ("Phone the food bank.", "Ring the bank first, please."),
            ("e\u{301}", "e"),
            (&long, &long.replace("word word word word w", "word other w")),
            (&longer, "b"),
        ] {
            let mut units: Vec<u16> = old.encode_utf16().collect();
            for Splice { at, delete, insert } in difference(old, new) {
                units.splice(at..at + delete, insert.encode_utf16());
            }
            assert_eq!(String::from_utf16(&units).unwrap(), new);
        }
        assert_eq!(difference("Ask him", "Ask her"), [splice(5, 2, "er")]);
    }

    #[test]
    fn what_was_done_to_one_text_is_done_to_another() {
        for (before, after, now, then) in [
            (
                "Phone the bank.",
                "Phone the food bank.",
                "Please phone the bank.",
                "Please phone the food bank.",
            ),
            ("Phone the bank.", "Ask the bank.", "Phone the bank today.", "Ask the bank today."),
            ("Phone the bank.", "Phone.", "Phone the good bank.", "Phonegood ."),
            ("one two", "one 🙂 two", "two", "🙂 two"),
            ("a", "b", "b", "b"),
            ("", "first", "second", "secondfirst"),
            ("old words", "new words", "", "new"),
        ] {
            let mut units: Vec<u16> = now.encode_utf16().collect();
            for splice in carry_over(before, after, now) {
                assert!(splice.fits(&units), "{splice:?} in {now}");
                units.splice(splice.at..splice.at + splice.delete, splice.insert.encode_utf16());
            }
            assert_eq!(String::from_utf16(&units).unwrap(), then, "{before} → {after}");
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
