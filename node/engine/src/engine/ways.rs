//! The way to an organisation's computers: for those who wonder why one cannot be reached.

use std::collections::BTreeSet;
use std::time::Duration;

use crdt_schema::identity::{NodeId, OrganizationId};

use super::Engine;
use crate::effects::{Done, Refused};
use crate::view::WayView;

impl Engine {
    /// Returns the way to each of some computers, without this one.
    pub(crate) fn ways(&self, computers: &BTreeSet<NodeId>) -> Vec<WayView> {
        let way = |node: NodeId| {
            let next = self.peers.next_try(&node);
            WayView {
                node,
                connected: self.peers.is_up(&node),
                is_wanted: self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&node)),
                is_told: self.peers.record(&node).is_some(),
                addresses: self.peers.addresses(&node),
                next: next.map(|next| Duration::from_millis(next.0.saturating_sub(self.steady.0))),
            }
        };
        let own = self.identity.key.id();
        computers.iter().copied().filter(|node| *node != own).map(way).collect()
    }

    /// Calls an organisation's computers in what is done next.
    pub(super) fn call_now(&mut self, organization: OrganizationId) -> Result<Done, Refused> {
        let computers = self.computers_of(&organization);
        if computers.is_empty() {
            return Err(Refused::NoSuchOrganization);
        }
        for node in &computers {
            self.peers.try_now(node);
        }
        Ok(Done::Nothing)
    }

    /// Returns an organisation's computers that are in use.
    pub(crate) fn computers_of(&self, organization: &OrganizationId) -> BTreeSet<NodeId> {
        let mut nodes: BTreeSet<NodeId> = self
            .known_nodes()
            .into_iter()
            .filter(|node| self.organizations_of(node).contains(organization))
            .collect();
        if *organization == self.own() {
            nodes.extend(self.kin.all().map(|kin| kin.node).filter(|node| self.is_kin(node)));
        }
        nodes
    }
}
