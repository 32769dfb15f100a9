//! Versions of a document: reading one, naming it, going back to it, and who wrote which words.

use askama::Template;

use super::DocumentHead;
use super::history::CompareRow;
use crate::chrome::{Chrome, Tab};
use crate::forms::Field;
use crate::reading::Content;

/// What people call a version.
#[derive(Clone, Debug)]
pub struct NamedVersion {
    /// The name's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The version.
    pub heads: String,
    /// Who gave it, and when: "Priya Shah (Leeds City Council), today at 3:05pm".
    pub by: String,
    /// May the person take the name back?
    pub may_take_back: bool,
}

impl NamedVersion {
    pub(crate) fn sample() -> Self {
        Self {
            id: "n".to_owned(),
            name: "As agreed in March".to_owned(),
            heads: DocumentHead::sample().heads.to_string(),
            by: "Priya Shah (Leeds City Council), today at 3:05pm".to_owned(),
            may_take_back: true,
        }
    }
}

/// `/documents/{d}/version?heads=`: a version to read, with what can be done with it. Posts `heads` and `name`, or
/// `take-back` with the id of a name, to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/version.html")]
pub struct Version {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document; `heads` is the version that is shown.
    pub document: DocumentHead,
    /// What the version is: "21 November 2026 at 9:12am".
    pub when: String,
    /// Who made it: person (organisation); empty if several changes make it up together.
    pub who: String,
    /// The newest version.
    pub newest: String,
    /// What the version is called.
    pub names: Vec<NamedVersion>,
    /// What that version says.
    pub content: Content,
    /// What it shall be called.
    pub called: Field,
    /// Can it be signed?
    pub may_sign: bool,
    /// Can everybody read the document, so that a name publishes?
    pub is_public: bool,
}

impl Version {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.document.title)
    }

    /// Is it the document as it is now?
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.document.heads.to_string() == self.newest
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let read = super::read::Read::sample();
        Self {
            chrome: read.chrome,
            document: read.document,
            when: "21 November 2026 at 9:12am".to_owned(),
            who: "Sam Ali (Open Door)".to_owned(),
            newest: "00".to_owned(),
            names: vec![NamedVersion::sample()],
            content: read.content,
            called: Field::default(),
            may_sign: true,
            is_public: true,
        }
    }

    /// Returns the page that comes back without a name.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.refuse_name("Enter a name");
        page
    }

    /// Says what is wrong with the name.
    pub fn refuse_name(&mut self, message: &str) {
        self.called.refuse(message);
        let field = "name".to_owned();
        self.chrome.errors = vec![crate::forms::FormError { field, message: message.to_owned() }];
    }
}

/// `/documents/{d}/restore?heads=`: what going back to a version changes. Posts `heads` and `base` to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/restore.html")]
pub struct Restore {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document; `heads` is the newest version, on which the change is made.
    pub document: DocumentHead,
    /// The version to go back to.
    pub version: String,
    /// What it is: "21 November 2026 at 9:12am".
    pub when: String,
    /// What differs then from now.
    pub rows: Vec<CompareRow>,
    /// Why it cannot be done; nothing if it can.
    pub broken: Option<String>,
}

impl Restore {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let super::history::Compare { chrome, document, rows, .. } =
            super::history::Compare::sample();
        Self {
            chrome,
            version: document.heads.to_string(),
            document,
            when: "21 November 2026 at 9:12am".to_owned(),
            rows,
            broken: None,
        }
    }

    /// Returns the page of a version that says what the document says.
    #[must_use]
    pub fn sample_same() -> Self {
        Self { rows: Vec::new(), ..Self::sample() }
    }
}

/// `/documents/{d}/authors`: each text in runs of letters, with who wrote each.
#[derive(Debug, Template)]
#[template(path = "pages/authors.html")]
pub struct Authors {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Who wrote, in the order of their first words: person (organisation).
    pub people: Vec<String>,
    /// The texts.
    pub texts: Vec<AuthoredText>,
}

/// A text with who wrote what of it.
#[derive(Clone, Debug)]
pub struct AuthoredText {
    /// What it is: "Step 3: what to do".
    pub label: String,
    /// Its runs, in order.
    pub runs: Vec<AuthoredRun>,
}

/// Letters by one person.
#[derive(Clone, Debug)]
pub struct AuthoredRun {
    /// The letters.
    pub text: String,
    /// The person's number in the list, from 1.
    pub number: usize,
    /// When the last of them was written: "21 November 2026".
    pub when: String,
}

impl AuthoredRun {
    /// Returns which of a few colours it has. The number says who wrote it; colours only help the eye.
    #[must_use]
    pub const fn colour(&self) -> usize {
        self.number.saturating_sub(1) % 6 + 1
    }
}

impl Authors {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let run = |text: &str, number: usize| AuthoredRun {
            text: text.to_owned(),
            number,
            when: "21 November 2026".to_owned(),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            people: vec![
                "Priya Shah (Leeds City Council)".to_owned(),
                "Sam Ali (Open Door)".to_owned(),
            ],
            texts: vec![AuthoredText {
                label: "Step 3: what to do".to_owned(),
                runs: vec![run("Phone the ", 1), run("food ", 2), run("bank.", 1)],
            }],
        }
    }

    /// Returns the page of a document without texts.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { people: Vec::new(), texts: Vec::new(), ..Self::sample() }
    }
}
