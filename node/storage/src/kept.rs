//! [`Kept`]: journal and index together.

use std::fs;
use std::io;
use std::path::Path;

use crdt_schema::codec;
use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record};

use crate::OpenStore;
use crate::disk::Disk;
use crate::frame::{self, Stored};
use crate::index::{EntryRow, Index, IndexError, Local, Place, Rows};
use crate::journal::{Append, Extent, Journal, Scan};
#[cfg(test)]
use crate::report::survey;
use crate::report::{Opened, Report};

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
        let (index, known, rebuilt) = match trusted(&mut journal, path)? {
            Ok(index) => (index, 0, None),
            Err((reason, known)) => {
                tracing::warn!(reason, "the index is made anew from the journal");
                remove(path).map_err(OpenStore::Folder)?;
                (Index::open(path)?, known, Some(reason))
            }
        };
        let mut kept = Self { journal, index, stopped: false };
        let scan = kept.catch_up()?;
        let rolled_back = known.saturating_sub(kept.journal.next());
        if rolled_back > 0 {
            // So that it is still known when this index no longer is.
            kept.journal.skip_to(known);
            let note = Stored::SetAside { parts: Vec::new(), gaps: Vec::new() };
            if let Err(error) = kept.write_stored(&[note]) {
                tracing::warn!(%error, "cannot take note of commits that are missing");
            }
        }
        let opened = Opened {
            cut,
            damaged: scan.damaged,
            missing: scan.missing + rolled_back,
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

    fn write_stored(&mut self, records: &[Stored<'_>]) -> Result<(), Commit> {
        let payload = codec::encode(&records);
        let position = self.journal.append(&payload)?;
        let mut step = self.index.step();
        step.frame(position, &payload, records)?;
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
                Local::There(place, sum) => {
                    let bytes = self.bytes(place)?;
                    let Some(value) = bytes.filter(|bytes| crc32fast::hash(bytes) == sum) else {
                        tracing::warn!("one of this node's own records is damaged");
                        continue;
                    };
                    value
                }
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

    /// Returns everything there is, at one moment, and how far the journal goes.
    pub(crate) fn everything(&mut self) -> Result<Everything, Read> {
        let (rows, _, extent) = self.outline()?;
        Ok(Everything { rows, locals: self.locals("")?, extent })
    }

    /// Returns what [`survey`](crate::report::survey) compares with the journal, and how far the journal goes by now.
    pub(crate) fn outline(&self) -> Result<(Rows, bool, Extent), IndexError> {
        let is_sound = self.index.audit().is_ok();
        Ok((self.index.rows()?, is_sound, self.journal.extent()))
    }

    /// Reads and checks everything.
    #[cfg(test)]
    pub(crate) fn check(&mut self) -> Result<Report, OpenStore> {
        let (rows, is_sound, _) = self.outline()?;
        survey(&mut self.journal, &rows, is_sound, &|| false).map(|(report, _)| report)
    }

    /// Checks, and mends what was found.
    #[cfg(test)]
    pub(crate) fn mend(&mut self) -> Report {
        let (rows, is_sound, _) = self.outline().unwrap();
        let (report, scan) = survey(&mut self.journal, &rows, is_sound, &|| false).unwrap();
        self.repair(&report, &scan).unwrap();
        self.check().unwrap()
    }

    /// Mends what was found: makes the index anew if it is not true, and puts copies of what is damaged aside.
    pub(crate) fn repair(&mut self, report: &Report, scan: &Scan) -> Result<(), Repair> {
        if !report.index_sound || report.not_indexed > 0 {
            self.index.clear().map_err(Commit::Index)?;
            self.catch_up()?;
        }
        if !scan.parts.is_empty() || !scan.gaps.is_empty() {
            let note = self.journal.put_aside(scan).map_err(Repair::Aside)?;
            self.write_stored(&[note])?;
        }
        Ok(())
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

    fn bytes(&mut self, place: Place) -> Result<Option<Vec<u8>>, Read> {
        bytes(&mut self.journal, place).map_err(Read::Journal)
    }
}

/// Returns the bytes at a place; `None` if the file is gone or shorter than it was.
pub(crate) fn bytes<D: Disk>(
    journal: &mut Journal<D>,
    Place { segment, offset, length }: Place,
) -> io::Result<Option<Vec<u8>>> {
    match journal.read(segment, offset, usize::try_from(length).unwrap_or(usize::MAX)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Everything there is, at one moment.
#[derive(Debug)]
pub(crate) struct Everything {
    pub(crate) rows: Rows,
    pub(crate) locals: Vec<(String, Vec<u8>)>,
    pub(crate) extent: Extent,
}

/// Why a store was not repaired.
#[derive(Debug, thiserror::Error)]
pub enum Repair {
    #[error("the store cannot be read")]
    Read(#[from] OpenStore),
    #[error("what is damaged cannot be copied aside")]
    Aside(#[source] io::Error),
    #[error("the repair cannot be noted")]
    Note(#[from] Commit),
}

/// Returns the index if it can be trusted; else why not, and the sequence behind all that it knows.
fn trusted<D: Disk>(
    journal: &mut Journal<D>,
    path: &Path,
) -> Result<Result<Index, (String, u64)>, OpenStore> {
    let index = match Index::open(path) {
        Ok(index) => index,
        Err(error) => return Ok(Err((error.to_string(), 0))),
    };
    match index.position() {
        Some(position) if !journal.holds(position).map_err(crate::ReadJournal::Disk)? => {
            let known = position.sequence.saturating_add(1);
            Ok(Err(("it knows a journal that is not there".to_owned(), known)))
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
