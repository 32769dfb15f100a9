//! What happens in a region, day by day: people edit at work, laptops are opened and closed, things go wrong.

use std::collections::BTreeMap;

use anyhow::Result;
use crdt_schema::audience::Audience;

use super::founding::a_few;
use super::measure::Measure;
use super::mishaps::Mishap;
use super::{HOUR, Region};
use crate::chance::Chance;
use crate::network::Number;
use crate::people;
use crate::world::World;

/// How many edits an organisation makes on a day, at most; one less than half of it on average.
const EDITS: u64 = 4;
/// So many documents in the region are those that everybody works on.
const SHARED: usize = 20;

/// Something that happens on a day.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// A laptop is opened.
    Open(Number),
    /// A laptop is closed: nobody notices at first, and nothing is lost.
    Close(Number),
    /// Somebody changes a document.
    Edit(Number),
    /// Somebody begins a document.
    Begin(Number),
    /// Something goes wrong, or right again.
    Mishap(Mishap),
    /// What people were told is looked for at some nodes.
    Look,
}

/// What happens when, in milliseconds from the day's beginning.
type Plan = BTreeMap<(u64, u64), Deed>;

fn plan(plan: &mut Plan, at: u64, deed: Deed) {
    let count = u64::try_from(plan.len()).unwrap_or(u64::MAX);
    plan.insert((at, count), deed);
}

/// Which nodes are laptops, and for how long of a day each is open: so that so many in a hundred are closed at any time.
#[derive(Clone, Copy, Debug)]
struct Laptops {
    /// In a hundred.
    share: u64,
    /// In hours.
    open: u64,
}

impl Laptops {
    fn of(offline: u64) -> Self {
        // A laptop is open for a third of the day, unless more than two thirds are to be closed.
        let share = (offline * 3 / 2).min(100);
        let open = (24 * (share - offline.min(share))).checked_div(share).unwrap_or(24);
        Self { share, open: open.max(1) }
    }

    /// The first node is a steward's server, and always on.
    const fn has(self, number: Number) -> bool {
        // Spread evenly over the numbers.
        number > 0 && (number as u64 * 61) % 100 < self.share
    }
}

impl Region {
    /// Lives through all days.
    pub(super) fn live(&mut self, world: &mut World, measure: &mut Measure) -> Result<()> {
        let laptops = Laptops::of(self.offline);
        for number in 0..self.organizations {
            // Each opens at its own hour of the day, twice, so that as many are closed at any time.
            if laptops.has(number) && !opens_at(number, laptops.open).contains(&0) {
                self.close(world, number)?;
            }
        }
        let begin = world.now;
        for day in 0..self.days {
            let today = self.today(&mut world.chance, laptops);
            for ((at, _), deed) in today {
                let at = begin + day * 24 * HOUR + at;
                world.run_for(at.saturating_sub(world.now))?;
                self.happens(world, deed)?;
            }
            world.run_for((begin + (day + 1) * 24 * HOUR).saturating_sub(world.now))?;
            measure.tells(world, &format!("day {} of {} is over", day + 1, self.days));
        }
        Ok(())
    }

    fn today(&self, chance: &mut Chance, laptops: Laptops) -> Plan {
        let mut today = Plan::new();
        for number in 0..self.organizations {
            let hours: Vec<u64> = if laptops.has(number) {
                let open = opens_at(number, laptops.open);
                for hour in 0..24 {
                    let before = (hour + 23) % 24;
                    match (open.contains(&before), open.contains(&hour)) {
                        (false, true) => plan(&mut today, hour * HOUR, Deed::Open(number)),
                        (true, false) => plan(&mut today, hour * HOUR, Deed::Close(number)),
                        (_, _) => {}
                    }
                }
                open
            } else {
                (8..18).collect()
            };
            for _ in 0..chance.below(EDITS + 1) {
                let hour = chance.pick(&hours).copied().unwrap_or(12);
                let at = hour * HOUR + chance.below(HOUR);
                let deed = if chance.percent(5) { Deed::Begin(number) } else { Deed::Edit(number) };
                plan(&mut today, at, deed);
            }
        }
        for (at, mishap) in Mishap::of_a_day(self.organizations, chance) {
            plan(&mut today, at, Deed::Mishap(mishap));
        }
        for hour in 0..24 {
            plan(&mut today, hour * HOUR + HOUR / 2, Deed::Look);
        }
        today
    }

    fn happens(&mut self, world: &mut World, deed: Deed) -> Result<()> {
        match deed {
            Deed::Open(number) => self.open(world, number),
            Deed::Close(number) => self.close(world, number),
            Deed::Edit(number) => self.edit(world, number),
            Deed::Begin(number) => self.begin(world, number),
            Deed::Mishap(mishap) => self.goes_wrong(world, mishap),
            Deed::Look => self.look(world, 8),
        }
    }

    fn open(&mut self, world: &mut World, number: Number) -> Result<()> {
        if let Some(closed) = self.closed.get_mut(number) {
            *closed = false;
        }
        world.resume(number)
    }

    fn close(&mut self, world: &mut World, number: Number) -> Result<()> {
        if let Some(closed) = self.closed.get_mut(number) {
            *closed = true;
        }
        world.count("laptops closed");
        world.pause(number)?;
        world.leave(number);
        Ok(())
    }

    fn edit(&self, world: &mut World, number: Number) -> Result<()> {
        if !world.is_on(number) {
            return Ok(());
        }
        let own = self.documents.iter().filter(|document| document.owner == number);
        let kind = world.chance.below(10);
        let document = match kind {
            0..4 => world.chance.pick(&own.collect::<Vec<_>>()).copied(),
            4..8 => {
                let shared = self.documents.iter().filter(|document| document.is_for_all);
                world.chance.pick(&shared.take(SHARED).collect::<Vec<_>>()).copied()
            }
            _ => world.chance.pick(&self.documents.iter().collect::<Vec<_>>()).copied(),
        };
        let Some(document) = document.map(|document| document.id) else { return Ok(()) };
        if world.engine(number)?.reader().document(&document).is_none() {
            // It is not for this organisation.
            world.count("documents that somebody may not see");
            return Ok(());
        }
        people::change(world, number, document)
    }

    fn begin(&self, world: &mut World, number: Number) -> Result<()> {
        if !world.is_on(number) {
            return Ok(());
        }
        let audience = if world.chance.percent(20) {
            let identities: Vec<_> = world.nodes.iter().map(|node| node.identity.clone()).collect();
            a_few(world, &identities, number)
        } else {
            Audience::default()
        };
        people::begin(world, number, self.workspace, audience)
    }
}

/// Returns the hours of the day in which a laptop is open: in two parts, at its own time.
fn opens_at(number: Number, open: u64) -> Vec<u64> {
    let first = u64::try_from(number).unwrap_or(0) * 7 % 24;
    let parts = (0..open).map(|hour| if hour < open / 2 { hour } else { hour + 2 });
    parts.map(|hour| (first + hour) % 24).collect()
}
