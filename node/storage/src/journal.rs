//! [`Journal`]: the truth. Frames in segments, written once, durable when [`Journal::append`] returns.

use std::collections::BTreeSet;
use std::io;

use minicbor::{Decode, Encode};

use crate::disk::{ASIDE, Disk};
use crate::frame::{
    self, Contents, FRAME, Frame, Gap, HEADER, Header, Mark, PAYLOAD, Part, Stored, VERSION,
};

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
    pub(crate) parts: Vec<Part>,
    pub(crate) gaps: Vec<Gap>,
    /// Repaired once: no fault.
    aside: (BTreeSet<Part>, BTreeSet<Gap>),
}

/// How far a journal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    segment: u32,
    end: u64,
    next: u64,
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
        if from.is_some_and(|position| position.sequence >= self.next) {
            return Ok(scan);
        }
        for segment in self.segments().map_err(ReadJournal::Disk)? {
            if from.is_some_and(|position| segment < position.segment) {
                continue;
            }
            if segment > self.segment {
                break;
            }
            let mut bytes = self.disk.read_all(&name(segment)).map_err(ReadJournal::Disk)?;
            if segment == self.segment {
                // What is behind was written since, or is what a failed write left.
                bytes.truncate(usize::try_from(self.end).unwrap_or(usize::MAX));
            }
            let begin = from
                .filter(|position| position.segment == segment)
                .map_or(HEADER as u64, |position| position.end);
            scan.segments += 1;
            scan.bytes += bytes.len() as u64;
            let Some(header) = Header::read(&bytes) else {
                scan.note_damage(segment, 0, &bytes);
                continue;
            };
            check_version(segment, header)?;
            let begin = usize::try_from(begin).unwrap_or(usize::MAX);
            if begin == HEADER && !Header::is_whole(&bytes) {
                scan.note_damage(segment, 0, bytes.get(..HEADER).unwrap_or_default());
            }
            let contents = Contents::read(&bytes, begin, &header.mark);
            for range in &contents.damaged {
                scan.note_damage(
                    segment,
                    range.start,
                    bytes.get(range.clone()).unwrap_or_default(),
                );
            }
            scan.note_damage(segment, contents.end, bytes.get(contents.end..).unwrap_or_default());
            for frame in &contents.frames {
                scan.note_gap(expected, frame.sequence);
                expected = frame.sequence.saturating_add(1);
                scan.frames += 1;
                let payload = bytes.get(frame.payload.clone()).unwrap_or_default();
                scan.note_repairs(payload);
                each(Position::of(segment, frame), payload)?;
            }
        }
        scan.note_gap(expected, self.next);
        scan.forget_repaired();
        Ok(scan)
    }

    /// Puts a copy of what is damaged aside, for a person who wants to look. Returns the note to keep of it.
    pub(crate) fn put_aside(&mut self, scan: &Scan) -> io::Result<Stored<'static>> {
        for Part { segment, from, to, .. } in &scan.parts {
            let length = usize::try_from(to.saturating_sub(*from)).map_err(io::Error::other)?;
            let bytes = self.read(*segment, *from, length)?;
            self.set_aside(*segment, *from, &bytes)?;
        }
        Ok(Stored::SetAside { parts: scan.parts.clone(), gaps: scan.gaps.clone() })
    }

    /// Returns the sequence of the next frame.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Returns how far the journal goes: a reader of its own needs no more, for what was written does not change.
    pub(crate) const fn extent(&self) -> Extent {
        Extent { segment: self.segment, end: self.end, next: self.next }
    }

    /// Reads a journal up to there, while another writes it.
    pub(crate) const fn reader(disk: D, extent: Extent) -> Self {
        let Extent { segment, end, next } = extent;
        Self { disk, segment, mark: [0; 8], end, next, segment_bytes: 0, broken: true }
    }

    /// Goes on behind a sequence that was given out once, though its frame is gone.
    pub(crate) fn skip_to(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// Returns the names of files that do not belong there.
    pub(crate) fn strangers(&self) -> io::Result<Vec<String>> {
        Ok(self.disk.list()?.into_iter().filter(|file| number(file).is_none()).collect())
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
        let mut tries = 0_u32;
        let file = loop {
            let file = format!("{ASIDE}/{segment:08}-{offset}-{tries}.bin");
            match self.disk.create(&file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tries += 1,
                // Not even a name fits on a full disk.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                other => break other.map(|()| file)?,
            }
        };
        tracing::warn!(
            file,
            bytes = bytes.len(),
            "a part of the journal is damaged; a copy of it is put aside"
        );
        let kept = self.disk.append(&file, bytes).and_then(|()| self.disk.sync(&file));
        match kept.and_then(|()| self.disk.sync_folder()) {
            // What a full disk tore was never acknowledged, and a full disk must not keep the node from opening.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => self.disk.remove(&file),
            other => other,
        }
    }
}

impl Scan {
    fn note_damage(&mut self, segment: u32, from: usize, bytes: &[u8]) {
        if !bytes.is_empty() {
            let (from, sum) = (from as u64, crc32fast::hash(bytes));
            self.parts.push(Part { segment, from, to: from + bytes.len() as u64, sum });
        }
    }

    fn note_gap(&mut self, from: u64, to: u64) {
        if from < to {
            self.gaps.push(Gap { from, to });
        }
    }

    fn note_repairs(&mut self, payload: &[u8]) {
        for record in frame::records(payload).unwrap_or_default() {
            if let Stored::SetAside { parts, gaps } = record {
                self.aside.0.extend(parts);
                self.aside.1.extend(gaps);
            }
        }
    }

    /// What was repaired before is no fault any more, unless it has changed since.
    fn forget_repaired(&mut self) {
        let (parts, gaps) = std::mem::take(&mut self.aside);
        self.parts.retain(|part| !parts.contains(part));
        self.gaps.retain(|gap| !gaps.contains(gap));
        self.missing = self.gaps.iter().map(|gap| gap.to - gap.from).sum();
        let damage = |part: &Part| Damage { segment: part.segment, from: part.from, to: part.to };
        self.damaged = self.parts.iter().map(damage).collect();
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
