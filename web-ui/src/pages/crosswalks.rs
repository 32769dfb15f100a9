//! A table of matching tags, made from two lists of tags.

use askama::Template;
use crdt_schema::identity::{DocumentId, WorkspaceId};

use super::documents::Chosen;
use crate::chrome::{Chrome, Tab};
use crate::forms::Choice;
use crate::forms::document::{AudienceForm, MatchForm};

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
