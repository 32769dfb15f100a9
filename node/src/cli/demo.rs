//! `fingerpost demo`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use crdt_schema::identity::Sector;

use crate::cli::addresses;
use crate::cli::found::{Founding, found};
use crate::cli::output::Output;
use crate::cli::serve::{self, Node};
use crate::data::DataDir;
use crate::kit::Words;
use crate::running::{Paths, Touch};

mod fill;

/// Run three organisations on this computer, with example pathways, to try Fingerpost out
///
/// Each is a real node with its own keys, store and network address; all names are invented. Works offline. Without
/// --data everything is deleted at the end.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the first organisation's pages; the others take the ports after it, port 0 is any free one [default: 127.0.0.1:4890]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
}

struct Organization {
    folder: &'static str,
    name: &'static str,
    sector: Sector,
    person: &'static str,
}

/// Invented, like everything in the example pathways.
const ORGANIZATIONS: [Organization; 3] = [
    Organization {
        folder: "council",
        name: "Northmere Borough Council",
        sector: Sector::Council,
        person: "Amina Yusuf",
    },
    Organization {
        folder: "charity",
        name: "Harbour Lane Advice Centre",
        sector: Sector::Vcs,
        person: "Tom Ellery",
    },
    Organization {
        folder: "region",
        name: "Saltway Community Partnership",
        sector: Sector::Other,
        person: "Grace Okafor",
    },
];

pub(crate) async fn run(
    args: Args,
    data: Option<PathBuf>,
    output: &mut Output,
) -> anyhow::Result<()> {
    // Deleted when dropped, which is after the nodes stopped.
    let (_passing, folder) = match data {
        Some(folder) => (None, folder),
        None => {
            let passing = tempfile::tempdir().context("cannot make a folder for the demo")?;
            let folder = passing.path().to_owned();
            (Some(passing), folder)
        }
    };
    let is_real = DataDir::new(folder.clone()).is_used();
    anyhow::ensure!(
        !is_real,
        "{} holds a real organisation. Give the demo another folder",
        folder.display()
    );
    output.say("Starting three organisations. This takes a few seconds.");
    let mut nodes = Vec::new();
    let done = start_and_serve(args.http, &folder, &mut nodes, output).await;
    futures::future::join_all(nodes.into_iter().map(Node::stop)).await;
    done
}

async fn start_and_serve(
    http: Option<SocketAddr>,
    folder: &Path,
    nodes: &mut Vec<Node>,
    output: &mut Output,
) -> anyhow::Result<()> {
    for (organization, index) in ORGANIZATIONS.iter().zip(0..) {
        let started = start(organization, folder, http.map(|http| after(http, index))).await;
        nodes.push(started.with_context(|| format!("cannot start {}", organization.name))?);
    }
    if let [council, charity, region] = nodes.as_slice() {
        fill::fill(council, charity, region).await.context("cannot fill in the examples")?;
    }
    if let (false, Some(first)) = (output.is_json(), nodes.first()) {
        open_browser(&first.login_url().await?);
    }
    let people = ORGANIZATIONS.map(|organization| organization.person).join(", ");
    output.say(&format!(
        "Sign in with the links, or by name with the password \"{}\". The names: {people}.",
        fill::PASSWORD
    ));
    serve::serve(nodes, output).await
}

/// The address that many ports further on; "any port" stays so.
fn after(http: SocketAddr, index: u16) -> SocketAddr {
    let port = if http.port() == 0 { 0 } else { http.port().saturating_add(index) };
    SocketAddr::new(http.ip(), port)
}

async fn start(
    organization: &Organization,
    folder: &Path,
    http: Option<SocketAddr>,
) -> anyhow::Result<Node> {
    let data = DataDir::new(folder.join(organization.folder));
    if !data.is_used() {
        let founding = Founding {
            words: Words::draw()?,
            name: organization.name.parse()?,
            sector: organization.sector,
            person: organization.person.parse()?,
        };
        crate::data::make_private(folder)?;
        found(&data, &founding, crate::clock::now()).await?;
        // Nobody is to print the kits of invented organisations before they see a pathway.
        data.delete_kit()?;
    }
    let listen = addresses::kept(&data, std::net::Ipv4Addr::LOCALHOST)?;
    Node::start(data, addresses::http(http)?, listen, Touch::Online, Paths::default()).await
}

/// Shows the first organisation; that there is no browser is no reason to fail.
fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    let _ = tokio::process::Command::new(program)
        .arg(url)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_take_the_ports_after_the_first() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(after(at("127.0.0.1:5000"), 2), at("127.0.0.1:5002"));
        assert_eq!(after(at("127.0.0.1:0"), 2), at("127.0.0.1:0"));
    }
}
