//! [`Network`]: links that are slow, break in mid-stream and are cut; which node hears whom, and when.
//!
//! Frames travel over a stream: while it lasts they stay in order and none is lost; when it breaks, those on their way
//! are lost, and each side hears of it in its own time.

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::Chance;

/// Which node, by number from 0.
pub type Number = usize;

/// How the links behave.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// The shortest and the longest way of a frame, in milliseconds.
    pub delay: (u64, u64),
    /// How many frames in a thousand break their stream.
    pub breaks: u64,
    /// How many dials in a hundred fail.
    pub dials_fail: u64,
    /// How long a side may take to notice that a stream broke, in milliseconds.
    pub notice: u64,
}

impl Default for Weather {
    fn default() -> Self {
        Self { delay: (1, 40), breaks: 0, dials_fail: 0, notice: 0 }
    }
}

impl Weather {
    /// Returns a bad day.
    #[must_use]
    pub const fn storm() -> Self {
        Self { delay: (1, 900), breaks: 12, dials_fail: 25, notice: 20_000 }
    }
}

/// One stream between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// All links.
#[derive(Debug)]
pub struct Network {
    pub weather: Weather,
    seed: u64,
    cuts: BTreeSet<(Number, Number)>,
    streams: BTreeMap<(Number, Number), StreamId>,
    /// When the last frame of a stream arrives, for each direction.
    last: BTreeMap<(StreamId, Number), u64>,
    next: u64,
    chance: BTreeMap<(Number, Number), Chance>,
}

impl Network {
    #[must_use]
    pub const fn new(seed: u64, weather: Weather) -> Self {
        Self {
            weather,
            seed,
            cuts: BTreeSet::new(),
            streams: BTreeMap::new(),
            last: BTreeMap::new(),
            next: 0,
            chance: BTreeMap::new(),
        }
    }

    /// Every link has chance of its own, so that traffic between others does not change it.
    fn chance(&mut self, a: Number, b: Number) -> &mut Chance {
        let seed = self.seed;
        self.chance
            .entry(pair(a, b))
            .or_insert_with(|| Chance::new(seed, &format!("link {:?}", pair(a, b))))
    }

    fn delay(&mut self, a: Number, b: Number) -> u64 {
        let (shortest, longest) = self.weather.delay;
        self.chance(a, b).between(shortest, longest)
    }

    pub fn cut(&mut self, a: Number, b: Number) {
        self.cuts.insert(pair(a, b));
    }

    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    #[must_use]
    pub fn is_cut(&self, a: Number, b: Number) -> bool {
        self.cuts.contains(&pair(a, b))
    }

    /// Is this stream the one that stands between two nodes?
    #[must_use]
    pub fn stands(&self, a: Number, b: Number, stream: StreamId) -> bool {
        self.streams.get(&pair(a, b)) == Some(&stream)
    }

    #[must_use]
    pub fn stream(&self, a: Number, b: Number) -> Option<StreamId> {
        self.streams.get(&pair(a, b)).copied()
    }

    /// Tries to connect; returns when it is known, and the stream if it stands.
    pub fn dial(
        &mut self,
        a: Number,
        b: Number,
        reachable: bool,
        now: u64,
    ) -> (u64, Option<StreamId>) {
        let wait = self.delay(a, b) * 2;
        let fails = self.weather.dials_fail;
        let unlucky = self.chance(a, b).percent(fails);
        if self.is_cut(a, b) || !reachable || unlucky {
            return (now + 20 + wait * 2, None);
        }
        self.next += 1;
        let stream = StreamId(self.next);
        self.streams.insert(pair(a, b), stream);
        let at = now + wait;
        self.last.insert((stream, a), at);
        self.last.insert((stream, b), at);
        (at, Some(stream))
    }

    /// Sends a frame; returns when it arrives, or `None` if the stream breaks under it.
    pub fn send(&mut self, stream: StreamId, from: Number, to: Number, now: u64) -> Option<u64> {
        let delay = self.delay(from, to);
        let breaks = self.weather.breaks;
        if self.chance(from, to).below(1_000) < breaks {
            return None;
        }
        let last = self.last.entry((stream, to)).or_insert(now);
        *last = (*last).max(now + delay);
        Some(*last)
    }

    /// Breaks what stands between two nodes; returns the stream, and when each side notices.
    pub fn tear(&mut self, a: Number, b: Number, now: u64) -> Option<(StreamId, u64, u64)> {
        let stream = self.streams.remove(&pair(a, b))?;
        let notice = self.weather.notice;
        let chance = self.chance(a, b);
        Some((stream, now + 1 + chance.below(notice + 1), now + 1 + chance.below(notice + 1)))
    }
}

fn pair(a: Number, b: Number) -> (Number, Number) {
    (a.min(b), a.max(b))
}
