//! Two nodes were apart for days; when they meet, what travels is what is missing, and little else.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use engine::Shelf;

use crate::ask::short;
use crate::invariants;
use crate::world::World;

/// What may travel besides the envelopes that are missing: greetings, addresses, marks and the search for the difference.
const BESIDES: u64 = 16 * 1024;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(2)?;
    let document = world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(2_000)?;
    for count in 0..400 {
        world.set(count % 2, document, "/description", &format!("Common {count}"))?;
        world.run_for(20)?;
    }
    invariants::calm(world, workspace)?;
    world.cut(&[0], &[1]);
    let common = world.node(0)?.disk.envelopes()?.len();
    let edits = world.chance.between(0, 40);
    for count in 0..edits {
        let number = usize::from(world.chance.percent(50));
        world.set(number, document, "/title", &format!("Apart {count}"))?;
        let hours = world.chance.below(6);
        world.run_for(hours * 3_600_000)?;
    }
    let missing: usize = [0, 1].iter().try_fold(0, |sum, number| {
        let all = world.node(*number)?.disk.all();
        anyhow::Ok(sum + all.iter().skip(common).map(|(_, bytes)| bytes.len()).sum::<usize>())
    })?;
    let before = world.counted("bytes");
    world.heal();
    world.quiet()?;
    let besides = (world.counted("bytes") - before).saturating_sub(u64::try_from(missing)?);
    ensure!(
        besides <= BESIDES,
        "{besides} bytes travelled besides the {missing} that were missing"
    );
    let most = world.counted("most bytes besides what was missing");
    world.trace.count("most bytes besides what was missing", besides.saturating_sub(most));
    invariants::calm(world, workspace)
}
