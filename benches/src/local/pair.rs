//! [`Pair`]: two engines and a pipe that counts.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use crdt_schema::identity::{Role, Timestamp, WorkspaceId};
use crdt_schema::membership::Rules;
use engine::message::Message;
use engine::{Command, Done, Effects, Input};

use super::{Local, name};
use crate::clock::now;

/// Bytes of a frame's length on the wire.
const LENGTH: usize = 4;

/// Two engines that can hear each other.
#[derive(Debug)]
pub struct Pair {
    pub first: Local,
    pub second: Local,
}

/// What went in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// Bytes of all frames with their lengths.
    pub bytes: usize,
    /// Those of them that carried envelopes.
    pub of_envelopes: usize,
    pub frames: usize,
    /// Steps of reconciliations.
    pub steps: usize,
}

/// What two engines said until they fell silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Talk {
    pub to_second: Direction,
    pub to_first: Direction,
    /// What the engines needed, without the pipe.
    pub by_first: Duration,
    pub by_second: Duration,
}

impl Talk {
    /// Returns the bytes both ways that carried no envelopes.
    #[must_use]
    pub const fn besides_envelopes(&self) -> usize {
        let (to, from) = (self.to_second, self.to_first);
        to.bytes + from.bytes - to.of_envelopes - from.of_envelopes
    }
}

impl Direction {
    fn note(&mut self, frame: &[u8]) -> Result<()> {
        let size = frame.len() + LENGTH;
        self.bytes += size;
        self.frames += 1;
        match Message::from_frame(frame).context("reading an engine's own frame")? {
            Message::Wanted { .. } | Message::News { .. } => self.of_envelopes += size,
            Message::Reconcile { .. } => self.steps += 1,
            _ => {}
        }
        Ok(())
    }
}

impl Pair {
    /// Makes two organisations in one workspace, both in memory.
    ///
    /// # Errors
    /// If the engines refuse.
    pub fn together() -> Result<Self> {
        let mut pair = Self { first: Local::in_memory(1)?, second: Local::in_memory(2)? };
        for (local, port) in [(&mut pair.first, 1), (&mut pair.second, 2)] {
            let address = format!("/ip4/127.0.0.1/tcp/{port}");
            let _effects = local.handle(Input::Listening(vec![address]));
            local.commit()?;
        }
        let founding =
            Command::CreateWorkspace { name: name("Northmere")?, rules: Rules::default() };
        let Done::Workspace(workspace) = pair.first.act(founding)? else {
            anyhow::bail!("no workspace was made")
        };
        let invite = Command::CreateInvite {
            workspace,
            role: Role::Editor,
            uses: 1,
            lasts: Duration::from_secs(24 * 60 * 60),
            approval: false,
            only_for: None,
        };
        let Done::Invite { text, .. } = pair.first.act(invite)? else {
            anyhow::bail!("no invite was made")
        };
        pair.first.commit()?;
        pair.second.act(Command::Join { invite: text })?;
        pair.second.commit()?;
        pair.connect()?;
        ensure!(pair.second.workspace()? == workspace, "the second did not join");
        Ok(pair)
    }

    /// Returns the workspace of both.
    ///
    /// # Errors
    /// If there is none.
    pub fn workspace(&mut self) -> Result<WorkspaceId> {
        self.first.workspace()
    }

    /// Moves both clocks.
    pub fn pass(&mut self, time: Duration) {
        let later = self.first.now.0 + u64::try_from(time.as_millis()).unwrap_or(0);
        (self.first.now, self.second.now) = (Timestamp(later), Timestamp(later));
    }

    /// Cuts the connection between both.
    ///
    /// # Errors
    /// If something cannot be kept.
    pub fn disconnect(&mut self) -> Result<()> {
        let (first, second) = (self.first.identity.key.id(), self.second.identity.key.id());
        let _effects = self.first.handle(Input::PeerDown(second));
        let _effects = self.second.handle(Input::PeerDown(first));
        self.first.commit()?;
        self.second.commit()
    }

    /// Connects both, and carries what they say until nobody says anything any more.
    ///
    /// # Errors
    /// If something cannot be kept.
    pub fn connect(&mut self) -> Result<Talk> {
        let (first, second) = (self.first.identity.key.id(), self.second.identity.key.id());
        let mut queue =
            VecDeque::from([(true, Input::PeerUp(second)), (false, Input::PeerUp(first))]);
        let mut talk = Talk::default();
        while let Some((is_first, input)) = queue.pop_front() {
            let (local, time, direction) = if is_first {
                (&mut self.first, &mut talk.by_first, &mut talk.to_second)
            } else {
                (&mut self.second, &mut talk.by_second, &mut talk.to_first)
            };
            let begin = now();
            let effects: Effects = local.handle(input);
            *time += begin.elapsed();
            local.commit()?;
            let from = local.identity.key.id();
            for (_, frame) in effects.send {
                direction.note(&frame)?;
                queue.push_back((!is_first, Input::Received(from, frame)));
            }
        }
        Ok(talk)
    }
}
