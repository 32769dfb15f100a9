//! A machine is lost. A new one with the organisation's root key gets everything back from the other members.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::invite::Contact;
use engine::Command;

use crate::ask::short;
use crate::world::{World, address};
use crate::{invariants, people};

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    let shared = world.create(0, workspace, Audience::default(), short("Shared"))?;
    let audience = world.only(&[1, 2])?;
    let restricted = world.create(1, workspace, audience, short("For two"))?;
    world.run_for(5_000)?;
    world.set(2, shared, "/title", "Written before the loss")?;
    world.run_for(5_000)?;

    // The lost machine never comes back; its organisation is node 2's.
    let root = world.node(2)?.root.clone();
    world.node(2)?.ledger = people::Ledger::default();
    world.make_puppet(2)?;
    let machine = world.add_node_of(&root, 2)?;
    let mut contacts = Vec::new();
    for number in [0, 1] {
        contacts.push(Contact {
            node: world.node(number)?.identity.key.id(),
            addresses: vec![address(number)],
        });
    }
    if world.chance.percent(50) {
        // One of those asked is away.
        world.crash(0)?;
    }
    world.act(machine, Command::Return { contacts })?;
    if world.chance.percent(50) {
        world.crash(machine)?;
        world.start(machine)?;
    }
    world.run_for(120_000)?;
    ensure!(world.is_member(machine, workspace), "the new machine is not in");
    world.expect(machine, shared, "/title", "Written before the loss")?;
    world.expect(machine, restricted, "/title", "For two")?;
    world.set(machine, shared, "/title", "Written after the loss")?;
    invariants::calm(world, workspace)?;
    world.expect(1, shared, "/title", "Written after the loss")
}
