//! Looking at the shelves that this organisation follows: by itself about once a day, and whenever somebody opens one. What
//! was found is kept and announced; nothing is copied or taken in.

use std::time::Duration;

use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Timestamp, WorkspaceId};
use engine::Reader;
use engine::input::Command;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tracing::{debug, warn};

use crate::clock;
use crate::followed::found::{Found, Listed, News};
use crate::followed::{self, Looks, Next};
use crate::http::App;
use crate::http::api::{shelves, time};
use crate::http::problem::Problem;
use crate::visit::{Address, Shelf, VisitError};

/// Where it is kept that this node does not look by itself.
const SETTING: &str = "followed-shelves-looks";
/// After something that is wrong with this computer.
const LONG_REST: Duration = Duration::from_hours(1);
/// Copies that are opened to see whether they lack what their original's shelf has.
const OPENED: usize = 50;
/// Copies that are named.
const NAMED: usize = 20;

/// What is known of a shelf that is followed.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) address: Address,
    pub(crate) looks: Looks,
    pub(crate) found: Option<Found>,
    /// Up to which round somebody here said they had seen it.
    pub(crate) seen: u64,
}

/// A copy whose original was published in a version that it lacks.
pub(crate) struct Newer {
    pub(crate) document: DocumentId,
    pub(crate) title: String,
    /// What the version is called, and who publishes it, as the shelf says; either may be empty.
    pub(crate) version: String,
    pub(crate) publisher: String,
    pub(crate) heads: Heads,
}

impl Known {
    /// Returns what is known of every shelf that is followed.
    pub(crate) fn all(node: &Reader<'_>) -> Vec<Self> {
        shelves::followed_in(node).into_iter().map(|address| Self::of(node, address)).collect()
    }

    fn of(node: &Reader<'_>, address: Address) -> Self {
        let looks = read(node, &key("looks", &address)).unwrap_or_default();
        let found = read(node, &key("found", &address));
        let seen = read(node, &key("seen", &address)).unwrap_or_default();
        Self { address, looks, found, seen }
    }

    pub(crate) fn news(&self) -> News {
        self.found.as_ref().map(|found| found.news(self.seen)).unwrap_or_default()
    }

    /// Returns who publishes it, or else where it is.
    pub(crate) fn name(&self) -> String {
        let said = self.found.as_ref().map(|found| found.publisher.as_str()).unwrap_or_default();
        if said.is_empty() { self.address.host() } else { said.to_owned() }
    }

    /// Returns it as the API shows it.
    pub(crate) fn to_json(&self) -> Value {
        let News { new, changed, gone } = self.news();
        let publisher = self.found.as_ref().map(|found| &found.publisher);
        json!({
            "address": self.address.to_string(),
            "publisher": publisher,
            "looked": self.looks.looked.map(time),
            "new": new,
            "changed": changed,
            "gone": gone,
            "failure": self.looks.failure,
        })
    }
}

fn key(what: &str, address: &Address) -> String {
    let place = Sha256::digest(address.to_string());
    format!("shelf-{what}/{}", hex::encode(place.get(..16).unwrap_or_default()))
}

fn read<T: DeserializeOwned>(node: &Reader<'_>, key: &str) -> Option<T> {
    serde_json::from_slice(&node.local(key)?).ok()
}

async fn keep<T: Serialize + Sync>(app: &App, key: String, value: &T) -> Result<(), Problem> {
    let value = serde_json::to_vec(value).map_err(|_| Problem::stopping())?;
    app.handle().act(Command::Keep { key, value: Some(value) }).await?;
    Ok(())
}

/// Forgets what is known of a shelf that is not followed any more.
pub(crate) async fn forget(app: &App, address: &Address) -> Result<(), Problem> {
    for what in ["looks", "found", "seen"] {
        app.handle().act(Command::Keep { key: key(what, address), value: None }).await?;
    }
    Ok(())
}

/// Returns what is known of a shelf; nothing if it is not followed.
pub(crate) async fn known(app: &App, address: &Address) -> Result<Option<Known>, Problem> {
    let wanted = [Some(address.clone()), address.list()];
    let known = app.handle().read(move |node| {
        let mut followed = shelves::followed_in(node).into_iter();
        let found = followed.find(|one| wanted.iter().flatten().any(|wanted| wanted == one));
        found.map(|address| Known::of(node, address))
    });
    Ok(known.await?)
}

/// Looks at what is on a shelf now. If it is followed, what came of it is kept; on a full disk it is shown all the same.
pub(crate) async fn look(app: &App, address: &Address) -> Result<Shelf, VisitError> {
    let (looked, kept) = look_and_keep(app, address, clock::now()).await;
    if let Err(problem) = kept {
        warn!(status = %problem.status, "what came of a look cannot be kept");
    }
    looked
}

/// Returns what is on a shelf now, and whether what came of the look could be kept.
async fn look_and_keep(
    app: &App,
    address: &Address,
    now: Timestamp,
) -> (Result<Shelf, VisitError>, Result<(), Problem>) {
    let looked = app.visitor().shelf(address).await;
    // Afterwards, since somebody may have stopped following it meanwhile.
    let kept = match known(app, address).await {
        Ok(Some(known)) => take_note(app, known, looked.as_ref(), now).await,
        Ok(None) => Ok(()),
        Err(problem) => Err(problem),
    };
    (looked, kept)
}

/// Keeps what came of a look.
pub(crate) async fn take_note(
    app: &App,
    known: Known,
    looked: Result<&Shelf, &VisitError>,
    now: Timestamp,
) -> Result<(), Problem> {
    let Known { address, mut looks, found, seen } = known;
    match looked {
        Ok(shelf) => {
            let after = Found::after(found.as_ref(), shelf, seen);
            debug!(documents = after.documents.len(), "looked at a shelf that is followed");
            if found.as_ref() != Some(&after) {
                keep(app, key("found", &address), &after).await?;
            }
            looks.succeeded(now, chance());
        }
        Err(error) => {
            looks.failed(now, &error.to_string(), chance());
            debug!(failures = looks.failures, "a look at a shelf that is followed came to nothing");
        }
    }
    keep(app, key("looks", &address), &looks).await
}

/// Remembers the workspace from whose pages a shelf was followed: there its news lead.
pub(crate) async fn followed_from(
    app: &App,
    address: &Address,
    workspace: WorkspaceId,
) -> Result<(), Problem> {
    let Some(known) = known(app, address).await? else { return Ok(()) };
    let looks = Looks { workspace: Some(workspace), ..known.looks };
    keep(app, key("looks", &known.address), &looks).await
}

/// Takes note that somebody has seen what was found up to a round; without one, up to now.
pub(crate) async fn see(app: &App, address: &Address, round: Option<u64>) -> Result<(), Problem> {
    let known = known(app, address).await?.ok_or_else(Problem::not_found)?;
    // What somebody saw on another page stays seen, and nobody has seen what was not found.
    let last = known.found.map_or(0, |found| found.round);
    let seen = round.unwrap_or(last).min(last).max(known.seen);
    keep(app, key("seen", &known.address), &seen).await
}

/// Does this node look by itself?
pub(crate) fn is_on(node: &Reader<'_>) -> bool {
    read(node, SETTING).unwrap_or(true)
}

/// Chooses whether this node looks by itself.
pub(crate) async fn choose(app: &App, is_on: bool) -> Result<(), Problem> {
    keep(app, SETTING.to_owned(), &is_on).await
}

/// Looks at followed shelves when they are due, one at a time, until the node stops.
pub(crate) async fn keep_looking(app: App) {
    let looks = async {
        tokio::time::sleep(followed::first(chance())).await;
        loop {
            let rest = match look_at_due(&app, clock::now).await {
                Ok(rest) => rest,
                Err(problem) => {
                    warn!(status = %problem.status, "what is on followed shelves cannot be kept");
                    LONG_REST
                }
            };
            tokio::time::sleep(rest).await;
        }
    };
    tokio::select! {
        () = app.stopping() => {}
        () = looks => {}
    }
}

/// Looks at every followed shelf that is due, and returns how long to rest then.
pub(crate) async fn look_at_due(
    app: &App,
    now: impl Fn() -> Timestamp + Send,
) -> Result<Duration, Problem> {
    for _ in 0..shelves::FOLLOWED_MAX {
        let all = app.handle().read(|node| is_on(node).then(|| Known::all(node))).await?;
        let Some(all) = all else { return Ok(LONG_REST) };
        let looks: Vec<Looks> = all.iter().map(|known| known.looks.clone()).collect();
        let known = match followed::next(&looks, now()) {
            Next::Look(place) => all.get(place),
            Next::Rest(rest) => return Ok(rest),
        };
        let Some(known) = known else { return Ok(LONG_REST) };
        // Why a look failed is kept for people.
        let (_looked, kept) = look_and_keep(app, &known.address, now()).await;
        kept?;
    }
    Ok(LONG_REST)
}

fn chance() -> u32 {
    let mut bytes = [0; 4];
    // Without chance the looks come a little earlier.
    let _fair = getrandom::fill(&mut bytes);
    u32::from_le_bytes(bytes)
}

fn seen_key(document: &DocumentId) -> String {
    format!("original-seen/{document}")
}

/// Takes note that nobody wants to hear of this version of a copy's original again.
pub(crate) async fn see_original(
    app: &App,
    document: DocumentId,
    heads: &Heads,
) -> Result<(), Problem> {
    keep(app, seen_key(&document), heads).await
}

/// Returns the copies here whose originals stand on followed shelves in a version that they lack.
pub(crate) fn newer_originals(node: &mut Reader<'_>, all: &[Known]) -> Vec<Newer> {
    let listed = |original: &DocumentId| -> Vec<(&Listed, &Found)> {
        let found = all.iter().filter_map(|known| known.found.as_ref());
        let listed = found.filter_map(|found| Some((found.documents.get(original)?, found)));
        listed.filter(|(one, _)| one.is_there() && !one.heads.as_slice().is_empty()).collect()
    };
    let mut newer = Vec::new();
    let mut opened = 0;
    if all.is_empty() {
        return newer;
    }
    for workspace in node.workspaces() {
        for view in node.documents(&workspace.id) {
            let Some(origin) = view.origin.as_ref().filter(|_| view.may_write) else { continue };
            let seen: Option<Heads> = read(node, &seen_key(&view.id));
            let copied = origin.heads();
            for (one, found) in listed(&origin.document) {
                if one.heads == copied || seen.as_ref() == Some(&one.heads) {
                    continue;
                }
                opened += 1;
                let is_known = node.open(&view.id).is_ok_and(|open| open.knows(&one.heads));
                if !is_known {
                    newer.push(Newer {
                        document: view.id,
                        title: view.title.clone(),
                        version: one.version.clone(),
                        publisher: found.publisher.clone(),
                        heads: one.heads.clone(),
                    });
                    break;
                }
            }
            if newer.len() >= NAMED || opened >= OPENED {
                return newer;
            }
        }
    }
    newer
}
