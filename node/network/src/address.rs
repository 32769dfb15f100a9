//! Keys and addresses, between our form and libp2p's.

use std::net::IpAddr;

use libp2p::identity::{PublicKey, ed25519};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use crate::Key;

/// Protects the dialler: addresses of one peer that are tried, and bytes of each.
const ADDRESSES: usize = 16;
const ADDRESS_BYTES: usize = 256;

/// Returns libp2p's name for a key; `None` if the bytes are no key.
pub(crate) fn peer_id(key: &Key) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(key).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// Returns the key that a peer is named by; `None` if it is of another kind than ours.
pub(crate) fn key(peer: &PeerId) -> Option<Key> {
    let multihash = peer.as_ref();
    // Short public keys stand in the peer's id as they are.
    let key = (multihash.code() == 0)
        .then(|| PublicKey::try_decode_protobuf(multihash.digest()))?
        .ok()?;
    Some(key.try_into_ed25519().ok()?.to_bytes())
}

/// Returns those of somebody's addresses for a peer that can be dialled.
pub(crate) fn dialable(addresses: &[String], peer: &PeerId) -> Vec<Multiaddr> {
    let mut parsed: Vec<Multiaddr> = addresses
        .iter()
        .take(ADDRESSES)
        .filter_map(|address| dialable_one(address, peer))
        .collect();
    parsed.dedup();
    parsed
}

fn dialable_one(address: &str, peer: &PeerId) -> Option<Multiaddr> {
    if address.len() > ADDRESS_BYTES {
        return None;
    }
    let mut address: Multiaddr = address.parse().ok()?;
    match address.iter().last()? {
        Protocol::P2p(named) if named == *peer => drop(address.pop()),
        Protocol::P2p(_) => return None,
        _ => {}
    }
    is_plain(&address).then_some(address)
}

/// Returns an address at which whoever is there may be dialled.
pub(crate) fn dialable_by_anyone(address: &str) -> Option<Multiaddr> {
    if address.len() > ADDRESS_BYTES {
        return None;
    }
    address.parse().ok().filter(is_plain)
}

/// Is it a plain address over TCP or QUIC, without a peer's id?
fn is_plain(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    let is_host = match parts.next() {
        Some(Protocol::Ip4(ip)) => is_one_host(ip.into()),
        Some(Protocol::Ip6(ip)) => is_one_host(ip.into()),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => !name.is_empty(),
        Some(_) | None => false,
    };
    let ((Some(Protocol::Tcp(port)), None) | (Some(Protocol::Udp(port)), Some(Protocol::QuicV1))) =
        (parts.next(), parts.next())
    else {
        return false;
    };
    is_host && port != 0 && parts.next().is_none()
}

/// Could exactly one host answer here?
fn is_one_host(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

/// Returns an address as text, without a peer's id at its end.
pub(crate) fn text(address: &Multiaddr) -> String {
    let mut address = address.clone();
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    address.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_becomes_a_peer_id_and_back() {
        let keypair = libp2p::identity::Keypair::ed25519_from_bytes([7; 32]).unwrap();
        let public = keypair.public().try_into_ed25519().unwrap().to_bytes();
        let peer = peer_id(&public).unwrap();
        assert_eq!(peer, keypair.public().to_peer_id());
        assert_eq!(key(&peer), Some(public));
        // The id of an RSA key, which is a hash.
        assert_eq!(key(&"QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC".parse().unwrap()), None);
    }

    #[test]
    fn only_plain_addresses_of_this_peer_are_dialled() {
        let peer = peer_id(&ed25519::Keypair::generate().public().to_bytes()).unwrap();
        let other = PeerId::random();
        let good = [
            "/ip4/192.0.2.1/tcp/4001".to_owned(),
            "/ip6/2001:db8::1/udp/4001/quic-v1".to_owned(),
            "/dns4/node.example.org/tcp/4001".to_owned(),
            "/dns/node.example.org/udp/4001/quic-v1".to_owned(),
            format!("/ip4/192.0.2.1/tcp/4002/p2p/{peer}"),
        ];
        assert_eq!(dialable(&good, &peer).len(), good.len());
        // Whoever is there: then no id stands at the end.
        let plain = good.iter().filter_map(|address| dialable_by_anyone(address));
        assert_eq!(plain.count(), good.len() - 1);
        let bad = [
            String::new(),
            "node.example.org:4001".to_owned(),
            "/ip4/192.0.2.1".to_owned(),
            "/ip4/192.0.2.1/tcp/0".to_owned(),
            "/ip4/0.0.0.0/tcp/4001".to_owned(),
            "/ip4/224.0.0.251/udp/4001/quic-v1".to_owned(),
            "/ip4/255.255.255.255/tcp/1".to_owned(),
            "/ip4/192.0.2.1/udp/4001".to_owned(),
            "/ip4/192.0.2.1/tcp/80/http".to_owned(),
            "/ip4/192.0.2.1/tcp/4001/ws".to_owned(),
            "/dnsaddr/example.org".to_owned(),
            "/memory/7".to_owned(),
            "/unix/tmp/socket".to_owned(),
            format!("/ip4/192.0.2.1/tcp/4001/p2p/{other}"),
            format!("/ip4/192.0.2.1/tcp/4001/p2p/{other}/p2p-circuit/p2p/{peer}"),
            format!("/dns4/{}/tcp/1", "x".repeat(300)),
        ];
        for address in bad {
            assert_eq!(dialable(std::slice::from_ref(&address), &peer), [], "{address}");
            assert_eq!(dialable_by_anyone(&address), None, "{address}");
        }
        assert_eq!(dialable(&vec![good[0].clone(); 1_000], &peer).len(), 1);
    }
}
