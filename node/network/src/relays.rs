//! [`Relays`]: which peers pass connections on, and by way of which of them this node can be reached.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use tokio::time::Instant;

use crate::Key;

/// By way of how many relays a node can be reached, so that the loss of one cuts it off from nobody.
const MOST: usize = 2;
/// The least time between two attempts at one relay.
const PAUSE: Duration = Duration::from_secs(20);
/// How long an address by way of a relay is told on after the line to it is lost: mostly it comes back, and each change
/// of address goes round to all.
const GRACE: Duration = Duration::from_secs(120);

/// Which peers pass connections on, and by way of which of them this node can be reached.
#[derive(Debug, Default)]
pub(crate) struct Relays {
    /// Peers that are connected and say that they pass connections on, with where they were called.
    offers: BTreeMap<Key, Multiaddr>,
    places: BTreeMap<Key, Place>,
}

/// A place at a relay.
#[derive(Debug)]
struct Place {
    relay: Multiaddr,
    /// libp2p's end of it; nothing once it is lost.
    listener: Option<ListenerId>,
    /// Did the relay ever say yes?
    is_held: bool,
    asked: Instant,
    lost: Option<Instant>,
}

impl Relays {
    /// A peer says that it passes connections on.
    pub(crate) fn offered(&mut self, peer: Key, relay: Multiaddr) {
        self.offers.insert(peer, relay);
    }

    /// A peer is gone.
    pub(crate) fn gone(&mut self, peer: &Key) {
        self.offers.remove(peer);
    }

    /// Returns the relay to ask for a place next, if one more is needed.
    pub(crate) fn next(
        &self,
        now: Instant,
        is_member: impl Fn(&Key) -> bool,
    ) -> Option<(Key, Multiaddr)> {
        if self.places.values().filter(|place| place.listener.is_some()).count() >= MOST {
            return None;
        }
        let may_ask = |peer: &Key| {
            self.places.get(peer).is_none_or(|place| {
                place.listener.is_none() && now.duration_since(place.asked) >= PAUSE
            })
        };
        let next = self.offers.iter().find(|(peer, _)| may_ask(peer) && is_member(peer));
        next.map(|(peer, relay)| (*peer, relay.clone()))
    }

    /// A relay was asked for a place. Without a listener, that came to nothing.
    pub(crate) fn asked(
        &mut self,
        peer: Key,
        relay: Multiaddr,
        listener: Option<ListenerId>,
        now: Instant,
    ) {
        let (is_held, lost) = self
            .places
            .get(&peer)
            .filter(|place| place.relay == relay)
            .map_or((false, None), |place| (place.is_held, place.lost));
        self.places.insert(peer, Place { relay, listener, is_held, asked: now, lost });
    }

    /// A relay gave this node a place. Returns whether its addresses change.
    pub(crate) fn given(&mut self, peer: &Key) -> bool {
        let Some(place) = self.places.get_mut(peer) else { return false };
        place.lost = None;
        !std::mem::replace(&mut place.is_held, true)
    }

    /// A place ended.
    pub(crate) fn closed(&mut self, listener: ListenerId, now: Instant) {
        let ended = self.places.values_mut().find(|place| place.listener == Some(listener));
        if let Some(place) = ended {
            place.listener = None;
            place.lost = place.lost.or(Some(now));
        }
    }

    /// Forgets places that did not come back. Returns whether this node's addresses change.
    pub(crate) fn forget_lost(&mut self, now: Instant) -> bool {
        let count = self.held().count();
        let is_over =
            |place: &Place| place.lost.is_some_and(|lost| now.duration_since(lost) >= GRACE);
        self.places.retain(|_, place| place.listener.is_some() || !is_over(place));
        self.held().count() != count
    }

    /// Returns the relays by way of which this node can be reached.
    pub(crate) fn held(&self) -> impl Iterator<Item = (&Key, &Multiaddr)> {
        let held = self.places.iter().filter(|(_, place)| place.is_held);
        held.map(|(peer, place)| (peer, &place.relay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAYS: [Key; 3] = [[1; 32], [2; 32], [3; 32]];

    fn next(relays: &Relays, now: Instant) -> Option<Key> {
        relays.next(now, |_| true).map(|(peer, _)| peer)
    }

    fn held(relays: &Relays) -> Vec<Key> {
        relays.held().map(|(peer, _)| *peer).collect()
    }

    #[test]
    fn two_places_are_kept_and_a_lost_one_is_told_on_for_a_while() {
        let mut relays = Relays::default();
        let start = Instant::now();
        let address: Multiaddr = "/ip4/8.8.8.8/tcp/4891".parse().unwrap();
        assert_eq!(next(&relays, start), None);
        for peer in RELAYS {
            relays.offered(peer, address.clone());
        }
        assert_eq!(relays.next(start, |_| false), None, "only those who share a workspace");
        let mut listeners = Vec::new();
        for peer in &RELAYS[..2] {
            assert_eq!(next(&relays, start).unwrap(), *peer);
            listeners.push(ListenerId::next());
            relays.asked(*peer, address.clone(), listeners.last().copied(), start);
            assert!(relays.given(peer) && !relays.given(peer));
        }
        assert_eq!((next(&relays, start), held(&relays)), (None, RELAYS[..2].to_vec()));

        relays.closed(listeners[0], start);
        assert_eq!(next(&relays, start).unwrap(), RELAYS[2], "not the one just asked");
        assert_eq!(next(&relays, start + PAUSE).unwrap(), RELAYS[0]);
        relays.gone(&RELAYS[2]);
        assert_eq!(next(&relays, start), None);
        assert!(!relays.forget_lost(start + GRACE / 2));
        assert_eq!(held(&relays), RELAYS[..2]);
        // It comes back in time, and nothing changes.
        relays.asked(RELAYS[0], address, Some(ListenerId::next()), start + PAUSE);
        assert!(!relays.given(&RELAYS[0]));
        relays.closed(listeners[1], start);
        assert!(relays.forget_lost(start + GRACE));
        assert_eq!(held(&relays), RELAYS[..1]);
    }
}
