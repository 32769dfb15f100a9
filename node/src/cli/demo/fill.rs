//! Puts the example pathways into a shared workspace; what is there from an earlier start stays as it is.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::Method;
use engine::input::Command;
use serde_json::{Value, json};

use crate::cli::document::with_query;
use crate::cli::join::settle;
use crate::cli::output::text;
use crate::cli::serve::Node;
use crate::client::{Client, Content};

/// Of everybody in the demo; it guards nothing that is real.
pub(crate) const PASSWORD: &str = "example-pathways";
/// Where the node keeps that its recovery kit was checked.
const KIT: &str = "setup/kit";
const WORKSPACE: &str = "Northmere and Saltway";
const EXAMPLES: [&str; 2] = [
    include_str!("../../../examples/referral-pathway.cash-first.json"),
    include_str!("../../../examples/referral-pathway.domestic-abuse.json"),
];
/// The charity's own edit, so that the history names two organisations.
const EDITED: &str = "/body/steps/2/detail";
const ADDED: &str =
    " If nobody answers, try twice more on different days before you close the referral.";
/// Far more than three nodes on one computer need to find each other.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the council found the workspace and bring the examples in, the others join, and the charity edit.
pub(crate) async fn fill(council: &Node, charity: &Node, region: &Node) -> anyhow::Result<()> {
    for node in [council, charity, region] {
        set_up(node).await?;
    }
    let client = council.client()?;
    let workspace = found_workspace(&client).await?;
    for guest in [charity, region] {
        join(&client, guest, &workspace).await?;
    }
    import(&client, &workspace).await?;
    for guest in [charity, region] {
        has_documents(guest, &workspace).await?;
    }
    edit(charity, council, &workspace).await
}

/// Spares people the first run's questions.
async fn set_up(node: &Node) -> anyhow::Result<()> {
    let client = node.client()?;
    for person in client.list("/people").await? {
        if person.get("has_password") == Some(&Value::Bool(false)) {
            let path = format!("/people/{}/password", text(&person, "/id"));
            let body = json!({"password": PASSWORD});
            client.json(Method::PUT, &path, Content::Json(&body)).await?;
        }
    }
    let checked = json!({"confirmed": true}).to_string().into_bytes();
    let keep = Command::Keep { key: KIT.to_owned(), value: Some(checked) };
    node.running.handle().act(keep).await?;
    Ok(())
}

async fn found_workspace(council: &Client) -> anyhow::Result<String> {
    let workspaces = council.list("/workspaces").await?;
    match workspaces.iter().find(|workspace| text(workspace, "/name") == WORKSPACE) {
        Some(workspace) => Ok(text(workspace, "/id")),
        None => Ok(text(&council.post("/workspaces", &json!({"name": WORKSPACE})).await?, "/id")),
    }
}

async fn join(council: &Client, guest: &Node, workspace: &str) -> anyhow::Result<()> {
    let client = guest.client()?;
    let is_in = async || Ok(client.get(&format!("/workspaces/{workspace}")).await.is_ok());
    if is_in().await? {
        return Ok(());
    }
    let status = client.get("/status").await?;
    let is_waiting =
        status.get("joins").and_then(Value::as_array).is_some_and(|joins| !joins.is_empty());
    if !is_waiting {
        let terms = json!({"role": "editor"});
        let invite = council.post(&format!("/workspaces/{workspace}/invites"), &terms).await?;
        client.post("/join", &json!({"invite": text(&invite, "/invite")})).await?;
    }
    let is_in = settle(guest.running.handle(), PATIENCE, is_in).await?;
    anyhow::ensure!(is_in, "an organisation could not join the workspace");
    Ok(())
}

async fn import(council: &Client, workspace: &str) -> anyhow::Result<()> {
    let documents = council.list(&format!("/workspaces/{workspace}/documents")).await?;
    for example in EXAMPLES {
        let example: Value = serde_json::from_str(example).context("an example is not JSON")?;
        if documents.iter().any(|document| text(document, "/title") == text(&example, "/title")) {
            continue;
        }
        let result = council.post(&format!("/workspaces/{workspace}/import"), &example).await?;
        anyhow::ensure!(result.pointer("/made/0").is_some(), "an example was refused: {result}");
    }
    Ok(())
}

async fn has_documents(guest: &Node, workspace: &str) -> anyhow::Result<()> {
    let client = guest.client()?;
    let path = format!("/workspaces/{workspace}/documents");
    let has_all = async || Ok(client.list(&path).await?.len() >= EXAMPLES.len());
    let has_all = settle(guest.running.handle(), PATIENCE, has_all).await?;
    anyhow::ensure!(has_all, "an organisation did not get the pathways");
    Ok(())
}

async fn edit(charity: &Node, council: &Node, workspace: &str) -> anyhow::Result<()> {
    let client = charity.client()?;
    let documents = client.list(&format!("/workspaces/{workspace}/documents")).await?;
    for listed in documents {
        let id = text(&listed, "/id");
        let document = client.get(&format!("/documents/{id}")).await?;
        let history = client.list(&format!("/documents/{id}/history")).await?;
        let Some(detail) = document.pointer(EDITED).and_then(Value::as_str) else { continue };
        if history.len() > 1 || !text(&document, "/title").starts_with("Cash first") {
            continue;
        }
        let patch = json!([{"op": "replace", "path": EDITED, "value": format!("{detail}{ADDED}")}]);
        let content = Content::Bytes {
            media_type: "application/json-patch+json",
            bytes: patch.to_string().into_bytes(),
        };
        let path = with_query(&format!("/documents/{id}"), &[("base", text(&document, "/heads"))]);
        client.json(Method::PATCH, &path, content).await?;
        let reader = council.client()?;
        let path = format!("/documents/{id}/history");
        let knows = async || Ok(reader.list(&path).await?.len() > 1);
        let knows = settle(council.running.handle(), PATIENCE, knows).await?;
        anyhow::ensure!(knows, "the charity's edit did not reach the council");
    }
    Ok(())
}
