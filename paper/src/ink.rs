//! Writes sheets as a PDF.

use std::collections::{BTreeMap, BTreeSet};

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};

use crate::Unprintable;
use crate::flow::Page;
use crate::sheets::{HEIGHT, Mark, Part, Sheets, WIDTH};
use crate::type_case::Set;

const RULE: f32 = 0.5;

/// A code to scan: squares in rows.
#[derive(Clone, Debug)]
pub struct Code {
    /// How many squares a row has.
    pub width: usize,
    /// Which squares are dark, row by row.
    pub dark: Vec<bool>,
}

pub(crate) fn write(
    page: &Page,
    sheets: &Sheets,
    code: Option<&Code>,
) -> Result<Vec<u8>, Unprintable> {
    let lacking = lacking(sheets);
    if !lacking.is_empty() {
        return Err(Unprintable::Letters(lacking));
    }
    let configuration =
        ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
    let configuration = configuration.finish().map_err(|error| not_written(&error))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut ink = Ink { leaves: vec![Vec::new(); sheets.leaves], fonts: BTreeMap::new(), code };
    for marks in &sheets.sheets {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| Unprintable::NotWritten("a sheet has no size".to_owned()))?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for mark in marks {
            ink.draw(mark, &sheets.sets, &mut surface);
        }
        surface.finish();
        sheet.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(page.language.clone()));
    for node in sheets.tree.iter().filter_map(|part| ink.node(part)) {
        tree.push(node);
    }
    document.set_tag_tree(tree);
    document.set_metadata(
        Metadata::new()
            .title(page.title.clone())
            .language(page.language.clone())
            .creator("Fingerpost".to_owned()),
    );
    let mut outline = Outline::new();
    for heading in sheets.headings.iter().filter(|heading| heading.level <= 2) {
        let place = XyzDestination::new(heading.sheet, Point::from_xy(0.0, heading.y));
        outline.push_child(OutlineNode::new(heading.text.clone(), place));
    }
    document.set_outline(outline);
    document.finish().map_err(|error| not_written(&error))
}

fn not_written(error: &impl std::fmt::Debug) -> Unprintable {
    Unprintable::NotWritten(format!("{error:?}"))
}

/// Returns letters that the fonts do not have.
fn lacking(sheets: &Sheets) -> String {
    const ENOUGH: usize = 20;
    let mut letters = BTreeSet::new();
    for set in &sheets.sets {
        for line in set.lines.lines() {
            for cluster in line.runs().flat_map(|run| run.visual_clusters().collect::<Vec<_>>()) {
                let text = set.text.get(cluster.text_range()).unwrap_or_default();
                if is_drawn(text) && cluster.glyphs().any(|glyph| glyph.id == 0) {
                    letters.extend(text.chars());
                }
            }
        }
    }
    letters.into_iter().take(ENOUGH).collect()
}

fn is_drawn(text: &str) -> bool {
    !text.chars().all(|letter| letter.is_control() || letter == '\u{2028}' || letter == '\u{2029}')
}

struct Ink<'c> {
    /// What was drawn for each leaf.
    leaves: Vec<Vec<Identifier>>,
    fonts: BTreeMap<u64, Font>,
    code: Option<&'c Code>,
}

impl Ink<'_> {
    fn draw(&mut self, mark: &Mark, sets: &[Set], surface: &mut Surface<'_>) {
        let layout = || ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther));
        match mark {
            Mark::Line { set, line, x, y, leaf } => {
                let tag =
                    if leaf.is_some() { ContentTag::Span(SpanTag::empty()) } else { layout() };
                let drawn = surface.start_tagged(tag);
                if let Some(set) = sets.get(*set) {
                    surface.set_fill(Some(black()));
                    self.line(set, *line, *x, *y, surface);
                }
                surface.end_tagged();
                self.keep(*leaf, drawn);
            }
            Mark::Rule { x, y, width } => {
                surface.start_tagged(layout());
                surface.set_fill(Some(fill(rgb::Color::new(177, 180, 182))));
                rectangles(&[(*x, *y, *width, RULE)], surface);
                surface.end_tagged();
            }
            Mark::Code { x, y, size, leaf } => {
                let drawn = surface.start_tagged(ContentTag::Other);
                surface.set_fill(Some(black()));
                if let Some(code) = self.code {
                    rectangles(&code.squares(*x, *y, *size), surface);
                }
                surface.end_tagged();
                self.keep(Some(*leaf), drawn);
            }
        }
    }

    fn keep(&mut self, leaf: Option<usize>, drawn: Identifier) {
        if let Some(kept) = leaf.and_then(|leaf| self.leaves.get_mut(leaf)) {
            kept.push(drawn);
        }
    }

    fn line(&mut self, set: &Set, line: usize, left: f32, y: f32, surface: &mut Surface<'_>) {
        let Some(line) = set.lines.get(line) else { return };
        let mut x = left + line.metrics().offset;
        for run in line.runs() {
            let font = run.font();
            let index = font.index;
            let (data, id) = font.data.clone().into_raw_parts();
            let known = self.fonts.get(&id).cloned();
            let Some(font) = known.or_else(|| Font::new(data.into(), index)) else { continue };
            self.fonts.insert(id, font.clone());
            let size = run.font_size();
            let (start, mut glyphs) = (x, Vec::<KrillaGlyph>::new());
            for cluster in run.visual_clusters() {
                let range = cluster.text_range();
                if cluster.is_ligature_continuation() {
                    if let Some(glyph) = glyphs.last_mut() {
                        glyph.text_range.end = range.end;
                    }
                    continue;
                }
                if !is_drawn(set.text.get(range.clone()).unwrap_or_default()) {
                    continue;
                }
                for glyph in cluster.glyphs() {
                    let (advance, across, up) =
                        (glyph.advance / size, glyph.x / size, glyph.y / size);
                    let id = GlyphId::new(glyph.id);
                    glyphs.push(KrillaGlyph::new(
                        id,
                        advance,
                        across,
                        up,
                        0.0,
                        range.clone(),
                        None,
                    ));
                    x += glyph.advance;
                }
            }
            if !glyphs.is_empty() {
                surface.draw_glyphs(
                    Point::from_xy(start, y),
                    &glyphs,
                    font,
                    &set.text,
                    size,
                    false,
                );
            }
        }
    }

    /// Returns what a part is for whoever has the file read out; nothing if nothing was drawn for it.
    fn node(&mut self, part: &Part) -> Option<Node> {
        let Part::Branch(tag, parts) = part else { return None };
        let mut group = TagGroup::new(tag.clone());
        for part in parts {
            match part {
                Part::Leaf(leaf) => {
                    let drawn = self.leaves.get_mut(*leaf).map(std::mem::take);
                    drawn.unwrap_or_default().into_iter().for_each(|drawn| group.push(drawn));
                }
                Part::Branch(..) => {
                    if let Some(node) = self.node(part) {
                        group.push(node);
                    }
                }
            }
        }
        let is_cell = matches!(part, Part::Branch(tag, _) if is_cell(tag));
        (!group.children.is_empty() || is_cell).then(|| group.into())
    }
}

/// An empty cell still has its place in a table.
const fn is_cell(tag: &krilla::tagging::TagKind) -> bool {
    matches!(tag, krilla::tagging::TagKind::TD(_) | krilla::tagging::TagKind::TH(_))
}

impl Code {
    #[expect(clippy::cast_precision_loss, reason = "a code has a few hundred squares in a row")]
    fn squares(&self, x: f32, y: f32, size: f32) -> Vec<(f32, f32, f32, f32)> {
        let side = size / self.width.max(1) as f32;
        let dark = self.dark.iter().enumerate().filter(|(_, is_dark)| **is_dark);
        dark.map(|(at, _)| {
            let (row, column) = (at / self.width.max(1), at % self.width.max(1));
            (x + column as f32 * side, y + row as f32 * side, side, side)
        })
        .collect()
    }
}

fn rectangles(all: &[(f32, f32, f32, f32)], surface: &mut Surface<'_>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in all {
        if let Some(one) = Rect::from_xywh(*x, *y, *width, *height) {
            path.push_rect(one);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn black() -> Fill {
    fill(rgb::Color::new(11, 12, 12))
}

fn fill(color: rgb::Color) -> Fill {
    Fill { paint: color.into(), opacity: NormalizedF32::ONE, rule: FillRule::default() }
}
