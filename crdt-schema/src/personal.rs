//! Looks for what may be about a person, before it is shared. The person who saves decides.
//!
//! It cannot know: a warning may be wrong, and silence is no promise.

use serde_json::Value;

/// Something that may be about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like.
    pub looks_like: Sort,
    /// The text that looks so.
    pub text: String,
}

impl Finding {
    /// Says what looks like what, as a sentence without a full stop.
    #[must_use]
    pub fn words(&self) -> String {
        format!("“{}” looks like {}", self.text, self.looks_like.words())
    }
}

/// What a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A mobile phone number.
    Mobile,
    /// An NHS number, whose last digit checks the others.
    NhsNumber,
    /// A full postcode.
    Postcode,
    /// A date of birth.
    DateOfBirth,
    /// An e-mail address of a provider for private people.
    PrivateEmail,
}

impl Sort {
    /// Returns what it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Mobile => "a mobile phone number",
            Self::NhsNumber => "an NHS number",
            Self::Postcode => "a full postcode",
            Self::DateOfBirth => "a date of birth",
            Self::PrivateEmail => "somebody’s own email address",
        }
    }
}

/// Most findings that are told; the rest come when these are gone.
pub const FINDINGS_MAX: usize = 10;

/// Providers at which private people have their e-mail.
const PROVIDERS: [&str; 16] = [
    "aol.com",
    "btinternet.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "icloud.com",
    "live.co.uk",
    "mail.com",
    "outlook.com",
    "proton.me",
    "sky.com",
    "yahoo.co.uk",
    "yahoo.com",
];

/// Returns what in a text may be about a person.
#[must_use]
pub fn look(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    emails(text, &mut found);
    mobiles(text, &mut found);
    numbers(text, &mut found);
    postcodes(text, &mut found);
    births(text, &mut found);
    found.truncate(FINDINGS_MAX);
    found
}

/// Returns what in any of the texts of a value may be about a person.
#[must_use]
pub fn look_in(value: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => found.extend(look(text)),
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => waiting.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        if found.len() >= FINDINGS_MAX {
            found.truncate(FINDINGS_MAX);
            break;
        }
    }
    found
}

fn push(found: &mut Vec<Finding>, looks_like: Sort, text: &str) {
    found.push(Finding { looks_like, text: text.to_owned() });
}

fn emails(text: &str, found: &mut Vec<Finding>) {
    for word in text.split(|c: char| c.is_whitespace() || "<>()[],;:\"“”".contains(c)) {
        let word = word.trim_end_matches(['.', '!', '?']);
        if let Some((name, host)) = word.split_once('@')
            && !name.is_empty()
            && PROVIDERS.contains(&host.to_ascii_lowercase().as_str())
        {
            push(found, Sort::PrivateEmail, word);
        }
    }
}

/// Finds mobile numbers, however their digits are set apart.
fn mobiles(text: &str, found: &mut Vec<Finding>) {
    let (mut before, mut from) = (' ', 0);
    for (at, c) in text.char_indices() {
        let may_begin = (c.is_ascii_digit() || c == '+') && !before.is_alphanumeric() && at >= from;
        before = c;
        if let Some(rest) = text.get(at..).filter(|_| may_begin)
            && let Some(length) = mobile_at_start(rest)
        {
            push(found, Sort::Mobile, rest.get(..length).unwrap_or(rest));
            from = at + length;
        }
    }
}

/// Returns how many bytes a mobile number takes that a text begins with.
fn mobile_at_start(text: &str) -> Option<usize> {
    const DIGITS: usize = 15;
    const BETWEEN: usize = 2;
    let (mut digits, mut between) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() && digits.len() < DIGITS {
            (digits, between) = (digits + c.encode_utf8(&mut [0; 4]), 0);
            let goes_on =
                text.get(at + 1..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
            if is_mobile(&digits) && !goes_on {
                return Some(at + 1);
            }
        } else if " -.()".contains(c) && !digits.is_empty() && between < BETWEEN {
            between += 1;
        } else if !(c == '+' && at == 0) {
            return None;
        }
    }
    None
}

/// With and without the country's code, and the zero that some leave in behind it.
fn is_mobile(digits: &str) -> bool {
    [("07", 11), ("447", 12), ("4407", 13), ("00447", 14), ("004407", 15)]
        .iter()
        .any(|(start, length)| digits.starts_with(start) && digits.len() == *length)
}

/// Finds runs of digits that may have single spaces or hyphens in them.
fn numbers(text: &str, found: &mut Vec<Finding>) {
    let mut run = String::new();
    let mut before = ' ';
    for c in text.chars().chain(['\n', '\n']) {
        let goes_on = c.is_ascii_digit()
            || (c == '+' && run.is_empty())
            || ((c == ' ' || c == '-') && before.is_ascii_digit());
        if goes_on && !(run.is_empty() && before.is_alphanumeric()) {
            run.push(c);
        } else if !run.is_empty() {
            // With a letter behind it, it is part of some other name.
            if !c.is_alphabetic() {
                number(run.trim_end_matches([' ', '-']), found);
            }
            run.clear();
        }
        before = c;
    }
}

fn number(run: &str, found: &mut Vec<Finding>) {
    let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() == 10 && is_nhs_number(&digits) {
        push(found, Sort::NhsNumber, run);
    }
}

/// Does the last of ten digits check the others, as the NHS has it?
fn is_nhs_number(digits: &[u32]) -> bool {
    let Some((last, first)) = digits.split_last() else { return false };
    let sum: u32 =
        first.iter().zip((2..=10).rev()).map(|(digit, weight): (&u32, u32)| digit * weight).sum();
    let check = 11 - sum % 11;
    let check = if check == 11 { 0 } else { check };
    // All digits alike are no number that anybody has.
    check == *last && first.iter().any(|digit| digit != last)
}

/// Finds an outward part of a postcode followed by an inward one: a digit and two letters.
fn postcodes(text: &str, found: &mut Vec<Finding>) {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        if let [outward, inward] = pair
            && are_postcode(outward, inward)
        {
            push(found, Sort::Postcode, &format!("{outward} {inward}"));
        }
    }
    for word in words {
        if let Some((outward, inward)) =
            word.len().checked_sub(3).and_then(|at| word.split_at_checked(at))
            && are_postcode(outward, inward)
        {
            push(found, Sort::Postcode, word);
        }
    }
}

/// In capitals, or in small letters throughout.
fn are_postcode(outward: &str, inward: &str) -> bool {
    let is_small = |word: &str| !word.chars().any(|c| c.is_ascii_uppercase());
    if is_small(outward) && is_small(inward) {
        let [outward, inward] = [outward, inward].map(str::to_ascii_uppercase);
        return is_outward(&outward) && is_inward(&inward) && !is_ordinal(&inward);
    }
    is_outward(outward) && is_inward(inward)
}

/// As in "the m1 2nd exit".
fn is_ordinal(inward: &str) -> bool {
    matches!(inward.get(1..), Some("ST" | "ND" | "RD" | "TH"))
}

fn is_outward(word: &str) -> bool {
    let letters = word.chars().take_while(char::is_ascii_uppercase).count();
    let rest: Vec<char> = word.chars().skip(letters).collect();
    (1..=2).contains(&letters)
        && match rest.as_slice() {
            [digit] => digit.is_ascii_digit(),
            [digit, last] => {
                digit.is_ascii_digit() && last.is_ascii_alphanumeric() && !last.is_ascii_lowercase()
            }
            _ => false,
        }
}

fn is_inward(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    matches!(letters.as_slice(), [digit, one, two]
        if digit.is_ascii_digit() && [one, two].iter().all(|c| c.is_ascii_uppercase() && !"CIKMOV".contains(**c)))
}

/// Finds a date soon after words that say it is of a birth.
fn births(text: &str, found: &mut Vec<Finding>) {
    const NEAR: usize = 40;
    let lower = text.to_lowercase();
    for word in ["date of birth", "dob", "d.o.b", "born on", "born "] {
        for (at, _) in lower.match_indices(word) {
            let (before, from) = lower.split_at_checked(at).unwrap_or_default();
            let is_word = !before.ends_with(char::is_alphanumeric);
            let near: String = from.chars().take(NEAR).collect();
            if is_word && has_date(&near) {
                push(found, Sort::DateOfBirth, near.trim());
                return;
            }
        }
    }
}

/// Is there a year of the last century or this one, with a day or month beside it?
fn has_date(text: &str) -> bool {
    let numbers: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let is_year = |run: &&&str| run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    let is_short = |run: &&&str| run.len() <= 2;
    numbers.iter().any(|run| is_year(&run)) && numbers.iter().any(|run| is_short(&run))
        || numbers.iter().filter(is_short).count() >= 3
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_about_a_person_is_found() {
        for (text, sort) in [
            ("Ring her on 07700 900123 after six", Sort::Mobile),
            ("+44 7700 900123", Sort::Mobile),
            ("+44 (0)7700 900123", Sort::Mobile),
            ("07700.900.123", Sort::Mobile),
            ("Room 24. (07700) 900-123", Sort::Mobile),
            ("sw1a1aa", Sort::Postcode),
            ("he lives in ls6 3qw", Sort::Postcode),
            ("NHS no. 943 476 5919", Sort::NhsNumber),
            ("He lives at 3 Hill Road, LS6 3QW.", Sort::Postcode),
            ("EC1A1BB", Sort::Postcode),
            ("DOB: 3/4/1981", Sort::DateOfBirth),
            ("She was born on 4 May 1990", Sort::DateOfBirth),
            ("Write to jo.bloggs@gmail.com.", Sort::PrivateEmail),
            ("<JO@Hotmail.co.uk>", Sort::PrivateEmail),
        ] {
            let found = look(text);
            assert_eq!(
                found.iter().map(|one| one.looks_like).collect::<Vec<_>>(),
                [sort],
                "{text}"
            );
        }
    }

    #[test]
    fn what_organizations_write_is_let_be() {
        for text in [
            "Ring 01632 960101, or 0303 123 1113",
            "data@harbour-lane-advice-centre.example",
            "From 2026-03-01 to 2028-02-29, 24 hours, 6 months",
            "GB-CHC-1171895, ZX990004, E05999903",
            "The project was born out of need in 2019",
            "Charity number 9990004; version 1.2; P1 and 2AB",
            "943 476 5918",
            "https://openactive.io/activity-list#9434765919a1-4f-943476591900b",
            "from the m1 2nd exit on the left",
            "",
        ] {
            assert_eq!(look(text), [], "{text}");
        }
    }

    #[test]
    fn a_document_is_looked_through_and_findings_are_few() {
        let many: Vec<String> = (0..50).map(|_| "07700 900123".to_owned()).collect();
        assert_eq!(look_in(&json!({"a": [{"b": many}]})).len(), FINDINGS_MAX);
        assert_eq!(look_in(&json!({"a": [1, null, true, "fine"]})), []);
        assert_eq!(look("é dob 🙂 ").len(), 0);
    }
}
