//! Entries that take a right away, and what they strike that happens at the same time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::log::Stored;
use super::region::Region;
use super::{Act, Change};
use crate::identity::{EntryId, NodeId, OrganizationId};

/// Whose right a striker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Removed(OrganizationId),
    /// It is a steward no longer.
    Demoted(OrganizationId),
    Node(NodeId, OrganizationId),
}

/// Which of two strikers wins: who has more support, then the lower id.
pub(super) type Strength = (usize, Reverse<EntryId>);

/// An entry that takes a right away.
#[derive(Debug)]
pub(super) struct Striker {
    pub(super) id: EntryId,
    /// Where it stands in the region.
    pub(super) place: usize,
    pub(super) strength: Strength,
    /// The entries of the region by which its supporters agreed.
    pub(super) grounds: Vec<usize>,
    /// What it strikes.
    pub(super) hits: Vec<usize>,
}

/// Who did what in a region.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_author: BTreeMap<OrganizationId, Vec<usize>>,
    by_node: BTreeMap<NodeId, Vec<usize>>,
    offers_of: BTreeMap<OrganizationId, Vec<usize>>,
    /// What rests on a node's word: uses of what it offered, nodes that it vouched for.
    on_word_of: BTreeMap<NodeId, Vec<usize>>,
}

impl Index {
    pub(super) fn new(region: &Region<'_>) -> Self {
        let mut index = Self::default();
        for (place, (_, stored)) in region.entries.iter().enumerate() {
            index.by_author.entry(stored.author).or_default().push(place);
            index.by_node.entry(stored.entry.node).or_default().push(place);
            match stored.entry.act() {
                Some(Act::Admit(redemption)) => {
                    index.offers_of.entry(redemption.offer.inviter).or_default().push(place);
                    index.on_word_of.entry(redemption.offer.node).or_default().push(place);
                }
                Some(Act::Certify(certificate)) => {
                    let vouched = certificate.voucher().map(|node| index.on_word_of.entry(node));
                    vouched.into_iter().for_each(|vouched| vouched.or_default().push(place));
                }
                Some(_) | None => {}
            }
        }
        index
    }

    /// Returns the claims on nodes that work for another organisation at the same time.
    pub(super) fn at_work(&self, region: &Region<'_>) -> BTreeSet<usize> {
        let mut at_work = BTreeSet::new();
        for (place, (_, stored)) in region.entries.iter().enumerate() {
            let claim = match stored.entry.act() {
                Some(Act::Admit(redemption)) => &redemption.certificate,
                Some(Act::Certify(certificate)) => certificate,
                Some(_) | None => continue,
            };
            let works_elsewhere = self.by_node.get(&claim.node).into_iter().flatten().any(|work| {
                region.entries.get(*work).is_some_and(|(_, work)| {
                    work.author != claim.organization && work.place.is_concurrent(&stored.place)
                })
            });
            if works_elsewhere {
                at_work.insert(place);
            }
        }
        at_work
    }

    pub(super) fn strikers(&self, region: &Region<'_>) -> Vec<Striker> {
        let mut strikers = Vec::new();
        for (place, (id, stored)) in region.entries.iter().enumerate() {
            let Some(target) = target(stored) else { continue };
            let supporters = supporters(stored);
            let grounds = supporters.values().filter_map(|ground| region.place(ground)).collect();
            let strength = (support(stored, target, &supporters), Reverse(*id));
            let hits = self.hits(region, stored, target);
            strikers.push(Striker { id: *id, place, strength, grounds, hits });
        }
        strikers
    }

    fn hits(&self, region: &Region<'_>, striker: &Stored, target: Target) -> Vec<usize> {
        let places = |found: Option<&Vec<usize>>| found.cloned().unwrap_or_default();
        let (authored, offered) = match target {
            Target::Removed(organization) | Target::Demoted(organization) => (
                places(self.by_author.get(&organization)),
                places(self.offers_of.get(&organization)),
            ),
            Target::Node(node, _) => {
                (places(self.by_node.get(&node)), places(self.on_word_of.get(&node)))
            }
        };
        let is_demotion = matches!(target, Target::Demoted(_));
        let can_be_hit = |place: &usize| {
            region
                .entries
                .get(*place)
                .filter(|(_, stored)| !stored.entry.has_word())
                .is_some_and(|(_, stored)| stored.place.is_concurrent(&striker.place))
        };
        let needs_steward = |place: &usize| {
            region.entries.get(*place).is_some_and(|(_, stored)| is_a_stewards(stored))
        };
        let authored = authored.into_iter().filter(|place| !is_demotion || needs_steward(place));
        let hits: BTreeSet<usize> = authored.chain(offered).filter(can_be_hit).collect();
        hits.into_iter().collect()
    }
}

fn target(stored: &Stored) -> Option<Target> {
    match stored.entry.act()? {
        Act::Enact { proposal, .. } => {
            let change = &stored.before.proposals.get(proposal)?.change;
            let organization = change.organization()?;
            match change {
                Change::Remove { .. } => Some(Target::Removed(organization)),
                Change::Role { .. } => {
                    stored.before.strikes(change).then_some(Target::Demoted(organization))
                }
                Change::Rules(_) | Change::Rename(_) | Change::Elect(_) | Change::Reinstate(_) => {
                    None
                }
            }
        }
        Act::RevokeNode { node, .. } => Some(Target::Node(*node, *stored.before.nodes.get(node)?)),
        Act::Prove { proof, .. } => {
            Some(Target::Node(proof.node(), *stored.before.nodes.get(&proof.node())?))
        }
        Act::Found { .. }
        | Act::Admit(_)
        | Act::Approve(_)
        | Act::RevokeInvite(_)
        | Act::Certify(_)
        | Act::Propose(_)
        | Act::Agree(_)
        | Act::Fence(_)
        | Act::Suspend { .. }
        | Act::Lapse(_)
        | Act::Leave(_)
        | Act::Describe(_)
        | Act::Decline(_)
        | Act::Object(_) => None,
    }
}

/// Returns who supports an enactment, and by which entries.
fn supporters(stored: &Stored) -> BTreeMap<OrganizationId, EntryId> {
    let Some(Act::Enact { proposal, .. }) = stored.entry.act() else { return BTreeMap::new() };
    let before = &stored.before;
    before
        .proposals
        .get(proposal)
        .into_iter()
        .flat_map(|proposal| before.supporters(proposal))
        .map(|(organization, ground)| (*organization, *ground))
        .collect()
}

/// How many stewards stand behind a striker, without whom it strikes.
fn support(
    stored: &Stored,
    target: Target,
    supporters: &BTreeMap<OrganizationId, EntryId>,
) -> usize {
    let (Target::Removed(struck) | Target::Demoted(struck) | Target::Node(_, struck)) = target;
    let behind: BTreeSet<&OrganizationId> = supporters.keys().chain([&stored.author]).collect();
    behind.into_iter().filter(|one| **one != struck && stored.before.is_steward(one)).count()
}

/// Is it an act that only a steward does?
fn is_a_stewards(stored: &Stored) -> bool {
    let before = &stored.before;
    let is_election = |change: &Change| matches!(change, Change::Elect(_));
    let elects = |proposal: &EntryId| {
        before.proposals.get(proposal).is_some_and(|proposal| is_election(&proposal.change))
    };
    match stored.entry.act() {
        Some(
            Act::Approve(_)
            | Act::Decline(_)
            | Act::RevokeInvite(_)
            | Act::Suspend { .. }
            | Act::Object(_),
        ) => true,
        Some(Act::Propose(change)) => !is_election(change),
        Some(Act::Agree(proposal) | Act::Enact { proposal, .. }) => !elects(proposal),
        Some(
            Act::Found { .. }
            | Act::Admit(_)
            | Act::Certify(_)
            | Act::Fence(_)
            | Act::Lapse(_)
            | Act::Leave(_)
            | Act::RevokeNode { .. }
            | Act::Describe(_)
            | Act::Prove { .. },
        )
        | None => false,
    }
}
