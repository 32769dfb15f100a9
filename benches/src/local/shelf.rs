//! [`Memory`]: a shelf that forgets everything with the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record, Shelf, ShelfError};

#[derive(Clone, Debug, Default)]
struct Kept {
    entries: Vec<(WorkspaceId, Vec<u8>)>,
    order: Vec<EnvelopeMeta>,
    envelopes: BTreeMap<EnvelopeId, Vec<u8>>,
    locals: BTreeMap<String, Vec<u8>>,
    cache: BTreeMap<String, Vec<u8>>,
}

/// A shelf in memory. A clone is another handle to the same one.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep(&self, records: Vec<Record>) {
        let mut kept = self.kept();
        for record in records {
            match record {
                Record::Entry { workspace, bytes, .. } => kept.entries.push((workspace, bytes)),
                Record::Envelope { workspace, document, id, time, bytes } => {
                    kept.order.push(EnvelopeMeta { workspace, document, id, time });
                    kept.envelopes.insert(id, bytes);
                }
                Record::Local { key, value } => put(&mut kept.locals, key, value),
                Record::Cache { key, value } => put(&mut kept.cache, key, value),
            }
        }
    }

    /// Returns a shelf of its own with the same entries and the envelopes that are picked by their place, as another
    /// member holds them: without anything of this node alone.
    #[must_use]
    pub fn copied(&self, pick: impl Fn(usize) -> bool) -> Self {
        let kept = self.kept();
        let picked = kept.order.iter().enumerate().filter(|(place, _)| pick(*place));
        let order: Vec<EnvelopeMeta> = picked.map(|(_, meta)| *meta).collect();
        let bytes = |meta: &EnvelopeMeta| Some((meta.id, kept.envelopes.get(&meta.id)?.clone()));
        let copy = Kept {
            entries: kept.entries.clone(),
            envelopes: order.iter().filter_map(bytes).collect(),
            order,
            locals: BTreeMap::new(),
            cache: kept.cache.clone(),
        };
        Self(Arc::new(Mutex::new(copy)))
    }

    /// Returns the membership entries as they were kept.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let entry = |(workspace, bytes): &(WorkspaceId, Vec<u8>)| {
            let id = crdt_schema::membership::Entry::from_bytes(bytes).ok()?.id();
            Some(Record::Entry { workspace: *workspace, id, bytes: bytes.clone() })
        };
        self.kept().entries.iter().filter_map(entry).collect()
    }

    /// Returns how many envelopes are kept.
    #[must_use]
    pub fn envelope_count(&self) -> usize {
        self.kept().order.len()
    }
}

fn put(map: &mut BTreeMap<String, Vec<u8>>, key: String, value: Option<Vec<u8>>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

impl Shelf for Memory {
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError> {
        Ok(self.kept().entries.clone())
    }

    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError> {
        Ok(self.kept().order.clone())
    }

    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError> {
        Ok(self.kept().envelopes.get(id).cloned())
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        let kept = self.kept();
        let found = kept.locals.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.kept().cache.get(key).cloned()
    }
}
