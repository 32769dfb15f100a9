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
    /// How many frames in a thousand arrive twice.
    pub doubles: u64,
}

impl Default for Weather {
    fn default() -> Self {
        Self { delay: (1, 40), breaks: 0, dials_fail: 0, notice: 0, doubles: 0 }
    }
}

impl Weather {
    /// Returns a bad day.
    #[must_use]
    pub const fn storm() -> Self {
        Self { delay: (1, 900), breaks: 12, dials_fail: 25, notice: 20_000, doubles: 0 }
    }
}

/// One stream between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Arrives {
        at: u64,
        is_doubled: bool,
    },
    /// The stream breaks under it, in mid-frame.
    Breaks,
    /// Nothing gets through in this direction any more; the first time it says when the stream is given up.
    Stalls {
        until: Option<u64>,
    },
}

/// How long a stream may stall before it is given up, in milliseconds.
const STALL: u64 = 20_000;

/// All links.
#[derive(Debug)]
pub struct Network {
    pub weather: Weather,
    seed: u64,
    cuts: BTreeSet<(Number, Number)>,
    /// From whom to whom nothing gets through, while the other way is open.
    one_way: BTreeSet<(Number, Number)>,
    stalled: BTreeSet<(StreamId, Number)>,
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
            one_way: BTreeSet::new(),
            stalled: BTreeSet::new(),
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

    /// Lets nothing through from one node to another any more, until [`Self::heal`].
    pub fn cut_one_way(&mut self, from: Number, to: Number) {
        self.one_way.insert((from, to));
    }

    pub fn heal(&mut self) {
        self.cuts.clear();
        self.one_way.clear();
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
        let is_one_way = self.one_way.contains(&(a, b)) || self.one_way.contains(&(b, a));
        if self.is_cut(a, b) || is_one_way || !reachable || unlucky {
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

    /// Sends a frame.
    pub fn send(&mut self, stream: StreamId, from: Number, to: Number, now: u64) -> Sent {
        let is_stalled = self.stalled.contains(&(stream, to));
        if is_stalled || self.one_way.contains(&(from, to)) {
            // What is lost on a stream is never followed by what comes later on it.
            self.stalled.insert((stream, to));
            return Sent::Stalls { until: (!is_stalled).then_some(now + STALL) };
        }
        let delay = self.delay(from, to);
        let Weather { breaks, doubles, .. } = self.weather;
        if self.chance(from, to).below(1_000) < breaks {
            return Sent::Breaks;
        }
        let is_doubled = doubles > 0 && self.chance(from, to).below(1_000) < doubles;
        let last = self.last.entry((stream, to)).or_insert(now);
        *last = (*last).max(now + delay);
        Sent::Arrives { at: *last, is_doubled }
    }

    /// Breaks what stands between two nodes; returns the stream, and when each side notices.
    pub fn tear(&mut self, a: Number, b: Number, now: u64) -> Option<(StreamId, u64, u64)> {
        let stream = self.streams.remove(&pair(a, b))?;
        for side in [a, b] {
            self.last.remove(&(stream, side));
            self.stalled.remove(&(stream, side));
        }
        let notice = self.weather.notice;
        let chance = self.chance(a, b);
        Some((stream, now + 1 + chance.below(notice + 1), now + 1 + chance.below(notice + 1)))
    }
}

fn pair(a: Number, b: Number) -> (Number, Number) {
    (a.min(b), a.max(b))
}
