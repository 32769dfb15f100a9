//! Runs a scenario with a seed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, anyhow, ensure};

use crate::scenarios::Scenario;
use crate::world::World;

/// Trials of peers' changes run on the engine's stack; deep documents need room.
const STACK: usize = 32 * 1024 * 1024;

/// What a run leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// A hash over all that happened.
    pub digest: String,
    pub counts: BTreeMap<&'static str, u64>,
    /// What happened, if that was asked for.
    pub lines: Vec<String>,
}

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub scenario: &'static Scenario,
    pub seed: u64,
    /// How many organisations, if the scenario lets one choose.
    pub organizations: Option<usize>,
    pub trace: bool,
}

impl Order {
    /// Returns the command that does the same again.
    #[must_use]
    pub fn command(&self) -> String {
        let organizations = self
            .organizations
            .map_or_else(String::new, |count| format!(" --organizations {count}"));
        format!(
            "cargo run -p simulations -- --scenario {} --seed {}{organizations} --trace",
            self.scenario.name, self.seed
        )
    }

    /// Runs it on a thread of its own.
    ///
    /// # Errors
    /// What did not hold, in one line with the command that does the same again.
    pub fn run(self) -> Result<Report> {
        let thread =
            std::thread::Builder::new().stack_size(STACK).spawn(move || self.run_here())?;
        let outcome =
            thread.join().map_err(|_| anyhow!("the simulation broke")).and_then(|outcome| outcome);
        outcome.map_err(|error| {
            anyhow!(
                "scenario {}, seed {}: {error:#}. Again: {}",
                self.scenario.name,
                self.seed,
                self.command()
            )
        })
    }

    fn run_here(self) -> Result<Report> {
        let mut world = World::new(self.seed);
        let logs = world.logs.clone();
        world.trace.is_shown = self.trace;
        let tell = |world: &mut World| (self.scenario.tell)(world, self.organizations);
        let outcome = tracing::subscriber::with_default(logs.clone(), || {
            catch_unwind(AssertUnwindSafe(|| tell(&mut world))).map_err(|panic| {
                let words = panic.downcast_ref::<String>().cloned();
                let words =
                    words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
                anyhow!("panic: {}", words.unwrap_or_default())
            })
        });
        let outcome = outcome.and_then(|outcome| outcome);
        let report = Report {
            digest: world.digest(),
            counts: world.trace.counts.clone(),
            lines: std::mem::take(&mut world.trace.lines),
        };
        if let Err(error) = outcome {
            let error = if logs.errors().is_empty() {
                error
            } else {
                error.context(format!("logged: {:?}", logs.errors()))
            };
            return if self.trace {
                Err(error).context(report.lines.join("\n"))
            } else {
                Err(error)
            };
        }
        ensure!(logs.errors().is_empty(), "the engine logged errors: {:?}", logs.errors());
        Ok(report)
    }
}
