//! Conversations that begin, end and begin again as membership changes.

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::identity::Timestamp;
use crdt_schema::key::{NodeKey, RootKey};
use crdt_schema::membership::{Act, Entry};
use engine::Command;
use engine::message::Message;
use engine::view::Standing;

use crate::stage::Stage;

#[test]
fn two_meet_while_one_of_them_learns_of_a_new_member() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.is_cut = true;
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        stage.unlink(a, b);
    }
    stage.run();
    // Node 0 lets somebody in that nodes 1 and 2 have not heard of.
    let invite = stage.invite(0, workspace, 1);
    let newcomer = stage.add();
    stage.command(newcomer, Command::Join { invite }).unwrap();
    stage.link(0, newcomer);
    stage.run();
    stage.set(0, document, "/title", "Written with the newcomer");
    // Node 1 hears of it from node 0 at the very moment at which node 2 greets node 1.
    stage.link(1, 2);
    stage.link(0, 1);
    stage.run();
    assert_eq!(stage.content(2, document).unwrap()["title"], "Written with the newcomer");
}

#[test]
fn who_waits_again_after_one_invite_was_used_twice_is_served_once_approved() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let invite = stage.invite(0, workspace, 1);
    stage.is_cut = true;
    stage.unlink(0, 1);
    stage.run();
    let (one, other) = (stage.add(), stage.add());
    for (guest, host) in [(one, 0), (other, 1)] {
        stage.command(guest, Command::Join { invite: invite.clone() }).unwrap();
        stage.link(guest, host);
        stage.run();
        assert!(
            stage.nodes[guest].engine.reader().workspace(&workspace).is_some(),
            "let in on its side"
        );
    }
    stage.link(0, 1);
    stage.run();
    let waiting = |stage: &mut Stage| {
        let members = stage.nodes[1].engine.reader().members(&workspace);
        members.iter().filter(|member| member.standing == Standing::Waiting).count()
    };
    assert_eq!(waiting(&mut stage), 2);

    let organization = stage.nodes[one].identity.card.organization;
    stage.command(0, Command::Approve { workspace, organization }).unwrap();
    assert_eq!(waiting(&mut stage), 1);
    stage.set(0, document, "/title", "After the approval");
    assert_eq!(stage.content(one, document).unwrap()["title"], "After the approval");
    assert_eq!(stage.content(other, document), None, "it still waits");
}

#[test]
fn a_new_connection_in_place_of_one_that_ended_unnoticed_begins_anew() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    stage.crash(1);
    // Node 0 has not noticed: it hears that node 1 is up before it hears that it was down.
    stage.forget_downs(0);
    stage.pass(Duration::from_secs(60));
    stage.set(0, document, "/title", "Heard");
    assert_eq!(stage.content(1, document).unwrap()["title"], "Heard");
}

#[test]
fn equal_membership_is_not_repeated() {
    let (mut stage, _) = Stage::together(2);
    let before = stage.carried.len();
    stage.link(0, 1);
    stage.unlink(0, 1);
    stage.run();
    stage.link(0, 1);
    stage.run();
    let said = stage
        .carried
        .iter()
        .skip(before)
        .filter(|(_, _, message)| matches!(message, Message::Entries { .. }));
    assert_eq!(said.count(), 0);
}

#[test]
fn a_member_that_splits_the_log_into_many_ends_stops_nobody() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let hostile = &stage.nodes[2].identity;
    let root = RootKey::from_seed(&[3; 32]);
    let heads = stage.heads(0, workspace);
    let entries: Vec<Vec<u8>> = (0..200_u8)
        .map(|number| {
            let mut seed = [0; 32];
            (seed[0], seed[1]) = (number, 1);
            let certificate = root.certify(&NodeKey::from_seed(&seed), Timestamp(1));
            let act = Act::Certify(certificate);
            Entry::new(&hostile.key, Some(workspace), heads.clone(), Timestamp(2), act).to_bytes()
        })
        .collect();
    let from = stage.id(2);
    for number in [0, 1] {
        let entries = entries.iter().map(|bytes| bytes.clone().into()).collect();
        stage.hear(number, from, &Message::Entries { workspace, entries });
    }
    assert_eq!(stage.heads(0, workspace).len(), 200);
    stage.set(0, document, "/title", "Written nevertheless");
    assert_eq!(stage.content(1, document).unwrap()["title"], "Written nevertheless");
    let invite = stage.invite(0, workspace, 1);
    let newcomer = stage.add();
    stage.command(newcomer, Command::Join { invite }).unwrap();
    stage.pass(Duration::from_secs(60));
    assert_eq!(stage.content(newcomer, document).unwrap()["title"], "Written nevertheless");
}
