//! Everything this node serves over HTTP: the JSON API for programs and the pages for people, on this computer only.

pub(crate) mod problem;
pub(crate) mod guard;
pub(crate) mod extract;
pub(crate) mod api;
pub(crate) mod metrics;
pub(crate) mod accounts;
pub(crate) mod session;
pub(crate) mod pages;
pub(crate) mod pdf;
pub(crate) mod live;
pub(crate) mod shelf;
pub(crate) mod ways;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use crdt_schema::identity::Timestamp;
use tokio::sync::watch;

use crate::clock;
use crate::data::DataDir;
use crate::handle::Handle;
use crate::http::accounts::Passwords;
use crate::http::live::tabs::Tabs;
use crate::http::pages::figures::HeldFigures;
use crate::http::pages::frame::Banners;
use crate::http::pages::import::HeldFiles;
use crate::http::session::Sessions;
use crate::http::shelf::contents::Shelf;
use crate::visit::Visitor;

/// Protects memory: one request's body.
pub(crate) const BODY_BYTES: usize = 2 * 1024 * 1024;

/// What every handler can reach.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    handle: Handle,
    data: DataDir,
    own: SocketAddr,
    token: String,
    passwords: Passwords,
    sessions: Sessions,
    banners: Banners,
    held_files: HeldFiles,
    held_figures: HeldFigures,
    tabs: Tabs,
    shelf: Shelf,
    visitor: Visitor,
    started: Timestamp,
    /// Turns true when the node stops, so that streams end and the server can.
    is_stopping: watch::Sender<bool>,
}

impl App {
    /// Puts together what handlers need. `own` is where browsers and programs find this node.
    ///
    /// # Errors
    /// If there is no way to speak TLS.
    pub(crate) fn new(
        handle: Handle,
        data: DataDir,
        own: SocketAddr,
        token: String,
    ) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Shared {
            shelf: Shelf::new(&handle),
            visitor: Visitor::new()?,
            handle,
            data,
            own,
            token,
            passwords: Passwords::new(),
            sessions: Sessions::default(),
            banners: Banners::default(),
            held_files: HeldFiles::default(),
            held_figures: HeldFigures::default(),
            tabs: Tabs::default(),
            started: clock::now(),
            is_stopping: watch::Sender::new(false),
        })))
    }

    /// Returns the way to the engine.
    pub(crate) fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// Returns the data folder.
    pub(crate) fn data(&self) -> &DataDir {
        &self.0.data
    }

    /// Returns the address under which this node answers; programs send it as `Host`.
    pub(crate) fn own(&self) -> SocketAddr {
        self.0.own
    }

    pub(crate) fn token(&self) -> &str {
        &self.0.token
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn banners(&self) -> &Banners {
        &self.0.banners
    }

    pub(crate) fn held_files(&self) -> &HeldFiles {
        &self.0.held_files
    }

    /// Returns the figures that wait to be confirmed.
    pub(crate) fn held_figures(&self) -> &HeldFigures {
        &self.0.held_figures
    }

    pub(crate) fn tabs(&self) -> &Tabs {
        &self.0.tabs
    }

    /// Returns the public shelf.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// Returns the way to what others published on the web.
    pub(crate) fn visitor(&self) -> &Visitor {
        &self.0.visitor
    }

    /// Returns when this run of the node began.
    pub(crate) fn started(&self) -> Timestamp {
        self.0.started
    }

    /// Returns the names under which this node answers.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let port = self.own().port();
        let mut hosts =
            vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        if self.own().ip().is_loopback() {
            hosts.push(self.own().to_string());
        }
        hosts
    }

    /// Ends what would go on for ever: event streams and live connections.
    pub(crate) fn stop(&self) {
        self.0.is_stopping.send_replace(true);
    }

    /// Waits until the node stops.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut is_stopping = self.0.is_stopping.subscribe();
        async move {
            // An error means that the sender is gone, and the node with it.
            let _gone = is_stopping.wait_for(|is_stopping| *is_stopping).await;
        }
    }
}

/// Returns everything this node serves, behind its guard.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .merge(api::router(&app))
        .merge(pages::router(&app))
        .route("/healthz", get(metrics::healthz))
        .route("/metrics", get(metrics::show))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), guard::pass))
        .with_state(app)
}

/// Why no start link could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartLinkError {
    #[error("the computer gives no random numbers")]
    Chance(#[from] getrandom::Error),
}

/// Makes a link's path that signs in the first person once, within ten minutes. It is never logged.
#[expect(clippy::unused_async, reason = "callers need not know that nothing is waited for today")]
pub(crate) async fn start_link(app: &App) -> Result<String, StartLinkError> {
    let token = app.sessions().make_start(clock::now())?;
    Ok(format!("/start?token={token}"))
}
