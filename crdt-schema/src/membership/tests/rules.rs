//! How many must agree to what.

use super::stage::{Organization, Stage, five, remove, role};
use crate::identity::{Role, Sector};
use crate::membership::{Act, Change, NoRight, RefuseEntry, Standing, Template};

const NOT_ENOUGH: RefuseEntry = RefuseEntry::NoRight(NoRight::NotEnough);

#[test]
fn to_make_a_steward_takes_more_than_half_of_the_stewards() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c, &d]);
    stage.join(&a, &e, Role::Editor);
    let here = stage.here();
    let change = || role(&e, Role::Steward);
    assert_eq!(stage.try_pass(&here, &[&a, &b], change()), Err(NOT_ENOUGH));
    stage.pass(&here, &[&a, &b, &c], change());
    assert!(stage.is_steward(&e));
}

#[test]
fn any_steward_removes_a_member_but_not_a_steward() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Editor);
    let here = stage.here();
    assert_eq!(stage.try_pass(&here, &[&a], remove(&b)), Err(NOT_ENOUGH));
    stage.pass(&here, &[&a], remove(&d));
    assert_eq!(stage.standing(&d), Some(Standing::Removed));
    assert_eq!(stage.standing(&b), Some(Standing::Member));
}

#[test]
fn a_council_and_a_charity_decide_together_where_the_rules_say_so() {
    let council = Organization::new(1, Sector::Council);
    let county = Organization::new(2, Sector::Council);
    let charity = Organization::new(3, Sector::Vcs);
    let member = Organization::new(4, Sector::Health);
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&council, &county, &charity]);
    stage.join(&council, &member, Role::Editor);
    let here = stage.here();
    let rules = Template::CouncilAndVcs.rules();
    stage.pass(&here, &[&council, &county], Change::Rules(rules.clone()));
    assert_eq!(*stage.state().rules, rules);

    let here = stage.here();
    assert_eq!(stage.try_pass(&here, &[&council, &county], remove(&member)), Err(NOT_ENOUGH));
    let proposal = stage.write(&council, Act::Propose(remove(&member)));
    let tally = stage.state().tally(&proposal).unwrap();
    assert_eq!((tally.missing(), tally.is_enough), (1, false));
    assert!(tally.sectors.iter().eq(&[Sector::Vcs]));
    assert!(!stage.state().enough_agree(&proposal));
    stage.write(&charity, Act::Agree(proposal));
    assert!(stage.state().enough_agree(&proposal));
    stage.write(&county, Act::Enact { proposal, fences: vec![] });
    assert_eq!(stage.standing(&member), Some(Standing::Removed));
}

#[test]
fn who_wants_to_step_down_asks_nobody() {
    let [a, b, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    let here = stage.here();
    assert_eq!(stage.try_pass(&here, &[&a], role(&b, Role::Editor)), Err(NOT_ENOUGH));
    stage.pass(&here, &[&b], role(&b, Role::Editor));
    assert_eq!(stage.role(&b), Role::Editor);
}

#[test]
fn a_proposal_is_agreed_to_once_and_carried_out_once() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let name = Change::Rename("Southmere".parse().unwrap());
    assert_eq!(stage.refusal(&c, Act::Propose(name.clone())), NoRight::NotSteward);
    let proposal = stage.write(&a, Act::Propose(name));
    let enact = || Act::Enact { proposal, fences: vec![] };
    assert_eq!(stage.refusal(&a, Act::Agree(proposal)), NoRight::AlreadyAgreed);
    assert_eq!(stage.refusal(&c, Act::Agree(proposal)), NoRight::NotSteward);
    assert_eq!(stage.refusal(&a, enact()), NoRight::NotEnough);
    assert_eq!(stage.refusal(&a, Act::Object(proposal)), NoRight::NotAnElection);
    stage.write(&b, Act::Agree(proposal));
    assert_eq!(stage.refusal(&c, enact()), NoRight::NotSteward);
    stage.write(&b, enact());
    assert_eq!(stage.state().name.as_str(), "Southmere");
    assert_eq!(stage.refusal(&b, enact()), NoRight::AlreadyEnacted);
    assert_eq!(stage.refusal(&b, Act::Agree(proposal)), NoRight::AlreadyEnacted);
    let unknown = Act::Agree(stage.log.workspace().into());
    assert_eq!(stage.refusal(&b, unknown), NoRight::NoSuchProposal);
}

#[test]
fn what_would_change_nothing_is_not_proposed() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    for (change, refusal) in [
        (role(&b, Role::Editor), NoRight::SameRole),
        (role(&c, Role::Editor), NoRight::SameRole),
        (remove(&c), NoRight::NotMember),
        (Change::Reinstate(b.id()), NoRight::NotSuspended),
    ] {
        assert_eq!(stage.refusal(&a, Act::Propose(change)), refusal);
    }
}
