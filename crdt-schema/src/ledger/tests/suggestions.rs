//! Suggestions keep nothing and change nothing; what becomes of them is the same everywhere.

use super::*;
use crate::suggestion::Verdict as Word;

/// Suggestion `n` by an organisation, on changes.
fn suggestion(n: u8, by: u8, seq: u64, base: &[u8]) -> Placed {
    let base = base.iter().map(|n| ChangeId([*n; 32])).collect();
    Placed { changes: vec![], said: Some(Said::Suggestion(base)), ..placed(n, by, seq, &[], &[]) }
}

/// Answer `n` to a suggestion, without changes.
fn answer(n: u8, by: u8, seq: u64, to: u8, verdict: Word) -> Placed {
    Placed {
        changes: vec![],
        said: Some(Said::Answer(id(to), verdict)),
        ..placed(n, by, seq, &[], &[])
    }
}

fn outcomes(ledger: &mut Ledger, membership: &Says) -> Vec<(u8, Outcome)> {
    ledger.count(membership, &organization(99));
    ledger.suggestions().into_iter().map(|(id, outcome)| (id.0[0], outcome)).collect()
}

#[test]
fn of_two_answers_the_one_that_takes_it_in_wins_and_else_the_lower_id() {
    let first = [placed(1, 1, 1, &[], &[]), suggestion(2, 2, 1, &[1])];
    let cases: [(&[Placed], Outcome); 4] = [
        (&[], Outcome::Open),
        (
            &[answer(9, 2, 2, 2, Word::Withdrawn), answer(8, 1, 2, 2, Word::Declined)],
            Outcome::Answered(Word::Declined, id(8)),
        ),
        (
            &[answer(8, 1, 2, 2, Word::Declined), answer(9, 3, 1, 2, Word::Taken)],
            Outcome::Answered(Word::Taken, id(9)),
        ),
        (
            &[answer(9, 3, 1, 2, Word::Taken), answer(8, 1, 2, 2, Word::Taken)],
            Outcome::Answered(Word::Taken, id(8)),
        ),
    ];
    for (answers, outcome) in cases {
        let mut ledger = ledger(&[&first, answers].concat());
        assert_eq!(outcomes(&mut ledger, &Says::default()), [(2, outcome)]);
    }
}

#[test]
fn a_removed_members_late_suggestion_does_not_count_and_a_suspended_ones_waits() {
    let all = [
        placed(1, 1, 1, &[], &[]),
        suggestion(2, 2, 1, &[1]),
        placed(3, 2, 2, &[1], &[]),
        suggestion(4, 2, 3, &[1]),
        answer(5, 2, 4, 4, Word::Withdrawn),
    ];
    let chained = |n: usize| Placed { previous: Some(all[n - 1].id), ..all[n].clone() };
    let all = [all[0].clone(), all[1].clone(), chained(2), chained(3), chained(4)];
    let mut ledger = ledger(&all);
    // Below the fence is the change, and what its author said before it.
    assert_eq!(outcomes(&mut ledger, &removal_of(2, &[3])), [(2, Outcome::Open)]);
    let exclusion = Exclusion::Suspended(EntryId([REMOVAL; 32]), organization(2));
    let held = Says { exclusions: vec![exclusion], fence: vec![1] };
    assert_eq!(outcomes(&mut ledger, &held), []);
    let withdrawn = Outcome::Answered(Word::Withdrawn, id(5));
    let lapsed = outcomes(&mut ledger, &Says::default());
    assert_eq!(lapsed, [(2, Outcome::Open), (4, withdrawn)]);
}

#[test]
fn a_suggestion_keeps_nothing_of_what_it_starts_from() {
    let history = |last: Placed| [placed(1, 1, 1, &[], &[]), placed(2, 2, 1, &[1], &[]), last];
    let removal = removal_of(2, &[1]);
    let mut built_on = ledger(&history(placed(3, 3, 1, &[2], &[])));
    assert_eq!(counting(&mut built_on, &removal), [1, 2, 3]);
    let mut suggested = ledger(&history(suggestion(3, 3, 1, &[2])));
    assert_eq!(counting(&mut suggested, &removal), [1, 3]);
    assert_eq!(outcomes(&mut suggested, &removal), [(3, Outcome::OutOfDate)]);
    // What was taken in stays with who took it in, whatever becomes of who suggested it.
    let taken = Placed { changes: vec![change(4)], ..answer(4, 3, 1, 3, Word::Taken) };
    let mut taken = ledger(&[
        placed(1, 1, 1, &[], &[]),
        suggestion(3, 2, 1, &[1]),
        Placed { deps: [change(1)].into(), ..taken },
    ]);
    assert_eq!(counting(&mut taken, &removal), [1, 4]);
}

#[test]
fn who_lost_the_right_to_suggest_but_not_to_read_suggests_no_more() {
    let audience = |suggest: &[u8]| Audience { suggest: only(suggest).read, ..only(&[1, 2, 3]) };
    let audience = |suggest| Audience { write: only(&[1]).read, ..audience(suggest) };
    let (fence, signed) = (vec![ChangeId([1; 32])], vec![]);
    let set = AccessAct::Set { audience: audience(&[3]), fence, signed };
    let mut ledger = restricted(
        audience(&[2, 3]),
        &[
            placed(1, 1, 1, &[], &[]),
            suggestion(2, 2, 1, &[1]),
            suggestion(3, 3, 1, &[1]),
            step(4, 1, 2, &[], set),
        ],
    );
    assert_eq!(outcomes(&mut ledger, &Says::default()), [(3, Outcome::Open)]);
    assert_eq!(ledger.out().map(|(_, why)| why).collect::<Vec<_>>(), [Why::Narrowed(id(4))]);
}

#[test]
fn an_answer_waits_for_what_it_answers_and_a_suggestion_for_what_it_starts_from() {
    let mut ledger = ledger(&[placed(1, 1, 1, &[], &[])]);
    assert!(!ledger.is_ready(&suggestion(2, 2, 1, &[7])));
    assert!(!ledger.is_ready(&answer(3, 1, 2, 2, Word::Declined)));
    ledger.add(suggestion(2, 2, 1, &[1]));
    assert!(ledger.is_ready(&answer(3, 1, 2, 2, Word::Declined)));
}

/// Who suggests or answers, on which change, and which word.
fn said() -> impl Strategy<Value = Vec<(u8, u8, u8, bool)>> {
    prop::collection::vec((1..=ORGANIZATIONS, any::<u8>(), 0..4_u8, any::<bool>()), 0..8)
}

/// Appends suggestions and answers to a history; each organisation says them in a session of its own.
fn with_said(history: &[Placed], said: &[(u8, u8, u8, bool)]) -> Vec<Placed> {
    let mut all = history.to_vec();
    let changes = u8::try_from(history.len()).unwrap();
    for (at, (by, on, word, knows)) in said.iter().enumerate() {
        let (n, seq) = (100 + u8::try_from(at).unwrap(), u64::try_from(at).unwrap() + 1);
        let verdict = [Word::Taken, Word::Declined, Word::Withdrawn].get(usize::from(*word));
        let before = at.checked_sub(1).and_then(|_| u8::try_from(at).ok());
        let mut one = match (verdict, before) {
            (Some(verdict), Some(before)) => answer(n, *by, seq, 100 + on % before, *verdict),
            _ => suggestion(n, *by, seq, &[on % changes + 1]),
        };
        one.session = SessionId([100 + by; 16]);
        one.membership = if *knows { vec![EntryId([REMOVAL; 32])] } else { vec![] };
        all.push(one);
    }
    all
}

proptest! {
    #[test]
    fn no_suggestion_changes_which_changes_count(
        history in histories(), said in said(), fence in 1..10_u8, removed in 2..=ORGANIZATIONS,
    ) {
        let removal = removal_of(removed, &[fence]);
        let without = counting(&mut ledger(&history), &removal);
        let mut with = counting(&mut ledger(&with_said(&history, &said)), &removal);
        with.retain(|id| *id < 100);
        prop_assert_eq!(without, with);
    }

    #[test]
    fn what_becomes_of_suggestions_is_the_same_in_every_order_of_arrival(
        history in histories(), said in said(), fence in 1..10_u8, removed in 2..=ORGANIZATIONS,
        seed: u64,
    ) {
        let removal = removal_of(removed, &[fence]);
        let all = with_said(&history, &said);
        let mut shuffled = shuffled(&history, seed);
        // What is said after all changes may come in any order that the ledger is ready for.
        let mut later = all[history.len()..].to_vec();
        let mut other = ledger(&shuffled.split_off(0));
        while let Some(at) = later.iter().rposition(|one| other.is_ready(one)) {
            other.add(later.remove(at));
        }
        let mut one = ledger(&all);
        let (mut a, mut b) = (outcomes(&mut one, &removal), outcomes(&mut other, &removal));
        a.sort_unstable();
        b.sort_unstable();
        prop_assert_eq!(a, b);
    }
}
