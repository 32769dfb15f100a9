//! What a document shows, kept from the last look: people, lists and checks all ask for it between two changes.

use std::sync::{Arc, Mutex, PoisonError};

use automerge::ChangeHash;
use serde_json::Value;

/// The content at some version. It is a cache: any other leads to the same answers.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<Option<(Vec<ChangeHash>, Arc<Value>)>>);

impl Clone for Shown {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.last()))
    }
}

impl Shown {
    /// Returns the content at a version, computed anew if the last look was at another.
    pub(super) fn at(&self, heads: Vec<ChangeHash>, content: impl FnOnce() -> Value) -> Arc<Value> {
        if let Some((of, content)) = self.last()
            && of == heads
        {
            return content;
        }
        let content = Arc::new(content());
        self.put(heads, Arc::clone(&content));
        content
    }

    /// Takes the content at a version.
    pub(super) fn put(&self, heads: Vec<ChangeHash>, content: Arc<Value>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((heads, content));
    }

    fn last(&self) -> Option<(Vec<ChangeHash>, Arc<Value>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
