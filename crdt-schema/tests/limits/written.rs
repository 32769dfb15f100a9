//! Edits that people make: what is refused here would be refused by every gate.

use automerge::ChangeHash;
use crdt_schema::document::{Document, Edit, Splice};
use crdt_schema::gate::{self, Verdict};
use crdt_schema::heads::Heads;
use crdt_schema::limits;
use serde_json::{Value, json};

use crate::Answer;
use crate::changes;
use crate::forge::{NOW, actor, document, path};

pub(crate) const WORN_OUT: &str =
    "this document has had more edits than it can number; export it and start a new one";

/// Makes an edit; what can be made is let in everywhere.
fn edit(mut known: Document, edit: Edit) -> Answer {
    let elsewhere = known.clone();
    let base = known.heads();
    let changes = match known.edit(&actor(2), &base, &[edit], NOW) {
        Ok(changes) => changes,
        Err(error) => return Some(error.to_string()),
    };
    for bytes in changes {
        let change = gate::inspect(&bytes).unwrap();
        let verdict = gate::admit(&elsewhere, &actor(2), &[change]);
        if !matches!(verdict, Verdict::Admitted) {
            return Some(format!("others refuse our own edit: {verdict:?}"));
        }
    }
    None
}

fn set(value: Value) -> Edit {
    Edit::Set { path: path("/x"), value }
}

fn title(insert: String) -> Edit {
    let splices = vec![Splice { at: 0, delete: 0, insert }];
    Edit::Splice { path: path("/title"), splices }
}

/// Returns the bytes of the change that an edit makes.
fn length_of(mut known: Document, edit: Edit) -> usize {
    let base = known.heads();
    known.edit(&actor(2), &base, &[edit], NOW).unwrap()[0].len()
}

pub(crate) fn bytes(length: usize) -> Answer {
    let full = "s".repeat(limits::STRING_BYTES);
    let of = |rest: usize| set(json!({"a": &full, "b": &full, "c": &full, "d": "s".repeat(rest)}));
    let (known, _, _) = document();
    // As long as the last text takes three bytes for its length, each letter more is a byte more.
    let rest = limits::STRING_BYTES - 1_000;
    let made = length_of(known.clone(), of(rest));
    edit(known, of((rest + length).checked_sub(made).unwrap()))
}

pub(crate) fn operations(count: usize) -> Answer {
    let (known, _, _) = document();
    edit(known, title("x".repeat(count)))
}

pub(crate) fn nested(depth: usize) -> Answer {
    let (known, _, _) = document();
    let value = (1..depth).fold(json!({}), |inner, _| json!({"x": inner}));
    edit(known, set(value))
}

pub(crate) fn key(length: usize) -> Answer {
    let (known, _, _) = document();
    edit(known, set(json!({"k".repeat(length): 1})))
}

pub(crate) fn string(length: usize) -> Answer {
    let (known, _, _) = document();
    edit(known, Edit::Set { path: path("/status"), value: json!("s".repeat(length)) })
}

pub(crate) fn in_crowd(authors: usize) -> Answer {
    edit(changes::crowd(authors - 1), set(json!(1)))
}

pub(crate) fn in_large_document(bytes: usize) -> Answer {
    let own = length_of(changes::large(1_000), title("x".to_owned()));
    edit(changes::large(limits::DOCUMENT_BYTES + own - bytes), title("x".to_owned()))
}

pub(crate) fn up_to_operation(highest: usize) -> Answer {
    edit(changes::worn(highest as u64 - 1), title("x".to_owned()))
}

pub(crate) fn heads(count: usize) -> Answer {
    let all: Vec<ChangeHash> = (0..count)
        .map(|at| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&u32::try_from(at).unwrap().to_be_bytes());
            ChangeHash(hash)
        })
        .collect();
    Heads::from(all).to_string().parse::<Heads>().err().map(|error| error.to_string())
}
