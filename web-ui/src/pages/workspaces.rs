//! Workspaces: list, create, overview, members.

use askama::Template;
use crdt_schema::identity::OrganizationId;

use super::home::{RecentChange, WorkspaceRow};
use crate::chrome::{Chrome, Place, Tab};
use crate::forms::WorkspaceForm;

/// `/workspaces`.
#[derive(Debug, Template)]
#[template(path = "pages/workspaces.html")]
pub struct Workspaces {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspaces.
    pub workspaces: Vec<WorkspaceRow>,
}

impl Workspaces {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample(Place::Workspaces), workspaces: WorkspaceRow::samples() }
    }
}

/// `/workspaces/new`.
#[derive(Debug, Template)]
#[template(path = "pages/workspace_new.html")]
pub struct WorkspaceNew {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed.
    pub form: WorkspaceForm,
}

impl WorkspaceNew {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample(Place::Workspaces), form: WorkspaceForm::fresh() }
    }
}

/// `/workspaces/{w}`: what it is for, who is in it, what changed. `chrome.workspace` must be set.
#[derive(Debug, Template)]
#[template(path = "pages/workspace.html")]
pub struct Overview {
    /// Around the page.
    pub chrome: Chrome,
    /// What it is for; may be empty.
    pub purpose: String,
    /// Our role in words: "Steward: looks after membership, and changes documents".
    pub role: String,
    /// Names of the other organisations in it.
    pub others: Vec<String>,
    /// How many pathways we may read.
    pub documents: usize,
    /// What changed lately, newest first.
    pub recent: Vec<RecentChange>,
    /// Why the person cannot invite: "Only stewards can invite. Ask Sam Ali (Leeds City Council)."
    pub cannot_invite: Option<String>,
    /// Why the person cannot create pathways.
    pub cannot_write: Option<String>,
}

impl Overview {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Overview),
            purpose:
                "One way to help people who cannot afford food, kept right by everyone who refers."
                    .to_owned(),
            role: "Editor: changes documents".to_owned(),
            others: vec!["Kent County Council".to_owned(), "Open Door".to_owned()],
            documents: 2,
            recent: RecentChange::samples(),
            cannot_invite: Some("Only stewards can invite. Ask Sam Ali (Open Door).".to_owned()),
            cannot_write: None,
        }
    }

    /// Returns the page of a workspace that was just made.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            role: "Steward: looks after membership, and changes documents".to_owned(),
            purpose: String::new(),
            others: Vec::new(),
            documents: 0,
            recent: Vec::new(),
            cannot_invite: None,
            ..Self::sample()
        }
    }
}

/// `/workspaces/{w}/members`. `chrome.workspace` must be set.
#[derive(Debug, Template)]
#[template(path = "pages/members.html")]
pub struct Members {
    /// Around the page.
    pub chrome: Chrome,
    /// Who is in.
    pub members: Vec<Member>,
    /// Who waits for a steward.
    pub waiting: Vec<Waiting>,
    /// Who was removed or left.
    pub gone: Vec<Gone>,
    /// Why the person cannot invite or approve.
    pub cannot_invite: Option<String>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its sector in words.
    pub sector: String,
    /// Its role in a word.
    pub role: String,
    /// Is it us?
    pub is_us: bool,
    /// Is what it writes held back?
    pub is_suspended: bool,
    /// Is a node of it connected with ours?
    pub online: bool,
    /// When it was last seen, in near form; nothing if never.
    pub last_seen: Option<String>,
    /// Who invited it; nothing for the founder.
    pub invited_by: Option<String>,
}

/// An organisation that is no longer in.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// "removed" or "left".
    pub state: String,
}

/// An organisation that waits for a steward's approval.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its sector in words.
    pub sector: String,
    /// The role it would have, in a word.
    pub role: String,
    /// Since when, in near form.
    pub since: String,
    /// Why it waits: "The invite asks for approval."
    pub why: String,
    /// Why the person cannot approve; nothing if they can.
    pub cannot: Option<String>,
}

impl Members {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let member = |key: u8, name: &str, sector: &str, role: &str| Member {
            id: OrganizationId([key; 32]),
            name: name.to_owned(),
            sector: sector.to_owned(),
            role: role.to_owned(),
            is_us: false,
            is_suspended: false,
            online: false,
            last_seen: None,
            invited_by: Some("Leeds City Council".to_owned()),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            members: vec![
                Member {
                    is_us: true,
                    invited_by: None,
                    ..member(1, "Leeds City Council", "Council", "Steward")
                },
                Member {
                    online: true,
                    ..member(2, "Open Door", "Voluntary or community organisation", "Editor")
                },
                Member {
                    last_seen: Some("yesterday at 9:12am".to_owned()),
                    is_suspended: true,
                    ..member(3, "Kent County Council", "Council", "Reader")
                },
            ],
            waiting: vec![Waiting {
                id: OrganizationId([4; 32]),
                name: "Harbour Lane Advice Centre".to_owned(),
                sector: "Voluntary or community organisation".to_owned(),
                role: "Editor".to_owned(),
                since: "today at 8:30am".to_owned(),
                why: "The invite asks for approval.".to_owned(),
                cannot: None,
            }],
            gone: vec![Gone {
                id: OrganizationId([5; 32]),
                name: "Saltway Trust".to_owned(),
                state: "left".to_owned(),
            }],
            cannot_invite: None,
        }
    }
}
