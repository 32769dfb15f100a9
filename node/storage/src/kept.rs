//! [`Kept`]: journal and index together.

use std::fs;
use std::io;
use std::path::Path;

use crdt_schema::codec;
use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record};

use crate::OpenStore;
use crate::disk::Disk;
use crate::frame;
use crate::index::{EntryRow, Index, IndexError, Local, Place};
use crate::journal::{Append, Journal, Scan};
use crate::report::{Opened, Report, Tally};

/// What an envelope's id and an entry's id are hashes for.
pub(crate) const ENVELOPE: &str = "fingerpost/envelope/v1";
pub(crate) const ENTRY: &str = "fingerpost/entry/v1";

/// Why records were not kept.
#[derive(Debug, thiserror::Error)]
pub enum Commit {
    #[error(transparent)]
    Journal(#[from] Append),
    /// The records are durable, but cannot be found before the store is opened again.
    #[error("the index could not follow the journal")]
    Index(#[from] IndexError),
    #[error("an earlier commit failed, so nothing more is kept")]
    Stopped,
}

/// Why something kept cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Read {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("the journal cannot be read")]
    Journal(#[source] io::Error),
    #[error("the local record {0:?} is damaged")]
    Local(String),
}

/// A journal and the index of it.
#[derive(Debug)]
pub(crate) struct Kept<D> {
    journal: Journal<D>,
    index: Index,
    stopped: bool,
}

impl<D: Disk> Kept<D> {
    /// Opens both, and makes the index agree with the journal.
    pub(crate) fn open(
        disk: D,
        segment_bytes: u64,
        path: &Path,
    ) -> Result<(Self, Opened), OpenStore> {
        let (mut journal, cut) = Journal::open(disk, segment_bytes)?;
        let (index, rebuilt) = match trusted(&mut journal, path)? {
            Ok(index) => (index, None),
            Err(reason) => {
                tracing::warn!(reason, "the index is made anew from the journal");
                remove(path).map_err(OpenStore::Folder)?;
                (Index::open(path)?, Some(reason))
            }
        };
        let mut kept = Self { journal, index, stopped: false };
        let scan = kept.catch_up()?;
        let opened = Opened {
            cut,
            damaged: scan.damaged,
            missing: scan.missing,
            caught_up: scan.frames,
            rebuilt,
        };
        if opened.found_damage() {
            tracing::warn!(
                damaged = opened.damaged.len(),
                missing = opened.missing,
                "parts of the journal are damaged"
            );
        }
        Ok((kept, opened))
    }

    /// Brings the index to the end of the journal.
    fn catch_up(&mut self) -> Result<Scan, OpenStore> {
        let from = self.index.position().copied();
        let index = &mut self.index;
        self.journal.scan(from.as_ref(), |position, payload| {
            let records = frame::records(payload).map_err(OpenStore::Unknown)?;
            let mut step = index.step();
            step.frame(position, payload, &records)?;
            // What was cached may be older than what was just found.
            step.forget_caches()?;
            Ok(step.finish()?)
        })
    }

    pub(crate) fn commit(&mut self, records: &[Record]) -> Result<(), Commit> {
        if self.stopped {
            return Err(Commit::Stopped);
        }
        // Until it is over it has failed.
        self.stopped = true;
        let outcome = self.write(records);
        self.stopped = !matches!(outcome, Ok(()) | Err(Commit::Journal(Append::TooLarge(_))));
        outcome
    }

    fn write(&mut self, records: &[Record]) -> Result<(), Commit> {
        if records.is_empty() {
            return Ok(());
        }
        let Some(payload) = frame::payload(records) else {
            let mut step = self.index.step();
            step.caches(records)?;
            return Ok(step.finish()?);
        };
        let position = self.journal.append(&payload)?;
        let stored = frame::records(&payload)
            .map_err(|_| IndexError::Damaged("a frame just written does not read"))?;
        let mut step = self.index.step();
        step.frame(position, &payload, &stored)?;
        step.caches(records)?;
        Ok(step.finish()?)
    }

    pub(crate) fn entries(&mut self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, Read> {
        let mut entries = Vec::new();
        for EntryRow { workspace, id, place } in self.index.entries()? {
            match self.hashed(place, ENTRY, &id.0)? {
                Some(bytes) => entries.push((workspace, bytes)),
                None => {
                    tracing::warn!(entry = %id, "a membership entry is damaged; members have it still");
                }
            }
        }
        Ok(entries)
    }

    pub(crate) fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, Read> {
        Ok(self.index.envelopes()?)
    }

    pub(crate) fn envelope(&mut self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, Read> {
        let Some(place) = self.index.envelope(id)? else { return Ok(None) };
        let bytes = self.hashed(place, ENVELOPE, &id.0)?;
        if bytes.is_none() {
            tracing::warn!(envelope = %id, "an envelope is damaged; peers may have it still");
        }
        Ok(bytes)
    }

    pub(crate) fn locals(&mut self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, Read> {
        let mut locals = Vec::new();
        for (key, local) in self.index.locals(prefix)? {
            let value = match local {
                Local::Here(value) => value,
                Local::There(place, sum) => self
                    .bytes(place)?
                    .filter(|bytes| crc32fast::hash(bytes) == sum)
                    .ok_or_else(|| Read::Local(key.clone()))?,
            };
            locals.push((key, value));
        }
        Ok(locals)
    }

    pub(crate) fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.index.cached(key).unwrap_or_else(|error| {
            tracing::warn!(%error, "the cache does not answer");
            None
        })
    }

    /// Reads and checks everything.
    pub(crate) fn check(&mut self) -> Result<Report, OpenStore> {
        let mut tally = Tally::default();
        let index = &self.index;
        let scan = self.journal.scan(None, |_, payload| {
            tally.frame(&frame::records(payload).map_err(OpenStore::Unknown)?, index)
        })?;
        let index_sound = self.index.audit().is_ok();
        Ok(tally.report(scan, index_sound))
    }

    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        self.index.flush()
    }

    /// Returns the bytes at a place, if they are still those with this hash.
    fn hashed(
        &mut self,
        place: Place,
        purpose: &str,
        hash: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, Read> {
        Ok(self.bytes(place)?.filter(|bytes| codec::hash(purpose, bytes) == *hash))
    }

    fn bytes(&mut self, Place { segment, offset, length }: Place) -> Result<Option<Vec<u8>>, Read> {
        match self.journal.read(segment, offset, usize::try_from(length).unwrap_or(usize::MAX)) {
            Ok(bytes) => Ok(Some(bytes)),
            // The file is gone or shorter than it was.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(Read::Journal(error)),
        }
    }
}

/// Returns the index if it can be trusted, else why not.
fn trusted<D: Disk>(
    journal: &mut Journal<D>,
    path: &Path,
) -> Result<Result<Index, String>, OpenStore> {
    let index = match Index::open(path) {
        Ok(index) => index,
        Err(error) => return Ok(Err(error.to_string())),
    };
    match index.position() {
        Some(position) if !journal.holds(position).map_err(crate::ReadJournal::Disk)? => {
            Ok(Err("it knows a journal that is not there".to_owned()))
        }
        _ => Ok(Ok(index)),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
