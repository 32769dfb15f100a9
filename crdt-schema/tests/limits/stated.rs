//! Limits of what is stated about a version: sign-offs, names, and what takes them back.

use crdt_schema::codec;
use crdt_schema::envelope::Content;
use crdt_schema::identity::{EnvelopeId, TextId};
use crdt_schema::sign_off::Withdrawal;

use crate::Answer;
use crate::signed::{changes, envelope};

/// An envelope with what somebody else's program made of a sign-off.
fn sign_off(version: usize, signatory: usize, title: usize) -> Answer {
    let names = ("n".repeat(signatory), "t".repeat(title));
    let parts = (changes(version), TextId([9; 32]), names.0, names.1);
    match minicbor::decode(&codec::encode(&parts)) {
        Ok(sign_off) => envelope(None, Content::SignOff(sign_off), |_| {}),
        Err(_) => Some("malformed".to_owned()),
    }
}

pub(crate) fn sign_off_of(count: usize) -> Answer {
    sign_off(count, 1, 1)
}

pub(crate) fn sign_off_by(count: usize) -> Answer {
    sign_off(1, count, 1)
}

pub(crate) fn sign_off_as(count: usize) -> Answer {
    sign_off(1, 1, count)
}

fn named_version(version: usize, name: usize) -> Answer {
    match minicbor::decode(&codec::encode(&(changes(version), "n".repeat(name)))) {
        Ok(named) => envelope(None, Content::VersionName(named), |_| {}),
        Err(_) => Some("malformed".to_owned()),
    }
}

pub(crate) fn version_name_of(count: usize) -> Answer {
    named_version(count, 1)
}

pub(crate) fn version_name(count: usize) -> Answer {
    named_version(1, count)
}

pub(crate) fn withdrawal_with_reason(count: usize) -> Answer {
    let (of, reason) = (EnvelopeId([9; 32]), "r".repeat(count));
    let withdrawal = Withdrawal { of, reason };
    envelope(None, Content::Withdrawal(withdrawal), |_| {})
}
