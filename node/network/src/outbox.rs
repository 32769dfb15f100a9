//! [`Outbox`]: what the room has to tell and nobody has taken yet. The room never waits for that.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Key, NetworkEvent};

/// Protects memory: peers found in the local network that nobody has heard of yet.
const DISCOVERED: usize = 256;

/// What the room has to tell. Only the newest of a kind is kept, so it is bounded by the peers that are dialled.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    listening: Option<Vec<String>>,
    failed: BTreeSet<Key>,
    /// Who is at addresses that were dialled, whoever is there.
    sought: BTreeMap<String, Option<Key>>,
    discovered: BTreeMap<Key, Vec<String>>,
}

impl Outbox {
    pub(crate) fn listening(&mut self, addresses: Vec<String>) {
        self.listening = Some(addresses);
    }

    pub(crate) fn dial_failed(&mut self, peer: Key) {
        self.failed.insert(peer);
    }

    pub(crate) fn sought(&mut self, address: String, found: Option<Key>) {
        self.sought.insert(address, found);
    }

    pub(crate) fn discovered(&mut self, peer: Key, addresses: Vec<String>) {
        if self.discovered.len() < DISCOVERED || self.discovered.contains_key(&peer) {
            self.discovered.insert(peer, addresses);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.listening.is_none()
            && self.failed.is_empty()
            && self.sought.is_empty()
            && self.discovered.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<NetworkEvent> {
        if let Some(addresses) = self.listening.take() {
            return Some(NetworkEvent::Listening(addresses));
        }
        if let Some(peer) = self.failed.pop_first() {
            return Some(NetworkEvent::DialFailed(peer));
        }
        if let Some((address, found)) = self.sought.pop_first() {
            return Some(match found {
                Some(peer) => NetworkEvent::Found(address, peer),
                None => NetworkEvent::NobodyAt(address),
            });
        }
        self.discovered
            .pop_first()
            .map(|(peer, addresses)| NetworkEvent::Discovered(peer, addresses))
    }
}
