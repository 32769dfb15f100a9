//! `fingerpost serve`

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::sync::mpsc::{self, Receiver};

use crate::cli::addresses;
use crate::cli::join::settle;
use crate::cli::output::Output;
use crate::client::{Client, is_locked};
use crate::data::DataDir;
use crate::http;
use crate::http::shelf::listener::Open;
use crate::running::{Options, Paths, Running, Touch};

/// How long to wait until the operating system has named all addresses.
const PATIENCE: Duration = Duration::from_secs(3);

/// Run the node
///
/// Prints the address of its pages and a link that signs you in once. Ctrl-C stops it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the pages, on this computer; port 0 is any free one [default: 127.0.0.1:4890 or the next free port]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Where to listen for other nodes, as a libp2p multiaddress [default: TCP and QUIC at a port chosen once]
    #[arg(long, value_name = "MULTIADDR")]
    listen: Vec<String>,
    /// Find other nodes on the office network, and let them find this one (mDNS)
    #[arg(long)]
    nearby: bool,
    /// Pass connections on between members who cannot reach each other; for a computer that all of them reach
    #[arg(long)]
    relay: bool,
    /// Tell others this address, in place of where the node listens; may be given several times
    #[arg(long, value_name = "MULTIADDR")]
    announce: Vec<String>,
    /// Call nobody but at addresses that begin like this; may be given several times
    #[arg(long, value_name = "MULTIADDR")]
    only_call: Vec<String>,
    /// Serve what is published at this address, to anybody who can reach it; port 0 is any free one
    #[arg(long, value_name = "ADDR")]
    shelf: Option<SocketAddr>,
}

pub(crate) async fn run(args: Args, data: DataDir, output: &mut Output) -> anyhow::Result<()> {
    data.identity()?;
    let listen = addresses::listen(&data, &args.listen)?;
    let http = addresses::http(args.http)?;
    let touch = if args.nearby { Touch::OnlineAndNearby } else { Touch::Online };
    let paths = Paths { relay: args.relay, announce: args.announce, only: args.only_call };
    let mut node = match Node::start(data.clone(), http, listen, touch, paths).await {
        Ok(node) => node,
        Err(error) if is_locked(&error) => {
            anyhow::bail!(
                "a node runs on {} already. Stop it first, or use it",
                data.path().display()
            )
        }
        Err(error) => return Err(error).context("cannot start the node"),
    };
    let opened = match args.shelf {
        Some(address) => node.open_shelf(address).await,
        None => Ok(()),
    };
    let mut nodes = [node];
    let served = match opened {
        Ok(()) => serve(&mut nodes, output).await,
        Err(error) => Err(error),
    };
    for node in nodes {
        node.stop().await;
    }
    served
}

/// A node that serves pages.
pub(crate) struct Node {
    pub(crate) running: Running,
    data: DataDir,
    /// The public shelf, if it is served.
    shelf: Option<Open>,
}

impl Node {
    /// Starts a node in touch with others, and waits until it knows its addresses.
    pub(crate) async fn start(
        data: DataDir,
        http: SocketAddr,
        listen: Vec<String>,
        touch: Touch,
        paths: Paths,
    ) -> anyhow::Result<Self> {
        let wanted = listen.len();
        let options = Options { data: data.clone(), http: Some(http), listen, touch, paths };
        let running = Running::start(options).await?;
        // An address that comes late is no reason to fail.
        let _all =
            settle(running.handle(), PATIENCE, async || Ok(running.listen().len() >= wanted))
                .await?;
        Ok(Self { running, data, shelf: None })
    }

    /// Serves what is published, to anybody who can reach the address.
    async fn open_shelf(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let opened = Open::begin(self.running.app().clone(), address).await;
        self.shelf = Some(opened.with_context(|| {
            format!("cannot serve the public shelf at {address}; is another program there?")
        })?);
        Ok(())
    }

    pub(crate) async fn stop(self) {
        // First, so that no command asks a node that is going.
        let _ = self.data.withdraw();
        self.running.stop().await;
        if let Some(shelf) = self.shelf {
            shelf.shut().await;
        }
    }

    fn http(&self) -> anyhow::Result<SocketAddr> {
        self.running.http().context("the node has no address for its pages")
    }

    /// Returns the node's API, in this process.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::of(&self.running, self.data.api_token()?))
    }

    pub(crate) async fn login_url(&self) -> anyhow::Result<String> {
        let path =
            http::start_link(self.running.app()).await.context("cannot make a sign-in link")?;
        Ok(format!("http://{}{path}", self.http()?))
    }
}

/// Says where the nodes are, and runs them until somebody stops the process.
pub(crate) async fn serve(nodes: &mut [Node], output: &mut Output) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    tokio::pin!(stop);
    for node in nodes.iter() {
        announce(node, output).await?;
    }
    // A program that reads our lines wants no more of them.
    let mut pressed = if output.is_json() { None } else { Some(enter_pressed()) };
    if pressed.is_some() {
        output.say("\nPress Enter for new sign-in links, Ctrl-C to stop.");
    }
    let mut is_full = false;
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = any_failed(nodes) => anyhow::bail!(
                "a node stopped by itself, because the disk could be neither written nor read"
            ),
            () = any_full(nodes), if !is_full => {
                is_full = true;
                output.say("The disk is full or cannot be written: nothing new is saved, and other organisations are not reached. What is there can be read. Make room, then start the node again.");
            }
            enter = next(&mut pressed) => match enter {
                Some(()) => renew_links(nodes, output).await?,
                // Nobody is at the keyboard.
                None => pressed = None,
            },
        }
    }
    output.say("Stopping.");
    Ok(())
}

/// Waits until the disk refuses to keep something of one of the nodes.
async fn any_full(nodes: &[Node]) {
    let full = nodes.iter().map(|node| Box::pin(node.running.full()));
    futures::future::select_all(full).await;
}

/// Waits until one of the nodes stops by itself.
async fn any_failed(nodes: &[Node]) {
    let failed = nodes.iter().map(|node| Box::pin(node.running.failed()));
    futures::future::select_all(failed).await;
}

/// Waits for Enter; for ever if nobody can press it.
async fn next(pressed: &mut Option<Receiver<()>>) -> Option<()> {
    match pressed {
        Some(pressed) => pressed.recv().await,
        None => std::future::pending().await,
    }
}

async fn announce(node: &Node, output: &mut Output) -> anyhow::Result<()> {
    let http = node.http()?;
    node.data.announce(http)?;
    let login_url = node.login_url().await?;
    let card = node.running.handle().read(|reader| reader.card().clone()).await?;
    let mut ready = json!({
        "event": "ready",
        "organization": {"id": card.organization, "name": card.name, "sector": card.sector},
        "http": format!("http://{http}"),
        "login_url": login_url,
        "listen": node.running.listen(),
        "data": node.data.path(),
    });
    let shelf = node.shelf.as_ref().map(|shelf| format!("http://{}", shelf.at));
    if let (Some(ready), Some(shelf)) = (ready.as_object_mut(), &shelf) {
        ready.insert("shelf".to_owned(), json!(shelf));
    }
    let shelf =
        shelf.map(|shelf| format!("\n  shelf    {shelf}, for everybody")).unwrap_or_default();
    output.result(&ready, |_| {
        format!("{}\n  pages    http://{http}{shelf}\n  sign in  {login_url}\n           (works once, within 10 minutes)", card.name)
    })?;
    Ok(())
}

async fn renew_links(nodes: &[Node], output: &mut Output) -> anyhow::Result<()> {
    for node in nodes {
        let link = node.login_url().await?;
        output.line(&format!("  sign in  {link}"))?;
    }
    Ok(())
}

/// Tells when somebody presses Enter. A thread of its own: tokio would wait for one more line before it stops.
fn enter_pressed() -> Receiver<()> {
    let (pressed, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || pressed.blocking_send(()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Returns what is done once the process is told to stop.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
