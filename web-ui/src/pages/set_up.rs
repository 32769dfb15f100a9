//! First run: the start link, and the set-up tasks.

use askama::Template;

use crate::chrome::Chrome;
use crate::forms::{Choice, Field, OrganizationForm, PersonForm, WordsForm};
use crate::urls;

/// `/start?token=`: shows what the link is for, with a button that uses it; or why the link does not work.
#[derive(Debug, Template)]
#[template(path = "pages/start.html")]
pub struct Start {
    /// Around the page.
    pub chrome: Chrome,
    /// The link's token, to be posted; or why there is none.
    pub link: Result<String, StartProblem>,
    /// Whether the node is set up already, so that the link only signs in.
    pub is_set_up: bool,
}

/// Why a start link does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartProblem {
    /// It has no token, or one that this node never made.
    Unknown,
    /// It was used.
    Used,
    /// It is older than ten minutes.
    Expired,
}

impl StartProblem {
    /// Returns what happened, for the heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Unknown => "This link does not work",
            Self::Used => "This link has been used",
            Self::Expired => "This link has ended",
        }
    }

    /// Returns the reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "It is not a link of this node, or part of it is missing.",
            Self::Used => "Each link works once.",
            Self::Expired => "Each link works for 10 minutes.",
        }
    }
}

impl Start {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_signed_out(),
            link: Ok("sample".to_owned()),
            is_set_up: false,
        }
    }

    /// Returns a page for a link that was used.
    #[must_use]
    pub fn sample_problem() -> Self {
        Self { link: Err(StartProblem::Used), is_set_up: true, ..Self::sample() }
    }
}

/// A set-up task.
#[derive(Clone, Debug)]
pub struct SetupTask {
    /// What it is called.
    pub name: String,
    /// Where it is done; nothing if it cannot be done now.
    pub url: Option<String>,
    /// Is it done?
    pub done: bool,
}

impl SetupTask {
    /// Returns the four tasks; the first that is not done, and those that are, have links.
    #[must_use]
    pub fn all(organization: bool, you: bool, kit_seen: bool, kit_checked: bool) -> Vec<Self> {
        let tasks = [
            ("Your organisation", urls::setup_organization(), organization),
            ("You", urls::setup_you(), you),
            ("Recovery kit", urls::setup_recovery(), kit_seen),
            ("Check your recovery kit", urls::setup_check(), kit_checked),
        ];
        let next = tasks.iter().position(|(_, _, done)| !done);
        tasks
            .iter()
            .enumerate()
            .map(|(index, (name, url, done))| Self {
                name: (*name).to_owned(),
                // An organisation and its first person are made once; later changes are in Settings.
                url: (Some(index) == next || (*done && index == 2)).then(|| (*url).to_owned()),
                done: *done,
            })
            .collect()
    }
}

/// `/setup/organisation`: name and sector.
#[derive(Debug, Template)]
#[template(path = "pages/setup_organisation.html")]
pub struct SetupOrganization {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed.
    pub form: OrganizationForm,
    /// The sectors to choose from: [`Choice::sectors`].
    pub sectors: Vec<Choice>,
}

impl SetupOrganization {
    /// Returns the page for a form, fresh or typed.
    #[must_use]
    pub fn new(chrome: Chrome, form: OrganizationForm) -> Self {
        Self { chrome: chrome.with_errors(form.errors()), form, sectors: Choice::sectors() }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let mut form = OrganizationForm { name: Field::default(), sector: Field::of("council") };
        form.name.refuse("Enter the name of your organisation");
        Self::new(Chrome::sample_signed_out(), form)
    }
}

/// `/setup/you`: the first person and a password.
#[derive(Debug, Template)]
#[template(path = "pages/setup_you.html")]
pub struct SetupYou {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed.
    pub form: PersonForm,
    /// Whether the name is known from `init`, so that only a password is asked for.
    pub known_name: Option<String>,
}

impl SetupYou {
    /// Returns the page for a form, fresh or typed.
    #[must_use]
    pub fn new(chrome: Chrome, form: PersonForm, known_name: Option<String>) -> Self {
        Self { chrome: chrome.with_errors(form.errors()), form, known_name }
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(Chrome::sample_signed_out(), PersonForm::default(), Some("Priya Shah".to_owned()))
    }
}

/// `/setup/recovery`: the words to print or write down.
#[derive(Debug, Template)]
#[template(path = "pages/setup_recovery.html")]
pub struct SetupRecovery {
    /// Around the page.
    pub chrome: Chrome,
    /// The organisation's name.
    pub organization: String,
    /// The organisation's fingerprint.
    pub fingerprint: String,
    /// The words in order. Shown on this page only.
    pub words: Vec<String>,
}

impl SetupRecovery {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let words = "abandon amount liar amount expire adjust cage candy arch gather drum bundle";
        Self {
            chrome: Chrome::sample_signed_out(),
            organization: "Leeds City Council".to_owned(),
            fingerprint: "9kPq Lw3E tR5y Zx8N".to_owned(),
            words: words.split(' ').chain(words.split(' ')).map(str::to_owned).collect(),
        }
    }
}

/// `/setup/check`: two words of the kit, with the list of tasks; or the end of set-up.
#[derive(Debug, Template)]
#[template(path = "pages/setup_check.html")]
pub struct SetupCheck {
    /// Around the page.
    pub chrome: Chrome,
    /// The tasks and which are done.
    pub tasks: Vec<SetupTask>,
    /// What to type; nothing if it is not time for it.
    pub check: Option<WordsCheck>,
    /// Whether all is done. The page is then the panel that ends set-up.
    pub done: bool,
}

/// Which words are asked for.
#[derive(Debug)]
pub struct WordsCheck {
    /// What was typed.
    pub form: WordsForm,
    /// Number of the first word, counted from 1.
    pub first: usize,
    /// Number of the second word, counted from 1.
    pub second: usize,
}

impl SetupCheck {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_signed_out(),
            tasks: SetupTask::all(true, true, true, false),
            check: Some(WordsCheck { form: WordsForm::default(), first: 3, second: 7 }),
            done: false,
        }
    }

    /// Returns the page at the end of set-up.
    #[must_use]
    pub fn sample_done() -> Self {
        Self {
            chrome: Chrome::sample(crate::chrome::Place::Elsewhere),
            tasks: SetupTask::all(true, true, true, true),
            check: None,
            done: true,
        }
    }
}
