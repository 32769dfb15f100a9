//! Removal is final, and beats what the removed do at the same time.

use super::stage::{Stage, five, remove, role};
use crate::identity::{ChangeId, DocumentId, Role};
use crate::membership::{
    Act, DocumentFence, Hold, NoRight, Profile, RefuseEntry, Standing, Template, Who, Why,
};

const REMOVED: Option<Standing> = Some(Standing::Removed);

#[test]
fn who_was_removed_while_offline_is_out_with_all_it_did_meanwhile() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let here = stage.here();
    let described = stage.write_at(&here, &b, Act::Describe(named("Something else")));
    let removal = stage.pass(&here, &[&a], remove(&b));
    assert_eq!(stage.standing(&b), REMOVED);
    assert_eq!(stage.why_void(&described), Some(Why::Struck { by: removal }));
    assert_eq!(stage.state().members.get(&b.id()).unwrap().name(), &b.card.name);
    assert_eq!(stage.refusal(&b, Act::Leave(vec![])), NoRight::Stranger);
}

#[test]
fn a_removed_steward_undoes_nothing_by_back_dating_a_removal() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Editor);
    let here = stage.here();
    stage.pass(&here, &[&a, &b], remove(&c));
    let state = stage.state();
    let revenge = stage.pass(&here, &[&c], remove(&d));
    assert!(matches!(stage.why_void(&revenge), Some(Why::Struck { .. })));
    assert_eq!(stage.standing(&d), Some(Standing::Member));
    assert_eq!(stage.state().exclusions, state.exclusions);
    assert_eq!(stage.state().members, state.members);
}

#[test]
fn a_removed_steward_with_one_friend_left_undoes_nothing() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c, &d, &e]);
    let here = stage.here();
    stage.pass(&here, &[&a, &b, &e], remove(&c));
    assert!(
        matches!(
            stage.try_pass(&here, &[&c, &d], remove(&a)),
            Err(RefuseEntry::NoRight(NoRight::NotEnough))
        ),
        "two of five"
    );
    assert_eq!(stage.standing(&c), REMOVED);
    assert_eq!(stage.standing(&a), Some(Standing::Member));
}

#[test]
fn a_steward_who_is_demoted_while_acting_has_acted_in_vain() {
    let [a, b, c, d, _] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Editor);
    let here = stage.here();
    let removal = stage.pass(&here, &[&c], remove(&d));
    let described = stage.write_at(&here, &c, Act::Describe(named("A new name")));
    assert_eq!(stage.standing(&d), REMOVED);
    let demotion = stage.pass(&here, &[&a, &b], role(&c, Role::Editor));
    assert_eq!(stage.standing(&d), Some(Standing::Member));
    assert_eq!(stage.why_void(&removal), Some(Why::Struck { by: demotion }));
    assert_eq!(stage.why_void(&described), None, "no steward is needed for that");
    assert_eq!(stage.role(&c), Role::Editor);
}

#[test]
fn what_rests_on_a_promotion_falls_with_it() {
    let [a, b, c, d, e] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b, &c]);
    stage.join(&a, &d, Role::Editor);
    stage.join(&a, &e, Role::Editor);
    let here = stage.here();
    // C and B make D a steward, while A and B remove C: the promotion falls, and what D did as a steward with it.
    let promotion = stage.pass(&here, &[&c, &b], role(&d, Role::Steward));
    let by_new = stage.pass(&[promotion], &[&d], remove(&e));
    assert_eq!(stage.standing(&e), REMOVED);
    stage.pass(&here, &[&a, &b], remove(&c));
    assert_eq!(stage.standing(&e), Some(Standing::Member));
    assert_eq!(stage.why_void(&by_new), Some(Why::NotSteward));
    assert_eq!(stage.role(&d), Role::Editor);
}

#[test]
fn two_who_carry_out_one_removal_at_once_both_fence() {
    let [a, b, c, ..] = five();
    let mut stage = Stage::of_stewards(Template::AnySteward, &[&a, &b]);
    stage.join(&a, &c, Role::Editor);
    let proposal = stage.write(&a, Act::Propose(remove(&c)));
    let here = stage.here();
    let [one, two] =
        [&a, &b].map(|by| stage.write_at(&here, by, Act::Enact { proposal, fences: vec![] }));
    let state = stage.state();
    assert_eq!((stage.why_void(&one), stage.why_void(&two)), (None, None));
    assert!(state.exclusions.contains_key(&one) && state.exclusions.contains_key(&two));
}

#[test]
fn an_exclusion_keeps_what_its_fences_name_and_nothing_else() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let [document, other] = [DocumentId([1; 32]), DocumentId([2; 32])];
    let fence =
        |heads: Vec<ChangeId>| Act::Fence(vec![DocumentFence { document, heads, access: vec![] }]);
    let fences = [[3; 32], [4; 32]].map(|head| stage.write(&a, fence(vec![ChangeId(head)])));
    let strange = stage.write(&b, fence(vec![ChangeId([5; 32])]));
    let proposal = stage.write(&a, Act::Propose(remove(&b)));
    let enact = |mut fences: Vec<_>| {
        fences.sort_unstable();
        Act::Enact { proposal, fences }
    };
    assert_eq!(stage.refusal(&a, enact(vec![fences[0], strange])), NoRight::NoSuchFence);
    assert_eq!(stage.refusal(&a, enact(vec![proposal])), NoRight::NoSuchFence);
    let before = stage.here();
    let removal = stage.write(&a, enact(fences.to_vec()));

    let kept = vec![ChangeId([3; 32]), ChangeId([4; 32])];
    assert_eq!(stage.log.fence(&removal, &document), (kept, vec![]));
    assert_eq!(stage.log.fence(&removal, &other), (vec![], vec![]));
    let exclusion = stage.state().exclusions.get(&removal).unwrap().clone();
    assert_eq!((exclusion.who, exclusion.hold), (Who::Organization(b.id()), Hold::Final));
    assert!(stage.log.knows_exclusion(&[removal], &removal));
    assert!(!stage.log.knows_exclusion(&before, &removal));
}

#[test]
fn who_becomes_a_reader_loses_the_right_to_write() {
    let [a, b, ..] = five();
    let mut stage = Stage::new(&a, Template::AnySteward.rules());
    stage.join(&a, &b, Role::Editor);
    let here = stage.here();
    let demotion = stage.pass(&here, &[&a], role(&b, Role::Reader));
    assert!(stage.state().exclusions.contains_key(&demotion));
    let here = stage.here();
    let promotion = stage.pass(&here, &[&a], role(&b, Role::Contributor));
    assert!(!stage.state().exclusions.contains_key(&promotion), "it could not write before");
}

pub(super) fn named(name: &str) -> Profile {
    Profile { name: Some(name.parse().unwrap()), ..Profile::default() }
}
