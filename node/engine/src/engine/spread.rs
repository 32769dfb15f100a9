//! How a new envelope goes round: at once to whoever has no other way to get it, as a word of it to the others.
//!
//! Each node passes on what it did not know, so everything reaches everyone. Who gets the same twice says so
//! (`Lazy`), and from then on only hears of what the other passes on, a moment later; if it has not come another way by
//! then, it asks for it and is sent things again. What a node writes itself it always sends to all its peers.

use crdt_schema::identity::{EnvelopeId, NodeId, Timestamp, WorkspaceId};

use super::{Engine, send};
use crate::documents::Arrival;
use crate::effects::Effects;
use crate::message::Message;
use crate::sync::OFFER;

impl Engine {
    /// Sends an envelope to every open peer that may read it, besides the one it came from.
    pub(super) fn spread(
        &mut self,
        workspace: WorkspaceId,
        arrival: &Arrival,
        bytes: &[u8],
        from: &[NodeId],
        effects: &mut Effects,
    ) {
        let place = u64::try_from(self.documents.arrivals(&workspace).len()).unwrap_or(u64::MAX);
        for node in self.sync.open_with(&workspace) {
            let reader = self.workspaces.member_of(&workspace, &node);
            if from.contains(&node)
                || !reader.is_some_and(|reader| self.documents.may_have(arrival, &reader))
            {
                continue;
            }
            let Some(talk) = self.sync.open_talk(&node, &workspace) else { continue };
            if talk.is_lazy() && !from.is_empty() {
                self.sync.herald(&node, &workspace, arrival.id, self.steady);
            } else {
                let mark = talk.mark_news(place);
                let pack = talk.pack([bytes]).into();
                send(effects, node, &Message::News { workspace, pack, mark });
            }
        }
    }

    /// Tells peers of what was not sent to them, if it is time; returns when it is next.
    pub(super) fn send_heralds(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        let (due, next) = self.sync.heralds(self.steady);
        for (node, workspace, ids) in due {
            let Some(reader) = self.workspaces.member_of(&workspace, &node) else { continue };
            let lacking = ids.iter().filter(|id| {
                self.documents.find(id).is_some_and(|(document, place)| {
                    let place = u64::try_from(place).unwrap_or(u64::MAX);
                    let held = self.documents.held(&document);
                    held.is_some_and(|held| held.may_have(id, &reader))
                        && !self.sync.is_ahead(&workspace, &reader, place)
                })
            });
            let ids: Vec<EnvelopeId> = lacking.copied().collect();
            let place =
                u64::try_from(self.documents.arrivals(&workspace).len()).unwrap_or(u64::MAX);
            let Some(talk) = self.sync.open_talk(&node, &workspace) else { continue };
            let mark = talk.mark_heralds(place, ids.is_empty());
            if ids.is_empty() && mark.is_none() {
                continue;
            }
            let (others, last) = ids.split_at(ids.len().saturating_sub(1) / OFFER * OFFER);
            self.offer_more(node, workspace, others, effects);
            send(effects, node, &Message::Offer { workspace, ids: last.to_vec(), mark });
        }
        next
    }
}
