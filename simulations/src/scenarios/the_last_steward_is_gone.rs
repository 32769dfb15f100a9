//! The only steward is gone. The members elect another, who can act after 30 days and not before; or the steward comes
//! back in time and objects.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::Role;
use crdt_schema::membership::Change;
use engine::Command;

use crate::ask::{Grant, short};
use crate::network::Number;
use crate::world::World;
use crate::{invariants, people};

const DAY: u64 = 24 * 60 * 60 * 1_000;
const ELECTED: Number = 2;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(4)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    world.pause(0)?;
    for other in 1..4 {
        world.tear(0, other);
    }
    let comes_back = world.chance.percent(40);
    let organization = world.organization(ELECTED)?;
    let (proposal, enacted) = world.propose(1, workspace, Change::Elect(organization))?;
    ensure!(!enacted, "an election is over at once");
    world.run_for(5_000)?;
    for voter in [2, 3] {
        world.act(voter, Command::Agree { workspace, proposal })?;
    }
    for day in 0..29 {
        days(world, 1)?;
        ensure!(!is_steward(world, ELECTED, workspace)?, "elected after {day} days");
        if comes_back && day == 20 {
            world.resume(0)?;
            world.run_for(180_000)?;
            world.act(0, Command::Object { workspace, proposal })?;
        }
        let number = world.chance.between(1, 3);
        people::something(world, usize::try_from(number)?, workspace)?;
    }
    days(world, 2)?;
    ensure!(is_steward(world, ELECTED, workspace)? != comes_back, "the election went wrong");
    if !comes_back {
        world.resume(0)?;
        let invite = world.invite(ELECTED, workspace, Grant::default())?;
        let newcomer = world.add()?;
        world.join(newcomer, &invite)?;
        world.run_for(180_000)?;
        ensure!(world.is_member(newcomer, workspace), "whom the new steward invites is not let in");
        // The old one has 30 days by its own clock, too, before it takes this.
        days(world, 31)?;
    }
    invariants::calm(world, workspace)
}

/// Ten minutes' work each, and the night.
fn days(world: &mut World, count: usize) -> Result<()> {
    for _ in 0..count {
        let work = 600_000;
        world.run_for(work)?;
        // The one that is gone does not wake up with the others.
        let gone: Vec<Number> = (0..4).filter(|number| !world.is_on(*number)).collect();
        for number in (0..4).filter(|number| !gone.contains(number)) {
            world.pause(number)?;
        }
        world.run_for(DAY - work)?;
        for number in (0..4).filter(|number| !gone.contains(number)) {
            world.resume(number)?;
        }
    }
    Ok(())
}

fn is_steward(
    world: &mut World,
    who: Number,
    workspace: crdt_schema::identity::WorkspaceId,
) -> Result<bool> {
    let organization = world.organization(who)?;
    let members = world.engine(1)?.reader().members(&workspace);
    Ok(members
        .iter()
        .any(|member| member.organization == organization && member.role == Role::Steward))
}
