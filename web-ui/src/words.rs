//! The words that people read for the words that data holds.

use crdt_schema::identity::{Role, Sector};
use crdt_schema::membership::{Change, Count, Rules, Template, Threshold};

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
            "Reads and signs documents, and suggests changes. Commenting is not part of this version"
        }
        Role::Reader => "Reads documents",
    }
}

/// Returns what a template of rules is called.
#[must_use]
pub const fn template(template: Template) -> &'static str {
    match template {
        Template::AnySteward => "Any steward lets in and removes",
        Template::CouncilAndVcs => "A council and a voluntary organisation decide together",
        Template::Together => "Stewards decide together",
    }
}

/// Returns what a template of rules means.
#[must_use]
pub const fn template_means(template: Template) -> &'static str {
    match template {
        Template::AnySteward => {
            "One steward can let an organisation in, remove it or change its role. More than half of the stewards must agree on who is a steward, on these rules and on the name."
        }
        Template::CouncilAndVcs => {
            "One steward can let an organisation in. For everything else two stewards must agree, at least one of a council and one of a voluntary or community organisation."
        }
        Template::Together => {
            "Two stewards must agree to let an organisation in. For everything else more than half of the stewards must agree."
        }
    }
}

/// Returns the name of rules, if they have one.
#[must_use]
pub fn rules_name(rules: &Rules) -> &'static str {
    Template::of_rules(rules).map_or("Rules of this workspace’s own", template)
}

/// Returns who must agree to what, as pairs of a matter and a sentence.
#[must_use]
pub fn rules(rules: &Rules) -> Vec<(String, String)> {
    [
        ("Let an organisation in", &rules.admit),
        ("Remove an organisation that is no steward, or change its role", &rules.members),
        ("Make or unmake a steward, change these rules, or the name", &rules.stewards),
    ]
    .into_iter()
    .map(|(matter, threshold)| (matter.to_owned(), self::threshold(threshold)))
    .collect()
}

/// Returns who must agree, as a sentence.
fn threshold(threshold: &Threshold) -> String {
    let mut words = match threshold.count {
        Count::AtLeast(1) => "Any one steward".to_owned(),
        Count::AtLeast(count) => format!("At least {count} stewards"),
        Count::Majority => "More than half of the stewards".to_owned(),
    };
    let sectors: Vec<String> =
        threshold.sectors.iter().map(|sector| format!("“{}”", self::sector(*sector))).collect();
    if !sectors.is_empty() {
        words.push_str(", among them one of each of these: ");
        words.push_str(&sectors.join(", "));
    }
    words.push('.');
    words
}

/// Returns what is proposed, as people say it. `about` is the name of the organisation that it is about.
#[must_use]
pub fn change(change: &Change, about: &str) -> String {
    match change {
        Change::Role { role: new, .. } => format!("Give {about} the role {}", role(*new)),
        Change::Remove { .. } => format!("Remove {about} from the workspace"),
        Change::Rules(rules) => format!("Change the rules to “{}”", rules_name(rules)),
        Change::Rename(name) => format!("Rename the workspace to “{}”", name.as_str()),
        Change::Elect(_) => format!("Elect {about} as steward"),
        Change::Reinstate(_) => format!("End the suspension of {about}"),
    }
}

/// Returns the reason that was given for a change; empty if there is none.
#[must_use]
pub fn reason(change: &Change) -> &str {
    match change {
        Change::Remove { reason, .. } => reason,
        Change::Role { .. }
        | Change::Rules(_)
        | Change::Rename(_)
        | Change::Elect(_)
        | Change::Reinstate(_) => "",
    }
}

/// Returns a code of a document as a person would write it: `self_referral` becomes "Self referral", and
/// `foodInsecurity` "Food insecurity". What is no code is left as it is.
#[must_use]
pub fn plain(code: &str) -> String {
    if let Some((_, known)) = KNOWN.iter().find(|(known, _)| *known == code) {
        return (*known).to_owned();
    }
    // A language, a fingerprint or a number of a list means what it says.
    let is_word = code.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if !is_word || !code.starts_with(|c: char| c.is_ascii_lowercase()) {
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

/// Returns a code in words; addresses, which are no codes, stay as they are.
#[must_use]
pub fn code(text: &str) -> String {
    if text.contains(['@', '/', ':', '.']) { text.to_owned() } else { plain(text) }
}

/// Returns a word with its first letter large.
#[must_use]
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns a label with its first letter small, unless it is an abbreviation.
#[must_use]
pub fn small(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

/// Returns a word with its article.
#[must_use]
pub fn a(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// Returns a word for several.
#[must_use]
pub fn plural(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("is") {
        format!("{stem}es")
    } else if let Some(stem) =
        word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o']))
    {
        format!("{stem}ies")
    } else if word.ends_with("ch") {
        format!("{word}es")
    } else if let Some(stem) = word.strip_suffix(" in") {
        format!("{stem}s in")
    } else {
        format!("{word}s")
    }
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
    fn rules_are_said_in_full() {
        let said = rules(&Template::CouncilAndVcs.rules());
        assert_eq!(said[0].1, "Any one steward.");
        assert_eq!(
            said[2].1,
            "At least 2 stewards, among them one of each of these: “Council”, “Voluntary or community organisation”."
        );
        assert_eq!(rules(&Template::Together.rules())[1].1, "More than half of the stewards.");
        assert_eq!(rules_name(&Template::Together.rules()), "Stewards decide together");
    }

    #[test]
    fn codes_become_words_and_words_stay() {
        for (code, words) in [
            ("self_referral", "Self referral"),
            ("foodInsecurity", "Food insecurity"),
            ("any partner organisation", "any partner organisation"),
            ("idva", "Independent domestic violence adviser (IDVA)"),
            ("GP practices", "GP practices"),
            ("en-GB", "en-GB"),
            ("ee0b12", "ee0b12"),
            ("", ""),
        ] {
            assert_eq!(plain(code), words);
        }
    }
}
