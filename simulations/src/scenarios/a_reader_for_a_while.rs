//! A document for two is opened to a third, closed to it again while it is away, and opened once more. It learns nothing
//! of what was written in between until then; what it wrote when it no longer might does not count, and what it writes
//! afterwards does.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::DocumentId;
use engine::Command;

use crate::ask::short;
use crate::invariants;
use crate::network::Number;
use crate::people::person;
use crate::world::World;

const BEFORE: &str = "canary-before";
const MEANWHILE: &str = "canary-meanwhile";
const READER: Number = 2;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    world.logs.keep_all();
    world.trace.taps = vec![READER];
    let workspace = world.together(3)?;
    let few = world.only(&[0, 1])?;
    let document = world.create(0, workspace, few.clone(), short("For two"))?;
    world.run_for(3_000)?;
    world.set(1, document, "/title", BEFORE)?;
    world.run_for(5_000)?;
    ensure!(!has_learnt(world, BEFORE)?, "it knows what it may not read");
    open_to(world, document, Audience::default())?;
    world.run_for(10_000)?;
    world.expect(READER, document, "/title", BEFORE)?;
    ensure!(has_learnt(world, BEFORE)?, "a word that is there is not found");
    let kept = world.set(READER, document, "/status", "agreed")?;
    world.run_for(5_000)?;

    world.has_exclusions = true;
    world.cut(&[0, 1], &[READER]);
    open_to(world, document, few)?;
    world.run_for(3_000)?;
    world.set(1, document, "/title", MEANWHILE)?;
    let late = world.set(READER, document, "/title", "It does not know yet")?;
    if world.chance.percent(50) {
        world.crash(READER)?;
        world.start(READER)?;
    }
    world.run_for(20_000)?;
    world.heal();
    world.run_for(120_000)?;
    for step in 0..5 {
        world.set(step % 2, document, "/description", &format!("{MEANWHILE} {step}"))?;
        world.run_for(3_000)?;
    }
    ensure!(world.content(READER, document)?.is_none(), "it is still shown the document");
    ensure!(!has_learnt(world, MEANWHILE)?, "it learns what it may no longer read");
    for number in [0, 1] {
        ensure!(
            world.shows(number, document, &kept)?,
            "node {number} lost what was written in time"
        );
        ensure!(!world.shows(number, document, &late)?, "node {number} takes what came too late");
        world.expect(number, document, "/title", MEANWHILE)?;
    }

    open_to(world, document, Audience::default())?;
    world.run_for(10_000)?;
    world.expect(READER, document, "/title", MEANWHILE)?;
    for text in ["Written anew", "And again"] {
        world.set(READER, document, "/title", text)?;
        world.run_for(5_000)?;
        world.expect(0, document, "/title", text)?;
    }
    if let Some(versions) = world.node(READER)?.ledger.own.get_mut(&document) {
        versions.remove(&late);
    }
    drop(world.logs.take_all());
    invariants::calm(world, workspace)
}

fn open_to(world: &mut World, document: DocumentId, audience: Audience) -> Result<()> {
    let person = person(0)?;
    world.act(0, Command::SetAudience { document, audience, person }).map(|_| ())
}

/// Is a word in anything that the reader was sent, stores or logged?
fn has_learnt(world: &mut World, word: &str) -> Result<bool> {
    let contains = |bytes: &[u8]| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    let is_logged = world.logs.has_said(READER, word);
    let is_sent = world.trace.tapped.values().flatten().any(|frame| contains(frame));
    let stored = world.node(READER)?.disk.everything();
    Ok(is_sent || is_logged || stored.iter().any(|bytes| contains(bytes)))
}
