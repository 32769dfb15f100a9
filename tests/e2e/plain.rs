//! The same work in a browser that runs no scripts.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::text;
use tests::places;
use tests::stage::{Pair, play};

use crate::people;

#[tokio::test]
async fn without_scripts_people_set_up_join_edit_move_remove_and_bring_back() -> Result<()> {
    play("plain", async |stage| {
        let mut council =
            tests::node::Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        let mut charity =
            tests::node::Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
        council.start().await?;
        charity.start().await?;
        let sam = stage.browser_without_scripts(&council).await?;
        let priya = stage.browser_without_scripts(&charity).await?;
        people::set_up(&sam, "three random words 1").await?;
        people::set_up(&priya, "three random words 2").await?;
        let workspace = people::create_workspace(&sam, "Northmere together").await?;
        let invite = people::make_invite(&sam, &workspace).await?;
        people::join(&priya, &invite, &council.name).await?;
        tests::stage::wait_for_members(&charity.api()?, &workspace, 2).await?;
        let file = places::example("referral-pathway.domestic-abuse.json")?;
        let example = places::read_example("referral-pathway.domestic-abuse.json")?;
        let document = people::bring_in(&sam, &workspace, &file, &text(&example, "title")?).await?;
        let pair = Pair { council, charity, workspace };
        pair.agree(&document).await?;

        people::add_to_summary(&priya, &document, " Without scripts.").await?;
        people::add_step(&priya, &document, "Ring back at a safe time").await?;
        priya.visit(&format!("/documents/{document}/edit")).await?;
        priya.press("Move down step 1").await?;
        priya.see("Moved a step").await?;
        priya.follow("Remove step 1").await?;
        priya.press("Remove step 1").await?;
        priya.see("Removed a step").await?;
        priya.visit(&format!("/documents/{document}/history")).await?;
        priya.press("Bring back step 2").await.or(priya.press("Bring back step 1").await)?;
        priya.see("Brought back a step").await?;

        let export: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
        ensure!(text(&export, "description")?.ends_with(" Without scripts."), "{export}");
        let count =
            |value: &Value| value.pointer("/body/steps").and_then(Value::as_array).map(Vec::len);
        ensure!(
            count(&export) == count(&example).map(|steps| steps + 1),
            "{:?}",
            export.pointer("/body/steps")
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_form_that_was_opened_long_ago_merges_with_what_others_wrote_since() -> Result<()> {
    play("stale-form", async |stage| {
        let pair = Pair::meet().await?;
        let example = places::read_example("referral-pathway.cash-first.json")?;
        let document = pair.council.api()?.import(&pair.workspace, &example).await?;
        pair.agree(&document).await?;
        let sam = stage.browser_without_scripts(&pair.council).await?;
        let path = format!("/documents/{document}/edit/about");
        sam.visit(&path).await?;
        sam.type_at_end(people::SUMMARY, " Sam was slow.").await?;

        // Meanwhile another person changes the start of the same text, and the title, at the other node.
        let old = text(&example, "description")?;
        let patch = json!([
            { "op": "replace", "path": "/description", "value": format!("In short: {old}") },
            { "op": "replace", "path": "/title", "value": "Cash first, always" },
        ]);
        let heads = pair.charity.api()?.heads(&document).await?;
        pair.charity.api()?.patch(&document, Some(&heads), &patch).await?;
        pair.agree(&document).await?;

        sam.press("Save").await?;
        sam.see("Sam was slow.").await?;
        let export: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
        let summary = text(&export, "description").context("no summary")?;
        ensure!(summary == format!("In short: {old} Sam was slow."), "{summary}");
        ensure!(text(&export, "title")? == "Cash first, always", "{export}");
        Ok(())
    })
    .await
}
