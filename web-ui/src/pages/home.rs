//! Home: what needs attention, what changed, which workspaces there are.

use askama::Template;
use crdt_schema::identity::WorkspaceId;

use crate::chrome::{Chrome, Place};
use crate::urls;

/// `/`.
#[derive(Debug, Template)]
#[template(path = "pages/home.html")]
pub struct Home {
    /// Around the page.
    pub chrome: Chrome,
    /// What needs somebody to act, most urgent first.
    pub attention: Vec<Attention>,
    /// What changed lately, newest first.
    pub recent: Vec<RecentChange>,
    /// Whether nobody has shown yet that the recovery kit is kept.
    pub recovery_missing: bool,
    /// The workspaces.
    pub workspaces: Vec<WorkspaceRow>,
}

/// Something that needs somebody to act.
#[derive(Clone, Debug)]
pub struct Attention {
    /// What: "Kent County Council asks to join Northmere".
    pub text: String,
    /// The link's words: "Look at the request".
    pub link: String,
    /// Where to act.
    pub url: String,
    /// Where to say that it was seen (POST), if that is all there is to do.
    pub dismiss: Option<String>,
}

/// One change in a list of recent ones.
#[derive(Clone, Debug)]
pub struct RecentChange {
    /// The document's title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Who: person (organisation).
    pub who: String,
    /// When, near form: "today at 3:05pm".
    pub when: String,
    /// What: "changed the waiting time from 10 to 5 days".
    pub what: String,
}

impl RecentChange {
    /// Returns changes as the samples have them.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let change = |title: &str, who: &str, when: &str, what: &str| Self {
            title: title.to_owned(),
            url: urls::document("sample"),
            who: who.to_owned(),
            when: when.to_owned(),
            what: what.to_owned(),
        };
        vec![
            change(
                "Cash first: when somebody cannot afford food",
                "Priya Shah (Leeds City Council)",
                "today at 3:05pm",
                "changed step 3",
            ),
            change(
                "Domestic abuse: what to do when somebody tells you",
                "Sam Ali (Open Door)",
                "yesterday at 9:12am",
                "added the step “Ring back at a safe time”",
            ),
        ]
    }
}

/// A workspace in a list.
#[derive(Clone, Debug)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Our role there in a word: "Steward".
    pub role: String,
    /// How many organisations are in it.
    pub members: usize,
    /// How many pathways we may read.
    pub documents: usize,
    /// Whether we still wait to be let in, or for a copy.
    pub waiting: bool,
}

impl WorkspaceRow {
    /// Returns workspaces as the samples have them.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self {
                id: WorkspaceId([7; 32]),
                name: "Northmere cash first partnership".to_owned(),
                role: "Steward".to_owned(),
                members: 3,
                documents: 2,
                waiting: false,
            },
            Self {
                id: WorkspaceId([8; 32]),
                name: "Saltway".to_owned(),
                role: "Editor".to_owned(),
                members: 0,
                documents: 0,
                waiting: true,
            },
        ]
    }
}

impl Home {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Home),
            attention: vec![
                Attention {
                    text: "Kent County Council asks to join Northmere cash first partnership"
                        .to_owned(),
                    link: "See who is waiting".to_owned(),
                    url: urls::members("sample"),
                    dismiss: None,
                },
                Attention {
                    text: "Your organisation was removed from Saltway".to_owned(),
                    link: "See why".to_owned(),
                    url: urls::workspace("sample"),
                    dismiss: Some(urls::workspace_dismiss("sample")),
                },
            ],
            recent: RecentChange::samples(),
            recovery_missing: true,
            workspaces: WorkspaceRow::samples(),
        }
    }

    /// Returns the page of a node that was just set up.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            attention: Vec::new(),
            recent: Vec::new(),
            recovery_missing: false,
            workspaces: Vec::new(),
            ..Self::sample()
        }
    }
}
