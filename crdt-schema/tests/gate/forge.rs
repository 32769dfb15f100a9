//! Changes that no editor wrote.

use automerge::{ActorId, Change, ExpandedChange};
use crdt_schema::document::{Document, Edit, FieldPath, Splice};
use crdt_schema::identity::{Kind, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);

pub(crate) fn actor(number: u8) -> ActorId {
    ActorId::from([number; 16].as_slice())
}

pub(crate) fn path(text: &str) -> FieldPath {
    text.parse().unwrap()
}

/// Returns a document, its first change and one more, which is not applied.
pub(crate) fn document() -> (Document, Vec<u8>, Vec<u8>) {
    let content = json!({
        "document_type": "referral_pathway", "title": "Cash first", "status": "draft",
        "body": {"steps": [{"step": 1, "detail": "Ask"}, {"step": 2, "detail": "Refer"}], "outcomes": ["accepted"]},
    });
    let (mut document, genesis) =
        Document::create(Kind::ReferralPathway, &actor(1), &content, NOW).unwrap();
    let known = document.clone();
    let edits = [
        Edit::Splice {
            path: path("/title"),
            splices: vec![Splice { at: 4, delete: 1, insert: "🙂é".to_owned() }],
        },
        Edit::Set { path: path("/status"), value: json!("agreed") },
        Edit::Insert { list: path("/body/steps"), after: None, value: json!({"detail": "Listen"}) },
        Edit::Remove { path: path("/body/outcomes/0") },
    ];
    let next = document.edit(&actor(1), &known.heads(), &edits, NOW).unwrap();
    (known, genesis, next.into_iter().next().unwrap())
}

/// Returns the change with something altered, encoded as Automerge would encode it.
pub(crate) fn forge(bytes: &[u8], alter: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut change = Change::from_bytes(bytes.to_vec()).unwrap().decode();
    alter(&mut change);
    Change::from(change).raw_bytes().to_vec()
}

/// Writes the true checksum and length of a chunk into it.
pub(crate) fn repair(bytes: &mut Vec<u8>) {
    let data = data_start(bytes);
    let body = bytes.split_off(data.min(bytes.len()));
    let mut hashed = vec![bytes.get(8).copied().unwrap_or(1)];
    let mut length = body.len();
    loop {
        let byte = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        hashed.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    hashed.extend_from_slice(&body);
    let checksum = Sha256::digest(&hashed);
    bytes.truncate(4);
    bytes.extend_from_slice(&checksum[..4]);
    bytes.extend_from_slice(&hashed);
}

pub(crate) fn data_start(bytes: &[u8]) -> usize {
    9 + bytes.iter().skip(9).take_while(|byte| **byte & 0x80 != 0).count() + 1
}
