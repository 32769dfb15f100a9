//! [`World`]: many engines, their disks and clocks, and what happens next.

mod doubles;
mod links;
mod puppets;

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result, bail, ensure};
use crdt_schema::identity::{Name, NodeId, Sector, Timestamp};
use crdt_schema::key::{NodeKey, RootKey};
use engine::{CommandId, Done, Effects, Engine, Identity, Input, Refused, Signal};

use crate::chance::Chance;
use crate::disk::Disk;
use crate::errors::Logs;
use crate::network::{Network, Number, StreamId, Weather};
use crate::people::Ledger;
use crate::trace::Trace;

/// When every world begins: 22 November 2026.
const BEGINNING: u64 = 1_795_305_600_000;
/// The runtime looks at least this often, whatever the engine asked for.
const LONGEST_SLEEP: u64 = 60_000;
/// A stranger is sent away and a dial is given up after half a minute, and a redial waits up to a minute: who has been
/// silent for longer than all of it will stay so.
const QUIET: u64 = 150_000;
/// Calm must come within this time.
const PATIENCE: u64 = 3_600_000;

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
    pub(crate) trace: Trace,
    /// What nodes log.
    pub(crate) logs: Logs,
    doubles: Vec<doubles::Double>,
    seed: u64,
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
enum Happening {
    Wake(Number),
    Commit(Number, u64),
    Input(Number, u64, Input),
    Up { node: Number, peer: Number, stream: StreamId },
    Down { node: Number, peer: Number, stream: StreamId },
    Frame { to: Number, from: Number, stream: StreamId, frame: Vec<u8> },
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
            trace: Trace::default(),
            logs: Logs::default(),
            doubles: Vec::new(),
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
        let mut chance = Chance::new(self.seed, &format!("organisation {number}"));
        self.add_node_of(&RootKey::from_seed(&chance.bytes()), number)
    }

    /// Adds a node of an organisation and starts it; returns its number.
    ///
    /// # Errors
    /// If the engine does not open.
    pub fn add_node_of(&mut self, root: &RootKey, organization: usize) -> Result<Number> {
        let number = self.nodes.len();
        let mut chance = Chance::new(self.seed, &format!("node {number}"));
        let key = NodeKey::from_seed(&chance.bytes());
        let name: Name = format!("Organisation {organization}").parse().context("a name")?;
        let certificate = root.certify(key.id(), Timestamp(BEGINNING));
        let identity = Identity { card: root.card(name, Sector::Vcs), certificate, key };
        self.nodes.push(Node {
            identity,
            root: root.clone(),
            disk: Disk::default(),
            being: Being::Off,
            ledger: Ledger::default(),
            clock: 0,
            incarnation: 0,
            unkept: Effects::default(),
            is_committing: false,
            is_doomed: false,
            wake: None,
            heard: BTreeMap::new(),
            paused: None,
            chance,
        });
        self.start(number)?;
        Ok(number)
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
        let now = self.now;
        let local = self.clock(number);
        self.logs.is_heard_of(number);
        let node = self.node(number)?;
        ensure!(matches!(node.being, Being::Off), "node {number} is on already");
        node.incarnation += 1;
        let seed = node.chance.bytes();
        let engine = Engine::open(node.identity.clone(), Box::new(node.disk.clone()), seed, local)?;
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
        for peer in 0..self.nodes.len() {
            self.tear(number, peer);
        }
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
        for input in self.node(number)?.paused.take().unwrap_or_default() {
            self.handle(number, input)?;
        }
        self.handle(number, Input::Tick)
    }

    /// Breaks the stream between two nodes, if one stands.
    pub fn tear(&mut self, a: Number, b: Number) {
        if let Some((stream, at_a, at_b)) = self.network.tear(a, b, self.now) {
            self.count("broken streams");
            self.plan(at_a, Happening::Down { node: a, peer: b, stream });
            self.plan(at_b, Happening::Down { node: b, peer: a, stream });
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
        let (now, local) = (self.now, self.clock(number));
        let (least, most) = self.disk_delay;
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
        let next = engine.handle(local, input);
        let sleep = next
            .wake_at
            .map_or(LONGEST_SLEEP, |at| at.0.saturating_sub(local.0).clamp(1, LONGEST_SLEEP));
        merge(&mut node.unkept, next);
        let (old, incarnation) = (node.wake.take(), node.incarnation);
        let commit = (!node.is_committing).then(|| now + node.chance.between(least, most));
        node.is_committing = true;
        if std::mem::take(&mut node.is_doomed) {
            return self.crash(number);
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

    fn send(&mut self, from: Number, to: Number, frame: Vec<u8>) {
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
            Some(at) => drop(self.plan(at, Happening::Frame { to, from, stream, frame })),
            None => self.tear(from, to),
        }
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

    fn on_up(&mut self, number: Number, peer: Number, stream: StreamId) -> Result<()> {
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

    fn on_down(&mut self, number: Number, peer: Number, stream: StreamId) -> Result<()> {
        if self.node(number)?.heard.get(&peer) != Some(&stream) {
            return Ok(());
        }
        self.node(number)?.heard.remove(&peer);
        let Some(id) = self.id(peer) else { return Ok(()) };
        self.trace.note(self.now, "hears that a peer is down", number, id.as_bytes());
        self.handle(number, Input::PeerDown(id))
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

    /// Ends all faults, and lets everyone finish; returns after how many milliseconds the last frame was sent.
    ///
    /// # Errors
    /// If traffic does not end.
    pub fn settle(&mut self) -> Result<u64> {
        self.network.weather = Weather::default();
        self.heal();
        for number in 0..self.nodes.len() {
            self.node(number)?.is_doomed = false;
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

/// Returns where a node is reached.
#[must_use]
pub fn address(number: Number) -> String {
    format!("/dns4/node{number}.example/tcp/4891")
}

fn merge(effects: &mut Effects, next: Effects) {
    effects.persist.extend(next.persist);
    effects.send.extend(next.send);
    effects.dial.extend(next.dial);
    effects.seek.extend(next.seek);
    effects.close.extend(next.close);
    effects.notify.extend(next.notify);
}
