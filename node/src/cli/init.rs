//! `fingerpost init`

use crdt_schema::identity::{Name, Sector};
use serde_json::json;

use crate::cli::found::{Founding, found};
use crate::cli::output::Output;
use crate::data::DataDir;
use crate::kit::Words;

/// Make an organisation and its first node
///
/// Needs an empty data folder. Writes a recovery kit to print: it alone can bring the organisation back.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the organisation is called
    #[arg(long, value_name = "NAME")]
    organization: Name,
    /// What it is: council, vcs (voluntary and community sector), health or other
    #[arg(long)]
    sector: Sector,
    /// Name of the first person who uses this node
    #[arg(long, value_name = "NAME")]
    person: Name,
}

pub(crate) async fn run(args: Args, data: &DataDir, output: &mut Output) -> anyhow::Result<()> {
    let Args { organization, sector, person } = args;
    let words = Words::draw()?;
    let founding = Founding { words, name: organization, sector, person };
    let card = found(data, &founding, crate::clock::now()).await?;
    let node = data.identity()?.key.id();
    let kit = data.kit();
    let made = json!({
        "organization": {"id": card.organization, "name": card.name, "sector": card.sector},
        "node": node,
        "recovery_kit": kit,
    });
    output.result(&made, |_| card.organization.to_string())?;
    output.say(&format!("{} is set up in {}.", card.name, data.path().display()));
    output.say(&format!(
        "Print the recovery kit, keep it in a safe place, then delete the file: {}",
        kit.display()
    ));
    output.say("Next: fingerpost serve");
    Ok(())
}
