//! The documents of the jobs, the same as those of the other peers.

use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, AutomergeError, ChangeHash, ObjId, ObjType, PatchAction, ROOT, ReadDoc};
use samod::{DocHandle, Repo};

/// Makes a document with an empty field.
pub async fn make(repo: &Repo, field: &str, kind: ObjType) -> DocHandle {
    let mut document = Automerge::new();
    change(&mut document, |transaction| {
        transaction.put(ROOT, "title", "Document")?;
        transaction.put(ROOT, "body", "lorem ipsum ".repeat(20))?;
        transaction.put_object(ROOT, field, kind).map(drop)
    });
    repo.create(document).await.unwrap()
}

fn change(
    document: &mut Automerge,
    edit: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
) {
    document.transact(edit).unwrap();
}

fn field(document: &impl ReadDoc, name: &str) -> ObjId {
    document.get(ROOT, name).unwrap().unwrap().1
}

/// Fills a document with 19 more changes.
pub fn fill(handle: &DocHandle, number: i64) {
    for item in 0..19 {
        handle.with_document(|document| {
            change(document, |transaction| {
                let items = field(transaction, "items");
                let made = transaction.put_object(&items, format!("item{item}"), ObjType::Map)?;
                transaction.put(&made, "name", format!("thing {item} {}", (number * 13 + item) % 1009))?;
                transaction.put(&made, "done", item % 3 == 0)?;
                transaction.put(&made, "n", (number * 17 + item) % 10_000)
            });
        });
    }
}

/// Puts one key.
pub fn put(handle: &DocHandle, key: &str, value: &str) {
    handle.with_document(|document| {
        change(document, |transaction| {
            let edits = field(transaction, "edits");
            transaction.put(&edits, key, value)
        });
    });
}

/// Types one word at the start of the text.
pub fn insert(handle: &DocHandle, word: &str) {
    handle.with_document(|document| {
        change(document, |transaction| {
            let text = field(transaction, "text");
            transaction.splice_text(&text, 0, 0, word)
        });
    });
}

/// Is the key there?
pub fn has(handle: &DocHandle, key: &str) -> bool {
    handle.with_document(|document| document.get(field(document, "edits"), key).unwrap().is_some())
}

/// How many items or letters a field holds; none if it is not there yet.
pub fn length(handle: &DocHandle, name: &str) -> usize {
    handle.with_document(|document| {
        document.get(ROOT, name).unwrap().map_or(0, |(_, id)| document.length(id))
    })
}

/// Returns what was inserted into the text since these heads, and moves them on.
pub fn inserted(handle: &DocHandle, heads: &mut Vec<ChangeHash>) -> Vec<String> {
    handle.with_document(|document| {
        let now = document.get_heads();
        let patches = document.diff(heads, &now);
        *heads = now;
        let texts = patches.into_iter().filter_map(|patch| match patch.action {
            PatchAction::SpliceText { value, .. } => Some(value.make_string()),
            _ => None,
        });
        texts.collect()
    })
}
