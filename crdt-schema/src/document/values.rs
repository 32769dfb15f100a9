//! New values: which Automerge object or scalar each becomes.

use automerge::transaction::Transactable;
use automerge::{ObjId, ObjType, ReadDoc, ScalarValue};
use serde_json::Value;

use super::EditError;
use super::path::ItemId;
use super::read::POSITIONS;
use super::write::Writer;
use crate::documents::{self, MergeRule};
use crate::limits;

impl Writer<'_> {
    /// Writes the first content into an empty document.
    pub(crate) fn create(
        &mut self,
        content: &serde_json::Map<String, Value>,
    ) -> Result<(), EditError> {
        self.tx.put_object(ObjId::Root, POSITIONS, ObjType::Map)?;
        for (key, value) in content {
            self.put(&ObjId::Root, key, value, &mut vec![key.clone()])?;
        }
        Ok(())
    }

    /// Writes a new value into a map.
    pub(super) fn put(
        &mut self,
        map: &ObjId,
        key: &str,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<(), EditError> {
        check_key(key)?;
        match self.object_type(value, pattern)? {
            Some(kind) => {
                let object = self.tx.put_object(map, key, kind)?;
                self.fill(&object, value, pattern)
            }
            None => Ok(self.tx.put(map, key, scalar(value)?)?),
        }
    }

    /// Writes a new value into a list object.
    pub(super) fn insert_raw(
        &mut self,
        list: &ObjId,
        raw: usize,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<ItemId, EditError> {
        let Some(kind) = self.object_type(value, pattern)? else {
            self.tx.insert(list, raw, scalar(value)?)?;
            let inserted = self.tx.get(list, raw)?;
            return inserted.map(|(_, id)| ItemId::of(&id)).ok_or(EditError::WholeContent);
        };
        let object = self.tx.insert_object(list, raw, kind)?;
        self.fill(&object, value, pattern)?;
        Ok(ItemId::of(&object))
    }

    /// Says which Automerge object a value becomes; none for a scalar.
    fn object_type(&self, value: &Value, pattern: &[String]) -> Result<Option<ObjType>, EditError> {
        let kind = match value {
            Value::Object(_) => ObjType::Map,
            Value::Array(_) => ObjType::List,
            Value::String(_) if documents::merge_rule(self.kind, pattern) == MergeRule::Text => {
                ObjType::Text
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(None),
        };
        if pattern.len() > limits::DEPTH {
            return Err(EditError::TooLarge {
                limit: limits::DEPTH,
                what: "levels of lists and groups inside each other",
            });
        }
        Ok(Some(kind))
    }

    fn fill(
        &mut self,
        object: &ObjId,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<(), EditError> {
        // Stops early: nobody should wait for work that cannot be kept.
        if self.tx.pending_ops() > limits::CHANGE_OPS {
            return Err(EditError::too_many_operations());
        }
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    pattern.push(key.clone());
                    self.put(object, key, value, pattern)?;
                    pattern.pop();
                }
            }
            Value::Array(items) => {
                pattern.push("*".to_owned());
                for (index, value) in items.iter().enumerate() {
                    self.insert_raw(object, index, value, pattern)?;
                }
                pattern.pop();
            }
            Value::String(text) => {
                check_string(text)?;
                self.tx.splice_text(object, 0, 0, text)?;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }
}

fn check_key(key: &str) -> Result<(), EditError> {
    if key.is_empty() {
        return Err(EditError::EmptyKey);
    }
    if key.len() > limits::KEY_BYTES {
        return Err(EditError::TooLarge {
            limit: limits::KEY_BYTES,
            what: "bytes in the name of a field",
        });
    }
    Ok(())
}

pub(super) fn check_string(text: &str) -> Result<(), EditError> {
    if text.len() > limits::STRING_BYTES {
        return Err(EditError::TooLarge { limit: limits::STRING_BYTES, what: "bytes in one text" });
    }
    Ok(())
}

fn scalar(value: &Value) -> Result<ScalarValue, EditError> {
    Ok(match value {
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::String(text) => {
            check_string(text)?;
            ScalarValue::Str(text.as_str().into())
        }
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => ScalarValue::Int(number),
            (None, Some(number), _) => ScalarValue::Uint(number),
            (None, None, number) => ScalarValue::F64(number.unwrap_or_default()),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => ScalarValue::Null,
    })
}
