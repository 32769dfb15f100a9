//! `fingerpost node join`: makes this computer one of an organisation that has another.

use std::time::Duration;

use anyhow::Context as _;
use crdt_schema::identity::{Name, NodeId};
use crdt_schema::key::{NodeCertificate, NodeKey, OrganizationCard};
use crdt_schema::pairing::{PREFIX, PairingCode};
use engine::input::Command;
use engine::message::Message;
use network::{Network, NetworkEvent};
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use zeroize::Zeroizing;

use crate::cli::found::{Building, add_first_person, refuse_used};
use crate::cli::join::{PATIENCE, read_text, settle};
use crate::cli::output::Output;
use crate::client::Client;
use crate::data::DataDir;

/// How long to look for the computer that made the code.
const SEARCH: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// Make this computer one of an organisation that uses Fingerpost on another one
///
/// Needs an empty data folder, and a code that "fingerpost node add" made on the other computer, which must be running.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The code's text, or the file it is in
    #[arg(value_name = "CODE_OR_FILE")]
    code: String,
    /// Name of the first person who uses this computer
    #[arg(long, value_name = "NAME")]
    person: Name,
}

pub(crate) async fn run(args: Args, data: &DataDir, output: &mut Output) -> anyhow::Result<()> {
    let code = PairingCode::from_text(&read_text(&args.code, PREFIX, "code for a computer")?)?;
    refuse_used(data)?;
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).context("the computer gives no random numbers")?;
    output.say(&format!("Asking the computer of {} that made the code.", code.name));
    let (card, certificate) = ask(&code, &seed).await?;
    let building = Building::beside(data.path())?;
    building.data().keep_identity(&card, &certificate, &seed)?;
    building.data().api_token()?;
    // Kept before anybody is asked: whatever comes in between, the node asks again at its next start.
    let back = Command::Return { contacts: vec![code.contact.clone()] };
    add_first_person(building.data(), args.person, crate::clock::now(), Some(back)).await?;
    building.finish(data.path())?;
    let names = match workspaces(data).await {
        Ok(names) => names,
        // The computer is added all the same, and asks again by itself.
        Err(error) => {
            output.complain(&error);
            Vec::new()
        }
    };
    let made = json!({
        "organization": {"id": card.organization, "name": card.name, "sector": card.sector},
        "node": certificate.node,
        "workspaces": names,
    });
    output.result(&made, |_| card.organization.to_string())?;
    output.say(&format!(
        "This is a computer of {} now. Its recovery kit is the one that was made with the first computer. Next: fingerpost serve",
        card.name
    ));
    Ok(())
}

/// Waits for a while until the other computer has told of the workspaces; returns their names.
async fn workspaces(data: &DataDir) -> anyhow::Result<Vec<String>> {
    let client = Client::open_online(data.clone()).await?;
    let told = async {
        let running = client.running().context("another process started the node in between")?;
        let is_told = async || Ok(!client.list("/workspaces").await?.is_empty());
        settle(running.handle(), PATIENCE, is_told).await?;
        let told = client.list("/workspaces").await?;
        Ok(told.iter().map(|it| crate::cli::output::text(it, "/name")).collect())
    };
    let told = told.await;
    client.close().await;
    told
}

/// Shows the code to the computer that made it, until it answers.
async fn ask(
    code: &PairingCode,
    seed: &[u8; 32],
) -> anyhow::Result<(OrganizationCard, NodeCertificate)> {
    let (network, mut events) =
        Network::start(*seed, Vec::new(), network::Config::default()).context("cannot connect")?;
    let key = NodeKey::from_seed(seed);
    let answer = tokio::time::timeout(SEARCH, talk(code, &key, &network, &mut events)).await;
    network.stop().await;
    let answer = answer.unwrap_or_else(|_| {
        Err(anyhow::anyhow!(
            "the computer that made the code cannot be reached. Start Fingerpost there with \"fingerpost serve\", bring both computers into one network, and try again"
        ))
    });
    let (card, certificate) = answer?;
    let is_right = card.is_true()
        && certificate.is_true()
        && card.organization == code.organization
        && certificate.organization == code.organization
        && certificate.node == key.id();
    anyhow::ensure!(
        is_right,
        "the other computer answered something that is not right. Are both the same version?"
    );
    Ok((card, certificate))
}

async fn talk(
    code: &PairingCode,
    key: &NodeKey,
    network: &Network,
    events: &mut Receiver<NetworkEvent>,
) -> anyhow::Result<(OrganizationCard, NodeCertificate)> {
    let NodeId(other) = code.contact.node;
    network.dial(other, code.contact.addresses.clone());
    while let Some(event) = events.recv().await {
        match event {
            NetworkEvent::Up(peer) if peer == other => {
                let request = Message::Pair(code.request(key, crate::clock::now()));
                network.send(other, request.to_frame());
            }
            NetworkEvent::Down(peer) | NetworkEvent::DialFailed(peer) if peer == other => {
                tokio::time::sleep(PAUSE).await;
                network.dial(other, code.contact.addresses.clone());
            }
            NetworkEvent::Frame(peer, frame) if peer == other => {
                match Message::from_frame(&frame) {
                    Ok(Message::Paired { card, certificate }) => return Ok((card, certificate)),
                    Ok(Message::NotPaired(reason)) => return Err(anyhow::Error::new(reason)),
                    // What else it says is not for a computer that is nobody's yet.
                    Ok(_) | Err(_) => {}
                }
            }
            _ => {}
        }
    }
    anyhow::bail!("the network stopped")
}
