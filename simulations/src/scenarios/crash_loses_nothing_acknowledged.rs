//! Nodes crash at any moment, also between deciding and keeping; what people were told is saved is there again.

use anyhow::Result;
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::invariants;
use crate::people;
use crate::world::World;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    world.disk_delay = (1, 60);
    let workspace = world.together(3)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(3_000)?;
    for _ in 0..40 {
        let number = world.chance.index(3);
        for _ in 0..world.chance.below(4) {
            people::something(world, number, workspace)?;
            let pause = world.chance.below(30);
            world.run_for(pause)?;
        }
        if world.chance.percent(50) {
            world.node(number)?.is_doomed = true;
            people::something(world, number, workspace)?;
        }
        world.crash(number)?;
        let pause = world.chance.below(3_000);
        world.run_for(pause)?;
        if world.chance.percent(30) {
            world.node(number)?.disk.lose_cache();
        }
        world.start(number)?;
        invariants::nothing_acknowledged_is_missing(world, number)?;
        let pause = world.chance.below(4_000);
        world.run_for(pause)?;
    }
    invariants::calm(world, workspace)
}
