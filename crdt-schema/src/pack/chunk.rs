//! One Automerge change without its magic bytes, checksum and length, and without dependencies and actor where they are
//! the expected ones. The form is Automerge's binary format, version 1.

use automerge::ChangeHash;
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
/// It depends on exactly the change before it.
const FOLLOWS: u8 = 1;
/// Its actor is the one of its envelope's node and session.
const OWN_ACTOR: u8 = 2;
const ALL: u8 = FOLLOWS | OWN_ACTOR;

/// What is expected of a change, given its envelope and the change before it.
pub(super) struct Expected<'e> {
    pub(super) before: Option<&'e ChangeHash>,
    pub(super) actor: &'e [u8],
}

/// Returns the short form; nothing if these bytes are not a plain change in its usual spelling.
pub(super) fn shorten(chunk: &[u8], expected: &Expected<'_>) -> Option<Vec<u8>> {
    let body = chunk.strip_prefix(&MAGIC)?.get(4..)?.strip_prefix(&[CHANGE])?;
    let (_, body) = length(body)?;
    let (deps, after) = length(body)?;
    let deps_end = deps.checked_mul(32)?;
    let (hashes, after) = after.split_at_checked(deps_end)?;
    let (actor, rest) = length(after)?;
    let (actor, rest) = rest.split_at_checked(actor)?;
    let (mut flags, mut short) = (0, vec![0]);
    if expected.before.is_some_and(|before| before.0.as_slice() == hashes) {
        flags |= FOLLOWS;
    } else {
        put(&mut short, deps)?;
        short.extend_from_slice(hashes);
    }
    if actor == expected.actor {
        flags |= OWN_ACTOR;
    } else {
        put(&mut short, actor.len())?;
        short.extend_from_slice(actor);
    }
    short.extend_from_slice(rest);
    *short.first_mut()? = flags;
    let again = lengthen(&short, expected).is_some_and(|(again, _)| again == chunk);
    again.then_some(short)
}

/// Returns the change and its hash; nothing if this is no short form.
pub(super) fn lengthen(short: &[u8], expected: &Expected<'_>) -> Option<(Vec<u8>, ChangeHash)> {
    let (flags, mut rest) = short.split_first()?;
    if flags & !ALL != 0 {
        return None;
    }
    let mut body = Vec::with_capacity(short.len().saturating_add(96));
    if flags & FOLLOWS != 0 {
        body.push(1);
        body.extend_from_slice(&expected.before?.0);
    } else {
        rest = copy(rest, &mut body, 32)?;
    }
    if flags & OWN_ACTOR != 0 {
        put(&mut body, expected.actor.len())?;
        body.extend_from_slice(expected.actor);
    } else {
        rest = copy(rest, &mut body, 1)?;
    }
    body.extend_from_slice(rest);
    let mut hashed = vec![CHANGE];
    put(&mut hashed, body.len())?;
    hashed.append(&mut body);
    let hash: [u8; 32] = Sha256::digest(&hashed).into();
    let mut chunk = Vec::with_capacity(hashed.len().saturating_add(8));
    chunk.extend_from_slice(&MAGIC);
    chunk.extend_from_slice(hash.get(..4)?);
    chunk.append(&mut hashed);
    Some((chunk, ChangeHash(hash)))
}

/// Returns the hash of a change that travels whole.
pub(super) fn hash_of(chunk: &[u8]) -> Option<ChangeHash> {
    Some(ChangeHash(Sha256::digest(chunk.get(8..)?).into()))
}

/// Copies a count and so many pieces of a size; returns what follows.
fn copy<'b>(from: &'b [u8], to: &mut Vec<u8>, size: usize) -> Option<&'b [u8]> {
    let (count, rest) = length(from)?;
    let (pieces, rest) = rest.split_at_checked(count.checked_mul(size)?)?;
    put(to, count)?;
    to.extend_from_slice(pieces);
    Some(rest)
}

/// Reads an unsigned LEB128 number; returns it with what follows.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut rest = bytes;
    let number = leb128::read::unsigned(&mut rest).ok()?;
    Some((usize::try_from(number).ok()?, rest))
}

fn put(to: &mut Vec<u8>, number: usize) -> Option<()> {
    leb128::write::unsigned(to, u64::try_from(number).ok()?).ok()?;
    Some(())
}
