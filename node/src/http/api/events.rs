//! `GET /events`: what changes, as it changes.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::http::App;

pub(crate) async fn stream(
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = follow(app.handle().events())
        .map(|(name, data)| Ok(Event::default().event(name).data(data.to_string())));
    Sse::new(news.take_until(Box::pin(app.stopping()))).keep_alive(KeepAlive::default())
}

/// Returns the news as name and data.
///
/// Who reads too slowly is told so with `missed`, and asks again for what it shows.
fn follow(receiver: Receiver<engine::Event>) -> impl Stream<Item = (&'static str, Value)> {
    futures::stream::unfold(receiver, async |mut receiver| {
        let news = match receiver.recv().await {
            Ok(event) => show(&event),
            Err(RecvError::Lagged(count)) => ("missed", json!({"count": count})),
            Err(RecvError::Closed) => return None,
        };
        Some((news, receiver))
    })
}

fn show(event: &engine::Event) -> (&'static str, Value) {
    match event {
        engine::Event::Document { workspace, document, heads } => {
            ("document", json!({"workspace": workspace, "document": document, "heads": heads}))
        }
        engine::Event::Membership { workspace } => ("membership", json!({"workspace": workspace})),
        engine::Event::Peers => ("peer", json!({})),
        engine::Event::Sync { workspace } => ("sync", json!({"workspace": workspace})),
        engine::Event::Presence { document } => ("presence", json!({"document": document})),
    }
}
