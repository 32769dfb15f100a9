//! Peers that reach each other by way of a relay, and only those who may.

use std::collections::BTreeSet;

use network::{Config, FRAME_BYTES, Key, Network, NetworkEvent, Service, Trouble};

use crate::peers::{Peer, TCP, deadline};

async fn relay(seed: u8) -> Peer {
    Peer::start_with(seed, TCP, Config { relay: true, ..Config::default() }).await
}

fn admit(peer: &Peer, members: &[Key]) {
    peer.network.admit(members.iter().copied().collect::<BTreeSet<Key>>());
}

/// Waits until a peer has a place at a relay, and returns the address by way of it.
async fn place(peer: &mut Peer, relay: &Peer) -> String {
    let expected = format!("{}/p2p/{}/p2p-circuit", relay.addresses[0], relay.peer_id());
    let found = async {
        loop {
            if let NetworkEvent::Listening(addresses) = peer.event().await
                && addresses.contains(&expected)
            {
                return;
            }
        }
    };
    deadline("a place at the relay", found).await;
    assert_eq!(peer.network.lines().relays, [(relay.key, expected.clone())]);
    expected
}

/// Waits until a relay counts so.
async fn until(relay: &Network, is_so: impl Fn(&Service) -> bool) -> Service {
    let counted = async {
        loop {
            if let Some(service) = relay.lines().service.filter(&is_so) {
                return service;
            }
            tokio::task::yield_now().await;
        }
    };
    deadline(&format!("the relay's figures, {:?} so far", relay.lines()), counted).await
}

#[tokio::test(flavor = "multi_thread")]
async fn members_reach_each_other_by_way_of_a_relay() {
    let mut council = relay(1).await;
    let (mut clinic, mut charity) = (Peer::start(2, TCP).await, Peer::start(3, TCP).await);
    admit(&council, &[clinic.key, charity.key]);
    admit(&clinic, &[council.key, charity.key]);
    clinic.dial(&council);
    clinic.wait_up(&council).await;
    council.wait_up(&clinic).await;
    let address = place(&mut clinic, &council).await;

    // It is not connected with the relay before.
    charity.network.dial(clinic.key, vec![address]);
    let mut up = BTreeSet::new();
    while up.len() < 2 {
        if let NetworkEvent::Up(key) = charity.event().await {
            up.insert(key);
        }
    }
    assert_eq!(up, BTreeSet::from([clinic.key, council.key]));
    clinic.wait_up(&charity).await;
    assert_eq!(charity.network.lines().relayed, BTreeSet::from([clinic.key]));
    assert_eq!(clinic.network.lines().relayed, BTreeSet::from([charity.key]));
    for number in 0..20 {
        charity.network.send(clinic.key, vec![number; FRAME_BYTES]);
        clinic.network.send(charity.key, vec![number; 100]);
    }
    for number in 0..20 {
        assert_eq!(clinic.frame().await, (charity.key, vec![number; FRAME_BYTES]));
        assert_eq!(charity.frame().await, (clinic.key, vec![number; 100]));
    }
    let service = until(&council.network, |service| service.circuits == 1).await;
    let expected = Service { places: 1, circuits: 1, circuits_total: 1, refused_total: 0 };
    assert_eq!(service, expected);

    charity.network.stop().await;
    until(&council.network, |service| service.circuits == 0).await;
    assert_eq!(clinic.event().await, NetworkEvent::Down(charity.key));
    assert_eq!(clinic.network.lines().relayed, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_serves_nobody_who_shares_nothing_with_it() {
    let mut council = relay(1).await;
    let (mut clinic, mut stranger) = (Peer::start(2, TCP).await, Peer::start(3, TCP).await);
    // The one who asks believes that it may, the relay does not.
    admit(&clinic, &[council.key]);
    clinic.dial(&council);
    clinic.wait_up(&council).await;
    council.wait_up(&clinic).await;
    let service = until(&council.network, |service| service.refused_total > 0).await;
    assert_eq!(service.places, 0);
    admit(&council, &[clinic.key]);
    let address = place(&mut clinic, &council).await;

    stranger.network.dial(clinic.key, vec![address.clone()]);
    let failed = async { while stranger.event().await != NetworkEvent::DialFailed(clinic.key) {} };
    deadline("a refusal", failed).await;
    let trial = stranger.network.last_trial(&clinic.key).unwrap();
    assert_eq!(trial.tried, [(address.clone(), Trouble::RelayRefused)]);

    // By way of this relay nobody reaches who has no place there.
    admit(&council, &[clinic.key, stranger.key]);
    let nobody = Peer::key_of(9);
    stranger.network.dial(nobody, vec![address.clone()]);
    let failed = async { while stranger.event().await != NetworkEvent::DialFailed(nobody) {} };
    deadline("a refusal", failed).await;
    let trial = stranger.network.last_trial(&nobody).unwrap();
    assert_eq!(trial.tried, [(address, Trouble::NoLine)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_a_relay_that_it_shares_nothing_with_or_when_it_is_told_where_others_reach_it()
{
    let mut council = relay(1).await;
    let mut clinic = Peer::start(2, TCP).await;
    let outside = "/dns4/charity.example.org/tcp/443".to_owned();
    let config = Config { announce: vec![outside.clone()], ..Config::default() };
    let (network, mut events) = Network::start([3; 32], vec![TCP.to_owned()], config).unwrap();
    let told = deadline("an address", events.recv()).await.unwrap();
    assert_eq!(told, NetworkEvent::Listening(vec![outside]));
    let charity = Peer { network, events, key: Peer::key_of(3), addresses: Vec::new() };
    admit(&council, &[clinic.key, charity.key]);
    admit(&charity, &[council.key]);
    for (peer, key) in [(&clinic.network, clinic.key), (&charity.network, charity.key)] {
        peer.dial(council.key, council.addresses.clone());
        assert_eq!(council.event().await, NetworkEvent::Up(key));
    }
    clinic.wait_up(&council).await;
    // Both were introduced by then: pings go out later than introductions. What was asked for would be counted.
    admit(&clinic, &[council.key]);
    place(&mut clinic, &council).await;
    let service = until(&council.network, |service| service.places > 0).await;
    assert_eq!((service.places, service.refused_total), (1, 0));
    assert_eq!(charity.network.lines().relays, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_list_nobody_else_is_called() {
    let listed = Peer::start(1, TCP).await;
    let other = Peer::start(2, TCP).await;
    let only = vec![listed.addresses[0].clone()];
    let mut clinic = Peer::start_with(3, TCP, Config { only, ..Config::default() }).await;
    clinic.dial(&other);
    assert_eq!(clinic.event().await, NetworkEvent::DialFailed(other.key));
    let trial = clinic.network.last_trial(&other.key).unwrap();
    assert_eq!(trial.tried, [(other.addresses[0].clone(), Trouble::NotCalled)]);
    clinic.network.seek(other.addresses[0].clone());
    assert_eq!(clinic.event().await, NetworkEvent::NobodyAt(other.addresses[0].clone()));
    clinic.dial(&listed);
    clinic.wait_up(&listed).await;
    // Who is not called may call.
    other.dial(&clinic);
    clinic.wait_up(&other).await;
}
