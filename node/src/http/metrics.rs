//! `/healthz` and `/metrics`: for those who watch over nodes. Figures only: no names, no ids.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use network::Service;

use crate::handle::Handle;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::ways;

pub(crate) async fn healthz(State(app): State<App>) -> Result<&'static str, Problem> {
    // Not the server alone: the engine must answer too.
    app.handle().read(|node| node.node()).await?;
    Ok("ok\n")
}

pub(crate) async fn show(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let (counters, unsent, connected) =
        app.handle().read(|node| (node.counters(), node.unsent(), node.connections())).await?;
    let (sent, received) = app.handle().network_bytes();
    let mut text = String::new();
    metric(
        &mut text,
        "fingerpost_network_bytes_total",
        "counter",
        "Payload bytes on libp2p connections.",
        &[
            ("{direction=\"sent\"}".to_owned(), sent),
            ("{direction=\"received\"}".to_owned(), received),
        ],
    );
    metric(
        &mut text,
        "fingerpost_sync_rounds_total",
        "counter",
        "Rounds of comparing with a peer.",
        &plain(counters.sync_rounds),
    );
    metric(
        &mut text,
        "fingerpost_documents_loaded",
        "gauge",
        "Automerge documents now in memory.",
        &plain(counters.documents_loaded as u64),
    );
    let refused: Vec<(String, u64)> = counters
        .refused
        .iter()
        .map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), *count))
        .collect();
    metric(
        &mut text,
        "fingerpost_envelopes_refused_total",
        "counter",
        "Envelopes of peers that the gate refused.",
        &refused,
    );
    metric(
        &mut text,
        "fingerpost_unsent_changes",
        "gauge",
        "Own changes that a member who may read them lacks.",
        &plain(unsent as u64),
    );
    connections(&mut text, app.handle(), connected);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

/// Tells of connections with other nodes.
fn connections(text: &mut String, handle: &Handle, connected: usize) {
    let lines = handle.lines();
    let direct = connected.saturating_sub(lines.relayed.len());
    metric(
        text,
        "fingerpost_peers_connected",
        "gauge",
        "Nodes that are connected, directly or by way of a relay.",
        &[
            ("{way=\"direct\"}".to_owned(), direct as u64),
            ("{way=\"relayed\"}".to_owned(), lines.relayed.len() as u64),
        ],
    );
    let failed: Vec<(String, u64)> = handle
        .failed_calls()
        .iter()
        .map(|(trouble, count)| (format!("{{reason=\"{}\"}}", ways::code(*trouble)), *count))
        .collect();
    metric(
        text,
        "fingerpost_calls_failed_total",
        "counter",
        "Calls to an address of another node that came to nothing.",
        &failed,
    );
    if let Some(service) = lines.service {
        relay(text, service);
    }
}

/// Tells what this node does as a relay.
fn relay(text: &mut String, service: Service) {
    let (places, now) = (service.places as u64, service.circuits as u64);
    metric(
        text,
        "fingerpost_relay_places",
        "gauge",
        "Nodes that can be reached by way of this one.",
        &plain(places),
    );
    metric(
        text,
        "fingerpost_relay_connections",
        "gauge",
        "Connections that this node passes on.",
        &plain(now),
    );
    metric(
        text,
        "fingerpost_relay_connections_total",
        "counter",
        "Connections that this node has passed on.",
        &plain(service.circuits_total),
    );
    metric(
        text,
        "fingerpost_relay_refused_total",
        "counter",
        "Requests that this node refused as a relay.",
        &plain(service.refused_total),
    );
}

fn plain(value: u64) -> [(String, u64); 1] {
    [(String::new(), value)]
}

/// Writes one metric, with its lines.
fn metric(text: &mut String, name: &str, kind: &str, help: &str, lines: &[(String, u64)]) {
    let _written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in lines {
        let _written = writeln!(text, "{name}{labels} {value}");
    }
}
