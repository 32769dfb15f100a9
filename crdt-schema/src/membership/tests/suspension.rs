//! A suspension delays; it never decides.

use super::stage::{Organization, Stage, admission, five, remove};
use crate::identity::{EntryId, Role};
use crate::membership::{Act, Change, Hold, NoRight, Standing, Template, Why};

fn suspend(who: &Organization) -> Act {
    Act::Suspend { organization: who.id(), reason: "Odd changes".to_owned(), fences: vec![] }
}

fn hold(stage: &Stage, exclusion: &EntryId) -> Option<Hold> {
    stage.state().exclusions.get(exclusion).map(|exclusion| exclusion.hold)
}

#[test]
fn a_suspended_steward_still_votes_but_lets_nobody_in() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    let waiting = stage.invite_with(&a, Role::Editor, 1, true);
    stage.write(&a, admission(&waiting, &d));
    let own = stage.invite(&b, Role::Editor, 1);
    let suspension = stage.write(&a, suspend(&b));
    assert_eq!(stage.standing(&b), Some(Standing::Suspended));
    assert_eq!(hold(&stage, &suspension), Some(Hold::Held));
    assert_eq!(stage.refusal(&b, Act::Approve(d.id())), NoRight::Suspended);
    assert_eq!(stage.refusal(&b, suspend(&a)), NoRight::Suspended);
    let stranger = Organization::new(6, crate::identity::Sector::Vcs);
    let refusal = stage.refusal(&a, admission(&own, &stranger));
    assert_eq!(refusal, NoRight::InviterNotSteward);

    let here = stage.here();
    stage.pass(&here, &[&c, &b], Change::Rename("Southmere".parse().unwrap()));
    assert_eq!(stage.state().name.as_str(), "Southmere");
}

#[test]
fn a_suspension_that_lapses_leaves_nothing_behind_and_is_not_repeated() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let suspension = stage.write(&a, suspend(&c));
    assert_eq!(stage.refusal(&b, suspend(&c)), NoRight::NotMember, "it is suspended already");
    let lapse = stage.write(&c, Act::Lapse(suspension));
    assert_eq!(stage.standing(&c), Some(Standing::Member));
    assert_eq!(hold(&stage, &suspension), None);
    let entry = stage.log.get(&lapse).unwrap();
    let delay = stage.log.delay(entry).unwrap();
    assert_eq!((delay.since, delay.lasts.as_secs()), (suspension, 72 * 60 * 60));

    assert_eq!(stage.refusal(&a, suspend(&c)), NoRight::SuspendedBefore);
    assert_eq!(stage.refusal(&a, suspend(&a)), NoRight::SuspendsItself);
    assert_eq!(stage.refusal(&c, Act::Lapse(suspension)), NoRight::NoSuchSuspension);
    stage.write(&b, suspend(&c));
}

#[test]
fn a_suspension_ends_early_when_enough_agree() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let suspension = stage.write(&a, suspend(&c));
    let here = stage.here();
    stage.pass(&here, &[&b], Change::Reinstate(c.id()));
    assert_eq!(stage.standing(&c), Some(Standing::Member));
    assert_eq!(hold(&stage, &suspension), None);
}

#[test]
fn what_was_held_back_stays_out_when_the_removal_follows() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let suspension = stage.write(&a, suspend(&c));
    let here = stage.here();
    let removal = stage.pass(&here, &[&a], remove(&c));
    assert_eq!(hold(&stage, &suspension), Some(Hold::Final));
    assert_eq!(hold(&stage, &removal), Some(Hold::Final));
    assert_eq!(stage.refusal(&a, Act::Lapse(suspension)), NoRight::NoSuchSuspension);
}

#[test]
fn who_leaves_while_suspended_frees_nothing() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let suspension = stage.write(&a, suspend(&b));
    stage.write(&b, Act::Leave(vec![]));
    assert_eq!(stage.standing(&b), Some(Standing::Left));
    assert_eq!(hold(&stage, &suspension), Some(Hold::Final));
}

#[test]
fn of_two_suspensions_at_once_the_second_does_nothing() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let here = stage.here();
    let both = [&a, &b].map(|by| stage.write_at(&here, by, suspend(&c)));
    assert_eq!(stage.why_void(both.iter().max().unwrap()), Some(Why::NoObject));
    assert_eq!(stage.state().exclusions.size(), 1);
}
