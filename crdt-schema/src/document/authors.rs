//! Whom each run of letters of a text came from.

use automerge::{ChangeHash, ReadDoc, ScalarValue, Value as Stored};

use super::path::FieldPath;
use super::read::Node;
use super::{Document, ReadTextError, UnknownVersion};
use crate::documents;
use crate::heads::Heads;

/// Letters that stand next to each other and came with one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The letters.
    pub text: String,
    /// The change that wrote them.
    pub change: ChangeHash,
}

/// A text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextField {
    /// Where, with the names of items instead of their indexes.
    pub path: FieldPath,
    /// What it is called, in plain words.
    pub label: String,
}

impl Document {
    /// Returns how many changes made a version: more than any version that it builds on.
    #[must_use]
    pub fn changes_in(&self, version: &Heads) -> usize {
        self.graph.known().between(&[], version.as_slice()).len()
    }

    /// Returns the texts of a version that merge letter by letter and say something, in the order of the content.
    ///
    /// # Errors
    /// If the version is not known.
    pub fn texts(&self, at: &Heads) -> Result<Vec<TextField>, UnknownVersion> {
        let mut found = Vec::new();
        let tree = self.tree_at(at)?;
        self.find_texts(&tree, &FieldPath::default(), &mut Vec::new(), &mut found);
        Ok(found)
    }

    /// Returns a text in runs of letters, each with the change that wrote it. What a change kept of an older text stays with
    /// whoever wrote it.
    ///
    /// # Errors
    /// If the version is not known, or there is no text.
    pub fn runs(&self, path: &FieldPath, at: &Heads) -> Result<Vec<Run>, ReadTextError> {
        if !self.knows(at) {
            return Err(ReadTextError::UnknownVersion);
        }
        let text = self.text_object(path, at)?;
        let mut runs: Vec<Run> = Vec::new();
        for entry in self.automerge.list_range_at(&text, .., at.as_slice()) {
            let Some(change) = self.automerge.hash_for_opid(&entry.id()) else { continue };
            let Stored::Scalar(value) = entry.value.into_value() else { continue };
            let ScalarValue::Str(letters) = value.as_ref() else { continue };
            match runs.last_mut() {
                Some(run) if run.change == change => run.text.push_str(letters),
                Some(_) | None => runs.push(Run { text: letters.to_string(), change }),
            }
        }
        Ok(runs)
    }

    fn find_texts(
        &self,
        node: &Node,
        path: &FieldPath,
        names: &mut Vec<String>,
        found: &mut Vec<TextField>,
    ) {
        match node {
            Node::Map { fields, .. } => {
                for (key, field) in fields {
                    names.push(key.clone());
                    self.find_texts(&field.node, &path.child(key.clone()), names, found);
                    names.pop();
                }
            }
            Node::List { items, .. } => {
                for (index, item) in items.iter().enumerate() {
                    names.push((index + 1).to_string());
                    self.find_texts(&item.node, &path.child(item.id.to_string()), names, found);
                    names.pop();
                }
            }
            Node::Text { text, .. } if !text.is_empty() => {
                let label = documents::label(self.kind(), names);
                found.push(TextField { path: path.clone(), label });
            }
            Node::Text { .. } | Node::Scalar(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use automerge::ActorId;
    use serde_json::json;

    use super::super::{Edit, Splice};
    use super::*;
    use crate::identity::{Kind, Timestamp};

    fn splice(at: usize, delete: usize, insert: &str) -> Edit {
        let splices = vec![Splice { at, delete, insert: insert.to_owned() }];
        Edit::Splice { path: "/description".parse().unwrap(), splices }
    }

    #[test]
    fn each_letter_stays_with_the_change_that_wrote_it() {
        let content = json!({
            "document_type": "referral_pathway", "title": "Cash first", "description": "Phone the bank. 🙂",
        });
        let time = Timestamp(1);
        let actor = |n: u8| ActorId::from([n; 32]);
        let (mut document, _) =
            Document::create(Kind::ReferralPathway, &actor(1), &content, time).unwrap();
        let first = document.heads();
        document.edit(&actor(2), &first, &[splice(10, 0, "food ")], time).unwrap();
        let second = document.heads();
        // Somebody saves the whole field: only what is new is theirs.
        let path: FieldPath = "/description".parse().unwrap();
        let value = json!("Please phone the food bank. 🙂");
        document
            .edit(&actor(3), &second, &[Edit::Set { path: path.clone(), value }], time)
            .unwrap();
        let third = document.heads();
        let told = |at: &Heads| -> Vec<(String, usize)> {
            let by = [&first, &second, &third];
            let name = |change: ChangeHash| {
                by.iter().position(|heads| heads.as_slice() == [change]).unwrap()
            };
            let runs = document.runs(&path, at).unwrap();
            runs.into_iter().map(|run| (run.text, name(run.change))).collect()
        };
        let run = |text: &str, by: usize| (text.to_owned(), by);
        assert_eq!(told(&first), [run("Phone the bank. 🙂", 0)]);
        assert_eq!(told(&second), [run("Phone the ", 0), run("food ", 1), run("bank. 🙂", 0)]);
        let now = told(&third);
        let whole: String = now.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(whole, "Please phone the food bank. 🙂");
        assert!(now.contains(&run("food ", 1)) && now.contains(&run("bank. 🙂", 0)), "{now:?}");
        assert!(now.iter().any(|(_, by)| *by == 2), "{now:?}");
        assert!(document.runs(&"/nothing".parse().unwrap(), &third).is_err());
        let texts = document.texts(&third).unwrap();
        let paths: Vec<String> = texts.iter().map(|text| text.path.to_string()).collect();
        assert_eq!(paths, ["/description", "/title"]);
    }
}
