//! The state is a function of the set of entries, and is found fast.

use proptest::prelude::*;

use super::duels::reckless;
use super::removal::named;
use super::stage::{Organization, Stage, admission, folded, remove, role};
use crate::identity::{EntryId, Role, Sector};
use crate::invite::Invite;
use crate::membership::{Act, Change, Insert, Log, RefuseEntry, Standing, Template};

#[derive(Clone, Copy, Debug)]
struct Step {
    by: usize,
    kind: u8,
    about: usize,
    /// How far back the author looks: liars look where they like.
    behind: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..6_usize, 0..16_u8, 0..6_usize, prop_oneof![3 => Just(0), 2 => 0..12_usize])
        .prop_map(|(by, kind, about, behind)| Step { by, kind, about, behind });
    proptest::collection::vec(step, 1..60)
}

fn act(stage: &Stage, step: Step, who: &Organization, invite: &Invite) -> Act {
    let id = who.id();
    let proposals: Vec<EntryId> = stage.log.state().proposals.keys().copied().collect();
    let founding = EntryId::from(stage.log.workspace());
    let proposal = proposals.get(step.about % proposals.len().max(1)).copied().unwrap_or(founding);
    let in_force = stage.log.state().members.get(&id).and_then(|member| member.suspended);
    let fences = vec![];
    match step.kind {
        0 => admission(invite, who),
        1 => Act::Approve(id),
        2 => Act::Decline(id),
        3 => Act::Propose(remove(who)),
        4 => Act::Propose(role(who, Role::Steward)),
        5 => Act::Propose(role(who, Role::Reader)),
        6 => Act::Propose(Change::Elect(id)),
        7 => Act::Propose(Change::Reinstate(id)),
        8 | 9 => Act::Agree(proposal),
        10 | 11 => Act::Enact { proposal, fences },
        12 => Act::Suspend { organization: id, reason: String::new(), fences },
        13 => in_force.map_or(Act::Leave(fences), Act::Lapse),
        14 => Act::RevokeNode { node: who.key.id(), word: None, fences },
        _ => Act::Object(proposal),
    }
}

fn parents(stage: &Stage, behind: usize) -> Vec<EntryId> {
    let known: Vec<EntryId> = stage.log.entries_in_order().map(|(id, _)| *id).collect();
    match behind {
        0 => stage.here(),
        behind => vec![known[known.len() - 1 - behind % known.len()]],
    }
}

/// Plays as much of the steps as is allowed.
fn played(steps: &[Step], is_reckless: bool) -> (Stage, Organization) {
    let cast = [1, 2, 3, 4, 5, 6].map(|seed| Organization::new(seed, Sector::Vcs));
    let [a, b, c, d, ..] = &cast;
    let mut stage = Stage::of_stewards(Template::AnySteward, &[a, b, c]);
    stage.join(a, d, Role::Editor);
    if is_reckless {
        let here = stage.here();
        stage.pass(&here, &[a, b], Change::Rules(reckless()));
    }
    let invite = stage.invite(a, Role::Editor, 1);
    for step in steps {
        let act = act(&stage, *step, &cast[step.about], &invite);
        let at = parents(&stage, step.behind);
        if let Err(refused) = stage.try_at(&at, &cast[step.by], act) {
            assert!(matches!(refused, RefuseEntry::NoRight(_)), "{refused}");
        }
    }
    let [founder, ..] = cast;
    (stage, founder)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_state_is_the_same_in_every_order_of_arrival(steps in steps(), is_reckless: bool) {
        let (stage, _) = played(&steps, is_reckless);
        let state = stage.state();
        for steward in state.stewards() {
            prop_assert!(state.is_in(steward));
        }
        for (_, member) in &state.members {
            let is_suspended = member.standing == Standing::Suspended;
            prop_assert_eq!(is_suspended, member.suspended.is_some());
        }
    }

    #[test]
    fn an_idle_entry_back_dated_to_the_beginning_changes_nothing_that_was_settled(steps in steps(), is_reckless: bool) {
        let (mut stage, founder) = played(&steps, is_reckless);
        let settled = stage.state();
        let founding = EntryId::from(stage.log.workspace());
        stage.write_at(&[founding], &founder, Act::Fence(vec![]));
        let state = stage.state();
        prop_assert_eq!(&state.members, &settled.members);
        prop_assert_eq!(&state.exclusions, &settled.exclusions);
        prop_assert_eq!(&state.proposals, &settled.proposals);
        prop_assert_eq!(&state.nodes, &settled.nodes);
        prop_assert_eq!(&state.ended, &settled.ended);
    }
}

#[test]
fn who_lacks_entries_is_told_them_parents_first() {
    let [a, b, ..] = super::stage::five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let here = stage.here();
    let one = stage.write_at(&here, &a, Act::Describe(named("One")));
    let two = stage.write_at(&here, &b, Act::Describe(named("Two")));
    let both = stage.write(&a, Act::Describe(named("Both")));
    assert!(stage.log.covers(&[both], &[one, two]) && !stage.log.covers(&[one], &[two]));
    assert!(stage.log.covers(&[one], &here) && !stage.log.covers(&here, &[one]));

    let lacking = stage.log.lacking(&[one]);
    let ids: Vec<EntryId> = lacking.iter().map(|entry| entry.id()).collect();
    assert_eq!(ids, [two, both]);
    let all: Vec<EntryId> = stage.log.lacking(&[]).iter().map(|entry| entry.id()).collect();
    assert_eq!(all.len(), stage.log.len());
    assert!(stage.log.entries_in_order().map(|(id, _)| *id).eq(all));

    let twice = stage.try_at(&[here[0], both], &a, Act::Describe(named("Twice")));
    assert_eq!(twice, Err(RefuseEntry::RedundantParent));
    assert_eq!(stage.log.state_at(&[here[0], both]), stage.log.state_at(&[both]));
    assert_eq!(stage.log.state_at(&[]), None);
}

#[test]
fn twenty_thousand_entries_and_one_that_was_back_dated() {
    let [a, b, c, ..] = super::stage::five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let before = stage.here();
    for number in 0..20_000_u32 {
        let by = if number % 2 == 0 { &a } else { &b };
        stage.write(by, Act::Describe(named(&format!("Name {number}"))));
    }
    let here = stage.here();
    let settled = stage.log.state_at(&here).unwrap();
    let removal = stage.pass(&here, &[&a], remove(&b));
    stage.write_at(&before, &b, Act::Describe(named("Long ago")));
    stage.join(&a, &c, Role::Editor);
    let state = stage.log.state();
    assert_eq!(state.members.get(&b.id()).unwrap().standing, Standing::Removed);
    assert_eq!(state.members.get(&a.id()), settled.members.get(&a.id()));
    assert_eq!(state.members.get(&b.id()).unwrap().name().as_str(), "Name 19999");
    assert!(state.is_in(&c.id()) && state.exclusions.contains_key(&removal));
    assert_eq!(folded(&stage.entries()[..40], 1).len(), 40);
    let mut again = Log::found(stage.entries()[0].clone()).unwrap();
    assert_eq!(again.insert(stage.entries()[2].clone()), Ok(Insert::Missing(before)));
}
