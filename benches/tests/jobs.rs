//! Runs every job at a tiny size, so that one that broke is noticed. Nothing here asks for a speed.
//!
//! Needs the program: `cargo build -p fingerpost`, with the profile of the tests.

use benches::{Figure, Plan, Scale, j1, j2, j3, j4, j5, j6, j7, j8};

fn plan() -> anyhow::Result<Plan> {
    // Without peers: they are fetched on request only.
    Ok(Plan { peers: None, ..Plan::find(Scale::Tiny, None)? })
}

fn check(figures: &[Figure], count: usize) {
    assert!(figures.len() >= count, "{figures:?}");
    for figure in figures {
        assert!(figure.ours.is_finite() && figure.ours >= 0.0, "{figure:?}");
        assert!(figure.json().is_object() && figure.row().starts_with('|'), "{figure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_seen_at_the_other_node() {
    check(&j1::run(&plan().unwrap()).await.unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_node_takes_everything() {
    check(&j2::run(&plan().unwrap()).await.unwrap(), 4);
}

#[test]
fn nodes_that_were_apart_meet() {
    let figures = j3::run(&plan().unwrap()).unwrap();
    check(&figures, 5);
    let in_sync = figures.first().unwrap();
    assert!(in_sync.what.contains("nothing changed") && in_sync.ours < 10_000.0, "{in_sync:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_people_type_and_all_show_the_same() {
    check(&j4::run(&plan().unwrap()).await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_documents_starts() {
    check(&j5::run(&plan().unwrap()).await.unwrap(), 3);
}

#[test]
fn edits_are_made_durable_in_batches() {
    check(&j6::run(&plan().unwrap()).unwrap(), 3);
}

#[test]
fn envelopes_are_checked_and_applied() {
    check(&j7::run(&plan().unwrap()).unwrap(), 2);
}

#[test]
fn words_are_found() {
    check(&j8::run(&plan().unwrap()).unwrap(), 2);
}
