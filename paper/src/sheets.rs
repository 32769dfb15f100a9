//! Lays a page out on sheets of A4. All measures are in points, from the upper left corner.

use std::num::NonZeroU16;

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag, TagKind};

use crate::flow::{Cell, Face, Flow, Numbers, Page, Size, Table, Words};
use crate::type_case::{Set, TypeCase};
use crate::{PAGES, Unprintable};

pub(crate) const WIDTH: f32 = 595.276;
pub(crate) const HEIGHT: f32 = 841.89;
const LEFT: f32 = 56.0;
const TOP: f32 = 56.0;
const TEXT_WIDTH: f32 = WIDTH - 2.0 * LEFT;
const BOTTOM: f32 = HEIGHT - 76.0;
const FOOT: f32 = HEIGHT - 58.0;
const PLAIN: f32 = 10.5;
const SMALL: f32 = 9.0;
const LARGE: f32 = 12.0;
const PARAGRAPH_GAP: f32 = 6.0;
const INDENT: f32 = 18.0;
const CELL_GAP: f32 = 8.0;
/// How much of what follows a heading stands on the same sheet.
const COMPANY: f32 = 44.0;
/// Rows up to this height stand on one sheet.
const ROW: f32 = 160.0;
const CODE: f32 = 96.0;

/// What is drawn.
pub(crate) enum Mark {
    /// One line of a set; `y` is its baseline. Without a leaf it is no part of what is read out.
    Line { set: usize, line: usize, x: f32, y: f32, leaf: Option<usize> },
    /// A thin line from left to right.
    Rule { x: f32, y: f32, width: f32 },
    /// The code to scan.
    Code { x: f32, y: f32, size: f32, leaf: usize },
}

/// What marks are there for: a leaf stands for all marks that name it.
pub(crate) enum Part {
    Leaf(usize),
    Branch(TagKind, Vec<Self>),
}

pub(crate) struct Heading {
    pub(crate) level: u8,
    pub(crate) text: String,
    pub(crate) sheet: usize,
    pub(crate) y: f32,
}

#[derive(Default)]
pub(crate) struct Sheets {
    pub(crate) sheets: Vec<Vec<Mark>>,
    pub(crate) sets: Vec<Set>,
    pub(crate) leaves: usize,
    pub(crate) tree: Vec<Part>,
    pub(crate) headings: Vec<Heading>,
}

/// Lays a page out.
pub(crate) fn lay_out(page: &Page, has_code: bool) -> Result<Sheets, Unprintable> {
    let mut layout =
        Layout { case: TypeCase::new(), all: Sheets::default(), y: TOP, marker: None, has_code };
    layout.all.sheets.push(Vec::new());
    layout.all.tree = layout.flows(&page.main, LEFT, TEXT_WIDTH)?;
    layout.feet(&page.foot);
    Ok(layout.all)
}

struct Layout {
    case: TypeCase,
    all: Sheets,
    /// How far the sheet is full.
    y: f32,
    /// A number or bullet for the line that is drawn next.
    marker: Option<Column>,
    has_code: bool,
}

/// Lines below each other.
#[derive(Clone, Copy)]
struct Column {
    x: f32,
    set: usize,
    leaf: usize,
}

impl Layout {
    fn flows(&mut self, flows: &[Flow], x: f32, width: f32) -> Result<Vec<Part>, Unprintable> {
        let mut parts = Vec::new();
        for flow in flows {
            self.flow(flow, x, width, &mut parts)?;
        }
        Ok(parts)
    }

    fn flow(
        &mut self,
        flow: &Flow,
        x: f32,
        width: f32,
        parts: &mut Vec<Part>,
    ) -> Result<(), Unprintable> {
        match flow {
            Flow::Heading(level, words) => parts.push(self.heading(*level, words, x, width)?),
            Flow::Paragraph(words, size) => {
                let size = match size {
                    Size::Small => SMALL,
                    Size::Plain => PLAIN,
                    Size::Large => LARGE,
                };
                let column = self.column(words, size, false, x, width);
                self.columns(&[column])?;
                self.y += PARAGRAPH_GAP;
                parts.push(Part::Branch(Tag::P.into(), vec![Part::Leaf(column.leaf)]));
            }
            Flow::List(numbers, items) => {
                parts.push(self.list(*numbers, items, x, width)?);
            }
            Flow::Terms(terms) => parts.push(self.terms(terms, x, width)?),
            Flow::Table(table) => parts.push(self.table(table, x, width)?),
            Flow::Notice(flows) => {
                let inside = self.flows(flows, x + INDENT, width - INDENT)?;
                parts.push(Part::Branch(Tag::Div.into(), inside));
            }
            Flow::Code if self.has_code => {
                self.need(CODE)?;
                let leaf = self.leaf();
                let mark = Mark::Code { x, y: self.y, size: CODE, leaf };
                self.draw(mark);
                self.y += CODE + PARAGRAPH_GAP;
                let tag = Tag::Figure(Some("The fingerprint as a code to scan".to_owned()));
                parts.push(Part::Branch(tag.into(), vec![Part::Leaf(leaf)]));
            }
            Flow::Code => {}
        }
        Ok(())
    }

    fn heading(
        &mut self,
        level: u8,
        words: &Words,
        x: f32,
        width: f32,
    ) -> Result<Part, Unprintable> {
        let (size, before) = match level {
            1 => (20.0, 0.0),
            2 => (14.0, 12.0),
            3 => (11.5, 4.0),
            _ => (PLAIN, 4.0),
        };
        let column = self.column(words, size, true, x, width);
        if self.y > TOP {
            self.y += before;
        }
        self.need(self.height(&[column]).min(BOTTOM - TOP - COMPANY) + COMPANY)?;
        let sheet = self.all.sheets.len().saturating_sub(1);
        self.all.headings.push(Heading { level, text: words.text(), sheet, y: self.y });
        self.columns(&[column])?;
        self.y += 4.0;
        let tag =
            Tag::Hn(NonZeroU16::new(level.into()).unwrap_or(NonZeroU16::MIN), Some(words.text()));
        Ok(Part::Branch(tag.into(), vec![Part::Leaf(column.leaf)]))
    }

    fn list(
        &mut self,
        numbers: Numbers,
        items: &[Vec<Flow>],
        x: f32,
        width: f32,
    ) -> Result<Part, Unprintable> {
        let mut list = Vec::new();
        for (number, item) in (1_usize..).zip(items) {
            let label = match numbers {
                Numbers::None => None,
                Numbers::Bullets => Some("•".to_owned()),
                Numbers::Decimal => Some(format!("{number}.")),
            };
            let indent = if label.is_some() { INDENT } else { 0.0 };
            let mut parts = Vec::new();
            if let Some(label) = label {
                let mut words = Words::default();
                words.push(&label, Face::default(), false);
                let marker = self.column(&words, PLAIN, false, x, INDENT);
                parts.push(Part::Branch(Tag::Lbl.into(), vec![Part::Leaf(marker.leaf)]));
                self.marker = Some(marker);
            }
            let body = self.flows(item, x + indent, width - indent)?;
            parts.push(Part::Branch(Tag::LBody.into(), body));
            list.push(Part::Branch(Tag::LI.into(), parts));
        }
        let numbering = match numbers {
            Numbers::None => ListNumbering::None,
            Numbers::Bullets => ListNumbering::Disc,
            Numbers::Decimal => ListNumbering::Decimal,
        };
        Ok(Part::Branch(Tag::L(numbering).into(), list))
    }

    fn terms(&mut self, terms: &[(Words, Words)], x: f32, width: f32) -> Result<Part, Unprintable> {
        let mut list = Vec::new();
        let split = width / 3.0;
        for (name, words) in terms {
            let name = self.column(name, PLAIN, false, x, split - CELL_GAP);
            let words = self.column(words, PLAIN, false, x + split, width - split);
            self.need(self.height(&[name, words]).min(ROW))?;
            self.columns(&[name, words])?;
            self.y += 2.0;
            self.draw(Mark::Rule { x, y: self.y, width });
            self.y += 4.0;
            list.push(Part::Branch(
                Tag::LI.into(),
                vec![
                    Part::Branch(Tag::Lbl.into(), vec![Part::Leaf(name.leaf)]),
                    Part::Branch(Tag::LBody.into(), vec![Part::Leaf(words.leaf)]),
                ],
            ));
        }
        self.y += PARAGRAPH_GAP;
        Ok(Part::Branch(Tag::L(ListNumbering::None).into(), list))
    }

    fn table(&mut self, table: &Table, x: f32, width: f32) -> Result<Part, Unprintable> {
        let mut parts = Vec::new();
        if !table.caption.is_blank() {
            let caption = self.column(&table.caption, PLAIN, true, x, width);
            self.need(2.0 * COMPANY)?;
            self.columns(&[caption])?;
            self.y += 4.0;
            parts.push(Part::Branch(Tag::Caption.into(), vec![Part::Leaf(caption.leaf)]));
        }
        let widths = widths(&table.rows, width);
        for cells in &table.rows {
            parts.push(self.row(cells, x, width, &widths)?);
        }
        self.y += PARAGRAPH_GAP;
        Ok(Part::Branch(Tag::Table.into(), parts))
    }

    fn row(
        &mut self,
        cells: &[Cell],
        left: f32,
        width: f32,
        widths: &[f32],
    ) -> Result<Part, Unprintable> {
        let is_top = cells.iter().all(|cell| cell.is_head);
        let (mut x, mut columns, mut row) = (left, Vec::new(), Vec::new());
        for (cell, width) in cells.iter().zip(widths) {
            let column =
                self.column(&cell.words, SMALL, false, x, (width - CELL_GAP).max(CELL_GAP));
            x += width;
            columns.push(column);
            let scope = if is_top { TableHeaderScope::Column } else { TableHeaderScope::Row };
            let tag: TagKind = if cell.is_head { Tag::TH(scope).into() } else { Tag::TD.into() };
            row.push(Part::Branch(tag, vec![Part::Leaf(column.leaf)]));
        }
        self.need(self.height(&columns).min(ROW))?;
        self.columns(&columns)?;
        self.y += 2.0;
        self.draw(Mark::Rule { x: left, y: self.y, width });
        self.y += 4.0;
        Ok(Part::Branch(Tag::TR.into(), row))
    }

    fn leaf(&mut self) -> usize {
        self.all.leaves += 1;
        self.all.leaves - 1
    }

    fn column(&mut self, words: &Words, size: f32, is_bold: bool, x: f32, width: f32) -> Column {
        let set = self.case.set(words, size, is_bold, width);
        self.all.sets.push(set);
        Column { x, set: self.all.sets.len() - 1, leaf: self.leaf() }
    }

    /// Draws columns beside each other, on as many sheets as they need.
    fn columns(&mut self, columns: &[Column]) -> Result<(), Unprintable> {
        let mut columns: Vec<(Column, usize)> =
            self.marker.take().iter().chain(columns).map(|column| (*column, 0)).collect();
        loop {
            let (top, mut lowest, mut is_done) = (self.y, self.y, true);
            let mut marks = Vec::new();
            for (Column { x, set, leaf }, next) in &mut columns {
                let Some(lines) = self.all.sets.get(*set).map(|set| &set.lines) else { continue };
                let (mut y, fits) = (top, fitting(lines, *next, BOTTOM - top));
                for line in lines.lines().skip(*next).take(fits) {
                    let metrics = line.metrics();
                    let rise = metrics.baseline - metrics.block_min_coord;
                    let leaf = Some(*leaf);
                    marks.push(Mark::Line { set: *set, line: *next, x: *x, y: y + rise, leaf });
                    y += metrics.line_height;
                    *next += 1;
                }
                lowest = lowest.max(y);
                is_done &= *next >= lines.len();
            }
            marks.into_iter().for_each(|mark| self.draw(mark));
            self.y = lowest;
            if is_done {
                return Ok(());
            }
            self.turn()?;
        }
    }

    fn height(&self, columns: &[Column]) -> f32 {
        let heights = columns.iter().filter_map(|column| self.all.sets.get(column.set));
        heights.map(|set| set.lines.height()).fold(0.0, f32::max)
    }

    /// Begins another sheet if this one has less room than that.
    fn need(&mut self, height: f32) -> Result<(), Unprintable> {
        if self.y + height > BOTTOM && self.y > TOP { self.turn() } else { Ok(()) }
    }

    fn turn(&mut self) -> Result<(), Unprintable> {
        if self.all.sheets.len() >= PAGES {
            return Err(Unprintable::TooLong);
        }
        self.all.sheets.push(Vec::new());
        self.y = TOP;
        Ok(())
    }

    fn draw(&mut self, mark: Mark) {
        if let Some(sheet) = self.all.sheets.last_mut() {
            sheet.push(mark);
        }
    }

    /// Writes what stands at the foot of every sheet.
    fn feet(&mut self, foot: &str) {
        let count = self.all.sheets.len();
        for number in 0..count {
            self.foot(number, foot, false);
            self.foot(number, &format!("Page {} of {count}", number + 1), true);
        }
    }

    fn foot(&mut self, sheet: usize, text: &str, is_at_end: bool) {
        const NUMBER: f32 = 90.0;
        let mut words = Words::default();
        words.push(text, Face::default(), false);
        let width = if is_at_end { NUMBER } else { TEXT_WIDTH - NUMBER };
        let set = self.case.set(&words, 8.0, false, width);
        let mut marks = Vec::new();
        for (line, metrics) in set.lines.lines().map(|line| *line.metrics()).enumerate() {
            let x = if is_at_end { LEFT + TEXT_WIDTH - metrics.advance } else { LEFT };
            let (set, y) = (self.all.sets.len(), FOOT + metrics.baseline);
            if y < HEIGHT {
                marks.push(Mark::Line { set, line, x, y, leaf: None });
            }
        }
        self.all.sets.push(set);
        if let Some(sheet) = self.all.sheets.get_mut(sheet) {
            sheet.extend(marks);
        }
    }
}

/// Returns how many lines fit into a height, from one on. The last line of several is not left alone on the next sheet.
fn fitting(lines: &parley::Layout<()>, from: usize, height: f32) -> usize {
    let mut left = height;
    let fits = lines.lines().skip(from).take_while(|line| {
        left -= line.metrics().line_height;
        left >= 0.0
    });
    let fits = fits.count();
    if fits > 1 && from + fits + 1 == lines.len() { fits - 1 } else { fits }
}

/// Returns how wide the columns of a table are: the more the longest text in one, within limits.
fn widths(rows: &[Vec<Cell>], width: f32) -> Vec<f32> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let weight = |column: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(column));
        let longest = lengths.map(|cell| cell.words.text().chars().count()).max().unwrap_or(0);
        // At most 40, which is exact in any number.
        f32::from(u8::try_from(longest.clamp(6, 40)).unwrap_or(40))
    };
    let weights: Vec<f32> = (0..columns).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| width * weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_beyond_the_edges_of_a_sheet() {
        let word = "https://".to_owned() + &"b".repeat(400);
        let page = crate::html::read(&format!(
            "<main><p>{word}</p><dl><dt>{word}</dt><dd><span class=\"fp-code\">{word}</span></dd></dl><table><tr><td>{word}</td><td>1</td></tr></table></main><footer>{word}</footer>"
        ));
        let sheets = lay_out(&page, false).unwrap();
        for mark in sheets.sheets.iter().flatten() {
            if let Mark::Line { set, line, x, y, .. } = mark {
                let line = sheets.sets.get(*set).and_then(|set| set.lines.get(*line)).unwrap();
                assert!(x + line.metrics().advance <= LEFT + TEXT_WIDTH + 0.5 && *y < HEIGHT);
            }
        }
    }

    #[test]
    fn the_last_line_of_several_is_not_left_alone() {
        let lines = "line\n".repeat(201);
        let page = crate::html::read(&format!("<main><p class=\"fp-text\">{lines}</p></main>"));
        let sheets = lay_out(&page, false).unwrap();
        let counts: Vec<usize> = sheets
            .sheets
            .iter()
            .map(|marks| {
                marks.iter().filter(|mark| matches!(mark, Mark::Line { leaf: Some(_), .. })).count()
            })
            .collect();
        assert_eq!(counts.iter().sum::<usize>(), 201);
        assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
    }
}
