//! What links do to the nodes of a world.

use anyhow::Result;
use engine::Input;

use super::{Being, Happening, World, address};
use crate::network::{Number, Sent, StreamId};

impl World {
    /// Breaks the stream between two nodes, if one stands.
    pub fn tear(&mut self, a: Number, b: Number) {
        if let Some((stream, at_a, at_b)) = self.network.tear(a, b, self.now) {
            self.count("broken streams");
            self.plan(at_a, Happening::Down { node: a, peer: b, stream });
            self.plan(at_b, Happening::Down { node: b, peer: a, stream });
        }
    }

    /// Breaks all streams of a node.
    pub fn leave(&mut self, number: Number) {
        for peer in 0..self.nodes.len() {
            self.tear(number, peer);
        }
    }

    /// Cuts every link between the two sides, until [`Self::heal`].
    pub fn cut(&mut self, one: &[Number], other: &[Number]) {
        self.count("cuts");
        for a in one {
            for b in other {
                self.network.cut(*a, *b);
                self.tear(*a, *b);
            }
        }
    }

    /// Lets everyone reach everyone again.
    pub fn heal(&mut self) {
        self.network.heal();
    }

    pub(super) fn send(&mut self, from: Number, to: Number, frame: Vec<u8>) {
        let Some(stream) = self.nodes.get(from).and_then(|node| node.heard.get(&to)).copied()
        else {
            return;
        };
        self.trace.sent(self.now, from, to, &frame);
        self.last_sent = self.now;
        if !self.network.stands(from, to, stream) {
            return;
        }
        match self.network.send(stream, from, to, self.now) {
            Sent::Arrives { at, is_doubled } => {
                if is_doubled {
                    self.count("doubled frames");
                    let frame = frame.clone();
                    self.plan(at, Happening::Frame { to, from, stream, frame });
                }
                self.plan(at, Happening::Frame { to, from, stream, frame });
            }
            Sent::Breaks => self.tear(from, to),
            Sent::Stalls { until: Some(until) } => {
                self.count("streams that went one way only");
                self.plan(until, Happening::Stall { a: from, b: to, stream });
            }
            Sent::Stalls { until: None } => {}
        }
    }

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
            .is_some_and(|node| !matches!(node.being, Being::Off) && node.paused.is_none());
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

    pub(super) fn on_up(&mut self, number: Number, peer: Number, stream: StreamId) -> Result<()> {
        if matches!(self.node(number)?.being, Being::Off)
            || !self.network.stands(number, peer, stream)
        {
            return Ok(());
        }
        let Some(id) = self.id(peer) else { return Ok(()) };
        if self.node(number)?.heard.insert(peer, stream).is_some() {
            // It had not noticed that the last stream broke.
            self.handle(number, Input::PeerDown(id))?;
        }
        self.trace.note(self.now, "hears that a peer is up", number, id.as_bytes());
        self.handle(number, Input::PeerUp(id))
    }

    pub(super) fn on_down(&mut self, number: Number, peer: Number, stream: StreamId) -> Result<()> {
        if self.node(number)?.heard.get(&peer) != Some(&stream) {
            return Ok(());
        }
        self.node(number)?.heard.remove(&peer);
        let Some(id) = self.id(peer) else { return Ok(()) };
        self.trace.note(self.now, "hears that a peer is down", number, id.as_bytes());
        self.handle(number, Input::PeerDown(id))
    }
}
