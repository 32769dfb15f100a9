//! Everyone does anything anywhere, while everything goes wrong that can. In one of four runs one of them is two.

use anyhow::Result;
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::network::Number;
use crate::world::World;
use crate::{faults, invariants, people};

pub(super) fn tell(world: &mut World, organizations: Option<usize>) -> Result<()> {
    let few = usize::try_from(world.chance.between(3, 6))?;
    let count = organizations.unwrap_or(few);
    let workspace = world.together(count)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(2_000)?;
    let twins = if world.chance.percent(25) { Some(twins(world, count - 1)?) } else { None };
    let (steps, all) = (150, world.nodes.len());
    for step in 0..steps {
        let number = world.chance.index(all);
        people::something(world, number, workspace)?;
        if world.chance.percent(25) {
            faults::strike(world)?;
        }
        let pause = world.chance.below(1_500);
        world.run_for(pause)?;
        if step % 50 == 49 {
            invariants::nothing_acknowledged_is_missing_anywhere(world)?;
        }
    }
    let Some(twins) = twins else { return invariants::calm(world, workspace) };
    for twin in twins {
        world.make_puppet(twin)?;
    }
    world.settle()?;
    invariants::nothing_acknowledged_is_missing_anywhere(world)?;
    // Its organisation is in and has no node: what the others have does not arrive there.
    invariants::all_agree(world, workspace)
}

/// Copies a node: half of the others go on with it, half with its copy.
fn twins(world: &mut World, of: Number) -> Result<[Number; 2]> {
    let side: Vec<Number> = (0..of).filter(|_| world.chance.percent(50)).collect();
    Ok([of, world.double(of, &side)?])
}
