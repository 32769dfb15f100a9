//! What goes wrong by chance.

use anyhow::Result;

use crate::invariants;
use crate::network::{Number, Weather};
use crate::world::{Being, World};

/// Lets one thing go wrong, or right again.
///
/// # Errors
/// If a node does not start, or lost what it said was saved.
pub fn strike(world: &mut World) -> Result<()> {
    let count = world.nodes.len();
    let number = world.chance.index(count);
    match world.chance.below(14) {
        0 => world.crash(number)?,
        // A crash between what it handled and what is durable.
        1 | 2 => world.node(number)?.is_doomed = true,
        3 => world.pause(number)?,
        4 => {
            let side: Vec<Number> = (0..count).filter(|_| world.chance.percent(50)).collect();
            let other: Vec<Number> = (0..count).filter(|number| !side.contains(number)).collect();
            world.cut(&side, &other);
        }
        5 | 6 => world.heal(),
        7 => {
            let other = world.chance.index(count);
            world.tear(number, other);
        }
        8 => {
            let jump = i64::try_from(world.chance.below(7_200_000)).unwrap_or(0) - 3_600_000;
            world.node(number)?.clock += jump;
            world.count("clock jumps");
        }
        9 => world.network.weather = Weather::storm(),
        10 => world.network.weather = Weather::default(),
        _ => mend(world, number)?,
    }
    Ok(())
}

/// Brings a node back, if it is off or suspended.
fn mend(world: &mut World, number: Number) -> Result<()> {
    if matches!(world.node(number)?.being, Being::Off) {
        if world.chance.percent(20) {
            world.node(number)?.disk.lose_cache();
        }
        world.start(number)?;
        invariants::nothing_acknowledged_is_missing(world, number)?;
    }
    world.resume(number)
}
