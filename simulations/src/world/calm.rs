//! The end of a storm: everything is mended, and everyone finishes.

use anyhow::{Result, ensure};

use super::{Being, World};
use crate::network::Weather;

/// A stranger is sent away and a dial is given up after half a minute, and a redial waits up to a minute: who has been
/// silent for longer than all of it will stay so.
const QUIET: u64 = 150_000;
/// Calm must come within this time.
const PATIENCE: u64 = 3_600_000;

impl World {
    /// Ends all faults, and lets everyone finish; returns after how many milliseconds the last frame was sent.
    ///
    /// # Errors
    /// If traffic does not end.
    pub fn settle(&mut self) -> Result<u64> {
        self.network.weather = Weather::default();
        self.heal();
        for number in 0..self.nodes.len() {
            let node = self.node(number)?;
            (node.is_doomed, node.is_full, node.slowness) = (false, false, 0);
            if matches!(self.node(number)?.being, Being::Off) {
                self.start(number)?;
            }
            self.resume(number)?;
        }
        self.quiet()
    }

    /// Lets everyone sleep, as offices do at night: time passes, and nobody does anything.
    ///
    /// # Errors
    /// If something goes wrong that must not.
    pub fn sleep_for(&mut self, milliseconds: u64) -> Result<()> {
        (0..self.nodes.len()).try_for_each(|number| self.pause(number))?;
        self.run_for(milliseconds)?;
        (0..self.nodes.len()).try_for_each(|number| self.resume(number))
    }

    /// Lets everyone finish, with the links as they are.
    ///
    /// # Errors
    /// If traffic does not end.
    pub fn quiet(&mut self) -> Result<u64> {
        let begin = self.now;
        self.last_sent = self.last_sent.max(begin);
        while self.now < self.last_sent + QUIET {
            ensure!(self.now < begin + PATIENCE, "traffic does not stop");
            self.run_for(1_000)?;
        }
        Ok(self.last_sent - begin)
    }
}
