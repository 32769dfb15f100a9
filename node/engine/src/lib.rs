//! Decides what a node does. A deterministic state machine: inputs in, [`Effects`] out.
//!
//! The engine reads no clock, draws no chance, opens no file or socket. Time comes with each input, chance from a seed,
//! old data through a [`Shelf`]. The same seed and inputs give the same effects, byte for byte.
//!
//! The caller acts on [`Effects`] in the order of their fields: what is in `persist` is durable before anything is
//! sent or answered.

pub mod input;
pub mod effects;
pub mod shelf;
pub mod view;
pub mod message;
mod engine;
mod chance;
mod workspaces;
mod joins;
mod seeks;
mod kin;
mod mesh;
mod documents;
mod sync;
mod verify;
mod words;
mod peers;
mod presence;
mod refusals;
mod reader;
mod held;

pub use effects::{Dial, Done, Effects, Event, Record, Refused, Signal};
pub use engine::{Engine, Identity};
pub use held::Held;
pub use input::{Command, CommandId, Conditions, Input, Moment, Statement};
pub use reader::{
    AccessChange, Choices, Counters, Decided, Excerpt, Found, News, Preview, Rank, Reader, Search,
    SignedText, Term, Terms, Waiting, positions,
};
pub use shelf::{EnvelopeMeta, Shelf, ShelfError};
