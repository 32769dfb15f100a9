//! Decisions that need more than one: proposed by one organisation, agreed to by another, carried out everywhere.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::text;
use tests::stage::play;
use tests::wait;

use crate::audience::Trio;
use crate::members_change::{is_out, path_of, see_member};

#[tokio::test]
async fn a_change_that_needs_two_stewards_waits_for_the_second() -> Result<()> {
    let trio = Trio::meet("council_and_vcs").await?;
    let (council, charity) = (trio.council.api()?, trio.charity.api()?);
    let workspace = &trio.workspace;
    let path = path_of(&council, workspace, &trio.region.name).await?;
    let body = json!({ "role": "reader" }).to_string().into_bytes();
    let answer = council.send(Method::PATCH, &path, Some(("application/json", body))).await?;
    ensure!(answer.status == 202, "one of two is not enough: {}", answer.status);
    let place = answer.headers.get("location").context("no Location")?.to_str()?.to_owned();
    let proposal = answer.json()?.get("proposal").context("no proposal")?.clone();
    ensure!(place.ends_with(&text(&proposal, "id")?), "{place} is not the place of {proposal}");
    ensure!(!text(&proposal, "needed")?.is_empty(), "it must say what is missing: {proposal}");
    see_member(&council, workspace, &trio.region.name, "role", "editor").await?;

    let seen = wait::until("the proposal at the other steward", async || charity.get(&place).await);
    let seen = seen.await?;
    ensure!(seen.get("may_agree") == Some(&Value::Bool(true)), "{seen}");
    let means = seen.get("consequences").and_then(Value::as_array).context("no consequences")?;
    ensure!(!means.is_empty(), "{seen}");
    let enacted = charity.post(&format!("{place}/approvals"), &json!({})).await?;
    ensure!(text(&enacted, "state")? == "enacted", "{enacted}");
    for node in [&trio.council, &trio.charity, &trio.region] {
        see_member(&node.api()?, workspace, &trio.region.name, "role", "reader").await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_stewards_remove_an_organization_on_their_pages() -> Result<()> {
    play("decision", async |stage| {
        let trio = Trio::meet("council_and_vcs").await?;
        let workspace = &trio.workspace;
        let region = &trio.region.name;
        let sam = stage.browser_without_scripts(&trio.council).await?;
        let priya = stage.browser(&trio.charity).await?;
        sam.visit(&format!("/workspaces/{workspace}/members")).await?;
        sam.follow(region).await?;
        sam.follow(&format!("Remove {region} from the workspace")).await?;
        sam.see("stays on its computers").await?;
        sam.press(&format!("Remove {region} from the workspace")).await?;
        sam.see("Enter a reason").await?;
        sam.fill("Reason", "They merged with another region.").await?;
        sam.press(&format!("Remove {region} from the workspace")).await?;
        sam.see("Others must agree before anything changes").await?;

        let what = format!("Remove {region} from the workspace");
        wait::until("the decision on the other steward's Home", async || {
            priya.visit("/").await?;
            let page = priya.read().await?;
            ensure!(page.contains(&what), "{page}");
            Ok(())
        })
        .await?;
        priya.follow("Look at the decision").await?;
        priya.see("They merged with another region.").await?;
        priya.press("Agree").await?;
        priya.see("Others see it when their computers are online").await?;
        is_out(&trio.region.api()?).await?;
        see_member(&trio.council.api()?, workspace, region, "state", "removed").await
    })
    .await
}

#[tokio::test]
async fn a_suspension_holds_back_what_is_written_and_says_so_on_both_sides() -> Result<()> {
    play("suspension", async |stage| {
        let trio = Trio::meet("any_steward").await?;
        let (council, region) = (trio.council.api()?, trio.region.api()?);
        let content =
            json!({ "document_type": "referral_pathway", "title": "Warm rooms", "body": {} });
        let document = council.import(&trio.workspace, &content).await?;
        wait::until("the document", async || region.document(&document).await).await?;
        let path = path_of(&council, &trio.workspace, &trio.region.name).await?;
        let reason = json!({ "reason": "A computer was stolen." });
        let suspended = council.post(&format!("{path}/suspend"), &reason).await?;
        ensure!(text(&suspended, "state")? == "suspended", "{suspended}");
        see_member(&region, &trio.workspace, &trio.region.name, "state", "suspended").await?;

        let browser = stage.browser(&trio.region).await?;
        browser.visit(&format!("/workspaces/{}/documents", trio.workspace)).await?;
        browser.see("suspended your organisation").await?;
        let patch = json!([{ "op": "replace", "path": "/title", "value": "Cold rooms" }]);
        let written = region.try_patch(&document, None, &patch).await?;
        ensure!(written.status == 200, "it may write, and is held back: {}", written.status);
        let refusals = format!("/api/v1/documents/{document}/refusals");
        wait::until("what is held back to arrive", async || {
            let held = council.list(&refusals).await?;
            ensure!(held.iter().any(|one| one.get("held") == Some(&json!(true))), "{held:?}");
            Ok(())
        })
        .await?;
        let title = text(&council.document(&document).await?, "title")?;
        ensure!(title == "Warm rooms", "what a suspended organisation writes counts: {title}");
        let organization = suspended.pointer("/organization/id");
        let change = json!({ "change": { "kind": "reinstate", "organization": organization } });
        council.post(&format!("/api/v1/workspaces/{}/proposals", trio.workspace), &change).await?;
        see_member(&region, &trio.workspace, &trio.region.name, "state", "member").await?;
        wait::until("what was held back to count", async || {
            let title = text(&council.document(&document).await?, "title")?;
            ensure!(title == "Cold rooms", "{title}");
            Ok(())
        })
        .await
    })
    .await
}
