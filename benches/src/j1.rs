//! J1: one person edits, another node sees it.
//!
//! Two real nodes with a workspace in common. A program sends one `PATCH` every ten milliseconds to the first one's API;
//! another listens to the second one's events and reads the document. An edit is visible when a read shows it. The
//! times hold all of it: HTTP twice, signing, two syncs of a disk, the network, every check.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};

use crate::clock::{milliseconds, now, percentile};
use crate::figure::Figure;
use crate::plan::Plan;
use crate::process::{self, Process, until};
use crate::web::{News, Web, text};
use crate::{limits, machine, peers};

const JOB: &str = "j1";
const PACE: Duration = Duration::from_millis(10);
const BYTES: &str = "fingerpost_network_bytes_total";

/// When something happened to each edit.
type Moments = Arc<Mutex<BTreeMap<usize, Instant>>>;

/// Runs the job.
///
/// # Errors
/// If a node or a driver fails.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let edits = plan.scale.of(20, 300, 1_000);
    let beside = peers::run(plan, JOB, 0)?;
    let folder = plan.folder()?;
    let syncs = limits::syncs(folder.path(), edits.min(300), 400)?;
    let sync = percentile(&syncs, 0.5);

    let Some(seen) = measure(plan, edits).await? else { anyhow::bail!("no edit was seen") };
    let samod = |what: &str| beside.of("samod", what);
    let goal = samod("p50 ms").zip(sync).map(|(samod, sync)| 2.0 * samod + sync);
    let best = [samod("p99 ms"), beside.of("automerge-repo", "p99 ms")];
    let best = best.into_iter().flatten().min_by(f64::total_cmp);
    let mut figures = vec![
        Figure::new(JOB, "edit to visible, half of them", "ms", seen.visible.0)
            .beside("one fdatasync", sync)
            .at_most("2 × samod + one fdatasync", goal),
        Figure::new(JOB, "edit to visible, 99 of 100", "ms", seen.visible.1)
            .beside("one fdatasync", percentile(&syncs, 0.99))
            .at_most("the better of samod and automerge-repo", best),
        Figure::new(JOB, "edit to the other node's event, half of them", "ms", seen.told.0),
        Figure::new(JOB, "edit to the other node's event, 99 of 100", "ms", seen.told.1),
        Figure::new(
            JOB,
            "edit to the answer that it is durable, half of them",
            "ms",
            seen.answered,
        ),
        Figure::new(JOB, "bytes of an edit, in frames", "bytes", seen.bytes).at_most(
            "0.4 × samod, whose two connections both count",
            samod("bytes per edit").map(|size| 0.4 * size),
        ),
    ];
    if let Some(bytes) = seen.on_sockets {
        figures.push(Figure::new(JOB, "bytes of an edit, on the socket", "bytes", bytes));
    }
    for figure in &mut figures {
        let what = match figure.what.as_str() {
            "edit to visible, half of them" => "p50 ms",
            "edit to visible, 99 of 100" => "p99 ms",
            "bytes of an edit, in frames" => "bytes per edit",
            _ => continue,
        };
        figure.beside.splice(0..0, beside.all(what));
    }
    Ok(figures)
}

/// What was seen of the edits.
struct Seen {
    /// Half, and 99 of 100.
    visible: (f64, f64),
    told: (f64, f64),
    answered: f64,
    bytes: f64,
    on_sockets: Option<f64>,
}

async fn measure(plan: &Plan, edits: usize) -> Result<Option<Seen>> {
    let (writer, reader, document) = two_nodes(plan).await?;
    let (from, to) = (writer.web()?.clone(), reader.web()?.clone());
    let events = to.events().await?;
    let path = format!("/documents/{document}");
    let before = from.metric(BYTES).await?;
    let sockets = machine::socket_bytes(writer.port);

    let told = Arc::new(Mutex::new(Vec::new()));
    let visible = Moments::default();
    let reading =
        tokio::spawn(read(to, path.clone(), edits, events, told.clone(), visible.clone()));
    let (sent, answered, heads) = write(&from, &path, edits).await?;
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .context("edits were not seen within a minute")???;

    let bytes = (from.metric(BYTES).await? - before) / count(edits);
    let on_sockets = sockets.zip(machine::socket_bytes(writer.port));
    let visible = differences(&sent, &visible);
    let answered = differences(&sent, &answered);
    let told = told_of(&sent, &heads, &told);
    ensure!(visible.len() == edits, "{} of {edits} edits were seen", visible.len());
    Ok(halves(&visible).zip(halves(&told)).zip(percentile(&answered, 0.5)).map(
        |((visible, told), answered)| Seen {
            visible,
            told,
            answered,
            bytes,
            on_sockets: on_sockets.map(|(before, after)| (after - before) / count(edits)),
        },
    ))
}

/// Makes two nodes that hold one document between them.
async fn two_nodes(plan: &Plan) -> Result<(Process, Process, String)> {
    let mut writer = Process::init(plan, "Northmere Borough Council")?;
    let mut reader = Process::init(plan, "Harbour Lane Advice Centre")?;
    writer.start()?;
    reader.start()?;
    let workspace = process::found(&writer).await?;
    process::join(&writer, &workspace, &reader).await?;
    let made = json!({"kind": "referral_pathway", "title": "Shared", "body": {"edits": {}}});
    let path = format!("/workspaces/{workspace}/documents");
    let document = text(&writer.web()?.post(&path, &made).await?, "/id")?;
    let web = reader.web()?;
    let path = format!("/documents/{document}");
    until("the reader has the document", Duration::from_millis(20), async || {
        Ok(web.get(&path).await.is_ok())
    })
    .await?;
    Ok((writer, reader, document))
}

/// Sends edits at a steady pace, whether or not earlier ones were answered.
async fn write(
    web: &Web,
    path: &str,
    edits: usize,
) -> Result<(Moments, Moments, BTreeMap<usize, String>)> {
    let (sent, answered) = (Moments::default(), Moments::default());
    let begin = now();
    let mut asked = Vec::new();
    for number in 0..edits {
        let due = begin + PACE * u32::try_from(number).unwrap_or(u32::MAX);
        tokio::time::sleep_until(due.into()).await;
        let (web, path) = (web.clone(), path.to_owned());
        let (sent, answered) = (sent.clone(), answered.clone());
        asked.push(tokio::spawn(async move {
            let patch =
                json!({"body": {"edits": {format!("e{number}"): format!("value {number}")}}});
            note(&sent, number);
            let answer = web.ask(Method::PATCH, &path, Some(&patch)).await?;
            note(&answered, number);
            anyhow::Ok((number, text(&answer, "/heads")?))
        }));
    }
    let mut heads = BTreeMap::new();
    for task in asked {
        let (number, version) = task.await.context("a write ended")??;
        heads.insert(number, version);
    }
    Ok((sent, answered, heads))
}

/// Reads the document whenever an event says that it changed, and notes which edits it shows.
async fn read(
    web: Web,
    path: String,
    edits: usize,
    mut events: tokio::sync::mpsc::Receiver<News>,
    told: Arc<Mutex<Vec<(String, Instant)>>>,
    visible: Moments,
) -> Result<()> {
    let mut missing: Vec<usize> = (0..edits).collect();
    while !missing.is_empty() {
        let mut batch = Vec::new();
        ensure!(events.recv_many(&mut batch, 256).await > 0, "the events ended");
        let at = now();
        let heads = batch.iter().filter_map(|news| news.data.get("heads")?.as_str());
        if let Ok(mut told) = told.lock() {
            told.extend(heads.map(|heads| (heads.to_owned(), at)));
        }
        if !batch.iter().any(|news| news.name == "document" || news.name == "missed") {
            continue;
        }
        let shown = web.get(&path).await?;
        let there = shown.pointer("/body/edits").and_then(Value::as_object);
        missing.retain(|number| {
            let is_there = there.is_some_and(|there| there.contains_key(&format!("e{number}")));
            if is_there {
                note(&visible, *number);
            }
            !is_there
        });
    }
    Ok(())
}

fn note(moments: &Moments, number: usize) {
    if let Ok(mut moments) = moments.lock() {
        moments.insert(number, now());
    }
}

fn differences(from: &Moments, to: &Moments) -> Vec<f64> {
    let (Ok(from), Ok(to)) = (from.lock(), to.lock()) else { return Vec::new() };
    let both = from.iter().filter_map(|(number, sent)| Some((sent, to.get(number)?)));
    both.map(|(sent, at)| milliseconds(at.saturating_duration_since(*sent))).collect()
}

/// Returns when the reader's first event came that named an edit's version or a later one.
fn told_of(
    sent: &Moments,
    heads: &BTreeMap<usize, String>,
    told: &Arc<Mutex<Vec<(String, Instant)>>>,
) -> Vec<f64> {
    let (Ok(sent), Ok(told)) = (sent.lock(), told.lock()) else { return Vec::new() };
    let named: BTreeMap<&str, Instant> =
        told.iter().rev().map(|(heads, at)| (heads.as_str(), *at)).collect();
    let mut next = None::<Instant>;
    let mut took = Vec::new();
    for (number, version) in heads.iter().rev() {
        next = named.get(version.as_str()).copied().into_iter().chain(next).min();
        if let Some((sent, at)) = sent.get(number).zip(next) {
            took.push(milliseconds(at.saturating_duration_since(*sent)));
        }
    }
    took
}

fn halves(values: &[f64]) -> Option<(f64, f64)> {
    percentile(values, 0.5).zip(percentile(values, 0.99))
}

#[expect(clippy::cast_precision_loss, reason = "far below what a float holds")]
const fn count(number: usize) -> f64 {
    number as f64
}
