//! How connections are made: TCP and QUIC, encrypted, with a bound on everything.

use std::error::Error;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{AsyncRead, AsyncWrite};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::Transport;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::{FromSwarm, NetworkBehaviour};
use libp2p::{
    Multiaddr, PeerId, Swarm, dcutr, dns, identify, mdns, noise, ping, quic, relay, swarm, tcp,
    websocket, yamux,
};

use crate::doors::Doors;
use crate::screened::Screened;
use crate::streams::{PROTOCOL, Streams};
use crate::trouble::NotReached;
use crate::{Config, Shared, StartNetwork, address};

/// How long reaching one address may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How often peers are asked for a sign of life.
const PING: Duration = Duration::from_secs(5);
/// A late answer is a sign of life too: a busy line may delay it long.
const PONG: Duration = Duration::from_secs(120);
/// Protects memory: connections of one peer. Two are normal, when both dial at once.
const PER_PEER: u32 = 4;
/// Protects memory: streams of one connection. Ours, pings and introductions need six; each connection that a relay
/// passes on over it needs one more.
const STREAMS: u32 = 64;
/// Protects memory: streams of one connection on which nothing was agreed yet.
const NEGOTIATING: usize = 16;
/// Protects memory: bytes of one WebSocket message.
const SOCKET_BYTES: usize = 1024 * 1024;
/// Protects time and memory: connections that are being made, each way.
const PENDING: u32 = 128;
/// Protects a relay: nodes that can be reached by way of it, and for how long before they ask again.
const PLACES: usize = 256;
const PLACE_LASTS: Duration = Duration::from_secs(60 * 60);
/// Protects a relay: connections that it passes on at a time, for all and for one peer.
const CIRCUITS: usize = 256;
const CIRCUITS_PER_PEER: usize = 32;
/// Protects a relay: how long it passes one connection on, and how many bytes. Who needs more connects again.
const CIRCUIT_LASTS: Duration = Duration::from_secs(6 * 60 * 60);
const CIRCUIT_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Protects a relay: what one peer may ask for at once.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);

/// What runs on every connection.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) doors: Doors,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    identify: Screened<identify::Behaviour>,
    mdns: Toggle<mdns::tokio::Behaviour>,
    /// Passes connections on between members, if the operator wants that.
    relay: Toggle<relay::Behaviour>,
    /// Is reached, and reaches others, by way of relays.
    by_relay: relay::client::Behaviour,
    /// Meets a peer half-way that was reached by way of a relay, so that both are connected directly.
    punch: Screened<dcutr::Behaviour>,
    pub(crate) streams: Streams,
}

pub(crate) fn swarm(
    keypair: &Keypair,
    config: &Config,
    shared: &Arc<Shared>,
) -> Result<Swarm<Behaviour>, StartNetwork> {
    let peer = keypair.public().to_peer_id();
    let (transport_by_relay, by_relay) = relay::client::new(peer);
    let swarm = swarm::Config::with_tokio_executor()
        .with_max_negotiating_inbound_streams(NEGOTIATING)
        // The streams keep connections alive; see `Handler::connection_keep_alive`.
        .with_idle_connection_timeout(Duration::from_secs(60));
    let transport = transport(keypair, transport_by_relay)?;
    let mut behaviour = behaviour(keypair, config, by_relay)?;
    if config.relay {
        behaviour.relay = Some(passing_on(peer, Arc::clone(shared))).into();
    }
    Ok(Swarm::new(transport, behaviour, peer, swarm))
}

type Carrier = Boxed<(PeerId, StreamMuxerBox)>;

/// Returns everything that carries connections: what needs names is outermost, so that names are looked up for all.
fn transport(keypair: &Keypair, relay: relay::client::Transport) -> Result<Carrier, StartNetwork> {
    let has_names = dns::tokio::Transport::system(tcp()).map(drop);
    if let Err(error) = &has_names {
        tracing::warn!(%error, "no name server is known: only addresses that are numbers can be reached");
    }
    // WebSockets look up names themselves: a certificate is for a name.
    let mut sockets = websocket::Config::new(named(tcp(), has_names.is_ok())?);
    sockets.set_max_data_size(SOCKET_BYTES).set_max_redirects(0);
    let sockets = secured(sockets, keypair)?;
    let numbered =
        either(secured(relay, keypair)?, either(secured(tcp(), keypair)?, quic(keypair)));
    let all = either(sockets, named(numbered, has_names.is_ok())?.boxed());
    Ok(TransportTimeout::new(all, CONNECT).boxed())
}

fn tcp() -> tcp::tokio::Transport {
    tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
}

fn quic(keypair: &Keypair) -> Carrier {
    let mut config = quic::Config::new(keypair);
    config.max_concurrent_stream_limit = STREAMS;
    quic::tokio::Transport::new(config)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed()
}

/// Encrypts what a transport carries, and splits it into streams.
fn secured<T>(transport: T, keypair: &Keypair) -> Result<Carrier, StartNetwork>
where
    T: Transport + Send + Unpin + 'static,
    T::Output: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    T::Error: Error + Send + Sync + 'static,
    T::ListenerUpgrade: Send + 'static,
    T::Dial: Send + 'static,
{
    let mut muxer = yamux::Config::default();
    muxer.set_max_num_streams(STREAMS as usize);
    let secured = transport
        .map_err(NotReached)
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(keypair).map_err(StartNetwork::Encryption)?)
        .multiplex(muxer)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    Ok(secured.boxed())
}

/// Both fail with the same type of error, so that why can be found in it.
fn either(one: Carrier, other: Carrier) -> Carrier {
    let either = one.or_transport(other).map(|either, _| either.into_inner());
    either.map_err(|either| either.into_inner()).boxed()
}

fn named<T>(transport: T, has_names: bool) -> Result<dns::tokio::Transport<T>, StartNetwork> {
    if has_names {
        return dns::tokio::Transport::system(transport).map_err(StartNetwork::Names);
    }
    let (nobody, options) = (dns::ResolverConfig::default(), dns::ResolverOpts::default());
    Ok(dns::tokio::Transport::custom(transport, nobody, options))
}

fn behaviour(
    keypair: &Keypair,
    config: &Config,
    by_relay: relay::client::Behaviour,
) -> Result<Behaviour, StartNetwork> {
    let peer = keypair.public().to_peer_id();
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING))
        .with_max_pending_outgoing(Some(PENDING))
        .with_max_established(Some(config.connections))
        .with_max_established_per_peer(Some(PER_PEER));
    // Strangers learn which protocols this is, and nothing of this node: no address, no version.
    let identify = identify::Config::new(PROTOCOL.to_string(), keypair.public())
        .with_agent_version("fingerpost".to_owned())
        .with_hide_listen_addrs(true)
        .with_cache_size(0);
    let mdns = match config.mdns {
        true => Some(
            mdns::tokio::Behaviour::new(mdns::Config::default(), peer)
                .map_err(StartNetwork::Mdns)?,
        ),
        false => None,
    };
    let only = config
        .only
        .iter()
        .map(|only| only.parse::<Multiaddr>().map_err(|_| StartNetwork::Only(only.clone())));
    Ok(Behaviour {
        doors: Doors::new(only.collect::<Result<_, _>>()?),
        limits: connection_limits::Behaviour::new(limits),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING).with_timeout(PONG)),
        // Strangers are not told where it can be reached by way of others.
        identify: Screened::new(identify::Behaviour::new(identify), |event| {
            !matches!(event, FromSwarm::ExternalAddrConfirmed(_))
        }),
        mdns: mdns.into(),
        relay: None.into(),
        by_relay,
        // What somebody in this office saw is of no use to somebody outside, and says something of the office.
        punch: Screened::new(dcutr::Behaviour::new(peer), |event| match event {
            FromSwarm::NewExternalAddrCandidate(candidate) => address::is_global(candidate.addr),
            _ => true,
        }),
        streams: Streams::default(),
    })
}

/// Passes connections on for those who share a workspace with this node, and for nobody else.
fn passing_on(peer: PeerId, shared: Arc<Shared>) -> relay::Behaviour {
    let members: Box<dyn relay::RateLimiter> = {
        let shared = Arc::clone(&shared);
        Box::new(move |peer: PeerId, _: &Multiaddr, _: Instant| shared.is_member(&peer))
    };
    let members_too: Box<dyn relay::RateLimiter> =
        Box::new(move |peer: PeerId, _: &Multiaddr, _: Instant| shared.is_member(&peer));
    let config = relay::Config {
        max_reservations: PLACES,
        max_reservations_per_peer: PER_PEER as usize,
        reservation_duration: PLACE_LASTS,
        reservation_rate_limiters: vec![members],
        max_circuits: CIRCUITS,
        max_circuits_per_peer: CIRCUITS_PER_PEER,
        max_circuit_duration: CIRCUIT_LASTS,
        max_circuit_bytes: CIRCUIT_BYTES,
        circuit_src_rate_limiters: vec![members_too],
    };
    // Bursts are for a node that starts and calls everyone; then one more each second.
    let config = config
        .reservation_rate_per_peer(BURST, Duration::from_secs(1))
        .circuit_src_per_peer(BURST, Duration::from_secs(1));
    let mut relay = relay::Behaviour::new(peer, config);
    // Whoever runs it says so; it need not find out whether it can be reached.
    relay.set_status(Some(relay::Status::Enable));
    relay
}
