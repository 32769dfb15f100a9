//! What was written: reconciliation, envelopes, marks.

use std::collections::BTreeSet;

use crdt_schema::audience::Audience;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{DocumentId, EnvelopeId, NodeId, Timestamp, WorkspaceId};
use crdt_schema::limits;
use tracing::{debug, error, warn};

use super::{Engine, send};
use crate::documents::{Arrival, Fit, Outcome};
use crate::effects::{Effects, Event, Record, Signal};
use crate::message::Message;
use crate::sync::{Early, OFFER, Step};

/// Bytes of envelopes in one frame before they are packed, besides the first.
pub(super) const ENVELOPES_BYTES: usize = limits::FRAME_BYTES / 2;

/// What became of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken(DocumentId),
    Known,
    /// It was accepted before, and lost.
    Healed,
    Waits(DocumentId),
    Refused,
}

impl Engine {
    /// Returns the ids of all envelopes that both this organisation and the node's may read.
    fn common(&self, node: &NodeId, workspace: &WorkspaceId) -> Vec<(Timestamp, EnvelopeId)> {
        let Some(reader) = self.workspaces.member_of(workspace, node) else { return Vec::new() };
        let own = self.own();
        let arrivals = self.documents.arrivals(workspace).iter();
        arrivals
            .filter(|arrival| {
                // What one of both may no longer read is not spoken of.
                self.documents.may_have(arrival, &reader)
                    && self.documents.may_have(arrival, &own)
                    && !self.documents.is_lost(&arrival.id)
            })
            .map(|arrival| (arrival.time, arrival.id))
            .collect()
    }

    pub(super) fn start_reconciling(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        effects: &mut Effects,
    ) {
        let items = self.common(&node, &workspace);
        if let Some((frame, round)) = self.sync.start(node, workspace, &items) {
            let frame = frame.into();
            send(effects, node, &Message::Reconcile { workspace, first: true, frame, round });
        }
    }

    pub(super) fn on_reconcile(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        (first, round): (bool, u32),
        frame: &[u8],
        effects: &mut Effects,
    ) {
        if self.sync.open_talk(&from, &workspace).is_none() {
            return;
        }
        if first {
            // While everything is still on its way, there is too much to compare; whoever is asked hears when it is here.
            if self.identity.key.id() < from || self.sync.has_bulk(&workspace) {
                return;
            }
            let items = self.common(&from, &workspace);
            self.sync.answer(from, workspace, &items, round);
        }
        let Some(talk) = self.sync.open_talk(&from, &workspace) else { return };
        if talk.round != round {
            // It answers to a start that was overtaken by another.
            return;
        }
        match talk.step(frame) {
            Step::Send(frame) => {
                let frame = frame.into();
                send(effects, from, &Message::Reconcile { workspace, first: false, frame, round });
            }
            Step::Finished(have) => {
                self.offer(from, workspace, &have, effects);
                self.ask(from, workspace, effects);
            }
            Step::Broken => {
                warn!(peer = %from, "hung up on a peer that does not keep to the reconciliation");
                effects.close.push(from);
            }
        }
    }

    /// Offers a peer more than its marks stand for.
    pub(super) fn offer_more(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        ids: &[EnvelopeId],
        effects: &mut Effects,
    ) {
        for ids in ids.chunks(OFFER) {
            send(effects, node, &Message::Offer { workspace, ids: ids.to_vec(), mark: None });
        }
    }

    /// Offers what only this node has, with a mark. Everything that came later was sent as news before this.
    fn offer(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        have: &[EnvelopeId],
        effects: &mut Effects,
    ) {
        let place = u64::try_from(self.documents.arrivals(&workspace).len()).unwrap_or(u64::MAX);
        let Some(talk) = self.sync.open_talk(&node, &workspace) else { return };
        talk.is_caught_up = true;
        let mark = talk.mark(place);
        let mut rest = have;
        loop {
            let (ids, later) = rest.split_at(rest.len().min(OFFER));
            rest = later;
            let mark = rest.is_empty().then_some(mark);
            send(effects, node, &Message::Offer { workspace, ids: ids.to_vec(), mark });
            if rest.is_empty() {
                break;
            }
        }
    }

    pub(super) fn on_offer(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        ids: &[EnvelopeId],
        mark: Option<u64>,
        effects: &mut Effects,
    ) {
        let Some(talk) = self.sync.open_talk(&from, &workspace) else { return };
        talk.want(ids.iter().copied());
        talk.owe(mark);
        let is_last = mark.is_some();
        if is_last {
            talk.is_reconciled();
        }
        if is_last && !talk.is_caught_up {
            // The one who started knows what it lacks; this is its mark.
            self.offer(from, workspace, &[], effects);
        }
        self.ask(from, workspace, effects);
    }

    /// Asks for the next envelopes, or acknowledges that nothing is missing.
    pub(super) fn ask(&mut self, node: NodeId, workspace: WorkspaceId, effects: &mut Effects) {
        let Self { sync, documents, .. } = self;
        let has_waiting = sync.waiting().has_from(&node, &workspace);
        if sync.open_talk(&node, &workspace).is_none() {
            return;
        }
        let ids = sync.next_want(&node, &workspace, |id| documents.knows(id), self.steady);
        let Some(talk) = sync.open_talk(&node, &workspace) else { return };
        if !ids.is_empty() {
            send(effects, node, &Message::Want { workspace, ids });
        } else if !has_waiting && let Some(mark) = talk.settle() {
            send(effects, node, &Message::Stored { workspace, mark });
        }
    }

    /// Asks again for what was put off, if it is time; returns when it is next.
    pub(super) fn ask_again(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        let (due, next) = self.sync.put_off(self.steady);
        for (node, workspace) in due {
            self.ask(node, workspace, effects);
        }
        next
    }

    pub(super) fn on_want(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        ids: &[EnvelopeId],
        effects: &mut Effects,
    ) {
        if self.sync.open_talk(&from, &workspace).is_none() || ids.len() > limits::WANT_LIST {
            return;
        }
        let Some(reader) = self.workspaces.member_of(&workspace, &from) else { return };
        if let Some(talk) = self.sync.open_talk(&from, &workspace) {
            // It does not get everything from others after all.
            talk.set_lazy(false);
        }
        // One document after the other: what stands side by side packs well.
        let mut wanted: Vec<(DocumentId, usize, EnvelopeId)> = ids
            .iter()
            .filter_map(|id| {
                self.documents.find(id).map(|(document, place)| (document, place, *id))
            })
            .filter(|(document, _, id)| {
                self.documents.held(document).is_some_and(|held| {
                    held.genesis.workspace == workspace && held.may_have(id, &reader)
                })
            })
            .collect();
        wanted.sort_unstable();
        let (mut envelopes, mut size) = (Vec::<Vec<u8>>::new(), 0_usize);
        for (_, _, id) in wanted {
            match self.shelf.envelope(&id) {
                Ok(Some(bytes)) => {
                    size = size.saturating_add(bytes.len());
                    if size > ENVELOPES_BYTES && !envelopes.is_empty() {
                        break;
                    }
                    envelopes.push(bytes);
                }
                Ok(None) => self.documents.miss(id),
                Err(error) => error!(%error, "cannot read the store"),
            }
        }
        let Some(talk) = self.sync.open_talk(&from, &workspace) else { return };
        let pack = talk.pack(envelopes.iter().map(Vec::as_slice)).into();
        send(effects, from, &Message::Wanted { workspace, pack });
    }

    /// Unpacks what a peer sent, if it is one to speak of documents with.
    pub(super) fn unpack(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        pack: &[u8],
        effects: &mut Effects,
    ) -> Option<Vec<Vec<u8>>> {
        match self.sync.open_talk(&from, &workspace)?.unpack(pack) {
            Ok(envelopes) => Some(envelopes),
            Err(error) => {
                warn!(peer = %from, %error, "hung up on a peer whose pack cannot be read");
                effects.close.push(from);
                None
            }
        }
    }

    pub(super) fn on_wanted(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        pack: &[u8],
        effects: &mut Effects,
    ) {
        let Some(envelopes) = self.unpack(from, workspace, pack, effects) else { return };
        let Some(talk) = self.sync.open_talk(&from, &workspace) else { return };
        let ids: Vec<EnvelopeId> = envelopes.iter().map(|bytes| Envelope::id_of(bytes)).collect();
        let gives_no_more = talk.came(&ids);
        self.take_all(from, workspace, envelopes, effects);
        if gives_no_more {
            self.ask_others(from, workspace, effects);
        }
        self.ask(from, workspace, effects);
    }

    pub(super) fn on_news(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        pack: &[u8],
        mark: Option<u64>,
        effects: &mut Effects,
    ) {
        let Some(envelopes) = self.unpack(from, workspace, pack, effects) else { return };
        let Some(talk) = self.sync.open_talk(&from, &workspace) else { return };
        talk.owe(mark);
        let ids: Vec<EnvelopeId> = envelopes.iter().map(|bytes| Envelope::id_of(bytes)).collect();
        if !ids.is_empty() && ids.iter().all(|id| self.documents.knows(id)) && talk.came_twice() {
            send(effects, from, &Message::Lazy { workspace });
        }
        self.take_all(from, workspace, envelopes, effects);
        self.ask(from, workspace, effects);
    }

    pub(super) fn on_stored(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        mark: u64,
        effects: &mut Effects,
    ) {
        let Some(place) =
            self.sync.open_talk(&from, &workspace).and_then(|talk| talk.acknowledged(mark))
        else {
            return;
        };
        self.advance(from, workspace, place, effects);
    }

    fn advance(&mut self, node: NodeId, workspace: WorkspaceId, place: u64, effects: &mut Effects) {
        let Some(organization) = self.workspaces.member_of(&workspace, &node) else { return };
        self.seen.insert(organization, self.now);
        let place = self.sync.reached(&workspace, &organization).max(place);
        // What it sent us itself, and what it may not read, does not hold it back.
        let first = usize::try_from(place).unwrap_or(usize::MAX);
        let passed =
            self.documents.arrivals(&workspace).iter().skip(first).zip(place..).take_while(
                |(arrival, place)| {
                    !self.documents.may_have(arrival, &organization)
                        || self.sync.is_ahead(&workspace, &organization, *place)
                },
            );
        let place = passed.last().map_or(place, |(_, place)| place.saturating_add(1));
        if self.sync.reach(workspace, organization, place) {
            effects.notify.push(Signal::Changed(Event::Sync { workspace }));
        }
    }

    /// Takes envelopes that a peer sent, and whatever waited for them.
    pub(super) fn take_all(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        envelopes: Vec<Vec<u8>>,
        effects: &mut Effects,
    ) {
        let new: Vec<(EnvelopeId, &[u8])> = envelopes
            .iter()
            .map(|bytes| (Envelope::id_of(bytes), bytes.as_slice()))
            .filter(|(id, _)| !self.documents.knows(id))
            .collect();
        self.rehearse(workspace, &new);
        let mut touched = BTreeSet::new();
        for bytes in envelopes {
            if let Fate::Taken(document) = self.take_one(&[from], workspace, bytes, effects) {
                touched.insert(document);
            }
        }
        self.documents.settle();
        self.advance(from, workspace, 0, effects);
        if touched.is_empty() {
            return;
        }
        self.returned(&from, effects);
        for document in &touched {
            self.retry_waiting(workspace, Some(document), effects);
        }
        // What was put off may be here now, whoever sent it.
        self.ask_others(from, workspace, effects);
    }

    /// Takes what came together through the gate together, where there is more than one.
    fn rehearse(&mut self, workspace: WorkspaceId, envelopes: &[(EnvelopeId, &[u8])]) {
        if envelopes.len() < 2 {
            return;
        }
        let mut envelopes = self.verified.check(envelopes);
        envelopes.retain(|(_, envelope)| {
            envelope.header.workspace == workspace && envelope.is_well_formed()
        });
        let Self { documents, workspaces, shelf, .. } = self;
        let Some(log) = workspaces.log_mut(&workspace) else { return };
        if let Err(error) = documents.rehearse(envelopes, &**shelf, &*log) {
            // Each is judged by itself then, and says so again.
            error!(%error, "cannot read the store");
        }
    }

    /// Looks again at what was put off.
    fn ask_others(&mut self, from: NodeId, workspace: WorkspaceId, effects: &mut Effects) {
        for node in self.sync.open_with(&workspace) {
            let Some(talk) = self.sync.open_talk(&node, &workspace) else { continue };
            if talk.resume() && node != from {
                self.ask(node, workspace, effects);
            }
        }
    }

    /// Tries again what waited, in a workspace or for one document of it, until nothing moves.
    pub(super) fn retry_waiting(
        &mut self,
        workspace: WorkspaceId,
        document: Option<&DocumentId>,
        effects: &mut Effects,
    ) {
        let mut senders = BTreeSet::new();
        loop {
            let mut moved = false;
            let mut waited = self.sync.waiting().take_out(&workspace, document);
            // About in the order in which they build on each other.
            waited.sort_by_cached_key(|(_, early)| {
                let envelope = Envelope::from_bytes(&early.bytes);
                envelope.ok().map(|envelope| (envelope.header.time, envelope.header.seq))
            });
            let together: Vec<_> =
                waited.iter().map(|(id, early)| (*id, early.bytes.as_slice())).collect();
            self.rehearse(workspace, &together);
            for (_, early) in waited {
                senders.extend(early.from.iter().copied());
                moved |= matches!(
                    self.take_one(&early.from, early.workspace, early.bytes, effects),
                    Fate::Taken(_)
                );
            }
            if !moved {
                break;
            }
        }
        self.documents.settle();
        // Who was owed an acknowledgement while something of it waited gets it as soon as nothing does.
        for node in senders {
            self.advance(node, workspace, 0, effects);
            self.ask(node, workspace, effects);
        }
    }

    fn take_one(
        &mut self,
        from: &[NodeId],
        workspace: WorkspaceId,
        bytes: Vec<u8>,
        effects: &mut Effects,
    ) -> Fate {
        let id = Envelope::id_of(&bytes);
        let fate = self.judge(id, workspace, &bytes, effects);
        if !matches!(fate, Fate::Waits(_)) {
            self.verified.forget(&id);
        }
        if matches!(fate, Fate::Taken(_) | Fate::Healed) {
            for node in self.sync.is_here(&workspace, &id) {
                self.ask(node, workspace, effects);
            }
        }
        match fate {
            Fate::Taken(document) => {
                if self.documents.envelopes(&document).len() == 1 {
                    // New readers may form a new circle.
                    (self.wanted, self.rings) = (None, None);
                }
                self.dirty.insert(document);
                let arrival = Arrival { id, document, time: self.now };
                self.spread(workspace, &arrival, &bytes, from, effects);
                self.document_changed(workspace, document, effects);
            }
            Fate::Waits(document) => {
                let early = Early { from: from.to_vec(), workspace, document, bytes };
                if !self.sync.waiting().add(id, early) {
                    for node in from {
                        if let Some(talk) = self.sync.open_talk(node, &workspace) {
                            talk.postpone(id);
                        }
                    }
                }
            }
            Fate::Known | Fate::Refused | Fate::Healed => {}
        }
        if let Some((_, place)) = self.documents.find(&id) {
            // Who sends it, has it.
            let place = u64::try_from(place).unwrap_or(u64::MAX);
            for organization in
                from.iter().filter_map(|node| self.workspaces.member_of(&workspace, node))
            {
                self.sync.is_had(workspace, organization, place);
            }
        }
        fate
    }

    /// The gate. The verdict rests on the envelope and its ancestors, never on when it came or from whom.
    fn judge(
        &mut self,
        id: EnvelopeId,
        workspace: WorkspaceId,
        bytes: &[u8],
        effects: &mut Effects,
    ) -> Fate {
        if self.documents.knows(&id) {
            return Fate::Known;
        }
        let Ok(envelope) = Envelope::from_bytes(bytes) else { return self.refuse("malformed") };
        let header = &envelope.header;
        if header.workspace != workspace || !envelope.is_well_formed() {
            return self.refuse("malformed");
        }
        let document = header.document;
        if self.documents.is_lost(&id) {
            self.documents.restore(id);
            let (time, bytes) = (header.time, bytes.to_vec());
            effects.persist.push(Record::Envelope { workspace, document, id, time, bytes });
            return Fate::Healed;
        }
        let Some(log) = self.log(&workspace) else { return self.refuse("unknown-workspace") };
        if !header.membership.iter().all(|head| log.knows(head)) {
            return Fate::Waits(document);
        }
        let Some(state) = self.workspaces.state_at(&workspace, &header.membership) else {
            return Fate::Waits(document);
        };
        if self.documents.held(&document).is_none() && envelope.genesis.is_none() {
            return Fate::Waits(document);
        }
        if !self.verified.is_true(id, &envelope) {
            return self.refuse("bad-signature");
        }
        let Self { documents, workspaces, shelf, .. } = self;
        let Some(log) = workspaces.log_mut(&workspace) else { return Fate::Waits(document) };
        let outcome = match documents.judge(id, &envelope, &state, log, &**shelf) {
            Ok(Fit::Fits(changes)) => documents.take(id, &envelope, changes, &**shelf, &*log),
            Ok(Fit::TooEarly) => return Fate::Waits(document),
            Ok(Fit::Refused(why)) => return self.refuse_of(&envelope, why, effects),
            Err(error) => Err(error),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                error!(%error, "an envelope could not be judged");
                return Fate::Waits(document);
            }
        };
        effects.persist.push(Record::Envelope {
            workspace,
            document,
            id,
            time: header.time,
            bytes: bytes.to_vec(),
        });
        self.follow(&envelope, outcome, effects);
        Fate::Taken(document)
    }

    /// Does what follows from an envelope that was taken, besides what people see in the document.
    pub(super) fn follow(&mut self, envelope: &Envelope, outcome: Outcome, effects: &mut Effects) {
        let (workspace, document) = (envelope.header.workspace, envelope.header.document);
        if let Some((before, after)) = outcome.readers {
            self.readers_changed(workspace, document, &before, &after, effects);
        }
        if outcome.is_shaken {
            self.shaken.insert(document);
        }
        if let Some(twin) = outcome.twin {
            self.convict(envelope, &twin, effects);
        }
    }

    /// Offers a document to those who may read it only now: they could not ask for what did not exist for them.
    fn readers_changed(
        &mut self,
        workspace: WorkspaceId,
        document: DocumentId,
        before: &Audience,
        after: &Audience,
        effects: &mut Effects,
    ) {
        (self.wanted, self.rings) = (None, None);
        let ids = self.documents.envelopes(&document).to_vec();
        for node in self.sync.open_with(&workspace) {
            let Some(reader) = self.workspaces.member_of(&workspace, &node) else { continue };
            if after.may_read(&reader) && !before.may_read(&reader) {
                self.offer_more(node, workspace, &ids, effects);
            }
        }
    }

    fn refuse(&mut self, why: &'static str) -> Fate {
        debug!(why, "refused an envelope");
        *self.refused.entry(why).or_default() += 1;
        Fate::Refused
    }

    /// Refuses an envelope that a member signed, and remembers it for those who ask why.
    fn refuse_of(&mut self, envelope: &Envelope, why: &'static str, effects: &mut Effects) -> Fate {
        let header = &envelope.header;
        // A name is believed only with its signature.
        if envelope.is_true() {
            self.refusals.note(header, why, self.now);
            let workspace = header.workspace;
            effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        }
        self.refuse(why)
    }
}
