//! A document to read, to print, to choose between rival values, and who has access.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crdt_schema::identity::Kind;

use super::{Conflict, DocumentHead};
use crate::chrome::{Chrome, Tab};
use crate::forms::{Choice, Field};
use crate::reading::Content;

/// `/documents/{d}`.
#[derive(Debug, Template)]
#[template(path = "pages/document.html")]
pub struct Read {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// What is in it.
    pub content: Content,
    /// Fields that two people set at the same time.
    pub conflicts: Vec<Conflict>,
    /// When it changed last and who changed it: "today at 3:05pm by Priya Shah (Leeds City Council)".
    pub updated: String,
    /// Whether the review date has passed.
    pub overdue: bool,
    /// How many changes are held back, as while their author is suspended.
    pub held: usize,
    /// How many suggestions wait for an answer.
    pub suggestions: usize,
    /// How many discussions go on.
    pub discussions: usize,
    /// How many organisations signed it, as a sentence.
    pub signed: Option<String>,
}

impl Read {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.document.title)
    }

    /// Returns how many changes are held back, as a sentence.
    #[must_use]
    pub fn held_words(&self) -> String {
        let changes = crate::chrome::count(self.held, "change is", "changes are");
        format!("{changes} not shown: held back for now")
    }

    /// Returns how many suggestions wait, as a sentence.
    #[must_use]
    pub fn suggestion_words(&self) -> String {
        let waits = crate::chrome::count(self.suggestions, "suggestion waits", "suggestions wait");
        format!("{waits} for an answer")
    }

    /// Returns the document's id if the person may say something about it, else nothing.
    #[must_use]
    pub fn speaks(&self) -> String {
        if self.document.may_suggest { self.document.id.to_string() } else { String::new() }
    }

    /// Returns how many discussions go on, as a sentence.
    #[must_use]
    pub fn discussion_words(&self) -> String {
        let go_on =
            crate::chrome::count(self.discussions, "discussion goes on", "discussions go on");
        format!("{go_on} about this {}", self.document.words().one)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            content: Content::of(Kind::ReferralPathway, &sample_document()),
            conflicts: vec![Conflict::sample()],
            updated: "today at 3:05pm by Priya Shah (Leeds City Council)".to_owned(),
            overdue: true,
            held: 2,
            suggestions: 2,
            discussions: 1,
            signed: Some("2 organisations have signed this as it is now.".to_owned()),
        }
    }
}

/// `/documents/{d}/print`: one column, no navigation.
#[derive(Debug, Template)]
#[template(path = "pages/document_print.html")]
pub struct Print {
    /// Around the page; only its title parts are used.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// What is in it.
    pub content: Content,
    /// Fields that two people set at the same time.
    pub conflicts: Vec<Conflict>,
    /// Whether the review date has passed.
    pub overdue: bool,
    /// The workspace's name.
    pub workspace: String,
    /// The date of printing: "22 November 2026".
    pub printed: String,
    /// The version in groups of four.
    pub version: String,
}

impl Print {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.document.title)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let Read { chrome, document, content, conflicts, overdue, .. } = Read::sample();
        Self {
            chrome,
            document,
            content,
            conflicts,
            overdue,
            workspace: "Northmere cash first partnership".to_owned(),
            printed: "22 November 2026".to_owned(),
            version: "5891 b5b5 22d5 df08".to_owned(),
        }
    }
}

/// A document as one file that any browser shows, without anything else.
#[derive(Debug, Template)]
#[template(path = "pages/document_file.html")]
pub struct DocumentFile {
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// The organisation that made it.
    pub owner: String,
    /// The workspace's name.
    pub workspace: String,
    /// What is in it.
    pub content: Content,
    /// The version in groups of four.
    pub version: String,
    /// The fingerprint of the words, in groups of four.
    pub text: String,
    /// When the file was made: "22 November 2026".
    pub taken: String,
}

impl DocumentFile {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.title)
    }

    /// Returns what it is: "pathway".
    #[must_use]
    pub const fn what(&self) -> &'static str {
        crate::kinds::words(self.kind).one
    }

    /// Returns the program's own style as an address that holds it.
    #[must_use]
    pub fn style(&self) -> String {
        let style = crate::assets::find(crate::assets::STYLE).map(|style| style.content);
        format!("data:text/css;base64,{}", STANDARD.encode(style.unwrap_or_default()))
    }

    /// Returns a file with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let Print { document, content, workspace, printed, version, .. } = Print::sample();
        Self {
            kind: document.kind,
            title: document.title,
            owner: "Northmere Voluntary Action".to_owned(),
            workspace,
            content,
            text: version.clone(),
            version,
            taken: printed,
        }
    }
}

/// `/documents/{d}/choose?path=`: posts `heads`, `path` and `value`, a JSON text, to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/document_choose.html")]
pub struct Choose {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// What was set at the same time.
    pub conflict: Conflict,
    /// What was chosen.
    pub value: Field,
}

impl Choose {
    /// Returns the values to choose from.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        self.conflict
            .choices
            .iter()
            .map(|rival| {
                Choice::new(&rival.json, &rival.shown, &format!("{} chose this", rival.who))
            })
            .collect()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            conflict: Conflict::sample(),
            value: Field::default(),
        }
    }
}

/// Returns a page of another kind, from a small document of it.
fn sample_of(kind: Kind, body: &serde_json::Value) -> Read {
    let content = serde_json::json!({"title": "Sample", "status": "draft", "body": body});
    let mut read = Read { content: Content::of(kind, &content), ..Read::sample() };
    read.document.kind = kind;
    read
}

/// Returns pages of kinds that are shown in their own way.
#[must_use]
pub fn samples() -> Vec<(&'static str, Read)> {
    let of = |name, kind: Kind| {
        let start = crate::kinds::starts(kind).into_iter().next();
        (name, sample_of(kind, &start.map(|start| start.body).unwrap_or_default()))
    };
    let row = |area: &str, value: Option<u64>, marker: Option<&str>| serde_json::json!({"area_name": area, "period": "2026-07", "value": value, "marker": marker});
    let rows = [row("Harbour", Some(40), None), row("Mill", None, Some("[c]"))];
    let figures = serde_json::json!({"data": {"rows": rows}});
    let pair = |relation: &str, from: &str, to: &str| serde_json::json!({"relation": relation, "from_label": from, "to_label": to, "status": "proposed"});
    let pairs = [pair("exactMatch", "Food", "Meals"), pair("noMatch", "", "Transport")];
    let matches = serde_json::json!({"from": {"name": "Northmere tags"}, "to": {"name": "Saltway tags"}, "mappings": pairs});
    vec![
        ("document-crosswalk", sample_of(Kind::Crosswalk, &matches)),
        of("document-tags", Kind::TaggingConvention),
        of("document-agreement", Kind::DataSharingAgreement),
        of("document-assessment", Kind::DpiaLite),
        of("document-request", Kind::DataRequest),
        ("document-insight", sample_of(Kind::AggregatedInsight, &figures)),
    ]
}

/// Returns a small pathway for samples and tests, with every part filled in.
#[must_use]
pub fn sample_document() -> serde_json::Value {
    serde_json::from_str(include_str!("sample_pathway.json")).unwrap_or_default()
}
