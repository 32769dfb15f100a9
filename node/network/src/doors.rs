//! [`Doors`]: which addresses this node calls at all. It hears of every dial, also of those that libp2p's own parts make
//! on another peer's word.

use std::collections::BTreeSet;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::dummy::ConnectionHandler;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use crate::address;

/// Protects memory: dials of the room's own, and addresses of relays, that are remembered.
const REMEMBERED: usize = 1_024;

/// Why a dial was stopped.
#[derive(Debug, thiserror::Error)]
#[error("an address is not called on another peer's word")]
struct Shut;

#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// The only addresses that are called, with what may follow them; all if there are none.
    only: Vec<Multiaddr>,
    /// Dials that the room asked for, whose addresses it has looked at.
    own: BTreeSet<ConnectionId>,
    /// Relays that the room is about to use.
    relays: BTreeSet<Multiaddr>,
}

impl Doors {
    pub(crate) fn new(only: Vec<Multiaddr>) -> Self {
        Self { only, ..Self::default() }
    }

    /// May this address be called? Of one by way of a relay, the relay's address counts.
    pub(crate) fn is_open(&self, address: &Multiaddr) -> bool {
        let starts = |start: &Multiaddr| {
            let mut parts = address.iter();
            start.iter().all(|part| parts.next() == Some(part))
        };
        self.only.is_empty() || self.only.iter().any(starts)
    }

    /// Lets a dial of the room's own pass.
    pub(crate) fn pass(&mut self, connection: ConnectionId, addresses: &[Multiaddr]) {
        if self.own.len() >= REMEMBERED {
            self.own.pop_first();
        }
        self.own.insert(connection);
        for relay in addresses.iter().filter_map(address::relay) {
            if self.relays.len() >= REMEMBERED {
                self.relays.pop_first();
            }
            self.relays.insert(relay);
        }
    }

    /// May libp2p call this address by itself, to use a relay or to meet a peer half-way?
    fn may_call(&self, address: &Multiaddr) -> bool {
        let plain = address::without_peer(address);
        self.is_open(&plain) && (address::is_global(&plain) || self.relays.contains(&plain))
    }
}

impl NetworkBehaviour for Doors {
    type ConnectionHandler = ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: Option<PeerId>,
        addresses: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let may =
            self.own.remove(&connection) || addresses.iter().all(|address| self.may_call(address));
        if may { Ok(Vec::new()) } else { Err(ConnectionDenied::new(Shut)) }
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(ConnectionHandler)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(doors: &mut Doors, number: usize, address: &str) -> bool {
        let address = [address.parse::<Multiaddr>().unwrap()];
        let connection = ConnectionId::new_unchecked(number);
        doors
            .handle_pending_outbound_connection(connection, None, &address, Endpoint::Dialer)
            .is_ok()
    }

    #[test]
    fn on_anothers_word_only_global_addresses_are_called() {
        let mut doors = Doors::default();
        let relay = PeerId::random();
        assert!(dial(&mut doors, 1, "/ip4/8.8.8.8/tcp/4891"));
        assert!(dial(&mut doors, 2, &format!("/ip4/8.8.8.8/udp/4891/quic-v1/p2p/{relay}")));
        for shut in ["/ip4/192.168.0.1/tcp/80", "/ip4/127.0.0.1/tcp/631", "/ip6/::1/tcp/1"] {
            assert!(!dial(&mut doors, 3, shut), "{shut}");
        }
        doors.pass(ConnectionId::new_unchecked(4), &[]);
        assert!(dial(&mut doors, 4, "/ip4/192.168.0.1/tcp/80"), "the room has looked at this one");
        assert!(!dial(&mut doors, 4, "/ip4/192.168.0.1/tcp/80"), "once");
        let by_relay = format!("/ip4/127.0.0.1/tcp/9/p2p/{relay}/p2p-circuit");
        doors.pass(ConnectionId::new_unchecked(5), &[by_relay.parse().unwrap()]);
        assert!(dial(&mut doors, 6, &format!("/ip4/127.0.0.1/tcp/9/p2p/{relay}")));
    }

    #[test]
    fn with_a_list_only_what_is_on_it_is_called() {
        let only = ["/ip4/198.51.100.7", "/dns4/relay.example.org/tcp/443"];
        let only = only.iter().map(|only| only.parse().unwrap()).collect();
        let mut doors = Doors::new(only);
        let is_open = |address: &str| doors.is_open(&address.parse().unwrap());
        let relay = PeerId::random();
        assert!(is_open("/ip4/198.51.100.7/tcp/4891"));
        assert!(is_open(&format!("/ip4/198.51.100.7/tcp/4891/p2p/{relay}/p2p-circuit")));
        assert!(is_open("/dns4/relay.example.org/tcp/443/ws"));
        assert!(!is_open("/dns4/relay.example.org/tcp/4891"));
        assert!(!is_open("/ip4/198.51.100.70/tcp/4891"));
        assert!(!dial(&mut doors, 1, "/ip4/8.8.8.8/tcp/4891"));
    }
}
