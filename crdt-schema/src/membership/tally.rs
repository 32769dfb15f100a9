//! Votes: who may agree to what, and how many must.

use std::collections::BTreeSet;

use super::Change;
use super::rules::Threshold;
use super::state::{Proposal, State};
use crate::identity::{EntryId, OrganizationId, Role, Sector};

/// How far a decision has come, to tell people: "2 of 3 agreed; a council is still needed".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Who agreed and may vote.
    pub agreed: Vec<OrganizationId>,
    /// Who may vote and has not agreed.
    pub silent: Vec<OrganizationId>,
    /// How many must agree.
    pub needed: usize,
    /// Sectors of which nobody has agreed yet, and somebody must.
    pub sectors: BTreeSet<Sector>,
    /// Who objected; only an election can be objected to.
    pub objected: Vec<OrganizationId>,
    /// Is it enough?
    pub is_enough: bool,
}

impl Tally {
    /// How many more must agree?
    #[must_use]
    pub fn missing(&self) -> usize {
        self.needed.saturating_sub(self.agreed.len())
    }
}

impl State {
    /// May the organisation agree to such a change? The members who are no stewards elect; stewards decide all else.
    #[must_use]
    pub fn may_vote(&self, change: &Change, organization: &OrganizationId) -> bool {
        match change {
            Change::Elect(_) => self.is_in(organization) && !self.is_steward(organization),
            Change::Role { .. }
            | Change::Remove { .. }
            | Change::Rules(_)
            | Change::Rename(_)
            | Change::Reinstate(_) => self.is_steward(organization),
        }
    }

    /// Returns who agreed to a proposal and may vote on it now.
    pub fn supporters<'a>(
        &'a self,
        proposal: &'a Proposal,
    ) -> impl Iterator<Item = (&'a OrganizationId, &'a EntryId)> {
        proposal
            .agreed
            .iter()
            .filter(|(organization, _)| self.may_vote(&proposal.change, organization))
    }

    /// Do enough agree to a proposal, and does nobody object?
    #[must_use]
    pub fn enough_agree(&self, proposal: &EntryId) -> bool {
        self.tally(proposal).is_some_and(|tally| tally.is_enough)
    }

    /// Returns how far a proposal has come.
    #[must_use]
    pub fn tally(&self, proposal: &EntryId) -> Option<Tally> {
        let proposal = self.proposals.get(proposal)?;
        let agreed = self.supporters(proposal).map(|(organization, _)| *organization).collect();
        let objected = proposal.objected.iter().copied().collect();
        Some(self.count(&proposal.change, Some(&proposal.by), agreed, objected))
    }

    /// Returns what a change would need, before anybody agreed.
    #[must_use]
    pub fn needed(&self, change: &Change) -> Tally {
        self.count(change, None, Vec::new(), Vec::new())
    }

    /// Returns what an organisation that waits still needs; `None` if it does not wait.
    #[must_use]
    pub fn admission(&self, organization: &OrganizationId) -> Option<Tally> {
        let wait = self.waits.get(organization)?;
        let agreed = self.who_let_in(organization);
        Some(self.by_stewards(self.to_admit(wait.offered), agreed))
    }

    fn count(
        &self,
        change: &Change,
        by: Option<&OrganizationId>,
        agreed: Vec<OrganizationId>,
        objected: Vec<OrganizationId>,
    ) -> Tally {
        let steps_down = by.is_some_and(|by| self.steps_down(change, by) && agreed.contains(by));
        let mut tally = match self.threshold(change) {
            Some(threshold) => self.by_stewards(threshold, agreed),
            None => {
                let silent =
                    self.electors().filter(|elector| !agreed.contains(elector)).copied().collect();
                let needed = self.electors().count() / 2 + 1;
                let is_enough = agreed.len() >= needed && objected.is_empty();
                let sectors = BTreeSet::new();
                Tally { agreed, silent, needed, sectors, objected: Vec::new(), is_enough }
            }
        };
        tally.is_enough |= steps_down;
        tally.objected = objected;
        tally
    }

    fn by_stewards(&self, threshold: &Threshold, agreed: Vec<OrganizationId>) -> Tally {
        let stewards: Vec<Sector> = self.stewards.values().copied().collect();
        let (needed, wanted) = threshold.asks(&stewards);
        let theirs = self.sectors(&agreed);
        let silent =
            self.stewards.keys().filter(|steward| !agreed.contains(steward)).copied().collect();
        Tally {
            silent,
            needed,
            sectors: wanted.into_iter().filter(|sector| !theirs.contains(sector)).collect(),
            objected: Vec::new(),
            is_enough: threshold.is_met(&stewards, &theirs),
            agreed,
        }
    }

    /// Do these supporters suffice to have `by` carry out the change?
    pub(super) fn suffice(
        &self,
        change: &Change,
        by: &OrganizationId,
        supporters: &[OrganizationId],
    ) -> bool {
        if self.steps_down(change, by) && supporters.contains(by) {
            return true;
        }
        match self.threshold(change) {
            Some(threshold) => self.is_met(threshold, supporters),
            None => supporters.len() > self.electors().count() / 2,
        }
    }

    /// Do these stewards meet the threshold? Who is no steward does not count.
    pub(super) fn is_met(&self, threshold: &Threshold, agreed: &[OrganizationId]) -> bool {
        let stewards: Vec<Sector> = self.stewards.values().copied().collect();
        threshold.is_met(&stewards, &self.sectors(agreed))
    }

    /// Returns who agrees to let in an organisation that waits.
    pub(super) fn who_let_in(&self, organization: &OrganizationId) -> Vec<OrganizationId> {
        let Some(wait) = self.waits.get(organization) else { return Vec::new() };
        let mut agreed: BTreeSet<OrganizationId> = wait.approved.keys().copied().collect();
        if wait.is_free {
            agreed.insert(wait.inviter);
        }
        agreed.into_iter().filter(|one| self.is_steward(one)).collect()
    }

    /// Returns what must be met to let in for a role.
    pub(super) fn to_admit(&self, offered: Role) -> &Threshold {
        if offered.may_steward() { &self.rules.stewards } else { &self.rules.admit }
    }

    /// Returns what stewards must meet for a change; `None` for an election, which is not theirs.
    #[must_use]
    pub fn threshold(&self, change: &Change) -> Option<&Threshold> {
        match change {
            Change::Elect(_) => None,
            Change::Role { role: Role::Steward, .. } | Change::Rules(_) | Change::Rename(_) => {
                Some(&self.rules.stewards)
            }
            Change::Role { organization, .. } | Change::Remove { organization, .. } => {
                let concerns_steward = self.is_steward(organization);
                Some(if concerns_steward { &self.rules.stewards } else { &self.rules.members })
            }
            Change::Reinstate(_) => Some(&self.rules.members),
        }
    }

    /// Would `by` only take a lower role itself?
    fn steps_down(&self, change: &Change, by: &OrganizationId) -> bool {
        match change {
            Change::Role { organization, role } => {
                organization == by && self.members.get(by).is_some_and(|member| member.role < *role)
            }
            Change::Remove { .. }
            | Change::Rules(_)
            | Change::Rename(_)
            | Change::Elect(_)
            | Change::Reinstate(_) => false,
        }
    }

    fn electors(&self) -> impl Iterator<Item = &OrganizationId> {
        self.members
            .iter()
            .filter(|(organization, member)| {
                member.standing.is_in() && !self.is_steward(organization)
            })
            .map(|(organization, _)| organization)
    }

    fn sectors(&self, organizations: &[OrganizationId]) -> Vec<Sector> {
        organizations.iter().filter_map(|one| self.stewards.get(one)).copied().collect()
    }
}
