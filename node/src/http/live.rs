//! Pages that stay fresh: the stream of names for `live-region`, and the connection for `shared-text`.
//!
//! What is said over them is written down in `web-ui/islands/README.md`.

pub(crate) mod conversation;
pub(crate) mod tabs;

use std::convert::Infallible;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use crdt_schema::document::FieldPath;
use crdt_schema::identity::DocumentId;
use futures::{Stream, StreamExt as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Duration, MissedTickBehavior, interval};

use self::conversation::Conversation;
use crate::http::App;
use crate::http::extract::Id;
use crate::http::pages::frame::{Refusal, Signed};
use crate::http::problem::Problem;

/// Protects memory: one message of a tab.
const MESSAGE_BYTES: usize = 256 * 1024;
/// Protects the node's time: live fields of one form.
const FIELDS: usize = 200;
/// How often a quiet tab is said to be still there: others forget it after 30 seconds.
const STILL_HERE: Duration = Duration::from_secs(10);

/// `GET /live`: names of what changed.
pub(crate) async fn news(
    State(app): State<App>,
    _signed: Signed,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let names = futures::stream::unfold(app.handle().events(), async |mut events| {
        let names: &[&str] = match events.recv().await {
            Ok(event) => names(&event),
            // What was missed may have been anything.
            Err(RecvError::Lagged(_)) => &["status", "members", "documents"],
            Err(RecvError::Closed) => return None,
        };
        Some((
            futures::stream::iter(names.iter().map(|name| Ok(Event::default().data(*name)))),
            events,
        ))
    });
    Sse::new(names.flatten().take_until(Box::pin(app.stopping()))).keep_alive(KeepAlive::default())
}

const fn names(event: &engine::Event) -> &'static [&'static str] {
    match event {
        engine::Event::Document { .. } => &["documents", "status"],
        engine::Event::Membership { .. } | engine::Event::Peers => &["members", "status"],
        engine::Event::Sync { .. } => &["status"],
        engine::Event::Presence { .. } => &[],
    }
}

/// `GET /documents/{d}/live?path=…`: the connection of one form with live fields.
pub(crate) async fn text(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    signed: Signed,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let paths = paths(uri.query().unwrap_or_default())?;
    let conversation = Conversation::open(app.clone(), signed, headers, document, paths).await?;
    match upgrade {
        Ok(upgrade) => {
            let upgrade = upgrade.max_message_size(MESSAGE_BYTES).max_frame_size(MESSAGE_BYTES);
            Ok(upgrade.on_upgrade(move |socket| hold(app, socket, conversation)))
        }
        Err(rejection) => {
            conversation.close().await;
            Ok(rejection.into_response())
        }
    }
}

fn paths(query: &str) -> Result<Vec<FieldPath>, Refusal> {
    let malformed = || Problem::malformed("the live fields cannot be read");
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|_| malformed())?;
    let named = pairs.iter().filter(|(name, _)| name == "path");
    let paths: Vec<FieldPath> =
        named.map(|(_, path)| path.parse()).collect::<Result<_, _>>().map_err(|_| malformed())?;
    if paths.is_empty() || paths.len() > FIELDS { Err(malformed().into()) } else { Ok(paths) }
}

/// Holds the connection until the tab is closed, the session ended or the node stops.
async fn hold(app: App, mut socket: WebSocket, mut conversation: Conversation) {
    let mut events = app.handle().events();
    let mut tabs = app.tabs().changes();
    let mut stopping = Box::pin(app.stopping());
    let mut still_here = interval(STILL_HERE);
    still_here.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Somebody may have typed between the page and the connection.
    let mut answer = conversation.notice();
    loop {
        if let Some(text) = answer.take()
            && socket.send(Message::Text(text.into())).await.is_err()
        {
            break;
        }
        tokio::select! {
            () = &mut stopping => break,
            _ = still_here.tick() => conversation.still_here().await,
            event = events.recv() => match event {
                Ok(event) if conversation.concerns(&event) => answer = conversation.notice(),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => answer = conversation.notice(),
                Err(RecvError::Closed) => break,
            },
            changed = tabs.recv() => match changed {
                Ok(document) if conversation.is_about(&document) => answer = conversation.notice(),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => answer = conversation.notice(),
                Err(RecvError::Closed) => break,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => match conversation.hear(&text).await {
                    Ok(said) => answer = said,
                    Err(_) => break,
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    conversation.close().await;
}
