//! One of everything that is signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crdt_schema::access::AccessAct;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::codec;
use crdt_schema::comment::{About, Comment, Place, Stance};
use crdt_schema::copied::{Copied, Named, Origin, Original};
use crdt_schema::document::Edit;
use crdt_schema::envelope::{
    Content, Envelope, Equivocation, Genesis, Header, SignedHeader, VERSION,
};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    ChangeId, DocumentId, EntryId, EnvelopeId, InviteId, Kind, NodeId, OrganizationId, PersonId,
    Role, Sector, SessionId, TextId, Timestamp, WorkspaceId,
};
use crdt_schema::invite::{Contact, Invite, Offer, PREFIX, Redemption, Terms};
use crdt_schema::key::{Consent, NodeCertificate, NodeKey, OrganizationCard, Person, RootKey};
use crdt_schema::limits;
use crdt_schema::membership::{Act, Change, DocumentFence, Entry, Profile, Revocation, Template};
use crdt_schema::sign_off::{SignOff, Withdrawal};
use crdt_schema::suggestion::{Answer, Suggestion, Verdict};
use crdt_schema::version_name::VersionName;

/// Something signed, as it comes in.
pub(crate) struct Specimen {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Reads it; returns the canonical form of what is believed then, and nothing if it is refused.
    pub(crate) believe: fn(&[u8]) -> Option<Vec<u8>>,
}

const TIME: Timestamp = Timestamp(1_790_000_000_000);

fn entry(bytes: &[u8]) -> Option<Vec<u8>> {
    let entry = Entry::from_bytes(bytes).ok().filter(Entry::is_true)?;
    assert_eq!(entry.id(), Entry::id_of(bytes), "two ids of one entry");
    Some(entry.to_bytes())
}

fn envelope(bytes: &[u8]) -> Option<Vec<u8>> {
    let envelope = Envelope::from_bytes(bytes).ok()?;
    (envelope.is_true() && envelope.is_well_formed()).then(|| envelope.to_bytes())
}

/// What is not signed in an invite is for people to read; all that it grants is in the offer.
fn invite(bytes: &[u8]) -> Option<Vec<u8>> {
    let check = codec::hash("fingerpost/invite-text/v1", bytes);
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&check[..4], bytes].concat()));
    Invite::from_text(&text).ok().map(|invite| codec::encode(&invite.offer))
}

macro_rules! believe {
    ($type:ty) => {
        |bytes| {
            let read: $type = codec::decode(bytes, limits::ENTRY_BYTES).ok()?;
            read.is_true().then(|| codec::encode(&read))
        }
    };
}

fn node() -> NodeKey {
    NodeKey::from_seed(&[1; 32])
}

fn root() -> RootKey {
    RootKey::from_seed(&[2; 32])
}

fn guest() -> RootKey {
    RootKey::from_seed(&[3; 32])
}

fn guest_key() -> NodeKey {
    NodeKey::from_seed(&[4; 32])
}

fn guest_node() -> NodeId {
    guest_key().id()
}

/// Another node of the guest's, for which its first one vouches.
fn vouched() -> NodeCertificate {
    let other = NodeKey::from_seed(&[6; 32]);
    guest().certify(&guest_key(), TIME).vouch(&guest_key(), &other.consent(guest().id(), TIME))
}

fn header(genesis: &Genesis) -> Header {
    Header {
        version: VERSION,
        workspace: genesis.workspace,
        document: genesis.id(),
        organization: genesis.owner,
        node: genesis.node,
        person: Person { id: PersonId([6; 16]), name: "Priya Shah".parse().unwrap() },
        session: genesis.session,
        seq: 1,
        previous: None,
        membership: vec![EntryId([7; 32]), EntryId([8; 32])],
        access: Vec::new(),
        time: TIME,
        content: [0; 32],
        resumes: vec![],
    }
}

fn an_invite() -> Invite {
    let card = root().card("Northmere Borough Council".parse().unwrap(), Sector::Council);
    let terms = Terms {
        role: Role::Editor,
        uses: 2,
        created: TIME,
        expires: Timestamp(TIME.0 + 1),
        approval: true,
        only_for: Some(guest().id()),
    };
    let addresses = vec!["/ip4/198.51.100.7/tcp/4891".to_owned()];
    let contact = Contact { node: node().id(), addresses };
    let workspace = (WorkspaceId([9; 32]), "Northmere".parse().unwrap());
    Invite::new(&node(), &card, workspace, terms, [5; 32], vec![contact])
}

fn redemption() -> Redemption {
    let card = guest().card("Harbour Lane Advice Centre".parse().unwrap(), Sector::Vcs);
    an_invite().redeem(card, guest().certify(&guest_key(), TIME))
}

fn envelopes() -> Vec<Envelope> {
    let named = |bytes: &[u8]| {
        Circle::Named(bytes.iter().map(|byte| OrganizationId([*byte; 32])).collect())
    };
    let genesis = Genesis {
        workspace: WorkspaceId([9; 32]),
        kind: Kind::ReferralPathway,
        origin: None,
        audience: Audience { read: named(&[1, 2]), suggest: named(&[2]), write: named(&[1]) },
        owner: root().id(),
        created: TIME,
        nonce: [10; 16],
        node: node().id(),
        session: SessionId([11; 16]),
    };
    let changes = |byte: u8| Content::Changes(vec![vec![byte; 40].into(), vec![byte; 2].into()]);
    let first = Envelope::seal(&node(), header(&genesis), Some(genesis.clone()), changes(1));
    let next = |time: u64, content: Content| {
        let mut header = header(&genesis);
        (header.seq, header.time) = (2, Timestamp(time));
        header.previous = Some(Envelope::id_of(&first.to_bytes()));
        header.access = vec![EnvelopeId([12; 32])];
        Envelope::seal(&node(), header, None, content)
    };
    let (fence, signed) = (vec![ChangeId([13; 32])], vec![EnvelopeId([19; 32])]);
    let set = AccessAct::Set { audience: Audience::default(), fence, signed };
    let (heads, signed) = (vec![ChangeId([15; 32])], vec![EnvelopeId([20; 32])]);
    let fence = AccessAct::Fence { exclusion: EntryId([14; 32]), heads, signed };
    let mut apart = header(&genesis);
    (apart.seq, apart.previous) = (3, Some(EnvelopeId([16; 32])));
    let apart = Envelope::seal(&node(), apart, None, Content::Access(fence));
    let heads: Heads = vec![automerge::ChangeHash([17; 32])].into();
    let edit = Edit::Remove { path: "/title".parse().unwrap() };
    let suggestion = Suggestion::new(&heads, &[edit], "Shorter".to_owned()).unwrap();
    let answer = Answer {
        suggestion: EnvelopeId([18; 32]),
        verdict: Verdict::Taken,
        note: "Yes".to_owned(),
        changes: vec![vec![3; 40].into()],
    };
    // The second and the third have one place in one chain.
    let sign_off = SignOff {
        version: vec![ChangeId([21; 32])],
        text: TextId([22; 32]),
        signatory: "Ruth Okafor".parse().unwrap(),
        title: "Director".parse().unwrap(),
    };
    let withdrawal = Withdrawal { of: EnvelopeId([23; 32]), reason: "We left".to_owned() };
    let version = vec![ChangeId([24; 32])];
    let named = VersionName { version, name: "As agreed".parse().unwrap() };
    let path = "/title".parse().unwrap();
    let comment = Comment {
        about: About::Place(Place::new(&heads, &path, &serde_json::json!("Cash first"))),
        stance: Stance::Objects,
        text: "Nobody knows this word".to_owned(),
    };
    let about = About::Comment(EnvelopeId([26; 32]));
    let reply = Comment { about, stance: Stance::Remarks, text: "Which then?".to_owned() };
    let [suggestion, answer, sign_off, withdrawal, named, comment, reply] = [
        Content::Suggestion(suggestion),
        Content::Answer(answer),
        Content::SignOff(sign_off),
        Content::Withdrawal(withdrawal),
        Content::VersionName(named),
        Content::Comment(comment),
        Content::Comment(reply),
    ]
    .map(|content| next(3, content));
    let copied = copied(&genesis, next(4, changes(3)));
    let (again, set) = (next(1, changes(2)), next(2, Content::Access(set)));
    let said = [suggestion, answer, sign_off, withdrawal, named, comment, reply];
    [again, set, apart, first].into_iter().chain(said).chain([copied]).collect()
}

/// The first envelope of a copy of a document, with what was written there.
fn copied(genesis: &Genesis, original: Envelope) -> Envelope {
    let mut copy = Genesis { nonce: [25; 16], ..genesis.clone() };
    copy.origin = Some(Origin {
        workspace: genesis.workspace,
        workspace_name: "Northmere".parse().unwrap(),
        document: genesis.id(),
        owner: genesis.owner,
        owner_name: "Northmere Borough Council".parse().unwrap(),
        version: vec![ChangeId([26; 32])],
    });
    let names = vec![Named { organization: genesis.owner, name: "Northmere".parse().unwrap() }];
    let content = Content::Copied(Copied { names, envelopes: Original::of(original) });
    Envelope::seal(&node(), header(&copy), Some(copy), content)
}

fn acts(proof: &Equivocation) -> Vec<Act> {
    let card = root().card("Northmere Borough Council".parse().unwrap(), Sector::Council);
    let organization = guest().id();
    let fences = || vec![EntryId([17; 32]), EntryId([18; 32])];
    vec![
        Act::Found {
            name: "Northmere".parse().unwrap(),
            nonce: [19; 16],
            card,
            certificate: root().certify(&node(), TIME),
            rules: Template::CouncilAndVcs.rules(),
        },
        Act::Admit(redemption()),
        Act::Approve(organization),
        Act::RevokeInvite(InviteId([20; 32])),
        Act::Certify(root().certify(&guest_key(), TIME)),
        Act::Certify(vouched()),
        Act::Propose(Change::Role { organization, role: Role::Steward }),
        Act::Propose(Change::Remove { organization, reason: "gone".to_owned() }),
        Act::Propose(Change::Rules(Template::Together.rules())),
        Act::Agree(EntryId([21; 32])),
        Act::Enact { proposal: EntryId([22; 32]), fences: fences() },
        Act::Fence(vec![DocumentFence {
            document: DocumentId([23; 32]),
            heads: vec![ChangeId([24; 32])],
            access: vec![EnvelopeId([25; 32])],
        }]),
        Act::Suspend { organization, reason: "worry".to_owned(), fences: fences() },
        Act::Lapse(EntryId([26; 32])),
        Act::Leave(fences()),
        Act::RevokeNode {
            node: guest_node(),
            word: Some(Revocation::new(&guest(), guest_node(), TIME)),
            fences: fences(),
        },
        Act::Describe(Profile {
            name: Some("Northmere Council".parse().unwrap()),
            identifiers: vec![("GB-LAE".to_owned(), "NMR".to_owned())],
            domain: Some("northmere.example".to_owned()),
        }),
        Act::Prove { proof: proof.clone(), fences: fences() },
        Act::Decline(organization),
        Act::Object(EntryId([27; 32])),
    ]
}

pub(crate) fn all() -> Vec<Specimen> {
    let envelopes = envelopes();
    let (one, two) = (&envelopes[0], &envelopes[1]);
    let proof = Equivocation::new(one.signed_header(), two.signed_header());
    let mut all = vec![
        Specimen {
            name: "card",
            bytes: codec::encode(&guest().card("Open Door".parse().unwrap(), Sector::Vcs)),
            believe: believe!(OrganizationCard),
        },
        Specimen {
            name: "certificate",
            bytes: codec::encode(&guest().certify(&guest_key(), TIME)),
            believe: believe!(NodeCertificate),
        },
        Specimen {
            name: "vouched certificate",
            bytes: codec::encode(&vouched()),
            believe: believe!(NodeCertificate),
        },
        Specimen {
            name: "consent",
            bytes: codec::encode(&guest_key().consent(guest().id(), TIME)),
            believe: believe!(Consent),
        },
        Specimen {
            name: "revocation",
            bytes: codec::encode(&Revocation::new(&guest(), guest_node(), TIME)),
            believe: believe!(Revocation),
        },
        Specimen {
            name: "offer",
            bytes: codec::encode(&an_invite().offer),
            believe: believe!(Offer),
        },
        Specimen {
            name: "redemption",
            bytes: codec::encode(&redemption()),
            believe: believe!(Redemption),
        },
        Specimen { name: "invite", bytes: codec::encode(&an_invite()), believe: invite },
        Specimen {
            name: "header",
            bytes: codec::encode(&one.signed_header()),
            believe: believe!(SignedHeader),
        },
        Specimen {
            name: "equivocation",
            bytes: codec::encode(&proof),
            believe: believe!(Equivocation),
        },
    ];
    all.extend(envelopes.iter().map(|one| Specimen {
        name: "envelope",
        bytes: one.to_bytes(),
        believe: envelope,
    }));
    all.extend(acts(&proof).into_iter().map(|act| {
        let is_first = matches!(act, Act::Found { .. });
        let (workspace, parents) = if is_first {
            (None, Vec::new())
        } else {
            (Some(WorkspaceId([9; 32])), vec![EntryId([28; 32]), EntryId([29; 32])])
        };
        let bytes = Entry::new(&node(), workspace, parents, TIME, act).to_bytes();
        Specimen { name: "entry", bytes, believe: entry }
    }));
    all
}

/// Returns what is signed in an entry or a header, to sign it for something else.
pub(crate) fn signed_parts() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let act = Act::Leave(Vec::new());
    let entry = Entry::new(&node(), Some(WorkspaceId([9; 32])), vec![], TIME, act);
    let in_entry = (&entry.workspace, &entry.parents, &entry.node, &entry.time, &entry.act);
    let header = envelopes().remove(0).signed_header();
    let certificate = guest().certify(&guest_key(), TIME);
    let in_certificate =
        codec::encode(&(&certificate.organization, &certificate.node, &certificate.issued));
    let vouched = vouched();
    let in_vouched = codec::encode(&(&vouched.organization, &vouched.node, &vouched.issued));
    let card = guest().card("Open Door".parse().unwrap(), Sector::Vcs);
    vec![
        ("fingerpost/entry/v1", codec::encode(&in_entry), entry.signature.0.to_vec()),
        ("fingerpost/envelope/v1", codec::encode(&header.header), header.signature.0.to_vec()),
        ("fingerpost/node/v1", in_certificate.clone(), certificate.signature.0.to_vec()),
        ("fingerpost/consent/v1", in_certificate.clone(), certificate.consent.0.to_vec()),
        ("fingerpost/voucher/v1", in_vouched, vouched.signature.0.to_vec()),
        (
            "fingerpost/revocation/v1",
            in_certificate,
            Revocation::new(&guest(), guest_node(), TIME).signature.0.to_vec(),
        ),
        (
            "fingerpost/organization/v1",
            codec::encode(&(&card.organization, &card.name, &card.sector)),
            card.signature.0.to_vec(),
        ),
    ]
}

/// Returns the public keys of all who sign here.
pub(crate) fn keys() -> Vec<[u8; 32]> {
    vec![node().id().0, root().id().0, guest().id().0, guest_node().0]
}
