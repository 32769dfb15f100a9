//! Proofs for people: what happened in a workspace, and which changes do not count.

use askama::Template;
use crdt_schema::identity::WorkspaceId;

use super::{DocumentHead, Pages};
use crate::chrome::{Chrome, Tab};
use crate::urls;

/// `/workspaces/{w}/history`: the steps of membership, newest first. `chrome.workspace` must be set.
#[derive(Debug, Template)]
#[template(path = "pages/workspace_history.html")]
pub struct WorkspaceHistory {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Day by day: the day, and what happened.
    pub days: Vec<(String, Vec<Step>)>,
    /// Pages before and after.
    pub pages: Pages,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who did it.
    pub who: String,
    /// The time of day, as its computer told it.
    pub time: String,
    /// What, as a sentence.
    pub said: String,
    /// Why it has no effect, as a sentence.
    pub void: Option<String>,
}

impl WorkspaceHistory {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let step = |time: &str, said: &str, void: Option<&str>| Step {
            who: "Leeds City Council".to_owned(),
            time: time.to_owned(),
            said: said.to_owned(),
            void: void.map(str::to_owned),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            days: vec![(
                "22 November 2026".to_owned(),
                vec![
                    step("3:05pm", "Removed Open Door.", None),
                    step(
                        "3:04pm",
                        "Let in Kent County Council as editor.",
                        Some("Somebody else let it in at the same time."),
                    ),
                ],
            )],
            pages: Pages { previous: None, next: Some(urls::workspace_history("sample", 2)) },
        }
    }
}

/// Something written that does not count.
#[derive(Clone, Debug)]
pub struct RefusalRow {
    /// Who: person (organisation), or an organisation.
    pub who: String,
    /// When, in near form; empty if that is not known.
    pub when: String,
    /// The document's title and address, on pages about more than one.
    pub document: Option<(String, String)>,
    /// Why, as a sentence.
    pub why: String,
    /// May it come to count?
    pub is_held: bool,
    /// Did this node write it again, on the version that counts?
    pub is_written_again: bool,
}

impl RefusalRow {
    fn samples() -> Vec<Self> {
        let row = |why: &str, is_held: bool, is_written_again: bool| Self {
            who: "Sam Ali (Open Door)".to_owned(),
            when: "today at 8:30am".to_owned(),
            document: Some((
                "Cash first: when somebody cannot afford food".to_owned(),
                urls::document("sample"),
            )),
            why: why.to_owned(),
            is_held,
            is_written_again,
        };
        vec![
            row(
                "Open Door is suspended. This is held back until the suspension ends.",
                true,
                false,
            ),
            row("Written after Open Door was removed.", false, false),
            row("It builds on something that does not count.", false, true),
        ]
    }
}

/// `/workspaces/{w}/refusals`. `chrome.workspace` must be set.
#[derive(Debug, Template)]
#[template(path = "pages/workspace_refusals.html")]
pub struct WorkspaceRefusals {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What does not count, newest first.
    pub refusals: Vec<RefusalRow>,
}

impl WorkspaceRefusals {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            refusals: RefusalRow::samples(),
        }
    }

    /// Returns the page of a workspace in which everything counts.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { refusals: Vec::new(), ..Self::sample() }
    }
}

/// `/documents/{d}/refusals`.
#[derive(Debug, Template)]
#[template(path = "pages/document_refusals.html")]
pub struct DocumentRefusals {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// What does not count, newest first.
    pub refusals: Vec<RefusalRow>,
}

impl DocumentRefusals {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let mut refusals = RefusalRow::samples();
        for row in &mut refusals {
            row.document = None;
        }
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            refusals,
        }
    }
}
