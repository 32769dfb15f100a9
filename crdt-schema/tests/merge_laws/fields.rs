//! Every field of the examples, changed by two people at once.

use serde_json::{Value, json};

use crate::replica::{CASH_FIRST, DOMESTIC_ABUSE, meet, replicas, set};
use crdt_schema::document::Edit;

/// The fields that are texts: what two people write in them at once is all kept.
const TEXTS: &[&str] = &[
    "/title",
    "/description",
    "/body/trigger/description",
    "/body/trigger/prompt_questions/*",
    "/body/trigger/urgency_levels/*/when",
    "/body/eligibility/eligibility_description",
    "/body/eligibility/exclusions/*",
    "/body/eligibility/what_if_not_eligible",
    "/body/access_routes/*/how",
    "/body/who_can_refer/*",
    "/body/steps/*/detail",
    "/body/steps/*/next",
    "/body/form/fields/*/label",
    "/body/form/fields/*/why",
    "/body/information_to_pass_on/never/*",
    "/body/consent_needed/without_consent",
    "/body/consent_needed/override",
    "/body/escalation/*/when",
    "/body/safeguarding/immediate_danger",
    "/body/safeguarding/note",
    "/body/measures/*",
    "/body/known_gaps/*",
];

/// Adds the pointers of all values that hold no others.
fn leaves(value: &Value, pointer: &str, pattern: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &format!("{pointer}/{key}"), &format!("{pattern}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{pointer}/{index}"), &format!("{pattern}/*"), found);
            }
        }
        _ => found.push((pointer.to_owned(), pattern.to_owned())),
    }
}

#[test]
fn what_two_people_do_to_any_field_is_kept_or_asked() {
    for example in [CASH_FIRST, DOMESTIC_ABUSE] {
        let content: Value = serde_json::from_str(example).unwrap();
        let mut found = Vec::new();
        leaves(&content, "", "", &mut found);
        // Codes in a list are items: two people who replace one leave both of theirs.
        found.retain(|(_, pattern)| {
            pattern != "/document_type" && (!pattern.ends_with("/*") || TEXTS.contains(&&**pattern))
        });
        assert!(found.len() > 100);
        let [mut one, mut two] = replicas(&content);
        let edits = |who: &str| -> Vec<Edit> {
            let edit = |(pointer, pattern): &(String, String)| {
                let old = content.pointer(pointer).unwrap();
                let new = match old.as_str() {
                    Some(text) if TEXTS.contains(&&**pattern) && who == "one" => {
                        json!(format!("one {text}"))
                    }
                    Some(text) if TEXTS.contains(&&**pattern) => json!(format!("{text} two")),
                    _ => json!(who),
                };
                set(pointer, new)
            };
            found.iter().map(edit).collect()
        };
        one.edit(&edits("one")).unwrap();
        two.edit(&edits("two")).unwrap();
        let both = meet([one, two]);
        let conflicts = both.document.conflicts();
        for (pointer, pattern) in &found {
            let seen = both.at(pointer);
            let place = both.document.resolve(&pointer.parse().unwrap());
            let conflict = conflicts.iter().find(|conflict| conflict.path == place);
            if TEXTS.contains(&&**pattern) {
                let old = content.pointer(pointer).unwrap();
                assert_eq!(
                    (&seen, conflict),
                    (&json!(format!("one {} two", old.as_str().unwrap())), None),
                    "{pointer}"
                );
            } else if !pattern.ends_with("/step") {
                let mut values: Vec<&Value> = conflict
                    .unwrap_or_else(|| panic!("{pointer}: {seen}"))
                    .values
                    .iter()
                    .map(|(value, _)| value)
                    .collect();
                assert_eq!(values[0], &seen, "{pointer}");
                values.sort_by_key(|value| value.to_string());
                assert_eq!(values, [&json!("one"), &json!("two")], "{pointer}");
            }
        }
    }
}
