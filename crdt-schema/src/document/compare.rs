//! What differs between two versions, in words that people know.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::path::{FieldPath, ItemId};
use super::read::{Item, Node};
use super::reconcile;
use crate::documents;
use crate::identity::Kind;

/// What happened to a field or an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It stands elsewhere in its list.
    Moved,
}

/// One difference between two versions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it stands in the later version, or in the earlier one if it is gone; indexes, not names of items.
    pub path: FieldPath,
    /// What it is called, in plain words.
    pub label: String,
    /// What it was; nothing if it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; nothing if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What happened to it.
    pub kind: ChangeKind,
}

pub(crate) fn compare(kind: Kind, from: &Node, to: &Node) -> Vec<FieldChange> {
    let mut comparison = Comparison { kind, changes: Vec::new() };
    comparison.values(&FieldPath::default(), from, to);
    comparison.changes
}

struct Comparison {
    kind: Kind,
    changes: Vec<FieldChange>,
}

impl Comparison {
    fn note(
        &mut self,
        kind: ChangeKind,
        path: FieldPath,
        before: Option<&Node>,
        after: Option<&Node>,
    ) {
        let label = documents::label(self.kind, &ordinals(&path));
        let (before, after) = (before.map(Node::to_value), after.map(Node::to_value));
        self.changes.push(FieldChange { path, label, before, after, kind });
    }

    fn values(&mut self, path: &FieldPath, from: &Node, to: &Node) {
        match (from, to) {
            (Node::Map { fields: from, .. }, Node::Map { fields: to, .. }) => {
                for (key, field) in from {
                    let path = path.child(key.clone());
                    match to.get(key) {
                        Some(later) => self.values(&path, &field.node, &later.node),
                        None => self.note(ChangeKind::Removed, path, Some(&field.node), None),
                    }
                }
                for (key, field) in to.iter().filter(|(key, _)| !from.contains_key(*key)) {
                    self.note(ChangeKind::Added, path.child(key.clone()), None, Some(&field.node));
                }
            }
            (Node::List { items: from, .. }, Node::List { items: to, .. }) => {
                self.lists(path, from, to);
            }
            _ if from.to_value() == to.to_value() => {}
            _ => self.note(ChangeKind::Changed, path.clone(), Some(from), Some(to)),
        }
    }

    fn lists(&mut self, path: &FieldPath, from: &[Item], to: &[Item]) {
        let earlier: BTreeMap<&ItemId, usize> =
            from.iter().enumerate().map(|(index, item)| (&item.id, index)).collect();
        let matched: Vec<Option<usize>> =
            to.iter().map(|item| earlier.get(&item.id).copied()).collect();
        for (index, item) in from.iter().enumerate() {
            if !matched.contains(&Some(index)) {
                self.note(
                    ChangeKind::Removed,
                    path.child(index.to_string()),
                    Some(&item.node),
                    None,
                );
            }
        }
        let stays = reconcile::longest_rising(&matched);
        for (index, ((item, matched), stays)) in
            to.iter().zip(matched.iter().copied()).zip(stays).enumerate()
        {
            let path = path.child(index.to_string());
            let Some(before) = matched.and_then(|index| from.get(index)) else {
                self.note(ChangeKind::Added, path, None, Some(&item.node));
                continue;
            };
            if !stays {
                self.note(ChangeKind::Moved, path.clone(), Some(&before.node), Some(&item.node));
            }
            let seen = self.changes.len();
            self.values(&path, &before.node, &item.node);
            // A number that only counts the steps says no more than that something moved.
            if counts(&before.node, matched) && counts(&item.node, Some(index)) {
                let number = path.child("step");
                let mut news = self.changes.split_off(seen);
                news.retain(|change| change.path != number);
                self.changes.append(&mut news);
            }
        }
    }
}

/// Is the number of a step just its place in the list?
fn counts(item: &Node, index: Option<usize>) -> bool {
    let ordinal = index.and_then(|index| u64::try_from(index + 1).ok());
    ordinal.is_some() && item.get("step").is_some_and(|step| step.to_value().as_u64() == ordinal)
}

/// Returns the tokens of a path with items counted from one, as people count them.
fn ordinals(path: &FieldPath) -> Vec<String> {
    path.tokens()
        .iter()
        .map(|token| {
            token.parse::<u64>().map_or_else(|_| token.clone(), |index| (index + 1).to_string())
        })
        .collect()
}
