//! Who can read and who can change a document: now, on a day, and from now on.

use askama::Template;

use super::DocumentHead;
use super::documents::Chosen;
use crate::chrome::{Chrome, Tab};
use crate::forms::Choice;
use crate::forms::document::{AudienceForm, DayForm};

/// `/documents/{d}/access?day=&month=&year=`: who can read and who can change it, in words.
#[derive(Debug, Template)]
#[template(path = "pages/document_access.html")]
pub struct Access {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The day it is about: "3 March 2026"; nothing for now.
    pub day: Option<String>,
    /// Who can read it, in a sentence.
    pub read: String,
    /// Who can suggest changes, in a sentence.
    pub suggest: String,
    /// Who can change it, in a sentence.
    pub write: String,
    /// Organisations that can read it.
    pub readers: Vec<ReaderRow>,
    /// What happened to who can read it, newest first.
    pub log: Vec<AccessStep>,
    /// The day that was typed.
    pub form: DayForm,
    /// Why the person cannot change who can read it; nothing if they can.
    pub cannot: Option<String>,
}

/// An organisation that can read a document.
#[derive(Clone, Debug)]
pub struct ReaderRow {
    /// Its name.
    pub name: String,
    /// Can it also suggest changes?
    pub suggests: bool,
    /// Can it also change the document?
    pub writes: bool,
    /// What that rests on, as a sentence.
    pub why: String,
}

/// A step of who can read a document.
#[derive(Clone, Debug)]
pub struct AccessStep {
    /// Who took it: person (organisation).
    pub who: String,
    /// When, in full form.
    pub when: String,
    /// What, as a sentence.
    pub what: String,
    /// Does it count?
    pub counts: bool,
}

impl Access {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let reader = |name: &str, writes: bool| ReaderRow {
            name: name.to_owned(),
            suggests: true,
            writes,
            why: "It is a member since 1 March 2026.".to_owned(),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            day: None,
            read: "Only the organisations that were chosen.".to_owned(),
            suggest: "Contributors, editors and stewards of the organisations that can read it."
                .to_owned(),
            write: "Editors and stewards of the organisations that can read it.".to_owned(),
            readers: vec![reader("Leeds City Council", true), reader("Open Door", false)],
            log: vec![AccessStep {
                who: "Priya Shah (Leeds City Council)".to_owned(),
                when: "22 November 2026 at 3:05pm".to_owned(),
                what: "Can be read by Leeds City Council and Open Door.".to_owned(),
                counts: true,
            }],
            form: DayForm::default(),
            cannot: None,
        }
    }

    /// Returns the page for a day in the past.
    #[must_use]
    pub fn sample_day() -> Self {
        Self {
            day: Some("3 March 2026".to_owned()),
            cannot: Some("Only Leeds City Council, which created it, can change this.".to_owned()),
            ..Self::sample()
        }
    }
}

/// `/documents/{d}/access/change`: choose who; the answer says what it means before anything is saved.
#[derive(Debug, Template)]
#[template(path = "pages/access_change.html")]
pub struct AccessChange {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Who was chosen.
    pub form: AudienceForm,
    /// The organisations to choose from, without the one that owns the document.
    pub organizations: Vec<Chosen>,
}

impl AccessChange {
    /// Returns who may read.
    #[must_use]
    pub fn readers(&self) -> Vec<Choice> {
        AudienceForm::readers()
    }

    /// Returns who may suggest changes.
    #[must_use]
    pub fn suggesters(&self) -> Vec<Choice> {
        AudienceForm::suggesters()
    }

    /// Returns who may change.
    #[must_use]
    pub fn writers(&self) -> Vec<Choice> {
        AudienceForm::writers()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            form: AudienceForm::fresh(),
            organizations: Chosen::samples(),
        }
    }
}
