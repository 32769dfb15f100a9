//! Writing: turns what a person meant into Automerge operations.

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjId, ObjType, ReadDoc};
use serde_json::Value;

use super::order;
use super::path::{FieldPath, ItemId};
use super::read::{Candidate, Element, Field, Item, Node, POSITIONS, Shape, View};
use super::{Edit, EditError, Splice, reconcile, text, values};
use crate::documents::{self, MergeRule};
use crate::identity::Kind;

/// One open change.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    pub(super) tx: Transaction<'a>,
    pub(super) kind: Kind,
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Target {
    /// A field of a map, there or not.
    Field { maps: Vec<ObjId>, key: String },
    /// An item of a list.
    Element { element: Element },
    /// The place after the last item.
    End { lists: Vec<ObjId> },
}

/// A target, and the path to it with `*` for every item of a list.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) target: Target,
    pub(crate) pattern: Vec<String>,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(tx: Transaction<'a>, kind: Kind) -> Self {
        Self { tx, kind }
    }

    pub(crate) fn finish(self) -> Transaction<'a> {
        self.tx
    }

    pub(crate) fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::Set { path, value } => self.set(path, value),
            Edit::Splice { path, splices } => self.splice(path, splices),
            Edit::Insert { list, after, value } => {
                self.insert(list, after.as_ref(), value).map(|_| ())
            }
            Edit::Move { list, item, after } => self.move_item(list, item, after.as_ref()),
            Edit::Remove { path } => self.remove(path),
            Edit::MergePatch(patch) => self.merge_patch(patch),
            Edit::JsonPatch(patch) => self.json_patch(patch),
        }
    }

    pub(crate) const fn view(&self) -> View<'_, Transaction<'a>> {
        View::now(&self.tx)
    }

    /// Finds where a path leads.
    pub(crate) fn resolve(&self, path: &FieldPath) -> Result<Place, EditError> {
        let missing = || EditError::NotFound { path: path.clone() };
        let (last, parents) = path.tokens().split_last().ok_or(EditError::WholeContent)?;
        if path.tokens().first().is_some_and(|first| first == POSITIONS) {
            return Err(EditError::Reserved { key: POSITIONS });
        }
        let mut shape = Shape::Map(vec![ObjId::Root]);
        let mut pattern = Vec::new();
        for token in parents {
            let candidates = match &shape {
                Shape::Map(maps) => {
                    pattern.push(token.clone());
                    self.view().field(maps, token)
                }
                Shape::List(lists) => {
                    pattern.push("*".to_owned());
                    vec![
                        find(&self.view().elements(lists), token)
                            .ok_or_else(missing)?
                            .candidate
                            .clone(),
                    ]
                }
                Shape::Text(_) | Shape::Scalar(_) => return Err(missing()),
            };
            shape = self.view().shape(&candidates).ok_or_else(missing)?;
        }
        let target = match shape {
            Shape::Map(maps) => {
                pattern.push(last.clone());
                Target::Field { maps, key: last.clone() }
            }
            Shape::List(lists) => {
                pattern.push("*".to_owned());
                if last == "-" {
                    Target::End { lists }
                } else {
                    let element =
                        find(&self.view().elements(&lists), last).ok_or_else(missing)?.clone();
                    Target::Element { element }
                }
            }
            Shape::Text(_) | Shape::Scalar(_) => return Err(missing()),
        };
        Ok(Place { target, pattern })
    }

    /// Returns the values that stand at a place.
    pub(crate) fn candidates(&self, target: &Target) -> Vec<Candidate> {
        match target {
            Target::Field { maps, key } => self.view().field(maps, key),
            Target::Element { element } => vec![element.candidate.clone()],
            Target::End { .. } => Vec::new(),
        }
    }

    /// Returns the list objects that a path leads to.
    pub(crate) fn lists(&self, path: &FieldPath) -> Result<(Vec<ObjId>, Vec<String>), EditError> {
        let place = self.resolve(path)?;
        let candidates = self.candidates(&place.target);
        match self.view().shape(&candidates) {
            Some(Shape::List(lists)) => Ok((lists, place.pattern)),
            Some(Shape::Map(_) | Shape::Text(_) | Shape::Scalar(_)) => {
                Err(EditError::WrongType { path: path.clone(), expected: "a list" })
            }
            None => Err(EditError::NotFound { path: path.clone() }),
        }
    }

    pub(crate) fn set(&mut self, path: &FieldPath, value: &Value) -> Result<(), EditError> {
        let Place { target, mut pattern } = self.resolve(path)?;
        match target {
            Target::Field { maps, key } => self.write_field(&maps, &key, value, &mut pattern, true),
            Target::Element { element } => self.write_element(&element, value, &mut pattern),
            Target::End { lists } => self.append(&lists, value, &mut pattern),
        }
    }

    fn append(
        &mut self,
        lists: &[ObjId],
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<(), EditError> {
        let last = self.view().elements(lists).last().map(|element| element.id.clone());
        self.insert_after(lists, last.as_ref(), value, pattern).map(|_| ())
    }

    /// Makes a field hold a value, changing what is there as little as possible.
    ///
    /// With `settle`, values that others wrote at the same time are overruled even where the value is the one shown.
    pub(crate) fn write_field(
        &mut self,
        maps: &[ObjId],
        key: &str,
        value: &Value,
        pattern: &mut Vec<String>,
        settle: bool,
    ) -> Result<(), EditError> {
        let candidates = self.view().field(maps, key);
        let old = self.view().node(&candidates);
        if let [kind] = pattern.as_slice()
            && kind == documents::KIND_FIELD
        {
            let same = old.is_some_and(|old| old.to_value() == *value);
            return if same {
                Ok(())
            } else {
                Err(EditError::Reserved { key: documents::KIND_FIELD })
            };
        }
        let parts = match &old {
            Some(Node::Map { ids, .. } | Node::List { ids, .. }) => ids.len(),
            Some(Node::Text { .. } | Node::Scalar(_)) | None => 1,
        };
        let has_rivals = candidates.len() > parts;
        if let Some(old) = &old {
            let unchanged = !settle && old.to_value() == *value;
            if unchanged || (!has_rivals && self.merge_into(old, value, pattern)?) {
                return Ok(());
            }
        }
        let Some((map, others)) = maps.split_first() else { return Ok(()) };
        self.put(map, key, value, pattern)?;
        others.iter().try_for_each(|map| self.delete_key(map, key))
    }

    fn delete_key(&mut self, map: &ObjId, key: &str) -> Result<(), EditError> {
        if self.tx.get(map, key)?.is_some() {
            self.tx.delete(map, key)?;
        }
        Ok(())
    }

    /// Changes a value in place; says no if it has to be replaced.
    fn merge_into(
        &mut self,
        old: &Node,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<bool, EditError> {
        match (old, value) {
            (Node::Text { id, text: old }, Value::String(new)) => {
                if old != new {
                    values::check_string(new)?;
                    for splice in text::difference(old, new) {
                        let delete = isize::try_from(splice.delete).unwrap_or(isize::MAX);
                        self.tx.splice_text(id, splice.at, delete, &splice.insert)?;
                    }
                }
            }
            (Node::Map { ids, fields }, Value::Object(new)) => {
                let gone: Vec<&String> =
                    fields.keys().filter(|key| !new.contains_key(*key)).collect();
                for (map, key) in gone.iter().flat_map(|key| ids.iter().map(move |map| (map, key)))
                {
                    self.delete_key(map, key)?;
                }
                for (key, value) in new {
                    // What is shown may differ from what is stored (see `read::number`): people compare with what they saw.
                    let is_shown = |field: &Field| field.node.to_value() == *value;
                    if !fields.get(key).is_some_and(is_shown) {
                        pattern.push(key.clone());
                        self.write_field(ids, key, value, pattern, false)?;
                        pattern.pop();
                    }
                }
            }
            (Node::List { ids, items }, Value::Array(new)) => {
                self.merge_list(ids, items, new, pattern)?;
            }
            (Node::Scalar(old), new) if old == new => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Turns a list into another, item by item, so that what others add or change at the same time stays.
    fn merge_list(
        &mut self,
        lists: &[ObjId],
        old: &[Item],
        new: &[Value],
        pattern: &mut Vec<String>,
    ) -> Result<(), EditError> {
        if old.len().max(new.len()) > reconcile::ITEMS {
            let what = "items in a list that is sent as a whole";
            return Err(EditError::TooLarge { limit: reconcile::ITEMS, what });
        }
        let values: Vec<Value> = old.iter().map(|item| item.node.to_value()).collect();
        let matched = reconcile::matches(&values, new);
        pattern.push("*".to_owned());
        for (index, item) in old.iter().enumerate() {
            if !matched.contains(&Some(index)) {
                self.delete_item(lists, &item.id)?;
            }
        }
        let stays = reconcile::longest_rising(&matched);
        let mut before: Option<ItemId> = None;
        for ((value, matched), stays) in new.iter().zip(&matched).zip(stays) {
            let item = match matched.and_then(|index| old.get(index)) {
                Some(item) => {
                    if !stays {
                        self.place_after(lists, &item.id, before.as_ref())?;
                    }
                    self.change_item(lists, item, value, pattern)?
                }
                None => self.insert_after(lists, before.as_ref(), value, pattern)?,
            };
            before = Some(item);
        }
        pattern.pop();
        Ok(())
    }

    fn change_item(
        &mut self,
        lists: &[ObjId],
        item: &Item,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<ItemId, EditError> {
        if self.merge_into(&item.node, value, pattern)? {
            return Ok(item.id.clone());
        }
        let new = self.insert_after(lists, Some(&item.id), value, pattern)?;
        self.delete_item(lists, &item.id)?;
        Ok(new)
    }

    fn write_element(
        &mut self,
        element: &Element,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<(), EditError> {
        let Some(node) = self.view().node(std::slice::from_ref(&element.candidate)) else {
            return Ok(());
        };
        let item = Item { id: element.id.clone(), node };
        self.change_item(std::slice::from_ref(&element.list), &item, value, pattern).map(|_| ())
    }

    pub(crate) fn splice(&mut self, path: &FieldPath, splices: &[Splice]) -> Result<(), EditError> {
        let Place { target, mut pattern } = self.resolve(path)?;
        let candidates = self.candidates(&target);
        let text = match (self.view().shape(&candidates), &target) {
            (Some(Shape::Text(text)), _) => text,
            (None | Some(Shape::Scalar(Value::Null)), Target::Field { maps, key })
                if documents::merge_rule(self.kind, &pattern) == MergeRule::Text =>
            {
                self.write_field(maps, key, &Value::String(String::new()), &mut pattern, true)?;
                let candidates = self.candidates(&target);
                candidates
                    .first()
                    .map(|created| created.id.clone())
                    .ok_or_else(|| EditError::NotFound { path: path.clone() })?
            }
            (None, _) => return Err(EditError::NotFound { path: path.clone() }),
            (Some(_), _) => {
                return Err(EditError::WrongType { path: path.clone(), expected: "a text" });
            }
        };
        let mut units: Vec<u16> = self.view().text(&text).encode_utf16().collect();
        for splice in splices {
            if !splice.fits(&units) {
                return Err(EditError::BadSplice { path: path.clone() });
            }
            units.splice(splice.at..splice.at + splice.delete, splice.insert.encode_utf16());
            let delete = isize::try_from(splice.delete).unwrap_or(isize::MAX);
            self.tx.splice_text(&text, splice.at, delete, &splice.insert)?;
        }
        let grows = splices.iter().any(|splice| !splice.insert.is_empty());
        if grows { values::check_string(&String::from_utf16_lossy(&units)) } else { Ok(()) }
    }

    pub(crate) fn insert(
        &mut self,
        list: &FieldPath,
        after: Option<&ItemId>,
        value: &Value,
    ) -> Result<ItemId, EditError> {
        let (lists, mut pattern) = self.lists(list)?;
        pattern.push("*".to_owned());
        self.insert_after(&lists, after, value, &mut pattern)
    }

    /// Inserts a new item after another, or first.
    pub(crate) fn insert_after(
        &mut self,
        lists: &[ObjId],
        after: Option<&ItemId>,
        value: &Value,
        pattern: &mut Vec<String>,
    ) -> Result<ItemId, EditError> {
        let list = match after {
            Some(item) => self.element(lists, item)?.list,
            None => lists.first().cloned().ok_or(EditError::WholeContent)?,
        };
        let placed = self.view().placed(&list);
        let index = after.and_then(|item| placed.iter().position(|other| other.id == *item));
        let plan = order::plan(&placed, index);
        let id = self.insert_raw(&list, plan.raw, value, pattern)?;
        if !plan.is_home {
            self.put_position(&id, &plan.position.to_string())?;
            for (item, position) in &plan.others {
                self.put_position(item, &position.to_string())?;
            }
        }
        Ok(id)
    }

    pub(crate) fn move_item(
        &mut self,
        list: &FieldPath,
        item: &ItemId,
        after: Option<&ItemId>,
    ) -> Result<(), EditError> {
        let (lists, _) = self.lists(list)?;
        if after == Some(item) { Ok(()) } else { self.place_after(&lists, item, after) }
    }

    /// Moves an item after another, or to the start.
    pub(crate) fn place_after(
        &mut self,
        lists: &[ObjId],
        item: &ItemId,
        after: Option<&ItemId>,
    ) -> Result<(), EditError> {
        let elements = self.view().elements(lists);
        let list = self.element(lists, item)?.list;
        let until = match after {
            Some(after) => {
                elements
                    .iter()
                    .position(|other| other.id == *after)
                    .ok_or_else(|| no_item(after))?
                    + 1
            }
            None => 0,
        };
        // An item stays in its own list object where one list is made of several: it goes after the nearest of its own.
        let is_own = |other: &&Element| other.list == list && other.id != *item;
        let before = elements.iter().take(until).rev().find(is_own).map(|other| other.id.clone());

        let mut placed = self.view().placed(&list);
        let from =
            placed.iter().position(|other| other.id == *item).ok_or_else(|| no_item(item))?;
        placed.remove(from);
        let index = before.and_then(|before| placed.iter().position(|other| other.id == before));
        if index.map_or(0, |index| index + 1) == from {
            return Ok(());
        }
        let plan = order::plan(&placed, index);
        self.put_position(item, &plan.position.to_string())?;
        plan.others
            .iter()
            .try_for_each(|(item, position)| self.put_position(item, &position.to_string()))
    }

    pub(crate) fn remove(&mut self, path: &FieldPath) -> Result<(), EditError> {
        let Place { target, pattern } = self.resolve(path)?;
        if self.candidates(&target).is_empty() {
            return Err(EditError::NotFound { path: path.clone() });
        }
        match target {
            Target::Field { .. } if matches!(pattern.as_slice(), [key] if key == documents::KIND_FIELD) => {
                Err(EditError::Reserved { key: documents::KIND_FIELD })
            }
            Target::Field { maps, key } => {
                maps.iter().try_for_each(|map| self.delete_key(map, &key))
            }
            Target::Element { element } => {
                self.delete_item(std::slice::from_ref(&element.list), &element.id)
            }
            Target::End { .. } => Err(EditError::NotFound { path: path.clone() }),
        }
    }

    fn delete_item(&mut self, lists: &[ObjId], item: &ItemId) -> Result<(), EditError> {
        let element = self.element(lists, item)?;
        self.tx.delete(&element.list, element.raw)?;
        if let Some(positions) = self.positions()? {
            self.delete_key(&positions, item.as_str())?;
        }
        Ok(())
    }

    fn element(&self, lists: &[ObjId], item: &ItemId) -> Result<Element, EditError> {
        self.view()
            .elements(lists)
            .into_iter()
            .find(|element| element.id == *item)
            .ok_or_else(|| no_item(item))
    }

    fn positions(&self) -> Result<Option<ObjId>, EditError> {
        Ok(self
            .tx
            .get(ObjId::Root, POSITIONS)?
            .filter(|(value, _)| value.is_object())
            .map(|(_, id)| id))
    }

    fn put_position(&mut self, item: &ItemId, position: &str) -> Result<(), EditError> {
        let positions = match self.positions()? {
            Some(positions) => positions,
            None => self.tx.put_object(ObjId::Root, POSITIONS, ObjType::Map)?,
        };
        Ok(self.tx.put(positions, item.as_str(), position)?)
    }

    pub(crate) fn pending_ops(&self) -> usize {
        self.tx.pending_ops()
    }
}

fn no_item(item: &ItemId) -> EditError {
    EditError::NoSuchItem { item: item.clone() }
}

/// Finds the item that a token of a path names.
pub(crate) fn find<'e>(elements: &'e [Element], token: &str) -> Option<&'e Element> {
    match token.parse::<usize>() {
        // RFC 6901: no leading zeros.
        Ok(index) if index.to_string() == token => elements.get(index),
        Ok(_) => None,
        Err(_) => elements.iter().find(|element| element.id.as_str() == token),
    }
}
