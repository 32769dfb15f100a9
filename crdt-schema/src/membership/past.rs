//! Who knew what: whether one entry is in another's past, without walking there.
//!
//! Entries are laid into *chains*, in each of which every entry knows the one before it. An entry then remembers, for
//! each chain, how far its past reaches. A log whose authors mostly know of each other has few chains.

use super::state::Map;

/// Where an entry stands, and how much it knew.
#[derive(Clone, Debug)]
pub(super) struct Place {
    chain: u32,
    at: u32,
    seen: Map<u32, u32>,
}

impl Place {
    /// Is `other` this entry, or in its past?
    pub(super) fn knows(&self, other: &Self) -> bool {
        self.seen.get(&other.chain).is_some_and(|at| *at >= other.at)
    }

    /// Did neither of them know the other?
    pub(super) fn is_concurrent(&self, other: &Self) -> bool {
        !self.knows(other) && !other.knows(self)
    }
}

/// The chains, each by the place of its newest entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Chains(Vec<u32>);

impl Chains {
    /// Finds the place of a new entry.
    pub(super) fn place(&mut self, parents: &[&Place]) -> Place {
        let mut parents = parents.to_vec();
        parents.sort_by_key(|parent| std::cmp::Reverse(parent.seen.size()));
        let mut seen = parents.first().map(|parent| parent.seen.clone()).unwrap_or_default();
        for parent in parents.iter().skip(1) {
            for (chain, at) in &parent.seen {
                if seen.get(chain).is_none_or(|known| known < at) {
                    seen.insert_mut(*chain, *at);
                }
            }
        }
        // Any chain that ends in the past can go on here; one of a parent is found at once.
        let ends = |chain: u32, at: u32| self.newest(chain) == Some(at);
        let own = parents.iter().map(|parent| (parent.chain, parent.at));
        let going_on = own
            .chain(seen.iter().map(|(chain, at)| (*chain, *at)))
            .find(|(chain, at)| ends(*chain, *at));
        let (chain, at) = match going_on {
            Some((chain, at)) => (chain, at.saturating_add(1)),
            None => (u32::try_from(self.0.len()).unwrap_or(u32::MAX), 0),
        };
        match usize::try_from(chain).ok().and_then(|chain| self.0.get_mut(chain)) {
            Some(newest) => *newest = at,
            None => self.0.push(at),
        }
        seen.insert_mut(chain, at);
        Place { chain, at, seen }
    }

    fn newest(&self, chain: u32) -> Option<u32> {
        usize::try_from(chain).ok().and_then(|chain| self.0.get(chain)).copied()
    }
}
