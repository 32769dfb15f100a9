//! Calling peers: first at addresses of their own, then by way of relays.

use libp2p::Multiaddr;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError};

use super::{Peer, Room};
use crate::{Key, Trouble, address, short, trouble};

impl Room {
    pub(super) fn dial(&mut self, key: Key, addresses: &[String]) {
        let peer = self.peers.get(&key);
        if peer.is_some_and(Peer::is_up) {
            return;
        }
        let stands = peer.is_some();
        let addresses =
            address::peer_id(&key).map(|id| address::dialable(addresses, &id)).unwrap_or_default();
        let doors = &self.swarm.behaviour().doors;
        let (open, shut): (Vec<Multiaddr>, Vec<Multiaddr>) =
            addresses.into_iter().partition(|address| doors.is_open(address));
        self.shared.trials.begin(key);
        let shut = shut.iter().map(|address| (address.to_string(), Trouble::NotCalled));
        self.shared.trials.note(key, shut.collect());
        self.wanted.insert(key, open);
        // A connection that stands either brings the peer up, or makes room for this dial when it ends.
        if !stands {
            self.dial_wanted(key);
        }
    }

    /// Dials a peer that somebody waits for at what is left to try, or says that it cannot be reached. By way of relays only
    /// where nothing else is left: else the relay could win the race, and carry what need not go by way of it.
    pub(super) fn dial_wanted(&mut self, key: Key) {
        let Some(wanted) = self.wanted.get_mut(&key) else { return };
        let (relayed, direct): (Vec<Multiaddr>, Vec<Multiaddr>) =
            std::mem::take(wanted).into_iter().partition(address::is_relayed);
        let addresses = if direct.is_empty() {
            relayed
        } else {
            *wanted = relayed;
            direct
        };
        let peer = address::peer_id(&key).filter(|_| !addresses.is_empty() && key != self.own);
        let dialled = peer.map(|peer| {
            // From a port of its own: from the listening port, two peers that dial each other could meet half-way
            // and both believe that they are the dialler.
            let dial = DialOpts::peer_id(peer).addresses(addresses.clone()).allocate_new_port();
            let dial = dial.build();
            self.swarm.behaviour_mut().doors.pass(dial.connection_id(), &addresses);
            self.swarm.dial(dial)
        });
        match dialled {
            // Under way, also if it already was.
            Some(Ok(()) | Err(DialError::DialPeerConditionFalse(_))) => {}
            Some(Err(error)) => {
                tracing::debug!(peer = short(&key), %error, "a peer cannot be dialled");
                self.shared.trials.note(key, trouble::of_dial(&error));
                self.give_up(key);
            }
            None => self.give_up(key),
        }
    }

    /// A dial came to nothing. What is left is tried next.
    pub(super) fn on_unreached(&mut self, key: Key, error: &DialError) {
        tracing::debug!(peer = short(&key), %error, "a peer could not be reached");
        self.shared.trials.note(key, trouble::of_dial(error));
        // A connection that came the other way in the meantime may still bring the peer up.
        if !self.peers.contains_key(&key) {
            self.dial_wanted(key);
        }
    }

    /// Dials an address, whoever is there.
    pub(super) fn seek(&mut self, address: String) {
        let dialable = address::dialable_by_anyone(&address)
            .filter(|address| self.swarm.behaviour().doors.is_open(address));
        let Some(dialable) = dialable else {
            self.outbox.sought(address, None);
            return;
        };
        let dial = DialOpts::unknown_peer_id().address(dialable).allocate_new_port().build();
        let connection = dial.connection_id();
        self.swarm.behaviour_mut().doors.pass(connection, &[]);
        match self.swarm.dial(dial) {
            Ok(()) => drop(self.seeks.insert(connection, address)),
            Err(error) => {
                tracing::debug!(%error, "an address cannot be dialled");
                self.outbox.sought(address, None);
            }
        }
    }

    /// A dial of an address, whoever is there, came to nothing. Was it one?
    pub(super) fn on_nobody(&mut self, connection: ConnectionId, error: &DialError) -> bool {
        let Some(address) = self.seeks.remove(&connection) else { return false };
        tracing::debug!(%error, "nobody was found at an address");
        self.outbox.sought(address, None);
        true
    }

    fn give_up(&mut self, key: Key) {
        if self.wanted.remove(&key).is_some() {
            self.outbox.dial_failed(key);
        }
    }
}
