//! The tags that a workspace agreed on, read from its lists of tags.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};
use serde_json::Value;

use super::Reader;
use crate::words::plain;

/// Protects memory: tags of one workspace.
const TAGS: usize = 10_000;

/// A tag of one of the workspace's lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// What it is called now.
    pub name: String,
    /// Its short code, which stays when the name changes.
    pub code: String,
    /// Its own web address; may be empty.
    pub uri: String,
    pub other_names: Vec<String>,
    /// Is it only proposed?
    pub is_proposed: bool,
    /// Is it no longer used?
    pub is_given_up: bool,
    /// The short code of the tag to use instead; may be empty.
    pub instead: String,
}

/// The tags of a workspace, in the order of their lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    all: Vec<Term>,
    /// By short code and by web address.
    places: BTreeMap<String, usize>,
}

impl Terms {
    fn new(all: Vec<Term>) -> Self {
        let mut places = BTreeMap::new();
        for (place, term) in all.iter().enumerate() {
            for code in [&term.code, &term.uri].into_iter().filter(|code| !code.is_empty()) {
                places.entry(code.clone()).or_insert(place);
            }
        }
        Self { all, places }
    }

    /// Returns the tags in use, by name.
    #[must_use]
    pub fn in_use(&self) -> Vec<&Term> {
        let mut terms: Vec<&Term> =
            self.all.iter().filter(|term| !term.is_given_up && !term.is_proposed).collect();
        terms.sort_by(|a, b| a.name.cmp(&b.name));
        terms
    }

    /// Finds a tag by its short code or web address.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&Term> {
        self.all.get(*self.places.get(code)?)
    }

    /// Finds a tag by what people call it: by its name before other words for it, and one in use before one that is not.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Term> {
        let name = plain(name);
        let rank = |term: &Term| {
            let is_other = term.other_names.iter().any(|other| plain(other) == name);
            let place = if plain(&term.name) == name { Some(0) } else { is_other.then_some(1) };
            place.map(|place| (term.is_given_up, place))
        };
        let named = self.all.iter().filter(|_| !name.is_empty());
        let ranked = named.filter_map(|term| Some((rank(term)?, term)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, term)| term)
    }

    /// Returns the tag to use in place of one that was given up. Goes on to the last; a ring ends.
    #[must_use]
    pub fn successor(&self, term: &Term) -> Option<&Term> {
        let mut seen = BTreeSet::from([term.code.as_str()]);
        let mut next = self.by_code(&term.instead)?;
        while next.is_given_up && seen.insert(&next.code) {
            next = self.by_code(&next.instead)?;
        }
        (!next.is_given_up).then_some(next)
    }

    /// Returns what a tag is called now: a document keeps the name that it was tagged with, and the code says which it is.
    #[must_use]
    pub fn name_of<'a>(&'a self, name: &'a str, code: &str) -> &'a str {
        self.by_code(code).map_or(name, |term| if term.name.is_empty() { name } else { &term.name })
    }

    /// Returns every name and code by which documents may carry the tag that somebody named, made plain.
    #[must_use]
    pub(super) fn all_names(&self, named: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([plain(named)]);
        let of_code = || self.all.iter().find(|term| plain(&term.code) == plain(named));
        let term = self.by_name(named).or_else(of_code);
        if let Some(term) = term {
            names.extend([plain(&term.code), plain(&term.name)]);
        }
        names.remove("");
        names
    }
}

impl Reader<'_> {
    /// Returns the tags of the lists of tags in a workspace that this organisation may read.
    #[must_use]
    pub fn terms(&mut self, workspace: &WorkspaceId) -> Terms {
        if self.role(workspace).is_none() {
            return Terms::default();
        }
        let is_list = |id: &DocumentId| {
            let held = self.0.documents.held(id);
            held.is_some_and(|held| held.genesis.kind == Kind::TaggingConvention)
        };
        let lists: Vec<DocumentId> = self.readable(workspace).filter(is_list).collect();
        let mut terms = Vec::new();
        for list in lists {
            let Ok(document) = self.open(&list) else { continue };
            let content = document.shown();
            let found = content.pointer("/body/terms").and_then(Value::as_array);
            let room = TAGS.saturating_sub(terms.len());
            terms.extend(found.into_iter().flatten().take(room).map(term));
        }
        Terms::new(terms)
    }
}

fn term(value: &Value) -> Term {
    let text = |field: &str| {
        value.get(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    };
    let others = value.get("altLabel").and_then(Value::as_array).into_iter().flatten();
    let status = text("status");
    Term {
        name: text("prefLabel"),
        code: text("curie"),
        uri: text("term_uri"),
        other_names: others.filter_map(Value::as_str).map(str::to_owned).collect(),
        is_proposed: status == "proposed",
        is_given_up: status == "deprecated",
        instead: text("replaced_by"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        let one = |name: &str, code: &str, instead: Option<&str>| Term {
            name: name.to_owned(),
            code: code.to_owned(),
            is_given_up: instead.is_some(),
            instead: instead.unwrap_or_default().to_owned(),
            ..Term::default()
        };
        let mut debt = one("Money and debt", "nm:debt", None);
        debt.other_names = vec!["Debt".to_owned(), "Arrears".to_owned()];
        Terms::new(vec![
            one("Debt", "nm:oldDebt", Some("nm:olderDebt")),
            one("Owing", "nm:olderDebt", Some("nm:debt")),
            debt,
            one("Round", "nm:a", Some("nm:b")),
            one("About", "nm:b", Some("nm:a")),
        ])
    }

    #[test]
    fn a_tag_is_found_by_its_code_and_by_any_of_its_names() {
        let terms = terms();
        let found = |name: &str| terms.by_name(name).map(|term| term.code.as_str());
        assert_eq!(found("money AND debt"), Some("nm:debt"));
        assert_eq!(found("arrears"), Some("nm:debt"));
        assert_eq!(found("debt"), Some("nm:debt"), "one in use goes first");
        assert_eq!((found(""), found("nothing")), (None, None));
        assert_eq!(terms.by_code(""), None);
        assert_eq!(terms.name_of("Debts", "nm:debt"), "Money and debt");
        assert_eq!(terms.name_of("Debts", "other:debt"), "Debts");
    }

    #[test]
    fn the_successor_of_a_tag_is_one_in_use_and_a_ring_has_none() {
        let terms = terms();
        let next =
            |code: &str| terms.successor(terms.by_code(code)?).map(|term| term.code.as_str());
        assert_eq!(next("nm:oldDebt"), Some("nm:debt"));
        assert_eq!((next("nm:a"), next("nm:debt")), (None, None));
    }
}
