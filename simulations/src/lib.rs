//! Many real engines on one virtual clock, one seed and a hostile network.
//!
//! A [`World`](world::World) is the second caller of the engine: it does what the node's runtime does, but time, chance,
//! disks and links are its own. The same seed gives the same run, byte for byte. A [scenario](scenarios) is a story
//! told to a world; what must hold in every story is in [`invariants`].

pub mod chance;
pub mod disk;
pub mod network;
pub mod world;
pub mod ask;
pub mod people;
pub mod puppet;
pub mod faults;
pub mod invariants;
pub mod scale;
pub mod spread;
pub mod report;
pub mod scenarios;
pub mod run;
mod region;
mod errors;
mod trace;
