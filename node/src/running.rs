//! [`Running`]: one node, put together: store, engine, network, HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use engine::Engine;
use network::Network;
use storage::Store;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tracing::error;

use crate::clock;
use crate::data::DataDir;
use crate::handle::{Handle, Work};
use crate::http;
use crate::runtime::{self, QUEUE, Runtime};
use crate::upkeep::Watch;

/// News kept for listeners that are slow.
const EVENTS: usize = 1_024;

/// How a node runs.
pub(crate) struct Options {
    pub(crate) data: DataDir,
    /// Where pages and API are served, if they are.
    pub(crate) http: Option<SocketAddr>,
    /// libp2p multiaddresses to listen on.
    pub(crate) listen: Vec<String>,
    pub(crate) touch: Touch,
    pub(crate) paths: Paths,
}

/// By which paths others reach a node, and it them, beyond where it listens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// Does it pass connections on between members?
    pub(crate) relay: bool,
    /// Where others reach it, if that is elsewhere than where it listens.
    pub(crate) announce: Vec<String>,
    /// The only addresses that it calls; all if there are none.
    pub(crate) only: Vec<String>,
}

/// Which other nodes a node is in touch with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// None.
    Offline,
    /// Those whose addresses it was told.
    Online,
    /// Those too that it finds on the office network, where it shows itself (mDNS).
    OnlineAndNearby,
}

/// A node that runs until it is stopped.
pub(crate) struct Running {
    handle: Handle,
    app: http::App,
    http: Option<(SocketAddr, JoinHandle<()>)>,
    network: Option<Arc<Network>>,
    /// The node's libp2p name.
    peer: String,
    /// Turns true when the engine has ended.
    ended: watch::Receiver<bool>,
    /// Turns true when the disk refused to keep something.
    full: watch::Receiver<bool>,
    watch: Option<Watch>,
    /// Looks at followed shelves.
    looking: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a node on its data folder, which stays locked until it stops.
    pub(crate) async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { data, http, listen, touch, paths } = options;
        let identity = data.identity()?;
        let peer = http::api::status::peer_id(&identity.key.id());
        let store = Store::open(data.path()).context("cannot open the data folder")?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("the computer gives no random numbers")?;
        let shelf = Box::new(store.clone());
        let engine = Engine::open(identity.clone(), shelf, seed, clock::now())
            .context("cannot read the data folder")?;

        let (work, queue) = mpsc::channel(QUEUE);
        let events = broadcast::Sender::new(EVENTS);
        let network = if touch == Touch::Offline {
            None
        } else {
            let config = network::Config {
                mdns: touch == Touch::OnlineAndNearby,
                relay: paths.relay,
                announce: paths.announce,
                only: paths.only,
                ..network::Config::default()
            };
            let (network, heard) = Network::start(*data.node_seed()?, listen, config)
                .context("cannot listen for other nodes")?;
            tokio::spawn(runtime::listen(heard, work.clone()));
            Some(Arc::new(network))
        };
        let (end, ended) = watch::channel(false);
        let (is_full, full) = watch::channel(false);
        Runtime::new(engine, store.clone(), network.clone(), events.clone(), is_full)
            .spawn(identity, queue, end)
            .context("cannot start the engine's thread")?;
        let watch = match touch {
            // A command is over before there would be anything to look at.
            Touch::Offline => None,
            Touch::Online | Touch::OnlineAndNearby => {
                Some(Watch::start(store.clone(), work.clone()).context("cannot start a thread")?)
            }
        };
        let handle = Handle { work, events, network: network.clone(), store };

        let listener = match http {
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.with_context(|| {
                    format!("cannot serve pages at {address}; is another program there?")
                })?)
            }
            None => None,
        };
        let own = match &listener {
            Some(listener) => {
                listener.local_addr().context("the operating system names no address")?
            }
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let app = http::App::new(handle.clone(), data.clone(), own, data.api_token()?)?;
        let looking =
            watch.as_ref().map(|_| tokio::spawn(http::api::looks::keep_looking(app.clone())));
        let http = listener.map(|listener| (own, tokio::spawn(serve(listener, app.clone()))));
        Ok(Self { handle, app, http, network, peer, ended, full, watch, looking })
    }

    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) const fn app(&self) -> &http::App {
        &self.app
    }

    /// Returns where pages and API are served.
    pub(crate) fn http(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|(address, _)| *address)
    }

    /// Returns where other nodes can reach this one, with its peer id.
    pub(crate) fn listen(&self) -> Vec<String> {
        let addresses =
            self.network.as_ref().map(|network| network.listening()).unwrap_or_default();
        addresses.iter().map(|address| format!("{address}/p2p/{}", self.peer)).collect()
    }

    /// Waits until the disk refuses to keep something. From then on the node is for reading only, and speaks to nobody.
    pub(crate) async fn full(&self) {
        let mut full = self.full.clone();
        if full.wait_for(|is_full| *is_full).await.is_err() {
            // The engine has ended without that.
            std::future::pending::<()>().await;
        }
        if let Some(network) = &self.network {
            network.stop().await;
        }
    }

    /// Waits until the node stops by itself, which it does when what it kept cannot be read any more.
    pub(crate) async fn failed(&self) {
        // An error means that the engine's thread is gone.
        let mut ended = self.ended.clone();
        let _gone = ended.wait_for(|has_ended| *has_ended).await;
    }

    /// Stops in order. What was acknowledged is durable already.
    pub(crate) async fn stop(mut self) {
        self.app.stop();
        if let Some(looking) = self.looking.take() {
            let _ended = looking.await;
        }
        if let Some(watch) = self.watch.take() {
            watch.stop().await;
        }
        // The engine may have stopped by itself.
        let _gone = self.handle.work.send(Work::Stop).await;
        self.failed().await;
        if let Some(network) = &self.network {
            network.stop().await;
        }
        if let Some((_, server)) = self.http.take()
            && let Err(error) = server.await
        {
            error!(%error, "the HTTP server did not end in order");
        }
    }
}

async fn serve(listener: TcpListener, app: http::App) {
    let served = axum::serve(listener, http::router(app.clone()))
        .with_graceful_shutdown(app.stopping())
        .await;
    if let Err(error) = served {
        error!(%error, "the HTTP server ended");
    }
}
