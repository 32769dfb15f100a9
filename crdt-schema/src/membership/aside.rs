//! Organisations that were let in, and then turned out not to be: what they may know of how that came.

use std::collections::BTreeSet;

use super::apply::Why;
use super::{Act, Log, Standing};
use crate::identity::{EntryId, InviteId, OrganizationId};

/// How it came that an organisation which was let in waits again, though nobody shut it out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// The entries that had let it in, which it knows.
    pub let_in: Vec<EntryId>,
    /// The entries that took this back.
    pub causes: Vec<EntryId>,
    /// Who else used the same invite.
    pub rivals: BTreeSet<OrganizationId>,
}

impl Log {
    /// Returns how an organisation that was let in came to wait again; `None` if it does not wait, or never was in.
    ///
    /// It was entitled to know what led there: up to then it was a member.
    #[must_use]
    pub fn set_aside(&self, organization: &OrganizationId) -> Option<SetAside> {
        let state = self.state();
        let standing = state.members.get(organization).map(|member| member.standing);
        if standing != Some(Standing::Waiting) {
            return None;
        }
        let mut aside = SetAside::default();
        let mut invites: BTreeSet<InviteId> = BTreeSet::new();
        for (id, stored) in self.stored() {
            let is_let_in =
                !stored.before.is_in(organization) && stored.after().is_in(organization);
            if is_let_in {
                aside.let_in.push(*id);
            }
            if let Some(Act::Admit(redemption)) = stored.entry.act()
                && redemption.card.organization == *organization
            {
                invites.insert(redemption.offer.id);
            }
        }
        if aside.let_in.is_empty() {
            return None;
        }
        for (id, stored) in self.stored() {
            if let Some(Act::Admit(redemption)) = stored.entry.act()
                && redemption.card.organization != *organization
                && invites.contains(&redemption.offer.id)
            {
                aside.causes.push(*id);
                aside.rivals.insert(redemption.card.organization);
            }
        }
        aside.causes.extend(aside.let_in.iter().filter_map(|id| match state.void.get(id)? {
            Why::Struck { by } | Why::Outdone { by } | Why::Objected { by } => Some(*by),
            Why::NotEnough
            | Why::AuthorNotIn
            | Why::NotSteward
            | Why::NoObject
            | Why::NodeTaken
            | Why::NotVouched
            | Why::WouldLeaveNoSteward => None,
        }));
        Some(aside)
    }
}
