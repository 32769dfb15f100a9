//! The outline of a change chunk, taken apart and put together with true lengths.

use super::base::Material;
use super::dice::Dice;
use crate::forge::{data_start, repair};

/// What stands in a change chunk.
#[derive(Clone)]
pub(crate) struct Chunk {
    deps: Vec<Vec<u8>>,
    actor: Vec<u8>,
    seq: u64,
    start_op: u64,
    /// Signed LEB128, as it stands.
    time: Vec<u8>,
    message: Vec<u8>,
    others: Vec<Vec<u8>>,
    columns: Vec<(u64, Vec<u8>)>,
    extra: Vec<u8>,
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken.to_vec()
    }

    fn leb(&mut self) -> Vec<u8> {
        let length = self.0.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
        self.take(length)
    }

    fn number(&mut self) -> u64 {
        self.leb().iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
    }

    fn prefixed(&mut self) -> Vec<u8> {
        let length = usize::try_from(self.number()).unwrap();
        self.take(length)
    }
}

pub(crate) fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn put(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend(leb(text.len() as u64));
    bytes.extend_from_slice(text);
}

impl Chunk {
    /// Takes an honest change apart.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut rest = Reader(&bytes[data_start(bytes)..]);
        let deps = (0..rest.number()).map(|_| rest.take(32)).collect();
        let (actor, seq, start_op) = (rest.prefixed(), rest.number(), rest.number());
        let (time, message) = (rest.leb(), rest.prefixed());
        let others = (0..rest.number()).map(|_| rest.prefixed()).collect();
        let outline: Vec<(u64, u64)> =
            (0..rest.number()).map(|_| (rest.number(), rest.number())).collect();
        let columns = outline
            .into_iter()
            .map(|(column, length)| (column, rest.take(usize::try_from(length).unwrap())))
            .collect();
        Self { deps, actor, seq, start_op, time, message, others, columns, extra: rest.0.to_vec() }
    }

    /// Puts it together with true lengths and a true checksum.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, 0];
        bytes.extend(leb(self.deps.len() as u64));
        bytes.extend(self.deps.concat());
        put(&mut bytes, &self.actor);
        bytes.extend(leb(self.seq));
        bytes.extend(leb(self.start_op));
        bytes.extend_from_slice(&self.time);
        put(&mut bytes, &self.message);
        bytes.extend(leb(self.others.len() as u64));
        self.others.iter().for_each(|actor| put(&mut bytes, actor));
        bytes.extend(leb(self.columns.len() as u64));
        for (column, data) in &self.columns {
            bytes.extend(leb(*column));
            bytes.extend(leb(data.len() as u64));
        }
        self.columns.iter().for_each(|(_, data)| bytes.extend_from_slice(data));
        bytes.extend_from_slice(&self.extra);
        repair(&mut bytes);
        bytes
    }
}

/// Alters, takes out or puts in a byte.
pub(crate) fn scratch(bytes: &mut Vec<u8>, from: usize, dice: &mut Dice) {
    let at = from + dice.roll(bytes.len().saturating_sub(from));
    if at >= bytes.len() {
        return bytes.push(dice.byte());
    }
    match dice.roll(6) {
        0 | 1 => bytes[at] ^= 1 << dice.roll(8),
        2 => bytes[at] = dice.byte(),
        3 => drop(bytes.remove(at)),
        4 => bytes[at] = bytes[at].wrapping_add(if dice.roll(2) == 0 { 1 } else { 0xff }),
        _ => bytes.insert(at, dice.byte()),
    }
}

/// Any bytes of the change altered.
pub(crate) fn scratched(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = material.bases[base].original.clone();
    let from = data_start(&bytes);
    for _ in 0..=dice.roll(3) {
        scratch(&mut bytes, from, dice);
    }
    repair(&mut bytes);
    bytes
}

/// Columns altered, exchanged, left out, doubled, taken from elsewhere, or called something else.
pub(crate) fn columns(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let mut chunk = Chunk::parse(&material.bases[base].original);
    let donor = Chunk::parse(&dice.pick(&material.bases).original);
    for _ in 0..=dice.roll(2) {
        let at = dice.roll(chunk.columns.len());
        let other = dice.roll(chunk.columns.len());
        let kind = dice.roll(12);
        let Some((column, data)) = chunk.columns.get_mut(at) else { break };
        match kind {
            0..=3 => scratch(data, 0, dice),
            4 => *column = dice.odd_number(),
            5 => *column ^= 1 << dice.roll(9),
            6 => data.extend(data.clone()),
            7 => data.truncate(dice.roll(data.len())),
            8 => data.splice(0..1.min(data.len()), leb(dice.odd_number())).for_each(drop),
            9 => data.clone_from(&dice.pick(&donor.columns).1),
            10 => drop(chunk.columns.remove(at)),
            _ => {
                let spare = chunk.columns[other].1.clone();
                chunk.columns[other].1 = std::mem::replace(&mut chunk.columns[at].1, spare);
            }
        }
    }
    chunk.bytes()
}

/// What stands before the columns altered: actors, numbers, time, what it builds on.
pub(crate) fn header(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let mut chunk = Chunk::parse(&material.bases[base].original);
    let donor = Chunk::parse(&dice.pick(&material.bases).original);
    for _ in 0..=dice.roll(2) {
        match dice.roll(14) {
            0 => chunk.seq = dice.odd_number(),
            1 => chunk.start_op = dice.odd_number(),
            2 => chunk.start_op = chunk.start_op.wrapping_add(dice.next() % 70_000),
            3 => chunk.time = leb(dice.odd_number()),
            4 => scratch(&mut chunk.message, 0, dice),
            5 => scratch(&mut chunk.extra, 0, dice),
            6 => scratch(&mut chunk.actor, 0, dice),
            7 => chunk.actor.clone_from(&donor.actor),
            8 => chunk.others.clone_from(&donor.others),
            9 => chunk.others.push(chunk.actor.clone()),
            10 => chunk.others.reverse(),
            11 => chunk.others.push(vec![dice.byte(); dice.roll(40)]),
            12 => chunk.deps.clone_from(&donor.deps),
            _ => dependencies(&mut chunk.deps, dice),
        }
    }
    chunk.bytes()
}

fn dependencies(deps: &mut Vec<Vec<u8>>, dice: &mut Dice) {
    match dice.roll(5) {
        0 => deps.extend(deps.clone()),
        1 => deps.reverse(),
        2 => deps.push(vec![dice.byte(); 32]),
        3 => drop(deps.pop()),
        _ => {
            if let Some(dep) = deps.first_mut() {
                dep[dice.roll(32)] ^= 1 << dice.roll(8);
            }
        }
    }
}

/// The front of one change and the back of another.
pub(crate) fn spliced(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let front = &material.bases[base].original;
    let back = &dice.pick(&material.bases).original;
    let mut bytes = if dice.roll(2) == 0 {
        let (mut ours, theirs) = (Chunk::parse(front), Chunk::parse(back));
        ours.columns = theirs.columns;
        if dice.roll(2) == 0 {
            ours.others = theirs.others;
        }
        ours.bytes()
    } else {
        let from = data_start(back) + dice.roll(back.len() - data_start(back));
        let until = data_start(front) + dice.roll(front.len() - data_start(front));
        [&front[..until], &back[from..]].concat()
    };
    repair(&mut bytes);
    bytes
}

/// A number that tells a length or a count, spelled longer or far too high.
pub(crate) fn lengths(material: &Material, base: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = material.bases[base].original.clone();
    let at = data_start(&bytes) + dice.roll(bytes.len() - data_start(&bytes));
    let spelled = match dice.roll(3) {
        0 => [vec![bytes[at] | 0x80; 1], vec![0x80; dice.roll(11)], vec![0]].concat(),
        1 => leb(dice.odd_number()),
        _ => vec![0xff; dice.roll(12)],
    };
    bytes.splice(at..=at, spelled);
    repair(&mut bytes);
    bytes
}

/// What is no plain change: as it is, scratched, or called a plain change with a true checksum.
pub(crate) fn others(material: &Material, _: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.pick(&material.others).clone();
    for _ in 0..dice.roll(4) {
        scratch(&mut bytes, 0, dice);
    }
    if dice.roll(2) == 0 && bytes.len() > 10 {
        bytes[..4].copy_from_slice(&[0x85, 0x6f, 0x4a, 0x83]);
        bytes[8] = if dice.roll(4) == 0 { dice.byte() } else { 1 };
        repair(&mut bytes);
    }
    bytes
}
