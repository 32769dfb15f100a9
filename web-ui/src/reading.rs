//! A document as a person reads it: a pathway on its own page, every other kind by its sections.
//!
//! The JSON comes from other organisations and may lack anything, hold anything, or hold it in another shape. What has no
//! place of its own stands in `other`, so that nothing is hidden.

mod blocks;
mod matches;
mod special;

use crdt_schema::documents::{self, Spec};
use crdt_schema::identity::Kind;
use serde_json::Value;

use crate::diagram;
use crate::kinds;
use crate::pathway::Pathway;
use blocks::Reader;

/// What is in a document. What is of the other form is empty.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// A referral pathway.
    pub pathway: Pathway,
    /// Any other kind.
    pub reading: Reading,
}

impl Content {
    /// Returns what this document holds.
    #[must_use]
    pub fn of(kind: Kind, document: &Value) -> Self {
        match kind {
            Kind::ReferralPathway => {
                Self { pathway: Pathway::from_document(document), ..Self::default() }
            }
            _ => Self { reading: Reading::of(kind, document), ..Self::default() },
        }
    }

    /// Returns the summary.
    #[must_use]
    pub fn description(&self) -> &str {
        if self.pathway.description.is_empty() {
            &self.reading.description
        } else {
            &self.pathway.description
        }
    }

    /// Returns when it must be looked at again, as ISO.
    #[must_use]
    pub fn review_date(&self) -> &str {
        if self.pathway.review.date.is_empty() {
            &self.reading.review_date
        } else {
            &self.pathway.review.date
        }
    }

    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self, title: &str) -> String {
        diagram::steps(title, &self.pathway.steps)
    }
}

/// A document by its sections. Every text may be empty, every list too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it is for.
    pub description: String,
    /// How far it is, in a word.
    pub status: String,
    /// When it must be looked at again, as ISO.
    pub review_date: String,
    /// What to know first, such as how long a request has waited.
    pub notices: Vec<String>,
    /// Are the sections numbered, as clauses are?
    pub is_numbered: bool,
    /// Its sections, as far as there is anything in them.
    pub sections: Vec<Section>,
    /// Everything else: name and value.
    pub other: Vec<Row>,
}

/// Fields that are read together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its id on the page.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// What is in it, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Short values.
    Rows(Vec<Row>),
    /// A long text under its label; the label is empty where the section says it.
    Text {
        /// What it is called.
        label: String,
        /// What it says.
        text: String,
    },
    /// Sentences or names.
    Bullets {
        /// What they are called.
        label: String,
        /// Each of them.
        items: Vec<String>,
    },
    /// Items with few short fields.
    Table {
        /// What it shows.
        label: String,
        /// Heads of its columns.
        columns: Vec<String>,
        /// Its cells, row by row.
        rows: Vec<Vec<String>>,
    },
    /// Items with longer texts.
    Items {
        /// What they are called.
        label: String,
        /// Each of them.
        items: Vec<Item>,
    },
    /// A picture as SVG, which repeats a table.
    Picture(String),
    /// Tags and the tags that are part of them.
    Tree(Vec<Branch>),
    /// What was said, in order.
    Talk(Vec<Said>),
}

/// A short value and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub value: String,
    /// Where it leads: only `https` and `mailto`.
    pub link: Option<String>,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub heading: String,
    /// What is in it.
    pub rows: Vec<Row>,
}

/// A tree, walked from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    /// A level deeper.
    Open,
    /// A level higher.
    Close,
    /// A tag.
    Tag(Box<Tag>),
    /// The end of a tag and what is below it.
    End,
}

/// A tag of a list of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// What it means.
    pub definition: String,
    /// When to use it.
    pub scope: String,
    /// Other words for it.
    pub other_words: Vec<String>,
    /// "Proposed" or "No longer used"; empty if it is in use.
    pub status: String,
    /// The tag to use instead.
    pub instead: String,
    /// How it compares with other lists.
    pub matches: Vec<String>,
    /// Its short code.
    pub code: String,
    /// Where it is in the document, as a JSON pointer.
    pub place: String,
}

impl Tag {
    /// Is it still to be agreed?
    #[must_use]
    pub fn is_proposed(&self) -> bool {
        self.status == "Proposed"
    }
}

/// Something that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// By whom.
    pub who: String,
    /// When.
    pub when: String,
    /// What it was: call, question.
    pub what: String,
    /// What was said.
    pub text: String,
}

impl Reading {
    /// Returns what a document of this kind says.
    #[must_use]
    pub fn of(kind: Kind, document: &Value) -> Self {
        let all = documents::specs(kind);
        let reader = Reader::of(document);
        let mut sections: Vec<Section> = kinds::sections(kind)
            .iter()
            .filter(|section| section.slug != "about")
            .map(|section| {
                let root =
                    document.pointer(section.root.trim_end_matches('/')).unwrap_or(&Value::Null);
                Section {
                    slug: section.slug.to_owned(),
                    title: section.title.to_owned(),
                    blocks: reader.section(
                        crate::parts::made::fields_at(all, section.root),
                        section,
                        root,
                    ),
                }
            })
            .collect();
        special::shape(kind, document, &mut sections);
        sections.retain(|section| !section.blocks.is_empty());
        let text =
            |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            description: text("description"),
            status: status(all, &text("status")),
            review_date: text("review_date"),
            notices: special::notices(kind, document),
            is_numbered: kind == Kind::DataSharingAgreement,
            sections,
            other: reader.others(document, all),
        }
    }
}

/// Returns what a kind with these fields calls a status.
#[must_use]
pub fn status(all: &'static [Spec], word: &str) -> String {
    let known = all.iter().find(|spec| spec.path == "status").map(|spec| spec.shape);
    match known {
        Some(documents::Shape::Choice(known)) => known
            .iter()
            .find(|(value, _)| *value == word)
            .map_or_else(|| crate::words::plain(word), |(_, label)| (*label).to_owned()),
        _ => crate::words::plain(word),
    }
}

#[cfg(test)]
mod tests;
