//! This organisation's own computers, and the codes that add one.

use std::collections::BTreeSet;

use crdt_schema::identity::NodeId;

use super::Reader;
use crate::view::{CodeView, ComputerView};

impl Reader<'_> {
    /// Returns this organisation's computers, as far as this one knows them.
    #[must_use]
    pub fn computers(&self) -> Vec<ComputerView> {
        let engine = &self.0;
        let this = engine.identity.key.id();
        let own = engine.identity.card.organization;
        let mut ids: BTreeSet<NodeId> = BTreeSet::from([this]);
        ids.extend(engine.kin.all().map(|kin| kin.node));
        ids.extend(engine.kin.ended());
        for state in engine.workspaces.ids().filter_map(|id| engine.workspaces.state(id)) {
            ids.extend(state.nodes.iter().filter(|(_, of)| **of == own).map(|(node, _)| *node));
        }
        let computer = |id: NodeId| {
            let is_this = id == this;
            let own = is_this.then_some(&engine.identity.certificate);
            let certificate = own.or_else(|| engine.kin.get(&id));
            ComputerView {
                id,
                is_this,
                has_ended: engine.has_ended(&id),
                connected: engine.peers.is_up(&id),
                added_by: certificate.and_then(crdt_schema::key::NodeCertificate::voucher),
                added: certificate.map(|certificate| certificate.issued),
            }
        };
        ids.into_iter().map(computer).collect()
    }

    /// Returns the codes that were made here and are not forgotten, newest first.
    #[must_use]
    pub fn codes(&self) -> Vec<CodeView> {
        let now = self.0.now();
        let mut codes: Vec<CodeView> = self
            .0
            .kin
            .codes()
            .map(|(id, code)| CodeView {
                id: *id,
                text: code.text.clone().filter(|_| now <= code.expires),
                created: code.created,
                expires: code.expires,
                is_over: now > code.expires,
                used: code.used,
            })
            .collect();
        codes.sort_by_key(|code| (std::cmp::Reverse(code.created), code.id));
        codes
    }
}
