//! An invite is read out on the phone, and the words are typed at the other organisation.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::api::text;
use tests::browser::Browser;
use tests::node::Node;
use tests::stage::{play, wait_for_members};

use crate::people;

#[tokio::test]
async fn an_invite_is_read_out_on_the_phone_and_typed_into_the_page() -> Result<()> {
    play("phrase", async |stage| {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
        council.start().await?;
        charity.start().await?;
        let sam = stage.browser(&council).await?;
        let priya = stage.browser_without_scripts(&charity).await?;
        people::set_up(&sam, "three random words 1").await?;
        people::set_up(&priya, "three random words 2").await?;
        let workspace = people::create_workspace(&sam, "Northmere together").await?;
        people::make_invite(&sam, &workspace).await?;
        tests::axe::check(&sam).await?;
        let words = read_words(&sam).await?;
        ensure!(words.len() == 15, "{words:?}");

        // A word is misheard, and said to be; then two are swapped.
        let mut wrong = words.clone();
        *wrong.get_mut(3).context("a fourth word")? = String::from("zzebra");
        type_words(&priya, &wrong.join(" ")).await?;
        priya.see("Word 4, \"zzebra\"").await?;
        priya.see("\"zebra\"").await?;
        wrong.clone_from(&words);
        wrong.swap(0, 1);
        type_words(&priya, &wrong.join(" ")).await?;
        ensure!(!priya.read().await?.contains("What you are invited to"), "words were swapped");

        let typed: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
        type_words(&priya, &typed.join(",   ")).await?;
        priya.see("What you are invited to").await?;
        priya.see("Northmere Borough Council").await?;
        priya.press("Join").await?;
        wait_for_members(&council.api()?, &workspace, 2).await?;

        // It was for one: now the words stand for nothing.
        let mut late = Node::init("Open Door", "vcs", "Ade Obi").await?;
        late.start().await?;
        let answer = late.api()?.try_join(&words.join(" ")).await?;
        ensure!(answer.status == 422, "{}", answer.status);
        ensure!(answer.sentence()?.contains("has no invite for these words"), "{answer:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn programs_and_commands_join_with_a_phrase() -> Result<()> {
    let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    council.start().await?;
    let workspace = council.api()?.found("Northmere together").await?;
    let port = council_port(&council)?;
    let wishes = json!({"role": "editor", "uses": 2, "phrase_at": format!("localhost:{port}")});
    let made = council.api()?.invite_with(&workspace, &wishes).await?;
    let named = text(&made, "phrase")?;
    ensure!(named.ends_with(&format!(" at localhost port {port}")), "{named}");

    let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
    charity.start().await?;
    let words: Vec<&str> = named.split(' ').collect();
    let joined = charity.json(&[&["join", "--json"], words.as_slice()].concat()).await?;
    ensure!(text(&joined, "state")? == "joined", "{joined}");
    wait_for_members(&council.api()?, &workspace, 2).await?;

    council.stop().await?;
    let mut late = Node::init("Open Door", "vcs", "Ade Obi").await?;
    late.start().await?;
    let answer = late.api()?.try_join(&named).await?;
    ensure!(answer.sentence()?.contains("No Fingerpost answered at localhost"), "{answer:?}");
    Ok(())
}

fn council_port(council: &Node) -> Result<String> {
    let ready = council.ready()?;
    let listen = ready.pointer("/listen/0").and_then(serde_json::Value::as_str);
    let listen = listen.with_context(|| format!("no address in {ready}"))?;
    let port = listen.split('/').nth(4).with_context(|| format!("no port in {listen}"))?;
    Ok(port.to_owned())
}

async fn read_words(browser: &Browser) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('ol[aria-label=\"The words of the invite\"] li')].map(word => word.textContent.trim())";
    let words = browser.run(script, Vec::new()).await?;
    serde_json::from_value(words).context("the words are no texts")
}

async fn type_words(browser: &Browser, words: &str) -> Result<()> {
    browser.visit("/join").await?;
    browser.fill("Invite text or words", words).await?;
    browser.press("Continue").await
}
