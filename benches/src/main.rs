//! Runs jobs and prints what was measured: one JSON line for each figure, or a table.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use benches::{Figure, Plan, Scale, figure, j1, j2, j3, j4, j5, j6, j7, j8, machine};
use clap::Parser;

/// Measure Fingerpost beside its peers and beside what the machine can do
///
/// Build the program first, with the same profile: cargo build --release -p fingerpost. Fetch the peers with
/// benches/peers/install; without them the figures stand beside limits only.
#[derive(Debug, Parser)]
struct Args {
    /// Which jobs, or all of them
    #[arg(required = true, value_enum)]
    jobs: Vec<Job>,
    /// How large; what docs/performance.md says was measured at full size
    #[arg(long, value_enum, default_value_t = Scale::Small)]
    scale: Scale,
    /// Print tables as in docs/performance.md instead of JSON lines
    #[arg(long)]
    markdown: bool,
    /// Where benches/peers/install put the peers [default: target/peers]
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Leave the peers out
    #[arg(long)]
    alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Job {
    All,
    J1,
    J2,
    J3,
    J4,
    J5,
    J6,
    J7,
    J8,
}

impl Job {
    const EACH: [Self; 8] =
        [Self::J1, Self::J2, Self::J3, Self::J4, Self::J5, Self::J6, Self::J7, Self::J8];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::J1 => "j1",
            Self::J2 => "j2",
            Self::J3 => "j3",
            Self::J4 => "j4",
            Self::J5 => "j5",
            Self::J6 => "j6",
            Self::J7 => "j7",
            Self::J8 => "j8",
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut plan = Plan::find(args.scale, args.peers)?;
    if args.alone {
        plan.peers = None;
    }
    let jobs = if args.jobs.contains(&Job::All) { Job::EACH.to_vec() } else { args.jobs };
    let runtime = tokio::runtime::Runtime::new().context("starting")?;
    let mut out = std::io::stdout();
    if args.markdown {
        writeln!(out, "{}.", machine::describe())?;
    }
    for job in jobs {
        let figures = runtime.block_on(run(job, &plan)).with_context(|| job.name())?;
        if args.markdown {
            let scale = match args.scale {
                Scale::Tiny => "tiny",
                Scale::Small => "small",
                Scale::Full => "full",
            };
            let name = job.name();
            writeln!(out, "\n`cargo run --release -p benches -- {name} --scale {scale}`\n")?;
            writeln!(out, "{}", figure::TABLE)?;
        }
        for figure in figures {
            let line = if args.markdown { figure.row() } else { figure.json().to_string() };
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

async fn run(job: Job, plan: &Plan) -> Result<Vec<Figure>> {
    match job {
        Job::All => Ok(Vec::new()),
        Job::J1 => j1::run(plan).await,
        Job::J2 => j2::run(plan).await,
        Job::J3 => j3::run(plan),
        Job::J4 => j4::run(plan).await,
        Job::J5 => j5::run(plan).await,
        Job::J6 => j6::run(plan),
        Job::J7 => j7::run(plan),
        Job::J8 => j8::run(plan),
    }
}
