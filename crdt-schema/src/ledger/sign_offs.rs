//! Who signed which version of the document or named one, and what was taken back.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, Placed, Said};
use crate::identity::{EnvelopeId, OrganizationId};
use crate::limits;

/// How many of an organisation's newest sign-offs a fence names. Those before them in their chains are below these.
const NEWEST: usize = 4;

/// A sign-off that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signed {
    /// The envelope.
    pub id: EnvelopeId,
    /// The envelope that takes it back: of several the one with the lowest id.
    pub withdrawn: Option<EnvelopeId>,
}

impl Placed {
    /// Is it a sign-off, the name of a version, or part of a discussion?
    pub(super) const fn can_be_taken_back(&self) -> bool {
        matches!(
            self.said,
            Some(Said::SignOff(_) | Said::VersionName(_) | Said::Comment(..) | Said::Reply(..))
        )
    }
}

impl Ledger {
    /// Returns the sign-offs that count, in the order in which they came: a pure function of what counts. What is taken
    /// back once stays so; who signs again does it by another envelope.
    #[must_use]
    pub fn sign_offs(&self) -> Vec<Signed> {
        let withdrawn = self.withdrawn();
        let counting = self.placed.iter().filter(|placed| self.counts(&placed.id));
        counting
            .filter(|placed| matches!(placed.said, Some(Said::SignOff(_))))
            .map(|placed| Signed { id: placed.id, withdrawn: withdrawn.get(&placed.id).copied() })
            .collect()
    }

    /// Returns the names of versions that count and were not taken back, in the order in which they came.
    #[must_use]
    pub fn version_names(&self) -> Vec<EnvelopeId> {
        let withdrawn = self.withdrawn();
        let counting = self.placed.iter().filter(|placed| self.counts(&placed.id));
        counting
            .filter(|placed| matches!(placed.said, Some(Said::VersionName(_))))
            .map(|placed| placed.id)
            .filter(|id| !withdrawn.contains_key(id))
            .collect()
    }

    /// Returns what was taken back, and by which envelope.
    pub(super) fn withdrawn(&self) -> BTreeMap<EnvelopeId, EnvelopeId> {
        let mut withdrawn = BTreeMap::<EnvelopeId, EnvelopeId>::new();
        for placed in self.placed.iter().filter(|placed| self.counts(&placed.id)) {
            if let Some(Said::Withdrawal(of)) = &placed.said {
                let first = withdrawn.entry(*of).or_insert(placed.id);
                *first = (*first).min(placed.id);
            }
        }
        withdrawn
    }

    /// Returns what a fence names beside the newest changes, sorted: the newest sign-offs, names, comments and withdrawals
    /// that count of those organisations. Nothing else builds on them, so that they would lie below no fence.
    #[must_use]
    pub fn newest_signed(&self, is_meant: impl Fn(&OrganizationId) -> bool) -> Vec<EnvelopeId> {
        let signed: Vec<(usize, &Placed)> = self
            .placed
            .iter()
            .enumerate()
            .filter(|(at, placed)| {
                (placed.can_be_taken_back() || matches!(placed.said, Some(Said::Withdrawal(_))))
                    && is_meant(&placed.organization)
                    && !self.out.contains_key(at)
            })
            .collect();
        let below = signed.iter().flat_map(|&(_, placed)| self.below(placed));
        let below: BTreeSet<usize> = self.with_past(below);
        let mut of = BTreeMap::<OrganizationId, Vec<EnvelopeId>>::new();
        for (at, placed) in signed.iter().rev() {
            let newest = of.entry(placed.organization).or_default();
            if !below.contains(at) && newest.len() < NEWEST {
                newest.push(placed.id);
            }
        }
        let all = of.into_values().flatten().take(limits::FENCED_SIGN_OFFS);
        let all: BTreeSet<EnvelopeId> = all.collect();
        all.into_iter().collect()
    }
}
