//! Attacks by name. Each is played on the model and on the log that runs, in many orders of arrival.

use std::collections::BTreeSet;
use std::rc::Rc;

use crdt_schema::identity::{EntryId, OrganizationId, Role};
use crdt_schema::membership::{Act, Change, Count, Profile, Rules, Template, Threshold};

use crate::cast::{At, Cast, History, Offered};
use crate::compare;
use crate::set::Set;
use crate::state::{Standing, State};

const A: At = At(0, 0);
const B: At = At(1, 0);
const C: At = At(2, 0);
const D: At = At(3, 0);
/// Two who are not in when a history begins.
const E: At = At(4, 0);
const F: At = At(5, 0);

/// One steward is enough for everything.
fn one() -> Cast {
    let (admit, members, stewards) = (Threshold::one(), Threshold::one(), Threshold::one());
    Cast::new(Rules { admit, members, stewards })
}

fn majority() -> Cast {
    Cast::new(Template::AnySteward.rules())
}

fn remove(cast: &Cast, who: At) -> Change {
    Change::Remove { organization: cast.organization(who.0), reason: String::new() }
}

fn role(cast: &Cast, who: At, role: Role) -> Change {
    Change::Role { organization: cast.organization(who.0), role }
}

fn enact(proposal: EntryId) -> Act {
    Act::Enact { proposal, fences: vec![] }
}

fn offered(by: At, role: Role, uses: u32) -> Offered {
    Offered { by, role, uses, approval: false }
}

/// Proposes and enacts on one's own, and returns the enactment.
fn at_once(history: &mut History<'_>, view: Set, by: At, change: Change) -> EntryId {
    let proposal = history.on(view, by, Act::Propose(change));
    let seen = history.seen(proposal);
    history.on(seen, by, enact(proposal))
}

/// Proposes, lets others agree, enacts, and returns the enactment.
fn together(history: &mut History<'_>, view: Set, by: &[At], change: Change) -> EntryId {
    let mut last = history.on(view, by[0], Act::Propose(change));
    let proposal = last;
    for other in &by[1..] {
        let seen = history.seen(last);
        last = history.on(seen, *other, Act::Agree(proposal));
    }
    let seen = history.seen(last);
    history.on(seen, by[0], enact(proposal))
}

fn organizations(cast: &Cast, who: &[At]) -> BTreeSet<OrganizationId> {
    who.iter().map(|at| cast.organization(at.0)).collect()
}

fn stands(history: &mut History<'_>, entry: EntryId) -> bool {
    !history.state().void.contains(&entry)
}

fn standing(history: &mut History<'_>, who: At) -> Option<Standing> {
    let who = history.cast.organization(who.0);
    history.state().standing(who)
}

/// Returns the state that everybody comes to.
fn end(history: &mut History<'_>) -> Rc<State> {
    compare::everywhere(history);
    history.state()
}

#[test]
fn of_two_stewards_who_remove_each_other_exactly_one_stays() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    let first = at_once(&mut history, start, A, remove(&cast, B));
    let second = at_once(&mut history, start, B, remove(&cast, A));
    assert_eq!(end(&mut history).stewards().len(), 1);
    assert_ne!(stands(&mut history, first), stands(&mut history, second));
}

#[test]
fn of_three_stewards_who_remove_each_other_in_a_circle_one_goes() {
    let cast = one();
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    let circle = [(A, B), (B, C), (C, A)]
        .map(|(by, who)| at_once(&mut history, start, by, remove(&cast, who)));
    assert_eq!(end(&mut history).stewards().len(), 2);
    assert_eq!(circle.iter().filter(|entry| stands(&mut history, **entry)).count(), 1);
}

#[test]
fn the_steward_whom_more_others_support_wins_the_duel() {
    let cast = majority();
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    let rules = Change::Rules(Rules { stewards: Threshold::one(), ..Rules::default() });
    together(&mut history, start, &[A, B], rules);
    for turn in 0..8 {
        // Another entry before the duel gives all that follow other ids.
        history.now(
            A,
            Act::Describe(Profile {
                domain: Some(format!("{turn}.example")),
                ..Profile::default()
            }),
        );
        let mut duel =
            History { cast: &cast, model: history.model.clone(), entries: history.entries.clone() };
        let start = duel.model.all();
        let weak = at_once(&mut duel, start, B, remove(&cast, A));
        let strong = together(&mut duel, start, &[A, C], remove(&cast, B));
        assert_eq!(end(&mut duel).stewards(), organizations(&cast, &[A, C]));
        assert!(stands(&mut duel, strong) && !stands(&mut duel, weak));
    }
}

#[test]
fn who_was_removed_and_comes_again_waits_for_approval_even_after_being_declined() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    at_once(&mut history, start, A, remove(&cast, C));
    for uses in [3, 4] {
        let again = cast.redeem(offered(A, Role::Editor, uses), 2, C);
        history.now(B, again);
        assert_eq!(standing(&mut history, C), Some(Standing::Waiting));
        history.now(B, Act::Decline(cast.organization(2)));
        assert_eq!(standing(&mut history, C), Some(Standing::Removed));
    }
    history.now(B, cast.redeem(offered(A, Role::Editor, 5), 2, C));
    assert!(!history.tries(history.model.all(), C, Act::Describe(Profile::default())));
    history.now(B, Act::Approve(cast.organization(2)));
    end(&mut history);
    assert_eq!(standing(&mut history, C), Some(Standing::Member));
}

#[test]
fn what_a_steward_does_while_being_demoted_is_void_and_what_any_member_may_do_is_not() {
    let cast = majority();
    let mut history = History::begun(&cast, 3);
    history.now(A, cast.redeem(Offered { approval: true, ..offered(A, Role::Reader, 3) }, 4, E));
    let start = history.model.all();
    let demoted = together(&mut history, start, &[A, B], role(&cast, C, Role::Reader));
    let approved = history.on(start, C, Act::Approve(cast.organization(E.0)));
    let profile = Profile { domain: Some("c.example".to_owned()), ..Profile::default() };
    let described = history.on(history.seen(approved), C, Act::Describe(profile));
    let admitted = history.on(start, D, cast.redeem(offered(C, Role::Editor, 2), 5, F));
    end(&mut history);
    assert!(stands(&mut history, demoted) && stands(&mut history, described));
    assert!(!stands(&mut history, approved) && !stands(&mut history, admitted));
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
    assert_eq!(standing(&mut history, F), Some(Standing::Waiting));
}

#[test]
fn nothing_of_what_was_done_offline_by_who_was_removed_meanwhile_holds() {
    let cast = majority();
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    together(&mut history, start, &[A, B], remove(&cast, C));
    let mut seen = start;
    let mut done = Vec::new();
    let acts = [
        Act::Describe(Profile::default()),
        cast.redeem(offered(C, Role::Editor, 2), 4, E),
        cast.certify(2, At(2, 2)),
        Act::Suspend {
            organization: cast.organization(D.0),
            reason: String::new(),
            fences: vec![],
        },
        Act::Propose(role(&cast, D, Role::Steward)),
        Act::Leave(vec![]),
    ];
    for act in acts {
        done.push(history.on(seen, C, act));
        seen = history.seen(*done.last().unwrap());
    }
    let state = end(&mut history);
    assert!(done.iter().all(|entry| !stands(&mut history, *entry)));
    assert_eq!(standing(&mut history, C), Some(Standing::Removed));
    assert_eq!(standing(&mut history, D), Some(Standing::Member));
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
    assert!(!state.nodes.contains_key(&cast.node(At(2, 2))));
}

#[test]
fn a_removed_steward_gains_nothing_by_back_dating_with_one_remaining_steward() {
    let cast = majority();
    let mut history = History::begun(&cast, 4);
    let start = history.model.all();
    together(&mut history, start, &[A, B, C], remove(&cast, D));
    // C, who agreed to the removal, now helps D to undo it: two of four are not enough.
    let proposal = history.on(start, D, Act::Propose(remove(&cast, A)));
    let agreed = history.on(history.seen(proposal), C, Act::Agree(proposal));
    let seen = history.seen(agreed);
    assert!(!history.tries(seen, C, enact(proposal)));
    // Nor does an invite of D's, old or new, or a stranger whom it let in.
    let friend = history.on(start, C, cast.redeem(offered(D, Role::Steward, 2), 5, F));
    let seen = history.seen(friend);
    assert!(!history.tries(seen, F, Act::Agree(proposal)));
    end(&mut history);
    assert_eq!(history.state().stewards(), organizations(&cast, &[A, B, C]));
    assert_eq!(standing(&mut history, F), Some(Standing::Waiting));
    assert!(!history.tries(history.model.all(), C, enact(proposal)));
}

#[test]
fn a_removed_steward_gains_nothing_with_a_member_who_is_no_steward() {
    let cast = majority();
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    together(&mut history, start, &[A, B], remove(&cast, C));
    let friend = history.on(start, D, cast.redeem(offered(C, Role::Editor, 2), 5, F));
    let promoted = history.on(start, C, Act::Propose(role(&cast, D, Role::Steward)));
    let built = history.seen(promoted).or(history.seen(friend));
    assert!(!history.tries(built, D, Act::Agree(promoted)));
    history.on(built, D, Act::Describe(Profile::default()));
    end(&mut history);
    assert_eq!(history.state().stewards(), organizations(&cast, &[A, B]));
    assert_eq!(standing(&mut history, F), Some(Standing::Waiting));
}

#[test]
fn an_approval_by_who_is_being_removed_does_not_let_anybody_in() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    history.now(A, cast.redeem(Offered { approval: true, ..offered(A, Role::Editor, 3) }, 4, E));
    let start = history.model.all();
    at_once(&mut history, start, A, remove(&cast, B));
    let approved = history.on(start, B, Act::Approve(cast.organization(E.0)));
    let seen = history.seen(approved);
    history.on(seen, E, Act::Describe(Profile::default()));
    end(&mut history);
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
}

#[test]
fn stewards_who_all_leave_at_once_leave_one_behind() {
    let cast = majority();
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    for who in [A, B, C] {
        history.on(start, who, Act::Leave(vec![]));
    }
    assert_eq!(end(&mut history).stewards().len(), 1);
}

#[test]
fn a_steward_who_leaves_and_one_who_steps_down_at_once_leave_one_behind() {
    let cast = majority();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    history.on(start, A, Act::Leave(vec![]));
    at_once(&mut history, start, B, role(&cast, B, Role::Reader));
    assert_eq!(end(&mut history).stewards().len(), 1);
}

#[test]
fn of_two_who_use_a_single_invite_at_once_neither_is_in_before_one_is_approved() {
    let cast = majority();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    history.on(start, A, cast.redeem(offered(A, Role::Editor, 1), 4, E));
    history.on(start, C, cast.redeem(offered(A, Role::Editor, 1), 5, F));
    end(&mut history);
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
    assert_eq!(standing(&mut history, F), Some(Standing::Waiting));
    history.now(B, Act::Approve(cast.organization(F.0)));
    end(&mut history);
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
    assert_eq!(standing(&mut history, F), Some(Standing::Member));
}

#[test]
fn who_was_removed_sends_nobody_back_to_waiting_with_a_back_dated_use() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    history.on(start, A, cast.redeem(offered(A, Role::Editor, 1), 4, E));
    let seen = history.model.all();
    at_once(&mut history, seen, A, remove(&cast, C));
    history.on(start, C, cast.redeem(offered(A, Role::Editor, 1), 5, F));
    end(&mut history);
    assert_eq!(standing(&mut history, E), Some(Standing::Member));
    assert_eq!(standing(&mut history, F), Some(Standing::Waiting));
}

#[test]
fn nobody_takes_over_or_ends_a_node_at_work_with_a_back_dated_claim() {
    let cast = majority();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    history.now(A, cast.redeem(offered(A, Role::Editor, 3), 4, E));
    history.now(E, Act::Describe(Profile::default()));
    let claimed = history.on(start, C, cast.certify(2, E));
    let seen = history.seen(claimed);
    let node = cast.node(E);
    history.on(seen, C, Act::RevokeNode { node, word: None, fences: vec![] });
    history.on(seen, C, Act::RevokeNode { node, word: Some(cast.word(2, E)), fences: vec![] });
    let state = end(&mut history);
    assert!(state.owns(cast.organization(E.0), node) && !state.ended.contains_key(&node));
    assert_eq!(standing(&mut history, E), Some(Standing::Member));
}

#[test]
fn a_revocation_with_the_root_keys_word_beats_the_thief() {
    let cast = majority();
    for thief in 0..2 {
        let mut history = History::begun(&cast, 2);
        let start = history.model.all();
        let (stolen, owner) = (At(1, thief), At(1, 1 - thief));
        let revoke =
            |node: At, word| Act::RevokeNode { node: cast.node(node), word, fences: vec![] };
        let theft = history.on(start, stolen, revoke(owner, None));
        let seen = history.seen(theft);
        history.on(seen, stolen, cast.certify(1, At(1, 2)));
        history.on(start, A, revoke(stolen, Some(cast.word(1, stolen))));
        let state = end(&mut history);
        assert!(state.ended.contains_key(&cast.node(stolen)));
        assert!(!state.ended.contains_key(&cast.node(owner)));
        assert!(!state.nodes.contains_key(&cast.node(At(1, 2))));
    }
}

#[test]
fn what_a_lost_node_vouched_for_unknown_to_whoever_ended_it_is_no_node() {
    let cast = majority();
    for with_word in [false, true] {
        let mut history = History::begun(&cast, 2);
        let start = history.model.all();
        let (stolen, owner, third) = (At(1, 1), B, At(1, 2));
        // Another organisation's node passes the thief's word on.
        let vouched = history.on(start, A, cast.vouch(&[stolen, third]));
        let word = with_word.then(|| cast.word(1, stolen));
        let ended = Act::RevokeNode { node: cast.node(stolen), word, fences: vec![] };
        let ended = history.on(start, owner, ended);
        let seen = history.seen(ended);
        assert!(!history.tries(seen, A, cast.vouch(&[stolen, third])), "its word is worth nothing");
        let state = end(&mut history);
        assert!(!stands(&mut history, vouched));
        assert!(!state.nodes.contains_key(&cast.node(third)));
        // One that was known stays until it is named.
        let mut history = History::begun(&cast, 2);
        history.now(A, cast.vouch(&[stolen, third]));
        history.now(owner, Act::RevokeNode { node: cast.node(stolen), word: None, fences: vec![] });
        assert!(end(&mut history).owns(cast.organization(1), cast.node(third)));
    }
}

#[test]
fn a_hasty_proof_does_not_save_what_a_stolen_node_did_from_its_revocation() {
    let cast = majority();
    let mut history = History::begun(&cast, 2);
    history.now(A, cast.redeem(Offered { approval: true, ..offered(A, Role::Editor, 3) }, 4, E));
    let start = history.model.all();
    let stolen = At(1, 1);
    let approved = history.on(start, stolen, Act::Approve(cast.organization(E.0)));
    let seen = history.seen(approved);
    history.on(seen, C, Act::Prove { proof: cast.proof(stolen), fences: vec![] });
    let mut last = start;
    for _ in 0..4 {
        let entry = history.on(last, A, Act::Describe(Profile::default()));
        last = history.seen(entry);
    }
    let (node, word) = (cast.node(stolen), Some(cast.word(1, stolen)));
    history.on(last, B, Act::RevokeNode { node, word, fences: vec![] });
    end(&mut history);
    assert!(!stands(&mut history, approved));
    assert_eq!(standing(&mut history, E), Some(Standing::Waiting));
}

#[test]
fn members_elect_a_steward_unless_a_steward_objects_even_elsewhere() {
    let cast = majority();
    for objects in [false, true] {
        let mut history = History::begun(&cast, 1);
        for who in [2, 3] {
            let uses = u32::try_from(who).unwrap();
            history.now(A, cast.redeem(offered(A, Role::Editor, uses), who, At(who, 0)));
        }
        let elect = Act::Propose(Change::Elect(cast.organization(C.0)));
        let proposal = history.now(B, elect);
        let start = history.model.all();
        assert!(!history.tries(start, B, enact(proposal)), "one of three");
        let agreed = history.on(start, D, Act::Agree(proposal));
        let seen = history.seen(agreed);
        history.on(seen, B, enact(proposal));
        if objects {
            history.on(start, A, Act::Object(proposal));
        }
        let expected = if objects { vec![A] } else { vec![A, C] };
        assert_eq!(end(&mut history).stewards(), organizations(&cast, &expected));
    }
}

#[test]
fn a_council_and_a_charity_must_both_agree_to_remove() {
    let cast = Cast::new(Template::CouncilAndVcs.rules());
    let mut history = History::begun(&cast, 3);
    let start = history.model.all();
    let proposal = history.on(start, A, Act::Propose(remove(&cast, D)));
    let by_councils = history.on(history.seen(proposal), C, Act::Agree(proposal));
    let seen = history.seen(by_councils);
    assert!(!history.tries(seen, A, enact(proposal)), "two councils");
    let by_charity = history.on(seen, B, Act::Agree(proposal));
    let seen = history.seen(by_charity);
    history.on(seen, A, enact(proposal));
    end(&mut history);
    assert_eq!(standing(&mut history, D), Some(Standing::Removed));
}

#[test]
fn a_steward_who_is_suspended_votes_but_admits_nobody() {
    let cast = Cast::new(Rules {
        stewards: Threshold { count: Count::AtLeast(2), sectors: BTreeSet::new() },
        ..Rules::default()
    });
    let mut history = History::begun(&cast, 2);
    let suspension = history.now(
        A,
        Act::Suspend {
            organization: cast.organization(B.0),
            reason: String::new(),
            fences: vec![],
        },
    );
    let start = history.model.all();
    assert!(!history.tries(start, B, cast.redeem(offered(B, Role::Editor, 2), 4, E)));
    assert!(!history.tries(start, A, cast.redeem(offered(B, Role::Editor, 2), 4, E)));
    together(&mut history, start, &[A, B], role(&cast, C, Role::Steward));
    assert!(history.state().is_steward(cast.organization(C.0)));
    history.now(C, Act::Lapse(suspension));
    let again = Act::Suspend {
        organization: cast.organization(B.0),
        reason: String::new(),
        fences: vec![],
    };
    assert!(!history.tries(history.model.all(), A, again), "once for each steward");
    end(&mut history);
    assert_eq!(standing(&mut history, B), Some(Standing::Member));
}

#[test]
fn who_wins_a_duel_and_turns_out_to_do_nothing_has_not_won() {
    let cast = one();
    let mut history = History::begun(&cast, 4);
    let start = history.model.all();
    let removed = together(&mut history, start, &[A, D], remove(&cast, B));
    let struck = at_once(&mut history, start, B, remove(&cast, A));
    // The strongest of all does not strike anything, but the removal of B strikes it. By then B has left.
    let mut view = start;
    for act in [Act::Fence(vec![]), Act::Fence(vec![]), Act::Leave(vec![])] {
        let entry = history.on(view, At(1, 1), act);
        view = history.seen(entry);
    }
    let strongest = together(&mut history, start, &[B, C, D], remove(&cast, E));
    end(&mut history);
    assert!(stands(&mut history, removed));
    assert!(!stands(&mut history, struck) && !stands(&mut history, strongest));
    assert_eq!(standing(&mut history, B), Some(Standing::Removed));
}

#[test]
fn the_root_keys_word_holds_though_a_removed_steward_passed_it_on() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let start = history.model.all();
    let removed = at_once(&mut history, start, A, remove(&cast, B));
    let (node, word) = (cast.node(At(1, 1)), Some(cast.word(1, At(1, 1))));
    let revoked = history.on(start, B, Act::RevokeNode { node, word, fences: vec![] });
    let state = end(&mut history);
    assert!(stands(&mut history, removed) && stands(&mut history, revoked));
    assert!(state.ended.contains_key(&node));
}
