//! Runs one scenario with one seed.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Parser;
use simulations::run::Order;
use simulations::scenarios;

/// Run one scenario with one seed
#[derive(Debug, Parser)]
struct Args {
    /// Which scenario; --list shows them
    #[arg(long)]
    scenario: Option<String>,
    /// Where all chance comes from: the same seed gives the same run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many organisations take part, where the scenario lets one choose
    #[arg(long)]
    organizations: Option<usize>,
    /// Print what happened, step by step
    #[arg(long)]
    trace: bool,
    /// Print the names of the scenarios
    #[arg(long)]
    list: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut out = std::io::stdout().lock();
    let Some(name) = args.scenario.filter(|_| !args.list) else {
        for scenario in scenarios::ALL {
            writeln!(out, "{}", scenario.name)?;
        }
        return Ok(());
    };
    let scenario = scenarios::find(&name)
        .with_context(|| format!("there is no scenario {name}; --list shows them"))?;
    let order =
        Order { scenario, seed: args.seed, organizations: args.organizations, trace: args.trace };
    let report = order.run()?;
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    for (what, count) in &report.counts {
        writeln!(out, "{what}: {count}")?;
    }
    writeln!(out, "trace: {}", report.digest)?;
    Ok(())
}
