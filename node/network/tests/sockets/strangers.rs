//! Others that connect: they learn little, and go when they misbehave.

use std::time::Duration;

use libp2p::futures::StreamExt;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{identify, noise, ping, tcp, yamux};
use network::{Config, Network, NetworkEvent, StartNetwork};
use tokio::net::TcpListener;

use crate::peers::{Peer, TCP, deadline};

#[derive(NetworkBehaviour)]
struct Stranger {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
}

fn stranger() -> libp2p::Swarm<Stranger> {
    libp2p::SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|keypair| Stranger {
            identify: identify::Behaviour::new(identify::Config::new(
                "/stranger/1".to_owned(),
                keypair.public(),
            )),
            ping: ping::Behaviour::default(),
            streams: libp2p_stream::Behaviour::new(),
        })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_protocols_and_nothing_else_and_is_hung_up_on() {
    let config = Config { handshake: Duration::from_secs(1), ..Config::default() };
    // The larger key never chooses, so it waits for the stranger's stream until the time is over.
    let mut council = Peer::start_largest(TCP, config).await;
    let mut stranger = stranger();
    stranger.dial(council.addresses[0].parse::<libp2p::Multiaddr>().unwrap()).unwrap();
    let mut learned = None;
    let closed = async {
        loop {
            match stranger.select_next_some().await {
                SwarmEvent::Behaviour(StrangerEvent::Identify(identify::Event::Received {
                    info,
                    ..
                })) => {
                    learned = Some(info);
                }
                SwarmEvent::ConnectionClosed { .. } => break,
                _ => {}
            }
        }
    };
    deadline("the stranger is hung up on", closed).await;
    let info = learned.expect("the stranger was told something");
    assert_eq!(info.listen_addrs, []);
    assert_eq!(
        (info.agent_version.as_str(), info.protocol_version.as_str()),
        ("fingerpost", "/fingerpost/1")
    );
    let mut protocols: Vec<String> = info.protocols.iter().map(ToString::to_string).collect();
    protocols.sort_unstable();
    assert_eq!(
        protocols,
        [
            "/fingerpost/1",
            "/ipfs/id/1.0.0",
            "/ipfs/id/push/1.0.0",
            "/ipfs/ping/1.0.0",
            "/libp2p/circuit/relay/0.2.0/stop"
        ]
    );
    assert_eq!(council.events.try_recv().ok(), None, "nobody was up");
}

/// Connects as a peer that speaks our protocol and then writes `bytes`.
fn misbehave(council: &Peer, bytes: &'static [u8]) {
    let mut stranger = stranger();
    let mut control = stranger.behaviour().streams.new_control();
    let mut theirs = control.accept(libp2p::StreamProtocol::new("/fingerpost/1")).unwrap();
    stranger.dial(council.addresses[0].parse::<libp2p::Multiaddr>().unwrap()).unwrap();
    let peer = council.peer_id();
    tokio::spawn(async move {
        loop {
            stranger.select_next_some().await;
        }
    });
    tokio::spawn(async move {
        use libp2p::futures::AsyncWriteExt as _;
        // Whoever of the two chooses: both streams open at once.
        let opened = loop {
            if let Ok(stream) =
                control.open_stream(peer, libp2p::StreamProtocol::new("/fingerpost/1")).await
            {
                break stream;
            }
            tokio::task::yield_now().await;
        };
        let mut ours = opened;
        ours.write_all(bytes).await.unwrap();
        ours.flush().await.unwrap();
        std::future::pending::<()>().await;
    });
    tokio::spawn(async move {
        let _kept = theirs.next().await;
        std::future::pending::<()>().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_announces_a_frame_of_no_lawful_length_is_hung_up_on() {
    for bytes in [&[0, 0, 0, 0, 1][..], &[0, 16, 0, 1, 1], &[255, 255, 255, 255, 1]] {
        // The largest key never chooses: so whoever the stranger is, its opening a stream is lawful.
        let mut council = Peer::start_largest(TCP, Config::default()).await;
        let stranger = loop {
            misbehave(&council, bytes);
            // The library behind the stranger may lose the stream that answers its own: then another one tries.
            match tokio::time::timeout(Duration::from_secs(10), council.event()).await {
                Ok(NetworkEvent::Up(stranger)) => break stranger,
                Ok(other) => panic!("{other:?} before any stranger was up"),
                Err(_) => {}
            }
        };
        assert_eq!(council.event().await, NetworkEvent::Down(stranger));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_cannot_be_listened_on_are_refused() {
    for address in ["", "127.0.0.1:4001"] {
        let refused =
            Network::start([1; 32], vec![address.to_owned()], Config::default()).map(|_| ());
        assert!(matches!(refused, Err(StartNetwork::Address(_))), "{address}: {refused:?}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
    let refused = Network::start([1; 32], vec![address], Config::default()).map(|_| ());
    assert!(matches!(refused, Err(StartNetwork::Listen { .. })), "{refused:?}");
}
