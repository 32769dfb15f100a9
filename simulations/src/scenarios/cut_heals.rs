//! Both sides of a cut keep editing; once it heals they agree.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::invariants;
use crate::network::Number;
use crate::people;
use crate::world::World;

pub(super) fn tell(world: &mut World, organizations: Option<usize>) -> Result<()> {
    let count = organizations.unwrap_or(3);
    let workspace = world.together(count)?;
    let document = world.create(0, workspace, Audience::default(), short("Before"))?;
    world.run_for(3_000)?;
    let (one, other): (Vec<Number>, Vec<Number>) =
        ((0..count / 2).collect(), (count / 2..count).collect());
    world.cut(&one, &other);
    world.run_for(1_000)?;
    world.set(0, document, "/title", "Here")?;
    world.set(count - 1, document, "/description", "There")?;
    for _ in 0..20 {
        let number = world.chance.index(count);
        people::something(world, number, workspace)?;
        let pause = world.chance.below(5_000);
        world.run_for(pause)?;
    }
    ensure!(
        world.content(0, document)? != world.content(count - 1, document)?,
        "something crossed the cut"
    );
    invariants::calm(world, workspace)
}
