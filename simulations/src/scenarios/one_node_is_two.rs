//! A member's machine is copied while it runs, and both copies go on under one key: half of the others hear one, half the
//! other. Everyone ends up with the same, knows what happened, and what honest members built on the losing branch they write
//! again on the other.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::network::Number;
use crate::world::World;
use crate::{invariants, people};

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let count = usize::try_from(world.chance.between(4, 6))?;
    let workspace = world.together(count)?;
    let shared = world.create(0, workspace, Audience::default(), short("Shared"))?;
    // The last is copied; what it says in a document for a few is nobody else's business.
    let twin = count - 1;
    let few = world.only(&[0, 1, twin])?;
    let restricted = world.create(1, workspace, few, short("For three"))?;
    world.run_for(5_000)?;

    let (one, other): (Vec<Number>, Vec<Number>) = (0..twin).partition(|number| number % 2 == 0);
    let double = world.double(twin, &other)?;
    world.cut(&one, &other);
    world.run_for(90_000)?;
    for document in [shared, restricted] {
        world.set(twin, document, "/title", "Said by one")?;
        world.set(double, document, "/title", "Said by the other")?;
    }
    world.run_for(5_000)?;
    world.expect(0, shared, "/title", "Said by one")?;
    world.expect(1, shared, "/title", "Said by the other")?;
    // Each side builds on what it heard; nothing else below touches these fields.
    let built = [(0, "/licence", "CC-BY-4.0"), (1, "/language", "cy")];
    for document in [shared, restricted] {
        for (number, path, value) in built {
            world.set(number, document, path, value)?;
        }
    }
    for step in 0..40 {
        let number = world.chance.index(world.nodes.len());
        people::something(world, number, workspace)?;
        if step == 20 {
            world.heal();
        }
        let pause = world.chance.below(3_000);
        world.run_for(pause)?;
    }
    for copy in [twin, double] {
        world.make_puppet(copy)?;
    }
    world.settle()?;
    invariants::nothing_acknowledged_is_missing_anywhere(world)?;
    invariants::all_agree(world, workspace)?;
    for (number, (_, path, value)) in (0..2).flat_map(|number| built.map(|built| (number, built))) {
        world.expect(number, shared, path, value)?;
        world.expect(number, restricted, path, value)?;
    }
    let node = world.node(twin)?.identity.key.id();
    for number in 0..twin {
        let members = world.engine(number)?.reader().members(&workspace);
        let is_ended = members.iter().any(|member| member.ended.contains(&node));
        ensure!(is_ended, "node {number} does not know that a node said two things in one place");
    }
    Ok(())
}
