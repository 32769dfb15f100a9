//! J4: twenty people type in one text at once.
//!
//! Ten tabs at each of two real nodes, each of which does over its WebSocket what the page does: five words a second,
//! one message under way at a time. A word is visible in a tab when the answer to its question holds it. Every word
//! is signed, durable and checked by the other node before that. Each node's tabs are signed in as one person.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::sync::mpsc;

use crate::clock::{milliseconds, now, percentile};
use crate::figure::Figure;
use crate::peers;
use crate::plan::Plan;
use crate::process::{self, Process, until};
use crate::tab::Tab;
use crate::web::text;

const JOB: &str = "j4";
const TABS: usize = 20;
const BETWEEN: Duration = Duration::from_millis(200);
const APART: Duration = Duration::from_millis(10);

/// Runs the job.
///
/// # Errors
/// If a node or a driver fails.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let words = plan.scale.of(5, 25, 100);
    let beside = peers::run(plan, JOB, 0)?;
    let (took, after) = measure(plan, words).await?;
    let half = percentile(&took, 0.5).context("nobody saw anything")?;
    let most = percentile(&took, 0.99).context("nobody saw anything")?;
    let slow = beside.of("y-websocket", "p99 ms").map_or(500.0, |time| (5.0 * time).min(500.0));
    let what = format!("{TABS} people type for {} s", words / 5);
    let mut figures = vec![
        Figure::new(JOB, format!("{what}: word to visible, half of them"), "ms", half),
        Figure::new(JOB, format!("{what}: word to visible, 99 of 100"), "ms", most)
            .at_most("half a second, and 5 × y-websocket", slow),
        Figure::new(JOB, format!("{what}: all show the same after the last word"), "ms", after)
            .at_most("a second", 1_000.0),
    ];
    for (figure, peers_say) in
        figures.iter_mut().zip(["p50 ms", "p99 ms", "ms after the last edit"])
    {
        figure.beside = beside.all(peers_say);
    }
    Ok(figures)
}

/// Returns how long words took to be visible to others, and how long until all tabs held all words.
async fn measure(plan: &Plan, words: usize) -> Result<(Vec<f64>, f64)> {
    let mut nodes = [
        Process::init(plan, "Northmere Borough Council")?,
        Process::init(plan, "Harbour Lane Advice Centre")?,
    ];
    for node in &mut nodes {
        node.start()?;
    }
    let [one, two] = &nodes;
    let workspace = process::found(one).await?;
    process::join(one, &workspace, two).await?;
    let made = json!({"kind": "referral_pathway", "title": "Shared", "description": ""});
    let made = one.web()?.post(&format!("/workspaces/{workspace}/documents"), &made).await?;
    let (document, heads) = (text(&made, "/id")?, text(&made, "/heads")?);
    until("the second node has the document", Duration::from_millis(20), async || {
        Ok(two.web()?.get(&format!("/documents/{document}")).await.is_ok())
    })
    .await?;
    let cookies = [one.sign_in().await?, two.sign_in().await?];
    let all = TABS * words;
    let mut typists = Vec::new();
    for number in 0..TABS {
        let (node, cookie) =
            if number.is_multiple_of(2) { (one, &cookies[0]) } else { (two, &cookies[1]) };
        let tab = Tab::open(node.web()?, cookie, &document, &heads, number).await?;
        let (keys, pressed) = mpsc::channel(all);
        typists.push((keys, tokio::spawn(tab.work(pressed, all))));
    }
    let (sent, last, tabs) = type_all(typists, words).await?;
    let mut took = Vec::new();
    for (word, came) in tabs.iter().flat_map(|tab| &tab.came) {
        let at = sent.get(word).with_context(|| format!("nobody typed {word:?}"))?;
        took.push(milliseconds(came.saturating_duration_since(*at)));
    }
    ensure!(took.len() == all * (TABS - 1), "{} words were seen", took.len());
    let same = one.web()?.get(&format!("/documents/{document}")).await?;
    ensure!(
        same.get("description")
            == two.web()?.get(&format!("/documents/{document}")).await?.get("description"),
        "the nodes differ"
    );
    let last_seen = tabs.iter().flat_map(|tab| &tab.came).map(|(_, at)| *at).max();
    let after = last_seen.map_or(0.0, |at| milliseconds(at.saturating_duration_since(last)));
    Ok((took, after))
}

type Typist = (mpsc::Sender<String>, tokio::task::JoinHandle<Result<Tab>>);

/// Presses the keys at a steady pace; returns when each word was typed, when the last, and the tabs once all hold all.
async fn type_all(
    typists: Vec<Typist>,
    words: usize,
) -> Result<(BTreeMap<String, Instant>, Instant, Vec<Tab>)> {
    let (begin, mut sent, mut last) = (now(), BTreeMap::new(), now());
    for number in 0..words {
        for (writer, (keys, _)) in typists.iter().enumerate() {
            let due = begin
                + BETWEEN * u32::try_from(number).unwrap_or(0)
                + APART * u32::try_from(writer).unwrap_or(0);
            tokio::time::sleep_until(due.into()).await;
            let word = format!("c{writer}e{number};");
            last = now();
            sent.insert(word.clone(), last);
            keys.send(word).await.context("a tab ended early")?;
        }
    }
    let mut tabs = Vec::new();
    for (_, tab) in typists {
        let done = tokio::time::timeout(Duration::from_secs(120), tab).await;
        tabs.push(done.context("not all words were seen within two minutes")???);
    }
    Ok((sent, last, tabs))
}
