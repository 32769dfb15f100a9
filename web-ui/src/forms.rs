//! What was typed, and what is wrong with it. Every name that a form posts stands here or in [`part`].
//!
//! Each form is a struct of [`Field`]s. `read` takes what was posted, `parse` gives either the values or the same form
//! with errors, and [`FormError`]s fill the error summary at the head of the page. The `name` of an input is also its
//! `id`, so that the summary can link to it.
//!
//! Beside the fields named here each form posts `token`, the session's form token.

pub mod part;
pub mod document;
pub mod decision;
pub mod sign;

use std::str::FromStr;

use crdt_schema::identity::{Name, OrganizationId, Role, Sector};
use crdt_schema::membership::{Rules, Template};

use crate::words;

/// Fewest characters of a password (three random words are more).
pub const PASSWORD_MIN: usize = 12;
/// Most bytes of a password; protects the password hash from long work.
pub const PASSWORD_MAX: usize = 1_024;
/// Most characters of a sentence that says what a workspace is for.
pub const PURPOSE_MAX: usize = 500;

/// What a browser posted, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted(pub Vec<(String, String)>);

impl Posted {
    /// Returns the first value with this name, or nothing as an empty text.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(posted, _)| posted == name).map_or("", |(_, value)| value)
    }

    /// Returns every value with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(posted, _)| posted == name).map(|(_, value)| value.as_str())
    }
}

/// One thing that is wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// The `id` of the input that it is about; empty if it is about none.
    pub field: String,
    /// What to do.
    pub message: String,
}

/// What was typed in one input, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// As typed.
    pub value: String,
    /// What to do about it.
    pub error: Option<String>,
}

impl Field {
    /// Returns a field with this in it.
    #[must_use]
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// Is this what is in it?
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        self.value == value
    }

    /// Marks it as wrong; the first error stands.
    pub fn refuse(&mut self, what_to_do: impl Into<String>) {
        self.error.get_or_insert_with(|| what_to_do.into());
    }

    fn parse<T: FromStr>(&mut self, what_to_do: &str) -> Option<T> {
        let parsed = self.value.trim().parse().ok();
        if parsed.is_none() {
            self.refuse(what_to_do);
        }
        parsed
    }

    fn name(&mut self, empty: &str) -> Option<Name> {
        let parsed = self.value.parse().ok();
        if self.value.trim().is_empty() {
            self.refuse(empty);
        } else if parsed.is_none() {
            self.refuse("Use 200 characters or less, on one line, without invisible characters");
        }
        parsed
    }

    fn password(&mut self) -> Option<String> {
        if self.value.chars().count() < PASSWORD_MIN {
            self.refuse(format!("Password must be {PASSWORD_MIN} characters or more. Three random words make a good one"));
        } else if self.value.len() > PASSWORD_MAX {
            self.refuse(format!("Password must be {PASSWORD_MAX} characters or less"));
        }
        self.error.is_none().then(|| self.value.clone())
    }
}

/// One of the things that radios offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What people read.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
}

impl Choice {
    /// Returns a choice.
    #[must_use]
    pub fn new(value: &str, label: &str, hint: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), hint: hint.to_owned() }
    }

    /// Returns the sectors.
    #[must_use]
    pub fn sectors() -> Vec<Self> {
        Sector::ALL
            .iter()
            .map(|sector| Self::new(sector.word(), words::sector(*sector), ""))
            .collect()
    }

    /// Returns the rules to choose from, with what each means.
    #[must_use]
    pub fn templates() -> Vec<Self> {
        Template::ALL
            .iter()
            .map(|template| {
                Self::new(
                    template.word(),
                    words::template(*template),
                    words::template_means(*template),
                )
            })
            .collect()
    }

    /// Returns the roles, with what each may do.
    #[must_use]
    pub fn roles() -> Vec<Self> {
        Role::ALL
            .iter()
            .map(|role| Self::new(role.word(), words::role(*role), words::role_may(*role)))
            .collect()
    }
}

macro_rules! form {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident => $posted:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Field,)*
        }

        impl $name {
            /// Returns the form as it was posted.
            #[must_use]
            pub fn read(posted: &Posted) -> Self {
                Self { $($field: Field::of(posted.get($posted)),)* }
            }

            /// Returns what is wrong, for the error summary.
            #[must_use]
            pub fn errors(&self) -> Vec<FormError> {
                let mut errors = Vec::new();
                $(if let Some(message) = &self.$field.error {
                    errors.push(FormError { field: $posted.to_owned(), message: message.clone() });
                })*
                errors
            }
        }
    };
}

pub(crate) use form;

form! {
    /// Set up: the organisation.
    OrganizationForm {
        /// Its name.
        name => "name",
        /// A [`Sector`]'s word.
        sector => "sector",
    }
}

impl OrganizationForm {
    /// Returns name and sector.
    ///
    /// # Errors
    /// The same form with what is wrong.
    pub fn parse(mut self) -> Result<(Name, Sector), Self> {
        let name = self.name.name("Enter the name of your organisation");
        let sector = self.sector.parse("Choose what kind of organisation it is");
        name.zip(sector).ok_or(self)
    }
}

form! {
    /// A person with a password: set-up, and adding a person.
    PersonForm {
        /// The person's name, which others see beside each change.
        name => "name",
        /// A password for this node.
        password => "password",
    }
}

impl PersonForm {
    /// Returns name and password.
    ///
    /// # Errors
    /// The same form with what is wrong; what was typed as a password is not sent back.
    pub fn parse(mut self) -> Result<(Name, String), Self> {
        let name = self.name.name("Enter a full name");
        let password = self.password.password();
        name.zip(password).ok_or_else(|| self.without_password())
    }

    fn without_password(mut self) -> Self {
        self.password.value.clear();
        self
    }
}

form! {
    /// Set up: two words of the recovery kit. Which two, the page says.
    WordsForm {
        /// The first that is asked for.
        first => "first",
        /// The second that is asked for.
        second => "second",
    }
}

impl WordsForm {
    /// Returns the two words in lower case.
    ///
    /// # Errors
    /// The same form with what is wrong. Whether the words are right, only the node knows: see [`Field::refuse`].
    pub fn parse(mut self) -> Result<(String, String), Self> {
        for field in [&mut self.first, &mut self.second] {
            if field.value.trim().is_empty() {
                field.refuse("Enter the word from your recovery kit");
            }
        }
        if self.errors().is_empty() {
            Ok((self.first.value.trim().to_lowercase(), self.second.value.trim().to_lowercase()))
        } else {
            Err(self)
        }
    }
}

form! {
    /// Sign in.
    SignInForm {
        /// The person's name.
        name => "name",
        /// Their password.
        password => "password",
    }
}

impl SignInForm {
    /// Returns name and password.
    ///
    /// # Errors
    /// The same form with what is wrong.
    pub fn parse(mut self) -> Result<(String, String), Self> {
        if self.name.value.trim().is_empty() {
            self.name.refuse("Enter your name");
        }
        if self.password.value.is_empty() {
            self.password.refuse("Enter your password");
        }
        if self.errors().is_empty() {
            Ok((self.name.value.trim().to_owned(), self.password.value))
        } else {
            self.password.value.clear();
            Err(self)
        }
    }

    /// Returns the form for name and password that do not fit together; it does not say which of them is wrong.
    #[must_use]
    pub fn refused(name: &str) -> Self {
        let mut form = Self { name: Field::of(name), password: Field::default() };
        form.password.refuse("Enter the name and the password that belong together");
        form
    }
}

form! {
    /// Account: a new password.
    PasswordForm {
        /// The password until now.
        current => "current",
        /// The new one.
        new => "new",
    }
}

impl PasswordForm {
    /// Returns the current and the new password.
    ///
    /// # Errors
    /// The same form with what is wrong. Whether the current one is right, only the node knows.
    pub fn parse(mut self) -> Result<(String, String), Self> {
        if self.current.value.is_empty() {
            self.current.refuse("Enter your current password");
        }
        let new = self.new.password();
        match new {
            Some(new) if self.current.error.is_none() => Ok((self.current.value, new)),
            _ => {
                self.current.value.clear();
                self.new.value.clear();
                Err(self)
            }
        }
    }
}

form! {
    /// Create a workspace.
    WorkspaceForm {
        /// Its name.
        name => "name",
        /// What it is for; may be empty.
        purpose => "purpose",
        /// A [`Template`]'s word.
        rules => "rules",
    }
}

impl WorkspaceForm {
    /// Returns the form with the usual choices.
    #[must_use]
    pub fn fresh() -> Self {
        Self { rules: Field::of(Template::AnySteward.word()), ..Self::default() }
    }

    /// Returns name, purpose and rules.
    ///
    /// # Errors
    /// The same form with what is wrong.
    #[expect(clippy::result_large_err, reason = "the wrong form goes straight back to the page")]
    pub fn parse(mut self) -> Result<(Name, String, Rules), Self> {
        let name = self.name.name("Enter a name for the workspace");
        let rules = Template::of_word(&self.rules.value).map(Template::rules);
        if rules.is_none() {
            self.rules.refuse("Choose who decides");
        }
        if self.purpose.value.chars().count() > PURPOSE_MAX {
            self.purpose.refuse(format!("What it is for must be {PURPOSE_MAX} characters or less"));
        }
        match (name, rules) {
            (Some(name), Some(rules)) if self.purpose.error.is_none() => {
                Ok((name, self.purpose.value.trim().replace("\r\n", "\n"), rules))
            }
            _ => Err(self),
        }
    }
}

form! {
    /// Join: the invite's text; a chosen file (`file`) takes its place.
    JoinForm {
        /// The invite's text.
        invite => "invite",
    }
}

impl JoinForm {
    /// Returns the text of an invite, or a phrase: whatever was typed.
    ///
    /// # Errors
    /// The same form with what is wrong. Whether it is an invite, `crdt-schema` says.
    pub fn parse(mut self) -> Result<String, Self> {
        let text = self.invite.value.trim().to_owned();
        if text.is_empty() {
            self.invite
                .refuse("Paste the invite, type its words, or choose the file that you were sent");
            return Err(self);
        }
        Ok(text)
    }
}

form! {
    /// Make an invite.
    InviteForm {
        /// A [`Role`]'s word.
        role => "role",
        /// For how many days it holds: 1, 7, 14 or 30.
        days => "days",
        /// How many organisations may use it.
        uses => "uses",
        /// "yes" if a steward approves each.
        approval => "approval",
        /// The `did:key` of the one organisation that may use it; empty for whoever has it.
        only_for => "only_for",
    }
}

/// What an invite shall offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewInvite {
    /// The role offered.
    pub role: Role,
    /// For how many days.
    pub days: u32,
    /// For how many organisations.
    pub uses: u32,
    /// Whether a steward approves each.
    pub approval: bool,
    /// The one organisation that may use it, if it is meant for one.
    pub only_for: Option<OrganizationId>,
}

impl InviteForm {
    /// Returns the form with the usual choices.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            role: Field::of(Role::Editor.word()),
            days: Field::of("14"),
            uses: Field::of("1"),
            approval: Field::default(),
            only_for: Field::default(),
        }
    }

    /// Returns what the invite shall offer.
    ///
    /// # Errors
    /// The same form with what is wrong.
    #[expect(clippy::result_large_err, reason = "the wrong form goes straight back to the page")]
    pub fn parse(mut self) -> Result<NewInvite, Self> {
        let role = self.role.parse("Choose what they may do");
        let days = self
            .days
            .parse::<u32>("Choose how long the invite holds")
            .filter(|days| (1..=365).contains(days));
        let uses = self.uses.parse::<u32>("Enter how many organisations may use it, like 1");
        if uses.is_some_and(|uses| !(1..=100).contains(&uses)) {
            self.uses.refuse("Enter a number of organisations between 1 and 100");
        }
        if days.is_none() {
            self.days.refuse("Choose how long the invite holds");
        }
        let approval = self.approval.value == "yes";
        let only_for = if self.only_for.value.trim().is_empty() {
            None
        } else {
            self.only_for.parse("Enter the organisation’s key, which begins with did:key:")
        };
        match (role, days, uses) {
            (Some(role), Some(days), Some(uses)) if self.errors().is_empty() => {
                Ok(NewInvite { role, days, uses, approval, only_for })
            }
            _ => Err(self),
        }
    }
}

#[cfg(test)]
mod tests;
