//! Invites of a workspace. `chrome.workspace` must be set on all of these pages.

use askama::Template;
use crdt_schema::identity::{InviteId, WorkspaceId};

use crate::chrome::{Chrome, Tab};
use crate::forms::{Choice, Field, InviteForm};

/// `/workspaces/{w}/invites`.
#[derive(Debug, Template)]
#[template(path = "pages/invites.html")]
pub struct Invites {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The invites, newest first.
    pub invites: Vec<InviteRow>,
    /// Why the person cannot invite.
    pub cannot_invite: Option<String>,
}

/// An invite in a list.
#[derive(Clone, Debug)]
pub struct InviteRow {
    /// Its id.
    pub id: InviteId,
    /// The role offered, in a word.
    pub role: String,
    /// Who made it: person (organisation).
    pub made_by: String,
    /// When, in near form.
    pub made: String,
    /// Its state.
    pub state: InviteState,
}

/// What became of an invite.
#[derive(Clone, Debug)]
pub enum InviteState {
    /// It can be used until then (full form), by so many more.
    Open {
        /// Until when.
        until: String,
        /// How many more may use it.
        left: usize,
    },
    /// Used up, by these organisations.
    Used(Vec<String>),
    /// Its time is over; it ended then.
    Ended(String),
    /// Somebody took it back.
    Revoked,
}

impl InviteState {
    /// Returns the state in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Open",
            Self::Used(_) => "Used",
            Self::Ended(_) => "Ended",
            Self::Revoked => "Revoked",
        }
    }

    /// Returns the state in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Open { until, left: 1 } => format!("One organisation can use it until {until}"),
            Self::Open { until, left } => {
                format!("{left} more organisations can use it until {until}")
            }
            Self::Used(by) => format!("Used by {}", by.join(", ")),
            Self::Ended(when) => format!("It ended on {when}"),
            Self::Revoked => "Nobody can use it".to_owned(),
        }
    }

    /// Can it be used?
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Returns the colour of its tag.
    #[must_use]
    pub const fn colour(&self) -> &'static str {
        match self {
            Self::Open { .. } => "green",
            Self::Used(_) => "blue",
            Self::Ended(_) | Self::Revoked => "grey",
        }
    }
}

impl Invites {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: u8, state: InviteState| InviteRow {
            id: InviteId([key; 32]),
            role: "Editor".to_owned(),
            made_by: "Priya Shah (Leeds City Council)".to_owned(),
            made: "yesterday at 9:12am".to_owned(),
            state,
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            invites: vec![
                row(
                    1,
                    InviteState::Open { until: "6 December 2026 at 3:05pm".to_owned(), left: 1 },
                ),
                row(2, InviteState::Used(vec!["Open Door".to_owned()])),
                row(3, InviteState::Revoked),
            ],
            cannot_invite: None,
        }
    }
}

/// `/workspaces/{w}/invites/new`.
#[derive(Debug, Template)]
#[template(path = "pages/invite_new.html")]
pub struct InviteNew {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What was typed.
    pub form: InviteForm,
}

impl InviteNew {
    /// Returns the roles to choose from.
    #[must_use]
    pub fn roles(&self) -> Vec<Choice> {
        Choice::roles()
    }

    /// Returns how long an invite may hold.
    #[must_use]
    pub fn days(&self) -> Vec<Choice> {
        [("1", "1 day"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days")]
            .into_iter()
            .map(|(days, label)| Choice::new(days, label, ""))
            .collect()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            form: InviteForm::fresh(),
        }
    }
}

/// `/workspaces/{w}/invites/{i}`: the invite to pass on.
#[derive(Debug, Template)]
#[template(path = "pages/invite.html")]
pub struct InviteShow {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What is known of it.
    pub row: InviteRow,
    /// Its text, if this node made it and it can still be used.
    pub text: Option<String>,
    /// Its QR code as SVG, made by the node's own QR module, never from outside.
    pub qr_svg: Option<String>,
    /// Its words to be read out on the phone, if this computer has an address for them.
    pub phrase: Option<SpokenPhrase>,
    /// Another address at which others reach this computer (`GET`, `at`).
    pub at: Field,
    /// Why the person cannot revoke it.
    pub cannot_revoke: Option<String>,
}

/// The words of an invite.
#[derive(Clone, Debug)]
pub struct SpokenPhrase {
    /// In their order.
    pub words: Vec<String>,
    /// The address that is read out after them, if they do not hold it.
    pub address: Option<String>,
    /// From where it works, if not from everywhere: "in your office network".
    pub only: Option<String>,
}

impl InviteShow {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let Invites { chrome, workspace, invites, .. } = Invites::sample();
        let row = invites.into_iter().next().unwrap_or(InviteRow {
            id: InviteId([1; 32]),
            role: String::new(),
            made_by: String::new(),
            made: String::new(),
            state: InviteState::Revoked,
        });
        let modules: String = (0..21)
            .flat_map(|y| (0..21).map(move |x| (x, y)))
            .filter(|(x, y)| (x * 7 + y * 11 + x * y) % 3 == 0)
            .map(|(x, y)| format!("M{x} {y}h1v1h-1z"))
            .collect();
        Self {
            chrome,
            workspace,
            row,
            text: Some(format!("fingerpost-invite:{}", "3yZe7Jv9Rk5mPqWx".repeat(24))),
            qr_svg: Some(format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-2 -2 25 25\" role=\"img\" aria-label=\"QR code of the invite\">\
                 <rect x=\"-2\" y=\"-2\" width=\"25\" height=\"25\" fill=\"#fff\"/><path d=\"{modules}\"/></svg>"
            )),
            phrase: Some(SpokenPhrase {
                words: "orchard lunar velvet cactus ribbon timber puzzle salmon window helmet pepper garden engine violin anchor"
                    .split(' ')
                    .map(str::to_owned)
                    .collect(),
                address: None,
                only: Some("in your office network".to_owned()),
            }),
            at: Field::default(),
            cannot_revoke: None,
        }
    }
}
