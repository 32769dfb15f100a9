//! Members: roles that change, removal, and leaving, as the other node sees them.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::places;
use tests::stage::{Pair, play};
use tests::wait;

/// Returns the path of an organisation in a workspace, by its name.
pub(crate) async fn path_of(api: &Api, workspace: &str, name: &str) -> Result<String> {
    let organization = member(api, workspace, name).await?;
    let id = organization.pointer("/organization/id").and_then(Value::as_str);
    Ok(format!("/api/v1/workspaces/{workspace}/members/{}", id.context("a member has an id")?))
}

async fn member(api: &Api, workspace: &str, name: &str) -> Result<Value> {
    let members = api.members(workspace).await?;
    let is_meant = |member: &&Value| {
        member.pointer("/organization/name").and_then(Value::as_str) == Some(name)
    };
    Ok(members.iter().find(is_meant).with_context(|| format!("no {name} in {members:?}"))?.clone())
}

/// Waits until a node sees this at a key of an organisation.
pub(crate) async fn see_member(
    api: &Api,
    workspace: &str,
    name: &str,
    key: &str,
    wanted: &str,
) -> Result<()> {
    wait::until(&format!("{name} to have the {key} {wanted}"), async || {
        let member = member(api, workspace, name).await?;
        ensure!(text(&member, key)? == wanted, "{member}");
        Ok(())
    })
    .await
}

/// Waits until a node's organisation is in no workspace.
pub(crate) async fn is_out(api: &Api) -> Result<()> {
    wait::until("the workspace to be gone", async || {
        let workspaces = api.list("/api/v1/workspaces").await?;
        ensure!(workspaces.is_empty(), "still in {workspaces:?}");
        Ok(())
    })
    .await
}

/// Waits until the charity has a document of the council.
async fn arrived(pair: &Pair, document: &str) -> Result<()> {
    let charity = pair.charity.api()?;
    wait::until("the document", async || charity.document(document).await).await?;
    Ok(())
}

async fn retitle(api: &Api, document: &str, title: &str) -> Result<u16> {
    let patch = json!([{ "op": "replace", "path": "/title", "value": title }]);
    Ok(api.try_patch(document, None, &patch).await?.status)
}

async fn see_title(api: &Api, document: &str, title: &str) -> Result<()> {
    wait::until(&format!("the title {title:?}"), async || {
        let found = text(&api.document(document).await?, "title")?;
        ensure!(found == title, "{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reader_cannot_write_until_it_is_an_editor_again() -> Result<()> {
    let pair = Pair::meet().await?;
    let (council, charity) = (pair.council.api()?, pair.charity.api()?);
    let example = places::read_example("referral-pathway.cash-first.json")?;
    let document = council.import(&pair.workspace, &example).await?;
    arrived(&pair, &document).await?;
    let path = path_of(&council, &pair.workspace, &pair.charity.name).await?;
    for (role, status) in [("reader", 403), ("editor", 200)] {
        let changed = council.ask(Method::PATCH, &path, Some(&json!({ "role": role }))).await?;
        ensure!(text(&changed, "role")? == role, "{changed}");
        see_member(&charity, &pair.workspace, &pair.charity.name, "role", role).await?;
        let answered = retitle(&charity, &document, &format!("Written as {role}")).await?;
        ensure!(answered == status, "a {role} who writes is answered {answered}");
    }
    see_title(&council, &document, "Written as editor").await
}

#[tokio::test]
async fn what_a_removed_organization_wrote_before_stays_and_what_it_writes_after_never_comes()
-> Result<()> {
    play("removal", async |stage| {
        let mut pair = Pair::meet().await?;
        let example = places::read_example("referral-pathway.cash-first.json")?;
        let document = pair.council.api()?.import(&pair.workspace, &example).await?;
        arrived(&pair, &document).await?;
        retitle(&pair.charity.api()?, &document, "Written before").await?;
        see_title(&pair.council.api()?, &document, "Written before").await?;

        // While they do not see each other: one removes, the other goes on writing.
        pair.charity.stop().await?;
        let path = path_of(&pair.council.api()?, &pair.workspace, &pair.charity.name).await?;
        let reason = json!({ "reason": "They have closed." });
        let removed = pair.council.api()?.ask(Method::DELETE, &path, Some(&reason)).await?;
        ensure!(text(&removed, "state")? == "removed", "{removed}");
        pair.council.stop().await?;
        pair.charity.start().await?;
        let late = retitle(&pair.charity.api()?, &document, "Written after").await?;
        ensure!(late == 200, "nobody has told it yet: {late}");

        pair.council.start().await?;
        is_out(&pair.charity.api()?).await?;
        let browser = stage.browser(&pair.charity).await?;
        browser.visit("/").await?;
        browser.see("was removed from Northmere together").await?;
        let gone = pair
            .charity
            .api()?
            .send(Method::GET, &format!("/api/v1/documents/{document}"), None)
            .await?;
        ensure!(gone.status == 404, "the removed organisation still reads: {}", gone.status);

        let council = pair.council.api()?;
        let now = text(&council.document(&document).await?, "title")?;
        ensure!(now == "Written before", "what was written after the removal counts: {now}");
        let browser = stage.browser(&pair.council).await?;
        browser.visit(&format!("/workspaces/{}/history", pair.workspace)).await?;
        browser.see("They have closed.").await?;
        browser.visit(&format!("/workspaces/{}/members", pair.workspace)).await?;
        browser.see("No longer here").await?;
        browser.visit(&format!("/documents/{document}/history")).await?;
        browser.see(&format!("Priya Shah ({})", pair.charity.name)).await
    })
    .await
}

#[tokio::test]
async fn who_leaves_is_out_and_the_others_see_it() -> Result<()> {
    let pair = Pair::meet().await?;
    let charity = pair.charity.api()?;
    let path = path_of(&charity, &pair.workspace, &pair.charity.name).await?;
    charity.ask(Method::DELETE, &path, None).await?;
    is_out(&charity).await?;
    let council = pair.council.api()?;
    see_member(&council, &pair.workspace, &pair.charity.name, "state", "left").await?;
    // The last steward cannot go: the workspace would be nobody's.
    let path = path_of(&council, &pair.workspace, &pair.council.name).await?;
    let refused = council.send(Method::DELETE, &path, None).await?;
    ensure!((400..500).contains(&refused.status), "the last steward left: {}", refused.status);
    ensure!(refused.sentence()?.contains("steward"), "{}", refused.sentence()?);
    Ok(())
}
