//! [`Orders`]: what callers want of the room, without waiting for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::{Key, lock};

/// What is wanted of one peer's connections: first this to be closed, then that to be dialled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) close: bool,
    pub(crate) dial: Option<Vec<String>>,
}

/// Protects memory: addresses that wait to be dialled, whoever is there.
const SEEKS: usize = 64;

/// All that waits.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) peers: BTreeMap<Key, Order>,
    /// Addresses to dial, whoever is there.
    pub(crate) seeks: BTreeSet<String>,
    pub(crate) stop: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.peers.is_empty() && self.seeks.is_empty() && !self.stop
    }
}

/// Orders that wait. There is at most one for each peer the caller knows, so they are bounded by those.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    waiting: Mutex<Waiting>,
    more: Notify,
}

impl Orders {
    pub(crate) fn dial(&self, peer: Key, addresses: Vec<String>) {
        lock(&self.waiting).peers.entry(peer).or_default().dial = Some(addresses);
        self.more.notify_one();
    }

    pub(crate) fn seek(&self, address: String) {
        let mut waiting = lock(&self.waiting);
        if waiting.seeks.len() < SEEKS {
            waiting.seeks.insert(address);
        }
        drop(waiting);
        self.more.notify_one();
    }

    pub(crate) fn close(&self, peer: Key) {
        lock(&self.waiting).peers.insert(peer, Order { close: true, dial: None });
        self.more.notify_one();
    }

    pub(crate) fn stop(&self) {
        lock(&self.waiting).stop = true;
        self.more.notify_one();
    }

    /// Waits for orders.
    pub(crate) async fn next(&self) -> Waiting {
        loop {
            {
                let mut waiting = lock(&self.waiting);
                if !waiting.is_empty() {
                    let stop = waiting.stop;
                    return std::mem::replace(
                        &mut *waiting,
                        Waiting { stop, ..Waiting::default() },
                    );
                }
            }
            self.more.notified().await;
        }
    }
}
