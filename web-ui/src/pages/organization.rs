//! One organisation of a workspace. `chrome.workspace` must be set.

use askama::Template;
use crdt_schema::identity::{OrganizationId, WorkspaceId};

use crate::chrome::{Chrome, Tab};
use crate::forms::{Choice, Field};

/// `/workspaces/{w}/members/{org}`.
#[derive(Debug, Template)]
#[template(path = "pages/organization.html")]
pub struct Organization {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What is known of it: a matter and what is said of it.
    pub facts: Vec<(String, String)>,
    /// Its computers, each with what is known of it.
    pub computers: Vec<String>,
    /// Who suspended it, why and until when; nothing if it is not suspended.
    pub suspension: Option<String>,
    /// Decisions about it that are open: what, and where.
    pub open: Vec<(String, String)>,
    /// What the person can do about it.
    pub actions: Actions,
}

/// What a person can do about an organisation.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// Let it in, or turn it away.
    pub answer: bool,
    /// The role it has now, if that can be changed.
    pub role: Option<Field>,
    /// Suspend it.
    pub suspend: bool,
    /// End its suspension.
    pub reinstate: bool,
    /// Remove it.
    pub remove: bool,
    /// Elect it as steward, as no steward is to be found.
    pub elect: bool,
    /// Leave the workspace: it is our own.
    pub leave: bool,
    /// Why the person can do nothing, and whom to ask.
    pub cannot: Option<String>,
}

impl Organization {
    /// Returns the roles to choose from.
    #[must_use]
    pub fn roles(&self) -> Vec<Choice> {
        Choice::roles()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let fact = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            id: OrganizationId([2; 32]),
            name: "Open Door".to_owned(),
            facts: vec![
                fact("Kind", "Voluntary or community organisation"),
                fact("Role", "Editor: changes documents"),
                fact("Here since", "1 March 2026 at 3:05pm"),
                fact("GB-CHC", "1123456"),
            ],
            computers: vec!["did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw".to_owned()],
            suspension: Some(
                "Leeds City Council suspended Open Door today at 8:30am. Reason: a computer was stolen. The suspension ends by itself on 26 November 2026 at 8:30am."
                    .to_owned(),
            ),
            open: vec![(
                "Remove Open Door from the workspace".to_owned(),
                crate::urls::proposal("sample", "sample"),
            )],
            actions: Actions {
                role: Some(Field::of("editor")),
                suspend: true,
                reinstate: true,
                remove: true,
                ..Actions::default()
            },
        }
    }

    /// Returns the page of our own organisation, whose role is not steward.
    #[must_use]
    pub fn sample_own() -> Self {
        Self {
            suspension: None,
            open: Vec::new(),
            actions: Actions {
                leave: true,
                cannot: Some("Only stewards can change roles. Ask Kent County Council.".to_owned()),
                ..Actions::default()
            },
            ..Self::sample()
        }
    }

    /// Returns the page of an organisation that waits.
    #[must_use]
    pub fn sample_waiting() -> Self {
        Self {
            suspension: None,
            open: Vec::new(),
            actions: Actions { answer: true, elect: true, ..Actions::default() },
            ..Self::sample()
        }
    }
}
