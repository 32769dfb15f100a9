//! What a look at everything that is kept finds.

use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{DocumentId, EnvelopeId, WorkspaceId};
use crdt_schema::membership::Effect;

use super::Reader;
use crate::effects::Refused;
use crate::engine::Engine;
use crate::view::{DocumentState, WorkspaceState};

impl Reader<'_> {
    /// Returns the envelopes that were accepted and are gone or damaged, as far as that was noticed.
    #[must_use]
    pub fn lost(&self) -> Vec<EnvelopeId> {
        self.0.documents.lost().map(|(id, _)| id).collect()
    }

    /// Returns how the membership logs stand that are kept here, and those that are lost.
    #[must_use]
    pub fn workspace_states(&self) -> Vec<(WorkspaceId, WorkspaceState)> {
        let workspaces = &self.0.workspaces;
        let of_log = workspaces.ids().filter_map(|id| Some((id, workspaces.log(id)?)));
        let mut states: Vec<(WorkspaceId, WorkspaceState)> = of_log
            .map(|(id, log)| {
                let entries = log.lacking(&[]);
                let state = WorkspaceState {
                    entries: entries.len(),
                    void: entries
                        .iter()
                        .filter(|entry| matches!(log.effect(&entry.id()), Some(Effect::Void(_))))
                        .count(),
                    untrue: entries.iter().filter(|entry| !entry.is_true()).count(),
                    early: workspaces.strays(id),
                    is_lost: false,
                };
                (*id, state)
            })
            .collect();
        states.extend(workspaces.lost().map(|id| {
            let early = workspaces.strays(id);
            (*id, WorkspaceState { early, is_lost: true, ..WorkspaceState::default() })
        }));
        states
    }

    /// Returns every document that is kept here, whoever may read it.
    #[must_use]
    pub fn kept_documents(&self) -> Vec<DocumentId> {
        self.0.documents.all().collect()
    }

    /// Returns how a document stands that is kept here: every envelope is read, and every signature checked.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn document_state(&mut self, id: &DocumentId) -> Result<DocumentState, Refused> {
        let Engine { documents, workspaces, shelf, .. } = &mut *self.0;
        let mut state = DocumentState::default();
        let Some(held) = documents.held(id) else { return Ok(state) };
        let workspace = held.genesis.workspace;
        for envelope in documents.envelopes(id).to_vec() {
            state.envelopes += 1;
            let bytes = shelf.envelope(&envelope).map_err(|error| Engine::storage(&error))?;
            match bytes.map(|bytes| Envelope::from_bytes(&bytes)) {
                None => {
                    state.lost.push(envelope);
                    documents.miss(envelope);
                }
                Some(Ok(read)) if read.is_true() => {}
                Some(_) => state.untrue.push(envelope),
            }
        }
        let Some(log) = workspaces.log_mut(&workspace) else { return Ok(state) };
        let open = documents.open(id, &**shelf, &*log).map_err(|error| Engine::storage(&error))?;
        if let Some(open) = open {
            state.not_counting = open.ledger.out().count();
            let there = state.envelopes - state.lost.len();
            state.early = there.saturating_sub(open.ledger.placed().len());
        }
        Ok(state)
    }
}
