//! [`Disk`]: what survives a crash: only whole batches that were committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record, Shelf, ShelfError};

/// A node's disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Kept>>);

#[derive(Clone, Debug, Default)]
struct Kept {
    entries: Vec<(WorkspaceId, Vec<u8>)>,
    metas: Vec<EnvelopeMeta>,
    envelopes: BTreeMap<EnvelopeId, Vec<u8>>,
    locals: BTreeMap<String, Vec<u8>>,
    cache: BTreeMap<String, Vec<u8>>,
    damaged: BTreeSet<EnvelopeId>,
}

impl Disk {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps one batch, as a whole.
    pub fn commit(&self, records: Vec<Record>) {
        let mut kept = self.kept();
        for record in records {
            match record {
                Record::Entry { workspace, bytes, .. } => kept.entries.push((workspace, bytes)),
                // It came again because it was damaged, and keeps its place.
                Record::Envelope { id, .. } if kept.envelopes.contains_key(&id) => {
                    kept.damaged.remove(&id);
                }
                Record::Envelope { workspace, document, id, time, bytes } => {
                    kept.metas.push(EnvelopeMeta { workspace, document, id, time });
                    kept.envelopes.insert(id, bytes);
                }
                Record::Local { key, value } => put(&mut kept.locals, key, value),
                Record::Cache { key, value } => put(&mut kept.cache, key, value),
            }
        }
    }

    /// Loses what is kept without a promise, as when the index is built again from the journal.
    pub fn lose_cache(&self) {
        self.kept().cache.clear();
    }

    /// Flips bits in the envelopes that are hit; returns them.
    pub fn damage(&self, mut is_hit: impl FnMut() -> bool) -> Vec<EnvelopeId> {
        let mut kept = self.kept();
        let hit: Vec<EnvelopeId> =
            kept.metas.iter().map(|meta| meta.id).filter(|_| is_hit()).collect();
        kept.damaged.extend(&hit);
        hit
    }

    /// Takes the membership entries that are hit.
    pub fn damage_entries(&self, mut is_hit: impl FnMut() -> bool) {
        self.kept().entries.retain(|_| !is_hit());
    }

    /// How many envelopes are damaged?
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.kept().damaged.len()
    }

    /// Returns a copy that goes its own way: a backup, or a thief's.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.kept().clone())))
    }

    /// Returns all that is kept, whatever it is, to search it.
    #[must_use]
    pub fn everything(&self) -> Vec<Vec<u8>> {
        let kept = self.kept();
        let entries = kept.entries.iter().map(|(_, bytes)| bytes.clone());
        let texts = [&kept.locals, &kept.cache].into_iter().flatten();
        let texts = texts.flat_map(|(key, value)| [key.clone().into_bytes(), value.clone()]);
        entries.chain(kept.envelopes.values().cloned()).chain(texts).collect()
    }

    /// Returns all envelopes, in the order in which they were kept.
    #[must_use]
    pub fn all(&self) -> Vec<(EnvelopeMeta, Vec<u8>)> {
        let kept = self.kept();
        let bytes = |meta: &EnvelopeMeta| kept.envelopes.get(&meta.id).cloned().unwrap_or_default();
        kept.metas.iter().map(|meta| (*meta, bytes(meta))).collect()
    }
}

fn put(map: &mut BTreeMap<String, Vec<u8>>, key: String, value: Option<Vec<u8>>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

impl Shelf for Disk {
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError> {
        Ok(self.kept().entries.clone())
    }

    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError> {
        Ok(self.kept().metas.clone())
    }

    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError> {
        let kept = self.kept();
        Ok(kept.envelopes.get(id).filter(|_| !kept.damaged.contains(id)).cloned())
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        let kept = self.kept();
        let from =
            kept.locals.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(from.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.kept().cache.get(key).cloned()
    }
}
