//! [`Tabs`]: the tabs of this node's own people that have live fields, and what they were last answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crdt_schema::document::FieldPath;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, PersonId, Timestamp};
use tokio::sync::broadcast;

/// Protects memory: tabs whose last answer is remembered.
const REMEMBERED: usize = 10_000;
/// Notices kept for connections that are slow.
const NOTICES: usize = 256;

/// A tab's own name, new with each page load.
pub(crate) type TabName = String;
/// Names a connection.
pub(crate) type ConnectionId = u64;

/// The tabs of this node's own people.
pub(crate) struct Tabs {
    here: Mutex<BTreeMap<(DocumentId, ConnectionId), Here>>,
    answers: Mutex<Answers>,
    changed: broadcast::Sender<DocumentId>,
}

/// When a tab last spoke, and what it was answered.
type Remembered = (Timestamp, Arc<tokio::sync::Mutex<LastAnswer>>);

#[derive(Default)]
struct Answers {
    by_tab: BTreeMap<(PersonId, TabName), Remembered>,
    connections: ConnectionId,
}

/// Where somebody of this node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Here {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    /// The field; nothing if the person is in none.
    pub(crate) path: Option<FieldPath>,
    pub(crate) caret: usize,
    /// The version that the caret counts in.
    pub(crate) heads: Heads,
}

/// What a tab was last answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastAnswer {
    pub(crate) seq: u64,
    pub(crate) text: String,
}

impl Default for Tabs {
    fn default() -> Self {
        Self {
            here: Mutex::default(),
            answers: Mutex::default(),
            changed: broadcast::Sender::new(NOTICES),
        }
    }
}

impl Tabs {
    /// Hears in which documents tabs come, go or move from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<DocumentId> {
        self.changed.subscribe()
    }

    /// Names a new connection.
    pub(crate) fn connection(&self) -> ConnectionId {
        let mut answers = lock(&self.answers);
        answers.connections = answers.connections.wrapping_add(1);
        answers.connections
    }

    /// Takes where a connection's person is; nothing when it ends.
    pub(crate) fn show(&self, document: DocumentId, connection: ConnectionId, here: Option<Here>) {
        let mut all = lock(&self.here);
        let is_news = match here {
            Some(here) => all
                .insert((document, connection), here.clone())
                .is_none_or(|before| (before.path, before.caret) != (here.path, here.caret)),
            None => all.remove(&(document, connection)).is_some(),
        };
        drop(all);
        if is_news {
            // Nobody listening is fine.
            let _heard = self.changed.send(document);
        }
    }

    /// Returns who else of this node has the document open.
    pub(crate) fn others(&self, document: DocumentId, connection: ConnectionId) -> Vec<Here> {
        let all = lock(&self.here);
        let range = all.range((document, ConnectionId::MIN)..=(document, ConnectionId::MAX));
        range.filter(|((_, other), _)| *other != connection).map(|(_, here)| here.clone()).collect()
    }

    /// Returns what a person's tab was last answered, to be held while its next message is worked on.
    pub(crate) fn answers_of(
        &self,
        person: PersonId,
        tab: &str,
        now: Timestamp,
    ) -> Arc<tokio::sync::Mutex<LastAnswer>> {
        let mut answers = lock(&self.answers);
        let key = (person, tab.to_owned());
        if answers.by_tab.len() >= REMEMBERED && !answers.by_tab.contains_key(&key) {
            let oldest = answers
                .by_tab
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(key, _)| key.clone());
            oldest.and_then(|key| answers.by_tab.remove(&key));
        }
        let (used, answer) = answers.by_tab.entry(key).or_default();
        *used = now;
        Arc::clone(answer)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
