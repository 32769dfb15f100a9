//! Part: finding the invite behind a phrase, on the side of who typed it.

use std::collections::BTreeMap;

use crdt_schema::identity::{NodeId, Timestamp};
use crdt_schema::phrase::{Lookup, Phrase};

use crate::input::CommandId;

/// Who typed a phrase has an answer after this long.
const PATIENCE: u64 = 20_000;
/// Protects sockets: phrases that are looked up at the same time.
const MOST: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Seeks {
    open: BTreeMap<CommandId, Seek>,
}

/// A phrase that is being looked up.
#[derive(Debug)]
pub(crate) struct Seek {
    pub(crate) phrase: Phrase,
    until: Timestamp,
    /// Who is at the phrase's address.
    found: Option<NodeId>,
    is_asked: bool,
}

impl Seeks {
    /// Begins to look up a phrase; `false` if too many are being looked up.
    pub(crate) fn start(&mut self, id: CommandId, phrase: Phrase, now: Timestamp) -> bool {
        let has_room = self.open.len() < MOST;
        if has_room {
            let until = Timestamp(now.0.saturating_add(PATIENCE));
            self.open.insert(id, Seek { phrase, until, found: None, is_asked: false });
        }
        has_room
    }

    /// Takes who is at an address.
    pub(crate) fn found(&mut self, address: &str, node: NodeId) {
        for seek in self.open.values_mut().filter(|seek| seek.phrase.place.address() == address) {
            seek.found.get_or_insert(node);
        }
    }

    /// Returns what to ask a node that is up; once.
    pub(crate) fn lookups_for(&mut self, node: &NodeId) -> Vec<Lookup> {
        let due = self.open.values_mut().filter(|seek| seek.found == Some(*node) && !seek.is_asked);
        due.map(|seek| {
            seek.is_asked = true;
            seek.phrase.secret.lookup()
        })
        .collect()
    }

    /// Ends those that a node's answer is for.
    pub(crate) fn answered(&mut self, node: &NodeId, lookup: &Lookup) -> Vec<(CommandId, Seek)> {
        self.end(|seek| {
            seek.is_asked && seek.found == Some(*node) && seek.phrase.secret.lookup() == *lookup
        })
    }

    /// Ends those at an address where nobody is.
    pub(crate) fn nobody_at(&mut self, address: &str) -> Vec<(CommandId, Seek)> {
        self.end(|seek| seek.found.is_none() && seek.phrase.place.address() == address)
    }

    /// Ends those whose time is over; says when to look again.
    pub(crate) fn expire(&mut self, now: Timestamp) -> (Vec<(CommandId, Seek)>, Option<Timestamp>) {
        let over = self.end(|seek| seek.until <= now);
        (over, self.open.values().map(|seek| seek.until).min())
    }

    fn end(&mut self, is_over: impl Fn(&Seek) -> bool) -> Vec<(CommandId, Seek)> {
        self.open.extract_if(.., |_, seek| is_over(seek)).collect()
    }
}
