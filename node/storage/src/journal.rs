//! [`Journal`]: the truth. Frames in segments, written once, durable when [`Journal::append`] returns.

use std::io;

use minicbor::{Decode, Encode};

use crate::disk::Disk;
use crate::frame::{Contents, FRAME, Frame, HEADER, Header, Mark, PAYLOAD, VERSION};

/// When a segment is this long, the next frame starts a new one.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Why the journal cannot be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ReadJournal {
    #[error("the journal cannot be read")]
    Disk(#[from] io::Error),
    #[error(
        "segment {segment} of the journal was written by another version of this program (form {version})"
    )]
    Version { segment: u32, version: u32 },
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub enum Append {
    #[error("{0} bytes are too many for one commit")]
    TooLarge(usize),
    #[error("the journal cannot be written")]
    Disk(#[source] io::Error),
    #[error("an earlier write failed, so nothing more is written")]
    Broken,
}

/// Up to where something knows the journal: the last frame it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Position {
    #[n(0)]
    pub(crate) segment: u32,
    #[n(1)]
    pub(crate) start: u64,
    #[n(2)]
    pub(crate) end: u64,
    #[n(3)]
    pub(crate) sequence: u64,
    #[n(4)]
    pub(crate) sum: u32,
}

impl Position {
    fn of(segment: u32, frame: &Frame) -> Self {
        Self {
            segment,
            start: frame.start as u64,
            end: frame.end() as u64,
            sequence: frame.sequence,
            sum: frame.sum,
        }
    }

    /// Returns where the frame's payload starts.
    pub(crate) fn payload(&self) -> u64 {
        self.start + FRAME as u64
    }
}

/// Bytes of a segment that belong to no whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    pub segment: u32,
    pub from: u64,
    pub to: u64,
}

/// What a walk through the journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) segments: u32,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// Frames that were written and are not there any more.
    pub(crate) missing: u64,
    pub(crate) damaged: Vec<Damage>,
}

/// An append-only sequence of payloads, each of them there as a whole or not at all.
#[derive(Debug)]
pub(crate) struct Journal<D> {
    disk: D,
    segment: u32,
    mark: Mark,
    /// Where the next frame goes in the segment, and its sequence.
    end: u64,
    next: u64,
    segment_bytes: u64,
    broken: bool,
}

impl<D: Disk> Journal<D> {
    /// Opens a journal, and mends what a crash left: a torn tail is copied aside and cut. Also returns what was cut.
    pub(crate) fn open(disk: D, segment_bytes: u64) -> Result<(Self, Vec<Damage>), ReadJournal> {
        let mut journal = Self {
            disk,
            segment: 0,
            mark: Mark::default(),
            end: 0,
            next: 0,
            segment_bytes,
            broken: false,
        };
        let mut cut = Vec::new();
        loop {
            let segments = journal.segments()?;
            let Some(&segment) = segments.last() else {
                journal.start_segment(0, 0)?;
                return Ok((journal, cut));
            };
            let bytes = journal.disk.read_all(&name(segment))?;
            let Some(header) = Header::read(&bytes) else {
                // The header is durable before the first frame is written: a file without one is a crash while it was made.
                if bytes.len() <= HEADER {
                    journal.set_aside(segment, 0, &bytes)?;
                    journal.disk.remove(&name(segment))?;
                    journal.disk.sync_folder()?;
                    continue;
                }
                // Its frames cannot be told apart any more. It stays, is reported, and the journal goes on behind it.
                let first = journal.sequence_after(&segments)?;
                journal.start_segment(segment.saturating_add(1), first)?;
                return Ok((journal, cut));
            };
            check_version(segment, header)?;
            cut.extend(journal.mend(segment, header, &bytes)?);
            return Ok((journal, cut));
        }
    }

    /// Makes the end of the last segment the place to go on from.
    fn mend(&mut self, segment: u32, header: Header, bytes: &[u8]) -> io::Result<Option<Damage>> {
        let contents = Contents::read(bytes, HEADER, &header.mark);
        self.segment = segment;
        self.mark = header.mark;
        self.end = contents.end as u64;
        self.next =
            contents.frames.last().map_or(header.first, |frame| frame.sequence.saturating_add(1));
        let tail = bytes.get(contents.end..).unwrap_or_default();
        if tail.is_empty() {
            return Ok(None);
        }
        self.set_aside(segment, self.end, tail)?;
        self.disk.truncate(&name(segment), self.end)?;
        self.disk.sync(&name(segment))?;
        Ok(Some(Damage { segment, from: self.end, to: bytes.len() as u64 }))
    }

    /// Writes a payload. It is durable when this returns; if it fails, nothing more is ever written.
    pub(crate) fn append(&mut self, payload: &[u8]) -> Result<Position, Append> {
        if self.broken {
            return Err(Append::Broken);
        }
        if payload.len() > PAYLOAD {
            return Err(Append::TooLarge(payload.len()));
        }
        // What a failed write or sync left on the disk is unknown, so there is no second try.
        self.broken = true;
        if self.end >= self.segment_bytes {
            let segment = self.segment.checked_add(1).ok_or(Append::Broken)?;
            self.start_segment(segment, self.next).map_err(Append::Disk)?;
        }
        let bytes = Frame::to_bytes(&self.mark, self.next, payload);
        let sum = crc_of(&bytes);
        let file = name(self.segment);
        if let Err(error) = self.disk.append(&file, &bytes).and_then(|()| self.disk.sync(&file)) {
            // Leaves the journal tidy if the disk lets us; the next open does it otherwise.
            if self.disk.truncate(&file, self.end).and_then(|()| self.disk.sync(&file)).is_err() {
                tracing::debug!("the torn tail stays until the journal is opened again");
            }
            return Err(Append::Disk(error));
        }
        let start = self.end;
        let position = Position {
            segment: self.segment,
            start,
            end: start + bytes.len() as u64,
            sequence: self.next,
            sum,
        };
        self.end = position.end;
        self.next = self.next.saturating_add(1);
        self.broken = false;
        Ok(position)
    }

    /// Makes an empty segment and goes on there.
    fn start_segment(&mut self, segment: u32, first: u64) -> io::Result<()> {
        let header = Header { version: VERSION, first, mark: self.disk.chance()? };
        let file = name(segment);
        self.disk.create(&file)?;
        let written =
            self.disk.append(&file, &header.to_bytes()).and_then(|()| self.disk.sync(&file));
        if let Err(error) = written.and_then(|()| self.disk.sync_folder()) {
            if self.disk.remove(&file).is_err() {
                tracing::debug!(
                    segment,
                    "the half-made segment stays until the journal is opened again"
                );
            }
            return Err(error);
        }
        (self.segment, self.mark, self.end, self.next) =
            (segment, header.mark, HEADER as u64, first);
        Ok(())
    }

    /// Returns bytes of a segment; the caller knows how to check them.
    pub(crate) fn read(&mut self, segment: u32, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.disk.read(&name(segment), offset, length)
    }

    /// Is this the frame that stands there?
    pub(crate) fn holds(&mut self, position: &Position) -> io::Result<bool> {
        let length = usize::try_from(position.end.saturating_sub(position.start))
            .map_err(io::Error::other)?;
        let bytes = match self.read(position.segment, position.start, length) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
                ) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let frame = bytes.first_chunk().and_then(|mark| Frame::read(&bytes, 0, mark));
        Ok(frame
            .is_some_and(|frame| frame.sequence == position.sequence && frame.sum == position.sum))
    }

    /// Hands every whole frame behind `from` to `each`, oldest first.
    pub(crate) fn scan<E: From<ReadJournal>>(
        &mut self,
        from: Option<&Position>,
        mut each: impl FnMut(Position, &[u8]) -> Result<(), E>,
    ) -> Result<Scan, E> {
        let mut scan = Scan::default();
        let mut expected = from.map_or(0, |position| position.sequence.saturating_add(1));
        for segment in self.segments().map_err(ReadJournal::Disk)? {
            if from.is_some_and(|position| segment < position.segment) {
                continue;
            }
            let bytes = self.disk.read_all(&name(segment)).map_err(ReadJournal::Disk)?;
            let begin = from
                .filter(|position| position.segment == segment)
                .map_or(HEADER as u64, |position| position.end);
            scan.segments += 1;
            scan.bytes += bytes.len() as u64;
            let Some(header) = Header::read(&bytes) else {
                scan.damaged.push(Damage { segment, from: 0, to: bytes.len() as u64 });
                continue;
            };
            check_version(segment, header)?;
            let begin = usize::try_from(begin).unwrap_or(usize::MAX);
            let contents = Contents::read(&bytes, begin, &header.mark);
            scan.note_damage(segment, &contents, bytes.len());
            for frame in &contents.frames {
                scan.missing += frame.sequence.saturating_sub(expected);
                expected = frame.sequence.saturating_add(1);
                scan.frames += 1;
                each(
                    Position::of(segment, frame),
                    bytes.get(frame.payload.clone()).unwrap_or_default(),
                )?;
            }
        }
        scan.missing += self.next.saturating_sub(expected);
        Ok(scan)
    }

    fn segments(&self) -> io::Result<Vec<u32>> {
        let mut segments: Vec<u32> =
            self.disk.list()?.iter().filter_map(|file| number(file)).collect();
        segments.sort_unstable();
        Ok(segments)
    }

    /// Returns a sequence above that of every frame, also of those that cannot be found any more.
    fn sequence_after(&mut self, segments: &[u32]) -> io::Result<u64> {
        let mut next = 0_u64;
        for &segment in segments {
            let bytes = self.disk.read_all(&name(segment))?;
            next = match Header::read(&bytes) {
                Some(header) => Contents::read(&bytes, HEADER, &header.mark)
                    .frames
                    .last()
                    .map_or(header.first, |frame| frame.sequence.saturating_add(1))
                    .max(next),
                None => next.saturating_add((bytes.len() / FRAME) as u64),
            };
        }
        Ok(next)
    }

    /// Keeps bytes that are about to be cut away, for a person who wants to look.
    fn set_aside(&mut self, segment: u32, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let taken = self.disk.list()?;
        let file = (0_u32..)
            .map(|try_| format!("damaged-{segment:08}-{offset}-{try_}.bin"))
            .find(|file| !taken.contains(file))
            .unwrap_or_default();
        tracing::warn!(
            file,
            bytes = bytes.len(),
            "the journal's end was torn; a copy of what is cut away is kept"
        );
        self.disk.create(&file)?;
        let kept = self.disk.append(&file, bytes).and_then(|()| self.disk.sync(&file));
        match kept.and_then(|()| self.disk.sync_folder()) {
            // What a full disk tore was never acknowledged, and a full disk must not keep the node from opening.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => self.disk.remove(&file),
            other => other,
        }
    }
}

impl Scan {
    fn note_damage(&mut self, segment: u32, contents: &Contents, length: usize) {
        let damage = |from: usize, to: usize| Damage { segment, from: from as u64, to: to as u64 };
        self.damaged.extend(contents.damaged.iter().map(|range| damage(range.start, range.end)));
        if contents.end < length {
            self.damaged.push(damage(contents.end, length));
        }
    }
}

fn check_version(segment: u32, header: Header) -> Result<(), ReadJournal> {
    if header.version == VERSION {
        Ok(())
    } else {
        Err(ReadJournal::Version { segment, version: header.version })
    }
}

/// Returns the sum that stands in a frame's header.
fn crc_of(frame: &[u8]) -> u32 {
    frame.get(FRAME - 4..).and_then(<[u8]>::first_chunk).copied().map_or(0, u32::from_be_bytes)
}

fn name(segment: u32) -> String {
    format!("{segment:08}.journal")
}

fn number(file: &str) -> Option<u32> {
    let digits = file.strip_suffix(".journal")?;
    let segment = digits.parse().ok()?;
    (name(segment) == file).then_some(segment)
}
