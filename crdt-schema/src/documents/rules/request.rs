//! A request can only be declined after both sides have spoken, with a reason, and with the alternative that is claimed.

use serde_json::Value;

use super::{list, problem, text};
use crate::documents::Problem;

const OUTCOME: &str = "/body/decision/outcome";
const REASONS: &str = "/body/decision/reasons";
const ALTERNATIVE: &str = "/body/decision/alternative_offered/description";
const CHANGE: &str = "/body/decision/what_would_change_the_answer";

pub(super) fn problems(content: &Value) -> Vec<Problem> {
    let outcome = text(content, OUTCOME);
    let is_declined = matches!(outcome, "declined" | "declined_with_alternative");
    if text(content, "/status") == "declined" && !is_declined {
        let message =
            "Before the request is declined, fill in the decision: its outcome and its reasons.";
        return vec![problem("/status", message)];
    }
    if !is_declined {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for side in ["requesting_organization", "receiving_organization"] {
        if !has_spoken(content, side) {
            let name = text(content, &format!("/body/{side}/name"));
            let name = match (name, side) {
                ("", "requesting_organization") => "the organisation that asks",
                ("", _) => "the organisation that is asked",
                (name, _) => name,
            };
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
    if outcome == "declined"
        && text(content, CHANGE).is_empty()
        && text(content, ALTERNATIVE).is_empty()
    {
        let message = "Say what would change the answer, or offer something instead.";
        problems.push(problem(CHANGE, message));
    }
    problems
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
