//! The power goes at every single call of a run, and again at every call of the start that follows.

use crate::journal::{Append, Journal, ReadJournal};
use crate::simulated::{Loss, Simulated};

const COMMITS: u64 = 12;
/// So small that the run starts several segments.
const SEGMENT: u64 = 220;

fn payload(number: u64) -> Vec<u8> {
    super::filled(number, 10 + usize::try_from(number).unwrap() * 5)
}

/// Opens the journal and writes until the power goes. Returns how many payloads were acknowledged.
fn run(disk: &Simulated) -> u64 {
    let Ok((mut journal, _)) = Journal::open(disk.clone(), SEGMENT) else { return 0 };
    let mut acknowledged = 0;
    for number in 0..COMMITS {
        match journal.append(&payload(number)) {
            Ok(_) => acknowledged += 1,
            Err(_) => {
                assert!(
                    matches!(journal.append(b"more"), Err(Append::Broken)),
                    "a broken journal took more"
                );
                break;
            }
        }
    }
    acknowledged
}

fn held(disk: &Simulated) -> Vec<Vec<u8>> {
    let (mut journal, _) = Journal::open(disk.clone(), SEGMENT).unwrap();
    let mut held = Vec::new();
    let scan = journal
        .scan(None, |_, payload| {
            held.push(payload.to_vec());
            Ok::<_, ReadJournal>(())
        })
        .unwrap();
    assert_eq!((scan.missing, scan.damaged), (0, vec![]));
    held
}

/// What is found must be what was acknowledged, and at most the one payload that was being written; and the journal
/// goes on from there.
fn check(disk: &Simulated, acknowledged: u64, context: &str) {
    let found = held(disk);
    let count = found.len() as u64;
    assert!(
        (acknowledged..=acknowledged + 1).contains(&count),
        "{count} of {acknowledged} after {context}"
    );
    assert!(
        found.iter().enumerate().all(|(number, bytes)| *bytes == payload(number as u64)),
        "{context}"
    );
    let (mut journal, cut) = Journal::open(disk.clone(), SEGMENT).unwrap();
    assert!(cut.is_empty(), "the second start still cuts after {context}");
    journal.append(b"further").unwrap();
    assert_eq!(held(disk).last().unwrap(), b"further", "{context}");
}

fn losses() -> Vec<Loss> {
    let mut losses = vec![Loss::All, Loss::Nothing];
    for byte in 0..100 {
        losses.extend([Loss::Torn(byte), Loss::Zeros(byte), Loss::Flipped(byte)]);
    }
    losses.extend((1..u8::MAX).step_by(2).map(Loss::Reordered));
    losses
}

fn calls_of(run: impl FnOnce(&Simulated)) -> u64 {
    let disk = Simulated::default();
    run(&disk);
    disk.calls()
}

#[test]
fn whatever_the_power_cut_hits_the_acknowledged_commits_are_there() {
    let calls = calls_of(|disk| assert_eq!(run(disk), COMMITS));
    assert!(calls > 30, "the run has only {calls} calls");
    let mut cuts = 0;
    for cut in 0..calls {
        let disk = Simulated::default();
        disk.cut_at(cut);
        let acknowledged = run(&disk);
        for loss in losses() {
            check(&disk.after(loss), acknowledged, &format!("cut at call {cut}, {loss:?}"));
            cuts += 1;
        }
    }
    println!("power cuts: {cuts} at {calls} calls, 0 acknowledged commits lost");
    assert!(cuts > 15_000, "only {cuts} cuts");
}

#[test]
fn a_second_power_cut_while_the_first_is_mended_loses_nothing_either() {
    let calls = calls_of(|disk| assert_eq!(run(disk), COMMITS));
    let losses = [
        Loss::All,
        Loss::Nothing,
        Loss::Torn(3),
        Loss::Torn(30),
        Loss::Zeros(2),
        Loss::Flipped(40),
        Loss::Reordered(0b0101_0101),
        Loss::Reordered(0b1010_1010),
    ];
    let mut mended = 0;
    for cut in 0..calls {
        let disk = Simulated::default();
        disk.cut_at(cut);
        let acknowledged = run(&disk);
        for first in losses {
            for again in 0.. {
                let found = disk.after(first);
                found.cut_at(again);
                if Journal::open(found.clone(), SEGMENT).is_ok() {
                    break;
                }
                mended += 1;
                for second in losses {
                    let context =
                        format!("cut at call {cut}, {first:?}, then at {again}, {second:?}");
                    check(&found.after(second), acknowledged, &context);
                }
            }
        }
    }
    println!(
        "power cuts while a start mends: {}, 0 acknowledged commits lost",
        mended * losses.len()
    );
    assert!(mended > 350, "only {mended} starts had anything to mend");
}

#[test]
fn a_full_disk_stops_the_journal_and_leaves_it_whole() {
    let disk = Simulated::default();
    run(&disk);
    let total: usize = held(&disk).iter().map(|payload| payload.len() + 60).sum();
    let mut stopped = 0;
    for room in 0..total {
        let disk = Simulated::default();
        disk.room(room);
        let acknowledged = run(&disk);
        stopped += u64::from(acknowledged < COMMITS);
        // Still full: it opens all the same.
        if Journal::open(disk.clone(), SEGMENT).is_err() {
            assert_eq!(acknowledged, 0, "with room for {room} bytes");
        }
        check(&disk.copy(), acknowledged, &format!("room for {room} bytes"));
    }
    assert!(stopped > 100);
}

#[test]
fn a_full_disk_that_also_loses_power_leaves_what_was_acknowledged() {
    for room in (0..600).step_by(7) {
        let calls = calls_of(|disk| {
            disk.room(room);
            run(disk);
        });
        for cut in 0..calls {
            let disk = Simulated::default();
            disk.room(room);
            disk.cut_at(cut);
            let acknowledged = run(&disk);
            for loss in [Loss::All, Loss::Nothing, Loss::Torn(5)] {
                check(
                    &disk.after(loss),
                    acknowledged,
                    &format!("room for {room} bytes, cut at {cut}, {loss:?}"),
                );
            }
        }
    }
}
