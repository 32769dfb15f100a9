//! What another document that shares this one's beginning says differently since, and what taking that in would make of it.
//!
//! Automerge can merge any two histories; whether what came of it is what people agreed to is theirs to say. So this looks
//! at three versions, field by field: the last that both had, theirs, and ours. What only one side changed is clear. What
//! both changed in different places of a text is put together, and shown. All else is for a person to choose.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ChangeHash;
use serde::Serialize;
use serde_json::Value;

use super::path::{FieldPath, ItemId};
use super::read::{Field, Item, Node};
use super::text::{self, Splice};
use super::{ChangeKind, Document, Edit, FieldChange, compare};
use crate::documents;
use crate::heads::Heads;
use crate::identity::Kind;

/// Fields of the whole content that are each document's own: where it comes from, and whether it was agreed to. Theirs are
/// never taken.
const OWN: [&str; 2] = ["provenance", "status"];

/// How something that they changed stands to what we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Only they changed it.
    New,
    /// We have the same already.
    Same,
    /// Both changed it, in different places of one text.
    Both,
    /// Both changed it: somebody has to choose.
    Conflict,
}

/// Something that they changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incoming {
    /// Where; items of lists by their names.
    pub path: FieldPath,
    /// What it is called, in plain words.
    pub label: String,
    /// What they did.
    pub kind: ChangeKind,
    /// How that stands to what we have.
    pub standing: Standing,
    /// What both had; nothing if there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What they have; nothing if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Value>,
    /// What we have; nothing if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<Value>,
    /// What comes of it; in a conflict what we have, until somebody chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

/// What somebody chose in a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What we have.
    Ours,
    /// What they have.
    Theirs,
    /// Something else.
    Own(Value),
}

/// The documents share no change: neither is a copy of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these documents have no common beginning")]
pub struct Unrelated;

impl Document {
    /// Returns all changes, each after those it builds on.
    #[must_use]
    pub fn hashes(&self) -> Vec<ChangeHash> {
        self.automerge.get_changes(&[]).iter().map(automerge::Change::hash).collect()
    }

    /// Returns the newest version that both documents have.
    ///
    /// # Errors
    /// If they have none in common.
    pub fn shared_with(&self, other: &Self) -> Result<Heads, Unrelated> {
        let mut newest = BTreeSet::new();
        for change in self.automerge.get_changes(&[]) {
            if other.graph.known().contains(&change.hash()) {
                change.deps().iter().for_each(|dep| {
                    newest.remove(dep);
                });
                newest.insert(change.hash());
            }
        }
        if newest.is_empty() {
            return Err(Unrelated);
        }
        Ok(newest.into_iter().collect::<Vec<_>>().into())
    }

    /// Returns what another document that shares its beginning says differently now, but for where each comes from.
    #[must_use]
    pub fn compare_with(&self, other: &Self) -> Vec<FieldChange> {
        let mut changes = compare::compare(self.kind(), &self.tree(), &other.tree());
        changes.retain(|change| {
            change.path.tokens().first().is_none_or(|field| !OWN.contains(&field.as_str()))
        });
        changes
    }

    /// Returns what another document changed since both had the same, and how that stands to what this one says.
    ///
    /// # Errors
    /// If they have no common beginning.
    pub fn incoming(&self, other: &Self) -> Result<Vec<Incoming>, Unrelated> {
        let shared = self.shared_with(other)?;
        let before = other.tree_at(&shared).map_err(|_| Unrelated)?;
        let mut three = Three { kind: self.kind(), found: Vec::new() };
        three.values(&Place::default(), &before, &other.tree(), &self.tree());
        Ok(three.found)
    }

    /// Returns the edits that, made here, say what another document that shares its beginning changed: for those who keep
    /// this one to take in or not.
    ///
    /// # Errors
    /// If they have no common beginning.
    pub fn offered(&self, theirs: &Self) -> Result<Vec<Edit>, Unrelated> {
        let incoming = self.incoming(theirs)?;
        let (here, there) = (self.tree(), theirs.tree());
        let wanted = incoming.iter().filter(|one| one.kind != ChangeKind::Moved);
        let edits = wanted.filter_map(|one| {
            let value = match one.standing {
                Standing::New | Standing::Both => one.result.clone(),
                Standing::Conflict => one.theirs.clone(),
                Standing::Same => return None,
            };
            edit(&one.path, value, &here, &there)
        });
        Ok(edits.collect())
    }

    /// Returns the edits that make of this document, which has taken in their changes beside `ours`, what was shown and chosen.
    ///
    /// # Errors
    /// With the conflicts that nobody chose in.
    pub fn settle(
        &self,
        ours: &Self,
        incoming: &[Incoming],
        choices: &BTreeMap<FieldPath, Choice>,
    ) -> Result<Vec<Edit>, Vec<Incoming>> {
        let is_open = |one: &&Incoming| {
            one.standing == Standing::Conflict && !choices.contains_key(&one.path)
        };
        let open: Vec<Incoming> = incoming.iter().filter(is_open).cloned().collect();
        if !open.is_empty() {
            return Err(open);
        }
        let (merged, ours) = (self.tree(), ours.tree());
        let mut edits = Vec::new();
        for one in incoming.iter().filter(|one| one.kind != ChangeKind::Moved) {
            let wanted = match choices.get(&one.path) {
                Some(Choice::Theirs) => one.theirs.clone(),
                Some(Choice::Own(value)) => Some(value.clone()),
                Some(Choice::Ours) => one.ours.clone(),
                None => one.result.clone(),
            };
            edits.extend(edit(&one.path, wanted, &merged, &ours));
        }
        for field in OWN {
            let (own, path) = (ours.get(field), FieldPath::default().child(field));
            edits.extend(edit(&path, own.map(Node::to_value), &merged, &ours));
        }
        Ok(edits)
    }
}

/// Returns what makes a place of a document hold a value, if it does not. What is missing in a list comes behind what stands
/// before it in `ours`.
fn edit(path: &FieldPath, wanted: Option<Value>, merged: &Node, ours: &Node) -> Option<Edit> {
    let there = find(merged, path);
    let is_settled = there.is_none_or(|(_, is_alone)| is_alone);
    if is_settled && there.map(|(node, _)| node.to_value()) == wanted {
        return None;
    }
    let path = path.clone();
    let Some(value) = wanted else { return there.map(|_| Edit::Remove { path }) };
    let (list, name) = path.split_last()?;
    if there.is_none()
        && let Some((Node::List { items, .. }, _)) = find(merged, &list)
    {
        let before = match find(ours, &list) {
            Some((Node::List { items, .. }, _)) => items.as_slice(),
            _ => &[],
        };
        let before = before.iter().take_while(|item| item.id.as_str() != name);
        let after = before.filter(|item| items.iter().any(|it| it.id == item.id)).last();
        return Some(Edit::Insert { list, after: after.map(|item| item.id.clone()), value });
    }
    Some(Edit::Set { path, value })
}

/// Returns what stands at a place, and whether nobody wrote something else there at the same time.
fn find<'n>(root: &'n Node, path: &FieldPath) -> Option<(&'n Node, bool)> {
    let mut found = (root, true);
    for token in path.tokens() {
        found = match found.0 {
            Node::Map { fields, .. } => {
                let field = fields.get(token)?;
                (&field.node, field.rivals.is_empty())
            }
            Node::List { items, .. } => {
                (&items.iter().find(|item| item.id.as_str() == token)?.node, true)
            }
            Node::Text { .. } | Node::Scalar(_) => return None,
        };
    }
    Some(found)
}

/// Where something stands: by the names of items, and as people count them.
#[derive(Clone, Default)]
struct Place {
    path: FieldPath,
    ordinals: Vec<String>,
}

impl Place {
    fn field(&self, key: &str) -> Self {
        self.child(key.to_owned(), key.to_owned())
    }

    fn item(&self, id: &ItemId, index: usize) -> Self {
        self.child(id.to_string(), index.saturating_add(1).to_string())
    }

    fn child(&self, token: String, ordinal: String) -> Self {
        let mut ordinals = self.ordinals.clone();
        ordinals.push(ordinal);
        Self { path: self.path.child(token), ordinals }
    }
}

struct Three {
    kind: Kind,
    found: Vec<Incoming>,
}

impl Three {
    fn note(
        &mut self,
        place: &Place,
        (before, theirs, ours): (Option<&Node>, Option<&Node>, Option<&Node>),
        standing: Standing,
        result: Option<Value>,
    ) {
        let kind = match (before, theirs) {
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (Some(_), Some(_)) => ChangeKind::Changed,
        };
        let value = |node: Option<&Node>| node.map(Node::to_value);
        self.found.push(Incoming {
            path: place.path.clone(),
            label: documents::label(self.kind, &place.ordinals),
            kind,
            standing,
            before: value(before),
            theirs: value(theirs),
            ours: value(ours),
            result,
        });
    }

    fn values(&mut self, place: &Place, before: &Node, theirs: &Node, ours: &Node) {
        match (before, theirs, ours) {
            (
                Node::Map { fields: before, .. },
                Node::Map { fields: theirs, .. },
                Node::Map { fields: ours, .. },
            ) => self.maps(place, before, theirs, ours),
            (
                Node::List { items: before, .. },
                Node::List { items: theirs, .. },
                Node::List { items: ours, .. },
            ) => self.lists(place, before, theirs, ours),
            (
                Node::Text { text: was, .. },
                Node::Text { text: there, .. },
                Node::Text { text: here, .. },
            ) if was != there && was != here && there != here => {
                let sides = (Some(before), Some(theirs), Some(ours));
                match together(was, there, here) {
                    Some(text) => self.note(place, sides, Standing::Both, Some(text.into())),
                    None => {
                        self.note(place, sides, Standing::Conflict, Some(here.clone().into()));
                    }
                }
            }
            _ => self.whole(place, Some(before), Some(theirs), Some(ours)),
        }
    }

    /// Compares what is taken as a whole: it is there or not, and says this or that.
    fn whole(
        &mut self,
        place: &Place,
        before: Option<&Node>,
        theirs: Option<&Node>,
        ours: Option<&Node>,
    ) {
        let value = |node: Option<&Node>| node.map(Node::to_value);
        let (was, there, here) = (value(before), value(theirs), value(ours));
        if was == there {
            return;
        }
        let (standing, result) = if here == there {
            (Standing::Same, here)
        } else if here == was {
            (Standing::New, there)
        } else {
            (Standing::Conflict, here)
        };
        self.note(place, (before, theirs, ours), standing, result);
    }

    fn maps(
        &mut self,
        place: &Place,
        before: &BTreeMap<String, Field>,
        theirs: &BTreeMap<String, Field>,
        ours: &BTreeMap<String, Field>,
    ) {
        let node = |fields: &'_ BTreeMap<String, Field>, key: &str| {
            fields.get(key).map(|field| field.node.clone())
        };
        let keys: BTreeSet<&String> = before.keys().chain(theirs.keys()).collect();
        for key in keys {
            let is_own = place.path.tokens().is_empty() && OWN.contains(&key.as_str());
            let (was, there, here) = (node(before, key), node(theirs, key), node(ours, key));
            if is_own || is_number_of_step(place, key, there.as_ref()) {
                continue;
            }
            let place = place.field(key);
            match (&was, &there, &here) {
                (Some(was), Some(there), Some(here)) => self.values(&place, was, there, here),
                _ => self.whole(&place, was.as_ref(), there.as_ref(), here.as_ref()),
            }
        }
    }

    fn lists(&mut self, place: &Place, before: &[Item], theirs: &[Item], ours: &[Item]) {
        let by_id = |items: &[Item]| -> BTreeMap<ItemId, Node> {
            items.iter().map(|item| (item.id.clone(), item.node.clone())).collect()
        };
        let (was, here) = (by_id(before), by_id(ours));
        let own: Vec<Value> = ours
            .iter()
            .filter(|item| !was.contains_key(&item.id))
            .map(|item| item.node.to_value())
            .collect();
        for (index, item) in theirs.iter().enumerate() {
            let place = place.item(&item.id, index);
            match (was.get(&item.id), here.get(&item.id)) {
                (Some(was), Some(here)) => self.values(&place, was, &item.node, here),
                // We wrote the same ourselves: once is enough.
                (None, None) if own.contains(&item.node.to_value()) => {
                    self.note(&place, (None, Some(&item.node), None), Standing::Same, None);
                }
                (was, here) => self.whole(&place, was, Some(&item.node), here),
            }
        }
        for (index, item) in before.iter().enumerate() {
            if !theirs.iter().any(|there| there.id == item.id) {
                let place = place.item(&item.id, index);
                self.whole(&place, Some(&item.node), None, here.get(&item.id));
            }
        }
        let moved = |items: &[Item]| -> Vec<ItemId> {
            let kept = items.iter().filter(|item| was.contains_key(&item.id));
            let kept = kept.filter(|item| theirs.iter().any(|there| there.id == item.id));
            kept.map(|item| item.id.clone()).collect()
        };
        if moved(before) != moved(theirs) {
            let label = documents::label(self.kind, &place.ordinals);
            self.found.push(Incoming {
                path: place.path.clone(),
                label,
                kind: ChangeKind::Moved,
                standing: Standing::New,
                before: None,
                theirs: None,
                ours: None,
                result: None,
            });
        }
    }
}

/// The numbers of steps follow from where they stand.
fn is_number_of_step(place: &Place, key: &str, theirs: Option<&Node>) -> bool {
    let is_item = place.path.tokens().last().is_some_and(|token| token.contains('@'));
    let is_number = |node: &Node| matches!(node, Node::Scalar(value) if value.is_number());
    is_item && key == "step" && theirs.is_some_and(is_number)
}

/// Puts together what two sides made of one text, unless they changed the same or touching places of it.
fn together(before: &str, theirs: &str, ours: &str) -> Option<String> {
    let (there, here) = (touched(before, theirs), touched(before, ours));
    let meets =
        |(from, to): &(usize, usize)| here.iter().any(|(start, end)| from <= end && start <= to);
    if there.iter().any(meets) {
        return None;
    }
    let mut units: Vec<u16> = ours.encode_utf16().collect();
    for Splice { at, delete, insert } in text::carry_over(before, theirs, ours) {
        let end = at.checked_add(delete).filter(|end| *end <= units.len())?;
        units.splice(at..end, insert.encode_utf16());
    }
    String::from_utf16(&units).ok()
}

/// Returns the places of a text that another version of it changed, from and to.
fn touched(before: &str, after: &str) -> Vec<(usize, usize)> {
    let (mut added, mut deleted) = (0_usize, 0_usize);
    let splices = text::difference(before, after).into_iter();
    splices
        .map(|Splice { at, delete, insert }| {
            let from = at.saturating_sub(added).saturating_add(deleted);
            added = added.saturating_add(insert.encode_utf16().count());
            deleted = deleted.saturating_add(delete);
            (from, from.saturating_add(delete))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use automerge::ActorId;
    use serde_json::json;

    use super::*;
    use crate::gate;
    use crate::identity::Timestamp;

    fn start() -> Document {
        let content = json!({
            "document_type": "data_sharing_agreement", "title": "Cash first", "licence": "OGL-UK-3.0",
            "description": "We share names. We keep them for six months.",
            "tags": [{"name": "Food"}, {"name": "Debt"}],
        });
        let actor = ActorId::from([1; 16]);
        Document::create(Kind::DataSharingAgreement, &actor, &content, Timestamp(1)).unwrap().0
    }

    fn edited(document: &Document, actor: u8, edits: &[Edit]) -> Document {
        let mut document = document.clone();
        let base = document.heads();
        document.edit(&ActorId::from([actor; 16]), &base, edits, Timestamp(2)).unwrap();
        document
    }

    fn set(path: &str, value: Value) -> Edit {
        Edit::Set { path: path.parse().unwrap(), value }
    }

    fn merged(ours: &Document, theirs: &Document, choices: &[(&str, Choice)]) -> Value {
        let incoming = ours.incoming(theirs).unwrap();
        let choices = choices
            .iter()
            .map(|(label, choice)| {
                let one = incoming.iter().find(|one| one.label == *label).unwrap();
                (one.path.clone(), choice.clone())
            })
            .collect();
        let mut all = ours.clone();
        let changes = theirs.journal();
        all.apply(changes.iter().map(|change| gate::inspect(change).unwrap()).collect()).unwrap();
        let edits = all.settle(ours, &incoming, &choices).unwrap();
        edited(&all, 9, &edits).content()
    }

    fn standings(ours: &Document, theirs: &Document) -> Vec<(String, Standing)> {
        let incoming = ours.incoming(theirs).unwrap().into_iter();
        incoming.map(|one| (one.path.to_string(), one.standing)).collect()
    }

    #[test]
    fn what_only_they_changed_comes_and_what_only_we_changed_stays() {
        let shared = start();
        let theirs = edited(&shared, 2, &[set("/title", json!("Cash first 2"))]);
        let ours = edited(&shared, 3, &[set("/licence", json!("CC0-1.0"))]);
        assert_eq!(standings(&ours, &theirs), [("/title".to_owned(), Standing::New)]);
        let content = merged(&ours, &theirs, &[]);
        assert_eq!(
            (&content["title"], &content["licence"]),
            (&json!("Cash first 2"), &json!("CC0-1.0"))
        );
    }

    #[test]
    fn what_both_wrote_alike_is_there_once() {
        let shared = start();
        let words = "We share names. We keep them for twelve months.";
        let tags = json!([{"name": "Food"}, {"name": "Debt"}, {"name": "Fuel"}]);
        let both = [set("/description", json!(words)), set("/tags", tags.clone())];
        let (theirs, ours) = (edited(&shared, 2, &both), edited(&shared, 3, &both));
        assert!(standings(&ours, &theirs).iter().all(|(_, it)| *it == Standing::Same));
        let content = merged(&ours, &theirs, &[]);
        assert_eq!((&content["description"], &content["tags"]), (&json!(words), &tags));
    }

    #[test]
    fn two_places_of_one_text_go_together_and_one_place_is_for_a_person() {
        let shared = start();
        let words = |text: &str| [set("/description", json!(text))];
        let ours = edited(&shared, 3, &words("We share names. We keep them for twelve months."));
        let apart =
            edited(&shared, 2, &words("We share first names. We keep them for six months."));
        assert_eq!(standings(&ours, &apart), [("/description".to_owned(), Standing::Both)]);
        let both = "We share first names. We keep them for twelve months.";
        assert_eq!(merged(&ours, &apart, &[])["description"], both);

        let theirs = edited(&shared, 2, &words("We share names. We keep them for nine months."));
        assert_eq!(standings(&ours, &theirs), [("/description".to_owned(), Standing::Conflict)]);
        let label = ours.incoming(&theirs).unwrap()[0].label.clone();
        for (choice, said) in [
            (Choice::Ours, "We share names. We keep them for twelve months."),
            (Choice::Theirs, "We share names. We keep them for nine months."),
            (Choice::Own(json!("We keep nothing.")), "We keep nothing."),
        ] {
            assert_eq!(merged(&ours, &theirs, &[(&label, choice)])["description"], said);
        }
    }

    #[test]
    fn nobody_loses_a_choice_unasked() {
        let shared = start();
        let theirs = edited(&shared, 2, &[set("/licence", json!("CC-BY-4.0"))]);
        let ours = edited(&shared, 3, &[set("/licence", json!("CC0-1.0"))]);
        let incoming = ours.incoming(&theirs).unwrap();
        let open = theirs.settle(&ours, &incoming, &BTreeMap::new()).unwrap_err();
        assert_eq!(open, incoming);
        let label = incoming[0].label.clone();
        assert_eq!(merged(&ours, &theirs, &[(&label, Choice::Theirs)])["licence"], "CC-BY-4.0");
        assert_eq!(merged(&ours, &theirs, &[(&label, Choice::Ours)])["licence"], "CC0-1.0");
    }

    #[test]
    fn what_they_took_away_and_we_changed_stays_if_we_say_so() {
        let shared = start();
        let theirs = edited(&shared, 2, &[Edit::Remove { path: "/tags/0".parse().unwrap() }]);
        let ours = edited(&shared, 3, &[set("/tags/0/name", json!("Food and fuel"))]);
        let incoming = ours.incoming(&theirs).unwrap();
        assert_eq!((incoming.len(), incoming[0].standing), (1, Standing::Conflict));
        let label = incoming[0].label.clone();
        let names = |content: &Value| -> Vec<String> {
            let tags = content["tags"].as_array().unwrap().iter();
            tags.map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
        };
        let kept = merged(&ours, &theirs, &[(&label, Choice::Ours)]);
        assert_eq!(names(&kept), ["Food and fuel", "Debt"]);
        let gone = merged(&ours, &theirs, &[(&label, Choice::Theirs)]);
        assert_eq!(names(&gone), ["Debt"]);
    }

    #[test]
    fn where_a_copy_comes_from_and_whether_it_is_agreed_is_its_own_to_say() {
        let shared = start();
        let says = |from: &str| {
            let from = json!({"forked_from": {"network": from}});
            [set("/status", from["forked_from"]["network"].clone()), set("/provenance", from)]
        };
        let theirs = edited(&shared, 2, &says("elsewhere"));
        let ours = edited(&shared, 3, &says("northmere"));
        assert_eq!(standings(&ours, &theirs), []);
        let content = merged(&ours, &theirs, &[]);
        assert_eq!(content["provenance"]["forked_from"]["network"], "northmere");
        assert_eq!(content["status"], "northmere");
    }

    #[test]
    fn documents_without_a_common_beginning_are_told_apart() {
        let content = json!({"document_type": "note", "title": "Another"});
        let actor = ActorId::from([5; 16]);
        let other = Document::create(Kind::Note, &actor, &content, Timestamp(1)).unwrap().0;
        assert_eq!(start().incoming(&other).unwrap_err(), Unrelated);
    }
}
