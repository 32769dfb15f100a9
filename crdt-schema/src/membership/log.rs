//! The set of entries, judged and folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fold::{NoRight, State};
use super::{Act, Entry};
use crate::identity::{EntryId, WorkspaceId};

/// How many old states are kept at hand before they are thrown away and folded again when asked for.
const STATES: usize = 256;

/// A workspace's membership log.
#[derive(Debug)]
pub struct Log {
    workspace: WorkspaceId,
    entries: BTreeMap<EntryId, Stored>,
    heads: BTreeSet<EntryId>,
    states: BTreeMap<Vec<EntryId>, Arc<State>>,
    current: Arc<State>,
}

#[derive(Debug)]
struct Stored {
    entry: Entry,
    /// Longest way to the founding entry: with the id it gives an order that all replicas share.
    depth: u64,
}

/// Why an entry is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefuseEntry {
    #[error("the membership entry or what it carries is not truly signed")]
    BadSignature,
    #[error("the membership entry had no right to be written: {0}")]
    NoRight(NoRight),
    #[error("the founding entry does not found a workspace")]
    NotFounding,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Insert {
    /// It is in.
    Taken,
    /// It was in already.
    Known,
    /// It builds on entries that are not here.
    Missing(Vec<EntryId>),
}

impl Log {
    /// Starts a log with its founding entry.
    ///
    /// # Errors
    /// If the entry does not found a workspace or is not truly signed.
    pub fn found(entry: Entry) -> Result<Self, RefuseEntry> {
        if !entry.is_true() {
            return Err(RefuseEntry::BadSignature);
        }
        let id = entry.id();
        if !entry.parents.is_empty() || entry.workspace.is_some() {
            return Err(RefuseEntry::NotFounding);
        }
        let state = Arc::new(State::founded(id, &entry).ok_or(RefuseEntry::NotFounding)?);
        Ok(Self {
            workspace: id.into(),
            entries: BTreeMap::from([(id, Stored { entry, depth: 0 })]),
            heads: BTreeSet::from([id]),
            states: BTreeMap::from([(vec![id], Arc::clone(&state))]),
            current: state,
        })
    }

    /// Returns the workspace's id.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Returns who is in, after all entries here.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.current
    }

    /// Returns the newest entries, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<EntryId> {
        self.heads.iter().copied().collect()
    }

    /// Is the entry here?
    #[must_use]
    pub fn knows(&self, id: &EntryId) -> bool {
        self.entries.contains_key(id)
    }

    /// Returns an entry.
    #[must_use]
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.get(id).map(|stored| &stored.entry)
    }

    /// Takes an entry, if its author had the right to write it.
    ///
    /// # Errors
    /// If it had not, or the entry is not truly signed. The verdict rests on the entry and its ancestors alone.
    pub fn insert(&mut self, entry: Entry) -> Result<Insert, RefuseEntry> {
        let id = entry.id();
        if self.knows(&id) {
            return Ok(Insert::Known);
        }
        if !entry.is_true() {
            return Err(RefuseEntry::BadSignature);
        }
        if entry.parents.is_empty() || matches!(entry.act(), Some(Act::Found { .. })) {
            return Err(RefuseEntry::NoRight(NoRight::Refounding));
        }
        let missing: Vec<EntryId> =
            entry.parents.iter().filter(|id| !self.knows(id)).copied().collect();
        if !missing.is_empty() {
            return Ok(Insert::Missing(missing));
        }
        let parents =
            self.state_at(&entry.parents).ok_or(RefuseEntry::NoRight(NoRight::Stranger))?;
        parents.judge(&entry).map_err(RefuseEntry::NoRight)?;
        let above = entry
            .parents
            .iter()
            .filter_map(|id| self.entries.get(id))
            .map(|stored| stored.depth)
            .max();
        for parent in &entry.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        let depth = above.map_or(0, |depth| depth.saturating_add(1));
        self.entries.insert(id, Stored { entry, depth });
        if let Some(state) = self.state_at(&self.heads()) {
            self.current = state;
        }
        Ok(Insert::Taken)
    }

    /// Returns who was in at some heads; `None` if one of them is not here.
    pub fn state_at(&mut self, heads: &[EntryId]) -> Option<Arc<State>> {
        if let Some(state) = self.states.get(heads) {
            return Some(Arc::clone(state));
        }
        let state = Arc::new(self.fold(&self.ancestors(heads)?)?);
        if self.states.len() >= STATES {
            self.states.clear();
        }
        self.states.insert(heads.to_vec(), Arc::clone(&state));
        Some(state)
    }

    /// Do `later` heads know all that `earlier` heads knew?
    #[must_use]
    pub fn covers(&self, later: &[EntryId], earlier: &[EntryId]) -> bool {
        later == earlier
            || self
                .ancestors(later)
                .is_some_and(|known| earlier.iter().all(|id| known.contains(id)))
    }

    /// Returns the entries that somebody with these heads lacks, parents first. Unknown heads are passed over.
    #[must_use]
    pub fn lacking(&self, heads: &[EntryId]) -> Vec<&Entry> {
        let here: Vec<EntryId> = heads.iter().filter(|id| self.knows(id)).copied().collect();
        let known = self.ancestors(&here).unwrap_or_default();
        let mut lacking: Vec<(&EntryId, &Stored)> =
            self.entries.iter().filter(|(id, _)| !known.contains(id)).collect();
        lacking.sort_unstable_by_key(|(id, stored)| (stored.depth, **id));
        lacking.into_iter().map(|(_, stored)| &stored.entry).collect()
    }

    /// Returns the heads with everything below them; `None` if one is not here.
    fn ancestors(&self, heads: &[EntryId]) -> Option<BTreeSet<EntryId>> {
        let mut found = BTreeSet::new();
        let mut todo = heads.to_vec();
        while let Some(id) = todo.pop() {
            let stored = self.entries.get(&id)?;
            if found.insert(id) {
                todo.extend(&stored.entry.parents);
            }
        }
        Some(found)
    }

    fn fold(&self, known: &BTreeSet<EntryId>) -> Option<State> {
        let founding = EntryId::from(self.workspace);
        let mut state = State::founded(founding, &self.entries.get(&founding)?.entry)?;
        let mut ordered: Vec<(u64, EntryId)> = known
            .iter()
            .filter_map(|id| self.entries.get(id).map(|stored| (stored.depth, *id)))
            .collect();
        ordered.sort_unstable();
        for (_, id) in &ordered {
            if let Some(stored) = self.entries.get(id) {
                state.take(*id, &stored.entry);
            }
        }
        state.settle(|later, earlier| {
            later != earlier && self.ancestors(&[*later]).is_some_and(|past| past.contains(earlier))
        });
        Some(state)
    }
}
