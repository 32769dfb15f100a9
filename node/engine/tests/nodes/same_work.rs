//! Asking for what one may not read costs the same work as asking for what never was: how long an answer takes tells nothing.

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::document::Edit;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::suggestion::Verdict;
use engine::message::Message;
use engine::{Command, Conditions, Refused};

use crate::stage::{Stage, person};

/// Everything that a program or a page can ask about one document; what was said, as text.
fn ask_all(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<String> {
    let suggestion = EnvelopeId([3; 32]);
    let mut reader = stage.nodes[at].engine.reader();
    let mut said = vec![
        format!("{:?}", reader.document(&document).map(|_| ())),
        format!("{:?}", reader.open(&document).map(|_| ())),
        format!("{:?}", reader.history(&document).map(|_| ())),
        format!("{:?}", reader.makers(&document).map(|_| ())),
        format!("{:?}", reader.conflicts(&document).map(|_| ())),
        format!("{:?}", reader.access_log(&document).map(|_| ())),
        format!("{:?}", reader.readers_at(&document, None).map(|_| ())),
        format!("{:?}", reader.not_counted(&document).map(|_| ())),
        format!("{:?}", reader.bundle(&document).map(|_| ())),
        format!("{:?}", reader.suggestions(&document).map(|_| ())),
        format!("{:?}", reader.preview(&document, &suggestion).map(|_| ())),
        format!("{:?}", reader.audience_consequences(&document, &Audience::default()).map(|_| ())),
    ];
    let edits = || vec![Edit::Set { path: "/title".parse().unwrap(), value: "x".into() }];
    let (person, note) = (person("Priya"), String::new());
    for command in [
        Command::EditDocument {
            document,
            base: None,
            edits: edits(),
            conditions: Conditions::default(),
            person: person.clone(),
        },
        Command::SetAudience { document, audience: Audience::default(), person: person.clone() },
        Command::Suggest {
            document,
            base: None,
            edits: edits(),
            note: note.clone(),
            person: person.clone(),
        },
        Command::AnswerSuggestion { document, suggestion, verdict: Verdict::Taken, note, person },
    ] {
        said.push(format!("{:?}", stage.command(at, command)));
    }
    said
}

#[test]
fn a_document_that_one_may_no_longer_read_costs_what_an_unknown_one_does() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    assert!(stage.content(1, document).is_some());
    let own = Circle::Named([stage.nodes[0].identity.card.organization].into());
    let audience = Audience::new(own.clone(), own);
    let person = person("Priya");
    stage.command(0, Command::SetAudience { document, audience, person }).unwrap();
    // Nothing of it is in memory any more.
    stage.crash(1);
    let (before, never) = (stage.reads(1), DocumentId([7; 32]));
    let forbidden = ask_all(&mut stage, 1, document);
    let of_forbidden = stage.reads(1) - before;
    let unknown = ask_all(&mut stage, 1, never);
    let of_unknown = stage.reads(1) - before - of_forbidden;
    assert_eq!(forbidden, unknown);
    assert_eq!(forbidden[0], "None");
    assert!(
        forbidden[1..].iter().all(|said| said.contains(&format!("{:?}", Refused::NoSuchDocument)))
    );
    assert_eq!((of_forbidden, of_unknown), (0, 0), "no read of the store");
    // The count is one that counts: what may be read is read.
    stage.crash(0);
    let before = stage.reads(0);
    assert!(stage.content(0, document).is_some() && stage.reads(0) > before);
}

#[test]
fn an_envelope_that_a_peer_may_not_have_costs_what_an_unknown_one_does() {
    let (mut stage, workspace) = Stage::together(3);
    let of = |number: usize| stage.nodes[number].identity.card.organization;
    let named = Circle::Named([of(0), of(1)].into());
    let document = stage.create(0, workspace, Audience::new(named.clone(), named));
    let (_, envelopes) = stage.kept(0);
    let forbidden: Vec<EnvelopeId> = envelopes
        .iter()
        .filter(|bytes| Envelope::from_bytes(bytes).unwrap().header.document == document)
        .map(|bytes| Envelope::id_of(bytes))
        .collect();
    assert_eq!(forbidden.len(), 1);
    let outsider = stage.id(2);
    let before = stage.reads(0);
    let want = |ids: &[EnvelopeId]| Message::Want { workspace, ids: ids.to_vec() };
    let said_of_forbidden = stage.hear(0, outsider, &want(&forbidden));
    let said_of_unknown = stage.hear(0, outsider, &want(&[EnvelopeId([7; 32])]));
    assert_eq!(format!("{said_of_forbidden:?}"), format!("{said_of_unknown:?}"));
    let frames = |said: &[Message]| said.iter().map(Message::to_frame).collect::<Vec<_>>();
    assert_eq!(frames(&said_of_forbidden), frames(&said_of_unknown), "byte for byte");
    assert_eq!(stage.reads(0), before, "no read of the store for either");
    // Who may have it, gets it, from the store.
    let reader = stage.id(1);
    let said = stage.hear(0, reader, &want(&forbidden));
    assert!(
        said.iter()
            .any(|message| matches!(message, Message::Wanted { pack, .. } if pack.len() > 100)),
        "{said:?}"
    );
    assert_eq!(stage.reads(0), before + 1);
}
