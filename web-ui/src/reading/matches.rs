//! Matching tags as tables: one for each way in which tags compare, so that people see what is left to look at.

use serde_json::Value;

use super::Block;
use super::special::{list, text};
use crate::chrome::count;
use crate::words::plain;

/// What is said of tags, in the order in which it is read: the relation and the heading. What nobody said comes last.
const GROUPS: [(&str, &str); 7] = [
    ("exactMatch", "They mean the same"),
    ("closeMatch", "They mean nearly the same"),
    ("broadMatch", "The second is broader"),
    ("narrowMatch", "The second is narrower"),
    ("relatedMatch", "They are related"),
    ("noMatch", "No match"),
    ("", "Not compared yet"),
];

/// Returns how far the matching is in a sentence, and a table for each way in which tags compare.
pub(super) fn tables(document: &Value) -> Vec<Block> {
    let all = list(document, "/body/mappings");
    if all.is_empty() {
        return Vec::new();
    }
    let is_known = |relation: &str| GROUPS.iter().any(|(known, _)| *known == relation);
    let mut tables = vec![Block::Text { label: String::new(), text: summary(all) }];
    for (relation, heading) in GROUPS {
        let of_group = all.iter().filter(|one| {
            let said = text(one, "relation");
            said == relation || relation.is_empty() && !is_known(said)
        });
        let rows: Vec<Vec<String>> = of_group.map(|one| row(one, document)).collect();
        if !rows.is_empty() {
            let label = format!("{heading} ({})", rows.len());
            tables.push(Block::Table { label, columns: columns(document).into(), rows });
        }
    }
    tables
}

fn summary(all: &[Value]) -> String {
    let alone = |one: &&Value| text(one, "relation") == "noMatch";
    let agreed = |one: &&Value| matches!(text(one, "status"), "agreed" | "");
    let with = |side: &str| {
        let names = ["label", "curie", "uri"].map(|field| format!("{side}_{field}"));
        move |one: &&Value| names.iter().any(|name| !text(one, name).is_empty())
    };
    let matched: Vec<&Value> = all.iter().filter(|one| !alone(one)).collect();
    let agreed = matched.iter().copied().filter(agreed).count();
    let left = |side: &str| all.iter().filter(alone).filter(with(side)).count();
    format!(
        "{}: {agreed} agreed, {} to look at. Without a match: {} of the first list, {} of the second.",
        count(matched.len(), "match", "matches"),
        matched.len().saturating_sub(agreed),
        count(left("from"), "tag", "tags"),
        left("to"),
    )
}

fn columns(document: &Value) -> [String; 3] {
    let name = |side: &str, otherwise: &str| {
        let name = document.pointer(&format!("/body/{side}/name")).and_then(Value::as_str);
        name.filter(|name| !name.is_empty()).unwrap_or(otherwise).to_owned()
    };
    [name("from", "First list"), name("to", "Second list"), "Status and note".to_owned()]
}

fn row(one: &Value, document: &Value) -> Vec<String> {
    let status = match text(one, "status") {
        "" => String::new(),
        status => plain(status),
    };
    let said = [&status, text(one, "note"), text(one, "basis")];
    let said: Vec<&str> = said.into_iter().filter(|said| !said.is_empty()).collect();
    let prefix = |side: &str| {
        let prefix = document.pointer(&format!("/body/{side}/curie_prefix"));
        prefix.and_then(Value::as_str).unwrap_or_default()
    };
    vec![tag(one, "from", prefix("from")), tag(one, "to", prefix("to")), said.join("\n")]
}

/// Returns what people call a tag, and its code; the prefix is the list's, which the column names.
fn tag(one: &Value, side: &str, prefix: &str) -> String {
    let [label, code, address] =
        ["label", "curie", "uri"].map(|field| text(one, &format!("{side}_{field}")));
    let of_list = code.split_once(':').filter(|(of, _)| *of == prefix);
    let code = if code.is_empty() { address } else { of_list.map_or(code, |(_, code)| code) };
    let said: Vec<&str> = [label, code].into_iter().filter(|said| !said.is_empty()).collect();
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_stand_beside_each_other_below_how_they_compare() {
        let document = json!({"body": {"from": {"name": "North", "curie_prefix": "n"}, "mappings": [
            {"from_curie": "n:1", "from_label": "Food", "relation": "exactMatch", "to_label": "Meals", "to_curie": "s:1", "status": "agreed"},
            {"from_curie": "n:2", "relation": "closeMatch", "to_uri": "https://s.example/2", "status": "proposed", "basis": "Both have the same name", "note": "Only for adults"},
            {"from_label": "Debt", "from_curie": "n:3", "relation": "noMatch"},
            {"to_curie": "s:9", "relation": "noMatch", "status": "proposed"},
            {"from_curie": "n:4", "to_curie": "s:4", "relation": "sameAs"},
        ]}});
        let blocks = tables(&document);
        let Some(Block::Text { text, .. }) = blocks.first() else { panic!("{blocks:?}") };
        assert_eq!(
            text,
            "3 matches: 2 agreed, 1 to look at. Without a match: 1 tag of the first list, 1 of the second."
        );
        let table = |number: usize| match blocks.get(number) {
            Some(Block::Table { label, columns, rows }) => {
                (label.as_str(), columns.clone(), rows.clone())
            }
            other => panic!("{other:?}"),
        };
        let labels: Vec<&str> = (1..blocks.len()).map(|number| table(number).0).collect();
        assert_eq!(
            labels,
            [
                "They mean the same (1)",
                "They mean nearly the same (1)",
                "No match (2)",
                "Not compared yet (1)"
            ]
        );
        assert_eq!(table(1).1, ["North", "Second list", "Status and note"]);
        assert_eq!(table(1).2, [["Food\n1", "Meals\ns:1", "Agreed"]]);
        let why = "Proposed\nOnly for adults\nBoth have the same name";
        let near = ["2", "https://s.example/2", why];
        assert_eq!(table(2).2, [near]);
        assert_eq!(table(3).2.last().unwrap(), &["", "s:9", "Proposed"]);
        assert_eq!(tables(&json!({"body": {}})), []);
    }
}
