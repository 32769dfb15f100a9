//! A few engines on one stage: what they agree on, what they say, and what they keep.

mod aside;
mod clocks;
mod exchange;
mod first;
mod heal;
mod members;
mod phrase;
#[cfg(test)]
mod stage;
mod strangers;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod suggestions;
#[cfg(test)]
mod same_work;
