//! `fingerpost profile`

use anyhow::Context as _;
use axum::http::Method;
use crdt_schema::identity::Name;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::client::{Client, Content};

/// Show or change what this organisation says of itself, in all its workspaces
///
/// Members see it beside your name. It is your own claim: nobody checks it for them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The name people know the organisation by now
    #[arg(long)]
    name: Option<Name>,
    /// A registered number, with its list's code of org-id.guide: GB-CHC:1234567 for a charity in England and Wales; may be given several times
    #[arg(long, value_name = "LIST:NUMBER", value_parser = identifier)]
    identifier: Vec<(String, String)>,
    /// The organisation's web domain, such as example.org.uk
    #[arg(long)]
    domain: Option<String>,
}

fn identifier(text: &str) -> Result<(String, String), &'static str> {
    let (list, number) =
        text.split_once(':').ok_or("expected LIST:NUMBER, such as GB-CHC:1234567")?;
    Ok((list.trim().to_owned(), number.trim().to_owned()))
}

pub(crate) async fn run(args: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let now = client.get("/profile").await.context("cannot read the profile")?;
    let is_change = args.name.is_some() || args.domain.is_some() || !args.identifier.is_empty();
    let shown = if is_change {
        let identifiers: Vec<Value> = args
            .identifier
            .iter()
            .map(|(list, number)| json!({"list": list, "number": number}))
            .collect();
        let kept = |field: &str| now.get(field).cloned().unwrap_or(Value::Null);
        // What is not named stays as it is.
        let body = json!({
            "name": args.name.map_or_else(|| kept("name"), |name| json!(name)),
            "identifiers": if identifiers.is_empty() { kept("identifiers") } else { json!(identifiers) },
            "domain": args.domain.map_or_else(|| kept("domain"), |domain| json!(domain)),
        });
        client
            .json(Method::PUT, "/profile", Content::Json(&body))
            .await
            .context("cannot change the profile")?
    } else {
        now
    };
    output.result(&shown, words)?;
    Ok(())
}

fn words(profile: &Value) -> String {
    let mut lines = vec![text(profile, "/name"), text(profile, "/id")];
    for it in profile.get("identifiers").and_then(Value::as_array).into_iter().flatten() {
        lines.push(format!("{} {}", text(it, "/list"), text(it, "/number")));
    }
    let domain = text(profile, "/domain");
    if !domain.is_empty() {
        lines.push(domain);
    }
    lines.join("\n")
}
