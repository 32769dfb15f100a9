//! Reading a document: what stands where, with the identities behind it.

use std::collections::BTreeMap;

use automerge::{ChangeHash, ObjId, ObjType, ReadDoc, ScalarValue, Value as Stored};
use serde_json::Value;

use super::order::{self, Placed, Position};
use super::path::ItemId;

/// The key of the root map beside the content that holds the positions of moved items.
pub(crate) const POSITIONS: &str = "_positions";

/// One of the values that stand at one place.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) value: Stored<'static>,
    pub(crate) id: ObjId,
}

/// One item of a list as Automerge holds it.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// The list object that holds it, and the index there.
    pub(crate) list: ObjId,
    pub(crate) raw: usize,
    pub(crate) id: ItemId,
    pub(crate) candidate: Candidate,
}

/// What the values at one place amount to.
///
/// Maps that were created there at the same time are shown as one map, and lists as one list, so that nobody's
/// work is hidden. The object that Automerge itself would show comes first.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Map(Vec<ObjId>),
    List(Vec<ObjId>),
    Text(ObjId),
    Scalar(Value),
}

/// A place's value with all that is inside it.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Map { ids: Vec<ObjId>, fields: BTreeMap<String, Field> },
    List { ids: Vec<ObjId>, items: Vec<Item> },
    Text { id: ObjId, text: String },
    Scalar(Value),
}

/// A field of a map.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) node: Node,
    /// The change that wrote what is shown, if there are rivals.
    pub(crate) by: Option<ObjId>,
    /// Values that others wrote at the same time, other than the one shown.
    pub(crate) rivals: Vec<(Node, ObjId)>,
}

/// An item of a list.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: ItemId,
    pub(crate) node: Node,
}

/// A document, or a transaction, as of some version.
#[derive(Debug)]
pub(crate) struct View<'a, D> {
    doc: &'a D,
    heads: Option<&'a [ChangeHash]>,
}

impl<'a, D: ReadDoc> View<'a, D> {
    /// Returns the view of what is there now.
    pub(crate) const fn now(doc: &'a D) -> Self {
        Self { doc, heads: None }
    }

    /// Returns the view of a version. All of `heads` must be known.
    pub(crate) const fn at(doc: &'a D, heads: &'a [ChangeHash]) -> Self {
        Self { doc, heads: Some(heads) }
    }

    /// Returns the values of a field, the one to show first.
    pub(crate) fn field(&self, maps: &[ObjId], key: &str) -> Vec<Candidate> {
        maps.iter().flat_map(|map| self.values(map, key)).collect()
    }

    fn values(&self, map: &ObjId, key: &str) -> Vec<Candidate> {
        let values = match self.heads {
            None => self.doc.get_all(map, key),
            Some(heads) => self.doc.get_all_at(map, key, heads),
        };
        let candidate =
            |(value, id): (Stored<'_>, ObjId)| Candidate { value: value.into_owned(), id };
        values.unwrap_or_default().into_iter().rev().map(candidate).collect()
    }

    /// Returns what the values of one place amount to; nothing if there is none.
    pub(crate) fn shape(&self, candidates: &[Candidate]) -> Option<Shape> {
        let first = candidates.first()?;
        let all = |kind: fn(&ObjType) -> bool| {
            let same = |candidate: &&Candidate| matches!(&candidate.value, Stored::Object(other) if kind(other));
            candidates.iter().filter(same).map(|candidate| candidate.id.clone()).collect()
        };
        Some(match &first.value {
            Stored::Object(ObjType::Map | ObjType::Table) => {
                Shape::Map(all(|kind| matches!(kind, ObjType::Map | ObjType::Table)))
            }
            Stored::Object(ObjType::List) => Shape::List(all(|kind| matches!(kind, ObjType::List))),
            Stored::Object(ObjType::Text) => Shape::Text(first.id.clone()),
            Stored::Scalar(value) => Shape::Scalar(plain(value)),
        })
    }

    pub(crate) fn text(&self, text: &ObjId) -> String {
        match self.heads {
            None => self.doc.text(text),
            Some(heads) => self.doc.text_at(text, heads),
        }
        .unwrap_or_default()
    }

    /// Returns the keys of a map with their values.
    fn fields(&self, maps: &[ObjId]) -> BTreeMap<String, Vec<Candidate>> {
        let mut fields: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for map in maps {
            let range = match self.heads {
                None => self.doc.map_range(map, ..),
                Some(heads) => self.doc.map_range_at(map, .., heads),
            };
            for entry in range {
                let values = if entry.conflict {
                    self.values(map, &entry.key)
                } else {
                    vec![Candidate { id: entry.id(), value: entry.value.into_value() }]
                };
                fields.entry(entry.key.into_owned()).or_default().extend(values);
            }
        }
        fields
    }

    /// Returns the elements of one list object in Automerge's order.
    fn raw_elements(&self, list: &ObjId) -> Vec<Element> {
        let range = match self.heads {
            None => self.doc.list_range(list, ..),
            Some(heads) => self.doc.list_range_at(list, .., heads),
        };
        range
            .map(|entry| Element {
                list: list.clone(),
                raw: entry.index,
                id: ItemId::of(&entry.id()),
                candidate: Candidate { id: entry.id(), value: entry.value.into_value() },
            })
            .collect()
    }

    /// Returns the places of the items of one list object, in the order in which they are shown.
    pub(crate) fn placed(&self, list: &ObjId) -> Vec<Placed> {
        self.place(&self.raw_elements(list), self.positions().as_ref())
    }

    fn place(&self, elements: &[Element], positions: Option<&ObjId>) -> Vec<Placed> {
        let ids: Vec<ItemId> = elements.iter().map(|element| element.id.clone()).collect();
        let position = |id: &ItemId| {
            Position::parse(self.values(positions?, id.as_str()).first()?.value.as_str()?)
        };
        order::arrange(&ids, position)
    }

    /// Returns the map of positions, unless nothing was ever moved.
    fn positions(&self) -> Option<ObjId> {
        let positions = self.values(&ObjId::Root, POSITIONS).into_iter().next()?;
        let length = match self.heads {
            None => self.doc.length(&positions.id),
            Some(heads) => self.doc.length_at(&positions.id, heads),
        };
        (length > 0 && matches!(positions.value, Stored::Object(ObjType::Map)))
            .then_some(positions.id)
    }

    /// Returns the items of a list in the order in which they are shown.
    pub(crate) fn elements(&self, lists: &[ObjId]) -> Vec<Element> {
        self.elements_with(lists, self.positions().as_ref())
    }

    fn elements_with(&self, lists: &[ObjId], positions: Option<&ObjId>) -> Vec<Element> {
        let mut shown = Vec::new();
        for list in lists {
            let elements = self.raw_elements(list);
            if positions.is_none() {
                shown.extend(elements);
            } else {
                let placed = self.place(&elements, positions);
                shown.extend(placed.iter().filter_map(|item| elements.get(item.raw).cloned()));
            }
        }
        shown
    }

    /// Returns the whole content.
    pub(crate) fn tree(&self) -> Node {
        let positions = self.positions();
        let mut root = self.map(vec![ObjId::Root], positions.as_ref());
        if let Node::Map { fields, .. } = &mut root {
            fields.remove(POSITIONS);
        }
        root
    }

    /// Returns what the values at one place are, with all that is inside; nothing if there is no value.
    pub(crate) fn node(&self, candidates: &[Candidate]) -> Option<Node> {
        self.node_with(candidates, self.positions().as_ref())
    }

    fn node_with(&self, candidates: &[Candidate], positions: Option<&ObjId>) -> Option<Node> {
        Some(match self.shape(candidates)? {
            Shape::Map(ids) => self.map(ids, positions),
            Shape::List(ids) => self.list(ids, positions),
            Shape::Text(id) => Node::Text { text: self.text(&id), id },
            Shape::Scalar(value) => Node::Scalar(value),
        })
    }

    fn map(&self, ids: Vec<ObjId>, positions: Option<&ObjId>) -> Node {
        let mut fields = BTreeMap::new();
        for (key, candidates) in self.fields(&ids) {
            let Some(node) = self.node_with(&candidates, positions) else { continue };
            let by =
                candidates.first().filter(|_| candidates.len() > 1).map(|first| first.id.clone());
            let rivals = self.rivals(&candidates, &node, positions);
            fields.insert(key, Field { node, by, rivals });
        }
        Node::Map { ids, fields }
    }

    /// Returns the values that are neither shown nor part of what is shown.
    fn rivals(
        &self,
        candidates: &[Candidate],
        shown: &Node,
        positions: Option<&ObjId>,
    ) -> Vec<(Node, ObjId)> {
        let part = |candidate: &&Candidate| match shown {
            Node::Map { ids, .. } | Node::List { ids, .. } => !ids.contains(&candidate.id),
            Node::Text { .. } | Node::Scalar(_) => true,
        };
        let others = candidates.iter().skip(1).filter(part);
        others
            .filter_map(|candidate| {
                let node = self.node_with(std::slice::from_ref(candidate), positions)?;
                Some((node, candidate.id.clone()))
            })
            .collect()
    }

    fn list(&self, ids: Vec<ObjId>, positions: Option<&ObjId>) -> Node {
        let elements = self.elements_with(&ids, positions);
        let mut items: Vec<Item> = elements
            .into_iter()
            .filter_map(|Element { id, candidate, .. }| {
                Some(Item {
                    id,
                    node: self.node_with(std::slice::from_ref(&candidate), positions)?,
                })
            })
            .collect();
        number(&mut items);
        Node::List { ids, items }
    }
}

/// Numbers steps as they are shown.
///
/// After concurrent additions and moves the `step` numbers that people wrote no longer count up; people then are
/// shown 1, 2, 3 and so on. What is stored stays, and numbers that do count up are shown as they are.
fn number(items: &mut [Item]) {
    let numbers = || items.iter().filter_map(|item| item.node.get("step"));
    let is_integer =
        |node: &Node| matches!(node, Node::Scalar(value) if value.is_i64() || value.is_u64());
    let integers: Vec<i64> = numbers()
        .filter_map(|node| match node {
            Node::Scalar(value) => value.as_i64(),
            Node::Map { .. } | Node::List { .. } | Node::Text { .. } => None,
        })
        .collect();
    if !numbers().all(is_integer)
        || integers.iter().zip(integers.iter().skip(1)).all(|(a, b)| a < b)
    {
        return;
    }
    for (shown, item) in (1_u64..).zip(items) {
        if let Node::Map { fields, .. } = &mut item.node
            && let Some(field) = fields.get_mut("step")
        {
            field.node = Node::Scalar(shown.into());
        }
    }
}

impl Node {
    /// Returns a field of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map { fields, .. } => fields.get(key).map(|field| &field.node),
            Self::List { .. } | Self::Text { .. } | Self::Scalar(_) => None,
        }
    }

    /// Turns it into the value without identities.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Map { fields, .. } => Value::Object(
                fields.into_iter().map(|(key, field)| (key, field.node.into_value())).collect(),
            ),
            Self::List { items, .. } => {
                items.into_iter().map(|item| item.node.into_value()).collect()
            }
            Self::Text { text, .. } => Value::String(text),
            Self::Scalar(value) => value,
        }
    }

    /// Returns the value without identities.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Map { fields, .. } => Value::Object(
                fields.iter().map(|(key, field)| (key.clone(), field.node.to_value())).collect(),
            ),
            Self::List { items, .. } => items.iter().map(|item| item.node.to_value()).collect(),
            Self::Text { text, .. } => Value::String(text.clone()),
            Self::Scalar(value) => value.clone(),
        }
    }
}

/// Returns a stored scalar as JSON. The gate lets only those through that JSON has.
fn plain(value: &ScalarValue) -> Value {
    match value {
        ScalarValue::Str(text) => text.as_str().into(),
        ScalarValue::Int(number) => (*number).into(),
        ScalarValue::Uint(number) => (*number).into(),
        ScalarValue::F64(number) => (*number).into(),
        ScalarValue::Boolean(value) => (*value).into(),
        ScalarValue::Null
        | ScalarValue::Bytes(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Unknown { .. } => Value::Null,
    }
}
