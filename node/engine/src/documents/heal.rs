//! What the disk lost: noticed, had again from whoever has it, and put back in its place.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{DocumentId, EnvelopeId, WorkspaceId};
use tracing::warn;

use super::{Arrival, Documents, Held};
use crate::shelf::{EnvelopeMeta, Shelf, ShelfError};

/// What the disk lost, as far as it was noticed.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Accepted once, and gone or damaged since.
    lost: BTreeSet<EnvelopeId>,
    /// Noticed since that was last asked.
    news: Vec<EnvelopeId>,
    /// Documents whose first envelope was not there when the node started, and where they belong.
    headless: BTreeMap<DocumentId, WorkspaceId>,
    /// Handed out to be kept, but not durable yet: the shelf does not have them, and that is no damage.
    fresh: BTreeSet<EnvelopeId>,
    /// Documents to be read anew as soon as what mends them is durable, and those for which it is.
    mended: BTreeSet<DocumentId>,
    durable: BTreeSet<DocumentId>,
}

impl Documents {
    /// Is an envelope that was accepted gone or damaged?
    pub(crate) fn is_lost(&self, id: &EnvelopeId) -> bool {
        self.damage.lost.contains(id)
    }

    /// Returns what is lost, with its document.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (EnvelopeId, DocumentId)> {
        self.damage.lost.iter().filter_map(|id| Some((*id, self.find(id)?.0)))
    }

    /// Takes note that the shelf does not have an envelope that it should have.
    pub(crate) fn miss(&mut self, id: EnvelopeId) {
        let is_kept = self.ids.contains_key(&id) && !self.damage.fresh.contains(&id);
        if is_kept && self.damage.lost.insert(id) {
            warn!(envelope = %id, "an envelope is damaged; peers may have it still");
            self.damage.news.push(id);
        }
    }

    /// Was something found to be lost that was not yet looked after?
    pub(crate) fn has_new_losses(&self) -> bool {
        !self.damage.news.is_empty()
    }

    /// Returns what was found to be lost since this was last asked.
    pub(crate) fn new_losses(&mut self) -> Vec<EnvelopeId> {
        std::mem::take(&mut self.damage.news)
    }

    /// Takes back an envelope that was lost. It was judged when it first came, and its id says that it is the same.
    pub(crate) fn restore(&mut self, id: EnvelopeId) {
        if self.damage.lost.remove(&id)
            && let Some((document, _)) = self.find(&id)
        {
            self.damage.fresh.insert(id);
            self.damage.mended.insert(document);
        }
    }

    pub(super) fn is_headless(&mut self, document: DocumentId, workspace: WorkspaceId) {
        warn!(%document, "a document's first envelope is damaged; peers may have it still");
        self.damage.headless.insert(document, workspace);
    }

    /// Something came for a document: what could not be read without it may be read now.
    pub(super) fn may_mend(&mut self, document: DocumentId) {
        let is_lacking = self.open.get(&document).is_some_and(|open| open.is_lacking);
        if self.damage.headless.remove(&document).is_some() || is_lacking {
            self.damage.mended.insert(document);
        }
    }

    pub(super) fn is_fresh(&mut self, id: EnvelopeId) {
        self.damage.fresh.insert(id);
    }

    pub(super) fn are_durable(&mut self) {
        self.damage.fresh.clear();
        self.damage.durable.append(&mut self.damage.mended);
    }

    /// Are there documents to be read anew?
    pub(crate) fn has_mended(&self) -> bool {
        !self.damage.mended.is_empty() || !self.damage.durable.is_empty()
    }

    /// Reads anew the documents for which something came that was lacking. Returns them with their workspaces, and whether
    /// envelopes came up that nobody knew to be here.
    ///
    /// Only when everything handed out so far is durable.
    pub(crate) fn read_mended(
        &mut self,
        shelf: &dyn Shelf,
    ) -> Result<Vec<(WorkspaceId, DocumentId, bool)>, ShelfError> {
        let mended = std::mem::take(&mut self.damage.durable);
        if mended.is_empty() {
            return Ok(Vec::new());
        }
        let metas = shelf.envelopes()?;
        let mut read = Vec::new();
        for document in mended {
            let metas: Vec<EnvelopeMeta> =
                metas.iter().filter(|meta| meta.document == document).copied().collect();
            let ids = metas.iter().map(|meta| meta.id).collect();
            let Some(held) = Held::read(ids, shelf, &self.own)? else { continue };
            let of = held.genesis.workspace;
            let mut came_up = false;
            self.open.remove(&document);
            self.held.insert(document, std::sync::Arc::new(held));
            for EnvelopeMeta { workspace, document, id, time } in metas {
                if !self.ids.contains_key(&id) {
                    self.arrive(workspace, Arrival { id, document, time });
                    came_up = true;
                }
            }
            read.push((of, document, came_up));
        }
        Ok(read)
    }

    /// Returns the workspaces of all that is kept.
    pub(crate) fn workspaces(&self) -> BTreeSet<WorkspaceId> {
        let held = self.held.values().map(|held| held.genesis.workspace);
        held.chain(self.damage.headless.values().copied()).collect()
    }
}
