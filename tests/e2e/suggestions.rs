//! Suggestions: a charity that may not change a pathway says how it should read, and the council decides.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::browser::Browser;
use tests::node::Node;
use tests::stage::{Pair, play};
use tests::{axe, places, wait};

/// Gives the charity another role, and waits until it knows.
async fn give_role(pair: &Pair, role: &str) -> Result<()> {
    let (council, charity) = (pair.council.api()?, pair.charity.api()?);
    let id = charity.get("/api/v1/status").await?;
    let id = id.pointer("/organization/id").and_then(Value::as_str).context("no id")?.to_owned();
    let path = format!("/api/v1/workspaces/{}/members/{id}", pair.workspace);
    council.ask(Method::PATCH, &path, Some(&json!({ "role": role }))).await?;
    wait::until(&format!("the charity to be a {role}"), async || {
        let workspace = charity.get(&format!("/api/v1/workspaces/{}", pair.workspace)).await?;
        ensure!(text(&workspace, "role")? == role, "{workspace}");
        Ok(())
    })
    .await
}

/// A pathway of the council that has arrived at the charity.
async fn pathway(pair: &Pair) -> Result<String> {
    let example = places::read_example("referral-pathway.cash-first.json")?;
    let document = pair.council.api()?.import(&pair.workspace, &example).await?;
    pair.agree(&document).await?;
    Ok(document)
}

/// Waits until a node shows so many suggestions in one state, and returns their ids.
async fn in_state(api: &Api, document: &str, state: &str, count: usize) -> Result<Vec<String>> {
    wait::until(&format!("{count} {state} suggestions"), async || {
        let all = api.list(&format!("/api/v1/documents/{document}/suggestions")).await?;
        let found: Vec<String> = all
            .iter()
            .filter(|one| text(one, "state").is_ok_and(|it| it == state))
            .map(|one| text(one, "id"))
            .collect::<Result<_>>()?;
        ensure!(found.len() == count, "{all:?}");
        Ok(found)
    })
    .await
}

/// Suggests another end of the summary, as a person does.
async fn suggest(browser: &Browser, document: &str, words: &str, why: &str) -> Result<()> {
    browser.visit(&format!("/documents/{document}")).await?;
    browser.follow("Suggest a change").await?;
    browser.follow("Change Title and summary").await?;
    browser.type_at_end(crate::people::SUMMARY, words).await?;
    browser.fill("Why do you suggest this?", why).await?;
    browser.press("Send suggestion").await?;
    browser.see("Suggestion sent").await
}

/// Sends JSON and returns the status.
async fn post(api: &Api, path: &str, body: &Value) -> Result<u16> {
    let body = ("application/json", body.to_string().into_bytes());
    Ok(api.send(Method::POST, path, Some(body)).await?.status)
}

async fn summary(node: &Node, document: &str) -> Result<String> {
    text(&node.api()?.document(document).await?, "description")
}

#[tokio::test]
async fn a_suggestion_is_taken_in_with_what_others_wrote_and_another_is_declined() -> Result<()> {
    play("suggestions", async |stage| {
        let pair = Pair::meet().await?;
        give_role(&pair, "contributor").await?;
        let document = pathway(&pair).await?;
        let priya = stage.browser(&pair.charity).await?;
        suggest(&priya, &document, " Ring us first.", "People come too late.").await?;
        axe::check(&priya).await?;
        priya.see("Waits for an answer").await?;
        for page in ["suggest", "suggest/about", "suggestions"] {
            priya.visit(&format!("/documents/{document}/{page}")).await?;
            axe::check(&priya).await?;
        }
        let council = pair.council.api()?;
        let id = in_state(&council, &document, "open", 1).await?.remove(0);
        ensure!(!summary(&pair.council, &document).await?.contains("Ring us first"), "changed");

        // The council writes at the other end of the same text before it looks.
        let before = summary(&pair.council, &document).await?;
        let patch =
            json!([{ "op": "replace", "path": "/description", "value": format!("New. {before}") }]);
        council.patch(&document, None, &patch).await?;
        let sam = stage.browser(&pair.council).await?;
        sam.visit(&format!("/documents/{document}")).await?;
        sam.follow("1 suggestion waits for an answer").await?;
        axe::check(&sam).await?;
        sam.visit(&format!("/documents/{document}/suggestions/{id}")).await?;
        sam.see("People come too late.").await?;
        sam.see("Ring us first.").await?;
        axe::check(&sam).await?;
        sam.press("Take this in").await?;
        sam.see("Taken in by Sam Ali").await?;
        let now = summary(&pair.council, &document).await?;
        ensure!(now == format!("New. {before} Ring us first."), "{now}");
        pair.agree(&document).await?;
        in_state(&pair.charity.api()?, &document, "taken", 1).await?;
        sam.visit(&format!("/documents/{document}/history")).await?;
        sam.see(&format!("took in a suggestion by Priya Shah ({})", pair.charity.name)).await?;

        suggest(&priya, &document, " And twice.", "").await?;
        let id = in_state(&council, &document, "open", 1).await?.remove(0);
        sam.visit(&format!("/documents/{document}/suggestions/{id}")).await?;
        sam.press("Decline").await?;
        sam.see("Enter a reason").await?;
        axe::check(&sam).await?;
        sam.fill("Why do you decline it?", "Once is enough.").await?;
        sam.press("Decline").await?;
        sam.see("Declined by Sam Ali").await?;
        in_state(&pair.charity.api()?, &document, "declined", 1).await?;
        priya.visit(&format!("/documents/{document}/suggestions/{id}")).await?;
        priya.see("Once is enough.").await
    })
    .await
}

#[tokio::test]
async fn without_scripts_a_contributor_suggests_and_takes_back_and_a_reader_can_do_neither()
-> Result<()> {
    play("suggestions-plain", async |stage| {
        let pair = Pair::meet().await?;
        give_role(&pair, "contributor").await?;
        let document = pathway(&pair).await?;
        let priya = stage.browser_without_scripts(&pair.charity).await?;
        suggest(&priya, &document, " Ring us first.", "").await?;
        priya.press("Take it back").await?;
        priya.see("Taken back by Priya Shah").await?;
        in_state(&pair.council.api()?, &document, "withdrawn", 1).await?;

        give_role(&pair, "reader").await?;
        priya.visit(&format!("/documents/{document}")).await?;
        let page = priya.read().await?;
        ensure!(!page.contains("Suggest a change") && !page.contains("Edit draft"), "{page}");
        let charity = pair.charity.api()?;
        let path = format!("/api/v1/documents/{document}/suggestions");
        let body = json!({ "patch": { "title": "Mine" } });
        let status = post(&charity, &path, &body).await?;
        ensure!(status == 403, "a reader suggests: {status}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn programs_suggest_and_answer_and_who_may_only_suggest_is_told_so() -> Result<()> {
    let pair = Pair::meet().await?;
    give_role(&pair, "contributor").await?;
    let document = pathway(&pair).await?;
    let charity = pair.charity.api()?;
    let patch = json!([{ "op": "replace", "path": "/title", "value": "Advice first" }]);
    let refused = charity.try_patch(&document, None, &patch).await?;
    ensure!(refused.status == 403, "{}", refused.status);
    ensure!(refused.sentence()?.contains("Suggest the change instead"), "{}", refused.sentence()?);

    let data = ["doc", "suggest", &document, "--set", "/title=Advice first", "--note", "Clearer"];
    pair.charity.succeed(&data).await?;
    let council = pair.council.api()?;
    let id = in_state(&council, &document, "open", 1).await?.remove(0);
    let path = format!("/api/v1/documents/{document}/suggestions/{id}");
    let shown = council.get(&path).await?;
    ensure!(shown.pointer("/content/title") == Some(&json!("Advice first")), "{shown}");
    pair.council.succeed(&["doc", "answer", &document, &id, "take"]).await?;
    let now = text(&council.document(&document).await?, "title")?;
    ensure!(now == "Advice first", "{now}");
    let again = json!({ "verdict": "declined" });
    let status = post(&council, &format!("{path}/answers"), &again).await?;
    ensure!(status == 403, "a second answer: {status}");

    // Who may suggest is the audience's to say.
    let audience = json!({ "read": "workspace", "suggest": [], "write": "workspace" });
    council
        .ask(Method::PUT, &format!("/api/v1/documents/{document}/audience"), Some(&audience))
        .await?;
    wait::until("the charity to lose the right", async || {
        let seen = charity.document(&document).await?;
        ensure!(seen.get("may_suggest") == Some(&json!(false)), "{seen}");
        Ok(())
    })
    .await?;
    let body = json!({ "patch": { "title": "Mine" } });
    let path = format!("/api/v1/documents/{document}/suggestions");
    let status = post(&charity, &path, &body).await?;
    ensure!(status == 403, "suggested without the right: {status}");
    Ok(())
}
