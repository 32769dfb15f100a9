//! [`Index`]: where everything stands in the journal. A cache in sled: a scan of the journal makes it anew.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crdt_schema::codec;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, Timestamp, WorkspaceId};
use engine::{EnvelopeMeta, Record};
use minicbor::{Decode, Encode};

use crate::frame::{self, Stored};
use crate::journal::Position;

/// Protects sled, whose larger values go to files of their own that nobody syncs.
pub(crate) const VALUE_BYTES: usize = 64 * 1024;
/// Protects memory: sled's own default is a gigabyte.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// How often the index is written out. The journal is what must not be lost: the next start reads what the index lacks.
const FLUSH_EVERY_MS: u64 = 10_000;

// One tree for all: only then is a step one atomic batch. The first byte of a key says what it is.
const STATE: &[u8] = b"s";
/// `m` and an order: an envelope's [`Meta`].
const META: u8 = b'm';
/// `v` and an envelope's id: its order and [`Place`].
const ENVELOPE: u8 = b'v';
/// `e` and an order: a membership entry's [`EntryRow`].
const ENTRY: u8 = b'e';
/// `i` and an entry's id: its order.
const ENTRY_ORDER: u8 = b'i';
/// `l` and a key: a [`Local`].
const LOCAL: u8 = b'l';
/// `c` and a key: cached bytes.
const CACHE: u8 = b'c';

/// Why the index does not answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index cannot be used")]
    Sled(#[from] sled::Error),
    #[error("the index is damaged: {0}")]
    Damaged(&'static str),
}

/// Bytes in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Place {
    #[n(0)]
    pub(crate) segment: u32,
    #[n(1)]
    pub(crate) offset: u64,
    #[n(2)]
    pub(crate) length: u32,
}

#[derive(Debug, Encode, Decode)]
struct Meta {
    #[n(0)]
    workspace: WorkspaceId,
    #[n(1)]
    document: DocumentId,
    #[n(2)]
    id: EnvelopeId,
    #[n(3)]
    time: Timestamp,
}

#[derive(Debug, Encode, Decode)]
struct EnvelopeRow {
    #[n(0)]
    order: u64,
    #[n(1)]
    place: Place,
}

/// A membership entry, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct EntryRow {
    #[n(0)]
    pub(crate) workspace: WorkspaceId,
    #[n(1)]
    pub(crate) id: EntryId,
    #[n(2)]
    pub(crate) place: Place,
}

/// The value of a local record: here if it is small, else in the journal.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Local {
    #[n(0)]
    Here(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    #[n(1)]
    There(#[n(0)] Place, #[n(1)] u32),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct State {
    /// The last frame of the journal whose records are here.
    #[n(0)]
    position: Option<Position>,
    /// The order of the next envelope and of the next entry.
    #[n(1)]
    envelopes: u64,
    #[n(2)]
    entries: u64,
    /// The sum of the hashes of all other keys with their values: damage that sled does not see does not hide here.
    #[n(3)]
    digest: u64,
}

/// Where everything stands, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) envelopes: Vec<(EnvelopeMeta, Place)>,
    pub(crate) entries: Vec<EntryRow>,
    /// Those that stand in the journal only, with their sums.
    pub(crate) locals: Vec<(String, Place, u32)>,
}

/// Where everything stands in the journal.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Db,
    state: State,
}

impl Index {
    /// Opens the index and checks all of it.
    pub(crate) fn open(path: &Path) -> Result<Self, IndexError> {
        // sled is known to panic on damaged files. It is dropped then, and its files are deleted.
        catch_unwind(AssertUnwindSafe(|| {
            let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES);
            let tree = config.flush_every_ms(Some(FLUSH_EVERY_MS)).open()?;
            let state = match tree.get(STATE)? {
                Some(bytes) => decode(&bytes)?,
                None => State::default(),
            };
            let index = Self { tree, state };
            index.audit()?;
            Ok(index)
        }))
        .unwrap_or(Err(IndexError::Damaged("it cannot be opened")))
    }

    /// Is everything here that was put here, as it was put here?
    pub(crate) fn audit(&self) -> Result<(), IndexError> {
        let mut digest = 0_u64;
        for item in self.tree.iter() {
            let (key, value) = item?;
            if key != STATE {
                digest = digest.wrapping_add(hash(&key, &value));
            }
        }
        if digest == self.state.digest {
            Ok(())
        } else {
            Err(IndexError::Damaged("something is missing or changed"))
        }
    }

    /// Returns the last frame of the journal whose records are here.
    pub(crate) fn position(&self) -> Option<&Position> {
        self.state.position.as_ref()
    }

    /// Forgets everything, to be made anew.
    pub(crate) fn clear(&mut self) -> Result<(), IndexError> {
        // A crash in the middle leaves contents that do not add up, which the next start notices.
        self.tree.clear()?;
        self.state = State::default();
        Ok(())
    }

    /// Returns where everything stands, to compare it with the journal.
    pub(crate) fn rows(&self) -> Result<Rows, IndexError> {
        let mut envelopes = Vec::new();
        for meta in self.envelopes()? {
            if let Some(place) = self.envelope(&meta.id)? {
                envelopes.push((meta, place));
            }
        }
        let mut locals = Vec::new();
        for (key, local) in self.locals("")? {
            if let Local::There(place, sum) = local {
                locals.push((key, place, sum));
            }
        }
        let entries = self.entries()?;
        Ok(Rows { envelopes, entries, locals })
    }

    /// Begins a step: all of it becomes visible, or nothing.
    pub(crate) fn step(&mut self) -> Step<'_> {
        let state = self.state;
        Step { index: self, state, changed: BTreeMap::new() }
    }

    /// Returns where an envelope stands.
    pub(crate) fn envelope(&self, id: &EnvelopeId) -> Result<Option<Place>, IndexError> {
        let row: Option<EnvelopeRow> = self.row(&key(ENVELOPE, &id.0))?;
        Ok(row.map(|row| row.place))
    }

    /// Returns what is known of every envelope, in the order of arrival.
    pub(crate) fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, IndexError> {
        let mut metas =
            Vec::with_capacity(usize::try_from(self.state.envelopes).unwrap_or_default());
        for item in self.tree.scan_prefix([META]) {
            let Meta { workspace, document, id, time } = decode(&item?.1)?;
            metas.push(EnvelopeMeta { workspace, document, id, time });
        }
        Ok(metas)
    }

    /// Returns every membership entry, in the order of arrival.
    pub(crate) fn entries(&self) -> Result<Vec<EntryRow>, IndexError> {
        self.tree.scan_prefix([ENTRY]).map(|item| decode(&item?.1)).collect()
    }

    /// Returns the local records whose key starts with `prefix`.
    pub(crate) fn locals(&self, prefix: &str) -> Result<Vec<(String, Local)>, IndexError> {
        let mut locals = Vec::new();
        for item in self.tree.scan_prefix(key(LOCAL, prefix.as_bytes())) {
            let (key, value) = item?;
            let key = key.get(1..).and_then(|key| String::from_utf8(key.to_vec()).ok());
            locals.push((key.ok_or(IndexError::Damaged("a key is no text"))?, decode(&value)?));
        }
        Ok(locals)
    }

    /// Returns something cached.
    pub(crate) fn cached(&self, name: &str) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.tree.get(key(CACHE, name.as_bytes()))?.map(|value| value.to_vec()))
    }

    /// Writes what sled still holds back. A courtesy to the next start: nothing depends on it.
    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        self.tree.flush()?;
        Ok(())
    }

    fn row<T: for<'b> Decode<'b, ()>>(&self, key: &[u8]) -> Result<Option<T>, IndexError> {
        self.tree.get(key)?.map(|value| decode(&value)).transpose()
    }
}

/// Changes to the index that become visible together.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    index: &'a mut Index,
    state: State,
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Step<'_> {
    /// Notes the records of a frame.
    pub(crate) fn frame(
        &mut self,
        position: Position,
        payload: &[u8],
        records: &[Stored<'_>],
    ) -> Result<(), IndexError> {
        let place = |bytes: &[u8]| Place {
            segment: position.segment,
            offset: position.payload() + frame::offset(payload, bytes) as u64,
            // A payload is shorter than 4 GiB, so each of its parts is.
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        };
        for record in records {
            match record {
                Stored::Envelope { workspace, document, id, time, bytes } => {
                    let meta =
                        Meta { workspace: *workspace, document: *document, id: *id, time: *time };
                    self.envelope(&meta, place(bytes))?;
                }
                Stored::Entry { workspace, id, bytes } => {
                    self.entry(&EntryRow { workspace: *workspace, id: *id, place: place(bytes) })?;
                }
                Stored::Local { key: name, value } => {
                    let local = value.map(|value| {
                        if value.len() > VALUE_BYTES {
                            Local::There(place(value), crc32fast::hash(value))
                        } else {
                            Local::Here(value.to_vec())
                        }
                    });
                    self.put(
                        key(LOCAL, name.as_bytes()),
                        local.map(|local| codec::encode(&local)),
                    )?;
                }
                Stored::SetAside { .. } => {}
            }
        }
        self.state.position = Some(position);
        Ok(())
    }

    /// An envelope that was here before keeps its order: it came again because its bytes were damaged.
    fn envelope(&mut self, meta: &Meta, place: Place) -> Result<(), IndexError> {
        let by_id = key(ENVELOPE, &meta.id.0);
        let order = match self.get(&by_id)? {
            Some(row) => decode::<EnvelopeRow>(&row)?.order,
            None => {
                let order = self.state.envelopes;
                self.state.envelopes += 1;
                self.put(key(META, &order.to_be_bytes()), Some(codec::encode(meta)))?;
                order
            }
        };
        self.put(by_id, Some(codec::encode(&EnvelopeRow { order, place })))
    }

    fn entry(&mut self, row: &EntryRow) -> Result<(), IndexError> {
        let by_id = key(ENTRY_ORDER, &row.id.0);
        let order = match self.get(&by_id)?.as_deref().and_then(<[u8]>::first_chunk) {
            Some(order) => u64::from_be_bytes(*order),
            None => {
                let order = self.state.entries;
                self.state.entries += 1;
                self.put(by_id, Some(order.to_be_bytes().to_vec()))?;
                order
            }
        };
        self.put(key(ENTRY, &order.to_be_bytes()), Some(codec::encode(row)))
    }

    /// Notes what is cached. What is too long is not: an old value under its key goes all the same.
    pub(crate) fn caches(&mut self, records: &[Record]) -> Result<(), IndexError> {
        for record in records {
            if let Record::Cache { key: name, value } = record {
                let value = value.as_ref().filter(|value| value.len() <= VALUE_BYTES);
                self.put(key(CACHE, name.as_bytes()), value.cloned())?;
            }
        }
        Ok(())
    }

    /// Forgets everything cached.
    pub(crate) fn forget_caches(&mut self) -> Result<(), IndexError> {
        let keys: Result<Vec<_>, _> = self.index.tree.scan_prefix([CACHE]).keys().collect();
        for key in keys? {
            self.put(key.to_vec(), None)?;
        }
        Ok(())
    }

    /// Makes the step visible.
    pub(crate) fn finish(self) -> Result<(), IndexError> {
        let mut batch = sled::Batch::default();
        for (key, value) in self.changed {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch.insert(STATE, codec::encode(&self.state));
        self.index.tree.apply_batch(batch)?;
        self.index.state = self.state;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.index.tree.get(key)?.map(|value| value.to_vec())),
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), IndexError> {
        if let Some(old) = self.get(&key)? {
            self.state.digest = self.state.digest.wrapping_sub(hash(&key, &old));
        }
        if let Some(new) = &value {
            self.state.digest = self.state.digest.wrapping_add(hash(&key, new));
        }
        self.changed.insert(key, value);
        Ok(())
    }
}

fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, IndexError> {
    minicbor::decode(bytes).map_err(|_| IndexError::Damaged("a value does not read"))
}

fn key(kind: u8, name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(kind);
    key.extend_from_slice(name);
    key
}

fn hash(key: &[u8], value: &[u8]) -> u64 {
    let mut item = Vec::with_capacity(8 + key.len() + value.len());
    item.extend_from_slice(&(key.len() as u64).to_be_bytes());
    item.extend_from_slice(key);
    item.extend_from_slice(value);
    codec::hash("fingerpost/index/v1", &item).first_chunk().copied().map_or(0, u64::from_be_bytes)
}
