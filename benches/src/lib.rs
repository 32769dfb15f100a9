//! Measures: the jobs of `docs/performance.md`, each beside a peer or a limit that is measured in the same run.
//!
//! Nothing here is asserted to be fast. What a job returns are [`Figure`]s; whether a goal was reached is one of their
//! columns. `tests/jobs.rs` runs every job at a tiny size, so that a job that broke is noticed.

pub mod clock;
pub mod figure;
pub mod j1;
pub mod j2;
pub mod j3;
pub mod j4;
pub mod j5;
pub mod j6;
pub mod j7;
pub mod j8;
pub mod limits;
pub mod local;
pub mod machine;
pub mod peers;
pub mod plan;
pub mod process;
pub mod tab;
pub mod web;

pub use figure::Figure;
pub use plan::{Plan, Scale};
