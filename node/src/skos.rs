//! Lists of tags as SKOS, in Turtle and JSON-LD: out, and in.
//!
//! Only tags that are agreed go out: those in use, and those no longer used with their successors. What comes in must meet
//! the integrity conditions of SKOS; nothing is ever fetched.

mod read;
mod write;

pub(crate) use read::list_of_tags;
pub(crate) use write::{CannotWrite, json_ld, turtle};

/// Names of the vocabularies, and the words of them that a list of tags needs.
mod names {
    pub(super) const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
    pub(super) const DCT: &str = "http://purl.org/dc/terms/";
    pub(super) const OWL: &str = "http://www.w3.org/2002/07/owl#";
    pub(super) const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
    /// The relations to tags of other lists.
    pub(super) const MATCHES: [&str; 5] =
        ["exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"];

    /// Returns the address of a word of SKOS.
    pub(super) fn skos(word: &str) -> String {
        format!("{SKOS}{word}")
    }
}

#[cfg(test)]
mod tests;
