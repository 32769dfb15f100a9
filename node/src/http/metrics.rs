//! `/healthz` and `/metrics`: for those who watch over nodes. Figures only: no names, no ids.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::http::App;
use crate::http::problem::Problem;

pub(crate) async fn healthz(State(app): State<App>) -> Result<&'static str, Problem> {
    // Not the server alone: the engine must answer too.
    app.handle().read(|node| node.node()).await?;
    Ok("ok\n")
}

pub(crate) async fn show(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let (counters, unsent) = app.handle().read(|node| (node.counters(), node.unsent())).await?;
    let (sent, received) = app.handle().network_bytes();
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, lines: &[(String, u64)]| {
        let _written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in lines {
            let _written = writeln!(text, "{name}{labels} {value}");
        }
    };
    let plain = |value: u64| [(String::new(), value)];
    metric(
        "fingerpost_network_bytes_total",
        "counter",
        "Payload bytes on libp2p connections.",
        &[
            ("{direction=\"sent\"}".to_owned(), sent),
            ("{direction=\"received\"}".to_owned(), received),
        ],
    );
    metric(
        "fingerpost_sync_rounds_total",
        "counter",
        "Rounds of comparing with a peer.",
        &plain(counters.sync_rounds),
    );
    metric(
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
        "fingerpost_envelopes_refused_total",
        "counter",
        "Envelopes of peers that the gate refused.",
        &refused,
    );
    metric(
        "fingerpost_unsent_changes",
        "gauge",
        "Own changes that a member who may read them lacks.",
        &plain(unsent as u64),
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
