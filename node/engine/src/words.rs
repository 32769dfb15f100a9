//! Words as search compares them: without case, accents and signs.

use std::collections::BTreeSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Protects memory: letters of one word that are compared.
const LETTERS: usize = 48;
/// Protects time: words of one question.
const ASKED: usize = 16;
/// Protects the index, whose values are at most 64 KiB: bytes of the different words of one document.
const BYTES: usize = 56 * 1024;

/// The different words of a text, each after a line break, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(String);

impl Words {
    /// Collects the words of several texts. Of more than fit, those that come first are kept.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = BTreeSet::new();
        let mut bytes = 0_usize;
        for (_, word) in texts.into_iter().flat_map(split) {
            let more = bytes.saturating_add(word.len()).saturating_add(1);
            if more <= BYTES && words.insert(word) {
                bytes = more;
            }
        }
        let mut all = String::with_capacity(bytes);
        for word in words {
            all.push('\n');
            all.push_str(&word);
        }
        Self(all)
    }

    pub(crate) const fn new(kept: String) -> Self {
        Self(kept)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody looks for: words that all must be there, each whole or as the beginning of a word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Each after a line break, as in [`Words`].
    beginnings: Vec<String>,
}

impl Asked {
    pub(crate) fn new(words: &str) -> Self {
        let mut beginnings: Vec<String> =
            split(words).take(ASKED).map(|(_, word)| format!("\n{word}")).collect();
        beginnings.sort();
        beginnings.dedup();
        Self { beginnings }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.beginnings.is_empty()
    }

    /// Are all of them among these?
    pub(crate) fn are_all_in(&self, words: &Words) -> bool {
        self.beginnings.iter().all(|word| words.0.contains(word.as_str()))
    }

    /// Counts how many of them a text has.
    pub(crate) fn count_in(&self, text: &str) -> usize {
        let words = Words::of([text]);
        self.beginnings.iter().filter(|word| words.0.contains(word.as_str())).count()
    }

    /// Returns where in a text the words stand that they begin.
    pub(crate) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let is_asked = |word: &str| {
            let mut beginnings = self.beginnings.iter().filter_map(|one| one.strip_prefix('\n'));
            beginnings.any(|beginning| word.starts_with(beginning))
        };
        split(text).filter(|(_, word)| is_asked(word)).map(|(place, _)| place).collect()
    }
}

/// Returns a text without case, accents and signs: equal for what people take for equal.
pub(crate) fn plain(text: &str) -> String {
    let words: Vec<String> = split(text).map(|(_, word)| word).collect();
    words.join(" ")
}

/// Splits a text into its words, each with its place in bytes.
fn split(text: &str) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, _) = rest.find(|(_, letter)| letter.is_alphanumeric())?;
            let mut end = start;
            while let Some((at, letter)) = rest.next_if(|(_, letter)| is_within(*letter)) {
                end = if is_apostrophe(letter) { end } else { at };
            }
            let length = text.get(end..)?.chars().next()?.len_utf8();
            let place = start..end.saturating_add(length);
            let word = fold(text.get(place.clone())?);
            if !word.is_empty() {
                return Some((place, word));
            }
        }
    })
}

/// Does the letter belong to the word before it? An apostrophe does: "people’s" is one word.
fn is_within(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter) || is_apostrophe(letter)
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’')
}

fn fold(word: &str) -> String {
    let letters = word.chars().flat_map(char::to_lowercase).nfkd();
    letters.filter(|letter| letter.is_alphanumeric()).take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_accents_and_signs() {
        for (text, asked, is_there) in [
            ("Éclair—people’s café", "eclair", true),
            ("E\u{301}clair", "éclair", true),
            ("the people’s café", "CAFE people", true),
            ("the people's café", "peoples", true),
            ("northmereNeed:housing", "housing NORTHMERE", true),
            ("a referral", "refer", true),
            ("a referral", "ferral", false),
            ("a referral", "referrals", false),
            ("one and two", "one three", false),
            ("ﬁnance", "finance", true),
            ("2026-10-01", "2026 10", true),
        ] {
            let asked_for = Asked::new(asked);
            assert_eq!(asked_for.are_all_in(&Words::of([text])), is_there, "{asked} in {text}");
        }
        assert_eq!(plain(" Food  (Insecurity) "), "food insecurity");
        assert!(Asked::new(" .,- ").is_empty() && Words::of(["—"]).as_str().is_empty());
    }

    #[test]
    fn the_places_of_words_are_whole_words_of_the_text_itself() {
        let text = "Référez: refer-to the people’s ‘Referral’ line";
        let found: Vec<&str> =
            Asked::new("refer people").places(text).into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, ["Référez", "refer", "people’s", "Referral"]);
        assert_eq!(Asked::new("refer people absent").count_in(text), 2);
    }

    #[test]
    fn nothing_that_is_asked_or_kept_has_no_end() {
        for (letters, equal) in [(LETTERS - 1, false), (LETTERS, true), (LETTERS + 1, true)] {
            let (long, asked) = ("a".repeat(LETTERS + 9), "a".repeat(letters));
            let words = Words::of([long.as_str()]);
            assert_eq!(words.as_str()[1..] == asked[..letters.min(LETTERS)], equal, "{letters}");
        }
        for (count, kept) in [(ASKED - 1, ASKED - 1), (ASKED, ASKED), (ASKED + 1, ASKED)] {
            let words: Vec<String> = (0..count).map(|number| format!("w{number}")).collect();
            assert_eq!(Asked::new(&words.join(" ")).beginnings.len(), kept);
        }
        // Seven letters and a line break each.
        let fit = BYTES / 8;
        for (count, kept) in [(fit - 1, fit - 1), (fit, fit), (fit + 1, fit)] {
            let words: Vec<String> = (0..count).map(|number| format!("w{number:06}")).collect();
            let words = Words::of([words.join(" ").as_str()]);
            assert_eq!(words.as_str().lines().count() - 1, kept);
            assert!(words.as_str().len() <= BYTES);
        }
    }
}
