//! `fingerpost profile`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::http::Method;
use clap::Subcommand;
use crdt_schema::identity::{Name, OrganizationId};
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::client::{Client, Content};
use crate::domain;

/// Show or change what this organisation says of itself, in all its workspaces
///
/// Members see it beside your name. It is your own claim: nobody checks it for them.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    about: Option<About>,
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

#[derive(Subcommand)]
enum About {
    /// Say what to publish at this organisation's web domain, so that others can see that it is its own
    DomainProof,
    /// Look whether what you fetched from an organisation's web domain names that organisation
    ///
    /// Fingerpost fetches nothing itself. Get the file with a browser from the domain that the profile names, or the DNS
    /// record with a tool such as dig, and give it here. The answer is for you; it is not written down anywhere.
    CheckDomain {
        /// The organisation's did:key, as "member list" shows it
        organization: OrganizationId,
        /// The file that you fetched, or one with the text of the DNS record
        file: PathBuf,
    },
}

fn identifier(text: &str) -> Result<(String, String), &'static str> {
    let (list, number) =
        text.split_once(':').ok_or("expected LIST:NUMBER, such as GB-CHC:1234567")?;
    Ok((list.trim().to_owned(), number.trim().to_owned()))
}

pub(crate) async fn run(args: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let now = client.get("/profile").await.context("cannot read the profile")?;
    match args.about {
        Some(About::DomainProof) => return proof(&now, output),
        Some(About::CheckDomain { organization, file }) => {
            return check(&organization, &file, client, output).await;
        }
        None => {}
    }
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

/// Says what to publish.
fn proof(profile: &Value, output: &mut Output) -> anyhow::Result<()> {
    let organization: OrganizationId =
        text(profile, "/id").parse().context("cannot read the profile")?;
    let named = text(profile, "/domain");
    let at = if named.is_empty() { "YOUR-DOMAIN".to_owned() } else { named };
    let (file, record) = (domain::file(&organization), domain::record(&organization));
    let made = json!({
        "url": format!("https://{at}{}", domain::PATH),
        "file": file,
        "dns_name": format!("_fingerpost.{at}"),
        "dns_text": record,
    });
    output.result(&made, |made| {
        format!(
            "Publish this file at {}:\n\n{file}\nor this DNS record of type TXT at {}:\n\n{record}",
            text(made, "/url"),
            text(made, "/dns_name")
        )
    })?;
    Ok(())
}

/// Looks whether a fetched file names an organisation that is in a workspace with this one.
async fn check(
    organization: &OrganizationId,
    file: &Path,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let (name, domain) = claim(organization, client).await?;
    let reading = || format!("cannot read {}", file.display());
    let length = fs::metadata(file).with_context(reading)?.len();
    anyhow::ensure!(length <= domain::FILE_BYTES, "{} is too large for this", file.display());
    let names = domain::names(&fs::read(file).with_context(reading)?, organization)?;
    anyhow::ensure!(
        names,
        "this does not name {name} ({organization}). If you fetched it from {domain}, that domain is not shown to be theirs"
    );
    let found =
        json!({"organization": organization, "name": name, "domain": domain, "names": true});
    output.result(&found, |_| {
        format!(
            "This names {name}. If you fetched it from {domain} yourself, that domain is theirs."
        )
    })?;
    Ok(())
}

/// Returns an organisation's name and the domain that it says is its own.
async fn claim(organization: &OrganizationId, client: &Client) -> anyhow::Result<(String, String)> {
    for workspace in client.list("/workspaces").await? {
        let path = format!("/workspaces/{}/members", text(&workspace, "/id"));
        for member in client.list(&path).await? {
            if text(&member, "/organization/id") == organization.to_string() {
                let domain = text(&member, "/organization/domain");
                let name = text(&member, "/organization/name");
                anyhow::ensure!(!domain.is_empty(), "{name} names no domain in its profile");
                return Ok((name, domain));
            }
        }
    }
    anyhow::bail!("there is no such organisation in your workspaces")
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
