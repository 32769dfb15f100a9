//! [`Orders`]: what callers want of the room, without waiting for it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::{Key, lock};

/// What is wanted of one peer's connections: first this to be closed, then that to be dialled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) close: bool,
    pub(crate) dial: Option<Vec<String>>,
}

/// Orders that wait. There is at most one for each peer the caller knows, so they are bounded by those.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    peers: BTreeMap<Key, Order>,
    stop: bool,
}

impl Orders {
    pub(crate) fn dial(&self, peer: Key, addresses: Vec<String>) {
        lock(&self.waiting).peers.entry(peer).or_default().dial = Some(addresses);
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

    /// Waits for orders, and says whether to stop.
    pub(crate) async fn next(&self) -> (BTreeMap<Key, Order>, bool) {
        loop {
            {
                let mut waiting = lock(&self.waiting);
                if waiting.stop || !waiting.peers.is_empty() {
                    return (std::mem::take(&mut waiting.peers), waiting.stop);
                }
            }
            self.more.notified().await;
        }
    }
}
