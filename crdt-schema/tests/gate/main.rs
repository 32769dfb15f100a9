//! The gate: what is honest passes, what is not is refused for its own reason, and nothing that passes does harm.
#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod forge;
mod run;
mod mutants;

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{ActorId, Change, ObjType, ScalarValue};
use crdt_schema::document::{Document, Edit};
use crdt_schema::gate::{self, PlainChange, Refusal, Verdict};
use crdt_schema::heads::Heads;
use crdt_schema::limits;
use serde_json::json;

use forge::{NOW, actor, document, forge, path, repair};

fn judge(document: &Document, bytes: &[u8]) -> Result<Verdict, Refusal> {
    Ok(gate::admit(document, &actor(1), &[gate::inspect(bytes)?]))
}

fn refusal(document: &Document, bytes: &[u8]) -> Option<Refusal> {
    match judge(document, bytes) {
        Ok(Verdict::Admitted | Verdict::Missing(_)) => None,
        Ok(Verdict::Refused(refusal)) | Err(refusal) => Some(refusal),
    }
}

fn root_op(key: &str, action: OpType) -> automerge::legacy::Op {
    automerge::legacy::Op {
        action,
        obj: ObjectId::Root,
        key: Key::Map(key.into()),
        pred: Vec::new().into(),
        insert: false,
    }
}

#[test]
fn an_honest_change_is_admitted_and_means_the_same() {
    let (mut known, genesis, next) = document();
    let mut other = Document::empty();
    for bytes in [&genesis, &next] {
        let change = gate::inspect(bytes).unwrap();
        assert_eq!(change.bytes(), &bytes[..]);
        assert!(matches!(
            gate::admit(&other, &actor(1), std::slice::from_ref(&change)),
            Verdict::Admitted
        ));
        other.apply(vec![change.clone()]).unwrap();
        // What is known already is harmless.
        assert!(matches!(gate::admit(&other, &actor(1), &[change]), Verdict::Admitted));
    }
    known.apply(vec![gate::inspect(&next).unwrap()]).unwrap();
    assert_eq!(other.content(), known.content());
    assert_eq!(other.content()["title"], "Cash🙂éfirst");
}

#[test]
fn changes_of_one_envelope_may_build_on_each_other_and_say_what_is_missing() {
    let (known, genesis, next) = document();
    let both: Vec<PlainChange> =
        [&genesis, &next].map(|bytes| gate::inspect(bytes).unwrap()).to_vec();
    assert!(matches!(gate::admit(&Document::empty(), &actor(1), &both), Verdict::Admitted));
    let verdict = gate::admit(&Document::empty(), &actor(1), &both[1..]);
    let Verdict::Missing(missing) = verdict else { panic!("{verdict:?}") };
    assert_eq!(Heads::from(missing), known.heads());
}

#[test]
fn bytes_that_are_no_plain_change_are_refused() {
    let (known, genesis, next) = document();
    let mut compressed = genesis.clone();
    let mut whole = Change::from_bytes(genesis.clone()).unwrap();
    let long = forge(&genesis, |change| change.extra_bytes = vec![0; 400]);
    let mut squeezed = Change::from_bytes(long).unwrap();
    compressed[8] = 2;
    let with = |alter: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = next.clone();
        alter(&mut bytes);
        bytes
    };
    let cases = [
        ("nothing", Vec::new(), Refusal::NotAChange),
        ("too long", vec![0; limits::CHANGE_BYTES + 1], Refusal::TooLong),
        ("other magic", with(&|bytes| bytes[0] = 0), Refusal::NotAChange),
        ("compressed by name", compressed, Refusal::NotAChange),
        ("compressed", squeezed.bytes().into_owned(), Refusal::NotAChange),
        ("a document", known.save(), Refusal::NotAChange),
        ("two chunks", [whole.bytes().into_owned(), next.clone()].concat(), Refusal::NotAChange),
        ("two plain chunks", [next.clone(), next.clone()].concat(), Refusal::NotOneChunk),
        ("cut off", with(&|bytes| bytes.truncate(bytes.len() - 1)), Refusal::NotOneChunk),
        ("a false checksum", with(&|bytes| bytes[4] ^= 1), Refusal::Checksum),
        ("a flipped bit", with(&|bytes| *bytes.last_mut().unwrap() ^= 1), Refusal::Checksum),
        ("extra bytes", forge(&next, |change| change.extra_bytes = vec![7]), Refusal::Extras),
        (
            "a message",
            forge(&next, |change| change.message = Some("hello".to_owned())),
            Refusal::Extras,
        ),
        ("a time before time", forge(&next, |change| change.time = -1), Refusal::Time),
        ("a time after time", forge(&next, |change| change.time = i64::MAX), Refusal::Time),
        ("no operation", forge(&next, |change| change.operations.clear()), Refusal::Empty),
        (
            "a high operation number",
            forge(&next, |change| change.start_op = limits::MAX_OP.try_into().unwrap()),
            Refusal::OperationNumber,
        ),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(refusal(&known, &bytes), Some(expected), "{name}");
    }
}

#[test]
fn a_few_bytes_cannot_stand_for_many_operations() {
    let (known, _, next) = document();
    // The first run of each column is made as long as can be written in as many bytes as it had.
    let mut bytes = forge(&next, |change| {
        let one = root_op("x", OpType::Put(ScalarValue::Null));
        change.operations = (0..9_000).map(|_| one.clone()).collect();
    });
    assert_eq!(
        refusal(&known, &bytes),
        Some(Refusal::UnknownTarget),
        "each replaces what the one before wrote, or else is refused"
    );
    let run = [0xa8, 0xc6, 0x00];
    let at = bytes.windows(3).position(|window| window == run);
    let at = at.unwrap();
    bytes[at..at + 3].copy_from_slice(&[0xff, 0xff, 0x3f]);
    repair(&mut bytes);
    assert_eq!(refusal(&known, &bytes), Some(Refusal::TooManyOperations));
    let many = forge(&next, |change| {
        let one = root_op("x", OpType::Put(ScalarValue::Null));
        change.operations = (0..=limits::CHANGE_OPS).map(|_| one.clone()).collect();
    });
    assert_eq!(refusal(&known, &many), Some(Refusal::TooManyOperations));
}

#[test]
fn a_change_must_follow_what_it_builds_on() {
    let (known, genesis, next) = document();
    let first = Change::from_bytes(genesis.clone()).unwrap().hash();
    let mut grown = known.clone();
    grown.apply(vec![gate::inspect(&next).unwrap()]).unwrap();
    let second = grown.heads().as_slice()[0];
    let cases: [(&str, &Document, Vec<u8>, Refusal); 8] = [
        (
            "another first change",
            &known,
            forge(&genesis, |change| change.time = 5),
            Refusal::SecondGenesis,
        ),
        (
            "a place that is taken",
            &grown,
            forge(&next, |change| change.time = 5),
            Refusal::Sequence,
        ),
        ("a place left out", &known, forge(&next, |change| change.seq = 3), Refusal::Sequence),
        (
            "operation numbers used before",
            &known,
            forge(&next, |change| change.start_op = 5.try_into().unwrap()),
            Refusal::OperationNumber,
        ),
        (
            "operation numbers far ahead",
            &known,
            forge(&next, |change| {
                change.start_op = (change.start_op.get() + limits::OP_GAP).try_into().unwrap();
            }),
            Refusal::OperationNumber,
        ),
        (
            "the same dependency twice",
            &known,
            forge(&next, |change| change.deps = vec![first, first]),
            Refusal::Dependencies,
        ),
        (
            "a dependency of a dependency",
            &grown,
            forge(&next, |change| {
                change.deps = vec![first, second];
                change.seq = 3;
            }),
            Refusal::Dependencies,
        ),
        (
            "somebody else's name",
            &known,
            forge(&next, |change| change.actor_id = actor(9)),
            Refusal::ForeignActor,
        ),
    ];
    for (name, document, bytes, expected) in cases {
        assert_eq!(refusal(document, &bytes), Some(expected), "{name}");
    }
}

#[test]
fn only_levels_of_the_own_actor_belong_to_it() {
    let (known, _, next) = document();
    let derived = |level: &[u8]| [&[0x13, 0xb2, 0x23, 0x09], level, &[1; 16]].concat();
    for (level, belongs) in [
        (vec![1], true),
        (vec![0x80, 0x20], true),
        (vec![0x81, 0x20], false),
        (vec![0], false),
        (vec![0x81, 0], false),
        (vec![], false),
    ] {
        let bytes = forge(&next, |change| {
            change.actor_id = ActorId::from(derived(&level));
            change.seq = 1;
            change.operations = vec![root_op("x", OpType::Put(ScalarValue::Null))];
        });
        let expected = if belongs { None } else { Some(Refusal::ForeignActor) };
        assert_eq!(refusal(&known, &bytes), expected, "{level:?}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_change_does_only_what_edits_do() {
    let (known, genesis, next) = document();
    let expanded = Change::from_bytes(genesis).unwrap().decode();
    let start = expanded.start_op.get();
    let made = |key: &str| {
        let at = expanded.operations.iter().position(|op| op.key == Key::Map(key.into())).unwrap();
        OpId::new(start + at as u64, &expanded.actor_id)
    };
    let letter = {
        let at = expanded
            .operations
            .iter()
            .position(|op| op.insert && op.obj == ObjectId::Id(made("title")))
            .unwrap();
        OpId::new(start + at as u64, &expanded.actor_id)
    };
    let mut in_title = root_op("x", OpType::Put(ScalarValue::Str("a".into())));
    in_title.obj = ObjectId::Id(made("title"));
    in_title.key = Key::Seq(ElementId::Id(letter.clone()));
    in_title.insert = true;
    let alter = |change: &dyn Fn(&mut automerge::legacy::Op)| {
        let mut op = in_title.clone();
        change(&mut op);
        op
    };
    let put = |value: ScalarValue| root_op("x", OpType::Put(value));
    let cases = [
        ("a letter", in_title.clone(), None),
        ("a field", put(ScalarValue::Int(1)), None),
        ("bytes", put(ScalarValue::Bytes(vec![1])), Some(Refusal::Action)),
        ("a counter", put(ScalarValue::counter(1)), Some(Refusal::Action)),
        ("a timestamp", put(ScalarValue::Timestamp(1)), Some(Refusal::Action)),
        ("no number", put(ScalarValue::F64(f64::NAN)), Some(Refusal::Action)),
        ("an increment", root_op("x", OpType::Increment(1)), Some(Refusal::Action)),
        ("a table", root_op("x", OpType::Make(ObjType::Table)), Some(Refusal::Action)),
        ("a mark", alter(&|op| op.action = OpType::MarkEnd(true)), Some(Refusal::Action)),
        (
            "a block in a text",
            alter(&|op| op.action = OpType::Make(ObjType::Map)),
            Some(Refusal::Action),
        ),
        ("a field without a name", root_op("", OpType::Put(ScalarValue::Null)), Some(Refusal::Key)),
        (
            "a long name",
            root_op(&"k".repeat(limits::KEY_BYTES + 1), OpType::Put(ScalarValue::Null)),
            Some(Refusal::Key),
        ),
        (
            "the longest name",
            root_op(&"k".repeat(limits::KEY_BYTES), OpType::Put(ScalarValue::Null)),
            None,
        ),
        (
            "a long string",
            put(ScalarValue::Str("s".repeat(limits::STRING_BYTES + 1).into())),
            Some(Refusal::TooLong),
        ),
        (
            "the longest string",
            put(ScalarValue::Str("s".repeat(limits::STRING_BYTES).into())),
            None,
        ),
        (
            "two letters in one",
            alter(&|op| op.action = OpType::Put(ScalarValue::Str("ab".into()))),
            Some(Refusal::Action),
        ),
        (
            "a number in a text",
            alter(&|op| op.action = OpType::Put(ScalarValue::Int(1))),
            Some(Refusal::Action),
        ),
        ("an exchanged letter", alter(&|op| op.insert = false), Some(Refusal::Action)),
        ("a field of a text", alter(&|op| op.key = Key::Map("x".into())), Some(Refusal::Action)),
        ("a place in a map", alter(&|op| op.obj = ObjectId::Root), Some(Refusal::Action)),
        (
            "a letter of another text",
            alter(&|op| op.obj = ObjectId::Id(made("detail"))),
            Some(Refusal::UnknownTarget),
        ),
        (
            "an object that is none",
            alter(&|op| op.obj = ObjectId::Id(letter.clone())),
            Some(Refusal::UnknownTarget),
        ),
        (
            "an object nobody made",
            alter(&|op| op.obj = ObjectId::Id(OpId::new(999_999, &actor(1)))),
            Some(Refusal::UnknownTarget),
        ),
        (
            "a letter nobody wrote",
            alter(&|op| op.key = Key::Seq(ElementId::Id(OpId::new(4, &actor(7))))),
            Some(Refusal::UnknownTarget),
        ),
        (
            "a replaced value nobody wrote",
            {
                let mut op = put(ScalarValue::Null);
                op.pred = vec![OpId::new(2, &actor(7))].into();
                op
            },
            Some(Refusal::UnknownTarget),
        ),
        (
            "a replaced value of another field",
            {
                let mut op = put(ScalarValue::Null);
                op.pred = vec![made("status")].into();
                op
            },
            Some(Refusal::UnknownTarget),
        ),
        (
            "a field that hides what was there",
            root_op("status", OpType::Put(ScalarValue::Null)),
            Some(Refusal::UnknownTarget),
        ),
        ("a deleted nothing", root_op("x", OpType::Delete), Some(Refusal::Action)),
        (
            "a letter deleted for another",
            alter(&|op| {
                op.action = OpType::Delete;
                op.insert = false;
                op.pred = vec![made("title")].into();
            }),
            Some(Refusal::Action),
        ),
        (
            "a deleted letter",
            alter(&|op| {
                op.action = OpType::Delete;
                op.insert = false;
                op.pred = vec![letter.clone()].into();
            }),
            None,
        ),
    ];
    for (name, op, expected) in cases {
        let bytes = forge(&next, |change| change.operations = vec![op]);
        assert_eq!(refusal(&known, &bytes), expected, "{name}");
    }
}

#[test]
fn nothing_nests_deeper_than_the_limit() {
    let (known, _, next) = document();
    let nested = |depth: usize| {
        forge(&next, |change| {
            let start = change.start_op.get();
            change.operations = (0..depth)
                .map(|level| {
                    let mut op = root_op("x", OpType::Make(ObjType::Map));
                    if level > 0 {
                        op.obj =
                            ObjectId::Id(OpId::new(start + level as u64 - 1, &change.actor_id));
                    }
                    op
                })
                .collect();
        })
    };
    assert_eq!(refusal(&known, &nested(limits::DEPTH)), None);
    assert_eq!(refusal(&known, &nested(limits::DEPTH + 1)), Some(Refusal::Depth));
    assert_eq!(refusal(&known, &nested(300)), Some(Refusal::Depth));
}

#[test]
fn what_somebody_else_removed_meanwhile_may_still_be_edited() {
    let (known, _, _) = document();
    let (mut one, mut two) = (known.clone(), known);
    let gone = one
        .edit(&actor(2), &one.heads(), &[Edit::Remove { path: path("/body/steps/1") }], NOW)
        .unwrap();
    let set = |path_text: &str| Edit::Set { path: path(path_text), value: json!("Refer gently") };
    let kept = two
        .edit(
            &actor(1),
            &two.heads(),
            &[set("/body/steps/1/detail"), set("/body/steps/1/next"), set("/body/steps/1/extra")],
            NOW,
        )
        .unwrap();
    for bytes in kept {
        assert_eq!(refusal(&one, &bytes), None);
        one.apply(vec![gate::inspect(&bytes).unwrap()]).unwrap();
    }
    for bytes in gone {
        let change = gate::inspect(&bytes).unwrap();
        assert!(matches!(
            gate::admit(&two, &actor(2), std::slice::from_ref(&change)),
            Verdict::Admitted
        ));
        two.apply(vec![change]).unwrap();
    }
    assert_eq!(one.content(), two.content());
}

#[test]
fn a_verdict_does_not_depend_on_what_else_is_here() {
    let (known, _, next) = document();
    let mut other = known.clone();
    for number in 0..4 {
        let edits = [
            Edit::Set { path: path("/status"), value: json!(number) },
            Edit::Insert {
                list: path("/body/steps"),
                after: None,
                value: json!({"detail": "other"}),
            },
        ];
        other.edit(&actor(3), &other.heads(), &edits, NOW).unwrap();
    }
    assert_eq!(refusal(&other, &next), None);
    // A change may not use what it does not build on, even where it is here.
    let theirs = other.items(&path("/body/steps"))[0].to_string();
    let (counter, _) = theirs.split_once('@').unwrap();
    let forged = forge(&next, |change| {
        let mut op = root_op("x", OpType::Put(ScalarValue::Null));
        op.obj = ObjectId::Id(OpId::new(counter.parse().unwrap(), &actor(3)));
        change.operations = vec![op];
        change.start_op = 4_000.try_into().unwrap();
    });
    assert_eq!(refusal(&other, &forged), Some(Refusal::UnknownTarget));
    assert_eq!(refusal(&known, &forged), Some(Refusal::UnknownTarget));
}
