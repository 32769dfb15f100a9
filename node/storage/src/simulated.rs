//! A disk that forgets what was not synced, tears what was being written, and fills up.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::disk::Disk;

/// What a power cut does to writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Everything unsynced is gone.
    All,
    /// Everything is there after all.
    Nothing,
    /// The last write ends in the middle.
    Torn(usize),
    /// The last write has its length, but from some byte on holds zeros.
    Zeros(usize),
    /// The last write is there, with one byte changed.
    Flipped(usize),
    /// What was not synced reached the disk out of order: one bit for each file says whether it is there.
    Reordered(u8),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Does the name survive a cut?
    named: bool,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Content>,
    /// Removed, but not for good before the folder is synced.
    removed: BTreeMap<String, Content>,
    /// The length and name of the last write.
    last: Option<(String, usize)>,
    /// Calls that change something, so far.
    calls: u64,
    /// The call that fails, with all that follow.
    cut_at: Option<u64>,
    /// Bytes that still fit.
    room: Option<usize>,
    drawn: u64,
}

/// A disk in memory. A clone is the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simulated(Arc<Mutex<State>>);

impl Simulated {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Cuts the power at the call with this number: it does its work in part, and no later one does anything.
    pub(crate) fn cut_at(&self, call: u64) {
        self.state().cut_at = Some(call);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Lets only so many more bytes fit.
    pub(crate) fn room(&self, bytes: usize) {
        self.state().room = Some(bytes);
    }

    /// Returns the disk as it is found after the power came back.
    pub(crate) fn after(&self, loss: Loss) -> Self {
        let state = self.state();
        let mut files = BTreeMap::new();
        let removed = state.removed.iter().filter(|_| loss != Loss::Nothing);
        for (index, (name, content)) in state.files.iter().chain(removed).enumerate() {
            let is_there = match loss {
                Loss::All => false,
                Loss::Reordered(bits) => (bits >> (index % 8)) & 1 == 1,
                Loss::Nothing | Loss::Torn(_) | Loss::Zeros(_) | Loss::Flipped(_) => true,
            };
            if !content.named && !is_there {
                continue;
            }
            let mut bytes = if is_there { content.now.clone() } else { content.synced.clone() };
            if let Some((last, length)) = &state.last
                && last == name
                && content.now != content.synced
            {
                damage(&mut bytes, *length, loss);
            }
            files.insert(name.clone(), Content { now: bytes.clone(), synced: bytes, named: true });
        }
        Self(Arc::new(Mutex::new(State { files, drawn: state.drawn, ..State::default() })))
    }

    /// Changes bytes of a file, as a failing disk does.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let content = state.files.get_mut(name).unwrap();
        change(&mut content.now);
        content.synced = content.now.clone();
    }

    pub(crate) fn copy(&self) -> Self {
        self.after(Loss::Nothing)
    }

    /// Counts a call. Is there still power?
    fn call(state: &mut State) -> io::Result<Call> {
        let number = state.calls;
        state.calls += 1;
        match state.cut_at {
            Some(at) if number == at => Ok(Call::Last),
            Some(at) if number > at => Err(io::Error::other("no power")),
            _ => Ok(Call::Whole),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Call {
    Whole,
    /// The power goes while it runs: what it changes may be on the disk, but its caller never hears of it.
    Last,
}

impl Call {
    fn end(self) -> io::Result<()> {
        match self {
            Self::Whole => Ok(()),
            Self::Last => Err(io::Error::other("the power went")),
        }
    }
}

fn damage(bytes: &mut Vec<u8>, length: usize, loss: Loss) {
    let start = bytes.len().saturating_sub(length);
    match loss {
        Loss::All | Loss::Nothing | Loss::Reordered(_) => {}
        Loss::Torn(kept) => bytes.truncate(start + kept.min(length)),
        Loss::Zeros(kept) => {
            bytes.iter_mut().skip(start + kept.min(length)).for_each(|byte| *byte = 0);
        }
        Loss::Flipped(at) => {
            if let Some(byte) = bytes.get_mut(start + at.min(length.saturating_sub(1))) {
                *byte ^= 0x40;
            }
        }
    }
}

impl Disk for Simulated {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().files.keys().filter(|name| !name.contains('/')).cloned().collect())
    }

    fn len(&mut self, name: &str) -> io::Result<u64> {
        let state = self.state();
        state
            .files
            .get(name)
            .map(|content| content.now.len() as u64)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let state = self.state();
        let content = state.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = content
            .now
            .get(from..from.saturating_add(length))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(bytes.to_vec())
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.insert(name.to_owned(), Content::default());
        call.end()
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        let fits = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        state.room = state.room.map(|room| room - fits);
        state
            .files
            .get_mut(name)
            .ok_or(io::ErrorKind::NotFound)?
            .now
            .extend_from_slice(&bytes[..fits]);
        state.last = Some((name.to_owned(), fits));
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        call.end()
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        // A sync that the power cut interrupts has done nothing yet; that it has done all is the next cut.
        if call == Call::Whole {
            let content = state.files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            content.synced = content.now.clone();
        }
        call.end()
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        let content = state.files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        content.now.truncate(usize::try_from(length).map_err(io::Error::other)?);
        state.last = None;
        call.end()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        let content = state.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
        if content.named {
            state.removed.insert(name.to_owned(), content);
        }
        call.end()
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        let mut state = self.state();
        let call = Self::call(&mut state)?;
        if call == Call::Whole {
            state.files.values_mut().for_each(|content| content.named = true);
            state.removed.clear();
        }
        call.end()
    }

    fn chance(&mut self) -> io::Result<[u8; 8]> {
        let mut state = self.state();
        state.drawn += 1;
        let [a, b, c, d, e, f, g, h, ..] =
            crdt_schema::codec::hash("chance", &state.drawn.to_be_bytes());
        Ok([a, b, c, d, e, f, g, h])
    }
}
