//! Who is let in, and who waits.

use super::stage::{Organization, Stage, admission, five, remove};
use crate::identity::Role;
use crate::membership::{Act, Entry, Insert, NoRight, Standing, Template, Why};

const MEMBER: Option<Standing> = Some(Standing::Member);
const WAITING: Option<Standing> = Some(Standing::Waiting);

fn stage(founder: &Organization) -> Stage {
    Stage::new(founder, Template::AnySteward.rules())
}

#[test]
fn any_member_lets_in_who_holds_an_invite() {
    let [a, b, c, d, _] = five();
    let mut stage = stage(&a);
    let invite = stage.invite(&a, Role::Reader, 2);
    stage.write(&a, admission(&invite, &b));
    stage.write(&b, admission(&invite, &c));
    assert_eq!((stage.standing(&b), stage.standing(&c)), (MEMBER, MEMBER));
    assert_eq!(stage.refusal(&a, admission(&invite, &d)), NoRight::UsedUp);
    assert_eq!(stage.refusal(&a, admission(&invite, &c)), NoRight::AlreadyIn);
}

#[test]
fn two_who_use_a_single_invite_at_once_both_wait_until_one_is_approved() {
    let [a, b, c, d, _] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let single = stage.invite(&a, Role::Editor, 1);
    let here = stage.here();
    stage.write_at(&here, &a, admission(&single, &c));
    stage.write_at(&here, &b, admission(&single, &d));
    assert_eq!((stage.standing(&c), stage.standing(&d)), (WAITING, WAITING));
    assert_eq!(stage.refusal(&b, Act::Approve(c.id())), NoRight::NotSteward);
    assert_eq!(stage.refusal(&c, Act::Describe(Default::default())), NoRight::Stranger);

    stage.write(&a, Act::Approve(c.id()));
    assert_eq!((stage.standing(&c), stage.standing(&d)), (MEMBER, WAITING));
    assert_eq!(stage.refusal(&a, Act::Approve(c.id())), NoRight::NotWaiting);
}

#[test]
fn one_organization_that_two_members_countersign_at_once_does_not_wait() {
    let [a, b, c, ..] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let single = stage.invite(&a, Role::Editor, 1);
    let here = stage.here();
    stage.write_at(&here, &a, admission(&single, &c));
    stage.write_at(&here, &b, admission(&single, &c));
    assert_eq!(stage.standing(&c), MEMBER);
}

#[test]
fn a_use_after_another_does_not_send_the_first_back() {
    let [a, b, c, d, _] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let invite = stage.invite(&a, Role::Editor, 2);
    stage.write(&a, admission(&invite, &c));
    let here = stage.here();
    stage.write_at(&here, &a, admission(&invite, &d));
    let fifth = Organization::new(6, crate::identity::Sector::Vcs);
    stage.write_at(&here, &b, admission(&invite, &fifth));
    assert_eq!(stage.standing(&c), MEMBER, "both others came after it");
    assert_eq!((stage.standing(&d), stage.standing(&fifth)), (WAITING, WAITING));
}

#[test]
fn an_invite_that_asks_for_approval_makes_its_holder_wait() {
    let [a, b, c, ..] = five();
    let mut stage = stage(&a);
    let invite = stage.invite_with(&a, Role::Editor, 2, true);
    stage.write(&a, admission(&invite, &b));
    assert_eq!(stage.standing(&b), WAITING);
    let tally = stage.state().admission(&b.id()).unwrap();
    assert_eq!((tally.missing(), tally.silent), (1, vec![a.id()]));
    assert_eq!(stage.refusal(&b, admission(&invite, &c)), NoRight::Stranger);

    stage.write(&a, Act::Decline(b.id()));
    assert_eq!(stage.standing(&b), None);
    assert!(!stage.state().nodes.contains_key(&b.key.id()), "the node is free again");
}

#[test]
fn two_stewards_let_in_together_where_the_rules_say_so() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::Together, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    assert_eq!(stage.standing(&c), WAITING, "who invited is only one of two");
    stage.write(&b, Act::Approve(c.id()));
    assert_eq!(stage.standing(&c), MEMBER);
}

#[test]
fn a_steward_is_invited_by_as_many_as_change_stewards() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Steward);
    assert_eq!(stage.standing(&d), WAITING, "one of three is no majority");
    stage.write(&b, Act::Approve(d.id()));
    assert!(stage.is_steward(&d));
}

#[test]
fn an_invite_needs_a_steward_and_is_good_until_it_is_revoked() {
    let [a, b, c, ..] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let editors = stage.invite(&b, Role::Reader, 2);
    assert_eq!(stage.refusal(&a, admission(&editors, &c)), NoRight::InviterNotSteward);

    let invite = stage.invite(&a, Role::Editor, 3);
    assert_eq!(stage.refusal(&b, Act::RevokeInvite(invite.offer.id)), NoRight::NotSteward);
    let here = stage.here();
    stage.write(&a, Act::RevokeInvite(invite.offer.id));
    assert_eq!(stage.refusal(&a, admission(&invite, &c)), NoRight::Revoked);
    stage.write_at(&here, &b, admission(&invite, &c));
    assert_eq!(stage.standing(&c), MEMBER, "its countersigner could not know");

    let mut elsewhere = Stage::new(&c, Template::AnySteward.rules());
    assert_eq!(elsewhere.refusal(&c, admission(&invite, &b)), NoRight::Foreign);
}

#[test]
fn who_was_removed_waits_for_approval_when_it_comes_back() {
    let [a, b, ..] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let here = stage.here();
    stage.pass(&here, &[&a], remove(&b));
    stage.join(&a, &b, Role::Editor);
    assert_eq!(stage.standing(&b), WAITING);
    stage.write(&a, Act::Decline(b.id()));
    assert_eq!(stage.standing(&b), Some(Standing::Removed), "being declined makes it no stranger");
    stage.join(&a, &b, Role::Editor);
    assert_eq!(stage.standing(&b), WAITING);
    stage.write(&a, Act::Approve(b.id()));
    assert_eq!(stage.standing(&b), MEMBER);
}

#[test]
fn the_invite_of_a_removed_steward_used_at_the_same_time_makes_its_holder_wait() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &e, Role::Editor);
    let invite = stage.invite(&c, Role::Editor, 1);
    let here = stage.here();
    let removal = stage.pass(&here, &[&a, &b], remove(&c));
    let admitted = stage.write_at(&here, &e, admission(&invite, &d));
    assert_eq!(stage.standing(&d), WAITING);
    assert_eq!(stage.why_void(&admitted), Some(Why::Struck { by: removal }));
}

#[test]
fn an_approval_by_a_removed_steward_is_struck() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    let invite = stage.invite_with(&a, Role::Editor, 1, true);
    stage.write(&a, admission(&invite, &d));
    let here = stage.here();
    stage.write_at(&here, &c, Act::Approve(d.id()));
    assert_eq!(stage.standing(&d), MEMBER);
    stage.pass(&here, &[&a, &b], remove(&c));
    assert_eq!(stage.standing(&d), WAITING);
}

#[test]
fn who_was_removed_sends_nobody_back_to_waiting_with_a_back_dated_use() {
    let [a, b, c, d, _] = five();
    let mut stage = stage(&a);
    stage.join(&a, &b, Role::Editor);
    let invite = stage.invite(&a, Role::Editor, 1);
    let before = stage.here();
    stage.write(&a, admission(&invite, &c));
    let here = stage.here();
    stage.pass(&here, &[&a], remove(&b));
    stage.write_at(&before, &b, admission(&invite, &d));
    assert_eq!((stage.standing(&c), stage.standing(&d)), (MEMBER, WAITING));
}

#[test]
fn an_entry_changed_anywhere_is_refused() {
    let [a, b, ..] = five();
    let mut stage = stage(&a);
    let invite = stage.invite(&a, Role::Editor, 1);
    let here = stage.here();
    let bytes = stage.entry_at(&here, &a, admission(&invite, &b)).to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Ok(entry) = Entry::from_bytes(&changed) {
            assert!(!matches!(stage.log.insert(entry), Ok(Insert::Taken)), "byte {at}");
        }
    }
}
