//! Honest changes that mutants grow from, and where they belong.

use automerge::sync::SyncDoc;
use automerge::{ActorId, Automerge, Change};
use crdt_schema::document::{Document, Edit, FieldPath, Splice};
use crdt_schema::gate;
use serde_json::json;

use crate::forge::{NOW, actor, document, forge, path};

/// An honest change, and the document that it belongs to.
pub(crate) struct Base {
    /// All it builds on.
    pub(crate) past: Document,
    pub(crate) original: Vec<u8>,
    pub(crate) author: ActorId,
    /// The past of the author's change before it, and that change, to judge both as one envelope.
    pub(crate) before: Option<(Document, Vec<u8>)>,
    /// What somebody else wrote at the same time, and the past with it.
    pub(crate) rival: Option<(Vec<u8>, Document)>,
}

/// What mutants take parts from.
pub(crate) struct Material {
    pub(crate) bases: Vec<Base>,
    /// Chunks that are no plain changes: whole documents, bundles, compressed ones, messages of Automerge's protocol.
    pub(crate) others: Vec<Vec<u8>>,
}

pub(crate) const RIVAL: u8 = 2;

fn take(document: &mut Document, bytes: &[u8]) {
    document.apply(vec![gate::inspect(bytes).unwrap()]).unwrap();
}

fn write(document: &mut Document, who: u8, edits: &[Edit]) -> Vec<u8> {
    let base = document.heads();
    document.edit(&actor(who), &base, edits, NOW).unwrap().remove(0)
}

fn splice(at: usize, delete: usize, insert: &str) -> Edit {
    let splices = vec![Splice { at, delete, insert: insert.to_owned() }];
    Edit::Splice { path: path("/title"), splices }
}

fn set(field: &str, value: serde_json::Value) -> Edit {
    Edit::Set { path: path(field), value }
}

fn list() -> FieldPath {
    path("/body/steps")
}

/// Returns a document in which two people did different things at once, the one with what was known before the last change, and that change.
fn divided() -> (Document, Document, Vec<u8>) {
    let (mut one, _, next) = document();
    let mut two = one.clone();
    let theirs = write(
        &mut two,
        3,
        &[
            set("/status", json!("retired")),
            Edit::Insert { list: list(), after: None, value: json!({"detail": "Wait"}) },
            splice(0, 1, "K"),
        ],
    );
    take(&mut one, &theirs);
    let before = one.clone();
    take(&mut one, &next);
    (one, before, next)
}

fn edits_of(past: &Document) -> Vec<Vec<Edit>> {
    let items = past.items(&list());
    let (first, last) = (items.first().cloned().unwrap(), items.last().cloned().unwrap());
    vec![
        // Letters only: these have no trial.
        vec![splice(2, 2, "é🙂x"), splice(0, 0, "The ")],
        // The end of a conflict, something moved, something new in what somebody else made.
        vec![
            set("/status", json!("agreed")),
            Edit::Move { list: list(), item: first, after: Some(last.clone()) },
            Edit::Insert { list: list(), after: Some(last), value: json!({"detail": "x"}) },
        ],
        vec![Edit::MergePatch(json!({
            "x": {"deep": {"er": [1, 2.5, -3, true, null, "text", {"y": []}]}},
            "body": {"outcomes": ["declined", "accepted"]}, "n": 9_007_199_254_740_993_u64,
        }))],
        vec![Edit::Remove { path: path("/body/steps/0") }, Edit::Remove { path: path("/status") }],
    ]
}

fn based(past: &Document, who: u8, edits: &[Edit], before: Option<(Document, Vec<u8>)>) -> Base {
    let original = write(&mut past.clone(), who, edits);
    let mut with_rival = past.clone();
    let theirs = [
        splice(1, 1, "ö"),
        set("/status", json!("draft")),
        Edit::Remove { path: path("/body/steps/1") },
        Edit::Insert { list: list(), after: None, value: json!({"detail": "rival"}) },
    ];
    let rival = write(&mut with_rival, RIVAL, &theirs);
    let author = actor(who);
    Base { past: past.clone(), original, author, before, rival: Some((rival, with_rival)) }
}

/// Returns a change on an old version, which Automerge gives an actor derived from the author's.
fn derived() -> Base {
    let (mut past, _, next) = document();
    let old = past.heads();
    take(&mut past, &next);
    let mut here = past.clone();
    let original = here.edit(&actor(1), &old, &[splice(2, 0, "old")], NOW).unwrap().remove(0);
    Base { past, original, author: actor(1), before: None, rival: None }
}

pub(crate) fn material() -> Material {
    let (known, genesis, next) = document();
    let (both, one, last) = divided();
    let first = Base {
        past: Document::empty(),
        original: genesis.clone(),
        author: actor(1),
        before: None,
        rival: None,
    };
    let mut second = based(&known, 1, &[set("/x", json!(1))], None);
    second.original.clone_from(&next);
    second.before = Some((Document::empty(), genesis.clone()));
    let mut bases = vec![first, second, derived()];
    bases.extend(
        edits_of(&both)
            .iter()
            .map(|edits| based(&both, 1, edits, Some((one.clone(), last.clone())))),
    );
    // Somebody who wrote nothing here before.
    bases.push(based(&both, 4, &[set("/body/note", json!("new"))], None));
    let others = others(&both, &genesis);
    Material { bases, others }
}

fn others(document: &Document, genesis: &[u8]) -> Vec<Vec<u8>> {
    let saved = document.save();
    let whole = Automerge::load(&saved).unwrap();
    let mut others = vec![whole.save_nocompress(), saved];
    let hashes: Vec<_> = whole.get_changes(&[]).iter().map(Change::hash).collect();
    others.push(whole.bundle(hashes).unwrap().bytes().to_vec());
    let mut state = automerge::sync::State::new();
    let message = whole.generate_sync_message(&mut state).unwrap();
    others.push(message.encode());
    let mut there = Automerge::new_with_encoding(automerge::TextEncoding::Utf16CodeUnit)
        .with_actor(ActorId::from([7].as_slice()));
    let mut theirs = automerge::sync::State::new();
    let asked = there.generate_sync_message(&mut theirs).unwrap();
    whole.clone().receive_sync_message(&mut state, asked).unwrap();
    if let Some(answer) = whole.generate_sync_message(&mut state) {
        others.push(answer.encode());
    }
    there.set_actor(ActorId::from([8].as_slice()));
    let long = forge(genesis, |change| change.extra_bytes = vec![7; 4_000]);
    others.push(Change::from_bytes(long).unwrap().bytes().into_owned());
    others
}
