//! The loop around the engine: the only place that holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crdt_schema::identity::{NodeId, Timestamp};
use engine::{CommandId, Done, Effects, Engine, Event, Identity, Input, Refused, Signal};
use network::{Network, NetworkEvent};
use storage::Store;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::{debug, error};

use crate::clock;
use crate::handle::Work;

/// Inputs that are made durable together at most.
const BATCH: usize = 64;
/// How much may wait for the engine.
pub(crate) const QUEUE: usize = 1_024;
/// Trials of peers' changes run here; deep documents need room.
const STACK: usize = 32 * 1024 * 1024;

pub(crate) struct Runtime {
    engine: Engine,
    store: Store,
    network: Option<Arc<Network>>,
    events: broadcast::Sender<Event>,
    answers: BTreeMap<CommandId, oneshot::Sender<Result<Done, Refused>>>,
    commands: u64,
    wake_at: Option<Timestamp>,
    /// Turns true when the disk refused to keep something: from then on the node is for reading only.
    is_full: watch::Sender<bool>,
}

/// The disk refused; nothing more may be promised.
struct DiskRefused;

impl Runtime {
    pub(crate) fn new(
        engine: Engine,
        store: Store,
        network: Option<Arc<Network>>,
        events: broadcast::Sender<Event>,
        is_full: watch::Sender<bool>,
    ) -> Self {
        Self {
            engine,
            store,
            is_full,
            network,
            events,
            answers: BTreeMap::new(),
            commands: 0,
            wake_at: None,
        }
    }

    /// Runs on a thread of its own until told to stop; `end` turns true then. If the disk refuses to keep something, what is
    /// kept can still be read.
    pub(crate) fn spawn(
        mut self,
        identity: Identity,
        mut work: mpsc::Receiver<Work>,
        end: watch::Sender<bool>,
    ) -> std::io::Result<()> {
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let body = move || {
            clock.block_on(async {
                if let Err(DiskRefused) = self.run(&mut work).await {
                    self.only_read(identity, &mut work).await;
                }
            });
            self.stop();
            // Whoever hears that this has ended may open the data folder at once: nothing here may hold it any more.
            drop(self);
            end.send_replace(true);
        };
        std::thread::Builder::new()
            .name("engine".to_owned())
            .stack_size(STACK)
            .spawn(body)
            .map(|_| ())
    }

    async fn run(&mut self, work: &mut mpsc::Receiver<Work>) -> Result<(), DiskRefused> {
        let mut batch = Vec::with_capacity(BATCH);
        let first = self.engine.handle(clock::moment(), Input::Tick);
        self.carry_out(first)?;
        loop {
            let pause = self.pause();
            tokio::select! {
                count = work.recv_many(&mut batch, BATCH) => if count == 0 { return Ok(()) },
                () = tokio::time::sleep(pause) => batch.push(Work::Happened(Input::Tick)),
            }
            let mut effects = Effects::default();
            let mut reads = Vec::new();
            let mut is_over = false;
            for work in batch.drain(..) {
                match work {
                    Work::Act(command, answer) => {
                        self.commands = self.commands.wrapping_add(1);
                        let id = CommandId(self.commands);
                        self.answers.insert(id, answer);
                        let next =
                            self.engine.handle(clock::moment(), Input::Command(id, *command));
                        add(&mut effects, next);
                    }
                    Work::Happened(input) => {
                        let next = self.engine.handle(clock::moment(), input);
                        add(&mut effects, next);
                    }
                    Work::Read(read) => reads.push(read),
                    Work::Stop => {
                        is_over = true;
                        break;
                    }
                }
            }
            if self.wake_at.is_some_and(|wake_at| wake_at <= clock::steady()) {
                // What is due must not wait until nobody asks for anything any more.
                let next = self.engine.handle(clock::moment(), Input::Tick);
                add(&mut effects, next);
            }
            self.carry_out(effects)?;
            // Nobody may read what is not durable yet, and one sync of the disk is enough for all that came together.
            for read in reads {
                read(&mut self.engine.reader());
            }
            if is_over {
                return Ok(());
            }
        }
    }

    /// Goes on for those who only read. The engine is opened anew: the old one knows what was never kept.
    async fn only_read(&mut self, identity: Identity, work: &mut mpsc::Receiver<Work>) {
        self.answers.clear();
        self.network = None;
        let shelf = Box::new(self.store.clone());
        match Engine::open(identity, shelf, self.engine.draw(), clock::now()) {
            Ok(engine) => self.engine = engine,
            Err(error) => {
                return error!(%error, "what was kept cannot be read any more: the node stops");
            }
        }
        self.is_full.send_replace(true);
        while let Some(work) = work.recv().await {
            match work {
                Work::Act(_, answer) => {
                    // Whoever asked may have gone.
                    let _gone = answer.send(Err(Refused::NotSaved));
                }
                Work::Read(read) => read(&mut self.engine.reader()),
                Work::Happened(_) => {}
                Work::Stop => return,
            }
        }
    }

    fn stop(&self) {
        if let Err(error) = self.store.close() {
            debug!(%error, "the index was not closed in order; the next start catches up");
        }
    }

    fn pause(&self) -> Duration {
        let longest = Duration::from_secs(60);
        let Some(wake_at) = self.wake_at else { return longest };
        Duration::from_millis(wake_at.0.saturating_sub(clock::steady().0))
            .clamp(Duration::from_millis(1), longest)
    }

    /// Acts on effects in their order: durable first.
    fn carry_out(&mut self, effects: Effects) -> Result<(), DiskRefused> {
        if !effects.persist.is_empty()
            && let Err(refused) = self.store.commit(&effects.persist)
        {
            error!(%refused, "the disk refused to keep something: from now on the node is for reading only, so that it promises nothing it cannot hold");
            return Err(DiskRefused);
        }
        self.engine.persisted();
        self.wake_at =
            effects.wake_at.or(self.wake_at.filter(|wake_at| *wake_at > clock::steady()));
        if let Some(network) = &self.network {
            for (node, frame) in effects.send {
                network.send(node.0, frame);
            }
            if let Some(admitted) = effects.admit {
                network.admit(admitted.into_iter().map(|node| node.0).collect());
            }
            for dial in effects.dial {
                network.dial(dial.node.0, dial.addresses);
            }
            for address in effects.seek {
                network.seek(address);
            }
            for node in effects.close {
                network.close(node.0);
            }
        }
        for signal in effects.notify {
            match signal {
                Signal::Answer(id, outcome) => {
                    if let Some(answer) = self.answers.remove(&id) {
                        // Whoever asked may have gone.
                        let _gone = answer.send(outcome);
                    }
                }
                Signal::Changed(event) => {
                    // Nobody may be listening.
                    let _unheard = self.events.send(event);
                }
            }
        }
        Ok(())
    }
}

fn add(effects: &mut Effects, next: Effects) {
    effects.persist.extend(next.persist);
    effects.send.extend(next.send);
    effects.admit = next.admit.or(effects.admit.take());
    effects.dial.extend(next.dial);
    effects.seek.extend(next.seek);
    effects.close.extend(next.close);
    effects.notify.extend(next.notify);
    // The newest word counts: the engine looks at everything that waits each time.
    effects.wake_at = next.wake_at;
}

/// Carries what the network hears to the engine, until either is gone.
pub(crate) async fn listen(mut network: mpsc::Receiver<NetworkEvent>, work: mpsc::Sender<Work>) {
    while let Some(event) = network.recv().await {
        let input = match event {
            NetworkEvent::Up(node) => Input::PeerUp(NodeId(node)),
            NetworkEvent::Down(node) => Input::PeerDown(NodeId(node)),
            NetworkEvent::DialFailed(node) => Input::DialFailed(NodeId(node)),
            NetworkEvent::Found(address, node) => Input::Found(address, NodeId(node)),
            NetworkEvent::NobodyAt(address) => Input::NobodyAt(address),
            NetworkEvent::Frame(node, frame) => Input::Received(NodeId(node), frame),
            NetworkEvent::Listening(addresses) => Input::Listening(addresses),
            NetworkEvent::Discovered(node, addresses) => Input::Discovered(NodeId(node), addresses),
        };
        if work.send(Work::Happened(input)).await.is_err() {
            return;
        }
    }
}
