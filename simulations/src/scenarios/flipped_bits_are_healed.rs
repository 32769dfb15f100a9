//! Bits flip on the disks of some nodes, anywhere: what is damaged is never served, and comes back from whoever has it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::EnvelopeId;
use engine::{Input, Shelf};

use crate::ask::short;
use crate::network::Number;
use crate::world::World;
use crate::{invariants, people};

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(3_000)?;
    for _ in 0..4 {
        for _ in 0..10 {
            let number = world.chance.index(3);
            people::something(world, number, workspace)?;
            let pause = world.chance.below(800);
            world.run_for(pause)?;
        }
        world.run_for(120_000)?;
        // One node keeps all it has, and of the rest nothing is hit: nobody else could give it back.
        let spared = world.chance.index(3);
        let safe: BTreeSet<EnvelopeId> =
            world.node(spared)?.disk.envelopes()?.iter().map(|meta| meta.id).collect();
        for number in (0..3).filter(|number| *number != spared) {
            strike(world, number, &safe)?;
        }
        let pause = world.chance.below(20_000);
        world.run_for(pause)?;
        people::something(world, spared, workspace)?;
        invariants::calm(world, workspace)?;
        for number in 0..3 {
            let damaged = world.node(number)?.disk.damaged();
            ensure!(damaged == 0, "node {number} still lacks {damaged} envelopes");
        }
    }
    Ok(())
}

/// Damages some of a node's disk: while it runs, and a look at the disk finds it; or while it is off.
fn strike(world: &mut World, number: Number, safe: &BTreeSet<EnvelopeId>) -> Result<()> {
    let percent = 5 + world.chance.below(50);
    let disk = world.node(number)?.disk.clone();
    if world.chance.percent(50) {
        let envelopes = disk.damage(|id| safe.contains(id) && world.chance.percent(percent));
        return world.tell(number, Input::Lost { envelopes, entries: Vec::new() });
    }
    world.crash(number)?;
    disk.damage(|id| safe.contains(id) && world.chance.percent(percent));
    disk.damage_entries(|| world.chance.percent(percent));
    if world.chance.percent(50) {
        disk.lose_cache();
    }
    world.start(number)?;
    look(world, number)
}

/// Reads all there is, as a node does soon after it starts.
fn look(world: &mut World, number: Number) -> Result<()> {
    let mut reader = world.engine(number)?.reader();
    for document in reader.kept_documents() {
        reader.document_state(&document)?;
    }
    world.tell(number, Input::Tick)
}
