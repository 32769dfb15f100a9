//! Copies: making one for another workspace, and what changed in the original since.

use askama::Template;
use crdt_schema::identity::WorkspaceId;

use super::DocumentHead;
use super::history::{CompareChange, CompareRow, Piece};
use crate::chrome::{Chrome, Tab};
use crate::forms::{Choice, Field, FormError};

/// `/documents/{d}/copy`: for which workspace. Posts `workspace` and `heads` to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/copy.html")]
pub struct Copy {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document; `heads` is the version to copy.
    pub document: DocumentHead,
    /// Where the copy may stand: workspaces in which the organisation may write.
    pub workspaces: Vec<Choice>,
    /// Which was chosen.
    pub workspace: Field,
}

/// `/workspaces/{w}/copy`: a copy of a document from a file. Posts `file` to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/copy_file.html")]
pub struct CopyFile {
    /// Around the page.
    pub chrome: Chrome,
    /// Where the copy will stand.
    pub workspace: WorkspaceId,
    /// The file.
    pub file: Field,
    /// The web address of what somebody published; posted as `address` to `/workspaces/{w}/copy/link`.
    pub address: Field,
    /// The shelves that the organisation follows.
    pub followed: Vec<FollowedRow>,
}

/// A shelf that the organisation follows.
#[derive(Clone, Debug)]
pub struct FollowedRow {
    /// Who publishes it, or else the computer where it is.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// What is news there, when somebody looked, and whether that failed: whole sentences.
    pub about: String,
}

/// `/workspaces/{w}/copy/shelf?address=`: what somebody publishes. Posts `address` of a document to `/workspaces/{w}/copy/link`,
/// and of the shelf with `does` ("follow", "stop", or "seen" with what was shown as `seen`) to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/other_shelf.html")]
pub struct OtherShelf {
    /// Around the page.
    pub chrome: Chrome,
    /// Where copies will stand.
    pub workspace: WorkspaceId,
    /// Where the shelf is.
    pub address: String,
    /// Who says that they publish it.
    pub publisher: String,
    /// What is on it.
    pub rows: Vec<OtherRow>,
    /// How many more there are.
    pub more: usize,
    /// What is known of it, if the organisation follows it.
    pub watch: Option<ShelfWatch>,
}

/// What is known of a shelf that the organisation follows.
#[derive(Clone, Debug)]
pub struct ShelfWatch {
    /// When it was last seen what is there, in near form; nothing if never.
    pub looked: Option<String>,
    /// Why the last look failed, and what to do: whole sentences.
    pub failure: Option<String>,
    /// What is news, in words: "2 new documents, 1 changed"; empty if nothing is.
    pub news: String,
    /// What is no longer there.
    pub gone: Vec<String>,
    /// What the page shows, for the form that says it was seen.
    pub round: u64,
}

/// Returns how much is news on a shelf, in words: "2 new documents, 1 changed"; nothing if nothing is.
#[must_use]
pub fn news(new: usize, changed: usize, gone: usize) -> String {
    let noun = |number: usize| if number == 1 { "document" } else { "documents" };
    let parts = [(new, "new"), (changed, "changed"), (gone, "no longer there")];
    let mut words: Vec<String> = Vec::new();
    for (number, what) in parts.into_iter().filter(|(number, _)| *number > 0) {
        words.push(match (words.is_empty(), what) {
            (false, what) => format!("{number} {what}"),
            (true, "no longer there") => format!("{number} {} no longer there", noun(number)),
            (true, what) => format!("{number} {what} {}", noun(number)),
        });
    }
    words.join(", ")
}

/// A document on somebody's shelf.
#[derive(Clone, Debug)]
pub struct OtherRow {
    /// What it is called there.
    pub title: String,
    /// What it is, in words; may be empty.
    pub kind: String,
    /// What its version is called; may be empty.
    pub version: String,
    /// What is news of it: "New" or "Changed"; may be empty.
    pub news: String,
    /// Where its signed file is; empty if that is not known.
    pub address: String,
}

/// Something that changed in the original.
#[derive(Clone, Debug)]
pub struct IncomingRow {
    /// Where, for the form.
    pub path: String,
    /// What was changed there.
    pub row: CompareRow,
    /// How that stands to what stands here: a sentence.
    pub standing: String,
    /// In a conflict: what stands here. Nothing if there is nothing to choose.
    pub ours: Option<String>,
    /// In a conflict: what was chosen, "ours" or "theirs".
    pub choice: Field,
}

impl IncomingRow {
    /// Returns what there is to choose.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        vec![
            Choice::new("ours", "Keep ours", "What stands here stays."),
            Choice::new("theirs", "Use theirs", "What stands in the original comes here."),
        ]
    }
}

/// `/documents/{d}/incoming`: what is new in the original. Posts `heads` and the choices, each under `choice` and the path, to
/// the same address; a file under `file` to `/documents/{d}/incoming/file`.
#[derive(Debug, Template)]
#[template(path = "pages/incoming.html")]
pub struct Incoming {
    /// Around the page.
    pub chrome: Chrome,
    /// Which copy.
    pub document: DocumentHead,
    /// Is the original here, or a file of it?
    pub is_reachable: bool,
    /// Who changed something there, and when, the newest first.
    pub made: Vec<String>,
    /// What they changed.
    pub rows: Vec<IncomingRow>,
    /// May the copy be offered to the original's keepers as a suggestion?
    pub may_offer: bool,
    /// A file of the original.
    pub file: Field,
    /// The web address where the original is published.
    pub address: Field,
}

impl Copy {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            workspaces: vec![
                Choice::new("a", "Saltway together", "12 documents"),
                Choice::new("b", "Northmere together", "This document is from here"),
            ],
            workspace: Field::of("a"),
        }
    }

    /// Returns the page that comes back without a choice.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.workspace = Field::default();
        page.refuse("Choose where the copy shall stand");
        page
    }

    /// Says what is wrong with the choice.
    pub fn refuse(&mut self, message: &str) {
        self.workspace.refuse(message);
        let field = "workspace".to_owned();
        self.chrome.errors = vec![FormError { field, message: message.to_owned() }];
    }
}

impl CopyFile {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            file: Field::default(),
            address: Field::default(),
            followed: vec![FollowedRow {
                name: "Saltway County Council".to_owned(),
                address: "https://saltway.example/shelf/index.json".to_owned(),
                about: "2 new documents. Looked at today at 3:05pm.".to_owned(),
            }],
        }
    }

    /// Says what is wrong with the address.
    pub fn refuse_address(&mut self, message: &str) {
        self.address.refuse(message);
        let field = "address".to_owned();
        self.chrome.errors = vec![FormError { field, message: message.to_owned() }];
    }

    /// Says what is wrong with the file.
    pub fn refuse(&mut self, message: &str) {
        self.file.refuse(message);
        let field = "file".to_owned();
        self.chrome.errors = vec![FormError { field, message: message.to_owned() }];
    }
}

impl OtherShelf {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = OtherRow {
            title: "Cash first".to_owned(),
            kind: "Pathway".to_owned(),
            version: "Published 2".to_owned(),
            news: String::new(),
            address: "https://saltway.example/shelf/documents/d/bundle.json".to_owned(),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            address: "https://saltway.example/shelf/index.json".to_owned(),
            publisher: "Saltway County Council".to_owned(),
            rows: vec![row],
            more: 3,
            watch: None,
        }
    }

    /// Returns the page of a shelf that the organisation follows and that has news.
    #[must_use]
    pub fn sample_followed() -> Self {
        let mut page = Self::sample();
        for row in &mut page.rows {
            row.news = "Changed".to_owned();
        }
        page.watch = Some(ShelfWatch {
            looked: Some("today at 3:05pm".to_owned()),
            failure: None,
            news: "1 changed document, 1 no longer there".to_owned(),
            gone: vec!["Warm spaces".to_owned()],
            round: 4,
        });
        page
    }

    /// Returns the page of a followed shelf that cannot be reached.
    #[must_use]
    pub fn sample_failed() -> Self {
        let mut page = Self::sample_followed();
        for row in &mut page.rows {
            row.address.clear();
        }
        if let Some(watch) = &mut page.watch {
            let why = "Nothing answers at saltway.example. Check the address, and whether this computer is online.";
            watch.failure = Some(why.to_owned());
        }
        page
    }
}

impl Incoming {
    /// Says what is wrong with the address.
    pub fn refuse_address(&mut self, message: &str) {
        self.address.refuse(message);
        let field = "address".to_owned();
        self.chrome.errors = vec![FormError { field, message: message.to_owned() }];
    }

    /// Is there something to choose?
    #[must_use]
    pub fn has_conflicts(&self) -> bool {
        self.rows.iter().any(|row| row.ours.is_some())
    }

    /// Says what is wrong with the file.
    pub fn refuse_file(&mut self, message: &str) {
        self.file.refuse(message);
        let field = "file".to_owned();
        self.chrome.errors = vec![FormError { field, message: message.to_owned() }];
    }

    /// Asks for every choice that is missing.
    pub fn ask_for_choices(&mut self) {
        let open = self.rows.iter_mut().filter(|row| row.ours.is_some());
        for row in open.filter(|row| row.choice.value.is_empty()) {
            let message = format!("Choose what “{}” shall say", row.row.label);
            row.choice.refuse(&message);
            self.chrome.errors.push(FormError { field: format!("choice{}", row.path), message });
        }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = |path: &str, label: &str, was: &str, is: &str| CompareRow {
            label: format!("{label} {path}"),
            change: CompareChange::Changed(vec![
                Piece::Removed(was.to_owned()),
                Piece::Added(is.to_owned()),
            ]),
        };
        let new = IncomingRow {
            path: "/title".to_owned(),
            row: row("", "Title", "Cash first", "Cash first, second edition"),
            standing: "Only they changed this. It comes here.".to_owned(),
            ours: None,
            choice: Field::default(),
        };
        let conflict = IncomingRow {
            path: "/body/information_governance/retention/period_months".to_owned(),
            row: row("(months)", "How long it is kept", "6", "9"),
            standing: "You changed this as well.".to_owned(),
            ours: Some("12".to_owned()),
            choice: Field::default(),
        };
        let mut document = DocumentHead::sample();
        document.copied_from = Some("Kent County Council (Kent together)".to_owned());
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document,
            is_reachable: true,
            made: vec!["Sam Ali (Kent County Council), today at 3:05pm".to_owned()],
            rows: vec![new, conflict],
            may_offer: true,
            file: Field::default(),
            address: Field::default(),
        }
    }

    /// Returns the page of a copy that has all that the original has.
    #[must_use]
    pub fn sample_none() -> Self {
        Self { rows: Vec::new(), made: Vec::new(), ..Self::sample() }
    }

    /// Returns the page of a copy whose original is elsewhere.
    #[must_use]
    pub fn sample_away() -> Self {
        Self { is_reachable: false, may_offer: false, ..Self::sample_none() }
    }

    /// Returns the page that comes back without a choice.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.ask_for_choices();
        page
    }
}

#[cfg(test)]
mod tests {
    use super::news;

    #[test]
    fn news_is_said_in_whole_words() {
        for (numbers, words) in [
            ((0, 0, 0), ""),
            ((2, 1, 0), "2 new documents, 1 changed"),
            ((1, 0, 3), "1 new document, 3 no longer there"),
            ((0, 1, 0), "1 changed document"),
            ((0, 0, 1), "1 document no longer there"),
        ] {
            assert_eq!(news(numbers.0, numbers.1, numbers.2), words);
        }
    }
}
