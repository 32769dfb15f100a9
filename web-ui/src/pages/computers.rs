//! The organisation's computers, and codes that add one.

use askama::Template;
use crdt_schema::identity::CodeId;

use crate::chrome::{Chrome, Place};

/// `/settings/computers`.
#[derive(Debug, Template)]
#[template(path = "pages/computers.html")]
pub struct Computers {
    /// Around the page.
    pub chrome: Chrome,
    /// The computers.
    pub computers: Vec<ComputerRow>,
    /// Codes that nobody has used yet.
    pub codes: Vec<CodeRow>,
}

/// A computer in a list.
#[derive(Clone, Debug)]
pub struct ComputerRow {
    /// Its id.
    pub id: String,
    /// Is it this one?
    pub is_this: bool,
    /// How it is: a word, and whether it has ended.
    pub state: String,
    /// When and how it was added.
    pub added: String,
}

/// A code in a list.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// Its id.
    pub id: CodeId,
    /// Until when it works.
    pub until: String,
}

/// `/settings/computers/codes/{c}`.
#[derive(Debug, Template)]
#[template(path = "pages/computer_code.html")]
pub struct ComputerCode {
    /// Around the page.
    pub chrome: Chrome,
    /// The code.
    pub code: CodeRow,
    /// Its text, as long as it works.
    pub text: Option<String>,
    /// The text as a picture.
    pub qr_svg: Option<String>,
    /// What became of it.
    pub state: String,
}

impl Computers {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = |letter: &str, is_this, state: &str, added: &str| ComputerRow {
            id: format!("did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMM{letter}"),
            is_this,
            state: state.to_owned(),
            added: added.to_owned(),
        };
        Self {
            chrome: Chrome::sample(Place::Settings),
            computers: vec![
                row("aa", true, "In use", "1 March 2026 at 3:05pm, with the recovery kit"),
                row("bb", false, "Connected", "today at 9:00am, by this computer"),
                row("cc", false, "Ended", "2 March 2026 at 9:00am, by this computer"),
            ],
            codes: vec![CodeRow { id: CodeId([1; 32]), until: "today at 10:00am".to_owned() }],
        }
    }
}

impl ComputerCode {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Settings),
            code: CodeRow { id: CodeId([1; 32]), until: "today at 10:00am".to_owned() },
            text: Some("fingerpost-computer-1-7sK2…".to_owned()),
            qr_svg: None,
            state: "It works once, until today at 10:00am.".to_owned(),
        }
    }

    /// Returns the page of a code that was used.
    #[must_use]
    pub fn sample_used() -> Self {
        Self { text: None, state: "A computer was added with it.".to_owned(), ..Self::sample() }
    }
}
