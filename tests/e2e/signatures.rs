//! Signing: a charity signs what it reads, the council goes on writing, and somebody else checks the proof on a computer of
//! their own.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::node::Node;
use tests::stage::{Pair, play};
use tests::{axe, places, wait};

fn title(to: &str) -> Value {
    json!([{ "op": "replace", "path": "/title", "value": to }])
}

/// Waits until a node shows one signature in a state, and returns it.
async fn in_state(api: &Api, document: &str, state: &str) -> Result<Value> {
    wait::until(&format!("a signature that is {state}"), async || {
        let all = api.list(&format!("/api/v1/documents/{document}/signatures")).await?;
        let found = all.iter().find(|one| text(one, "state").is_ok_and(|it| it == state));
        found.cloned().with_context(|| format!("{all:?}"))
    })
    .await
}

#[tokio::test]
async fn what_a_charity_signs_stays_as_it_was_and_proves_itself_elsewhere() -> Result<()> {
    play("signatures", async |stage| {
        let pair = Pair::meet().await?;
        let example = places::read_example("data-sharing-agreement.cash-first.json")?;
        let (council, charity) = (pair.council.api()?, pair.charity.api()?);
        let document = council.import(&pair.workspace, &example).await?;
        pair.agree(&document).await?;
        let signed_title = text(&council.document(&document).await?, "title")?;

        let priya = stage.browser(&pair.charity).await?;
        priya.visit(&format!("/documents/{document}")).await?;
        priya.follow("Signatures").await?;
        priya.see("Nobody has signed this agreement").await?;
        axe::check(&priya).await?;
        priya.follow("Read and sign").await?;
        axe::check(&priya).await?;
        priya.press("Sign").await?;
        priya.see("There is a problem").await?;
        axe::check(&priya).await?;
        priya.fill("Their job title", "Chief executive").await?;
        priya.press("Sign").await?;
        priya.see("Signed as it is now").await?;
        axe::check(&priya).await?;

        in_state(&council, &document, "current").await?;
        council.patch(&document, None, &title("Another title")).await?;
        let behind = in_state(&charity, &document, "behind").await?;
        let id = text(&behind, "id")?;
        priya.visit(&format!("/documents/{document}/signatures")).await?;
        priya.see("Signed an earlier version").await?;
        let (from, to) = (text(&behind, "heads")?, charity.heads(&document).await?);
        priya.visit(&format!("/documents/{document}/compare?from={from}&to={to}")).await?;
        priya.see("Another title").await?;
        axe::check(&priya).await?;
        priya.press("Beside each other").await?;
        priya.see("Another title").await?;
        axe::check(&priya).await?;
        for page in ["", "/print"] {
            priya.visit(&format!("/documents/{document}/signatures/{id}{page}")).await?;
            priya.see(&signed_title).await?;
            axe::check(&priya).await?;
        }

        let bundle = council.export(&document, "bundle").await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("bundle.json");
        std::fs::write(&file, &bundle)?;
        let file = file.to_str().context("a path that is not UTF-8")?;
        let officer = Node::empty("A data protection officer")?;
        let proven = officer.json(&["verify", "--json", file]).await?;
        let signature = proven.pointer("/documents/0/signatures/0").context("no signature")?;
        ensure!(text(signature, "id")? == id, "{signature}");
        let said = signature.pointer("/content/title").and_then(Value::as_str);
        ensure!(said == Some(signed_title.as_str()), "{said:?}");
        ensure!(text(signature, "title")? == "Chief executive", "{signature}");

        priya.visit(&format!("/documents/{document}/signatures/{id}/withdraw")).await?;
        axe::check(&priya).await?;
        priya.fill("Reason", "The title is not what we agreed.").await?;
        priya.press("Take it back").await?;
        priya.see("Taken back").await?;
        axe::check(&priya).await?;
        in_state(&council, &document, "withdrawn").await?;

        let sam = stage.browser_without_scripts(&pair.council).await?;
        sam.visit(&format!("/documents/{document}/signatures")).await?;
        sam.follow("Read and sign").await?;
        sam.fill("Their job title", "Head of partnerships").await?;
        sam.press("Sign").await?;
        sam.see("Signed as it is now").await?;
        in_state(&charity, &document, "current").await?;
        Ok(())
    })
    .await
}
