//! The words that people read for the words that data holds.

use crdt_schema::identity::{Role, Sector};

/// Returns what a sector is called.
#[must_use]
pub const fn sector(sector: Sector) -> &'static str {
    match sector {
        Sector::Council => "Council",
        Sector::Vcs => "Voluntary or community organisation",
        Sector::Health => "Health body",
        Sector::Other => "Another kind of organisation",
    }
}

/// Returns what a role is called.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Steward => "Steward",
        Role::Editor => "Editor",
        Role::Contributor => "Contributor",
        Role::Reader => "Reader",
    }
}

/// Returns what a role may do.
#[must_use]
pub const fn role_may(role: Role) -> &'static str {
    match role {
        Role::Steward => "Looks after membership, and changes documents",
        Role::Editor => "Changes documents",
        Role::Contributor => {
            "Reads documents. Suggesting and commenting are not part of this version"
        }
        Role::Reader => "Reads documents",
    }
}

/// Returns a code of a document as a person would write it: `self_referral` becomes "Self referral", and
/// `foodInsecurity` "Food insecurity". What is no code is left as it is.
#[must_use]
pub fn plain(code: &str) -> String {
    if let Some((_, known)) = KNOWN.iter().find(|(known, _)| *known == code) {
        return (*known).to_owned();
    }
    if code.contains(' ') || !code.starts_with(|c: char| c.is_ascii_lowercase()) {
        return code.to_owned();
    }
    let mut words = String::with_capacity(code.len() + 4);
    for c in code.chars() {
        match c {
            '_' => words.push(' '),
            c if c.is_uppercase() => {
                words.push(' ');
                words.extend(c.to_lowercase());
            }
            c if words.is_empty() => words.extend(c.to_uppercase()),
            c => words.push(c),
        }
    }
    words
}

/// Codes whose plain form is not their letters.
const KNOWN: &[(&str, &str)] = &[
    ("idva", "Independent domestic violence adviser (IDVA)"),
    ("gp", "GP"),
    ("agreed", "Agreed"),
    ("in_review", "In review"),
    ("yes_no", "Yes or no"),
    ("integer", "Whole number"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words_and_words_stay() {
        for (code, words) in [
            ("self_referral", "Self referral"),
            ("foodInsecurity", "Food insecurity"),
            ("any partner organisation", "any partner organisation"),
            ("idva", "Independent domestic violence adviser (IDVA)"),
            ("GP practices", "GP practices"),
            ("", ""),
        ] {
            assert_eq!(plain(code), words);
        }
    }
}
