//! Changes written as Automerge writes them, whose operations make no sense.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjType, ScalarValue};

use super::base::Material;
use super::chunk::scratched;
use super::dice::Dice;
use crate::forge::{actor, forge};

/// Alters an honest change. What cannot even be written is scratched instead.
fn altered(
    material: &Material,
    base: usize,
    dice: &mut Dice,
    alter: impl FnOnce(&mut ExpandedChange, &mut Dice),
) -> Vec<u8> {
    let original = &material.bases[base].original;
    catch_unwind(AssertUnwindSafe(|| forge(original, |change| alter(change, dice))))
        .unwrap_or_else(|_| scratched(material, base, dice))
}

fn expanded(bytes: &[u8]) -> ExpandedChange {
    Change::from_bytes(bytes.to_vec()).unwrap().decode()
}

/// Operations that have parts of each other, and of operations of other changes.
pub(crate) fn chimera(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let donor = expanded(&dice.pick(&material.bases).original);
    altered(material, base, dice, |change, dice| {
        for _ in 0..=dice.roll(3) {
            let own = change.operations.clone();
            let is_foreign = dice.roll(3) == 0;
            let from = dice.pick(if is_foreign { &donor.operations } else { &own }).clone();
            let at = dice.roll(own.len());
            let operation = &mut change.operations[at];
            match dice.roll(10) {
                0 => operation.obj = from.obj.clone(),
                1 => operation.key = from.key.clone(),
                2 => operation.pred = from.pred.clone(),
                3 => operation.action = from.action.clone(),
                4 => operation.insert = !operation.insert,
                5 => operation.action = OpType::Delete,
                6 => change.operations.swap(at, dice.roll(own.len())),
                7 => change.operations.insert(at, from),
                8 => change.operations.truncate(at + 1),
                _ => {
                    if own.len() > 1 {
                        change.operations.remove(at);
                    }
                }
            }
        }
    })
}

/// One thing in one operation altered.
pub(crate) fn altered_operation(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    altered(material, base, dice, |change, dice| {
        let ids = names(change);
        let at = dice.roll(change.operations.len());
        let operation = &mut change.operations[at];
        match dice.roll(6) {
            0 => operation.obj = ObjectId::Id(near(&ids, dice)),
            1 => operation.key = Key::Seq(ElementId::Id(near(&ids, dice))),
            2 => operation.key = Key::Map(key(dice).into()),
            3 => {
                operation.pred =
                    (0..dice.roll(4)).map(|_| near(&ids, dice)).collect::<Vec<_>>().into();
            }
            4 => operation.action = OpType::Put(value(dice)),
            _ => operation.action = action(dice),
        }
    })
}

/// Returns the names of operations that a change speaks of.
fn names(change: &ExpandedChange) -> Vec<OpId> {
    let mut names: Vec<OpId> = (0..change.operations.len() as u64)
        .map(|index| OpId::new(change.start_op.get() + index, &change.actor_id))
        .collect();
    for operation in &change.operations {
        if let ObjectId::Id(id) = &operation.obj {
            names.push(id.clone());
        }
        names.extend(operation.key.to_opid());
        names.extend(operation.pred.iter().cloned());
    }
    names
}

/// Returns such a name, or one beside it, or one of somebody else.
fn near(names: &[OpId], dice: &mut Dice) -> OpId {
    let OpId(counter, author) = dice.pick(names).clone();
    match dice.roll(5) {
        0 => OpId(counter.wrapping_add(1), author),
        1 => OpId(counter.saturating_sub(1), author),
        2 => OpId(counter, actor(1 + (dice.byte() & 3))),
        3 => OpId(dice.odd_number(), author),
        _ => OpId(counter, author),
    }
}

fn key(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => String::new(),
        1 => "k".repeat(254 + dice.roll(5)),
        2 => "_positions".to_owned(),
        3 => "\u{0}\u{202e}/~0".to_owned(),
        4 => "status".to_owned(),
        _ => format!("{}@{}", dice.roll(30), actor(1)),
    }
}

fn value(dice: &mut Dice) -> ScalarValue {
    match dice.roll(14) {
        0 => ScalarValue::Str("s".repeat(65_530 + dice.roll(12)).into()),
        1 => ScalarValue::Str("\u{0}\u{feff}\u{10ffff}".into()),
        2 => ScalarValue::Str("".into()),
        3 => ScalarValue::Int(dice.next() as i64),
        4 => ScalarValue::Uint(dice.odd_number()),
        5 => ScalarValue::F64(f64::from_bits(dice.next())),
        6 => ScalarValue::F64([f64::NAN, f64::INFINITY, -0.0, f64::MIN_POSITIVE][dice.roll(4)]),
        7 => ScalarValue::Bytes(vec![dice.byte(); dice.roll(20)]),
        8 => ScalarValue::counter(dice.next() as i64),
        9 => ScalarValue::Timestamp(dice.next() as i64),
        10 => ScalarValue::Unknown { type_code: 10 + (dice.byte() % 6), bytes: vec![1, 2] },
        11 => ScalarValue::Boolean(true),
        12 => ScalarValue::Str("é".into()),
        _ => ScalarValue::Null,
    }
}

fn action(dice: &mut Dice) -> OpType {
    match dice.roll(9) {
        0 => OpType::Make(ObjType::Map),
        1 => OpType::Make(ObjType::List),
        2 => OpType::Make(ObjType::Text),
        3 => OpType::Make(ObjType::Table),
        4 => OpType::Increment(dice.next() as i64),
        5 => OpType::MarkBegin(MarkData {
            name: "bold".into(),
            value: ScalarValue::Null,
            expand: true,
        }),
        6 => OpType::MarkEnd(false),
        7 => OpType::Delete,
        _ => OpType::Put(value(dice)),
    }
}

/// What the change says of itself altered.
pub(crate) fn claims(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let donor = expanded(&dice.pick(&material.bases).original);
    altered(material, base, dice, |change, dice| match dice.roll(8) {
        0 => change.seq = dice.odd_number(),
        1 => change.seq = dice.next() % 5,
        2 => change.start_op = dice.odd_number().max(1).try_into().unwrap(),
        3 => {
            let start = change.start_op.get() + dice.next() % 70_000;
            change.start_op = start.try_into().unwrap();
        }
        4 => change.time = dice.odd_number() as i64,
        5 => change.deps = donor.deps,
        6 => {
            change.actor_id = donor.actor_id;
            change.seq = 1 + dice.next() % 2;
        }
        _ => {
            let level = super::chunk::leb(dice.odd_number());
            let bytes = [&[0x13, 0xb2, 0x23, 0x09], &level[..], &[1; 16]].concat();
            change.actor_id = ActorId::from(bytes);
            change.seq = 1;
        }
    })
}

/// Objects in objects, written in the same change or put into what was there.
pub(crate) fn nested(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    altered(material, base, dice, |change, dice| {
        let start = change.start_op.get();
        let depth = if dice.roll(20) == 0 { 2_000 } else { 1 + dice.roll(24) };
        let outer = change.operations.iter().map(|op| op.obj.clone()).collect::<Vec<_>>();
        let outer = dice.pick(&outer).clone();
        let mut in_list = change.operations.iter().any(|op| op.obj == outer && op.insert);
        let mut operations = Vec::new();
        for level in 0..depth as u64 {
            let as_list = dice.roll(2) == 0;
            let obj = match level {
                0 => outer.clone(),
                _ => ObjectId::Id(OpId::new(start + level - 1, &change.actor_id)),
            };
            let key = if in_list { Key::Seq(ElementId::Head) } else { Key::Map("nested".into()) };
            let kind = if as_list { ObjType::List } else { ObjType::Map };
            let pred = Vec::new().into();
            operations.push(Op { action: OpType::Make(kind), obj, key, pred, insert: in_list });
            in_list = as_list;
        }
        change.operations = operations;
    })
}

/// The same operation over and over.
pub(crate) fn repeated(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    altered(material, base, dice, |change, dice| {
        let one = dice.pick(&change.operations).clone();
        let times = if dice.roll(60) == 0 { 9_990 + dice.roll(20) } else { dice.roll(40) };
        let at = dice.roll(change.operations.len());
        change.operations.splice(at..at, std::iter::repeat_n(one, times));
    })
}
