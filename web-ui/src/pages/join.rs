//! Joining a workspace with an invite.

use askama::Template;
use crdt_schema::identity::WorkspaceId;

use crate::chrome::{Chrome, Place};
use crate::forms::JoinForm;

/// `/join`: paste the invite, or choose its file (`file`, multipart). Posts to [`crate::urls::join_check`].
#[derive(Debug, Template)]
#[template(path = "pages/join.html")]
pub struct Join {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed.
    pub form: JoinForm,
}

impl Join {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample(Place::Workspaces), form: JoinForm::default() }
    }
}

/// The page after pasting: who invites, to what, and what they will see. Posts `invite` to [`crate::urls::join`].
#[derive(Debug, Template)]
#[template(path = "pages/join_check.html")]
pub struct JoinCheck {
    /// Around the page.
    pub chrome: Chrome,
    /// The invite's text, to be posted again.
    pub invite: String,
    /// The inviting organisation.
    pub inviter: String,
    /// Its fingerprint.
    pub inviter_fingerprint: String,
    /// The workspace's name.
    pub workspace: String,
    /// The role offered in words: "Editor: changes documents".
    pub role: String,
    /// Whether a steward must approve.
    pub approval: bool,
    /// When the invite ends, in full form.
    pub expires: String,
    /// Our organisation's name, which they will see.
    pub organization: String,
    /// Our fingerprint, which they will see.
    pub fingerprint: String,
    /// Our sector, which they will see.
    pub sector: String,
}

impl JoinCheck {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Workspaces),
            invite: "fingerpost-invite:sample".to_owned(),
            inviter: "Leeds City Council".to_owned(),
            inviter_fingerprint: "9kPq Lw3E tR5y Zx8N".to_owned(),
            workspace: "Northmere cash first partnership".to_owned(),
            role: "Editor: changes documents".to_owned(),
            approval: true,
            expires: "6 December 2026 at 3:05pm".to_owned(),
            organization: "Open Door".to_owned(),
            fingerprint: "Hq2v 7TdB mX4k Pw9S".to_owned(),
            sector: "Voluntary or community organisation".to_owned(),
        }
    }
}

/// `/join/{w}`: a join that goes on by itself.
#[derive(Debug, Template)]
#[template(path = "pages/join_waiting.html")]
pub struct JoinWaiting {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub id: WorkspaceId,
    /// The workspace's name.
    pub workspace: String,
    /// What it waits for.
    pub wait: JoinWait,
}

/// What a join waits for.
#[derive(Clone, Debug)]
pub enum JoinWait {
    /// No member is in reach.
    Member {
        /// The inviting organisation.
        inviter: String,
        /// When it was last online, in near form; nothing if that is not known.
        last_online: Option<String>,
    },
    /// We are in, and the documents are on their way.
    Copy {
        /// From whom.
        from: String,
    },
    /// A steward must approve.
    Steward {
        /// Who can: person (organisation), or organisations.
        stewards: Vec<String>,
    },
}

impl JoinWaiting {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Workspaces),
            id: WorkspaceId([7; 32]),
            workspace: "Northmere cash first partnership".to_owned(),
            wait: JoinWait::Member {
                inviter: "Leeds City Council".to_owned(),
                last_online: Some("today at 9:12am".to_owned()),
            },
        }
    }
}

/// A join that was refused. Nothing half made is left.
#[derive(Debug, Template)]
#[template(path = "pages/join_refused.html")]
pub struct JoinRefused {
    /// Around the page.
    pub chrome: Chrome,
    /// Why, as a sentence: "This invite ended on 3 March 2026."
    pub reason: String,
    /// What to do, as a sentence: "Ask Leeds City Council for a new one."
    pub what_to_do: String,
}

impl JoinRefused {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Workspaces),
            reason: "This invite ended on 3 March 2026.".to_owned(),
            what_to_do: "Ask Leeds City Council for a new one.".to_owned(),
        }
    }
}
