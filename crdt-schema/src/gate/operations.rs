//! Checks what the operations of a change do: only what our own edits do, and only to what their author could know.
//!
//! The rules are exact: every operation must be one that an honest editor could have written on the version that the
//! change builds on. What else is in the document has no say: an operation that it knows counts only if the change
//! builds on it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{
    Automerge, ChangeHash, Cursor, ExpandedChange, ObjId, ObjType, ReadDoc, ScalarValue,
};

use super::{Letters, Refusal, guard};
use crate::document::Known;
use crate::limits;

/// What a change does to the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It writes and deletes letters in texts, and plain values in fields, of objects that are there.
    Values,
    /// It does more than that.
    Structure,
}

/// Checks all operations of a change. `document` with `letters` holds at least all that the change builds on.
pub(super) fn check(
    document: &Automerge,
    letters: &Letters,
    known: Known<'_>,
    change: &ExpandedChange,
) -> Result<Reach, Refusal> {
    let mut check = Check {
        document,
        letters,
        known,
        change,
        is_newest: letters.heads(document) == change.deps,
        covered: RefCell::default(),
        made: BTreeMap::new(),
        outer: BTreeMap::new(),
        fields: BTreeMap::new(),
        reach: Reach::Values,
        at: change.start_op.get(),
    };
    change.operations.iter().try_for_each(|operation| check.operation(operation))?;
    Ok(check.reach)
}

/// An object that operations change.
#[derive(Clone, Debug)]
struct Object {
    name: Name,
    kind: ObjType,
    depth: usize,
}

/// What an object is called: by its number if the change itself made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Root,
    Ours(u64),
    /// What Automerge prints; the object itself has no order.
    Other(String),
}

/// The operations that wrote the values of a field: number and actor.
type Values = BTreeSet<(u64, Vec<u8>)>;

struct Check<'c> {
    document: &'c Automerge,
    letters: &'c Letters,
    known: Known<'c>,
    change: &'c ExpandedChange,
    /// Does the change build on all that is in the document?
    is_newest: bool,
    /// Which changes it builds on, as far as that was asked.
    covered: RefCell<BTreeMap<ChangeHash, bool>>,
    /// What its operations made so far: where, and what if it is an object.
    made: BTreeMap<u64, (Name, Option<Object>)>,
    /// The objects from before that it changes.
    outer: BTreeMap<String, Object>,
    /// The values that stand in the fields that it changes.
    fields: BTreeMap<(Name, String), Values>,
    reach: Reach,
    /// The number of the current operation.
    at: u64,
}

impl Check<'_> {
    fn operation(&mut self, operation: &Op) -> Result<(), Refusal> {
        let object = self.object(&operation.obj)?;
        let makes = matches!(operation.action, OpType::Make(_));
        if object.kind == ObjType::List || makes || matches!(object.name, Name::Ours(_)) {
            self.reach = Reach::Structure;
        }
        match (object.kind, &operation.key) {
            (ObjType::Map, Key::Map(key)) if !operation.insert => {
                self.field(&object, key, operation)?;
            }
            (ObjType::List | ObjType::Text, Key::Seq(element)) => {
                self.element(&object, element, operation)?;
            }
            _ => return Err(Refusal::Action),
        }
        let made = match &operation.action {
            OpType::Make(kind @ (ObjType::Map | ObjType::List | ObjType::Text))
                if object.kind != ObjType::Text =>
            {
                if object.depth >= limits::DEPTH {
                    return Err(Refusal::Depth);
                }
                Some(Object { name: Name::Ours(self.at), kind: *kind, depth: object.depth + 1 })
            }
            OpType::Put(value) => {
                scalar(object.kind, value)?;
                None
            }
            OpType::Delete => None,
            OpType::Make(_) | OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_) => {
                return Err(Refusal::Action);
            }
        };
        if made.is_some() || operation.insert {
            self.made.insert(self.at, (object.name, made));
        }
        self.at += 1;
        Ok(())
    }

    /// Returns the object that an operation changes.
    fn object(&mut self, object: &ObjectId) -> Result<Object, Refusal> {
        let ObjectId::Id(id) = object else {
            return Ok(Object { name: Name::Root, kind: ObjType::Map, depth: 0 });
        };
        if self.is_ours(id) {
            let made = self.made.get(&id.counter()).and_then(|(_, object)| object.clone());
            return made.ok_or(Refusal::UnknownTarget);
        }
        let known = self.known(id).ok_or(Refusal::UnknownTarget)?;
        let text = known.to_string();
        if let Some(object) = self.outer.get(&text) {
            return Ok(object.clone());
        }
        let document = self.document;
        let kind = document.object_type(&known).map_err(|_| Refusal::UnknownTarget)?;
        let parents = guard(Refusal::UnknownTarget, || {
            document.parents(&known).map_err(|_| Refusal::UnknownTarget)
        })?;
        let depth = guard(Refusal::UnknownTarget, || Ok(parents.count()))?;
        let object = Object { name: Name::Other(text.clone()), kind, depth };
        self.outer.insert(text, object.clone());
        Ok(object)
    }

    /// Checks an operation on a field of a map: it replaces exactly the values that its author saw there, or takes away
    /// all but the one shown.
    fn field(&mut self, object: &Object, key: &str, operation: &Op) -> Result<(), Refusal> {
        if key.is_empty() || key.len() > limits::KEY_BYTES {
            return Err(Refusal::Key);
        }
        let place = (object.name.clone(), key.to_owned());
        let seen = match self.fields.remove(&place) {
            Some(seen) => seen,
            None => self.values(&operation.obj, key),
        };
        let replaced: Values = operation
            .pred
            .iter()
            .map(|id| (id.counter(), id.actor().to_bytes().to_vec()))
            .collect();
        if replaced.len() != operation.pred.len() {
            return Err(Refusal::UnknownTarget);
        }
        // Whoever chooses the value that is shown anyway only takes its rivals away.
        let (shown, mut rivals) = (seen.last().cloned(), seen.clone());
        rivals.pop_last();
        let is_delete = operation.action == OpType::Delete;
        let settles = is_delete && !rivals.is_empty() && replaced == rivals;
        if replaced != seen && !settles {
            return Err(Refusal::UnknownTarget);
        }
        let mut now = Values::new();
        if settles {
            now.extend(shown);
        } else if !is_delete {
            now.insert((self.at, self.change.actor_id.to_bytes().to_vec()));
        } else if replaced.is_empty() {
            return Err(Refusal::Action);
        }
        self.fields.insert(place, now);
        Ok(())
    }

    /// Returns the values that stood in a field before the change.
    fn values(&self, object: &ObjectId, key: &str) -> Values {
        let object = match object {
            ObjectId::Root => ObjId::Root,
            ObjectId::Id(id) if self.is_ours(id) => return Values::new(),
            ObjectId::Id(id) => ObjId::Id(id.counter(), id.actor().clone(), 0),
        };
        let values = self.document.get_all_at(&object, key, &self.change.deps).unwrap_or_default();
        let name = |(_, id): (_, ObjId)| match id {
            ObjId::Id(counter, actor, _) => Some((counter, actor.to_bytes().to_vec())),
            ObjId::Root => None,
        };
        values.into_iter().filter_map(name).collect()
    }

    /// Checks an operation on an element of a list or a text.
    ///
    /// Elements come and go; what stands in one is never exchanged, so that its name stays its name.
    fn element(&self, object: &Object, element: &ElementId, operation: &Op) -> Result<(), Refusal> {
        if operation.insert == (operation.action == OpType::Delete) {
            return Err(Refusal::Action);
        }
        let ElementId::Id(id) = element else {
            return if operation.insert && operation.pred.is_empty() {
                Ok(())
            } else {
                Err(Refusal::Action)
            };
        };
        let is_meant = if operation.insert {
            operation.pred.is_empty()
        } else {
            operation.pred.len() == 1 && operation.pred.get(0) == Some(id)
        };
        if !is_meant {
            return Err(Refusal::Action);
        }
        if self.is_ours(id) {
            let made = self.made.get(&id.counter());
            let is_here =
                id.counter() < self.at && made.is_some_and(|(place, _)| *place == object.name);
            return if is_here { Ok(()) } else { Err(Refusal::UnknownTarget) };
        }
        self.known(id).ok_or(Refusal::UnknownTarget)?;
        let ObjectId::Id(list) = &operation.obj else { return Err(Refusal::Action) };
        if let Some((_, text)) = self.letters.get(id) {
            return if text == list { Ok(()) } else { Err(Refusal::UnknownTarget) };
        }
        let list = ObjId::Id(list.counter(), list.actor().clone(), 0);
        let cursor = Cursor::try_from(format!("{}@{}", id.counter(), id.actor()))
            .map_err(|_| Refusal::UnknownTarget)?;
        // Automerge asserts that the element is one of this object.
        guard(Refusal::UnknownTarget, || {
            self.document
                .get_cursor_position(&list, &cursor, None)
                .map(|_| ())
                .map_err(|_| Refusal::UnknownTarget)
        })
    }

    fn is_ours(&self, id: &OpId) -> bool {
        *id.actor() == self.change.actor_id && id.counter() >= self.change.start_op.get()
    }

    /// Finds an operation that the change builds on.
    fn known(&self, id: &OpId) -> Option<ObjId> {
        let object = ObjId::Id(id.counter(), id.actor().clone(), 0);
        let waiting = self.letters.get(id).map(|(change, _)| *change);
        let hash = waiting.or_else(|| self.document.hash_for_opid(&object))?;
        let covers = || self.known.covers(&self.change.deps, &hash);
        let is_past =
            self.is_newest || *self.covered.borrow_mut().entry(hash).or_insert_with(covers);
        is_past.then_some(object)
    }
}

fn scalar(kind: ObjType, value: &ScalarValue) -> Result<(), Refusal> {
    match value {
        ScalarValue::Str(text) if kind == ObjType::Text => {
            // A text is made of single characters; anything else would count differently in every language.
            let mut characters = text.chars();
            if characters.next().is_some() && characters.next().is_none() {
                Ok(())
            } else {
                Err(Refusal::Action)
            }
        }
        _ if kind == ObjType::Text => Err(Refusal::Action),
        ScalarValue::Str(text) if text.len() > limits::STRING_BYTES => Err(Refusal::TooLong),
        // JSON has no other numbers.
        ScalarValue::F64(number) if !number.is_finite() => Err(Refusal::Action),
        ScalarValue::Str(_)
        | ScalarValue::Int(_)
        | ScalarValue::Uint(_)
        | ScalarValue::F64(_)
        | ScalarValue::Boolean(_)
        | ScalarValue::Null => Ok(()),
        ScalarValue::Bytes(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Unknown { .. } => Err(Refusal::Action),
    }
}
