//! Forms that confirm something grave: why, and that it is really this person who says so.

use super::{Field, FormError, Posted, form};

/// Most bytes of a reason; the protocol's own limit is the same.
pub const REASON_MAX: usize = crdt_schema::limits::REASON_BYTES;

form! {
    /// Confirms a change of membership.
    ConfirmForm {
        /// Why; others read it.
        reason => "reason",
        /// The person's password, if they have one.
        current => "current",
    }
}

impl ConfirmForm {
    /// Returns the reason and the password that was typed.
    ///
    /// # Errors
    /// The same form with what is wrong; what was typed as a password is not sent back. Whether it is right, only the
    /// node knows.
    pub fn parse(
        mut self,
        needs_reason: bool,
        needs_password: bool,
    ) -> Result<(String, String), Self> {
        let reason = self.reason.value.trim().replace("\r\n", "\n");
        if needs_reason && reason.is_empty() {
            self.reason.refuse("Enter a reason");
        } else if reason.len() > REASON_MAX {
            self.reason.refuse(format!("Reason must be {REASON_MAX} characters or less"));
        }
        if needs_password && self.current.value.is_empty() {
            self.current.refuse("Enter your password");
        }
        if self.errors().is_empty() {
            Ok((reason, self.current.value))
        } else {
            self.current.value.clear();
            Err(self)
        }
    }

    /// Returns the form for a password that is not the person's, or for one typed too often.
    #[must_use]
    pub fn refused(reason: String, what_to_do: impl Into<String>) -> Self {
        let mut form = Self { reason: Field::of(reason), current: Field::default() };
        form.current.refuse(what_to_do);
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_needed_and_a_password_is_not_sent_back() {
        let typed = |reason: &str, current: &str| ConfirmForm {
            reason: Field::of(reason),
            current: Field::of(current),
        };
        assert_eq!(typed("", "").parse(false, false).unwrap(), (String::new(), String::new()));
        assert_eq!(typed(" ", "x").parse(true, true).unwrap_err().current.value, "");
        let long = "x".repeat(REASON_MAX + 1);
        assert_eq!(typed(&long, "").parse(false, true).unwrap_err().errors().len(), 2);
        assert_eq!(typed("They closed.", "x").parse(true, true).unwrap().0, "They closed.");
    }
}
