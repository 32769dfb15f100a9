//! The whole story: two organisations find each other, write together while cut off, and both see the union.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::api::text;
use tests::browser::Browser;
use tests::node::Node;
use tests::places;
use tests::stage::{Pair, play};

use crate::people;

const TITLE: &str = "Cash first: when somebody cannot afford food";

#[tokio::test]
async fn two_organizations_keep_one_pathway_right_together() -> Result<()> {
    play("story", async |stage| {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
        council.start().await?;
        charity.start().await?;
        let sam = stage.browser(&council).await?;
        let priya = stage.browser(&charity).await?;
        people::set_up(&sam, "three random words 1").await?;
        people::set_up(&priya, "three random words 2").await?;

        let workspace = people::create_workspace(&sam, "Northmere together").await?;
        let invite = people::make_invite(&sam, &workspace).await?;
        people::join(&priya, &invite, &council.name).await?;
        for browser in [&sam, &priya] {
            see_both_members(browser, &workspace, &council).await?;
        }

        let file = places::example("referral-pathway.cash-first.json")?;
        let document = people::bring_in(&sam, &workspace, &file, TITLE).await?;
        priya.visit(&format!("/workspaces/{workspace}/documents")).await?;
        priya.see(TITLE).await?;
        priya.follow(TITLE).await?;
        priya.see("Phone the food bank nearest to the person").await?;

        let mut pair = Pair { council, charity, workspace };
        write_apart(&mut pair, &sam, &priya, &document).await?;
        let export: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
        has_both(&export)?;
        for browser in [&sam, &priya] {
            browser.visit(&format!("/documents/{document}")).await?;
            browser.see("All changes saved and shared").await?;
            for words in
                ["Bring a bag.", "Ask at the desk.", "Offer a cup of tea", "Write down the outcome"]
            {
                browser.see(words).await?;
            }
            browser.visit(&format!("/documents/{document}/history")).await?;
            browser.see("Sam Ali (Northmere Borough Council)").await?;
            browser.see("Priya Shah (Harbour Lane Advice Centre)").await?;
        }
        Ok(())
    })
    .await
}

/// Both organisations, with what tells them apart, are on the page of members.
async fn see_both_members(browser: &Browser, workspace: &str, council: &Node) -> Result<()> {
    tests::stage::wait_for_members(&council.api()?, workspace, 2).await?;
    tests::wait::until("the workspace at this node", async || {
        browser.visit(&format!("/workspaces/{workspace}/members")).await?;
        let page = browser.read().await?;
        ensure!(page.contains("2 organisations"), "{page}");
        Ok(())
    })
    .await?;
    for member in council.api()?.members(workspace).await? {
        let organization = member.get("organization").context("a member is no organisation")?;
        browser.see(&text(organization, "name")?).await?;
        browser.see(&text(organization, "fingerprint")?).await?;
    }
    browser.see("Council").await?;
    browser.see("Voluntary or community organisation").await
}

/// Each of them writes into the same text and the same list of steps while the other's node is off.
async fn write_apart(
    pair: &mut Pair,
    sam: &Browser,
    priya: &Browser,
    document: &str,
) -> Result<()> {
    pair.agree(document).await?;
    pair.charity.stop().await?;
    people::add_to_summary(sam, document, " Bring a bag.").await?;
    people::add_step(sam, document, "Offer a cup of tea").await?;
    sam.visit("/network").await?;
    sam.see("Harbour Lane Advice Centre").await?;
    sam.see("Fingerpost does not answer there").await?;
    pair.council.stop().await?;

    pair.charity.start().await?;
    people::add_to_summary(priya, document, " Ask at the desk.").await?;
    people::add_step(priya, document, "Write down the outcome").await?;
    priya.visit(&format!("/documents/{document}/edit")).await?;
    priya.press("Move down step 1").await?;
    pair.council.start().await
}

/// Both sentences, both new steps and all five old ones are there; the step that moved moved.
fn has_both(export: &Value) -> Result<()> {
    let summary = text(export, "description")?;
    ensure!(summary.contains("Bring a bag.") && summary.contains("Ask at the desk."), "{summary}");
    let steps = export.pointer("/body/steps").and_then(Value::as_array).context("no steps")?;
    let details: Vec<String> = steps.iter().filter_map(|step| text(step, "detail").ok()).collect();
    ensure!(details.len() == 7, "{details:?}");
    for wanted in ["Offer a cup of tea", "Write down the outcome"] {
        ensure!(details.iter().any(|detail| detail == wanted), "no {wanted:?} in {details:?}");
    }
    ensure!(
        details.get(1).is_some_and(|detail| detail.starts_with("Ask the prompt questions")),
        "{details:?}"
    );
    Ok(())
}
