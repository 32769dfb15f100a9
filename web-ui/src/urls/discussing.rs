//! Where people speak about a document: comments and suggestions.

use std::fmt::Display;

use super::{edit_part, encode};

/// Suggest changes to a document: its parts.
#[must_use]
pub fn suggest(document: impl Display) -> String {
    format!("/documents/{document}/suggest")
}

/// Suggest a change of one part.
#[must_use]
pub fn suggest_part(document: impl Display, part: impl Display, item: &str) -> String {
    edit_part(document, part, item).replacen("/edit/", "/suggest/", 1)
}

/// What was said about a document; POST says something.
#[must_use]
pub fn comments(document: impl Display) -> String {
    format!("/documents/{document}/comments")
}

/// What was said about a place of a document.
#[must_use]
pub fn comments_on(document: impl Display, place: impl Display) -> String {
    format!("/documents/{document}/comments?place={}", encode(&place.to_string()))
}

/// What was said about a step of a pathway, counted from 0.
#[must_use]
pub fn step_comments(document: impl Display, step: impl Display) -> String {
    comments_on(document, format!("/body/steps/{step}"))
}

/// POST answers a comment, ends its discussion, or takes it back.
#[must_use]
pub fn comment(document: impl Display, comment: impl Display) -> String {
    format!("/documents/{document}/comments/{comment}")
}

/// POST puts a proposed tag in use.
#[must_use]
pub fn use_tag(document: impl Display) -> String {
    format!("/documents/{document}/comments/use")
}

/// What was suggested for a document.
#[must_use]
pub fn suggestions(document: impl Display) -> String {
    format!("/documents/{document}/suggestions")
}

/// One suggestion; POST answers it.
#[must_use]
pub fn suggestion(document: impl Display, suggestion: impl Display) -> String {
    format!("/documents/{document}/suggestions/{suggestion}")
}
