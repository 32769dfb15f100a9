//! The test vectors of `docs/protocol.md`: fixed keys in, fixed bytes out. A change here is a change of the protocol.

#![expect(clippy::unwrap_used, reason = "fixed inputs of a test")]
// The list of vectors is one long `json!`.
#![recursion_limit = "256"]

use crdt_schema::access::AccessAct;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::codec;
use crdt_schema::comment::{About, Comment, Place, Stance};
use crdt_schema::copied::{Copied, Named, Origin, Original};
use crdt_schema::document::Edit;
use crdt_schema::envelope::{self, Content, Envelope, Genesis, Header, VERSION};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{ChangeId, Kind, PersonId, Role, Sector, SessionId, Timestamp};
use crdt_schema::invite::{Contact, Invite, Terms};
use crdt_schema::key::{NodeKey, Person, RootKey};
use crdt_schema::membership::{Act, Change, Entry, Rules};
use crdt_schema::sign_off::{self, SignOff, Withdrawal};
use crdt_schema::suggestion::{Answer, Suggestion, Verdict};
use crdt_schema::version_name::VersionName;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../docs/protocol/vectors.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(clippy::too_many_lines, reason = "one list, in the order of the page")]
fn vectors() -> Value {
    let (root, node) = (RootKey::from_seed(&[1; 32]), NodeKey::from_seed(&[2; 32]));
    let card = root.card("Northmere Borough Council".parse().unwrap(), Sector::Council);
    let certificate = root.certify(&node, Timestamp(1_700_000_000_000));
    let found = Act::Found {
        name: "Northmere".parse().unwrap(),
        nonce: [3; 16],
        card: card.clone(),
        certificate: certificate.clone(),
        rules: Rules::default(),
    };
    let founding = Entry::new(&node, None, vec![], Timestamp(1_700_000_000_001), found);
    let workspace = founding.id().into();

    let terms = Terms {
        role: Role::Editor,
        uses: 1,
        created: Timestamp(1_700_000_000_002),
        expires: Timestamp(1_701_000_000_000),
        approval: false,
        only_for: None,
    };
    let contact =
        Contact { node: node.id(), addresses: vec!["/ip4/198.51.100.7/tcp/4891".to_owned()] };
    let named = (workspace, "Northmere".parse().unwrap());
    let invite = Invite::new(&node, &card, named, terms, [4; 32], vec![contact]);
    let (guest_root, guest) = (RootKey::from_seed(&[5; 32]), NodeKey::from_seed(&[6; 32]));
    let guest_card = guest_root.card("Harbour Lane Advice Centre".parse().unwrap(), Sector::Vcs);
    let redemption =
        invite.redeem(guest_card, guest_root.certify(&guest, Timestamp(1_700_000_000_003)));
    let admission = Act::Admit(redemption);
    let admit = Entry::new(
        &node,
        Some(workspace),
        vec![founding.id()],
        Timestamp(1_700_000_000_004),
        admission,
    );

    let change = Change::Role { organization: guest_root.id(), role: Role::Reader };
    let propose = Entry::new(
        &node,
        Some(workspace),
        vec![admit.id()],
        Timestamp(1_700_000_000_007),
        Act::Propose(change),
    );

    let session = SessionId([8; 16]);
    let genesis = Genesis {
        workspace,
        kind: Kind::ReferralPathway,
        audience: Audience::default(),
        owner: card.organization,
        created: Timestamp(1_700_000_000_005),
        nonce: [7; 16],
        node: node.id(),
        session,
        origin: None,
    };
    let header = |seq, previous, time| Header {
        version: VERSION,
        workspace,
        document: genesis.id(),
        organization: card.organization,
        node: node.id(),
        person: Person { id: PersonId([9; 16]), name: "Priya Shah".parse().unwrap() },
        session,
        seq,
        previous,
        membership: vec![admit.id()],
        access: vec![],
        time: Timestamp(time),
        content: [0; 32],
        resumes: vec![],
    };
    // Stands for a change; the gate would refuse it, the form of the envelope is what is shown.
    let changes = Content::Changes(vec![vec![0x85, 0x6f, 0x4a, 0x83].into()]);
    let sealed =
        Envelope::seal(&node, header(1, None, 1_700_000_000_006), Some(genesis.clone()), changes);
    let narrower = Audience {
        read: Circle::Named([card.organization].into()),
        suggest: Circle::Named([card.organization].into()),
        write: Circle::Named([card.organization].into()),
    };
    let step =
        AccessAct::Set { audience: narrower, fence: vec![ChangeId([10; 32])], signed: vec![] };
    let first = Envelope::id_of(&sealed.to_bytes());
    let step = Envelope::seal(
        &node,
        header(2, Some(first), 1_700_000_000_008),
        None,
        Content::Access(step),
    );
    let edit = Edit::Set { path: "/title".parse().unwrap(), value: json!("Cash first") };
    let base: Heads = vec![automerge::ChangeHash([10; 32])].into();
    let suggestion = Suggestion::new(&base, &[edit], "Clearer".to_owned()).unwrap();
    let suggestion = Envelope::seal(
        &node,
        header(2, Some(first), 1_700_000_000_009),
        None,
        Content::Suggestion(suggestion),
    );
    let suggested = Envelope::id_of(&suggestion.to_bytes());
    let answer = Answer {
        suggestion: suggested,
        verdict: Verdict::Declined,
        note: "Not yet".to_owned(),
        changes: vec![],
    };
    let answer = Envelope::seal(
        &node,
        header(3, Some(suggested), 1_700_000_000_010),
        None,
        Content::Answer(answer),
    );
    let content = json!({
        "document_type": "note", "title": "Café hours", "body": {"open": true, "seats": 24, "rate": 1.5, "by": null},
    });
    let sign_off = SignOff {
        version: vec![ChangeId([10; 32])],
        text: sign_off::text_of(&content),
        signatory: "Ruth Okafor".parse().unwrap(),
        title: "Director".parse().unwrap(),
    };
    let signed = Envelope::seal(
        &node,
        header(2, Some(first), 1_700_000_000_011),
        None,
        Content::SignOff(sign_off),
    );
    let signature = Envelope::id_of(&signed.to_bytes());
    let withdrawal = Withdrawal { of: signature, reason: "We left".to_owned() };
    let withdrawn = Envelope::seal(
        &node,
        header(3, Some(signature), 1_700_000_000_012),
        None,
        Content::Withdrawal(withdrawal),
    );
    let named = VersionName::new(&base, "As agreed in March".parse().unwrap());
    let named = Envelope::seal(
        &node,
        header(2, Some(first), 1_700_000_000_013),
        None,
        Content::VersionName(named),
    );
    let place = Place::new(&base, &"/title".parse().unwrap(), &json!("Café hours"));
    let (about, text) = (About::Place(place), "Who would look for this?".to_owned());
    let comment = Comment { about, stance: Stance::Objects, text };
    let comment = Envelope::seal(
        &node,
        header(2, Some(first), 1_700_000_000_015),
        None,
        Content::Comment(comment),
    );
    let commented = Envelope::id_of(&comment.to_bytes());
    let (about, text) = (About::Comment(commented), String::new());
    let reply = Comment { about, stance: Stance::Settles, text };
    let reply = Envelope::seal(
        &node,
        header(3, Some(commented), 1_700_000_000_016),
        None,
        Content::Comment(reply),
    );
    let origin = Origin {
        workspace,
        workspace_name: "Northmere".parse().unwrap(),
        document: genesis.id(),
        owner: card.organization,
        owner_name: card.name.clone(),
        version: vec![ChangeId([10; 32])],
    };
    let copy = Genesis {
        nonce: [11; 16],
        created: Timestamp(1_700_000_000_014),
        origin: Some(origin),
        ..genesis.clone()
    };
    let names = vec![Named { organization: card.organization, name: card.name.clone() }];
    let copied = Copied { names, envelopes: Original::of(sealed.clone()) };
    let mut in_copy = header(1, None, 1_700_000_000_014);
    in_copy.document = copy.id();
    let copied = Envelope::seal(&node, in_copy, Some(copy.clone()), Content::Copied(copied));
    json!({
        "copy_genesis": hex(&codec::encode(&copy)), "copy_document": copy.id(),
        "copy_actor": hex(copy.actor(&node.id(), &session).to_bytes()),
        "copied_envelope": hex(&copied.to_bytes()), "copied_envelope_id": Envelope::id_of(&copied.to_bytes()),
        "comment_envelope": hex(&comment.to_bytes()), "comment_envelope_id": commented,
        "reply_envelope": hex(&reply.to_bytes()), "reply_envelope_id": Envelope::id_of(&reply.to_bytes()),
        "version_name_envelope": hex(&named.to_bytes()), "version_name_envelope_id": Envelope::id_of(&named.to_bytes()),
        "signed_content": content, "signed_text": sign_off::text_of(&content),
        "sign_off_envelope": hex(&signed.to_bytes()), "sign_off_envelope_id": signature,
        "withdrawal_envelope": hex(&withdrawn.to_bytes()), "withdrawal_envelope_id": Envelope::id_of(&withdrawn.to_bytes()),
        "suggestion_envelope": hex(&suggestion.to_bytes()), "suggestion_envelope_id": suggested,
        "answer_envelope": hex(&answer.to_bytes()), "answer_envelope_id": Envelope::id_of(&answer.to_bytes()),
        "root_seed": hex(&[1; 32]), "node_seed": hex(&[2; 32]),
        "organization": root.id(), "node": node.id(), "fingerprint": root.id().fingerprint(),
        "card": hex(&codec::encode(&card)), "certificate": hex(&codec::encode(&certificate)),
        "founding_entry": hex(&founding.to_bytes()), "workspace": founding.id(),
        "invite_text": invite.to_text(),
        "admit_entry": hex(&admit.to_bytes()), "admit_entry_id": admit.id(),
        "propose_entry": hex(&propose.to_bytes()), "propose_entry_id": propose.id(),
        "access_envelope": hex(&step.to_bytes()), "access_envelope_id": Envelope::id_of(&step.to_bytes()),
        "genesis": hex(&codec::encode(&genesis)), "document": genesis.id(),
        "actor": hex(envelope::actor(&node.id(), &session).to_bytes()),
        "envelope": hex(&sealed.to_bytes()), "envelope_id": Envelope::id_of(&sealed.to_bytes()),
    })
}

#[test]
fn the_documented_vectors_are_what_this_version_writes() {
    let documented: Value = serde_json::from_str(VECTORS).unwrap();
    let written = vectors();
    assert_eq!(
        documented,
        written,
        "written now:\n{}",
        serde_json::to_string_pretty(&written).unwrap()
    );
}

#[test]
fn the_documented_vectors_read_back() {
    let documented: Value = serde_json::from_str(VECTORS).unwrap();
    let bytes = |name: &str| -> Vec<u8> {
        let text = documented[name].as_str().unwrap();
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    assert!(Entry::from_bytes(&bytes("founding_entry")).unwrap().is_true());
    for name in ["admit_entry", "propose_entry"] {
        assert!(Entry::from_bytes(&bytes(name)).unwrap().is_true(), "{name}");
    }
    for name in [
        "envelope",
        "access_envelope",
        "suggestion_envelope",
        "answer_envelope",
        "sign_off_envelope",
        "withdrawal_envelope",
        "version_name_envelope",
        "copied_envelope",
        "comment_envelope",
        "reply_envelope",
    ] {
        let envelope = Envelope::from_bytes(&bytes(name)).unwrap();
        assert!(envelope.is_true() && envelope.is_well_formed(), "{name}");
    }
    assert!(Invite::from_text(documented["invite_text"].as_str().unwrap()).is_ok());
}
