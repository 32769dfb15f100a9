//! One invite for one organisation is used by two at the same time, on both sides of a cut: both wait until a steward
//! lets one in.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use engine::Command;
use engine::view::Standing;

use crate::ask::{Grant, short};
use crate::invariants;
use crate::world::World;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    let document = world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    let invite = world.invite(0, workspace, Grant { uses: 1, ..Grant::default() })?;
    let (one, other) = (world.add()?, world.add()?);
    world.cut(&[0, 1, one], &[2, other]);
    world.run_for(30_000)?;
    world.join(one, &invite)?;
    world.join(other, &invite)?;
    world.run_for(180_000)?;
    ensure!(
        world.is_member(one, workspace) && world.is_member(other, workspace),
        "both were let in, each on its side"
    );
    // Who waits asks again and again: traffic ends only once nobody does.
    world.heal();
    world.run_for(300_000)?;
    for number in 0..3 {
        let members = world.engine(number)?.reader().members(&workspace);
        let waiting = members.iter().filter(|member| member.standing == Standing::Waiting).count();
        ensure!(waiting == 2, "at node {number}, {waiting} instead of 2 wait");
    }
    for number in [one, other] {
        let told = world.engine(number)?.reader().former();
        ensure!(
            told.iter().any(|former| former.standing == Standing::Waiting),
            "node {number} was not told that it waits: {told:?}"
        );
    }
    let organization = world.organization(one)?;
    world.act(0, Command::Approve { workspace, organization })?;
    world.run_for(300_000)?;
    for number in 0..3 {
        let members = world.engine(number)?.reader().members(&workspace);
        let waiting: Vec<_> =
            members.iter().filter(|member| member.standing == Standing::Waiting).collect();
        ensure!(waiting.len() == 1, "at node {number}, {} instead of 1 wait", waiting.len());
    }
    world.set(0, document, "/title", "After the approval")?;
    world.run_for(120_000)?;
    world.expect(one, document, "/title", "After the approval")?;
    let told = world.engine(other)?.reader().former();
    ensure!(told.len() == 1, "the other one still knows that it waits: {told:?}");
    ensure!(world.engine(one)?.reader().former().is_empty(), "the one let in waits no longer");
    world.node(other)?.ledger = crate::people::Ledger::default();
    world.make_puppet(other)?;
    invariants::calm(world, workspace)
}
