//! The rules of membership a second time, from `docs/protocol/membership.md` alone: short and slow. The tests compare
//! them with the membership log that runs, on every small history over some acts, in every order of arrival, and on
//! many random ones.
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
