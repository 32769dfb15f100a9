//! The figures of an insight: the same numbers as a table, as a chart, and as a CSV file with its metadata.
//!
//! What is kept back is never a number here: the document holds its marker alone.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The markers that are read as no number.
pub const MARKERS: [&str; 3] = ["[c]", "[low]", ""];

/// Most bars of a chart; protects the page. The table has all.
pub const BARS_MAX: usize = 120;

/// Figures by area and period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The periods, in the order in which they are named first.
    pub periods: Vec<String>,
    /// Each area and its figures in the order of the periods.
    pub areas: Vec<(String, Vec<Figure>)>,
    /// The total of each period, as far as it is given.
    pub totals: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// The number, unless it is kept back or missing.
    pub value: Option<f64>,
    /// What is shown: the number, a marker, or nothing.
    pub shown: String,
}

impl Figure {
    fn of(row: &Value) -> Self {
        let value = row.get("value").and_then(Value::as_f64);
        let marker = row.get("marker").and_then(Value::as_str).unwrap_or_default();
        let shown = match (marker, row.get("value")) {
            ("", Some(Value::Number(number))) => number.to_string(),
            (marker, _) => marker.to_owned(),
        };
        Self { value: value.filter(|_| marker.is_empty()), shown }
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
            let area = match figures.areas.iter().position(|(known, _)| known == name) {
                Some(index) => index,
                None => {
                    figures.areas.push((name.to_owned(), Vec::new()));
                    figures.areas.len().saturating_sub(1)
                }
            };
            if let Some((_, cells)) = figures.areas.get_mut(area) {
                put(cells, place, Figure::of(row));
            }
        }
        for row in rows(document, "/body/data/totals") {
            let place = figures.period(text(row, "period"));
            put(&mut figures.totals, place, Figure::of(row));
        }
        let wide = figures.periods.len();
        let cells = figures.areas.iter_mut().map(|(_, cells)| cells);
        cells.for_each(|cells| cells.resize_with(wide, Figure::default));
        if !figures.totals.is_empty() {
            figures.totals.resize_with(wide, Figure::default);
        }
        figures
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
        self.areas.iter().flat_map(|(_, cells)| cells).any(|cell| cell.shown == "[c]")
    }

    /// Returns the rows of a table: the area and its figures; the totals come last.
    #[must_use]
    pub fn table(&self) -> Vec<Vec<String>> {
        let row = |(name, cells): (&str, &[Figure])| {
            std::iter::once(name.to_owned())
                .chain(cells.iter().map(|cell| cell.shown.clone()))
                .collect()
        };
        let totals = (!self.totals.is_empty()).then_some(("All", self.totals.as_slice()));
        self.areas
            .iter()
            .map(|(name, cells)| (name.as_str(), cells.as_slice()))
            .chain(totals)
            .map(row)
            .collect()
    }

    /// Returns a chart of bars as SVG; empty if there is nothing to draw. `says` is what it shows, in words.
    #[must_use]
    pub fn chart(&self, title: &str, says: &str) -> String {
        let bars: Vec<(&str, usize, &Figure)> = self
            .areas
            .iter()
            .flat_map(|(name, cells)| {
                cells.iter().enumerate().map(|(place, cell)| (name.as_str(), place, cell))
            })
            .take(BARS_MAX)
            .collect();
        let most = bars.iter().filter_map(|(_, _, cell)| cell.value).fold(0.0_f64, f64::max);
        if most <= 0.0 {
            return String::new();
        }
        draw(&bars, &self.periods, most, title, says)
    }

    /// Returns the figures as CSV, one in a row, markers in a column of their own.
    #[must_use]
    pub fn csv(document: &Value) -> String {
        let mut csv = COLUMNS.map(|(name, _, _)| name).join(",");
        csv.push('\n');
        for row in rows(document, "/body/data/rows") {
            let cell = |name: &str| match row.get(name) {
                Some(Value::String(text)) => quoted(text),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            csv.push_str(&COLUMNS.map(|(name, _, _)| cell(name)).join(","));
            csv.push('\n');
        }
        csv
    }

    /// Returns what a program must know of the CSV file (CSV on the Web).
    #[must_use]
    pub fn metadata(document: &Value, file: &str) -> Value {
        let columns: Vec<Value> = COLUMNS
            .iter()
            .map(|(name, title, kind)| json!({"name": name, "titles": title, "datatype": kind}))
            .collect();
        json!({
            "@context": "http://www.w3.org/ns/csvw",
            "url": file,
            "dc:title": crdt_schema::documents::title(document),
            "dc:description": document.get("description").cloned().unwrap_or_default(),
            "dc:license": document.get("licence").cloned().unwrap_or_default(),
            "tableSchema": {"columns": columns, "primaryKey": ["gss_code", "area_name", "period"]},
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

fn put(cells: &mut Vec<Figure>, place: usize, figure: Figure) {
    if cells.len() <= place {
        cells.resize_with(place.saturating_add(1), Figure::default);
    }
    if let Some(slot) = cells.get_mut(place) {
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

fn draw(
    bars: &[(&str, usize, &Figure)],
    periods: &[String],
    most: f64,
    title: &str,
    says: &str,
) -> String {
    let height = bars.len().saturating_mul(LINE).saturating_add(12);
    let mut svg = format!(
        "<svg class=\"fp-diagram\" role=\"img\" aria-labelledby=\"chart-title chart-description\" viewBox=\"0 0 {WIDTH} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" focusable=\"false\"><title id=\"chart-title\">{}</title>\
         <desc id=\"chart-description\">{}</desc>",
        escape(title),
        escape(if says.is_empty() { "The same figures as in the table." } else { says }),
    );
    let mut last = "";
    for (index, (name, place, cell)) in bars.iter().enumerate() {
        let top = index.saturating_mul(LINE).saturating_add(6);
        let middle = top.saturating_add(15);
        let period = periods.get(*place).map_or("", String::as_str);
        let label = if *name == last { period.to_owned() } else { format!("{name}, {period}") };
        last = name;
        let _infallible = write!(
            svg,
            "<text class=\"fp-diagram__text\" x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
            LEFT - 8,
            escape(&short(&label)),
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

/// Returns the start of a label that is too long for its place.
fn short(label: &str) -> String {
    const LETTERS: usize = 27;
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    label.chars().take(LETTERS).chain(['…']).collect()
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
        assert_eq!(table.first().unwrap(), &["Harbour", "40", "35", "50"]);
        assert_eq!(table.get(2).unwrap(), &["St Anne's", "[c]", "[c]", "[c]"]);
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
