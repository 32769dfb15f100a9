//! Publishing a document: what it means, what stands in the way, and what to look at first.

use askama::Template;

use super::{Conflict, DocumentHead};
use crate::chrome::{Chrome, Tab};
use crate::forms::{Field, FormError};

/// `/documents/{d}/publish`. Posts `heads`, `name`, and `sure` if something looks as if it was about a person.
#[derive(Debug, Template)]
#[template(path = "pages/publish.html")]
pub struct Publish {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document; `heads` is its newest version.
    pub document: DocumentHead,
    /// What the version that is published is called, and since when: "Version 2, since 22 November 2026".
    pub published: Option<String>,
    /// Is that the newest version?
    pub is_newest: bool,
    /// Can everybody read the document already?
    pub is_public: bool,
    /// Why this organisation cannot publish it, and who can.
    pub cannot: Option<String>,
    /// What has to be put right first: a sentence each.
    pub unfit: Vec<String>,
    /// Fields that two people set at the same time: to be settled first.
    pub conflicts: Vec<Conflict>,
    /// What may be about a person, or tell where a refuge is.
    pub doubts: Vec<String>,
    /// What the version is to be called.
    pub called: Field,
}

impl Publish {
    /// Returns the page of a form that has to be put right.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FormError>) -> Self {
        for error in &errors {
            if error.field == "name" {
                self.called.refuse(error.message.clone());
            }
        }
        self.chrome.errors = errors;
        self
    }

    /// Is the person asked again whether what was found may be published?
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.chrome.errors.iter().any(|error| error.field == "sure")
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            published: Some("Version 1, since 3 March 2026".to_owned()),
            is_newest: false,
            is_public: false,
            cannot: None,
            unfit: Vec::new(),
            conflicts: Vec::new(),
            doubts: Vec::new(),
            called: Field::of("Version 2"),
        }
    }

    /// Returns the page that comes back because of a telephone number.
    #[must_use]
    pub fn sample_doubt() -> Self {
        let doubts = vec!["“07700 900123” looks like a mobile phone number".to_owned()];
        let error = |field: &str, message: &str| FormError {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        let errors = vec![
            error("sure", "Look at what may be about a person, and say that it may be published"),
            error("name", "Enter a name"),
        ];
        Self { doubts, ..Self::sample() }.with_errors(errors)
    }

    /// Returns the page of a document that is not ready.
    #[must_use]
    pub fn sample_unfit() -> Self {
        Self {
            published: None,
            unfit: vec![
                "Say under which licence others may use it. For example, OGL-UK-3.0.".to_owned(),
            ],
            conflicts: vec![Conflict::sample()],
            ..Self::sample()
        }
    }

    /// Returns the page of a document whose newest version is published.
    #[must_use]
    pub fn sample_done() -> Self {
        Self { is_newest: true, is_public: true, ..Self::sample() }
    }
}
