//! A table of matching tags: made from two lists of tags, and looked through.

use askama::Template;
use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};
use serde_json::Value;

use super::DocumentHead;
use super::documents::Chosen;
use crate::chrome::{Chrome, Tab};
use crate::forms::document::{AudienceForm, MatchForm};
use crate::forms::{Choice, Field, FormError};

/// `/workspaces/{w}/crosswalks/new`: choose two lists. Posts to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/crosswalk_new.html")]
pub struct CrosswalkNew {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The lists of tags to choose from: id and title, with the workspace's name if it is another one.
    pub lists: Vec<Choice>,
    /// What was chosen.
    pub form: MatchForm,
    /// Who was chosen.
    pub audience: AudienceForm,
    /// The organisations to choose from, without our own.
    pub organizations: Vec<Chosen>,
}

impl CrosswalkNew {
    /// Returns who may read; the public comes later, on purpose only.
    #[must_use]
    pub fn readers(&self) -> Vec<Choice> {
        let mut readers = AudienceForm::readers();
        readers.retain(|choice| choice.value != "public");
        readers
    }

    /// Returns who may suggest changes.
    #[must_use]
    pub fn suggesters(&self) -> Vec<Choice> {
        AudienceForm::suggesters()
    }

    /// Returns who may change.
    #[must_use]
    pub fn writers(&self) -> Vec<Choice> {
        AudienceForm::writers()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let list =
            |key: u8, title: &str| Choice::new(&DocumentId([key; 32]).to_string(), title, "");
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            lists: vec![
                list(1, "Northmere shared needs tags"),
                list(2, "Saltway tags (Saltway together)"),
            ],
            form: MatchForm::default(),
            audience: AudienceForm::fresh(),
            organizations: Chosen::samples(),
        }
    }

    /// Returns the page when nothing was chosen.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.form.from.refuse("Choose the first list");
        page.form.to.refuse("Choose the second list");
        let errors = page.form.errors();
        Self { chrome: page.chrome.with_errors(errors), ..page }
    }

    /// Returns the page where there are no two lists.
    #[must_use]
    pub fn sample_none() -> Self {
        Self { lists: Vec::new(), ..Self::sample() }
    }
}

/// `/documents/{d}/proposed`: the matches that are proposed. Posts `heads` and `agree`, once for each that is ticked, to the
/// same address.
#[derive(Debug, Template)]
#[template(path = "pages/proposed_matches.html")]
pub struct ProposedMatches {
    /// Around the page.
    pub chrome: Chrome,
    /// Which table.
    pub document: DocumentHead,
    /// The matches: the item's key, what is proposed as a sentence, and why.
    pub rows: Vec<Choice>,
    /// How many are proposed beside those.
    pub more: usize,
    /// What is wrong with what was ticked.
    pub agree: Field,
}

impl ProposedMatches {
    /// Returns a match as a sentence to agree to, with what programs call the tags and why it was proposed.
    #[must_use]
    pub fn row(key: &str, one: &Value) -> Choice {
        let text = |field: String| one.get(&field).and_then(Value::as_str).unwrap_or_default();
        let name = |side: &str| {
            let names = ["label", "curie", "uri"].map(|field| text(format!("{side}_{field}")));
            names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
        };
        let (from, to) = (name("from"), name("to"));
        let sentence = match text("relation".to_owned()) {
            "exactMatch" => format!("“{from}” means the same as “{to}”"),
            "closeMatch" => format!("“{from}” means nearly the same as “{to}”"),
            "broadMatch" => format!("“{to}” is broader than “{from}”"),
            "narrowMatch" => format!("“{to}” is narrower than “{from}”"),
            "relatedMatch" => format!("“{from}” is related to “{to}”"),
            "noMatch" if to.is_empty() => format!("“{from}” has no match in the second list"),
            "noMatch" => format!("“{to}” has no match in the first list"),
            _ => format!("“{from}” and “{to}”: not compared yet"),
        };
        let about = ["from_curie", "to_curie", "basis", "note"].map(|field| text(field.to_owned()));
        let about: Vec<&str> = about.into_iter().filter(|about| !about.is_empty()).collect();
        Choice::new(key, &sentence, &about.join(". "))
    }

    /// Says how many are left out.
    #[must_use]
    pub fn more_words(&self) -> String {
        let more = crate::chrome::count(self.more, "more match is", "more matches are");
        format!("{more} proposed. They come when these are decided.")
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, relation: &str, to: &str| {
            let said = serde_json::json!({"from_label": "Food insecurity", "from_curie": "need:food", "relation": relation, "to_label": to, "basis": "Both have the same name"});
            Self::row(key, &said)
        };
        let mut document = DocumentHead::sample();
        document.kind = Kind::Crosswalk;
        document.cannot = None;
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document,
            rows: vec![row("1@ab", "closeMatch", "Food"), row("2@ab", "noMatch", "")],
            more: 12,
            agree: Field::default(),
        }
    }

    /// Returns the page when nothing was ticked.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        let message = "Tick the matches that are right".to_owned();
        page.agree.refuse(message.clone());
        let errors = vec![FormError { field: "agree".to_owned(), message }];
        Self { chrome: page.chrome.with_errors(errors), ..page }
    }

    /// Returns the page when everything is decided.
    #[must_use]
    pub fn sample_none() -> Self {
        Self { rows: Vec::new(), more: 0, ..Self::sample() }
    }
}
