//! What of a document shows one version to everybody.

use std::collections::BTreeSet;

use automerge::ChangeHash;

use super::{Ledger, Placed, Said};
use crate::identity::EnvelopeId;

impl Ledger {
    /// Returns the envelopes that prove a version and tell nothing that was written after it: the changes that are in it, what was
    /// said about the document until somebody gave the version its name, and who could read, signed and named since. Each
    /// stands after all it builds on.
    #[must_use]
    pub fn up_to(&self, version: &[ChangeHash], named: &EnvelopeId) -> Vec<EnvelopeId> {
        let past = self.past(version.iter().copied());
        let mut shown = Self::new(self.genesis().clone());
        let mut is_named = false;
        for placed in &self.placed {
            if placed.belongs_to(&past, is_named) && shown.is_ready(placed) {
                shown.add(placed.clone());
            }
            is_named |= placed.id == *named;
        }
        shown.placed.iter().map(|placed| placed.id).collect()
    }
}

impl Placed {
    fn belongs_to(&self, past: &BTreeSet<ChangeHash>, is_named: bool) -> bool {
        let brought = self.copied.iter().map(|change| &change.hash).chain(&self.changes);
        let may_quote_drafts = match &self.said {
            Some(Said::Suggestion(_) | Said::Answer(..) | Said::Comment(..) | Said::Reply(..)) => {
                true
            }
            Some(Said::SignOff(_) | Said::Withdrawal(_) | Said::VersionName(_)) | None => false,
        };
        !(may_quote_drafts && is_named) && brought.into_iter().all(|change| past.contains(change))
    }
}
