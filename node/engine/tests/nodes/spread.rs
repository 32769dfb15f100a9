//! How what is written reaches everyone, in small circles and large ones.

use std::collections::BTreeSet;
use std::time::Duration;

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::codec;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use crdt_schema::membership::Profile;
use engine::Command;
use engine::message::Message;

use crate::stage::Stage;

const SECOND: Duration = Duration::from_secs(1);

/// Counts packs that were carried, by what they were.
fn packs(stage: &Stage) -> usize {
    let is_pack =
        |message: &Message| matches!(message, Message::News { .. } | Message::Wanted { .. });
    stage.carried.iter().filter(|(_, _, message)| is_pack(message)).count()
}

#[test]
fn each_of_a_few_gets_a_change_once_and_who_loses_the_author_gets_it_from_another() {
    let (mut stage, workspace) = Stage::together(4);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/title", "The first shows who gets it twice");
    stage.pass(SECOND);
    stage.carried.clear();
    stage.set(0, document, "/title", "The second does not");
    stage.pass(SECOND);
    assert_eq!(packs(&stage), 3, "{:?}", stage.carried);
    assert_eq!((0..4).map(|number| stage.unsent(number)).sum::<usize>(), 0);

    stage.is_cut = true;
    stage.unlink(0, 3);
    stage.unlink(2, 3);
    stage.run();
    stage.set(0, document, "/title", "By way of one who was asked to keep it");
    stage.pass(SECOND);
    stage.pass(SECOND);
    assert_eq!(
        stage.content(3, document).unwrap()["title"],
        "By way of one who was asked to keep it"
    );
    stage.carried.clear();
    stage.set(0, document, "/title", "And now at once");
    assert_eq!(stage.content(3, document).unwrap()["title"], "And now at once");
}

#[test]
fn in_a_large_workspace_few_connections_carry_everything_to_everyone() {
    const COUNT: usize = 60;
    let (mut stage, workspace) = Stage::together(COUNT);
    let document = stage.create(0, workspace, Audience::default());
    let few = [3, 20, 41].map(|number| stage.nodes[number].identity.card.organization);
    let circle = Circle::Named(few.into());
    let audience = Audience { read: circle.clone(), suggest: circle.clone(), write: circle };
    let narrow = stage.create(3, workspace, audience);
    stage.pass(SECOND);
    // Those who let everyone in are connected with all; after a new start everyone keeps a few.
    for number in 0..COUNT {
        stage.crash(number);
    }
    for _ in 0..5 {
        stage.pass(SECOND);
    }
    let links = stage.links().len();
    assert!(links <= COUNT * 12, "{links} connections");
    for (at, author) in [0, 17, 33, 59].into_iter().enumerate() {
        stage.carried.clear();
        stage.set(author, document, "/title", &format!("Version {at}"));
        stage.pass(SECOND);
        stage.pass(SECOND);
        for number in 0..COUNT {
            assert_eq!(stage.content(number, document).unwrap()["title"], format!("Version {at}"));
        }
    }
    // Once it is known who gets it from whom, each gets it about once.
    assert!(packs(&stage) <= COUNT * 5 / 2, "{} packs", packs(&stage));
    assert_eq!(stage.unsent(59), 0);

    // Readers of what not everyone may read need nobody else.
    stage.set(20, narrow, "/title", "Between us");
    stage.pass(SECOND);
    let readers: BTreeSet<usize> =
        (0..COUNT).filter(|number| stage.content(*number, narrow).is_some()).collect();
    assert_eq!(readers, BTreeSet::from([3, 20, 41]));
    for number in readers {
        assert_eq!(stage.content(number, narrow).unwrap()["title"], "Between us");
    }
}

#[test]
fn who_is_away_in_a_large_workspace_catches_up_from_whoever_is_there() {
    const COUNT: usize = 40;
    let (mut stage, workspace) = Stage::together(COUNT);
    let document = stage.create(0, workspace, Audience::default());
    for number in 0..COUNT {
        stage.crash(number);
    }
    stage.is_cut = true;
    for _ in 0..3 {
        stage.pass(SECOND);
    }
    stage.set(7, document, "/title", "Written alone");
    stage.is_cut = false;
    for _ in 0..90 {
        stage.pass(SECOND);
    }
    for number in 0..COUNT {
        assert_eq!(stage.content(number, document).unwrap()["title"], "Written alone");
    }
}

/// Joins a newcomer, with all links cut but those it makes itself; it has nothing yet.
fn newcomer(stage: &mut Stage, host: usize, workspace: WorkspaceId) -> usize {
    let invite = stage.invite(host, workspace, 1);
    let newcomer = stage.add();
    stage.is_cut = true;
    stage.command(newcomer, Command::Join { invite }).unwrap();
    newcomer
}

fn count(stage: &Stage, is_meant: impl Fn(&Message) -> bool) -> usize {
    stage.carried.iter().filter(|(_, _, message)| is_meant(message)).count()
}

/// Text that does not shrink: some frames' worth of it in a few documents.
fn noise(n: usize) -> String {
    let hash = |at: usize| codec::hash("noise", &[n.to_be_bytes(), at.to_be_bytes()].concat());
    (0..6_000).map(|at| hash(at)[0].to_string()).collect()
}

fn with_much(stage: &mut Stage, workspace: WorkspaceId) -> Vec<DocumentId> {
    let documents: Vec<_> =
        (0..5).map(|_| stage.create(0, workspace, Audience::default())).collect();
    for round in 0..30 {
        for (at, document) in documents.iter().enumerate() {
            stage.set(0, *document, "/status", &noise(round * 100 + at));
        }
    }
    stage.pass(SECOND);
    documents
}

fn same(stage: &mut Stage, documents: &[DocumentId], a: usize, b: usize) -> bool {
    documents.iter().all(|document| {
        let content = stage.content(a, *document);
        content.is_some() && content == stage.content(b, *document)
    })
}

#[test]
fn who_has_nothing_gets_everything_without_naming_it_and_what_it_may_not_read_is_left_out() {
    let (mut stage, workspace) = Stage::together(2);
    let documents = with_much(&mut stage, workspace);
    let circle = Circle::Named([0, 1].map(|n| stage.nodes[n].identity.card.organization).into());
    let secret = stage.create(
        0,
        workspace,
        Audience { read: circle.clone(), suggest: circle.clone(), write: circle },
    );
    let newcomer = newcomer(&mut stage, 0, workspace);
    stage.carried.clear();
    stage.link(0, newcomer);
    stage.run();
    assert!(same(&mut stage, &documents, 0, newcomer));
    assert_eq!(stage.content(newcomer, secret), None);
    assert!(count(&stage, |message| matches!(message, Message::Given { .. })) > 3);
    assert_eq!(count(&stage, |message| matches!(message, Message::Want { .. })), 0);
    assert_eq!(stage.unsent(0), 0, "it has said that it has everything");
    // Next time, the difference is all there is to talk about.
    stage.unlink(0, newcomer);
    stage.run();
    stage.carried.clear();
    stage.link(0, newcomer);
    stage.run();
    assert_eq!(count(&stage, |message| matches!(message, Message::Give { .. })), 0);
}

#[test]
fn when_the_giver_leaves_another_goes_on_and_when_it_is_silent_the_rest_is_found_by_comparing() {
    let (mut stage, workspace) = Stage::together(3);
    let documents = with_much(&mut stage, workspace);
    let newcomer = newcomer(&mut stage, 0, workspace);
    stage.link(0, newcomer);
    stage.run_until(|message| matches!(message, Message::Given { .. }));
    stage.unlink(0, newcomer);
    stage.run();
    assert!(!same(&mut stage, &documents, 0, newcomer), "it was quicker than this test thinks");
    stage.carried.clear();
    stage.link(1, newcomer);
    stage.run();
    assert!(same(&mut stage, &documents, 0, newcomer));
    assert!(count(&stage, |message| matches!(message, Message::Given { .. })) > 1);

    let other = self::newcomer(&mut stage, 0, workspace);
    stage.link(0, other);
    stage.run_until(|message| matches!(message, Message::Given { .. }));
    // It does not hear what it is asked, so that it goes on no further.
    stage.loses = |message| matches!(message, Message::Give { .. });
    stage.run();
    assert!(!same(&mut stage, &documents, 0, other));
    stage.pass(Duration::from_secs(31));
    stage.run();
    assert!(same(&mut stage, &documents, 0, other));
}

#[test]
fn a_log_longer_than_a_frame_lets_a_newcomer_in() {
    let (mut stage, workspace) = Stage::together(2);
    for round in 0..150 {
        let identifiers =
            (0..8).map(|n| (format!("{n:0>250}"), format!("{round:0>250}"))).collect();
        let profile = Profile { name: None, identifiers, domain: None };
        stage.command(1, Command::Describe { profile }).unwrap();
    }
    let invite = stage.invite(0, workspace, 1);
    let newcomer = stage.add();
    stage.command(newcomer, Command::Join { invite }).unwrap();
    stage.pass(SECOND);
    assert!(stage.nodes[newcomer].engine.reader().workspace(&workspace).is_some());
    assert_eq!(stage.heads(newcomer, workspace), stage.heads(0, workspace));
    assert_eq!(stage.nodes[newcomer].engine.held().gathered_bytes, 0);
}
