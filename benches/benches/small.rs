//! `cargo bench -p benches`: the jobs that need no node of their own, in seconds: J3, J6 and J7, beside limits only.

use std::io::Write as _;

use anyhow::Result;
use benches::{Plan, Scale, figure, j3, j6, j7};

fn main() -> Result<()> {
    let work = std::env::temp_dir().join("fingerpost-bench");
    std::fs::create_dir_all(&work)?;
    let plan = Plan { scale: Scale::Small, program: "fingerpost".into(), peers: None, work };
    let mut out = std::io::stdout();
    writeln!(out, "{}", figure::TABLE)?;
    for figure in [j3::run(&plan)?, j6::run(&plan)?, j7::run(&plan)?].concat() {
        writeln!(out, "{}", figure.row())?;
    }
    Ok(())
}
