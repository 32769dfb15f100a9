//! Pages without values of their own: help, accessibility, and what went wrong.

use askama::Template;

use crate::chrome::{Chrome, Place};

/// `/accessibility`.
#[derive(Debug, Template)]
#[template(path = "pages/accessibility.html")]
pub struct Accessibility {
    /// Around the page.
    pub chrome: Chrome,
}

impl Accessibility {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample(Place::Elsewhere) }
    }
}

/// `/help`.
#[derive(Debug, Template)]
#[template(path = "pages/help.html")]
pub struct Help {
    /// Around the page.
    pub chrome: Chrome,
}

impl Help {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample(Place::Elsewhere) }
    }
}

/// A page that says what went wrong and what to do.
#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
pub struct Problem {
    /// Around the page.
    pub chrome: Chrome,
    /// What went wrong.
    pub heading: String,
    /// Why, and what to do: a paragraph each.
    pub paragraphs: Vec<String>,
}

impl Problem {
    /// Returns the page for what is not there, or may not be known to be there (404).
    #[must_use]
    pub fn not_found(chrome: Chrome) -> Self {
        Self::of(
            chrome,
            "Page not found",
            &[
                "If you typed the web address, check it is correct.",
                "If you followed a link, what it led to may have been removed, or may not be shared with your organisation.",
            ],
        )
    }

    /// Returns the page for what the person may not do (403). `reason` is a sentence such as
    /// "Only editors can change this pathway. Ask Sam Ali (Leeds City Council)."
    #[must_use]
    pub fn forbidden(chrome: Chrome, reason: &str) -> Self {
        Self::of(chrome, "You cannot do this", &[reason])
    }

    /// Returns the page for a form whose token is missing or old (403).
    #[must_use]
    pub fn stale_form(chrome: Chrome) -> Self {
        Self::of(
            chrome,
            "This page was open for too long",
            &["Nothing was saved. Go back, copy what you typed, load the page again and paste it."],
        )
    }

    /// Returns the page for a request to a name that is not ours (421).
    #[must_use]
    pub fn misdirected() -> Self {
        Self::of(
            Chrome::default(),
            "Wrong address",
            &[
                "This computer’s Fingerpost does not answer to this name. Use the address that the program printed when it started.",
            ],
        )
    }

    /// Returns the page for what is too large (413).
    #[must_use]
    pub fn too_large(chrome: Chrome) -> Self {
        Self::of(
            chrome,
            "This is too large",
            &["Nothing was saved. Go back and send less at one time."],
        )
    }

    /// Returns the page for our own mistakes (500).
    #[must_use]
    pub fn broken(chrome: Chrome) -> Self {
        Self::of(
            chrome,
            "Sorry, there is a problem with Fingerpost",
            &[
                "What was saved before is safe. Try again. If it happens again, tell the person who looks after this computer.",
            ],
        )
    }

    fn of(chrome: Chrome, heading: &str, paragraphs: &[&str]) -> Self {
        Self {
            chrome,
            heading: heading.to_owned(),
            paragraphs: paragraphs.iter().map(|paragraph| (*paragraph).to_owned()).collect(),
        }
    }

    /// Returns a page for what the person may not do.
    #[must_use]
    pub fn sample_forbidden() -> Self {
        Self::forbidden(
            Chrome::sample(Place::Elsewhere),
            "Only editors can change this pathway. Ask Sam Ali (Leeds City Council).",
        )
    }
}
