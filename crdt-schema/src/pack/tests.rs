//! What is unpacked is what was packed, to the byte; and what is no pack does no harm.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ROOT, ReadDoc, TextEncoding};
use proptest::prelude::*;

use super::*;
use crate::access::AccessAct;
use crate::audience::Audience;
use crate::envelope::{self, Content, Genesis, VERSION};
use crate::identity::{EntryId, Kind, OrganizationId, PersonId, SessionId, Timestamp, WorkspaceId};
use crate::key::{NodeKey, Person};

/// Who writes where: two nodes, two documents.
struct Desk {
    key: NodeKey,
    session: SessionId,
    document: AutoCommit,
    genesis: Genesis,
    last: Option<EnvelopeId>,
    seq: u64,
}

impl Desk {
    fn new(n: u8) -> Self {
        let key = NodeKey::from_seed(&[n; 32]);
        let session = SessionId([n; 16]);
        let mut document = AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit);
        document.set_actor(envelope::actor(&key.id(), &session));
        let genesis = Genesis {
            workspace: WorkspaceId([9; 32]),
            kind: Kind::ReferralPathway,
            audience: Audience::default(),
            owner: OrganizationId([n; 32]),
            created: Timestamp(4),
            nonce: [n; 16],
            node: key.id(),
            session,
            origin: None,
        };
        Self { key, session, document, genesis, last: None, seq: 0 }
    }

    fn seal(&mut self, content: Content, time: u64, heads: u8) -> Vec<u8> {
        self.seq += 1;
        let header = Header {
            version: VERSION,
            workspace: self.genesis.workspace,
            document: self.genesis.id(),
            organization: self.genesis.owner,
            node: self.key.id(),
            person: Person { id: PersonId([heads; 16]), name: "Priya Shah".parse().unwrap() },
            session: self.session,
            seq: self.seq,
            previous: self.last,
            membership: vec![EntryId([heads; 32])],
            access: vec![],
            time: Timestamp(time),
            content: [0; 32],
            resumes: vec![],
        };
        let genesis = (self.seq == 1).then(|| self.genesis.clone());
        let bytes = Envelope::seal(&self.key, header, genesis, content).to_bytes();
        self.last = Some(Envelope::id_of(&bytes));
        bytes
    }

    /// One edit: so many changes, by another actor than its own if `foreign`.
    fn edit(&mut self, text: &str, changes: usize, foreign: bool, time: u64, heads: u8) -> Vec<u8> {
        if foreign {
            self.document.set_actor(ActorId::random());
        }
        let before = self.document.get_heads();
        for n in 0..changes {
            let key = format!("field {n}");
            let rev = self.document.length(ROOT);
            self.document.put(ROOT, key, format!("{text} {rev}")).unwrap();
            self.document.commit();
        }
        let made = self.document.get_changes(&before);
        let made = made.iter().map(|change| change.raw_bytes().to_vec().into()).collect();
        self.seal(Content::Changes(made), time, heads)
    }
}

/// An edit at a desk, or a step of the access log.
type Step = (usize, String, usize, bool, u64, u8, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0..3_usize,
        "[a-z]{0,12}",
        1..4_usize,
        proptest::bool::weighted(0.1),
        any::<u64>(),
        0..3_u8,
        proptest::bool::weighted(0.1),
    );
    proptest::collection::vec(step, 1..120)
}

fn write(steps: &[Step]) -> Vec<Vec<u8>> {
    let mut desks: Vec<Desk> = (1..4).map(Desk::new).collect();
    let each = steps.iter().map(|(at, text, changes, foreign, time, heads, is_step)| {
        let desk = &mut desks[*at];
        if *is_step && desk.seq > 0 {
            let act =
                AccessAct::Set { audience: Audience::default(), fence: vec![], signed: vec![] };
            desk.seal(Content::Access(act), *time, *heads)
        } else {
            desk.edit(text, *changes, *foreign, *time, *heads)
        }
    });
    each.collect()
}

proptest! {
    #[test]
    fn what_is_unpacked_is_what_was_packed(steps in steps(), size in 1..90_usize) {
        let envelopes = write(&steps);
        let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
        for some in envelopes.chunks(size) {
            let pack = packer.pack(some.iter().map(Vec::as_slice));
            prop_assert_eq!(unpacker.unpack(&pack).unwrap(), some);
        }
        prop_assert!(packer.0.past.len() <= REMEMBERED && unpacker.0.past.len() <= REMEMBERED);
    }

    #[test]
    fn a_pack_changed_anywhere_gives_other_envelopes_or_none(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut desk = Desk::new(1);
        let envelopes: Vec<_> = (0..8).map(|n| desk.edit("changed", 1, false, n, 1)).collect();
        let mut pack = Packer::default().pack(envelopes.iter().map(Vec::as_slice));
        let at = at.index(pack.len());
        pack[at] ^= 1 << bit;
        if let Ok(unpacked) = Unpacker::default().unpack(&pack) {
            let are_true = |bytes: &[u8]| Envelope::from_bytes(bytes).is_ok_and(|one| one.is_true());
            // Whatever still is signed is what was sent.
            for bytes in unpacked.iter().filter(|bytes| are_true(bytes)) {
                prop_assert!(envelopes.contains(bytes));
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Unpacker::default().unpack(&bytes);
        let pack = codec::encode(&Pack { before: 0, body: Body::Plain(bytes.clone().into()) });
        let _ = Unpacker::default().unpack(&pack);
        let _ = chunk::lengthen(&bytes, &chunk::Expected { before: None, actor: &[1] });
    }
}

#[test]
fn a_change_by_hand_costs_little_more_than_its_signature() {
    let mut desk = Desk::new(1);
    let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
    let mut sizes = Vec::new();
    for n in 0..20 {
        let edit = desk.edit("a small edit", 1, false, 1_700_000_000_000 + n * 700, 1);
        let pack = packer.pack([edit.as_slice()]);
        assert_eq!(unpacker.unpack(&pack).unwrap(), [edit]);
        sizes.push(pack.len());
    }
    assert!(sizes[1..].iter().all(|size| *size < 180), "{sizes:?}");
}

#[test]
fn a_pack_that_is_not_the_next_is_refused_and_a_new_beginning_is_understood() {
    let mut desk = Desk::new(1);
    let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
    let edits: Vec<_> = (0..3).map(|n| desk.edit("edit", 1, false, n, 1)).collect();
    unpacker.unpack(&packer.pack([edits[0].as_slice()])).unwrap();
    let _lost = packer.pack([edits[1].as_slice()]);
    let next = packer.pack([edits[2].as_slice()]);
    assert_eq!(unpacker.unpack(&next), Err(PackError::OutOfStep));
    let anew = Packer::default().pack([edits[2].as_slice()]);
    assert_eq!(unpacker.unpack(&anew).unwrap(), [edits[2].clone()]);
}

/// Compresses what stands for itself: byte strings that add up to so many bytes, their heads included.
fn strings(bytes: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < bytes {
        // Five bytes say how long it is.
        let length = (bytes - body.len()).min(500_005).checked_sub(5).unwrap();
        let line = |n: usize| format!("{n:>64}");
        let text: String = (0..length / 64 + 1).map(line).collect();
        body.push(0x5a);
        body.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        body.extend_from_slice(&text.as_bytes()[..length]);
    }
    body
}

#[test]
fn a_pack_holds_as_much_as_it_may() {
    for (bytes, is_read) in [
        (limits::PACK_BYTES - 1, true),
        (limits::PACK_BYTES, true),
        (limits::PACK_BYTES + 1, false),
    ] {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&strings(bytes)).unwrap();
        let body = Body::Deflated(encoder.finish().unwrap().into());
        let unpacked = Unpacker::default().unpack(&codec::encode(&Pack { before: 0, body }));
        assert_eq!(unpacked.is_ok(), is_read, "{bytes}: {:?}", unpacked.err());
    }
}

#[test]
fn a_pack_inflates_as_far_as_it_may() {
    const SMALL: usize = 4_000;
    let most = SMALL * limits::PACK_RATIO;
    for (bytes, is_read) in [(most - 1, true), (most, true), (most + 1, false)] {
        let mut body = vec![0x5a];
        body.extend_from_slice(&u32::try_from(bytes - 5).unwrap().to_be_bytes());
        body.resize(bytes, 0);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&body).unwrap();
        let mut small = encoder.finish().unwrap();
        assert!(small.len() < SMALL);
        small.resize(SMALL, 0);
        let pack = codec::encode(&Pack { before: 0, body: Body::Deflated(small.into()) });
        assert_eq!(Unpacker::default().unpack(&pack).is_ok(), is_read, "{bytes}");
    }
}

#[test]
fn a_pack_that_inflates_too_far_is_refused() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 4 * 1024 * 1024]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() * limits::PACK_RATIO < 4 * 1024 * 1024);
    let pack = codec::encode(&Pack { before: 0, body: Body::Deflated(bomb.into()) });
    assert_eq!(Unpacker::default().unpack(&pack), Err(PackError::TooLong));
}

#[test]
fn thin_envelopes_cannot_add_up_to_more_than_a_pack_may_hold() {
    let mut desk = Desk::new(1);
    let text: String = (0..1_000).map(|n| format!("{n:>60}")).collect();
    let whole = desk.edit(&text, 4, false, 1, 1);
    let count = limits::PACK_BYTES / whole.len() + 1;
    let pack = Packer::default().pack(std::iter::repeat_n(whole.as_slice(), count));
    assert_eq!(Unpacker::default().unpack(&pack), Err(PackError::TooLong));
}
