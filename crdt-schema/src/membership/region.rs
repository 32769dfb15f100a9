//! What follows when something is concurrent: section 5 of `docs/protocol/membership.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{Step, Why};
use super::log::Stored;
use super::state::State;
use super::strike::{self, Striker};
use super::{Act, Change};
use crate::identity::{EntryId, InviteId, OrganizationId};

/// The entries after the one that all others know or are known by, in the shared order.
#[derive(Debug)]
pub(super) struct Region<'a> {
    pub(super) entries: Vec<(EntryId, &'a Stored)>,
    places: BTreeMap<EntryId, usize>,
    strikers: Vec<Striker>,
    /// Admissions and certificates of a node that is at work for another organisation.
    at_work: BTreeSet<usize>,
}

impl<'a> Region<'a> {
    pub(super) fn new(mut entries: Vec<(EntryId, &'a Stored)>) -> Self {
        entries.sort_unstable_by_key(|(id, stored)| (stored.depth, *id));
        let places = entries.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
        let mut region = Self { entries, places, strikers: Vec::new(), at_work: BTreeSet::new() };
        let index = strike::Index::new(&region);
        region.at_work = index.at_work(&region);
        region.strikers = index.strikers(&region);
        region
    }

    /// Returns the state after `base` and all of the region.
    pub(super) fn resolve(&self, base: &State) -> State {
        // Strikers that turned out to do nothing. Each round adds one, so that this ends.
        let mut barred = BTreeMap::new();
        loop {
            let mut doom = self.duel(&barred);
            self.doom_others(&mut doom);
            match self.apply(base, &doom, &barred) {
                Ok(state) => return state,
                Err((place, why)) => drop(barred.insert(place, why)),
            }
        }
    }

    /// Applies the entries in the shared order. Stops at a striker that stood, decided something, and does nothing
    /// after all.
    fn apply(
        &self,
        base: &State,
        doom: &BTreeMap<usize, Why>,
        barred: &BTreeMap<usize, Why>,
    ) -> Result<State, (usize, Why)> {
        let mut state = base.clone();
        let within = self.within(base, doom);
        let hit_by = self.hit_by();
        // One that strikes nothing may still have outdone those who threatened it.
        let decides =
            |striker: &&Striker| !striker.hits.is_empty() || !rivals(striker, &hit_by).is_empty();
        let strikes: BTreeSet<usize> = self
            .strikers
            .iter()
            .filter(|striker| !barred.contains_key(&striker.place))
            .filter(decides)
            .map(|striker| striker.place)
            .collect();
        for (place, (id, stored)) in self.entries.iter().enumerate() {
            let step = Step {
                id: *id,
                entry: &stored.entry,
                author: stored.author,
                before: &stored.before,
                doom: doom.get(&place).copied(),
                is_within: within.contains(&place),
                is_at_work: self.at_work.contains(&place),
            };
            if let Some(why) = state.apply(&step)
                && step.doom.is_none()
                && strikes.contains(&place)
            {
                return Err((place, why));
            }
        }
        Ok(state)
    }

    /// Finds which strikers stand, and returns what is void because of them.
    fn duel(&self, barred: &BTreeMap<usize, Why>) -> BTreeMap<usize, Why> {
        let mut doom = barred.clone();
        let hit_by = self.hit_by();
        let threats: Vec<BTreeSet<usize>> =
            self.strikers.iter().map(|striker| rivals(striker, &hit_by)).collect();
        let mut open: BTreeMap<usize, &Striker> = self.strikers.iter().enumerate().collect();
        loop {
            open.retain(|_, striker| !self.is_void(striker, &mut doom));
            let is_threatened = |number: &usize| {
                threats.get(*number).is_some_and(|threats| {
                    threats.iter().any(|rival| rival != number && open.contains_key(rival))
                })
            };
            let mut stand: Vec<usize> =
                open.keys().filter(|number| !is_threatened(number)).copied().collect();
            if stand.is_empty() {
                let strongest = open.iter().max_by_key(|(_, striker)| striker.strength);
                stand.extend(strongest.map(|(number, _)| *number));
            }
            if stand.is_empty() {
                return doom;
            }
            for number in stand {
                let Some(striker) = open.remove(&number) else { continue };
                for hit in &striker.hits {
                    doom.entry(*hit).or_insert(Why::Struck { by: striker.id });
                }
                for rival in threats.get(number).into_iter().flatten() {
                    if let Some(loser) = open.remove(rival) {
                        doom.entry(loser.place).or_insert(Why::Outdone { by: striker.id });
                    }
                }
            }
        }
    }

    /// To each entry that is struck, the numbers of the strikers that strike it.
    fn hit_by(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut hit_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, striker) in self.strikers.iter().enumerate() {
            for hit in &striker.hits {
                hit_by.entry(*hit).or_default().push(number);
            }
        }
        hit_by
    }

    fn is_void(&self, striker: &Striker, doom: &mut BTreeMap<usize, Why>) -> bool {
        if doom.contains_key(&striker.place) {
            return true;
        }
        let Some((_, stored)) = self.entries.get(striker.place) else { return true };
        let Some(Act::Enact { proposal, .. }) = stored.entry.act() else { return false };
        let is_doomed =
            |id: &EntryId| self.places.get(id).is_some_and(|place| doom.contains_key(place));
        let is_carried = stored.before.is_carried(proposal, &stored.author, is_doomed);
        if !is_carried {
            doom.insert(striker.place, Why::NotEnough);
        }
        !is_carried
    }

    /// Adds what is void for another reason that can be told beforehand.
    fn doom_others(&self, doom: &mut BTreeMap<usize, Why>) {
        for place in &self.at_work {
            doom.entry(*place).or_insert(Why::NodeTaken);
        }
        let mut objections: BTreeMap<EntryId, Vec<(EntryId, &Stored)>> = BTreeMap::new();
        for (place, (id, stored)) in self.entries.iter().enumerate() {
            if let Some(Act::Object(proposal)) = stored.entry.act()
                && !is_struck(doom, place)
            {
                objections.entry(*proposal).or_default().push((*id, *stored));
            }
        }
        for (place, (_, stored)) in self.entries.iter().enumerate() {
            let Some(Act::Enact { proposal, .. }) = stored.entry.act() else { continue };
            let change = stored.before.proposals.get(proposal).map(|proposal| &proposal.change);
            if !matches!(change, Some(Change::Elect(_))) {
                continue;
            }
            let objection = objections
                .get(proposal)
                .into_iter()
                .flatten()
                .find(|(_, other)| other.place.is_concurrent(&stored.place));
            if let Some((by, _)) = objection {
                doom.entry(place).or_insert(Why::Objected { by: *by });
            }
        }
    }

    /// Returns the admissions that are within what their invites allow.
    fn within(&self, base: &State, doom: &BTreeMap<usize, Why>) -> BTreeSet<usize> {
        let mut uses: BTreeMap<InviteId, Vec<(usize, OrganizationId, &Stored)>> = BTreeMap::new();
        for (place, (_, stored)) in self.entries.iter().enumerate() {
            if let Some(Act::Admit(redemption)) = stored.entry.act()
                && !is_struck(doom, place)
            {
                let user = redemption.card.organization;
                uses.entry(redemption.offer.id).or_default().push((place, user, *stored));
            }
        }
        let mut within = BTreeSet::new();
        for (invite, uses) in &uses {
            let earlier = base.uses.get(invite);
            let is_new = |user: &OrganizationId| earlier.is_none_or(|users| !users.contains(user));
            let settled = earlier.map_or(0, |users| users.size());
            let users: BTreeSet<&OrganizationId> = uses.iter().map(|(_, user, _)| user).collect();
            let all = settled.saturating_add(users.into_iter().filter(|user| is_new(user)).count());
            for (place, _, stored) in uses {
                let Some(Act::Admit(redemption)) = stored.entry.act() else { continue };
                let allowed = usize::try_from(redemption.offer.uses).unwrap_or(usize::MAX);
                let fits = || {
                    let rivals: BTreeSet<&OrganizationId> = uses
                        .iter()
                        .filter(|(other, _, rival)| {
                            other == place || !rival.place.knows(&stored.place)
                        })
                        .map(|(_, user, _)| user)
                        .filter(|user| is_new(user))
                        .collect();
                    settled.saturating_add(rivals.len()) <= allowed
                };
                if all <= allowed || fits() {
                    within.insert(*place);
                }
            }
        }
        within
    }

    /// Returns where an entry stands in the region, if it does.
    pub(super) fn place(&self, id: &EntryId) -> Option<usize> {
        self.places.get(id).copied()
    }
}

fn is_struck(doom: &BTreeMap<usize, Why>, place: usize) -> bool {
    matches!(doom.get(&place), Some(Why::Struck { .. }))
}

/// Returns the numbers of the strikers that strike one or what it rests on.
fn rivals(striker: &Striker, hit_by: &BTreeMap<usize, Vec<usize>>) -> BTreeSet<usize> {
    let hit = striker.grounds.iter().chain([&striker.place]);
    hit.filter_map(|place| hit_by.get(place)).flatten().copied().collect()
}
