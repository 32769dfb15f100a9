//! Peers that mean harm: what they can make a node keep is bounded, and nothing they say ends it.

#[cfg(test)]
#[path = "../../../../crdt-schema/tests/forgery/cbor.rs"]
mod cbor;
#[cfg(test)]
#[path = "../../../../crdt-schema/tests/gate/mutants/dice.rs"]
mod dice;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod orphans;
#[cfg(test)]
#[path = "../nodes/stage.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod stage;
