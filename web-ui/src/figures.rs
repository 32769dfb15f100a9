//! The figures of an insight: the same numbers as a table, as a chart, and as a CSV file with its metadata.
//!
//! What is kept back is never a number here: the document holds its marker alone.

mod hidden;

use std::fmt::Write as _;

use serde_json::{Value, json};

pub use hidden::rule_in_words;

/// The markers that are read as no number.
pub const MARKERS: [&str; 3] = ["[c]", "[low]", ""];

/// Most bars of a chart; protects the page. The table has all.
pub const BARS_MAX: usize = 120;

/// Figures by area and period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The periods, in the order in which they are named first.
    pub periods: Vec<String>,
    /// Each area as each organisation counts it; those of one area stand together.
    pub areas: Vec<Line>,
    /// The totals, one line for each organisation, as far as they are given.
    pub totals: Vec<Line>,
}

/// The figures of one area, or the totals, from one organisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What the area is called.
    pub area: String,
    /// Who brought them in; empty where the insight is one table.
    pub organization: String,
    /// One for each period, in the order of the periods.
    pub cells: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// The number, unless it is kept back or missing.
    pub value: Option<f64>,
    /// What is shown: the number, a marker, or nothing.
    pub shown: String,
    /// Why it is no number, in a few words; empty if it is one.
    pub why: String,
}

impl Figure {
    fn of(row: &Value, why: String) -> Self {
        let value = row.get("value").and_then(Value::as_f64);
        let marker = row.get("marker").and_then(Value::as_str).unwrap_or_default();
        let shown = match (marker, row.get("value")) {
            ("", Some(Value::Number(number))) => number.to_string(),
            (marker, _) => marker.to_owned(),
        };
        Self { value: value.filter(|_| marker.is_empty()), shown, why }
    }
}

impl Figure {
    /// Returns what a cell of the table says: the number, or its marker and the rule behind it.
    #[must_use]
    pub fn with_why(&self) -> String {
        if self.why.is_empty() {
            self.shown.clone()
        } else {
            format!("{} {}", self.shown, self.why)
        }
    }
}

impl Figures {
    /// Returns the figures of an insight.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let mut figures = Self::default();
        for row in rows(document, "/body/data/rows") {
            let name = match text(row, "area_name") {
                "" => text(row, "gss_code"),
                name => name,
            };
            let place = figures.period(text(row, "period"));
            let figure = Figure::of(row, hidden::why(document, row, false));
            put(&mut figures.areas, (name, text(row, "organization")), place, figure);
        }
        for row in rows(document, "/body/data/totals") {
            let place = figures.period(text(row, "period"));
            let figure = Figure::of(row, hidden::why(document, row, true));
            put(&mut figures.totals, ("All", text(row, "organization")), place, figure);
        }
        let wide = figures.periods.len();
        let lines = figures.areas.iter_mut().chain(&mut figures.totals);
        lines.for_each(|line| line.cells.resize_with(wide, Figure::default));
        figures
    }

    /// Does any figure say who brought it in?
    #[must_use]
    pub fn names_organizations(&self) -> bool {
        self.areas.iter().chain(&self.totals).any(|line| !line.organization.is_empty())
    }

    /// Returns the heads of the columns of the table.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let organization = self.names_organizations().then(|| "Organisation".to_owned());
        std::iter::once("Area".to_owned())
            .chain(organization)
            .chain(self.periods.iter().cloned())
            .collect()
    }

    fn period(&mut self, period: &str) -> usize {
        self.periods.iter().position(|known| known == period).unwrap_or_else(|| {
            self.periods.push(period.to_owned());
            self.periods.len().saturating_sub(1)
        })
    }

    /// Is any figure kept back?
    #[must_use]
    pub fn hides(&self) -> bool {
        self.areas.iter().flat_map(|line| &line.cells).any(|cell| cell.shown == "[c]")
    }

    /// Returns the rows of a table: the area, who brought the figures in if that is said, and the figures; the totals come
    /// last.
    #[must_use]
    pub fn table(&self) -> Vec<Vec<String>> {
        let is_named = self.names_organizations();
        let row = |line: &Line| {
            std::iter::once(line.area.clone())
                .chain(is_named.then(|| line.organization.clone()))
                .chain(line.cells.iter().map(|cell| cell.with_why()))
                .collect()
        };
        self.areas.iter().chain(&self.totals).map(row).collect()
    }

    /// Returns a chart of bars as SVG; empty if there is nothing to draw. `says` is what it shows, in words.
    #[must_use]
    pub fn chart(&self, title: &str, says: &str) -> String {
        let mut pieces = Vec::new();
        let mut bars = 0_usize;
        for line in &self.areas {
            if bars >= BARS_MAX {
                break;
            }
            let is_named = !line.organization.is_empty();
            if is_named {
                pieces.push(Piece::Heading(format!("{}, {}", line.area, line.organization)));
            }
            for (place, cell) in line.cells.iter().enumerate().take(BARS_MAX.saturating_sub(bars)) {
                let period = self.periods.get(place).map_or("", String::as_str);
                let label = if place == 0 && !is_named {
                    format!("{}, {period}", line.area)
                } else {
                    period.to_owned()
                };
                pieces.push(Piece::Bar(label, cell));
                bars = bars.saturating_add(1);
            }
        }
        draw(&pieces, title, says)
    }

    /// Returns the figures as CSV, one in a row, markers in a column of their own.
    #[must_use]
    pub fn csv(document: &Value) -> String {
        let columns = columns(document);
        let mut csv = columns.iter().map(|(name, _, _)| *name).collect::<Vec<_>>().join(",");
        csv.push('\n');
        for row in rows(document, "/body/data/rows") {
            let cell = |name: &str| match row.get(name) {
                Some(Value::String(text)) => quoted(text),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            let cells: Vec<String> = columns.iter().map(|(name, _, _)| cell(name)).collect();
            csv.push_str(&cells.join(","));
            csv.push('\n');
        }
        csv
    }

    /// Returns what a program must know of the CSV file (CSV on the Web).
    #[must_use]
    pub fn metadata(document: &Value, file: &str) -> Value {
        let mut key = vec!["gss_code", "area_name", "period"];
        key.extend(says(document, ORGANIZATION.0).then_some(ORGANIZATION.0));
        let columns: Vec<Value> = columns(document)
            .iter()
            .map(|(name, title, kind)| json!({"name": name, "titles": title, "datatype": kind}))
            .collect();
        json!({
            "@context": "http://www.w3.org/ns/csvw",
            "url": file,
            "dc:title": crdt_schema::documents::title(document),
            "dc:description": document.get("description").cloned().unwrap_or_default(),
            "dc:license": document.get("licence").cloned().unwrap_or_default(),
            "tableSchema": {"columns": columns, "primaryKey": key},
        })
    }
}

/// Columns of the CSV file: name, title, type.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("gss_code", "Area code", "string"),
    ("area_name", "Area", "string"),
    ("period", "Period", "string"),
    ("value", "Value", "number"),
    ("marker", "Marker", "string"),
];

/// The column that a file has if its figures say why they are kept back.
const BECAUSE: (&str, &str, &str) = ("hidden_because", "Why it is hidden", "string");

/// The column that a file has if its figures say who brought them in.
const ORGANIZATION: (&str, &str, &str) = ("organization", "Organisation", "string");

/// Returns the columns of the CSV file of an insight.
fn columns(document: &Value) -> Vec<(&'static str, &'static str, &'static str)> {
    let more = [BECAUSE, ORGANIZATION].into_iter().filter(|(name, _, _)| says(document, name));
    COLUMNS.into_iter().chain(more).collect()
}

/// Has any row something to say in this column?
fn says(document: &Value, column: &str) -> bool {
    rows(document, "/body/data/rows").iter().any(|row| !text(row, column).is_empty())
}

/// Puts a figure into the line of its area and organisation.
fn put(lines: &mut Vec<Line>, (area, organization): (&str, &str), place: usize, figure: Figure) {
    let is_it = |line: &Line| line.area == area && line.organization == organization;
    let known = lines.iter().position(is_it).unwrap_or_else(|| {
        // After the last line of the same area, so that organisations stand side by side.
        let last = lines.iter().rposition(|line| line.area == area);
        let at = last.map_or(lines.len(), |last| last.saturating_add(1));
        let organization = organization.to_owned();
        lines.insert(at, Line { area: area.to_owned(), organization, cells: Vec::new() });
        at
    });
    let Some(line) = lines.get_mut(known) else { return };
    if line.cells.len() <= place {
        line.cells.resize_with(place.saturating_add(1), Figure::default);
    }
    if let Some(slot) = line.cells.get_mut(place) {
        *slot = figure;
    }
}

fn rows<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a text as a cell of CSV. What a spreadsheet would run as a formula is made a text.
fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

const WIDTH: usize = 640;
const LEFT: usize = 210;
const LINE: usize = 22;

/// What stands on one line of the chart.
enum Piece<'a> {
    Heading(String),
    Bar(String, &'a Figure),
}

/// Returns the chart; empty if no bar has a length.
fn draw(pieces: &[Piece<'_>], title: &str, says: &str) -> String {
    let value = |piece: &Piece<'_>| match piece {
        Piece::Heading(_) => None,
        Piece::Bar(_, cell) => cell.value,
    };
    let most = pieces.iter().filter_map(value).fold(0.0_f64, f64::max);
    if most <= 0.0 {
        return String::new();
    }
    let height = pieces.len().saturating_mul(LINE).saturating_add(12);
    let mut svg = format!(
        "<svg class=\"fp-diagram\" role=\"img\" aria-labelledby=\"chart-title chart-description\" viewBox=\"0 0 {WIDTH} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" focusable=\"false\"><title id=\"chart-title\">{}</title>\
         <desc id=\"chart-description\">{}</desc>",
        escape(title),
        escape(if says.is_empty() { "The same figures as in the table." } else { says }),
    );
    for (index, piece) in pieces.iter().enumerate() {
        let top = index.saturating_mul(LINE).saturating_add(6);
        let middle = top.saturating_add(15);
        let (label, cell) = match piece {
            Piece::Heading(words) => {
                let _infallible = write!(
                    svg,
                    "<text class=\"fp-diagram__text\" x=\"8\" y=\"{middle}\">{}</text>",
                    escape(&short(words, HEADING_LETTERS)),
                );
                continue;
            }
            Piece::Bar(label, cell) => (label, cell),
        };
        let _infallible = write!(
            svg,
            "<text class=\"fp-diagram__text\" x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
            LEFT - 8,
            escape(&short(label, LABEL_LETTERS)),
        );
        let wide =
            cell.value.map_or(0.0, |value| (value / most).clamp(0.0, 1.0) * f64::from(340_u16));
        let after = f64::from(218_u16) + wide;
        let _infallible = write!(
            svg,
            "<rect class=\"fp-diagram__box fp-diagram__box--end\" x=\"{LEFT}\" y=\"{top}\" width=\"{wide:.1}\" height=\"16\"/>\
             <text class=\"fp-diagram__text\" x=\"{after:.1}\" y=\"{middle}\">{}</text>",
            escape(if cell.shown.is_empty() { "no figure" } else { &cell.shown }),
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Letters for which the chart has room before a bar, and in a line of its own.
const LABEL_LETTERS: usize = 27;
const HEADING_LETTERS: usize = 80;

/// Returns the start of a label that is too long for its place.
fn short(label: &str, letters: usize) -> String {
    if label.chars().count() <= letters {
        return label.to_owned();
    }
    label.chars().take(letters).chain(['…']).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        serde_json::from_str(include_str!(
            "../../node/examples/aggregated-insight.debt-and-food.json"
        ))
        .unwrap()
    }

    #[test]
    fn the_table_the_chart_and_the_file_say_the_same() {
        let figures = Figures::of(&example());
        assert_eq!(figures.periods, ["2026-07", "2026-08", "2026-09"]);
        let table = figures.table();
        let hidden = "[c] below 10, or protects another number";
        assert_eq!(table.first().unwrap(), &["Harbour", "40", "35", "50"]);
        assert_eq!(table.get(2).unwrap(), &["St Anne's", hidden, hidden, hidden]);
        assert_eq!(table.last().unwrap(), &["All", "215", "230", "280"]);
        assert!(figures.hides());
        let chart = figures.chart("Title <1>", "Says");
        assert_eq!(chart.matches("<rect").count(), 18);
        assert!(chart.contains(">115</text>") && chart.contains("Title &lt;1&gt;"), "{chart}");
        let csv = Figures::csv(&example());
        assert_eq!(csv.lines().count(), 19);
        assert!(csv.contains("E05999903,St Anne's,2026-07,,[c]"), "{csv}");
        let metadata = Figures::metadata(&example(), "a.csv");
        assert_eq!(metadata["tableSchema"]["columns"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn organisations_stand_side_by_side_in_table_chart_and_file() {
        let row = |area: &str, organization: &str, value: u64| json!({"area_name": area, "period": "2026", "value": value, "organization": organization});
        let rows = [
            row("Harbour", "Open Door", 40),
            row("Mill", "Open Door", 30),
            row("Harbour", "Leeds", 70),
        ];
        let document = json!({"body": {"data": {"rows": rows}}});
        let figures = Figures::of(&document);
        assert_eq!(figures.columns(), ["Area", "Organisation", "2026"]);
        assert_eq!(
            figures.table(),
            [
                ["Harbour", "Open Door", "40"],
                ["Harbour", "Leeds", "70"],
                ["Mill", "Open Door", "30"]
            ]
        );
        let chart = figures.chart("Title", "");
        assert!(
            chart.contains(">Harbour, Leeds</text>") && chart.contains(">70</text>"),
            "{chart}"
        );
        assert_eq!(chart.matches("<rect").count(), 3);
        let csv = Figures::csv(&document);
        assert!(csv.starts_with("gss_code,area_name,period,value,marker,organization\n"), "{csv}");
        assert!(csv.contains(",Harbour,2026,70,,Leeds\n"), "{csv}");
        let schema = &Figures::metadata(&document, "a.csv")["tableSchema"];
        assert_eq!(schema["primaryKey"][3], "organization");
        assert_eq!(schema["columns"][5]["titles"], "Organisation");
    }

    #[test]
    fn figures_of_any_shape_do_no_harm() {
        for text in [
            "null",
            r#"{"body": {"data": {"rows": [null, 3, {"value": "x", "period": 3}, {"value": -5}], "totals": [{}]}}}"#,
            r#"{"body": {"data": {"rows": [{"area_name": "=1+1", "period": "a,b\"", "value": 1e300}]}}}"#,
        ] {
            let document: Value = serde_json::from_str(text).unwrap();
            let figures = Figures::of(&document);
            let _drawn = (figures.table(), figures.chart("", ""));
            assert!(
                !Figures::csv(&document).contains(",=") && !Figures::csv(&document).contains("\n=")
            );
        }
    }
}
