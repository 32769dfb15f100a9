//! Settings: the organisation, its people, the recovery kit, about.

use askama::Template;

use crate::chrome::{Chrome, Place};
use crate::forms::PersonForm;

/// `/settings`.
#[derive(Debug, Template)]
#[template(path = "pages/settings.html")]
pub struct Settings {
    /// Around the page.
    pub chrome: Chrome,
    /// The organisation's name.
    pub organization: String,
    /// Its sector in words.
    pub sector: String,
    /// Its id: the `did:key`.
    pub id: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Names of its people on this node.
    pub people: Vec<String>,
    /// Whether somebody has shown that the recovery kit is kept, and when (full form).
    pub kit_checked: Option<String>,
    /// Does the computer look at followed shelves by itself?
    pub looks: bool,
    /// The program's version.
    pub version: String,
    /// Where the data is.
    pub data: String,
}

impl Settings {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Settings),
            organization: "Leeds City Council".to_owned(),
            sector: "Council".to_owned(),
            id: "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw".to_owned(),
            fingerprint: "9kPq Lw3E tR5y Zx8N".to_owned(),
            people: vec!["Priya Shah".to_owned(), "Tom Reed".to_owned()],
            kit_checked: None,
            looks: true,
            version: "0.1.0".to_owned(),
            data: "/home/priya/.local/share/fingerpost".to_owned(),
        }
    }
}

/// `/settings/people`: who can sign in, and a form to add somebody.
#[derive(Debug, Template)]
#[template(path = "pages/settings_people.html")]
pub struct SettingsPeople {
    /// Around the page.
    pub chrome: Chrome,
    /// Who can sign in on this node.
    pub people: Vec<PersonRow>,
    /// What was typed.
    pub form: PersonForm,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// The name.
    pub name: String,
    /// When they signed in last, in near form; nothing if never.
    pub last_signed_in: Option<String>,
    /// Is it the person who looks at the page?
    pub is_you: bool,
}

impl SettingsPeople {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Settings),
            people: vec![
                PersonRow {
                    name: "Priya Shah".to_owned(),
                    last_signed_in: Some("today at 9:00am".to_owned()),
                    is_you: true,
                },
                PersonRow { name: "Tom Reed".to_owned(), last_signed_in: None, is_you: false },
            ],
            form: PersonForm::default(),
        }
    }
}
