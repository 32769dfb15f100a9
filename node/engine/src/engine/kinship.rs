//! The other computers of this organisation: adding one by a code, and having all of them in all workspaces.

use std::time::Duration;

use crdt_schema::identity::{CodeId, NodeId, Timestamp, WorkspaceId};
use crdt_schema::invite::Contact;
use crdt_schema::key::{Consent, NodeCertificate};
use crdt_schema::limits;
use crdt_schema::membership::Act;
use crdt_schema::pairing::{PairingCode, PairingRequest};
use tracing::{debug, info};

use super::{Engine, send};
use crate::effects::{Done, Effects, Event, Refused, Signal};
use crate::kin::Kin;
use crate::message::{Message, NotPaired};

/// The longest that a code lasts: a week.
const LONGEST_CODE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Engine {
    pub(super) fn create_code(
        &mut self,
        lasts: Duration,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        if lasts.is_zero() || lasts > LONGEST_CODE {
            return Err(Refused::Invalid {
                pointer: "/expires_in".to_owned(),
                message: "Enter for how long the code is good, at most 7 days".to_owned(),
            });
        }
        if self.has_ended(&self.identity.key.id()) {
            return Err(Refused::NotAllowed(
                "This computer was ended. Another one of your organisation can make a code."
                    .to_owned(),
            ));
        }
        if self.identity.certificate.vouchers.len() >= limits::VOUCHERS {
            return Err(Refused::NotAllowed("This computer was added by one that was itself added by others, as far as that goes. Make the code on one of those.".to_owned()));
        }
        let own = self.identity.key.id();
        let known = self.peers.record(&own).map(|record| record.contact.addresses.clone());
        let addresses = known.filter(|addresses| !addresses.is_empty());
        let addresses = addresses.ok_or_else(|| {
            Refused::NotAllowed("This computer was never reachable for others. Start it with \"fingerpost serve\" and make the code again.".to_owned())
        })?;
        let millis = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        let expires = Timestamp(self.now.0.saturating_add(millis));
        let organization = (self.own(), self.identity.card.name.clone());
        let contact = Contact { node: own, addresses };
        let code = PairingCode::new(organization, contact, expires, self.chance.bytes());
        let records = self.kin.add_code(&code, self.now).ok_or_else(|| {
            Refused::TooLarge("There are too many codes. Withdraw some first.".to_owned())
        })?;
        effects.persist.extend(records);
        effects.notify.push(Signal::Changed(Event::Peers));
        Ok(Done::Code { id: code.id(), text: code.to_text(), expires })
    }

    pub(super) fn revoke_code(
        &mut self,
        id: &CodeId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        if self.kin.code(id).is_none() {
            return Err(Refused::NoSuchCode);
        }
        effects.persist.push(self.kin.forget_code(id));
        effects.notify.push(Signal::Changed(Event::Peers));
        Ok(Done::Nothing)
    }

    /// A new computer shows a code. Who has no code learns nothing but that this one does not know it.
    pub(super) fn on_pair(
        &mut self,
        from: NodeId,
        request: &PairingRequest,
        effects: &mut Effects,
    ) {
        match self.judge_pairing(from, request) {
            Ok(()) => self.pair(request, effects),
            Err(reason) => {
                debug!(peer = %from, ?reason, "refused a code");
                send(effects, from, &Message::NotPaired(reason));
            }
        }
    }

    fn judge_pairing(&self, from: NodeId, request: &PairingRequest) -> Result<(), NotPaired> {
        let own = self.identity.key.id();
        let consent = &request.consent;
        let is_meant = consent.node == from
            && from != own
            && consent.organization == self.own()
            && request.is_true(&own);
        let code = self.kin.code(&request.id).filter(|_| is_meant).ok_or(NotPaired::NotValid)?;
        if code.used.is_some_and(|node| node != from) {
            return Err(NotPaired::Used);
        }
        if self.now > code.expires {
            return Err(NotPaired::Expired);
        }
        if self.has_ended(&from) || self.has_ended(&own) {
            return Err(NotPaired::NotValid);
        }
        let mine: Vec<WorkspaceId> = self.workspaces_of(&own).collect();
        if code.used.is_none() && mine.iter().any(|workspace| !self.has_room(workspace)) {
            return Err(NotPaired::Full);
        }
        Ok(())
    }

    /// Returns the workspaces in which a node of this organisation is in.
    fn workspaces_of(&self, node: &NodeId) -> impl Iterator<Item = WorkspaceId> {
        let own = self.own();
        self.workspaces
            .ids()
            .filter(move |workspace| self.workspaces.member_of(workspace, node) == Some(own))
            .copied()
    }

    fn has_room(&self, workspace: &WorkspaceId) -> bool {
        self.workspaces
            .state(workspace)
            .is_none_or(|state| state.nodes_of(self.own()).count() < limits::NODES)
    }

    fn pair(&mut self, request: &PairingRequest, effects: &mut Effects) {
        let PairingRequest { id, consent, .. } = request;
        // Who asks again, since the answer was lost, gets the same one.
        let known = self.kin.get(&consent.node).cloned();
        let certificate = known.unwrap_or_else(|| self.vouch_for(consent));
        let used = self.kin.use_code(*id, consent.node);
        effects.persist.extend(used);
        if self.kin.learn(&self.identity.certificate, certificate.clone()) {
            info!(node = %consent.node, "added a computer");
            (self.wanted, self.rings) = (None, None);
            effects.persist.push(Kin::record(&certificate));
        }
        let card = self.identity.card.clone();
        send(effects, consent.node, &Message::Paired { card, certificate });
        self.strangers.remove(&consent.node);
        let mine: Vec<WorkspaceId> = self.workspaces_of(&self.identity.key.id()).collect();
        for workspace in mine {
            self.include_kin(workspace, effects);
        }
        effects.notify.push(Signal::Changed(Event::Peers));
    }

    fn vouch_for(&self, consent: &Consent) -> NodeCertificate {
        self.identity.certificate.vouch(&self.identity.key, consent)
    }

    /// Adds this organisation's other nodes to a workspace where they are not: whoever of them joins one, all do.
    pub(super) fn include_kin(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        let (own, node) = (self.own(), self.identity.key.id());
        let Some(state) = self.workspaces.state(&workspace).cloned() else { return };
        if state.member_of(&node).is_none_or(|(organization, _)| *organization != own) {
            return;
        }
        // Whoever the root key or fewer others vouched for comes first: the others may rest on their word.
        let mut missing: Vec<NodeCertificate> = self
            .kin
            .all()
            .filter(|kin| !state.nodes.contains_key(&kin.node) && !self.has_ended(&kin.node))
            .cloned()
            .collect();
        missing.sort_by_key(|kin| kin.vouchers.len());
        for kin in missing {
            let is_there = |voucher: NodeId| state.nodes_of(own).any(|present| *present == voucher);
            // The node said to whom it belongs, not on whose word: here it can be another's.
            let certificate = if kin.voucher().is_none_or(is_there) {
                kin
            } else {
                self.vouch_for(&kin.consent())
            };
            if let Err(refused) = self.act(&workspace, Act::Certify(certificate), effects) {
                debug!(%workspace, %refused, "could not add a computer of this organisation");
            }
        }
    }

    /// Was this node of the organisation ended, here or in any workspace?
    pub(crate) fn has_ended(&self, node: &NodeId) -> bool {
        self.kin.ended().any(|ended| ended == node)
            || self.workspaces.ids().any(|workspace| {
                self.workspaces.state(workspace).is_some_and(|state| {
                    state.nodes.get(node) == Some(&self.own()) && state.ended.contains_key(node)
                })
            })
    }

    /// Is this another node of the organisation?
    pub(crate) fn is_kin(&self, node: &NodeId) -> bool {
        self.kin.get(node).is_some() && !self.has_ended(node)
    }
}
