//! Relays: being one, and being reached by way of others.

use std::sync::Arc;

use libp2p::core::transport::ListenerId;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, identify, relay};
use tokio::time::Instant;

use super::Room;
use crate::{Key, address, lock, short};

impl Room {
    /// Tells where this node can be reached.
    pub(super) fn on_listening(&mut self) {
        let listeners = self.swarm.listeners().filter(|address| !address::is_relayed(address));
        let mut listening: Vec<String> = listeners.map(address::text).collect();
        listening.sort_unstable();
        listening.dedup();
        lock(&self.shared.listening).clone_from(&listening);
        let own = if self.announce.is_empty() { listening } else { self.announce.clone() };
        if self.config.relay {
            for own in own.iter().filter_map(|own| own.parse::<Multiaddr>().ok()) {
                // Whoever asks for a place is told where that is.
                self.swarm.add_external_address(own);
            }
        }
        let places: Vec<(Key, String)> = self.relays.held().filter_map(place).collect();
        // First: of many addresses of one computer the last ones may be left out.
        let mut announced: Vec<String> =
            places.iter().map(|(_, address)| address.clone()).collect();
        announced.extend(own);
        lock(&self.shared.lines).relays = places;
        if self.told.as_ref() != Some(&announced) {
            self.told = Some(announced.clone());
            self.outbox.listening(announced);
        }
    }

    /// Does this node need relays to be reached? Not if it is one, was told where others reach it, or is in the open
    /// internet. A global IPv6 address proves nothing: most routers let nobody in.
    fn needs_relays(&self) -> bool {
        let is_open = |address: &Multiaddr| {
            address.to_string().starts_with("/ip4/") && address::is_global(address)
        };
        !self.config.relay
            && self.announce.is_empty()
            && !self
                .swarm
                .listeners()
                .any(|address| !address::is_relayed(address) && is_open(address))
    }

    /// A peer said which protocols it speaks: does it pass connections on?
    pub(super) fn on_introduced(&mut self, connection: ConnectionId, introduced: &identify::Info) {
        let Some(link) = self.links.get(&connection) else { return };
        let offers = introduced.protocols.contains(&relay::HOP_PROTOCOL_NAME);
        // Only where this node called is it known to be reached by others, too.
        if let (true, false, Some(called)) = (offers, link.is_relayed, &link.called) {
            self.relays.offered(link.key, called.clone());
            self.seek_places();
        }
    }

    /// Asks relays for places, if this node needs more.
    pub(super) fn seek_places(&mut self) {
        if !self.needs_relays() {
            return;
        }
        let (now, members) = (Instant::now(), Arc::clone(&*lock(&self.shared.members)));
        while let Some((key, relay)) = self.relays.next(now, |key| members.contains(key)) {
            let place = address::peer_id(&key).map(|id| address::by_relay(&relay, id));
            let listener = place.and_then(|place| self.swarm.listen_on(place).ok());
            tracing::debug!(peer = short(&key), "asks for a place at a relay");
            self.relays.asked(key, relay, listener, now);
        }
    }

    pub(super) fn on_by_relay(&mut self, event: &relay::client::Event) {
        if let relay::client::Event::ReservationReqAccepted { relay_peer_id, .. } = event
            && let Some(key) = address::key(relay_peer_id)
            && self.relays.given(&key)
        {
            tracing::info!(peer = short(&key), "can be reached by way of a relay");
            self.on_listening();
        }
    }

    /// Something that was listened at ended. If it was a place at a relay, its address is told on for a while.
    pub(super) fn on_listener_closed(&mut self, listener: ListenerId) {
        self.relays.closed(listener, Instant::now());
        self.on_listening();
    }

    /// Looks for places that did not come back, and for new ones.
    pub(super) fn look_at_relays(&mut self) {
        if self.relays.forget_lost(Instant::now()) {
            self.on_listening();
        }
        self.seek_places();
        if self.config.relay {
            let peers = &self.peers;
            self.places.retain(|key| peers.contains_key(key));
            self.count();
        }
    }

    /// Counts what this node does as a relay.
    pub(super) fn on_relay(&mut self, event: &relay::Event) {
        match event {
            relay::Event::ReservationReqAccepted { src_peer_id, .. } => {
                self.places.extend(address::key(src_peer_id));
            }
            relay::Event::ReservationTimedOut { src_peer_id } => {
                address::key(src_peer_id).map(|key| self.places.remove(&key));
            }
            relay::Event::CircuitReqAccepted { .. } => {
                self.service.circuits += 1;
                self.service.circuits_total += 1;
            }
            relay::Event::CircuitClosed { .. } => {
                self.service.circuits = self.service.circuits.saturating_sub(1);
            }
            relay::Event::ReservationReqDenied { .. } | relay::Event::CircuitReqDenied { .. } => {
                self.service.refused_total += 1;
            }
            // The rest is about answers that did not arrive, and the enum may grow.
            _ => {}
        }
        self.count();
    }

    fn count(&mut self) {
        self.service.places = self.places.len();
        lock(&self.shared.lines).service = Some(self.service);
    }
}

fn place((key, relay): (&Key, &Multiaddr)) -> Option<(Key, String)> {
    Some((*key, address::by_relay(relay, address::peer_id(key)?).to_string()))
}
