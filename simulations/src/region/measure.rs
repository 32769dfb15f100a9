//! What a run of a region took: time, bytes, memory.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

use super::Region;
use crate::report::{Figures, Kind, Waits};
use crate::spread::Spread;
use crate::world::World;

/// Takes the time of this machine, and the memory of this process. Neither changes what happens in the world.
#[derive(Debug)]
pub(super) struct Measure {
    begun: Instant,
    founded: Instant,
    memory_before: u64,
    memory_founded: u64,
}

impl Default for Measure {
    fn default() -> Self {
        let now = clock();
        let memory_before = memory().0;
        Self { begun: now, founded: now, memory_before, memory_founded: 0 }
    }
}

impl Measure {
    pub(super) fn is_founded(&mut self, world: &mut World) {
        self.founded = clock();
        self.memory_founded = memory().0;
        world.spread = Some(Spread::starting(world.now));
        self.tells(world, "is founded");
    }

    /// Tells those who wait how far it is.
    pub(super) fn tells(&self, world: &World, what: &str) {
        if world.is_told {
            let (memory, _) = memory();
            let line = format!(
                "{:>7.1} s  {what}: {} nodes, {} written, {} frames, {} MB sent, {} MiB of memory",
                self.begun.elapsed().as_secs_f64(),
                world.nodes.len(),
                world.spread.as_ref().map_or(0, Spread::count),
                world.counted("frames"),
                world.counted("bytes") / 1_000_000,
                memory / 1_024,
            );
            // Who does not listen misses nothing.
            let _unheard = writeln!(std::io::stderr(), "{line}");
        }
    }

    pub(super) fn is_over(&self, world: &mut World, region: &Region, calming: u64) {
        let (_, peak) = memory();
        let Some(mut spread) = world.spread.take() else { return };
        let mut slowest = spread.slowest();
        let nodes = world.nodes.len();
        let millis =
            |since: Instant| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let kinds: BTreeMap<String, Kind> = world
            .trace
            .kinds
            .iter()
            .map(|(number, (frames, bytes))| {
                (Kind::name(*number), Kind { frames: *frames, bytes: *bytes })
            })
            .collect();
        world.figures = Some(Figures {
            organizations: region.organizations,
            documents: region.documents.len(),
            days: region.days,
            offline: region.offline,
            seed: world.seed,
            nodes,
            written: spread.count(),
            everyone: Waits::of(&mut slowest),
            on: Waits::of(&mut spread.on),
            cut: Waits::of(&mut spread.cut),
            back: Waits::of(&mut spread.back),
            hops: std::mem::take(&mut spread.hops),
            frames: world.counted("frames"),
            bytes: world.counted("bytes"),
            kinds,
            calming,
            counts: world
                .trace
                .counts
                .iter()
                .map(|(what, count)| ((*what).to_owned(), *count))
                .collect(),
            founding_took: u64::try_from((self.founded - self.begun).as_millis())
                .unwrap_or(u64::MAX),
            all_took: millis(self.begun),
            memory_before: self.memory_before,
            memory_founded: self.memory_founded,
            memory_peak: peak,
        });
        self.tells(world, "is over");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is told to whoever started it, and is nothing that happens in the world"
)]
fn clock() -> Instant {
    Instant::now()
}

/// Returns how much memory this process holds, and held at most, in KiB; 0 where the system does not say.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let read = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    (read("VmRSS:"), read("VmHWM:"))
}
