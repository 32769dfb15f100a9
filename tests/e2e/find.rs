//! Finding things and seeing what is new.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::stage::{Pair, play};
use tests::{axe, places};

/// The tags that the two agreed on.
fn tags() -> Value {
    json!({"document_type": "tagging_convention", "title": "Shared tags", "body": {"terms": [
        {"prefLabel": "Warm rooms", "curie": "nm:warm", "altLabel": ["Warm banks"]},
        {"prefLabel": "Cold rooms", "curie": "nm:cold", "status": "deprecated", "replaced_by": "nm:warm"},
    ]}})
}

#[tokio::test]
async fn a_charity_finds_tags_and_hears_of_what_the_council_wrote() -> Result<()> {
    play("find", async |stage| {
        let pair = Pair::meet().await?;
        let example = places::read_example("referral-pathway.cash-first.json")?;
        let council = pair.council.api()?;
        let list = council.import(&pair.workspace, &tags()).await?;
        let document = council.import(&pair.workspace, &example).await?;
        pair.agree(&list).await?;
        pair.agree(&document).await?;
        let priya = stage.browser(&pair.charity).await?;

        priya.visit("/").await?;
        priya.follow("See all that changed since you last looked").await?;
        priya.see("Cash first").await?;
        axe::check(&priya).await?;
        priya.press("I have seen these changes").await?;
        priya.see("Nothing since then.").await?;
        let heads = council.heads(&document).await?;
        let patch = json!([{ "op": "replace", "path": "/title", "value": "Cash first, always" }]);
        council.patch(&document, Some(&heads), &patch).await?;
        pair.agree(&document).await?;
        priya.visit("/activity").await?;
        priya.see("changed title").await?;
        axe::check(&priya).await?;

        priya.visit(&format!("/documents/{document}/edit/tags")).await?;
        let tag = priya.value("Tag").await?;
        ensure!(!tag.is_empty(), "the example has tags");
        priya.fill("Tag", "warm banks").await?;
        axe::check(&priya).await?;
        priya.press("Save").await?;
        priya.see("Saved.").await?;
        pair.agree(&document).await?;
        let saved = council.document(&document).await?;
        ensure!(saved.pointer("/tags/0/curie") == Some(&json!("nm:warm")), "{saved}");

        priya.follow("Search").await?;
        priya.fill("Words", "CASH always").await?;
        priya.press("Search").await?;
        priya.see("1 document found").await?;
        axe::check(&priya).await?;
        priya.visit("/search?tag=Warm+banks").await?;
        priya.see("1 document found").await?;
        priya.follow("Cash first, always").await?;
        priya.see("Warm rooms").await?;
        priya.visit("/search?q=nobody-wrote-this").await?;
        priya.see("Nothing fits.").await?;
        axe::check(&priya).await
    })
    .await
}
