//! [`Spread`]: how long and over how many links what is written comes to everyone.

use std::collections::BTreeMap;

use crdt_schema::identity::EnvelopeId;

use crate::network::Number;

/// Stands for a node that does not have it.
const NOWHERE: u8 = u8::MAX;

/// How what is written spreads.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    written: BTreeMap<EnvelopeId, Written>,
    /// From writing to arrival, in milliseconds, for nodes that were on all the while, with all links whole.
    pub on: Vec<u32>,
    /// The same while links were cut.
    pub cut: Vec<u32>,
    /// From coming back to arrival, for nodes that were off when it was written.
    pub back: Vec<u32>,
    /// How often something came over so many links.
    pub hops: BTreeMap<u8, u64>,
    /// Are links cut now, and since when have they all been whole?
    cut_now: bool,
    whole_since: u64,
}

/// One envelope.
#[derive(Clone, Debug)]
struct Written {
    at: u64,
    /// Over how many links it came to each node.
    hops: Vec<u8>,
    /// How long the last node that was on all the while waited for it, with all links whole.
    slowest: Option<u32>,
}

/// An envelope comes to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Number,
    /// Who sent it; nobody if it was written here.
    pub(crate) from: Option<Number>,
    pub(crate) now: u64,
    /// Since when the node has been on.
    pub(crate) since: u64,
}

impl Spread {
    /// Begins to count anew: what happened until now does not matter.
    #[must_use]
    pub fn starting(now: u64) -> Self {
        Self { whole_since: now, ..Self::default() }
    }

    /// Hears that links are cut, or whole again.
    pub fn links_are_cut(&mut self, cut: bool, now: u64) {
        self.cut_now = cut;
        self.whole_since = now;
    }

    /// How many envelopes were written?
    #[must_use]
    pub fn count(&self) -> usize {
        self.written.len()
    }

    /// Returns how long the last node waited, of those that were on all the while, for each envelope.
    #[must_use]
    pub fn slowest(&self) -> Vec<u32> {
        self.written.values().filter_map(|written| written.slowest).collect()
    }

    pub(crate) fn came(&mut self, id: EnvelopeId, arrival: Arrival) {
        let Arrival { at, from, now, since } = arrival;
        let Some(from) = from else {
            let mut written = Written { at: now, hops: Vec::new(), slowest: None };
            written.put(at, 0);
            self.written.entry(id).or_insert(written);
            return;
        };
        // What was there before anybody measured is not measured.
        let Some(written) = self.written.get_mut(&id) else { return };
        let hops = written.hops(from).saturating_add(1).min(NOWHERE - 1);
        written.put(at, hops);
        *self.hops.entry(hops).or_default() += 1;
        let took = |since: u64| u32::try_from(now.saturating_sub(since)).unwrap_or(u32::MAX);
        if since > written.at {
            self.back.push(took(since));
        } else if self.cut_now || self.whole_since > written.at {
            self.cut.push(took(written.at));
        } else {
            self.on.push(took(written.at));
            written.slowest = written.slowest.max(Some(took(written.at)));
        }
    }
}

impl Written {
    fn hops(&self, node: Number) -> u8 {
        self.hops.get(node).copied().unwrap_or(NOWHERE)
    }

    fn put(&mut self, node: Number, hops: u8) {
        if self.hops.len() <= node {
            self.hops.resize(node + 1, NOWHERE);
        }
        if let Some(place) = self.hops.get_mut(node) {
            *place = hops;
        }
    }
}

/// Returns what so many in a thousand do not exceed; 0 of nothing.
#[must_use]
pub fn per_mille(values: &mut [u32], part: usize) -> u32 {
    values.sort_unstable();
    let at = (values.len() * part).div_ceil(1_000).saturating_sub(1);
    values.get(at).copied().unwrap_or(0)
}
