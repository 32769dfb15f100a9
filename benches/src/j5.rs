//! J5: how long a node with many documents takes to start, and what it then holds in memory.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::milliseconds;
use crate::figure::Figure;
use crate::local;
use crate::plan::Plan;
use crate::{machine, peers, process};

const JOB: &str = "j5";

/// Runs the job.
///
/// # Errors
/// If a node or a driver fails.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let documents = plan.scale.of(10, 1_000, 10_000);
    let beside = peers::run(plan, JOB, documents / 10)?;
    let many = idle(plan, documents, 1).await?;
    let fewer = idle(plan, documents / 10, 1).await?;
    let longer = idle(plan, documents / 10, 20).await?;
    let samod = beside.of("samod", "idle MiB");
    let mut memory =
        Figure::new(JOB, format!("memory at rest with {documents} documents"), "MiB", many.1)
            .at_most("half of samod's with a tenth of them", samod.map(|size| size / 2.0));
    let with = |what: &str| {
        let all = beside.all(what).into_iter();
        all.map(|(peer, value)| (format!("{peer} with {}", documents / 10), value))
    };
    memory.beside.extend(with("idle MiB"));
    let mut start = Figure::new(JOB, format!("start with {documents} documents"), "ms", many.0);
    start.beside.extend(with("start ms"));
    let tenth = documents / 10;
    Ok(vec![
        memory,
        start,
        Figure::new(JOB, format!("start with {tenth} documents of 20 edits"), "ms", longer.0)
            .beside("with one edit each", fewer.0)
            .at_most("the same as with one edit each, within a fifth", 1.2 * fewer.0),
    ])
}

/// Returns the milliseconds of a start (the middle one of three), and the memory at rest in MiB.
async fn idle(plan: &Plan, documents: usize, changes: usize) -> Result<(f64, f64)> {
    let (mut node, _, _) =
        process::filled(plan, |local| local::fill(local, documents, changes, false)).await?;
    let (mut starts, mut memory) = (Vec::new(), None);
    for _ in 0..3 {
        node.stop()?;
        node.start()?;
        starts.push(milliseconds(node.started()?));
        // What a start left to do is done, and nobody asks for anything.
        tokio::time::sleep(Duration::from_secs(2)).await;
        memory = machine::resident(node.id()?);
    }
    let start = crate::clock::percentile(&starts, 0.5).context("no start")?;
    Ok((start, memory.context("this system does not tell a process's memory")?))
}
