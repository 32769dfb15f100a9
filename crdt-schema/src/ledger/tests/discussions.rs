//! Discussions change nothing and keep nothing; what was said in time stays said when somebody leaves.

use super::*;
use crate::comment::Stance::{Agrees, Objects, Remarks, Reopens, Settles};

/// Comment `n` by an organisation on a version with these changes, in a session of its own.
fn comment(n: u8, by: u8, stance: Stance) -> Placed {
    said(n, by, Said::Comment(vec![ChangeId([1; 32])], stance))
}

fn reply(n: u8, by: u8, of: u8, stance: Stance) -> Placed {
    said(n, by, Said::Reply(id(of), stance))
}

fn said(n: u8, by: u8, said: Said) -> Placed {
    let session = SessionId([100 + n; 16]);
    Placed { changes: vec![], said: Some(said), session, ..placed(n, by, 1, &[], &[]) }
}

/// For each discussion its first comment, what was answered and what settles it; what was taken back is left out.
fn told(ledger: &mut Ledger, membership: &Says) -> Vec<(u8, Vec<u8>, Vec<u8>)> {
    ledger.count(membership, &organization(99));
    let first = |id: EnvelopeId| id.0[0];
    let standing = |spoken: &&Spoken| spoken.withdrawn.is_none();
    let told = ledger.discussions().into_iter().filter(|it| standing(&&it.first));
    told.map(|it| {
        let replies = it.replies.iter().filter(standing).map(|reply| first(reply.id)).collect();
        (first(it.first.id), replies, it.settled.into_iter().map(first).collect())
    })
    .collect()
}

#[test]
fn a_discussion_has_its_answers_and_is_over_until_everything_that_settles_it_is_opened_again() {
    let mut history = vec![
        placed(1, 1, 1, &[], &[]),
        comment(2, 2, Objects),
        reply(3, 1, 2, Remarks),
        reply(4, 1, 2, Settles),
        reply(5, 2, 2, Settles),
        comment(6, 3, Remarks),
    ];
    let all = |history: &[Placed]| told(&mut ledger(history), &Says::default());
    assert_eq!(all(&history), [(2, vec![3, 4, 5], vec![4, 5]), (6, vec![], vec![])]);
    history.push(reply(7, 1, 5, Reopens));
    assert_eq!(all(&history)[0].2, [4], "two settled it");
    history.push(reply(8, 3, 4, Reopens));
    assert_eq!(all(&history)[0].2, Vec::<u8>::new());
    // Who takes back that it is open again, has settled it.
    history.push(said(9, 3, Said::Withdrawal(id(8))));
    assert_eq!(all(&history)[0].2, [4]);
    history.push(said(10, 1, Said::Withdrawal(id(4))));
    assert_eq!(all(&history)[0], (2, vec![3, 5], vec![]));
    history.push(said(11, 2, Said::Withdrawal(id(2))));
    assert_eq!(all(&history), [(6, vec![], vec![])]);
}

#[test]
fn a_comment_waits_for_its_version_and_an_answer_for_what_it_answers() {
    let mut ledger = ledger(&[]);
    assert!(!ledger.is_ready(&comment(2, 2, Agrees)));
    ledger.add(placed(1, 1, 1, &[], &[]));
    assert!(ledger.is_ready(&comment(2, 2, Agrees)));
    assert!(!ledger.is_ready(&reply(3, 1, 2, Remarks)));
    ledger.add(comment(2, 2, Agrees));
    assert!(ledger.is_ready(&reply(3, 1, 2, Remarks)));
}

#[test]
fn what_a_removed_member_said_in_time_stays_said_and_what_it_says_later_does_not_count() {
    let history = [placed(1, 1, 1, &[], &[]), comment(2, 2, Objects), comment(3, 2, Remarks)];
    let whole = ledger(&history);
    assert_eq!(whole.newest_signed(|of| *of == organization(2)), [id(2), id(3)]);
    let mut late = whole;
    late.count(&Naming(removal_of(2, &[1]), vec![2]), &organization(99));
    let left: Vec<EnvelopeId> = late.discussions().iter().map(|it| it.first.id).collect();
    assert_eq!(left, [id(2)]);
}

#[test]
fn an_answer_whose_question_does_not_count_is_not_shown() {
    let history = [placed(1, 1, 1, &[], &[]), comment(2, 2, Remarks), reply(3, 1, 2, Remarks)];
    assert_eq!(told(&mut ledger(&history), &removal_of(2, &[1])), []);
}
