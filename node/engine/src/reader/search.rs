//! Search over everything that this organisation may read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crdt_schema::documents::passages;
use crdt_schema::identity::{DocumentId, Kind, OrganizationId, Timestamp, WorkspaceId};

use super::{Reader, Terms};
use crate::documents::{Held, List};
use crate::engine::Engine;
use crate::words::{Asked, Words, plain};

/// Letters of an excerpt before the first word that was looked for, and after it.
const BEFORE: usize = 60;
const AFTER: usize = 180;

/// What is looked for. What is empty does not narrow the search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Words that all must be there, each whole or as the beginning of a word.
    pub words: String,
    pub workspace: Option<WorkspaceId>,
    pub kind: Option<Kind>,
    /// A tag's name or code.
    pub tag: String,
    /// Who made it.
    pub owner: Option<OrganizationId>,
    /// An area's name or code.
    pub area: String,
    pub status: String,
    pub decision: Option<Decided>,
    /// Only what should have been reviewed before this date, like 2026-11-22.
    pub review_before: String,
    /// Only what changed at this time or later.
    pub since: Option<Timestamp>,
}

/// What became of a data request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// All of it, or part of it.
    Yes,
    No,
    NotYet,
}

/// Where the words were found. The first is the best.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    /// All of them in the title.
    Title,
    /// All of them in the title, the summary and the tags.
    Summary,
    /// All of them somewhere in the document.
    Text,
}

/// A document that fits a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: DocumentId,
    pub workspace: WorkspaceId,
    pub rank: Rank,
    pub updated: Timestamp,
}

impl Found {
    /// Returns what puts the found in order: the best first, and among equals the last changed.
    #[must_use]
    pub const fn order(&self) -> (Rank, Reverse<u64>, DocumentId) {
        (self.rank, Reverse(self.updated.0), self.id)
    }
}

/// What searches may be narrowed by: what documents that one may read have.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub kinds: BTreeSet<Kind>,
    /// Names of tags.
    pub tags: BTreeSet<String>,
    /// Organisations that made documents, with their names.
    pub owners: BTreeMap<OrganizationId, String>,
    /// Names of areas.
    pub areas: BTreeSet<String>,
    /// Each status with a kind that has it.
    pub statuses: BTreeMap<String, Kind>,
}

/// A piece of a document's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What people call the place in the document.
    pub label: String,
    /// The text in pieces; with each, is it a word that was looked for?
    pub pieces: Vec<(String, bool)>,
}

impl Reader<'_> {
    /// Returns the documents that fit, in the order of [`Found::order`].
    #[must_use]
    pub fn search(&mut self, search: &Search) -> Vec<Found> {
        let asked = Asked::new(&search.words);
        if asked.is_empty() && !search.words.trim().is_empty() {
            return Vec::new();
        }
        let tags = self.tags_meant(&search.tag, search.workspace);
        let wanted = Wanted { tags, area: plain(&search.area), search };
        let mut found = Vec::new();
        self.each_listed(search.workspace, |engine, id, workspace| {
            let Engine { documents, workspaces, shelf, .. } = engine;
            let Some(log) = workspaces.log_mut(workspace) else { return Ok(()) };
            let Some((held, list)) = documents.listed(id, &**shelf, &*log)? else { return Ok(()) };
            let updated = list.updated;
            if !wanted.fits(held, list) {
                return Ok(());
            }
            let mut rank = Rank::Title;
            if !asked.is_empty() {
                let words = documents.words(id, &**shelf, &*log)?;
                if !words.is_some_and(|words| asked.are_all_in(words)) {
                    return Ok(());
                }
                let listed = documents.listed(id, &**shelf, &*log)?;
                rank = listed.map_or(rank, |(_, list)| rank_in(list, &asked));
            }
            found.push(Found { id: *id, workspace: *workspace, rank, updated });
            Ok(())
        });
        found.sort_by_key(Found::order);
        found
    }

    /// Returns what searches may be narrowed by.
    #[must_use]
    pub fn choices(&mut self, workspace: Option<WorkspaceId>) -> Choices {
        let mut choices = Choices::default();
        let ids: Vec<WorkspaceId> = self.0.workspaces.ids().copied().collect();
        let terms: BTreeMap<WorkspaceId, Terms> =
            ids.into_iter().map(|id| (id, self.terms(&id))).collect();
        self.each_listed(workspace, |engine, id, workspace| {
            let Engine { documents, workspaces, shelf, .. } = engine;
            let Some(log) = workspaces.log_mut(workspace) else { return Ok(()) };
            let Some((held, list)) = documents.listed(id, &**shelf, &*log)? else { return Ok(()) };
            let (kind, owner) = (held.genesis.kind, held.genesis.owner);
            choices.kinds.insert(kind);
            if let Some(area) = list.area.first().filter(|area| !choices.areas.contains(*area)) {
                choices.areas.insert(area.clone());
            }
            let terms = terms.get(workspace);
            for (name, code) in &list.tags {
                let name = terms.map_or(name.as_str(), |terms| terms.name_of(name, code));
                if !name.is_empty() && !choices.tags.contains(name) {
                    choices.tags.insert(name.to_owned());
                }
            }
            if !list.status.is_empty() && !choices.statuses.contains_key(&list.status) {
                choices.statuses.insert(list.status.clone(), kind);
            }
            if let Some(member) = log.state().members.get(&owner) {
                choices.owners.entry(owner).or_insert_with(|| member.name().to_string());
            }
            Ok(())
        });
        choices
    }

    /// Returns the text of a document in which most of the words stand: not its title, unless they stand nowhere else.
    #[must_use]
    pub fn excerpt(&mut self, id: &DocumentId, words: &str) -> Option<Excerpt> {
        let asked = Asked::new(words);
        let kind = self.0.documents.held(id)?.genesis.kind;
        let content = self.open(id).ok()?.shown();
        let passages = passages(kind, &content);
        let name = crdt_schema::documents::title_field(kind);
        let best = passages.iter().enumerate().max_by_key(|(index, passage)| {
            (asked.count_in(passage.text), !passage.is(name), Reverse(*index))
        });
        let (_, passage) = best.filter(|(_, passage)| asked.count_in(passage.text) > 0)?;
        let pieces = cut(passage.text, &asked.places(passage.text));
        Some(Excerpt { label: passage.label(kind), pieces })
    }

    /// Returns a text in pieces; with each, is it a word that was looked for?
    #[must_use]
    pub fn marked(text: &str, words: &str) -> Vec<(String, bool)> {
        pieces(text, 0..text.len(), &Asked::new(words).places(text))
    }

    /// Returns by which names and codes documents may carry a tag: a new name finds what was tagged under the old one.
    fn tags_meant(&mut self, tag: &str, only: Option<WorkspaceId>) -> BTreeSet<String> {
        if tag.is_empty() {
            return BTreeSet::new();
        }
        let workspaces: Vec<WorkspaceId> = self.0.workspaces.ids().copied().collect();
        let meant = workspaces.iter().filter(|id| only.is_none_or(|only| only == **id));
        meant.flat_map(|workspace| self.terms(workspace).all_names(tag)).collect()
    }

    /// Goes through the documents that this organisation may read. What cannot be read is left out.
    pub(super) fn each_listed(
        &mut self,
        only: Option<WorkspaceId>,
        mut look: impl FnMut(
            &mut Engine,
            &DocumentId,
            &WorkspaceId,
        ) -> Result<(), crate::shelf::ShelfError>,
    ) {
        let workspaces: Vec<WorkspaceId> = self.0.workspaces.ids().copied().collect();
        let mut readable = BTreeSet::new();
        for workspace in workspaces {
            // Whoever is out of a workspace reads nothing of it.
            if self.role(&workspace).is_none() {
                continue;
            }
            let ids: Vec<DocumentId> = self.readable(&workspace).collect();
            if only.is_none_or(|only| only == workspace) {
                for id in &ids {
                    if let Err(error) = look(self.0, id, &workspace) {
                        tracing::warn!(document = %id, %error, "cannot look through a document");
                    }
                }
            }
            readable.extend(ids);
        }
        self.0.documents.keep_words(&readable);
    }
}

/// A search whose words are ready to be compared.
struct Wanted<'a> {
    search: &'a Search,
    /// By which names and codes documents may carry the tag.
    tags: BTreeSet<String>,
    area: String,
}

impl Wanted<'_> {
    fn fits(&self, held: &Held, list: &List) -> bool {
        let Search { kind, owner, status, decision, review_before, since, .. } = self.search;
        let is_tagged = |(name, code): &(String, String)| {
            self.tags.contains(&plain(name)) || self.tags.contains(&plain(code))
        };
        kind.is_none_or(|kind| held.genesis.kind == kind)
            && owner.is_none_or(|owner| held.genesis.owner == owner)
            && (status.is_empty() || list.status == *status)
            && since.is_none_or(|since| list.updated >= since)
            && (review_before.is_empty() || is_before(&list.review_date, review_before))
            && (self.search.tag.is_empty() || list.tags.iter().any(is_tagged))
            && (self.area.is_empty() || list.area.iter().any(|area| plain(area) == self.area))
            && decision.is_none_or(|decision| {
                held.genesis.kind == Kind::DataRequest && decided(&list.decision) == Some(decision)
            })
    }
}

/// Returns what the outcome of a data request comes to; nothing for one that was taken back.
fn decided(outcome: &str) -> Option<Decided> {
    match outcome {
        "approved" | "approved_in_part" => Some(Decided::Yes),
        "declined" | "declined_with_alternative" => Some(Decided::No),
        "" => Some(Decided::NotYet),
        _ => None,
    }
}

/// Is an ISO date before another one?
pub(super) fn is_before(date: &str, other: &str) -> bool {
    let is_date = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    date.get(..10).is_some_and(|date| is_date(date) && date < other)
}

fn rank_in(list: &List, asked: &Asked) -> Rank {
    let tags = list.tags.iter().flat_map(|(name, code)| [name.as_str(), code]);
    if asked.are_all_in(&Words::of([list.title.as_str()])) {
        Rank::Title
    } else if asked
        .are_all_in(&Words::of([list.title.as_str(), &list.description].into_iter().chain(tags)))
    {
        Rank::Summary
    } else {
        Rank::Text
    }
}

/// Cuts the text around the first of these places.
fn cut(text: &str, places: &[Range<usize>]) -> Vec<(String, bool)> {
    let first = places.first().map_or(0, |place| place.start);
    let before = text.get(..first).unwrap_or_default();
    let start = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| {
        // From the next whole word on.
        before
            .get(at..)
            .and_then(|rest| rest.find(char::is_whitespace))
            .map_or(at, |space| at + space)
    });
    let after = text.get(first..).unwrap_or_default();
    let end = after.char_indices().nth(AFTER).map_or(text.len(), |(at, _)| {
        let rest = after.get(..at).unwrap_or_default();
        first + rest.rfind(char::is_whitespace).unwrap_or(at)
    });
    let mut cut = pieces(text, start..end, places);
    if let Some((piece, _)) = cut.first_mut().filter(|_| start > 0) {
        *piece = format!("… {}", piece.trim_start());
    }
    if end < text.len() {
        cut.push((" …".to_owned(), false));
    }
    cut
}

/// Returns a part of a text in pieces: what is at these places, and what is between.
fn pieces(text: &str, part: Range<usize>, places: &[Range<usize>]) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut push = |range: Range<usize>, is_marked: bool| {
        let piece = text.get(range).unwrap_or_default();
        if !piece.is_empty() {
            pieces.push((piece.to_owned(), is_marked));
        }
    };
    let mut at = part.start;
    let within = places.iter().filter(|place| part.start <= place.start && place.end <= part.end);
    for place in within {
        push(at..place.start, false);
        push(place.clone(), true);
        at = place.end;
    }
    push(at..part.end, false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, words: &str) -> String {
        let pieces = cut(text, &Asked::new(words).places(text));
        let show = |(piece, is_marked): (String, bool)| {
            if is_marked { format!("[{piece}]") } else { piece }
        };
        pieces.into_iter().map(show).collect()
    }

    #[test]
    fn an_excerpt_is_cut_between_words_around_the_first_that_was_looked_for() {
        assert_eq!(show("Ring the Café line.", "cafe"), "Ring the [Café] line.");
        let long = format!("{}the food bank {}", "before ".repeat(20), "after ".repeat(60));
        let shown = show(&long, "food");
        assert!(
            shown.starts_with("… before") && shown.contains("the [food] bank after"),
            "{shown}"
        );
        assert!(shown.ends_with("after …") && shown.len() < BEFORE + AFTER + 20, "{shown}");
        let unbroken = "é".repeat(400);
        assert!(show(&format!("{unbroken} food {unbroken}"), "food").contains("[food]"));
    }

    #[test]
    fn dates_of_review_are_compared_as_dates() {
        for (date, other, is_it) in [
            ("2026-11-21", "2026-11-22", true),
            ("2026-11-22", "2026-11-22", false),
            ("2026-11-21T09:00:00Z", "2026-11-22", true),
            ("soon", "2026-11-22", false),
            ("", "2026-11-22", false),
            ("1 May 2020", "2026-11-22", false),
        ] {
            assert_eq!(is_before(date, other), is_it, "{date}");
        }
    }
}
