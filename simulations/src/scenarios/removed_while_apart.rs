//! A steward removes a member while both are apart and everyone edits. Afterwards the removed one shows what it wrote
//! meanwhile and what it dates back, itself and through a member that helps it: none of it counts. What others built on
//! before they knew stays.

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::Shelf;
use engine::message::{Message, pack_anew};
use serde_json::Value;

use crate::ask::short;
use crate::network::Number;
use crate::people::Ledger;
use crate::world::World;
use crate::{invariants, people, puppet};

const HELPER: Number = 3;
const REMOVED: Number = 4;
const YEAR: i64 = 366 * 24 * 60 * 60 * 1_000;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(5)?;
    let document = world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    world.has_exclusions = true;
    world.cut(&[0, 1], &[2, HELPER, REMOVED]);
    world.run_for(1_000)?;
    everyone_edits(world, workspace, 10)?;
    world.remove(0, workspace, REMOVED)?;
    world.set(REMOVED, document, "/title", "Before others knew")?;
    let in_time = world.set(REMOVED, document, "/status", "agreed")?;
    world.run_for(5_000)?;
    world.set(2, document, "/description", "Built on it before knowing")?;
    everyone_edits(world, workspace, 10)?;
    let old = world.node(REMOVED)?.disk.copy();

    // The others meet without it. It does not know yet, and goes on.
    world.heal();
    world.cut(&[REMOVED], &[0, 1, 2, HELPER]);
    world.run_for(60_000)?;
    let late = world.set(REMOVED, document, "/title", "Written too late")?;
    world.node(REMOVED)?.ledger = Ledger::default();
    world.make_puppet(REMOVED)?;
    world.quiet()?;
    for number in [0, 1, 2, HELPER] {
        ensure!(
            world.shows(number, document, &in_time)?,
            "node {number} lost what others built on"
        );
    }
    let before = contents(world, document)?;
    show_what_it_wrote(world, workspace)?;

    // It starts again on what it had when it knew nothing, with its clock a year back.
    world.revive(REMOVED, old)?;
    world.node(REMOVED)?.clock = -YEAR;
    let dated_back = world.set(REMOVED, document, "/title", "Dated back")?;
    world.create(REMOVED, workspace, Audience::default(), short("A new one, dated back"))?;
    world.node(REMOVED)?.ledger = Ledger::default();
    world.make_puppet(REMOVED)?;
    show_what_it_wrote(world, workspace)?;
    world.quiet()?;
    for number in [0, 1, 2] {
        for version in [&late, &dated_back] {
            ensure!(!world.shows(number, document, version)?, "node {number} takes what came late");
        }
    }
    ensure!(contents(world, document)? == before, "what the removed one showed changed something");
    world.start_again(HELPER)?;
    everyone_edits(world, workspace, 10)?;
    invariants::calm(world, workspace)
}

fn everyone_edits(world: &mut World, workspace: WorkspaceId, steps: usize) -> Result<()> {
    for _ in 0..steps {
        let number = world.chance.index(world.nodes.len());
        people::something(world, number, workspace)?;
        let pause = world.chance.below(2_000);
        world.run_for(pause)?;
    }
    Ok(())
}

fn contents(world: &mut World, document: DocumentId) -> Result<Vec<Option<Value>>> {
    [0, 1, 2].into_iter().map(|number| world.content(number, document)).collect()
}

/// All that the removed one has and the others lack is sent to everyone: by itself, and by its helper, who may speak.
fn show_what_it_wrote(world: &mut World, workspace: WorkspaceId) -> Result<()> {
    world.heal();
    if world.engine(HELPER).is_ok() {
        world.make_puppet(HELPER)?;
    }
    let heads = puppet::log(&world.node(0)?.disk, workspace)?.heads();
    let all = world.node(REMOVED)?.disk.all();
    for to in [0, 1, 2] {
        let held = world.node(to)?.disk.envelopes()?.len();
        for (by, is_member) in [(REMOVED, false), (HELPER, true)] {
            world.connect(by, to)?;
            let opening = Message::Membership { workspace, heads: heads.clone() };
            world.say(by, to, opening.to_frame());
            world.run_for(500)?;
            for (_, bytes) in &all {
                let news = Message::News { workspace, pack: pack_anew(&[bytes]), mark: None };
                world.say(by, to, news.to_frame());
                world.run_for(20)?;
            }
            world.run_for(1_000)?;
            let holds = world.node(to)?.disk.envelopes()?.len();
            ensure!(is_member || holds == held, "node {to} took something from whom it removed");
        }
    }
    let ids = world.node(0)?.disk.envelopes()?;
    let late = all.last().context("it wrote nothing")?.0.id;
    ensure!(ids.iter().any(|meta| meta.id == late), "its helper did not get through");
    Ok(())
}
