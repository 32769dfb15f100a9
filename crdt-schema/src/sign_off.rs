//! [`SignOff`]: an organisation signs the words of one version of a document, and [`Withdrawal`]: it takes that back.
//!
//! A sign-off names a version by its newest changes, and what that version said by the hash of its content ([`text_of`]).
//! Changes are never changed, so a version says the same for ever; the hash makes that something which anybody can check,
//! each time the words are shown, also by other means than this program. Nodes take in no sign-off whose hash is not that of
//! the version it names. Later edits make later versions: no signature ever moves to them.

use automerge::ChangeHash;
use minicbor::encode::Error;
use minicbor::{Decode, Encode, Encoder};
use serde_json::{Number, Value};

use crate::codec;
use crate::document::Document;
use crate::heads::Heads;
use crate::identity::{ChangeId, EnvelopeId, Name, TextId};
use crate::limits;

/// Says why a sign-off is refused whose hash is not that of the version it names; counted in metrics.
pub const OTHER_WORDS: &str = "other-words";
const TEXT: &str = "fingerpost/signed-text/v1";

/// An organisation signs the words of one version of a document. Its node signs, for the person who is named.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignOff {
    /// The version: its newest changes, sorted.
    #[n(0)]
    pub version: Vec<ChangeId>,
    /// What the version said.
    #[n(1)]
    pub text: TextId,
    /// The person who signs for the organisation.
    #[n(2)]
    pub signatory: Name,
    /// What that person is there: "Chief executive".
    #[n(3)]
    pub title: Name,
}

/// An organisation takes back that it signed, the name that it gave a version, or a comment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Withdrawal {
    /// What it signed by, or gave the name by.
    #[n(0)]
    pub of: EnvelopeId,
    /// Why, for people; may be empty.
    #[n(1)]
    pub reason: String,
}

impl SignOff {
    /// Signs the words of a version; nothing if the document does not know it.
    #[must_use]
    pub fn new(
        document: &Document,
        version: &Heads,
        (signatory, title): (Name, Name),
    ) -> Option<Self> {
        let text = text_of(&document.content_at(version).ok()?);
        let version = version.as_slice().iter().map(|hash| ChangeId(hash.0)).collect();
        Some(Self { version, text, signatory, title })
    }

    /// Returns the version.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.version.iter().map(|id| ChangeHash(id.0)).collect::<Vec<_>>().into()
    }

    /// Is this what was signed?
    #[must_use]
    pub fn says(&self, content: &Value) -> bool {
        text_of(content) == self.text
    }

    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        !self.version.is_empty()
            && self.version.len() <= limits::DEPENDENCIES
            && self.version.is_sorted_by(|a, b| a < b)
    }
}

impl Withdrawal {
    /// Is it within the limits?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.reason.len() <= limits::REASON_BYTES
    }
}

/// Returns the hash of what a version says: of its content as deterministic CBOR (RFC 8949, section 4.2.1), in which
/// numbers with a fraction or an exponent are of eight bytes.
#[must_use]
pub fn text_of(content: &Value) -> TextId {
    TextId(codec::hash(TEXT, &canonical(content)))
}

fn canonical(content: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    match write(content, &mut encoder) {
        Ok(()) => encoder.into_writer(),
        // Writing to a Vec has no error to give (its error type is `Infallible`).
        Err(_) => Vec::new(),
    }
}

type Written = Result<(), Error<std::convert::Infallible>>;

/// The gate bounds how deep a document nests, and so how deep this goes.
fn write(value: &Value, to: &mut Encoder<Vec<u8>>) -> Written {
    match value {
        Value::Null => to.null().map(|_| ()),
        Value::Bool(value) => to.bool(*value).map(|_| ()),
        Value::Number(number) => write_number(number, to),
        Value::String(text) => to.str(text).map(|_| ()),
        Value::Array(items) => {
            to.array(length(items.len()))?;
            items.iter().try_for_each(|item| write(item, to))
        }
        Value::Object(members) => {
            to.map(length(members.len()))?;
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            // In the order of their encodings: those begin with the length.
            members.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
            members.into_iter().try_for_each(|(name, value)| {
                to.str(name)?;
                write(value, to)
            })
        }
    }
}

fn write_number(number: &Number, to: &mut Encoder<Vec<u8>>) -> Written {
    if let Some(whole) = number.as_u64() {
        to.u64(whole)?;
    } else if let Some(negative) = number.as_i64() {
        to.i64(negative)?;
    } else {
        to.f64(number.as_f64().unwrap_or_default())?;
    }
    Ok(())
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_form_that_is_hashed_is_deterministic_cbor() {
        for (content, form) in [
            (json!(null), "f6"),
            (json!([true, false]), "82f5f4"),
            (json!([0, 23, 24, 1_000_000, -1, -500]), "8600171818 1a000f4240 203901f3"),
            (json!(1.5), "fb3ff8000000000000"),
            (json!("\u{fc}"), "62c3bc"),
            // Shorter names come first, then the order of their bytes.
            (json!({"b": 1, "aa": 2, "a": {}}), "a36161a061620162616102"),
        ] {
            assert_eq!(hex(&canonical(&content)), form.replace(' ', ""), "{content}");
        }
    }

    #[test]
    fn whatever_differs_has_another_hash() {
        let all = [
            json!({"title": "Cash first"}),
            json!({"title": "Cash first "}),
            json!({"title": "Cash first", "description": null}),
            json!({"title": ["Cash first"]}),
            json!({"title": 1}),
            json!({"title": "1"}),
            json!({"title": 1.5}),
        ];
        let hashes: std::collections::BTreeSet<TextId> = all.iter().map(text_of).collect();
        assert_eq!(hashes.len(), all.len());
    }
}
