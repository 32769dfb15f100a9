//! The clock of a data request that nobody has decided on: who waits for whom, and since when.

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

use crate::chrome::count;
use crate::when;

/// Protects the calendar: a first conversation may be due so many days after the question.
const DAYS: i64 = 10_000;

/// Returns who asks and who is asked, as the request names them.
#[must_use]
pub fn sides(document: &Value) -> (String, String) {
    let name = |side: &str| text(document, &format!("/body/{side}/name")).to_owned();
    (name("requesting_organization"), name("receiving_organization"))
}

/// Returns since when a request waits, and what is due: sentences.
#[must_use]
pub fn clock(document: &Value, today: Option<Date>) -> String {
    let date = |pointer: &str| when::parse(text(document, pointer));
    let asked = date("/body/date_received").or_else(|| date("/body/date_requested"));
    let (Some(asked), Some(today)) = (asked, today) else {
        return "It does not say when it was asked.".to_owned();
    };
    let days = asked.until(today).map_or(0, |span| i64::from(span.get_days()));
    let since = match days {
        0 => "Asked today.".to_owned(),
        days if days < 0 => format!("To be asked on {}.", when::day(asked)),
        days => {
            let days = usize::try_from(days).unwrap_or_default();
            format!("Asked {} ago.", count(days, "day", "days"))
        }
    };
    format!("{since} {}", conversation(document, asked, today))
}

/// Says whether the two have spoken, and by when they should.
fn conversation(document: &Value, asked: Date, today: Date) -> String {
    let entries = document.pointer("/body/conversation").and_then(Value::as_array);
    let spoken =
        entries.into_iter().flatten().filter(|one| text(one, "/kind") != "acknowledgement");
    if let Some(last) = spoken.filter_map(|one| when::parse(text(one, "/date"))).max() {
        return format!("Last spoken about on {}.", when::day(last));
    }
    let within = document.pointer("/body/first_conversation_within_days").and_then(Value::as_i64);
    let due = within
        .filter(|days| (0..DAYS).contains(days))
        .and_then(|days| asked.checked_add(days.days()).ok());
    match due {
        Some(due) if due < today => {
            format!("The first conversation was due on {} and is not written down.", when::day(due))
        }
        Some(due) => format!("The first conversation is due by {}.", when::day(due)),
        None => "No conversation is written down yet.".to_owned(),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_clock_says_since_when_and_what_is_due() {
        let today = when::parse("2026-11-22");
        for (body, said) in [
            (json!({}), "It does not say when it was asked."),
            (
                json!({"date_requested": "2026-11-22"}),
                "Asked today. No conversation is written down yet.",
            ),
            (
                json!({"date_requested": "2026-11-01", "date_received": "2026-11-21"}),
                "Asked 1 day ago. No conversation is written down yet.",
            ),
            (
                json!({"date_received": "2026-11-10", "first_conversation_within_days": 10}),
                "Asked 12 days ago. The first conversation was due on 20 November 2026 and is not written down.",
            ),
            (
                json!({"date_received": "2026-11-10", "first_conversation_within_days": 12}),
                "Asked 12 days ago. The first conversation is due by 22 November 2026.",
            ),
            (
                json!({"date_received": "2026-01-01", "conversation": [
                    {"kind": "acknowledgement", "date": "2026-11-20"}, {"kind": "call", "date": "2026-11-12"}
                ]}),
                "Asked 325 days ago. Last spoken about on 12 November 2026.",
            ),
            (
                json!({"date_received": "2026-11-10", "first_conversation_within_days": i64::MAX}),
                "Asked 12 days ago. No conversation is written down yet.",
            ),
        ] {
            assert_eq!(clock(&json!({ "body": body }), today), said);
        }
    }
}
