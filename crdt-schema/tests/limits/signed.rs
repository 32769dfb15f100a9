//! Entries, envelopes, invites and names that come from outside.

use crdt_schema::access::AccessAct;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::Bundle;
use crdt_schema::codec::{self, DecodeError};
use crdt_schema::envelope::{Content, Envelope, Equivocation, Genesis, Header, VERSION};
use crdt_schema::identity::{
    ChangeId, DocumentId, EntryId, EnvelopeId, Kind, Name, NodeId, OrganizationId, PersonId, Role,
    Sector, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::invite::{Contact, Invite, Terms};
use crdt_schema::key::{NodeCertificate, NodeKey, Person, RootKey};
use crdt_schema::membership::{
    Act, Change, Count, DocumentFence, Entry, Log, Profile, Rules, Said, Threshold,
};
use crdt_schema::phrase::{Ends, Phrase, Place, ReadPhrase};
use minicbor::bytes::ByteVec;

use crate::Answer;

pub(crate) const NOT_AN_AUDIENCE: &str =
    "expected \"workspace\", \"public\" or a list of organisations' did:keys";
pub(crate) const NOT_A_NAME: &str = "not a name of 1 to 200 bytes without invisible characters";
pub(crate) const DAMAGED: &str = "the invite is damaged: a part is missing or was changed. Ask for it to be sent again, as a file if you can";

pub(crate) const TOO_LARGE: &str =
    "this is no bundle that this version of Fingerpost reads: it is too large";

const TIME: Timestamp = Timestamp(1_790_000_000_000);

fn key() -> NodeKey {
    NodeKey::from_seed(&[1; 32])
}

fn root() -> RootKey {
    RootKey::from_seed(&[2; 32])
}

/// Returns so many different hashes, sorted.
pub(crate) fn hashes(count: usize) -> impl Iterator<Item = [u8; 32]> {
    (0..count).map(|at| {
        let mut hash = [5; 32];
        hash[..4].copy_from_slice(&u32::try_from(at).unwrap().to_be_bytes());
        hash
    })
}

fn entries(count: usize) -> Vec<EntryId> {
    hashes(count).map(EntryId).collect()
}

pub(crate) fn changes(count: usize) -> Vec<ChangeId> {
    hashes(count).map(ChangeId).collect()
}

fn decoded<T>(result: Result<T, DecodeError>) -> Result<T, String> {
    result.map_err(|error| match error {
        DecodeError::TooLong { .. } => "too long".to_owned(),
        DecodeError::Malformed(_) => "malformed".to_owned(),
        DecodeError::NotCanonical => "not canonical".to_owned(),
    })
}

// Envelopes.

pub(crate) fn genesis(audience: Audience) -> Genesis {
    Genesis {
        workspace: WorkspaceId([3; 32]),
        kind: Kind::ReferralPathway,
        audience,
        owner: root().id(),
        created: TIME,
        nonce: [4; 16],
        node: key().id(),
        session: SessionId([7; 16]),
        origin: None,
    }
}

pub(crate) fn header(genesis: &Genesis) -> Header {
    Header {
        version: VERSION,
        workspace: genesis.workspace,
        document: genesis.id(),
        organization: genesis.owner,
        node: key().id(),
        person: Person { id: PersonId([6; 16]), name: "Priya Shah".parse().unwrap() },
        session: SessionId([7; 16]),
        seq: 2,
        previous: Some(EnvelopeId([8; 32])),
        membership: entries(1),
        access: Vec::new(),
        time: TIME,
        content: [0; 32],
        resumes: vec![],
    }
}

/// Sends an envelope to somebody else.
pub(crate) fn envelope(
    genesis: Option<Genesis>,
    content: Content,
    alter: impl FnOnce(&mut Header),
) -> Answer {
    let mut header = header(&self::genesis(Audience::default()));
    if let Some(genesis) = &genesis {
        header.document = genesis.id();
        (header.seq, header.previous) = (1, None);
    }
    alter(&mut header);
    let bytes = Envelope::seal(&key(), header, genesis, content).to_bytes();
    let envelope = match decoded(Envelope::from_bytes(&bytes)) {
        Ok(envelope) => envelope,
        Err(error) => return Some(error),
    };
    assert!(envelope.is_true());
    (!envelope.is_well_formed()).then(|| "not well formed".to_owned())
}

fn one_change() -> Content {
    Content::Changes(vec![vec![1, 2, 3].into()])
}

pub(crate) fn envelope_of_changes(count: usize) -> Answer {
    let changes: Vec<ByteVec> = (0..count).map(|at| vec![(at & 0xff) as u8].into()).collect();
    envelope(None, Content::Changes(changes), |_| {})
}

pub(crate) fn envelope_of_bytes(length: usize) -> Answer {
    let of = |change: usize| Content::Changes(vec![vec![0; change].into()]);
    let header = header(&genesis(Audience::default()));
    let rest = length - 1_000;
    let made = Envelope::seal(&key(), header, None, of(rest)).to_bytes().len();
    envelope(None, of(rest + length - made), |_| {})
}

pub(crate) fn envelope_after_membership(count: usize) -> Answer {
    envelope(None, one_change(), |header| header.membership = entries(count))
}

pub(crate) fn envelope_after_access(count: usize) -> Answer {
    let steps = hashes(count).map(EnvelopeId).collect();
    envelope(None, one_change(), |header| header.access = steps)
}

pub(crate) fn envelope_that_resumes(count: usize) -> Answer {
    envelope(None, one_change(), |header| {
        (header.seq, header.previous) = (1, None);
        header.resumes = hashes(count).map(EnvelopeId).collect();
    })
}

fn named(count: usize) -> Circle {
    Circle::Named(hashes(count).map(OrganizationId).collect())
}

pub(crate) fn envelope_for_readers(count: usize) -> Answer {
    let audience = Audience { suggest: named(1), ..Audience::new(named(count), named(1)) };
    envelope(Some(genesis(audience)), one_change(), |_| {})
}

pub(crate) fn envelope_for_writers(count: usize) -> Answer {
    let audience = Audience::new(Circle::Workspace, named(count));
    envelope(Some(genesis(audience)), one_change(), |_| {})
}

pub(crate) fn envelope_for_suggesters(count: usize) -> Answer {
    let audience = Audience { suggest: named(count), ..Audience::default() };
    envelope(Some(genesis(audience)), one_change(), |_| {})
}

pub(crate) fn envelope_for_new_readers(count: usize) -> Answer {
    let audience = Audience { suggest: named(1), ..Audience::new(named(count), named(1)) };
    let act = AccessAct::Set { audience, fence: changes(1), signed: vec![] };
    envelope(None, Content::Access(act), |_| {})
}

pub(crate) fn envelope_with_fence(count: usize) -> Answer {
    set_with(changes(count), 0)
}

fn set_with(fence: Vec<ChangeId>, signed: usize) -> Answer {
    let signed = hashes(signed).map(EnvelopeId).collect();
    let act = AccessAct::Set { audience: Audience::default(), fence, signed };
    envelope(None, Content::Access(act), |_| {})
}

pub(crate) fn envelope_with_fence_of_sign_offs(count: usize) -> Answer {
    set_with(changes(1), count)
}

pub(crate) fn envelope_with_fence_of_excluded(count: usize) -> Answer {
    fence_with(changes(count), 0)
}

fn fence_with(heads: Vec<ChangeId>, signed: usize) -> Answer {
    let signed = hashes(signed).map(EnvelopeId).collect();
    let act = AccessAct::Fence { exclusion: EntryId([9; 32]), heads, signed };
    envelope(None, Content::Access(act), |_| {})
}

pub(crate) fn envelope_with_fence_of_an_excluded_ones_sign_offs(count: usize) -> Answer {
    fence_with(changes(1), count)
}

/// An envelope with what somebody else's program made of a suggestion: edits, base and note.
fn suggestion(edits: &str, base: usize, note: usize) -> Answer {
    let parts = (changes(base), edits, "n".repeat(note));
    let suggestion = minicbor::decode(&codec::encode(&parts)).unwrap();
    envelope(None, Content::Suggestion(suggestion), |_| {})
}

fn removing(count: usize) -> String {
    let edits = vec![serde_json::json!({"remove": {"path": "/title"}}); count];
    serde_json::to_string(&edits).unwrap()
}

pub(crate) fn suggestion_of_bytes(count: usize) -> Answer {
    let text = |letters: usize| {
        let value = "v".repeat(letters);
        serde_json::json!([{"set": {"path": "/title", "value": value}}]).to_string()
    };
    suggestion(&text(count - text(0).len()), 1, 0)
}

pub(crate) fn suggestion_of_edits(count: usize) -> Answer {
    suggestion(&removing(count), 1, 0)
}

pub(crate) fn suggestion_of_operations(count: usize) -> Answer {
    let operations = vec![serde_json::json!({"op": "remove", "path": "/title"}); count];
    suggestion(&serde_json::json!([{"json_patch": operations}]).to_string(), 1, 0)
}

pub(crate) fn suggestion_on(count: usize) -> Answer {
    suggestion(&removing(1), count, 0)
}

pub(crate) fn suggestion_with_note(count: usize) -> Answer {
    suggestion(&removing(1), 1, count)
}

fn answer(changes: usize, note: usize) -> Answer {
    let answer = crdt_schema::suggestion::Answer {
        suggestion: EnvelopeId([9; 32]),
        verdict: crdt_schema::suggestion::Verdict::Taken,
        note: "n".repeat(note),
        changes: vec![vec![1, 2, 3].into(); changes],
    };
    envelope(None, Content::Answer(answer), |_| {})
}

pub(crate) fn answer_of_changes(count: usize) -> Answer {
    answer(count, 0)
}

pub(crate) fn answer_with_note(count: usize) -> Answer {
    answer(1, count)
}

pub(crate) fn audience_in_json(count: usize) -> Answer {
    let text = serde_json::to_string(&named(count)).unwrap();
    serde_json::from_str::<Circle>(&text).err().map(|error| error.to_string())
}

// Entries.

fn read(entry: &Entry) -> Answer {
    let read = match decoded(Entry::from_bytes(&entry.to_bytes())) {
        Ok(read) => read,
        Err(error) => return Some(error),
    };
    (!read.is_true()).then(|| "not true".to_owned())
}

fn entry(act: Act) -> Answer {
    read(&Entry::new(&key(), Some(WorkspaceId([3; 32])), entries(1), TIME, act))
}

pub(crate) fn entry_of_bytes(length: usize) -> Answer {
    // An act of a later version may be as long as an entry can be.
    let of = |field: usize| {
        let act =
            Said::Unknown { kind: 1_000, fields: codec::encode(&ByteVec::from(vec![0; field])) };
        let mut entry =
            Entry::new(&key(), Some(WorkspaceId([3; 32])), entries(1), TIME, Act::Leave(vec![]));
        entry.act = act;
        let signed = (&entry.workspace, &entry.parents, &entry.node, &entry.time, &entry.act);
        entry.signature = key().sign("fingerpost/entry/v1", &codec::encode(&signed));
        entry
    };
    let rest = length - 500;
    let made = of(rest).to_bytes().len();
    read(&of(rest + length - made))
}

pub(crate) fn entry_after(count: usize) -> Answer {
    read(&Entry::new(&key(), Some(WorkspaceId([3; 32])), entries(count), TIME, Act::Leave(vec![])))
}

pub(crate) fn entry_asking_for(approvals: usize) -> Answer {
    let stewards =
        Threshold { count: Count::AtLeast(u32::try_from(approvals).unwrap()), sectors: [].into() };
    entry(Act::Propose(Change::Rules(Rules { stewards, ..Rules::default() })))
}

fn whom() -> OrganizationId {
    OrganizationId([9; 32])
}

fn suspend(reason: usize, fences: usize) -> Answer {
    entry(Act::Suspend {
        organization: whom(),
        reason: "r".repeat(reason),
        fences: entries(fences),
    })
}

pub(crate) fn entry_suspending(reason: usize) -> Answer {
    suspend(reason, 1)
}

pub(crate) fn entry_removing(reason: usize) -> Answer {
    entry(Act::Propose(Change::Remove { organization: whom(), reason: "r".repeat(reason) }))
}

pub(crate) fn entry_enacting(fences: usize) -> Answer {
    entry(Act::Enact { proposal: EntryId([9; 32]), fences: entries(fences) })
}

pub(crate) fn entry_suspending_with(fences: usize) -> Answer {
    suspend(1, fences)
}

pub(crate) fn entry_leaving(fences: usize) -> Answer {
    entry(Act::Leave(entries(fences)))
}

pub(crate) fn entry_revoking(fences: usize) -> Answer {
    entry(Act::RevokeNode { node: NodeId([9; 32]), word: None, fences: entries(fences) })
}

pub(crate) fn entry_proving(fences: usize) -> Answer {
    let twice = [1, 2].map(|time| {
        let mut header = header(&genesis(Audience::default()));
        header.time = Timestamp(time);
        Envelope::seal(&key(), header, None, one_change()).signed_header()
    });
    let [one, two] = twice;
    entry(Act::Prove { proof: Equivocation::new(one, two), fences: entries(fences) })
}

pub(crate) fn entry_fencing(documents: usize) -> Answer {
    let fence =
        |hash| DocumentFence { document: DocumentId(hash), heads: changes(4), access: Vec::new() };
    entry(Act::Fence(hashes(documents).map(fence).collect()))
}

fn fence(heads: usize, access: usize) -> Answer {
    let access = hashes(access).map(EnvelopeId).collect();
    entry(Act::Fence(vec![DocumentFence {
        document: DocumentId([9; 32]),
        heads: changes(heads),
        access,
    }]))
}

pub(crate) fn entry_fencing_at(heads: usize) -> Answer {
    fence(heads, 1)
}

pub(crate) fn entry_fencing_at_access(steps: usize) -> Answer {
    fence(1, steps)
}

fn vouched(vouchers: usize) -> NodeCertificate {
    let mut certificate = root().certify(&key(), Timestamp(1));
    for _ in 0..vouchers {
        certificate = certificate.vouch(&key(), &key().consent(root().id(), Timestamp(1)));
    }
    certificate
}

pub(crate) fn entry_certifying(vouchers: usize) -> Answer {
    entry(Act::Certify(vouched(vouchers)))
}

pub(crate) const TOO_MANY_NODES: &str = "the membership entry had no right to be written: the organisation has as many computers as it may have";

/// A log in which an organisation's first node adds others.
pub(crate) fn log_of_nodes(count: usize) -> Answer {
    let certificate = vouched(0);
    let found = Act::Found {
        name: "Northmere".parse().unwrap(),
        nonce: [1; 16],
        card: root().card("Northmere".parse().unwrap(), Sector::Council),
        certificate: certificate.clone(),
        rules: Rules::default(),
    };
    let mut log = Log::found(Entry::new(&key(), None, vec![], Timestamp(1), found)).unwrap();
    for number in 1..count {
        let other = NodeKey::from_seed(&[100 + u8::try_from(number).unwrap(); 32]);
        let consent = other.consent(root().id(), Timestamp(1));
        let act = Act::Certify(certificate.vouch(&key(), &consent));
        let entry = Entry::new(&key(), Some(log.workspace()), log.heads(), Timestamp(1), act);
        if let Err(refused) = log.insert(entry) {
            return Some(refused.to_string());
        }
    }
    None
}

fn describe(identifiers: Vec<(String, String)>, domain: Option<String>) -> Answer {
    entry(Act::Describe(Profile { name: None, identifiers, domain }))
}

pub(crate) fn entry_identifying(count: usize) -> Answer {
    describe(vec![("GB-CHC".to_owned(), "1".to_owned()); count], None)
}

pub(crate) fn entry_with_list(length: usize) -> Answer {
    describe(vec![("l".repeat(length), "1".to_owned())], None)
}

pub(crate) fn entry_with_identifier(length: usize) -> Answer {
    describe(vec![("GB-CHC".to_owned(), "1".repeat(length))], None)
}

pub(crate) fn entry_with_domain(length: usize) -> Answer {
    describe(Vec::new(), Some("d".repeat(length)))
}

// Names.

pub(crate) fn name(length: usize) -> Answer {
    "n".repeat(length).parse::<Name>().err().map(|error| error.to_string())
}

pub(crate) fn entry_with_name(length: usize) -> Answer {
    // Longer names cannot be made here: the bytes are.
    let act = Act::Propose(Change::Rename("MARK".parse().unwrap()));
    let entry = Entry::new(&key(), Some(WorkspaceId([3; 32])), entries(1), TIME, act);
    let bytes = entry.to_bytes();
    let at = bytes.windows(5).position(|window| window == b"\x64MARK").unwrap();
    let spelled = codec::encode(&"n".repeat(length));
    let longer = [&bytes[..at], &spelled, &bytes[at + 5..]].concat();
    decoded(Entry::from_bytes(&longer)).err()
}

// Invites.

fn invite(contacts: Vec<Contact>) -> Answer {
    let card = root().card("Northmere Borough Council".parse().unwrap(), Sector::Council);
    let terms = Terms {
        role: Role::Editor,
        uses: 1,
        created: TIME,
        expires: TIME,
        approval: false,
        only_for: None,
    };
    let workspace = (WorkspaceId([3; 32]), "Northmere".parse().unwrap());
    let text = Invite::new(&key(), &card, workspace, terms, [5; 32], contacts).to_text();
    Invite::from_text(&text).err().map(|error| error.to_string())
}

fn contact(addresses: Vec<String>) -> Contact {
    Contact { node: key().id(), addresses }
}

pub(crate) fn invite_with_addresses(count: usize) -> Answer {
    invite(vec![contact(vec!["/ip4/198.51.100.7/tcp/4891".to_owned(); count])])
}

pub(crate) fn invite_with_contacts(count: usize) -> Answer {
    invite(vec![contact(Vec::new()); count])
}

pub(crate) fn invite_with_long_address(length: usize) -> Answer {
    invite(vec![contact(vec!["a".repeat(length)])])
}

// Phrases.

pub(crate) fn sealed_invite(length: usize) -> Answer {
    let root = RootKey::from_seed(&[1; 32]);
    let card = root.card("Organisation".parse().unwrap(), Sector::Council);
    let terms = Terms {
        role: Role::Editor,
        uses: 1,
        created: Timestamp(1),
        expires: Timestamp(2),
        approval: false,
        only_for: None,
    };
    let make = |lengths: &[usize]| {
        let contacts = lengths
            .chunks(16)
            .map(|part| contact(part.iter().map(|length| "a".repeat(*length)).collect()));
        let workspace = (WorkspaceId([9; 32]), "Workspace".parse().unwrap());
        let key = NodeKey::from_seed(&[2; 32]);
        Invite::new(&key, &card, workspace, terms, [3; 32], contacts.collect())
    };
    let ends = Ends { asks: NodeId([5; 32]), answers: NodeId([6; 32]) };
    // Nonce and tag, and as many addresses as it takes.
    let size = |lengths: &[usize]| codec::encode(&make(lengths)).len() + 24 + 16;
    let mut lengths = Vec::new();
    while size(&lengths) + 300 <= length {
        lengths.push(250);
    }
    lengths.extend([0, 0]);
    let rest = length - size(&lengths);
    // The second byte of a length appears at 24, and a third one at 256.
    let last = lengths.len() - 1;
    for (one, other) in (0..=250).flat_map(|one| (0..=60).map(move |other| (one, other))) {
        lengths[last - 1] = one;
        lengths[last] = other;
        if one + other + 4 >= rest && size(&lengths) == length {
            let invite = make(&lengths);
            let secret = invite.phrase_secret();
            let Some(sealed) = secret.seal(&invite, ends, [7; 24]) else {
                return secret.open(&vec![0; length], ends).err().map(|error| error.to_string());
            };
            assert_eq!(sealed.len(), length);
            return secret.open(&sealed, ends).err().map(|error| error.to_string());
        }
    }
    panic!("no invite of {length} bytes");
}

pub(crate) const TOO_LONG_FOR_A_PHRASE: &str = "this is too long for a phrase";

pub(crate) fn phrase(length: usize) -> Answer {
    let mut text = ["abandon"; 14].join(" ");
    text.push_str(" address");
    text.push_str(&" ".repeat(length - text.len()));
    Phrase::read(&text)
        .err()
        .filter(|error| *error == ReadPhrase::TooLong)
        .map(|error| error.to_string())
}

pub(crate) fn phrase_with_long_address(length: usize) -> Answer {
    let host = "a.".repeat(length);
    let rest = length - "/dns/".len() - "/tcp/4891".len();
    // A name does not end with a dot.
    let host = format!("{}a", host.get(..rest - 1).unwrap());
    let host = host.replace("..", ".a").replace(".aa", ".ab");
    Place::read(&host).err().map(|_| "no address".to_owned())
}

// Bundles.

pub(crate) fn bundle(length: usize) -> Answer {
    let mut text = br#"{"format":"fingerpost-bundle-1","entries":[]}"#.to_vec();
    // White space is part of the file.
    text.resize(length, b' ');
    Bundle::from_json(&text).err().map(|error| error.to_string())
}
