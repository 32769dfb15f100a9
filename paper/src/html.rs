//! Reads a page of our own making.
//!
//! The reader takes the marks as they come, with the elements in which they stand: our templates nest as they should. Whatever
//! does not is still text that is shown, never more than that.

use html5gum::{Token, Tokenizer};

use crate::flow::{Cell, Face, Flow, Numbers, Page, Size, Table, Words};

/// Elements that have no end.
const VOID: [&str; 7] = ["br", "hr", "img", "input", "link", "meta", "wbr"];
/// Elements of which nothing is printed.
const SCREEN_ONLY: [&str; 9] =
    ["head", "nav", "form", "button", "select", "script", "style", "svg", "figure"];
/// Elements that stand in a line of text.
const INLINE: [&str; 18] = [
    "a", "abbr", "b", "bdi", "br", "cite", "code", "del", "em", "i", "ins", "mark", "q", "small",
    "span", "strong", "time", "wbr",
];
/// How deep elements may stand in each other; what is deeper is read as if it stood there.
const DEPTH: usize = 64;

#[derive(Debug)]
enum Node {
    Text(String),
    Element(Element),
}

#[derive(Debug, Default)]
struct Element {
    name: String,
    class: String,
    is_hidden: bool,
    language: Option<String>,
    children: Vec<Node>,
}

pub(crate) fn read(page: &str) -> Page {
    let root = tree(page);
    let mut read = Page { language: "en".to_owned(), ..Page::default() };
    collect(&root, &mut read);
    read
}

fn collect(element: &Element, page: &mut Page) {
    for child in &element.children {
        let Node::Element(child) = child else { continue };
        match child.name.as_str() {
            "html" => {
                if let Some(language) = &child.language {
                    page.language.clone_from(language);
                }
                collect(child, page);
            }
            "title" => page.title = words_of(child, Face::default(), false).text(),
            "main" => page.main = flows(child, Face::default()),
            "footer" => page.foot = words_of(child, Face::default(), false).text(),
            _ => collect(child, page),
        }
    }
}

fn tree(page: &str) -> Element {
    let mut open = vec![Element::default()];
    for Ok(token) in Tokenizer::new(page) {
        match token {
            Token::StartTag(tag) => {
                let attribute = |name: &[u8]| {
                    let value = tag.attributes.iter().find(|(key, _)| key.0 == name);
                    value.map(|(_, value)| String::from_utf8_lossy(&value.value.0).into_owned())
                };
                let element = Element {
                    name: String::from_utf8_lossy(&tag.name.0).into_owned(),
                    class: attribute(b"class").unwrap_or_default(),
                    is_hidden: attribute(b"aria-hidden").is_some_and(|value| value == "true")
                        || attribute(b"hidden").is_some(),
                    language: attribute(b"lang"),
                    children: Vec::new(),
                };
                let is_void = tag.self_closing || VOID.contains(&element.name.as_str());
                if is_void || open.len() >= DEPTH {
                    add(&mut open, Node::Element(element));
                } else {
                    open.push(element);
                }
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name.0);
                if open.iter().skip(1).any(|element| element.name == name) {
                    while let Some(element) = open.pop() {
                        let is_it = element.name == name;
                        add(&mut open, Node::Element(element));
                        if is_it {
                            break;
                        }
                    }
                }
            }
            Token::String(text) => {
                let text = String::from_utf8_lossy(&text.value.0).into_owned();
                add(&mut open, Node::Text(text));
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    while open.len() > 1 {
        if let Some(element) = open.pop() {
            add(&mut open, Node::Element(element));
        }
    }
    open.pop().unwrap_or_default()
}

fn add(open: &mut [Element], node: Node) {
    if let Some(last) = open.last_mut() {
        last.children.push(node);
    }
}

impl Element {
    fn has(&self, class: &str) -> bool {
        self.class.split_ascii_whitespace().any(|one| one == class)
    }

    fn is_printed(&self) -> bool {
        !self.is_hidden
            && !SCREEN_ONLY.contains(&self.name.as_str())
            && !self.has("fp-no-print")
            && !self.has("govuk-visually-hidden")
    }

    fn is_inline(&self) -> bool {
        INLINE.contains(&self.name.as_str())
    }

    fn face(&self, around: Face) -> Face {
        let is_bold = matches!(self.name.as_str(), "strong" | "b" | "th" | "dt" | "summary")
            || self.has("govuk-!-font-weight-bold");
        let is_code = self.name == "code" || self.has("fp-code");
        Face { is_bold: around.is_bold || is_bold, is_code: around.is_code || is_code }
    }

    fn size(&self) -> Size {
        if self.has("govuk-body-s") {
            Size::Small
        } else if self.has("govuk-body-l") {
            Size::Large
        } else {
            Size::Plain
        }
    }

    fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) if element.is_printed() => Some(element),
            Node::Element(_) | Node::Text(_) => None,
        })
    }
}

/// Returns what stands in an element, one thing after the other.
fn flows(element: &Element, face: Face) -> Vec<Flow> {
    let face = element.face(face);
    let mut flows = Vec::new();
    let mut line = Words::default();
    for child in &element.children {
        match child {
            Node::Text(text) => line.push(text, face, element.has("fp-text")),
            Node::Element(child) if !child.is_printed() => {}
            Node::Element(child) if child.is_inline() => {
                inline(child, face, element.has("fp-text"), &mut line);
            }
            Node::Element(child) => {
                end_line(&mut line, element.size(), &mut flows);
                flow(child, face, &mut flows);
            }
        }
    }
    end_line(&mut line, element.size(), &mut flows);
    flows
}

fn end_line(line: &mut Words, size: Size, flows: &mut Vec<Flow>) {
    let words = std::mem::take(line).trimmed();
    if !words.is_blank() {
        flows.push(Flow::Paragraph(words, size));
    }
}

fn flow(element: &Element, face: Face, flows_so_far: &mut Vec<Flow>) {
    let level = element.name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
    match (element.name.as_str(), level) {
        (_, Some(level @ 1..=6)) => {
            flows_so_far.push(Flow::Heading(level, words_of(element, Face::default(), false)));
        }
        ("ul" | "ol", _) => {
            let numbers = match element.name.as_str() {
                "ol" if !element.has("fp-list") => Numbers::Decimal,
                "ul" if element.has("govuk-list--bullet") || element.has("fp-tree") => {
                    Numbers::Bullets
                }
                _ => Numbers::None,
            };
            let items: Vec<Vec<Flow>> = element
                .elements()
                .map(|item| flows(item, face))
                .filter(|item| !item.is_empty())
                .collect();
            if !items.is_empty() {
                flows_so_far.push(Flow::List(numbers, items));
            }
        }
        ("dl", _) => {
            let mut terms = Vec::new();
            read_terms(element, &mut terms);
            flows_so_far.push(Flow::Terms(terms));
        }
        ("table", _) => {
            let mut table = Table::default();
            read_table(element, &mut table);
            flows_so_far.push(Flow::Table(table));
        }
        _ if element.has("fp-qr") => flows_so_far.push(Flow::Code),
        _ if element.has("govuk-inset-text") || element.has("govuk-warning-text") => {
            flows_so_far.push(Flow::Notice(flows(element, face)));
        }
        _ => flows_so_far.extend(flows(element, face)),
    }
}

fn read_terms(element: &Element, terms: &mut Vec<(Words, Words)>) {
    for child in element.elements() {
        match child.name.as_str() {
            "dt" => terms.push((words_of(child, Face::default(), false), Words::default())),
            "dd" => {
                let words = words_of(child, Face::default(), child.has("fp-text"));
                match terms.last_mut() {
                    Some((_, before)) if before.is_blank() => *before = words,
                    _ => terms.push((Words::default(), words)),
                }
            }
            _ => read_terms(child, terms),
        }
    }
}

fn read_table(element: &Element, table: &mut Table) {
    for child in element.elements() {
        match child.name.as_str() {
            "caption" => table.caption = words_of(child, Face::default(), false),
            "tr" => {
                let cells = child.elements().map(|cell| Cell {
                    is_head: cell.name == "th",
                    words: words_of(cell, Face::default(), cell.has("fp-text")),
                });
                table.rows.push(cells.collect());
            }
            _ => read_table(child, table),
        }
    }
}

/// Returns all text in an element as one line after the other.
fn words_of(element: &Element, face: Face, keeps_lines: bool) -> Words {
    let mut words = Words::default();
    inline(element, face, keeps_lines, &mut words);
    words.trimmed()
}

fn inline(element: &Element, face: Face, keeps_lines: bool, words: &mut Words) {
    let face = element.face(face);
    let keeps_lines = keeps_lines || element.has("fp-text");
    if element.name == "br" {
        words.push("\n", face, true);
    }
    for child in &element.children {
        match child {
            Node::Text(text) => words.push(text, face, keeps_lines),
            Node::Element(child) if !child.is_printed() => {}
            Node::Element(child) => {
                if !child.is_inline() && !words.is_blank() {
                    words.push("\n", face, true);
                }
                inline(child, face, keeps_lines, words);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Words {
        let mut words = Words::default();
        words.push(text, Face::default(), true);
        words
    }

    fn main_of(main: &str) -> Vec<Flow> {
        read(&format!("<!DOCTYPE html><html lang=\"en-GB\"><head><title>T</title></head><body><nav>Back</nav><main>{main}</main><footer><p>Printed today.</p></footer></body></html>")).main
    }

    #[test]
    fn a_page_has_a_title_a_language_and_a_foot() {
        let page = read(
            "<html lang=\"en-GB\"><head><title>Cash &amp; first</title></head><body><main><p>A</p></main><footer><p>Version <span>12</span>.</p></footer></body></html>",
        );
        assert_eq!((page.title.as_str(), page.language.as_str()), ("Cash & first", "en-GB"));
        assert_eq!(page.foot, "Version 12.");
        assert_eq!(page.main, [Flow::Paragraph(plain("A"), Size::Plain)]);
    }

    #[test]
    fn what_only_a_screen_shows_is_not_printed() {
        let main = main_of(
            "<p class=\"fp-no-print\">Use the print command</p><form><p>x</p></form><figure><svg><text>y</text></svg></figure><h2><span class=\"govuk-visually-hidden\">Step 1: </span>Ask</h2><details hidden><p>gone</p></details>",
        );
        assert_eq!(main, [Flow::Heading(2, plain("Ask"))]);
    }

    #[test]
    fn white_space_is_one_space_and_lines_of_long_texts_stay() {
        let main = main_of(
            "<p>\n  One\n  two </p><p class=\"fp-text\">One\n\nthree</p>Loose <b>words</b>",
        );
        let mut loose = plain("Loose ");
        loose.push("words", Face { is_bold: true, is_code: false }, false);
        assert_eq!(
            main,
            [
                Flow::Paragraph(plain("One two"), Size::Plain),
                Flow::Paragraph(plain("One\n\nthree"), Size::Plain),
                Flow::Paragraph(loose, Size::Plain)
            ]
        );
    }

    #[test]
    fn lists_names_and_tables_keep_their_form() {
        let main = main_of(
            "<ol><li><h3>Ask</h3><p>First</p></li></ol><dl><div><dt>Who</dt><dd>Anybody<br>else</dd></div></dl><div><table><caption>Figures</caption><tr><th>Area</th></tr><tr><td>Seaham</td></tr></table></div>",
        );
        let item =
            vec![Flow::Heading(3, plain("Ask")), Flow::Paragraph(plain("First"), Size::Plain)];
        let bold = Face { is_bold: true, is_code: false };
        let (mut who, mut area) = (Words::default(), Words::default());
        who.push("Who", bold, false);
        area.push("Area", bold, false);
        let head = Cell { is_head: true, words: area };
        let cell = Cell { is_head: false, words: plain("Seaham") };
        let table = Table { caption: plain("Figures"), rows: vec![vec![head], vec![cell]] };
        assert_eq!(
            main,
            [
                Flow::List(Numbers::Decimal, vec![item]),
                Flow::Terms(vec![(who, plain("Anybody\nelse"))]),
                Flow::Table(table)
            ]
        );
    }

    #[test]
    fn what_nests_wrongly_or_too_deep_is_still_text() {
        let deep = format!("{}word", "<div>".repeat(10_000));
        assert_eq!(main_of(&deep), [Flow::Paragraph(plain("word"), Size::Plain)]);
        assert_eq!(
            main_of("<p>one</div><p>two"),
            [
                Flow::Paragraph(plain("one"), Size::Plain),
                Flow::Paragraph(plain("two"), Size::Plain)
            ]
        );
    }
}
