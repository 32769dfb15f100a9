//! `fingerpost backup` and `fingerpost restore`

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::body::Body;
use futures::StreamExt as _;
use serde_json::json;
use tokio::sync::mpsc;

use crate::backup::{self, Pieces};
use crate::cli::found::Building;
use crate::cli::output::Output;
use crate::client::Client;
use crate::data::DataDir;

/// Pieces of a backup that wait for the disk.
const PIECES: usize = 4;

/// Write everything this node keeps into one file
///
/// Works while the node runs; what is saved meanwhile is not in it. The file holds the node's secret key and all documents: keep it as safe as the node itself.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to write it; a file of that name is replaced when the new one is whole
    file: PathBuf,
}

/// Make a data folder from a backup
///
/// Needs an empty data folder. What came after the backup is fetched from the other organisations once the node runs. The node of the old folder must never run again.
#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
}

pub(crate) async fn run(
    args: Args,
    data: &DataDir,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let body = client.stream("/backup").await.context("cannot ask the node for a backup")?;
    let (sender, pieces) = mpsc::channel(PIECES);
    let (data, path) = (data.clone(), args.file.clone());
    let made = tokio::task::spawn_blocking(move || backup::make(&data, Pieces::new(pieces), &path));
    carry(body, sender).await;
    let counts = made.await.context("the backup was cut short")?.with_context(|| {
        format!("no backup was made. {} is as it was before", args.file.display())
    })?;
    let made = json!({
        "file": args.file,
        "entries": counts.entries,
        "envelopes": counts.envelopes,
        "locals": counts.locals,
        "left_out": counts.left_out,
    });
    output.result(&made, |_| args.file.display().to_string())?;
    output.say("It holds this node's secret key and all documents, unencrypted: keep it as safe as the node itself.");
    if counts.left_out > 0 {
        output.say(&format!(
            "Not in it: {} damaged records. Run \"fingerpost check --repair\" and make another backup.",
            counts.left_out
        ));
    }
    Ok(())
}

async fn carry(body: Body, to: mpsc::Sender<std::io::Result<axum::body::Bytes>>) {
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        if to.send(piece.map_err(std::io::Error::other)).await.is_err() {
            // Whoever writes has stopped, and says why.
            return;
        }
    }
}

pub(crate) async fn restore(
    args: RestoreArgs,
    data: &DataDir,
    output: &mut Output,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        is_empty(data.path())?,
        "{} is not empty. Name an empty or new folder with --data; nothing was changed",
        data.path().display()
    );
    let file =
        File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let building = Building::beside(data.path())?;
    let folder = building.data().clone();
    let restored = tokio::task::spawn_blocking(move || backup::restore(&folder, file)).await;
    let counts = restored
        .context("the restoring was cut short")?
        .context("nothing was restored, and nothing was changed")?;
    let identity = building.data().identity().context("this backup is without a whole identity")?;
    building.finish(data.path())?;
    let card = identity.card;
    let back = json!({
        "organization": {"id": card.organization, "name": card.name, "sector": card.sector},
        "node": identity.key.id(),
        "entries": counts.entries,
        "envelopes": counts.envelopes,
        "left_out": counts.left_out,
    });
    output.result(&back, |_| card.organization.to_string())?;
    output.say(&format!(
        "{} is back in {}. What came after the backup is fetched from the other organisations. Next: fingerpost serve",
        card.name,
        data.path().display()
    ));
    output.say("Never start the node of the old folder again, or of another copy: two nodes with one key are ended by the others.");
    Ok(())
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot use {}", folder.display())),
    }
}
