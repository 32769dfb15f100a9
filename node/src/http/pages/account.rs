//! Signing in and out, and one's own password.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use web_ui::chrome::{Chrome, Place};
use web_ui::forms::{PasswordForm, SignInForm};
use web_ui::pages::account::{Account, SignIn};
use web_ui::urls;

use super::frame::{self, Refusal, Signed};
use super::posted::{Form, OpenForm};
use super::start;
use crate::clock;
use crate::http::App;
use crate::http::accounts::SignInError;
use crate::http::session;

#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    Query(Next { next }): Query<Next>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if Signed::find(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(own_path(&next)).into_response());
    }
    frame::show(&page(&app, SignInForm::default(), &next).await?)
}

async fn page(app: &App, form: SignInForm, next: &str) -> Result<SignIn, Refusal> {
    let organization = app.handle().read(|node| node.card().name.to_string()).await?;
    let chrome = Chrome::default().with_errors(form.errors());
    Ok(SignIn { chrome, form, organization, next: own_path(next).to_owned() })
}

/// Returns the path if it leads to a page of this node, else home.
fn own_path(next: &str) -> &str {
    // "//evil.example" and "/\evil.example" are other sites to a browser, and it drops tabs and line ends.
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control());
    if is_own { next } else { urls::home() }
}

pub(crate) async fn begin(
    State(app): State<App>,
    OpenForm(posted): OpenForm,
) -> Result<Response, Refusal> {
    let next = posted.get("next");
    let (name, password) = match SignInForm::read(&posted).parse() {
        Ok(typed) => typed,
        Err(again) => return frame::show_again(&page(&app, again, next).await?),
    };
    match app.passwords().sign_in(app.handle(), &name, password, clock::now()).await {
        Ok(account) => start::enter(&app, &account, own_path(next)).await,
        Err(SignInError::Stopped(stopped)) => Err(stopped.into()),
        Err(SignInError::Wrong) => {
            frame::show_again(&page(&app, SignInForm::refused(&name), next).await?)
        }
        Err(SignInError::Throttled(seconds)) => {
            let mut form =
                SignInForm { name: web_ui::forms::Field::of(name), ..SignInForm::default() };
            form.password
                .refuse(format!("Too many wrong passwords. Wait {seconds} seconds and try again"));
            frame::show_again(&page(&app, form, next).await?)
        }
    }
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
    _form: Form,
) -> Result<Response, Refusal> {
    let port = app.own().port();
    if let Some(value) = session::cookie_value(&headers, &session::cookie_name(port)) {
        app.sessions().end(app.handle(), value).await?;
    }
    Ok(([(header::SET_COOKIE, session::no_cookie(port))], Redirect::to(urls::sign_in()))
        .into_response())
}

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    frame::show(&account_page(&app, &signed, PasswordForm::default()).await?)
}

async fn account_page(app: &App, signed: &Signed, form: PasswordForm) -> Result<Account, Refusal> {
    let chrome = frame::chrome(app, signed, Place::Elsewhere).await?.with_errors(form.errors());
    Ok(Account { chrome, person: signed.account.name.to_string(), form })
}

pub(crate) async fn change_password(
    State(app): State<App>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let (current, new) = match PasswordForm::read(&posted).parse() {
        Ok(typed) => typed,
        Err(again) => return frame::show_again(&account_page(&app, &signed, again).await?),
    };
    let wrong = match app.passwords().check_again(&signed.account, current, clock::now()).await {
        Ok(()) => return start::set_password(&app, &signed, new, Some(urls::account())).await,
        Err(SignInError::Stopped(stopped)) => return Err(stopped.into()),
        Err(SignInError::Wrong) => "Enter your current password as it is now".to_owned(),
        Err(SignInError::Throttled(seconds)) => {
            format!("Too many wrong passwords. Wait {seconds} seconds and try again")
        }
    };
    let mut again = PasswordForm::default();
    again.current.refuse(wrong);
    frame::show_again(&account_page(&app, &signed, again).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_pages_of_this_node_only() {
        for own in ["/", "/workspaces/x?page=2"] {
            assert_eq!(own_path(own), own);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "x",
        ] {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
    }
}
