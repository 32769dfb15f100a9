//! Changes of one document that came together.
//!
//! What comes in a run, of somebody who was away or to somebody who is new, goes through the gate on a copy of the document,
//! which then is the document: nothing is applied twice. Verdicts are those of [`super::admit_from`] on a document into which
//! the admitted changes were put one by one.

use std::borrow::Cow;

use automerge::ActorId;

use super::letters::Letters;
use super::{PlainChange, Refusal, Trial, Verdict, admit_with, guard};
use crate::document::Document;

/// A document with the changes of a run that were admitted.
#[derive(Clone, Debug)]
pub struct Run<'d> {
    /// Copied when the first change is put in.
    document: Cow<'d, Document>,
    /// Admitted after what is in the document, and put in before anything but letters is judged.
    letters: Letters,
}

/// Automerge failed on what the gate had let pass: all that came in this run has to be judged apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change of the run does not load")]
pub struct Broken;

impl<'d> Run<'d> {
    /// Starts a run on a document.
    #[must_use]
    pub fn on(document: &'d Document) -> Self {
        Self { document: Cow::Borrowed(document), letters: Letters::default() }
    }

    /// Judges the changes of one envelope on the document with what was admitted before. What is admitted is judged on by what
    /// follows.
    ///
    /// # Errors
    /// If a change that passed all checks cannot be applied. The run is of no use then.
    pub fn admit(
        &mut self,
        actors: &[Vec<ActorId>],
        changes: &[PlainChange],
    ) -> Result<Verdict, Broken> {
        if let ([change], [actors]) = (changes, actors) {
            let expanded = guard(Refusal::Malformed, || Ok(change.change.decode()));
            let Ok(expanded) = expanded else { return Ok(Verdict::Refused(Refusal::Malformed)) };
            if let Some(verdict) = self.letters.admit(&self.document, actors, change, &expanded) {
                if matches!(verdict, Verdict::Admitted) {
                    self.letters.keep(&self.document, change, &expanded);
                }
                return Ok(verdict);
            }
        }
        self.settle()?;
        // The copy is nobody's yet: where a change builds on all of it, it is its own trial.
        let is_on_top = matches!(changes, [change] if self.document.is_at(change.deps()));
        let trial = if is_on_top { Trial::ByApplying } else { Trial::Apart };
        let verdict = admit_with(&self.document, actors, changes, trial);
        if matches!(verdict, Verdict::Admitted) {
            let document = self.document.to_mut();
            document.apply(changes.to_vec()).map_err(|_| Broken)?;
            if is_on_top && !changes.iter().all(|change| document.is_at(&[change.hash()])) {
                return Err(Broken);
            }
        }
        Ok(verdict)
    }

    /// Returns the document with what was admitted; `None` if all of that is letters, which are put into the document that the
    /// run began with in no more time.
    ///
    /// # Errors
    /// If that cannot be applied.
    pub fn finish(mut self) -> Result<Option<Document>, Broken> {
        if matches!(self.document, Cow::Borrowed(_)) {
            return Ok(None);
        }
        self.settle()?;
        Ok(Some(self.document.into_owned()))
    }

    fn settle(&mut self) -> Result<(), Broken> {
        if self.letters.is_empty() {
            return Ok(());
        }
        let letters = std::mem::take(&mut self.letters).into_changes();
        self.document.to_mut().apply(letters).map_err(|_| Broken)
    }
}
