//! Decisions that contradict each other: one outcome, the same everywhere.

use super::stage::{Organization, Stage, five, remove, role};
use crate::identity::{Role, Timestamp};
use crate::membership::{
    Act, Count, NoRight, RefuseEntry, Revocation, Rules, Standing, Template, Threshold, Why,
};

/// Rules by which one steward alone removes another.
pub(super) fn reckless() -> Rules {
    Rules {
        admit: Threshold::one(),
        members: Threshold::one(),
        stewards: Threshold { count: Count::AtLeast(1), sectors: Default::default() },
    }
}

fn reckless_stewards(stewards: &[&Organization]) -> Stage {
    let mut stage = Stage::new(stewards[0], reckless());
    for new in &stewards[1..] {
        stage.join(stewards[0], new, Role::Steward);
    }
    stage
}

#[test]
fn of_two_removals_of_each_other_one_stands() {
    let [a, b, ..] = five();
    let mut stage = reckless_stewards(&[&a, &b]);
    let here = stage.here();
    let one = stage.pass(&here, &[&a], remove(&b));
    let two = stage.pass(&here, &[&b], remove(&a));
    let (winner, loser) = if one < two { (&a, &b) } else { (&b, &a) };
    assert_eq!(stage.standing(winner), Some(Standing::Member));
    assert_eq!(stage.standing(loser), Some(Standing::Removed));
}

#[test]
fn of_a_circle_of_three_removals_one_stands() {
    let [a, b, c, ..] = five();
    let mut stage = reckless_stewards(&[&a, &b, &c]);
    let here = stage.here();
    let removals =
        [(&a, &b), (&b, &c), (&c, &a)].map(|(by, who)| stage.pass(&here, &[by], remove(who)));
    let standing: Vec<_> =
        removals.iter().filter(|removal| stage.why_void(removal).is_none()).collect();
    assert_eq!(standing, [removals.iter().min().unwrap()]);
    assert_eq!(stage.state().stewards().count(), 2);
}

#[test]
fn of_duelling_stewards_those_with_more_support_win() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c, &d, &e]);
    let here = stage.here();
    let weaker = stage.pass(&here, &[&a, &c, &d], remove(&b));
    let stronger = stage.pass(&here, &[&b, &c, &d, &e], remove(&a));
    assert_eq!(stage.why_void(&stronger), None);
    assert!(stage.why_void(&weaker).is_some());
    assert_eq!(stage.standing(&a), Some(Standing::Removed));
    assert_eq!(stage.standing(&b), Some(Standing::Member));
}

#[test]
fn a_duel_that_was_decided_stays_decided_whatever_is_back_dated() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    let founding = stage.here();
    for new in [&b, &c, &d, &e] {
        stage.join(&a, new, Role::Steward);
        for by in [&b, &c, &d] {
            if stage.standing(new) == Some(Standing::Waiting) && stage.is_steward(by) {
                stage.write(by, Act::Approve(new.id()));
            }
        }
    }
    let here = stage.here();
    stage.pass(&here, &[&b, &c, &d, &e], remove(&a));
    stage.pass(&here, &[&a, &c, &d], remove(&b));
    stage.write(&b, Act::Describe(super::removal::named("Settled")));
    let settled = stage.state();
    assert_eq!(stage.standing(&a), Some(Standing::Removed));

    // The founder was the only steward once. It tries to bring the duel before the stewards of that time.
    let junk = stage.write_at(&founding, &a, Act::Describe(super::removal::named("Junk")));
    assert!(matches!(stage.why_void(&junk), Some(Why::Struck { .. })));
    assert_eq!(stage.state().members, settled.members);
}

#[test]
fn a_promotion_and_a_removal_at_once_end_in_the_removal() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Editor);
    let here = stage.here();
    stage.pass(&here, &[&a, &b], role(&d, Role::Steward));
    stage.pass(&here, &[&c], remove(&d));
    assert_eq!(stage.standing(&d), Some(Standing::Removed));
}

#[test]
fn two_stewards_who_leave_at_once_leave_one() {
    let [a, b, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    let here = stage.here();
    let leaves = [&a, &b].map(|by| stage.write_at(&here, by, Act::Leave(vec![])));
    let (first, second) = (leaves.iter().min().unwrap(), leaves.iter().max().unwrap());
    assert_eq!(stage.why_void(first), None);
    assert_eq!(stage.why_void(second), Some(Why::WouldLeaveNoSteward));
    assert_eq!(stage.state().stewards().count(), 1);
}

#[test]
fn the_last_steward_neither_leaves_nor_is_removed_nor_steps_down() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, reckless());
    stage.join(&a, &b, Role::Editor);
    assert_eq!(stage.refusal(&a, Act::Leave(vec![])), NoRight::WouldLeaveNoSteward);
    let here = stage.here();
    for change in [remove(&a), role(&a, Role::Editor)] {
        let tried = stage.try_pass(&here, &[&a], change);
        assert_eq!(tried, Err(RefuseEntry::NoRight(NoRight::WouldLeaveNoSteward)));
    }
    stage.write_at(&here, &b, Act::Leave(vec![]));
    assert_eq!(stage.standing(&b), Some(Standing::Left));
}

#[test]
fn two_removals_that_together_would_leave_no_steward_leave_one() {
    let [a, b, c, d, _] = five();
    let mut stage = reckless_stewards(&[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    stage.join(&a, &d, Role::Editor);
    let here = stage.here();
    stage.pass(&here, &[&a], role(&a, Role::Editor));
    stage.write_at(&here, &b, Act::Leave(vec![]));
    assert_eq!(stage.state().stewards().count(), 1);
}

#[test]
fn the_root_keys_word_wins_the_duel_with_the_thief_of_a_laptop() {
    let [a, b, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    let thief = b.at_node(60);
    stage.write(&a, Act::Certify(thief.certificate.clone()));
    let here = stage.here();
    let revoke =
        |node: &Organization, word| Act::RevokeNode { node: node.key.id(), word, fences: vec![] };
    let theft = stage.write_at(&here, &thief, revoke(&b, None));
    let word = Revocation::new(&b.root, thief.key.id(), Timestamp(9));
    let rescue = stage.write_at(&here, &a, revoke(&thief, Some(word)));
    assert_eq!(stage.why_void(&theft), Some(Why::Struck { by: rescue }));
    assert!(stage.state().member_of(&b.key.id()).is_some());
    assert!(stage.state().member_of(&thief.key.id()).is_none());
}

#[test]
fn the_root_keys_word_holds_whoever_passes_it_on_and_decides_nothing_else() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c, &d, &e]);
    let spare = b.at_node(60);
    stage.write(&a, Act::Certify(spare.certificate.clone()));
    let here = stage.here();
    stage.pass(&here, &[&b, &c, &d], remove(&a));
    stage.pass(&here, &[&a, &c, &d, &e], remove(&b));
    let state = stage.state();
    assert_eq!(stage.standing(&b), Some(Standing::Removed));

    let word = Revocation::new(&b.root, spare.key.id(), Timestamp(9));
    let revoke = Act::RevokeNode { node: spare.key.id(), word: Some(word), fences: vec![] };
    let revocation = stage.write_at(&here, &b, revoke);
    assert_eq!(stage.why_void(&revocation), None);
    assert!(stage.state().ended.contains_key(&spare.key.id()));
    assert_eq!(stage.state().members, state.members, "who has the kit wins no duel with it");
}
