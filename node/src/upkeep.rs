//! Looking after what is kept: checking it, and having again what the disk lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engine::Input;
use serde_json::{Value, json};
use storage::{OpenStore, Repair, Report, Store};
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::data::{DataDir, DataError};
use crate::handle::{Handle, Stopped, Work};

/// A node that has just started has better things to do.
const FIRST_LOOK: Duration = Duration::from_secs(3);
const NEXT_LOOK: Duration = Duration::from_hours(24);
/// How long a repair waits for peers.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why something was not checked or repaired.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpkeepError {
    #[error("the store cannot be read")]
    Read(#[from] OpenStore),
    #[error(transparent)]
    Repair(#[from] Repair),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("the check was cut short")]
    CutShort,
}

/// Reads everything that is kept: every byte against its hash, every signature, and whether all that is built on is there.
///
/// What is damaged is asked for, if somebody can be asked.
pub(crate) async fn check(handle: &Handle, data: &DataDir) -> Result<Value, UpkeepError> {
    let store = handle.store.clone();
    let report = blocking(move || store.check()).await??;
    handle.tell_lost(&report).await?;
    let found = Found { documents: documents(handle).await?, ..membership(handle).await? };
    Ok(to_json(&report, &found, &data.unfinished()?))
}

/// Mends what can be mended here, waits a while for peers to bring the rest, and checks again.
pub(crate) async fn repair(handle: &Handle, data: &DataDir) -> Result<Value, UpkeepError> {
    let store = handle.store.clone();
    let report = blocking(move || store.repair()).await??;
    data.remove_unfinished()?;
    // Opens every document, so that what is lost is noticed.
    handle.tell_lost(&report).await?;
    documents(handle).await?;
    if handle.network.is_some() {
        let mut events = handle.events();
        let healed = async {
            while handle.read(|node| !node.lost().is_empty()).await? {
                let _news = tokio::time::timeout(Duration::from_millis(250), events.recv()).await;
            }
            Ok::<(), Stopped>(())
        };
        // Who could bring it may not be there now; then it comes when they are.
        if let Ok(outcome) = tokio::time::timeout(PATIENCE, healed).await {
            outcome?;
        }
    }
    check(handle, data).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, UpkeepError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| UpkeepError::CutShort)
}

/// What the engine says of what is kept.
#[derive(Debug, Default)]
struct Found {
    documents: Documents,
    entries: usize,
    void: usize,
    untrue_entries: usize,
    early_entries: usize,
    lost_workspaces: Vec<String>,
}

#[derive(Debug, Default)]
struct Documents {
    count: usize,
    envelopes: usize,
    not_counting: usize,
    early: usize,
    untrue: Vec<String>,
    unreadable: usize,
}

/// Looks at one document after the other: others have their turn in between.
async fn documents(handle: &Handle) -> Result<Documents, Stopped> {
    let mut found = Documents::default();
    for id in handle.read(|node| node.kept_documents()).await? {
        found.count += 1;
        match handle.read(move |node| node.document_state(&id)).await? {
            Ok(state) => {
                found.envelopes += state.envelopes;
                found.not_counting += state.not_counting;
                found.early += state.early;
                found.untrue.extend(state.untrue.iter().map(ToString::to_string));
            }
            Err(error) => {
                warn!(document = %id, %error, "a document cannot be opened");
                found.unreadable += 1;
            }
        }
    }
    Ok(found)
}

async fn membership(handle: &Handle) -> Result<Found, Stopped> {
    let mut found = Found::default();
    for (id, state) in handle.read(|node| node.workspace_states()).await? {
        found.entries += state.entries;
        found.void += state.void;
        found.untrue_entries += state.untrue;
        found.early_entries += state.early;
        if state.is_lost {
            found.lost_workspaces.push(id.to_string());
        }
    }
    Ok(found)
}

/// Returns what was found, in figures and as faults with what to do.
fn to_json(report: &Report, found: &Found, unfinished: &[String]) -> Value {
    let ids = |ids: &[String]| ids.to_vec();
    let damaged: Vec<Value> = report
        .damaged
        .iter()
        .map(|damage| json!({"segment": damage.segment, "from": damage.from, "to": damage.to}))
        .collect();
    let lost: Vec<String> = report.lost_envelopes.iter().map(ToString::to_string).collect();
    let lost_entries: Vec<String> = report.lost_entries.iter().map(ToString::to_string).collect();
    let faults = faults(report, found);
    json!({
        "sound": faults.is_empty(),
        "faults": faults,
        "segments": report.segments,
        "bytes": report.bytes,
        "commits": report.commits,
        "entries": report.entries,
        "envelopes": report.envelopes,
        "locals": report.locals,
        "documents": found.documents.count,
        "signatures": found.documents.envelopes + found.entries,
        "not_counting": found.documents.not_counting,
        "void_entries": found.void,
        "damaged": damaged,
        "missing": report.missing,
        "lost_envelopes": ids(&lost),
        "lost_entries": ids(&lost_entries),
        "lost_workspaces": ids(&found.lost_workspaces),
        "lost_locals": report.lost_locals,
        "false_signatures": ids(&found.documents.untrue),
        "not_indexed": report.not_indexed,
        "index_sound": report.index_sound,
        "leftover": report.leftover.iter().chain(unfinished).collect::<Vec<_>>(),
    })
}

const REPAIR: &str = "run \"fingerpost check --repair\"";
const FETCH: &str = "it comes back by itself from the other organisations, while the node runs and they can be reached";
const COPY: &str =
    "keep a copy of the data folder as it is, and put the last backup back in its place";

fn faults(report: &Report, found: &Found) -> Vec<Value> {
    let mut faults = Vec::new();
    let mut fault = |count: usize, what: &str, action: &str| {
        if count > 0 {
            faults.push(json!({"fault": what, "count": count, "do": action}));
        }
    };
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    fault(report.damaged.len(), "damaged parts of the journal", REPAIR);
    fault(number(report.missing), "commits that were kept once and are gone", REPAIR);
    fault(report.lost_envelopes.len(), "changes that are damaged or gone", FETCH);
    fault(found.documents.early, "changes that wait for others that are gone", FETCH);
    fault(report.lost_entries.len(), "decisions about members that are damaged or gone", FETCH);
    fault(found.early_entries, "decisions about members that wait for others that are gone", FETCH);
    fault(found.lost_workspaces.len(), "workspaces whose members are lost", FETCH);
    fault(
        number(report.lost_locals),
        "settings of this node that are damaged",
        "set them again; nobody else has them",
    );
    fault(report.false_envelopes.len(), "changes kept under a false id", COPY);
    fault(report.false_entries.len(), "decisions kept under a false id", COPY);
    let untrue = found.documents.untrue.len().saturating_add(found.untrue_entries);
    fault(untrue, "signatures that are not their author's", COPY);
    fault(found.documents.unreadable, "documents that cannot be opened", COPY);
    let index = number(report.not_indexed).saturating_add(usize::from(!report.index_sound));
    fault(index, "differences between the index and the journal", REPAIR);
    faults
}

/// Looks at everything that is kept, soon after the start and once a day, and tells the engine what is lost.
#[derive(Debug)]
pub(crate) struct Watch {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub(crate) fn start(store: Store, work: mpsc::Sender<Work>) -> std::io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = is_over.clone();
        let body = move || {
            let is_over = || flag.load(Ordering::Relaxed);
            thread::park_timeout(FIRST_LOOK);
            while !is_over() {
                look(&store, &work, &is_over);
                thread::park_timeout(NEXT_LOOK);
            }
        };
        let thread = thread::Builder::new().name("upkeep".to_owned()).spawn(body)?;
        Ok(Self { is_over, thread })
    }

    /// Ends it, so that nothing holds the data folder any more.
    pub(crate) async fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let _ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

fn look(store: &Store, work: &mpsc::Sender<Work>, is_over: &dyn Fn() -> bool) {
    match store.check_unless(is_over) {
        Ok(report) if report.is_sound() => info!(commits = report.commits, "the store is sound"),
        Ok(report) => {
            warn!(
                damaged = report.damaged.len(),
                envelopes = report.lost_envelopes.len(),
                entries = report.lost_entries.len(),
                "the store is damaged. Run \"fingerpost check\""
            );
            if let Some(lost) = lost(&report) {
                // The node may be stopping.
                let _gone = work.blocking_send(Work::Happened(lost));
            }
        }
        Err(OpenStore::CutShort) => {}
        Err(error) => warn!(%error, "the store cannot be checked"),
    }
}

fn lost(report: &Report) -> Option<Input> {
    let (envelopes, entries) = (report.lost_envelopes.clone(), report.lost_entries.clone());
    (!envelopes.is_empty() || !entries.is_empty()).then_some(Input::Lost { envelopes, entries })
}

impl Handle {
    async fn tell_lost(&self, report: &Report) -> Result<(), Stopped> {
        match lost(report) {
            Some(lost) => self.work.send(Work::Happened(lost)).await.map_err(|_| Stopped),
            None => Ok(()),
        }
    }
}
