//! Tries a change on its own causal past: applies it, reads all, edits, saves and loads again.
//!
//! Some bytes that Automerge takes without a word make the saved document unreadable, or every later edit fail. The
//! other checks are meant to leave nothing to find here; this one does not rely on them. Panics are caught: Automerge's
//! invariants are asserted in many places, and a peer must not be able to end the program through one of them.

use std::sync::{Mutex, PoisonError};

use automerge::transaction::Transactable;
use automerge::{
    ActorId, Automerge, Change, LoadOptions, ObjId, PatchLog, ReadDoc, TextEncoding,
    VerificationMode,
};

use super::{Refusal, guard};
use crate::document::{Document, Known, View};

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
    let mut heads = all.get_heads();
    heads.sort_unstable();
    let is_newest = heads == change.deps();
    let mut past = if is_newest {
        all.clone()
    } else {
        guard(Refusal::Trial, || past(document, all, known, change))?
    };
    guard(Refusal::Trial, || {
        past.apply_changes([change.clone()]).map_err(|_| Refusal::Trial)?;
        if past.get_heads() == [change.hash()] { prove(&mut past) } else { Err(Refusal::Trial) }
    })?;
    if !is_newest {
        document.trial_cache().put(past);
    }
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
    all.fork_at(change.deps()).map_err(|_| Refusal::Trial)
}

fn prove(document: &mut Automerge) -> Result<(), Refusal> {
    let heads = document.get_heads();
    let shown = View::now(document).tree().to_value();
    let options = LoadOptions::new()
        .text_encoding(TextEncoding::Utf16CodeUnit)
        .verification_mode(VerificationMode::Check);
    let saved = document.save_nocompress();
    let loaded = Automerge::load_with_options(&saved, options).map_err(|_| Refusal::Trial)?;
    if loaded.get_heads() != heads || View::now(&loaded).tree().to_value() != shown {
        return Err(Refusal::Trial);
    }
    // Whoever edits next must be able to.
    document.set_actor(ActorId::from([0].as_slice()));
    let mut edit =
        document.transaction_at(PatchLog::inactive(), &heads).map_err(|_| Refusal::Trial)?;
    edit.put(ObjId::Root, "trial", true).map_err(|_| Refusal::Trial)?;
    edit.rollback();
    Ok(())
}
