//! `fingerpost recover`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use crdt_schema::identity::{Name, NodeId, Sector};
use crdt_schema::invite::{Contact, Invite};
use engine::input::Command;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::found::{Founding, found};
use crate::cli::join::{PATIENCE, read, settle};
use crate::cli::output::{Output, text};
use crate::client::Client;
use crate::data::DataDir;
use crate::kit::{self, Words};

/// Bring an organisation back on a new computer, from its recovery kit alone
///
/// Needs an empty data folder. With an old invite or a member's address, finds the organisation's workspaces again.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    secret: Secret,
    /// What the organisation is called; the kit's file knows it
    #[arg(long, value_name = "NAME")]
    organization: Option<Name>,
    /// What it is: council, vcs, health or other; the kit's file knows it
    #[arg(long)]
    sector: Option<Sector>,
    /// Name of the first person who uses this node
    #[arg(long, value_name = "NAME")]
    person: Name,
    /// Address of a member of a workspace, ending in /p2p/ and the node's name; may be given several times
    #[arg(long, value_name = "MULTIADDR", value_parser = contact)]
    member: Vec<Contact>,
    /// Any invite this organisation was sent, also an old one: it names members
    #[arg(long, value_name = "INVITE_OR_FILE")]
    invite: Option<String>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Secret {
    /// The recovery kit's file
    #[arg(long, value_name = "FILE")]
    kit: Option<PathBuf>,
    /// The 12 words, in order; "-" reads them from standard input
    #[arg(long, value_name = "WORDS", requires_all = ["organization", "sector"])]
    words: Option<String>,
}

pub(crate) async fn run(args: Args, data: DataDir, output: &mut Output) -> anyhow::Result<()> {
    let mut contacts = args.member;
    if let Some(invite) = &args.invite {
        contacts
            .extend(Invite::from_text(&read(invite)?).context("cannot use the invite")?.contacts);
    }
    let (words, name, sector) = match (args.secret.kit, args.secret.words) {
        (Some(file), _) => from_file(&file)?,
        (None, words) => {
            let words = words.map(Zeroizing::new).context("give --kit or --words")?;
            let name = args
                .organization
                .clone()
                .context("say what the organisation is called with --organization")?;
            let sector = args.sector.context("say what it is with --sector")?;
            (from_words(&words, output)?, name, sector)
        }
    };
    let name = args.organization.unwrap_or(name);
    let founding =
        Founding { words, name, sector: args.sector.unwrap_or(sector), person: args.person };
    let card = found(&data, &founding, crate::clock::now()).await?;
    drop(founding);
    output.say(&format!("{} is back in {}.", card.name, data.path().display()));
    let is_asked = !contacts.is_empty();
    let workspaces = match find_workspaces(&data, contacts).await {
        Ok(workspaces) => workspaces,
        // The organisation is back all the same, and its node asks again by itself.
        Err(error) => {
            output.complain(&error);
            Vec::new()
        }
    };
    let back = json!({
        "organization": {"id": card.organization, "name": card.name, "sector": card.sector},
        "node": data.identity()?.key.id(),
        "recovery_kit": data.kit(),
        "workspaces": workspaces,
    });
    output.result(&back, |_| card.organization.to_string())?;
    let names: Vec<String> = workspaces.iter().map(|workspace| text(workspace, "/name")).collect();
    output.say(&match (is_asked, names.is_empty()) {
        (_, false) => format!("Found again: {}. Next: fingerpost serve", names.join(", ")),
        (true, true) => {
            "No member answered yet. The node goes on asking by itself. Next: fingerpost serve"
                .to_owned()
        }
        (false, true) => {
            "To find workspaces again, ask a member for a new invite. Next: fingerpost serve"
                .to_owned()
        }
    });
    Ok(())
}

/// Asks members, for a while, for the workspaces of this organisation.
async fn find_workspaces(data: &DataDir, contacts: Vec<Contact>) -> anyhow::Result<Vec<Value>> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    // Kept before anybody is asked: whatever comes in between, the node asks again at its next start.
    let client = Client::open(data.clone()).await?;
    let kept = ask(&client, contacts).await;
    client.close().await;
    kept?;
    let client = Client::open_online(data.clone()).await?;
    let found = wait(&client).await;
    client.close().await;
    found
}

async fn ask(client: &Client, contacts: Vec<Contact>) -> anyhow::Result<()> {
    let running = client.running().context("another process started the node in between")?;
    running.handle().act(Command::Return { contacts }).await.context("cannot ask members")?;
    Ok(())
}

async fn wait(client: &Client) -> anyhow::Result<Vec<Value>> {
    let running = client.running().context("another process started the node in between")?;
    let is_back = async || Ok(!client.list("/workspaces").await?.is_empty());
    settle(running.handle(), PATIENCE, is_back).await?;
    Ok(client.list("/workspaces").await?)
}

/// Reads a recovery kit: the words, and what the organisation was called.
pub(crate) fn from_file(file: &Path) -> anyhow::Result<(Words, Name, Sector)> {
    let reading = || format!("cannot read {}", file.display());
    let length = fs::metadata(file).with_context(reading)?.len();
    anyhow::ensure!(
        length <= kit::PAGE_BYTES,
        "{} is too large to be a recovery kit",
        file.display()
    );
    let page = Zeroizing::new(fs::read_to_string(file).with_context(reading)?);
    let kit = kit::read_page(&page)?;
    Ok((kit.words, kit.name, kit.sector))
}

fn from_words(words: &Zeroizing<String>, output: &mut Output) -> anyhow::Result<Words> {
    if words.as_str() != "-" {
        return Ok(Words::from_text(words)?);
    }
    output.say("Type the 12 words, in the order of their numbers, then press Enter:");
    // What stands on the command line can be seen by other programs and stays in the shell's history.
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).context("cannot read the words")?;
    Ok(Words::from_text(&line)?)
}

/// Reads a multiaddress with the node it leads to.
fn contact(text: &str) -> Result<Contact, &'static str> {
    const EXPECTED: &str = "expected an address such as /ip4/192.0.2.7/tcp/4891/p2p/12D3KooW..., as \"fingerpost status\" prints it";
    let (address, peer) = text.split_once("/p2p/").ok_or(EXPECTED)?;
    let contact =
        Contact { node: node(peer).ok_or(EXPECTED)?, addresses: vec![address.to_owned()] };
    if address.starts_with('/') && contact.is_bounded() { Ok(contact) } else { Err(EXPECTED) }
}

/// Reads a libp2p peer id of an Ed25519 key: the multihash "identity" of a protobuf of 36 bytes.
fn node(peer: &str) -> Option<NodeId> {
    let mut bytes = [0; 38];
    let length = bs58::decode(peer).onto(&mut bytes).ok()?;
    let key = bytes.strip_prefix(&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20])?;
    if length == 38 { key.try_into().ok().map(NodeId) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::api::status::peer_id;

    #[test]
    fn an_address_names_its_node() {
        let node = NodeId([7; 32]);
        let read = contact(&format!("/ip4/192.0.2.7/tcp/4891/p2p/{}", peer_id(&node))).unwrap();
        assert_eq!((read.node, read.addresses), (node, vec!["/ip4/192.0.2.7/tcp/4891".to_owned()]));
        for text in [
            "",
            "/ip4/192.0.2.7/tcp/4891",
            "/p2p/",
            "/ip4/1.2.3.4/tcp/1/p2p/12D3KooW",
            "x/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        ] {
            assert!(contact(text).is_err(), "{text}");
        }
    }
}
