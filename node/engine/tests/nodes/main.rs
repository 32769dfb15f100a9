//! A few engines on one stage: what they agree on, what they say, and what they keep.

mod first;
mod stage;
