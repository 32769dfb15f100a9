//! The demonstration: what a newcomer runs first.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tests::api::{Api, text};
use tests::node::terminate;
use tests::{places, wait};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn three_organizations_show_the_same_pathways_and_stop_when_told() -> Result<()> {
    let home = TempDir::with_prefix("fingerpost-demo-")?;
    let mut command = Command::new(places::program()?);
    command
        .args(["demo", "--json", "--http", "127.0.0.1:0"])
        .arg("--data")
        .arg(home.path().join("data"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut demo = command.spawn().context("starting the demonstration")?;
    let mut lines = BufReader::new(demo.stdout.take().context("no output")?).lines();
    let mut nodes = Vec::new();
    while nodes.len() < 3 {
        let line = tokio::time::timeout(wait::DEADLINE, lines.next_line())
            .await
            .context("no ready line in time")??;
        let line = line.context("the demonstration ended before three nodes were ready")?;
        let ready: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        ensure!(text(&ready, "event")? == "ready", "{ready}");
        let data = text(&ready, "data")?;
        let token = std::fs::read_to_string(std::path::Path::new(&data).join("api-token"))?;
        nodes.push(Api::new(&text(&ready, "http")?, &token));
    }
    let mut seen = Vec::new();
    for node in &nodes {
        seen.push(
            wait::until("two pathways and three members", async || pathways(node).await).await?,
        );
    }
    ensure!(seen.iter().all(|titles| Some(titles) == seen.first()), "{seen:?}");
    terminate(&mut demo).await
}

/// Returns the titles of the pathways in the node's one workspace, in order.
async fn pathways(node: &Api) -> Result<Vec<String>> {
    let workspaces = node.list("/api/v1/workspaces").await?;
    let workspace = text(workspaces.first().context("no workspace yet")?, "id")?;
    let members = node.members(&workspace).await?;
    ensure!(members.len() == 3, "{members:?}");
    let mut titles = Vec::new();
    for document in node.documents(&workspace).await? {
        titles.push(text(&document, "title")?);
    }
    titles.sort();
    ensure!(titles.len() >= 2, "{titles:?}");
    Ok(titles)
}
