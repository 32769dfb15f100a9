//! `fingerpost check`

use anyhow::Context as _;
use serde_json::json;
use storage::{OpenStore, Report, Store};

use crate::cli::output::Output;
use crate::data::DataDir;

/// Read every stored byte and compare it with its hash
///
/// The node must not be running. Exits with status 1 if anything is damaged or missing.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(Args {}: Args, data: &DataDir, output: &mut Output) -> anyhow::Result<()> {
    data.identity()?;
    let folder = data.path().to_owned();
    let report = tokio::task::spawn_blocking(move || check(&folder))
        .await
        .context("the check was cut short")??;
    output.result(&to_json(&report), |_| report.to_string())?;
    anyhow::ensure!(
        report.is_sound(),
        "something that was stored is damaged. Keep a copy of {} as it is before you do anything else",
        data.path().display()
    );
    Ok(())
}

fn check(folder: &std::path::Path) -> anyhow::Result<Report> {
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(OpenStore::InUse) => {
            anyhow::bail!("the node is running on {}. Stop it and check again", folder.display())
        }
        Err(error) => return Err(error).context("cannot open the store"),
    };
    store.check().context("cannot read the store")
}

fn to_json(report: &Report) -> serde_json::Value {
    let damaged: Vec<_> = report
        .damaged
        .iter()
        .map(|damage| json!({"segment": damage.segment, "from": damage.from, "to": damage.to}))
        .collect();
    json!({
        "sound": report.is_sound(),
        "segments": report.segments,
        "bytes": report.bytes,
        "commits": report.commits,
        "entries": report.entries,
        "envelopes": report.envelopes,
        "locals": report.locals,
        "damaged": damaged,
        "missing": report.missing,
        "damaged_entries": report.false_entries,
        "damaged_envelopes": report.false_envelopes,
        "not_indexed": report.not_indexed,
        "index_sound": report.index_sound,
    })
}
