//! The inviter's computer is off; another member named in the invite lets the newcomer in.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;

use crate::ask::{Grant, short};
use crate::invariants;
use crate::world::World;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    let document = world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    let invite = world.invite(0, workspace, Grant { uses: 1, ..Grant::default() })?;
    world.crash(0)?;
    // Both other members may answer at the same time: one use is one use.
    if world.chance.percent(50) {
        world.cut(&[1], &[2]);
    }
    let newcomer = world.add()?;
    world.join(newcomer, &invite)?;
    world.run_for(120_000)?;
    ensure!(world.is_member(newcomer, workspace), "the newcomer did not get in");
    world.heal();
    world.run_for(120_000)?;
    world.expect(newcomer, document, "/title", "Shared")?;
    world.set(newcomer, document, "/title", "Written by the newcomer")?;
    world.run_for(5_000)?;
    world.expect(1, document, "/title", "Written by the newcomer")?;
    invariants::calm(world, workspace)?;
    ensure!(world.is_member(newcomer, workspace), "the newcomer was in, and is no more");
    world.expect(0, document, "/title", "Written by the newcomer")
}
