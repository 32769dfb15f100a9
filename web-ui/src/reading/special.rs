//! What a kind shows in its own way: tags as a tree, matching tags as tables, a request as a conversation with its clock.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::Kind;
use serde_json::Value;

use super::{Block, Branch, Said, Section, Tag, matches};
use crate::figures::Figures;
use crate::when;
use crate::words::{code, plain};

/// Where the tags of a list of tags are.
const TERMS: &str = "/body/terms";

/// Puts a kind's own blocks where its sections are.
pub(super) fn shape(kind: Kind, document: &Value, sections: &mut [Section]) {
    let (slug, blocks) = match kind {
        Kind::TaggingConvention => ("terms", vec![Block::Tree(tree(list(document, TERMS)))]),
        Kind::AggregatedInsight => ("figures", figures(document)),
        Kind::DataRequest => ("conversation", vec![Block::Talk(talk(document))]),
        Kind::Crosswalk => ("matches", matches::tables(document)),
        _ => return,
    };
    let has_any = blocks.iter().any(|block| match block {
        Block::Tree(tree) => !tree.is_empty(),
        Block::Talk(talk) => !talk.is_empty(),
        _ => true,
    });
    if let Some(section) = sections.iter_mut().find(|section| section.slug == slug) {
        section.blocks = if has_any { blocks } else { Vec::new() };
    }
}

/// Returns the figures as a table, and the same as a chart.
fn figures(document: &Value) -> Vec<Block> {
    let figures = Figures::of(document);
    if figures.areas.is_empty() {
        return Vec::new();
    }
    let (label, columns) = ("Figures".to_owned(), figures.columns());
    let mut blocks = vec![Block::Table { label, columns, rows: figures.table() }];
    if figures.hides() {
        let text = "[c] stands for a number that is kept back, and why stands beside it: it is below the number named there, or it protects another number, which could be worked out with it.";
        blocks.push(Block::Text { label: String::new(), text: text.to_owned() });
    }
    let says = document
        .pointer("/body/visualisation/alt_text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let chart = figures.chart(&crdt_schema::documents::title(document), says);
    if !chart.is_empty() {
        blocks.push(Block::Picture(chart));
    }
    blocks
}

pub(super) fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let items = value.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns every tag once: below its broader one, or at the top if that one is not there or the tags go round in a ring.
fn tree(terms: &[Value]) -> Vec<Branch> {
    let mut below: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let codes: BTreeSet<&str> = terms.iter().map(|term| text(term, "curie")).collect();
    for (index, term) in terms.iter().enumerate() {
        let broader = text(term, "broader");
        let parent = if codes.contains(broader) { broader } else { "" };
        below.entry(parent).or_default().push(index);
    }
    let mut walk = Walk { terms, below, seen: BTreeSet::new(), steps: Vec::new() };
    walk.level("");
    for index in 0..terms.len() {
        if !walk.seen.contains(&index) {
            walk.tag(index);
        }
    }
    walk.steps
}

/// A walk over tags, each once.
struct Walk<'a> {
    terms: &'a [Value],
    below: BTreeMap<&'a str, Vec<usize>>,
    seen: BTreeSet<usize>,
    steps: Vec<Branch>,
}

/// Deepest level that is indented; protects the page and the walk.
const DEEPEST: usize = 12;

impl Walk<'_> {
    fn level(&mut self, parent: &str) {
        for index in self.below.get(parent).cloned().unwrap_or_default() {
            self.tag(index);
        }
    }

    fn tag(&mut self, index: usize) {
        let Some(term) = self.terms.get(index) else { return };
        if !self.seen.insert(index) {
            return;
        }
        let place = format!("{TERMS}/{index}");
        self.steps.push(Branch::Tag(Box::new(Tag { place, ..tag(term, self.terms) })));
        let curie = text(term, "curie");
        let open = self.steps.iter().fold(0_usize, |deep, step| match step {
            Branch::Open => deep.saturating_add(1),
            Branch::Close => deep.saturating_sub(1),
            Branch::Tag(_) | Branch::End => deep,
        });
        if !curie.is_empty() && self.below.contains_key(curie) && open < DEEPEST {
            self.steps.push(Branch::Open);
            self.level(curie);
            self.steps.push(Branch::Close);
        }
        self.steps.push(Branch::End);
    }
}

fn tag(term: &Value, terms: &[Value]) -> Tag {
    let named = |curie: &str| {
        let found = terms.iter().find(|other| text(other, "curie") == curie);
        found.map_or(curie, |other| text(other, "prefLabel")).to_owned()
    };
    let matches = term.get("mappings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Tag {
        name: text(term, "prefLabel").to_owned(),
        definition: text(term, "definition").to_owned(),
        scope: text(term, "scopeNote").to_owned(),
        other_words: texts(term, "altLabel"),
        status: match text(term, "status") {
            "" | "in_use" => String::new(),
            "deprecated" => "No longer used".to_owned(),
            other => plain(other),
        },
        instead: named(text(term, "replaced_by")),
        matches: matches
            .iter()
            .map(|one| {
                let label = text(one, "label");
                let target = text(one, "target");
                let name = if label.is_empty() {
                    target.to_owned()
                } else {
                    format!("{label} ({target})")
                };
                format!("{}: {name}", relation(text(one, "relation")))
            })
            .collect(),
        code: text(term, "curie").to_owned(),
        place: String::new(),
    }
}

fn relation(word: &str) -> &str {
    match word {
        "exactMatch" => "The same as",
        "closeMatch" => "Nearly the same as",
        "broadMatch" => "Part of",
        "narrowMatch" => "Broader than",
        "relatedMatch" => "Related to",
        other => other,
    }
}

fn talk(document: &Value) -> Vec<Said> {
    list(document, "/body/conversation")
        .iter()
        .map(|entry| Said {
            who: match text(entry, "by") {
                "both" => "Both sides".to_owned(),
                by => side(document, by),
            },
            when: when::iso_date(text(entry, "date")),
            what: code(text(entry, "kind")),
            text: text(entry, "text").to_owned(),
        })
        .collect()
}

/// Returns the name of the side that a short name stands for: its first letters, or its whole name.
fn side(document: &Value, by: &str) -> String {
    for pointer in ["/body/requesting_organization/name", "/body/receiving_organization/name"] {
        let name = document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let letters: String = name.split(' ').filter_map(|word| word.chars().next()).collect();
        if !by.is_empty() && letters.eq_ignore_ascii_case(by) {
            return name.to_owned();
        }
    }
    by.to_owned()
}

/// Most notices of one document.
const NOTICES: usize = 10;

/// Returns what to know before reading on.
pub(super) fn notices(kind: Kind, document: &Value) -> Vec<String> {
    if kind != Kind::DataRequest {
        let warnings = crdt_schema::documents::warnings(kind, document);
        return warnings.into_iter().take(NOTICES).map(|warning| warning.message).collect();
    }
    let date =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_str).and_then(when::parse);
    let asked = date("/body/date_received").or_else(|| date("/body/date_requested"));
    let days = |from: jiff::civil::Date, to: jiff::civil::Date| {
        from.until(to).map(|span| usize::try_from(span.get_days()).unwrap_or(0)).unwrap_or(0)
    };
    let mut notices = Vec::new();
    let Some(asked) = asked else { return notices };
    let first = list(document, "/body/conversation")
        .iter()
        .filter(|entry| text(entry, "kind") != "acknowledgement")
        .filter_map(|entry| when::parse(text(entry, "date")))
        .min();
    if let Some(first) = first {
        notices.push(format!(
            "First conversation after {}.",
            crate::chrome::count(days(asked, first), "day", "days")
        ));
    }
    if let Some(decided) = date("/body/decision/date") {
        notices.push(format!(
            "Decided after {}.",
            crate::chrome::count(days(asked, decided), "day", "days")
        ));
    }
    notices
}
