//! Search over everything that one may read.

use askama::Template;
use crdt_schema::identity::{DocumentId, Kind};

use super::Pages;
use crate::chrome::{Chrome, Place, count};
use crate::forms::Choice;
use crate::kinds;
use crate::urls;
use crate::words::capital;

/// `/search`: at most 20 rows.
#[derive(Debug, Template)]
#[template(path = "pages/search.html")]
pub struct Search {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed and chosen.
    pub asked: Asked,
    /// What can be chosen.
    pub choices: Choices,
    /// The rows of this page.
    pub found: Vec<FoundRow>,
    /// How many fit; how many there are, if nothing was asked.
    pub total: usize,
    /// Pages before and after.
    pub pages: Pages,
}

/// What was typed and chosen, as it stands in the address. What is empty was not.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Words.
    pub words: String,
    /// A workspace's id.
    pub workspace: String,
    /// A kind's word.
    pub kind: String,
    /// A tag's name or code.
    pub tag: String,
    /// An organisation's id.
    pub organization: String,
    /// An area's name or code.
    pub area: String,
    /// A status.
    pub status: String,
    /// "yes", "no" or "none".
    pub decision: String,
    /// Only what should have been reviewed already.
    pub overdue: bool,
}

impl Asked {
    /// Returns what is narrowed by something other than words.
    fn filters(&self) -> [&str; 8] {
        let overdue = if self.overdue { "yes" } else { "" };
        [
            &self.workspace,
            &self.kind,
            &self.tag,
            &self.organization,
            &self.area,
            &self.status,
            &self.decision,
            overdue,
        ]
    }

    /// Is the search narrowed by something other than words?
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.filters().iter().any(|filter| !filter.is_empty())
    }

    /// Was anything asked?
    #[must_use]
    pub fn is_some(&self) -> bool {
        !self.words.trim().is_empty() || self.is_filtered()
    }

    /// Returns the address of a page of what was found.
    #[must_use]
    pub fn at(&self, page: usize) -> String {
        let names =
            ["workspace", "kind", "tag", "organisation", "area", "status", "decision", "overdue"];
        let mut query = vec![("q", self.words.as_str())];
        query.extend(names.into_iter().zip(self.filters()));
        urls::search_page(&query, page)
    }
}

/// What can be chosen: value and label.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Workspaces.
    pub workspaces: Vec<(String, String)>,
    /// Kinds of document.
    pub kinds: Vec<Kind>,
    /// Names of tags.
    pub tags: Vec<String>,
    /// Organisations.
    pub organizations: Vec<(String, String)>,
    /// Names of areas.
    pub areas: Vec<String>,
    /// Statuses.
    pub statuses: Vec<(String, String)>,
}

impl Choices {
    /// Returns the kinds: word and name.
    #[must_use]
    pub fn kinds(&self) -> Vec<(String, String)> {
        let name = |kind: &Kind| (kind.word().to_owned(), capital(kinds::words(*kind).many));
        self.kinds.iter().map(name).collect()
    }

    /// Can data requests be chosen?
    #[must_use]
    pub fn has_requests(&self) -> bool {
        self.kinds.contains(&Kind::DataRequest)
    }
}

/// A document that fits.
#[derive(Clone, Debug)]
pub struct FoundRow {
    /// Its id.
    pub id: DocumentId,
    /// Its title in pieces; with each, is it a word that was looked for?
    pub title: Vec<(String, bool)>,
    /// What it is.
    pub kind: Kind,
    /// The name of its workspace.
    pub workspace: String,
    /// Who made it.
    pub owner: String,
    /// Its status in words; may be empty.
    pub status: String,
    /// When it changed last, in near form.
    pub updated: String,
    /// Whether its review date has passed.
    pub overdue: bool,
    /// Where in it the words stand, and the text around them.
    pub excerpt: Option<(String, Vec<(String, bool)>)>,
}

impl FoundRow {
    /// Returns what its kind is called.
    #[must_use]
    pub fn kind_name(&self) -> String {
        capital(kinds::words(self.kind).one)
    }
}

impl Search {
    /// Returns what can be chosen as a decision on a data request.
    #[must_use]
    pub fn decisions(&self) -> Vec<Choice> {
        vec![
            Choice::new("yes", "Yes, or in part", ""),
            Choice::new("no", "No", ""),
            Choice::new("none", "Not decided yet", ""),
        ]
    }

    /// Returns the sentence above the list.
    #[must_use]
    pub fn said(&self) -> String {
        let documents = count(self.total, "document", "documents");
        if self.asked.is_some() {
            format!("{documents} found")
        } else {
            format!("You can search {documents}.")
        }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let piece = |text: &str, is: bool| (text.to_owned(), is);
        let pair = |value: &str, label: &str| (value.to_owned(), label.to_owned());
        let row = |key: u8, title: Vec<(String, bool)>| FoundRow {
            id: DocumentId([key; 32]),
            title,
            kind: Kind::ReferralPathway,
            workspace: "Northmere cash first partnership".to_owned(),
            owner: "Leeds City Council".to_owned(),
            status: "Agreed".to_owned(),
            updated: "today at 3:05pm".to_owned(),
            overdue: key == 2,
            excerpt: (key == 1).then(|| {
                let text =
                    vec![piece("Offer a ", false), piece("food", true), piece(" parcel …", false)];
                ("Step 3: detail".to_owned(), text)
            }),
        };
        Self {
            chrome: Chrome::sample(Place::Search),
            asked: Asked { words: "food".to_owned(), overdue: true, ..Asked::default() },
            choices: Choices {
                workspaces: vec![pair("w", "Northmere cash first partnership")],
                kinds: vec![Kind::ReferralPathway, Kind::DataRequest],
                tags: vec!["Food insecurity".to_owned()],
                organizations: vec![pair("o", "Leeds City Council")],
                areas: vec!["Northmere".to_owned()],
                statuses: vec![pair("agreed", "Agreed")],
            },
            found: vec![
                row(
                    1,
                    vec![
                        piece("Cash first: when somebody cannot afford ", false),
                        piece("food", true),
                    ],
                ),
                row(2, vec![piece("Domestic abuse", false)]),
            ],
            total: 2,
            pages: Pages { previous: None, next: Some(urls::search_page(&[("q", "food")], 2)) },
        }
    }

    /// Returns the page before anything was asked.
    #[must_use]
    pub fn sample_fresh() -> Self {
        Self {
            asked: Asked::default(),
            found: Vec::new(),
            total: 1_200,
            pages: Pages::default(),
            ..Self::sample()
        }
    }

    /// Returns the page for words that nothing has.
    #[must_use]
    pub fn sample_none() -> Self {
        Self { found: Vec::new(), total: 0, pages: Pages::default(), ..Self::sample() }
    }
}
