//! [`Trials`]: what the last attempts to reach each peer came to. Kept in memory alone, for those who wonder.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Key, Trouble, lock};

/// Protects memory: peers of which it is remembered, and addresses of each.
const PEERS: usize = 1_024;
const ADDRESSES: usize = 32;

/// What the last attempt to reach a peer came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// How long ago it ended.
    pub ago: Duration,
    /// What became of each address. Nothing, if there was none that could be tried.
    pub tried: Vec<(String, Trouble)>,
}

#[derive(Debug, Default)]
pub(crate) struct Trials {
    peers: Mutex<BTreeMap<Key, Kept>>,
    /// How often an address led nowhere since the start, by why.
    counts: Mutex<BTreeMap<Trouble, u64>>,
}

#[derive(Debug)]
struct Kept {
    ended: Instant,
    tried: Vec<(String, Trouble)>,
}

impl Trials {
    /// A new attempt begins: what is noted from now on is of this one.
    pub(crate) fn begin(&self, peer: Key) {
        let mut trials = lock(&self.peers);
        if trials.len() >= PEERS && !trials.contains_key(&peer) {
            let oldest = trials.iter().min_by_key(|(_, kept)| kept.ended).map(|(key, _)| *key);
            oldest.and_then(|oldest| trials.remove(&oldest));
        }
        trials.insert(peer, Kept { ended: Instant::now(), tried: Vec::new() });
    }

    /// Notes what became of some addresses.
    pub(crate) fn note(&self, peer: Key, tried: Vec<(String, Trouble)>) {
        for (_, trouble) in &tried {
            *lock(&self.counts).entry(*trouble).or_default() += 1;
        }
        if let Some(kept) = lock(&self.peers).get_mut(&peer) {
            kept.ended = Instant::now();
            for (address, trouble) in tried {
                kept.tried.retain(|(known, _)| *known != address);
                if kept.tried.len() < ADDRESSES {
                    kept.tried.push((address, trouble));
                }
            }
        }
    }

    /// The peer is up: there is nothing to wonder about any more.
    pub(crate) fn forget(&self, peer: &Key) {
        lock(&self.peers).remove(peer);
    }

    pub(crate) fn counts(&self) -> BTreeMap<Trouble, u64> {
        lock(&self.counts).clone()
    }

    pub(crate) fn of(&self, peer: &Key) -> Option<Trial> {
        let trials = lock(&self.peers);
        let kept = trials.get(peer)?;
        Some(Trial { ago: kept.ended.elapsed(), tried: kept.tried.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_last_attempt_counts_and_only_so_many_are_remembered() {
        let trials = Trials::default();
        let key = |number: u16| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_be_bytes());
            key
        };
        trials.note(key(0), vec![("a".to_owned(), Trouble::Refused)]);
        assert_eq!(trials.of(&key(0)), None);
        trials.begin(key(0));
        trials.note(key(0), vec![("a".to_owned(), Trouble::Refused)]);
        trials.note(key(0), vec![("a".to_owned(), Trouble::HungUp)]);
        assert_eq!(trials.of(&key(0)).unwrap().tried, [("a".to_owned(), Trouble::HungUp)]);
        trials.begin(key(0));
        assert_eq!(trials.of(&key(0)).unwrap().tried, []);
        for number in 0..3_000 {
            trials.begin(key(number));
            let many = (0..100).map(|address| (address.to_string(), Trouble::TimedOut)).collect();
            trials.note(key(number), many);
        }
        assert_eq!(lock(&trials.peers).len(), PEERS);
        assert_eq!(trials.of(&key(2_999)).unwrap().tried.len(), ADDRESSES);
        trials.forget(&key(2_999));
        assert_eq!(trials.of(&key(2_999)), None);
    }
}
