//! Asking before something grave is done: why, and the person's password again.

use web_ui::forms::decision::ConfirmForm;

use super::frame::{Refusal, Signed};
use crate::clock;
use crate::http::App;
use crate::http::accounts::SignInError;

/// Is the person asked for a password? Who has none yet signed in by the start link.
pub(crate) const fn needs_password(signed: &Signed) -> bool {
    signed.account.password.is_some()
}

/// Returns the reason if the form is in order and the password is the person's own; else the form to put right.
pub(crate) async fn check(
    app: &App,
    signed: &Signed,
    form: ConfirmForm,
    needs_reason: bool,
) -> Result<Result<String, ConfirmForm>, Refusal> {
    let needs_password = needs_password(signed);
    let (reason, password) = match form.parse(needs_reason, needs_password) {
        Ok(typed) => typed,
        Err(again) => return Ok(Err(again)),
    };
    if !needs_password {
        return Ok(Ok(reason));
    }
    let what_to_do =
        match app.passwords().check_again(&signed.account, password, clock::now()).await {
            Ok(()) => return Ok(Ok(reason)),
            Err(SignInError::Stopped(stopped)) => return Err(stopped.into()),
            Err(SignInError::Wrong) => "Enter your password as it is now".to_owned(),
            Err(SignInError::Throttled(seconds)) => {
                format!("Too many wrong passwords. Wait {seconds} seconds and try again")
            }
        };
    Ok(Err(ConfirmForm::refused(reason, what_to_do)))
}
