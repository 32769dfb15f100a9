//! Real sockets on this machine.

#[cfg(test)]
mod talk;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod reasons;
#[cfg(test)]
mod relays;
#[cfg(test)]
mod peers;
