//! The graph of a document's changes: who builds on whom, and up to which operation number.
//!
//! Automerge keeps such a graph too, but does not let anybody ask it cheaply; the gate asks it for every change.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Change, ChangeHash};

/// What is kept of one change.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    deps: Vec<ChangeHash>,
    actor: ActorId,
    /// The highest operation number in the change and all it builds on.
    max_op: u64,
    /// One more than the height of the highest change it builds on.
    height: u64,
    bytes: usize,
}

/// All changes of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    entries: BTreeMap<ChangeHash, Entry>,
    /// The changes of each actor; the one with `seq` 1 first.
    actors: BTreeMap<ActorId, Vec<ChangeHash>>,
    bytes: usize,
}

/// A graph, and changes on top of it that are not taken in yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'g> {
    base: &'g Graph,
    added: &'g Graph,
}

static NOTHING: Graph = Graph { entries: BTreeMap::new(), actors: BTreeMap::new(), bytes: 0 };

impl Graph {
    /// Returns what is known with nothing on top.
    pub(crate) const fn known(&self) -> Known<'_> {
        Known { base: self, added: &NOTHING }
    }

    /// Returns what is known with `added` on top.
    pub(crate) const fn with<'g>(&'g self, added: &'g Self) -> Known<'g> {
        Known { base: self, added }
    }

    /// Takes in a change whose dependencies are in already.
    pub(crate) fn add(&mut self, change: &Change) {
        let entry = self.known().entry(change);
        self.insert(change.hash(), entry);
    }

    pub(crate) fn insert(&mut self, hash: ChangeHash, entry: Entry) {
        if self.entries.contains_key(&hash) {
            return;
        }
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.actors.entry(entry.actor.clone()).or_default().push(hash);
        self.entries.insert(hash, entry);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'g> Known<'g> {
    pub(crate) fn contains(self, hash: &ChangeHash) -> bool {
        self.get(hash).is_some()
    }

    fn get(self, hash: &ChangeHash) -> Option<&'g Entry> {
        self.base.entries.get(hash).or_else(|| self.added.entries.get(hash))
    }

    /// Returns what to keep of a change whose dependencies are known.
    pub(crate) fn entry(self, change: &Change) -> Entry {
        let deps = change.deps().to_vec();
        Entry {
            height: deps
                .iter()
                .filter_map(|dep| self.get(dep))
                .map(|dep| dep.height + 1)
                .max()
                .unwrap_or(0),
            max_op: change.max_op().max(self.max_op(&deps)),
            actor: change.actor_id().clone(),
            bytes: change.raw_bytes().len(),
            deps,
        }
    }

    /// Returns how many changes of an actor are known.
    pub(crate) fn count(self, actor: &ActorId) -> usize {
        let count = |graph: &Graph| graph.actors.get(actor).map_or(0, Vec::len);
        count(self.base) + count(self.added)
    }

    /// Returns the `index`th change of an actor, counted from 0.
    pub(crate) fn nth(self, actor: &ActorId, index: usize) -> Option<&'g ChangeHash> {
        let base = self.base.actors.get(actor).map_or(&[][..], Vec::as_slice);
        base.get(index)
            .or_else(|| self.added.actors.get(actor)?.get(index.checked_sub(base.len())?))
    }

    /// Returns the highest operation number in the version that `heads` name.
    pub(crate) fn max_op(self, heads: &[ChangeHash]) -> u64 {
        heads.iter().filter_map(|hash| self.get(hash)).map(|entry| entry.max_op).max().unwrap_or(0)
    }

    /// Is `hash` one of `heads`, or something they build on?
    pub(crate) fn covers(self, heads: &[ChangeHash], hash: &ChangeHash) -> bool {
        if heads.contains(hash) {
            return true;
        }
        let Some(sought) = self.get(hash) else { return false };
        let mut seen = BTreeSet::new();
        let mut open: Vec<&ChangeHash> = heads.iter().collect();
        while let Some(next) = open.pop() {
            let Some(entry) = self.get(next) else { continue };
            // What is not higher than the sought change cannot build on it.
            if entry.height <= sought.height || !seen.insert(next) {
                continue;
            }
            if entry.deps.contains(hash) {
                return true;
            }
            open.extend(&entry.deps);
        }
        false
    }

    /// Returns the version that `heads` mean, without those that others of them build on.
    pub(crate) fn without_redundant(self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        let keep = |head: &&ChangeHash| {
            let others: Vec<ChangeHash> =
                heads.iter().filter(|other| *other != *head).copied().collect();
            others.is_empty() || !self.covers(&others, head)
        };
        heads.iter().filter(keep).copied().collect()
    }

    /// Returns the changes that `to` builds on and `from` does not, each after those it builds on. `to` covers `from`.
    pub(crate) fn between(self, from: &[ChangeHash], to: &[ChangeHash]) -> Vec<ChangeHash> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&ChangeHash> = to.iter().collect();
        while let Some(next) = open.pop() {
            if let Some(entry) = self.get(next)
                && !self.covers(from, next)
                && found.insert((entry.height, *next))
            {
                open.extend(&entry.deps);
            }
        }
        found.into_iter().map(|(_, hash)| hash).collect()
    }

    /// Returns how many bytes and how many actors the version that `heads` name holds, if more than the limits are known.
    ///
    /// What is known has these numbers or higher ones, so that there is nothing to count as long as it is within them.
    pub(crate) fn size_beyond(
        self,
        heads: &[ChangeHash],
        bytes: usize,
        actors: usize,
    ) -> (usize, usize) {
        let all =
            (self.base.bytes + self.added.bytes, self.base.actors.len() + self.added.actors.len());
        if all.0 <= bytes && all.1 <= actors {
            return (0, 0);
        }
        let mut seen = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut sum = 0_usize;
        let mut open: Vec<&ChangeHash> = heads.iter().collect();
        while let Some(next) = open.pop() {
            if let Some(entry) = self.get(next)
                && seen.insert(next)
            {
                sum = sum.saturating_add(entry.bytes);
                names.insert(&entry.actor);
                open.extend(&entry.deps);
            }
        }
        (sum, names.len())
    }
}
