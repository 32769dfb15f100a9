//! Changes that come to the gate.

use std::sync::{Mutex, PoisonError};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use crdt_schema::document::Document;
use crdt_schema::gate::{self, PlainChange, Refusal, Verdict};
use crdt_schema::limits;

use crate::Answer;
use crate::forge::{actor, data_start, document, forge, repair};

fn put(key: &str, value: ScalarValue) -> Op {
    Op {
        action: OpType::Put(value),
        obj: ObjectId::Root,
        key: Key::Map(key.into()),
        pred: Vec::new().into(),
        insert: false,
    }
}

fn text(length: usize) -> ScalarValue {
    ScalarValue::Str("s".repeat(length).into())
}

fn answer(verdict: Result<Verdict, Refusal>) -> Answer {
    match verdict {
        Ok(Verdict::Admitted) => None,
        Ok(Verdict::Missing(missing)) => Some(format!("missing {missing:?}")),
        Ok(Verdict::Refused(refusal)) | Err(refusal) => Some(refusal.word().to_owned()),
    }
}

fn judge(document: &Document, who: &ActorId, bytes: &[u8]) -> Answer {
    answer(gate::inspect(bytes).map(|change| gate::admit(document, who, &[change])))
}

/// Lets in the next change of an honest document with other operations.
fn with(operations: Vec<Op>) -> Answer {
    let (known, _, next) = document();
    judge(&known, &actor(1), &forge(&next, |change| change.operations = operations))
}

/// Returns operations that make a change of so many bytes.
fn filled(original: &[u8], length: usize) -> Vec<u8> {
    let mut last = length.saturating_sub(limits::STRING_BYTES * 3 + original.len());
    loop {
        let bytes = forge(original, |change| {
            let full = ["a", "b", "c"].map(|key| put(key, text(limits::STRING_BYTES)));
            change.operations =
                if length > limits::STRING_BYTES * 3 { full.to_vec() } else { vec![] };
            change.operations.push(put("d", text(last)));
        });
        if bytes.len() == length {
            return bytes;
        }
        last = (last + length).checked_sub(bytes.len()).unwrap();
    }
}

pub(crate) fn of_bytes(length: usize) -> Answer {
    let (known, _, next) = document();
    judge(&known, &actor(1), &filled(&next, length))
}

pub(crate) fn of_operations(count: usize) -> Answer {
    with((0..count).map(|index| put(&format!("k{index}"), ScalarValue::Null)).collect())
}

pub(crate) fn nested(depth: usize) -> Answer {
    let (known, _, next) = document();
    let bytes = forge(&next, |change| {
        let start = change.start_op.get();
        let make = |level: u64| {
            let mut op = put("x", ScalarValue::Null);
            op.action = OpType::Make(ObjType::Map);
            if level > 0 {
                op.obj = ObjectId::Id(OpId::new(start + level - 1, &change.actor_id));
            }
            op
        };
        change.operations = (0..depth as u64).map(make).collect();
    });
    judge(&known, &actor(1), &bytes)
}

pub(crate) fn with_key(length: usize) -> Answer {
    with(vec![put(&"k".repeat(length), ScalarValue::Null)])
}

pub(crate) fn with_string(length: usize) -> Answer {
    with(vec![put("x", text(length))])
}

pub(crate) fn of_level(level: usize) -> Answer {
    let (known, _, next) = document();
    let mut spelled = Vec::new();
    let mut rest = level;
    while rest >= 0x80 {
        spelled.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    spelled.push(rest as u8);
    let name = [&[0x13, 0xb2, 0x23, 0x09], &spelled[..], &[1; 16]].concat();
    let bytes = forge(&next, |change| {
        change.actor_id = ActorId::from(name);
        change.seq = 1;
        change.operations = vec![put("x", ScalarValue::Null)];
    });
    judge(&known, &actor(1), &bytes)
}

fn gap(bytes: &[u8], start: u64) -> Vec<u8> {
    forge(bytes, |change| {
        change.start_op = start.try_into().unwrap();
        change.operations = vec![put("x", ScalarValue::Null)];
    })
}

pub(crate) fn after_gap(distance: usize) -> Answer {
    let (known, genesis, next) = document();
    let highest = Change::from_bytes(genesis).unwrap().max_op();
    judge(&known, &actor(1), &gap(&next, highest + distance as u64))
}

/// Returns a document whose highest operation has this number, whatever the gate would say.
pub(crate) fn worn(highest: u64) -> Document {
    let (mut known, _, next) = document();
    known.apply(vec![gate::inspect(&gap(&next, highest)).unwrap()]).unwrap();
    known
}

pub(crate) fn up_to_operation(highest: usize) -> Answer {
    // What comes after the last number has none; letters are what people write most.
    let known = worn(limits::MAX_OP - 10);
    let bytes = forge(&followed(&known), |change| {
        change.start_op = (highest as u64).try_into().unwrap();
    });
    judge(&known, &actor(2), &bytes)
}

/// Returns the next change of somebody new: a letter in the title.
fn followed(known: &Document) -> Vec<u8> {
    use crdt_schema::document::{Edit, Splice};
    let splices = vec![Splice { at: 0, delete: 0, insert: "x".to_owned() }];
    let edit = Edit::Splice { path: crate::forge::path("/title"), splices };
    let base = known.heads();
    known.clone().edit(&actor(2), &base, &[edit], crate::forge::NOW).unwrap().remove(0)
}

/// Appends the change to a plain history: what it builds on, and operation numbers after it.
fn next_of(original: &ExpandedChange, before: &Change, who: ActorId, operation: Op) -> Change {
    let mut change = original.clone();
    change.hash = None;
    change.actor_id = who;
    change.seq = 1;
    change.deps = vec![before.hash()];
    change.start_op = (before.max_op() + 1).try_into().unwrap();
    change.operations = vec![operation];
    change.into()
}

fn plain(change: &Change) -> PlainChange {
    gate::inspect(change.raw_bytes()).unwrap()
}

pub(crate) fn numbered(number: usize) -> ActorId {
    let mut name = [9; 16];
    name[..4].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    ActorId::from(name.as_slice())
}

/// Returns a document with so many authors, each having written after the one before.
pub(crate) fn crowd(authors: usize) -> Document {
    /// Grown as needed: the next one asked for is larger.
    static GROWN: Mutex<Option<(usize, Document, Vec<u8>)>> = Mutex::new(None);
    let (known, genesis, next) = document();
    let mut grown = GROWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (had, mut document, last) =
        grown.take().filter(|(had, ..)| *had <= authors).unwrap_or((1, known, genesis));
    let original = Change::from_bytes(next).unwrap().decode();
    let mut last = Change::from_bytes(last).unwrap();
    let mut added = Vec::new();
    for author in had..authors {
        last = next_of(
            &original,
            &last,
            numbered(author),
            put(&format!("a{author}"), ScalarValue::Null),
        );
        added.push(plain(&last));
    }
    document.apply(added).unwrap();
    *grown = Some((authors, document.clone(), last.raw_bytes().to_vec()));
    document
}

/// Comes as the last of so many authors.
pub(crate) fn in_crowd(authors: usize) -> Answer {
    let known = crowd(authors - 1);
    judge(&known, &actor(2), &followed_unchecked(&known))
}

/// Like [`followed`], made from the outside: a writer of ours would not.
fn followed_unchecked(known: &Document) -> Vec<u8> {
    let (_, _, next) = document();
    let journal = known.journal();
    let last = Change::from_bytes(journal.last().unwrap().clone()).unwrap();
    let original = Change::from_bytes(next).unwrap().decode();
    next_of(&original, &last, actor(2), put("x", ScalarValue::Null)).raw_bytes().to_vec()
}

/// Names so many authors of values that it replaces, besides its own.
pub(crate) fn naming(others: usize) -> Answer {
    let (_, _, next) = document();
    let bytes = forge(&next, |change| {
        let mut op = put("x", ScalarValue::Null);
        op.pred =
            (0..others).map(|other| OpId::new(1, &numbered(other))).collect::<Vec<_>>().into();
        change.operations = vec![op];
    });
    answer(gate::inspect(&bytes).map(|_| Verdict::Admitted))
}

/// Builds on so many changes that were written side by side.
pub(crate) fn with_dependencies(count: usize) -> Answer {
    let (mut known, genesis, next) = document();
    let genesis = Change::from_bytes(genesis).unwrap();
    let original = Change::from_bytes(next).unwrap().decode();
    let sides: Vec<Change> = (0..count)
        .map(|side| {
            next_of(
                &original,
                &genesis,
                numbered(side),
                put(&format!("s{side}"), ScalarValue::Null),
            )
        })
        .collect();
    known.apply(sides.iter().map(plain).collect()).unwrap();
    let mut deps: Vec<ChangeHash> = sides.iter().map(Change::hash).collect();
    deps.sort_unstable();
    let mut change = original;
    change.hash = None;
    change.deps = deps;
    change.start_op = (genesis.max_op() + 2).try_into().unwrap();
    change.operations = vec![put("x", ScalarValue::Null)];
    let bytes = Change::from(change).raw_bytes().to_vec();
    judge(&known, &actor(1), &bytes)
}

/// Makes a change of so many bytes, given how to make one with a text of some length.
fn of_length(length: usize, make: impl Fn(usize) -> Change) -> Change {
    let mut value = length.saturating_sub(200);
    loop {
        let change = make(value);
        let made = change.raw_bytes().len();
        if made == length {
            return change;
        }
        value = (value + length).checked_sub(made).unwrap();
    }
}

/// A document that grows by changes of one author, each taking the place of the one before.
#[derive(Clone)]
struct Growing {
    document: Document,
    last: Change,
    seq: u64,
    bytes: usize,
}

impl Growing {
    fn new() -> Self {
        let (document, genesis, _) = document();
        let bytes = genesis.len();
        Self { document, last: Change::from_bytes(genesis).unwrap(), seq: 0, bytes }
    }

    fn grow(&mut self, until: usize) {
        /// As much as one text holds, and what else is in a change.
        const STEP: usize = 65_000;
        let original = Change::from_bytes(document().2).unwrap().decode();
        let mut added = Vec::new();
        while self.bytes < until {
            let left = until - self.bytes;
            // Nothing is left that is too short for a change.
            let length = if left > STEP + 1_000 { STEP } else { left.min(STEP) };
            self.seq += 1;
            self.last = of_length(length, |value| {
                let mut op = put("fill", text(value));
                if self.seq > 1 {
                    op.pred = vec![OpId::new(self.last.max_op(), &numbered(1))].into();
                }
                let next = next_of(&original, &self.last, numbered(1), op);
                let mut next = next.decode();
                next.seq = self.seq;
                next.into()
            });
            self.bytes += length;
            added.push(plain(&self.last));
        }
        self.document.apply(added).unwrap();
    }
}

/// Returns a document with room for so many bytes more.
pub(crate) fn large(room: usize) -> Document {
    static LARGE: Mutex<Option<Growing>> = Mutex::new(None);
    let mut kept = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
    let most = limits::DOCUMENT_BYTES;
    let large = kept.get_or_insert_with(|| {
        let mut growing = Growing::new();
        growing.grow(most - 100_000);
        growing
    });
    let mut one = large.clone();
    one.grow(most - room);
    one.document
}

/// Comes last in a document that then has so many bytes.
pub(crate) fn in_large_document(bytes: usize) -> Answer {
    const OWN: usize = 500;
    let known = large(limits::DOCUMENT_BYTES + OWN - bytes);
    let (_, _, next) = document();
    let last = Change::from_bytes(known.journal().pop().unwrap()).unwrap();
    let original = Change::from_bytes(next).unwrap().decode();
    let own = of_length(OWN, |value| next_of(&original, &last, actor(2), put("x", text(value))));
    judge(&known, &actor(2), own.raw_bytes())
}

/// Makes sure that `repair` and `data_start` stand for what the gate reads.
#[test]
fn a_repaired_change_is_the_same() {
    let (_, _, next) = document();
    let mut bytes = next.clone();
    bytes[4] ^= 1;
    repair(&mut bytes);
    assert!(data_start(&bytes) > 9);
    assert_eq!(bytes, next);
}

#[test]
fn a_document_with_all_the_authors_it_can_have_stays_open_to_them() {
    use crdt_schema::document::Edit;
    let full = crowd(limits::ACTORS_PER_DOCUMENT);
    let mut here = full.clone();
    let base = here.heads();
    let edit = Edit::Set { path: crate::forge::path("/x"), value: serde_json::json!(1) };
    let written = here.edit(&actor(1), &base, &[edit], crate::forge::NOW).unwrap();
    assert_eq!(judge(&full, &actor(1), &written[0]), None);
}
