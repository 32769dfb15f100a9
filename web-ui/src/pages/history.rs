//! Who changed what: the timeline, and two versions side by side.

use askama::Template;
use crdt_schema::heads::Heads;

use super::versions::NamedVersion;
use super::{DocumentHead, Pages};
use crate::chrome::{Chrome, Tab};
use crate::urls;

/// `/documents/{d}/history`: at most 50 entries, newest first.
#[derive(Debug, Template)]
#[template(path = "pages/history.html")]
pub struct History {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Versions that have a name, the last to get one first.
    pub named: Vec<NamedVersion>,
    /// Day by day.
    pub days: Vec<HistoryDay>,
    /// Pages before and after.
    pub pages: Pages,
}

/// What happened on one day.
#[derive(Clone, Debug)]
pub struct HistoryDay {
    /// The day: "22 November 2026".
    pub day: String,
    /// What happened, newest first.
    pub entries: Vec<HistoryEntry>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// Who: person (organisation).
    pub who: String,
    /// The time: "3:05pm".
    pub time: String,
    /// What, each a sentence without its subject: "changed the waiting time from 10 to 5 days".
    pub what: Vec<String>,
    /// Versions before and after, to compare.
    pub compare: Option<(Heads, Heads)>,
    /// Items that this removed and that can be brought back.
    pub removed: Vec<RemovedItem>,
    /// The version that it made.
    pub version: Heads,
}

/// An item that can be brought back.
#[derive(Clone, Debug)]
pub struct RemovedItem {
    /// Its path.
    pub path: String,
    /// What it is: "step 3".
    pub what: String,
    /// The version in which it was still there.
    pub heads: Heads,
}

impl History {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let heads = DocumentHead::sample().heads;
        let entry = |who: &str, time: &str, what: &[&str]| HistoryEntry {
            who: who.to_owned(),
            time: time.to_owned(),
            what: what.iter().map(|sentence| (*sentence).to_owned()).collect(),
            compare: Some((heads.clone(), heads.clone())),
            removed: Vec::new(),
            version: heads.clone(),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            named: vec![NamedVersion::sample()],
            days: vec![
                HistoryDay {
                    day: "22 November 2026".to_owned(),
                    entries: vec![
                        entry(
                            "Priya Shah (Leeds City Council)",
                            "3:05pm",
                            &[
                                "changed the time to first contact from “10 days” to “5 days”",
                                "changed the text of step 3",
                            ],
                        ),
                        HistoryEntry {
                            removed: vec![RemovedItem {
                                path: "/body/steps/6@0a".to_owned(),
                                what: "step 6".to_owned(),
                                heads: heads.clone(),
                            }],
                            ..entry(
                                "Sam Ali (Open Door)",
                                "9:12am",
                                &["removed the step “Ring back at a safe time”"],
                            )
                        },
                    ],
                },
                HistoryDay {
                    day: "14 January 2026".to_owned(),
                    entries: vec![HistoryEntry {
                        compare: None,
                        ..entry(
                            "Priya Shah (Leeds City Council)",
                            "10:02am",
                            &["created the pathway"],
                        )
                    }],
                },
            ],
            pages: Pages { previous: None, next: Some(urls::history("sample")) },
        }
    }
}

/// `/documents/{d}/compare?from=&to=`: one row a field or step.
#[derive(Debug, Template)]
#[template(path = "pages/compare.html")]
pub struct Compare {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// What the older version is: "21 November 2026 at 9:12am".
    pub from: String,
    /// What the newer version is.
    pub to: String,
    /// Who changed it in between: person (organisation).
    pub people: Vec<String>,
    /// Row by row.
    pub rows: Vec<CompareRow>,
    /// Beside each other, or in one text?
    pub is_side_by_side: bool,
    /// The two versions.
    pub versions: [String; 2],
    /// Versions to choose from: as they are posted, and in words.
    pub choices: Vec<(String, String)>,
}

/// One field or step that differs.
#[derive(Clone, Debug)]
pub struct CompareRow {
    /// What it is: "Step 3: What to do".
    pub label: String,
    /// What happened to it.
    pub change: CompareChange,
}

impl CompareRow {
    /// Returns what only stands in the older version, and what is in both, in order; nothing if it is new.
    #[must_use]
    pub fn before(&self) -> Vec<Piece> {
        self.side(|piece| !matches!(piece, Piece::Added(_)))
    }

    /// Returns what only stands in the newer version, and what is in both, in order; nothing if it is gone.
    #[must_use]
    pub fn after(&self) -> Vec<Piece> {
        self.side(|piece| !matches!(piece, Piece::Removed(_)))
    }

    fn side(&self, is_there: impl Fn(&Piece) -> bool) -> Vec<Piece> {
        let pieces = match &self.change {
            CompareChange::Added(text) => vec![Piece::Added(text.clone())],
            CompareChange::Removed(text) => vec![Piece::Removed(text.clone())],
            CompareChange::Changed(pieces) => pieces.clone(),
            CompareChange::Moved(words) => vec![Piece::Added(format!("Moved {words}"))],
        };
        pieces.into_iter().filter(is_there).collect()
    }
}

/// What happened to a field or step.
#[derive(Clone, Debug)]
pub enum CompareChange {
    /// It is new.
    Added(String),
    /// It is gone.
    Removed(String),
    /// It has other words: pieces in order.
    Changed(Vec<Piece>),
    /// It stands elsewhere: "from place 3 to place 2".
    Moved(String),
}

/// A piece of a text that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// In both versions.
    Same(String),
    /// Only in the older one.
    Removed(String),
    /// Only in the newer one.
    Added(String),
}

impl Compare {
    /// Returns the older version.
    #[must_use]
    pub fn earlier(&self) -> &str {
        let [earlier, _] = &self.versions;
        earlier
    }

    /// Returns the newer version.
    #[must_use]
    pub fn later(&self) -> &str {
        let [_, later] = &self.versions;
        later
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            from: "21 November 2026 at 9:12am".to_owned(),
            to: "22 November 2026 at 3:05pm".to_owned(),
            people: vec!["Priya Shah (Leeds City Council)".to_owned()],
            rows: vec![
                CompareRow {
                    label: "Step 3: What to do".to_owned(),
                    change: CompareChange::Changed(vec![
                        Piece::Same("Refer for a benefits check".to_owned()),
                        Piece::Removed(" only".to_owned()),
                        Piece::Added(" and debt advice".to_owned()),
                        Piece::Same(" using the form below.".to_owned()),
                    ]),
                },
                CompareRow {
                    label: "Step 6".to_owned(),
                    change: CompareChange::Removed("Ring back at a safe time.".to_owned()),
                },
                CompareRow {
                    label: "Step 4".to_owned(),
                    change: CompareChange::Moved("from place 5 to place 4".to_owned()),
                },
                CompareRow {
                    label: "Known gaps".to_owned(),
                    change: CompareChange::Added("No weekend advice".to_owned()),
                },
            ],
            is_side_by_side: false,
            versions: ["00".to_owned(), "01".to_owned()],
            choices: vec![
                ("00".to_owned(), "As agreed in March, today at 3:05pm".to_owned()),
                ("02".to_owned(), "22 November 2026 at 3:05pm, Sam Ali (Open Door)".to_owned()),
            ],
        }
    }

    /// Returns the page that shows both versions beside each other.
    #[must_use]
    pub fn sample_side() -> Self {
        Self { is_side_by_side: true, ..Self::sample() }
    }
}
