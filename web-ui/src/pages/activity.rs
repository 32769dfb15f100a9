//! What changed since somebody last looked, and what waits for them.

use askama::Template;
use crdt_schema::identity::{DocumentId, Kind};

use super::home::Attention;
use crate::chrome::{Chrome, Place};
use crate::kinds;
use crate::words::capital;

/// `/activity`; POST with `seen` says that it was seen.
#[derive(Debug, Template)]
#[template(path = "pages/activity.html")]
pub struct Activity {
    /// Around the page.
    pub chrome: Chrome,
    /// What waits, most urgent first.
    pub attention: Vec<Attention>,
    /// When the person last said that they had seen everything, in near form.
    pub since: Option<String>,
    /// What changed, newest first.
    pub changed: Vec<ChangedRow>,
    /// Did more change than this page shows?
    pub has_more: bool,
    /// What the page shows up to; posted as `seen`.
    pub seen: String,
}

/// A document that changed.
#[derive(Clone, Debug)]
pub struct ChangedRow {
    /// Its id.
    pub id: DocumentId,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The name of its workspace.
    pub workspace: String,
    /// Who did what, newest first.
    pub acts: Vec<Act>,
}

/// What somebody did in a document.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who: person (organisation).
    pub who: String,
    /// What: "changed the waiting time from 10 to 5 days".
    pub what: Vec<String>,
    /// When, in near form.
    pub when: String,
}

impl ChangedRow {
    /// Returns what its kind is called.
    #[must_use]
    pub fn kind_name(&self) -> String {
        capital(kinds::words(self.kind).one)
    }
}

impl Activity {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let act = |who: &str, what: &[&str]| Act {
            who: who.to_owned(),
            what: what.iter().map(|one| (*one).to_owned()).collect(),
            when: "today at 3:05pm".to_owned(),
        };
        Self {
            chrome: Chrome::sample(Place::Home),
            attention: super::home::Home::sample().attention,
            since: Some("yesterday at 9:12am".to_owned()),
            changed: vec![ChangedRow {
                id: DocumentId([9; 32]),
                title: "Cash first: when somebody cannot afford food".to_owned(),
                kind: Kind::ReferralPathway,
                workspace: "Northmere cash first partnership".to_owned(),
                acts: vec![
                    act(
                        "Priya Shah (Leeds City Council)",
                        &["changed step 3: detail", "added step 4: action"],
                    ),
                    act("Sam Ali (Open Door)", &["suggested a change: “Clearer”"]),
                ],
            }],
            has_more: true,
            seen: "w:12".to_owned(),
        }
    }

    /// Returns the page of somebody who has never said that they saw everything.
    #[must_use]
    pub fn sample_first() -> Self {
        Self {
            attention: Vec::new(),
            since: None,
            changed: Vec::new(),
            has_more: false,
            ..Self::sample()
        }
    }
}
