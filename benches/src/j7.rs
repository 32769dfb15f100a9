//! J7: how many envelopes a second a node checks and applies, beside bare signature checks on all cores.
//!
//! One engine in this process hears from another that has everything; only the time of the one that takes counts.

use anyhow::{Result, ensure};

use crate::figure::Figure;
use crate::local::{self, Keeper, Pair, Talk};
use crate::plan::Plan;
use crate::{j2, limits};

const JOB: &str = "j7";
/// About what an envelope's signed header weighs.
const HEADER: usize = 320;

/// Runs the job.
///
/// # Errors
/// If an engine fails.
pub fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let checks = plan.scale.of(200, 5_000, 20_000);
    let cores = limits::verifications(checks, HEADER)?;
    let (documents, envelopes) = plan.scale.of((5, 100), (100, 2_000), (1_000, 20_000));
    let many = taken(|pair| {
        local::fill(&mut pair.first, documents, 20, false).map(|filled| filled.envelopes)
    })?;
    let one =
        taken(|pair| j2::typed(&mut pair.first, envelopes / 2, 1).map(|filled| filled.envelopes))?;
    let whats = [
        format!("envelopes checked and applied: {documents} documents of 20"),
        format!("envelopes checked and applied: one document of {}", envelopes / 2),
    ];
    let figures = whats.into_iter().zip([many, one]).map(|(what, rate)| {
        Figure::new(JOB, what, "a second", rate)
            .beside("bare signature checks on all cores", cores)
            .at_least("0.6 × bare checks", 0.6 * cores)
    });
    Ok(figures.collect())
}

/// Returns how many envelopes a second the second engine takes from the first.
fn taken(fill: impl FnOnce(&mut Pair) -> Result<usize>) -> Result<f64> {
    let mut pair = Pair::together()?;
    pair.disconnect()?;
    let envelopes = fill(&mut pair)?;
    let talk: Talk = pair.connect()?;
    let (Keeper::Memory(first), Keeper::Memory(second)) = (&pair.first.keeper, &pair.second.keeper)
    else {
        anyhow::bail!("both keep their records in memory")
    };
    let (all, arrived) = (first.envelope_count(), second.envelope_count());
    ensure!(arrived == all && all == envelopes, "{arrived} of {envelopes} envelopes arrived");
    Ok(f64::from(u32::try_from(envelopes)?) / talk.by_second.as_secs_f64())
}
