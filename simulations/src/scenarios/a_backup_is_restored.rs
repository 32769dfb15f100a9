//! A node goes back to a backup, among others who have gone on with it: it says nothing twice, and gets back all that
//! anybody else has.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::envelope::Envelope;

use crate::ask::short;
use crate::network::Number;
use crate::people::Ledger;
use crate::world::{Being, World};
use crate::{invariants, people};

const RESTORED: Number = 1;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    let document = world.create(RESTORED, workspace, Audience::default(), short("Shared"))?;
    for round in 0..3 {
        edits(world, workspace)?;
        let backup = world.node(RESTORED)?.disk.copy();
        edits(world, workspace)?;
        let known = world.set(RESTORED, document, "/title", &format!("Known in round {round}"))?;
        world.create(RESTORED, workspace, Audience::default(), short("Others have this, too"))?;
        world.run_for(60_000)?;
        let promised = known_to_others(world)?;
        // What nobody else has is lost with the disk.
        world.cut(&[RESTORED], &[0, 2]);
        let lost = world.set(RESTORED, document, "/title", &format!("Lost in round {round}"))?;
        world.crash(RESTORED)?;
        let node = world.node(RESTORED)?;
        (node.disk, node.ledger, node.being) = (backup, Ledger::default(), Being::Off);
        world.start(RESTORED)?;
        ensure!(!world.shows(RESTORED, document, &known)?, "the backup is too new");
        // It writes before it meets anybody.
        world.set(RESTORED, document, "/title", &format!("On the backup in round {round}"))?;
        edits(world, workspace)?;
        world.heal();
        edits(world, workspace)?;
        let node = world.node(RESTORED)?;
        for (document, versions) in promised.documents {
            node.ledger.documents.entry(document).or_default().extend(versions);
        }
        node.ledger.workspaces.extend(promised.workspaces);
        invariants::calm(world, workspace)?;
        ensure!(!world.shows(0, document, &lost)?, "a disk that is gone was read");
    }
    nothing_was_said_twice(world, workspace)
}

/// What the node promised to its people, as far as another has it, too.
fn known_to_others(world: &mut World) -> Result<Ledger> {
    let mut promised = world.node(RESTORED)?.ledger.clone();
    for (document, versions) in &mut promised.documents {
        let mut known = BTreeSet::new();
        for version in &*versions {
            if world.shows(0, *document, version)? || world.shows(2, *document, version)? {
                known.insert(version.clone());
            }
        }
        *versions = known;
    }
    promised.documents.retain(|_, versions| !versions.is_empty());
    Ok(promised)
}

fn edits(world: &mut World, workspace: crdt_schema::identity::WorkspaceId) -> Result<()> {
    for _ in 0..8 {
        let number = world.chance.index(3);
        people::something(world, number, workspace)?;
        let pause = world.chance.below(1_000);
        world.run_for(pause)?;
    }
    Ok(())
}

fn nothing_was_said_twice(
    world: &mut World,
    workspace: crdt_schema::identity::WorkspaceId,
) -> Result<()> {
    let mut places = BTreeMap::new();
    for number in 0..3 {
        for (meta, bytes) in world.node(number)?.disk.all() {
            let header = Envelope::from_bytes(&bytes)?.header;
            let place = (header.node, header.session, header.document, header.seq);
            let other = places.insert(place, meta.id);
            ensure!(other.is_none_or(|id| id == meta.id), "two envelopes stand in {place:?}");
        }
        let members = world.engine(number)?.reader().members(&workspace);
        ensure!(members.iter().all(|member| member.ended.is_empty()), "a node was ended");
    }
    Ok(())
}
