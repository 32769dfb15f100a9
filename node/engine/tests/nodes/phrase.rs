//! Invites found by the words that were read out.

use std::time::Duration;

use crdt_schema::identity::{NodeId, WorkspaceId};
use crdt_schema::limits;
use crdt_schema::phrase::{Lookup, Phrase};
use engine::message::Message;
use engine::{Command, CommandId, Done, Input, Refused};

use crate::stage::Stage;

const MALLORY: NodeId = NodeId([7; 32]);

/// A steward with an invite, and somebody who is asked to join.
fn invited() -> (Stage, WorkspaceId, Phrase) {
    let mut stage = Stage::new(2);
    let workspace = stage.found(0);
    stage.invite(0, workspace, 1);
    let phrase = stage.phrase(0, workspace);
    (stage, workspace, phrase)
}

fn found(stage: &Stage, id: CommandId) -> String {
    match stage.answer(id) {
        Some(Ok(Done::Found { invite })) => invite.clone(),
        other => panic!("{other:?}"),
    }
}

fn refused(stage: &Stage, id: CommandId) -> String {
    match stage.answer(id) {
        Some(Err(Refused::Invite(why))) => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_types_the_phrase_finds_the_invite_and_joins_with_it() {
    let (mut stage, workspace, phrase) = invited();
    stage.crash(0);
    let id = stage.look_up(1, &phrase.to_string());
    assert_eq!(stage.answer(id), None, "the answer comes later");
    stage.run();
    let invite = found(&stage, id);
    stage.command(1, Command::Join { invite }).unwrap();
    stage.pass(Duration::from_secs(1));
    assert!(stage.nodes[1].engine.reader().workspace(&workspace).is_some());
}

#[test]
fn an_invite_that_cannot_be_used_looks_like_one_that_never_was() {
    let ends: [fn(&mut Stage, WorkspaceId); 3] = [
        |stage, _| stage.pass(Duration::from_secs(15 * 24 * 60 * 60)),
        |stage, workspace| {
            let invite = stage.nodes[0].engine.reader().invites(&workspace)[0].id;
            stage.command(0, Command::RevokeInvite { workspace, invite }).unwrap();
        },
        |stage, workspace| {
            let invite = stage.nodes[0].engine.reader().invites(&workspace)[0].text.clone();
            let other = stage.add();
            stage.command(other, Command::Join { invite }).unwrap();
            stage.pass(Duration::from_secs(1));
        },
    ];
    for end in ends {
        let (mut stage, workspace, phrase) = invited();
        end(&mut stage, workspace);
        stage.input(0, Input::PeerUp(MALLORY));
        for lookup in [phrase.secret.lookup(), Lookup([9; 32])] {
            let heard = stage.hear(0, MALLORY, &Message::Lookup(lookup));
            assert_eq!(heard, [Message::Sealed { lookup, invite: None }]);
        }
        let id = stage.look_up(1, &phrase.to_string());
        stage.run();
        assert!(refused(&stage, id).contains("has no invite for these words"));
    }
}

/// Lets node 1 look up a phrase and find Mallory there; returns what Mallory hears.
fn caught(stage: &mut Stage, phrase: &Phrase) -> (CommandId, Message) {
    stage.is_cut = true;
    let id = stage.look_up(1, &phrase.to_string());
    stage.handle(1, Input::Found(phrase.place.address(), MALLORY));
    stage.handle(1, Input::PeerUp(MALLORY));
    let said = stage.unsaid(1);
    assert_eq!(said, [(MALLORY, Message::Lookup(phrase.secret.lookup()))]);
    (id, said.into_iter().next().unwrap().1)
}

#[test]
fn somebody_in_the_middle_can_neither_read_the_invite_nor_put_another_in_its_place() {
    // What they hear from the inviting node they pass on.
    let (mut stage, workspace, phrase) = invited();
    let (id, question) = caught(&mut stage, &phrase);
    stage.input(0, Input::PeerUp(MALLORY));
    let answer = stage.hear(0, MALLORY, &question).pop().unwrap();
    let Message::Sealed { invite: Some(sealed), .. } = &answer else { panic!("{answer:?}") };
    let text = stage.nodes[0].engine.reader().invites(&workspace)[0].text.clone();
    for name in ["Organisation 0", "Northmere"] {
        assert!(!sealed.windows(name.len()).any(|part| part == name.as_bytes()), "{text}");
    }
    stage.hear(1, MALLORY, &answer);
    assert!(refused(&stage, id).contains("was not believed"));

    // They answer with an invite of their own, sealed with what they heard.
    let (mut stage, _, phrase) = invited();
    let mallory = stage.add();
    let theirs = stage.found(mallory);
    stage.invite(mallory, theirs, 1);
    let own = stage.phrase(mallory, theirs);
    let (id, question) = caught(&mut stage, &phrase);
    let Message::Lookup(lookup) = question else { panic!("{question:?}") };
    stage.input(mallory, Input::PeerUp(stage.id(1)));
    let from = stage.id(1);
    let answer = stage.hear(mallory, from, &Message::Lookup(own.secret.lookup())).pop().unwrap();
    let Message::Sealed { invite, .. } = answer else { panic!("{answer:?}") };
    assert!(invite.is_some());
    stage.hear(1, MALLORY, &Message::Sealed { lookup, invite });
    assert!(refused(&stage, id).contains("was not believed"));
}

#[test]
fn an_answer_that_nobody_asked_for_is_passed_over() {
    let (mut stage, _, phrase) = invited();
    let (id, _) = caught(&mut stage, &phrase);
    stage.handle(1, Input::PeerUp(NodeId([8; 32])));
    let lookup = phrase.secret.lookup();
    for (from, lookup) in [(NodeId([8; 32]), lookup), (MALLORY, Lookup([9; 32]))] {
        stage.hear(1, from, &Message::Sealed { lookup, invite: None });
    }
    assert_eq!(stage.answer(id), None);
    stage.pass(Duration::from_secs(21));
    assert!(refused(&stage, id).contains("No Fingerpost answered at 10.0.0.0"));
}

#[test]
fn who_guesses_is_hung_up_on_and_learns_nothing() {
    let (mut stage, workspace, phrase) = invited();
    for round in 0..50_u8 {
        stage.input(0, Input::PeerUp(MALLORY));
        for guess in 0..2 * limits::LOOKUPS {
            let lookup = Lookup([round.wrapping_add(guess as u8); 32]);
            let heard = stage.hear(0, MALLORY, &Message::Lookup(lookup));
            let expected = Message::Sealed { lookup, invite: None };
            assert_eq!(heard, if guess < limits::LOOKUPS { vec![expected] } else { Vec::new() });
        }
        stage.input(0, Input::PeerDown(MALLORY));
    }
    let id = stage.look_up(1, &phrase.to_string());
    stage.run();
    let invite = found(&stage, id);
    stage.command(1, Command::Join { invite }).unwrap();
    stage.pass(Duration::from_secs(1));
    assert!(stage.nodes[1].engine.reader().workspace(&workspace).is_some());
}

#[test]
fn a_phrase_that_leads_nowhere_or_is_none_is_answered() {
    let (mut stage, _, phrase) = invited();
    stage.is_cut = true;
    let id = stage.look_up(1, &phrase.to_string());
    stage.run();
    assert!(refused(&stage, id).contains("No Fingerpost answered"));
    let id = stage.look_up(1, "abandon ability able abuot");
    assert!(refused(&stage, id).contains("\"about\""));
    stage.is_cut = false;
    for _ in 0..8 {
        stage.look_up(1, &phrase.to_string());
    }
    let id = stage.look_up(1, &phrase.to_string());
    assert!(refused(&stage, id).contains("Try again"));
}
