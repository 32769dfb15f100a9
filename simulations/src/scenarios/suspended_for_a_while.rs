//! One of two suspended members is removed within the 72 hours, the other is not. What it wrote meanwhile counts for
//! everyone once the time is over; what the other wrote never does. Everybody's clock is wrong by years.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use engine::Command;
use engine::view::Standing;

use crate::ask::short;
use crate::network::Number;
use crate::people::Ledger;
use crate::world::World;
use crate::{invariants, people};

const HELD: Number = 2;
const REMOVED: Number = 3;
const HOUR: u64 = 60 * 60 * 1_000;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(4)?;
    let document = world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    let year = i64::try_from(366 * 24 * HOUR)?;
    for (number, years) in [(0, 3), (1, -5), (HELD, 40), (REMOVED, -40)] {
        world.node(number)?.clock = years * year;
    }
    world.has_exclusions = true;
    for who in [HELD, REMOVED] {
        let (organization, reason) = (world.organization(who)?, "Is it still you?".to_owned());
        world.act(0, Command::Suspend { workspace, organization, reason })?;
    }
    if world.chance.percent(50) {
        world.cut(&[0, 1], &[HELD, REMOVED]);
        world.cut(&[HELD], &[REMOVED]);
    }
    world.run_for(10_000)?;
    let held = world.set(HELD, document, "/description", "Written while suspended")?;
    let out = world.set(REMOVED, document, "/status", "retired")?;
    for _ in 0..10 {
        let number = world.chance.index(4);
        people::something(world, number, workspace)?;
        world.run_for(2_000)?;
    }
    world.heal();
    world.run_for(120_000)?;
    for number in [0, 1] {
        for version in [&held, &out] {
            ensure!(!world.shows(number, document, version)?, "node {number} holds nothing back");
        }
    }
    nights(world, 2)?;
    ensure!(
        world.standing(1, workspace, HELD)? == Some(Standing::Suspended),
        "the suspension was over before its time"
    );
    world.remove(0, workspace, REMOVED)?;
    if world.chance.percent(50) {
        world.crash(1)?;
        world.start(1)?;
    }
    nights(world, 1)?;
    // The longest that a clock's error, a redial and a night can add.
    world.run_for(600_000)?;
    world.node(REMOVED)?.ledger = Ledger::default();
    invariants::calm(world, workspace)?;
    ensure!(!world.is_member(REMOVED, workspace), "who was removed is still in");
    for number in [0, 1, HELD] {
        let standing = world.standing(number, workspace, HELD)?;
        ensure!(standing == Some(Standing::Member), "at node {number} it is {standing:?}");
        ensure!(world.shows(number, document, &held)?, "node {number} still holds it back");
        ensure!(!world.shows(number, document, &out)?, "node {number} takes what was fenced off");
    }
    Ok(())
}

/// Days of an hour's work each.
fn nights(world: &mut World, count: usize) -> Result<()> {
    for _ in 0..count {
        world.run_for(HOUR)?;
        world.sleep_for(23 * HOUR)?;
    }
    Ok(())
}
