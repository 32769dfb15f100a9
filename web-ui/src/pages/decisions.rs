//! What a workspace decides: decisions, rules, and the page that asks before something grave is done.
//! `chrome.workspace` must be set on all of these pages.

use askama::Template;
use crdt_schema::identity::{EntryId, WorkspaceId};

use crate::chrome::{Chrome, Tab};
use crate::forms::decision::ConfirmForm;
use crate::forms::{Choice, Field};
use crate::urls;

/// A decision in a list.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// Where it is.
    pub url: String,
    /// What it is about: "Remove Open Door from the workspace".
    pub what: String,
    /// Who proposed it.
    pub by: String,
    /// When, in near form.
    pub when: String,
    /// Who agreed, by name.
    pub agreed: Vec<String>,
    /// What is still needed, as a sentence; empty when nothing is.
    pub needed: String,
    /// Why it came to nothing, as a sentence; empty unless it did.
    pub void: String,
    /// What became of it.
    pub state: DecisionState,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionState {
    /// It waits for others.
    Open,
    /// It was carried out.
    Done,
    /// Somebody objected, or it can no longer be carried out.
    Void,
}

impl DecisionState {
    /// Returns the state in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Done => "Done",
            Self::Void => "Dropped",
        }
    }

    /// Returns the colour of its tag.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Open => "blue",
            Self::Done => "green",
            Self::Void => "grey",
        }
    }
}

impl DecisionRow {
    /// Does it wait for others?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == DecisionState::Open
    }

    /// Returns who agreed, as a sentence.
    #[must_use]
    pub fn who_agreed(&self) -> String {
        if self.agreed.is_empty() {
            "Nobody has agreed yet.".to_owned()
        } else {
            format!("Agreed: {}.", self.agreed.join(", "))
        }
    }

    fn sample(what: &str, state: DecisionState) -> Self {
        Self {
            url: urls::proposal("sample", "sample"),
            what: what.to_owned(),
            by: "Leeds City Council".to_owned(),
            when: "today at 8:30am".to_owned(),
            agreed: vec!["Leeds City Council".to_owned()],
            needed: "One more steward must agree, of a voluntary or community organisation."
                .to_owned(),
            void: match state {
                DecisionState::Void => "It can no longer be carried out: it would leave the workspace without a steward.".to_owned(),
                DecisionState::Open | DecisionState::Done => String::new(),
            },
            state,
        }
    }
}

/// `/workspaces/{w}/proposals`.
#[derive(Debug, Template)]
#[template(path = "pages/decisions.html")]
pub struct Decisions {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Those that wait, newest first.
    pub open: Vec<DecisionRow>,
    /// The others, newest first.
    pub past: Vec<DecisionRow>,
}

impl Decisions {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            open: vec![DecisionRow::sample("Give Open Door the role Steward", DecisionState::Open)],
            past: vec![
                DecisionRow::sample("Rename the workspace to “Northmere”", DecisionState::Done),
                DecisionRow::sample("Remove Open Door from the workspace", DecisionState::Void),
            ],
        }
    }

    /// Returns the page of a workspace that had nothing to decide.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { open: Vec::new(), past: Vec::new(), ..Self::sample() }
    }
}

/// `/workspaces/{w}/proposals/{p}`.
#[derive(Debug, Template)]
#[template(path = "pages/decision.html")]
pub struct Decision {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The decision.
    pub id: EntryId,
    /// What every list says of it.
    pub row: DecisionRow,
    /// Why it was proposed; may be empty.
    pub reason: String,
    /// What it would mean, in sentences; empty once it is done.
    pub means: Vec<String>,
    /// May our organisation agree?
    pub may_agree: bool,
    /// May our organisation object?
    pub may_object: bool,
    /// Asks for the password, if the person has one.
    pub password: Option<Field>,
}

impl Decision {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            id: EntryId([3; 32]),
            row: DecisionRow::sample("Remove Open Door from the workspace", DecisionState::Open),
            reason: "They have closed.".to_owned(),
            means: vec!["Open Door keeps what it already has.".to_owned()],
            may_agree: true,
            may_object: true,
            password: Some(Field::default()),
        }
    }

    /// Returns the page of a decision that was carried out.
    #[must_use]
    pub fn sample_done() -> Self {
        Self {
            row: DecisionRow::sample("Give Open Door the role Steward", DecisionState::Done),
            reason: String::new(),
            means: Vec::new(),
            may_agree: false,
            may_object: false,
            password: None,
            ..Self::sample()
        }
    }
}

/// Asks before something grave is done, and says what it means. Posts `hidden`, `reason` and `current` to `action`.
#[derive(Debug, Template)]
#[template(path = "pages/confirm.html")]
pub struct Confirm {
    /// Around the page.
    pub chrome: Chrome,
    /// The page to return to, and what it is called.
    pub back: (String, String),
    /// What is about to be done: "Remove Open Door from the workspace?"
    pub heading: String,
    /// What it means, under headings; a heading without lines is left out.
    pub lists: Vec<(String, Vec<String>)>,
    /// Where the form goes.
    pub action: String,
    /// What goes along with it.
    pub hidden: Vec<(String, String)>,
    /// What was typed.
    pub form: ConfirmForm,
    /// Asks for a reason with this hint.
    pub reason: Option<String>,
    /// Asks for the person's password again.
    pub needs_password: bool,
    /// What the button says.
    pub button: String,
    /// Does it take something away?
    pub is_warning: bool,
}

impl Confirm {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            back: (urls::member("sample", "sample"), "Open Door".to_owned()),
            heading: "Remove Open Door from the workspace?".to_owned(),
            lists: vec![(
                "What this means".to_owned(),
                vec![
                    "Open Door keeps what it already has. Nobody can take that back.".to_owned(),
                    "It gets nothing new.".to_owned(),
                ],
            )],
            action: urls::proposal_new("sample"),
            hidden: vec![("kind".to_owned(), "remove".to_owned())],
            form: ConfirmForm::default(),
            reason: Some("Every member can read it, also later.".to_owned()),
            needs_password: true,
            button: "Remove Open Door".to_owned(),
            is_warning: true,
        }
    }

    /// Returns the page after a wrong password.
    #[must_use]
    pub fn sample_error() -> Self {
        let form = ConfirmForm::refused("They have closed.".to_owned(), "Enter your password");
        let page = Self::sample();
        Self { chrome: page.chrome.with_errors(form.errors()), form, ..page }
    }
}

/// `/workspaces/{w}/rules`.
#[derive(Debug, Template)]
#[template(path = "pages/rules.html")]
pub struct Rules {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What the rules are called.
    pub name: String,
    /// Who must agree to what: a matter and a sentence.
    pub rows: Vec<(String, String)>,
    /// Names of the stewards.
    pub stewards: Vec<String>,
    /// The template in force, or none; nothing if the person cannot propose others.
    pub choice: Option<Field>,
    /// The workspace's name, if the person can propose another.
    pub rename: Option<Field>,
    /// Why the person cannot propose a change.
    pub cannot: Option<String>,
}

impl Rules {
    /// Returns the templates to choose from.
    #[must_use]
    pub fn templates(&self) -> Vec<Choice> {
        Choice::templates()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let rules = crdt_schema::membership::Template::CouncilAndVcs.rules();
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Members),
            workspace: WorkspaceId([7; 32]),
            name: crate::words::rules_name(&rules).to_owned(),
            rows: crate::words::rules(&rules),
            stewards: vec!["Leeds City Council".to_owned(), "Open Door".to_owned()],
            choice: Some(Field::of("council_and_vcs")),
            rename: Some(Field::of("Northmere cash first partnership")),
            cannot: None,
        }
    }

    /// Returns the page as an organisation sees it that is no steward.
    #[must_use]
    pub fn sample_cannot() -> Self {
        Self {
            choice: None,
            rename: None,
            cannot: Some("Only stewards can propose other rules. Ask Open Door.".to_owned()),
            ..Self::sample()
        }
    }
}
