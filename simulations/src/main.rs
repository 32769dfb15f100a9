//! Runs one scenario with one seed, or one scenario at several sizes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use simulations::report::{self, Figures};
use simulations::run::Order;
use simulations::scale::Scale;
use simulations::scenarios::{self, Scenario};

/// Run one scenario with one seed
#[derive(Debug, Parser)]
struct Args {
    /// Which scenario; --list shows them
    #[arg(long)]
    scenario: Option<String>,
    /// Where all chance comes from: the same seed gives the same run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    scale: Scale,
    /// Run it for each of these numbers of organisations, one after the other, each in a process of its own
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", conflicts_with = "organizations")]
    sizes: Vec<usize>,
    /// Write report.md and plots into this folder, of scenarios that measure
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
    /// Write what was measured into this file, as JSON
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
    /// Print what happened, step by step
    #[arg(long)]
    trace: bool,
    /// Print the names of the scenarios
    #[arg(long)]
    list: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let Some(name) = args.scenario.as_deref().filter(|_| !args.list) else {
        let mut out = std::io::stdout().lock();
        for scenario in scenarios::ALL {
            writeln!(out, "{}", scenario.name)?;
        }
        return Ok(());
    };
    let scenario = scenarios::find(name)
        .with_context(|| format!("there is no scenario {name}; --list shows them"))?;
    let runs = if args.sizes.is_empty() {
        one(&args, scenario)?.into_iter().collect()
    } else {
        several(&args, scenario)?
    };
    if let Some(folder) = &args.report {
        ensure!(!runs.is_empty(), "the scenario {name} does not measure; region does");
        report::write(folder, &runs, &command(&args, scenario))?;
        writeln!(std::io::stdout(), "report: {}", folder.join("report.md").display())?;
    }
    Ok(())
}

/// Returns the command that makes the same report again.
fn command(args: &Args, scenario: &Scenario) -> String {
    let sizes: Vec<String> = args.sizes.iter().map(ToString::to_string).collect();
    let sizes =
        if sizes.is_empty() { String::new() } else { format!(" --sizes {}", sizes.join(",")) };
    format!(
        "cargo run --release -p simulations -- --scenario {} --seed {}{sizes}{}",
        scenario.name,
        args.seed,
        args.scale.options()
    )
}

fn one(args: &Args, scenario: &'static Scenario) -> Result<Option<Figures>> {
    let order =
        Order { scenario, seed: args.seed, scale: args.scale, trace: args.trace, is_told: true };
    let report = order.run()?;
    let mut out = std::io::stdout().lock();
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    for (what, count) in &report.counts {
        writeln!(out, "{what}: {count}")?;
    }
    writeln!(out, "trace: {}", report.digest)?;
    if let (Some(file), Some(figures)) = (&args.figures, &report.figures) {
        std::fs::write(file, serde_json::to_vec_pretty(figures)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report.figures)
}

/// Runs every size in a process of its own, so that none finds memory that another left.
fn several(args: &Args, scenario: &'static Scenario) -> Result<Vec<Figures>> {
    let folder = args.report.as_deref().context("--sizes needs --report FOLDER")?;
    std::fs::create_dir_all(folder)?;
    let mut runs = Vec::new();
    for size in &args.sizes {
        let file = folder.join(format!("{size}.json"));
        let scale = Scale { organizations: Some(*size), ..args.scale };
        let mut options = vec!["--scenario".to_owned(), scenario.name.to_owned()];
        options.extend(["--seed".to_owned(), args.seed.to_string()]);
        options.extend(scale.options().split_whitespace().map(str::to_owned));
        let status = Command::new(std::env::current_exe()?)
            .args(options)
            .arg("--figures")
            .arg(&file)
            .status()?;
        ensure!(status.success(), "the run with {size} organisations failed");
        runs.push(read(&file)?);
    }
    Ok(runs)
}

fn read(file: &Path) -> Result<Figures> {
    let bytes = std::fs::read(file).with_context(|| {
        format!("{} was not written: this scenario does not measure; region does", file.display())
    })?;
    Ok(serde_json::from_slice(&bytes)?)
}
