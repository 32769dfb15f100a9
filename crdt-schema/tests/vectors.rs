//! The test vectors of `docs/protocol.md`: fixed keys in, fixed bytes out. A change here is a change of the protocol.

#![expect(clippy::unwrap_used, reason = "fixed inputs of a test")]

use crdt_schema::audience::Audience;
use crdt_schema::codec;
use crdt_schema::envelope::{self, Body, Envelope, Genesis, VERSION};
use crdt_schema::identity::{Kind, PersonId, Role, Sector, SessionId, Timestamp};
use crdt_schema::invite::{Contact, Invite, Terms};
use crdt_schema::key::{NodeKey, Person, RootKey};
use crdt_schema::membership::{Act, Entry};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../docs/protocol/vectors.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn vectors() -> Value {
    let (root, node) = (RootKey::from_seed(&[1; 32]), NodeKey::from_seed(&[2; 32]));
    let card = root.card("Northmere Borough Council".parse().unwrap(), Sector::Council);
    let certificate = root.certify(node.id(), Timestamp(1_700_000_000_000));
    let found = Act::Found {
        name: "Northmere".parse().unwrap(),
        nonce: [3; 16],
        card: card.clone(),
        certificate: certificate.clone(),
    };
    let founding = Entry::new(&node, None, vec![], Timestamp(1_700_000_000_001), found);
    let workspace = founding.id().into();

    let terms = Terms {
        role: Role::Editor,
        uses: 1,
        created: Timestamp(1_700_000_000_002),
        expires: Timestamp(1_701_000_000_000),
        approval: false,
    };
    let contact =
        Contact { node: node.id(), addresses: vec!["/ip4/198.51.100.7/tcp/4891".to_owned()] };
    let named = (workspace, "Northmere".parse().unwrap());
    let invite = Invite::new(&node, &card, named, terms, [4; 32], vec![contact]);
    let (guest_root, guest) = (RootKey::from_seed(&[5; 32]), NodeKey::from_seed(&[6; 32]));
    let guest_card = guest_root.card("Harbour Lane Advice Centre".parse().unwrap(), Sector::Vcs);
    let redemption =
        invite.redeem(guest_card, guest_root.certify(guest.id(), Timestamp(1_700_000_000_003)));
    let admission = Act::Admit(redemption);
    let admit = Entry::new(
        &node,
        Some(workspace),
        vec![founding.id()],
        Timestamp(1_700_000_000_004),
        admission,
    );

    let genesis = Genesis {
        workspace,
        kind: Kind::ReferralPathway,
        audience: Audience::default(),
        owner: card.organization,
        created: Timestamp(1_700_000_000_005),
        nonce: [7; 16],
    };
    let session = SessionId([8; 16]);
    let body = Body {
        version: VERSION,
        workspace,
        document: genesis.id(),
        genesis: Some(genesis.clone()),
        organization: card.organization,
        node: node.id(),
        person: Person { id: PersonId([9; 16]), name: "Priya Shah".parse().unwrap() },
        session,
        seq: 1,
        previous: None,
        membership: vec![admit.id()],
        time: Timestamp(1_700_000_000_006),
        // Stands for a change; the gate would refuse it, the form of the envelope is what is shown.
        changes: vec![vec![0x85, 0x6f, 0x4a, 0x83].into()],
    };
    let sealed = Envelope::seal(&node, body);
    json!({
        "root_seed": hex(&[1; 32]), "node_seed": hex(&[2; 32]),
        "organization": root.id(), "node": node.id(), "fingerprint": root.id().fingerprint(),
        "card": hex(&codec::encode(&card)), "certificate": hex(&codec::encode(&certificate)),
        "founding_entry": hex(&founding.to_bytes()), "workspace": founding.id(),
        "invite_text": invite.to_text(),
        "admit_entry": hex(&admit.to_bytes()), "admit_entry_id": admit.id(),
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
    assert!(Entry::from_bytes(&bytes("admit_entry")).unwrap().is_true());
    let envelope = Envelope::from_bytes(&bytes("envelope")).unwrap();
    assert!(envelope.is_true() && envelope.is_well_formed());
    assert!(Invite::from_text(documented["invite_text"].as_str().unwrap()).is_ok());
}
