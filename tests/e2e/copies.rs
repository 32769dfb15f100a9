//! A region copies another's agreement by its signed file, both change it, the copy takes in what improved, is signed, and
//! the first region's officer checks the proof offline.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::browser::Browser;
use tests::node::Node;
use tests::stage::{Pair, play};
use tests::{axe, places};

#[tokio::test]
async fn a_region_copies_an_agreement_keeps_it_true_and_signs_it() -> Result<()> {
    play("copies", async |stage| {
        let pair = Pair::meet().await?;
        let mut saltway = Node::init("Saltway County Council", "council", "Ruth Okafor").await?;
        saltway.start().await?;
        let (northmere, region) = (pair.council.api()?, saltway.api()?);
        let example = places::read_example("data-sharing-agreement.cash-first.json")?;
        let original = northmere.import(&pair.workspace, &example).await?;
        let workspace = region.found("Saltway together").await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("agreement.json");
        std::fs::write(&file, northmere.export(&original, "bundle").await?)?;
        let chosen = file.to_str().context("a path that is not UTF-8")?;

        let ruth = stage.browser(&saltway).await?;
        ruth.visit(&format!("/workspaces/{workspace}/copy")).await?;
        axe::check(&ruth).await?;
        ruth.press("Check it and make a copy").await?;
        ruth.see("Choose a signed file").await?;
        axe::check(&ruth).await?;
        ruth.type_into("Signed file", chosen).await?;
        ruth.press("Check it and make a copy").await?;
        ruth.see("Copied from Northmere Borough Council").await?;
        axe::check(&ruth).await?;
        let copy = document_of(&ruth.path().await?)?;

        let months = "/body/information_governance/retention/period_months";
        let set =
            |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
        region.patch(&copy, None, &set("/title", json!("Saltway data sharing agreement"))).await?;
        region.patch(&copy, None, &set(months, json!(12))).await?;
        northmere.patch(&original, None, &set("/description", json!("Second edition."))).await?;
        northmere.patch(&original, None, &set(months, json!(9))).await?;
        std::fs::write(&file, northmere.export(&original, "bundle").await?)?;

        ruth.follow("See what is new there").await?;
        ruth.see("The original is not on this computer").await?;
        axe::check(&ruth).await?;
        ruth.type_into("Signed file", chosen).await?;
        ruth.press("Look at the file").await?;
        ruth.see("Only they changed this. It comes here.").await?;
        ruth.see("You changed this as well.").await?;
        axe::check(&ruth).await?;
        ruth.press("Take this in").await?;
        ruth.see("There is a problem").await?;
        axe::check(&ruth).await?;
        let before = region.document(&copy).await?;
        ensure!(before.pointer(months) == Some(&json!(12)), "taken in unasked: {before}");
        ruth.choose("Keep ours").await?;
        ruth.press("Take this in").await?;
        ruth.see("Taken in").await?;
        let now = region.document(&copy).await?;
        ensure!(now.pointer(months) == Some(&json!(12)), "{now}");
        ensure!(text(&now, "description")? == "Second edition.", "{now}");
        ensure!(text(&now, "title")? == "Saltway data sharing agreement", "{now}");
        ruth.follow("See what is new there").await?;
        ruth.see("Nothing is new there").await?;
        axe::check(&ruth).await?;

        sign(&ruth, &copy).await?;
        let proof = prove(&region, &copy, folder.path()).await?;
        let given = serde_json::from_slice(&std::fs::read(proof)?)?;
        let path = format!("/api/v1/documents/{original}/upstream");
        let back = northmere.ask(Method::PUT, &path, Some(&given)).await?;
        let offered = back.pointer("/changes").and_then(Value::as_array).context("no changes")?;
        ensure!(offered.iter().any(|one| one["path"] == "/title"), "{back}");
        Ok(())
    })
    .await
}

fn document_of(path: &str) -> Result<String> {
    let id = path.strip_prefix("/documents/").context("not at a document")?;
    Ok(id.split(['/', '?']).next().unwrap_or_default().to_owned())
}

async fn sign(ruth: &Browser, copy: &str) -> Result<()> {
    ruth.visit(&format!("/documents/{copy}/sign")).await?;
    ruth.fill("Their job title", "Director").await?;
    ruth.press("Sign").await?;
    ruth.see("Signed as it is now").await
}

/// Lets somebody who knows neither region check the copy's bundle; returns where it lies.
async fn prove(region: &Api, copy: &str, folder: &Path) -> Result<PathBuf> {
    let proof = folder.join("proof.json");
    std::fs::write(&proof, region.export(copy, "bundle").await?)?;
    let officer = Node::empty("Northmere's data protection officer")?;
    let file = proof.to_str().context("a path that is not UTF-8")?;
    let proven = officer.json(&["verify", "--json", file]).await?;
    let signature = proven.pointer("/documents/0/signatures/0").context("no signature")?;
    ensure!(text(signature, "title")? == "Director", "{signature}");
    let said = signature.pointer("/content/title").and_then(Value::as_str);
    ensure!(said == Some("Saltway data sharing agreement"), "{said:?}");
    Ok(proof)
}
