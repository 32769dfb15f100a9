//! Where people chose differently at the same time.

use automerge::ChangeHash;
use serde_json::Value;

use super::Document;
use super::path::FieldPath;
use super::read::{Field, Node};
use crate::documents;

/// A place where people chose differently at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Where, with the names of items instead of their indexes.
    pub path: FieldPath,
    /// What it is called, in plain words.
    pub label: String,
    /// The different values and the changes that brought them; the one that is shown comes first.
    pub values: Vec<(Value, ChangeHash)>,
}

impl Document {
    /// Returns where people chose differently at the same time, and nobody has settled it yet.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        self.find_conflicts(&self.tree(), &FieldPath::default(), &mut Vec::new(), &mut conflicts);
        conflicts
    }

    fn find_conflicts(
        &self,
        node: &Node,
        path: &FieldPath,
        names: &mut Vec<String>,
        found: &mut Vec<Conflict>,
    ) {
        match node {
            Node::Map { fields, .. } => {
                for (key, field) in fields {
                    let path = path.child(key.clone());
                    names.push(key.clone());
                    self.find_conflicts(&field.node, &path, names, found);
                    // Nobody has to settle step numbers: they are counted anew where they clash.
                    if !field.rivals.is_empty() && key != "step" {
                        found.extend(self.conflict(field, path, names));
                    }
                    names.pop();
                }
            }
            Node::List { items, .. } => {
                for (index, item) in items.iter().enumerate() {
                    names.push((index + 1).to_string());
                    self.find_conflicts(&item.node, &path.child(item.id.to_string()), names, found);
                    names.pop();
                }
            }
            Node::Text { .. } | Node::Scalar(_) => {}
        }
    }

    fn conflict(&self, field: &Field, path: FieldPath, names: &[String]) -> Option<Conflict> {
        let shown = field.by.iter().map(|by| (field.node.to_value(), by));
        let rivals = field.rivals.iter().map(|(node, by)| (node.to_value(), by));
        let mut values: Vec<(Value, ChangeHash)> = Vec::new();
        for (value, by) in shown.chain(rivals) {
            if values.iter().all(|(other, _)| *other != value) {
                values.push((value, self.automerge.hash_for_opid(by)?));
            }
        }
        (values.len() > 1).then(|| Conflict {
            path,
            label: documents::label(self.kind(), names),
            values,
        })
    }
}
