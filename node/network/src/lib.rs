//! Carries bytes between peers over libp2p. Knows nothing of what they mean.
//!
//! A peer is named by its Ed25519 public key; whoever is at the other end holds the secret part. [`Network`] takes
//! orders at any time without waiting; what happens comes out of one bounded channel of [`NetworkEvent`]s. If nobody
//! takes events out, peers are read no further: that is how a slow node slows its peers down.

mod address;
mod trouble;
mod trials;
mod queue;
mod streams;
mod screened;
mod doors;
mod relays;
mod transport;
mod session;
mod orders;
mod outbox;
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{mpsc, watch};

use orders::Orders;
use queue::Queue;
use room::Room;
use trials::Trials;

pub use trials::Trial;
pub use trouble::Trouble;

/// An Ed25519 public key.
pub type Key = [u8; 32];

/// The longest frame. A peer that sends a longer one is hung up on.
pub const FRAME_BYTES: usize = 1024 * 1024;

/// What can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Looks for peers in the local network, and can be found there. Off unless asked for.
    pub mdns: bool,
    /// Passes connections on between peers that both are [members](Network::admit). Off unless asked for.
    pub relay: bool,
    /// Where others reach this node, if that is elsewhere than where it listens: told in place of that.
    pub announce: Vec<String>,
    /// The only addresses that are called, each with what may follow it, such as `/ip4/192.0.2.7` for all ports there.
    /// All may be called if there are none.
    pub only: Vec<String>,
    /// Protects memory: bytes that wait to be sent to one peer. One that takes too little is hung up on.
    pub queue_bytes: usize,
    /// Protects memory: events that wait to be taken.
    pub events: usize,
    /// Protects sockets and memory: connections at a time.
    pub connections: u32,
    /// How long a peer may give no sign of life.
    pub silence: Duration,
    /// How long a new connection may take until frames can flow.
    pub handshake: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mdns: false,
            relay: false,
            announce: Vec::new(),
            only: Vec::new(),
            queue_bytes: 64 * 1024 * 1024,
            events: 64,
            connections: 512,
            silence: Duration::from_secs(15),
            handshake: Duration::from_secs(30),
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq)]
pub enum NetworkEvent {
    /// Frames can flow to and from this peer.
    Up(Key),
    /// They cannot any more. What was sent and did not arrive is lost.
    Down(Key),
    /// The peer could not be reached at the addresses last asked for.
    DialFailed(Key),
    /// This peer is at an address that was [sought](Network::seek). It may be up already, or be so soon.
    Found(String, Key),
    /// No peer answered at an address that was [sought](Network::seek).
    NobodyAt(String),
    /// A peer sent a frame.
    Frame(Key, Vec<u8>),
    /// This node can be reached at these addresses, without its own id: where it listens, those of real interfaces, or what
    /// it was told to announce; and by way of relays.
    Listening(Vec<String>),
    /// A peer was found in the local network.
    Discovered(Key, Vec<String>),
}

/// Why the network does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartNetwork {
    #[error(
        "{0:?} is no address to listen on, such as /ip4/0.0.0.0/tcp/4001 or /ip4/0.0.0.0/udp/4001/quic-v1"
    )]
    Address(String),
    #[error("the address {address} cannot be listened on")]
    Listen { address: Multiaddr, source: io::Error },
    #[error(
        "{0:?} is no address where others could reach this node, such as /ip4/192.0.2.7/tcp/4001"
    )]
    Announce(String),
    #[error(
        "{0:?} is no address or beginning of one, such as /ip4/192.0.2.7 or /dns4/relay.example.org/tcp/443"
    )]
    Only(String),
    #[error("the node's key cannot be used")]
    Key,
    #[error("the encryption of connections cannot be set up")]
    Encryption(#[source] libp2p::noise::Error),
    #[error("names cannot be looked up")]
    Names(#[source] io::Error),
    #[error("the local network cannot be searched")]
    Mdns(#[source] io::Error),
}

/// What the room and its callers share.
#[derive(Debug, Default)]
struct Shared {
    orders: Orders,
    /// The queues of the peers that are up.
    queues: Mutex<BTreeMap<Key, Arc<Queue>>>,
    listening: Mutex<Vec<String>>,
    trials: Trials,
    /// With whom relays may be shared.
    members: Mutex<Arc<BTreeSet<Key>>>,
    lines: Mutex<Lines>,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Shared {
    fn is_member(&self, peer: &PeerId) -> bool {
        address::key(peer).is_some_and(|key| lock(&self.members).contains(&key))
    }
}

/// What relays do for this node, and what it does as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Peers that are connected by way of a relay just now.
    pub relayed: BTreeSet<Key>,
    /// Relays by way of which this node can be reached, with their addresses.
    pub relays: Vec<(Key, String)>,
    /// Has somebody in the open internet connected directly since this node started?
    pub is_reached: bool,
    /// What it does as a relay, if it is one.
    pub service: Option<Service>,
}

/// What a relay does just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Nodes that can be reached by way of it.
    pub places: usize,
    /// Connections that it passes on.
    pub circuits: usize,
    /// Connections that it has passed on since it started, with these.
    pub circuits_total: u64,
    /// Requests that it refused since it started.
    pub refused_total: u64,
}

/// A handle to the network. It ends with its last clone, or when it is [stopped](Self::stop).
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
    /// Open as long as a handle is.
    _alive: mpsc::Sender<()>,
    over: watch::Receiver<bool>,
}

impl Network {
    /// Starts listening. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the key is none or an address cannot be listened on.
    pub fn start(
        mut seed: [u8; 32],
        listen: Vec<String>,
        config: Config,
    ) -> Result<(Self, mpsc::Receiver<NetworkEvent>), StartNetwork> {
        // This also overwrites `seed` with zeros.
        let keypair = Keypair::ed25519_from_bytes(&mut seed).map_err(|_| StartNetwork::Key)?;
        let shared = Arc::new(Shared::default());
        let (events, receiver) = mpsc::channel(config.events.max(1));
        let (alive, all_gone) = mpsc::channel(1);
        let (ended, over) = watch::channel(false);
        let room = Room::open(keypair, listen, config, Arc::clone(&shared), events)?;
        tokio::spawn(async move {
            room.run(all_gone).await;
            ended.send_replace(true);
        });
        Ok((Self { shared, _alive: alive, over }, receiver))
    }

    /// Sends a frame, if the peer is up. Never waits: frames queue up, and a peer for which too many do is hung up on.
    pub fn send(&self, peer: Key, frame: Vec<u8>) {
        if frame.is_empty() || frame.len() > FRAME_BYTES {
            tracing::error!(bytes = frame.len(), "a frame of this length cannot be sent");
            return;
        }
        let queue = lock(&self.shared.queues).get(&peer).cloned();
        if let Some(queue) = queue {
            queue.push(frame);
        }
    }

    /// Connects to a peer, unless it is up. Answered by [`Up`](NetworkEvent::Up) or
    /// [`DialFailed`](NetworkEvent::DialFailed). The addresses are untrusted text: what is no plain TCP or QUIC address
    /// is passed over.
    pub fn dial(&self, peer: Key, addresses: Vec<String>) {
        self.shared.orders.dial(peer, addresses);
    }

    /// Connects to whoever is at an address. Answered by [`Found`](NetworkEvent::Found) or
    /// [`NobodyAt`](NetworkEvent::NobodyAt), unless very many wait. The address is untrusted text.
    pub fn seek(&self, address: String) {
        self.shared.orders.seek(address);
    }

    /// Hangs up on a peer, after a short while for what waits to be sent.
    pub fn close(&self, peer: Key) {
        self.shared.orders.close(peer);
    }

    /// Returns the bytes of all frames sent and received, with their length prefixes.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.shared.sent.load(Ordering::Relaxed), self.shared.received.load(Ordering::Relaxed))
    }

    /// Returns the addresses that this node listens at, without its own id.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        lock(&self.shared.listening).clone()
    }

    /// Returns what the last attempt to reach a peer came to; nothing while it is up, or if nobody tried.
    #[must_use]
    pub fn last_trial(&self, peer: &Key) -> Option<Trial> {
        self.shared.trials.of(peer)
    }

    /// Returns how often an address led nowhere since the start, by why.
    #[must_use]
    pub fn failed_calls(&self) -> BTreeMap<Trouble, u64> {
        self.shared.trials.counts()
    }

    /// Says with whom relays may be shared: who passes connections on for this node, and for whom this node does.
    pub fn admit(&self, members: BTreeSet<Key>) {
        *lock(&self.shared.members) = Arc::new(members);
    }

    /// Returns what relays do for this node, and what it does as one.
    #[must_use]
    pub fn lines(&self) -> Lines {
        lock(&self.shared.lines).clone()
    }

    /// Hangs up on everybody and stops listening. Returns when that is done, after a few seconds at most.
    pub async fn stop(&self) {
        self.shared.orders.stop();
        // An error means that the room is gone already.
        let _gone = self.over.clone().wait_for(|over| *over).await.is_err();
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl fmt::Debug for NetworkEvent {
    /// Tells what happened without contents: this ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, key) = match self {
            Self::Up(key) => ("Up", key),
            Self::Down(key) => ("Down", key),
            Self::DialFailed(key) => ("DialFailed", key),
            Self::Frame(key, frame) => {
                return write!(f, "Frame({}, {} bytes)", short(key), frame.len());
            }
            Self::Listening(addresses) => {
                return write!(f, "Listening({} addresses)", addresses.len());
            }
            Self::Discovered(key, _) => ("Discovered", key),
            Self::Found(_, key) => ("Found", key),
            Self::NobodyAt(_) => return f.write_str("NobodyAt"),
        };
        write!(f, "{what}({})", short(key))
    }
}

/// Returns the first bytes of a key, to tell peers apart in logs.
fn short(key: &Key) -> String {
    key.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Locks. Nothing panics while it holds one of these locks, and none of them guards more than one value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
