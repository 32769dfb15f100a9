//! [`Room`]: the one task that owns libp2p's swarm. It waits for nothing but the swarm, orders and ended sessions.
//!
//! When two peers dial each other at once, two connections stand. The peer with the smaller key chooses: it opens its
//! stream on one connection only, and the other answers there. A connection that was not chosen is kept until the
//! chosen one has proved to be alive, so that a peer that comes back after losing its connection need not wait for us
//! to notice.

mod calls;
mod by_relay;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::identity::Keypair;
use libp2p::swarm::{ConnectionId, Stream, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, TransportError, identify, mdns, ping};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::orders::Order;
use crate::outbox::Outbox;
use crate::queue::{Phase, Queue};
use crate::relays::Relays;
use crate::session::{self, Ends, Progress};
use crate::streams::{Change, Changed};
use crate::transport::{self, Behaviour, BehaviourEvent};
use crate::{
    Config, Key, NetworkEvent, Service, Shared, StartNetwork, Trouble, address, lock, short,
};

/// How long hanging up on everybody may take.
const STOP: Duration = Duration::from_secs(3);
/// The least time between two looks at all connections.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes that a peer must take between two looks for that to be a sign of life: fewer may only fill buffers.
const PROGRESS: u64 = 64 * 1024;

/// The task that owns the swarm.
pub(crate) struct Room {
    swarm: Swarm<Behaviour>,
    own: Key,
    config: Config,
    shared: Arc<Shared>,
    events: mpsc::Sender<NetworkEvent>,
    outbox: Outbox,
    peers: BTreeMap<Key, Peer>,
    links: BTreeMap<ConnectionId, Link>,
    /// Peers that somebody waits for, and addresses to try once the last connection is gone.
    wanted: BTreeMap<Key, Vec<Multiaddr>>,
    /// Addresses that are being dialled, whoever is there.
    seeks: BTreeMap<ConnectionId, String>,
    sessions: JoinSet<(Key, ConnectionId)>,
    /// Where others reach this node, if that is elsewhere than where it listens.
    announce: Vec<String>,
    /// Where it was last told to be reached.
    told: Option<Vec<String>>,
    relays: Relays,
    /// Peers that can be reached by way of this node.
    places: BTreeSet<Key>,
    service: Service,
}

/// A peer with at least one connection or a session that ends.
#[derive(Debug, Default)]
struct Peer {
    /// From the oldest to the newest.
    links: Vec<ConnectionId>,
    chosen: Option<ConnectionId>,
    session: Option<(ConnectionId, Arc<Queue>)>,
}

/// A connection.
#[derive(Debug)]
struct Link {
    key: Key,
    ours: Option<Stream>,
    theirs: Option<Stream>,
    /// Where we called it, if it was we who did.
    called: Option<Multiaddr>,
    /// Is it by way of a relay?
    is_relayed: bool,
    /// Has it carried frames?
    is_proven: bool,
    since: Instant,
    /// The last sign of life, and what had gone through then.
    alive: Instant,
    seen: (u64, u64),
    progress: Arc<Progress>,
}

impl Room {
    pub(crate) fn open(
        keypair: Keypair,
        listen: Vec<String>,
        config: Config,
        shared: Arc<Shared>,
        events: mpsc::Sender<NetworkEvent>,
    ) -> Result<Self, StartNetwork> {
        let mut swarm = transport::swarm(&keypair, &config, &shared)?;
        for text in &config.announce {
            if address::dialable_by_anyone(text).is_none() {
                return Err(StartNetwork::Announce(text.clone()));
            }
        }
        for text in listen {
            let Ok(address) = text.parse::<Multiaddr>() else {
                return Err(StartNetwork::Address(text));
            };
            match swarm.listen_on(address.clone()) {
                Ok(_) => {}
                Err(TransportError::MultiaddrNotSupported(_)) => {
                    return Err(StartNetwork::Address(text));
                }
                Err(TransportError::Other(source)) => {
                    return Err(StartNetwork::Listen { address, source });
                }
            }
        }
        lock(&shared.lines).service = config.relay.then(Service::default);
        let announce = config.announce.clone();
        Ok(Self {
            own: address::key(swarm.local_peer_id()).ok_or(StartNetwork::Key)?,
            swarm,
            config,
            shared,
            events,
            outbox: Outbox::default(),
            peers: BTreeMap::new(),
            links: BTreeMap::new(),
            wanted: BTreeMap::new(),
            seeks: BTreeMap::new(),
            sessions: JoinSet::new(),
            announce,
            told: None,
            relays: Relays::default(),
            places: BTreeSet::new(),
            service: Service::default(),
        })
    }

    /// Runs until it is told to stop, or nobody holds a handle any more.
    pub(crate) async fn run(mut self, mut all_gone: mpsc::Receiver<()>) {
        let mut looks = interval((self.config.silence.min(self.config.handshake) / 4).max(LOOK));
        let shared = Arc::clone(&self.shared);
        let events = self.events.clone();
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                orders = shared.orders.next() => {
                    for (key, order) in orders.peers {
                        self.on_order(key, order);
                    }
                    for address in orders.seeks {
                        self.seek(address);
                    }
                    if orders.stop {
                        break;
                    }
                }
                Some(ended) = self.sessions.join_next() => match ended {
                    Ok((key, connection)) => self.on_session_end(key, connection),
                    Err(error) => tracing::error!(%error, "a session broke"),
                },
                permit = events.reserve(), if !self.outbox.is_empty() => match (permit, self.outbox.pop()) {
                    (Ok(permit), Some(event)) => permit.send(event),
                    _ => break,
                },
                _ = looks.tick() => {
                    self.look();
                    self.look_at_relays();
                }
                _ = all_gone.recv() => break,
            }
        }
        self.stop().await;
    }

    /// Ends all sessions, with what waits to be sent.
    async fn stop(mut self) {
        for peer in self.peers.values() {
            peer.advance(Phase::Closing);
        }
        let ended = async {
            while !self.sessions.is_empty() {
                tokio::select! {
                    _ = self.swarm.select_next_some() => {}
                    _ = self.sessions.join_next() => {}
                }
            }
        };
        if timeout(STOP, ended).await.is_err() {
            tracing::debug!("some peers did not let go in time");
        }
    }

    fn on_order(&mut self, key: Key, Order { close, dial }: Order) {
        if close {
            self.wanted.remove(&key);
            self.hang_up(key);
        }
        if let Some(addresses) = dial {
            self.dial(key, &addresses);
        }
    }

    /// Lets what waits go out where frames flow, and closes everything else of a peer at once.
    fn hang_up(&mut self, key: Key) {
        let Some(peer) = self.peers.get(&key) else { return };
        peer.advance(Phase::Closing);
        let session = peer.session.as_ref().map(|(connection, _)| *connection);
        for connection in peer.links.clone() {
            if Some(connection) != session {
                self.swarm.close_connection(connection);
            }
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connected(&peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. } => {
                tracing::debug!(?cause, "a connection ended");
                self.on_disconnected(connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id, error, .. } => {
                if !self.on_nobody(connection_id, &error)
                    && let Some(key) = peer_id.and_then(|peer| address::key(&peer))
                {
                    self.on_unreached(key, &error);
                }
            }
            SwarmEvent::NewListenAddr { .. } | SwarmEvent::ExpiredListenAddr { .. } => {
                self.on_listening();
            }
            SwarmEvent::ListenerClosed { listener_id, .. } => self.on_listener_closed(listener_id),
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            // The rest is about attempts and protocols, and the enum may grow.
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Streams(changed) => self.on_streams(changed),
            BehaviourEvent::Ping(ping::Event { connection, result: Ok(_), .. }) => {
                self.on_pong(connection);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => self.on_discovered(found),
            BehaviourEvent::Identify(identify::Event::Received { connection_id, info, .. }) => {
                self.on_introduced(connection_id, &info);
            }
            BehaviourEvent::Relay(event) => self.on_relay(&event),
            BehaviourEvent::ByRelay(event) => self.on_by_relay(&event),
            BehaviourEvent::Punch(event) => {
                let met = event.result.is_ok();
                tracing::debug!(met, "tried to meet a peer half-way that came by way of a relay");
            }
            // The rest is about attempts and protocols, and the enums may grow.
            _ => {}
        }
    }

    fn on_discovered(&mut self, found: Vec<(PeerId, Multiaddr)>) {
        let mut peers: BTreeMap<Key, Vec<String>> = BTreeMap::new();
        for (peer, address) in found {
            if let Some(key) = address::key(&peer) {
                peers.entry(key).or_default().push(address::text(&address));
            }
        }
        for (key, addresses) in peers {
            self.outbox.discovered(key, addresses);
        }
    }

    fn on_connected(&mut self, peer: &PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let sought = self.seeks.remove(&connection);
        let key = address::key(peer);
        if let Some(address) = sought {
            self.outbox.sought(address, key);
        }
        let Some(key) = key else {
            self.swarm.close_connection(connection);
            return;
        };
        let now = Instant::now();
        let is_relayed = endpoint.is_relayed();
        let remote = endpoint.get_remote_address();
        let is_met = self.peers.get(&key).is_some_and(|peer| !peer.links.is_empty());
        if endpoint.is_listener() && !is_relayed && !is_met && address::is_global(remote) {
            lock(&self.shared.lines).is_reached = true;
        }
        let link = Link {
            key,
            ours: None,
            theirs: None,
            called: endpoint.is_dialer().then(|| address::without_peer(remote)),
            is_relayed,
            is_proven: false,
            since: now,
            alive: now,
            seen: (0, 0),
            progress: Arc::default(),
        };
        self.links.insert(connection, link);
        let peer = self.peers.entry(key).or_default();
        peer.links.push(connection);
        if self.own > key {
            return;
        }
        let chosen = peer.chosen.and_then(|chosen| self.links.get(&chosen));
        if chosen.is_some_and(|chosen| chosen.is_relayed && !is_relayed) {
            // What need not go by way of a relay does not.
            peer.advance(Phase::Stopped);
            self.choose(key, connection);
        } else if chosen.is_none() {
            self.choose(key, connection);
        }
    }

    /// Makes a connection the one that frames go through, and opens our stream there.
    fn choose(&mut self, key: Key, connection: ConnectionId) {
        if let (Some(peer), Some(id)) = (self.peers.get_mut(&key), address::peer_id(&key)) {
            peer.chosen = Some(connection);
            self.swarm.behaviour_mut().streams.open(id, connection);
        }
    }

    fn on_streams(&mut self, Changed { connection, change }: Changed) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        let key = link.key;
        let Some(peer) = self.peers.get_mut(&key) else { return };
        match change {
            Change::Opened(stream) => link.ours = Some(stream),
            Change::Accepted(stream) => {
                link.theirs = Some(stream);
                if peer.chosen != Some(connection) {
                    if self.own < key {
                        tracing::debug!(
                            peer = short(&key),
                            "a peer chose though it is not its turn"
                        );
                        self.swarm.close_connection(connection);
                        return;
                    }
                    // If frames flow elsewhere, the peer has lost that connection.
                    peer.advance(Phase::Stopped);
                    self.choose(key, connection);
                }
            }
            Change::Failed => {
                self.swarm.close_connection(connection);
                return;
            }
        }
        self.start(key);
    }

    /// Lets frames flow if both streams of the chosen connection are open and no session is there or ending.
    fn start(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(&key).filter(|peer| peer.session.is_none()) else {
            return;
        };
        let Some((connection, link)) =
            peer.chosen.and_then(|id| Some((id, self.links.get_mut(&id)?)))
        else {
            return;
        };
        let (ours, theirs) = match (link.ours.take(), link.theirs.take()) {
            (Some(ours), Some(theirs)) => (ours, theirs),
            (ours, theirs) => {
                (link.ours, link.theirs) = (ours, theirs);
                return;
            }
        };
        let queue = Arc::new(Queue::new(self.config.queue_bytes));
        peer.session = Some((connection, Arc::clone(&queue)));
        // Its end is no trouble with its address any more.
        link.is_proven = true;
        let mut lines = lock(&self.shared.lines);
        if link.is_relayed {
            lines.relayed.insert(key)
        } else {
            lines.relayed.remove(&key)
        };
        drop(lines);
        self.shared.trials.forget(&key);
        self.wanted.remove(&key);
        let (progress, shared, events) =
            (Arc::clone(&link.progress), Arc::clone(&self.shared), self.events.clone());
        let ends = Ends { key, queue, progress, shared, events };
        self.sessions.spawn(async move {
            session::run(theirs, ours, ends).await;
            (key, connection)
        });
    }

    fn on_session_end(&mut self, key: Key, connection: ConnectionId) {
        self.swarm.close_connection(connection);
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.session = None;
        }
        self.start(key);
        self.forget_if_gone(key);
    }

    fn on_disconnected(&mut self, connection: ConnectionId) {
        let Some(Link { key, called, is_proven, .. }) = self.links.remove(&connection) else {
            return;
        };
        let is_up = self.peers.get(&key).is_some_and(Peer::is_up);
        if let Some(address) = called.filter(|_| !is_proven && !is_up) {
            self.shared.trials.note(key, vec![(address.to_string(), Trouble::HungUp)]);
        }
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.links.retain(|link| *link != connection);
        if let Some((_, queue)) =
            peer.session.as_ref().filter(|(carrier, _)| *carrier == connection)
        {
            queue.advance(Phase::Stopped);
        }
        if peer.chosen == Some(connection) {
            peer.chosen = None;
            if let Some(newest) = peer.links.last().copied().filter(|_| self.own < key) {
                self.choose(key, newest);
            }
        }
        self.forget_if_gone(key);
    }

    /// Forgets a peer without connections and session. If somebody waits for it, dials what is left to try.
    fn forget_if_gone(&mut self, key: Key) {
        if self.peers.get(&key).is_some_and(|peer| peer.links.is_empty() && peer.session.is_none())
        {
            self.peers.remove(&key);
            self.relays.gone(&key);
            lock(&self.shared.lines).relayed.remove(&key);
            self.dial_wanted(key);
        }
    }

    fn on_pong(&mut self, connection: ConnectionId) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        link.alive = Instant::now();
        let Some(peer) = self.peers.get(&link.key).filter(|_| self.own < link.key) else { return };
        if peer
            .session
            .as_ref()
            .is_some_and(|(carrier, queue)| *carrier == connection && queue.is_open())
        {
            for spare in peer.links.iter().filter(|link| **link != connection) {
                self.swarm.close_connection(*spare);
            }
        }
    }

    /// Looks for connections that are dead, or that came to nothing.
    fn look(&mut self) {
        let now = Instant::now();
        for (connection, link) in &mut self.links {
            let seen = (
                link.progress.sent.load(Ordering::Relaxed),
                link.progress.received.load(Ordering::Relaxed),
            );
            if seen.1 > link.seen.1 || seen.0 >= link.seen.0.saturating_add(PROGRESS) {
                link.alive = now;
            }
            link.seen = seen;
            let peer = self.peers.get(&link.key);
            let carries = peer
                .and_then(|peer| peer.session.as_ref())
                .is_some_and(|(carrier, _)| carrier == connection);
            let is_late = !carries && now.duration_since(link.since) > self.config.handshake;
            if is_late || now.duration_since(link.alive) > self.config.silence {
                tracing::debug!(
                    peer = short(&link.key),
                    is_late,
                    "a connection is dead or of no use"
                );
                self.swarm.close_connection(*connection);
            }
        }
    }
}

impl Peer {
    fn is_up(&self) -> bool {
        self.session.as_ref().is_some_and(|(_, queue)| queue.is_open())
    }

    fn advance(&self, phase: Phase) {
        if let Some((_, queue)) = &self.session {
            queue.advance(phase);
        }
    }
}
