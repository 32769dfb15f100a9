//! Histories of membership, and what each must come to.

mod stage;
mod admission;
mod removal;
mod duels;
mod rules;
mod nodes;
mod suspension;
mod election;
mod orders;
