//! One clock is a century early, one a century late, one jumps between them: what people write is not touched by it.

use anyhow::Result;
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::world::World;
use crate::{invariants, people};

const CENTURY: i64 = 100 * 365 * 24 * 60 * 60 * 1_000;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(4)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(3_000)?;
    for (number, clock) in [(1, CENTURY), (2, -CENTURY)] {
        world.node(number)?.clock = clock;
    }
    for _ in 0..60 {
        let number = world.chance.index(4);
        people::something(world, number, workspace)?;
        if world.chance.percent(20) {
            let jump = [CENTURY, 0, -CENTURY];
            world.node(3)?.clock = world.chance.pick(&jump).copied().unwrap_or(0);
            world.count("clock jumps");
        }
        if world.chance.percent(10) {
            world.cut(&[0, 1], &[2, 3]);
        }
        if world.chance.percent(20) {
            world.heal();
        }
        let pause = world.chance.below(4_000);
        world.run_for(pause)?;
    }
    invariants::calm(world, workspace)
}
