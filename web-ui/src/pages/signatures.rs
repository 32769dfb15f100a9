//! Who signed which version of a document, signing one, and the words that were signed.

use askama::Template;
use crdt_schema::heads::Heads;

use super::{Conflict, DocumentHead};
use crate::chrome::{Chrome, Tab, count};
use crate::forms::sign::SignForm;
use crate::reading::Content;

/// `/documents/{d}/signatures`: the register.
#[derive(Debug, Template)]
#[template(path = "pages/signatures.html")]
pub struct Signatures {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// Who signed, the last to sign first.
    pub rows: Vec<SignatureRow>,
    /// Organisations that the document names as parties and of which no signature stands here.
    pub missing: Vec<String>,
    /// May the person sign for their organisation?
    pub may_sign: bool,
}

/// A signature in a list.
#[derive(Clone, Debug)]
pub struct SignatureRow {
    /// Its id.
    pub id: String,
    /// The organisation.
    pub organization: String,
    /// Who signed for it: "Ruth Okafor, Director".
    pub who: String,
    /// When, in near form, as claimed.
    pub when: String,
    /// How it stands.
    pub state: State,
    /// The version that was signed, if it can be compared with the document as it is.
    pub compare: Option<Heads>,
    /// How many fields differ since.
    pub differences: usize,
}

/// How a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The document says what was signed.
    Current,
    /// It was changed since.
    Behind,
    /// The organisation took it back.
    TakenBack,
    /// The words that are here are not the signed ones.
    Broken,
}

impl State {
    /// Returns it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Current => "Signed as it is now",
            Self::Behind => "Signed an earlier version",
            Self::TakenBack => "Taken back",
            Self::Broken => "Do not rely on it",
        }
    }

    /// Returns the colour of its tag.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Current => "green",
            Self::Behind => "yellow",
            Self::TakenBack => "grey",
            Self::Broken => "red",
        }
    }
}

impl SignatureRow {
    /// Returns what changed since, as words of a link.
    #[must_use]
    pub fn changed_words(&self) -> String {
        format!("See what changed since ({})", count(self.differences, "place", "places"))
    }

    fn sample() -> Self {
        Self {
            id: "s".to_owned(),
            organization: "Open Door".to_owned(),
            who: "Ruth Okafor, Director".to_owned(),
            when: "today at 3:05pm".to_owned(),
            state: State::Current,
            compare: None,
            differences: 0,
        }
    }
}

impl Signatures {
    /// Returns how many organisations have signed, as a sentence; nothing if none has.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        summary(self.rows.iter().map(|row| (row.organization.as_str(), row.state)))
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let document = DocumentHead::sample();
        let behind = SignatureRow {
            id: "t".to_owned(),
            organization: "Leeds City Council".to_owned(),
            who: "Priya Shah, Data protection officer".to_owned(),
            state: State::Behind,
            compare: Some(document.heads.clone()),
            differences: 3,
            ..SignatureRow::sample()
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document,
            rows: vec![SignatureRow::sample(), behind],
            missing: vec!["Harbour Lane Advice Centre".to_owned()],
            may_sign: true,
        }
    }

    /// Returns the page of a document that nobody has signed.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), missing: Vec::new(), ..Self::sample() }
    }
}

/// Returns how many organisations signed what a document says now, and how many an earlier version.
#[must_use]
pub fn summary<'a>(all: impl Iterator<Item = (&'a str, State)> + Clone) -> Option<String> {
    let of = |wanted: State| -> std::collections::BTreeSet<&str> {
        all.clone().filter(|(_, state)| *state == wanted).map(|(name, _)| name).collect()
    };
    let current = of(State::Current);
    let behind = of(State::Behind).difference(&current).count();
    let organizations = |many: usize| count(many, "organisation has", "organisations have");
    match (current.len(), behind) {
        (0, 0) => None,
        (now, 0) => Some(format!("{} signed this as it is now.", organizations(now))),
        (0, before) => {
            Some(format!("{} signed an earlier version of this.", organizations(before)))
        }
        (now, before) => Some(format!(
            "{} signed this as it is now, and {} signed an earlier version.",
            organizations(now),
            organizations(before)
        )),
    }
}

/// `/documents/{d}/sign?heads=`: shows the words, and asks who signs. Posts `heads` and the form to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/sign.html")]
pub struct Sign {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document; `heads` is the version that is shown.
    pub document: DocumentHead,
    /// What that version says.
    pub content: Content,
    /// Fields that two people set at the same time: to be settled first.
    pub conflicts: Vec<Conflict>,
    /// The person's organisation.
    pub organization: String,
    /// The fingerprint of the words, in groups of four.
    pub text: String,
    /// Has the document been changed since this version?
    pub is_old: bool,
    /// What was typed.
    pub form: SignForm,
    /// Asks for the person's password again.
    pub needs_password: bool,
}

impl Sign {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.document.title)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let read = super::read::Read::sample();
        Self {
            chrome: read.chrome,
            document: read.document,
            content: read.content,
            conflicts: Vec::new(),
            organization: "Open Door".to_owned(),
            text: SAMPLE_TEXT.to_owned(),
            is_old: false,
            form: SignForm::of("Ruth Okafor"),
            needs_password: true,
        }
    }

    /// Returns the page of a document in which something must be settled first.
    #[must_use]
    pub fn sample_unsettled() -> Self {
        Self { conflicts: vec![Conflict::sample()], ..Self::sample() }
    }

    /// Returns the page that comes back with errors.
    #[must_use]
    pub fn sample_error() -> Self {
        let page = Self { is_old: true, ..Self::sample() };
        let form = *SignForm::default().parse(true).err().unwrap_or_default();
        Self { chrome: page.chrome.with_errors(form.errors()), form, ..page }
    }
}

const SAMPLE_TEXT: &str = "8Hq2 mVbn T4Xc kJ9w RfGz 7LpY sD3a QeUo N6tB hCiM x1Kr";

/// What a page says of one signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// As in the list.
    pub row: SignatureRow,
    /// Who was at the computer, if it was somebody else than who signs.
    pub entered_by: Option<String>,
    /// The version in groups of four.
    pub version: String,
    /// The fingerprint of the words, in groups of four.
    pub text: String,
    /// Who took it back and when, as a sentence.
    pub taken_back: Option<String>,
    /// Why, in their words; may be empty.
    pub reason: String,
}

impl Signature {
    fn sample() -> Self {
        Self {
            row: SignatureRow::sample(),
            entered_by: Some("Sam Ali".to_owned()),
            version: "5891 b5b5 22d5 df08".to_owned(),
            text: SAMPLE_TEXT.to_owned(),
            taken_back: None,
            reason: String::new(),
        }
    }
}

/// `/documents/{d}/signatures/{s}`: the signed words, as they were.
#[derive(Debug, Template)]
#[template(path = "pages/signature.html")]
pub struct Signed {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The signature.
    pub signature: Signature,
    /// The title in the version that was signed.
    pub title: String,
    /// Are the words that are here the signed ones?
    pub is_true: bool,
    /// What was signed, if they are.
    pub content: Content,
    /// May the person take it back?
    pub may_withdraw: bool,
}

impl Signed {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.title)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let read = super::read::Read::sample();
        Self {
            chrome: read.chrome,
            title: read.document.title.clone(),
            document: read.document,
            signature: Signature::sample(),
            is_true: true,
            content: read.content,
            may_withdraw: true,
        }
    }

    /// Returns the page of a signature that was taken back.
    #[must_use]
    pub fn sample_taken_back() -> Self {
        let signature = Signature {
            row: SignatureRow { state: State::TakenBack, ..SignatureRow::sample() },
            taken_back: Some("Taken back by Sam Ali today at 4:10pm.".to_owned()),
            reason: "The retention period is not what we agreed.".to_owned(),
            ..Signature::sample()
        };
        Self { signature, may_withdraw: false, ..Self::sample() }
    }

    /// Returns the page of words that are not the signed ones.
    #[must_use]
    pub fn sample_broken() -> Self {
        let row = SignatureRow { state: State::Broken, ..SignatureRow::sample() };
        let signature = Signature { row, ..Signature::sample() };
        Self { signature, is_true: false, content: Content::default(), ..Self::sample() }
    }
}

/// `/documents/{d}/signatures/{s}/print`: the signed words with all signatures of them, to print.
#[derive(Debug, Template)]
#[template(path = "pages/signature_print.html")]
pub struct SignedPrint {
    /// Around the page; only its title parts are used.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The title in the version that was signed.
    pub title: String,
    /// The signature whose copy this is.
    pub signature: Signature,
    /// Every signature of the same words that stands.
    pub all: Vec<SignatureRow>,
    /// What was signed.
    pub content: Content,
    /// The workspace's name.
    pub workspace: String,
    /// The date of printing: "22 November 2026".
    pub printed: String,
    /// What the copy can be checked with, as a QR code.
    pub qr_svg: Option<String>,
}

impl SignedPrint {
    /// Returns the flow picture of a pathway's steps as SVG.
    #[must_use]
    pub fn diagram(&self) -> String {
        self.content.diagram(&self.title)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let Signed { chrome, document, title, signature, content, .. } = Signed::sample();
        Self {
            chrome,
            document,
            title,
            signature,
            all: vec![SignatureRow::sample()],
            content,
            workspace: "Northmere cash first partnership".to_owned(),
            printed: "22 November 2026".to_owned(),
            qr_svg: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_that_signed_again_is_not_behind() {
        let told = |all: &[(&str, State)]| summary(all.iter().copied());
        assert_eq!(told(&[("Open Door", State::TakenBack)]), None);
        let again = [("Open Door", State::Behind), ("Open Door", State::Current)];
        assert_eq!(told(&again).unwrap(), "1 organisation has signed this as it is now.");
        let both = [("Open Door", State::Current), ("Leeds", State::Behind)];
        assert_eq!(
            told(&both).unwrap(),
            "1 organisation has signed this as it is now, and 1 organisation has signed an earlier version."
        );
    }
}
