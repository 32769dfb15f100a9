//! A second computer of one organisation, added by a code: real processes, and another organisation that looks on.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::node::Node;
use tests::places;
use tests::stage::{Pair, play};
use tests::wait;

/// Makes a code on the command line of a node.
async fn code(node: &Node, expires: &str) -> Result<Value> {
    node.json(&["node", "add", "--json", "--expires", expires]).await
}

fn joining<'a>(code: &'a str, person: &'a str) -> [&'a str; 6] {
    ["node", "join", "--json", code, "--person", person]
}

/// Adds a second computer, and starts it.
async fn second_of(node: &Node) -> Result<Node> {
    let code = text(&code(node, "1h").await?, "code")?;
    let mut second = Node::empty(&node.name)?;
    second.made = second.json(&joining(&code, "Tom Reed")).await?;
    second.start().await?;
    Ok(second)
}

async fn refused(code: &str) -> Result<String> {
    let nobody = Node::empty("Nobody")?;
    let output = nobody.run(&joining(code, "Nobody")).await?;
    ensure!(!output.status.success(), "the code was taken");
    ensure!(!nobody.data().join("identity.cbor").exists(), "something was made");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn see_title(api: &Api, document: &str, title: &str) -> Result<()> {
    wait::until(&format!("the title {title:?}"), async || {
        let found = text(&api.document(document).await?, "title")?;
        ensure!(found == title, "{found}");
        Ok(())
    })
    .await
}

async fn retitle(api: &Api, document: &str, title: &str) -> Result<()> {
    let patch = json!([{ "op": "replace", "path": "/title", "value": title }]);
    let status = api.try_patch(document, None, &patch).await?.status;
    ensure!(status == 200, "answered {status}");
    Ok(())
}

async fn see_workspace(api: &Api, workspace: &str) -> Result<()> {
    wait::until("the workspace", async || api.get(&format!("/api/v1/workspaces/{workspace}")).await)
        .await
        .map(drop)
}

#[tokio::test]
async fn a_second_computer_is_added_by_a_code_and_works_without_the_first() -> Result<()> {
    play("second computer", async |stage| {
        let mut pair = Pair::meet().await?;
        let example = places::read_example("referral-pathway.cash-first.json")?;
        let document = pair.council.api()?.import(&pair.workspace, &example).await?;
        let second = second_of(&pair.council).await?;
        ensure!(
            second.made.pointer("/organization/id")
                == pair.council.made.pointer("/organization/id"),
            "another organisation: {}",
            second.made
        );
        see_workspace(&second.api()?, &pair.workspace).await?;
        retitle_when_there(&second.api()?, &document, "From the second computer").await?;
        for node in [&pair.council, &pair.charity] {
            see_title(&node.api()?, &document, "From the second computer").await?;
        }
        let charity = pair.charity.api()?;
        let path = format!("/api/v1/workspaces/{}/history", pair.workspace);
        let history = charity.list(&path).await?;
        ensure!(
            history
                .iter()
                .any(|it| it.to_string().contains("for which another of its computers vouches")),
            "the other organisation is not told: {history:?}"
        );

        // A workspace that either of them starts or joins.
        let started = second.api()?.found("Started on the second").await?;
        see_workspace(&pair.council.api()?, &started).await?;
        let elsewhere = pair.charity.api()?.found("The charity's").await?;
        let invite = pair.charity.api()?.invite(&elsewhere).await?;
        pair.council.api()?.try_join(&invite).await?;
        see_workspace(&second.api()?, &elsewhere).await?;

        // The first is off: the second and the charity go on.
        pair.council.stop().await?;
        retitle(&second.api()?, &document, "Without the first").await?;
        see_title(&pair.charity.api()?, &document, "Without the first").await?;
        pair.council.start().await?;
        see_title(&pair.council.api()?, &document, "Without the first").await?;

        let browser = stage.browser(&pair.council).await?;
        browser.visit("/settings/computers").await?;
        let added = text(&second.made, "node")?;
        browser.see(&added).await?;
        end(&second, &text(&pair.council.made, "node")?).await?;
        // It is told, and adds no computer any more.
        wait::until("the first to know that it is ended", async || {
            let added = pair.council.run(&["node", "add"]).await?;
            let said = String::from_utf8_lossy(&added.stderr).into_owned();
            ensure!(said.contains("This computer was ended"), "{said}");
            Ok(())
        })
        .await?;
        retitle(&second.api()?, &document, "The second alone").await?;
        see_title(&pair.charity.api()?, &document, "The second alone").await
    })
    .await
}

async fn retitle_when_there(api: &Api, document: &str, title: &str) -> Result<()> {
    wait::until("the document", async || api.document(document).await).await?;
    retitle(api, document, title).await
}

async fn end(by: &Node, node: &str) -> Result<()> {
    let path = format!("/api/v1/nodes/{node}");
    by.api()?.send(Method::DELETE, &path, Some(("application/json", b"{}".to_vec()))).await?;
    let listed = by.api()?.list("/api/v1/nodes").await?;
    let ended = listed.iter().find(|it| it.get("id").and_then(Value::as_str) == Some(node));
    let ended = ended.context("it is not listed")?;
    ensure!(ended.get("ended") == Some(&Value::Bool(true)), "{ended}");
    Ok(())
}

#[tokio::test]
async fn a_code_that_was_used_withdrawn_changed_or_is_over_adds_nothing() -> Result<()> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    node.start().await?;
    let used = text(&code(&node, "1h").await?, "code")?;
    let second = Node::empty(&node.name)?;
    second.json(&joining(&used, "Tom Reed")).await?;
    let said = refused(&used).await?;
    ensure!(said.contains("used already"), "{said}");

    let withdrawn = code(&node, "1h").await?;
    node.succeed(&["node", "withdraw", &text(&withdrawn, "id")?]).await?;
    let said = refused(&text(&withdrawn, "code")?).await?;
    ensure!(said.contains("does not know the code"), "{said}");

    let over = text(&code(&node, "1s").await?, "code")?;
    wait::pass(std::time::Duration::from_millis(1_100)).await;
    let said = refused(&over).await?;
    ensure!(said.contains("time is over"), "{said}");

    let mut changed = text(&code(&node, "1h").await?, "code")?;
    let last = changed.pop();
    changed.push(if last == Some('A') { 'B' } else { 'A' });
    let said = refused(&changed).await?;
    ensure!(said.contains("damaged"), "{said}");
    Ok(())
}
