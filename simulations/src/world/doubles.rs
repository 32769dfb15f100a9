//! One node that is two: a machine that was copied while it ran, so that both go on in one session under one key.

use std::collections::BTreeSet;

use anyhow::Result;
use crdt_schema::identity::NodeId;

use super::{Being, Node, World};
use crate::network::Number;
use crate::people::Ledger;

/// A node's double.
#[derive(Debug)]
pub(super) struct Double {
    of: Number,
    number: Number,
    /// Those who meet the double; all others meet the original.
    side: BTreeSet<Number>,
}

impl World {
    /// Copies a running node, with its key, disk and session. Each of the others meets one of the two: those in `side`
    /// meet the double. Returns the double's number.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn double(&mut self, of: Number, side: &[Number]) -> Result<Number> {
        self.crash(of)?;
        let number = self.nodes.len();
        let node = self.node(of)?;
        let double = Node {
            identity: node.identity.clone(),
            root: node.root.clone(),
            disk: node.disk.copy(),
            being: Being::Off,
            ledger: Ledger::default(),
            clock: node.clock,
            slowness: 0,
            is_full: false,
            since: 0,
            incarnation: 0,
            unkept: engine::Effects::default(),
            is_committing: false,
            is_doomed: false,
            wake: None,
            heard: std::collections::BTreeMap::new(),
            paused: None,
            // What a node is by chance, such as its session, both are.
            chance: node.chance.clone(),
        };
        node.ledger = Ledger::default();
        self.count("copied machines");
        self.numbers.entry(double.identity.key.id()).or_default().push(number);
        self.nodes.push(double);
        self.doubles.push(Double { of, number, side: side.iter().copied().collect() });
        self.has_fork = true;
        self.start(of)?;
        self.start(number)?;
        Ok(number)
    }

    /// Returns the node that a double was copied from; every other is its own original.
    #[must_use]
    pub fn original(&self, number: Number) -> Number {
        self.doubles
            .iter()
            .find(|double| double.number == number)
            .map_or(number, |double| double.of)
    }

    /// Is it a double, or does it have one? Such a node is nobody to be relied on.
    #[must_use]
    pub fn is_two(&self, number: Number) -> bool {
        self.doubles.iter().any(|double| double.of == number || double.number == number)
    }

    /// Can the two ever meet?
    pub(super) fn meets(&self, a: Number, b: Number) -> bool {
        let meets = |double: &Double, one: Number, other: Number| {
            (one != double.number || double.side.contains(&other))
                && (one != double.of || !double.side.contains(&other))
        };
        self.original(a) != self.original(b)
            && self.doubles.iter().all(|double| meets(double, a, b) && meets(double, b, a))
    }

    /// Whom does a node meet under this id?
    pub(super) fn met(&self, by: Number, id: &NodeId) -> Option<Number> {
        let all = self.numbers.get(id)?;
        all.iter().find(|number| self.meets(by, **number)).or(all.first()).copied()
    }
}
