//! Limits of what is stated about a version: sign-offs, names, comments, and what takes them back.

use crdt_schema::audience::Audience;
use crdt_schema::codec;
use crdt_schema::comment::{About, Comment, Stance};
use crdt_schema::copied::{Copied, Named, Origin, Original};
use crdt_schema::envelope::{Content, Envelope};
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId, TextId, WorkspaceId};
use crdt_schema::key::NodeKey;
use crdt_schema::sign_off::Withdrawal;

use crate::Answer;
use crate::signed::{changes, envelope, genesis, hashes, header};

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

/// An envelope with what somebody else's program made of a comment.
fn comment(version: usize, path: usize, text: usize) -> Answer {
    let path = format!("/{}", "p".repeat(path.saturating_sub(1)));
    let place = (changes(version), path, TextId([9; 32]));
    let Ok(place) = minicbor::decode(&codec::encode(&place)) else {
        return Some("malformed".to_owned());
    };
    spoken(About::Place(place), text)
}

fn spoken(about: About, text: usize) -> Answer {
    let comment = Comment { about, stance: Stance::Remarks, text: "t".repeat(text) };
    envelope(None, Content::Comment(comment), |_| {})
}

pub(crate) fn comment_on(count: usize) -> Answer {
    comment(count, 1, 1)
}

pub(crate) fn comment_at(count: usize) -> Answer {
    comment(1, count, 1)
}

pub(crate) fn comment_of(count: usize) -> Answer {
    comment(1, 1, count)
}

pub(crate) fn reply_of(count: usize) -> Answer {
    spoken(About::Comment(EnvelopeId([9; 32])), count)
}

pub(crate) fn withdrawal_with_reason(count: usize) -> Answer {
    let (of, reason) = (EnvelopeId([9; 32]), "r".repeat(count));
    let withdrawal = Withdrawal { of, reason };
    envelope(None, Content::Withdrawal(withdrawal), |_| {})
}

/// An envelope with what was made elsewhere: so many changes, so many names.
fn copied(changes: usize, names: usize) -> Copied {
    let mut elsewhere = genesis(Audience::default());
    elsewhere.nonce = [9; 16];
    let key = NodeKey::from_seed(&[1; 32]);
    let change = Content::Changes(vec![vec![1, 2, 3].into()]);
    let original = Envelope::seal(&key, header(&elsewhere), None, change);
    let original = Original::of(original).remove(0);
    let named = |hash: [u8; 32]| Named {
        organization: OrganizationId(hash),
        name: "Elsewhere".parse().unwrap(),
    };
    Copied { names: hashes(names).map(named).collect(), envelopes: vec![original; changes] }
}

pub(crate) fn copied_of_changes(count: usize) -> Answer {
    envelope(None, Content::Copied(copied(count, 1)), |_| {})
}

pub(crate) fn copied_of_names(count: usize) -> Answer {
    envelope(None, Content::Copied(copied(1, count)), |_| {})
}

fn copy(version: usize, owner: usize) -> Answer {
    let parts = (
        WorkspaceId([1; 32]),
        "Elsewhere",
        DocumentId([2; 32]),
        OrganizationId([3; 32]),
        "n".repeat(owner),
        changes(version),
    );
    let origin: Origin = match minicbor::decode(&codec::encode(&parts)) {
        Ok(origin) => origin,
        Err(_) => return Some("malformed".to_owned()),
    };
    let mut genesis = genesis(Audience::default());
    genesis.origin = Some(origin);
    envelope(Some(genesis), Content::Copied(copied(1, 1)), |_| {})
}

pub(crate) fn copy_of(count: usize) -> Answer {
    copy(count, 1)
}

pub(crate) fn copy_of_owner(count: usize) -> Answer {
    copy(1, count)
}
