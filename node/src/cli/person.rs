//! `fingerpost person …`

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::output::{Output, text};
use crate::client::{Client, Content};
use crate::http::accounts::PASSWORD_LETTERS;

/// Look after the people who use this node
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the people who use this node
    List,
    /// Add a person; they sign in once they have a password
    Add {
        /// The name that others see beside their changes
        name: String,
        /// Their e-mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Give a person a new password, and sign them out everywhere
    ///
    /// Asks for it, or reads one line from standard input.
    Password {
        /// The person's name or id
        person: String,
    },
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::List => {
            let people = client.list("/people").await.context("cannot list the people")?;
            let row = |person: &Value| {
                ["/id", "/name", "/email"].map(|field| text(person, field)).to_vec()
            };
            output.list(&people, &["ID", "NAME", "E-MAIL"], row, "Nobody yet.")?;
        }
        Command::Add { name, email } => {
            let added = client.post("/people", &json!({"name": name, "email": email})).await;
            let added = added.context("cannot add the person")?;
            output.result(&added, |added| text(added, "/id"))?;
            output.say("Choose their password with \"fingerpost person password\".");
        }
        Command::Password { person } => {
            let people = client.list("/people").await.context("cannot list the people")?;
            let path = format!("/people/{}/password", find(&people, &person)?);
            let password = ask(output)?;
            let body = json!({"password": *password});
            let kept = client.call(Method::PUT, &path, Content::Json(&body)).await;
            kept.context("cannot keep the password")?;
            output.say("The password is changed.");
        }
    }
    Ok(())
}

fn find(people: &[Value], wanted: &str) -> anyhow::Result<String> {
    let is_wanted =
        |person: &&Value| text(person, "/id") == wanted || text(person, "/name") == wanted;
    let mut found = people.iter().filter(is_wanted);
    match (found.next(), found.next()) {
        (Some(person), None) => Ok(text(person, "/id")),
        (Some(_), Some(_)) => {
            anyhow::bail!(
                "several people are called \"{wanted}\". Give the id from \"fingerpost person list\""
            )
        }
        (None, _) => anyhow::bail!(
            "nobody here is called \"{wanted}\". List people with \"fingerpost person list\""
        ),
    }
}

/// Reads a password: unseen and twice from a person, once from a program.
fn ask(output: &mut Output) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
        return Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    output.say(&format!("New password, at least {PASSWORD_LETTERS} characters:"));
    let first = Zeroizing::new(rpassword::read_password().context("cannot read the password")?);
    output.say("The same again:");
    let second = Zeroizing::new(rpassword::read_password().context("cannot read the password")?);
    anyhow::ensure!(*first == *second, "the two are not the same. Try again");
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_id_or_name_unless_two_share_it() {
        let people = [("1", "Sam Ali"), ("2", "Jo Reed"), ("3", "Jo Reed")]
            .map(|(id, name)| json!({"id": id, "name": name}));
        assert_eq!(find(&people, "Sam Ali").unwrap(), "1");
        assert_eq!(find(&people, "3").unwrap(), "3");
        for wanted in ["Jo Reed", "Priya Shah", ""] {
            assert!(find(&people, wanted).is_err(), "{wanted:?}");
        }
    }
}
