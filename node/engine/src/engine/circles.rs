//! With whom this node keeps a connection, and where it tells them that the others are.

use std::collections::BTreeSet;

use crdt_schema::identity::{NodeId, Timestamp, WorkspaceId};
use crdt_schema::membership::Standing;

use super::{Engine, send};
use crate::effects::Effects;
use crate::mesh::{self, Ring};
use crate::message::{AddressRecord, Message};

/// How long before the end of the last connection what a peer was told then is told again.
const RETOLD: u64 = 600_000;

impl Engine {
    /// Finds with whom this node keeps a connection.
    pub(super) fn find_wanted(&mut self) -> BTreeSet<NodeId> {
        let own = self.identity.key.id();
        let mut wanted: BTreeSet<NodeId> =
            self.joins.contacts().map(|contact| contact.node).collect();
        wanted.extend(self.kin.all().map(|kin| kin.node).filter(|node| self.is_kin(node)));
        if self.workspaces.has_lost() {
            // Who is in a workspace whose log is lost is not known: anybody may be.
            wanted.extend(self.peers.known());
        }
        let rings = self.rings.take().unwrap_or_else(|| {
            self.admitted.1 = true;
            self.circles().iter().map(Ring::new).collect()
        });
        for ring in &rings {
            let is_out = |node: &NodeId| self.peers.is_out(node);
            // Each for itself: whom it chooses in one circle must not show those in another who it has.
            let mut chosen = BTreeSet::new();
            mesh::choose(&own, ring, |node| self.peers.is_up(node), is_out, &mut chosen);
            wanted.append(&mut chosen);
        }
        self.rings = Some(rings);
        wanted.remove(&own);
        wanted
    }

    /// Returns who shares anything with this node, if that has changed since the caller was told last.
    pub(super) fn newly_admitted(&mut self) -> Option<BTreeSet<NodeId>> {
        if !std::mem::take(&mut self.admitted.1) {
            return None;
        }
        let known = self.known_nodes();
        let has_changed = known != self.admitted.0;
        self.admitted.0.clone_from(&known);
        has_changed.then_some(known)
    }

    /// Returns the nodes of each workspace, and of each circle of readers in it.
    fn circles(&self) -> Vec<BTreeSet<NodeId>> {
        let mut circles = Vec::new();
        for workspace in self.workspaces.ids() {
            let nodes = self.workspaces.nodes_of(workspace);
            if nodes.len() > mesh::SMALL {
                // In a small workspace everyone is connected anyway.
                let own = self.own();
                for readers in self.documents.circles(workspace) {
                    let of = |node: &&NodeId| {
                        let reader = self.workspaces.member_of(workspace, node);
                        reader.is_some_and(|reader| readers.contains(&reader))
                    };
                    if readers.contains(&own) {
                        circles.push(nodes.iter().filter(of).copied().collect());
                    }
                }
            }
            circles.push(nodes);
        }
        circles
    }

    /// Tells a node that came up where it finds the others: what was learnt since it was last here.
    pub(super) fn greet(&mut self, node: NodeId, effects: &mut Effects) {
        let known = self.known_nodes();
        let organizations = self.organizations_of(&node);
        // Of an organisation with several it is not known which of them was last here.
        let is_one_of_several = self.is_kin(&node)
            || known.iter().any(|of| {
                *of != node && self.organizations_of(of).iter().any(|of| organizations.contains(of))
            });
        let last = organizations.iter().filter_map(|of| self.seen.get(of)).min();
        let last = last.filter(|_| !is_one_of_several);
        // What was on its way when the connection broke is told again.
        let since = last.map(|last| Timestamp(last.0.saturating_sub(RETOLD)));
        let records: Vec<AddressRecord> = known
            .iter()
            .filter(|of| **of != node && self.know_each_other(&node, of))
            .filter_map(|of| self.peers.record_since(of, since).cloned())
            .collect();
        for some in records.chunks(64) {
            send(effects, node, &Message::Addresses(some.to_vec()));
        }
    }

    /// Returns the workspaces that this organisation was in and waits for again, and in which the node is: it is asked how
    /// that ended.
    pub(super) fn waited_for(&self, node: &NodeId) -> Vec<WorkspaceId> {
        let own = self.own();
        let waited = self.workspaces.ids().filter(|workspace| {
            self.workspaces.state(workspace).is_some_and(|state| {
                let standing = state.members.get(&own).map(|member| member.standing);
                standing == Some(Standing::Waiting) && state.member_of(node).is_some()
            })
        });
        waited.copied().collect()
    }

    /// Returns this organisation's nodes and those of all members of all workspaces.
    pub(super) fn known_nodes(&self) -> BTreeSet<NodeId> {
        let mut known = self.workspaces.nodes();
        known.extend(self.kin.all().map(|kin| kin.node).filter(|node| self.is_kin(node)));
        known.insert(self.identity.key.id());
        known
    }

    pub(super) fn know_each_other(&self, one: &NodeId, other: &NodeId) -> bool {
        let is_ours = |node: &NodeId| *node == self.identity.key.id() || self.is_kin(node);
        if is_ours(one) && is_ours(other) {
            return true;
        }
        self.workspaces.ids().any(|workspace| {
            self.workspaces.member_of(workspace, one).is_some()
                && self.workspaces.member_of(workspace, other).is_some()
        })
    }
}
