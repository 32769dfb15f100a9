//! The form of one part of a document: names that say which field of which type, so that one handler serves all parts.
//!
//! The name of an input is a prefix for its type and the path of its field:
//!
//! | name | the field holds | value |
//! | --- | --- | --- |
//! | `/body/steps/12@ab/detail` | text that merges letter by letter | the text; `\r\n` becomes `\n` |
//! | `s:/body/response_time/acknowledge` | one short value, chosen as a whole | trimmed; empty means none (`null`) |
//! | `n:/body/eligibility/minimum_age` | a number | empty means none |
//! | `b:/body/consent_needed/required` | yes or no | `true`, `false`; empty means not said |
//! | `l:/body/measures` | a list of sentences | one in a line; empty lines are left out |
//! | `d:/body/review/review_date:day`, `:month`, `:year` | a date | three numbers; all empty means none |
//!
//! A list of sentences is merged by its items: the node compares the lines with those of the version that the form was
//! made from, and adds, removes or changes only the items that differ, so two people who add different lines keep both.
//!
//! Further fields: `heads`, the version that the form was made from; `token`; `action`, the button pressed. The node
//! must treat a value as no edit when it equals what the version at `heads` holds, where "none" and an absent field are
//! equal, and so are an empty text and an absent one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::FormError;

/// Why a part's form cannot be taken, in the order of its fields.
pub type FormErrors = Vec<FormError>;

/// Most sentences in one list; protects the page and the merge.
pub const LINES_MAX: usize = 200;

/// Returns which field gets which value.
///
/// A name that is none of the table's is left out: it is `heads`, `token` or `action`, or nothing of ours.
///
/// # Errors
/// What is wrong, each with the `id` of its input.
pub fn parse_part(fields: &[(String, String)]) -> Result<Vec<(String, Value)>, FormErrors> {
    let mut edits = Vec::new();
    let mut errors = Vec::new();
    let mut dates: BTreeMap<&str, [&str; 3]> = BTreeMap::new();
    for (name, typed) in fields {
        let Some((kind, path)) = split(name) else { continue };
        let value = match kind {
            Kind::Text => Ok(Value::String(typed.replace("\r\n", "\n"))),
            Kind::Short => Ok(short(typed)),
            Kind::Number => number(typed),
            Kind::YesNo => yes_no(typed),
            Kind::Lines => lines(typed),
            Kind::Date => {
                if let Some((path, part)) = path.rsplit_once(':')
                    && let Some(index) =
                        ["day", "month", "year"].iter().position(|known| *known == part)
                    && let Some(slot) = dates.entry(path).or_default().get_mut(index)
                {
                    *slot = typed.trim();
                }
                continue;
            }
        };
        match value {
            Ok(value) => edits.push((path.to_owned(), value)),
            Err(message) => errors.push(FormError { field: name.clone(), message }),
        }
    }
    for (path, typed) in dates {
        match date(typed) {
            Ok(value) => edits.push((path.to_owned(), value)),
            Err(message) => errors.push(FormError { field: format!("d:{path}:day"), message }),
        }
    }
    if errors.is_empty() { Ok(edits) } else { Err(errors) }
}

/// What an input of a part's form holds, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that merges letter by letter.
    Text,
    /// One short value.
    Short,
    /// A number.
    Number,
    /// Yes, no, or not said.
    YesNo,
    /// Sentences, one in a line.
    Lines,
    /// A date, in three inputs.
    Date,
}

impl Kind {
    /// Returns what stands before the path in the name of an input.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Short => "s:",
            Self::Number => "n:",
            Self::YesNo => "b:",
            Self::Lines => "l:",
            Self::Date => "d:",
        }
    }
}

fn split(name: &str) -> Option<(Kind, &str)> {
    [Kind::Short, Kind::Number, Kind::YesNo, Kind::Lines, Kind::Date, Kind::Text]
        .into_iter()
        .find_map(|kind| {
            name.strip_prefix(kind.prefix())
                .filter(|path| path.starts_with('/'))
                .map(|path| (kind, path))
        })
}

fn short(typed: &str) -> Value {
    let typed = typed.trim();
    if typed.is_empty() { Value::Null } else { Value::String(typed.to_owned()) }
}

fn number(typed: &str) -> Result<Value, String> {
    match typed.trim() {
        "" => Ok(Value::Null),
        typed => {
            let plain = typed.replace(',', "");
            let whole = plain.parse::<i64>().ok().map(Value::from);
            let broken = || {
                let is_plain = plain.chars().all(|c| c.is_ascii_digit() || ".-".contains(c));
                let number = plain.parse::<f64>().ok().filter(|_| is_plain)?;
                serde_json::Number::from_f64(number).map(Value::Number)
            };
            whole
                .or_else(broken)
                .ok_or_else(|| "Enter a number, like 18, or leave it empty".to_owned())
        }
    }
}

fn yes_no(typed: &str) -> Result<Value, String> {
    match typed {
        "" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => Err("Choose yes, no or not said".to_owned()),
    }
}

fn lines(typed: &str) -> Result<Value, String> {
    let lines: Vec<Value> = typed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| Value::String(line.to_owned()))
        .collect();
    if lines.len() > LINES_MAX {
        return Err(format!("Enter {LINES_MAX} lines or less"));
    }
    Ok(Value::Array(lines))
}

fn date([day, month, year]: [&str; 3]) -> Result<Value, String> {
    if [day, month, year].iter().all(|part| part.is_empty()) {
        return Ok(Value::Null);
    }
    let real =
        || jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    real()
        .filter(|date| (1900..=2999).contains(&date.year()))
        .map(|date| Value::String(date.to_string()))
        .ok_or_else(|| "Enter a real date, like 27 3 2027".to_owned())
}

/// A button that changes a list; posted as `action` to [`crate::urls::change_list`], with `heads`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListAction {
    /// Puts a new, empty item at the end of the list at this path.
    Add(String),
    /// Moves the item at this path one place towards the start.
    Up(String),
    /// Moves the item at this path one place towards the end.
    Down(String),
    /// Removes the item at this path.
    Remove(String),
    /// Brings the removed item at this path back.
    BringBack(String),
}

impl ListAction {
    /// Returns the action that a button's value stands for.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (verb, path) = value.split_once(':')?;
        if !path.starts_with('/') {
            return None;
        }
        let path = path.to_owned();
        match verb {
            "add" => Some(Self::Add(path)),
            "up" => Some(Self::Up(path)),
            "down" => Some(Self::Down(path)),
            "remove" => Some(Self::Remove(path)),
            "bring-back" => Some(Self::BringBack(path)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(pairs: &[(&str, &str)]) -> Result<Vec<(String, Value)>, FormErrors> {
        let owned: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse_part(&owned)
    }

    #[test]
    fn each_prefix_gives_its_type() {
        for (name, typed, path, value) in [
            (
                "/body/steps/12@ab/detail",
                "one\r\ntwo ",
                "/body/steps/12@ab/detail",
                json!("one\ntwo "),
            ),
            (
                "s:/body/trigger/need",
                " foodInsecurity ",
                "/body/trigger/need",
                json!("foodInsecurity"),
            ),
            ("s:/body/trigger/need", " ", "/body/trigger/need", json!(null)),
            (
                "n:/body/eligibility/minimum_age",
                "1,016",
                "/body/eligibility/minimum_age",
                json!(1016),
            ),
            ("n:/body/eligibility/minimum_age", "", "/body/eligibility/minimum_age", json!(null)),
            (
                "b:/body/consent_needed/required",
                "false",
                "/body/consent_needed/required",
                json!(false),
            ),
            ("b:/body/consent_needed/required", "", "/body/consent_needed/required", json!(null)),
            ("l:/body/measures", "a\r\n\r\n b\n", "/body/measures", json!(["a", "b"])),
            ("l:/body/measures", "", "/body/measures", json!([])),
        ] {
            assert_eq!(
                parse(&[(name, typed)]).unwrap(),
                [(path.to_owned(), value)],
                "{name} {typed:?}"
            );
        }
    }

    #[test]
    fn a_date_is_put_together_from_its_three_inputs() {
        let typed = |day, month, year| {
            parse(&[
                ("d:/review_date:day", day),
                ("d:/review_date:month", month),
                ("d:/review_date:year", year),
            ])
        };
        assert_eq!(
            typed("1", "4", "2027").unwrap(),
            [("/review_date".to_owned(), json!("2027-04-01"))]
        );
        assert_eq!(typed("", "", "").unwrap(), [("/review_date".to_owned(), json!(null))]);
        for (day, month, year) in
            [("31", "2", "2027"), ("1", "", "2027"), ("x", "4", "2027"), ("1", "4", "27")]
        {
            assert_eq!(
                typed(day, month, year).unwrap_err()[0].field,
                "d:/review_date:day",
                "{day} {month} {year}"
            );
        }
    }

    #[test]
    fn what_is_no_field_is_left_out() {
        assert_eq!(
            parse(&[("heads", "ab"), ("token", "t"), ("x:/body", "1"), ("s:body", "1"), ("", "")])
                .unwrap(),
            []
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let errors = parse(&[("n:/a", "ten"), ("b:/b", "perhaps"), ("s:/c", "fine")]).unwrap_err();
        assert_eq!(
            errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
            ["n:/a", "b:/b"]
        );
    }

    #[test]
    fn a_list_action_is_read_from_its_button() {
        assert_eq!(
            ListAction::parse("up:/body/steps/12@ab"),
            Some(ListAction::Up("/body/steps/12@ab".to_owned()))
        );
        assert_eq!(ListAction::parse("up:steps"), None);
        assert_eq!(ListAction::parse("drop:/body"), None);
    }
}
