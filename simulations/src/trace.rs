//! [`Trace`]: a hash over all that happened, the lines of it if somebody wants to read them, and counts.

use std::collections::BTreeMap;

use crdt_schema::limits;
use engine::message::Message;
use sha2::{Digest, Sha256};

use crate::network::Number;

/// What happened, summed up.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: Sha256,
    pub(crate) is_shown: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Frames and bytes of each kind of message, by its number.
    pub(crate) kinds: BTreeMap<u8, (u64, u64)>,
    /// Every frame that somebody is shown, for those who search them.
    pub(crate) tapped: BTreeMap<(Number, Number), Vec<Vec<u8>>>,
    pub(crate) taps: Vec<Number>,
}

impl Trace {
    pub(crate) fn note(&mut self, now: u64, what: &str, node: Number, bytes: &[u8]) {
        self.hash.update(now.to_be_bytes());
        self.hash.update(what);
        self.hash.update(node.to_be_bytes());
        self.hash.update(bytes);
        if self.is_shown {
            self.lines.push(format!("{:>10.3} s  {node:>2}  {what}", seconds(now)));
        }
    }

    pub(crate) fn count(&mut self, what: &'static str, by: u64) {
        *self.counts.entry(what).or_default() += by;
    }

    /// Notes a frame that a node sends.
    pub(crate) fn sent(&mut self, now: u64, from: Number, to: Number, frame: &[u8]) {
        let bytes = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        self.count("frames", 1);
        self.count("bytes", bytes);
        // A message is an array of its number and what belongs to it.
        let kind = self.kinds.entry(frame.get(1).copied().unwrap_or(u8::MAX)).or_default();
        *kind = (kind.0 + 1, kind.1 + bytes);
        if self.taps.contains(&to) {
            self.tapped.entry((from, to)).or_default().push(frame.to_vec());
        }
        self.hash.update(now.to_be_bytes());
        self.hash.update(from.to_be_bytes());
        self.hash.update(to.to_be_bytes());
        self.hash.update(frame);
        if self.is_shown {
            let what = describe(frame);
            self.lines.push(format!(
                "{:>10.3} s  {from:>2} → {to:<2} {what}, {} bytes",
                seconds(now),
                frame.len()
            ));
        }
    }

    pub(crate) fn digest(&self) -> String {
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// Says in a few words what a frame is.
fn describe(frame: &[u8]) -> String {
    if frame.len() > limits::FRAME_BYTES {
        return "too long".to_owned();
    }
    match Message::from_frame(frame) {
        Ok(Message::Membership { heads, .. }) => format!("Membership, {} heads", heads.len()),
        Ok(Message::Entries { entries, .. }) => format!("Entries, {}", entries.len()),
        Ok(Message::Give { frames, .. }) => format!("Give, {frames}"),
        Ok(Message::Given { pack, .. }) => format!("Given, {} bytes", pack.len()),
        Ok(Message::Again { .. }) => "Again".to_owned(),
        Ok(Message::Lazy { .. }) => "Lazy".to_owned(),
        Ok(Message::Unknown { .. }) => "Unknown".to_owned(),
        Ok(Message::Redeem(_)) => "Redeem".to_owned(),
        Ok(Message::Refused { reason, .. }) => format!("Refused, {reason:?}"),
        Ok(Message::Pair(_)) => "Pair".to_owned(),
        Ok(Message::Paired { .. }) => "Paired".to_owned(),
        Ok(Message::NotPaired(reason)) => format!("NotPaired, {reason:?}"),
        Ok(Message::Return(_)) => "Return".to_owned(),
        Ok(Message::Reconcile { first, .. }) => format!("Reconcile, first: {first}"),
        Ok(Message::Offer { ids, mark, .. }) => format!("Offer, {}, mark {mark:?}", ids.len()),
        Ok(Message::Want { ids, .. }) => format!("Want, {}", ids.len()),
        Ok(Message::Wanted { pack, .. }) => format!("Wanted, {} bytes", pack.len()),
        Ok(Message::News { pack, mark, .. }) => {
            format!("News, {} bytes, mark {mark:?}", pack.len())
        }
        Ok(Message::Stored { mark, .. }) => format!("Stored, mark {mark}"),
        Ok(Message::Addresses(records)) => format!("Addresses, {}", records.len()),
        Ok(Message::Presence { at, .. }) => {
            format!("Presence, {}", if at.is_some() { "here" } else { "gone" })
        }
        Ok(Message::Lookup(_)) => "Lookup".to_owned(),
        Ok(Message::Sealed { invite, .. }) => format!("Sealed, is found: {}", invite.is_some()),
        Err(error) => format!("no message: {error}"),
    }
}
