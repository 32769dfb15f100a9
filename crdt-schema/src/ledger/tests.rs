//! What counts after removals, suspensions, narrower audiences and forks.

mod discussions;
mod sign_offs;
mod suggestions;

use proptest::prelude::*;

use super::*;
use crate::audience::Circle;
use crate::envelope::{Header, VERSION};
use crate::identity::{Kind, PersonId, Timestamp, WorkspaceId};
use crate::key::Person;

const ORGANIZATIONS: u8 = 4;

fn organization(n: u8) -> OrganizationId {
    OrganizationId([n; 32])
}

fn node(n: u8) -> NodeId {
    NodeId([n + 100; 32])
}

fn id(n: u8) -> EnvelopeId {
    EnvelopeId([n; 32])
}

fn change(n: u8) -> ChangeHash {
    ChangeHash([n; 32])
}

fn genesis(audience: Audience) -> Genesis {
    Genesis {
        workspace: WorkspaceId([0; 32]),
        kind: Kind::ReferralPathway,
        audience,
        owner: organization(1),
        created: Timestamp(0),
        nonce: [0; 16],
        node: node(1),
        session: SessionId([1; 16]),
        origin: None,
    }
}

/// An envelope `n` by an organisation, on others, whose author knew these membership entries.
fn placed(n: u8, by: u8, seq: u64, on: &[u8], knowing: &[u8]) -> Placed {
    Placed {
        id: id(n),
        organization: organization(by),
        node: node(by),
        session: SessionId([by; 16]),
        seq,
        previous: None,
        resumes: vec![],
        membership: knowing.iter().map(|n| EntryId([*n; 32])).collect(),
        access: vec![],
        changes: vec![change(n)],
        deps: on.iter().map(|n| change(*n)).collect(),
        act: None,
        said: None,
        copied: vec![],
    }
}

/// The header of an envelope that cites no step of the access log.
fn header_by(by: u8, seq: u64) -> Header {
    Header {
        version: VERSION,
        workspace: WorkspaceId([0; 32]),
        document: DocumentId([0; 32]),
        organization: organization(by),
        node: node(by),
        person: Person { id: PersonId([by; 16]), name: "Priya Shah".parse().unwrap() },
        session: SessionId([by + 50; 16]),
        seq,
        previous: None,
        membership: vec![],
        access: vec![],
        time: Timestamp(0),
        content: [0; 32],
        resumes: vec![],
    }
}

fn step(n: u8, by: u8, seq: u64, on: &[u8], act: AccessAct) -> Placed {
    let access = on.iter().map(|n| id(*n)).collect();
    Placed { access, act: Some(act), changes: vec![], ..placed(n, by, seq, &[], &[]) }
}

/// Fences for the removal: these changes were there.
fn fence(heads: &[u8]) -> AccessAct {
    let heads = heads.iter().map(|n| ChangeId([*n; 32])).collect();
    AccessAct::Fence { exclusion: EntryId([REMOVAL; 32]), heads, signed: vec![] }
}

fn ledger(placed: &[Placed]) -> Ledger {
    restricted(Audience::default(), placed)
}

fn restricted(audience: Audience, placed: &[Placed]) -> Ledger {
    let mut ledger = Ledger::new(genesis(audience));
    for one in placed {
        ledger.add(one.clone());
    }
    ledger
}

/// A membership log that says what a test wants it to say. Entries know only themselves.
#[derive(Clone, Default)]
struct Says {
    exclusions: Vec<Exclusion>,
    fence: Vec<u8>,
}

impl Membership for Says {
    fn exclusions(&self) -> Vec<Exclusion> {
        self.exclusions.clone()
    }

    fn knew(&self, heads: &[EntryId], exclusion: &Exclusion) -> bool {
        match exclusion {
            Exclusion::Final(entry, _) | Exclusion::Suspended(entry, _) => heads.contains(entry),
            Exclusion::Waiting(_) => false,
        }
    }

    fn fence(&self, _: &Exclusion, _: &DocumentId) -> (Vec<ChangeId>, Vec<EnvelopeId>) {
        (self.fence.iter().map(|n| ChangeId([*n; 32])).collect(), vec![])
    }
}

const REMOVAL: u8 = 200;

/// The removal's fence names envelopes besides changes.
struct Naming(Says, Vec<u8>);

impl Membership for Naming {
    fn exclusions(&self) -> Vec<Exclusion> {
        self.0.exclusions()
    }

    fn knew(&self, heads: &[EntryId], exclusion: &Exclusion) -> bool {
        self.0.knew(heads, exclusion)
    }

    fn fence(&self, of: &Exclusion, document: &DocumentId) -> (Vec<ChangeId>, Vec<EnvelopeId>) {
        (self.0.fence(of, document).0, self.1.iter().map(|n| id(*n)).collect())
    }
}

fn removal_of(n: u8, fence: &[u8]) -> Says {
    let author = Author::Organization(organization(n));
    let exclusion = Exclusion::Final(EntryId([REMOVAL; 32]), author);
    Says { exclusions: vec![exclusion], fence: fence.to_vec() }
}

fn counting(ledger: &mut Ledger, membership: &Says) -> Vec<u8> {
    counting_for(ledger, membership, organization(99))
}

fn counting_for(ledger: &mut Ledger, membership: &Says, own: OrganizationId) -> Vec<u8> {
    ledger.count(membership, &own);
    let all = ledger.placed.iter().filter(|placed| ledger.counts(&placed.id));
    all.map(|placed| placed.id.0[0]).collect()
}

#[test]
fn without_any_of_this_everything_counts() {
    let mut ledger = ledger(&[placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[])]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 2]);
    assert!(ledger.is_whole());
}

#[test]
fn what_a_removed_member_wrote_stays_up_to_the_fence() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 2, 2, &[2], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &removal_of(2, &[2])), [1, 2]);
}

#[test]
fn what_a_remaining_member_built_on_before_knowing_stays() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 2, 2, &[2], &[]),
        placed(4, 3, 1, &[2], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &removal_of(2, &[1])), [1, 2, 4]);
}

#[test]
fn who_knows_of_a_removal_cannot_bring_its_work_back_by_building_on_it() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 3, 1, &[2], &[REMOVAL]),
        placed(4, 4, 1, &[1], &[REMOVAL]),
    ]);
    assert_eq!(counting(&mut ledger, &removal_of(2, &[1])), [1, 4]);
}

#[test]
fn who_came_back_after_a_removal_writes_as_before() {
    let mut ledger = ledger(&[placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[REMOVAL])]);
    assert_eq!(counting(&mut ledger, &removal_of(2, &[1])), [1, 2]);
}

#[test]
fn a_suspended_members_work_is_held_back_whatever_it_knew_and_then_taken() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 2, 2, &[2], &[REMOVAL]),
    ]);
    let suspension = Exclusion::Suspended(EntryId([REMOVAL; 32]), organization(2));
    let suspended = Says { exclusions: vec![suspension], fence: vec![2] };
    assert_eq!(counting(&mut ledger, &suspended), [1, 2]);
    assert_eq!(
        counting_for(&mut ledger, &suspended, organization(2)),
        [1, 2, 3],
        "on its own screen"
    );
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 2, 3]);
}

#[test]
fn who_waits_for_approval_is_held_back_but_nothing_is_lost() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 3, 1, &[1], &[]),
        placed(4, 4, 1, &[3], &[]),
    ]);
    let waiting = |n| Exclusion::Waiting(organization(n));
    let both = Says { exclusions: vec![waiting(2), waiting(3)], fence: vec![] };
    assert_eq!(counting(&mut ledger, &both), [1, 3, 4], "somebody had built on what 3 wrote");
    let one = Says { exclusions: vec![waiting(3)], fence: vec![] };
    assert_eq!(counting(&mut ledger, &one), [1, 2, 3, 4]);
}

#[test]
fn of_two_things_said_in_one_place_neither_counts_alone() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 2, 2, &[2], &[]),
        placed(4, 2, 2, &[2], &[]),
        placed(5, 2, 3, &[4], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 2]);
}

#[test]
fn the_branch_that_others_built_on_stays() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(3, 2, 1, &[1], &[]),
        placed(4, 2, 1, &[1], &[]),
        placed(5, 3, 1, &[4], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 4, 5]);
}

#[test]
fn of_two_branches_that_others_built_on_the_lower_id_stays() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(4, 2, 1, &[1], &[]),
        placed(3, 2, 1, &[1], &[]),
        placed(5, 3, 1, &[4], &[]),
        placed(6, 4, 1, &[3], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 3, 6]);
    let why: Vec<Why> = ledger.out().map(|(_, why)| why).collect();
    assert_eq!(why, [Why::Forked, Why::BuildsOnThat]);
}

#[test]
fn a_branch_goes_with_the_step_that_it_follows() {
    // In its first place a node says a step, which a change follows, and a change. Others build on either change.
    let fence = fence(&[]);
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        step(3, 2, 1, &[], fence),
        Placed { previous: Some(id(3)), ..placed(4, 2, 2, &[1], &[]) },
        placed(5, 2, 1, &[1], &[]),
        placed(6, 3, 1, &[4], &[]),
        placed(7, 4, 1, &[5], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 3, 4, 6]);
}

fn only(members: &[u8]) -> Audience {
    let circle = Circle::Named(members.iter().map(|n| organization(*n)).collect());
    Audience::new(circle.clone(), circle)
}

#[test]
fn who_lost_the_right_to_write_in_a_document_keeps_what_lies_below_its_fence() {
    let set = |members: &[u8], fence: &[u8]| AccessAct::Set {
        audience: only(members),
        fence: fence.iter().map(|n| ChangeId([*n; 32])).collect(),
        signed: vec![],
    };
    let knowing = |mut placed: Placed, steps: &[u8]| {
        placed.access = steps.iter().map(|n| id(*n)).collect();
        placed
    };
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        step(3, 1, 2, &[], set(&[1, 3], &[2])),
        placed(4, 2, 2, &[2], &[]),
        step(5, 1, 3, &[3], set(&[1, 2, 3], &[2])),
        knowing(placed(6, 2, 3, &[2], &[]), &[5]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 2, 3, 5, 6]);
}

#[test]
fn a_removed_owner_cannot_widen_the_audience_afterwards() {
    let set = |audience| AccessAct::Set { audience, fence: vec![], signed: vec![] };
    let mut ledger = restricted(
        only(&[1, 2]),
        &[placed(1, 1, 1, &[], &[]), step(2, 1, 2, &[], set(only(&[1, 2, 3])))],
    );
    let removal = removal_of(1, &[]);
    assert_eq!(counting(&mut ledger, &removal), [1, 2], "until a reader has fenced it");
    ledger.add(step(3, 2, 1, &[], fence(&[1])));
    assert_eq!(counting(&mut ledger, &removal), [1, 3]);
    assert_eq!(ledger.access().audience(&ledger.genesis.audience), only(&[1, 2]));
}

#[test]
fn a_removed_owner_cannot_undo_what_others_wrote_by_narrowing_the_audience_afterwards() {
    let set = AccessAct::Set { audience: only(&[1]), fence: vec![], signed: vec![] };
    let mut ledger =
        ledger(&[placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[]), step(3, 1, 2, &[], set)]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 3], "while it is the owner");
    assert_eq!(counting(&mut ledger, &removal_of(1, &[2])), [1, 2]);
}

#[test]
fn a_step_that_lost_against_another_in_its_place_takes_no_right_away() {
    let set = AccessAct::Set { audience: only(&[1]), fence: vec![], signed: vec![] };
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        step(3, 1, 2, &[], set),
        placed(4, 1, 2, &[1], &[]),
        placed(5, 3, 1, &[4], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 2, 4, 5]);
}

#[test]
fn a_new_session_need_not_cite_a_step_that_came_not_to_count() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        placed(2, 2, 1, &[1], &[]),
        placed(3, 2, 1, &[1], &[]),
        Placed { previous: Some(id(2)), ..step(4, 2, 2, &[], fence(&[2])) },
        Placed { previous: Some(id(4)), access: vec![id(4)], ..placed(5, 2, 3, &[2], &[]) },
        placed(6, 3, 1, &[3], &[]),
    ]);
    assert_eq!(counting(&mut ledger, &Says::default()), [1, 3, 6]);
    let before = ledger.get(&id(5)).unwrap();
    assert!(!ledger.goes_back(&header_by(2, 1), before));
    assert!(ledger.goes_back(&header_by(2, 4), before), "in one session nobody goes back");
}

/// A history: for each envelope its author, what it builds on (by picking from those before), whether its author knew of the
/// removal, which steps of the access log it cites, and whether it is one: another audience with what it builds on as a fence.
fn histories() -> impl Strategy<Value = Vec<Placed>> {
    histories_with(0)
}

/// Of 24 envelopes `steps_of_24` are steps.
fn histories_with(steps_of_24: u8) -> impl Strategy<Value = Vec<Placed>> {
    let envelope =
        (1..=ORGANIZATIONS, any::<[u8; 2]>(), any::<bool>(), 0..3_u8, 0..24_u8, any::<u8>());
    prop::collection::vec(envelope, 1..14).prop_map(move |all| {
        let mut seqs = [0_u64; 8];
        let mut steps: Vec<u8> = Vec::new();
        let mut history = vec![placed(1, 1, 1, &[], &[])];
        for (at, (by, on, knows, fork, readers, cites)) in all.into_iter().enumerate() {
            let n = u8::try_from(at).unwrap() + 2;
            let seq = &mut seqs[usize::from(by)];
            // Sometimes somebody says two things in one place.
            *seq += u64::from(fork > 0 || *seq == 0);
            // A step is nothing that a change builds on.
            let changes: Vec<u8> = (1..n).filter(|n| !steps.contains(n)).collect();
            let on: BTreeSet<u8> =
                on.iter().map(|pick| changes[usize::from(*pick) % changes.len()]).collect();
            let knowing: &[u8] = if knows { &[REMOVAL] } else { &[] };
            let on: Vec<u8> = on.into_iter().collect();
            let cited = steps.iter().enumerate().filter(|(at, _)| cites >> (at % 8) & 1 == 1);
            let access: Vec<EnvelopeId> = cited.map(|(_, step)| id(*step)).collect();
            let is_step = readers < steps_of_24;
            history.push(if is_step {
                steps.push(n);
                let members: Vec<u8> =
                    (1..=ORGANIZATIONS).filter(|n| readers >> (n - 1) & 1 == 1).collect();
                let fence = on.iter().map(|n| ChangeId([*n; 32])).collect();
                let audience =
                    if members.is_empty() { Audience::default() } else { only(&members) };
                let act = AccessAct::Set { audience, fence, signed: vec![] };
                let membership = placed(n, by, 0, &[], knowing).membership;
                Placed { access, membership, ..step(n, by, *seq + 10, &[], act) }
            } else {
                Placed { access, ..placed(n, by, *seq + 10, &on, knowing) }
            });
        }
        history
    })
}

fn shuffled(history: &[Placed], seed: u64) -> Vec<Placed> {
    // In any order in which an envelope stands after all it builds on.
    let (mut left, mut order) = (history.to_vec(), Vec::<Placed>::new());
    let mut seed = seed;
    while !left.is_empty() {
        let ready: Vec<usize> = (0..left.len())
            .filter(|at| {
                let one = &left[*at];
                one.deps.iter().all(|dep| order.iter().any(|it| it.changes.contains(dep)))
                    && one.access.iter().all(|step| order.iter().any(|it| it.id == *step))
            })
            .collect();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pick = usize::try_from(seed >> 33).unwrap() % ready.len();
        order.push(left.remove(ready[pick]));
    }
    order
}

proptest! {
    #[test]
    fn whoever_was_removed_changes_nothing_that_others_wrote_above_the_fence(
        history in histories_with(8), removed in 1..=ORGANIZATIONS, members: u8, late in 0..3_u8,
    ) {
        // All who stay know of the removal, and it fenced what was there: nothing comes from who was removed but afterwards.
        let mut before: Vec<Placed> = history.iter().map(|placed| {
            let mut placed = placed.clone();
            if placed.organization != organization(removed) {
                placed.membership = vec![EntryId([REMOVAL; 32])];
            }
            placed
        }).collect();
        let all: Vec<u8> = before.iter().map(|placed| placed.id.0[0]).collect();
        let steps = before.iter().filter(|placed| placed.act.is_some());
        let steps: Vec<u8> = steps.map(|placed| placed.id.0[0]).collect();
        // A reader's node did, in the document itself.
        let AccessAct::Fence { exclusion, heads, .. } = fence(&all) else { unreachable!() };
        let signed = steps.iter().map(|n| id(*n)).collect();
        let act = AccessAct::Fence { exclusion, heads, signed };
        before.push(step(99, removed % ORGANIZATIONS + 1, 99, &[], act));
        let removal = Naming(removal_of(removed, &all), steps);
        let mut one = ledger(&before);
        one.count(&removal, &organization(99));
        let expected: BTreeSet<EnvelopeId> =
            before.iter().map(|placed| placed.id).filter(|id| one.counts(id)).collect();
        let readers: Vec<u8> = (1..=ORGANIZATIONS).filter(|n| members >> n & 1 == 1).collect();
        let act = AccessAct::Set { audience: only(&readers), fence: vec![], signed: vec![] };
        for n in 0..=late {
            one.add(step(100 + n, removed, u64::from(n) + 100, &[], act.clone()));
        }
        one.count(&removal, &organization(99));
        let now: BTreeSet<EnvelopeId> = one.placed.iter().map(|placed| placed.id)
            .filter(|id| one.counts(id)).collect();
        prop_assert_eq!(now, expected);
    }

    #[test]
    fn what_counts_is_the_same_in_every_order_of_arrival(
        history in histories_with(8), fence in 1..10_u8, removed in 2..=ORGANIZATIONS, seed: u64,
    ) {
        let removal = removal_of(removed, &[fence]);
        let mut one = ledger(&history);
        let mut other = ledger(&shuffled(&history, seed));
        let (mut a, mut b) = (counting(&mut one, &removal), counting(&mut other, &removal));
        a.sort_unstable();
        b.sort_unstable();
        prop_assert_eq!(a, b);
    }

    #[test]
    fn what_counts_builds_on_nothing_that_does_not_and_has_one_voice_in_each_place(
        history in histories_with(8), fence in 1..10_u8, removed in 2..=ORGANIZATIONS,
    ) {
        let mut ledger = ledger(&history);
        let counting = counting(&mut ledger, &removal_of(removed, &[fence]));
        let mut places = BTreeSet::new();
        for placed in history.iter().filter(|placed| counting.contains(&placed.id.0[0])) {
            for dep in &placed.deps {
                prop_assert!(counting.contains(&dep.0[0]));
            }
            for step in &placed.access {
                prop_assert!(counting.contains(&step.0[0]));
            }
            prop_assert!(places.insert(placed.place()), "two voices in one place");
        }
    }
}

/// The same node as before, after a new start.
fn anew(n: u8, by: u8, on: &[u8], resumes: &[u8], knowing: &[u8]) -> Placed {
    let resumes = resumes.iter().map(|n| id(*n)).collect();
    Placed { session: SessionId([by + 50; 16]), resumes, ..placed(n, by, 1, on, knowing) }
}

#[test]
fn who_has_shown_to_know_of_a_removal_cannot_unknow_it_by_a_new_session() {
    let honest = [placed(1, 1, 1, &[], &[]), placed(2, 3, 1, &[1], &[REMOVAL])];
    let laundered = [placed(3, 2, 1, &[1], &[]), anew(4, 3, &[3], &[], &[])];
    for order in [[0, 1, 2, 3], [0, 2, 3, 1], [0, 2, 1, 3]] {
        let all = [&honest[..], &laundered[..]].concat();
        let mut ledger = ledger(&order.map(|at: usize| all[at].clone()));
        let mut counting = counting(&mut ledger, &removal_of(2, &[1]));
        counting.sort_unstable();
        assert_eq!(counting, [1, 2], "in the order {order:?}");
    }
}

#[test]
fn what_a_node_built_in_time_stays_when_it_starts_anew_and_then_learns() {
    let in_time =
        [placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[]), placed(3, 3, 1, &[2], &[])];
    // Its next change is made from a form that was opened before: it builds on an older state.
    let later = anew(4, 3, &[1], &[3], &[REMOVAL]);
    let mut whole = ledger(&[&in_time[..], &[later]].concat());
    assert_eq!(counting(&mut whole, &removal_of(2, &[1])), [1, 2, 3, 4]);
}

#[test]
fn a_step_that_names_what_its_author_had_shows_what_was_built_in_time() {
    let mut fence = step(4, 3, 1, &[], fence(&[3]));
    fence.session = SessionId([60; 16]);
    fence.membership = vec![EntryId([REMOVAL; 32])];
    let in_time =
        [placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[]), placed(3, 3, 1, &[2], &[])];
    let mut ledger = ledger(&[&in_time[..], &[fence]].concat());
    assert_eq!(counting(&mut ledger, &removal_of(2, &[1])), [1, 2, 3, 4]);
}
