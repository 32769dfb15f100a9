//! How connections are made: TCP and QUIC, encrypted, with a bound on everything.

use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::Transport;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{PeerId, Swarm, dns, identify, mdns, noise, ping, quic, swarm, tcp, yamux};

use crate::streams::{PROTOCOL, Streams};
use crate::trouble::NotReached;
use crate::{Config, StartNetwork};

/// How long reaching one address may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How often peers are asked for a sign of life.
const PING: Duration = Duration::from_secs(5);
/// A late answer is a sign of life too: a busy line may delay it long.
const PONG: Duration = Duration::from_secs(120);
/// Protects memory: connections of one peer. Two are normal, when both dial at once.
const PER_PEER: u32 = 4;
/// Protects memory: streams of one connection. Ours, pings and introductions need six.
const STREAMS: u32 = 16;
/// Protects time and memory: connections that are being made, each way.
const PENDING: u32 = 128;

/// What runs on every connection.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    identify: identify::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
    pub(crate) streams: Streams,
}

pub(crate) fn swarm(keypair: &Keypair, config: &Config) -> Result<Swarm<Behaviour>, StartNetwork> {
    let peer = keypair.public().to_peer_id();
    let swarm = swarm::Config::with_tokio_executor()
        .with_max_negotiating_inbound_streams(STREAMS as usize)
        // The streams keep connections alive; see `Handler::connection_keep_alive`.
        .with_idle_connection_timeout(Duration::from_secs(60));
    Ok(Swarm::new(transport(keypair)?, behaviour(keypair, peer, config)?, peer, swarm))
}

fn transport(keypair: &Keypair) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartNetwork> {
    let named = match dns::tokio::Transport::system(numbered(keypair)?) {
        Ok(named) => named,
        Err(error) => {
            tracing::warn!(%error, "no name server is known: only addresses that are numbers can be reached");
            let (nobody, options) = (dns::ResolverConfig::default(), dns::ResolverOpts::default());
            dns::tokio::Transport::custom(numbered(keypair)?, nobody, options)
        }
    };
    Ok(TransportTimeout::new(named.boxed(), CONNECT).boxed())
}

fn numbered(keypair: &Keypair) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartNetwork> {
    let mut muxer = yamux::Config::default();
    muxer.set_max_num_streams(STREAMS as usize);
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map_err(NotReached)
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(keypair).map_err(StartNetwork::Encryption)?)
        .multiplex(muxer)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    let mut config = quic::Config::new(keypair);
    config.max_concurrent_stream_limit = STREAMS;
    let quic = quic::tokio::Transport::new(config)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    // Both fail with the same type of error, so that why can be found in it.
    let either = tcp.or_transport(quic).map(|either, _| either.into_inner());
    Ok(either.map_err(|either| either.into_inner()).boxed())
}

fn behaviour(keypair: &Keypair, peer: PeerId, config: &Config) -> Result<Behaviour, StartNetwork> {
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
    Ok(Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING).with_timeout(PONG)),
        identify: identify::Behaviour::new(identify),
        mdns: mdns.into(),
        streams: Streams::default(),
    })
}
