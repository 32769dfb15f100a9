//! The membership log once more: sections 1, 5 and 6 of `docs/protocol/membership.md`, as they are written there.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crdt_schema::identity::{EntryId, NodeId, OrganizationId, Role, WorkspaceId};
use crdt_schema::membership::{Act, Change, Entry};

use crate::allowed::{is_allowed, is_last_steward, takes_last_steward};
use crate::set::Set;
use crate::state::{Standing, State};

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    Known,
    Missing,
    Refused,
}

/// The entries that were taken, each judged by what is before it. Signatures are not looked at.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    known: Vec<Known>,
    numbers: BTreeMap<EntryId, usize>,
    /// The states of sets of entries, so that each is found once.
    states: BTreeMap<Set, Rc<State>>,
}

#[derive(Clone, Debug)]
struct Known {
    id: EntryId,
    entry: Rc<Entry>,
    past: Set,
    depth: usize,
    /// Whose node signed, by what is before it.
    author: OrganizationId,
}

impl Model {
    pub(crate) fn found(entry: &Entry) -> Self {
        let state = State::founded(entry).unwrap();
        let author = *state.nodes.get(&entry.node).unwrap();
        let id = entry.id();
        let known =
            Known { id, entry: Rc::new(entry.clone()), past: Set::default(), depth: 0, author };
        Self {
            known: vec![known],
            numbers: BTreeMap::from([(id, 0)]),
            states: BTreeMap::from([(Set::one(0), Rc::new(state))]),
        }
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.known[0].id.into()
    }

    pub(crate) fn number(&self, id: &EntryId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn id(&self, number: usize) -> EntryId {
        self.known[number].id
    }

    pub(crate) fn entry(&self, number: usize) -> &Entry {
        &self.known[number].entry
    }

    pub(crate) fn all(&self) -> Set {
        (0..self.known.len()).collect()
    }

    /// Takes an entry, if it is allowed in the state at its parents.
    pub(crate) fn insert(&mut self, entry: &Entry) -> Taken {
        let id = entry.id();
        if self.numbers.contains_key(&id) {
            return Taken::Known;
        }
        if entry.parents.is_empty() {
            return Taken::Refused;
        }
        let Some(parents) = entry.parents.iter().map(|id| self.number(id)).collect::<Option<Set>>()
        else {
            return Taken::Missing;
        };
        if self.heads(parents) != parents {
            return Taken::Refused;
        }
        let past = self.with_past(parents);
        let before = self.state(past);
        if !is_allowed(self, entry, past, &before) {
            return Taken::Refused;
        }
        let depth = parents.iter().map(|parent| self.known[parent].depth + 1).max().unwrap();
        let author = *before.nodes.get(&entry.node).unwrap();
        self.numbers.insert(id, self.known.len());
        self.known.push(Known { id, entry: Rc::new(entry.clone()), past, depth, author });
        Taken::Yes
    }

    /// Returns the entries with all that is before them.
    pub(crate) fn with_past(&self, entries: Set) -> Set {
        entries.iter().fold(entries, |all, number| all.or(self.known[number].past))
    }

    /// Returns the entries of a set that no other entry of it builds on.
    pub(crate) fn heads(&self, set: Set) -> Set {
        set.iter().fold(set, |heads, number| heads.without(self.known[number].past))
    }

    pub(crate) fn ids(&self, set: Set) -> Vec<EntryId> {
        let mut ids: Vec<EntryId> = set.iter().map(|number| self.known[number].id).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns the state of a set that holds the past of each of its entries.
    pub(crate) fn state(&mut self, set: Set) -> Rc<State> {
        if let Some(state) = self.states.get(&set) {
            return Rc::clone(state);
        }
        let heads: Vec<usize> = self.heads(set).iter().collect();
        let state = match heads.as_slice() {
            [head] => {
                let before = self.before(*head);
                let within = self.is_within(*head, &before, Set::default());
                let mut state = (*before).clone();
                let Known { id, author, entry, .. } = &self.known[*head];
                if let Some(act) = entry.act() {
                    state.apply(*id, *author, act, within);
                }
                state
            }
            _ => self.resolve(set),
        };
        let state = Rc::new(state);
        self.states.insert(set, Rc::clone(&state));
        state
    }

    fn before(&mut self, number: usize) -> Rc<State> {
        self.state(self.known[number].past)
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        self.known[b].past.has(a)
    }

    fn is_concurrent(&self, a: usize, b: usize) -> bool {
        a != b && !self.is_before(a, b) && !self.is_before(b, a)
    }

    /// Section 6: is this use of an invite within its number of uses, after those in `base` and beside `others`?
    fn is_within(&self, number: usize, base: &State, others: Set) -> bool {
        let Some(Act::Admit(redemption)) = self.entry(number).act() else { return false };
        let mut users = base.uses.get(&redemption.offer.id).cloned().unwrap_or_default();
        users.insert(redemption.card.organization);
        for other in others.iter().filter(|other| !self.is_before(number, *other)) {
            if let Some(Act::Admit(use_)) = self.entry(other).act()
                && use_.offer.id == redemption.offer.id
            {
                users.insert(use_.card.organization);
            }
        }
        users.len() <= usize::try_from(redemption.offer.uses).unwrap()
    }

    /// Section 5.
    fn resolve(&mut self, set: Set) -> State {
        let settled = set
            .iter()
            .filter(|b| set.iter().all(|other| !self.is_concurrent(*b, other)))
            .max_by_key(|b| self.known[*b].depth)
            .unwrap();
        let base = self.state(self.with_past(Set::one(settled)));
        let mut region: Vec<usize> =
            set.iter().filter(|number| self.is_before(settled, *number)).collect();
        region.sort_by_key(|number| (self.known[*number].depth, self.known[*number].id));
        let mut from_the_start = Set::default();
        loop {
            let void = self.strike(&region, from_the_start);
            match self.fold(&region, &base, void) {
                Ok(state) => return state,
                Err(striking) => from_the_start.add(striking),
            }
        }
    }

    /// Finds which striking entries stand, and what is void therefore.
    fn strike(&mut self, region: &[usize], from_the_start: Set) -> Set {
        let mut void = from_the_start;
        let mut open: Vec<usize> =
            region.iter().copied().filter(|number| self.is_striking(*number)).collect();
        loop {
            for number in region {
                if !void.has(*number) && !self.has_enough_grounds(*number, void) {
                    void.add(*number);
                }
            }
            open.retain(|number| !void.has(*number));
            if open.is_empty() {
                return void;
            }
            let mut stand: Vec<usize> = Vec::new();
            for v in &open {
                let is_threatened = open.iter().any(|x| self.threatens(*x, *v));
                if !is_threatened {
                    stand.push(*v);
                }
            }
            if stand.is_empty() {
                stand.extend(open.iter().copied().min_by_key(|x| self.strength(*x)));
            }
            open.retain(|number| !stand.contains(number));
            for x in &stand {
                for v in region {
                    if self.strikes(*x, *v) {
                        void.add(*v);
                    }
                }
                for v in &open {
                    if self.threatens(*v, *x) {
                        void.add(*v);
                    }
                }
            }
        }
    }

    /// Applies the region in the shared order, or returns the first striking entry that stood and is void.
    fn fold(&mut self, region: &[usize], base: &State, struck: Set) -> Result<State, usize> {
        let mut state = base.clone();
        let mut void = struck;
        let unstruck = region.iter().copied().collect::<Set>().without(struck);
        for number in region.iter().copied() {
            let is_contested = self.is_contested(number, unstruck, region);
            if !void.has(number) && (is_contested || self.fails(number, &state, void)) {
                if self.is_striking(number) && self.decides(number, region) {
                    return Err(number);
                }
                void.add(number);
            }
            let known = &self.known[number];
            if void.has(number) {
                state.void.insert(known.id);
            }
            match known.entry.act() {
                Some(Act::Admit(redemption)) if void.has(number) => {
                    if !struck.has(number) {
                        state.note_use(redemption);
                    }
                    state.admit(redemption, false, !is_contested);
                }
                Some(act) if !void.has(number) => {
                    let within = self.is_within(number, base, unstruck);
                    state.apply(known.id, known.author, act, within);
                }
                _ => {}
            }
        }
        Ok(state)
    }

    /// Is it the election of a steward to which somebody objects elsewhere, or a claim on a node that is at work for
    /// another organisation?
    fn is_contested(&mut self, number: usize, unstruck: Set, region: &[usize]) -> bool {
        let act = self.entry(number).act().cloned();
        let elects = matches!(self.enacts(number), Some((Change::Elect(_), _)));
        region.iter().filter(|other| self.is_concurrent(number, **other)).any(|other| {
            let Known { entry, author, .. } = &self.known[*other];
            let is_at_work = |node, owner| entry.node == node && *author != owner;
            match &act {
                Some(Act::Enact { proposal, .. }) => {
                    elects && unstruck.has(*other) && entry.act() == Some(&Act::Object(*proposal))
                }
                Some(Act::Admit(r)) => is_at_work(r.certificate.node, r.card.organization),
                Some(Act::Certify(c)) => is_at_work(c.node, c.organization),
                _ => false,
            }
        })
    }

    /// Is the entry void in the state reached before it?
    fn fails(&mut self, number: usize, s: &State, void: Set) -> bool {
        let is_striking = self.is_striking(number);
        let before = self.before(number);
        if !self.has_enough_grounds(number, void) {
            return true;
        }
        let Known { entry, author: a, .. } = &self.known[number];
        if !has_word(entry) && (!s.owns(*a, entry.node) || !s.is_in(*a)) {
            return true;
        }
        let Some(act) = entry.act() else { return false };
        let proposal = |p: &EntryId| s.proposals.get(p);
        match act {
            Act::Approve(o) | Act::Decline(o) => !s.is_steward(*a) || !s.waits(*o),
            Act::RevokeInvite(_) => !s.is_steward(*a),
            Act::Suspend { organization, .. } => {
                !s.is_steward(*a) || s.standing(*organization) != Some(Standing::Member)
            }
            Act::Propose(change) => !matches!(change, Change::Elect(_)) && !s.is_steward(*a),
            Act::Object(p) => !s.is_steward(*a) || proposal(p).is_none_or(|p| p.enacted),
            Act::Agree(p) => proposal(p).is_none_or(|p| {
                p.enacted || (!matches!(p.change, Change::Elect(_)) && !s.is_steward(*a))
            }),
            Act::Enact { proposal: p, .. } => proposal(p).is_none_or(|p| {
                (!matches!(p.change, Change::Elect(_)) && !s.is_steward(*a))
                    || takes_last_steward(s, &p.change)
                    || (!is_striking && (p.enacted || !s.has_object(&p.change)))
            }),
            Act::Lapse(x) => s.suspended_by(*x).is_empty(),
            Act::Leave(_) => is_last_steward(s, *a),
            Act::Admit(r) => !s.is_untouched(&r.certificate),
            Act::Certify(c) => !s.is_free_for(c.organization, c.node) || !s.is_vouched(c),
            Act::RevokeNode { node: n, .. } => s.nodes.get(n) != before.nodes.get(n),
            Act::Prove { proof, .. } => {
                s.nodes.get(&proof.node()) != before.nodes.get(&proof.node())
            }
            Act::Found { .. } | Act::Fence(_) | Act::Describe(_) => false,
        }
    }

    /// Returns what an enactment carries out and the entries by which its supporters agreed.
    fn enacts(&mut self, number: usize) -> Option<(Change, BTreeMap<OrganizationId, EntryId>)> {
        let Some(Act::Enact { proposal, .. }) = self.entry(number).act().cloned() else {
            return None;
        };
        let before = self.before(number);
        let proposal = before.proposals.get(&proposal)?;
        Some((proposal.change.clone(), before.supporters(proposal)))
    }

    fn grounds(&mut self, number: usize) -> Set {
        let grounds = self.enacts(number).map(|(_, supporters)| supporters).unwrap_or_default();
        grounds.values().filter_map(|id| self.number(id)).collect()
    }

    /// Are the supporters of an enactment enough whose grounds are not void? Of anything else: yes.
    fn has_enough_grounds(&mut self, number: usize, void: Set) -> bool {
        let Some((change, mut supporters)) = self.enacts(number) else { return true };
        supporters.retain(|_, ground| !self.number(ground).is_some_and(|g| void.has(g)));
        let author = self.known[number].author;
        self.before(number).is_enough(&change, author, &supporters.into_keys().collect())
    }

    /// Returns from whom an entry takes a right away that makes it strike.
    fn target(&mut self, number: usize) -> Option<Target> {
        match self.entry(number).act()? {
            Act::RevokeNode { node, .. } => Some(Target::Node(*node)),
            Act::Prove { proof, .. } => Some(Target::Node(proof.node())),
            _ => match self.enacts(number)?.0 {
                Change::Remove { organization, .. } => Some(Target::Removed(organization)),
                Change::Role { organization, role } => (role != Role::Steward
                    && self.before(number).is_steward(organization))
                .then_some(Target::Demoted(organization)),
                Change::Rules(_) | Change::Rename(_) | Change::Elect(_) | Change::Reinstate(_) => {
                    None
                }
            },
        }
    }

    fn is_striking(&mut self, number: usize) -> bool {
        self.target(number).is_some()
    }

    /// Does the striking entry `x` strike `v`?
    fn strikes(&mut self, x: usize, v: usize) -> bool {
        if !self.is_concurrent(x, v) || has_word(self.entry(v)) {
            return false;
        }
        let Some(target) = self.target(x) else { return false };
        let (author, node) = (self.known[v].author, self.entry(v).node);
        let act = self.entry(v).act().cloned();
        let offer = match &act {
            Some(Act::Admit(redemption)) => Some(&redemption.offer),
            _ => None,
        };
        match target {
            Target::Node(n) => {
                let vouched = match &act {
                    Some(Act::Certify(certificate)) => certificate.voucher() == Some(n),
                    _ => false,
                };
                node == n || vouched || offer.is_some_and(|offer| offer.node == n)
            }
            Target::Removed(o) => author == o || offer.is_some_and(|offer| offer.inviter == o),
            Target::Demoted(o) => {
                offer.is_some_and(|offer| offer.inviter == o)
                    || (author == o && act.is_some_and(|act| self.is_a_stewards(v, &act)))
            }
        }
    }

    /// Is the act `v` one that is struck by the demotion of its steward?
    fn is_a_stewards(&mut self, v: usize, act: &Act) -> bool {
        let before = self.before(v);
        match act {
            Act::Approve(_)
            | Act::Decline(_)
            | Act::RevokeInvite(_)
            | Act::Suspend { .. }
            | Act::Object(_) => true,
            Act::Propose(change) => !matches!(change, Change::Elect(_)),
            Act::Agree(p) | Act::Enact { proposal: p, .. } => before
                .proposals
                .get(p)
                .is_some_and(|proposal| !matches!(proposal.change, Change::Elect(_))),
            _ => false,
        }
    }

    /// Does the open entry `x` threaten the other, `v`?
    fn threatens(&mut self, x: usize, v: usize) -> bool {
        let mut hit = self.grounds(v);
        hit.add(v);
        x != v && hit.iter().any(|hit| self.strikes(x, hit))
    }

    /// Does anything depend on whether the striking entry stands, besides what it does itself?
    fn decides(&mut self, x: usize, region: &[usize]) -> bool {
        region.iter().any(|v| self.strikes(x, *v) || self.threatens(*v, x))
    }

    /// Orders striking entries: the strongest is the least.
    fn strength(&mut self, x: usize) -> (usize, EntryId) {
        let mut signed = self.grounds(x);
        signed.add(x);
        let before = self.before(x);
        let mut support: BTreeSet<OrganizationId> =
            signed.iter().map(|number| self.known[number].author).collect();
        support.retain(|who| before.is_steward(*who));
        let against = match self.target(x) {
            Some(Target::Node(n)) => before.nodes.get(&n).copied(),
            Some(Target::Removed(o) | Target::Demoted(o)) => Some(o),
            None => None,
        };
        support.retain(|who| Some(*who) != against);
        (Set::LIMIT - support.len(), self.known[x].id)
    }
}

/// Whom a striking entry strikes.
enum Target {
    Removed(OrganizationId),
    Demoted(OrganizationId),
    Node(NodeId),
}

/// Is it the revocation of a node on its root key's word?
fn has_word(entry: &Entry) -> bool {
    matches!(entry.act(), Some(Act::RevokeNode { word: Some(_), .. }))
}
