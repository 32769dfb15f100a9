//! The form that signs a document: who signs for the organisation, and that it is really this person at the computer.

use crdt_schema::identity::Name;

use super::{Field, FormError, Posted, form};

form! {
    /// Signs a version of a document.
    SignForm {
        /// Who signs for the organisation.
        signatory => "signatory",
        /// What that person is there.
        job => "job",
        /// The person's password, if they have one.
        current => "current",
    }
}

impl SignForm {
    /// Returns the form for a person.
    #[must_use]
    pub fn of(person: &str) -> Self {
        Self { signatory: Field::of(person), ..Self::default() }
    }

    /// Returns who signs, what they are, and the password that was typed.
    ///
    /// # Errors
    /// The same form with what is wrong; what was typed as a password is not sent back. Whether it is right, only the
    /// node knows.
    pub fn parse(mut self, needs_password: bool) -> Result<(Name, Name, String), Box<Self>> {
        let signatory = self.signatory.name("Enter the name of who signs");
        let job = self.job.name("Enter their job title");
        if needs_password && self.current.value.is_empty() {
            self.current.refuse("Enter your password");
        }
        match (signatory, job, self.current.error.is_none()) {
            (Some(signatory), Some(job), true) => Ok((signatory, job, self.current.value)),
            _ => Err(Box::new(self.without_password())),
        }
    }

    /// Returns the same form without what was typed as a password.
    #[must_use]
    pub fn without_password(mut self) -> Self {
        self.current.value.clear();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_is_named_with_their_job_and_a_password_is_not_sent_back() {
        let typed = |signatory: &str, job: &str, current: &str| SignForm {
            signatory: Field::of(signatory),
            job: Field::of(job),
            current: Field::of(current),
        };
        let (signatory, job, _) = typed("Ruth Okafor", "Director", "").parse(false).unwrap();
        assert_eq!((signatory.as_str(), job.as_str()), ("Ruth Okafor", "Director"));
        let again = typed(" ", "Director", "secret words").parse(true).unwrap_err();
        assert_eq!((again.errors().len(), again.current.value.as_str()), (1, ""));
        assert_eq!(typed("", "", "").parse(true).unwrap_err().errors().len(), 3);
    }
}
