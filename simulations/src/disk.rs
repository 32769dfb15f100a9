//! [`Disk`]: what survives a crash: only whole batches that were committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record, Shelf, ShelfError};

type Bytes = Arc<[u8]>;

/// A node's disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Kept>>);

/// What many disks begin with. It is in memory once, however many there are, and so is what several of them keep alike.
#[derive(Clone, Debug)]
pub struct Base {
    layer: Arc<Layer>,
    pool: Pool,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    base: Option<Arc<Layer>>,
    own: Layer,
    has_lost_cache: bool,
    pool: Pool,
}

#[derive(Clone, Debug, Default)]
struct Layer {
    entries: Vec<(WorkspaceId, Bytes)>,
    metas: Vec<EnvelopeMeta>,
    envelopes: BTreeMap<EnvelopeId, Bytes>,
    /// `None` where something of the base was deleted.
    locals: BTreeMap<String, Option<Bytes>>,
    cache: BTreeMap<String, Option<Bytes>>,
    damaged: BTreeSet<EnvelopeId>,
}

/// Keeps equal bytes once.
#[derive(Clone, Debug, Default)]
struct Pool(Arc<Mutex<Pooled>>);

#[derive(Debug, Default)]
struct Pooled {
    all: BTreeSet<Bytes>,
    sweep_at: usize,
}

impl Pool {
    fn keep(&self, bytes: Vec<u8>) -> Bytes {
        let mut pooled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = pooled.all.get(bytes.as_slice()) {
            return Arc::clone(known);
        }
        if pooled.all.len() >= pooled.sweep_at {
            pooled.all.retain(|bytes| Arc::strong_count(bytes) > 1);
            pooled.sweep_at = pooled.all.len().saturating_mul(2).max(1_024);
        }
        let bytes: Bytes = bytes.into();
        pooled.all.insert(Arc::clone(&bytes));
        bytes
    }
}

impl Kept {
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.base.as_deref().into_iter().chain(std::iter::once(&self.own))
    }

    fn metas(&self) -> impl Iterator<Item = &EnvelopeMeta> {
        self.layers().flat_map(|layer| &layer.metas)
    }

    fn envelope(&self, id: &EnvelopeId) -> Option<Vec<u8>> {
        self.layers().find_map(|layer| layer.envelopes.get(id)).map(|bytes| bytes.to_vec())
    }

    /// Returns what is there under such keys, newer layers first.
    fn texts(
        &self,
        of: fn(&Layer) -> &BTreeMap<String, Option<Bytes>>,
        prefix: &str,
    ) -> BTreeMap<String, Bytes> {
        let mut texts = BTreeMap::new();
        for layer in self.layers() {
            let from = of(layer).range(prefix.to_owned()..);
            for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
                match value {
                    Some(value) => drop(texts.insert(key.clone(), Arc::clone(value))),
                    None => drop(texts.remove(key)),
                }
            }
        }
        texts
    }
}

impl Disk {
    /// Returns a disk that begins with what others begin with, too.
    #[must_use]
    pub fn on(base: &Base) -> Self {
        let (layer, pool) = (Arc::clone(&base.layer), base.pool.clone());
        Self(Arc::new(Mutex::new(Kept { base: Some(layer), pool, ..Kept::default() })))
    }

    /// Returns what is on it now, for others to begin with.
    #[must_use]
    pub fn base(&self) -> Base {
        let kept = self.kept();
        let mut layer = Layer::default();
        for part in kept.layers() {
            layer.entries.extend(part.entries.iter().cloned());
            layer.metas.extend(&part.metas);
            layer.envelopes.extend(part.envelopes.iter().map(|(id, all)| (*id, Arc::clone(all))));
            layer.locals.extend(part.locals.clone());
            layer.cache.extend(part.cache.clone());
        }
        Base { layer: Arc::new(layer), pool: kept.pool.clone() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps one batch, as a whole.
    pub fn commit(&self, records: Vec<Record>) {
        let mut kept = self.kept();
        let Kept { base, own, pool, .. } = &mut *kept;
        for record in records {
            match record {
                Record::Entry { workspace, bytes, .. } => {
                    own.entries.push((workspace, pool.keep(bytes)));
                }
                // It came again because it was damaged, and keeps its place.
                Record::Envelope { id, .. }
                    if own.envelopes.contains_key(&id)
                        || base.as_ref().is_some_and(|base| base.envelopes.contains_key(&id)) =>
                {
                    own.damaged.remove(&id);
                }
                Record::Envelope { workspace, document, id, time, bytes } => {
                    own.metas.push(EnvelopeMeta { workspace, document, id, time });
                    own.envelopes.insert(id, pool.keep(bytes));
                }
                Record::Local { key, value } => {
                    own.locals.insert(key, value.map(|value| pool.keep(value)));
                }
                Record::Cache { key, value } => {
                    own.cache.insert(key, value.map(|value| pool.keep(value)));
                }
            }
        }
    }

    /// Loses what is kept without a promise, as when the index is built again from the journal.
    pub fn lose_cache(&self) {
        let mut kept = self.kept();
        kept.own.cache.clear();
        kept.has_lost_cache = true;
    }

    /// Flips bits in the envelopes that are hit; returns them.
    pub fn damage(&self, mut is_hit: impl FnMut(&EnvelopeId) -> bool) -> Vec<EnvelopeId> {
        let mut kept = self.kept();
        let hit: Vec<EnvelopeId> = kept.metas().map(|meta| meta.id).filter(&mut is_hit).collect();
        kept.own.damaged.extend(&hit);
        hit
    }

    /// Takes the membership entries that are hit, but for what it began with.
    pub fn damage_entries(&self, mut is_hit: impl FnMut() -> bool) {
        self.kept().own.entries.retain(|_| !is_hit());
    }

    /// How many envelopes are damaged?
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.kept().own.damaged.len()
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
        let entries = kept.layers().flat_map(|layer| &layer.entries);
        let mut all: Vec<Vec<u8>> = entries.map(|(_, bytes)| bytes.to_vec()).collect();
        let envelopes = kept.layers().flat_map(|layer| layer.envelopes.values());
        all.extend(envelopes.map(|bytes| bytes.to_vec()));
        let texts = kept.texts(|layer| &layer.locals, "").into_iter();
        for (key, value) in texts.chain(kept.texts(|layer| &layer.cache, "")) {
            all.extend([key.into_bytes(), value.to_vec()]);
        }
        all
    }

    /// Returns all envelopes, in the order in which they were kept.
    #[must_use]
    pub fn all(&self) -> Vec<(EnvelopeMeta, Vec<u8>)> {
        let kept = self.kept();
        let bytes = |meta: &EnvelopeMeta| kept.envelope(&meta.id).unwrap_or_default();
        kept.metas().map(|meta| (*meta, bytes(meta))).collect()
    }

    /// Returns what was added to the membership log since the disk began, sorted.
    #[must_use]
    pub fn newer_entries(&self) -> BTreeSet<(WorkspaceId, Arc<[u8]>)> {
        self.kept().own.entries.iter().cloned().collect()
    }
}

impl Shelf for Disk {
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError> {
        let kept = self.kept();
        let entries = kept.layers().flat_map(|layer| &layer.entries);
        Ok(entries.map(|(workspace, bytes)| (*workspace, bytes.to_vec())).collect())
    }

    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError> {
        Ok(self.kept().metas().copied().collect())
    }

    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError> {
        let kept = self.kept();
        Ok(if kept.own.damaged.contains(id) { None } else { kept.envelope(id) })
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        let texts = self.kept().texts(|layer| &layer.locals, prefix);
        Ok(texts.into_iter().map(|(key, value)| (key, value.to_vec())).collect())
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        let kept = self.kept();
        let base = kept.base.as_deref().filter(|_| !kept.has_lost_cache);
        let value = kept.own.cache.get(key).or_else(|| base?.cache.get(key))?;
        value.as_ref().map(|value| value.to_vec())
    }
}
