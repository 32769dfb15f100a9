//! Who looks at which document now.

use crdt_schema::identity::{DocumentId, NodeId, OrganizationId, WorkspaceId};
use crdt_schema::key::Person;

use super::Engine;
use crate::effects::{Effects, Event, Signal};
use crate::message::PlaceOnWire;

impl Engine {
    pub(super) fn on_presence(
        &mut self,
        from: NodeId,
        document: DocumentId,
        person: Person,
        at: Option<PlaceOnWire>,
        effects: &mut Effects,
    ) {
        let Some(workspace) = self.documents.held(&document).map(|held| held.genesis.workspace)
        else {
            return;
        };
        let Some(organization) = self.reader_in(&from, &workspace, &document) else { return };
        let place = match &at {
            Some(place) => match place.parse() {
                Some(place) => Some(place),
                None => return,
            },
            None => None,
        };
        if self.presence.show(document, organization, person, place, self.steady) {
            effects.notify.push(Signal::Changed(Event::Presence { document }));
        }
    }

    fn reader_in(
        &mut self,
        node: &NodeId,
        workspace: &WorkspaceId,
        document: &DocumentId,
    ) -> Option<OrganizationId> {
        self.sync.open_talk(node, workspace)?;
        let organization = self.workspaces.member_of(workspace, node)?;
        self.documents.may_read(document, &organization).then_some(organization)
    }
}
