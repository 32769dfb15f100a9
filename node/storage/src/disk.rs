//! [`Disk`]: the few things the journal asks of a file system, so that tests can put a hostile one in its place.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The folder of what was set aside. Names of files in it start with this and a slash.
pub(crate) const ASIDE: &str = "damaged";

/// One folder of files that are only appended to, and in it the folder [`ASIDE`].
///
/// Nothing is durable before it is synced: a file's bytes by [`sync`](Self::sync), its existence by
/// [`sync_folder`](Self::sync_folder).
pub(crate) trait Disk: Send {
    /// Returns the names of the files that are not set aside.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Returns how long a file is.
    fn len(&mut self, name: &str) -> io::Result<u64>;
    /// Returns `length` bytes of a file from `offset`.
    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// Makes an empty file that is not there yet.
    fn create(&mut self, name: &str) -> io::Result<()>;
    /// Writes at the end of a file.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file's bytes and length durable.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Cuts a file.
    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()>;
    /// Deletes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes durable which files there are.
    fn sync_folder(&mut self) -> io::Result<()>;
    /// Returns bytes that nobody can guess.
    fn chance(&mut self) -> io::Result<[u8; 8]>;

    /// Returns all of a file.
    fn read_all(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.len(name)?).map_err(io::Error::other)?;
        self.read(name, 0, length)
    }
}

/// A real folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    open: BTreeMap<String, File>,
}

impl Folder {
    /// Opens a folder, and makes it first if need be.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            fs::create_dir_all(path)?;
            path.parent().map_or(Ok(()), sync_folder)?;
        }
        Ok(Self { path: path.to_owned(), open: BTreeMap::new() })
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let file = OpenOptions::new().read(true).append(true).open(self.path.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        self.open.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // A name that is no text is none of ours.
            if let Ok(name) = entry.file_name().into_string()
                && !(name == ASIDE && entry.file_type()?.is_dir())
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn len(&mut self, name: &str) -> io::Result<u64> {
        Ok(self.file(name)?.metadata()?.len())
    }

    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let file = self.file(name)?;
        // A damaged length must not be believed before the file is seen to be that long.
        if offset.saturating_add(length as u64) > file.metadata()?.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        if name.contains('/') {
            fs::create_dir_all(self.path.join(ASIDE))?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(self.path.join(name))?;
        self.open.insert(name.to_owned(), file);
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all(bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        // Not every system lets a handle that appends cut.
        OpenOptions::new().write(true).open(self.path.join(name))?.set_len(length)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        fs::remove_file(self.path.join(name))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        let aside = self.path.join(ASIDE);
        if aside.is_dir() {
            sync_folder(&aside)?;
        }
        sync_folder(&self.path)
    }

    fn chance(&mut self) -> io::Result<[u8; 8]> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(bytes)
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

// Elsewhere a folder cannot be opened as a file, and the file system keeps names and contents in step by itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
