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
    let reachable = match relay_of(&address) {
        Some((_, relay)) => relay != *peer,
        None => is_plain(&address),
    };
    reachable.then_some(address)
}

/// Takes an address by way of a relay apart: where the relay is, and who it is. `None` if it is something else.
fn relay_of(address: &Multiaddr) -> Option<(Multiaddr, PeerId)> {
    let mut plain = address.clone();
    let Some(Protocol::P2pCircuit) = plain.pop() else { return None };
    let Some(Protocol::P2p(relay)) = plain.pop() else { return None };
    is_plain(&plain).then_some((plain, relay))
}

/// Returns where the relay is, if an address is one by way of a relay.
pub(crate) fn relay(address: &Multiaddr) -> Option<Multiaddr> {
    relay_of(address).map(|(plain, _)| plain)
}

/// Is it by way of a relay? Also of an address with a peer's id at its end, or of one that libp2p made.
pub(crate) fn is_relayed(address: &Multiaddr) -> bool {
    address.iter().any(|part| part == Protocol::P2pCircuit)
}

/// Returns the address of this node by way of a relay.
pub(crate) fn by_relay(relay: &Multiaddr, id: PeerId) -> Multiaddr {
    without_peer(relay).with(Protocol::P2p(id)).with(Protocol::P2pCircuit)
}

/// Returns an address without a peer's id at its end.
pub(crate) fn without_peer(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    address
}

/// Does an address lie in the open internet, as far as can be told?
pub(crate) fn is_global(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => {
            is_one_host(ip.into()) && !ip.is_loopback() && !ip.is_private() && !ip.is_link_local()
        }
        Some(Protocol::Ip6(ip)) => {
            let inner = ip.to_ipv4_mapped().map(|ip| Multiaddr::empty().with(Protocol::Ip4(ip)));
            is_one_host(ip.into())
                && !ip.is_loopback()
                && !ip.is_unique_local()
                && !ip.is_unicast_link_local()
                && inner.is_none_or(|inner| is_global(&inner))
        }
        Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)) => true,
        Some(_) | None => false,
    }
}

/// Returns an address at which whoever is there may be dialled.
pub(crate) fn dialable_by_anyone(address: &str) -> Option<Multiaddr> {
    if address.len() > ADDRESS_BYTES {
        return None;
    }
    address.parse().ok().filter(is_plain)
}

/// Is it a plain address over TCP, WebSocket or QUIC, without a peer's id?
fn is_plain(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    let is_host = match parts.next() {
        Some(Protocol::Ip4(ip)) => is_one_host(ip.into()),
        Some(Protocol::Ip6(ip)) => is_one_host(ip.into()),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => !name.is_empty(),
        Some(_) | None => false,
    };
    let (port, has_ended) = match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Tcp(port)), None, None)
        | (Some(Protocol::Udp(port)), Some(Protocol::QuicV1), None) => (port, true),
        (Some(Protocol::Tcp(port)), Some(Protocol::Ws(path)), None) => (port, path == "/"),
        // By name: a certificate is for one.
        (Some(Protocol::Tcp(port)), Some(Protocol::Tls), Some(Protocol::Ws(path))) => {
            (port, path == "/" && is_name(address))
        }
        _ => return false,
    };
    is_host && port != 0 && has_ended && parts.next().is_none()
}

fn is_name(address: &Multiaddr) -> bool {
    let first = address.iter().next();
    matches!(first, Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)))
}

/// Could exactly one host answer here?
fn is_one_host(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

/// Returns an address as text, without a peer's id at its end.
pub(crate) fn text(address: &Multiaddr) -> String {
    without_peer(address).to_string()
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
            "/ip4/192.0.2.1/tcp/443/ws".to_owned(),
            "/dns4/node.example.org/tcp/443/tls/ws".to_owned(),
            format!("/ip4/192.0.2.1/tcp/4002/p2p/{peer}"),
        ];
        assert_eq!(dialable(&good, &peer).len(), good.len());
        // Whoever is there: then no id stands at the end.
        let plain = good.iter().filter_map(|address| dialable_by_anyone(address));
        assert_eq!(plain.count(), good.len() - 1);
        let relayed = format!("/dns4/relay.example.org/tcp/443/p2p/{other}/p2p-circuit");
        for by_relay in [relayed.clone(), format!("{relayed}/p2p/{peer}")] {
            let dialled = dialable(std::slice::from_ref(&by_relay), &peer);
            assert_eq!(dialled[0].to_string(), relayed);
            assert_eq!(dialable_by_anyone(&by_relay), None);
        }
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
            "/ip4/192.0.2.1/tcp/4001/tls/ws".to_owned(),
            "/ip4/192.0.2.1/tcp/4001/ws/ws".to_owned(),
            "/ip4/192.0.2.1/tcp/4001/x-parity-ws/%2fadmin".to_owned(),
            "/dnsaddr/example.org".to_owned(),
            "/memory/7".to_owned(),
            "/unix/tmp/socket".to_owned(),
            format!("/ip4/192.0.2.1/tcp/4001/p2p/{other}"),
            format!("/ip4/192.0.2.1/tcp/4001/p2p/{other}/p2p-circuit/p2p/{other}"),
            format!("/ip4/192.0.2.1/tcp/4001/p2p/{peer}/p2p-circuit"),
            format!("/ip4/0.0.0.0/tcp/4001/p2p/{other}/p2p-circuit"),
            format!("/p2p/{other}/p2p-circuit"),
            format!("/ip4/192.0.2.1/tcp/1/p2p/{other}/p2p-circuit/p2p/{other}/p2p-circuit"),
            format!("/dns4/{}/tcp/1", "x".repeat(300)),
        ];
        for address in bad {
            assert_eq!(dialable(std::slice::from_ref(&address), &peer), [], "{address}");
            assert_eq!(dialable_by_anyone(&address), None, "{address}");
        }
        assert_eq!(dialable(&vec![good[0].clone(); 1_000], &peer).len(), 1);
    }
}
