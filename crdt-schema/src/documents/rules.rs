//! What must hold in a document beyond its types: a "no" that does not end in silence, tags that hang together.
//!
//! Files that are brought in and edits made here are held to this. What others write is merged whatever it is: each
//! node answers for its own people.

mod crosswalk;
mod matches;
mod request;
mod tags;

use serde_json::Value;

use super::Problem;
use crate::identity::Kind;

/// Returns everything that has to be put right.
pub(super) fn problems(kind: Kind, content: &Value) -> Vec<Problem> {
    let refuge = super::public::told_refuge(content).into_iter();
    refuge.chain(problems_of(kind, content)).collect()
}

fn problems_of(kind: Kind, content: &Value) -> Vec<Problem> {
    match kind {
        Kind::DataRequest => request::problems(content),
        Kind::TaggingConvention => tags::problems(content),
        Kind::Crosswalk => crosswalk::problems(content),
        _ => Vec::new(),
    }
}

/// Returns what should be looked at: what is no fault by itself, and faults that came of two people's edits.
pub(super) fn warnings(kind: Kind, content: &Value) -> Vec<Problem> {
    match kind {
        Kind::Crosswalk => [crosswalk::problems(content), crosswalk::warnings(content)].concat(),
        _ => Vec::new(),
    }
}

fn problem(pointer: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem { pointer: pointer.into(), message: message.into() }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
