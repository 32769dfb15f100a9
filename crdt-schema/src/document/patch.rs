//! JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396), carried out on items that keep their identity.

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use super::EditError;
use super::path::{FieldPath, ItemId};
use super::read::{Element, Node, Shape};
use super::write::{Place, Target, Writer};

/// Bounds the time of one patch.
const OPERATIONS: usize = 1_000;

impl Writer<'_> {
    /// Carries out the operations one after the other.
    pub(crate) fn json_patch(&mut self, patch: &Patch) -> Result<(), EditError> {
        if patch.0.len() > OPERATIONS {
            return Err(EditError::TooLarge { limit: OPERATIONS, what: "operations in one patch" });
        }
        for (index, operation) in patch.0.iter().enumerate() {
            self.operation(operation).map_err(|source| EditError::Operation {
                index,
                operation: operation.to_string(),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    fn operation(&mut self, operation: &PatchOperation) -> Result<(), EditError> {
        match operation {
            PatchOperation::Add(add) => self.add(&path(&add.path)?, &add.value),
            PatchOperation::Remove(remove) => self.remove(&path(&remove.path)?),
            PatchOperation::Replace(replace) => {
                let path = path(&replace.path)?;
                match self.shape_at(&path)? {
                    Some(_) => self.set(&path, &replace.value),
                    None => Err(EditError::NotFound { path }),
                }
            }
            PatchOperation::Move(moved) => self.relocate(&path(&moved.from)?, &path(&moved.path)?),
            PatchOperation::Copy(copy) => {
                let value = self.value(&path(&copy.from)?)?;
                self.add(&path(&copy.path)?, &value)
            }
            PatchOperation::Test(test) => {
                let path = path(&test.path)?;
                let found = self.value(&path)?;
                if equal(&found, &test.value) {
                    Ok(())
                } else {
                    Err(EditError::TestFailed { path })
                }
            }
        }
    }

    /// Returns what is shown at a path.
    fn value(&self, path: &FieldPath) -> Result<Value, EditError> {
        let missing = || EditError::NotFound { path: path.clone() };
        let mut node = self.view().tree();
        for token in path.tokens() {
            node = match node {
                Node::Map { mut fields, .. } => fields.remove(token).ok_or_else(missing)?.node,
                Node::List { items, .. } => {
                    let index =
                        token.parse::<usize>().ok().filter(|index| index.to_string() == *token);
                    let is_named =
                        |(at, id): (usize, &ItemId)| Some(at) == index || id.as_str() == token;
                    let at = items.iter().map(|item| &item.id).enumerate().position(is_named);
                    items.into_iter().nth(at.ok_or_else(missing)?).ok_or_else(missing)?.node
                }
                Node::Text { .. } | Node::Scalar(_) => return Err(missing()),
            };
        }
        Ok(node.to_value())
    }

    /// Inserts into a list before the item that is named, or sets a field.
    fn add(&mut self, path: &FieldPath, value: &Value) -> Result<(), EditError> {
        let (parent, token) = path.split_last().ok_or(EditError::WholeContent)?;
        match self.elements_of(&parent)? {
            None => self.set(path, value),
            Some(elements) => {
                let before = item_before(path, token, elements.iter().map(|element| &element.id))?;
                self.insert(&parent, before.as_ref(), value).map(|_| ())
            }
        }
    }

    /// Returns the items of the list at a path; nothing if something else is there.
    fn elements_of(&self, path: &FieldPath) -> Result<Option<Vec<Element>>, EditError> {
        if path.tokens().is_empty() {
            return Ok(None);
        }
        let Place { target, .. } = self.resolve(path)?;
        Ok(match self.view().shape(&self.candidates(&target)) {
            Some(Shape::List(lists)) => Some(self.view().elements(&lists)),
            Some(Shape::Map(_) | Shape::Text(_) | Shape::Scalar(_)) | None => None,
        })
    }

    /// Moves a value. Within one list the item stays the same item; between two places it becomes a new one.
    fn relocate(&mut self, from: &FieldPath, to: &FieldPath) -> Result<(), EditError> {
        if from == to {
            return self.value(from).map(|_| ());
        }
        if to.is_within(from) {
            return Err(EditError::IntoItself { path: from.clone() });
        }
        let (from_list, _) = from.split_last().ok_or(EditError::WholeContent)?;
        let (to_list, token) = to.split_last().ok_or(EditError::WholeContent)?;
        if let Target::Element { element } = self.resolve(from)?.target
            && let Some(elements) = self.elements_of(&to_list)?
            && elements.iter().any(|other| other.id == element.id)
        {
            let rest = elements.iter().map(|other| &other.id).filter(|other| **other != element.id);
            let before = item_before(to, token, rest)?;
            return self.move_item(&from_list, &element.id, before.as_ref());
        }
        let value = self.value(from)?;
        self.remove(from)?;
        self.add(to, &value)
    }

    /// Applies a merge patch to the whole content.
    pub(crate) fn merge_patch(&mut self, patch: &Value) -> Result<(), EditError> {
        let Value::Object(fields) = patch else { return Err(EditError::WholeContent) };
        self.merge_fields(&FieldPath::default(), fields)
    }

    fn merge_fields(
        &mut self,
        path: &FieldPath,
        fields: &serde_json::Map<String, Value>,
    ) -> Result<(), EditError> {
        for (key, value) in fields {
            let path = path.child(key.clone());
            let there = self.shape_at(&path)?;
            match (value, there) {
                (Value::Null, None) => {}
                (Value::Null, Some(_)) => self.remove(&path)?,
                (Value::Object(fields), Some(Shape::Map(_))) => self.merge_fields(&path, fields)?,
                (value, _) => self.set(&path, &without_nulls(value))?,
            }
        }
        Ok(())
    }

    fn shape_at(&self, path: &FieldPath) -> Result<Option<Shape>, EditError> {
        let Place { target, .. } = self.resolve(path)?;
        Ok(self.view().shape(&self.candidates(&target)))
    }
}

/// Returns the item that comes before the place that `token` names in a list; nothing for the first place.
fn item_before<'i>(
    path: &FieldPath,
    token: &str,
    items: impl Iterator<Item = &'i ItemId>,
) -> Result<Option<ItemId>, EditError> {
    let items: Vec<&ItemId> = items.collect();
    let at = match token.parse::<usize>() {
        _ if token == "-" => Some(items.len()),
        Ok(index) => {
            Some(index).filter(|index| *index <= items.len() && index.to_string() == token)
        }
        Err(_) => items.iter().position(|item| item.as_str() == token),
    };
    let at = at.ok_or_else(|| EditError::NotFound { path: path.clone() })?;
    Ok(at.checked_sub(1).and_then(|before| items.get(before)).map(|item| (*item).clone()))
}

/// Returns what a merge patch puts where nothing was: in its objects `null` means absent.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            value.clone()
        }
    }
}

/// RFC 6902, section 4.6: numbers are equal if they stand for the same number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            x == y || (x.is_f64() || y.is_f64()) && x.as_f64() == y.as_f64()
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| equal(x, y)))
        }
        _ => a == b,
    }
}

fn path(pointer: &impl ToString) -> Result<FieldPath, EditError> {
    Ok(pointer.to_string().parse()?)
}
