//! Clocks that are wrong must not stop what waits.

use std::time::Duration;

use crdt_schema::identity::Timestamp;

use crate::stage::Stage;

const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1_000;

/// Lets two nodes lose each other, and time pass while their clocks do something; returns whether they met again.
fn meet_again(mut meddle: impl FnMut(&mut Stage)) -> bool {
    let (mut stage, workspace) = Stage::together(2);
    stage.is_cut = true;
    stage.unlink(0, 1);
    stage.run();
    stage.pass(Duration::from_secs(1));
    stage.is_cut = false;
    for _ in 0..4 {
        meddle(&mut stage);
        stage.pass(Duration::from_secs(60));
    }
    (0..2).all(|number| {
        let members = stage.nodes[number].engine.reader().members(&workspace);
        members.iter().any(|member| !member.is_self && member.connected)
    })
}

#[test]
fn clocks_that_jump_ahead_and_back_do_not_stop_a_node_from_dialling() {
    let mut is_ahead = false;
    assert!(meet_again(|stage| {
        let now = stage.now.0;
        stage.now = Timestamp(if is_ahead { now - CENTURY } else { now + CENTURY });
        is_ahead = !is_ahead;
    }));
}

#[test]
fn clocks_that_stand_still_do_not_stop_a_node_from_dialling() {
    assert!(meet_again(|stage| stage.now = Timestamp(0)));
}

#[test]
fn what_was_written_before_a_crash_is_there_after_it() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(1, workspace, crdt_schema::audience::Audience::default());
    stage.set(1, document, "/title", "Kept");
    let before = stage.content(1, document).unwrap();
    stage.crash(1);
    assert_eq!(stage.content(1, document), Some(before));
    stage.pass(Duration::from_secs(60));
    stage.set(1, document, "/title", "Written after the crash");
    assert_eq!(stage.content(0, document).unwrap()["title"], "Written after the crash");
}
