//! Backups as people make them: everything in one file, whole or not at all, and back again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use axum::body::Bytes;
use storage::{BackUp, BackupReader, BackupWriter, Counts, OwnedPart, ReadBackup, Restore};
use tokio::sync::mpsc;

use crate::data::{self, DataDir, DataError};

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeBackup {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the node did not say everything")]
    Node(#[source] ReadBackup),
    #[error("the backup was written, but does not read. Is the disk in order?")]
    Unreadable(#[source] ReadBackup),
    #[error(transparent)]
    Write(#[from] BackUp),
    #[error("cannot write {path}")]
    File {
        path: String,
        #[source]
        source: io::Error,
    },
}

/// Bytes that come piece by piece from another task.
pub(crate) struct Pieces {
    from: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Pieces {
    pub(crate) const fn new(from: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { from, piece: Bytes::new() }
    }
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.from.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(into.len());
        let piece = self.piece.split_to(length);
        into.get_mut(..length).ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(&piece);
        Ok(length)
    }
}

/// Pieces of bytes for another task, which may go away.
pub(crate) struct ToPieces(pub(crate) mpsc::Sender<io::Result<Bytes>>);

impl Write for ToPieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a backup: the small files of the data folder, and what the node gives of its store. It gets its name when it
/// is whole, durable, and was read back.
pub(crate) fn make(data: &DataDir, store: impl Read, path: &Path) -> Result<Counts, MakeBackup> {
    let failed = |source| MakeBackup::File { path: path.display().to_string(), source };
    let Some(name) = path.file_name() else {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    };
    let unfinished =
        path.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let made = write_to(data, store, &unfinished);
    if made.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    let counts = made?;
    fs::rename(&unfinished, path)
        .and_then(|()| data::sync_folder(path.parent().unwrap_or(Path::new("."))))
        .map_err(failed)?;
    Ok(counts)
}

fn write_to(data: &DataDir, store: impl Read, path: &Path) -> Result<Counts, MakeBackup> {
    let failed = |source| MakeBackup::File { path: path.display().to_string(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    let mut writer = BackupWriter::new(BufWriter::new(file))?;
    for (name, bytes) in data.small_files()? {
        writer.part(&OwnedPart::File(name.to_owned(), bytes.to_vec()))?;
    }
    let mut reader = BackupReader::new(BufReader::new(store)).map_err(MakeBackup::Node)?;
    loop {
        match reader.part().map_err(MakeBackup::Node)? {
            OwnedPart::End(counts, _) => {
                writer.leave_out(counts.left_out);
                break;
            }
            part => writer.part(&part)?,
        }
    }
    let (file, counts) = writer.finish()?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let mut reader = BackupReader::new(BufReader::new(File::open(path).map_err(failed)?))
        .map_err(MakeBackup::Unreadable)?;
    while !matches!(reader.part().map_err(MakeBackup::Unreadable)?, OwnedPart::End(..)) {}
    Ok(counts)
}

/// Fills a new data folder from a backup.
pub(crate) fn restore(data: &DataDir, backup: impl Read) -> Result<Counts, Restore> {
    storage::restore(data.path(), BufReader::new(backup), |name, bytes| {
        match data.restore_file(name, bytes) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Restore::UnknownFile),
            Err(error) => Err(Restore::File(io::Error::other(error))),
        }
    })
}
