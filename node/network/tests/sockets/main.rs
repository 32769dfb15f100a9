//! Real sockets on this machine: peers that connect, talk, misbehave and vanish.

mod peers;

use std::time::Duration;

use libp2p::futures::StreamExt;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{identify, noise, ping, tcp, yamux};
use network::{Config, FRAME_BYTES, Network, NetworkEvent, StartNetwork};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use peers::{Peer, deadline};

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

async fn exchange(listen: &str) {
    let (mut council, mut clinic) = (Peer::start(1, listen).await, Peer::start(2, listen).await);
    council.dial(&clinic);
    council.wait_up(&clinic).await;
    clinic.wait_up(&council).await;
    for number in 0..50_u8 {
        council.network.send(clinic.key, vec![number; 100]);
        clinic.network.send(council.key, vec![number; 1_000 + usize::from(number)]);
    }
    clinic.network.send(council.key, vec![7; FRAME_BYTES]);
    for number in 0..50_u8 {
        assert_eq!(clinic.frame().await, (council.key, vec![number; 100]));
        assert_eq!(council.frame().await, (clinic.key, vec![number; 1_000 + usize::from(number)]));
    }
    assert_eq!(council.frame().await.1.len(), FRAME_BYTES);
    let sent = 50 * 104;
    let received = (0..50).map(|number| 1_004 + number).sum::<u64>() + FRAME_BYTES as u64 + 4;
    assert_eq!(council.network.bytes(), (sent, received));
    assert_eq!(clinic.network.bytes(), (received, sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_peers_exchange_frames_in_order_over_tcp() {
    exchange(TCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_peers_exchange_frames_in_order_over_quic() {
    exchange(QUIC).await;
}

/// Sends 200 MiB each way at once: at first as much as the peer's queue takes, then a frame for each that comes.
async fn busy_both_ways(listen: &str) {
    const FRAMES: u64 = 200;
    const AHEAD: u64 = 50;
    let (mut council, mut clinic) = (Peer::start(1, listen).await, Peer::start(2, listen).await);
    council.dial(&clinic);
    council.wait_up(&clinic).await;
    clinic.wait_up(&council).await;
    let pump = |mut peer: Peer, other: network::Key| async move {
        let frame = |number: u64| {
            [&number.to_be_bytes()[..], &vec![number as u8; FRAME_BYTES - 8]].concat()
        };
        for number in 0..AHEAD {
            peer.network.send(other, frame(number));
        }
        for number in 0..FRAMES {
            assert!(peer.frame().await == (other, frame(number)), "frame {number}");
            if number + AHEAD < FRAMES {
                peer.network.send(other, frame(number + AHEAD));
            }
        }
        peer
    };
    let (council_key, clinic_key) = (council.key, clinic.key);
    let both = tokio::time::timeout(Duration::from_secs(120), async {
        tokio::join!(
            tokio::spawn(pump(council, clinic_key)),
            tokio::spawn(pump(clinic, council_key))
        )
    });
    let (council, clinic) = both.await.expect("200 MiB each way within two minutes");
    drop((council.unwrap(), clinic.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn much_traffic_both_ways_at_once_all_arrives_over_tcp() {
    busy_both_ways(TCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn much_traffic_both_ways_at_once_all_arrives_over_quic() {
    busy_both_ways(QUIC).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_takes_nothing_stops_nobody_and_is_hung_up_on_in_the_end() {
    let config = Config { queue_bytes: 8 * FRAME_BYTES, ..Config::default() };
    let mut council = Peer::start_with(1, TCP, config).await;
    let mut idle = Peer::start(2, TCP).await;
    let mut clinic = Peer::start(3, TCP).await;
    for other in [&mut idle, &mut clinic] {
        council.dial(other);
        council.wait_up(other).await;
        other.wait_up(&council).await;
    }
    // `idle` takes no events from here on.
    let ended = async {
        for number in 0_u64.. {
            council.network.send(idle.key, vec![0; FRAME_BYTES]);
            council.network.send(clinic.key, number.to_be_bytes().to_vec());
            assert_eq!(clinic.frame().await, (council.key, number.to_be_bytes().to_vec()));
            if let Ok(event) = council.events.try_recv() {
                return event;
            }
        }
        unreachable!()
    };
    assert_eq!(deadline("the idle peer is hung up on", ended).await, NetworkEvent::Down(idle.key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_to_another_key_or_to_nobody_fails() {
    let (mut council, clinic) = (Peer::start(1, TCP).await, Peer::start(2, TCP).await);
    let stranger = Peer::key_of(9);
    council.network.dial(stranger, clinic.addresses.clone());
    assert_eq!(council.event().await, NetworkEvent::DialFailed(stranger));
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nowhere = vec![format!("/ip4/127.0.0.1/tcp/{port}")];
    for addresses in
        [nowhere, vec![], vec!["no address".to_owned()], vec!["/ip4/0.0.0.0/tcp/1".to_owned()]]
    {
        council.network.dial(clinic.key, addresses);
        assert_eq!(council.event().await, NetworkEvent::DialFailed(clinic.key));
    }
    council.network.dial(council.key, council.addresses.clone());
    assert_eq!(council.event().await, NetworkEvent::DialFailed(council.key));
    council.network.dial([0xff; 32], clinic.addresses.clone());
    assert_eq!(council.event().await, NetworkEvent::DialFailed([0xff; 32]));
    // None of this keeps the right dial from working.
    council.dial(&clinic);
    council.wait_up(&clinic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_dial_each_other_at_once_are_up_once() {
    for round in 0..20 {
        let listen = if round % 2 == 0 { TCP } else { QUIC };
        let (mut council, mut clinic) =
            (Peer::start(1, listen).await, Peer::start(2, listen).await);
        council.dial(&clinic);
        clinic.dial(&council);
        council.wait_up(&clinic).await;
        clinic.wait_up(&council).await;
        for number in 0..20_u8 {
            council.network.send(clinic.key, vec![number]);
            clinic.network.send(council.key, vec![number]);
            // The next event on each side is the frame: nobody went down or up again.
            assert_eq!(
                council.event().await,
                NetworkEvent::Frame(clinic.key, vec![number]),
                "round {round}"
            );
            assert_eq!(
                clinic.event().await,
                NetworkEvent::Frame(council.key, vec![number]),
                "round {round}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_sends_what_waits_and_both_sides_hear_of_it() {
    let (mut council, mut clinic) = (Peer::start(1, TCP).await, Peer::start(2, TCP).await);
    for _ in 0..3 {
        council.dial(&clinic);
        council.wait_up(&clinic).await;
        clinic.wait_up(&council).await;
        for number in 0..8_u8 {
            council.network.send(clinic.key, vec![number; FRAME_BYTES]);
        }
        council.network.close(clinic.key);
        for number in 0..8_u8 {
            assert_eq!(clinic.frame().await, (council.key, vec![number; FRAME_BYTES]));
        }
        assert_eq!(clinic.event().await, NetworkEvent::Down(council.key));
        assert_eq!(council.event().await, NetworkEvent::Down(clinic.key));
        council.network.send(clinic.key, vec![1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_is_down_and_can_come_back() {
    for listen in [TCP, QUIC] {
        let mut council = Peer::start(1, listen).await;
        for _ in 0..3 {
            let mut clinic = Peer::start(2, listen).await;
            clinic.dial(&council);
            council.wait_up(&clinic).await;
            clinic.wait_up(&council).await;
            deadline("the peer stops", clinic.network.stop()).await;
            assert_eq!(council.event().await, NetworkEvent::Down(clinic.key));
        }
    }
}

/// Passes bytes on between a dialler and a listener until it is told to keep them.
async fn line_to(address: &str) -> (String, tokio::sync::watch::Sender<bool>) {
    let port: u16 = address.rsplit('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port());
    let (dead, is_dead) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let ((near_out, near_in), (far_out, far_in)) = (near.into_split(), far.into_split());
            tokio::spawn(pass_on(near_out, far_in, is_dead.clone()));
            tokio::spawn(pass_on(far_out, near_in, is_dead.clone()));
        }
    });
    (address, dead)
}

async fn pass_on(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut is_dead: tokio::sync::watch::Receiver<bool>,
) {
    let mut part = [0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut part).await {
        if *is_dead.borrow() {
            // Silent, as a pulled cable: nothing is passed on and nothing is closed.
            let _ = is_dead.wait_for(|dead| !dead).await;
            return;
        }
        if to.write_all(&part[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_dead_is_noticed_on_both_sides() {
    let config = Config { silence: Duration::from_secs(7), ..Config::default() };
    let mut council = Peer::start_with(1, TCP, config.clone()).await;
    let mut clinic = Peer::start_with(2, TCP, config).await;
    let (line, dead) = line_to(&clinic.addresses[0]).await;
    council.network.dial(clinic.key, vec![line]);
    council.wait_up(&clinic).await;
    clinic.wait_up(&council).await;
    council.network.send(clinic.key, vec![1]);
    assert_eq!(clinic.frame().await.1, [1]);
    dead.send_replace(true);
    assert_eq!(council.event().await, NetworkEvent::Down(clinic.key));
    assert_eq!(clinic.event().await, NetworkEvent::Down(council.key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_comes_back_although_its_old_connection_seems_to_stand() {
    // The first start's connection goes dead without a word; the second dials while the council still believes in it.
    for (council_seed, clinic_seed) in [(1, 2), (2, 1)] {
        let config = Config { silence: Duration::from_secs(7), ..Config::default() };
        let mut council = Peer::start_with(council_seed, TCP, config).await;
        let (line, dead) = line_to(&council.addresses[0]).await;
        let mut clinic = Peer::start(clinic_seed, TCP).await;
        clinic.network.dial(council.key, vec![line]);
        clinic.wait_up(&council).await;
        council.wait_up(&clinic).await;
        dead.send_replace(true);
        drop(clinic);
        let mut clinic = Peer::start(clinic_seed, TCP).await;
        clinic.dial(&council);
        assert_eq!(council.event().await, NetworkEvent::Down(clinic.key));
        council.wait_up(&clinic).await;
        clinic.wait_up(&council).await;
        clinic.network.send(council.key, vec![2]);
        assert_eq!(council.frame().await, (clinic.key, vec![2]));
    }
}

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
        ["/fingerpost/1", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"]
    );
    assert_eq!(council.events.try_recv().ok(), None, "nobody was up");
}

/// Connects as a peer that speaks our protocol and then writes `bytes`.
async fn misbehave(council: &Peer, bytes: &'static [u8]) {
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
        let _kept = theirs.next().await;
        std::future::pending::<()>().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_announces_a_frame_of_no_lawful_length_is_hung_up_on() {
    for bytes in [&[0, 0, 0, 0, 1][..], &[0, 16, 0, 1, 1], &[255, 255, 255, 255, 1]] {
        // The largest key never chooses: so whoever the stranger is, its opening a stream is lawful.
        let mut council = Peer::start_largest(TCP, Config::default()).await;
        misbehave(&council, bytes).await;
        let NetworkEvent::Up(stranger) = council.event().await else {
            panic!("the stranger is not up")
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
