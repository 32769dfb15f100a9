//! What must hold in a region: the same as in every story, told so that it can be looked at for a thousand nodes. What
//! costs more with every node is looked at for some, by chance; all else for all.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, OrganizationId};
use engine::Shelf;
use sha2::{Digest, Sha256};

use super::Region;
use crate::invariants;
use crate::network::Number;
use crate::world::World;

/// At how many nodes that which is costly is looked at.
const SAMPLE: usize = 16;
/// In a region of at most so many, every node is asked whether everyone has everything.
const SMALL: usize = 16;

/// A document, as the first node showed it that showed it.
struct Shown {
    heads: Heads,
    audience: Audience,
    owner: OrganizationId,
    by: Number,
}

impl Shown {
    fn is_for(&self, reader: &OrganizationId) -> bool {
        *reader == self.owner || self.audience.may_read(reader)
    }
}

impl Region {
    /// Looks at some nodes for what their people were told is saved.
    pub(super) fn look(&self, world: &mut World, count: usize) -> Result<()> {
        for _ in 0..count.min(world.nodes.len()) {
            let number = world.chance.index(world.nodes.len());
            invariants::nothing_acknowledged_is_missing(world, number)?;
        }
        Ok(())
    }

    /// Requires all that must hold once all is calm.
    pub(super) fn all_is_well(&mut self, world: &mut World) -> Result<()> {
        for (number, ledger) in std::mem::take(&mut self.restored) {
            let known = &mut world.node(number)?.ledger.documents;
            for (document, versions) in ledger.documents {
                known.entry(document).or_default().extend(versions);
            }
        }
        invariants::nothing_acknowledged_is_missing_anywhere(world)?;
        for number in 0..world.nodes.len() {
            ensure!(world.is_member(number, self.workspace), "node {number} is not in");
        }
        self.all_hold_one_log(world)?;
        let shown = self.all_show_the_same(world)?;
        let sample = sample(world);
        self.some_show_the_same_content(world, &sample, &shown)?;
        self.some_show_the_same_members(world, &sample)?;
        let asked =
            if world.nodes.len() <= SMALL { (0..world.nodes.len()).collect() } else { sample };
        asked.iter().try_for_each(|number| invariants::nothing_is_unsent_at(world, *number))
    }

    fn all_hold_one_log(&self, world: &mut World) -> Result<()> {
        let mut first = None;
        for number in 0..world.nodes.len() {
            let mut entries = world.node(number)?.disk.entries()?;
            entries.sort_unstable();
            let mut hash = Sha256::new();
            for (_, entry) in &entries {
                hash.update(entry);
            }
            let log = (entries.len(), <[u8; 32]>::from(hash.finalize()));
            ensure!(
                *first.get_or_insert(log) == log,
                "node {number} holds another membership log of {} entries than node 0",
                entries.len()
            );
        }
        Ok(())
    }

    /// Requires that every node lists every document that it may read, at the same version, and no other.
    fn all_show_the_same(&self, world: &mut World) -> Result<BTreeMap<DocumentId, Shown>> {
        let mut union: BTreeMap<DocumentId, Shown> = BTreeMap::new();
        let mut listed = Vec::with_capacity(world.nodes.len());
        for number in 0..world.nodes.len() {
            let own = world.organization(number)?;
            let documents = world.engine(number)?.reader().documents(&self.workspace);
            listed.push((own, documents.len()));
            for view in documents {
                let other = union.entry(view.id).or_insert_with(|| Shown {
                    heads: view.heads.clone(),
                    audience: view.audience.clone(),
                    owner: view.owner,
                    by: number,
                });
                ensure!(
                    other.heads == view.heads && other.audience == view.audience,
                    "node {number} shows {} at {}, node {} at {}",
                    view.id,
                    view.heads,
                    other.by,
                    other.heads
                );
                ensure!(other.is_for(&own), "node {number} shows {}, which is not for it", view.id);
            }
        }
        let (for_all, for_some): (Vec<_>, Vec<_>) =
            union.values().partition(|shown| shown.audience.is_for_all());
        for (number, (own, listed)) in listed.iter().enumerate() {
            let readable =
                for_all.len() + for_some.iter().filter(|shown| shown.is_for(own)).count();
            ensure!(
                *listed == readable,
                "node {number} lists {listed} documents of {readable} that it may read"
            );
        }
        Ok(union)
    }

    fn some_show_the_same_content(
        &self,
        world: &mut World,
        sample: &[Number],
        shown: &BTreeMap<DocumentId, Shown>,
    ) -> Result<()> {
        let written: Vec<DocumentId> = world
            .nodes
            .iter()
            .flat_map(|node| node.ledger.own.keys().copied())
            .filter(|id| shown.get(id).is_some_and(|shown| shown.audience.is_for_all()))
            .collect();
        for _ in 0..SAMPLE {
            let Some(document) = world.chance.pick(&written).copied() else { break };
            let mut first = None;
            for number in sample {
                let content = world.content(*number, document)?;
                let content = content.with_context(|| format!("node {number} lacks {document}"))?;
                let content: [u8; 32] = Sha256::digest(content.to_string()).into();
                ensure!(
                    *first.get_or_insert(content) == content,
                    "node {number} shows other content of {document}"
                );
            }
        }
        Ok(())
    }

    fn some_show_the_same_members(&self, world: &mut World, sample: &[Number]) -> Result<()> {
        let first = invariants::members(world, 0, self.workspace)?;
        ensure!(first.len() == world.nodes.len(), "{} organisations are in", first.len());
        for number in sample {
            let other = invariants::members(world, *number, self.workspace)?;
            ensure!(first == other, "node {number} shows other members than node 0");
        }
        Ok(())
    }
}

fn sample(world: &mut World) -> Vec<Number> {
    let count = world.nodes.len();
    if count <= SAMPLE {
        return (0..count).collect();
    }
    (0..SAMPLE).map(|_| world.chance.index(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::founding::{Size, found};
    use super::*;

    #[test]
    fn what_is_missing_somewhere_is_found() -> Result<()> {
        let mut world = World::new(5);
        let size = Size { organizations: 3, documents: 2, days: 1, offline: 0 };
        let mut region = found(&mut world, size)?;
        world.settle()?;
        region.all_is_well(&mut world)?;
        let document = region.documents.iter().find(|document| document.is_for_all);
        let document = document.context("no document is for all")?.id;

        world.cut(&[2], &[0, 1]);
        let made = world.set(1, document, "/title", "Apart")?;
        world.run_for(5_000)?;
        let error = region.all_is_well(&mut world).unwrap_err().to_string();
        assert!(error.contains("node 2 shows"), "{error}");
        world.settle()?;
        region.all_is_well(&mut world)?;

        // People are told something that nobody keeps.
        let nothing: Heads = made.to_string().chars().rev().collect::<String>().parse()?;
        world.node(1)?.ledger.documents.entry(document).or_default().insert(nothing);
        let error = region.all_is_well(&mut world).unwrap_err().to_string();
        assert!(error.contains("node 1 lost versions"), "{error}");
        Ok(())
    }
}
