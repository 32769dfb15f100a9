//! What was found on a shelf that this organisation follows, and what of it is news since somebody said they had seen it.
//!
//! What is news is told by the order in which it was found here, not by the time that the other side says.

use std::collections::BTreeMap;

use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use serde::{Deserialize, Serialize};

use crate::visit::Shelf;

/// Protects the store: documents of one shelf that are remembered, and those that are no longer there.
pub(crate) const DOCUMENTS: usize = 1_000;
const GONE: usize = 200;
/// Protects the store and the page: letters of what the other side calls itself and its documents.
const LETTERS: usize = 200;
/// Protects the store: changes that name one version. What names more is told by what its version is called.
const CHANGES: usize = 16;

/// What was found on a shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Grows with each look that finds something else than the one before.
    pub(crate) round: u64,
    /// Who says they publish it.
    pub(crate) publisher: String,
    pub(crate) documents: BTreeMap<DocumentId, Listed>,
}

/// A document of a shelf, as it was found last. Nothing of it is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) title: String,
    pub(crate) kind: String,
    /// What its version is called.
    pub(crate) version: String,
    /// Which version that is, if the list says it.
    pub(crate) heads: Heads,
    /// The rounds in which it was found first, found in another version, and no longer found.
    first: u64,
    changed: u64,
    gone: Option<u64>,
}

/// What is news of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    Changed,
    Gone,
}

/// How many documents of a shelf are news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) new: usize,
    pub(crate) changed: usize,
    pub(crate) gone: usize,
}

impl Listed {
    /// Returns what is news of it for those who saw all up to a round.
    pub(crate) fn standing(&self, seen: u64) -> Option<Standing> {
        let is_new = self.first > seen;
        match self.gone {
            // What came and went meanwhile is none.
            Some(gone) => (gone > seen && !is_new).then_some(Standing::Gone),
            None if is_new => Some(Standing::New),
            None => (self.changed > seen).then_some(Standing::Changed),
        }
    }

    pub(crate) const fn is_there(&self) -> bool {
        self.gone.is_none()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.heads == other.heads
            && (!self.heads.as_slice().is_empty() || self.version == other.version)
    }
}

impl Found {
    /// Returns what is known after a look. What a first look finds is no news.
    pub(crate) fn after(before: Option<&Self>, shelf: &Shelf, seen: u64) -> Self {
        let round = before.map_or(0, |before| before.round.saturating_add(1));
        let empty = BTreeMap::new();
        let known = before.map_or(&empty, |before| &before.documents);
        let mut documents = BTreeMap::new();
        for one in shelf.documents.iter().take(DOCUMENTS) {
            let Ok(id) = one.id.parse::<DocumentId>() else { continue };
            let mut listed = Listed {
                title: short(&one.title),
                kind: short(&one.kind),
                version: short(&one.version),
                heads: version(&one.heads),
                first: round,
                changed: round,
                gone: None,
            };
            if let Some(before) = known.get(&id) {
                listed.first = before.first;
                listed.changed = if listed.is_same(before) { before.changed } else { round };
            }
            documents.entry(id).or_insert(listed);
        }
        // Of a longer list it is not known what stands further down.
        let is_whole = shelf.documents.len() <= DOCUMENTS;
        let missing = known.iter().filter(|(id, _)| is_whole && !documents.contains_key(*id));
        let mut gone: Vec<(DocumentId, Listed)> = missing
            .map(|(id, one)| (*id, Listed { gone: one.gone.or(Some(round)), ..one.clone() }))
            .filter(|(_, one)| one.standing(seen).is_some())
            .collect();
        gone.truncate(GONE);
        documents.extend(gone);
        let has_news =
            |one: &Listed| [one.first, one.changed, one.gone.unwrap_or(0)].contains(&round);
        let is_other = documents.values().any(has_news);
        let round = match before {
            Some(before) if !is_other => before.round,
            Some(_) | None => round,
        };
        Self { round, publisher: short(&shelf.publisher), documents }
    }

    /// Returns how much is news for those who saw all up to a round.
    pub(crate) fn news(&self, seen: u64) -> News {
        let mut news = News::default();
        for standing in self.documents.values().filter_map(|one| one.standing(seen)) {
            match standing {
                Standing::New => news.new += 1,
                Standing::Changed => news.changed += 1,
                Standing::Gone => news.gone += 1,
            }
        }
        news
    }
}

fn version(text: &str) -> Heads {
    let heads: Heads = text.parse().unwrap_or_default();
    if heads.as_slice().len() > CHANGES { Heads::default() } else { heads }
}

fn short(text: &str) -> String {
    text.trim().chars().take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::Published;

    fn id(number: u8) -> DocumentId {
        DocumentId([number; 32])
    }

    /// Returns a shelf with these documents, each in a version that a number stands for.
    fn shelf(documents: &[(u8, u8)]) -> Shelf {
        let published = |(number, version): &(u8, u8)| Published {
            id: id(*number).to_string(),
            title: format!("Document {number}"),
            kind: "pathway".to_owned(),
            version: "Version".to_owned(),
            heads: hex::encode([*version; 32]),
            bundle: "documents/x/bundle.json".to_owned(),
        };
        Shelf {
            address: "https://a.example/index.json".parse().unwrap(),
            publisher: "Northmere".to_owned(),
            documents: documents.iter().map(published).collect(),
        }
    }

    fn news(found: &Found, seen: u64) -> (usize, usize, usize) {
        let News { new, changed, gone } = found.news(seen);
        (new, changed, gone)
    }

    #[test]
    fn what_comes_changes_and_goes_is_news_until_it_was_seen() {
        let first = Found::after(None, &shelf(&[(1, 1), (2, 1)]), 0);
        assert_eq!(news(&first, 0), (0, 0, 0), "it was there when the shelf was followed");
        let second = Found::after(Some(&first), &shelf(&[(1, 2), (3, 1), (4, 1)]), 0);
        assert_eq!(news(&second, 0), (2, 1, 1));
        let same = Found::after(Some(&second), &shelf(&[(4, 1), (3, 1), (1, 2)]), 0);
        assert_eq!(same, second, "nothing is written when nothing changed");
        let seen = second.round;
        assert_eq!(news(&second, seen), (0, 0, 0));
        let third = Found::after(Some(&second), &shelf(&[(1, 2), (3, 5), (4, 1)]), seen);
        assert_eq!(news(&third, seen), (0, 1, 0));
        assert!(!third.documents.contains_key(&id(2)), "it was seen that it is gone");
    }

    #[test]
    fn what_came_and_went_or_went_and_came_before_anybody_looked_is_no_news() {
        let first = Found::after(None, &shelf(&[(1, 1)]), 0);
        let second = Found::after(Some(&first), &shelf(&[(2, 1)]), 0);
        assert_eq!(news(&second, 0), (1, 0, 1));
        let third = Found::after(Some(&second), &shelf(&[(1, 1)]), 0);
        assert_eq!(news(&third, 0), (0, 0, 0), "{third:?}");
    }

    #[test]
    fn a_changed_document_that_was_new_counts_once() {
        let first = Found::after(None, &shelf(&[]), 0);
        let second = Found::after(Some(&first), &shelf(&[(1, 1)]), 0);
        let third = Found::after(Some(&second), &shelf(&[(1, 2)]), 0);
        assert_eq!(news(&third, 0), (1, 0, 0));
        assert_eq!(news(&third, second.round), (0, 1, 0));
    }

    #[test]
    fn what_a_shelf_says_takes_no_more_than_there_is_room_for() {
        let mut wild = shelf(&[(1, 1), (1, 2)]);
        let mut strange = wild.documents[0].clone();
        strange.id = "../../etc/passwd".to_owned();
        wild.documents.push(strange);
        wild.documents[0].title = "x".repeat(100_000);
        wild.documents[0].heads = "no version".to_owned();
        wild.publisher = "y".repeat(100_000);
        let found = Found::after(None, &wild, 0);
        assert_eq!(found.documents.len(), 1);
        assert!(serde_json::to_string(&found).unwrap().len() < 1_000, "{found:?}");

        let mut long = shelf(&[(2, 1)]);
        let one = long.documents[0].clone();
        long.documents.extend(std::iter::repeat_n(one, DOCUMENTS));
        let after = Found::after(Some(&found), &long, 0);
        assert_eq!(news(&after, 0), (1, 0, 0), "what stands further down may still be there");
    }

    #[test]
    fn a_shelf_that_names_no_versions_is_told_by_what_they_are_called() {
        let mut first = shelf(&[(1, 1)]);
        first.documents[0].heads.clear();
        let mut second = shelf(&[(1, 1)]);
        second.documents[0].heads.clear();
        let before = Found::after(None, &first, 0);
        assert_eq!(news(&Found::after(Some(&before), &second, 0), 0), (0, 0, 0));
        second.documents[0].version = "Second edition".to_owned();
        assert_eq!(news(&Found::after(Some(&before), &second, 0), 0), (0, 1, 0));
    }
}
