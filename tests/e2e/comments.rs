//! A charity proposes a tag, others say what they hold of it, and it is put in use once that is settled.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::node::Node;
use tests::stage::{Pair, play};
use tests::{axe, places, wait};

/// Waits until a node shows so many positions on a tag, and returns their stances.
async fn held(api: &Api, document: &str, tag: &str, count: usize) -> Result<Vec<String>> {
    wait::until(&format!("{count} positions"), async || {
        let path = format!("/api/v1/documents/{document}/positions?place={tag}");
        let held = api.get(&path).await?;
        let all = held.pointer("/positions").and_then(Value::as_array).cloned();
        let all = all.unwrap_or_default();
        ensure!(all.len() == count, "{held}");
        all.iter().map(|one| text(one, "stance")).collect()
    })
    .await
}

async fn status(node: &Node, document: &str, tag: &str) -> Result<Value> {
    let content = node.api()?.document(document).await?;
    Ok(content.pointer(&format!("{tag}/status")).cloned().unwrap_or_default())
}

#[tokio::test]
async fn a_tag_is_proposed_discussed_agreed_and_put_in_use() -> Result<()> {
    play("comments", async |stage| {
        let pair = Pair::meet().await?;
        let example = places::read_example("tagging-convention.northmere.json")?;
        let council = pair.council.api()?;
        let document = council.import(&pair.workspace, &example).await?;
        let term = json!({
            "prefLabel": "Warm spaces", "code": "warmSpaces", "curie": "northmereNeed:warmSpaces",
            "definition": "Somewhere warm to be", "status": "proposed",
        });
        let add = json!([{"op": "add", "path": "/body/terms/0", "value": term}]);
        council.patch(&document, None, &add).await?;
        pair.agree(&document).await?;
        let tag = "/body/terms/0";

        let priya = stage.browser(&pair.charity).await?;
        priya.visit(&format!("/documents/{document}")).await?;
        priya.follow("Comment on Warm spaces, or say whether you agree").await?;
        priya.see("Somewhere warm to be").await?;
        priya.see("northmereNeed:warmSpaces").await?;
        axe::check(&priya).await?;
        priya.choose("We object to this").await?;
        priya.press("Send").await?;
        priya.see("Say what you object to").await?;
        axe::check(&priya).await?;
        priya.fill("Your comment", "Ring me on 07700 900123: it needs a bus.").await?;
        priya.press("Send").await?;
        priya.see("Is this about a person?").await?;
        axe::check(&priya).await?;
        priya.fill("Your comment", "Who has no bus gets nothing from it.").await?;
        priya.press("Send").await?;
        priya.see("1 objects").await?;
        ensure!(held(&council, &document, tag, 1).await? == ["objects"]);

        let sam = stage.browser(&pair.council).await?;
        sam.visit("/").await?;
        sam.see("wait").await?;
        sam.follow("Read the comments").await?;
        sam.see("Who has no bus gets nothing from it.").await?;
        axe::check(&sam).await?;
        sam.follow("Tag 1: Warm spaces").await?;
        sam.press("Put this tag in use").await?;
        sam.see("Read the objections").await?;
        axe::check(&sam).await?;
        ensure!(status(&pair.council, &document, tag).await? == "proposed");
        let words = json!([{"op": "replace", "path": "/body/terms/0/definition",
            "value": "Somewhere warm to be, with a way to get there"}]);
        council.patch(&document, None, &words).await?;
        pair.agree(&document).await?;

        priya.visit(&format!("/documents/{document}/comments?place={tag}")).await?;
        priya.see("This part has changed since").await?;
        priya.choose("We agree with this").await?;
        priya.press("Send").await?;
        priya.see("1 organisation agrees").await?;
        ensure!(held(&council, &document, tag, 1).await? == ["agrees"]);
        sam.visit(&format!("/documents/{document}/comments?place={tag}")).await?;
        sam.see("1 organisation agrees.").await?;
        sam.press("Put this tag in use").await?;
        sam.see("In use.").await?;
        axe::check(&sam).await?;
        ensure!(status(&pair.council, &document, tag).await? == "in_use");
        pair.agree(&document).await?;
        ensure!(status(&pair.charity, &document, tag).await? == "in_use");
        priya.visit("/activity").await?;
        axe::check(&priya).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_question_is_answered_settled_and_opened_again_without_scripts() -> Result<()> {
    play("comments-plain", async |stage| {
        let pair = Pair::meet().await?;
        let example = places::read_example("referral-pathway.cash-first.json")?;
        let document = pair.council.api()?.import(&pair.workspace, &example).await?;
        pair.agree(&document).await?;
        let priya = stage.browser_without_scripts(&pair.charity).await?;
        priya.visit(&format!("/documents/{document}/comments")).await?;
        priya.fill("Your comment", "Who keeps this up to date?").await?;
        priya.press("Send").await?;
        priya.see("The whole pathway").await?;
        let sam = stage.browser_without_scripts(&pair.council).await?;
        wait::until("the question to arrive", async || {
            sam.visit(&format!("/documents/{document}/comments")).await?;
            sam.see("Who keeps this up to date?").await
        })
        .await?;
        sam.press("Answer").await?;
        sam.see("Write your comment").await?;
        sam.fill(&format!("Answer Priya Shah ({})", pair.charity.name), "We do, every March.")
            .await?;
        sam.press("This is settled").await?;
        sam.see("1 discussion that is settled").await?;
        sam.visit(&format!("/documents/{document}")).await?;
        ensure!(!sam.read().await?.contains("goes on"), "a settled one goes on");
        Ok(())
    })
    .await
}
