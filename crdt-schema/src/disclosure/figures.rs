//! Exact counts in, the figures of an insight out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::periods::overlap;
use super::{CONFIDENTIAL, Cell, Hidden, Rule, Table, TooManyCells, list_with_total, round};

/// One exact count. It is in no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What the area is called.
    pub area: String,
    /// The area's code; may be empty.
    pub code: String,
    /// Which period, like `2026-07`.
    pub period: String,
    /// How many.
    pub count: u64,
}

/// What is kept back, and how the rest is rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Counts below this are kept back.
    pub threshold: u64,
    /// Others are rounded to the nearest multiple of this.
    pub base: u64,
    /// Is zero kept back too?
    pub hides_zero: bool,
    /// Areas that need more care, by code or name, and their thresholds. Case and spaces make no difference.
    pub higher: BTreeMap<String, u64>,
}

/// Why figures cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("there are no counts")]
    Empty,
    #[error(
        "“{area}” is no area of these figures. Write it as it is written there, or leave it out"
    )]
    UnknownArea { area: String },
    #[error(
        "“{name}” is a total. Leave totals out of the figures: the page works them out, so that they give nothing away"
    )]
    Total { name: String },
    #[error("{area} has two counts for {period}. Add them up, or remove one")]
    Twice { area: String, period: String },
    #[error(
        "{one} and {other} share days. The one less the other would tell the rest, which may be small. Bring in one of them"
    )]
    Overlap { one: String, other: String },
    #[error(transparent)]
    TooMany(#[from] TooManyCells),
}

/// The figures as they may be shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// For the field `data`.
    pub data: Value,
    /// For the field `suppression`.
    pub suppression: Value,
    /// What is kept back: area, period, and why.
    pub kept: Vec<(String, String, Hidden)>,
}

/// Makes figures of exact counts.
///
/// # Errors
/// If they are no table.
pub fn figures(counts: &[Count], policy: &Policy) -> Result<Figures, Unfit> {
    let counts = &written_alike(counts);
    if counts.is_empty() {
        return Err(Unfit::Empty);
    }
    let names = counts.iter().flat_map(|count| [&count.area, &count.period]);
    if let Some(name) = names.into_iter().find(|name| is_total(name)) {
        return Err(Unfit::Total { name: name.clone() });
    }
    let policy = &known(counts, policy)?;
    let order = |name: fn(&Count) -> &str| {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        names.extend(counts.iter().map(name).filter(|name| seen.insert(*name)));
        names
    };
    let (areas, periods) = (order(|count| &count.area), order(|count| &count.period));
    if let Some((one, other)) = overlap(&periods) {
        return Err(Unfit::Overlap { one: one.to_owned(), other: other.to_owned() });
    }
    let mut exact: BTreeMap<(&str, &str), &Count> = BTreeMap::new();
    for count in counts {
        if exact.insert((&count.area, &count.period), count).is_some() {
            return Err(Unfit::Twice { area: count.area.clone(), period: count.period.clone() });
        }
    }
    let number =
        |area: &str, period: &str| exact.get(&(area, period)).map_or(0, |count| count.count);
    let table: Vec<Vec<u64>> = areas
        .iter()
        .map(|area| periods.iter().map(|period| number(area, period)).collect())
        .collect();
    let codes: BTreeMap<&str, &str> = counts
        .iter()
        .filter(|count| !count.code.is_empty())
        .map(|count| (count.area.as_str(), count.code.as_str()))
        .collect();
    let rules: Vec<Rule> = areas.iter().map(|area| rule_of(area, policy)).collect();
    let (hidden, may_tell_why) = hidden(&table, &rules)?;
    let mut made =
        Making { policy, codes: &codes, may_tell_why, rows: Vec::new(), kept: Vec::new() };
    for ((area, row), (counts, rule)) in areas.iter().zip(&hidden).zip(table.iter().zip(&rules)) {
        for ((period, why), count) in periods.iter().zip(row).zip(counts) {
            // What nobody counted is no zero.
            if exact.contains_key(&(*area, *period)) {
                made.add(area, period, (*why, *count), rule);
            }
        }
    }
    Ok(made.done(totals(&periods, &table, policy)))
}

fn totals(periods: &[&str], table: &[Vec<u64>], policy: &Policy) -> Vec<Value> {
    let rule = Rule::below(policy.threshold, policy.hides_zero, policy.base);
    let total = |(column, period): (usize, &&str)| {
        let counts = table.iter().filter_map(|row| row.get(column));
        let sum = counts.fold(0_u64, |sum, one| sum.saturating_add(*one));
        let (value, marker) = shown(rule.show(sum));
        json!({"period": period, "value": value, "marker": marker})
    };
    periods.iter().enumerate().map(total).collect()
}

/// Returns a name without what people write differently: case and spaces.
fn folded(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Is this the name of a total, and of no area or period? A place may be called All Saints.
fn is_total(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_sum =
        |word: &&str| ["total", "totals", "subtotal", "subtotals", "overall", "sum"].contains(word);
    let of_all =
        ["areas", "wards", "places", "periods", "months", "quarters", "years", "other", "others"];
    match words.as_slice() {
        ["all" | "everywhere" | "everyone" | "everybody"] => true,
        ["all", what, ..] if of_all.contains(what) => true,
        words => words.iter().any(is_sum),
    }
}

/// Returns an area whose counts are the sums of all other areas: perhaps a total under another name.
#[must_use]
pub fn looks_like_total(counts: &[Count]) -> Option<&str> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let mut areas: BTreeMap<&str, Vec<&Count>> = BTreeMap::new();
    for count in counts {
        let sum = sums.entry(&count.period).or_default();
        *sum = sum.saturating_add(count.count);
        areas.entry(&count.area).or_default().push(count);
    }
    let is_half = |count: &&Count| {
        sums.get(count.period.as_str()) == Some(&count.count.saturating_mul(2)) && count.count > 0
    };
    let is_total = |counts: &[&Count]| counts.len() == sums.len() && counts.iter().all(is_half);
    let mut found = areas.iter().filter(|(_, counts)| is_total(counts));
    found.next().filter(|_| areas.len() > 2).map(|(area, _)| *area)
}

/// Returns the counts with each area named as it is named first, so that no area is two.
fn written_alike(counts: &[Count]) -> Vec<Count> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut alike = |count: &Count| {
        let name = names.entry(folded(&count.area)).or_insert_with(|| count.area.clone());
        Count { area: name.clone(), ..count.clone() }
    };
    counts.iter().map(&mut alike).collect()
}

/// Returns the policy with the areas that need more care by the names that they have in the counts.
fn known(counts: &[Count], policy: &Policy) -> Result<Policy, Unfit> {
    let mut higher: BTreeMap<String, u64> = BTreeMap::new();
    for (typed, threshold) in &policy.higher {
        let name = folded(typed);
        let is_it = |count: &&Count| {
            name == folded(&count.area) || (!count.code.is_empty() && name == folded(&count.code))
        };
        let mut is_known = false;
        for count in counts.iter().filter(is_it) {
            is_known = true;
            let slot = higher.entry(count.area.clone()).or_default();
            *slot = (*threshold).max(*slot);
        }
        if !is_known {
            return Err(Unfit::UnknownArea { area: typed.clone() });
        }
    }
    Ok(Policy { higher, ..policy.clone() })
}

fn rule_of(area: &str, policy: &Policy) -> Rule {
    let higher = policy.higher.get(area).copied().unwrap_or(0);
    Rule::below(higher.max(policy.threshold), policy.hides_zero, policy.base)
}

/// Returns what is kept back, and why. One period alone is a list with a total, not a table.
///
/// The second value says whether the reason may be told.
fn hidden(table: &[Vec<u64>], rules: &[Rule]) -> Result<(Reasons, bool), TooManyCells> {
    let rule = |row: usize| rules.get(row).copied().unwrap_or(Rule::below(u64::MAX, true, 1));
    if table.iter().all(|row| row.len() == 1) {
        let strictest = rules.iter().copied().max_by_key(|rule| rule.threshold).unwrap_or(rule(0));
        let counts: Vec<u64> = table.iter().flatten().copied().collect();
        let list = list_with_total(&counts, &strictest);
        let kept: Vec<(u64, Rule)> = (0..)
            .zip(counts.iter().zip(&list))
            .filter(|(_, (_, hidden))| **hidden)
            .map(|(row, (count, _))| (*count, rule(row)))
            .collect();
        let why = |(row, (count, hidden)): (usize, (&u64, bool))| {
            let why = if rule(row).hides(*count) { Hidden::Small } else { Hidden::WithSmall };
            vec![hidden.then_some(why)]
        };
        let may_tell_why = may_tell_why(&kept);
        return Ok(((0..).zip(counts.iter().zip(list)).map(why).collect(), may_tell_why));
    }
    let shown = Table::new(table.to_vec())?.show(rule);
    let why = |row: Vec<(Cell, Option<Hidden>)>| row.into_iter().map(|(_, why)| why).collect();
    Ok((shown.cells.into_iter().map(why).collect(), shown.may_tell_why))
}

/// What is kept back, row by row, and why.
type Reasons = Vec<Vec<Option<Hidden>>>;

/// Does each small count of a list with a total stay open, also if it is told which are small? Another must be able to go
/// up where it goes down, or down where it goes up.
fn may_tell_why(kept: &[(u64, Rule)]) -> bool {
    let moves = |(count, rule): &(u64, Rule), is_more: bool| rule.leaves_open(*count, is_more);
    let is_open = |(place, one): (usize, &(u64, Rule))| {
        let mut others = (0_usize..).zip(kept).filter(|(other, _)| *other != place);
        others.any(|(_, other)| {
            (moves(one, true) && moves(other, false)) || (moves(one, false) && moves(other, true))
        })
    };
    kept.iter().enumerate().filter(|(_, (count, rule))| rule.hides(*count)).all(is_open)
}

const fn shown(cell: Cell) -> (Option<u64>, Option<&'static str>) {
    match cell {
        Cell::Number(number) => (Some(number), None),
        Cell::Marker(marker) => (None, Some(marker)),
    }
}

/// Figures as they are put together.
struct Making<'a> {
    policy: &'a Policy,
    codes: &'a BTreeMap<&'a str, &'a str>,
    may_tell_why: bool,
    rows: Vec<Value>,
    kept: Vec<(String, String, Hidden)>,
}

impl Making<'_> {
    fn add(&mut self, area: &str, period: &str, (why, count): (Option<Hidden>, u64), rule: &Rule) {
        let (value, marker) = match why {
            Some(why) => {
                self.kept.push((area.to_owned(), period.to_owned(), why));
                (None, Some(CONFIDENTIAL))
            }
            None => shown(match round(count, rule.base) {
                0 if count > 0 => Cell::Marker(super::LOW),
                rounded => Cell::Number(rounded),
            }),
        };
        let code = self.codes.get(area).copied().unwrap_or_default();
        let mut row = json!({"gss_code": code, "area_name": area, "period": period, "value": value, "marker": marker});
        if let (Some(why), Some(fields)) = (why, row.as_object_mut()) {
            fields.insert("hidden_because".to_owned(), json!(self.because(why)));
        }
        self.rows.push(row);
    }

    const fn because(&self, why: Hidden) -> &'static str {
        match why {
            _ if !self.may_tell_why => "small_or_protects_another",
            Hidden::Small => "small",
            Hidden::WithSmall => "protects_another",
        }
    }

    fn done(self, totals: Vec<Value>) -> Figures {
        let Self { policy, codes, may_tell_why: _, rows, kept } = self;
        let small = kept.iter().filter(|(_, _, why)| *why == Hidden::Small).count();
        let higher: Vec<Value> = policy
            .higher
            .iter()
            .map(|(area, threshold)| {
                let name = codes.get(area.as_str()).copied().unwrap_or(area);
                json!({"gss_code": name, "threshold": threshold})
            })
            .collect();
        let rounding =
            if policy.base > 1 { format!("_then_round{}", policy.base) } else { String::new() };
        let suppression = json!({
            "rule": format!("suppress_lt{}{}{rounding}", policy.threshold, if policy.hides_zero { "_zero_hidden" } else { "" }),
            "threshold": policy.threshold,
            "rounding_base": policy.base,
            "marker": CONFIDENTIAL,
            "zero_policy": if policy.hides_zero { "zero is hidden" } else { "zero is shown" },
            "secondary": true,
            "primary_cells": small,
            "secondary_cells": kept.len().saturating_sub(small),
            "totals": if policy.base > 1 { format!("rounded to {}", policy.base) } else { "exact".to_owned() },
            "higher_threshold": higher,
            "checked_by": "software",
            "overridden": false,
        });
        let columns = ["gss_code", "area_name", "period", "value", "marker", "hidden_because"];
        Figures {
            data: json!({"columns": columns, "rows": rows, "totals": totals}),
            suppression,
            kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(area: &str, period: &str, count: u64) -> Count {
        Count {
            area: area.to_owned(),
            code: format!("code-{area}"),
            period: period.to_owned(),
            count,
        }
    }

    fn policy() -> Policy {
        Policy { threshold: 5, base: 5, hides_zero: false, higher: BTreeMap::new() }
    }

    #[test]
    fn no_small_count_is_in_what_is_shared() {
        let counts = [
            count("Harbour", "2026-07", 41),
            count("Harbour", "2026-08", 3),
            count("Harbour", "2026-09", 27),
            count("Mill", "2026-07", 64),
            count("Mill", "2026-08", 71),
            count("Mill", "2026-09", 83),
            count("Quay", "2026-07", 88),
            count("Quay", "2026-08", 97),
            count("Quay", "2026-09", 7),
        ];
        let made = figures(
            &counts,
            &Policy { higher: BTreeMap::from([("code-Quay".to_owned(), 10)]), ..policy() },
        )
        .unwrap();
        let kept: Vec<(&str, &str)> =
            made.kept.iter().map(|(area, period, _)| (area.as_str(), period.as_str())).collect();
        assert!(
            kept.contains(&("Harbour", "2026-08")) && kept.contains(&("Quay", "2026-09")),
            "{kept:?}"
        );
        assert!(kept.len() >= 4, "{kept:?}");
        let rows = made.data["rows"].as_array().unwrap();
        for row in rows {
            assert_ne!(row["value"].is_null(), row["marker"].is_null(), "{row}");
            assert!(row["value"].as_u64().is_none_or(|value| value % 5 == 0), "{row}");
        }
        let content = json!({"document_type": "aggregated_insight", "title": "T", "body": {"data": made.data, "suppression": made.suppression}});
        crate::documents::check(&content).unwrap();
    }

    fn reasons(made: &Figures) -> Vec<&str> {
        let rows = made.data["rows"].as_array().unwrap();
        rows.iter().map(|row| row["hidden_because"].as_str().unwrap_or_default()).collect()
    }

    #[test]
    fn each_hidden_figure_says_why_unless_that_would_tell_how_many() {
        let list = |small: u64, next: u64| {
            [count("A", "2026", small), count("B", "2026", next), count("C", "2026", 150)]
        };
        let told = figures(&list(3, 8), &policy()).unwrap();
        assert_eq!(reasons(&told), ["small", "protects_another", ""]);
        // Together they are 6: who knows that one is below 5 and the other is not has 1 and 5.
        let kept = figures(&list(1, 5), &policy()).unwrap();
        assert_eq!(reasons(&kept)[..2], ["small_or_protects_another"; 2]);
        let table = |small: u64, next: u64| {
            let [a, b] = ["2026", "2027"];
            let counts = [
                count("A", a, small),
                count("A", b, next),
                count("B", a, next),
                count("B", b, next),
            ];
            figures(&counts, &policy()).unwrap()
        };
        assert_eq!(reasons(&table(3, 30))[..2], ["small", "protects_another"]);
        assert_eq!(reasons(&table(1, 5)), ["small_or_protects_another"; 4]);
    }

    #[test]
    fn an_area_that_needs_more_care_is_found_however_it_is_typed_or_asked_for() {
        let counts = [
            Count { code: "E1".to_owned(), ..count("South Moor", "2026", 7) },
            Count { code: String::new(), ..count("Mill", "2026", 80) },
            Count { code: String::new(), ..count("Quay", "2026", 90) },
        ];
        let with =
            |typed: &str| Policy { higher: BTreeMap::from([(typed.to_owned(), 10)]), ..policy() };
        for typed in ["South Moor", "south moor", "Southmoor", " SOUTH  MOOR ", "e1"] {
            let made = figures(&counts, &with(typed)).unwrap();
            assert_eq!(made.kept[0].0, "South Moor", "{typed}");
            assert_eq!(made.suppression["higher_threshold"][0]["gss_code"], "E1", "{typed}");
        }
        for typed in ["South Moore", "South", "E2"] {
            let area = typed.to_owned();
            assert_eq!(figures(&counts, &with(typed)).unwrap_err(), Unfit::UnknownArea { area });
        }
    }

    #[test]
    fn one_area_in_two_spellings_is_one() {
        let counts = [count("Mill Lane", "2026", 2), count("mill lane", "2026", 30)];
        assert!(matches!(figures(&counts, &policy()), Err(Unfit::Twice { .. })));
    }

    #[test]
    fn a_total_is_no_area() {
        for name in [
            "Total",
            "ALL",
            "Grand total",
            "All areas",
            "All wards except Mill",
            "Sub-totals",
            "Overall",
        ] {
            let counts =
                [count("Harbour", "2026", 3), count("Mill", "2026", 40), count(name, "2026", 43)];
            let refused = Unfit::Total { name: name.to_owned() };
            assert_eq!(figures(&counts, &policy()).unwrap_err(), refused);
            let across = [count("Harbour", "2026", 3), count("Harbour", name, 3)];
            assert_eq!(figures(&across, &policy()).unwrap_err(), refused);
        }
        for name in ["All Saints", "Totley", "Allerton"] {
            figures(&[count(name, "2026", 40)], &policy()).unwrap();
        }
        let mut counts = vec![count("Harbour", "2026", 3), count("Mill", "2026", 40)];
        assert_eq!(looks_like_total(&counts), None);
        counts.push(count("Northmere", "2026", 43));
        assert_eq!(looks_like_total(&counts), Some("Northmere"));
    }

    #[test]
    fn a_quarter_and_its_months_are_not_shared_together() {
        let counts = [
            count("Harbour", "2026-07", 6),
            count("Harbour", "2026-08", 6),
            count("Harbour", "2026-Q3", 15),
        ];
        let refused = figures(&counts, &Policy { base: 1, ..policy() }).unwrap_err();
        let (one, other) = ("2026-07".to_owned(), "2026-Q3".to_owned());
        assert_eq!(refused, Unfit::Overlap { one, other });
    }

    #[test]
    fn a_single_period_is_a_list_with_a_total() {
        let counts = [count("A", "2026", 2), count("B", "2026", 80), count("C", "2026", 150)];
        let made = figures(&counts, &policy()).unwrap();
        let kept: Vec<&str> = made.kept.iter().map(|(area, _, _)| area.as_str()).collect();
        assert_eq!(kept, ["A", "B"]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(figures(&[], &policy()).unwrap_err(), Unfit::Empty);
        let twice = [count("A", "2026", 2), count("A", "2026", 3)];
        assert!(matches!(figures(&twice, &policy()), Err(Unfit::Twice { .. })));
        let many: Vec<Count> =
            (0..=super::super::CELLS_MAX).map(|area| count(&area.to_string(), "2026", 9)).collect();
        let more: Vec<Count> =
            many.iter().map(|one| Count { period: "2027".to_owned(), ..one.clone() }).collect();
        assert!(matches!(figures(&[many, more].concat(), &policy()), Err(Unfit::TooMany(_))));
    }
}
