//! Lines that go dead without a word.

use std::time::Duration;

use network::{Config, NetworkEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::{Peer, TCP};

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
