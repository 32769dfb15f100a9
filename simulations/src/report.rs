//! [`Figures`]: what a run of a region took, and the report that shows it.

mod plots;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::spread::per_mille;

/// What a run took. Times of the world are simulated milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub organizations: usize,
    /// In all, to begin with.
    pub documents: usize,
    pub days: u64,
    /// How many in a hundred were offline at any time.
    pub offline: u64,
    pub seed: u64,
    /// In the end.
    pub nodes: usize,
    /// How many envelopes people wrote.
    pub written: usize,
    /// Until the last node had it, of those that were on all the while, with all links whole.
    pub everyone: Waits,
    /// The same for each node.
    pub on: Waits,
    /// The same while the region was in two.
    pub cut: Waits,
    /// For nodes that were off: from coming back.
    pub back: Waits,
    /// How often something came over so many links.
    pub hops: BTreeMap<u8, u64>,
    pub frames: u64,
    pub bytes: u64,
    pub kinds: BTreeMap<String, Kind>,
    /// From the end of all faults to the last frame.
    pub calming: u64,
    pub counts: BTreeMap<String, u64>,
    /// In milliseconds of the machine that ran it.
    pub founding_took: u64,
    pub all_took: u64,
    /// What the process held, in KiB.
    pub memory_before: u64,
    pub memory_founded: u64,
    pub memory_peak: u64,
}

/// How long something took: half of them, 99 in 100, and the longest, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    pub count: usize,
    pub half: u32,
    pub most: u32,
    pub longest: u32,
}

/// Frames and bytes of one kind of message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    pub frames: u64,
    pub bytes: u64,
}

/// The messages by their numbers on the wire; without a name where there is none of that number.
const KINDS: &[&str] = &[
    "Membership",
    "Entries",
    "Unknown",
    "Redeem",
    "Refused",
    "Return",
    "Reconcile",
    "Offer",
    "Want",
    "Wanted",
    "News",
    "Stored",
    "Addresses",
    "Presence",
    "Lookup",
    "Sealed",
    "",
    "",
    "",
    "",
    "Lazy",
    "Give",
    "Given",
    "Again",
];

impl Kind {
    /// Returns the name of a kind of message, by its number on the wire.
    #[must_use]
    pub fn name(number: u8) -> String {
        let name = KINDS.get(usize::from(number)).filter(|name| !name.is_empty());
        name.map_or_else(|| format!("kind {number}"), |name| (*name).to_owned())
    }
}

impl Waits {
    #[must_use]
    pub fn of(values: &mut [u32]) -> Self {
        Self {
            count: values.len(),
            half: per_mille(values, 500),
            most: per_mille(values, 990),
            longest: per_mille(values, 1_000),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
impl Figures {
    /// Returns the bytes that were sent in all for each envelope and node that should have it.
    #[must_use]
    pub fn bytes_per_edit_and_node(&self) -> f64 {
        self.bytes as f64 / (self.written.max(1) as f64 * self.nodes.max(1) as f64)
    }

    /// The same of those messages alone that carry or announce what was written.
    #[must_use]
    pub fn spreading_per_edit_and_node(&self) -> f64 {
        let of = |name: &str| self.kinds.get(name).map_or(0, |kind| kind.bytes);
        let bytes =
            of("News") + of("Wanted") + of("Want") + of("Offer") + of("Stored") + of("Lazy");
        bytes as f64 / (self.written.max(1) as f64 * self.nodes.max(1) as f64)
    }

    /// Returns the memory per node at the peak, in KiB.
    #[must_use]
    pub fn memory_per_node(&self) -> f64 {
        self.memory_peak.saturating_sub(self.memory_before) as f64 / self.nodes.max(1) as f64
    }

    /// Returns over how many links things came, on average and at most.
    #[must_use]
    pub fn hops(&self) -> (f64, u8) {
        let count: u64 = self.hops.values().sum();
        let sum: u64 = self.hops.iter().map(|(hops, count)| u64::from(*hops) * count).sum();
        (sum as f64 / count.max(1) as f64, self.hops.keys().last().copied().unwrap_or(0))
    }
}

/// Writes `report.md` and its plots into a folder.
///
/// # Errors
/// If that does not work.
pub fn write(folder: &Path, runs: &[Figures], command: &str) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    plots::draw(folder, runs)?;
    let mut text = format!("# A region, simulated\n\nMade by `{command}`.\n\n");
    table(&mut text, runs)?;
    for (file, title) in plots::ALL {
        write!(text, "\n![{title}]({file})\n")?;
    }
    for run in runs {
        details(&mut text, run)?;
    }
    std::fs::write(folder.join("report.md"), text).context("cannot write the report")?;
    Ok(())
}

fn table(text: &mut String, runs: &[Figures]) -> Result<()> {
    writeln!(
        text,
        "| organisations | documents | days | offline | written | everyone online has it: half, 99 in 100 | after coming back: half, 99 in 100 | \
         bytes per edit and node, all / spreading | hops, mean / most | memory per node | peak | time |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for run in runs {
        let (mean, most) = run.hops();
        writeln!(
            text,
            "| {} | {} | {} | {} % | {} | {} / {} | {} / {} | {:.0} / {:.0} B | {mean:.1} / {most} | {:.1} MiB | {:.1} GiB | {} |",
            run.organizations,
            run.documents,
            run.days,
            run.offline,
            run.written,
            seconds(run.everyone.half.into()),
            seconds(run.everyone.most.into()),
            seconds(run.back.half.into()),
            seconds(run.back.most.into()),
            run.bytes_per_edit_and_node(),
            run.spreading_per_edit_and_node(),
            run.memory_per_node() / 1_024.0,
            gib(run.memory_peak),
            seconds(run.all_took),
        )?;
    }
    writeln!(
        text,
        "\nTimes until something arrives are simulated; the last column is this machine's. Memory is what the process held at its \
         peak (resident set), less what it held before the region was made, divided by its nodes; what several nodes hold alike, such as \
         the region's first documents, is in memory once. Bytes count everything that was sent in the whole run: greetings, \
         addresses and reconciliations after each reconnection, too."
    )?;
    Ok(())
}

fn details(text: &mut String, run: &Figures) -> Result<()> {
    writeln!(text, "\n## {} organisations, seed {}\n", run.organizations, run.seed)?;
    writeln!(
        text,
        "| waited | times | half | 99 in 100 | longest |\n| --- | --- | --- | --- | --- |"
    )?;
    for (what, waits) in [
        ("until every node had it that was on all the while", run.everyone),
        ("a node that was on all the while", run.on),
        ("the same while the region was in two", run.cut),
        ("a node that was off, from coming back", run.back),
    ] {
        let [half, most, longest] =
            [waits.half, waits.most, waits.longest].map(|wait| seconds(wait.into()));
        writeln!(text, "| {what} | {} | {half} | {most} | {longest} |", waits.count)?;
    }
    writeln!(text, "\n| message | frames | bytes |\n| --- | --- | --- |")?;
    for (name, kind) in &run.kinds {
        writeln!(text, "| {name} | {} | {} |", kind.frames, kind.bytes)?;
    }
    writeln!(text, "\n| links | times |\n| --- | --- |")?;
    for (hops, count) in &run.hops {
        writeln!(text, "| {hops} | {count} |")?;
    }
    writeln!(text, "\n| what happened | count |\n| --- | --- |")?;
    for (what, count) in &run.counts {
        writeln!(text, "| {what} | {count} |")?;
    }
    writeln!(
        text,
        "\nFounding took {}, all of it {}; {} after the last fault all was quiet.",
        seconds(run.founding_took),
        seconds(run.all_took),
        seconds(run.calming)
    )?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn seconds(milliseconds: u64) -> String {
    format!("{:.1} s", milliseconds as f64 / 1_000.0)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn gib(kib: u64) -> f64 {
    kib as f64 / 1_048_576.0
}
