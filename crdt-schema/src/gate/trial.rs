//! Tries a change on its own causal past before it is applied where people read.
//!
//! The other checks are meant to leave nothing to find here; this one does not rely on them. Panics are caught: Automerge's
//! invariants are asserted in many places, and a peer must not be able to end the program through one of them.

use std::sync::{Mutex, PoisonError};

use automerge::{Automerge, Change, ReadDoc};

use super::{Refusal, guard};
use crate::document::{Document, Known};

/// The document as the author of the change that was tried last knew it.
///
/// Changes of somebody who was away come one after the other, each on top of the one before: without this, the past
/// of each would be put together anew. It is a cache: any other content of it leads to the same verdicts.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Option<Automerge>>);

impl Clone for Cache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Cache {
    fn take(&self) -> Option<Automerge> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, document: Automerge) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(document);
    }
}

/// Tries one change. `all` holds at least all that the change builds on, and `known` knows all that `all` holds.
pub(super) fn run(
    document: &Document,
    all: &Automerge,
    known: Known<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    let mut past = guard(Refusal::Trial, || past(document, all, known, change))?;
    guard(Refusal::Trial, || {
        past.apply_changes([change.clone()]).map_err(|_| Refusal::Trial)?;
        if past.get_heads() == [change.hash()] { Ok(()) } else { Err(Refusal::Trial) }
    })?;
    document.trial_cache().put(past);
    Ok(())
}

/// Returns the document as of the version that a change builds on.
fn past(
    document: &Document,
    all: &Automerge,
    known: Known<'_>,
    change: &Change,
) -> Result<Automerge, Refusal> {
    if let Some(mut cached) = document.trial_cache().take()
        && cached.get_heads().iter().all(|head| known.covers(change.deps(), head))
    {
        let lacking = known.between(&cached.get_heads(), change.deps());
        let changes: Option<Vec<Change>> =
            lacking.iter().map(|hash| all.get_change_by_hash(hash)).collect();
        cached.apply_changes(changes.ok_or(Refusal::Trial)?).map_err(|_| Refusal::Trial)?;
        return Ok(cached);
    }
    let mut heads = all.get_heads();
    heads.sort_unstable();
    if heads == change.deps() {
        return Ok(all.clone());
    }
    all.fork_at(change.deps()).map_err(|_| Refusal::Trial)
}
