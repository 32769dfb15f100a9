//! What tags of lists have in common, wherever they are compared.

use serde_json::Value;

/// How tags of different lists compare, in the words of SKOS.
pub const RELATIONS: [&str; 5] =
    ["exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"];

/// Returns a tag's web address: what it says, or the list's address with its code; empty if neither is there.
#[must_use]
pub fn tag_address(term: &Value, list: &str) -> String {
    let code = match text(term, "code") {
        "" => text(term, "curie").split_once(':').map_or("", |(_, code)| code),
        code => code,
    };
    match text(term, "term_uri") {
        "" if list.is_empty() || code.is_empty() => String::new(),
        "" if list.ends_with(['/', '#']) => format!("{list}{code}"),
        "" => format!("{list}#{code}"),
        address => address.to_owned(),
    }
}

/// Returns a text of a value, trimmed; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default().trim()
}

/// Returns what a relation is when it is read from the other tag.
#[must_use]
pub fn inverse(relation: &'static str) -> &'static str {
    match relation {
        "broadMatch" => "narrowMatch",
        "narrowMatch" => "broadMatch",
        other => other,
    }
}
