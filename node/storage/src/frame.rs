//! The bytes of the journal: a header for each segment, then one frame for each commit.

use std::ops::Range;

use crdt_schema::codec;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, Timestamp, WorkspaceId};
use engine::Record;
use minicbor::{Decode, Encode};

/// The version of this form. A segment of another version is refused, never mended.
pub(crate) const VERSION: u32 = 1;
/// Bytes of a segment's header: magic, version, first sequence, mark, CRC.
pub(crate) const HEADER: usize = 32;
/// Bytes of a frame before its payload: mark, sequence, length, CRC.
pub(crate) const FRAME: usize = 24;
/// Protects memory: bytes of one payload.
pub(crate) const PAYLOAD: usize = 256 * 1024 * 1024;

const MAGIC: &[u8; 8] = b"fpjournl";

/// What every frame of one segment starts with.
///
/// Drawn at random for each segment and never told to anybody, so that nothing a peer sends us to keep can look like
/// a frame when the frame around it is damaged.
pub(crate) type Mark = [u8; 8];

/// How a segment starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u32,
    /// The sequence of the first frame.
    pub(crate) first: u64,
    pub(crate) mark: Mark,
}

impl Header {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.mark);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Returns the header of a segment. If it is damaged, the first frame still tells what is needed.
    pub(crate) fn read(segment: &[u8]) -> Option<Self> {
        Self::read_whole(segment).or_else(|| {
            let mark = take(segment, HEADER)?;
            let frame = Frame::read(segment, HEADER, &mark)?;
            Some(Self { version: VERSION, first: frame.sequence, mark })
        })
    }

    /// Is the header itself undamaged?
    pub(crate) fn is_whole(segment: &[u8]) -> bool {
        Self::read_whole(segment).is_some()
    }

    fn read_whole(segment: &[u8]) -> Option<Self> {
        let body = segment.get(..HEADER - 4)?;
        let header = Self {
            version: u32::from_be_bytes(take(body, 8)?),
            first: u64::from_be_bytes(take(body, 12)?),
            mark: take(body, 20)?,
        };
        let sum = u32::from_be_bytes(take(segment, HEADER - 4)?);
        (body.starts_with(MAGIC) && crc32fast::hash(body) == sum).then_some(header)
    }
}

/// Where a whole frame stands in its segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) start: usize,
    pub(crate) sequence: u64,
    pub(crate) payload: Range<usize>,
    pub(crate) sum: u32,
}

impl Frame {
    /// Returns the bytes of a frame.
    pub(crate) fn to_bytes(mark: &Mark, sequence: u64, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FRAME + payload.len());
        bytes.extend_from_slice(mark);
        bytes.extend_from_slice(&sequence.to_be_bytes());
        // No payload is longer than `PAYLOAD`; a frame that lied about its length would not be read.
        bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        let sum = sum(&bytes, payload);
        bytes.extend_from_slice(&sum.to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// Returns the frame at `start`, if one stands there whole and undamaged.
    pub(crate) fn read(segment: &[u8], start: usize, mark: &Mark) -> Option<Self> {
        let head = segment.get(start..)?.get(..FRAME)?;
        if !head.starts_with(mark) {
            return None;
        }
        let sequence = u64::from_be_bytes(take(head, 8)?);
        let length = usize::try_from(u32::from_be_bytes(take(head, 16)?)).ok()?;
        let expected = u32::from_be_bytes(take(head, 20)?);
        let from = start.checked_add(FRAME)?;
        let payload = from..from.checked_add(length)?;
        let actual = sum(head.get(..20)?, segment.get(payload.clone())?);
        (actual == expected).then_some(Self { start, sequence, payload, sum: expected })
    }

    pub(crate) fn end(&self) -> usize {
        self.payload.end
    }
}

fn sum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}

fn take<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..)?.first_chunk().copied()
}

/// What a segment holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) frames: Vec<Frame>,
    /// Bytes that belong to no frame. What stands after the last frame is not among them.
    pub(crate) damaged: Vec<Range<usize>>,
    /// Where the last frame ends.
    pub(crate) end: usize,
}

impl Contents {
    /// Finds every whole frame from `from` on. A damaged one costs only itself: the next is found by its mark.
    pub(crate) fn read(segment: &[u8], from: usize, mark: &Mark) -> Self {
        let mut contents = Self { end: from, ..Self::default() };
        let mut at = from;
        while at < segment.len() {
            if let Some(frame) = Frame::read(segment, at, mark) {
                if at > contents.end {
                    contents.damaged.push(contents.end..at);
                }
                at = frame.end();
                contents.end = at;
                contents.frames.push(frame);
            } else {
                at = next_mark(segment, at + 1, mark);
            }
        }
        contents
    }
}

fn next_mark(segment: &[u8], from: usize, mark: &Mark) -> usize {
    let rest = segment.get(from..).unwrap_or_default();
    rest.windows(mark.len())
        .position(|window| window == mark)
        .map_or(segment.len(), |found| from + found)
}

/// A record as it stands in a frame. New kinds go to the end.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Stored<'b> {
    #[n(0)]
    Entry {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        id: EntryId,
        #[cbor(b(2), with = "minicbor::bytes")]
        bytes: &'b [u8],
    },
    #[n(1)]
    Envelope {
        #[n(0)]
        workspace: WorkspaceId,
        #[n(1)]
        document: DocumentId,
        #[n(2)]
        id: EnvelopeId,
        #[n(3)]
        time: Timestamp,
        #[cbor(b(4), with = "minicbor::bytes")]
        bytes: &'b [u8],
    },
    #[n(2)]
    Local {
        #[b(0)]
        key: &'b str,
        #[cbor(b(1), with = "minicbor::bytes")]
        value: Option<&'b [u8]>,
    },
    /// Damage that was repaired: a copy was put aside, and it is no longer a fault.
    #[n(3)]
    SetAside {
        #[n(0)]
        parts: Vec<Part>,
        #[n(1)]
        gaps: Vec<Gap>,
    },
}

/// Damaged bytes of which a copy was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Part {
    #[n(0)]
    pub(crate) segment: u32,
    #[n(1)]
    pub(crate) from: u64,
    #[n(2)]
    pub(crate) to: u64,
    /// CRC of the damaged bytes: if they change again, that is a new fault.
    #[n(3)]
    pub(crate) sum: u32,
}

/// Commits that are not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Gap {
    /// The sequence of the first, and of the one behind the last.
    #[n(0)]
    pub(crate) from: u64,
    #[n(1)]
    pub(crate) to: u64,
}

/// Returns the payload that keeps these records, and none if nothing of them belongs into the journal.
pub(crate) fn payload(records: &[Record]) -> Option<Vec<u8>> {
    let stored: Vec<Stored<'_>> = records.iter().filter_map(stored).collect();
    (!stored.is_empty()).then(|| codec::encode(&stored))
}

fn stored(record: &Record) -> Option<Stored<'_>> {
    match record {
        Record::Entry { workspace, id, bytes } => {
            Some(Stored::Entry { workspace: *workspace, id: *id, bytes })
        }
        Record::Envelope { workspace, document, id, time, bytes } => Some(Stored::Envelope {
            workspace: *workspace,
            document: *document,
            id: *id,
            time: *time,
            bytes,
        }),
        Record::Local { key, value } => Some(Stored::Local { key, value: value.as_deref() }),
        Record::Cache { .. } => None,
    }
}

/// Returns the records of a payload.
///
/// # Errors
/// If it is none: its frame is whole, so another program wrote it.
pub(crate) fn records(payload: &[u8]) -> Result<Vec<Stored<'_>>, minicbor::decode::Error> {
    minicbor::decode(payload)
}

/// Returns where `part`, a slice of `whole`, starts in it.
pub(crate) fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize)
}
