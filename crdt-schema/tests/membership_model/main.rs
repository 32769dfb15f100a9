//! The rules of membership a second time, from `docs/protocol/membership.md` alone: short and slow.
//!
//! The tests compare them with the membership log that runs: attacks by name, every small history over some acts in
//! every order of arrival, and 50,000 random histories of up to 200 entries, whose nodes hear of each other late and
//! write on what is long past. Whoever changes a rule changes the page, the log and this model.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod set;
mod state;
mod allowed;
mod model;
mod cast;
mod compare;
mod random;
mod exhaustive;
mod attacks;
