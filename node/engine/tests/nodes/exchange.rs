//! What is exchanged, and what each side may believe of the other.

use crdt_schema::audience::Audience;
use crdt_schema::document::Edit;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::EnvelopeId;
use engine::message::{Message, pack_anew};
use engine::{Command, CommandId, Conditions, Input};

use crate::stage::{Stage, person};

#[test]
fn edits_that_cross_on_their_way_leave_nothing_unsent() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    for number in [0, 1] {
        for word in ["one", "two"] {
            let edits = vec![Edit::Set {
                path: "/status".parse().unwrap(),
                value: format!("{word} {number}").into(),
            }];
            let command = Command::EditDocument {
                document,
                base: None,
                edits,
                conditions: Conditions::default(),
                person: person("Tom"),
            };
            stage.handle(number, Input::Command(CommandId(900), command));
        }
    }
    // Both have decided before either hears of the other.
    stage.commit(0);
    stage.commit(1);
    stage.run();
    assert_eq!(stage.content(0, document), stage.content(1, document));
    assert_eq!((stage.unsent(0), stage.unsent(1)), (0, 0));
}

#[test]
fn what_was_offered_and_not_given_is_not_acknowledged() {
    let (mut stage, workspace) = Stage::together(2);
    let from = stage.id(1);
    let offer = Message::Offer { workspace, ids: vec![EnvelopeId([5; 32])], mark: Some(77) };
    let heard = stage.hear(0, from, &offer);
    assert_eq!(heard, [Message::Want { workspace, ids: vec![EnvelopeId([5; 32])] }]);
    let heard =
        stage.hear(0, from, &Message::Wanted { workspace, pack: pack_anew::<Vec<u8>>(&[]) });
    assert_eq!(heard, []);
}

#[test]
fn what_waits_and_was_sent_by_two_survives_the_leaving_of_one() {
    let (mut stage, workspace) = Stage::together(4);
    // Node 3 hears of the second edit from two others, of the first from nobody.
    for other in 0..3 {
        stage.unlink(3, other);
    }
    stage.is_cut = true;
    stage.run();
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/title", "Second");
    stage.is_cut = false;
    let envelopes = stage.kept(0).1;
    let [first, second] = envelopes.as_slice() else { panic!("{}", envelopes.len()) };
    for sender in [0, 1] {
        stage.link(3, sender);
    }
    stage.run_only(3);
    let news = |bytes: &[u8]| Message::News { workspace, pack: pack_anew(&[bytes]), mark: Some(1) };
    let (one, other) = (stage.id(0), stage.id(1));
    for sender in [one, other] {
        stage.hear(3, sender, &Message::Membership { workspace, heads: vec![workspace.into()] });
        let heard = stage.hear(3, sender, &news(second));
        assert!(
            !heard.iter().any(|message| matches!(message, Message::Stored { .. })),
            "{heard:?}"
        );
    }
    stage.input(3, Input::PeerDown(one));
    let heard = stage.hear(3, other, &news(first));
    assert_eq!(stage.kept(3).1.len(), 2, "the second edit is lost");
    assert!(heard.iter().any(|message| matches!(message, Message::Stored { .. })), "{heard:?}");
    assert!(Envelope::from_bytes(second).is_ok());
}

#[test]
fn more_orphans_than_there_is_room_for_are_asked_for_again_and_not_acknowledged_before() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create_with(
        0,
        workspace,
        Audience::default(),
        serde_json::json!({"document_type": "referral_pathway", "title": "Short"}),
    );
    stage.is_cut = true;
    stage.unlink(0, 1);
    stage.run();
    for count in 0..1_200 {
        stage.set(0, document, "/status", &format!("{count}"));
    }
    let envelopes = stage.kept(0).1;
    let sender = stage.id(0);
    stage.input(1, Input::PeerUp(sender));
    stage.hear(1, sender, &Message::Membership { workspace, heads: vec![workspace.into()] });
    // All but the next one: each builds on one that is not here.
    for some in envelopes[2..].chunks(100) {
        let heard = stage.hear(
            1,
            sender,
            &Message::News { workspace, pack: pack_anew(some), mark: Some(5) },
        );
        assert!(!heard.iter().any(|message| matches!(message, Message::Stored { .. })));
    }
    let missing = Message::News { workspace, pack: pack_anew(&envelopes[1..2]), mark: Some(6) };
    let mut heard = stage.hear(1, sender, &missing);
    for _ in 0..10 {
        let Some(Message::Want { ids, .. }) =
            heard.iter().find(|message| matches!(message, Message::Want { .. }))
        else {
            break;
        };
        let wanted = envelopes.iter().filter(|bytes| ids.contains(&Envelope::id_of(bytes)));
        let pack = pack_anew(&wanted.collect::<Vec<_>>());
        heard = stage.hear(1, sender, &Message::Wanted { workspace, pack });
    }
    assert_eq!(heard, [Message::Stored { workspace, mark: 6 }]);
    assert_eq!(stage.kept(1).1.len(), envelopes.len());
}
