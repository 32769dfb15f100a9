//! [`Figure`]: one thing that was measured, with what stands beside it.

use serde_json::{Map, Value, json};

/// One thing that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The job, for example `j1`.
    pub job: &'static str,
    /// What was measured, in words.
    pub what: String,
    pub unit: &'static str,
    pub ours: f64,
    /// The same of peers and limits, in the same run.
    pub beside: Vec<(String, f64)>,
    pub goal: Option<Goal>,
}

/// What a figure should be, made of what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// How it is made, in words.
    pub what: String,
    pub value: f64,
    /// Is more better?
    pub at_least: bool,
}

impl Figure {
    #[must_use]
    pub fn new(job: &'static str, what: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { job, what: what.into(), unit, ours, beside: Vec::new(), goal: None }
    }

    /// Puts something beside it; a peer that was not measured is left out.
    #[must_use]
    pub fn beside(mut self, who: impl Into<String>, value: impl Into<Option<f64>>) -> Self {
        self.beside.extend(value.into().map(|value| (who.into(), value)));
        self
    }

    /// Sets the goal not to be exceeded, if what it is made of was measured.
    #[must_use]
    pub fn at_most(mut self, what: impl Into<String>, value: impl Into<Option<f64>>) -> Self {
        let goal = |value| Goal { what: what.into(), value, at_least: false };
        self.goal = value.into().map(goal);
        self
    }

    /// Sets the goal to be reached, if what it is made of was measured.
    #[must_use]
    pub fn at_least(mut self, what: impl Into<String>, value: impl Into<Option<f64>>) -> Self {
        let goal = |value| Goal { what: what.into(), value, at_least: true };
        self.goal = value.into().map(goal);
        self
    }

    /// Returns the figure over its goal, and whether that is good enough.
    #[must_use]
    pub fn ratio(&self) -> Option<(f64, bool)> {
        let goal = self.goal.as_ref().filter(|goal| goal.value > 0.0)?;
        let ratio = self.ours / goal.value;
        Some((ratio, if goal.at_least { ratio >= 1.0 } else { ratio <= 1.0 }))
    }

    /// Returns the figure as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let beside: Map<String, Value> =
            self.beside.iter().map(|(who, value)| (who.clone(), json!(rounded(*value)))).collect();
        let ratio = self.ratio();
        json!({
            "job": self.job,
            "what": self.what,
            "unit": self.unit,
            "fingerpost": rounded(self.ours),
            "beside": beside,
            "goal": self.goal.as_ref().map(|goal| json!({"what": goal.what, "value": rounded(goal.value)})),
            "ratio": ratio.map(|(ratio, _)| rounded(ratio)),
            "reached": ratio.map(|(_, reached)| reached),
        })
    }

    /// Returns the figure as a row of a table: the ratio first.
    #[must_use]
    pub fn row(&self) -> String {
        let ratio = match self.ratio() {
            Some((ratio, true)) => plain(ratio),
            Some((ratio, false)) => format!("{}: not reached yet", plain(ratio)),
            None => "–".to_owned(),
        };
        let goal = self.goal.as_ref().map_or_else(String::new, |goal| {
            let word = if goal.at_least { "at least" } else { "at most" };
            format!("{word} {} ({})", plain(goal.value), goal.what)
        });
        let beside: Vec<String> =
            self.beside.iter().map(|(who, value)| format!("{who} {}", plain(*value))).collect();
        format!(
            "| {ratio} | {} | {} {} | {} | {goal} |",
            self.what,
            plain(self.ours),
            self.unit,
            beside.join(", ")
        )
    }
}

/// The first line of a table of rows.
pub const TABLE: &str =
    "| ratio to the goal | what | Fingerpost | beside it | goal |\n| --- | --- | --- | --- | --- |";

fn rounded(value: f64) -> f64 {
    let scale = if value.abs() >= 100.0 { 1.0 } else { 1_000.0 };
    (value * scale).round() / scale
}

/// Writes a number with about three digits that say something.
fn plain(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => grouped(value.round()),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_the_ratio_first_and_plainly_when_a_goal_is_missed() {
        let figure = Figure::new("j1", "p50", "ms", 3.0)
            .beside("samod", 1.0)
            .beside("nobody", None)
            .at_most("2 × samod", 2.0);
        assert_eq!(figure.ratio(), Some((1.5, false)));
        assert_eq!(
            figure.row(),
            "| 1.50: not reached yet | p50 | 3.00 ms | samod 1.00 | at most 2.00 (2 × samod) |"
        );
        let more =
            Figure::new("j6", "edits", "a second", 12_345.0).at_least("0.7 × disk", 10_000.0);
        assert_eq!(more.ratio().map(|(_, reached)| reached), Some(true));
        assert!(more.row().contains("12,345 a second"), "{}", more.row());
        assert_eq!(Figure::new("j1", "p50", "ms", 1.0).at_most("nothing", None).ratio(), None);
    }
}
