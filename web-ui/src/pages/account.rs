//! Signing in, and one's own password.

use askama::Template;

use crate::chrome::{Chrome, Place};
use crate::forms::{PasswordForm, SignInForm};

/// `/sign-in`.
#[derive(Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignIn {
    /// Around the page.
    pub chrome: Chrome,
    /// What was typed.
    pub form: SignInForm,
    /// The organisation whose node this is.
    pub organization: String,
    /// The path to go to afterwards; posted as `next`. The node takes it only if it is a path of its own.
    pub next: String,
}

impl SignIn {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_signed_out(),
            form: SignInForm::default(),
            organization: "Leeds City Council".to_owned(),
            next: "/".to_owned(),
        }
    }
}

/// `/account`: change one's password.
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct Account {
    /// Around the page.
    pub chrome: Chrome,
    /// The person's name.
    pub person: String,
    /// What was typed.
    pub form: PasswordForm,
}

impl Account {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Elsewhere),
            person: "Priya Shah".to_owned(),
            form: PasswordForm::default(),
        }
    }
}
