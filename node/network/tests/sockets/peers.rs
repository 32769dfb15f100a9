//! A peer under test, and waiting with a deadline.

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use libp2p::PeerId;
use libp2p::identity::Keypair;
use network::{Config, Key, Network, NetworkEvent};
use tokio::sync::mpsc;

/// Any free port of this machine.
pub(crate) const TCP: &str = "/ip4/127.0.0.1/tcp/0";
pub(crate) const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

/// A running network with the events that come out of it.
pub(crate) struct Peer {
    pub(crate) network: Network,
    pub(crate) events: mpsc::Receiver<NetworkEvent>,
    pub(crate) key: Key,
    pub(crate) addresses: Vec<String>,
}

impl Peer {
    pub(crate) async fn start(seed: u8, listen: &str) -> Self {
        Self::start_with(seed, listen, Config::default()).await
    }

    pub(crate) async fn start_with(seed: u8, listen: &str, config: Config) -> Self {
        Self::from_seed([seed; 32], listen, config).await
    }

    /// Starts a peer whose key is larger than nearly every other.
    pub(crate) async fn start_largest(listen: &str, config: Config) -> Self {
        static LARGEST: LazyLock<[u8; 32]> = LazyLock::new(|| {
            let mut seeds = (0_u64..).map(|number| {
                let mut seed = [0; 32];
                seed[..8].copy_from_slice(&number.to_be_bytes());
                seed
            });
            seeds
                .find(|seed| key_of(*seed).starts_with(&[0xff]) && key_of(*seed)[1] >= 0xe0)
                .unwrap()
        });
        Self::from_seed(*LARGEST, listen, config).await
    }

    async fn from_seed(seed: [u8; 32], listen: &str, config: Config) -> Self {
        let (network, mut events) = Network::start(seed, vec![listen.to_owned()], config).unwrap();
        let NetworkEvent::Listening(addresses) =
            deadline("an address", events.recv()).await.unwrap()
        else {
            panic!("the first event is not that it listens")
        };
        assert_eq!(network.listening(), addresses);
        Self { network, events, key: key_of(seed), addresses }
    }

    pub(crate) fn key_of(seed: u8) -> Key {
        key_of([seed; 32])
    }

    pub(crate) fn peer_id(&self) -> PeerId {
        let key = libp2p::identity::ed25519::PublicKey::try_from_bytes(&self.key).unwrap();
        libp2p::identity::PublicKey::from(key).to_peer_id()
    }

    pub(crate) fn dial(&self, other: &Self) {
        self.network.dial(other.key, other.addresses.clone());
    }

    pub(crate) async fn event(&mut self) -> NetworkEvent {
        deadline("an event", self.events.recv()).await.unwrap()
    }

    pub(crate) async fn wait_up(&mut self, other: &Self) {
        assert_eq!(self.event().await, NetworkEvent::Up(other.key));
    }

    pub(crate) async fn wait_bytes(&self, expected: (u64, u64)) {
        let counted = async {
            while self.network.bytes() != expected {
                tokio::task::yield_now().await;
            }
        };
        deadline(&format!("{expected:?} bytes, {:?} so far", self.network.bytes()), counted).await;
    }

    pub(crate) async fn frame(&mut self) -> (Key, Vec<u8>) {
        match self.event().await {
            NetworkEvent::Frame(key, frame) => (key, frame),
            other => panic!("{other:?} is no frame"),
        }
    }
}

fn key_of(seed: [u8; 32]) -> Key {
    Keypair::ed25519_from_bytes(seed).unwrap().public().try_into_ed25519().unwrap().to_bytes()
}

/// Waits, and says for what if it takes too long.
pub(crate) async fn deadline<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(40), future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long for {what}"),
    }
}
