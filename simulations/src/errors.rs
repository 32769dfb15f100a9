//! What the engines log: errors are faults of ours and fail a simulation; all of it is kept where somebody searches it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::network::Number;

/// What was logged. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    errors: Vec<String>,
    /// Whose turn it is.
    node: Number,
    /// To each node all that it logged, while somebody searches it.
    all: Option<BTreeMap<Number, String>>,
}

impl Logs {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        self.kept().errors.clone()
    }

    /// What is logged from now on is this node's.
    pub(crate) fn is_heard_of(&self, node: Number) {
        self.kept().node = node;
    }

    /// Keeps all that is logged from now on, whatever its level.
    pub(crate) fn keep_all(&self) {
        self.kept().all = Some(BTreeMap::new());
    }

    /// Is a word in what a node logged?
    pub(crate) fn has_said(&self, node: Number, word: &str) -> bool {
        let kept = self.kept();
        let said = kept.all.as_ref().and_then(|all| all.get(&node));
        said.is_some_and(|said| said.contains(word))
    }

    /// Returns what was kept, and keeps no more.
    pub(crate) fn take_all(&self) -> BTreeMap<Number, String> {
        self.kept().all.take().unwrap_or_default()
    }
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String has no error to give.
        let _infallible = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Logs {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR || self.kept().all.is_some()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut kept = self.kept();
        let node = kept.node;
        if let Some(all) = &mut kept.all {
            let said = all.entry(node).or_default();
            said.push_str(&words.0);
            said.push('\n');
        }
        if *event.metadata().level() == Level::ERROR {
            kept.errors.push(words.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
