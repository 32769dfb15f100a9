//! A document to edit: all its parts, one part, and the question before an item is removed.

use askama::Template;
use crdt_schema::identity::Kind;
use serde_json::Value;

use super::read::sample_document;
use super::{Conflict, DocumentHead};
use crate::chrome::{Chrome, Tab};
use crate::forms::{Field, FormError, Posted};
use crate::parts::{self, ItemKeys, PartForm, PartSummary};
use crate::urls;

/// `/documents/{d}/edit`: field by field with Change links; lists with buttons that post to [`urls::change_list`].
#[derive(Debug, Template)]
#[template(path = "pages/edit.html")]
pub struct Edit {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Its parts: [`parts::overview`].
    pub parts: Vec<PartSummary>,
    /// Fields that two people set at the same time.
    pub conflicts: Vec<Conflict>,
    /// Is it `/documents/{d}/suggest`: what is changed is sent as a suggestion?
    pub is_suggesting: bool,
}

impl Edit {
    /// Returns the address of a part's form.
    #[must_use]
    pub fn part_address(&self, slug: &str, item: &str) -> String {
        if self.is_suggesting {
            urls::suggest_part(self.document.id, slug, item)
        } else {
            urls::edit_part(self.document.id, slug, item)
        }
    }

    /// May the person open the forms of the parts?
    #[must_use]
    pub const fn has_forms(&self) -> bool {
        self.is_suggesting || self.document.cannot.is_none()
    }

    /// Can counts be brought in, which are made safe first?
    #[must_use]
    pub fn has_figures(&self) -> bool {
        self.has_lists() && self.document.kind == Kind::AggregatedInsight
    }

    /// Are there proposals that can be looked through together?
    #[must_use]
    pub fn has_proposals(&self) -> bool {
        self.has_lists() && self.document.kind == Kind::Crosswalk
    }

    /// May the person add, move and remove items?
    #[must_use]
    pub const fn has_lists(&self) -> bool {
        !self.is_suggesting && self.document.cannot.is_none()
    }

    /// Returns the page of somebody who may only suggest.
    #[must_use]
    pub fn sample_suggest() -> Self {
        Self { is_suggesting: true, ..Self::sample() }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let document = sample_document();
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            parts: parts::overview(Kind::ReferralPathway, &document, &sample_keys(&document)),
            conflicts: vec![Conflict::sample()],
            is_suggesting: false,
        }
    }
}

/// `/documents/{d}/edit/{part}` and `…/{part}/{item}`: one part. Posts to the same address what
/// [`crate::forms::part::parse_part`] takes, `heads` and `token`.
#[derive(Debug, Template)]
#[template(path = "pages/edit_part.html")]
pub struct EditPart {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The form: [`parts::form`].
    pub form: PartForm,
    /// Fields of this part that two people set at the same time.
    pub conflicts: Vec<Conflict>,
    /// Who else has this part open, when the page was made: person (organisation).
    pub people: Vec<String>,
    /// What in the text that was typed may be about a person.
    pub warnings: Vec<String>,
    /// Tags that are offered while somebody types: name and code. Only on parts that ask for tags.
    pub tags: Vec<(String, String)>,
    /// Tags of the document that are no longer used, each in a sentence with the tag to use instead.
    pub given_up: Vec<String>,
    /// Why the change is suggested, on the form that sends a suggestion: `/documents/{d}/suggest/{part}`.
    pub note: Option<Field>,
}

impl EditPart {
    /// Is what is changed sent as a suggestion?
    #[must_use]
    pub const fn is_suggesting(&self) -> bool {
        self.note.is_some()
    }

    /// Returns the address of the page with all parts.
    #[must_use]
    pub fn all_parts(&self) -> String {
        let id = self.document.id;
        if self.is_suggesting() { urls::suggest(id) } else { urls::edit(id) }
    }

    /// Returns the form that sends a suggestion.
    #[must_use]
    pub fn sample_suggest() -> Self {
        Self { note: Some(Field::default()), ..Self::sample_step() }
    }

    /// Returns the page that shows again what was typed, with what is wrong.
    #[must_use]
    pub fn again(mut self, posted: &Posted, errors: Vec<FormError>) -> Self {
        self.form = self.form.typed(&posted.0, &errors);
        if let Some(note) = &mut self.note {
            *note = Field::of(posted.get("note"));
            if let Some(error) = errors.iter().find(|error| error.field == "note") {
                note.refuse(error.message.clone());
            }
        }
        self.chrome.errors = errors;
        self
    }

    /// Asks whether what was typed is about a person.
    #[must_use]
    pub fn asking(self, posted: &Posted, warnings: Vec<String>) -> Self {
        let message = "Check that this is not about a person whom you help".to_owned();
        let mut page = self.again(posted, vec![FormError { field: "sure".to_owned(), message }]);
        page.warnings = warnings;
        page
    }

    /// Returns a page that asks whether what was typed is about a person.
    #[must_use]
    pub fn sample_warning() -> Self {
        let warning = "“07700 900123” looks like a mobile phone number".to_owned();
        Self::sample_step().asking(&Posted(Vec::new()), vec![warning])
    }

    /// Returns the address that the form posts to, which is the page's own.
    #[must_use]
    pub fn address(&self) -> String {
        let (id, form) = (self.document.id, &self.form);
        if self.is_suggesting() {
            urls::suggest_part(id, &form.slug, &form.item)
        } else {
            urls::edit_part(id, &form.slug, &form.item)
        }
    }

    /// Does any field take part in live text?
    #[must_use]
    pub fn is_live(&self) -> bool {
        let nested =
            self.form.lists.iter().flat_map(|list| &list.items).flat_map(|item| &item.fields);
        !self.is_suggesting() && self.form.fields.iter().chain(nested).any(|field| field.live)
    }

    /// Returns a page of a part with the usual values.
    #[must_use]
    pub fn sample(slug: &str) -> Self {
        Self::of(slug, "")
    }

    /// Returns the page of a step.
    #[must_use]
    pub fn sample_step() -> Self {
        Self::of("step", "1@0a")
    }

    /// Returns the page of the tags of a document, one of which is no longer used.
    #[must_use]
    pub fn sample_tags() -> Self {
        Self {
            tags: vec![("Food insecurity".to_owned(), "northmereNeed:foodInsecurity".to_owned())],
            given_up: vec![
                "“Food poverty” is no longer used. Use “Food insecurity” (northmereNeed:foodInsecurity) instead."
                    .to_owned(),
            ],
            ..Self::of("tags", "")
        }
    }

    /// Returns a page with something wrong.
    #[must_use]
    pub fn sample_error() -> Self {
        let field = "d:/body/review/review_date:day".to_owned();
        Self::of("review", "").again(
            &Posted(vec![(field.clone(), "31".to_owned())]),
            vec![FormError { field, message: "Enter a real date, like 27 3 2027".to_owned() }],
        )
    }

    fn of(slug: &str, item: &str) -> Self {
        let document = sample_document();
        let kind = Kind::ReferralPathway;
        let form = parts::find(kind, slug)
            .and_then(|part| parts::form(kind, part, item, &document, &sample_keys(&document)));
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            form: form.unwrap_or_default(),
            conflicts: Vec::new(),
            people: vec!["Sam Ali (Open Door)".to_owned()],
            warnings: Vec::new(),
            tags: Vec::new(),
            given_up: Vec::new(),
            note: None,
        }
    }
}

/// `/documents/{d}/remove?path=&back=`: asks once. Posts `action` to [`urls::change_list`].
#[derive(Debug, Template)]
#[template(path = "pages/remove.html")]
pub struct RemoveItem {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Path of the item.
    pub path: String,
    /// What it is: "step 3".
    pub what: String,
    /// What is in it, in a line.
    pub summary: String,
    /// Where to go back to.
    pub back: String,
}

impl RemoveItem {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            path: "/body/steps/3@0a".to_owned(),
            what: "step 3".to_owned(),
            summary: "Refer for a benefits check and debt advice using the form below.".to_owned(),
            back: urls::edit("sample"),
        }
    }
}

/// Returns keys for every list of objects of a document, as a document without history would have them.
#[must_use]
pub fn sample_keys(document: &Value) -> ItemKeys {
    let mut keys = ItemKeys::new();
    collect(document, String::new(), &mut keys);
    keys
}

fn collect(value: &Value, path: String, keys: &mut ItemKeys) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(value, format!("{path}/{name}"), keys));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let own: Vec<String> = (1..=items.len()).map(|number| format!("{number}@0a")).collect();
            for (item, key) in items.iter().zip(&own) {
                collect(item, format!("{path}/{key}"), keys);
            }
            keys.insert(path, own);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}
