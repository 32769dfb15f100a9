//! Lists of tags, and how tags of two lists match, as SKOS in Turtle and JSON-LD: out, and in.
//!
//! Only what is agreed goes out: tags in use, those no longer used with their successors, and matches that are agreed.
//! What comes in must meet the integrity conditions of SKOS; nothing is ever fetched.

mod matches;
mod read;
mod said;
mod write;

pub(crate) use read::contents_of;
pub(crate) use write::{CannotWrite, json_ld, turtle};

/// Names of the vocabularies, and the words of them that are needed.
mod names {
    pub(super) const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
    pub(super) const DCT: &str = "http://purl.org/dc/terms/";
    pub(super) const OWL: &str = "http://www.w3.org/2002/07/owl#";
    pub(super) const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
    pub(super) const RDFS: &str = "http://www.w3.org/2000/01/rdf-schema#";
    pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

    /// Returns the address of a word of SKOS.
    pub(super) fn skos(word: &str) -> String {
        format!("{SKOS}{word}")
    }
}

#[cfg(test)]
mod tests;
