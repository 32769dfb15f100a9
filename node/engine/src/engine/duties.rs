//! What this node does by itself when who is in, or what is known of somebody, has changed.

use std::collections::BTreeSet;

use crdt_schema::access::AccessAct;
use crdt_schema::envelope::{Content, Envelope, Equivocation};
use crdt_schema::identity::{
    EntryId, EnvelopeId, OrganizationId, PersonId, Timestamp, WorkspaceId,
};
use crdt_schema::key::Person;
use crdt_schema::ledger::{Author, Exclusion, Membership};
use crdt_schema::membership::Act;
use tracing::{debug, error, warn};

use super::Engine;
use crate::documents::change_ids;
use crate::effects::Effects;

impl Engine {
    /// Finds anew what counts for whoever was excluded, held back or let in again.
    pub(super) fn recount(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        let Self { documents, workspaces, shelf, .. } = self;
        let Some((log, before)) = workspaces.log_and_exclusions(&workspace) else { return };
        let now: BTreeSet<Exclusion> = log.exclusions().into_iter().collect();
        let changed: Vec<Exclusion> = before.symmetric_difference(&now).copied().collect();
        if changed.is_empty() {
            return;
        }
        *before = now;
        let state = log.state().clone();
        let authors: BTreeSet<OrganizationId> = changed
            .iter()
            .filter_map(|exclusion| match exclusion.author() {
                Author::Organization(organization) => Some(organization),
                Author::Node(node) => state.nodes.get(&node).copied(),
            })
            .collect();
        match documents.recount(workspace, &authors, &**shelf, &*log) {
            Ok(different) => {
                for document in different {
                    self.dirty.insert(document);
                    self.shaken.insert(document);
                    self.document_changed(workspace, document, effects);
                }
            }
            Err(error) => error!(%error, "cannot find anew what counts"),
        }
    }

    /// Carries out what enough agreed to, fences what only readers can, and ends suspensions that are over.
    pub(super) fn do_duties(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        if self.is_deciding || self.state(&workspace).is_err() {
            return;
        }
        self.enact_what_is_decided(workspace, effects);
        self.fence_restricted(workspace, effects);
        self.include_kin(workspace, effects);
    }

    fn enact_what_is_decided(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        let own = self.own();
        let Ok(state) = self.state(&workspace) else { return };
        let decided: Vec<EntryId> = state
            .proposals
            .iter()
            .filter(|(id, proposal)| {
                proposal.enacted.is_none()
                    && proposal.agreed.contains_key(&own)
                    && self.workspaces.ripens_at(&workspace, id) <= self.now
                    && state.enough_agree(id)
            })
            .map(|(id, _)| *id)
            .collect();
        for proposal in decided {
            if let Err(refused) = self.carry_out(workspace, proposal, effects) {
                debug!(%workspace, %refused, "could not carry out a decision");
            }
        }
    }

    /// The documents that not everyone may read are fenced by those who can.
    fn fence_restricted(&mut self, workspace: WorkspaceId, effects: &mut Effects) {
        let Some(log) = self.workspaces.log_mut(&workspace) else { return };
        let state = log.state().clone();
        let exclusions = log.exclusions();
        let own = self.own();
        if !state.members.get(&own).is_some_and(|member| member.role.may_write()) {
            return;
        }
        for exclusion in exclusions {
            let (entry, author) = match exclusion {
                Exclusion::Final(entry, author) => (entry, author),
                Exclusion::Suspended(entry, organization) => {
                    (entry, Author::Organization(organization))
                }
                Exclusion::Waiting(_) => continue,
            };
            let organization = match author {
                Author::Organization(organization) => Some(organization),
                Author::Node(node) => state.nodes.get(&node).copied(),
            };
            let Some(organization) = organization.filter(|one| *one != own) else { continue };
            for document in self.documents.written_by(workspace, &organization, false) {
                let is_mine = self.documents.held(&document).is_some_and(|held| {
                    held.may_read(&own) && held.known.steps.fences(&entry).next().is_none()
                });
                if is_mine
                    && let Err(refused) =
                        self.fence_document(workspace, document, (entry, &organization), effects)
                {
                    debug!(%workspace, %refused, "could not fence a document");
                }
            }
        }
    }

    fn fence_document(
        &mut self,
        workspace: WorkspaceId,
        document: crdt_schema::identity::DocumentId,
        (exclusion, author): (EntryId, &OrganizationId),
        effects: &mut Effects,
    ) -> Result<(), crate::effects::Refused> {
        let Self { documents, workspaces, shelf, .. } = self;
        let Some(log) = workspaces.log_mut(&workspace) else { return Ok(()) };
        let open =
            documents.open(&document, &**shelf, &*log).map_err(|error| Self::storage(&error))?;
        let Some(open) = open else { return Ok(()) };
        let heads = change_ids(&open.document.heads());
        let signed = open.ledger.newest_signed(|of| of == author);
        let content = Content::Access(AccessAct::Fence { exclusion, heads, signed });
        let envelope = self.seal(workspace, document, None, self.itself(), content)?;
        self.keep(&envelope, effects)
    }

    /// The "person" of what a node does by itself: the organisation.
    fn itself(&self) -> Person {
        Person { id: PersonId([0; 16]), name: self.identity.card.name.clone() }
    }

    /// Shows everyone that a node said two things in one place, if all may know of the document. Stewards' nodes do.
    pub(super) fn convict(
        &mut self,
        envelope: &Envelope,
        twin: &EnvelopeId,
        effects: &mut Effects,
    ) {
        let workspace = envelope.header.workspace;
        warn!(node = %envelope.header.node, "a node said two things in one place");
        let is_for_all = self
            .documents
            .held(&envelope.header.document)
            .is_some_and(|held| held.audience().is_for_all());
        let own = self.own();
        let (node, author) = (envelope.header.node, envelope.header.organization);
        let is_due = self.state(&workspace).is_ok_and(|state| {
            state.is_steward(&own) && author != own && state.member_of(&node).is_some()
        });
        if !is_for_all || !is_due {
            return;
        }
        let other = match self.shelf.envelope(twin) {
            Ok(bytes) => bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok()),
            Err(error) => {
                error!(%error, "cannot read the store");
                None
            }
        };
        // A twin from the same batch is not on the shelf yet; then whoever has both there will show it.
        let Some(other) = other else { return };
        let proof = Equivocation::new(envelope.signed_header(), other.signed_header());
        let shown = self
            .fence(workspace, &author, effects)
            .and_then(|fences| self.act(&workspace, Act::Prove { proof, fences }, effects));
        if let Err(refused) = shown {
            debug!(%workspace, %refused, "could not show an equivocation");
        }
    }

    /// Ends suspensions whose time is over by this node's clock; returns when the next one is.
    pub(super) fn lapse_suspensions(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        let own = self.own();
        let mut due = Vec::new();
        let mut next = None::<Timestamp>;
        for workspace in self.workspaces.ids() {
            let Ok(state) = self.state(workspace) else { continue };
            for (organization, suspension) in self.workspaces.suspensions(workspace) {
                let ends = self.workspaces.lapses_at(workspace, &suspension);
                let is_mine = state.is_steward(&own) || organization == own;
                if !is_mine {
                    continue;
                }
                if ends <= self.now {
                    due.push((*workspace, suspension));
                } else {
                    let left = ends.0.saturating_sub(self.now.0);
                    let at = Timestamp(self.steady.0.saturating_add(left));
                    next = Some(next.map_or(at, |next| next.min(at)));
                }
            }
        }
        for (workspace, suspension) in due {
            if let Err(refused) = self.act(&workspace, Act::Lapse(suspension), effects) {
                debug!(%workspace, %refused, "could not end a suspension");
            }
        }
        next
    }

    /// Carries out elections whose time has come; returns when the next one's does.
    pub(super) fn hold_elections(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        let own = self.own();
        let mut due = Vec::new();
        let mut next = None::<Timestamp>;
        for workspace in self.workspaces.ids() {
            let Ok(state) = self.state(workspace) else { continue };
            for (id, proposal) in self.workspaces.elections(workspace) {
                if !proposal.agreed.contains_key(&own) || !state.enough_agree(&id) {
                    continue;
                }
                let ripe = self.workspaces.ripens_at(workspace, &id);
                if ripe <= self.now {
                    due.push((*workspace, id));
                } else {
                    let left = ripe.0.saturating_sub(self.now.0);
                    let at = Timestamp(self.steady.0.saturating_add(left));
                    next = Some(next.map_or(at, |next| next.min(at)));
                }
            }
        }
        for (workspace, proposal) in due {
            if let Err(refused) = self.carry_out(workspace, proposal, effects) {
                debug!(%workspace, %refused, "could not carry out an election");
            }
        }
        next
    }
}
