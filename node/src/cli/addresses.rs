//! Where a node listens: for its own person's browser, and for other nodes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::Context as _;

use crate::data::DataDir;

/// The first port for pages that is tried.
const HTTP_PORT: u16 = 4890;
const HTTP_PORTS: u16 = 100;
/// How often to look for a port that is free for TCP and UDP alike.
const TRIES: usize = 50;

/// Returns where pages are served: where somebody said, else at the first free port from 4890.
pub(crate) fn http(asked: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    if let Some(asked) = asked {
        anyhow::ensure!(
            asked.ip().is_loopback(),
            "pages are for this computer alone. Give --http an address such as 127.0.0.1:{HTTP_PORT}"
        );
        return Ok(asked);
    }
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let is_free = |port: &u16| TcpListener::bind(at(*port)).is_ok();
    let free = (HTTP_PORT..HTTP_PORT + HTTP_PORTS).find(is_free);
    free.map(at).with_context(|| {
        format!("no port from {HTTP_PORT} on is free. Choose one with --http 127.0.0.1:0")
    })
}

/// Returns where this node listens for others: where somebody said, else at a port that was chosen once and is kept,
/// because invites that were sent carry it.
pub(crate) fn listen(data: &DataDir, asked: &[String]) -> anyhow::Result<Vec<String>> {
    if asked.is_empty() { kept(data, Ipv4Addr::UNSPECIFIED) } else { Ok(asked.to_vec()) }
}

/// Returns the kept addresses; chooses them first if there are none.
pub(crate) fn kept(data: &DataDir, ip: Ipv4Addr) -> anyhow::Result<Vec<String>> {
    let mut settings = data.settings()?;
    if settings.listen.is_empty() {
        let port =
            free_port(ip).context("no port is free for other nodes. Choose one with --listen")?;
        settings.listen =
            vec![format!("/ip4/{ip}/tcp/{port}"), format!("/ip4/{ip}/udp/{port}/quic-v1")];
        data.keep_settings(&settings)?;
    }
    Ok(settings.listen)
}

/// Finds a port that is free for TCP and for UDP.
fn free_port(ip: Ipv4Addr) -> Option<u16> {
    (0..TRIES).find_map(|_| {
        let tcp = TcpListener::bind((ip, 0)).ok()?;
        let port = tcp.local_addr().ok()?.port();
        UdpSocket::bind((ip, port)).ok().map(|_| port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_chosen_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().to_owned());
        let chosen = listen(&data, &[]).unwrap();
        assert_eq!(listen(&data, &[]).unwrap(), chosen);
        let asked = ["/ip4/127.0.0.1/tcp/0".to_owned()];
        assert_eq!(listen(&data, &asked).unwrap(), asked);
        assert_eq!(listen(&data, &[]).unwrap(), chosen, "what was asked for once is not kept");
    }

    #[test]
    fn pages_are_never_served_to_the_network() {
        assert!(http(Some("0.0.0.0:4890".parse().unwrap())).is_err());
        assert!(http(Some("127.0.0.1:0".parse().unwrap())).is_ok());
        assert!(http(None).unwrap().ip().is_loopback());
    }
}
