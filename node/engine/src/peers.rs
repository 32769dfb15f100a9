//! Part: who is up, where others can be reached, whom to dial again and when.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crdt_schema::identity::{NodeId, Timestamp};
use crdt_schema::limits;
use crdt_schema::phrase::Place;

use crate::effects::Dial;
use crate::message::AddressRecord;

/// First pause after a failed dial; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: u64 = 1_000;
/// A laptop that comes back waits at most this long.
const LONGEST_PAUSE: u64 = 60_000;
/// A dial that nobody answered for is given up.
const DIAL_TIMEOUT: u64 = 30_000;
/// How long it takes until one more address record of a node is taken.
const RECORD_EVERY: u64 = 10 * 60 * 1_000;
/// Protects memory: nodes of which something is remembered though nobody here wants them. Anyone can make node ids.
const UNWANTED: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Peers {
    up: BTreeSet<NodeId>,
    records: BTreeMap<NodeId, AddressRecord>,
    /// When what is in `records` was learnt; nothing for what earlier runs knew.
    learnt: BTreeMap<NodeId, Timestamp>,
    /// Addresses from invites, which a person chose to trust.
    hints: BTreeMap<NodeId, Vec<String>>,
    tries: BTreeMap<NodeId, Try>,
    taken: BTreeMap<NodeId, Taken>,
    own: Vec<String>,
}

/// How many of a node's address records were taken of late.
#[derive(Clone, Copy, Debug)]
struct Taken {
    count: usize,
    since: Timestamp,
}

#[derive(Debug)]
struct Try {
    next: Timestamp,
    pause: u64,
}

impl Peers {
    pub(crate) fn is_up(&self, node: &NodeId) -> bool {
        self.up.contains(node)
    }

    /// Did it not answer when it was called last, or is there no way to call it?
    pub(crate) fn is_out(&self, node: &NodeId) -> bool {
        self.tries.get(node).is_some_and(|last| last.pause >= FIRST_PAUSE)
            || self.addresses(node).is_empty()
    }

    /// Returns when a node is called again.
    pub(crate) fn next_try(&self, node: &NodeId) -> Option<Timestamp> {
        self.tries.get(node).map(|last| last.next)
    }

    /// Calls a node without waiting for its turn.
    pub(crate) fn try_now(&mut self, node: &NodeId) {
        self.tries.remove(node);
    }

    pub(crate) const fn up(&self) -> &BTreeSet<NodeId> {
        &self.up
    }

    pub(crate) fn own(&self) -> &[String] {
        &self.own
    }

    /// Returns the address of this node that reaches furthest, of those that the words of a phrase can hold.
    pub(crate) fn spoken_place(&self) -> Option<Place> {
        let own = self.own.iter().filter_map(|own| Some((reach(own)?, Place::of_address(own)?)));
        own.max_by_key(|(reach, _)| *reach).map(|(_, place)| place)
    }

    pub(crate) fn came_up(&mut self, node: NodeId) {
        self.up.insert(node);
        self.tries.remove(&node);
    }

    pub(crate) fn went_down(&mut self, node: NodeId, now: Timestamp) {
        self.up.remove(&node);
        self.tries.insert(node, Try { next: after(now, FIRST_PAUSE), pause: FIRST_PAUSE });
    }

    pub(crate) fn failed(&mut self, node: NodeId, now: Timestamp) {
        let pause =
            self.tries.get(&node).map_or(FIRST_PAUSE, |last| (last.pause * 2).min(LONGEST_PAUSE));
        self.tries.insert(node, Try { next: after(now, pause), pause });
    }

    /// Takes this node's own addresses; loopback ones count only where there is nothing better.
    pub(crate) fn listen(&mut self, addresses: Vec<String>) {
        let useful: Vec<String> = addresses
            .iter()
            .filter(|address| reach(address) != Some(Reach::Loopback))
            .cloned()
            .collect();
        self.own = if useful.is_empty() { addresses } else { useful };
        self.own.truncate(limits::ADDRESSES);
    }

    pub(crate) fn hint(&mut self, node: NodeId, mut addresses: Vec<String>) {
        addresses.retain(|address| address.len() <= limits::ADDRESS_BYTES);
        addresses.truncate(limits::ADDRESSES);
        self.hints.insert(node, addresses);
        self.tries.remove(&node);
    }

    /// Returns of how many nodes something is remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.hints.len() + self.tries.len() + self.records.len()
    }

    /// Forgets those whom nobody here wants, once they are many.
    fn forget_unwanted(&mut self, wanted: &BTreeSet<NodeId>) {
        let most = wanted.len().saturating_add(UNWANTED);
        if self.hints.len() > most {
            self.hints.retain(|node, _| wanted.contains(node));
        }
        if self.tries.len() > most {
            self.tries.retain(|node, _| wanted.contains(node));
        }
    }

    /// Returns every node whose address is known.
    pub(crate) fn known(&self) -> impl Iterator<Item = NodeId> {
        self.records.keys().copied()
    }

    pub(crate) fn record(&self, node: &NodeId) -> Option<&AddressRecord> {
        self.records.get(node)
    }

    /// Is a node's word newer than what is known? To be asked before its signature is checked: most of what peers tell is known.
    pub(crate) fn is_news(&self, record: &AddressRecord) -> bool {
        self.records.get(&record.node()).is_none_or(|known| known.time < record.time)
    }

    /// Returns a node's word if it was learnt since then.
    pub(crate) fn record_since(
        &self,
        node: &NodeId,
        since: Option<Timestamp>,
    ) -> Option<&AddressRecord> {
        let learnt = self.learnt.get(node).copied().unwrap_or(Timestamp(0));
        self.record(node).filter(|_| since.is_none_or(|since| since <= learnt))
    }

    /// Takes a node's word, if it is newer than what is known.
    pub(crate) fn learn(&mut self, record: AddressRecord, now: Timestamp) -> bool {
        let node = record.node();
        let is_newer = self.is_news(&record);
        if is_newer {
            if self.records.get(&node).is_none_or(|known| known.contact != record.contact) {
                self.tries.remove(&node);
            }
            self.records.insert(node, record);
            self.learnt.insert(node, now);
        }
        is_newer
    }

    /// Is this record of another node news that may be taken now? Each is kept for good, and told to others: a node that
    /// makes ever newer ones must neither fill the disk nor the lines.
    pub(crate) fn may_learn(&mut self, record: &AddressRecord, now: Timestamp) -> bool {
        let node = record.node();
        let is_news = self
            .records
            .get(&node)
            .is_none_or(|known| known.time < record.time && known.contact != record.contact);
        if !is_news {
            return false;
        }
        let taken = self.taken.entry(node).or_insert(Taken { count: 0, since: now });
        let forgiven = now.0.saturating_sub(taken.since.0) / RECORD_EVERY;
        taken.count = taken.count.saturating_sub(usize::try_from(forgiven).unwrap_or(usize::MAX));
        taken.since = after(taken.since, forgiven.saturating_mul(RECORD_EVERY));
        let has_room = taken.count < limits::ADDRESS_RECORDS;
        if has_room {
            taken.count += 1;
        }
        has_room
    }

    /// Returns whom of `wanted` to dial now, and when to ask again.
    pub(crate) fn due(
        &mut self,
        wanted: &BTreeSet<NodeId>,
        now: Timestamp,
    ) -> (Vec<Dial>, Option<Timestamp>) {
        self.forget_unwanted(wanted);
        let (mut dials, mut next) = (Vec::new(), None::<Timestamp>);
        for node in wanted {
            let addresses = self.addresses(node);
            if self.up.contains(node) || addresses.is_empty() {
                continue;
            }
            let (due, pause) =
                self.tries.get(node).map_or((now, FIRST_PAUSE / 2), |last| (last.next, last.pause));
            let at = if due <= now {
                dials.push(Dial { node: *node, addresses });
                let at = after(now, DIAL_TIMEOUT.max(pause));
                self.tries.insert(*node, Try { next: at, pause });
                at
            } else {
                due
            };
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        (dials, next)
    }

    /// A node's own word counts only for addresses that lie where this node itself listens: no member can make
    /// another node knock at doors inside its office.
    pub(crate) fn addresses(&self, node: &NodeId) -> Vec<String> {
        let here: BTreeSet<Reach> = self.own.iter().filter_map(|address| reach(address)).collect();
        let mut addresses = self.hints.get(node).cloned().unwrap_or_default();
        let told = self
            .records
            .get(node)
            .map(|record| record.contact.addresses.as_slice())
            .unwrap_or_default();
        for address in told {
            let allowed =
                reach(address).is_some_and(|reach| reach == Reach::Global || here.contains(&reach));
            if allowed && !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        addresses.truncate(limits::ADDRESSES * 2);
        addresses
    }
}

fn after(now: Timestamp, pause: u64) -> Timestamp {
    Timestamp(now.0.saturating_add(pause))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Loopback,
    Office,
    Global,
}

/// How far an address reaches; `None` if it is no address this node would dial.
fn reach(address: &str) -> Option<Reach> {
    let mut parts = address.split('/').skip(1);
    let (protocol, value) = (parts.next()?, parts.next()?);
    match protocol {
        "dns" | "dns4" | "dns6" => Some(Reach::Global),
        "ip4" | "ip6" => match value.parse().ok()? {
            IpAddr::V4(ip) if ip.is_loopback() => Some(Reach::Loopback),
            IpAddr::V6(ip) if ip.is_loopback() => Some(Reach::Loopback),
            IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => Some(Reach::Office),
            IpAddr::V6(ip) if ip.is_unique_local() || ip.is_unicast_link_local() => {
                Some(Reach::Office)
            }
            ip if ip.is_unspecified() || ip.is_multicast() => None,
            IpAddr::V4(_) | IpAddr::V6(_) => Some(Reach::Global),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_cannot_make_this_node_knock_inside_its_office() {
        let key = crdt_schema::key::NodeKey::from_seed(&[1; 32]);
        let told = [
            "/ip4/192.168.0.1/tcp/80",
            "/ip4/127.0.0.1/tcp/631",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/8.8.8.8/tcp/4891",
        ];
        let mut peers = Peers::default();
        peers.listen(vec!["/ip4/198.51.100.7/tcp/4891".to_owned()]);
        peers.learn(
            AddressRecord::new(&key, told.map(str::to_owned).to_vec(), Timestamp(1)),
            Timestamp(1),
        );
        assert_eq!(peers.addresses(&key.id()), ["/ip4/8.8.8.8/tcp/4891"]);
    }

    #[test]
    fn a_phrase_names_the_address_that_reaches_furthest() {
        let mut peers = Peers::default();
        assert_eq!(peers.spoken_place(), None);
        let mut check = |own: &[&str], spoken: Option<&str>| {
            peers.listen(own.iter().map(|own| (*own).to_owned()).collect());
            assert_eq!(peers.spoken_place().map(|place| place.to_string()).as_deref(), spoken);
        };
        check(&["/ip4/127.0.0.1/tcp/4891"], Some("127.0.0.1"));
        let office = ["/ip4/127.0.0.1/tcp/4891", "/ip4/192.168.0.7/tcp/4891"];
        check(&office, Some("192.168.0.7"));
        check(&[office[1], "/ip4/198.51.100.7/tcp/4900"], Some("198.51.100.7 port 4900"));
        check(&["/ip6/2001:db8::7/tcp/4891", "/ip4/198.51.100.7/udp/4891/quic-v1"], None);
    }

    #[test]
    fn ever_newer_addresses_of_a_node_are_taken_now_and_then() {
        let key = crdt_schema::key::NodeKey::from_seed(&[1; 32]);
        let mut peers = Peers::default();
        let mut learn = |number: u64, port: u64, now: u64| {
            let address = format!("/ip4/198.51.100.7/tcp/{port}");
            let record = AddressRecord::new(&key, vec![address], Timestamp(number));
            peers.may_learn(&record, Timestamp(now)) && peers.learn(record, Timestamp(now))
        };
        let taken = (1..1_000).filter(|number| learn(*number, *number, 0)).count();
        assert_eq!(taken, limits::ADDRESS_RECORDS);
        let taken = (1_000..2_000).filter(|number| learn(*number, *number, RECORD_EVERY)).count();
        assert_eq!(taken, 1);
        // The same addresses said again are no news at any time.
        assert!(!learn(5_000, 1_000, 1_000 * RECORD_EVERY));
        assert!(learn(5_001, 7, 1_000 * RECORD_EVERY));
    }

    #[test]
    fn pauses_between_tries_double_up_to_a_minute() {
        let node = NodeId([1; 32]);
        let wanted = BTreeSet::from([node]);
        let mut peers = Peers::default();
        peers.hint(node, vec!["/ip4/127.0.0.1/tcp/1".to_owned()]);
        let (mut now, mut pauses) = (Timestamp(0), Vec::new());
        for _ in 0..9 {
            let (dials, _) = peers.due(&wanted, now);
            assert_eq!(dials.len(), 1);
            peers.failed(node, now);
            let (none, next) = peers.due(&wanted, now);
            assert!(none.is_empty());
            pauses.push(next.unwrap().0 - now.0);
            now = next.unwrap();
        }
        assert_eq!(pauses, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
    }
}
