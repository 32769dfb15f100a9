//! Organisations that were let in, and then turned out not to be: what they may know of how that came.

use std::collections::BTreeSet;

use super::apply::Why;
use super::{Act, Log, Standing};
use crate::identity::{EntryId, InviteId, NodeId, OrganizationId};

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
    /// Returns how an organisation that was let in, and came to wait again, was turned away; `None` if that is not what
    /// became of the organisation that came in through this node.
    ///
    /// Up to where it was set aside it was a member; that it was turned away, it is told.
    #[must_use]
    pub fn turned_away(&self, node: &NodeId) -> Option<SetAside> {
        let admitted = self.stored().values().find_map(|stored| match stored.entry.act() {
            Some(Act::Admit(redemption)) if redemption.certificate.node == *node => {
                Some(redemption.card.organization)
            }
            _ => None,
        });
        let organization = admitted?;
        let state = self.state();
        if state.members.contains_key(&organization) {
            return None;
        }
        let let_in = self.let_in(&organization);
        let causes: Vec<EntryId> = self
            .stored()
            .iter()
            .filter(|(id, stored)| {
                matches!(stored.entry.act(), Some(Act::Decline(of)) if *of == organization)
                    && !state.void.contains_key(*id)
            })
            .map(|(id, _)| *id)
            .collect();
        (!let_in.is_empty() && !causes.is_empty()).then(|| SetAside {
            let_in,
            causes,
            rivals: BTreeSet::new(),
        })
    }

    /// Returns the entries that let an organisation in.
    fn let_in(&self, organization: &OrganizationId) -> Vec<EntryId> {
        let let_in = self.stored().iter().filter(|(_, stored)| {
            !stored.before.is_in(organization) && stored.after().is_in(organization)
        });
        let_in.map(|(id, _)| *id).collect()
    }

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
        let mut aside = SetAside { let_in: self.let_in(organization), ..SetAside::default() };
        let mut invites: BTreeSet<InviteId> = BTreeSet::new();
        for stored in self.stored().values() {
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
