//! The journeys: what people and their programs do with real nodes, from start to end.

mod invites;
mod crash;
mod storm;
