//! The words of documents, kept beside their list data: what search looks through without opening them.
//!
//! They are good for one version. Whoever finds them missing or of another version makes them anew, so that nothing has
//! to be told when a document changes.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::codec;
use crdt_schema::documents;
use crdt_schema::identity::{DocumentId, Kind, Timestamp};
use crdt_schema::ledger::Membership;

use super::{Documents, Held, List, Open};
use crate::effects::Record;
use crate::shelf::{Shelf, ShelfError};
use crate::words::Words;

/// Protects the disk while people type: the words of one document are written once in so many milliseconds.
const PAUSE: u64 = 5_000;
/// Words that were missing and are written at once.
const AT_ONCE: usize = 64;

/// The words that were looked through since the start, and which of them are to be written.
#[derive(Debug, Default)]
pub(crate) struct Index {
    words: BTreeMap<DocumentId, Indexed>,
    /// Made anew because they were missing.
    unwritten: BTreeSet<DocumentId>,
    /// When words were last written, as long as that is not long ago.
    written: BTreeMap<DocumentId, Timestamp>,
    /// Changed again since.
    late: BTreeSet<DocumentId>,
}

#[derive(Debug)]
struct Indexed {
    version: String,
    words: Words,
}

impl Documents {
    /// Returns a document and what lists show of it.
    pub(crate) fn listed(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Option<(&Held, &List)>, ShelfError> {
        if self.held.get(id).is_some_and(|held| held.list.is_none()) {
            self.list(id, shelf, membership)?;
        }
        Ok(self.held(id).and_then(|held| Some((held, held.list.as_ref()?))))
    }

    /// Returns the words of a document's newest version.
    pub(crate) fn words(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Option<&Words>, ShelfError> {
        let Some((held, list)) = self.listed(id, shelf, membership)? else { return Ok(None) };
        let (kind, version) = (held.genesis.kind, list.version().to_owned());
        if self.index.words.get(id).is_none_or(|indexed| indexed.version != version) {
            let kept = shelf.cached(&key(id));
            let kept = kept.and_then(|bytes| minicbor::decode::<(String, String)>(&bytes).ok());
            let words = match kept.filter(|(of, _)| *of == version) {
                Some((_, words)) => Words::new(words),
                None => {
                    let Some(open) = self.open(id, shelf, membership)? else { return Ok(None) };
                    let words = words_of(kind, open);
                    self.index.unwritten.insert(*id);
                    words
                }
            };
            self.index.words.insert(*id, Indexed { version, words });
        }
        Ok(self.index.words.get(id).map(|indexed| &indexed.words))
    }

    /// Forgets the words of what may not be looked through any more.
    pub(crate) fn keep_words(&mut self, of: &BTreeSet<DocumentId>) {
        self.index.words.retain(|id, _| of.contains(id));
    }

    /// Returns the record that keeps the words of a document that changed; none if they were written just now. What this
    /// organisation may not read leaves the index.
    pub(crate) fn cache_words(&mut self, id: &DocumentId, now: Timestamp) -> Option<Record> {
        let (kind, may_read) =
            self.held.get(id).map(|held| (held.genesis.kind, held.may_read(&self.own)))?;
        if !may_read {
            self.index.words.remove(id);
            self.index.late.remove(id);
            return Some(Record::Cache { key: key(id), value: None });
        }
        let is_recent = |at: &Timestamp| now.0 < at.0.saturating_add(PAUSE);
        if self.index.written.get(id).is_some_and(is_recent) {
            self.index.late.insert(*id);
            return None;
        }
        let open = self.open.get(id)?;
        let (version, words) = (open.document.heads().to_string(), words_of(kind, open));
        let record = to_record(id, &version, &words);
        if let Some(indexed) = self.index.words.get_mut(id) {
            *indexed = Indexed { version, words };
        }
        self.index.written.insert(*id, now);
        Some(record)
    }

    /// Returns the records of words that were missing, or that waited.
    pub(crate) fn cache_late_words(&mut self, now: Timestamp) -> Vec<Record> {
        let index = &mut self.index;
        index.written.retain(|_, at| now.0 < at.0.saturating_add(PAUSE));
        let due = index.late.iter().filter(|id| !index.written.contains_key(*id));
        let due: Vec<DocumentId> = due.copied().collect();
        let mut records = Vec::new();
        for id in due {
            self.index.late.remove(&id);
            records.extend(self.cache_words(&id, now));
        }
        for _ in 0..AT_ONCE {
            let Some(id) = self.index.unwritten.pop_first() else { break };
            let indexed = self.index.words.get(&id);
            records.extend(indexed.map(|one| to_record(&id, &one.version, &one.words)));
        }
        records
    }
}

fn words_of(kind: Kind, open: &Open) -> Words {
    let content = open.document.shown();
    let passages = documents::passages(kind, &content);
    Words::of(passages.iter().map(|passage| passage.text))
}

fn to_record(id: &DocumentId, version: &str, words: &Words) -> Record {
    let value = codec::encode(&(version, words.as_str()));
    Record::Cache { key: key(id), value: Some(value) }
}

fn key(id: &DocumentId) -> String {
    format!("words/{id}")
}
