//! What is kept back so that small counts cannot be worked out, and the vectors that say so.

use serde_json::Value;

use super::*;

fn vectors() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/disclosure-vectors.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

fn shown(cell: Cell) -> Value {
    match cell {
        Cell::Number(number) => number.into(),
        Cell::Marker(marker) => marker.into(),
    }
}

/// Returns every value that a hidden number can have, by trying all whole numbers that fit the totals.
struct Guess<'a> {
    hidden: &'a [(usize, usize)],
    rows: Vec<u64>,
    columns: Vec<u64>,
    values: Vec<u64>,
    seen: Vec<std::collections::BTreeSet<u64>>,
}

impl Guess<'_> {
    fn go(&mut self, at: usize) {
        let Some((row, column)) = self.hidden.get(at).copied() else {
            if self.rows.iter().chain(&self.columns).all(|rest| *rest == 0) {
                for (seen, value) in self.seen.iter_mut().zip(&self.values) {
                    seen.insert(*value);
                }
            }
            return;
        };
        let later =
            |rest: &dyn Fn(&(usize, usize)) -> bool| self.hidden.iter().skip(at + 1).any(rest);
        let (row_goes_on, column_goes_on) =
            (later(&|(other, _)| *other == row), later(&|(_, other)| *other == column));
        for value in 0..=self.rows[row].min(self.columns[column]) {
            if (!row_goes_on && value != self.rows[row])
                || (!column_goes_on && value != self.columns[column])
            {
                continue;
            }
            self.rows[row] -= value;
            self.columns[column] -= value;
            self.values.push(value);
            self.go(at + 1);
            self.values.pop();
            self.rows[row] += value;
            self.columns[column] += value;
        }
    }
}

fn check_table(vector: &Value) {
    let id = &vector["id"];
    let counts: Vec<Vec<u64>> = vector["counts"].as_array().unwrap().iter().map(numbers).collect();
    let rule = Rule::named(vector["rule"].as_str().unwrap()).unwrap();
    let table = Table::new(counts.clone()).unwrap().show(|_| rule);
    let hidden: Vec<(usize, usize)> = (0..counts.len())
        .flat_map(|row| (0..counts[0].len()).map(move |column| (row, column)))
        .filter(|(row, column)| table.cells[*row][*column].1.is_some())
        .collect();
    let primary: Vec<(usize, usize)> = vector["primary_cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            (usize::try_from(numbers(pair)[0]).unwrap(), usize::try_from(numbers(pair)[1]).unwrap())
        })
        .collect();
    assert!(primary.iter().all(|place| hidden.contains(place)), "{id}");
    for (row, column) in &hidden {
        assert_eq!(table.cells[*row][*column].0, Cell::Marker("[c]"), "{id}");
        let is_small = primary.contains(&(*row, *column));
        let why = if is_small { Hidden::Small } else { Hidden::WithSmall };
        assert_eq!(table.cells[*row][*column].1, Some(why), "{id}");
    }
    let extra = hidden.len() - primary.len();
    let fewest = usize::try_from(vector["fewest_secondary_cells"].as_u64().unwrap()).unwrap();
    assert!(extra <= fewest + 2, "{id}: {extra} further numbers, {fewest} are enough");
    let rest = |line: &dyn Fn(&(usize, usize)) -> bool| -> u64 {
        hidden.iter().filter(|place| line(place)).map(|(row, column)| counts[*row][*column]).sum()
    };
    let mut guess = Guess {
        hidden: &hidden,
        rows: (0..counts.len()).map(|row| rest(&|place| place.0 == row)).collect(),
        columns: (0..counts[0].len()).map(|column| rest(&|place| place.1 == column)).collect(),
        values: Vec::new(),
        seen: vec![std::collections::BTreeSet::new(); hidden.len()],
    };
    guess.go(0);
    for (place, seen) in hidden.iter().zip(&guess.seen) {
        assert!(!primary.contains(place) || seen.len() >= 2, "{id}: {place:?} is {seen:?}");
    }
}

fn check_list(vector: &Value) {
    let counts = numbers(&vector["counts"]);
    let hidden = list_with_total(&counts, &Rule::below(5, false, 1));
    let cells: Vec<Value> = counts
        .iter()
        .zip(hidden)
        .map(|(count, hidden)| if hidden { CONFIDENTIAL.into() } else { (*count).into() })
        .collect();
    assert_eq!(Value::Array(cells), vector["expected"], "{}", vector["id"]);
}

fn check_contributions(vector: &Value, refuses: impl Fn(&[u64]) -> bool) {
    for case in vector["cases"].as_array().unwrap() {
        assert_eq!(
            refuses(&numbers(&case["contributions"])),
            case["expected"] == "refuse",
            "{case}"
        );
    }
}

fn check_rates(vector: &Value) {
    let words = |rate| match rate {
        Rate::Confidential => "[c]",
        Rate::Unreliable => "show [u]",
        Rate::Plain => "show",
    };
    for case in vector["cases"].as_array().unwrap() {
        let events = case["events"].as_u64().unwrap();
        assert_eq!(case["crude_rate"], words(crude_rate(events)), "{case}");
        assert_eq!(case["standardised_rate"], words(standardised_rate(events)), "{case}");
    }
}

#[test]
fn every_vector_is_met() {
    for vector in vectors() {
        let number = |name: &str| vector[name].as_u64().unwrap();
        match vector["kind"].as_str().unwrap() {
            "count_rule" => {
                let rule = Rule::named(vector["rule"].as_str().unwrap()).unwrap();
                for case in vector["cases"].as_array().unwrap() {
                    assert_eq!(
                        shown(rule.show(case["input"].as_u64().unwrap())),
                        case["expected"],
                        "{rule:?} {case}"
                    );
                }
            }
            "two_way_table" => check_table(&vector),
            "one_way_with_total" => check_list(&vector),
            "contributors" => {
                let contributors = vector["contributions"][0].as_object().unwrap().len();
                assert_eq!(has_enough_contributors(contributors), vector["expected"] == "allow");
            }
            "dominance" => check_contributions(&vector, is_dominated),
            "p_ratio" => check_contributions(&vector, is_too_close),
            "differencing" => {
                let count = |index: usize| vector["published"][index]["count"].as_u64().unwrap();
                assert!(difference_tells(count(0), count(1), number("threshold")));
                assert!(!difference_tells(count(0), count(0) + 5, number("threshold")));
            }
            "percentage" => {
                let rule = Rule::below(5, false, 1);
                assert!(!may_show_percentage(number("hidden_count"), &rule));
                assert!(may_show_percentage(5, &rule));
            }
            "class_disclosure" => {
                assert!(tells_of_all(&numbers(&vector["counts"])));
                assert!(!tells_of_all(&[0, 1, 17]));
            }
            "rate_rules" => check_rates(&vector),
            other => panic!("a vector of an unknown kind: {other}"),
        }
    }
}

#[test]
fn a_large_table_is_made_safe_and_a_larger_one_is_refused() {
    let counts: Vec<Vec<u64>> = (0..20_u64)
        .map(|row| {
            (0..20_u64)
                .map(|column| if (row * 7 + column * 3) % 11 == 0 { 2 } else { 20 + row + column })
                .collect()
        })
        .collect();
    let shown = Table::new(counts).unwrap().show(|_| Rule::below(5, false, 5));
    let small = shown.cells.iter().flatten().filter(|(_, why)| *why == Some(Hidden::Small)).count();
    assert!(small > 30, "{small}");
    assert_eq!(Table::new(vec![vec![1; CELLS_MAX + 1]]).unwrap_err(), TooManyCells);
    assert_eq!(Table::new(Vec::new()).unwrap().show(|_| Rule::below(5, false, 1)).cells.len(), 0);
}

#[test]
fn one_number_alone_in_its_row_and_column_takes_others_with_it() {
    let shown =
        Table::new(vec![vec![2, 0], vec![0, 30]]).unwrap().show(|_| Rule::below(5, false, 1));
    assert!(shown.cells[0][0].1.is_some());
    let single = Table::new(vec![vec![3]]).unwrap().show(|_| Rule::below(5, false, 1));
    assert_eq!(single.cells[0][0], (Cell::Marker("[c]"), Some(Hidden::Small)));
}
