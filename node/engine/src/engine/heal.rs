//! What the disk lost: asked for, taken back, and shown again.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{EntryId, EnvelopeId, SessionId, WorkspaceId};
use tracing::{error, info, warn};

use super::Engine;
use crate::effects::{Effects, Record};

impl Engine {
    /// Takes note of what a look at the disk found damaged. Entries are in memory and are kept again at once.
    pub(super) fn on_lost(
        &mut self,
        envelopes: Vec<EnvelopeId>,
        entries: &[EntryId],
        effects: &mut Effects,
    ) {
        for id in envelopes {
            self.documents.miss(id);
        }
        for workspace in self.workspaces.ids() {
            let Some(log) = self.workspaces.log(workspace) else { continue };
            for entry in entries.iter().filter_map(|id| log.get(id)) {
                let (workspace, id) = (*workspace, entry.id());
                effects.persist.push(Record::Entry { workspace, id, bytes: entry.to_bytes() });
            }
        }
    }

    /// Asks whoever is there and may have it for what was found to be lost. Whoever comes later is asked by reconciling.
    pub(super) fn ask_for_lost(&mut self, effects: &mut Effects) {
        let lost = self.documents.new_losses();
        if lost.is_empty() {
            return;
        }
        // What this node said in this session may be among it: nothing may be said in its place.
        self.session = SessionId(self.chance.bytes());
        warn!(envelopes = lost.len(), "asks peers for what the disk lost");
        let mut by_workspace = BTreeMap::<WorkspaceId, Vec<EnvelopeId>>::new();
        for id in lost {
            let document = self.documents.find(&id).map(|(document, _)| document);
            let held = document.and_then(|document| self.documents.held(&document));
            if let Some(held) = held {
                by_workspace.entry(held.genesis.workspace).or_default().push(id);
            }
        }
        for (workspace, ids) in by_workspace {
            for node in self.sync.open_with(&workspace) {
                let Some(reader) = self.workspaces.member_of(&workspace, &node) else { continue };
                let Self { documents, sync, .. } = &mut *self;
                let theirs = ids.iter().copied().filter(|id| {
                    let held =
                        documents.find(id).and_then(|(document, _)| documents.held(&document));
                    held.is_some_and(|held| held.may_have(id, &reader))
                });
                if let Some(talk) = sync.open_talk(&node, &workspace) {
                    talk.want_back(theirs);
                }
                self.ask(node, workspace, effects);
            }
        }
    }

    /// Reads anew the documents for which something came back. Comes first in a step: what it rests on is durable then.
    pub(super) fn take_up_mended(&mut self, effects: &mut Effects) {
        let read = match self.documents.read_mended(&*self.shelf) {
            Ok(read) => read,
            Err(error) => return error!(%error, "cannot read anew what was mended"),
        };
        let mut compare = BTreeSet::new();
        for (workspace, document, came_up) in read {
            if came_up {
                compare.insert(workspace);
            }
            info!(%document, "a document was mended");
            let Self { documents, workspaces, shelf, .. } = &mut *self;
            let Some(log) = workspaces.log_mut(&workspace) else { continue };
            if let Err(error) = documents.open(&document, &**shelf, &*log) {
                error!(%error, "cannot open a document that was mended");
                continue;
            }
            self.dirty.insert(document);
            self.document_changed(workspace, document, effects);
            self.retry_waiting(workspace, Some(&document), effects);
        }
        // No mark stands for what came up, at either end.
        for workspace in compare {
            self.reconcile_with_all(workspace, effects);
        }
    }
}
