//! Matching tags: two regions make one table of their lists, say what matches, and both sign it.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::browser::Browser;
use tests::stage::{Pair, play};
use tests::{axe, wait};

/// The list of the other region, which calls some things otherwise.
fn saltway() -> Value {
    json!({"document_type": "tagging_convention", "title": "Saltway tags", "status": "agreed", "body": {
        "taxonomy": {"name": "Saltway tags", "uri": "https://tags.saltway.example", "curie_prefix": "saltwayTag"},
        "external_vocabularies": [],
        "terms": [
            {"code": "food", "curie": "saltwayTag:food", "prefLabel": "Food", "status": "in_use",
             "mappings": [{"relation": "exactMatch", "target": "openEligibility:1102", "label": "Food"}]},
            {"code": "grief", "curie": "saltwayTag:grief", "prefLabel": "Grief", "altLabel": ["Bereavement"], "status": "in_use"},
            {"code": "transport", "curie": "saltwayTag:transport", "prefLabel": "Getting about without a car", "status": "in_use"},
        ],
    }})
}

#[tokio::test]
async fn two_regions_say_which_tags_match_and_both_sign() -> Result<()> {
    play("crosswalks", async |stage| {
        let pair = Pair::meet().await?;
        let (council, charity) = (pair.council.api()?, pair.charity.api()?);
        let northmere = tests::places::read_example("tagging-convention.northmere.json")?;
        let first = council.import(&pair.workspace, &northmere).await?;
        let second = charity.import(&pair.workspace, &saltway()).await?;
        pair.agree(&first).await?;
        pair.agree(&second).await?;

        let priya = stage.browser(&pair.charity).await?;
        let table = make(&priya, &pair.workspace).await?;
        priya.visit(&format!("/documents/{table}")).await?;
        priya.see("2 matches: 0 agreed, 2 to look at").await?;
        priya.see("Both are compared with Food").await?;
        priya.see("They mean nearly the same (2)").await?;
        axe::check(&priya).await?;
        say_what_is_right(&priya, &table).await?;

        // The council reads the same, signs it, and sees who has not.
        pair.agree(&table).await?;
        let sam = stage.browser_without_scripts(&pair.council).await?;
        sam.visit(&format!("/documents/{table}")).await?;
        sam.see("2 matches: 2 agreed, 0 to look at").await?;
        for browser in [&sam, &priya] {
            browser.visit(&format!("/documents/{table}/signatures")).await?;
            browser.follow("Read and sign").await?;
            browser.fill("Their job title", "Data lead").await?;
            browser.press("Sign").await?;
            browser.see("Signed as it is now").await?;
        }
        axe::check(&priya).await?;
        wait::until("both signatures at the council", async || {
            let page = council.list(&format!("/api/v1/documents/{table}/signatures")).await?;
            ensure!(page.len() == 2, "{page:?}");
            Ok(())
        })
        .await?;
        sam.visit(&format!("/documents/{table}")).await?;
        sam.see("2 organisations have signed this as it is now.").await?;
        let turtle = String::from_utf8(council.export(&table, "turtle").await?)?;
        ensure!(turtle.contains("skos:exactMatch <https://tags.saltway.example#food>"), "{turtle}");

        // What is changed after that is another version: both are behind.
        let note = json!([{"op": "add", "path": "/body/mappings/1/note", "value": "Look again"}]);
        council.patch(&table, None, &note).await?;
        sam.visit(&format!("/documents/{table}/signatures")).await?;
        sam.see("Signed an earlier version").await?;
        Ok(())
    })
    .await
}

/// Makes the table from the two lists, after a try without them, and returns its id.
async fn make(priya: &Browser, workspace: &str) -> Result<String> {
    priya.visit(&format!("/workspaces/{workspace}/documents/kinds")).await?;
    priya.follow("Create a table of matching tags").await?;
    priya.follow("Make it from two lists of tags, with matches proposed").await?;
    axe::check(priya).await?;
    priya.press("Propose matches").await?;
    priya.see("There is a problem").await?;
    priya.see("Choose the first list").await?;
    axe::check(priya).await?;
    priya.type_into("First list", "Northmere").await?;
    priya.type_into("Second list", "Saltway").await?;
    priya.press("Propose matches").await?;
    priya.see("2 matches proposed.").await?;
    let path = priya.path().await?;
    path.strip_prefix("/documents/").map(str::to_owned).with_context(|| path.clone())
}

/// Says of the first proposal that the tags mean the same, after forgetting which.
async fn say_what_is_right(priya: &Browser, table: &str) -> Result<()> {
    priya.visit(&format!("/documents/{table}/edit")).await?;
    axe::check(priya).await?;
    priya.follow("Change match 1").await?;
    axe::check(priya).await?;
    priya.fill("Second tag: short code", " ").await?;
    priya.fill("Second tag: web address", " ").await?;
    priya.press("Save").await?;
    priya.see("Say which tag of the second list is meant").await?;
    axe::check(priya).await?;
    priya.fill("Second tag: short code", "saltwayTag:food").await?;
    priya.fill("Second tag: web address", "https://tags.saltway.example#food").await?;
    priya.choose("They mean the same").await?;
    priya.choose("Agreed").await?;
    priya.press("Save").await?;
    priya.see("Saved.").await?;
    priya.follow("Look through what is proposed").await?;
    axe::check(priya).await?;
    priya.press("Agree to what is ticked").await?;
    priya.see("Tick the matches that are right").await?;
    axe::check(priya).await?;
    priya.choose("“Bereavement” means nearly the same as “Grief”").await?;
    priya.press("Agree to what is ticked").await?;
    priya.see("1 match agreed.").await
}
