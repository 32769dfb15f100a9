//! Tests that need to look behind [`Store`](crate::Store): a disk that loses power, tears, flips and fills up.

mod backup;
mod cuts;
mod damage;
mod store;

use crdt_schema::codec;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, Timestamp, WorkspaceId};
use engine::Record;

use crate::kept::{ENTRY, ENVELOPE};

fn envelope(number: u64, bytes: usize) -> Record {
    let bytes = filled(number, bytes);
    Record::Envelope {
        workspace: WorkspaceId([1; 32]),
        document: DocumentId([2; 32]),
        id: EnvelopeId(codec::hash(ENVELOPE, &bytes)),
        time: Timestamp(number),
        bytes,
    }
}

fn entry(number: u64, bytes: usize) -> Record {
    let bytes = filled(number, bytes);
    Record::Entry {
        workspace: WorkspaceId([1; 32]),
        id: EntryId(codec::hash(ENTRY, &bytes)),
        bytes,
    }
}

fn local(key: &str, value: Option<&[u8]>) -> Record {
    Record::Local { key: key.to_owned(), value: value.map(<[u8]>::to_vec) }
}

fn cache(key: &str, value: Option<&[u8]>) -> Record {
    Record::Cache { key: key.to_owned(), value: value.map(<[u8]>::to_vec) }
}

fn filled(number: u64, bytes: usize) -> Vec<u8> {
    codec::hash("filled", &number.to_be_bytes()).into_iter().cycle().take(bytes).collect()
}

fn id(record: &Record) -> EnvelopeId {
    match record {
        Record::Envelope { id, .. } => *id,
        other => panic!("{other:?} is no envelope"),
    }
}

fn bytes(record: &Record) -> Vec<u8> {
    match record {
        Record::Envelope { bytes, .. } | Record::Entry { bytes, .. } => bytes.clone(),
        other => panic!("{other:?} has no bytes"),
    }
}
