//! How fields become what is read: by the shape that the schema declares.

use std::collections::BTreeMap;

use crdt_schema::documents::{ListSpec, Shape, Spec};
use serde_json::Value;

use super::{Block, Item, Row};
use crate::figures::rule_in_words;
use crate::kinds::Section;
use crate::when;
use crate::words::{code, plain};

/// Most columns of a table; wider items are read one below the other.
const COLUMNS_MAX: usize = 5;

/// Names of fields that hold a code for programs. They are read under "Other information".
const CODES: [&str; 6] =
    ["id", "organization_id", "taxonomy_term_id", "term_uri", "schema_version", "metric_type_uri"];

/// Reads fields, and knows the names that the document itself gives to organisations.
#[derive(Debug)]
pub(super) struct Reader {
    names: BTreeMap<String, String>,
}

impl Reader {
    pub(super) fn of(document: &Value) -> Self {
        let mut names = BTreeMap::new();
        let mut waiting = vec![document];
        while let Some(value) = waiting.pop() {
            match value {
                Value::Object(members) => {
                    let text = |name: &str| members.get(name).and_then(Value::as_str);
                    if let (Some(id), Some(name)) = (text("organization_id"), text("name")) {
                        names.insert(id.to_owned(), name.to_owned());
                    }
                    waiting.extend(members.values());
                }
                Value::Array(items) => waiting.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        Self { names }
    }

    /// Returns what a section says. `here` are the fields of the group that the section's fields are in.
    pub(super) fn section(
        &self,
        here: &'static [Spec],
        section: &Section,
        value: &Value,
    ) -> Vec<Block> {
        let fields: Vec<Spec> = section
            .fields
            .iter()
            .filter_map(|name| here.iter().find(|spec| spec.path == *name).copied())
            .collect();
        let mut blocks = match fields.as_slice() {
            [Spec { path, shape: Shape::Group(inside), .. }] => {
                self.blocks(inside, value.get(path).unwrap_or(&Value::Null), "")
            }
            _ => self.blocks(&fields, value, ""),
        };
        // A label that only repeats the heading is left out.
        for block in &mut blocks {
            if let Block::Text { label, .. }
            | Block::Bullets { label, .. }
            | Block::Items { label, .. } = block
                && label == section.title
            {
                label.clear();
            }
        }
        blocks
    }

    fn blocks(&self, specs: &[Spec], value: &Value, prefix: &str) -> Vec<Block> {
        let mut blocks = Vec::new();
        for spec in specs {
            let Some(found) = value.get(spec.path).filter(|found| !is_empty(found)) else {
                continue;
            };
            let label = if prefix.is_empty() {
                spec.label.to_owned()
            } else {
                format!("{prefix}: {}", lower(spec.label))
            };
            match (&spec.shape, found) {
                (Shape::Group(inside), Value::Object(_)) => {
                    blocks.append(&mut self.blocks(inside, found, &label));
                }
                (Shape::List(list), Value::Array(items)) => {
                    blocks.push(self.list(label, list, items));
                }
                (Shape::Lines | Shape::Codes, Value::Array(items)) => {
                    let items = items.iter().map(|item| self.written(item)).collect();
                    blocks.push(Block::Bullets { label, items });
                }
                (Shape::Long, Value::String(text)) => {
                    blocks.push(Block::Text { label, text: text.clone() });
                }
                (Shape::Any, _) => {}
                _ => {
                    let Some(row) = self.row(label, spec, found) else { continue };
                    match blocks.last_mut() {
                        Some(Block::Rows(rows)) => rows.push(row),
                        _ => blocks.push(Block::Rows(vec![row])),
                    }
                }
            }
        }
        blocks
    }

    /// Returns a short value; nothing for codes that only programs read.
    fn row(&self, label: String, spec: &Spec, value: &Value) -> Option<Row> {
        let value = self.value(spec, value)?;
        let link = if value.starts_with("https://") {
            Some(value.clone())
        } else if crate::pathway::is_email(&value) {
            Some(format!("mailto:{value}"))
        } else {
            None
        };
        Some(Row { label, value, link })
    }

    /// Returns a field's value as people read it.
    fn value(&self, spec: &Spec, value: &Value) -> Option<String> {
        if let Some(name) = value.as_str().and_then(|id| self.names.get(id)) {
            return Some(name.clone());
        }
        if CODES.contains(&spec.path) || value.as_str().is_some_and(is_uuid) {
            return None;
        }
        if let Some(words) = value.as_str().and_then(rule_in_words) {
            return Some(words);
        }
        Some(match (&spec.shape, value) {
            (Shape::Choice(known), Value::String(word)) => known
                .iter()
                .find(|(value, _)| value == word)
                .map_or_else(|| plain(word), |(_, label)| (*label).to_owned()),
            (Shape::Date, Value::String(date)) => when::iso_date(date),
            (Shape::Long | Shape::Line, Value::String(text)) => text.clone(),
            (Shape::Group(inside), Value::Object(_)) => self.flat(inside, value),
            (Shape::List(list), Value::Array(items)) => {
                items.iter().map(|item| self.flat(list.fields, item)).collect::<Vec<_>>().join("\n")
            }
            _ => self.written(value),
        })
    }

    /// Returns a group in one line.
    fn flat(&self, specs: &[Spec], value: &Value) -> String {
        specs
            .iter()
            .filter_map(|spec| {
                let found = value.get(spec.path).filter(|found| !is_empty(found))?;
                self.value(spec, found)
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn list(&self, label: String, list: &ListSpec, items: &[Value]) -> Block {
        let used: Vec<&Spec> = list
            .fields
            .iter()
            .filter(|spec| {
                items.iter().any(|item| {
                    item.get(spec.path)
                        .is_some_and(|found| !is_empty(found) && self.value(spec, found).is_some())
                })
            })
            .collect();
        let is_short =
            |spec: &&&Spec| !matches!(spec.shape, Shape::Long | Shape::List(_) | Shape::Lines);
        if used.len() <= COLUMNS_MAX && used.iter().filter(is_short).count() == used.len() {
            let cell = |item: &Value, spec: &Spec| {
                item.get(spec.path)
                    .filter(|found| !is_empty(found))
                    .and_then(|found| self.value(spec, found))
                    .unwrap_or_default()
            };
            return Block::Table {
                label,
                columns: used.iter().map(|spec| spec.label.to_owned()).collect(),
                rows: items
                    .iter()
                    .map(|item| used.iter().map(|spec| cell(item, spec)).collect())
                    .collect(),
            };
        }
        let items = (1..)
            .zip(items)
            .map(|(number, item): (usize, &Value)| self.item(list, &used, number, item));
        Block::Items { label, items: items.collect() }
    }

    fn item(&self, list: &ListSpec, used: &[&Spec], number: usize, item: &Value) -> Item {
        let mut rows: Vec<Row> = used
            .iter()
            .filter_map(|spec| {
                let found = item.get(spec.path).filter(|found| !is_empty(found))?;
                self.row(spec.label.to_owned(), spec, found)
            })
            .collect();
        // What a person would call the item: its first short text.
        let is_named =
            used.first().is_some_and(|spec| matches!(spec.shape, Shape::Line | Shape::Short))
                && rows.first().is_some_and(|row| row.value.len() <= 80 && row.link.is_none());
        let heading = if is_named && rows.len() > 1 {
            rows.remove(0).value
        } else {
            let mut letters = list.word.chars();
            let word: String = letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default();
            format!("{word} {number}")
        };
        Item { heading, rows }
    }

    /// Returns any value as text.
    fn written(&self, value: &Value) -> String {
        match value {
            Value::String(text) => self.names.get(text).cloned().unwrap_or_else(|| code(text)),
            Value::Null => String::new(),
            Value::Bool(true) => "Yes".to_owned(),
            Value::Bool(false) => "No".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => {
                items.iter().map(|item| self.written(item)).collect::<Vec<_>>().join(", ")
            }
            Value::Object(members) => members
                .iter()
                .filter(|(_, value)| !is_empty(value))
                .map(|(name, value)| format!("{}: {}", plain(name), self.written(value)))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }

    /// Returns what no section shows: unknown fields, codes, and what has any shape.
    pub(super) fn others(&self, value: &Value, specs: &[Spec]) -> Vec<Row> {
        let mut rows = Vec::new();
        self.collect(value, specs, "", &mut rows);
        rows
    }

    fn collect(&self, value: &Value, specs: &[Spec], prefix: &str, rows: &mut Vec<Row>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            if is_empty(value) {
                continue;
            }
            let spec = specs.iter().find(|spec| spec.path == name);
            let label = spec.map_or_else(|| plain(name), |spec| spec.label.to_owned());
            let label =
                if prefix.is_empty() { label } else { format!("{prefix}: {}", lower(&label)) };
            match (spec.map(|spec| spec.shape), value) {
                (Some(Shape::Group(inside)), Value::Object(_)) => {
                    let prefix = if name == "body" { String::new() } else { label };
                    self.collect(value, inside, &prefix, rows);
                }
                (Some(Shape::List(list)), Value::Array(items)) => {
                    for (number, item) in (1..).zip(items) {
                        let label = format!("{label} {number}");
                        let _: usize = number;
                        self.collect(item, list.fields, &label, rows);
                    }
                }
                (Some(Shape::Any) | None, _) => rows.push(row(label, self.written(value))),
                (Some(_), _) => {
                    let is_shown = spec.is_some_and(|spec| self.value(spec, value).is_some());
                    if !is_shown || AROUND.contains(&name.as_str()) && prefix.is_empty() {
                        rows.push(row(label, self.written(value)));
                    }
                }
            }
        }
    }
}

/// Fields at the top that no section shows.
const AROUND: [&str; 5] =
    ["document_type", "version", "created", "last_modified", "schema_version"];

fn row(label: String, value: String) -> Row {
    Row { label, value, link: None }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

fn lower(label: &str) -> String {
    crate::words::small(label)
}
