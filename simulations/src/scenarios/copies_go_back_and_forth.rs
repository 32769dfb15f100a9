//! Everyone copies documents, and takes into one copy what changed in another, while everything goes wrong that can. In one
//! of four runs one of them is two, so that what is copied may come not to count.

use std::collections::BTreeMap;

use anyhow::Result;
use crdt_schema::audience::Audience;
use crdt_schema::document::{Choice, Standing};
use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::Command;
use engine::input::{Copying, Upstream};
use serde_json::json;

use crate::ask::short;
use crate::network::Number;
use crate::world::World;
use crate::{faults, invariants, people};

pub(super) fn tell(world: &mut World, organizations: Option<usize>) -> Result<()> {
    let few = usize::try_from(world.chance.between(3, 5))?;
    let count = organizations.unwrap_or(few);
    let workspace = world.together(count)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    world.run_for(5_000)?;
    let twin = count - 1;
    let twins = if world.chance.percent(25) {
        let side: Vec<Number> = (0..twin).filter(|_| world.chance.percent(50)).collect();
        Some([twin, world.double(twin, &side)?])
    } else {
        None
    };
    let all = world.nodes.len();
    for step in 0..100 {
        let number = world.chance.index(all);
        if world.chance.percent(25) {
            copy_something(world, number, workspace)?;
        } else {
            people::something(world, number, workspace)?;
        }
        if world.chance.percent(20) {
            faults::strike(world)?;
        }
        let pause = world.chance.below(1_500);
        world.run_for(pause)?;
        if step % 50 == 49 {
            invariants::nothing_acknowledged_is_missing_anywhere(world)?;
        }
    }
    let Some(twins) = twins else { return invariants::calm(world, workspace) };
    for twin in twins {
        world.make_puppet(twin)?;
    }
    world.settle()?;
    invariants::nothing_acknowledged_is_missing_anywhere(world)?;
    invariants::all_agree(world, workspace)
}

/// Lets somebody copy a document, or take into one what another that shares its beginning has.
fn copy_something(world: &mut World, number: Number, workspace: WorkspaceId) -> Result<()> {
    if !world.is_on(number) || !world.is_member(number, workspace) {
        return Ok(());
    }
    let mut reader = world.engine(number)?.reader();
    let documents: Vec<DocumentId> =
        reader.documents(&workspace).iter().map(|document| document.id).collect();
    let mut related = Vec::new();
    for document in &documents {
        let origin = reader.document(document).and_then(|view| view.origin);
        if let Some(origin) = origin.map(|origin| origin.document) {
            related.extend([(*document, origin), (origin, *document)]);
        }
    }
    let person = people::person(number)?;
    let pair = world.chance.pick(&related).copied().filter(|_| !world.chance.percent(30));
    let copying = if let Some((document, from)) = pair {
        let mut reader = world.engine(number)?.reader();
        let Ok(source) = reader.source(&from) else { return Ok(()) };
        let Ok(Some(view)) = reader.upstream(&document, Some(&source)) else { return Ok(()) };
        let open = view.incoming.into_iter().filter(|one| one.standing == Standing::Conflict);
        let mut choices = BTreeMap::new();
        for one in open {
            let is_ours = world.chance.percent(50);
            choices.insert(one.path, if is_ours { Choice::Ours } else { Choice::Theirs });
        }
        world.count("pulls begun");
        Copying::Pull { document, from: Upstream::Given(Box::new(source)), choices }
    } else {
        let Some(document) = world.chance.pick(&documents).copied() else { return Ok(()) };
        world.count("copies begun");
        let provenance = json!({"network": "here"});
        let (from, audience) = (Upstream::Held { document, version: None }, Audience::default());
        Copying::Fork { from, workspace, audience, provenance }
    };
    world.submit(number, Command::Copy { copying: Box::new(copying), person }).map(|_| ())
}
