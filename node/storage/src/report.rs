//! What opening and checking a store found, for people.

use std::collections::BTreeSet;

use crdt_schema::codec;
use crdt_schema::identity::{EntryId, EnvelopeId};
use engine::EnvelopeMeta;

use crate::OpenStore;
use crate::disk::Disk;
use crate::frame::{self, Stored};
use crate::index::Rows;
use crate::journal::{Damage, Journal, Scan};
use crate::kept::{ENTRY, ENVELOPE, bytes};

/// What was found and mended when a store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// A torn end of the journal, copied aside and cut away.
    pub cut: Vec<Damage>,
    /// Damage in the part of the journal that was read. [`Store::check`](crate::Store::check) reads all of it.
    pub damaged: Vec<Damage>,
    /// Commits that were kept once and are not there any more.
    pub missing: u64,
    /// Commits that the index did not know.
    pub caught_up: u64,
    /// Why the index was made anew.
    pub rebuilt: Option<String>,
}

impl Opened {
    /// Is anything gone that was kept?
    #[must_use]
    pub fn found_damage(&self) -> bool {
        !self.damaged.is_empty() || self.missing > 0
    }
}

/// What a check of the whole store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub segments: u32,
    pub bytes: u64,
    pub commits: u64,
    pub entries: u64,
    pub envelopes: u64,
    pub locals: u64,
    /// Bytes of the journal that do not read, besides those that were repaired before.
    pub damaged: Vec<Damage>,
    /// Commits that were kept once and are not there any more, besides those that were repaired before.
    pub missing: u64,
    /// Records whose bytes are not those of their id.
    pub false_entries: Vec<EntryId>,
    pub false_envelopes: Vec<EnvelopeId>,
    /// Kept once, and damaged or gone.
    pub lost_entries: Vec<EntryId>,
    pub lost_envelopes: Vec<EnvelopeId>,
    /// How many of the node's own records are damaged.
    pub lost_locals: u64,
    /// Records in the journal that the index does not know.
    pub not_indexed: u64,
    /// Is everything in the index that was put there, unchanged?
    pub index_sound: bool,
    /// Files in the journal's folder that do not belong there. No fault.
    pub leftover: Vec<String>,
}

impl Report {
    /// Is everything there, and as it was kept?
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
            && self.missing == 0
            && self.false_entries.is_empty()
            && self.false_envelopes.is_empty()
            && self.lost_entries.is_empty()
            && self.lost_envelopes.is_empty()
            && self.lost_locals == 0
            && self.not_indexed == 0
            && self.index_sound
    }
}

/// Reads the whole journal, and compares it with what the index said at the time.
pub(crate) fn survey<D: Disk>(
    journal: &mut Journal<D>,
    rows: &Rows,
    index_sound: bool,
    is_cut_short: &dyn Fn() -> bool,
) -> Result<(Report, Scan), OpenStore> {
    let go_on = || if is_cut_short() { Err(OpenStore::CutShort) } else { Ok(()) };
    let mut tally = Tally {
        envelopes: rows.envelopes.iter().map(|(meta, _)| meta.id).collect(),
        entries: rows.entries.iter().map(|row| row.id).collect(),
        report: Report { index_sound, ..Report::default() },
    };
    let scan = journal.scan(None, |_, payload| {
        tally.frame(&frame::records(payload).map_err(OpenStore::Unknown)?);
        go_on()
    })?;
    let mut report = tally.report;
    let mut read = |place| {
        go_on()?;
        bytes(journal, place).map_err(|error| OpenStore::Journal(error.into()))
    };
    for (EnvelopeMeta { id, .. }, place) in &rows.envelopes {
        if read(*place)?.is_none_or(|bytes| codec::hash(ENVELOPE, &bytes) != id.0) {
            report.lost_envelopes.push(*id);
        }
    }
    for row in &rows.entries {
        if read(row.place)?.is_none_or(|bytes| codec::hash(ENTRY, &bytes) != row.id.0) {
            report.lost_entries.push(row.id);
        }
    }
    for (_, place, sum) in &rows.locals {
        let is_there = read(*place)?.is_some_and(|bytes| crc32fast::hash(&bytes) == *sum);
        report.lost_locals += u64::from(!is_there);
    }
    report.leftover = journal.strangers().map_err(|error| OpenStore::Journal(error.into()))?;
    report.leftover.sort_unstable();
    report.segments = scan.segments;
    report.bytes = scan.bytes;
    report.commits = scan.frames;
    report.damaged.clone_from(&scan.damaged);
    report.missing = scan.missing;
    Ok((report, scan))
}

/// Counts while a survey walks through the journal.
#[derive(Debug)]
struct Tally {
    /// What the index knows.
    envelopes: BTreeSet<EnvelopeId>,
    entries: BTreeSet<EntryId>,
    report: Report,
}

impl Tally {
    fn frame(&mut self, records: &[Stored<'_>]) {
        for record in records {
            match record {
                Stored::Entry { id, bytes, .. } => {
                    self.report.entries += 1;
                    if codec::hash(ENTRY, bytes) != id.0 {
                        self.report.false_entries.push(*id);
                    }
                    self.report.not_indexed += u64::from(!self.entries.contains(id));
                }
                Stored::Envelope { id, bytes, .. } => {
                    self.report.envelopes += 1;
                    if codec::hash(ENVELOPE, bytes) != id.0 {
                        self.report.false_envelopes.push(*id);
                    }
                    self.report.not_indexed += u64::from(!self.envelopes.contains(id));
                }
                Stored::Local { .. } => self.report.locals += 1,
                Stored::SetAside { .. } => {}
            }
        }
    }
}
