//! Checks what the operations of a change do: only what our own edits do, and only to what their author could know.

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ExpandedChange, ObjId, ObjType, ReadDoc, ScalarValue};

use super::Refusal;
use super::trial::Stage;
use crate::limits;

/// Checks all operations of the change that the stage is set for.
pub(super) fn check(stage: &Stage<'_>, change: &ExpandedChange) -> Result<(), Refusal> {
    let mut check = Check {
        stage,
        change,
        made: BTreeMap::new(),
        depths: BTreeMap::new(),
        at: change.start_op.get(),
    };
    change.operations.iter().try_for_each(|operation| check.operation(operation))
}

struct Check<'c> {
    stage: &'c Stage<'c>,
    change: &'c ExpandedChange,
    /// What earlier operations of the change made, by number, with its depth.
    made: BTreeMap<u64, (ObjType, usize)>,
    /// The depths that were looked up.
    depths: BTreeMap<String, usize>,
    /// The number of the current operation.
    at: u64,
}

impl Check<'_> {
    fn operation(&mut self, operation: &Op) -> Result<(), Refusal> {
        let (kind, depth) = self.object(&operation.obj)?;
        self.key(kind, operation)?;
        self.predecessors(operation)?;
        match &operation.action {
            OpType::Make(made @ (ObjType::Map | ObjType::List | ObjType::Text))
                if kind != ObjType::Text =>
            {
                if depth >= limits::DEPTH {
                    return Err(Refusal::Depth);
                }
                self.made.insert(self.at, (*made, depth + 1));
            }
            OpType::Put(value) => scalar(kind, value)?,
            OpType::Delete => {}
            OpType::Make(_) | OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_) => {
                return Err(Refusal::Action);
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Returns the type and the depth of the object that an operation changes.
    fn object(&mut self, object: &ObjectId) -> Result<(ObjType, usize), Refusal> {
        let ObjectId::Id(id) = object else { return Ok((ObjType::Map, 0)) };
        if self.is_ours(id) {
            return self.made.get(&id.counter()).copied().ok_or(Refusal::UnknownTarget);
        }
        let object = self.known(id).ok_or(Refusal::UnknownTarget)?;
        let document = self.stage.document();
        let kind = document.object_type(&object).map_err(|_| Refusal::UnknownTarget)?;
        let name = object.to_string();
        let depth = match self.depths.get(&name) {
            Some(depth) => *depth,
            None => {
                let depth = document.parents(&object).map_err(|_| Refusal::UnknownTarget)?.count();
                self.depths.insert(name, depth);
                depth
            }
        };
        Ok((kind, depth))
    }

    /// Checks where in its object an operation takes place.
    fn key(&self, kind: ObjType, operation: &Op) -> Result<(), Refusal> {
        match (kind, &operation.key) {
            (ObjType::Map, Key::Map(key)) if !operation.insert => {
                if key.is_empty() || key.len() > limits::KEY_BYTES {
                    Err(Refusal::Key)
                } else {
                    Ok(())
                }
            }
            (ObjType::List | ObjType::Text, Key::Seq(element)) => {
                // Elements come and go; what stands in one is never exchanged, so that its name stays its name.
                let is_delete = operation.action == OpType::Delete;
                match element {
                    _ if operation.insert == is_delete => Err(Refusal::Action),
                    ElementId::Head if operation.insert => Ok(()),
                    ElementId::Head => Err(Refusal::Action),
                    ElementId::Id(id) => self.exists(id),
                }
            }
            _ => Err(Refusal::Action),
        }
    }

    fn predecessors(&self, operation: &Op) -> Result<(), Refusal> {
        let is_delete = operation.action == OpType::Delete;
        if (operation.insert && !operation.pred.is_empty())
            || (is_delete && operation.pred.is_empty())
        {
            return Err(Refusal::Action);
        }
        operation.pred.iter().try_for_each(|id| self.exists(id))
    }

    /// Is there such an operation before the current one?
    fn exists(&self, id: &OpId) -> Result<(), Refusal> {
        let exists =
            if self.is_ours(id) { id.counter() < self.at } else { self.known(id).is_some() };
        if exists { Ok(()) } else { Err(Refusal::UnknownTarget) }
    }

    fn is_ours(&self, id: &OpId) -> bool {
        *id.actor() == self.change.actor_id && id.counter() >= self.change.start_op.get()
    }

    /// Finds an operation in the past of the change.
    fn known(&self, id: &OpId) -> Option<ObjId> {
        let object = ObjId::Id(id.counter(), id.actor().clone(), 0);
        self.stage.document().hash_for_opid(&object).map(|_| object)
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
