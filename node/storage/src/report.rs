//! What opening and checking a store found, for people.

use std::fmt;

use crdt_schema::codec;
use crdt_schema::identity::{EntryId, EnvelopeId};

use crate::OpenStore;
use crate::frame::Stored;
use crate::index::Index;
use crate::journal::{Damage, Scan};
use crate::kept::{ENTRY, ENVELOPE};

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
    /// Bytes of the journal that do not read.
    pub damaged: Vec<Damage>,
    /// Commits that were kept once and are not there any more.
    pub missing: u64,
    /// Records whose bytes are not those of their id.
    pub false_entries: Vec<EntryId>,
    pub false_envelopes: Vec<EnvelopeId>,
    /// Envelopes in the journal that the index does not know.
    pub not_indexed: u64,
    /// Is everything in the index that was put there, unchanged?
    pub index_sound: bool,
}

impl Report {
    /// Is everything there, and as it was kept?
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
            && self.missing == 0
            && self.false_entries.is_empty()
            && self.false_envelopes.is_empty()
            && self.not_indexed == 0
            && self.index_sound
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} commits in {} segments, {} bytes",
            self.commits, self.segments, self.bytes
        )?;
        writeln!(
            f,
            "{} envelopes, {} membership entries, {} local records",
            self.envelopes, self.entries, self.locals
        )?;
        for Damage { segment, from, to } in &self.damaged {
            writeln!(f, "damaged: segment {segment}, bytes {from} to {to}")?;
        }
        if self.missing > 0 {
            writeln!(f, "missing: {} commits", self.missing)?;
        }
        for id in &self.false_entries {
            writeln!(f, "damaged: membership entry {id}")?;
        }
        for id in &self.false_envelopes {
            writeln!(f, "damaged: envelope {id}")?;
        }
        if self.not_indexed > 0 || !self.index_sound {
            writeln!(f, "the index is damaged; it is made anew at the next start")?;
        }
        f.write_str(if self.is_sound() { "everything is sound" } else { "something is damaged" })
    }
}

/// Counts while a check walks through the journal.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    report: Report,
}

impl Tally {
    pub(crate) fn frame(&mut self, records: &[Stored<'_>], index: &Index) -> Result<(), OpenStore> {
        for record in records {
            match record {
                Stored::Entry { id, bytes, .. } => {
                    self.report.entries += 1;
                    if codec::hash(ENTRY, bytes) != id.0 {
                        self.report.false_entries.push(*id);
                    }
                }
                Stored::Envelope { id, bytes, .. } => {
                    self.report.envelopes += 1;
                    if codec::hash(ENVELOPE, bytes) != id.0 {
                        self.report.false_envelopes.push(*id);
                    }
                    self.report.not_indexed += u64::from(index.envelope(id)?.is_none());
                }
                Stored::Local { .. } => self.report.locals += 1,
            }
        }
        Ok(())
    }

    pub(crate) fn report(self, scan: Scan, index_sound: bool) -> Report {
        Report {
            segments: scan.segments,
            bytes: scan.bytes,
            commits: scan.frames,
            damaged: scan.damaged,
            missing: scan.missing,
            index_sound,
            ..self.report
        }
    }
}
