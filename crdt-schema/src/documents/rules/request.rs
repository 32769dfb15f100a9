//! A request can only be declined after both sides have spoken, with a reason, and with the alternative that is claimed. Whatever
//! ends it otherwise than with a yes is a no, whatever it is called; only who asks can take it back, and says so.

use serde_json::Value;

use super::{list, problem, text};
use crate::documents::Problem;

const OUTCOME: &str = "/body/decision/outcome";
const REASONS: &str = "/body/decision/reasons";
const ALTERNATIVE: &str = "/body/decision/alternative_offered/description";
const CHANGE: &str = "/body/decision/what_would_change_the_answer";

/// Words for the state of a request that has come to an end without a yes, in files of other programs too.
const ENDS: [&str; 12] = [
    "archived",
    "cancelled",
    "canceled",
    "closed",
    "completed",
    "declined",
    "denied",
    "done",
    "no",
    "refused",
    "rejected",
    "superseded",
];
const WITHDRAWN: &str = "withdrawn";
const SIDES: [&str; 2] = ["requesting_organization", "receiving_organization"];

pub(super) fn problems(content: &Value) -> Vec<Problem> {
    let outcome = text(content, OUTCOME).to_lowercase();
    let status = text(content, "/status").to_lowercase();
    if outcome == WITHDRAWN || (outcome.is_empty() && status == WITHDRAWN) {
        let place = if outcome.is_empty() { "/status" } else { OUTCOME };
        return taken_back(content, place).into_iter().collect();
    }
    let is_yes = matches!(outcome.as_str(), "approved" | "approved_in_part");
    if outcome.is_empty() && ENDS.contains(&status.as_str()) {
        let message = "Before the request is declined or closed, fill in the decision: its outcome and its reasons.";
        return vec![problem("/status", message)];
    }
    if outcome.is_empty() || is_yes {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for side in SIDES {
        if !has_spoken(content, side) {
            let name = name_of(content, side);
            let message = format!(
                "Before you decline, talk: add what {name} said under “Conversation”. Say who spoke by the organisation’s name, or “both”."
            );
            problems.push(problem(OUTCOME, message));
        }
    }
    if !list(content, REASONS)
        .iter()
        .any(|reason| reason.as_str().is_some_and(|text| !text.trim().is_empty()))
    {
        problems.push(problem(REASONS, "Give at least one reason for declining."));
    }
    if outcome == "declined_with_alternative" && text(content, ALTERNATIVE).is_empty() {
        problems.push(problem(ALTERNATIVE, "Say what is offered instead."));
    }
    if outcome != "declined_with_alternative"
        && text(content, CHANGE).is_empty()
        && text(content, ALTERNATIVE).is_empty()
    {
        let message = "Say what would change the answer, or offer something instead.";
        problems.push(problem(CHANGE, message));
    }
    problems
}

/// Only who asks can take a request back; and whoever reads it later should know why.
fn taken_back(content: &Value, place: &str) -> Option<Problem> {
    let [asks, _] = SIDES;
    let message = format!(
        "Only who asks can withdraw a request: add why {} does under “Conversation”. Whoever is asked can decline it.",
        name_of(content, asks)
    );
    (!has_spoken(content, asks)).then(|| problem(place, message))
}

fn name_of<'a>(content: &'a Value, side: &str) -> &'a str {
    match (text(content, &format!("/body/{side}/name")), side) {
        ("", "requesting_organization") => "the organisation that asks",
        ("", _) => "the organisation that is asked",
        (name, _) => name,
    }
}

/// Is there an entry of this side in the conversation?
fn has_spoken(content: &Value, side: &str) -> bool {
    let known = |field: &str| text(content, &format!("/body/{side}/{field}"));
    let (name, id) = (known("name"), known("organization_id"));
    let initials: String = name.split(' ').filter_map(|word| word.chars().next()).collect();
    list(content, "/body/conversation").iter().any(|entry| {
        let by = text(entry, "/by");
        let is_theirs = by.eq_ignore_ascii_case("both")
            || [name, id, initials.as_str()]
                .iter()
                .any(|known| !known.is_empty() && known.eq_ignore_ascii_case(by));
        is_theirs && !text(entry, "/text").is_empty()
    })
}
