//! Doing again in one document what was done between two others that share a beginning with it.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{FieldPath, ItemId};
use super::read::{Field, Item, Node};
use super::{Document, Edit, UnknownVersion};
use super::{reconcile, text};
use crate::heads::Heads;

impl Document {
    /// Returns the edits that do to this document what was done between two others that share a beginning with it.
    ///
    /// What was done to an item that is not here is left out. In texts, what others changed meanwhile stays.
    #[must_use]
    pub fn again(&self, before: &Self, after: &Self) -> Vec<Edit> {
        edits(&before.tree(), &after.tree(), &self.tree())
    }

    /// Returns the edits that, made on a version, lead back to what an earlier one said. What was taken away since comes
    /// back as something new.
    ///
    /// # Errors
    /// If a version is not known.
    pub fn back_to(&self, earlier: &Heads, from: &Heads) -> Result<Vec<Edit>, UnknownVersion> {
        let (from, earlier) = (self.tree_at(from)?, self.tree_at(earlier)?);
        // Items that came back before have other names; what they say is what counts.
        let is_same = from.to_value() == earlier.to_value();
        Ok(if is_same { Vec::new() } else { edits(&from, &earlier, &from) })
    }
}

/// Returns the edits that do to `now` what was done between `before` and `after`.
///
/// Items of lists are the same by their names, wherever they stand. What was done to an item that is not in `now` is
/// left out; a field says afterwards what it says in `after`; in a text, what others changed meanwhile stays.
fn edits(before: &Node, after: &Node, now: &Node) -> Vec<Edit> {
    let mut again = Again { edits: Vec::new() };
    again.values(&FieldPath::default(), before, after, now);
    again.edits
}

struct Again {
    edits: Vec<Edit>,
}

impl Again {
    fn values(&mut self, path: &FieldPath, before: &Node, after: &Node, now: &Node) {
        match (before, after, now) {
            (
                Node::Map { fields: before, .. },
                Node::Map { fields: after, .. },
                Node::Map { fields: now, .. },
            ) => self.maps(path, before, after, now),
            (
                Node::List { items: before, .. },
                Node::List { items: after, .. },
                Node::List { items: now, .. },
            ) => self.lists(path, before, after, now),
            (
                Node::Text { text: before, .. },
                Node::Text { text: after, .. },
                Node::Text { text: now, .. },
            ) => {
                let splices = text::carry_over(before, after, now);
                if !splices.is_empty() {
                    self.edits.push(Edit::Splice { path: path.clone(), splices });
                }
            }
            _ => {
                let value = after.to_value();
                if value != before.to_value() && value != now.to_value() {
                    self.edits.push(Edit::Set { path: path.clone(), value });
                }
            }
        }
    }

    fn maps(
        &mut self,
        path: &FieldPath,
        before: &BTreeMap<String, Field>,
        after: &BTreeMap<String, Field>,
        now: &BTreeMap<String, Field>,
    ) {
        for (key, field) in after {
            let path = path.child(key.clone());
            match (before.get(key), now.get(key)) {
                (Some(before), Some(now)) => {
                    self.values(&path, &before.node, &field.node, &now.node);
                }
                (Some(before), None) if before.node.to_value() == field.node.to_value() => {}
                (None, Some(now)) if now.node.to_value() == field.node.to_value() => {}
                _ => self.edits.push(Edit::Set { path, value: field.node.to_value() }),
            }
        }
        let gone = before.keys().filter(|key| !after.contains_key(*key) && now.contains_key(*key));
        for key in gone {
            self.edits.push(Edit::Remove { path: path.child(key.clone()) });
        }
    }

    fn lists(&mut self, path: &FieldPath, before: &[Item], after: &[Item], now: &[Item]) {
        let here: BTreeMap<&ItemId, &Node> =
            now.iter().map(|item| (&item.id, &item.node)).collect();
        let earlier: BTreeMap<&ItemId, (usize, &Node)> =
            before.iter().enumerate().map(|(at, item)| (&item.id, (at, &item.node))).collect();
        let kept: BTreeSet<&ItemId> = after.iter().map(|item| &item.id).collect();
        let gone = before.iter().map(|item| &item.id);
        for id in gone.filter(|id| !kept.contains(*id) && here.contains_key(*id)) {
            self.edits.push(Edit::Remove { path: path.child(id.to_string()) });
        }
        let matched: Vec<Option<usize>> =
            after.iter().map(|item| earlier.get(&item.id).map(|(at, _)| *at)).collect();
        let stays = reconcile::longest_rising(&matched);
        let mut anchor = None::<&ItemId>;
        let mut new = Vec::new();
        for (item, stays) in after.iter().zip(stays) {
            match (earlier.get(&item.id), here.get(&item.id)) {
                (Some((_, before)), Some(now)) => {
                    if !stays {
                        let (item, after) = (item.id.clone(), anchor.cloned());
                        self.edits.push(Edit::Move { list: path.clone(), item, after });
                    }
                    // Behind the same anchor, and so before what has just moved there.
                    self.insert_after(path, anchor, &mut new);
                    self.values(&path.child(item.id.to_string()), before, &item.node, now);
                    anchor = Some(&item.id);
                }
                (None, None) => new.push(item),
                (Some(_), None) | (None, Some(_)) => {}
            }
        }
        self.insert_after(path, anchor, &mut new);
    }

    /// Inserts new items behind one that is there. The last comes first, so that each lands before the one after it.
    fn insert_after(&mut self, list: &FieldPath, anchor: Option<&ItemId>, new: &mut Vec<&Item>) {
        for item in new.drain(..).rev() {
            let (after, value) = (anchor.cloned(), item.node.to_value());
            self.edits.push(Edit::Insert { list: list.clone(), after, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use automerge::ActorId;
    use serde_json::{Value, json};

    use super::super::Document;
    use super::Edit;
    use crate::identity::{Kind, Timestamp};

    fn start() -> Document {
        let content = json!({
            "document_type": "referral_pathway", "title": "Cash first", "description": "Phone the bank.",
            "body": {"steps": [{"step": 1, "action": "Ask"}, {"step": 2, "action": "Listen"}]},
        });
        let actor = ActorId::from([1; 32]);
        Document::create(Kind::ReferralPathway, &actor, &content, Timestamp(1)).unwrap().0
    }

    fn edited(document: &Document, actor: u8, edits: &[Edit]) -> Document {
        let mut document = document.clone();
        let base = document.heads();
        document.edit(&ActorId::from([actor; 32]), &base, edits, Timestamp(2)).unwrap();
        document
    }

    fn set(path: &str, value: Value) -> Edit {
        Edit::Set { path: path.parse().unwrap(), value }
    }

    fn insert(document: &Document, after: usize, action: &str) -> Edit {
        let list = "/body/steps".parse().unwrap();
        let after = document.items(&list).get(after).cloned();
        Edit::Insert { list, after, value: json!({"action": action}) }
    }

    fn actions(document: &Document) -> Vec<Value> {
        let steps = document.content()["body"]["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["action"].clone()).collect()
    }

    #[test]
    fn what_was_done_on_one_branch_is_done_on_the_other_and_what_was_done_there_stays() {
        let shared = start();
        let lost =
            edited(&shared, 2, &[set("/title", json!("Lost")), insert(&shared, 1, "Forked")]);
        let after = edited(
            &lost,
            3,
            &[
                insert(&lost, 0, "Sit down"),
                insert(&lost, 0, "Make tea"),
                set("/description", json!("Phone the food bank.")),
                set("/licence", json!("CC-BY-4.0")),
                set("/body/steps/4/action", json!("Done to a step that only this branch has")),
            ],
        );
        let mut kept = edited(&shared, 4, &[set("/title", json!("Kept"))]);
        kept = edited(&kept, 5, &[set("/description", json!("Please phone the bank."))]);

        let edits = kept.again(&lost, &after);
        let content = edited(&kept, 6, &edits);
        assert_eq!(actions(&content), ["Ask", "Make tea", "Sit down", "Listen"]);
        let content = content.content();
        assert_eq!(content["title"], "Kept", "the fork's own words do not come back");
        assert_eq!(content["description"], "Please phone the food bank.");
        assert_eq!(content["licence"], "CC-BY-4.0");
    }

    #[test]
    fn what_is_there_already_is_not_done_twice() {
        let shared = start();
        let after = edited(&shared, 2, &[set("/licence", json!("CC0-1.0"))]);
        let same = edited(&shared, 3, &[set("/licence", json!("CC0-1.0"))]);
        assert_eq!(same.again(&shared, &after), []);
        assert_eq!(shared.again(&shared, &shared), []);
    }
}
