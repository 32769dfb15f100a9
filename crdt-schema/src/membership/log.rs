//! The set of entries, judged and folded.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::allow::NoRight;
use super::apply::{Step, Why};
use super::past::{Chains, Place};
use super::region::Region;
use super::state::State;
use super::{Act, Change, DocumentFence, Entry};
use crate::identity::{ChangeId, DocumentId, EntryId, EnvelopeId, OrganizationId, WorkspaceId};

/// How many states of several heads are kept at hand before they are thrown away and found again when asked for.
const STATES: usize = 256;
/// How long a suspension is in force before honest nodes let it lapse.
pub const SUSPENSION: Duration = Duration::from_secs(72 * 60 * 60);
/// How long stewards have to object to an election before honest nodes take in that it was carried out.
pub const ELECTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A workspace's membership log.
#[derive(Debug)]
pub struct Log {
    workspace: WorkspaceId,
    founded: Arc<State>,
    /// Copies of a log share what they have in common.
    entries: BTreeMap<EntryId, Arc<Stored>>,
    order: BTreeSet<(u64, EntryId)>,
    heads: BTreeSet<EntryId>,
    chains: Chains,
    current: OnceLock<Arc<State>>,
    states: Mutex<BTreeMap<Vec<EntryId>, Arc<State>>>,
}

/// A copy goes its own way from here on; the states kept at hand stay with the original.
impl Clone for Log {
    fn clone(&self) -> Self {
        Self {
            workspace: self.workspace,
            founded: Arc::clone(&self.founded),
            entries: self.entries.clone(),
            order: self.order.clone(),
            heads: self.heads.clone(),
            chains: self.chains.clone(),
            current: self.current.clone(),
            states: Mutex::default(),
        }
    }
}

/// An entry that was taken.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) entry: Entry,
    /// Longest way to the founding entry: with the id it gives an order that all replicas share.
    pub(super) depth: u64,
    pub(super) place: Place,
    /// Whose it is, by the state at its parents.
    pub(super) author: OrganizationId,
    /// The state at its parents.
    pub(super) before: Arc<State>,
    after: Arc<State>,
}

impl Stored {
    /// Returns the state that its author made of it, before anything else was known.
    pub(super) fn after(&self) -> &State {
        &self.after
    }
}

/// Why an entry is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefuseEntry {
    #[error("the membership entry or what it carries is not truly signed")]
    BadSignature,
    #[error("the membership entry builds twice on the same: one of its parents knows another")]
    RedundantParent,
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

/// What an entry that was taken does, after all entries here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It has its effect.
    Stands,
    /// What happened at the same time took its effect away.
    Void(Why),
}

/// How long honest nodes wait before they take an entry in. Delays; decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// From when on: when this node took in that entry, by its own clock.
    pub since: EntryId,
    /// For how long.
    pub lasts: Duration,
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
        let author = *state.nodes.get(&entry.node).ok_or(RefuseEntry::NotFounding)?;
        let mut chains = Chains::default();
        let stored = Stored {
            entry,
            depth: 0,
            place: chains.place(&[]),
            author,
            before: Arc::clone(&state),
            after: Arc::clone(&state),
        };
        Ok(Self {
            workspace: id.into(),
            founded: state,
            entries: BTreeMap::from([(id, Arc::new(stored))]),
            order: BTreeSet::from([(0, id)]),
            heads: BTreeSet::from([id]),
            chains,
            current: OnceLock::new(),
            states: Mutex::default(),
        })
    }

    /// Returns the workspace's id.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Returns who is in, after all entries here.
    #[must_use]
    pub fn state(&self) -> &Arc<State> {
        self.current.get_or_init(|| self.resolve(&self.heads()))
    }

    /// Returns the newest entries, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<EntryId> {
        self.heads.iter().copied().collect()
    }

    /// How many entries are here?
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a log always has its founding entry")]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn one(&self, id: &EntryId) -> Option<&Stored> {
        self.entries.get(id).map(Arc::as_ref)
    }

    /// Is the entry here?
    #[must_use]
    pub fn knows(&self, id: &EntryId) -> bool {
        self.entries.contains_key(id)
    }

    pub(super) const fn stored(&self) -> &BTreeMap<EntryId, Arc<Stored>> {
        &self.entries
    }

    /// Returns an entry.
    #[must_use]
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.get(id).map(|stored| &stored.entry)
    }

    /// Returns the organisation that wrote an entry.
    #[must_use]
    pub fn author(&self, id: &EntryId) -> Option<OrganizationId> {
        self.entries.get(id).map(|stored| stored.author)
    }

    /// Returns all entries in the order that all replicas share: what an entry builds on stands before it.
    pub fn entries_in_order(&self) -> impl DoubleEndedIterator<Item = (&EntryId, &Entry)> {
        self.order.iter().filter_map(|(_, id)| Some((id, self.get(id)?)))
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
        if entry.parents.is_empty() {
            return Err(RefuseEntry::NoRight(NoRight::Refounding));
        }
        let missing: Vec<EntryId> =
            entry.parents.iter().filter(|id| !self.knows(id)).copied().collect();
        if !missing.is_empty() {
            return Ok(Insert::Missing(missing));
        }
        if self.newest(&entry.parents) != entry.parents {
            return Err(RefuseEntry::RedundantParent);
        }
        let before = self.resolve(&entry.parents);
        let author = before.judge(&entry).map_err(RefuseEntry::NoRight)?;
        if !self.has_its_fences(&entry) {
            return Err(RefuseEntry::NoRight(NoRight::NoSuchFence));
        }
        self.add(id, entry, author, before);
        Ok(Insert::Taken)
    }

    fn add(&mut self, id: EntryId, entry: Entry, author: OrganizationId, before: Arc<State>) {
        let mut after = State::clone(&before);
        after.apply(&Step {
            id,
            entry: &entry,
            author,
            before: &before,
            doom: None,
            is_within: true,
            is_at_work: false,
        });
        let parents: Vec<&Stored> = entry
            .parents
            .iter()
            .filter_map(|parent| self.entries.get(parent).map(Arc::as_ref))
            .collect();
        let depth = parents.iter().map(|parent| parent.depth).max().unwrap_or(0).saturating_add(1);
        let places: Vec<&Place> = parents.iter().map(|parent| &parent.place).collect();
        let place = self.chains.place(&places);
        for parent in &entry.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        self.order.insert((depth, id));
        let stored = Stored { entry, depth, place, author, before, after: Arc::new(after) };
        self.entries.insert(id, Arc::new(stored));
        self.current = OnceLock::new();
    }

    /// Are the fences that the entry names its own node's, and in its past?
    fn has_its_fences(&self, entry: &Entry) -> bool {
        let fences = entry.act().map(fences_of).unwrap_or_default();
        fences.iter().all(|fence| {
            self.get(fence).is_some_and(|named| {
                matches!(named.act(), Some(Act::Fence(_))) && named.node == entry.node
            })
        }) && self.covers(&entry.parents, fences)
    }

    /// Returns who was in at some heads; `None` if one of them is not here.
    #[must_use]
    pub fn state_at(&self, heads: &[EntryId]) -> Option<Arc<State>> {
        let all_known = !heads.is_empty() && heads.iter().all(|head| self.knows(head));
        all_known.then(|| self.resolve(&self.newest(heads)))
    }

    /// Returns those of some entries that no other of them knows, sorted.
    fn newest(&self, ids: &[EntryId]) -> Vec<EntryId> {
        let stored: BTreeMap<EntryId, &Stored> =
            ids.iter().filter_map(|id| Some((*id, self.one(id)?))).collect();
        let is_newest = |id: &EntryId, one: &Stored| {
            !stored.iter().any(|(other, later)| other != id && later.place.knows(&one.place))
        };
        stored.iter().filter(|(id, one)| is_newest(id, one)).map(|(id, _)| *id).collect()
    }

    /// Returns the state at heads that are here, and of which none knows another.
    fn resolve(&self, heads: &[EntryId]) -> Arc<State> {
        if let [head] = heads
            && let Some(stored) = self.entries.get(head)
        {
            return Arc::clone(&stored.after);
        }
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get(heads) {
            return Arc::clone(state);
        }
        let (base, region) = self.region(heads);
        let state = Arc::new(Region::new(region).resolve(base));
        if states.len() >= STATES {
            states.clear();
        }
        states.insert(heads.to_vec(), Arc::clone(&state));
        state
    }

    /// Walks back from heads to the deepest entry that everything else knows or is known by. Returns the state there,
    /// and what is after it.
    fn region(&self, heads: &[EntryId]) -> (&State, Vec<(EntryId, &Stored)>) {
        let mut region = Vec::new();
        let mut seen: BTreeSet<EntryId> = heads.iter().copied().collect();
        let mut ahead: BinaryHeap<(u64, EntryId)> = seen
            .iter()
            .filter_map(|id| self.entries.get(id).map(|stored| (stored.depth, *id)))
            .collect();
        let mut base = &self.founded;
        while let Some((_, id)) = ahead.pop() {
            let Some(stored) = self.one(&id) else { continue };
            if ahead.is_empty() {
                // No parent knows another, so all ways back lead through this one.
                base = &stored.after;
                break;
            }
            region.push((id, stored));
            for parent in &stored.entry.parents {
                if let Some(above) = self.entries.get(parent)
                    && seen.insert(*parent)
                {
                    ahead.push((above.depth, *parent));
                }
            }
        }
        (base, region)
    }

    /// Do `later` heads know all that `earlier` heads knew?
    #[must_use]
    pub fn covers(&self, later: &[EntryId], earlier: &[EntryId]) -> bool {
        if later == earlier {
            return true;
        }
        let places: Option<Vec<&Place>> =
            later.iter().map(|id| self.entries.get(id).map(|stored| &stored.place)).collect();
        let Some(places) = places else { return false };
        earlier.iter().all(|id| {
            self.entries
                .get(id)
                .is_some_and(|stored| places.iter().any(|later| later.knows(&stored.place)))
        })
    }

    /// Did who knew these heads know of an exclusion?
    #[must_use]
    pub fn knows_exclusion(&self, heads: &[EntryId], exclusion: &EntryId) -> bool {
        self.covers(heads, &[*exclusion])
    }

    /// Returns the entries that somebody with these heads lacks, parents first. Unknown heads are passed over.
    #[must_use]
    pub fn lacking(&self, heads: &[EntryId]) -> Vec<&Entry> {
        let theirs: Vec<&Place> = heads
            .iter()
            .filter_map(|id| self.entries.get(id).map(|stored| &stored.place))
            .collect();
        let mut lacking: BTreeMap<(u64, EntryId), &Stored> = BTreeMap::new();
        let mut ahead: Vec<EntryId> = self.heads();
        while let Some(id) = ahead.pop() {
            let Some(stored) = self.one(&id) else { continue };
            let is_theirs = theirs.iter().any(|place| place.knows(&stored.place));
            if !is_theirs && lacking.insert((stored.depth, id), stored).is_none() {
                ahead.extend(&stored.entry.parents);
            }
        }
        lacking.into_values().map(|stored| &stored.entry).collect()
    }

    /// Returns what an entry does, after all entries here; `None` if it is not here.
    #[must_use]
    pub fn effect(&self, id: &EntryId) -> Option<Effect> {
        self.knows(id).then(|| match self.state().void.get(id) {
            Some(why) => Effect::Void(*why),
            None => Effect::Stands,
        })
    }

    /// Returns how far a document and its access log are kept where somebody was shut out; nothing of a document that
    /// was not fenced.
    #[must_use]
    pub fn fence(
        &self,
        exclusion: &EntryId,
        document: &DocumentId,
    ) -> (Vec<ChangeId>, Vec<EnvelopeId>) {
        let (mut heads, mut steps) = (BTreeSet::new(), BTreeSet::new());
        for fence in self.document_fences(exclusion, document) {
            heads.extend(fence.heads.iter().copied());
            steps.extend(fence.access.iter().copied());
        }
        (heads.into_iter().collect(), steps.into_iter().collect())
    }

    fn document_fences<'a>(
        &'a self,
        exclusion: &EntryId,
        document: &'a DocumentId,
    ) -> impl Iterator<Item = &'a DocumentFence> {
        let fences = self.get(exclusion).and_then(Entry::act).map(fences_of).unwrap_or_default();
        let documents = fences.iter().filter_map(|fence| match self.get(fence)?.act()? {
            Act::Fence(documents) => Some(documents),
            _ => None,
        });
        documents.flatten().filter(move |fence| fence.document == *document)
    }

    /// Returns how long an honest node waits before it writes such an entry, or takes it in from elsewhere.
    #[must_use]
    pub fn delay(&self, entry: &Entry) -> Option<Delay> {
        match entry.act()? {
            Act::Lapse(suspension) => Some(Delay { since: *suspension, lasts: SUSPENSION }),
            Act::Enact { proposal, .. } => match self.get(proposal)?.act()? {
                Act::Propose(Change::Elect(_)) => Some(Delay { since: *proposal, lasts: ELECTION }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Returns the fences that an act names.
const fn fences_of(act: &Act) -> &[EntryId] {
    match act {
        Act::Enact { fences, .. }
        | Act::Suspend { fences, .. }
        | Act::Leave(fences)
        | Act::RevokeNode { fences, .. }
        | Act::Prove { fences, .. } => fences.as_slice(),
        Act::Found { .. }
        | Act::Admit(_)
        | Act::Approve(_)
        | Act::RevokeInvite(_)
        | Act::Certify(_)
        | Act::Propose(_)
        | Act::Agree(_)
        | Act::Fence(_)
        | Act::Lapse(_)
        | Act::Describe(_)
        | Act::Decline(_)
        | Act::Object(_) => &[],
    }
}
