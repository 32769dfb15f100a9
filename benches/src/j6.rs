//! J6: how many edits a second a node makes durable, beside the same bytes written and synced to a bare file.
//!
//! An engine with its store, in this process and as the node's loop drives it: it makes and signs the edits of one
//! batch, then commits them once. Both sides take turns, so that a disk that changes its mind slows both.

use std::time::Duration;

use anyhow::{Context, Result};
use crdt_schema::document::Edit;
use serde_json::json;
use tempfile::TempDir;

use crate::clock::now;
use crate::figure::Figure;
use crate::limits::RawFile;
use crate::local::{self, Keeper, Local, Pair};
use crate::plan::Plan;
use storage::Store;

const JOB: &str = "j6";
/// Edits made durable together.
const BATCHES: [usize; 3] = [1, 8, 64];

/// Runs the job.
///
/// # Errors
/// If the engine or the disk fails.
pub fn run(plan: &Plan) -> Result<Vec<Figure>> {
    BATCHES.into_iter().map(|batch| measure(plan, batch)).collect()
}

fn measure(plan: &Plan, batch: usize) -> Result<Figure> {
    let rounds = plan.scale.of(2, 50, 300);
    let folder = plan.folder()?;
    let mut local = on_disk(&folder)?;
    let workspace = local.workspace()?;
    let documents: Vec<_> = (0..batch)
        .map(|number| local::make(&mut local, workspace, local::items(number)))
        .collect::<Result<_>>()?;
    local.commit()?;
    let mut raw = RawFile::create(folder.path())?;
    let (mut ours, mut disks, mut synced) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for round in 0..rounds {
        let begin = now();
        for id in &documents {
            let path = format!("/body/items/round{}", round % 50).parse().context("a path")?;
            local::edit(
                &mut local,
                *id,
                Edit::Set { path, value: json!(format!("value {round}")) },
            )?;
        }
        let bytes = local.waiting_bytes();
        let made = now();
        local.commit()?;
        synced += made.elapsed();
        ours += begin.elapsed();
        disks += raw.append(bytes)?;
    }
    let edits = f64::from(u32::try_from(rounds * batch).context("too many edits")?);
    let disk = edits / disks.as_secs_f64();
    let what = format!("durable edits, {batch} at a time");
    Ok(Figure::new(JOB, what, "a second", edits / ours.as_secs_f64())
        .beside("the disk's own", disk)
        .beside("the store alone", edits / synced.as_secs_f64())
        .at_least("0.7 × the disk's own", 0.7 * disk))
}

/// Makes an engine that keeps its records on the disk, with a workspace.
///
/// # Errors
/// If the disk refuses.
pub fn on_disk(folder: &TempDir) -> Result<Local> {
    // Its membership is taken over from a pair in memory.
    let pair = Pair::together()?;
    let store = Store::open(&folder.path().join("data")).context("opening a store")?;
    if let Keeper::Memory(memory) = &pair.first.keeper {
        store.commit(&memory.records()).context("the store refused")?;
    }
    Local::open(pair.first.identity.clone(), Keeper::Disk(store), [21; 32], pair.first.now)
}
