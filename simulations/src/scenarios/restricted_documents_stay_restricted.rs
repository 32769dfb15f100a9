//! A document for two of three organisations: the third is sent not one byte more or other for it.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;

use crate::ask::short;
use crate::invariants;
use crate::network::{Number, Weather};
use crate::world::World;

const CANARY: &str = "canary-7e1d";
const OUTSIDER: Number = 2;

/// To each sender and receiver the frames between them.
type Tapped = BTreeMap<(Number, Number), Vec<Vec<u8>>>;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let seed = world.chance.below(u64::MAX);
    let without = told(&mut World::new(seed), false)?;
    let mut with = World::new(seed);
    let frames = told(&mut with, true)?;
    for (link, frames) in &frames {
        for frame in frames {
            let is_leaked = frame.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
            ensure!(!is_leaked, "the outsider was sent a word of a document that it may not read");
        }
        let other = without.get(link).map(Vec::as_slice).unwrap_or_default();
        let differs = frames.iter().zip(other).position(|(with, without)| with != without);
        ensure!(
            differs.is_none() && frames.len() == other.len(),
            "what {} sent to the outsider tells that there is a document: frame {differs:?}, {} against {} frames",
            link.0,
            frames.len(),
            other.len()
        );
    }
    *world = with;
    Ok(())
}

/// Plays the story and returns what the outsider was sent.
fn told(world: &mut World, has_secret: bool) -> Result<Tapped> {
    // Nothing is left to chance that a secret document could change: only what is sent may differ.
    world.network.weather = Weather { delay: (20, 20), ..Weather::default() };
    world.disk_delay = (2, 2);
    world.trace.taps = vec![OUTSIDER];
    let workspace = world.together(3)?;
    let public = world.create(0, workspace, Audience::default(), short("For everyone"))?;
    world.run_for(5_000)?;
    let audience = world.only(&[0, 1])?;
    // The one that makes it has made by then all that takes chance of its own.
    let secret =
        if has_secret { Some(world.create(1, workspace, audience, short(CANARY))?) } else { None };
    world.run_for(4_000 - world.now % 4_000)?;
    for step in 0..12 {
        if let Some(secret) = secret {
            world.set(step % 2, secret, "/description", &format!("{CANARY} {step}"))?;
        }
        world.run_for(4_000 - world.now % 4_000)?;
        world.set(step % 3, public, "/title", &format!("Public {step}"))?;
        world.run_for(4_000 - world.now % 4_000)?;
        if step == 6 {
            for insider in [0, 1] {
                world.tear(insider, OUTSIDER);
            }
            world.run_for(200_000 - world.now % 100_000)?;
        }
    }
    if let Some(secret) = secret {
        ensure!(world.content(OUTSIDER, secret)?.is_none(), "the outsider holds the document");
        ensure!(world.content(0, secret)? == world.content(1, secret)?, "the insiders differ");
    }
    let tapped = std::mem::take(&mut world.trace.tapped);
    invariants::calm(world, workspace)?;
    Ok(tapped)
}
