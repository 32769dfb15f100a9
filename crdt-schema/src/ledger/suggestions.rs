//! What became of the suggestions to a document.

use std::collections::BTreeMap;

use automerge::ChangeHash;

use super::{Ledger, Said};
use crate::identity::{ChangeId, EnvelopeId};
use crate::suggestion::Verdict;

/// What became of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nobody has answered it.
    Open,
    /// The version that it starts from does not count any more, so that nobody can take it in.
    OutOfDate,
    /// This envelope answers it.
    Answered(Verdict, EnvelopeId),
}

impl Ledger {
    /// Returns the suggestions that count, in the order in which they came, and what became of each: a pure function of what
    /// counts. Of several answers the one that takes it in wins, else the one with the lowest id.
    #[must_use]
    pub fn suggestions(&self) -> Vec<(EnvelopeId, Outcome)> {
        let mut answers = BTreeMap::<EnvelopeId, (bool, EnvelopeId, Verdict)>::new();
        let counting = || self.placed.iter().filter(|placed| self.counts(&placed.id));
        for placed in counting() {
            if let Some(Said::Answer(suggestion, verdict)) = &placed.said {
                let answer = (*verdict != Verdict::Taken, placed.id, *verdict);
                let best = answers.entry(*suggestion).or_insert(answer);
                *best = (*best).min(answer);
            }
        }
        let outcome = |id: &EnvelopeId, base: &[ChangeId]| match answers.get(id) {
            Some((_, answer, verdict)) => Outcome::Answered(*verdict, *answer),
            None if self.count_changes(hashes(base).iter()) => Outcome::Open,
            None => Outcome::OutOfDate,
        };
        counting()
            .filter_map(|placed| match &placed.said {
                Some(Said::Suggestion(base)) => Some((placed.id, outcome(&placed.id, base))),
                Some(
                    Said::Answer(..)
                    | Said::SignOff(_)
                    | Said::Withdrawal(_)
                    | Said::VersionName(_)
                    | Said::Comment(..)
                    | Said::Reply(..),
                )
                | None => None,
            })
            .collect()
    }

    /// Returns the suggestion that an accepted envelope answers.
    #[must_use]
    pub fn answered_by(&self, id: &EnvelopeId) -> Option<EnvelopeId> {
        match self.get(id)?.said.as_ref()? {
            Said::Answer(suggestion, _) => Some(*suggestion),
            Said::Suggestion(_)
            | Said::SignOff(_)
            | Said::Withdrawal(_)
            | Said::VersionName(_)
            | Said::Comment(..)
            | Said::Reply(..) => None,
        }
    }

    pub(super) fn has_what_it_is_about(&self, said: &Said) -> bool {
        match said {
            Said::Suggestion(version)
            | Said::SignOff(version)
            | Said::VersionName(version)
            | Said::Comment(version, _) => hashes(version).iter().all(|change| self.knows(change)),
            Said::Answer(about, _) | Said::Withdrawal(about) | Said::Reply(about, _) => {
                self.by_id.contains_key(about)
            }
        }
    }
}

fn hashes(ids: &[ChangeId]) -> Vec<ChangeHash> {
    ids.iter().map(|id| ChangeHash(id.0)).collect()
}
