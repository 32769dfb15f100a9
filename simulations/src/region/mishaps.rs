//! What goes wrong in a region on a day, and when it is right again.

use anyhow::Result;

use super::{FAIR, FOUL, HOUR, Region};
use crate::chance::Chance;
use crate::invariants;
use crate::network::Number;
use crate::people::Ledger;
use crate::world::{Being, World};

const MINUTE: u64 = 60_000;

/// Something goes wrong, or right again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mishap {
    /// A node ends without warning.
    Crash(Number),
    /// A node ends between what it handled and what is durable.
    Doom(Number),
    /// A node that is off starts; the index was lost with it, or not.
    Start(Number, bool),
    /// A clock jumps by so many milliseconds.
    Jump(Number, i64),
    /// A disk takes so much longer from now on.
    Slow(Number, u64),
    /// A disk refuses what is to be kept, and the node stops.
    Full(Number),
    /// A backup is made.
    Backup(Number),
    /// A node goes back to its backup.
    Restore(Number),
    /// A stream breaks.
    Tear(Number, Number),
    /// Nothing gets through from one to the other.
    OneWay(Number, Number),
    /// The links are bad.
    Foul,
    /// The links are as usual.
    Fair,
    /// The region falls into two.
    Split(u64),
    /// Everyone reaches everyone.
    Heal,
    /// Another organisation comes in.
    Join,
}

impl Mishap {
    /// Returns what goes wrong on a day and is right again by its end.
    pub(super) fn of_a_day(count: usize, chance: &mut Chance) -> Vec<(u64, Self)> {
        let mut day = Vec::new();
        let some = |part: usize| (count / part).max(1);
        for _ in 0..some(100) {
            let (number, at) = (chance.index(count), chance.below(22 * HOUR));
            let later = at + chance.between(MINUTE, 30 * MINUTE);
            let is_doomed = chance.percent(50);
            day.push((at, if is_doomed { Self::Doom(number) } else { Self::Crash(number) }));
            day.push((later, Self::Start(number, chance.percent(20))));
        }
        for _ in 0..some(50) {
            let hours = i64::try_from(chance.below(3)).unwrap_or(0) - 1;
            // One clock in eight is wrong by years.
            let far = if chance.percent(12) { 24 * 365 * 3 } else { 1 };
            let jump = hours * far * i64::try_from(HOUR).unwrap_or(0);
            day.push((chance.below(24 * HOUR), Self::Jump(chance.index(count), jump)));
        }
        for _ in 0..some(50) {
            let (number, at) = (chance.index(count), chance.below(22 * HOUR));
            day.push((at, Self::Slow(number, chance.between(500, 5_000))));
            day.push((at + HOUR, Self::Slow(number, 0)));
        }
        for _ in 0..some(2) {
            let (a, b) = (chance.index(count), chance.index(count));
            day.push((chance.below(24 * HOUR), Self::Tear(a, b)));
        }
        let (number, at) = (chance.index(count), chance.below(20 * HOUR));
        day.extend([(at, Self::Full(number)), (at + HOUR, Self::Start(number, false))]);
        let (number, at) = (1 + chance.index(count - 1), chance.below(10 * HOUR));
        day.extend([(at, Self::Backup(number)), (at + 8 * HOUR, Self::Restore(number))]);
        let at = chance.between(8, 16) * HOUR;
        day.push((at, Self::Split(chance.between(1, u64::MAX))));
        day.push((at + 2 * HOUR, Self::Heal));
        day.extend(
            (0..some(20))
                .map(|_| (at + HOUR, Self::OneWay(chance.index(count), chance.index(count)))),
        );
        let at = chance.below(22 * HOUR);
        day.extend([(at, Self::Foul), (at + HOUR, Self::Fair)]);
        day.push((chance.below(24 * HOUR), Self::Join));
        day
    }
}

impl Region {
    pub(super) fn goes_wrong(&mut self, world: &mut World, mishap: Mishap) -> Result<()> {
        match mishap {
            Mishap::Crash(number) => self.crash(world, number)?,
            Mishap::Doom(number) => world.node(number)?.is_doomed = true,
            Mishap::Start(number, is_without_index) => {
                self.start(world, number, is_without_index)?;
            }
            Mishap::Jump(number, by) => {
                world.node(number)?.clock += by;
                world.count("clock jumps");
            }
            Mishap::Slow(number, by) => {
                world.node(number)?.slowness = by;
                world.count("slow disks, and quick again");
            }
            Mishap::Full(number) => world.node(number)?.is_full = true,
            Mishap::Backup(number) => {
                let node = world.node(number)?;
                self.backups.insert(number, (node.disk.copy(), node.ledger.clone()));
            }
            Mishap::Restore(number) => self.restore(world, number)?,
            Mishap::Tear(a, b) => world.tear(a, b),
            Mishap::OneWay(a, b) => {
                world.network.cut_one_way(a, b);
                world.count("links that go one way only");
            }
            Mishap::Foul => world.network.weather = FOUL,
            Mishap::Fair => world.network.weather = FAIR,
            Mishap::Split(seed) => {
                let count = world.nodes.len();
                let mut chance = Chance::new(seed, "split");
                let (one, other): (Vec<Number>, Vec<Number>) =
                    (0..count).partition(|_| chance.percent(50));
                links_are_cut(world, true);
                world.cut(&one, &other);
            }
            Mishap::Heal => {
                world.heal();
                links_are_cut(world, false);
            }
            Mishap::Join => self.join(world)?,
        }
        Ok(())
    }

    fn is_closed(&self, number: Number) -> bool {
        self.closed.get(number).copied().unwrap_or(false)
    }

    /// A machine that is closed does not crash.
    fn crash(&self, world: &mut World, number: Number) -> Result<()> {
        if self.is_closed(number) { Ok(()) } else { world.crash(number) }
    }

    fn start(&self, world: &mut World, number: Number, is_without_index: bool) -> Result<()> {
        let node = world.node(number)?;
        (node.is_full, node.is_doomed) = (false, false);
        if !matches!(node.being, Being::Off) {
            return Ok(());
        }
        if is_without_index {
            node.disk.lose_cache();
        }
        world.start(number)?;
        world.count("starts");
        invariants::nothing_acknowledged_is_missing(world, number)?;
        if self.is_closed(number) {
            // Its owner closed it meanwhile.
            world.pause(number)?;
            world.leave(number);
        }
        Ok(())
    }

    /// Lets a node go back to its backup. What nobody else has is lost with the disk; all that is known elsewhere must come back.
    fn restore(&mut self, world: &mut World, number: Number) -> Result<()> {
        let Some((disk, mut ledger)) = self.backups.remove(&number) else { return Ok(()) };
        if self.is_closed(number) || !world.is_on(number) || !world.is_on(0) {
            return Ok(());
        }
        let promised = world.node(number)?.ledger.clone();
        known_at(world, 0, &promised, &mut ledger)?;
        world.crash(number)?;
        let node = world.node(number)?;
        (node.disk, node.ledger) = (disk, Ledger::default());
        world.start(number)?;
        world.count("restored backups");
        self.restored.push((number, ledger));
        Ok(())
    }

    fn join(&mut self, world: &mut World) -> Result<()> {
        if !world.is_on(0) {
            return Ok(());
        }
        let number = world.add()?;
        self.closed.push(false);
        world.count("newcomers");
        world.join(number, &self.invite)
    }
}

/// Adds to a ledger what was promised since and another node shows, too.
fn known_at(
    world: &mut World,
    number: Number,
    promised: &Ledger,
    ledger: &mut Ledger,
) -> Result<()> {
    for (document, versions) in &promised.documents {
        for version in versions {
            if world.shows(number, *document, version)? {
                ledger.documents.entry(*document).or_default().insert(version.clone());
            }
        }
    }
    Ok(())
}

fn links_are_cut(world: &mut World, are_cut: bool) {
    let now = world.now;
    if let Some(spread) = &mut world.spread {
        spread.links_are_cut(are_cut, now);
    }
}
