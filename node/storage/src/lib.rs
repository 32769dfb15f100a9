//! Keeps what the engine wants kept: an append-only journal that is the truth, and a sled index rebuilt from it.
//!
//! [`Store::commit`] writes one frame into the journal and syncs it before it returns; the index follows. Whatever
//! happens to the index, a scan of the journal makes it anew. Bytes are read from the journal and checked against
//! their id on each read, so damage is never served and costs only itself.

mod format;
mod disk;
mod frame;
mod journal;
mod index;
mod kept;
mod report;
mod backup;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use crdt_schema::identity::{EnvelopeId, WorkspaceId};
use engine::{EnvelopeMeta, Record, Shelf, ShelfError};

pub use backup::{
    BackUp, Counts, OwnedPart, ReadBackup, Reader as BackupReader, Restore, Writer as BackupWriter,
    restore,
};
pub use format::FORMAT;
pub use index::IndexError;
pub use journal::{Append, Damage, ReadJournal};
pub use kept::{Commit, Repair};
pub use report::{Opened, Report};

use disk::Folder;
use journal::{Journal, SEGMENT_BYTES, Scan};
use kept::Kept;

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenStore {
    #[error("another process uses this data folder")]
    InUse,
    #[error("the data folder cannot be used")]
    Folder(#[source] io::Error),
    #[error(transparent)]
    Journal(#[from] ReadJournal),
    #[error("a frame of the journal was written by another version of this program")]
    Unknown(#[source] minicbor::decode::Error),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("the check was cut short")]
    CutShort,
    #[error(
        "the data folder was written by a newer version of this program (format {found}, this one knows {FORMAT}). Use that version; nothing was changed"
    )]
    Newer { found: u32 },
}

/// What a node keeps, in one folder. A clone is another handle to the same store.
#[derive(Clone, Debug)]
pub struct Store {
    kept: Arc<Mutex<Kept<Folder>>>,
    opened: Arc<Opened>,
    path: Arc<Path>,
    /// Held as long as any handle is.
    _lock: Arc<File>,
}

impl Store {
    /// Opens the store in a folder, mends what a crash left, and brings the index up to date.
    ///
    /// # Errors
    /// If another process uses the folder, or what is there cannot be read at all. Damage alone is no error: see
    /// [`opened`](Self::opened).
    pub fn open(dir: &Path) -> Result<Self, OpenStore> {
        fs::create_dir_all(dir).map_err(OpenStore::Folder)?;
        let lock = lock(&dir.join("lock"))?;
        format::take_up(dir)?;
        let folder = Folder::open(&dir.join("journal")).map_err(OpenStore::Folder)?;
        let (kept, opened) = Kept::open(folder, SEGMENT_BYTES, &dir.join("index"))?;
        Ok(Self {
            kept: Arc::new(Mutex::new(kept)),
            opened: Arc::new(opened),
            path: dir.into(),
            _lock: Arc::new(lock),
        })
    }

    /// Returns what was found and mended when the store was opened.
    #[must_use]
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Keeps records: all of them or none. They are durable when this returns.
    ///
    /// # Errors
    /// If they cannot be made durable. Unless they were only too large, nothing more is ever kept and the caller stops.
    pub fn commit(&self, records: &[Record]) -> Result<(), Commit> {
        self.kept().commit(records)
    }

    /// Reads and checks everything that was kept until now. Others may keep more meanwhile.
    ///
    /// # Errors
    /// If the store cannot be read. What is damaged stands in the report.
    pub fn check(&self) -> Result<Report, OpenStore> {
        self.check_unless(&|| false)
    }

    /// As [`Self::check`], until it is no longer wanted.
    ///
    /// # Errors
    /// If the store cannot be read, or the check was cut short.
    pub fn check_unless(&self, is_cut_short: &dyn Fn() -> bool) -> Result<Report, OpenStore> {
        self.survey(is_cut_short).map(|(report, _)| report)
    }

    /// Writes a backup of everything that was kept until now, with these small files. Others may keep more meanwhile.
    ///
    /// # Errors
    /// If the store cannot be read, or the backup not written.
    pub fn back_up(&self, out: &mut impl Write, files: &[(&str, &[u8])]) -> Result<Counts, BackUp> {
        let everything =
            self.kept().everything().map_err(|error| BackUp::Store(unreadable(&error)))?;
        let folder = Folder::open(&self.path.join("journal")).map_err(BackUp::Journal)?;
        let mut journal = Journal::reader(folder, everything.extent);
        backup::write(&mut journal, &everything, out, files)
    }

    /// Checks everything, mends what can be mended here, and returns what is left: the index is made anew if it is not
    /// true, and damaged parts of the journal are copied to `journal/damaged` and no longer a fault. What they held is
    /// lost here until somebody who has it keeps it again.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn repair(&self) -> Result<Report, Repair> {
        let (report, scan) = self.survey(&|| false)?;
        self.kept().repair(&report, &scan)?;
        Ok(self.check()?)
    }

    fn survey(&self, is_cut_short: &dyn Fn() -> bool) -> Result<(Report, Scan), OpenStore> {
        let (rows, is_sound, extent) = self.kept().outline()?;
        let folder = Folder::open(&self.path.join("journal")).map_err(OpenStore::Folder)?;
        report::survey(&mut Journal::reader(folder, extent), &rows, is_sound, is_cut_short)
    }

    /// Lets the next start be quick. Nothing that was kept depends on it.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn close(&self) -> Result<(), IndexError> {
        self.kept().flush()
    }

    fn kept(&self) -> MutexGuard<'_, Kept<Folder>> {
        // A commit that panicked has left the journal marked as broken: it takes nothing more.
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Shelf for Store {
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError> {
        self.kept().entries().map_err(|error| unreadable(&error))
    }

    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError> {
        self.kept().envelopes().map_err(|error| unreadable(&error))
    }

    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError> {
        self.kept().envelope(id).map_err(|error| unreadable(&error))
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        self.kept().locals(prefix).map_err(|error| unreadable(&error))
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.kept().cached(key)
    }
}

fn lock(path: &Path) -> Result<File, OpenStore> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(OpenStore::Folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenStore::InUse),
        Err(TryLockError::Error(error)) => Err(OpenStore::Folder(error)),
    }
}

fn unreadable(error: &dyn std::error::Error) -> ShelfError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    ShelfError(text)
}
