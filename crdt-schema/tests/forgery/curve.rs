//! Signatures at the edges of the curve: all that a lenient verifier, or another one, might take.

use crdt_schema::codec::{self, SignatureBytes};
use crdt_schema::identity::{NodeId, Timestamp, WorkspaceId};
use crdt_schema::key::NodeKey;
use crdt_schema::membership::{Act, Entry};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use sha2::{Digest, Sha512};

const PURPOSE: &str = "fingerpost/entry/v1";
/// The order of the group of signatures, least byte first (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn message(number: u64) -> Vec<u8> {
    [PURPOSE.as_bytes(), &[0], &number.to_be_bytes()].concat()
}

fn challenge(r: &[u8; 32], key: &[u8; 32], number: u64) -> Scalar {
    let hash: [u8; 64] = Sha512::new()
        .chain_update(r)
        .chain_update(key)
        .chain_update(message(number))
        .finalize()
        .into();
    Scalar::from_bytes_mod_order_wide(&hash)
}

fn signature(r: &[u8; 32], s: &[u8; 32]) -> SignatureBytes {
    SignatureBytes([&r[..], s].concat().try_into().unwrap())
}

fn is_taken(key: &[u8; 32], number: u64, signature: &SignatureBytes) -> bool {
    codec::verify(key, PURPOSE, &number.to_be_bytes(), signature)
}

/// Would a verifier that is not strict take it?
fn is_taken_leniently(key: &[u8; 32], number: u64, signature: &SignatureBytes) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify(&message(number), &Signature::from_bytes(&signature.0)).is_ok())
}

/// Returns the points of small order in all their spellings, and other spellings above the field's prime.
fn odd_points() -> Vec<[u8; 32]> {
    let mut points: Vec<[u8; 32]> =
        EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    for above in 0..19 {
        // The prime is 2^255 - 19: there is room for 19 numbers that are spelled above it.
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + above;
        bytes[31] = 0x7f;
        points.push(bytes);
    }
    let negative = points.clone().into_iter().map(|mut bytes| {
        bytes[31] ^= 0x80;
        bytes
    });
    points.extend(negative.collect::<Vec<_>>());
    points
}

struct Key {
    secret: Scalar,
    point: EdwardsPoint,
}

fn key(number: u64) -> Key {
    let hash: [u8; 64] = Sha512::digest(number.to_be_bytes()).into();
    let secret = Scalar::from_bytes_mod_order_wide(&hash);
    Key { secret, point: ED25519_BASEPOINT_POINT * secret }
}

#[test]
fn keys_and_halves_of_small_order_sign_nothing() {
    let (mut tries, mut lenient) = (0, 0);
    for odd in odd_points() {
        for r in odd_points() {
            for number in 0..12 {
                let nothing = signature(&r, &[0; 32]);
                tries += 1;
                lenient += u64::from(is_taken_leniently(&odd, number, &nothing));
                assert!(!is_taken(&odd, number, &nothing), "key {odd:?}, R {r:?}");
            }
        }
    }
    assert!(lenient > 0, "nothing here would fool anybody");
    println!("{tries} signatures of nobody; a lenient verifier takes {lenient}");
}

#[test]
fn who_has_no_key_writes_no_entry() {
    for odd in odd_points() {
        for time in 0..50 {
            let key = NodeKey::from_seed(&[1; 32]);
            let act = Act::Leave(Vec::new());
            let workspace = Some(WorkspaceId([9; 32]));
            let mut entry = Entry::new(&key, workspace, Vec::new(), Timestamp(time), act);
            entry.node = NodeId(odd);
            let one = EdwardsPoint::identity().compress().to_bytes();
            entry.signature = signature(&one, &[0; 32]);
            let read = Entry::from_bytes(&entry.to_bytes()).unwrap();
            assert!(!read.is_true(), "{odd:?}");
        }
    }
}

#[test]
fn a_signature_has_one_spelling() {
    for number in 0..200 {
        let Key { secret, point } = key(number);
        let public = point.compress().to_bytes();
        let once = key(number + 1_000_000);
        let r = once.point.compress().to_bytes();
        let s = once.secret + challenge(&r, &public, number) * secret;
        assert!(is_taken(&public, number, &signature(&r, s.as_bytes())), "the honest one");
        let mut spelled = *s.as_bytes();
        for _ in 0..15 {
            // Adding the order means the same and fits into 32 bytes fifteen times.
            let mut carry = 0;
            for (byte, order) in spelled.iter_mut().zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(order) + carry;
                *byte = (sum & 0xff) as u8;
                carry = sum >> 8;
            }
            assert_eq!(carry, 0);
            assert!(!is_taken(&public, number, &signature(&r, &spelled)), "S + L");
        }
        let mut flagged = r;
        flagged[31] ^= 0x80;
        assert!(!is_taken(&public, number, &signature(&flagged, s.as_bytes())), "the sign of R");
        let other = *(-s).as_bytes();
        assert!(!is_taken(&public, number, &signature(&r, &other)), "-S");
    }
}

#[test]
fn what_only_some_verifiers_take_is_not_taken() {
    let (mut small, mut mixed) = (0, 0);
    for number in 0..200 {
        let Key { secret, point } = key(number);
        let public = point.compress().to_bytes();
        let once = key(number + 1_000_000);
        for torsion in EIGHT_TORSION {
            // Half of it is of small order: made by the owner of the key, it would stand for many messages.
            let r = torsion.compress().to_bytes();
            let s = challenge(&r, &public, number) * secret;
            let weak = signature(&r, s.as_bytes());
            small += u64::from(is_taken_leniently(&public, number, &weak));
            assert!(!is_taken(&public, number, &weak), "R of small order");
            if torsion == EdwardsPoint::identity() {
                continue;
            }
            // Verifiers that multiply by eight take this one, others do not.
            let r = (once.point + torsion).compress().to_bytes();
            let s = once.secret + challenge(&r, &public, number) * secret;
            assert!(!is_taken(&public, number, &signature(&r, s.as_bytes())), "R of mixed order");
            // A key of mixed order is its owner's affair, but there is one answer, whoever asks.
            let odd = (point + torsion).compress().to_bytes();
            let r = once.point.compress().to_bytes();
            let k = challenge(&r, &odd, number);
            let s = once.secret + k * secret;
            let holds = torsion * k == EdwardsPoint::identity();
            mixed += u64::from(holds);
            assert_eq!(is_taken(&odd, number, &signature(&r, s.as_bytes())), holds);
        }
    }
    assert!(small > 0 && mixed > 0, "nothing here would fool anybody");
}
