//! Backups: one file with everything a node keeps. The same state gives the same bytes.
//!
//! `docs/protocol/journal.md` is the specification. A backup is made and read part by part, never as a whole in memory.

use std::io::{self, Read, Write};
use std::path::Path;

use crdt_schema::codec;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, Timestamp, WorkspaceId};
use engine::{EnvelopeMeta, Record, ShelfError};
use minicbor::{Decode, Encode};

use crate::disk::Disk;
use crate::journal::Journal;
use crate::kept::{self, ENTRY, ENVELOPE, Everything};
use crate::{Commit, IndexError, OpenStore, Store};

const MAGIC: &[u8; 8] = b"fpbackup";
/// The version of this form.
const VERSION: u32 = 1;
/// Protects memory: bytes of one part.
const PART: usize = 16 * 1024 * 1024;
/// What the hashes in a backup are for.
const PART_HASH: &str = "fingerpost/backup-part/v1";
const SUM: &str = "fingerpost/backup-sum/v1";
/// Bytes, and records, that are made durable together when a backup is restored.
const BATCH_BYTES: usize = 1024 * 1024;
const BATCH: usize = 512;

/// One part of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OwnedPart {
    /// A small file of the data folder.
    #[n(0)]
    File(#[n(0)] String, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// A membership entry.
    #[n(1)]
    Entry(#[n(0)] WorkspaceId, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// An envelope: workspace, document, time, bytes.
    #[n(2)]
    Envelope(
        #[n(0)] WorkspaceId,
        #[n(1)] DocumentId,
        #[n(2)] Timestamp,
        #[cbor(n(3), with = "minicbor::bytes")] Vec<u8>,
    ),
    /// One of the node's own records.
    #[n(3)]
    Local(#[n(0)] String, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// The last part: what there was, and the sum of all parts before.
    #[n(4)]
    End(#[n(0)] Counts, #[cbor(n(1), with = "minicbor::bytes")] [u8; 32]),
}

/// What is in a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Counts {
    #[n(0)]
    pub files: u64,
    #[n(1)]
    pub entries: u64,
    #[n(2)]
    pub envelopes: u64,
    #[n(3)]
    pub locals: u64,
    /// Entries and envelopes that were damaged when the backup was made, and are not in it.
    #[n(4)]
    pub left_out: u64,
}

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackUp {
    #[error("the store cannot be read")]
    Store(#[source] ShelfError),
    #[error("the journal cannot be read")]
    Journal(#[source] io::Error),
    #[error("one of the records is larger than a backup can hold")]
    TooLarge,
    #[error("the backup cannot be written")]
    Write(#[from] io::Error),
}

/// Why a backup cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackup {
    #[error("this file is not a Fingerpost backup")]
    NotABackup,
    #[error("this backup was made by a newer version of Fingerpost (form {0}). Use that version")]
    Newer(u32),
    #[error("this backup is damaged or was changed, in part {0}. Use another one")]
    Damaged(u64),
    #[error("this backup is not complete: it ends in the middle. Use another one")]
    Truncated,
    #[error("the backup cannot be read")]
    Read(#[source] io::Error),
}

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum Restore {
    #[error(transparent)]
    Backup(#[from] ReadBackup),
    #[error("this backup holds a file that no data folder has")]
    UnknownFile,
    #[error("the data folder cannot be made")]
    Store(#[from] OpenStore),
    #[error("the data folder cannot be written")]
    Commit(#[from] Commit),
    #[error("the data folder cannot be finished")]
    Index(#[from] IndexError),
    #[error("a file of the data folder cannot be written")]
    File(#[source] io::Error),
}

/// Writes a backup part by part.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    sum: [u8; 32],
    counts: Counts,
}

impl<W: Write> Writer<W> {
    /// Begins a backup.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(mut out: W) -> Result<Self, BackUp> {
        out.write_all(MAGIC)?;
        out.write_all(&VERSION.to_be_bytes())?;
        Ok(Self { out, sum: [0; 32], counts: Counts::default() })
    }

    /// Writes a part, which is not the last.
    ///
    /// # Errors
    /// If it cannot be written, or is too large.
    pub fn part(&mut self, part: &OwnedPart) -> Result<(), BackUp> {
        self.counts.count(part);
        self.write(part)
    }

    /// Takes note of something that is damaged and not in the backup.
    pub const fn leave_out(&mut self, number: u64) {
        self.counts.left_out = self.counts.left_out.saturating_add(number);
    }

    /// Ends the backup; without its end it is no backup.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(W, Counts), BackUp> {
        let end = OwnedPart::End(self.counts, self.sum);
        self.write(&end)?;
        self.out.flush()?;
        Ok((self.out, self.counts))
    }

    fn write(&mut self, part: &OwnedPart) -> Result<(), BackUp> {
        let body = codec::encode(part);
        let length = u32::try_from(body.len()).map_err(|_| BackUp::TooLarge)?;
        if body.len() > PART {
            return Err(BackUp::TooLarge);
        }
        let hash = codec::hash(PART_HASH, &body);
        self.sum = add(&self.sum, &hash);
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&body)?;
        self.out.write_all(&hash)?;
        Ok(())
    }
}

fn add(sum: &[u8; 32], hash: &[u8; 32]) -> [u8; 32] {
    codec::hash(SUM, &[*sum, *hash].concat())
}

impl Counts {
    const fn count(&mut self, part: &OwnedPart) {
        let which = match part {
            OwnedPart::File(..) => &mut self.files,
            OwnedPart::Entry(..) => &mut self.entries,
            OwnedPart::Envelope(..) => &mut self.envelopes,
            OwnedPart::Local(..) => &mut self.locals,
            OwnedPart::End(..) => return,
        };
        *which = which.saturating_add(1);
    }
}

/// Reads a backup part by part.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    sum: [u8; 32],
    counts: Counts,
    number: u64,
}

impl<R: Read> Reader<R> {
    /// Begins to read a backup.
    ///
    /// # Errors
    /// If it is none, or one of a later form.
    pub fn new(mut from: R) -> Result<Self, ReadBackup> {
        let start: [u8; 12] = take(&mut from).map_err(|error| match error {
            ReadBackup::Truncated => ReadBackup::NotABackup,
            other => other,
        })?;
        let (magic, version) = start.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(ReadBackup::NotABackup);
        }
        match version.first_chunk().copied().map(u32::from_be_bytes) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => return Err(ReadBackup::Newer(version)),
            _ => return Err(ReadBackup::NotABackup),
        }
        Ok(Self { from, sum: [0; 32], counts: Counts::default(), number: 0 })
    }

    /// Returns the next part. The last is [`OwnedPart::End`]: until that has come, nothing is known to be whole.
    ///
    /// # Errors
    /// If the backup is cut short or changed.
    pub fn part(&mut self) -> Result<OwnedPart, ReadBackup> {
        self.number = self.number.saturating_add(1);
        let damaged = ReadBackup::Damaged(self.number);
        let length = u32::from_be_bytes(take(&mut self.from)?);
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= PART) else {
            return Err(damaged);
        };
        let mut body = Vec::new();
        // The length may be a lie: memory is taken as bytes come.
        let read = (&mut self.from).take(length as u64).read_to_end(&mut body);
        if read.map_err(ReadBackup::Read)? < length {
            return Err(ReadBackup::Truncated);
        }
        let hash: [u8; 32] = take(&mut self.from)?;
        let Ok(part) = codec::decode::<OwnedPart>(&body, PART) else { return Err(damaged) };
        if codec::hash(PART_HASH, &body) != hash {
            return Err(damaged);
        }
        if let OwnedPart::End(counts, sum) = &part {
            let counted = Counts { left_out: counts.left_out, ..self.counts };
            if *sum != self.sum || *counts != counted || !self.is_over()? {
                return Err(damaged);
            }
        }
        self.counts.count(&part);
        self.sum = add(&self.sum, &hash);
        Ok(part)
    }

    fn is_over(&mut self) -> Result<bool, ReadBackup> {
        let mut more = [0];
        Ok(self.from.read(&mut more).map_err(ReadBackup::Read)? == 0)
    }
}

fn take<const N: usize>(from: &mut impl Read) -> Result<[u8; N], ReadBackup> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadBackup::Truncated,
        _ => ReadBackup::Read(error),
    })?;
    Ok(bytes)
}

/// Writes everything.
pub(crate) fn write<D: Disk>(
    journal: &mut Journal<D>,
    everything: &Everything,
    out: &mut impl Write,
    files: &[(&str, &[u8])],
) -> Result<Counts, BackUp> {
    let mut writer = Writer::new(out)?;
    for (name, bytes) in files {
        writer.part(&OwnedPart::File((*name).to_owned(), bytes.to_vec()))?;
    }
    for row in &everything.rows.entries {
        let bytes = kept::bytes(journal, row.place).map_err(BackUp::Journal)?;
        match bytes.filter(|bytes| codec::hash(ENTRY, bytes) == row.id.0) {
            Some(bytes) => writer.part(&OwnedPart::Entry(row.workspace, bytes))?,
            None => writer.leave_out(1),
        }
    }
    for (EnvelopeMeta { workspace, document, id, time }, place) in &everything.rows.envelopes {
        let bytes = kept::bytes(journal, *place).map_err(BackUp::Journal)?;
        match bytes.filter(|bytes| codec::hash(ENVELOPE, bytes) == id.0) {
            Some(bytes) => {
                writer.part(&OwnedPart::Envelope(*workspace, *document, *time, bytes))?;
            }
            None => writer.leave_out(1),
        }
    }
    for (key, value) in &everything.locals {
        writer.part(&OwnedPart::Local(key.clone(), value.clone()))?;
    }
    writer.finish().map(|(_, counts)| counts)
}

/// Makes a store from a backup, in a folder that is new. `file` keeps the small files; it says which names it knows.
///
/// # Errors
/// If the backup is not whole, or the store cannot be written. Then the folder is to be thrown away.
pub fn restore(
    dir: &Path,
    backup: impl Read,
    mut file: impl FnMut(&str, &[u8]) -> Result<(), Restore>,
) -> Result<Counts, Restore> {
    let mut reader = Reader::new(backup)?;
    let store = Store::open(dir)?;
    let mut batch = Vec::new();
    let mut bytes = 0_usize;
    let counts = loop {
        let record = match reader.part()? {
            OwnedPart::End(counts, _) => break counts,
            OwnedPart::File(name, content) => {
                file(&name, &content)?;
                continue;
            }
            OwnedPart::Entry(workspace, bytes) => {
                Record::Entry { workspace, id: EntryId(codec::hash(ENTRY, &bytes)), bytes }
            }
            OwnedPart::Envelope(workspace, document, time, bytes) => {
                let id = EnvelopeId(codec::hash(ENVELOPE, &bytes));
                Record::Envelope { workspace, document, id, time, bytes }
            }
            OwnedPart::Local(key, value) => Record::Local { key, value: Some(value) },
        };
        bytes = bytes.saturating_add(size(&record));
        batch.push(record);
        if bytes > BATCH_BYTES || batch.len() >= BATCH {
            store.commit(&std::mem::take(&mut batch))?;
            bytes = 0;
        }
    };
    store.commit(&batch)?;
    store.close()?;
    Ok(counts)
}

fn size(record: &Record) -> usize {
    match record {
        Record::Entry { bytes, .. } | Record::Envelope { bytes, .. } => bytes.len(),
        Record::Local { value, .. } | Record::Cache { value, .. } => {
            value.as_ref().map_or(0, Vec::len)
        }
    }
}
