//! Peers that connect, talk and hang up.

use std::sync::Arc;

use network::{Config, FRAME_BYTES, Network, NetworkEvent};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::peers::{Peer, QUIC, TCP, deadline};

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
    // A frame may arrive before its sender has counted it.
    council.wait_bytes((sent, received)).await;
    clinic.wait_bytes((received, sent)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_peers_exchange_frames_in_order_over_tcp() {
    exchange(TCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_peers_exchange_frames_in_order_over_quic() {
    exchange(QUIC).await;
}

/// Sends 200 MiB each way at once, as fast as the other side takes them: at most 32 MiB are under way.
async fn busy_both_ways(listen: &str) {
    let (mut council, mut clinic) = (Peer::start(1, listen).await, Peer::start(2, listen).await);
    council.dial(&clinic);
    council.wait_up(&clinic).await;
    clinic.wait_up(&council).await;
    let (council_key, clinic_key) = (council.key, clinic.key);
    let [to_clinic, to_council] = [(); 2].map(|()| Arc::new(Semaphore::new(32)));
    let all = async {
        tokio::join!(
            tokio::spawn(send_all(council.network.clone(), clinic.key, Arc::clone(&to_clinic))),
            tokio::spawn(send_all(clinic.network.clone(), council.key, Arc::clone(&to_council))),
            take_all(&mut council, clinic_key, to_council),
            take_all(&mut clinic, council_key, to_clinic),
        )
    };
    let (first, second, (), ()) = deadline("200 MiB each way", all).await;
    first.and(second).unwrap();
}

const MANY: u64 = 200;

fn numbered(number: u64) -> Vec<u8> {
    [&number.to_be_bytes()[..], &vec![number as u8; FRAME_BYTES - 8]].concat()
}

async fn send_all(network: Network, to: network::Key, room: Arc<Semaphore>) {
    for number in 0..MANY {
        room.acquire().await.unwrap().forget();
        network.send(to, numbered(number));
    }
}

async fn take_all(peer: &mut Peer, from: network::Key, room: Arc<Semaphore>) {
    for number in 0..MANY {
        assert!(peer.frame().await == (from, numbered(number)), "frame {number}");
        room.add_permits(1);
    }
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
async fn whoever_is_at_an_address_is_found_there_and_comes_up() {
    for listen in [TCP, QUIC] {
        let (mut council, mut clinic) =
            (Peer::start(1, listen).await, Peer::start(2, listen).await);
        let address = clinic.addresses[0].clone();
        // Once as a stranger, and once more while it is up.
        council.network.seek(address.clone());
        let mut heard = [council.event().await, council.event().await];
        heard.sort_by_key(|event| matches!(event, NetworkEvent::Up(_)));
        assert_eq!(heard[0], NetworkEvent::Found(address.clone(), clinic.key));
        assert_eq!(heard[1], NetworkEvent::Up(clinic.key));
        clinic.wait_up(&council).await;
        council.network.seek(address.clone());
        assert_eq!(council.event().await, NetworkEvent::Found(address, clinic.key));
        council.network.send(clinic.key, vec![7]);
        assert_eq!(clinic.frame().await, (council.key, vec![7]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_found_where_nobody_is() {
    let mut council = Peer::start(1, TCP).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let own = council.addresses[0].clone();
    for address in [format!("/ip4/127.0.0.1/tcp/{port}"), own, "no address".to_owned()] {
        council.network.seek(address.clone());
        assert_eq!(council.event().await, NetworkEvent::NobodyAt(address));
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn two_peers_exchange_frames_in_order_over_websockets() {
    exchange("/ip4/127.0.0.1/tcp/0/ws").await;
}
