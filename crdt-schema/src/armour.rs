//! Bytes as a text that survives letters and messages: a prefix, then base64url of a four-byte check and the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::codec;

/// Far more than an invite or a code with all its addresses takes.
pub(crate) const TEXT_BYTES: usize = 16 * 1024;

/// Why a text does not carry bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Armour {
    /// It is something else.
    Other,
    /// A part is missing or was changed.
    Damaged,
}

pub(crate) fn to_text(prefix: &str, purpose: &str, body: &[u8]) -> String {
    let mut bytes = check(purpose, body).to_vec();
    bytes.extend_from_slice(body);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns the bytes; white space anywhere is forgiven.
pub(crate) fn from_text(prefix: &str, purpose: &str, text: &str) -> Result<Vec<u8>, Armour> {
    if text.len() > TEXT_BYTES {
        return Err(Armour::Other);
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let encoded = text.strip_prefix(prefix).ok_or(Armour::Other)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Armour::Damaged)?;
    let (found, body) = bytes.split_first_chunk::<4>().ok_or(Armour::Damaged)?;
    if *found == check(purpose, body) { Ok(body.to_vec()) } else { Err(Armour::Damaged) }
}

fn check(purpose: &str, body: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = codec::hash(purpose, body);
    [a, b, c, d]
}
