//! Clocks that are wrong must not stop what waits.

use std::time::Duration;

use crdt_schema::identity::Timestamp;

use crate::stage::Stage;

const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1_000;

#[test]
fn a_clock_that_jumped_ahead_and_back_does_not_stop_a_node_from_dialling() {
    let (mut stage, workspace) = Stage::together(2);
    stage.is_cut = true;
    stage.unlink(0, 1);
    stage.run();
    stage.now = Timestamp(stage.now.0 + CENTURY);
    stage.pass(Duration::from_secs(1));
    stage.now = Timestamp(stage.now.0 - CENTURY);
    stage.is_cut = false;
    for _ in 0..4 {
        stage.pass(Duration::from_secs(60));
    }
    let connected = |stage: &mut Stage, number: usize| {
        let members = stage.nodes[number].engine.reader().members(&workspace);
        members.iter().any(|member| !member.is_self && member.connected)
    };
    assert!(connected(&mut stage, 0) && connected(&mut stage, 1));
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
