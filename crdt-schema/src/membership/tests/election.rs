//! A steward is found again when none is there any more.

use super::stage::{Stage, five, remove};
use crate::identity::Role;
use crate::membership::{Act, Change, NoRight, RefuseEntry, Template, Why};

#[test]
fn more_than_half_of_the_other_members_elect_a_steward() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    for member in [&b, &c, &d] {
        stage.join(&a, member, Role::Reader);
    }
    let elect = || Change::Elect(b.id());
    assert_eq!(stage.refusal(&a, Act::Propose(elect())), NoRight::IsSteward);
    let here = stage.here();
    let alone = stage.try_pass(&here, &[&b], elect());
    assert_eq!(alone, Err(RefuseEntry::NoRight(NoRight::NotEnough)));
    let elected = stage.pass(&here, &[&c, &b], elect());
    assert!(stage.is_steward(&b));
    let delay = stage.log.delay(stage.log.get(&elected).unwrap()).unwrap();
    assert_eq!(delay.lasts.as_secs(), 30 * 24 * 60 * 60);
}

#[test]
fn a_steward_who_is_there_objects_and_nothing_comes_of_it() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let proposal = stage.write(&b, Act::Propose(Change::Elect(b.id())));
    assert_eq!(stage.refusal(&b, Act::Object(proposal)), NoRight::NotSteward);
    stage.write(&a, Act::Object(proposal));
    let enact = Act::Enact { proposal, fences: vec![] };
    assert_eq!(stage.refusal(&b, enact), NoRight::Objected);
    assert!(!stage.state().enough_agree(&proposal));
}

#[test]
fn an_objection_at_the_same_time_counts() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let proposal = stage.write(&b, Act::Propose(Change::Elect(b.id())));
    let here = stage.here();
    let elected = stage.write_at(&here, &b, Act::Enact { proposal, fences: vec![] });
    assert!(stage.is_steward(&b));
    let objection = stage.write_at(&here, &a, Act::Object(proposal));
    assert_eq!(stage.why_void(&elected), Some(Why::Objected { by: objection }));
    assert!(!stage.is_steward(&b));
}

#[test]
fn a_steward_who_was_removed_after_an_election_cannot_object_to_it() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let proposal = stage.write(&c, Act::Propose(Change::Elect(c.id())));
    let before = stage.here();
    stage.write(&c, Act::Enact { proposal, fences: vec![] });
    let here = stage.here();
    stage.pass(&here, &[&c, &b], remove(&a));
    stage.write_at(&before, &a, Act::Object(proposal));
    assert!(stage.is_steward(&c) && stage.is_steward(&b) && !stage.is_steward(&a));
}
