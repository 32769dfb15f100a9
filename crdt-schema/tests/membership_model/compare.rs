//! The model beside the log that runs: the same entries taken, and the same state.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{EntryId, InviteId, NodeId, OrganizationId};
use crdt_schema::membership::{self, Effect, Entry, Hold, Insert, Log};

use crate::cast::History;
use crate::model::{Model, Taken};
use crate::random::Chance;
use crate::set::Set;
use crate::state::{Standing, State, Who};

/// Compares a history in many orders of arrival.
pub(crate) fn everywhere(history: &mut History<'_>) {
    let log = Log::found(history.cast.founding.clone()).unwrap();
    let entries = history.entries.clone();
    for seed in 0..20 {
        let difference = in_some_order(&mut history.model, &log, &entries, &mut Chance(seed));
        assert_eq!(difference, None, "order {seed}");
    }
}

/// Lets entries arrive in some order at a log that holds nothing of them yet, and returns the first difference from
/// the model, which has seen them all.
pub(crate) fn in_some_order(
    model: &mut Model,
    log: &Log,
    entries: &[Entry],
    chance: &mut Chance,
) -> Option<String> {
    let mut log = log.clone();
    let mut ahead: Vec<(EntryId, &Entry)> =
        entries.iter().map(|entry| (entry.id(), entry)).collect();
    chance.shuffle(&mut ahead);
    let mut comes_early = chance.percent(10);
    while !ahead.is_empty() {
        if comes_early && let Some((id, entry)) = ahead.iter().find(|(_, e)| !is_ready(&log, e)) {
            let found = insert(&mut log, entry);
            if found != Taken::Missing {
                return Some(format!("{found:?} without its parents: {id}"));
            }
            comes_early = false;
        }
        let Some(next) = ahead.iter().position(|(_, e)| is_ready(&log, e)) else { break };
        let (id, entry) = ahead.remove(next);
        let expected = if model.number(&id).is_some() { Taken::Yes } else { Taken::Refused };
        let found = insert(&mut log, entry);
        if found != expected {
            return Some(format!("{id}: {found:?} instead of {expected:?}: {:?}", entry.act));
        }
        // What is there half-way is compared now and then.
        if chance.percent(10) {
            let is_here = |number: &usize| log.knows(&model.id(*number));
            let known: Set = model.all().iter().filter(is_here).collect();
            if let Some(difference) = here(model, &log, known) {
                return Some(format!("half-way: {difference}"));
            }
        }
    }
    let all = model.all();
    here(model, &log, all).or_else(|| (0..2).find_map(|_| somewhere(model, &log, chance)))
}

fn is_ready(log: &Log, entry: &Entry) -> bool {
    entry.parents.iter().all(|parent| log.knows(parent))
}

/// Puts an entry into the log that runs.
pub(crate) fn insert(log: &mut Log, entry: &Entry) -> Taken {
    match log.insert(entry.clone()) {
        Ok(Insert::Taken) => Taken::Yes,
        Ok(Insert::Known) => Taken::Known,
        Ok(Insert::Missing(_)) => Taken::Missing,
        Err(_) => Taken::Refused,
    }
}

/// Compares what the log has come to with the model's state of the same entries.
pub(crate) fn here(model: &mut Model, log: &Log, known: Set) -> Option<String> {
    let heads = model.ids(model.heads(known));
    if log.heads() != heads {
        return Some(format!("heads {:?} instead of {heads:?}", log.heads()));
    }
    let state = model.state(known);
    let expected: BTreeSet<EntryId> = state.void.clone();
    let is_void = |id: &EntryId| log.effect(id) != Some(Effect::Stands);
    let found: BTreeSet<EntryId> = model.ids(known).into_iter().filter(is_void).collect();
    unlike("void", &found, &expected).or_else(|| states(log.state(), &state))
}

/// Compares the states at some old heads.
fn somewhere(model: &mut Model, log: &Log, chance: &mut Chance) -> Option<String> {
    let known: Vec<usize> = model.all().iter().collect();
    let some = (0..=chance.below(3)).map(|_| chance.of(&known)).collect();
    let view = model.with_past(some);
    let heads = model.ids(model.heads(view));
    let found = log.state_at(&heads)?;
    states(&found, &model.state(view)).map(|difference| format!("at {heads:?}: {difference}"))
}

fn unlike<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Option<String> {
    (found != expected).then(|| format!("{what}: {found:?} instead of {expected:?}"))
}

/// Returns the first difference between the state of the log that runs and the model's.
fn states(found: &membership::State, expected: &State) -> Option<String> {
    unlike("name", &found.name, &expected.name)
        .or_else(|| unlike("rules", &*found.rules, &expected.rules))
        .or_else(|| unlike("members", &members(found), &members_of_model(expected)))
        .or_else(|| {
            let nodes: BTreeMap<NodeId, OrganizationId> =
                found.nodes.iter().map(|(node, owner)| (*node, *owner)).collect();
            unlike("nodes", &nodes, &expected.nodes)
        })
        .or_else(|| {
            let ended: BTreeMap<NodeId, bool> =
                found.ended.iter().map(|(node, ended)| (*node, !ended.is_revoked)).collect();
            unlike("ended", &ended, &expected.ended)
        })
        .or_else(|| {
            let stewards: BTreeSet<OrganizationId> = found.stewards().copied().collect();
            unlike("stewards", &stewards, &expected.stewards())
        })
        .or_else(|| invites(found, expected))
        .or_else(|| proposals(found, expected))
        .or_else(|| exclusions(found, expected))
}

/// What is compared of a member: name, sector and profile; standing; its role while that means something; who invited
/// it; the suspension in force.
type Line = (String, String, Standing, Option<String>, Option<OrganizationId>, Option<EntryId>);

fn members(found: &membership::State) -> BTreeMap<OrganizationId, Line> {
    let line = |member: &membership::Member| {
        let standing = match member.standing {
            membership::Standing::Member => Standing::Member,
            membership::Standing::Waiting => Standing::Waiting,
            membership::Standing::Suspended => Standing::Suspended,
            membership::Standing::Removed => Standing::Removed,
            membership::Standing::Left => Standing::Left,
        };
        let card = format!("{} {}", member.card.name, member.card.sector);
        let profile = format!("{:?}", member.profile);
        let role = member.role.to_string();
        let role = Some(role).filter(|_| !matches!(standing, Standing::Removed | Standing::Left));
        (card, profile, standing, role, member.invited_by, member.suspended)
    };
    found.members.iter().map(|(who, member)| (*who, line(member))).collect()
}

fn members_of_model(expected: &State) -> BTreeMap<OrganizationId, Line> {
    let line = |who: &OrganizationId, member: &crate::state::Member| {
        let card = format!("{} {}", member.name, member.sector);
        let profile = format!("{:?}", member.profile);
        let role = Some(member.role.to_string())
            .filter(|_| !matches!(member.standing, Standing::Removed | Standing::Left));
        let suspension = expected.suspensions.get(who).copied();
        (card, profile, member.standing, role, member.inviter, suspension)
    };
    expected.members.iter().map(|(who, member)| (*who, line(who, member))).collect()
}

fn invites(found: &membership::State, expected: &State) -> Option<String> {
    let known: BTreeSet<InviteId> =
        expected.uses.keys().chain(&expected.revoked).copied().collect();
    known.iter().find_map(|invite| {
        let uses = expected.uses.get(invite).map_or(0, BTreeSet::len);
        unlike("uses", &found.uses(invite), &uses).or_else(|| {
            unlike("revoked", &found.is_revoked(invite), &expected.revoked.contains(invite))
        })
    })
}

fn proposals(found: &membership::State, expected: &State) -> Option<String> {
    let found: BTreeMap<EntryId, crate::state::Proposal> = found
        .proposals
        .iter()
        .map(|(id, proposal)| {
            let membership::Proposal { change, agreed, objected, enacted, .. } = proposal.clone();
            let enacted = enacted.is_some();
            (*id, crate::state::Proposal { change, agreed, objected, enacted })
        })
        .collect();
    unlike("proposals", &found, &expected.proposals)
}

fn exclusions(found: &membership::State, expected: &State) -> Option<String> {
    let found: BTreeMap<EntryId, crate::state::Exclusion> = found
        .exclusions
        .iter()
        .map(|(id, exclusion)| {
            let who = match exclusion.who {
                membership::Who::Organization(who) => Who::Organization(who),
                membership::Who::Node(node) => Who::Node(node),
            };
            let (is_final, fences) = (exclusion.hold == Hold::Final, exclusion.fences.clone());
            (*id, crate::state::Exclusion { who, is_final, fences })
        })
        .collect();
    unlike("exclusions", &found, &expected.exclusions)
}
