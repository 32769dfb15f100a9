//! A document as Markdown: every field, under headings made of its name.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Deeper fields stay at the last level of headings.
const DEEPEST_HEADING: usize = 6;

/// Writes a document's content.
pub(crate) fn write(content: &Value) -> String {
    let mut text = String::new();
    let field = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    let _written = writeln!(text, "# {}\n", escape(&crdt_schema::documents::title(content)));
    if !field("description").is_empty() {
        let _written = writeln!(text, "{}\n", escape(field("description")));
    }
    let Some(members) = content.as_object() else { return text };
    let apart = ["title", "name", "description", "body"];
    let facts: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| !apart.contains(&name.as_str()) && !name.starts_with('_'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(Value::Object(body)) = content.get("body") {
        sections(&mut text, body, 2);
    }
    let _written = writeln!(text, "## About this document\n");
    bullets(&mut text, &Value::Object(facts), 0);
    text
}

fn sections(text: &mut String, members: &Map<String, Value>, level: usize) {
    for (name, value) in members {
        let _written =
            writeln!(text, "{} {}\n", "#".repeat(level.min(DEEPEST_HEADING)), label(name));
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (number, item) in (1..).zip(items) {
                    let _written = writeln!(text, "{number}. {}", headline(item));
                    bullets(text, item, 1);
                }
                text.push('\n');
            }
            Value::Object(_) | Value::Array(_) => {
                bullets(text, value, 0);
                text.push('\n');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                let _written = writeln!(text, "{}\n", scalar(value));
            }
        }
    }
}

/// What stands beside an item's number.
fn headline(item: &Value) -> String {
    let first = ["label", "name", "action", "route", "level", "role"]
        .iter()
        .find_map(|name| item.get(name));
    first.map(scalar).unwrap_or_default()
}

fn bullets(text: &mut String, value: &Value, depth: usize) {
    let indent = "   ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let is_nested = matches!(value, Value::Object(_) | Value::Array(_));
                let inline = if is_nested { String::new() } else { format!(" {}", scalar(value)) };
                let _written = writeln!(text, "{indent}- {}:{inline}", label(name));
                if is_nested {
                    bullets(text, value, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let inline = if item.is_object() { headline(item) } else { scalar(item) };
                let _written = writeln!(text, "{indent}- {inline}");
                if item.is_object() {
                    bullets(text, item, depth + 1);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _written = writeln!(text, "{indent}- {}", scalar(value));
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "not said".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => escape(text),
        Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Returns a field's name in words.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    escape(&format!("{first}{}", letters.as_str()))
}

/// Makes text of others stand as text: no markup of theirs takes effect, and it stays on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push_str("  "),
            letter if letter.is_control() => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_are_numbered_and_every_field_is_there() {
        let text = write(&json!({
            "title": "Cash first",
            "status": "agreed",
            "body": {"steps": [{"action": "ask", "detail": "Ask first."}, {"action": "refer"}], "known_gaps": ["No weekends"]},
        }));
        assert!(
            text.starts_with(
                "# Cash first\n\n## Known gaps\n\n- No weekends\n\n## Steps\n\n1. ask\n"
            ),
            "{text}"
        );
        for part in [
            "   - Detail: Ask first.\n",
            "2. refer\n",
            "## About this document\n\n- Status: agreed\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn markup_of_others_stays_text() {
        let text = write(
            &json!({"title": "<script>alert(1)</script>\n# mine", "body": {"a": "[x](javascript:1)"}}),
        );
        assert!(!text.contains("<script") || text.contains("\\<script"), "{text}");
        assert!(!text.contains("\n# mine") && text.contains("\\[x\\](javascript:1)"), "{text}");
    }
}
