//! Runs a scenario with a seed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;

use crate::report::Figures;
use crate::scale::Scale;
use crate::scenarios::{self, Scenario};
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
    /// What the story measured, if it measures.
    pub figures: Option<Figures>,
}

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub scenario: &'static Scenario,
    pub seed: u64,
    /// How large the story is to be, as far as the scenario lets one choose.
    pub scale: Scale,
    pub trace: bool,
    /// Is somebody told on the way how far it is?
    pub is_told: bool,
}

impl Order {
    /// An order for a scenario and seed, as large as the scenario likes.
    #[must_use]
    pub fn of(scenario: &'static Scenario, seed: u64) -> Self {
        Self { scenario, seed, scale: Scale::default(), trace: false, is_told: false }
    }

    /// Returns the command that does the same again.
    #[must_use]
    pub fn command(&self) -> String {
        let release = if self.scale.organizations.is_some_and(|count| count > 20) {
            " --release"
        } else {
            ""
        };
        format!(
            "cargo run{release} -p simulations -- --scenario {} --seed {}{} --trace",
            self.scenario.name,
            self.seed,
            self.scale.options()
        )
    }

    /// Returns the line that makes every run of the tests cover it.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}{}", self.scenario.name, self.seed, self.scale.options())
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
                "scenario {}, seed {}, commit {}: {error:#}. Again: {}. For ever: add \"{}\" to simulations/seeds.txt",
                self.scenario.name,
                self.seed,
                commit(),
                self.command(),
                self.line()
            )
        })
    }

    fn run_here(self) -> Result<Report> {
        let mut world = World::new(self.seed);
        let logs = world.logs.clone();
        world.trace.is_shown = self.trace;
        (world.asked, world.is_told) = (self.scale, self.is_told);
        let tell = |world: &mut World| (self.scenario.tell)(world, self.scale.organizations);
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
            figures: world.figures.take(),
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

/// The seeds that every run of the tests covers.
const SEEDS: &str = include_str!("../seeds.txt");

/// Returns what every run of the tests covers of a scenario.
///
/// # Errors
/// Naming the line of `seeds.txt` that does not fit.
pub fn fixed(name: &str) -> Result<Vec<Order>> {
    let lines =
        SEEDS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut orders = Vec::new();
    for line in lines {
        let wrong = || format!("seeds.txt: \"{line}\"");
        let (of, rest) = line.split_once(' ').with_context(wrong)?;
        let scenario = scenarios::find(if of == "all" { name } else { of }).with_context(wrong)?;
        let asked = Asked::try_parse_from(rest.split_whitespace()).with_context(wrong)?;
        if scenario.name == name {
            orders.push(Order { scale: asked.scale, ..Order::of(scenario, asked.seed) });
        }
    }
    Ok(orders)
}

/// A line of `seeds.txt` behind the scenario: the seed, then options.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Asked {
    seed: u64,
    #[command(flatten)]
    scale: Scale,
}

/// Returns which commit this is, as far as that can be found.
fn commit() -> String {
    let asked = std::process::Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"])
        .output();
    let known = asked.ok().filter(|asked| asked.status.success());
    let commit = known.and_then(|asked| String::from_utf8(asked.stdout).ok());
    commit.map_or_else(|| "unknown".to_owned(), |commit| commit.trim().to_owned())
}
