//! Tries a change on its own causal past: applies it, reads all, edits, saves and loads again.
//!
//! Some bytes that Automerge takes without a word make the saved document unreadable, or every later edit fail. What
//! does that to the document as its author knew it, is found here, on a copy. Panics are caught: Automerge's
//! invariants are asserted in many places, and a peer must not be able to end the program through one of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::Transactable;
use automerge::{
    ActorId, Automerge, Change, ChangeHash, ExpandedChange, LoadOptions, ObjId, PatchLog,
    TextEncoding, VerificationMode,
};

use super::{Refusal, expand};
use crate::document::View;

/// A copy of the document as the author of the next change knew it.
#[derive(Debug)]
pub(super) struct Stage<'d> {
    known: &'d Automerge,
    /// The changes that were taken so far.
    taken: Vec<Change>,
    copy: Automerge,
    is_proven: bool,
}

impl<'d> Stage<'d> {
    pub(super) fn new(known: &'d Automerge) -> Self {
        Self { known, taken: Vec::new(), copy: known.clone(), is_proven: true }
    }

    /// Sets the stage for a change whose dependencies are known.
    pub(super) fn prepare(&mut self, change: &Change) -> Result<ExpandedChange, Refusal> {
        let mut heads = self.copy.get_heads();
        heads.sort_unstable();
        if heads != change.deps() {
            self.prove()?;
            self.copy = guard(|| self.past(change.deps()))?;
        }
        expand(change)
    }

    fn past(&self, deps: &[ChangeHash]) -> Result<Automerge, Refusal> {
        let fork = |all: &Automerge| all.fork_at(deps).map_err(|_| Refusal::Trial);
        if self.taken.is_empty() {
            return fork(self.known);
        }
        let mut all = self.known.clone();
        all.apply_changes(self.taken.iter().cloned()).map_err(|_| Refusal::Trial)?;
        fork(&all)
    }

    pub(super) const fn document(&self) -> &Automerge {
        &self.copy
    }

    /// Applies the change that the stage was set for.
    pub(super) fn take(&mut self, change: &Change) -> Result<(), Refusal> {
        let copy = &mut self.copy;
        guard(|| copy.apply_changes([change.clone()]).map_err(|_| Refusal::Trial))?;
        if self.copy.get_heads() != [change.hash()] {
            return Err(Refusal::Trial);
        }
        self.taken.push(change.clone());
        self.is_proven = false;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Refusal> {
        self.prove()
    }

    fn prove(&mut self) -> Result<(), Refusal> {
        if self.is_proven {
            return Ok(());
        }
        let copy = &mut self.copy;
        guard(|| prove(copy))?;
        self.is_proven = true;
        Ok(())
    }
}

fn prove(document: &mut Automerge) -> Result<(), Refusal> {
    let heads = document.get_heads();
    let shown = View::now(document).tree().to_value();
    let options = || {
        LoadOptions::new()
            .text_encoding(TextEncoding::Utf16CodeUnit)
            .verification_mode(VerificationMode::Check)
    };
    let saved = document.save_nocompress();
    let loaded = Automerge::load_with_options(&saved, options()).map_err(|_| Refusal::Trial)?;
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

fn guard<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Refusal::Trial)?
}
