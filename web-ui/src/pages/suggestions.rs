//! What was suggested for a document: all of it, and one suggestion with what it would change.

use askama::Template;

use super::history::{CompareChange, CompareRow, Piece};
use super::{DocumentHead, Pages};
use crate::chrome::{Chrome, Tab};
use crate::forms::Field;

/// `/documents/{d}/suggestions`: at most 50 rows, newest first.
#[derive(Debug, Template)]
#[template(path = "pages/suggestions.html")]
pub struct Suggestions {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The suggestions.
    pub rows: Vec<SuggestionRow>,
    /// Pages before and after.
    pub pages: Pages,
}

/// A suggestion in a list.
#[derive(Clone, Debug)]
pub struct SuggestionRow {
    /// Its id.
    pub id: String,
    /// Who suggested it: person (organisation).
    pub who: String,
    /// When, in near form.
    pub when: String,
    /// Why, in their words; may be empty.
    pub note: String,
    /// What became of it.
    pub state: State,
}

/// What became of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered it.
    Waiting,
    /// It starts from words that do not count any more.
    OutOfDate,
    /// Somebody took it in.
    Taken,
    /// Somebody declined it.
    Declined,
    /// Who made it took it back.
    Withdrawn,
}

impl State {
    /// Returns it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waits for an answer",
            Self::OutOfDate => "Out of date",
            Self::Taken => "Taken in",
            Self::Declined => "Declined",
            Self::Withdrawn => "Taken back",
        }
    }

    /// Returns the colour of its tag.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Waiting => "blue",
            Self::Taken => "green",
            Self::OutOfDate | Self::Declined | Self::Withdrawn => "grey",
        }
    }
}

/// `/documents/{d}/suggestions/{s}`. Posts `verdict` ("taken", "declined" or "withdrawn") and `note` to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/suggestion.html")]
pub struct Suggestion {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Which suggestion.
    pub row: SuggestionRow,
    /// What it would change, or changed.
    pub rows: Vec<CompareRow>,
    /// Why nothing can be made of it; nothing if something can.
    pub broken: Option<String>,
    /// Who answered and when: "Taken in by Priya Shah (Leeds City Council) today at 3:05pm."
    pub answer: Option<String>,
    /// Why, in their words; may be empty.
    pub answer_note: String,
    /// May the person take it in?
    pub may_take: bool,
    /// May the person decline it?
    pub may_decline: bool,
    /// May the person take it back?
    pub may_withdraw: bool,
    /// Why it is declined.
    pub note: Field,
}

impl Suggestions {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let declined = SuggestionRow {
            id: "t".to_owned(),
            state: State::Declined,
            note: String::new(),
            ..SuggestionRow::sample()
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            rows: vec![SuggestionRow::sample(), declined],
            pages: Pages::default(),
        }
    }

    /// Returns the page of a document without suggestions.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), ..Self::sample() }
    }
}

impl SuggestionRow {
    fn sample() -> Self {
        Self {
            id: "s".to_owned(),
            who: "Sam Ali (Open Door)".to_owned(),
            when: "today at 3:05pm".to_owned(),
            note: "People do not know what “triage” is.".to_owned(),
            state: State::Waiting,
        }
    }
}

impl Suggestion {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let pieces = vec![
            Piece::Same("Ring the ".to_owned()),
            Piece::Removed("triage".to_owned()),
            Piece::Added("advice".to_owned()),
            Piece::Same(" line.".to_owned()),
        ];
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            row: SuggestionRow::sample(),
            rows: vec![CompareRow {
                label: "Step 3: what to do".to_owned(),
                change: CompareChange::Changed(pieces),
            }],
            broken: None,
            answer: None,
            answer_note: String::new(),
            may_take: true,
            may_decline: true,
            may_withdraw: true,
            note: Field::default(),
        }
    }

    /// Returns the page of a suggestion that was taken in.
    #[must_use]
    pub fn sample_taken() -> Self {
        Self {
            row: SuggestionRow { state: State::Taken, ..SuggestionRow::sample() },
            answer: Some("Taken in by Priya Shah (Leeds City Council) today at 4:10pm.".to_owned()),
            answer_note: "Thank you.".to_owned(),
            may_take: false,
            may_decline: false,
            may_withdraw: false,
            ..Self::sample()
        }
    }

    /// Returns the page of somebody who declined without a reason.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.refuse_note("Enter a reason");
        page
    }

    /// Says what is wrong with the reason.
    pub fn refuse_note(&mut self, message: &str) {
        self.note.refuse(message);
        let field = "note".to_owned();
        self.chrome.errors = vec![crate::forms::FormError { field, message: message.to_owned() }];
    }
}
