//! Reads a change chunk's outline before Automerge does.
//!
//! Columns are run-length encoded: ten bytes can stand for as many operations as there are numbers, and Automerge
//! would set out to list them. Here runs are only counted.

use sha2::{Digest, Sha256};

use super::Refusal;
use crate::limits;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The chunk type of a change that is not compressed.
const CHANGE: u8 = 1;
/// Bounds what the lists of predecessors may add up to. An edit of a settled field has one for each rival value.
const PREDECESSORS: u64 = 2 * limits::CHANGE_OPS as u64;
/// Make a map, set a value, make a list, delete, make a text.
const HIGHEST_ACTION: u64 = 4;

/// Checks the outline of one chunk: a plain change, whole, with a true checksum, and within the limits.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > limits::CHANGE_BYTES {
        return Err(Refusal::TooLong);
    }
    let mut rest = Bytes(bytes);
    if rest.take(4) != Some(&MAGIC) {
        return Err(Refusal::NotAChange);
    }
    let checksum = rest.take(4).ok_or(Refusal::NotAChange)?;
    let hashed = rest.0;
    if rest.take(1) != Some(&[CHANGE]) {
        return Err(Refusal::NotAChange);
    }
    let length = rest.length().ok_or(Refusal::NotAChange)?;
    if rest.0.len() != length {
        return Err(Refusal::NotOneChunk);
    }
    if Sha256::digest(hashed).get(..4) != Some(checksum) {
        return Err(Refusal::Checksum);
    }
    body(rest).ok_or(Refusal::Malformed)?
}

/// Checks what stands in the chunk; nothing if it ends too early.
fn body(mut rest: Bytes<'_>) -> Option<Result<(), Refusal>> {
    let deps = rest.length()?;
    if deps > limits::DEPENDENCIES {
        return Some(Err(Refusal::Dependencies));
    }
    rest.take(deps.checked_mul(32)?)?;
    rest.prefixed()?;
    let _seq = rest.unsigned()?;
    let start_op = rest.unsigned()?;
    let _time = rest.signed()?;
    if !rest.prefixed()?.is_empty() {
        return Some(Err(Refusal::Extras));
    }
    let others = rest.length()?;
    if others > limits::ACTORS_PER_DOCUMENT {
        return Some(Err(Refusal::Actors));
    }
    for _ in 0..others {
        rest.prefixed()?;
    }
    let count = rest.length()?;
    let mut outline = Vec::new();
    for _ in 0..count {
        outline.push((rest.unsigned()?, rest.length()?));
    }
    let mut operations = 0;
    for (column, length) in outline {
        match rows(column, Bytes(rest.take(length)?))? {
            Ok(rows) => operations = rows.max(operations),
            Err(refusal) => return Some(Err(refusal)),
        }
    }
    if !rest.0.is_empty() {
        return Some(Err(Refusal::Extras));
    }
    let last = start_op.checked_add(operations.saturating_sub(1))?;
    Some(if last > limits::MAX_OP { Err(Refusal::OperationNumber) } else { Ok(()) })
}

/// Counts the rows of a column; nothing if it cannot be read.
fn rows(column: u64, mut data: Bytes<'_>) -> Option<Result<u64, Refusal>> {
    let operations = limits::CHANGE_OPS as u64;
    let mut total = 0_u64;
    let mut weight = 0_u64;
    let limit = if matches!(column, 0x71 | 0x73) { PREDECESSORS } else { operations };
    if column == 0x57 {
        // The bytes of values have no rows of their own.
        return Some(Ok(0));
    }
    if column == 0x34 {
        while !data.0.is_empty() {
            total = total.checked_add(data.unsigned()?)?;
        }
        return Some(if total > limit { Err(Refusal::TooManyOperations) } else { Ok(total) });
    }
    while !data.0.is_empty() {
        let run = data.signed()?;
        let (literals, repeat) = match run {
            0 => {
                total = total.checked_add(data.unsigned()?)?;
                (0, 0)
            }
            1.. => (1, run.unsigned_abs()),
            _ => (run.unsigned_abs(), 1),
        };
        total = total.checked_add(literals.checked_mul(repeat)?)?;
        if total > limit {
            return Some(Err(Refusal::TooManyOperations));
        }
        for _ in 0..literals {
            match value(column, &mut data)? {
                Ok(each) => weight = weight.checked_add(each.checked_mul(repeat)?)?,
                Err(refusal) => return Some(Err(refusal)),
            }
        }
        if weight > PREDECESSORS {
            return Some(Err(Refusal::TooManyOperations));
        }
    }
    Some(Ok(if matches!(column, 0x71 | 0x73) { 0 } else { total }))
}

/// Reads one value of a column and returns how many rows of other columns it stands for.
fn value(column: u64, data: &mut Bytes<'_>) -> Option<Result<u64, Refusal>> {
    Some(match column {
        // Object and element: actor and number; predecessors: actor.
        0x01 | 0x02 | 0x11 | 0x71 => data.unsigned().map(|_| Ok(0))?,
        // Numbers as differences.
        0x13 | 0x73 => data.signed().map(|_| Ok(0))?,
        0x15 => {
            let key = data.prefixed()?;
            if key.is_empty() || key.len() > limits::KEY_BYTES { Err(Refusal::Key) } else { Ok(0) }
        }
        0x42 => {
            let action = data.unsigned()?;
            if action > HIGHEST_ACTION { Err(Refusal::Action) } else { Ok(0) }
        }
        0x56 => {
            let meta = data.unsigned()?;
            // Null, false, true, unsigned, integer, float, text; no bytes, counters, times or types of tomorrow.
            if meta & 0xf > 6 {
                Err(Refusal::Action)
            } else if meta >> 4 > limits::STRING_BYTES as u64 {
                Err(Refusal::TooLong)
            } else {
                Ok(0)
            }
        }
        // How many predecessors.
        0x70 => Ok(data.unsigned()?),
        // Marks and columns of tomorrow.
        _ => Err(Refusal::Action),
    })
}

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads an unsigned LEB128 number.
    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take(1)? else { return None };
            let bits = u64::from(byte & 0x7f);
            if bits.checked_shl(shift)? >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a signed LEB128 number.
    fn signed(&mut self) -> Option<i64> {
        let mut number = 0_i64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take(1)? else { return None };
            number |= i64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                let is_negative = byte & 0x40 != 0;
                return Some(if is_negative && shift < 57 {
                    number | (-1_i64 << (shift + 7))
                } else {
                    number
                });
            }
        }
        None
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.unsigned()?).ok()
    }

    /// Reads bytes that stand behind their number.
    fn prefixed(&mut self) -> Option<&'b [u8]> {
        let length = self.length()?;
        self.take(length)
    }
}
