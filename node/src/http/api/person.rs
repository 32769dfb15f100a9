//! Which person a program speaks for.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use crdt_schema::identity::PersonId;
use crdt_schema::key::Person;

use crate::http::App;
use crate::http::accounts::{self, Account};
use crate::http::problem::Problem;

/// Names one of this node's persons, by id or name. Without it a change is the first person's.
pub(crate) const HEADER: &str = "fingerpost-person";

/// The person that a request's changes are put down to.
pub(crate) struct Who(pub(crate) Person);

impl FromRequestParts<App> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let accounts = accounts::all(app.handle()).await?;
        let named = parts.headers.get(HEADER).map(|value| std::str::from_utf8(value.as_bytes()));
        let account = match named {
            None => accounts.into_iter().next().ok_or_else(|| {
                Problem::not_allowed(
                    "this node has no person yet. Open its start link and finish setting up",
                )
            })?,
            Some(Ok(named)) => find(accounts, named.trim())?,
            Some(Err(_)) => return Err(Problem::malformed("Fingerpost-Person is not UTF-8")),
        };
        Ok(Self(account.person()))
    }
}

fn find(accounts: Vec<Account>, named: &str) -> Result<Account, Problem> {
    let id = named.parse::<PersonId>().ok();
    let mut found = accounts
        .into_iter()
        .filter(|account| Some(account.id) == id || account.name.as_str() == named);
    match (found.next(), found.next()) {
        (Some(account), None) => Ok(account),
        (Some(_), Some(_)) => Err(Problem::malformed(
            "several persons of this node have that name. Send the person's id",
        )),
        (None, _) => Err(Problem::malformed("this node has no person with that id or name")),
    }
}
