//! A stage for a few engines: a network that is perfect or cut, and shelves that keep what was committed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::document::Edit;
use crdt_schema::identity::{
    DocumentId, EntryId, EnvelopeId, Kind, Name, NodeId, PersonId, Role, Sector, Timestamp,
    WorkspaceId,
};
use crdt_schema::key::{NodeKey, Person, RootKey};
use crdt_schema::membership::{Entry, Insert, Log, Rules};
use crdt_schema::phrase::Phrase;
use engine::message::Message;
use engine::{
    Command, CommandId, Conditions, Done, Effects, Engine, EnvelopeMeta, Identity, Input, Moment,
    Record, Refused, Shelf, ShelfError, Signal,
};
use serde_json::Value;

/// What a node kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    entries: Vec<(WorkspaceId, Vec<u8>)>,
    envelopes: Vec<(EnvelopeMeta, Vec<u8>)>,
    locals: BTreeMap<String, Vec<u8>>,
    cache: BTreeMap<String, Vec<u8>>,
    /// How often something of it was read.
    reads: usize,
    damaged: BTreeSet<EnvelopeId>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MapShelf(Arc<Mutex<Kept>>);

impl MapShelf {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    fn keep(&self, records: Vec<Record>) {
        let mut kept = self.kept();
        for record in records {
            match record {
                Record::Entry { workspace, bytes, .. } => kept.entries.push((workspace, bytes)),
                // It came again because it was damaged, and keeps its place.
                Record::Envelope { id, .. }
                    if kept.envelopes.iter().any(|(meta, _)| meta.id == id) =>
                {
                    kept.damaged.remove(&id);
                }
                Record::Envelope { workspace, document, id, time, bytes } => {
                    kept.envelopes.push((EnvelopeMeta { workspace, document, id, time }, bytes));
                }
                Record::Local { key, value } => put(&mut kept.locals, key, value),
                Record::Cache { key, value } => put(&mut kept.cache, key, value),
            }
        }
    }
}

fn put(map: &mut BTreeMap<String, Vec<u8>>, key: String, value: Option<Vec<u8>>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

impl Shelf for MapShelf {
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError> {
        Ok(self.kept().entries.clone())
    }

    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError> {
        Ok(self.kept().envelopes.iter().map(|(meta, _)| *meta).collect())
    }

    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError> {
        let mut kept = self.kept();
        kept.reads += 1;
        if kept.damaged.contains(id) {
            return Ok(None);
        }
        Ok(kept.envelopes.iter().find(|(meta, _)| meta.id == *id).map(|(_, bytes)| bytes.clone()))
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        let kept = self.kept();
        let found = kept.locals.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        let mut kept = self.kept();
        kept.reads += 1;
        kept.cache.get(key).cloned()
    }
}

pub(crate) struct Node {
    pub(crate) engine: Engine,
    pub(crate) identity: Identity,
    shelf: MapShelf,
    /// Handled, but not yet durable.
    unkept: Effects,
}

/// Engines by number, from 0.
pub(crate) struct Stage {
    pub(crate) nodes: Vec<Node>,
    /// What all clocks show.
    pub(crate) now: Timestamp,
    /// How long it has really been going on, in milliseconds.
    passed: u64,
    /// Connections that stand, smaller number first.
    links: BTreeSet<(usize, usize)>,
    /// Is every dial answered by a failure?
    pub(crate) is_cut: bool,
    queue: VecDeque<(usize, Input)>,
    /// What is lost on its way.
    pub(crate) loses: fn(&Message) -> bool,
    /// Every frame that was carried: from, to, what.
    pub(crate) carried: Vec<(usize, usize, Message)>,
    /// What became of commands, the newest last.
    pub(crate) answers: Vec<(CommandId, Result<Done, Refused>)>,
    commands: u64,
}

pub(crate) fn person(name: &str) -> Person {
    let mut id = [0; 16];
    id.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    Person { id: PersonId(id), name: name.parse().unwrap() }
}

pub(crate) fn identity(number: usize) -> Identity {
    let seed = u8::try_from(number + 1).unwrap();
    let (root, key) = (RootKey::from_seed(&[seed; 32]), NodeKey::from_seed(&[100 + seed; 32]));
    let name: Name = format!("Organisation {number}").parse().unwrap();
    let certificate = root.certify(&key, Timestamp(1));
    Identity { card: root.card(name, Sector::Vcs), certificate, key }
}

impl Stage {
    pub(crate) fn new(count: usize) -> Self {
        let mut stage = Self {
            nodes: Vec::new(),
            now: Timestamp(1_790_000_000_000),
            passed: 0,
            links: BTreeSet::new(),
            is_cut: false,
            queue: VecDeque::new(),
            loses: |_| false,
            carried: Vec::new(),
            answers: Vec::new(),
            commands: 0,
        };
        for _ in 0..count {
            stage.add();
        }
        stage.run();
        stage
    }

    /// Adds a node of an organisation of its own; returns its number.
    pub(crate) fn add(&mut self) -> usize {
        self.add_as(identity(self.nodes.len()))
    }

    /// Adds a node that is somebody; returns its number.
    pub(crate) fn add_as(&mut self, identity: Identity) -> usize {
        let number = self.nodes.len();
        let shelf = MapShelf::default();
        let engine = open(&identity, &shelf, number, 0, self.now);
        self.nodes.push(Node { engine, identity, shelf, unkept: Effects::default() });
        self.input(number, Input::Listening(vec![address(number)]));
        number
    }

    pub(crate) fn id(&self, number: usize) -> NodeId {
        self.nodes[number].identity.key.id()
    }

    fn number(&self, id: NodeId) -> Option<usize> {
        (0..self.nodes.len()).find(|number| self.id(*number) == id)
    }

    /// Lets a node handle an input without keeping what follows from it.
    pub(crate) fn handle(&mut self, number: usize, input: Input) {
        let now = Moment { wall: self.now, steady: Timestamp(self.passed) };
        let node = &mut self.nodes[number];
        let next = node.engine.handle(now, input);
        node.unkept.persist.extend(next.persist);
        node.unkept.send.extend(next.send);
        node.unkept.dial.extend(next.dial);
        node.unkept.seek.extend(next.seek);
        node.unkept.close.extend(next.close);
        node.unkept.notify.extend(next.notify);
        node.unkept.wake_at = next.wake_at;
    }

    /// Makes durable what a node handled, then acts on it. Returns its signals.
    pub(crate) fn commit(&mut self, number: usize) -> Vec<Signal> {
        let node = &mut self.nodes[number];
        let effects = std::mem::take(&mut node.unkept);
        node.shelf.keep(effects.persist);
        node.engine.persisted();
        let from = self.id(number);
        for (to, frame) in effects.send {
            let Some(to) = self.number(to) else { continue };
            if self.links.contains(&(number.min(to), number.max(to))) {
                let message = Message::from_frame(&frame).unwrap();
                if (self.loses)(&message) {
                    continue;
                }
                self.carried.push((number, to, message));
                self.queue.push_back((to, Input::Received(from, frame)));
            }
        }
        for dial in effects.dial {
            match self.number(dial.node) {
                Some(to) if !self.is_cut && dial.addresses.contains(&address(to)) => {
                    self.link(number, to);
                }
                _ => self.queue.push_back((number, Input::DialFailed(dial.node))),
            }
        }
        for sought in effects.seek {
            let at = (0..self.nodes.len()).find(|to| !self.is_cut && address(*to) == sought);
            let input = match at {
                Some(to) => {
                    self.link(number, to);
                    Input::Found(sought, self.id(to))
                }
                None => Input::NobodyAt(sought),
            };
            self.queue.push_back((number, input));
        }
        for node in effects.close {
            if let Some(to) = self.number(node) {
                self.unlink(number, to);
            }
        }
        let answers = effects.notify.iter().filter_map(|signal| match signal {
            Signal::Answer(id, outcome) => Some((*id, outcome.clone())),
            Signal::Changed(_) => None,
        });
        self.answers.extend(answers);
        effects.notify
    }

    pub(crate) fn input(&mut self, number: usize, input: Input) -> Vec<Signal> {
        self.handle(number, input);
        self.commit(number)
    }

    pub(crate) fn link(&mut self, a: usize, b: usize) {
        if self.links.insert((a.min(b), a.max(b))) {
            self.queue.push_back((a, Input::PeerUp(self.id(b))));
            self.queue.push_back((b, Input::PeerUp(self.id(a))));
        }
    }

    pub(crate) const fn links(&self) -> &BTreeSet<(usize, usize)> {
        &self.links
    }

    pub(crate) fn unlink(&mut self, a: usize, b: usize) {
        if self.links.remove(&(a.min(b), a.max(b))) {
            let (a_id, b_id) = (self.id(a), self.id(b));
            self.queue.retain(|(to, input)| match input {
                Input::Received(from, _) => {
                    !(*to == a && *from == b_id || *to == b && *from == a_id)
                }
                _ => true,
            });
            self.queue.push_back((a, Input::PeerDown(b_id)));
            self.queue.push_back((b, Input::PeerDown(a_id)));
        }
    }

    /// Carries all messages until nobody says anything any more.
    pub(crate) fn run(&mut self) {
        let mut steps = 0;
        while let Some((number, input)) = self.queue.pop_front() {
            self.input(number, input);
            steps += 1;
            assert!(
                steps < 20_000 + 100 * self.nodes.len().pow(2),
                "the talk does not end; last: {:?}",
                self.carried.iter().rev().take(8).collect::<Vec<_>>()
            );
        }
    }

    /// Carries messages until the first of a kind has been heard.
    pub(crate) fn run_until(&mut self, is_meant: impl Fn(&Message) -> bool) {
        while let Some((number, input)) = self.queue.pop_front() {
            let is_last = matches!(&input, Input::Received(_, frame)
                if Message::from_frame(frame).is_ok_and(|message| is_meant(&message)));
            self.input(number, input);
            if is_last {
                return;
            }
        }
        panic!("nobody said it");
    }

    /// Lets one node hear what there is for it, and drops what it says.
    pub(crate) fn run_only(&mut self, number: usize) {
        for (to, input) in std::mem::take(&mut self.queue) {
            if to == number {
                self.handle(number, input);
                self.nodes[number].unkept.send.clear();
                self.commit(number);
            }
        }
        self.queue.clear();
    }

    /// Lets a node miss that connections ended.
    pub(crate) fn forget_downs(&mut self, number: usize) {
        self.queue.retain(|(to, input)| *to != number || !matches!(input, Input::PeerDown(_)));
    }

    /// Lets time pass, so that everyone does what is due.
    pub(crate) fn pass(&mut self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap();
        self.now = Timestamp(self.now.0 + time);
        self.passed += time;
        for number in 0..self.nodes.len() {
            self.input(number, Input::Tick);
        }
        self.run();
    }

    /// Ends a node without warning and starts it again on what it kept.
    pub(crate) fn crash(&mut self, number: usize) {
        for other in 0..self.nodes.len() {
            if other != number {
                self.unlink(number, other);
            }
        }
        self.queue.retain(|(to, _)| *to != number);
        self.commands += 1;
        let (now, session) = (self.now, self.commands);
        let node = &mut self.nodes[number];
        node.unkept = Effects::default();
        node.engine = open(&node.identity, &node.shelf, number, session, now);
        self.input(number, Input::Listening(vec![address(number)]));
    }

    pub(crate) fn command(&mut self, number: usize, command: Command) -> Result<Done, Refused> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let signals = self.input(number, Input::Command(id, command));
        let answer = signals.into_iter().find_map(|signal| match signal {
            Signal::Answer(of, outcome) if of == id => Some(outcome),
            Signal::Answer(..) | Signal::Changed(_) => None,
        });
        self.run();
        answer.expect("every command is answered in its own step")
    }

    /// Lets a node begin to look up a phrase.
    pub(crate) fn look_up(&mut self, number: usize, phrase: &str) -> CommandId {
        self.commands += 1;
        let id = CommandId(self.commands);
        let command = Command::FindInvite { phrase: phrase.to_owned() };
        self.input(number, Input::Command(id, command));
        id
    }

    /// Returns what became of a command, if that is known by now.
    pub(crate) fn answer(&self, id: CommandId) -> Option<&Result<Done, Refused>> {
        self.answers.iter().find(|(of, _)| *of == id).map(|(_, outcome)| outcome)
    }

    /// Returns the phrase of the newest invite that a node made.
    pub(crate) fn phrase(&mut self, number: usize, workspace: WorkspaceId) -> Phrase {
        let invites = self.nodes[number].engine.reader().invites(&workspace);
        invites.into_iter().next().and_then(|invite| invite.phrase).expect("a phrase")
    }

    pub(crate) fn found(&mut self, number: usize) -> WorkspaceId {
        let name = "Northmere".parse().unwrap();
        match self.command(number, Command::CreateWorkspace { name, rules: Rules::default() }) {
            Ok(Done::Workspace(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn invite(&mut self, number: usize, workspace: WorkspaceId, uses: u32) -> String {
        let lasts = Duration::from_secs(14 * 24 * 60 * 60);
        let command = Command::CreateInvite {
            workspace,
            role: Role::Editor,
            uses,
            lasts,
            approval: false,
            only_for: None,
        };
        match self.command(number, command) {
            Ok(Done::Invite { text, .. }) => text,
            other => panic!("{other:?}"),
        }
    }

    /// Founds a workspace at node 0 and lets all others join.
    pub(crate) fn together(count: usize) -> (Self, WorkspaceId) {
        let mut stage = Self::new(count);
        let workspace = stage.found(0);
        let invite = stage.invite(0, workspace, 1_000);
        for number in 1..count {
            let joining = Done::Joining { workspace, joined: false };
            assert_eq!(
                stage.command(number, Command::Join { invite: invite.clone() }),
                Ok(joining)
            );
            stage.pass(Duration::from_secs(1));
        }
        stage.pass(Duration::from_secs(60));
        (stage, workspace)
    }

    pub(crate) fn create(
        &mut self,
        number: usize,
        workspace: WorkspaceId,
        audience: Audience,
    ) -> DocumentId {
        self.create_with(number, workspace, audience, example())
    }

    pub(crate) fn create_with(
        &mut self,
        number: usize,
        workspace: WorkspaceId,
        audience: Audience,
        content: Value,
    ) -> DocumentId {
        let kind = Kind::ReferralPathway;
        let command =
            Command::CreateDocument { workspace, kind, audience, content, person: person("Priya") };
        match self.command(number, command) {
            Ok(Done::Document { id, .. }) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn set(&mut self, number: usize, document: DocumentId, path: &str, value: &str) {
        let edits = vec![Edit::Set { path: path.parse().unwrap(), value: value.into() }];
        let command = Command::EditDocument {
            document,
            base: None,
            edits,
            conditions: Conditions::default(),
            person: person("Tom"),
        };
        let done = self.command(number, command);
        assert!(matches!(done, Ok(Done::Document { .. })), "{done:?}");
    }

    pub(crate) fn content(&mut self, number: usize, document: DocumentId) -> Option<Value> {
        self.nodes[number]
            .engine
            .reader()
            .open(&document)
            .ok()
            .map(crdt_schema::document::Document::content)
    }

    pub(crate) fn unsent(&mut self, number: usize) -> usize {
        self.nodes[number].engine.reader().unsent()
    }

    /// Lets a node hear a message that nobody on the stage says; returns what it sends.
    pub(crate) fn hear(&mut self, number: usize, from: NodeId, message: &Message) -> Vec<Message> {
        self.handle(number, Input::Received(from, message.to_frame()));
        let sent = std::mem::take(&mut self.nodes[number].unkept.send);
        self.commit(number);
        sent.into_iter().map(|(_, frame)| Message::from_frame(&frame).unwrap()).collect()
    }

    /// Returns what a node would send, and drops it.
    pub(crate) fn unsaid(&mut self, number: usize) -> Vec<(NodeId, Message)> {
        let sent = std::mem::take(&mut self.nodes[number].unkept.send);
        sent.into_iter().map(|(to, frame)| (to, Message::from_frame(&frame).unwrap())).collect()
    }

    /// Returns the newest membership entries that a node holds.
    pub(crate) fn heads(&self, number: usize, workspace: WorkspaceId) -> Vec<EntryId> {
        let entries = Shelf::entries(&self.nodes[number].shelf).unwrap();
        let entries = entries.into_iter().filter(|(of, _)| *of == workspace);
        let mut entries: Vec<Entry> =
            entries.map(|(_, bytes)| Entry::from_bytes(&bytes).unwrap()).collect();
        let Some(first) = entries.iter().position(|entry| entry.id() == workspace.into()) else {
            return Vec::new();
        };
        let mut log = Log::found(entries.swap_remove(first)).unwrap();
        // Where some were lost, they do not come in their order.
        for _ in 0..entries.len() {
            entries.retain(|entry| {
                !matches!(log.insert(entry.clone()), Ok(Insert::Taken | Insert::Known))
            });
        }
        assert!(entries.is_empty(), "{} entries build on what is not there", entries.len());
        log.heads()
    }

    /// Damages envelopes on a node's disk, by their number; the list of what there is survives or not.
    pub(crate) fn damage(
        &mut self,
        number: usize,
        which: &[usize],
        is_listed: bool,
    ) -> Vec<EnvelopeId> {
        let mut kept = self.nodes[number].shelf.kept();
        let ids: Vec<EnvelopeId> = which.iter().map(|at| kept.envelopes[*at].0.id).collect();
        kept.cache.clear();
        if is_listed {
            kept.damaged.extend(&ids);
        } else {
            kept.envelopes.retain(|(meta, _)| !ids.contains(&meta.id));
        }
        ids
    }

    /// Takes membership entries from a node's disk, by their number.
    pub(crate) fn damage_entries(&mut self, number: usize, which: &[usize]) {
        let mut kept = self.nodes[number].shelf.kept();
        let mut at = 0..;
        kept.entries.retain(|_| !which.contains(&at.next().unwrap()));
    }

    /// How many envelopes of a node are damaged?
    pub(crate) fn damaged(&self, number: usize) -> usize {
        self.nodes[number].shelf.kept().damaged.len()
    }

    /// Counts how often a node read something that it kept.
    pub(crate) fn reads(&self, number: usize) -> usize {
        self.nodes[number].shelf.kept().reads
    }

    /// Returns what a node has cached under this key.
    pub(crate) fn cached(&self, number: usize, key: &str) -> Option<Vec<u8>> {
        self.nodes[number].shelf.kept().cache.get(key).cloned()
    }

    /// Loses what a node has cached under keys that begin so.
    pub(crate) fn lose_cached(&mut self, number: usize, beginning: &str) {
        self.nodes[number].shelf.kept().cache.retain(|key, _| !key.starts_with(beginning));
    }

    /// Returns what a node kept: its membership entries and its envelopes.
    pub(crate) fn kept(&self, number: usize) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let kept = self.nodes[number].shelf.kept();
        let entries = kept.entries.iter().map(|(_, bytes)| bytes.clone()).collect();
        (entries, kept.envelopes.iter().map(|(_, bytes)| bytes.clone()).collect())
    }
}

fn open(
    identity: &Identity,
    shelf: &MapShelf,
    number: usize,
    session: u64,
    now: Timestamp,
) -> Engine {
    let mut seed = [u8::try_from(number).unwrap(); 32];
    seed[..8].copy_from_slice(&session.to_be_bytes());
    Engine::open(identity.clone(), Box::new(shelf.clone()), seed, now).unwrap()
}

pub(crate) fn address(number: usize) -> String {
    format!("/ip4/10.0.0.{number}/tcp/4891")
}

/// The example as a person would import it.
pub(crate) fn example() -> Value {
    let text = include_str!("../../../examples/referral-pathway.cash-first.json");
    serde_json::from_str(text).unwrap()
}
