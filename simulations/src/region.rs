//! A region that has existed for a while: many organisations in one workspace, each with documents, whose people edit by
//! day, whose laptops are closed for most of it, and whose machines and links fail as they do.

mod founding;
mod days;
mod mishaps;
mod checks;
mod measure;

use std::collections::BTreeMap;

use anyhow::Result;
use crdt_schema::identity::{DocumentId, WorkspaceId};

use crate::disk::Disk;
use crate::network::{Number, Weather};
use crate::people::Ledger;
use crate::world::World;

/// One hour, in milliseconds.
pub(crate) const HOUR: u64 = 3_600_000;

/// How the links of a region are on an ordinary day.
const FAIR: Weather =
    Weather { delay: (5, 120), breaks: 0, dials_fail: 2, notice: 15_000, doubles: 0 };
/// How they are for an hour a day.
const FOUL: Weather =
    Weather { delay: (5, 2_000), breaks: 2, dials_fail: 25, notice: 30_000, doubles: 2 };

/// A region.
#[derive(Debug)]
pub(crate) struct Region {
    workspace: WorkspaceId,
    /// What lets newcomers in.
    invite: String,
    documents: Vec<Placed>,
    /// How many organisations there were at first.
    organizations: usize,
    days: u64,
    offline: u64,
    /// Who is closed for now.
    closed: Vec<bool>,
    /// Backups, with what people had been told by then.
    backups: BTreeMap<Number, (Disk, Ledger)>,
    /// Who went back to a backup, and what must have come back to it in the end: all that others knew.
    restored: Vec<(Number, Ledger)>,
}

/// A document and whose it is.
#[derive(Clone, Debug)]
struct Placed {
    id: DocumentId,
    owner: Number,
    is_for_all: bool,
}

/// Tells the story.
///
/// # Errors
/// If something does not hold.
pub(crate) fn tell(world: &mut World) -> Result<()> {
    let scale = world.asked;
    let few = usize::try_from(world.chance.between(6, 9))?;
    let mut measure = measure::Measure::default();
    let mut region = founding::found(
        world,
        founding::Size {
            organizations: scale.organizations.unwrap_or(few).max(2),
            documents: scale.documents.unwrap_or(3),
            days: scale.days.unwrap_or(1),
            offline: scale.offline.unwrap_or(30),
        },
    )?;
    measure.is_founded(world);
    world.network.weather = FAIR;
    region.live(world, &mut measure)?;
    measure.tells(world, "calms down");
    let took = world.settle()?;
    let most = world.counted("longest calming, in ms");
    world.trace.count("longest calming, in ms", took.saturating_sub(most));
    region.all_is_well(world)?;
    measure.is_over(world, &region, took);
    Ok(())
}
