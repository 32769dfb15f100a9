//! Sign-offs keep nothing and change nothing; who has signed is the same everywhere, and stays so when somebody leaves.

use super::*;

/// Sign-off `n` by an organisation, of a version with these changes.
fn sign_off(n: u8, by: u8, seq: u64, version: &[u8]) -> Placed {
    let version = version.iter().map(|n| ChangeId([*n; 32])).collect();
    Placed { changes: vec![], said: Some(Said::SignOff(version)), ..placed(n, by, seq, &[], &[]) }
}

/// Takes a sign-off back.
fn withdrawal(n: u8, by: u8, seq: u64, of: u8) -> Placed {
    Placed { changes: vec![], said: Some(Said::Withdrawal(id(of))), ..placed(n, by, seq, &[], &[]) }
}

fn after(mut placed: Placed, previous: u8) -> Placed {
    placed.previous = Some(id(previous));
    placed
}

fn signed(ledger: &mut Ledger, membership: &Says) -> Vec<(u8, Option<u8>)> {
    ledger.count(membership, &organization(99));
    let all = ledger.sign_offs().into_iter();
    all.map(|it| (it.id.0[0], it.withdrawn.map(|id| id.0[0]))).collect()
}

#[test]
fn what_is_taken_back_stays_so_and_who_signs_again_has_signed() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        sign_off(2, 2, 1, &[1]),
        after(withdrawal(9, 2, 2, 2), 2),
        after(withdrawal(8, 2, 3, 2), 9),
        after(sign_off(4, 2, 4, &[1]), 8),
    ]);
    assert_eq!(signed(&mut ledger, &Says::default()), [(2, Some(8)), (4, None)]);
}

#[test]
fn a_version_has_the_names_that_count_and_were_not_taken_back() {
    let name = |n: u8, by: u8, seq: u64| {
        let said = Some(Said::VersionName(vec![ChangeId([1; 32])]));
        Placed { changes: vec![], said, ..placed(n, by, seq, &[], &[]) }
    };
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        name(2, 2, 1),
        name(3, 3, 1),
        after(withdrawal(4, 3, 2, 3), 3),
    ]);
    assert!(!ledger.is_ready(&Placed {
        said: Some(Said::VersionName(vec![ChangeId([9; 32])])),
        ..name(5, 1, 2)
    }));
    ledger.count(&Says::default(), &organization(99));
    assert_eq!(ledger.version_names(), [id(2)]);
    assert_eq!(ledger.newest_signed(|_| true), [id(2), id(4)], "a fence keeps them");
    assert_eq!(ledger.sign_offs(), []);
}

#[test]
fn what_a_removed_member_signed_in_time_stays_signed_and_what_it_signs_later_does_not_count() {
    let mut ledger = ledger(&[
        placed(1, 1, 1, &[], &[]),
        sign_off(2, 2, 1, &[1]),
        after(sign_off(3, 2, 2, &[1]), 2),
        after(withdrawal(4, 2, 3, 2), 3),
    ]);
    assert_eq!(ledger.newest_signed(|of| *of == organization(2)), [id(4)]);
    assert_eq!(ledger.newest_signed(|of| *of == organization(1)), []);
    // The fence was made when the first two had come.
    let removal = Naming(removal_of(2, &[1]), vec![3]);
    ledger.count(&removal, &organization(99));
    let all: Vec<_> = ledger.sign_offs().into_iter().map(|it| (it.id, it.withdrawn)).collect();
    assert_eq!(all, [(id(2), None), (id(3), None)]);
    // Without a name in the fence nothing keeps them: no change builds on a sign-off.
    assert_eq!(signed(&mut ledger, &removal_of(2, &[1])), []);
}

#[test]
fn who_can_no_longer_read_has_signed_what_the_step_names() {
    let set = |signed: &[u8]| AccessAct::Set {
        audience: only(&[1, 3]),
        fence: vec![ChangeId([1; 32])],
        signed: signed.iter().map(|n| id(*n)).collect(),
    };
    let history = |signed: &[u8]| {
        restricted(
            only(&[1, 2, 3]),
            &[
                placed(1, 1, 1, &[], &[]),
                sign_off(2, 2, 1, &[1]),
                step(4, 1, 2, &[], set(signed)),
                after(sign_off(5, 2, 2, &[1]), 2),
            ],
        )
    };
    assert_eq!(signed(&mut history(&[2]), &Says::default()), [(2, None)]);
    assert_eq!(signed(&mut history(&[]), &Says::default()), []);
}

#[test]
fn who_may_read_but_not_write_or_suggest_keeps_having_signed() {
    let nobody = only(&[1]).read;
    let before = Audience { suggest: only(&[1, 2]).read, ..only(&[1, 2]) };
    let after_it = Audience { suggest: nobody.clone(), write: nobody, ..only(&[1, 2]) };
    let (fence, signed_by) = (vec![ChangeId([1; 32])], vec![]);
    let set = AccessAct::Set { audience: after_it, fence, signed: signed_by };
    let history = [placed(1, 1, 1, &[], &[]), sign_off(2, 2, 1, &[1]), step(4, 1, 2, &[], set)];
    assert_eq!(signed(&mut restricted(before, &history), &Says::default()), [(2, None)]);
}

#[test]
fn a_fence_names_a_few_of_each_organisation_and_none_that_another_stands_on() {
    let mut all = vec![placed(1, 1, 1, &[], &[])];
    for n in 0..9_u8 {
        // Each in a session of its own, none resuming another.
        let one = sign_off(10 + n, 2, 1, &[1]);
        all.push(Placed { session: SessionId([50 + n; 16]), ..one });
    }
    all.push(sign_off(30, 3, 1, &[1]));
    all.push(after(sign_off(31, 3, 2, &[1]), 30));
    let named = ledger(&all).newest_signed(|_| true);
    assert_eq!(named, [id(15), id(16), id(17), id(18), id(31)]);
}

#[test]
fn a_sign_off_waits_for_its_version_and_a_withdrawal_for_what_it_takes_back() {
    let mut ledger = ledger(&[placed(1, 1, 1, &[], &[])]);
    assert!(!ledger.is_ready(&sign_off(2, 2, 1, &[7])));
    assert!(!ledger.is_ready(&withdrawal(3, 2, 2, 2)));
    ledger.add(sign_off(2, 2, 1, &[1]));
    assert!(ledger.is_ready(&withdrawal(3, 2, 2, 2)));
}

/// Who signs or takes back, which change or sign-off, and whether its author knew of the removal.
fn said() -> impl Strategy<Value = Vec<(u8, u8, bool, bool)>> {
    prop::collection::vec((1..=ORGANIZATIONS, any::<u8>(), any::<bool>(), any::<bool>()), 0..8)
}

/// Appends sign-offs and withdrawals to a history; each organisation says them in a session of its own.
fn with_said(history: &[Placed], said: &[(u8, u8, bool, bool)]) -> Vec<Placed> {
    let mut all = history.to_vec();
    let changes = u8::try_from(history.len()).unwrap();
    for (at, (by, on, takes_back, knows)) in said.iter().enumerate() {
        let (n, seq) = (100 + u8::try_from(at).unwrap(), u64::try_from(at).unwrap() + 1);
        let before = u8::try_from(at).ok().filter(|before| *before > 0 && *takes_back);
        let mut one = match before {
            Some(before) => withdrawal(n, *by, seq, 100 + on % before),
            None => sign_off(n, *by, seq, &[on % changes + 1]),
        };
        one.session = SessionId([100 + by; 16]);
        one.membership = if *knows { vec![EntryId([REMOVAL; 32])] } else { vec![] };
        all.push(one);
    }
    all
}

proptest! {
    #[test]
    fn no_sign_off_changes_which_changes_count(
        history in histories(), said in said(), fence in 1..10_u8, removed in 2..=ORGANIZATIONS,
    ) {
        let removal = removal_of(removed, &[fence]);
        let without = counting(&mut ledger(&history), &removal);
        let mut with = counting(&mut ledger(&with_said(&history, &said)), &removal);
        with.retain(|id| *id < 100);
        prop_assert_eq!(without, with);
    }

    #[test]
    fn who_has_signed_is_the_same_in_every_order_of_arrival(
        history in histories(), said in said(), fence in 1..10_u8, removed in 2..=ORGANIZATIONS,
        seed: u64,
    ) {
        let removal = removal_of(removed, &[fence]);
        let all = with_said(&history, &said);
        let mut later = all[history.len()..].to_vec();
        let mut other = ledger(&shuffled(&history, seed));
        while let Some(at) = later.iter().rposition(|one| other.is_ready(one)) {
            other.add(later.remove(at));
        }
        prop_assert!(later.is_empty());
        let (mut a, mut b) = (signed(&mut ledger(&all), &removal), signed(&mut other, &removal));
        a.sort_unstable();
        b.sort_unstable();
        prop_assert_eq!(a, b);
    }
}
