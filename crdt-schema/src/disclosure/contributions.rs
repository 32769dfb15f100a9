//! Figures of several organisations in one insight: each brings in its own, and leaves those of the others as they are.
//!
//! Every row and every total names who brought it in; the rule of each organisation stands with it among the sources. Rows
//! that name nobody are of insights that were made as one table: they stay, and so does their rule.

use serde_json::{Map, Value, json};

use super::Figures;
use crate::document::{Edit, FieldPath, ParsePath};

/// Who brings in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// The organisation's id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// The fields of `suppression` that a source repeats as its own.
const OWN_RULE: [&str; 6] =
    ["rule", "threshold", "rounding_base", "primary_cells", "secondary_cells", "higher_threshold"];

/// Returns the edits that put an organisation's figures beside those of the others, in place of its own earlier ones.
///
/// # Errors
/// Never for the paths that this module knows.
pub fn beside(
    figures: &Figures,
    content: &Value,
    by: &Contributor,
) -> Result<Vec<Edit>, ParsePath> {
    let empty = Value::Object(Map::new());
    let body = content.get("body").filter(|body| body.is_object());
    let now = body.unwrap_or(&empty);
    let data = data(figures, now.get("data"), by);
    let sources = sources(figures, now.get("source_organizations"), by);
    let suppression = suppression(figures, now, &data, &sources);
    let mut fields = vec![("data", data), ("source_organizations", Value::Array(sources))];
    fields.extend(suppression.map(|suppression| ("suppression", suppression)));
    let set = |path: String, value: Value| {
        path.parse::<FieldPath>().map(|path| Edit::Set { path, value })
    };
    // A field needs something to stand in: where there is no body yet, the fields come with it.
    if body.is_none() {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        return Ok(vec![set("/body".to_owned(), Value::Object(fields))?]);
    }
    fields.into_iter().map(|(name, value)| set(format!("/body/{name}"), value)).collect()
}

/// Returns how many rows of an insight name no organisation, and so are nobody's to replace.
#[must_use]
pub fn rows_of_nobody(content: &Value) -> usize {
    let rows = content.pointer("/body/data/rows").and_then(Value::as_array);
    rows.map_or(0, |rows| rows.iter().filter(|row| text(row, "organization_id").is_empty()).count())
}

fn data(figures: &Figures, now: Option<&Value>, by: &Contributor) -> Value {
    let mut data = now.and_then(Value::as_object).cloned().unwrap_or_default();
    for field in ["rows", "totals"] {
        let others = items(data.get(field)).iter().filter(|row| !is_of(row, by)).cloned();
        let own = items(figures.data.get(field)).iter().map(|row| signed(row, by));
        let all = others.chain(own).collect();
        data.insert(field.to_owned(), Value::Array(all));
    }
    let named = items(data.get("columns"));
    let missing =
        items(figures.data.get("columns")).iter().filter(|column| !named.contains(column));
    let mut columns: Vec<Value> = named.iter().chain(missing).cloned().collect();
    let organization = json!("organization");
    if !columns.contains(&organization) {
        columns.push(organization);
    }
    data.insert("columns".to_owned(), Value::Array(columns));
    Value::Object(data)
}

fn signed(row: &Value, by: &Contributor) -> Value {
    let mut row = row.clone();
    if let Some(fields) = row.as_object_mut() {
        fields.insert("organization".to_owned(), json!(by.name));
        fields.insert("organization_id".to_owned(), json!(by.id));
    }
    row
}

/// Returns the sources with the organisation among them, and its rule.
fn sources(figures: &Figures, now: Option<&Value>, by: &Contributor) -> Vec<Value> {
    let mut sources = items(now).to_vec();
    let is_unclaimed = |source: &Value| {
        text(source, "organization_id").is_empty() && text(source, "name") == by.name
    };
    let known = sources.iter().position(|source| is_of(source, by));
    let place = known.or_else(|| sources.iter().position(is_unclaimed)).unwrap_or_else(|| {
        sources.push(json!({}));
        sources.len().saturating_sub(1)
    });
    if let Some(source) = sources.get_mut(place).and_then(Value::as_object_mut) {
        source.insert("organization_id".to_owned(), json!(by.id));
        source.insert("name".to_owned(), json!(by.name));
        for field in OWN_RULE {
            let value = figures.suppression.get(field).cloned().unwrap_or_default();
            source.insert(field.to_owned(), value);
        }
    }
    sources
}

/// Returns what is true of all figures; nothing if some of them name nobody, for these the rule that is there holds.
fn suppression(figures: &Figures, now: &Value, data: &Value, sources: &[Value]) -> Option<Value> {
    let rows = items(data.get("rows"));
    let before = now.get("suppression").and_then(Value::as_object);
    if before.is_some() && rows.iter().any(|row| text(row, "organization_id").is_empty()) {
        return None;
    }
    let has_rows = |source: &&Value| {
        let id = text(source, "organization_id");
        !id.is_empty() && rows.iter().any(|row| text(row, "organization_id") == id)
    };
    let used: Vec<&Value> = sources.iter().filter(has_rows).collect();
    if used.len() <= 1 {
        return Some(figures.suppression.clone());
    }
    let numbers = |field: &str| -> Vec<u64> {
        used.iter().filter_map(|source| source.get(field)?.as_u64()).collect()
    };
    let least = |field: &str| json!(numbers(field).into_iter().min());
    let sum = |field: &str| {
        json!(numbers(field).into_iter().fold(0_u64, |sum, one| sum.saturating_add(one)))
    };
    let mut rules = used.iter().map(|source| text(source, "rule"));
    let first = rules.next().unwrap_or_default();
    let is_one = rules.all(|rule| rule == first);
    let mut higher: Vec<Value> = Vec::new();
    for place in used.iter().flat_map(|source| items(source.get("higher_threshold"))) {
        if !higher.contains(place) {
            higher.push(place.clone());
        }
    }
    let mut all = before.cloned().unwrap_or_default();
    all.extend(figures.suppression.as_object().cloned().unwrap_or_default());
    all.insert("threshold".to_owned(), least("threshold"));
    all.insert("rounding_base".to_owned(), least("rounding_base"));
    all.insert("primary_cells".to_owned(), sum("primary_cells"));
    all.insert("secondary_cells".to_owned(), sum("secondary_cells"));
    all.insert("higher_threshold".to_owned(), Value::Array(higher));
    if !is_one {
        all.insert("rule".to_owned(), json!(BY_ORGANIZATION));
        for field in ["zero_policy", "totals"] {
            all.insert(field.to_owned(), json!("each organisation’s own"));
        }
    }
    Some(Value::Object(all))
}

/// Stands for a rule where each organisation has its own.
pub const BY_ORGANIZATION: &str = "by_organization";

fn is_of(value: &Value, by: &Contributor) -> bool {
    text(value, "organization_id") == by.id
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Count, Policy, figures};
    use super::*;

    fn by(name: &str) -> Contributor {
        Contributor { id: format!("did:key:{name}"), name: name.to_owned() }
    }

    fn bring(content: &mut Value, name: &str, base: u64, count: u64) {
        let area = |area: &str, count: u64| Count {
            area: area.to_owned(),
            code: String::new(),
            period: "2026".to_owned(),
            count,
        };
        let policy = Policy { threshold: 5, base, hides_zero: false, higher: BTreeMap::new() };
        let figures = figures(&[area("Harbour", count), area("Mill", 90)], &policy).unwrap();
        for edit in beside(&figures, content, &by(name)).unwrap() {
            let Edit::Set { path, value } = edit else { panic!("an edit of another sort") };
            match path.to_string().strip_prefix("/body/") {
                Some(field) => content["body"][field] = value,
                None => content["body"] = value,
            }
        }
        crate::documents::check(content).unwrap();
    }

    fn values(content: &Value, name: &str) -> Vec<Value> {
        let rows = items(content.pointer("/body/data/rows")).iter();
        rows.filter(|row| is_of(row, &by(name))).map(|row| row["value"].clone()).collect()
    }

    #[test]
    fn each_organisation_replaces_its_own_figures_only() {
        let mut content = json!({"document_type": "aggregated_insight", "title": "Visits"});
        bring(&mut content, "Harbour Lane", 5, 42);
        assert_eq!(content["body"]["suppression"]["rule"], "suppress_lt5_then_round5");
        bring(&mut content, "Food Alliance", 1, 33);
        assert_eq!(values(&content, "Harbour Lane"), [40, 90]);
        assert_eq!(values(&content, "Food Alliance"), [33, 90]);
        bring(&mut content, "Harbour Lane", 5, 61);
        assert_eq!(values(&content, "Harbour Lane"), [60, 90]);
        assert_eq!(values(&content, "Food Alliance"), [33, 90]);
        let body = &content["body"];
        assert_eq!(items(body.pointer("/data/totals")).len(), 2);
        assert_eq!(items(body.get("source_organizations")).len(), 2);
        assert_eq!(body["source_organizations"][0]["rounding_base"], 5);
        assert_eq!(body["source_organizations"][1]["rounding_base"], 1);
        assert_eq!(body["suppression"]["rule"], BY_ORGANIZATION);
        assert_eq!(rows_of_nobody(&content), 0);
    }

    #[test]
    fn a_table_that_names_nobody_keeps_its_figures_and_its_rule() {
        let mut content: Value = serde_json::from_str(include_str!(
            "../../../node/examples/aggregated-insight.debt-and-food.json"
        ))
        .unwrap();
        let before = content.clone();
        bring(&mut content, "Harbour Lane Advice", 5, 42);
        let rows = items(content.pointer("/body/data/rows"));
        assert_eq!(&rows[..18], items(before.pointer("/body/data/rows")));
        assert_eq!(rows.len(), 20);
        assert_eq!(content["body"]["suppression"], before["body"]["suppression"]);
        assert_eq!(rows_of_nobody(&content), 18);
    }
}
