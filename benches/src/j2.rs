//! J2: a fresh node takes a workspace.
//!
//! A real node holds many documents of 20 edits each, every edit signed by itself, or one document of very many
//! edits; another one that was just made joins. The time runs until the first knows that the second has stored
//! everything.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::clock::now;
use crate::figure::Figure;
use crate::local::{self, Filled, Local};
use crate::plan::Plan;
use crate::process::{self, Process, until};
use crate::{machine, peers};

const JOB: &str = "j2";
const CHANGES: usize = 20;
/// What a signature and what must be said with it may take.
const SIGNED: f64 = 120.0;
/// Letters that a person types until their node signs: a new word or two.
const TOGETHER: usize = 10;

/// Runs the job.
///
/// # Errors
/// If a node or a driver fails.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let documents = plan.scale.of(5, 100, 1_000);
    let mut figures = many(plan, documents).await?;
    let letters = plan.scale.of(200, 5_000, 100_000);
    figures.extend(one(plan, letters).await?);
    Ok(figures)
}

async fn many(plan: &Plan, documents: usize) -> Result<Vec<Figure>> {
    let beside = peers::run(plan, JOB, documents)?;
    let (host, workspace, filled) =
        process::filled(plan, |local| local::fill(local, documents, CHANGES, true)).await?;
    let taken = take(plan, &host, &workspace, &filled).await?;
    let each = count(documents);
    let saved = count(filled.saved) / each;
    let what = format!("{documents} documents of {CHANGES} edits to a fresh node");
    let mut time = Figure::new(JOB, what, "s", taken.seconds)
        .at_most("0.5 × samod", beside.of("samod", "seconds").map(|time| 0.5 * time));
    time.beside = beside.all("seconds");
    let mut bytes = Figure::new(JOB, "bytes of such a document", "bytes", taken.bytes / each)
        .beside("its compressed save", saved)
        .at_most(
            "1.3 × the save + 120 bytes for each signature",
            1.3 * saved + SIGNED * count(CHANGES),
        );
    bytes.beside.extend(beside.all("bytes per document"));
    let mut figures = vec![time, bytes];
    figures.extend(
        taken
            .on_sockets
            .map(|bytes| Figure::new(JOB, "the same on the socket", "bytes", bytes / each)),
    );
    Ok(figures)
}

async fn one(plan: &Plan, letters: usize) -> Result<Vec<Figure>> {
    let (host, workspace, filled) =
        process::filled(plan, |local| typed(local, letters, TOGETHER)).await?;
    let taken = take(plan, &host, &workspace, &filled).await?;
    let saved = count(filled.saved);
    let signed = format!("one document of {letters} typed letters, {TOGETHER} in each signature");
    Ok(vec![
        Figure::new(JOB, format!("{signed}, to a fresh node"), "s", taken.seconds),
        Figure::new(JOB, format!("{signed}: bytes"), "bytes", taken.bytes)
            .beside("its compressed save", saved)
            .at_most("1.5 × the save", 1.5 * saved),
    ])
}

/// Fills a node with one long text.
///
/// # Errors
/// If the engine or the disk refuses.
pub fn typed(local: &mut Local, letters: usize, together: usize) -> Result<Filled> {
    let workspace = local.workspace()?;
    let content = json!({
        "document_type": "referral_pathway", "title": "A long text", "description": "",
        "body": {"trigger": {"description": ""}},
    });
    let id = local::make(local, workspace, content)?;
    local::type_in(local, id, letters, together)?;
    let saved = local.engine.reader().open(&id)?.save().len();
    let envelopes = 1 + letters.div_ceil(together);
    Ok(Filled { documents: vec![id], saved, envelopes })
}

struct Taken {
    seconds: f64,
    bytes: f64,
    on_sockets: Option<f64>,
}

/// Lets a fresh node join, and measures until it has stored everything.
async fn take(plan: &Plan, host: &Process, workspace: &str, filled: &Filled) -> Result<Taken> {
    let mut guest = Process::init(plan, "Harbour Lane Advice Centre")?;
    guest.start()?;
    let begin = now();
    process::join(host, workspace, &guest).await?;
    let web = host.web()?;
    until("the guest has stored everything", Duration::from_millis(25), async || {
        Ok(web.metric("fingerpost_unsent_changes").await? == 0.0)
    })
    .await?;
    let seconds = begin.elapsed().as_secs_f64();
    let bytes = guest.web()?.metric("fingerpost_network_bytes_total").await?;
    let on_sockets = machine::socket_bytes(host.port);
    ensure!(
        documents(&guest, workspace).await? == filled.documents.len(),
        "the guest has not all documents"
    );
    Ok(Taken { seconds, bytes, on_sockets })
}

async fn documents(node: &Process, workspace: &str) -> Result<usize> {
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let path = format!("/workspaces/{workspace}/documents?limit=200{cursor}");
        let page = node.web()?.get(&path).await?;
        seen += page.pointer("/items").and_then(Value::as_array).map_or(0, Vec::len);
        match page.get("next").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(seen),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below what a float holds")]
const fn count(number: usize) -> f64 {
    number as f64
}
