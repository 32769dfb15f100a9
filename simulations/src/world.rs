//! [`World`]: many engines, their disks and clocks, and what happens next.

mod doubles;
mod links;
mod puppets;
mod calm;

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result, bail, ensure};
use crdt_schema::identity::{EnvelopeId, Name, NodeId, Sector, Timestamp};
use crdt_schema::key::{NodeKey, RootKey};
use engine::{
    CommandId, Done, Effects, Engine, Identity, Input, Moment, Record, Refused, Shelf, ShelfError,
    Signal,
};

use crate::chance::Chance;
use crate::disk::Disk;
use crate::errors::Logs;
use crate::network::{Network, Number, StreamId, Weather};
use crate::people::Ledger;
use crate::report::Figures;
use crate::scale::Scale;
use crate::spread::{Arrival, Spread};
use crate::trace::Trace;

/// When every world begins: 22 November 2026.
pub const BEGINNING: u64 = 1_795_305_600_000;

/// A world of its own.
#[derive(Debug)]
pub struct World {
    pub nodes: Vec<Node>,
    pub network: Network,
    /// What the scenario and its people do by chance.
    pub chance: Chance,
    /// Milliseconds since the beginning.
    pub now: u64,
    /// How long a disk takes to make a batch durable, in milliseconds.
    pub disk_delay: (u64, u64),
    /// Does somebody say two things in one place in this story? Then what was built on the one that loses is lost with it.
    pub has_fork: bool,
    /// Is somebody shut out in this story, or held back? Then what that one did may cease to count.
    pub has_exclusions: bool,
    /// The runtime looks at least this often, whatever the engine asked for, in milliseconds.
    pub longest_sleep: u64,
    /// How large a story somebody asked for.
    pub asked: Scale,
    /// How what is written spreads, where somebody measures it.
    pub spread: Option<Spread>,
    /// What a story measured, for those who asked for a report.
    pub figures: Option<Figures>,
    /// Is somebody told how far a long story is?
    pub is_told: bool,
    pub(crate) trace: Trace,
    /// What nodes log.
    pub(crate) logs: Logs,
    doubles: Vec<doubles::Double>,
    /// Who goes by an id: one, or two if a machine was copied.
    numbers: BTreeMap<NodeId, Vec<Number>>,
    pub(crate) seed: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    next: u64,
    commands: u64,
    answers: BTreeMap<CommandId, Result<Done, Refused>>,
    last_sent: u64,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    pub identity: Identity,
    pub root: RootKey,
    pub disk: Disk,
    pub being: Being,
    /// What its people were told is saved.
    pub ledger: Ledger,
    /// How far its clock is off, in milliseconds.
    pub clock: i64,
    /// How much longer than others its disk takes, in milliseconds.
    pub slowness: u64,
    /// Is its disk full? It refuses the next batch, and the node stops.
    pub is_full: bool,
    /// Since when it has been on.
    pub(crate) since: u64,
    incarnation: u64,
    /// Handled, but not yet durable.
    unkept: Effects,
    is_committing: bool,
    /// It will crash after the next thing it handles, before that is durable.
    pub(crate) is_doomed: bool,
    wake: Option<(u64, u64)>,
    /// The streams that this side believes to stand.
    heard: BTreeMap<Number, StreamId>,
    /// What came while it was suspended.
    paused: Option<VecDeque<Input>>,
    chance: Chance,
}

/// What is behind a node.
#[derive(Debug)]
pub enum Being {
    /// The real engine.
    Engine(Box<Engine>),
    /// Nobody, until it starts again.
    Off,
    /// A hand that says what it likes, and the frames it was sent.
    Puppet(Vec<(Number, Vec<u8>)>),
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "what is to come is short")]
enum Happening {
    Wake(Number),
    Commit(Number, u64),
    Input(Number, u64, Input),
    Up {
        node: Number,
        peer: Number,
        stream: StreamId,
    },
    Down {
        node: Number,
        peer: Number,
        stream: StreamId,
    },
    /// A stream on which nothing came through in one direction is given up.
    Stall {
        a: Number,
        b: Number,
        stream: StreamId,
    },
    Frame {
        to: Number,
        from: Number,
        stream: StreamId,
        frame: Vec<u8>,
    },
}

impl World {
    /// Makes an empty world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            network: Network::new(seed, Weather::default()),
            chance: Chance::new(seed, "scenario"),
            now: 0,
            disk_delay: (1, 12),
            has_fork: false,
            has_exclusions: false,
            longest_sleep: 60_000,
            asked: Scale::default(),
            spread: None,
            figures: None,
            is_told: false,
            trace: Trace::default(),
            logs: Logs::default(),
            doubles: Vec::new(),
            numbers: BTreeMap::new(),
            seed,
            queue: BTreeMap::new(),
            next: 0,
            commands: 0,
            answers: BTreeMap::new(),
            last_sent: 0,
        }
    }

    /// Adds an organisation with one node, and starts it; returns its number.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn add(&mut self) -> Result<Number> {
        let number = self.nodes.len();
        self.add_node_of(&self.root_of(number), number)
    }

    /// Adds a node of an organisation and starts it; returns its number.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn add_node_of(&mut self, root: &RootKey, organization: usize) -> Result<Number> {
        let number = self.place(root, organization, Disk::default())?;
        self.start(number)?;
        Ok(number)
    }

    /// Adds a node that is off, with the disk that it has; returns its number.
    ///
    /// # Errors
    /// Never: the name fits.
    pub fn place(&mut self, root: &RootKey, organization: usize, disk: Disk) -> Result<Number> {
        let number = self.nodes.len();
        let mut chance = Chance::new(self.seed, &format!("node {number}"));
        let key = NodeKey::from_seed(&chance.bytes());
        let name: Name = format!("Organisation {organization}").parse().context("a name")?;
        let certificate = root.certify(&key, Timestamp(BEGINNING));
        let identity = Identity { card: root.card(name, Sector::Vcs), certificate, key };
        self.numbers.entry(identity.key.id()).or_default().push(number);
        self.nodes.push(Node {
            identity,
            root: root.clone(),
            disk,
            being: Being::Off,
            ledger: Ledger::default(),
            clock: 0,
            slowness: 0,
            is_full: false,
            since: 0,
            incarnation: 0,
            unkept: Effects::default(),
            is_committing: false,
            is_doomed: false,
            wake: None,
            heard: BTreeMap::new(),
            paused: None,
            chance,
        });
        Ok(number)
    }

    /// Returns the root key of the organisation of this number.
    #[must_use]
    pub fn root_of(&self, organization: usize) -> RootKey {
        let mut chance = Chance::new(self.seed, &format!("organisation {organization}"));
        RootKey::from_seed(&chance.bytes())
    }

    /// Returns a node.
    ///
    /// # Errors
    /// If there is none.
    pub fn node(&mut self, number: Number) -> Result<&mut Node> {
        self.nodes.get_mut(number).with_context(|| format!("there is no node {number}"))
    }

    #[must_use]
    pub fn id(&self, number: Number) -> Option<NodeId> {
        self.nodes.get(number).map(|node| node.identity.key.id())
    }

    /// Returns a node's engine.
    ///
    /// # Errors
    /// If it is off or a puppet.
    pub fn engine(&mut self, number: Number) -> Result<&mut Engine> {
        match &mut self.node(number)?.being {
            Being::Engine(engine) => Ok(engine),
            Being::Off | Being::Puppet(_) => bail!("node {number} is not up"),
        }
    }

    #[must_use]
    pub fn is_on(&self, number: Number) -> bool {
        self.nodes
            .get(number)
            .is_some_and(|node| matches!(node.being, Being::Engine(_)) && node.paused.is_none())
    }

    /// Counts something for the report.
    pub fn count(&mut self, what: &'static str) {
        self.trace.count(what, 1);
    }

    #[must_use]
    pub fn counted(&self, what: &str) -> u64 {
        self.trace.counts.get(what).copied().unwrap_or(0)
    }

    /// Returns a hash over all that happened.
    #[must_use]
    pub fn digest(&self) -> String {
        self.trace.digest()
    }

    fn local(&self, node: &Node) -> Timestamp {
        Timestamp(BEGINNING.saturating_add(self.now).saturating_add_signed(node.clock))
    }

    /// Returns what a node's clock shows.
    #[must_use]
    pub fn clock(&self, number: Number) -> Timestamp {
        self.nodes.get(number).map_or(Timestamp(BEGINNING), |node| self.local(node))
    }

    fn plan(&mut self, at: u64, happening: Happening) -> (u64, u64) {
        self.next += 1;
        let key = (at.max(self.now), self.next);
        self.queue.insert(key, happening);
        key
    }

    /// Starts a node that is off, on what it kept.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn start(&mut self, number: Number) -> Result<()> {
        self.start_by(number, Engine::open)
    }

    /// Starts a node whose disk holds the same as this engine's.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn start_beside(&mut self, number: Number, other: &Engine) -> Result<()> {
        self.start_by(number, |identity, shelf, seed, now| other.beside(identity, shelf, seed, now))
    }

    fn start_by(
        &mut self,
        number: Number,
        open: impl FnOnce(Identity, Box<dyn Shelf>, [u8; 32], Timestamp) -> Result<Engine, ShelfError>,
    ) -> Result<()> {
        let now = self.now;
        let local = self.clock(number);
        self.logs.is_heard_of(number);
        let node = self.node(number)?;
        ensure!(matches!(node.being, Being::Off), "node {number} is on already");
        node.incarnation += 1;
        node.since = now;
        let seed = node.chance.bytes();
        let engine = open(node.identity.clone(), Box::new(node.disk.clone()), seed, local)?;
        node.being = Being::Engine(Box::new(engine));
        self.trace.note(now, "starts", number, &[]);
        self.handle(number, Input::Tick)?;
        let address = address(self.original(number));
        self.handle(number, Input::Listening(vec![address]))
    }

    /// Ends a node without warning: what is not durable is gone.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn crash(&mut self, number: Number) -> Result<()> {
        let now = self.now;
        let node = self.node(number)?;
        if !matches!(node.being, Being::Engine(_)) {
            return Ok(());
        }
        node.being = Being::Off;
        node.unkept = Effects::default();
        (node.is_committing, node.is_doomed, node.paused) = (false, false, None);
        node.heard.clear();
        node.incarnation += 1;
        if let Some(wake) = node.wake.take() {
            self.queue.remove(&wake);
        }
        self.trace.note(now, "crashes", number, &[]);
        self.count("crashes");
        self.leave(number);
        Ok(())
    }

    /// Suspends a node: it hears nothing and does nothing, and nobody notices.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn pause(&mut self, number: Number) -> Result<()> {
        let node = self.node(number)?;
        if node.paused.is_none() && matches!(node.being, Being::Engine(_)) {
            node.paused = Some(VecDeque::new());
            self.count("pauses");
        }
        Ok(())
    }

    /// Wakes a suspended node; it takes what came meanwhile.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn resume(&mut self, number: Number) -> Result<()> {
        let now = self.now;
        let node = self.node(number)?;
        if node.paused.is_some() {
            node.since = now;
        }
        for input in node.paused.take().unwrap_or_default() {
            self.handle(number, input)?;
        }
        self.handle(number, Input::Tick)
    }

    /// Gives a node a command; the answer comes once it is durable.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn submit(&mut self, number: Number, command: engine::Command) -> Result<CommandId> {
        self.commands += 1;
        let id = CommandId(self.commands);
        self.handle(number, Input::Command(id, command))?;
        Ok(id)
    }

    /// Returns the answer to a command, if it has come.
    pub fn answer(&mut self, id: CommandId) -> Option<Result<Done, Refused>> {
        self.answers.remove(&id)
    }

    /// Lets something happen to a node.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn tell(&mut self, number: Number, input: Input) -> Result<()> {
        self.handle(number, input)
    }

    fn handle(&mut self, number: Number, input: Input) -> Result<()> {
        let (now, local, longest) = (self.now, self.clock(number), self.longest_sleep);
        let ((least, most), is_measured) = (self.disk_delay, self.spread.is_some());
        let from =
            if let Input::Received(from, _) = &input { self.met(number, from) } else { None };
        self.logs.is_heard_of(number);
        let node = self.node(number)?;
        if let (Being::Puppet(inbox), Some(from), Input::Received(_, frame)) =
            (&mut node.being, from, &input)
        {
            inbox.push((from, frame.clone()));
        }
        if let Some(waiting) = &mut node.paused {
            waiting.push_back(input);
            return Ok(());
        }
        let Being::Engine(engine) = &mut node.being else { return Ok(()) };
        let steady = Timestamp(now);
        let next = engine.handle(Moment { wall: local, steady }, input);
        let sleep = next.wake_at.map_or(longest, |at| at.0.saturating_sub(now).clamp(1, longest));
        let came: Vec<EnvelopeId> =
            if is_measured { envelopes(&next).collect() } else { Vec::new() };
        merge(&mut node.unkept, next);
        let (old, incarnation) = (node.wake.take(), node.incarnation);
        let commit = (!node.is_committing)
            .then(|| now + node.chance.between(least, most).saturating_add(node.slowness));
        node.is_committing = true;
        let since = node.since;
        if std::mem::take(&mut node.is_doomed) {
            return self.crash(number);
        }
        if let Some(spread) = &mut self.spread {
            for id in came {
                spread.came(id, Arrival { at: number, from, now, since });
            }
        }
        if let Some(old) = old {
            self.queue.remove(&old);
        }
        let wake = self.plan(now + sleep, Happening::Wake(number));
        self.node(number)?.wake = Some(wake);
        if let Some(at) = commit {
            self.plan(at, Happening::Commit(number, incarnation));
        }
        Ok(())
    }

    /// Makes a batch durable, then acts on it.
    fn commit(&mut self, number: Number) -> Result<()> {
        let node = self.node(number)?;
        if node.is_full {
            // What cannot be made durable never happened.
            self.count("batches that a full disk refused");
            return self.crash(number);
        }
        node.is_committing = false;
        let effects = std::mem::take(&mut node.unkept);
        node.disk.commit(effects.persist);
        if let Being::Engine(engine) = &mut node.being {
            engine.persisted();
        }
        for (to, frame) in effects.send {
            if let Some(to) = self.met(number, &to) {
                ensure!(
                    frame.len() <= crdt_schema::limits::FRAME_BYTES,
                    "node {number} made a frame that is too long"
                );
                self.send(number, to, frame);
            }
        }
        for dial in effects.dial {
            match self.met(number, &dial.node) {
                Some(to) if dial.addresses.contains(&address(self.original(to))) => {
                    self.dial(number, to);
                }
                Some(_) | None => {
                    let incarnation = self.node(number)?.incarnation;
                    self.plan(
                        self.now + 50,
                        Happening::Input(number, incarnation, Input::DialFailed(dial.node)),
                    );
                }
            }
        }
        for sought in effects.seek {
            self.seek(number, sought)?;
        }
        for peer in effects.close {
            if let Some(peer) = self.met(number, &peer) {
                self.count("hung up");
                self.tear(number, peer);
            }
        }
        for signal in effects.notify {
            if let Signal::Answer(id, outcome) = signal {
                if let Ok(done) = &outcome {
                    self.node(number)?.ledger.note(done);
                }
                self.answers.insert(id, outcome);
            }
        }
        Ok(())
    }

    /// Lets the next thing happen, if it is due by `until`.
    fn step(&mut self, until: u64) -> Result<bool> {
        let Some(entry) = self.queue.first_entry() else { return Ok(false) };
        let (at, _) = *entry.key();
        if at > until {
            return Ok(false);
        }
        let happening = entry.remove();
        self.now = at;
        match happening {
            Happening::Wake(number) => {
                self.node(number)?.wake = None;
                self.handle(number, Input::Tick)?;
            }
            Happening::Commit(number, incarnation) => {
                if self.node(number)?.incarnation == incarnation {
                    self.commit(number)?;
                }
            }
            Happening::Input(number, incarnation, input) => {
                if self.node(number)?.incarnation == incarnation {
                    self.handle(number, input)?;
                }
            }
            Happening::Stall { a, b, stream } => {
                if self.network.stands(a, b, stream) {
                    self.tear(a, b);
                }
            }
            Happening::Up { node, peer, stream } => self.on_up(node, peer, stream)?,
            Happening::Down { node, peer, stream } => self.on_down(node, peer, stream)?,
            Happening::Frame { to, from, stream, frame } => {
                let hears = self.node(to)?.heard.get(&from) == Some(&stream);
                if hears
                    && self.network.stands(from, to, stream)
                    && let Some(id) = self.id(from)
                {
                    self.handle(to, Input::Received(id, frame))?;
                }
            }
        }
        Ok(true)
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// If something goes wrong that must not.
    pub fn run_for(&mut self, milliseconds: u64) -> Result<()> {
        let until = self.now + milliseconds;
        while self.step(until)? {}
        self.now = until;
        Ok(())
    }
}

/// Returns where a node is reached.
#[must_use]
pub fn address(number: Number) -> String {
    format!("/dns4/node{number}.example/tcp/4891")
}

/// Returns the envelopes that are to be kept.
fn envelopes(effects: &Effects) -> impl Iterator<Item = EnvelopeId> {
    effects.persist.iter().filter_map(|record| match record {
        Record::Envelope { id, .. } => Some(*id),
        Record::Entry { .. } | Record::Local { .. } | Record::Cache { .. } => None,
    })
}

fn merge(effects: &mut Effects, next: Effects) {
    effects.persist.extend(next.persist);
    effects.send.extend(next.send);
    effects.dial.extend(next.dial);
    effects.seek.extend(next.seek);
    effects.close.extend(next.close);
    effects.notify.extend(next.notify);
}
