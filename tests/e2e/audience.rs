//! Audiences: what an organisation may not read does not exist for it, until it may.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::node::Node;
use tests::stage::{play, wait_for_members};
use tests::wait;

/// Searched for in everything that a node keeps.
const CANARY: &str = "Heronsgate Lantern";

/// Three organisations in one workspace, all running; the council and the charity are stewards, the region is an editor.
#[derive(Debug)]
pub(crate) struct Trio {
    pub(crate) council: Node,
    pub(crate) charity: Node,
    pub(crate) region: Node,
    pub(crate) workspace: String,
}

impl Trio {
    /// Makes them, and a workspace of the first under these rules that the others join.
    pub(crate) async fn meet(rules: &str) -> Result<Self> {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
        let mut region = Node::init("Saltway District Council", "council", "Alex Doe").await?;
        for node in [&mut council, &mut charity, &mut region] {
            node.start().await?;
        }
        let api = council.api()?;
        let wishes = json!({ "name": "Northmere together", "rules": rules });
        let workspace = text(&api.post("/api/v1/workspaces", &wishes).await?, "id")?;
        for (node, role) in [(&charity, "steward"), (&region, "editor")] {
            let made = api.invite_with(&workspace, &json!({ "role": role })).await?;
            node.api()?.try_join(&text(&made, "invite")?).await?;
            wait_for_members(&node.api()?, &workspace, if role == "steward" { 2 } else { 3 })
                .await?;
        }
        for node in [&council, &charity, &region] {
            wait_for_members(&node.api()?, &workspace, 3).await?;
        }
        Ok(Self { council, charity, region, workspace })
    }

    /// Returns the ids of the council and the charity.
    async fn pair(&self) -> Result<Value> {
        let mut ids = Vec::new();
        for node in [&self.council, &self.charity] {
            let status = node.api()?.get("/api/v1/status").await?;
            ids.push(status.pointer("/organization/id").context("no id")?.clone());
        }
        Ok(Value::Array(ids))
    }
}

/// Makes a document and returns its id.
async fn make(api: &Api, workspace: &str, title: &str, read: &Value) -> Result<String> {
    let audience = json!({ "read": read, "write": "workspace" });
    let body =
        json!({ "kind": "referral_pathway", "title": title, "body": {}, "audience": audience });
    text(&api.post(&format!("/api/v1/workspaces/{workspace}/documents"), &body).await?, "id")
}

/// Waits until a node has a document with this title in its list.
async fn arrives(api: &Api, workspace: &str, title: &str) -> Result<()> {
    wait::until(&format!("{title:?} in the list"), async || {
        let titles = titles(api, workspace).await?;
        ensure!(titles.iter().any(|found| found == title), "{titles:?}");
        Ok(())
    })
    .await
}

async fn titles(api: &Api, workspace: &str) -> Result<Vec<String>> {
    api.documents(workspace).await?.iter().map(|document| text(document, "title")).collect()
}

/// It is as if the document had never been made.
async fn does_not_exist(api: &Api, document: &str) -> Result<()> {
    let nothing = "1".repeat(document.len());
    for part in [
        "",
        "/history",
        "/audience",
        "/readers",
        "/refusals",
        "/suggestions",
        "/export?format=json",
    ] {
        let path = |id: &str| format!("/api/v1/documents/{id}{part}");
        let answer = api.send(Method::GET, &path(document), None).await?;
        let other = api.send(Method::GET, &path(&nothing), None).await?;
        ensure!(answer.status == 404, "{part}: {}", answer.status);
        ensure!(answer.body == other.body, "{part}: the answers differ");
    }
    Ok(())
}

/// Is the canary in any file below a folder?
fn is_kept(folder: &Path) -> Result<bool> {
    let mut found = false;
    for entry in std::fs::read_dir(folder).context("reading a data folder")? {
        let path = entry?.path();
        found |= if path.is_dir() {
            is_kept(&path)?
        } else {
            let bytes =
                std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
        };
    }
    Ok(found)
}

#[tokio::test]
async fn what_an_organization_may_not_read_never_reaches_it_until_it_may() -> Result<()> {
    let trio = Trio::meet("any_steward").await?;
    let (council, region) = (trio.council.api()?, trio.region.api()?);
    let workspace = &trio.workspace;
    let pair = trio.pair().await?;
    let hidden = make(&council, workspace, CANARY, &pair).await?;
    arrives(&trio.charity.api()?, workspace, CANARY).await?;
    // What was made after it has come: had the first been sent, it would be there by now.
    make(&council, workspace, "For everyone", &json!("workspace")).await?;
    arrives(&region, workspace, "For everyone").await?;
    does_not_exist(&region, &hidden).await?;
    ensure!(titles(&region, workspace).await? == ["For everyone"], "the list knows of it");
    ensure!(is_kept(&trio.charity.data())?, "the search itself finds nothing");
    ensure!(!is_kept(&trio.region.data())?, "the region's data folder holds what it may not read");

    let path = format!("/api/v1/documents/{hidden}/audience");
    let all = json!({ "read": "workspace", "write": "workspace" });
    council.ask(Method::PUT, &path, Some(&all)).await?;
    arrives(&region, workspace, CANARY).await?;
    let readers = region.get(&format!("/api/v1/documents/{hidden}/readers")).await?;
    let readers = readers.get("readers").and_then(Value::as_array).context("no readers")?;
    ensure!(readers.len() == 3, "{readers:?}");

    let some = json!({ "read": pair, "write": "workspace" });
    council.ask(Method::PUT, &path, Some(&some)).await?;
    wait::until("the document to leave the region's list", async || {
        let titles = titles(&region, workspace).await?;
        ensure!(titles == ["For everyone"], "{titles:?}");
        Ok(())
    })
    .await?;
    does_not_exist(&region, &hidden).await?;
    arrives(&trio.charity.api()?, workspace, CANARY).await
}

#[tokio::test]
async fn a_person_sees_who_gains_and_who_loses_before_it_is_saved() -> Result<()> {
    play("audience", async |stage| {
        let trio = Trio::meet("any_steward").await?;
        let council = trio.council.api()?;
        let document = make(&council, &trio.workspace, CANARY, &json!("workspace")).await?;
        arrives(&trio.region.api()?, &trio.workspace, CANARY).await?;
        let sam = stage.browser_without_scripts(&trio.council).await?;
        sam.visit(&format!("/documents/{document}")).await?;
        sam.follow("Who can read this").await?;
        sam.see(&trio.region.name).await?;
        sam.follow("Change who can read this").await?;
        sam.choose("Only the organisations that I choose").await?;
        sam.choose(&trio.charity.name).await?;
        sam.press("See what it means").await?;
        sam.see("Will no longer be able to read it").await?;
        sam.see("nobody can call that back").await?;
        arrives(&trio.region.api()?, &trio.workspace, CANARY).await?;
        sam.press("Save who can read this").await?;
        sam.see("Only the organisations named here").await?;
        wait::until("the document to leave the region's list", async || {
            let titles = titles(&trio.region.api()?, &trio.workspace).await?;
            ensure!(titles.is_empty(), "{titles:?}");
            Ok(())
        })
        .await
    })
    .await
}
