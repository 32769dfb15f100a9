//! samod, the Rust automerge-repo: the jobs of `peers/jobs.mjs`. `samod-peer JOB [DOCUMENTS]`, with `FOLDER`, `EDITS`
//! and `SECONDS` in the environment. Each figure is printed as one JSON line.

mod documents;
mod server;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use automerge::ObjType;
use futures::StreamExt;
use samod::{BackoffConfig, DocHandle, DocumentId, Repo};
use serde_json::json;

use server::Server;
use wire::{Line, bytes, made, still};

#[tokio::main]
async fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str, otherwise: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let count = given.get(1).and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let folder = std::env::var("FOLDER").unwrap_or_default();
    match given[0].as_str() {
        "server" => server::serve(&given[1], given[2].parse().unwrap()).await,
        "j1" => j1(&folder, asked("EDITS", 1_000)).await,
        "j2" => j2(&folder, count).await,
        "j3" => j3(&folder, count).await,
        "j4" => j4(&folder, asked("SECONDS", 20)).await,
        "j5" => j5(&folder, count).await,
        other => panic!("there is no job {other}"),
    }
}

#[expect(clippy::print_stdout, reason = "its figures are its output")]
fn report(job: &str, what: &str, value: f64) {
    println!("{}", json!({"peer": "samod", "job": job, "what": what, "value": value}));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn percentile(took: &mut [f64], part: f64) -> f64 {
    took.sort_by(f64::total_cmp);
    let at = (took.len() as f64 * part) as usize;
    took.get(at.min(took.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

async fn client(port: u16) -> (Repo, Line) {
    let (repo, line) = (Repo::build_tokio().load().await, Line::to(port));
    let dialled = repo.dial(BackoffConfig::default(), Arc::new(line.clone())).unwrap();
    dialled.established().await.unwrap();
    // The connection ends with what stands for it.
    std::mem::forget(dialled);
    (repo, line)
}

async fn find(repo: &Repo, id: &DocumentId) -> DocHandle {
    repo.find(id.clone()).await.unwrap().expect("the server has it")
}

async fn j1(folder: &str, edits: u64) {
    let host = Server::start(folder);
    let (writer, _) = client(host.port).await;
    let written = documents::make(&writer, "edits", ObjType::Map).await;
    still(800).await;
    let (reader, _) = client(host.port).await;
    let read = find(&reader, written.document_id()).await;
    still(800).await;
    let before = bytes();
    let sent = Arc::new(Mutex::new(Vec::<Instant>::new()));
    let at = sent.clone();
    let reading = tokio::spawn(async move {
        let (mut changes, mut took) = (read.changes(), Vec::new());
        while (took.len() as u64) < edits {
            let next = tokio::time::timeout(Duration::from_secs(60), changes.next()).await;
            let Ok(Some(_)) = next else { break };
            while documents::has(&read, &format!("e{}", took.len())) {
                took.push(milliseconds(at.lock().unwrap()[took.len()].elapsed()));
            }
        }
        took
    });
    let begin = Instant::now();
    for number in 0..edits {
        tokio::time::sleep_until((begin + Duration::from_millis(number * 10)).into()).await;
        sent.lock().unwrap().push(Instant::now());
        documents::put(&written, &format!("e{number}"), &format!("value {number}"));
    }
    let mut took = reading.await.unwrap();
    still(800).await;
    report("j1", "edits seen", took.len() as f64);
    report("j1", "p50 ms", percentile(&mut took, 0.5));
    report("j1", "p99 ms", percentile(&mut took, 0.99));
    report("j1", "bytes per edit", (bytes() - before) as f64 / edits as f64);
}

/// A server that was started again on documents of 20 changes.
async fn filled(folder: &str, count: i64) -> (Server, Vec<DocumentId>) {
    let host = Server::start(folder);
    let (writer, _) = client(host.port).await;
    let mut held = Vec::new();
    for number in 0..count {
        let document = documents::make(&writer, "items", ObjType::Map).await;
        documents::fill(&document, number);
        held.push(document);
        if number % 100 == 99 {
            still(200).await;
        }
    }
    still(2_000).await;
    let ids = held.iter().map(|document| document.document_id().clone()).collect();
    writer.stop().await;
    drop(host);
    (Server::start(folder), ids)
}

async fn j2(folder: &str, count: i64) {
    let (host, ids) = filled(folder, count).await;
    let (reader, _) = client(host.port).await;
    let (before, begin) = (bytes(), Instant::now());
    let found = futures::future::join_all(ids.iter().map(|id| find(&reader, id))).await;
    let whole = found.iter().filter(|document| documents::length(document, "items") == 19).count();
    report("j2", "seconds", begin.elapsed().as_secs_f64());
    still(800).await;
    report("j2", "documents whole", whole as f64);
    report("j2", "bytes per document", (bytes() - before) as f64 / ids.len() as f64);
}

async fn j3(folder: &str, count: i64) {
    let (host, ids) = filled(folder, count).await;
    let (reader, line) = client(host.port).await;
    let held = futures::future::join_all(ids.iter().map(|id| find(&reader, id))).await;
    still(800).await;
    let (before, connections, begin) = (bytes(), made(), Instant::now());
    line.cut();
    while made() == connections {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let last = still(2_500).await;
    report("j3", "bytes", (bytes() - before) as f64);
    report("j3", "ms", milliseconds(last - begin));
    drop(held);
}

async fn j4(folder: &str, seconds: u64) {
    let host = Server::start(folder);
    let mut clients = vec![client(host.port).await];
    let mut texts = vec![documents::make(&clients[0].0, "text", ObjType::Text).await];
    still(800).await;
    while clients.len() < 20 {
        let next = client(host.port).await;
        texts.push(find(&next.0, texts[0].document_id()).await);
        clients.push(next);
    }
    still(800).await;
    let sent = Arc::new(Mutex::new(BTreeMap::<String, (usize, Instant)>::new()));
    let took = Arc::new(Mutex::new(Vec::new()));
    for (reader, text) in texts.iter().cloned().enumerate() {
        tokio::spawn(listen(reader, text, sent.clone(), took.clone()));
    }
    let begin = Instant::now();
    let writing = texts.iter().cloned().enumerate().map(|(writer, text)| {
        let sent = sent.clone();
        tokio::spawn(async move {
            for number in 0..seconds * 5 {
                let due = begin + Duration::from_millis(writer as u64 * 10 + number * 200);
                tokio::time::sleep_until(due.into()).await;
                let word = format!("c{writer}e{number};");
                sent.lock().unwrap().insert(word.clone(), (writer, Instant::now()));
                documents::insert(&text, &word);
            }
        })
    });
    futures::future::join_all(writing.collect::<Vec<_>>()).await;
    let typed = Instant::now();
    let letters: usize = sent.lock().unwrap().keys().map(String::len).sum();
    let same = || texts.iter().all(|text| documents::length(text, "text") == letters);
    while !same() && typed.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    report("j4", "converged", f64::from(u8::from(same())));
    report("j4", "ms after the last edit", milliseconds(typed.elapsed()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut took = took.lock().unwrap().clone();
    report("j4", "p50 ms", percentile(&mut took, 0.5));
    report("j4", "p99 ms", percentile(&mut took, 0.99));
    report("j4", "edits seen", took.len() as f64);
}

type Sent = Arc<Mutex<BTreeMap<String, (usize, Instant)>>>;

/// Notes when words of others turn up in a client's text.
async fn listen(reader: usize, text: DocHandle, sent: Sent, took: Arc<Mutex<Vec<f64>>>) {
    let (mut changes, mut heads) = (text.changes(), text.with_document(|text| text.get_heads()));
    while changes.next().await.is_some() {
        let inserted = documents::inserted(&text, &mut heads);
        let now = Instant::now();
        let sent = sent.lock().unwrap();
        for word in inserted.iter().flat_map(|text| text.split_inclusive(';')) {
            if let Some((_, at)) = sent.get(word).filter(|(writer, _)| *writer != reader) {
                took.lock().unwrap().push(milliseconds(now - *at));
            }
        }
    }
}

async fn j5(folder: &str, count: i64) {
    let (host, _) = filled(folder, count).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    report("j5", "start ms", milliseconds(host.started));
    report("j5", "idle MiB", host.resident());
}
