//! J3: two nodes that were apart meet again.
//!
//! Two engines in this process with a pipe between them that counts what the network would carry. Both hold the same
//! documents, but for some that only the first has: the newest ones, or ones from anywhere.

use std::time::Duration;

use anyhow::{Result, ensure};
use crdt_schema::identity::Timestamp;

use crate::clock::milliseconds;
use crate::figure::Figure;
use crate::local::{self, Keeper, Local, Memory, Pair, Talk};
use crate::peers;
use crate::plan::Plan;

const JOB: &str = "j3";
const KIBIBYTE: f64 = 1_024.0;

/// Which documents only the first node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Newest(usize),
    Scattered(usize),
}

/// Runs the job.
///
/// # Errors
/// If an engine or a driver fails.
pub fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let sizes: &[usize] = plan.scale.of(&[50], &[1_000], &[1_000, 10_000, 100_000]);
    let beside = peers::run(plan, JOB, plan.scale.of(5, 100, 1_000))?;
    let mut figures = Vec::new();
    let mut pair = Pair::together()?;
    pair.disconnect()?;
    let first = shelf(&pair.first)?.envelope_count();
    let mut held = 0;
    for size in sizes {
        let filled = local::fill(&mut pair.first, size - held, 1, false)?;
        held += filled.documents.len();
        figures.extend(in_sync(&pair, held)?);
        for count in [10, 100, 1_000].into_iter().filter(|count| *count * 5 <= held) {
            for missing in [Missing::Newest(count), Missing::Scattered(count)] {
                figures.push(apart(&pair, held, first, missing)?);
            }
        }
    }
    if let Some(figure) = figures.first_mut() {
        figure.beside = beside.all("bytes");
    }
    Ok(figures)
}

fn in_sync(pair: &Pair, held: usize) -> Result<Vec<Figure>> {
    let (talk, _) = meet(pair, |_| true)?;
    let most = talk.to_first.bytes.max(talk.to_second.bytes);
    let what = format!("{held} documents, nothing changed");
    let steps = talk.to_first.steps + talk.to_second.steps;
    Ok(vec![
        Figure::new(JOB, format!("{what}: bytes, the busier way"), "bytes", count(most))
            .at_most("1 KiB each way", KIBIBYTE),
        Figure::new(JOB, format!("{what}: round trips of the comparison"), "", count(steps) / 2.0)
            .at_most("one", 1.0),
        Figure::new(JOB, format!("{what}: time of both engines"), "ms", time(&talk)),
    ])
}

fn apart(pair: &Pair, held: usize, first: usize, missing: Missing) -> Result<Figure> {
    let (talk, second) = match missing {
        Missing::Newest(count) => meet(pair, |place| place < first + held - count)?,
        Missing::Scattered(count) => {
            // Spread evenly, and nowhere near a power of two.
            let step = held / count;
            meet(pair, |place| {
                place < first
                    || (place - first) % step != step / 2
                    || (place - first) / step >= count
            })?
        }
    };
    let all = shelf(&pair.first)?.envelope_count();
    ensure!(second == all, "{second} of {all} documents arrived");
    let (count_of, kind) = match missing {
        Missing::Newest(count) => (count, "newest"),
        Missing::Scattered(count) => (count, "scattered"),
    };
    let steps = talk.to_first.steps + talk.to_second.steps;
    let what = format!(
        "{held} documents, the other lacks {count_of} ({kind}): bytes besides them ({} round trips, {:.0} ms)",
        steps.div_ceil(2),
        time(&talk)
    );
    let figure = Figure::new(JOB, what, "bytes", count(talk.besides_envelopes()))
        .beside("the envelopes", count(talk.to_second.of_envelopes));
    let has_goal = kind == "newest" && count_of == 100;
    Ok(if has_goal { figure.at_most("40 KiB", 40.0 * KIBIBYTE) } else { figure })
}

/// Lets both meet, the second with a part of what the first has; returns what was said and how much the second has then.
fn meet(pair: &Pair, pick: impl Fn(usize) -> bool) -> Result<(Talk, usize)> {
    let kept = shelf(&pair.first)?;
    let now = Timestamp(pair.first.now.0 + 60_000);
    let reopened = |of: &Local, memory: Memory, seed: u8| {
        Local::open(of.identity.clone(), Keeper::Memory(memory), [seed; 32], now)
    };
    let second = kept.copied(pick);
    let mut pair = Pair {
        first: reopened(&pair.first, kept.copied(|_| true), 11)?,
        second: reopened(&pair.second, second.clone(), 12)?,
    };
    pair.pass(Duration::from_secs(1));
    let talk = pair.connect()?;
    Ok((talk, second.envelope_count()))
}

fn shelf(local: &Local) -> Result<&Memory> {
    match &local.keeper {
        Keeper::Memory(memory) => Ok(memory),
        Keeper::Disk(_) => anyhow::bail!("this node keeps its records on a disk"),
    }
}

fn time(talk: &Talk) -> f64 {
    milliseconds(talk.by_first + talk.by_second)
}

#[expect(clippy::cast_precision_loss, reason = "far below what a float holds")]
const fn count(number: usize) -> f64 {
    number as f64
}
