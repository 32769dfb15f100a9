//! Two people in one field at once, each on their own node.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::browser::Browser;
use tests::places;
use tests::stage::{Pair, Stage, play};
use tests::wait;
use thirtyfour::Key;

use crate::people;

/// No letter may take longer from one person's key to the other person's page.
const SLOWEST: Duration = Duration::from_secs(2);
const LETTERS: &str = "quick words";

/// Notes when the field's text first had each length, by the clock that all browsers of one machine share.
const NOTE_LENGTHS: &str = "const field = arguments[0];
    const note = () => { (window.lengths ??= {})[field.value.length] ??= Date.now(); };
    field.addEventListener('input', note);
    setInterval(note, 1);";

/// Two browsers in the detail of the first step, at two nodes.
async fn meet_in_a_field(stage: &mut Stage) -> Result<(Pair, Browser, Browser, String)> {
    let pair = Pair::meet().await?;
    let example = places::read_example("referral-pathway.cash-first.json")?;
    let document = pair.council.api()?.import(&pair.workspace, &example).await?;
    pair.agree(&document).await?;
    let sam = stage.browser(&pair.council).await?;
    let priya = stage.browser(&pair.charity).await?;
    for browser in [&sam, &priya] {
        browser.visit(&format!("/documents/{document}/edit")).await?;
        browser.follow("Change step 1").await?;
        browser.field(people::DETAIL).await?;
    }
    Ok((pair, sam, priya, document))
}

/// Waits until both fields hold the same text for which `holds`, and returns it.
async fn both(
    sam: &Browser,
    priya: &Browser,
    what: &str,
    holds: impl Fn(&str) -> bool,
) -> Result<String> {
    wait::until(what, async || {
        let (here, there) = (sam.value(people::DETAIL).await?, priya.value(people::DETAIL).await?);
        ensure!(here == there && holds(&here), "{here:?} and {there:?}");
        Ok(here)
    })
    .await
}

#[tokio::test]
async fn letters_cross_while_both_type_and_nobody_loses_caret_or_undo() -> Result<()> {
    play("live", async |stage| {
        let (pair, sam, priya, document) = meet_in_a_field(stage).await?;
        sam.type_at_end(people::DETAIL, "").await?;
        priya.see("Sam Ali (Northmere Borough Council) is editing this").await?;
        priya.type_at_end(people::DETAIL, "").await?;
        sam.see("Priya Shah (Harbour Lane Advice Centre) is editing this").await?;

        letters_cross_fast(stage, &sam, &priya).await?;
        carets_stay(&sam, &priya).await?;
        undo_takes_back_ones_own_only(&sam, &priya).await?;
        let shown = sam.value(people::DETAIL).await?;
        let export: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
        let kept =
            export.pointer("/body/steps/0/detail").and_then(Value::as_str).context("no detail")?;
        ensure!(kept == shown, "kept {kept:?}, shown {shown:?}");
        Ok(())
    })
    .await
}

/// Measures from key to letter, both ways.
async fn letters_cross_fast(stage: &Stage, sam: &Browser, priya: &Browser) -> Result<()> {
    for (from, to, name) in [(sam, priya, "council to charity"), (priya, sam, "charity to council")]
    {
        let start = from.value(people::DETAIL).await?.encode_utf16().count();
        for browser in [from, to] {
            let field = browser.field(people::DETAIL).await?.to_json()?;
            browser.run("window.lengths = undefined;", Vec::new()).await?;
            browser.run(NOTE_LENGTHS, vec![field]).await?;
        }
        for letter in LETTERS.chars() {
            from.type_into(people::DETAIL, &letter.to_string()).await?;
        }
        both(sam, priya, "the letters on both pages", |text| text.ends_with(LETTERS)).await?;
        let end = start + LETTERS.chars().count();
        let (sent, seen) = (lengths(from, start, end).await?, lengths(to, start, end).await?);
        let mut waits: Vec<u64> =
            sent.iter().zip(&seen).map(|(sent, seen)| seen.saturating_sub(*sent)).collect();
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).copied().context("nothing was measured")?;
        let slowest = waits.last().copied().context("nothing was measured")?;
        stage.report(&format!(
            "{name}: from key to letter {median} ms (median), {slowest} ms (slowest of {})",
            waits.len()
        ));
        ensure!(u128::from(slowest) < SLOWEST.as_millis(), "{waits:?}");
    }
    Ok(())
}

/// Returns when the text first was longer than each of these lengths; several letters may have come at once.
async fn lengths(browser: &Browser, start: usize, end: usize) -> Result<Vec<u64>> {
    let noted = browser.run("return window.lengths;", Vec::new()).await?;
    let noted = noted.as_object().context("no lengths were noted")?;
    let mut pairs = Vec::new();
    for (length, time) in noted {
        pairs.push((length.parse::<usize>()?, time.as_u64().context("no time")?));
    }
    (start + 1..=end)
        .map(|wanted| {
            let times = pairs.iter().filter(|(length, _)| *length >= wanted).map(|(_, time)| *time);
            times.min().with_context(|| format!("never {wanted} letters in {pairs:?}"))
        })
        .collect()
}

/// While one types at the start, the other's caret stays between the same letters, and what they type lands there.
async fn carets_stay(sam: &Browser, priya: &Browser) -> Result<()> {
    let place_caret =
        "arguments[0].focus(); arguments[0].setSelectionRange(arguments[1], arguments[1]);";
    let before = priya.value(people::DETAIL).await?;
    let place = before.find("prompt").context("the example says prompt")?;
    priya
        .run(place_caret, vec![priya.field(people::DETAIL).await?.to_json()?, json!(place)])
        .await?;
    sam.run(place_caret, vec![sam.field(people::DETAIL).await?.to_json()?, json!(0)]).await?;
    // The protocol of the driver puts the caret at the end before it types; keys go to the element with the focus.
    sam.keys("First. ").await?;
    both(sam, priya, "the new beginning", |text| text.starts_with("First. ")).await?;
    priya.keys("very ").await?;
    both(sam, priya, "the word at the caret", |text| text.contains("very prompt")).await?;
    Ok(())
}

async fn undo_takes_back_ones_own_only(sam: &Browser, priya: &Browser) -> Result<()> {
    sam.type_at_end(people::DETAIL, " Sams").await?;
    both(sam, priya, "Sam's word", |text| text.contains(" Sams")).await?;
    priya.type_at_end(people::DETAIL, " Priyas").await?;
    both(sam, priya, "Priya's word", |text| text.contains(" Priyas")).await?;
    for _press in 0.." Sams".len() {
        let text = sam.value(people::DETAIL).await?;
        if !text.contains("Sams") {
            break;
        }
        sam.chord(Key::Control, "z").await?;
    }
    both(sam, priya, "Sam's undo", |text| !text.contains("Sams") && text.contains(" Priyas"))
        .await?;
    Ok(())
}

#[tokio::test]
async fn what_is_typed_while_the_node_is_away_is_kept_and_saved_when_it_is_back() -> Result<()> {
    play("live-away", async |stage| {
        let (mut pair, sam, priya, document) = meet_in_a_field(stage).await?;
        sam.type_at_end(people::DETAIL, " Before.").await?;
        both(&sam, &priya, "the first words", |text| text.ends_with(" Before.")).await?;
        pair.council.kill().await?;
        sam.see("Not connected to the node").await?;
        sam.type_at_end(people::DETAIL, " Meanwhile.").await?;
        priya.type_at_end(people::DETAIL, " Elsewhere.").await?;
        pair.council.start().await?;
        let holds = |text: &str| text.contains(" Meanwhile.") && text.contains(" Elsewhere.");
        let shown = both(&sam, &priya, "both people's words", holds).await?;
        let export: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
        let kept =
            export.pointer("/body/steps/0/detail").and_then(Value::as_str).context("no detail")?;
        ensure!(kept == shown, "kept {kept:?}, shown {shown:?}");
        Ok(())
    })
    .await
}
