//! Why a number is kept back, in plain words that stand in its cell.

use serde_json::Value;

use super::text;

/// Returns why a figure is kept back; empty if it is not. A total is kept back only where it is small itself.
pub(super) fn why(document: &Value, row: &Value, is_total: bool) -> String {
    match text(row, "marker") {
        "[c]" => {}
        "[low]" => return "not zero, rounds to zero".to_owned(),
        _ => return String::new(),
    }
    let small = threshold(document, row)
        .map_or_else(|| "small".to_owned(), |threshold| format!("below {threshold}"));
    let protects = "protects another number";
    match text(row, "hidden_because") {
        _ if is_total => small,
        "small" => small,
        "protects_another" => protects.to_owned(),
        _ => format!("{small}, or {protects}"),
    }
}

/// Returns below which number figures like this one are kept back: as its organisation says, or the insight.
fn threshold(document: &Value, row: &Value) -> Option<u64> {
    let id = text(row, "organization_id");
    let sources = document.pointer("/body/source_organizations").and_then(Value::as_array);
    let source = sources.into_iter().flatten().find(|source| {
        !id.is_empty() && text(source, "organization_id") == id && source.get("threshold").is_some()
    });
    let rule = source.or_else(|| document.pointer("/body/suppression"))?;
    let places = rule.get("higher_threshold").and_then(Value::as_array).into_iter().flatten();
    let is_here = |place: &&Value| {
        let name = text(place, "gss_code");
        !name.is_empty() && (name == text(row, "gss_code") || name == text(row, "area_name"))
    };
    let number = |value: &Value| value.get("threshold").and_then(Value::as_u64);
    places.filter(is_here).filter_map(number).chain(number(rule)).max()
}

/// Says a rule by its name; nothing if the name is not one of ours.
#[must_use]
pub fn rule_in_words(name: &str) -> Option<String> {
    if name == crdt_schema::disclosure::BY_ORGANIZATION {
        return Some("Each organisation’s own, said where the figures come from".to_owned());
    }
    let rest = name.strip_prefix("suppress_lt")?;
    let (rest, base) = match rest.split_once("_then_round") {
        Some((rest, base)) => (rest, Some(base.parse::<u64>().ok()?)),
        None => (rest, None),
    };
    let (threshold, zero) = match rest.strip_suffix("_zero_hidden") {
        Some(threshold) => (threshold, ", zero too,"),
        None => (rest, ""),
    };
    let threshold = threshold.parse::<u64>().ok()?;
    let others = base.map_or_else(
        || "the others are shown as they are".to_owned(),
        |base| format!("the others are rounded to the nearest {base}"),
    );
    Some(format!("Numbers below {threshold}{zero} are kept back, {others}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_hidden_figure_says_the_rule_that_hides_it() {
        let document = json!({"body": {
            "suppression": {"threshold": 5, "higher_threshold": [{"gss_code": "E2", "threshold": 10}]},
            "source_organizations": [{"organization_id": "x", "threshold": 8}],
        }});
        for (row, said) in [
            (json!({"marker": "[c]", "hidden_because": "small"}), "below 5"),
            (json!({"marker": "[c]", "hidden_because": "small", "gss_code": "E2"}), "below 10"),
            (
                json!({"marker": "[c]", "hidden_because": "small", "organization_id": "x"}),
                "below 8",
            ),
            (
                json!({"marker": "[c]", "hidden_because": "protects_another"}),
                "protects another number",
            ),
            (json!({"marker": "[c]"}), "below 5, or protects another number"),
            (json!({"marker": "[low]"}), "not zero, rounds to zero"),
            (json!({"value": 40, "marker": null}), ""),
        ] {
            assert_eq!(why(&document, &row, false), said, "{row}");
        }
        assert_eq!(why(&document, &json!({"marker": "[c]"}), true), "below 5");
        assert_eq!(why(&json!({}), &json!({"marker": "[c]"}), true), "small");
    }

    #[test]
    fn a_rule_is_said_in_words() {
        for (name, said) in [
            (
                "suppress_lt5",
                Some("Numbers below 5 are kept back, the others are shown as they are"),
            ),
            (
                "suppress_lt10_zero_hidden_then_round5",
                Some(
                    "Numbers below 10, zero too, are kept back, the others are rounded to the nearest 5",
                ),
            ),
            ("suppress_ltx", None),
            ("our own", None),
        ] {
            assert_eq!(rule_in_words(name).as_deref(), said, "{name}");
        }
    }
}
