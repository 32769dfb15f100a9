//! Nodes with a hand behind them instead of an engine.

use anyhow::{Result, bail, ensure};

use super::{Being, World};
use crate::disk::Disk;
use crate::network::Number;

impl World {
    /// Turns a node into a puppet; its key and disk stay.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn make_puppet(&mut self, number: Number) -> Result<()> {
        self.crash(number)?;
        self.node(number)?.being = Being::Puppet(Vec::new());
        Ok(())
    }

    /// Turns a puppet back into what it was, on the disk that it has.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn start_again(&mut self, number: Number) -> Result<()> {
        self.leave(number);
        let node = self.node(number)?;
        node.being = Being::Off;
        node.heard.clear();
        self.start(number)
    }

    /// Turns a puppet back into what it was, on another disk and away from all others, as who would like time to go back.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn revive(&mut self, number: Number, disk: Disk) -> Result<()> {
        self.node(number)?.disk = disk;
        let others: Vec<Number> = (0..self.nodes.len()).filter(|other| *other != number).collect();
        self.cut(&[number], &others);
        self.start_again(number)
    }

    /// Connects a puppet to a node.
    ///
    /// # Errors
    /// If that does not work.
    pub fn connect(&mut self, puppet: Number, to: Number) -> Result<()> {
        if self.network.stream(puppet, to).is_some() {
            return Ok(());
        }
        self.dial(puppet, to);
        self.run_for(500)?;
        ensure!(
            self.network.stream(puppet, to).is_some(),
            "puppet {puppet} cannot reach node {to}"
        );
        Ok(())
    }

    /// Lets a puppet say something.
    pub fn say(&mut self, puppet: Number, to: Number, frame: Vec<u8>) {
        self.send(puppet, to, frame);
    }

    /// Returns what a puppet was sent since it was last asked.
    ///
    /// # Errors
    /// If it is none.
    pub fn heard_by(&mut self, puppet: Number) -> Result<Vec<(Number, Vec<u8>)>> {
        match &mut self.node(puppet)?.being {
            Being::Puppet(inbox) => Ok(std::mem::take(inbox)),
            Being::Engine(_) | Being::Off => bail!("node {puppet} is no puppet"),
        }
    }
}
