//! A dial that fails says why.

use network::{NetworkEvent, Trouble};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::peers::{Peer, QUIC, TCP};

/// What a web server says to what it does not understand.
const WEB_SERVER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n\
    <html><head><title>400 Bad Request</title></head><body>Your browser sent what we cannot read.</body></html>\r\n";

/// Listens at an address of this machine and answers whoever connects with some bytes. Without any it hangs up.
async fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // Whoever connected may have gone.
            let _gone = stream.write_all(bytes).await;
            if !bytes.is_empty() {
                // So that the answer arrives, and not that it was hung up on.
                open.push(stream);
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_fails_says_why() {
    let (mut council, clinic) = (Peer::start(1, TCP).await, Peer::start(2, TCP).await);
    let quiet = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let stranger = Peer::key_of(9);
    assert_eq!(council.network.last_trial(&stranger), None);
    let table = [
        (format!("/ip4/127.0.0.1/tcp/{quiet}"), Trouble::Refused),
        (clinic.addresses[0].clone(), Trouble::WrongKey),
        (answering(WEB_SERVER).await, Trouble::NotANode),
        (answering(b"").await, Trouble::HungUp),
        ("/dns4/nowhere.invalid/tcp/4891".to_owned(), Trouble::NameUnknown),
        // Nothing answers on UDP: the handshake has five seconds.
        (format!("/ip4/127.0.0.1/udp/{quiet}/quic-v1"), Trouble::TimedOut),
    ];
    for (address, trouble) in table {
        council.network.dial(stranger, vec![address.clone()]);
        assert_eq!(council.event().await, NetworkEvent::DialFailed(stranger), "{address}");
        let trial = council.network.last_trial(&stranger).unwrap();
        assert_eq!(trial.tried, [(address, trouble)]);
    }
    // Of what is no address it says nothing.
    council.network.dial(stranger, vec!["/ip4/0.0.0.0/tcp/1".to_owned()]);
    assert_eq!(council.event().await, NetworkEvent::DialFailed(stranger));
    assert_eq!(council.network.last_trial(&stranger).unwrap().tried, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_at_an_address_is_noticed_over_quic_too() {
    let (mut council, clinic) = (Peer::start(1, QUIC).await, Peer::start(2, QUIC).await);
    let stranger = Peer::key_of(9);
    council.network.dial(stranger, clinic.addresses.clone());
    assert_eq!(council.event().await, NetworkEvent::DialFailed(stranger));
    let trial = council.network.last_trial(&stranger).unwrap();
    assert_eq!(trial.tried, [(clinic.addresses[0].clone(), Trouble::WrongKey)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_up_has_no_trouble() {
    let (mut council, clinic) = (Peer::start(1, TCP).await, Peer::start(2, TCP).await);
    council.network.dial(clinic.key, vec!["/ip4/127.0.0.1/tcp/1".to_owned()]);
    assert_eq!(council.event().await, NetworkEvent::DialFailed(clinic.key));
    assert!(council.network.last_trial(&clinic.key).is_some());
    council.dial(&clinic);
    council.wait_up(&clinic).await;
    assert_eq!(council.network.last_trial(&clinic.key), None);
}
