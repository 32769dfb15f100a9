//! How nodes of a world come to be connected.

use anyhow::Result;
use engine::Input;

use super::{Happening, World, address};
use crate::network::Number;

impl World {
    /// Lets a node find who is at an address.
    pub(super) fn seek(&mut self, number: Number, sought: String) -> Result<()> {
        let at = (0..self.nodes.len()).find(|other| address(self.original(*other)) == sought);
        let incarnation = self.node(number)?.incarnation;
        let input = match at.and_then(|other| Some((other, self.id(other)?))) {
            Some((other, id)) => {
                self.dial(number, other);
                Input::Found(sought, id)
            }
            None => Input::NobodyAt(sought),
        };
        self.plan(self.now + 50, Happening::Input(number, incarnation, input));
        Ok(())
    }

    pub(super) fn dial(&mut self, from: Number, to: Number) {
        if self.network.stream(from, to).is_some() {
            return;
        }
        let hears = self
            .nodes
            .get(to)
            .is_some_and(|node| !matches!(node.being, super::Being::Off) && node.paused.is_none());
        let meets = self.meets(from, to);
        match self.network.dial(from, to, hears && meets, self.now) {
            (at, Some(stream)) => {
                self.plan(at, Happening::Up { node: from, peer: to, stream });
                self.plan(at, Happening::Up { node: to, peer: from, stream });
            }
            (at, None) => {
                if let (Some(target), Some(node)) = (self.id(to), self.nodes.get(from)) {
                    let happening =
                        Happening::Input(from, node.incarnation, Input::DialFailed(target));
                    self.plan(at, happening);
                }
            }
        }
    }
}
