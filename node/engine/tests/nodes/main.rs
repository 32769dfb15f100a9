//! A few engines on one stage: what they agree on, what they say, and what they keep.

#[cfg(test)]
mod aside;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod comments;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod first;
#[cfg(test)]
mod heal;
#[cfg(test)]
mod kin;
#[cfg(test)]
mod members;
#[cfg(test)]
mod phrase;
#[cfg(test)]
mod same_work;
#[cfg(test)]
mod search;
#[cfg(test)]
mod sign_offs;
#[cfg(test)]
mod spread;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod suggestions;
#[cfg(test)]
mod trust;
