//! The public shelf: its list, a document on it, and what is not there. For people without login, and as files on any web server.
//!
//! Links are relative, so that the pages work wherever they are put; `root` leads to the shelf's own folder.

use askama::Template;
use crdt_schema::identity::Kind;

use crate::chrome::count;
use crate::kinds;
use crate::pages::Pages;
use crate::reading::Content;
use crate::words::capital;

/// The list, whole or of one kind.
#[derive(Debug, Template)]
#[template(path = "pages/shelf.html")]
pub struct Shelf {
    /// From this page to the shelf's folder: "." or "../..".
    pub root: &'static str,
    /// Whose shelf it is.
    pub publisher: String,
    /// The kind that is listed; all if none.
    pub kind: Option<Kind>,
    /// The kinds that there are, each with its page and number.
    pub kinds: Vec<(Kind, String, usize)>,
    /// How many documents there are in all.
    pub total: usize,
    /// The documents of this page.
    pub rows: Vec<ShelfRow>,
    /// The pages before and after this one.
    pub pages: Pages,
}

/// A document in the list.
#[derive(Clone, Debug)]
pub struct ShelfRow {
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// Who made it.
    pub organization: String,
    /// What its version is called.
    pub name: String,
    /// When it was published: "22 November 2026".
    pub published: String,
    /// What it is for.
    pub description: String,
    /// Under which licence others may use it.
    pub licence: String,
    /// Names of its tags.
    pub tags: Vec<String>,
}

impl ShelfRow {
    /// Returns what is known of it in a line.
    #[must_use]
    pub fn facts(&self) -> String {
        let kind = capital(kinds::words(self.kind).one);
        let mut facts =
            vec![kind, self.organization.clone(), format!("{}, {}", self.name, self.published)];
        if !self.licence.is_empty() {
            facts.push(format!("Licence {}", self.licence));
        }
        facts.join(". ")
    }

    fn sample() -> Self {
        Self {
            url: "documents/d/index.html".to_owned(),
            title: "Cash first: when somebody cannot afford food".to_owned(),
            kind: Kind::ReferralPathway,
            organization: "Northmere Borough Council".to_owned(),
            name: "Version 2".to_owned(),
            published: "22 November 2026".to_owned(),
            description: "Who can refer, to whom, and what happens next.".to_owned(),
            licence: "OGL-UK-3.0".to_owned(),
            tags: vec!["Food insecurity".to_owned()],
        }
    }
}

impl Shelf {
    /// Returns what is listed, as a heading.
    #[must_use]
    pub fn heading(&self) -> String {
        self.kind.map_or_else(
            || "Public documents".to_owned(),
            |kind| format!("Public {}", kinds::words(kind).many),
        )
    }

    /// Returns what a kind's link says: "Pathways (2)".
    #[must_use]
    pub fn kind_words(&self, kind: &Kind, number: &usize) -> String {
        format!("{} ({number})", capital(kinds::words(*kind).many))
    }

    /// Returns how many documents there are, in words.
    #[must_use]
    pub fn all_words(&self) -> String {
        format!("All {}", count(self.total, "document", "documents"))
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            root: ".",
            publisher: "Northmere Borough Council".to_owned(),
            kind: None,
            kinds: vec![(Kind::ReferralPathway, "referral_pathway.html".to_owned(), 1)],
            total: 1,
            rows: vec![ShelfRow::sample()],
            pages: Pages { previous: None, next: Some("index-2.html".to_owned()) },
        }
    }

    /// Returns the page of one kind.
    #[must_use]
    pub fn sample_kind() -> Self {
        Self { kind: Some(Kind::ReferralPathway), pages: Pages::default(), ..Self::sample() }
    }

    /// Returns the page of an empty shelf.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            kinds: Vec::new(),
            total: 0,
            rows: Vec::new(),
            pages: Pages::default(),
            ..Self::sample()
        }
    }
}

/// A document on the shelf.
#[derive(Debug, Template)]
#[template(path = "pages/shelf_document.html")]
pub struct ShelfDocument {
    /// From this page to the shelf's folder.
    pub root: &'static str,
    /// Whose shelf it is.
    pub publisher: String,
    /// As in the list.
    pub row: ShelfRow,
    /// What its published version says.
    pub content: Content,
    /// The version in full, as `fingerpost verify` takes it.
    pub heads: String,
    /// The fingerprint of the words, in groups of four.
    pub text: String,
    /// When somebody must look at it again: "22 November 2026"; may be empty.
    pub review: String,
    /// Who signed it.
    pub signatures: Vec<ShelfSignature>,
    /// Other forms of it: file and name.
    pub files: Vec<(&'static str, &'static str)>,
}

/// Who signed a document.
#[derive(Clone, Debug)]
pub struct ShelfSignature {
    /// The organisation.
    pub organization: String,
    /// Who signed for it: "Ruth Okafor, Director".
    pub who: String,
    /// When, as claimed: "22 November 2026".
    pub when: String,
    /// Are these words the signed ones? Else those of another version.
    pub is_of_these_words: bool,
}

impl ShelfDocument {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.row.title)
    }

    /// Is it printed as a leaflet, in two columns?
    #[must_use]
    pub const fn is_leaflet(&self) -> bool {
        matches!(self.row.kind, Kind::ReferralPathway)
    }

    /// Returns what it is: "pathway".
    #[must_use]
    pub const fn what(&self) -> &'static str {
        kinds::words(self.row.kind).one
    }

    /// Returns where a licence stands in full, if it is one of the usual ones.
    #[must_use]
    pub fn licence_url(&self) -> Option<&'static str> {
        match self.row.licence.as_str() {
            "OGL-UK-3.0" => {
                Some("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/")
            }
            "CC-BY-4.0" => Some("https://creativecommons.org/licenses/by/4.0/"),
            "CC-BY-SA-4.0" => Some("https://creativecommons.org/licenses/by-sa/4.0/"),
            "CC0-1.0" => Some("https://creativecommons.org/publicdomain/zero/1.0/"),
            _ => None,
        }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let read = super::read::Read::sample();
        let signature = |organization: &str, is_of_these_words| ShelfSignature {
            organization: organization.to_owned(),
            who: "Ruth Okafor, Director".to_owned(),
            when: "21 November 2026".to_owned(),
            is_of_these_words,
        };
        Self {
            root: "../..",
            publisher: "Northmere Borough Council".to_owned(),
            row: ShelfRow::sample(),
            content: read.content,
            heads: read.document.heads.to_string(),
            text: "8Hq2 mVbn T4Xc kJ9w RfGz 7LpY sD3a QeUo N6tB hCiM x1Kr".to_owned(),
            review: "22 May 2027".to_owned(),
            signatures: vec![signature("Open Door", true), signature("Harbour Lane", false)],
            files: vec![("document.json", "JSON"), ("document.md", "Markdown")],
        }
    }
}

/// What is not on the shelf, or not for everybody: the same bytes for both, wherever they are asked for.
#[derive(Debug, Template)]
#[template(path = "pages/shelf_missing.html")]
pub struct ShelfMissing;
