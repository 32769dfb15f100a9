//! What this node writes itself: sealed, kept, and told to whoever may read it.

use crdt_schema::envelope::{Content, Envelope, Genesis, Header, VERSION};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, SessionId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::limits;

use super::Engine;
use crate::documents::{Arrival, Fit};
use crate::effects::{Effects, Event, Record, Refused, Signal};

impl Engine {
    /// Returns the workspace of a document that this organisation may read.
    pub(crate) fn readable(&self, document: &DocumentId) -> Result<WorkspaceId, Refused> {
        let held = self
            .documents
            .held(document)
            .filter(|held| held.known.is_shown && held.may_read(&self.own()));
        let workspace = held.ok_or(Refused::NoSuchDocument)?.genesis.workspace;
        self.state(&workspace).map_err(|_| Refused::NoSuchDocument)?;
        Ok(workspace)
    }

    pub(super) fn seal(
        &mut self,
        workspace: WorkspaceId,
        document: DocumentId,
        genesis: Option<Genesis>,
        person: Person,
        content: Content,
    ) -> Result<Envelope, Refused> {
        let (node, session) = (self.identity.key.id(), self.session);
        let open = self.documents.opened(&document);
        if !matches!(content, Content::Changes(_))
            && open.is_some_and(|open| open.has_gap(&node, &session))
        {
            // A step or a suggestion that follows what does not count would not count either.
            self.session = SessionId(self.chance.bytes());
        }
        if self.documents.has_new_losses() {
            // What this node said last may be lost: nothing may be said in its place.
            self.session = SessionId(self.chance.bytes());
        }
        let log = self.workspaces.log(&workspace).ok_or(Refused::NoSuchWorkspace)?;
        let place = self.documents.next_place(&document, &self.identity.key.id(), &self.session);
        let header = Header {
            version: VERSION,
            workspace,
            document,
            organization: self.own(),
            node: self.identity.key.id(),
            person,
            session: self.session,
            seq: place.seq,
            previous: place.previous,
            membership: log.heads(),
            access: place.access,
            time: self.now,
            content: [0; 32],
            resumes: place.resumes,
        };
        Ok(Envelope::seal(&self.identity.key, header, genesis, content))
    }

    /// Keeps an envelope of this node's own, whose changes are in the open document already, and tells everyone who may read it.
    pub(super) fn keep(
        &mut self,
        envelope: &Envelope,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        let bytes = envelope.to_bytes();
        let id = Envelope::id_of(&bytes);
        let Self { documents, workspaces, .. } = self;
        let log = workspaces.log_mut(&envelope.header.workspace).ok_or(Refused::NoSuchWorkspace)?;
        let outcome =
            documents.record(id, envelope, &*log).map_err(|error| Self::storage(&error))?;
        self.publish(id, envelope, bytes, effects);
        self.follow(envelope, outcome, effects);
        Ok(())
    }

    /// Keeps an envelope of this node's own whose changes are not in the document yet, once they passed the gate as
    /// everybody's do.
    pub(super) fn take_own(
        &mut self,
        envelope: &Envelope,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        let bytes = envelope.to_bytes();
        if bytes.len() > limits::ENVELOPE_BYTES {
            return Err(Refused::TooLarge(
                "This document is too large. Split it into several".to_owned(),
            ));
        }
        let id = Envelope::id_of(&bytes);
        let workspace = envelope.header.workspace;
        let Self { documents, workspaces, shelf, .. } = self;
        let state = workspaces
            .state_at(&workspace, &envelope.header.membership)
            .ok_or(Refused::NoSuchWorkspace)?;
        let log = workspaces.log_mut(&workspace).ok_or(Refused::NoSuchWorkspace)?;
        let fit = documents
            .judge(id, envelope, &state, log, &**shelf)
            .map_err(|error| Self::storage(&error))?;
        let changes = match fit {
            Fit::Fits(changes) => changes,
            Fit::TooEarly => return Err(Refused::NoSuchVersion),
            Fit::Refused(why) => {
                return Err(Refused::TooLarge(format!("This document cannot be kept: {why}")));
            }
        };
        documents
            .take(id, envelope, changes, &**shelf, &*log)
            .map_err(|error| Self::storage(&error))?;
        documents.settle();
        self.publish(id, envelope, bytes, effects);
        Ok(())
    }

    pub(super) fn publish(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        bytes: Vec<u8>,
        effects: &mut Effects,
    ) {
        let Header { workspace, document, time, .. } = envelope.header;
        self.dirty.insert(document);
        effects.persist.push(Record::Envelope {
            workspace,
            document,
            id,
            time,
            bytes: bytes.clone(),
        });
        self.spread(workspace, &Arrival { id, document, time }, &bytes, &[], effects);
        self.document_changed(workspace, document, effects);
    }

    pub(super) fn document_changed(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        effects: &mut Effects,
    ) {
        let heads = self.heads(&document);
        effects.notify.push(Signal::Changed(Event::Document { workspace, document, heads }));
    }

    /// Returns an open document's newest version.
    pub(super) fn heads(&self, document: &DocumentId) -> Heads {
        self.documents.opened(document).map(|open| open.document.heads()).unwrap_or_default()
    }
}
