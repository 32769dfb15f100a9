//! Everyone does anything anywhere, while everything goes wrong that can.

use anyhow::Result;
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::world::World;
use crate::{faults, invariants, people};

pub(super) fn tell(world: &mut World, organizations: Option<usize>) -> Result<()> {
    let few = usize::try_from(world.chance.between(3, 6))?;
    let count = organizations.unwrap_or(few);
    let workspace = world.together(count)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(2_000)?;
    let steps = 150;
    for step in 0..steps {
        let number = world.chance.index(count);
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
    invariants::calm(world, workspace)
}
