//! The one binary form of everything that is signed or sent: deterministic CBOR (RFC 8949, section 4.2), and
//! hashes and signatures that are good for one purpose only.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// Why bytes are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("{actual} bytes, more than the {limit} allowed")]
    TooLong { actual: usize, limit: usize },
    #[error("not the expected CBOR")]
    Malformed(#[source] minicbor::decode::Error),
    #[error("not in canonical form")]
    NotCanonical,
}

/// Returns the canonical bytes of a value.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        // Writing to a Vec has no error to give (its error type is `Infallible`).
        Err(_) => Vec::new(),
    }
}

/// Returns the value that stands in `bytes`, if they are exactly its canonical form.
///
/// # Errors
/// If they are longer than `limit`, not such a value, or another spelling of it.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(
    bytes: &'b [u8],
    limit: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLong { actual: bytes.len(), limit });
    }
    let value: T = minicbor::decode(bytes).map_err(DecodeError::Malformed)?;
    if encode(&value) == bytes { Ok(value) } else { Err(DecodeError::NotCanonical) }
}

/// Returns SHA-256 over the purpose, a zero byte, and the bytes.
#[must_use]
pub fn hash(purpose: &str, bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update([0]).chain_update(bytes).finalize().into()
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct SignatureBytes(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 64]);

impl std::fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignatureBytes(…)")
    }
}

/// Returns a signature that is good for one purpose only.
#[must_use]
pub fn sign(key: &SigningKey, purpose: &str, bytes: &[u8]) -> SignatureBytes {
    SignatureBytes(key.sign(&message(purpose, bytes)).to_bytes())
}

/// Is this the key's signature for this purpose? Strict: small-order keys and unreduced scalars are refused.
#[must_use]
pub fn verify(key: &[u8; 32], purpose: &str, bytes: &[u8], signature: &SignatureBytes) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(&message(purpose, bytes), &Signature::from_bytes(&signature.0)).is_ok()
    })
}

fn message(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(purpose.len() + 1 + bytes.len());
    message.extend_from_slice(purpose.as_bytes());
    message.push(0);
    message.extend_from_slice(bytes);
    message
}
