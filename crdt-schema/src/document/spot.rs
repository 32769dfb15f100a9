//! What stands at a place of a document.

use automerge::ObjId;
use serde_json::Value;

use super::read::{Node, Shape, View};
use super::{Document, FieldPath, write};
use crate::documents;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// The same place with indexes instead of the names of items: a JSON pointer (RFC 6901) into the content.
    pub pointer: FieldPath,
    /// What it is called, in plain words; empty for the whole document.
    pub label: String,
    /// What the item is called that it is, such as a tag's name; empty if it is no item that has one.
    pub name: String,
    /// What stands there.
    pub value: Value,
}

impl Spot {
    /// Returns what it is called, with its name: "Tag 3: Food insecurity".
    #[must_use]
    pub fn title(&self) -> String {
        match self.name.is_empty() {
            true => self.label.clone(),
            false => format!("{}: {}", self.label, self.name),
        }
    }
}

impl Document {
    /// Returns the same path with the names of items instead of their indexes, as far as it leads somewhere.
    #[must_use]
    pub fn resolve(&self, pointer: &FieldPath) -> FieldPath {
        let view = View::now(self.automerge());
        let mut shape = Some(Shape::Map(vec![ObjId::Root]));
        let step = |token: &String| match shape.take() {
            Some(Shape::Map(maps)) => {
                shape = view.shape(&view.field(&maps, token));
                token.clone()
            }
            Some(Shape::List(lists)) => {
                let elements = view.elements(&lists);
                let Some(found) = write::find(&elements, token) else { return token.clone() };
                shape = view.shape(std::slice::from_ref(&found.candidate));
                found.id.to_string()
            }
            Some(Shape::Text(_) | Shape::Scalar(_)) | None => token.clone(),
        };
        pointer.tokens().iter().map(step).collect()
    }

    /// Returns what stands at each of some places, whose paths name items of lists; nothing where there is nothing.
    #[must_use]
    pub fn spots(&self, paths: &[FieldPath]) -> Vec<Option<Spot>> {
        if paths.is_empty() {
            return Vec::new();
        }
        let tree = self.tree();
        paths.iter().map(|path| self.spot(&tree, path)).collect()
    }

    /// Returns the places that people speak about, in the order of the content: what stands at the top and in the body, and the
    /// items of lists there. What is empty is left out.
    #[must_use]
    pub fn places(&self) -> Vec<(FieldPath, Spot)> {
        let tree = self.tree();
        let mut paths = Vec::new();
        let mut add = |path: FieldPath, node: &Node| {
            paths.push(path.clone());
            if let Node::List { items, .. } = node {
                let items = items.iter().filter(|item| matches!(item.node, Node::Map { .. }));
                paths.extend(items.map(|item| path.child(item.id.to_string())));
            }
        };
        for (name, field) in fields(&tree).filter(|(name, _)| !documents::is_for_programs(name)) {
            let path = FieldPath::default().child(name.clone());
            if name == BODY {
                for (name, field) in fields(field) {
                    add(path.child(name.clone()), field);
                }
            } else {
                add(path, field);
            }
        }
        let found = paths.into_iter().filter_map(|path| Some((self.spot(&tree, &path)?, path)));
        found.filter(|(spot, _)| !is_empty(&spot.value)).map(|(spot, path)| (path, spot)).collect()
    }

    fn spot(&self, tree: &Node, path: &FieldPath) -> Option<Spot> {
        let (mut node, mut pointer) = (tree, FieldPath::default());
        let (mut names, mut is_item) = (Vec::new(), false);
        for token in path.tokens() {
            match node {
                Node::Map { fields, .. } => {
                    node = &fields.get(token)?.node;
                    pointer = pointer.child(token.clone());
                    names.push(token.clone());
                    is_item = false;
                }
                Node::List { items, .. } => {
                    let at = items.iter().position(|item| item.id.as_str() == token)?;
                    node = &items.get(at)?.node;
                    pointer = pointer.child(at.to_string());
                    names.push(at.saturating_add(1).to_string());
                    is_item = true;
                }
                Node::Text { .. } | Node::Scalar(_) => return None,
            }
        }
        let label = match names.is_empty() {
            true => String::new(),
            false => documents::label(self.kind(), &names),
        };
        let value = node.to_value();
        let name = if is_item { name_of(&value) } else { String::new() };
        Some(Spot { pointer, label, name, value })
    }
}

/// How much is shown of a name.
const NAME_LETTERS: usize = 80;
/// Where a kind's own fields are.
const BODY: &str = "body";
/// Fields that name the item that they are of.
const NAMES: &[&str] =
    &["prefLabel", "title", "name", "label", "action", "heading", "item", "question", "step"];

fn fields(node: &Node) -> impl Iterator<Item = (&String, &Node)> {
    let fields = match node {
        Node::Map { fields, .. } => Some(fields),
        Node::List { .. } | Node::Text { .. } | Node::Scalar(_) => None,
    };
    fields.into_iter().flatten().map(|(name, field)| (name, &field.node))
}

/// Returns what an item is called; nothing for what is no item.
fn name_of(value: &Value) -> String {
    let named = NAMES.iter().find_map(|name| value.get(name)?.as_str());
    let letters = named.unwrap_or_default().trim().chars();
    letters.take(NAME_LETTERS).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Edit;
    use crate::identity::{Kind, Timestamp};

    fn document() -> Document {
        let content = json!({
            "document_type": "referral_pathway", "title": "Cash first",
            "body": {"steps": [{"action": "Ask"}, {"action": "Ring"}]},
        });
        let author = [1; 16].as_slice().into();
        Document::create(Kind::ReferralPathway, &author, &content, Timestamp(1)).unwrap().0
    }

    #[test]
    fn a_place_is_found_again_wherever_its_item_moves() {
        let mut document = document();
        let steps: FieldPath = "/body/steps".parse().unwrap();
        let ring = document.resolve(&"/body/steps/1/action".parse().unwrap());
        let spot = |document: &Document| document.spots(std::slice::from_ref(&ring)).remove(0);
        let found = spot(&document).unwrap();
        assert_eq!(found.pointer.to_string(), "/body/steps/1/action");
        assert_eq!((found.label.as_str(), found.value), ("Step 2: action", json!("Ring")));
        let item = document.items(&steps)[1].clone();
        let first = Edit::Move { list: steps, item, after: None };
        let author = [2; 16].as_slice().into();
        let heads = document.heads();
        document.edit(&author, &heads, &[first], Timestamp(2)).unwrap();
        assert_eq!(spot(&document).unwrap().pointer.to_string(), "/body/steps/0/action");
        let path = ring.split_last().unwrap().0;
        let heads = document.heads();
        document.edit(&author, &heads, &[Edit::Remove { path }], Timestamp(3)).unwrap();
        assert_eq!(spot(&document), None);
    }

    #[test]
    fn people_speak_about_fields_and_items_that_say_something() {
        let titles: Vec<String> =
            document().places().iter().map(|(_, spot)| spot.title()).collect();
        assert_eq!(titles, ["Steps", "Step 1: Ask", "Step 2: Ring", "Title"]);
    }

    #[test]
    fn the_whole_document_is_a_place_and_an_index_is_none() {
        let document = document();
        let paths = ["", "/body/steps/0", "/nothing", "/title/a"].map(|path| path.parse().unwrap());
        let spots = document.spots(&paths);
        let whole = spots[0].as_ref().unwrap();
        assert_eq!((whole.title().as_str(), &whole.value), ("", &document.content()));
        assert_eq!(spots[1..], [None, None, None]);
    }
}
