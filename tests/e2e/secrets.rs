//! Secrets: who can read them on the disk, that the log has none, and that the recovery kit alone brings all back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;
use tests::api::text;
use tests::node::Node;
use tests::stage::{Pair, wait_for_members};
use tests::wait;

/// Files with a secret: readable for the owner alone.
const SECRET_FILES: &[&str] = &["keys/node.key", "api-token", "recovery-kit.html"];

fn mode(path: &Path) -> Result<u32> {
    let about =
        std::fs::metadata(path).with_context(|| format!("looking at {}", path.display()))?;
    Ok(about.permissions().mode() & 0o777)
}

/// Returns the recovery kit's words.
fn words(node: &Node) -> Result<String> {
    let page = std::fs::read_to_string(node.data().join("recovery-kit.html"))
        .context("reading the recovery kit")?;
    let rest =
        page.split("name=\"fingerpost-words\" content=\"").nth(1).context("a kit has words")?;
    Ok(rest.split('"').next().context("a kit has words")?.to_owned())
}

#[tokio::test]
async fn keys_are_for_their_owner_alone() -> Result<()> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    for moment in ["after init", "while running", "after a stop"] {
        match moment {
            "while running" => node.start().await?,
            "after a stop" => node.stop().await?,
            _ => {}
        }
        ensure!(mode(&node.data())? == 0o700, "the data folder is open {moment}");
        ensure!(mode(&node.data().join("keys"))? == 0o700, "the folder of keys is open {moment}");
        for name in SECRET_FILES {
            let found = mode(&node.data().join(name))?;
            ensure!(found == 0o600, "{name} has mode {found:o} {moment}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_secret_and_no_content_is_logged() -> Result<()> {
    let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
    for node in [&mut council, &mut charity] {
        node.talk();
        node.start().await?;
    }
    let workspace = council.api()?.found("Heronsgate together").await?;
    let invite = council.api()?.invite(&workspace).await?;
    charity.api()?.try_join(&invite).await?;
    wait_for_members(&charity.api()?, &workspace, 2).await?;
    let content =
        json!({ "document_type": "referral_pathway", "title": "Heronsgate pathway", "body": {} });
    let document = council.api()?.import(&workspace, &content).await?;
    wait::until("the document at the charity", async || charity.api()?.document(&document).await)
        .await?;
    // What is refused is talked about most.
    charity.api()?.try_join(&invite.replace("invite-1-", "invite-1-A")).await?;
    let links = [council.login_url()?, charity.login_url()?];
    council.stop().await?;
    charity.stop().await?;

    for (node, link) in [&council, &charity].into_iter().zip(links) {
        let log = node.log();
        ensure!(!log.is_empty(), "a node that tells all it can says something");
        let token = link.split("token=").nth(1).context("a link has a token")?.to_owned();
        let mut secrets = vec![("the sign-in link", token), ("the invite", invite.clone())];
        secrets.push(("an invite's secret part", invite.chars().skip(40).take(40).collect()));
        secrets.push((
            "the API's token",
            std::fs::read_to_string(node.data().join("api-token"))?.trim().to_owned(),
        ));
        secrets.push(("the recovery words", words(node)?));
        secrets.extend(spellings(&std::fs::read(node.data().join("keys/node.key"))?));
        secrets.push(("a document's title", String::from("Heronsgate")));
        secrets.push(("a person's name", String::from("Priya Shah")));
        for (what, secret) in &secrets {
            ensure!(!secret.is_empty(), "{what} is empty");
            ensure!(!log.contains(secret.as_str()), "{} logs {what}:\n{log}", node.name);
        }
        // The ready line has the sign-in link, for that is what it is for; nothing else of it is secret.
        for (what, secret) in secrets.iter().skip(1) {
            ensure!(!node.output().contains(secret.as_str()), "{} prints {what}", node.name);
        }
    }
    Ok(())
}

/// Returns a key in the ways a careless line would write it.
fn spellings(key: &[u8]) -> Vec<(&'static str, String)> {
    // The last 32 bytes, in case the file begins with something else.
    let seed = key.get(key.len().saturating_sub(32)..).unwrap_or(key);
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = seed.iter().take(8).map(ToString::to_string).collect();
    vec![
        ("the node's key in hexadecimal", hex),
        ("the node's key in base64", STANDARD_NO_PAD.encode(seed)),
        ("the node's key in base64 for addresses", URL_SAFE_NO_PAD.encode(seed)),
        ("the node's key as a list", list.join(", ")),
    ]
}

#[tokio::test]
async fn the_recovery_kit_alone_brings_an_organization_and_its_workspace_back() -> Result<()> {
    let mut pair = Pair::meet().await?;
    let content = json!({ "document_type": "referral_pathway", "title": "Warm rooms", "body": { "steps": [] } });
    let document = pair.charity.api()?.import(&pair.workspace, &content).await?;
    let before = pair.agree(&document).await?;
    let was = pair.charity.made.clone();

    // The computer is lost; what is left is the printed page.
    let kit = tempfile::NamedTempFile::new()?;
    std::fs::copy(pair.charity.data().join("recovery-kit.html"), kit.path())?;
    pair.charity.kill().await?;
    std::fs::remove_dir_all(pair.charity.data())?;

    let mut back = Node::empty("Harbour Lane Advice Centre")?;
    let kit = kit.path().to_str().context("a path that is not UTF-8")?;
    let status = pair.council.api()?.get("/api/v1/status").await?;
    let member = status
        .pointer("/listen/0")
        .and_then(serde_json::Value::as_str)
        .context("no address")?
        .to_owned();
    let made = back
        .json(&["recover", "--json", "--kit", kit, "--person", "Priya Shah", "--member", &member])
        .await?;
    ensure!(
        made.pointer("/organization/id") == was.pointer("/organization/id"),
        "{made} is not {was}"
    );
    ensure!(made.get("node") != was.get("node"), "a new machine has a key of its own");

    back.start().await?;
    pair.charity = back;
    wait_for_members(&pair.charity.api()?, &pair.workspace, 2).await?;
    wait::until("the document at the new machine", async || {
        pair.charity.api()?.document(&document).await
    })
    .await?;
    ensure!(pair.agree(&document).await? == before, "what came back is not what there was");
    // It can write again, and is heard.
    let patch = json!([{ "op": "replace", "path": "/title", "value": "Warm rooms again" }]);
    pair.charity.api()?.patch(&document, None, &patch).await?;
    let after = pair.agree(&document).await?;
    let after: serde_json::Value = serde_json::from_slice(&after)?;
    ensure!(text(&after, "title")? == "Warm rooms again", "{after}");
    Ok(())
}
