//! `/people`: the people who use this node.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use crdt_schema::identity::{Name, PersonId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::http::App;
use crate::http::accounts::{self, Account, PasswordError};
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, time};
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;

/// Protects sign-in: an e-mail address longer than any (RFC 5321).
const EMAIL_BYTES: usize = 254;

pub(crate) async fn list(
    State(app): State<App>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let people = accounts::all(app.handle()).await?;
    page.of(people, |person| (person.created, person.id), person_json).map(Json)
}

/// A person without what proves that it is them.
fn person_json(account: &Account) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "has_password": account.password.is_some(),
        "created": time(account.created),
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct New {
    name: Name,
    #[serde(default)]
    email: Option<String>,
}

pub(crate) async fn add(
    State(app): State<App>,
    extract::Json(new): extract::Json<New>,
) -> Result<impl IntoResponse, Problem> {
    let email = new.email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty());
    if email.as_ref().is_some_and(|email| email.len() > EMAIL_BYTES || !email.contains('@')) {
        return Err(Problem::invalid("/email", "enter an e-mail address, like name@example.org"));
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| Problem::stopping())?;
    let account =
        Account { id: PersonId(id), name: new.name, email, password: None, created: clock::now() };
    app.handle().act(account.keep()).await?;
    let place = [(header::LOCATION, format!("{ROOT}/people/{}", account.id))];
    Ok((StatusCode::CREATED, place, Json(person_json(&account))))
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
}

/// Gives a person a new password and ends their sessions: whoever had the old one is out.
pub(crate) async fn password(
    State(app): State<App>,
    Id(person): Id<PersonId>,
    extract::Json(new): extract::Json<Password>,
) -> Result<StatusCode, Problem> {
    let found = accounts::find(app.handle(), &person).await?;
    let mut account = found.ok_or_else(Problem::not_found)?;
    let chosen = app.passwords().choose(app.handle(), &mut account, new.password).await;
    chosen.map_err(|error| match error {
        PasswordError::Short | PasswordError::Long => {
            Problem::invalid("/password", error.to_string())
        }
        PasswordError::Failed => Problem::stopping(),
        PasswordError::Act(error) => error.into(),
    })?;
    app.sessions().end_all(app.handle(), person).await?;
    Ok(StatusCode::NO_CONTENT)
}
