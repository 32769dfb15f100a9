//! Frames that are wrong somewhere, or everywhere.

use crdt_schema::audience::Audience;
use crdt_schema::codec;
use crdt_schema::envelope::Envelope;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, NodeId, Sector, Timestamp, WorkspaceId};
use crdt_schema::invite::Invite;
use crdt_schema::key::{NodeKey, RootKey};
use crdt_schema::limits;
use crdt_schema::membership::{Act, Entry, Said};
use engine::Input;
use engine::message::{AddressRecord, Cursor, Message, PlaceOnWire, Reason, pack_anew};

use crate::cbor::{Item, mutant};
use crate::dice::Dice;
use crate::orphans::orphan;
use crate::stage::{Stage, person};

/// Frames that are tried in each run.
const MUTANTS: u64 = 20_000;

#[test]
fn frames_that_nest_without_end_are_no_messages() {
    for byte in [0x81, 0x82, 0x9f, 0xa1, 0xbf, 0xc1, 0xd8, 0x5f, 0x7f, 0xff, 0x00] {
        for length in [1, 2, 1_000, limits::FRAME_BYTES] {
            assert!(Message::from_frame(&vec![byte; length]).is_err(), "{byte:#x} times {length}");
            // As the last field of a message.
            let mut frame = Message::Unknown { workspace: WorkspaceId([1; 32]) }.to_frame();
            frame.truncate(2);
            frame.extend(vec![byte; length.min(limits::FRAME_BYTES - 2)]);
            assert!(Message::from_frame(&frame).is_err(), "{byte:#x} times {length}");
        }
    }
}

#[test]
fn an_act_of_tomorrow_may_nest_as_deep_as_it_likes() {
    let (mut stage, workspace) = Stage::together(2);
    let key = stage.nodes[1].identity.key.clone();
    let parents = stage.heads(0, workspace);
    let mut entry = Entry::new(&key, Some(workspace), parents, stage.now, Act::Leave(Vec::new()));
    let mut fields = vec![0x81; limits::ENTRY_BYTES - 1_000];
    fields.push(0xf6);
    entry.act = Said::Unknown { kind: 1_000, fields };
    let signed = (&entry.workspace, &entry.parents, &entry.node, &entry.time, &entry.act);
    entry.signature = key.sign("fingerpost/entry/v1", &codec::encode(&signed));
    assert!(entry.is_true());
    let from = stage.id(1);
    let entries = vec![entry.to_bytes().into()];
    stage.hear(0, from, &Message::Entries { workspace, entries });
    assert_eq!(stage.heads(0, workspace), [entry.id()], "it grants nothing and is passed on");
    stage.crash(0);
    assert!(stage.nodes[0].engine.reader().workspace(&workspace).is_some());
}

/// Sends a step of a reconciliation that nobody honest takes.
fn reconcile(stage: &mut Stage, workspace: WorkspaceId, from: usize, to: usize, frame: Vec<u8>) {
    let sender = stage.id(from);
    // Whoever was hung up on comes back.
    stage.input(to, Input::PeerUp(sender));
    let heads = stage.heads(to, workspace);
    stage.hear(to, sender, &Message::Membership { workspace, heads });
    let first = stage.id(from) < stage.id(to);
    stage.hear(to, sender, &Message::Reconcile { workspace, first, frame: frame.into(), round: 1 });
}

#[test]
fn a_few_bytes_of_a_reconciliation_ask_for_nothing() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/status", "one");
    stage.set(1, document, "/status", "two");
    let mut dice = Dice::new(0x6e65, 0);
    let mut frames: Vec<Vec<u8>> = (0..=255).map(|byte| vec![0x61, byte]).collect();
    frames.extend((0..=255).map(|byte| vec![byte]));
    // Numbers of ids and lengths of bounds that are far higher than what follows.
    for mode in 0..4 {
        for spelled in [vec![0xff, 0x7f], vec![0x8f, 0xff, 0xff, 0x7f], vec![0xff; 10]] {
            frames.push([&[0x61, 0, 0, mode], &spelled[..]].concat());
            frames.push([&[0x61, 0], &spelled[..], &[mode]].concat());
            frames.push([&[0x61], &spelled[..], &[0, mode]].concat());
        }
    }
    frames.extend((0..1_500).map(|_| {
        let tail = (0..dice.roll(60)).map(|_| if dice.roll(3) == 0 { 0 } else { dice.byte() });
        std::iter::once(0x61).chain(tail).collect()
    }));
    for (from, to) in [(0, 1), (1, 0)] {
        for frame in &frames {
            reconcile(&mut stage, workspace, from, to, frame.clone());
        }
        let held = stage.nodes[to].engine.held();
        assert!(held.wanted < 1_000_000, "{held:?}");
    }
    stage.set(0, document, "/title", "Still here");
    stage.pass(std::time::Duration::from_secs(120));
    assert_eq!(stage.content(0, document), stage.content(1, document));
    assert_eq!(stage.content(1, document).unwrap()["title"], "Still here");
}

/// One of every message, as a member would send it.
fn specimens(stage: &mut Stage, workspace: WorkspaceId, document: DocumentId) -> Vec<Message> {
    let (entries, envelopes) = stage.kept(0);
    let invite = Invite::from_text(&stage.invite(0, workspace, 1)).unwrap();
    let lookup = invite.phrase_secret().lookup();
    let root = RootKey::from_seed(&[77; 32]);
    let certificate = root.certify(&NodeKey::from_seed(&[78; 32]), Timestamp(1));
    let card = root.card("Newcomer".parse().unwrap(), Sector::Other);
    let ids: Vec<EnvelopeId> = envelopes.iter().map(|bytes| Envelope::id_of(bytes)).collect();
    let mut envelopes = envelopes;
    envelopes.push(orphan(stage, 1, workspace, 1, 600));
    let pack = pack_anew(&envelopes);
    let member = &stage.nodes[1].identity;
    let record = AddressRecord::new(
        &member.key,
        vec!["/ip4/198.51.100.7/tcp/4891".to_owned()],
        Timestamp(stage.now.0 + 1),
    );
    let place =
        PlaceOnWire { path: "/title".to_owned(), caret: 3, heads: Heads::default().to_string() };
    vec![
        Message::Membership { workspace, heads: stage.heads(0, workspace) },
        Message::Entries { workspace, entries: entries.into_iter().map(Into::into).collect() },
        Message::Unknown { workspace },
        Message::Redeem(invite.redeem(card, certificate)),
        Message::Refused { workspace, reason: Reason::UsedUp },
        Message::Return(member.certificate.clone()),
        Message::Reconcile {
            workspace,
            first: true,
            frame: vec![0x61, 0, 0, 2, 0].into(),
            round: 1,
        },
        Message::Offer { workspace, ids: ids.clone(), mark: Some(1) },
        Message::Want { workspace, ids },
        Message::Wanted { workspace, pack: pack.clone() },
        Message::Lazy { workspace },
        Message::Give { workspace, from: Some(Cursor { document, place: 0 }), frames: 2 },
        Message::Given { workspace, pack: pack.clone(), next: None },
        Message::Again { workspace },
        Message::News { workspace, pack, mark: Some(2) },
        Message::Stored { workspace, mark: 1 },
        Message::Addresses(vec![record]),
        Message::Presence { document, person: person("Tom"), at: Some(place) },
        Message::Lookup(lookup),
        Message::Sealed { lookup, invite: Some(vec![7; 600].into()) },
    ]
}

#[test]
fn messages_altered_anywhere_change_nothing_and_end_no_node() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(1, document, "/status", "one");
    let content = stage.content(0, document);
    let specimens = specimens(&mut stage, workspace, document);
    let (_, envelopes) = stage.kept(0);
    let items: Vec<Item> =
        specimens.iter().map(|message| Item::parse(&message.to_frame())).collect();
    let (member, stranger) = (stage.id(1), NodeId([7; 32]));
    for number in 0..MUTANTS {
        let mut dice = Dice::new(0x6672, number);
        let from = if dice.roll(4) == 0 { stranger } else { member };
        let frame = if dice.roll(8) == 0 {
            // Now and then an honest one, so that altered ones come into every state of the conversation.
            dice.pick(&specimens).to_frame()
        } else {
            mutant(dice.pick(&items), &items, &mut dice)
        };
        stage.input(0, Input::Received(from, frame));
        if number % 2_000 == 0 {
            // What came in must not keep the node from starting again.
            stage.crash(0);
            stage.input(0, Input::PeerUp(member));
            assert_eq!(stage.content(0, document), content, "after {number}");
        }
    }
    let held = stage.nodes[0].engine.held();
    assert!(held.waiting <= limits::PENDING_CHANGES && held.wanted < 10_000, "{held:?}");
    assert_eq!(stage.kept(0).1, envelopes, "an envelope that nobody wrote");
    for bytes in stage.kept(0).0 {
        assert!(Entry::from_bytes(&bytes).is_ok_and(|entry| entry.is_true()));
    }
    stage.set(2, document, "/title", "Still here");
    stage.crash(0);
    stage.pass(std::time::Duration::from_secs(120));
    assert_eq!(stage.content(0, document).unwrap()["title"], "Still here");
}
