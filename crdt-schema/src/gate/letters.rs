//! Letters that were judged and wait to be applied together.
//!
//! Automerge takes in one change in a time that grows with the text that it touches, but thousands at once in hardly more.
//! What comes in a run, of somebody who was away or to somebody who is new, is mostly letters; they can be judged by where
//! earlier letters stand, without applying those first. Anything else is judged on the document as it then is.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{
    ActorId, Automerge, ChangeHash, ExpandedChange, ObjId, ObjType, ReadDoc, ScalarValue,
};

use super::{PlainChange, Refusal, Verdict, belongs, follows, missing_of, operations};
use crate::document::{Document, Graph};

/// Letters on top of a document: changes that the gate admitted, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Letters {
    changes: Vec<PlainChange>,
    graph: Graph,
    heads: Vec<ChangeHash>,
    /// Which change wrote a letter, into which text.
    written: BTreeMap<OpId, (ChangeHash, OpId)>,
}

impl Letters {
    /// Does nothing wait?
    pub(super) const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Judges a change as [`super::admit_from`] does on the document with these letters. `None` if it does more than write and
    /// delete letters in texts of the document: then what waits has to be applied first.
    pub(super) fn admit(
        &self,
        document: &Document,
        actors: &[ActorId],
        change: &PlainChange,
        expanded: &ExpandedChange,
    ) -> Option<Verdict> {
        if !is_letters(document.automerge(), expanded) {
            return None;
        }
        if !actors.iter().any(|actor| belongs(change.actor(), actor)) {
            return Some(Verdict::Refused(Refusal::ForeignActor));
        }
        let known = document.graph().with(&self.graph);
        let missing = missing_of(known, std::slice::from_ref(change));
        if !missing.is_empty() {
            return Some(Verdict::Missing(missing));
        }
        if known.contains(&change.hash()) {
            return Some(Verdict::Admitted);
        }
        let verdict = follows(known, &change.change, false)
            .and_then(|()| operations::check(document.automerge(), self, known, expanded));
        Some(match verdict {
            Ok(_) => Verdict::Admitted,
            Err(refusal) => Verdict::Refused(refusal),
        })
    }

    /// Keeps an admitted change, to be applied later.
    pub(super) fn keep(
        &mut self,
        document: &Document,
        change: &PlainChange,
        expanded: &ExpandedChange,
    ) {
        let known = document.graph().with(&self.graph);
        if known.contains(&change.hash()) {
            return;
        }
        let entry = known.entry(&change.change);
        if self.heads.is_empty() {
            self.heads = document.automerge().get_heads();
        }
        self.heads.retain(|head| !change.deps().contains(head));
        self.heads.push(change.hash());
        self.heads.sort_unstable();
        self.graph.insert(change.hash(), entry);
        for (operation, at) in expanded.operations.iter().zip(expanded.start_op.get()..) {
            if operation.insert
                && let ObjectId::Id(text) = &operation.obj
            {
                let letter = OpId::new(at, &expanded.actor_id);
                self.written.insert(letter, (change.hash(), text.clone()));
            }
        }
        self.changes.push(change.clone());
    }

    /// Returns what waited, in order, to be applied.
    pub(super) fn into_changes(self) -> Vec<PlainChange> {
        self.changes
    }

    /// Returns which change wrote a letter that waits, and into which text.
    pub(super) fn get(&self, letter: &OpId) -> Option<&(ChangeHash, OpId)> {
        self.written.get(letter)
    }

    /// Returns the newest changes of the document with these letters.
    pub(super) fn heads(&self, document: &Automerge) -> Vec<ChangeHash> {
        if self.is_empty() { document.get_heads() } else { self.heads.clone() }
    }
}

/// Does a change only write and delete letters, in texts that are in the document?
fn is_letters(document: &Automerge, change: &ExpandedChange) -> bool {
    let mut last: Option<&OpId> = None;
    change.operations.iter().all(|operation| {
        let (ObjectId::Id(text), Key::Seq(_)) = (&operation.obj, &operation.key) else {
            return false;
        };
        let is_letter = match &operation.action {
            OpType::Put(ScalarValue::Str(_)) => operation.insert,
            OpType::Delete => !operation.insert,
            _ => false,
        };
        let is_text = || {
            let text = ObjId::Id(text.counter(), text.actor().clone(), 0);
            document.object_type(&text).is_ok_and(|kind| kind == ObjType::Text)
        };
        is_letter && (last == Some(text) || is_text()) && {
            last = Some(text);
            true
        }
    })
}
