//! Several nodes of one organisation: added by a code, in all workspaces, ended from either.

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::identity::{CodeId, NodeId, Timestamp, WorkspaceId};
use crdt_schema::key::{NodeCertificate, NodeKey, RootKey};
use crdt_schema::membership::{Act, Entry};
use crdt_schema::pairing::PairingCode;
use engine::message::{Message, NotPaired};
use engine::{Command, Done, Identity};

use crate::stage::{Stage, identity};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn code(stage: &mut Stage, number: usize) -> PairingCode {
    match stage.command(number, Command::CreateCode { lasts: HOUR }) {
        Ok(Done::Code { text, .. }) => PairingCode::from_text(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What a node answers to whoever shows a code with a node key.
fn show(stage: &mut Stage, number: usize, code: &PairingCode, key: &NodeKey) -> Message {
    let request = Message::Pair(code.request(key, stage.now));
    let mut answers = stage.hear(number, key.id(), &request);
    answers.remove(0)
}

fn new_key(seed: u8) -> NodeKey {
    NodeKey::from_seed(&[seed; 32])
}

/// Adds another node of a node's organisation, as a person does who carries a code; returns its number.
fn pair(stage: &mut Stage, number: usize, seed: u8) -> usize {
    let (code, key) = (code(stage, number), new_key(seed));
    let Message::Paired { card, certificate } = show(stage, number, &code, &key) else {
        panic!("no answer");
    };
    assert!(card.is_true() && certificate.is_true());
    assert_eq!((certificate.organization, certificate.node), (card.organization, key.id()));
    let new = stage.add_as(Identity { card, certificate, key });
    let contacts = vec![code.contact];
    stage.command(new, Command::Return { contacts }).unwrap();
    stage.pass(Duration::from_secs(1));
    stage.pass(Duration::from_secs(60));
    new
}

fn is_in(stage: &mut Stage, number: usize, workspace: &WorkspaceId) -> bool {
    stage.nodes[number].engine.reader().workspaces().iter().any(|it| it.id == *workspace)
}

fn computers(stage: &mut Stage, number: usize) -> Vec<(NodeId, bool)> {
    let computers = stage.nodes[number].engine.reader().computers();
    computers.iter().map(|it| (it.id, it.has_ended)).collect()
}

#[test]
fn a_second_computer_is_added_and_both_write() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let second = pair(&mut stage, 0, 77);
    assert!(is_in(&mut stage, second, &workspace));
    stage.set(second, document, "/title", "From the second");
    for number in [0, 1] {
        assert_eq!(stage.content(number, document).unwrap()["title"], "From the second");
    }
    stage.set(1, document, "/title", "From another");
    assert_eq!(stage.content(second, document).unwrap()["title"], "From another");
    // The second also while the first is away.
    stage.crash(0);
    stage.is_cut = true;
    stage.link(1, second);
    stage.run();
    stage.set(second, document, "/title", "Without the first");
    assert_eq!(stage.content(1, document).unwrap()["title"], "Without the first");
    let said = stage.nodes[1].engine.reader().membership_history(&workspace);
    assert!(said.iter().any(|it| it.said
        == "Added a computer of Organisation 0, for which another of its computers vouches."));
}

#[test]
fn whichever_computer_joins_or_starts_a_workspace_the_other_is_in_it_too() {
    let mut stage = Stage::new(2);
    let second = pair(&mut stage, 0, 77);
    let started = stage.found(second);
    assert!(is_in(&mut stage, 0, &started), "started at the second");
    let elsewhere = stage.found(1);
    let other = stage.found(1);
    for (number, sees, workspace) in [(0, second, elsewhere), (second, 0, other)] {
        let invite = stage.invite(1, workspace, 1);
        stage.command(number, Command::Join { invite }).unwrap();
        stage.pass(Duration::from_secs(60));
        assert!(is_in(&mut stage, sees, &workspace), "joined at {number}");
    }
    // Apart, then together again.
    stage.unlink(0, second);
    stage.is_cut = true;
    stage.run();
    let apart = stage.found(0);
    assert!(!is_in(&mut stage, second, &apart));
    stage.is_cut = false;
    stage.pass(Duration::from_secs(120));
    assert!(is_in(&mut stage, second, &apart));
    // What they know of each other outlives a crash.
    stage.crash(0);
    stage.crash(second);
    let later = stage.found(0);
    stage.pass(Duration::from_secs(120));
    assert!(is_in(&mut stage, second, &later));
}

#[test]
fn a_computer_is_ended_from_either_and_comes_into_no_workspace_again() {
    let (mut stage, workspace) = Stage::together(2);
    let second = pair(&mut stage, 0, 77);
    let third = pair(&mut stage, second, 78);
    assert_eq!(computers(&mut stage, 0).len(), 3);
    let (first, ended) = (stage.id(0), stage.id(second));
    stage.command(third, Command::RevokeNode { node: ended, word: None }).unwrap();
    stage.pass(Duration::from_secs(60));
    for number in [0, third] {
        let listed = computers(&mut stage, number);
        assert!(listed.contains(&(ended, true)) && listed.contains(&(first, false)));
    }
    // What it vouched for is not ended with it.
    let document = stage.create(third, workspace, Audience::default());
    assert!(stage.content(1, document).is_some());
    let again = stage.found(0);
    stage.pass(Duration::from_secs(60));
    assert!(is_in(&mut stage, third, &again));
    assert!(!is_in(&mut stage, second, &again));
    assert!(stage.command(second, Command::CreateCode { lasts: HOUR }).is_err());
}

#[test]
fn a_code_works_once_in_its_time_and_until_it_is_withdrawn() {
    let mut stage = Stage::new(2);
    let used = code(&mut stage, 0);
    let key = new_key(77);
    let first = show(&mut stage, 0, &used, &key);
    assert!(matches!(first, Message::Paired { .. }));
    // The answer may have been lost: the same computer may ask again, also of a node that was restarted.
    stage.crash(0);
    assert_eq!(show(&mut stage, 0, &used, &key), first);
    assert_eq!(show(&mut stage, 0, &used, &new_key(78)), Message::NotPaired(NotPaired::Used));

    let withdrawn = code(&mut stage, 0);
    stage.command(0, Command::RevokeCode { code: withdrawn.id() }).unwrap();
    let refused = Message::NotPaired(NotPaired::NotValid);
    assert_eq!(show(&mut stage, 0, &withdrawn, &new_key(78)), refused);
    let elsewhere = code(&mut stage, 0);
    assert_eq!(show(&mut stage, 1, &elsewhere, &new_key(78)), refused, "another's node");

    let late = code(&mut stage, 0);
    stage.now = Timestamp(stage.now.0 + 3_600_001);
    let over = Message::NotPaired(NotPaired::Expired);
    assert_eq!(show(&mut stage, 0, &late, &new_key(78)), over);
    assert!(stage.command(0, Command::RevokeCode { code: CodeId([1; 32]) }).is_err());
}

#[test]
fn who_does_not_hold_the_code_gets_nothing_with_it() {
    let mut stage = Stage::new(1);
    let code = code(&mut stage, 0);
    let (new, thief) = (new_key(77), new_key(78));
    let heard = code.request(&new, stage.now);
    let refused = [Message::NotPaired(NotPaired::NotValid)];
    // Somebody repeats what the new computer said, puts another node in, or guesses a code.
    let repeated = stage.hear(0, thief.id(), &Message::Pair(heard.clone()));
    assert_eq!(repeated, refused);
    let mut altered = heard;
    altered.consent = thief.consent(code.organization, stage.now);
    assert_eq!(stage.hear(0, thief.id(), &Message::Pair(altered)), refused);
    let mut elsewhere = code.clone();
    elsewhere.contact.node = thief.id();
    let guessed = PairingCode::new(
        (code.organization, code.name.clone()),
        code.contact.clone(),
        code.expires,
        [9; 32],
    );
    for code in [elsewhere, guessed] {
        let request = code.request(&thief, stage.now);
        assert_eq!(stage.hear(0, thief.id(), &Message::Pair(request)), refused);
    }
    // None of it has used the code up.
    assert!(matches!(show(&mut stage, 0, &code, &new), Message::Paired { .. }));
}

#[test]
fn no_member_adds_a_computer_to_another_organization() {
    let (mut stage, workspace) = Stage::together(2);
    let (victim, hostile) = (identity(0), stage.nodes[1].identity.clone());
    let key = new_key(77);
    let consent = key.consent(victim.card.organization, Timestamp(2));
    // On its own word, on a word that it claims is the victim's, and with a root key that is not the victim's.
    let own = hostile.certificate.vouch(&hostile.key, &consent);
    let claimed = victim.certificate.vouch(&hostile.key, &consent);
    let mut foreign = RootKey::from_seed(&[99; 32]).certify(&key, Timestamp(2));
    foreign.organization = victim.card.organization;
    let heads = stage.heads(0, workspace);
    for certificate in [own, claimed, foreign] {
        let act = Act::Certify(certificate);
        let entry =
            Entry::new(&hostile.key, Some(workspace), heads.clone(), Timestamp(3), act).to_bytes();
        let said = Message::Entries { workspace, entries: vec![entry.into()] };
        let from = stage.id(1);
        stage.hear(0, from, &said);
        assert_eq!(stage.heads(0, workspace), heads);
    }
}

#[test]
fn a_certificate_on_the_word_of_an_ended_computer_opens_nothing() {
    let (mut stage, workspace) = Stage::together(2);
    let second = pair(&mut stage, 0, 77);
    let thief = new_key(79);
    let Identity { certificate, key, card } = stage.nodes[second].identity.clone();
    let ended = stage.id(second);
    stage.command(0, Command::RevokeNode { node: ended, word: None }).unwrap();
    let stale: NodeCertificate =
        certificate.vouch(&key, &thief.consent(card.organization, stage.now));
    let before = stage.heads(1, workspace);
    let answers = stage.hear(1, thief.id(), &Message::Return(stale));
    assert_eq!((answers, stage.heads(1, workspace)), (vec![], before));
}
