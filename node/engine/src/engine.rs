//! [`Engine`]: hands each input to the parts that decide, and carries values between them.

mod again;
mod author;
mod bulk;
mod circles;
mod command;
mod comments;
mod copy;
mod conversation;
mod duties;
mod exchange;
mod govern;
mod heal;
mod lists;
mod phrase;
mod presence;
mod spread;
mod sign;
mod suggest;
mod kinship;
mod versions;
mod ways;

pub(crate) use copy::{refuse_copy, with};

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{
    DocumentId, NodeId, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::invite::Invite;
use crdt_schema::key::{NodeCertificate, NodeKey, OrganizationCard};
use tracing::{debug, warn};

use crate::chance::Chance;
use crate::documents::Documents;
use crate::effects::{Effects, Event, Record, Refused, Signal};
use crate::input::{Input, Moment};
use crate::joins::Joins;
use crate::kin::Kin;
use crate::mesh::Ring;
use crate::message::{AddressRecord, Message};
use crate::peers::Peers;
use crate::presence::Presence;
use crate::refusals::Refusals;
use crate::seeks::Seeks;
use crate::shelf::{Shelf, ShelfError};
use crate::sync::Sync;
use crate::verify::Verified;
use crate::workspaces::Workspaces;

const ADDRESS: &str = "address/";
/// A node that nobody here knows may stay connected this long to show an invite.
const STRANGER: u64 = 30_000;

/// Who this node is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The organisation.
    pub card: OrganizationCard,
    /// The root key's word that the node is the organisation's.
    pub certificate: NodeCertificate,
    /// The node's own key.
    pub key: NodeKey,
}

/// The state machine of one node.
pub struct Engine {
    pub(crate) identity: Identity,
    pub(crate) shelf: Box<dyn Shelf>,
    chance: Chance,
    session: SessionId,
    /// What the clock shows: for what is signed and shown.
    now: Timestamp,
    /// Time that only goes forward: for what waits.
    steady: Timestamp,
    pub(crate) workspaces: Workspaces,
    pub(crate) joins: Joins,
    seeks: Seeks,
    pub(crate) kin: Kin,
    pub(crate) documents: Documents,
    pub(crate) sync: Sync,
    pub(crate) peers: Peers,
    pub(crate) presence: Presence,
    pub(crate) locals: BTreeMap<String, Vec<u8>>,
    pub(crate) seen: BTreeMap<OrganizationId, Timestamp>,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) refusals: Refusals,
    /// Documents whose list data changed since they were last cached.
    dirty: BTreeSet<DocumentId>,
    /// In which what counts is not what counted before: this node's own work there may have to be written again.
    shaken: BTreeSet<DocumentId>,
    strangers: BTreeMap<NodeId, Timestamp>,
    /// How often each node that is up asked for the invite behind a phrase.
    lookups: BTreeMap<NodeId, usize>,
    /// Is it in the middle of writing a decision down?
    is_deciding: bool,
    /// With whom it keeps a connection; nothing once that has to be found anew.
    wanted: Option<BTreeSet<NodeId>>,
    /// The circles from which those are chosen; nothing once who is in may have changed.
    rings: Option<Vec<Ring>>,
    /// Whom the caller was told of last, and whether that may have changed.
    admitted: (BTreeSet<NodeId>, bool),
    verified: Verified,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Engine {
    /// Takes up what earlier runs kept. Every start is a new session, so that nothing that was lost with a machine or
    /// came back with a backup can be said twice.
    ///
    /// # Errors
    /// If the shelf cannot be read.
    pub fn open(
        identity: Identity,
        shelf: Box<dyn Shelf>,
        seed: [u8; 32],
        now: Timestamp,
    ) -> Result<Self, ShelfError> {
        let workspaces = Workspaces::load(&*shelf)?;
        let documents = Documents::load(&*shelf, identity.card.organization)?;
        Self::start(identity, shelf, seed, now, workspaces, documents)
    }

    /// Opens another node's engine, whose shelf holds the same entries and envelopes as this engine does: what was read and
    /// checked here is not read and checked again, and the two share it. For simulations of many nodes in one process.
    ///
    /// # Errors
    /// If the shelf cannot be read.
    pub fn beside(
        &self,
        identity: Identity,
        shelf: Box<dyn Shelf>,
        seed: [u8; 32],
        now: Timestamp,
    ) -> Result<Self, ShelfError> {
        let documents = self.documents.beside(identity.card.organization);
        Self::start(identity, shelf, seed, now, self.workspaces.clone(), documents)
    }

    fn start(
        identity: Identity,
        shelf: Box<dyn Shelf>,
        seed: [u8; 32],
        now: Timestamp,
        workspaces: Workspaces,
        documents: Documents,
    ) -> Result<Self, ShelfError> {
        let mut chance = Chance::new(seed);
        let session = SessionId(chance.bytes());
        let joins = Joins::load(&*shelf)?;
        let mut kin = Kin::load(&*shelf, &identity.certificate)?;
        for log in workspaces.ids().filter_map(|workspace| workspaces.log(workspace)) {
            log.entries_in_order()
                .for_each(|(_, entry)| kin.learn_from(&identity.certificate, entry));
        }
        let mut engine = Self {
            identity,
            chance,
            session,
            now,
            steady: Timestamp(0),
            workspaces,
            joins,
            seeks: Seeks::default(),
            kin,
            documents,
            sync: Sync::default(),
            peers: Peers::default(),
            presence: Presence::default(),
            locals: shelf.locals("")?.into_iter().collect(),
            seen: BTreeMap::new(),
            refused: BTreeMap::new(),
            refusals: Refusals::default(),
            dirty: BTreeSet::new(),
            shaken: BTreeSet::new(),
            strangers: BTreeMap::new(),
            lookups: BTreeMap::new(),
            is_deciding: false,
            wanted: None,
            rings: None,
            admitted: Default::default(),
            verified: Verified::default(),
            shelf,
        };
        engine.recall();
        for workspace in engine.documents.workspaces() {
            engine.workspaces.miss(workspace);
        }
        Ok(engine)
    }

    /// Takes up addresses, hints and how far others were.
    fn recall(&mut self) {
        let records =
            self.locals.range(ADDRESS.to_owned()..).take_while(|(key, _)| key.starts_with(ADDRESS));
        let records: Vec<AddressRecord> =
            records.filter_map(|(_, bytes)| minicbor::decode(bytes).ok()).collect();
        for record in records {
            self.peers.learn(record, Timestamp(0));
        }
        for contact in self.joins.contacts() {
            self.peers.hint(contact.node, contact.addresses.clone());
        }
        let ids: Vec<WorkspaceId> = self.workspaces.ids().copied().collect();
        for workspace in ids {
            let members: Vec<OrganizationId> = self
                .workspaces
                .state(&workspace)
                .map(|state| state.members.keys().copied().collect())
                .unwrap_or_default();
            for member in members {
                let cached = self.shelf.cached(&reached_key(&workspace, &member));
                if let Some((place, seen)) =
                    cached.and_then(|bytes| minicbor::decode::<(u64, Timestamp)>(&bytes).ok())
                {
                    let count = u64::try_from(self.documents.arrivals(&workspace).len())
                        .unwrap_or(u64::MAX);
                    self.sync.reach(workspace, member, place.min(count));
                    let last = self.seen.entry(member).or_insert(seen);
                    *last = seen.max(*last);
                    self.workspaces.hear(workspace, seen);
                }
            }
        }
    }

    /// Takes one input. Never blocks, never fails: what cannot be done is an answer or is left out.
    pub fn handle(&mut self, now: impl Into<Moment>, input: Input) -> Effects {
        let mut effects = Effects::default();
        let Moment { wall, steady } = now.into();
        (self.now, self.steady) = (wall, steady);
        self.take_up_mended(&mut effects);
        if !matches!(input, Input::Received(..)) {
            self.wanted = None;
        }
        if matches!(input, Input::Command(..)) {
            self.rings = None;
        }
        match input {
            Input::Command(id, command) => {
                if let Some(outcome) = self.on_command(id, command, &mut effects) {
                    effects.notify.push(Signal::Answer(id, outcome));
                }
            }
            Input::PeerUp(node) => self.on_peer_up(node, &mut effects),
            Input::PeerDown(node) => self.on_peer_down(node, &mut effects),
            Input::DialFailed(node) => self.peers.failed(node, self.steady),
            Input::Found(address, node) => self.on_found(&address, node, &mut effects),
            Input::NobodyAt(address) => self.on_nobody_at(&address, &mut effects),
            Input::Discovered(node, addresses) => self.peers.hint(node, addresses),
            Input::Received(node, frame) => self.on_frame(node, &frame, &mut effects),
            Input::Listening(addresses) => self.on_listening(addresses, &mut effects),
            Input::Lost { envelopes, entries } => self.on_lost(envelopes, &entries, &mut effects),
            Input::Tick => {}
        }
        self.on_time(&mut effects);
        effects
    }

    /// Returns chance for an engine that takes this one's place.
    pub fn draw(&mut self) -> [u8; 32] {
        self.chance.bytes()
    }

    /// Hears that all effects handed out so far are durable. Only then may documents leave memory.
    pub fn persisted(&mut self) {
        self.documents.trim();
    }

    const fn own(&self) -> OrganizationId {
        self.identity.card.organization
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    fn on_frame(&mut self, from: NodeId, frame: &[u8], effects: &mut Effects) {
        let message = match Message::from_frame(frame) {
            Ok(message) => message,
            Err(error) => {
                debug!(peer = %from, %error, "hung up on a peer that sent something else than a message");
                effects.close.push(from);
                return;
            }
        };
        match message {
            Message::Membership { workspace, heads } => {
                self.on_membership(from, workspace, &heads, effects);
            }
            Message::Entries { workspace, entries } => {
                let entries: Vec<Vec<u8>> = entries.into_iter().map(Into::into).collect();
                self.on_entries(from, workspace, &entries, effects);
            }
            Message::Unknown { workspace } => self.on_unknown(from, workspace, effects),
            Message::Redeem(redemption) => self.on_redeem(from, redemption, effects),
            Message::Refused { workspace, reason } => {
                self.on_refused(from, workspace, reason, effects);
            }
            Message::Return(certificate) => self.on_return(from, certificate, effects),
            Message::Pair(request) => self.on_pair(from, &request, effects),
            // Answers to a computer that is not set up yet, which has no engine.
            Message::Paired { .. } | Message::NotPaired(_) => {}
            Message::Reconcile { workspace, first, frame, round } => {
                self.on_reconcile(from, workspace, (first, round), &frame, effects);
            }
            Message::Offer { workspace, ids, mark } => {
                self.on_offer(from, workspace, &ids, mark, effects);
            }
            Message::Want { workspace, ids } => self.on_want(from, workspace, &ids, effects),
            Message::Wanted { workspace, pack } => self.on_wanted(from, workspace, &pack, effects),
            Message::News { workspace, pack, mark } => {
                self.on_news(from, workspace, &pack, mark, effects);
            }
            Message::Give { workspace, from: place, frames } => {
                self.on_give(from, workspace, place, frames, effects);
            }
            Message::Given { workspace, pack, next } => {
                self.on_given(from, workspace, &pack, next, effects);
            }
            Message::Again { workspace } => {
                if self.sync.open_talk(&from, &workspace).is_some()
                    && self.identity.key.id() < from
                    && !self.sync.has_bulk(&workspace)
                {
                    self.start_reconciling(from, workspace, effects);
                }
            }
            Message::Lazy { workspace } => {
                if let Some(talk) = self.sync.open_talk(&from, &workspace) {
                    talk.set_lazy(true);
                }
            }
            Message::Stored { workspace, mark } => self.on_stored(from, workspace, mark, effects),
            Message::Addresses(records) => self.on_addresses(from, records, effects),
            Message::Presence { document, person, at } => {
                self.on_presence(from, document, person, at, effects);
            }
            Message::Lookup(lookup) => self.on_lookup(from, lookup, effects),
            Message::Sealed { lookup, invite } => {
                let sealed = invite.as_ref().map(|invite| invite.as_slice());
                self.on_sealed(from, &lookup, sealed, effects);
            }
        }
    }

    fn on_peer_up(&mut self, node: NodeId, effects: &mut Effects) {
        // If its last connection ended unnoticed, nothing said on it counts any more.
        self.sync.hang_up(&node);
        self.peers.came_up(node);
        self.lookups.remove(&node);
        self.ask_for_invites(node, effects);
        for invite in self.joins.to_show(&node).into_iter().cloned().collect::<Vec<Invite>>() {
            self.show_invite(node, &invite, effects);
        }
        if self.joins.is_return_contact(&node) {
            send(effects, node, &Message::Return(self.identity.certificate.clone()));
        }
        let shared = self.shared_with(&node);
        if shared.is_empty() {
            if self.is_kin(&node) {
                self.greet(node, effects);
            } else {
                self.strangers.insert(node, self.steady);
            }
        }
        for workspace in shared.into_iter().chain(self.waited_for(&node)) {
            self.send_membership(node, workspace, effects);
        }
        effects.notify.push(Signal::Changed(Event::Peers));
    }

    fn on_peer_down(&mut self, node: NodeId, effects: &mut Effects) {
        self.peers.went_down(node, self.steady);
        for workspace in self.shared_with(&node) {
            self.workspaces.hear(workspace, self.now);
        }
        self.sync.hang_up(&node);
        self.joins.drop_gathered(&node);
        self.strangers.remove(&node);
        self.lookups.remove(&node);
        for organization in self.organizations_of(&node) {
            self.seen.insert(organization, self.now);
            if !self.is_connected(&organization) {
                for document in self.presence.gone(&organization) {
                    effects.notify.push(Signal::Changed(Event::Presence { document }));
                }
            }
            self.keep_reached(&organization, effects);
        }
        effects.notify.push(Signal::Changed(Event::Peers));
    }

    fn on_listening(&mut self, addresses: Vec<String>, effects: &mut Effects) {
        self.peers.listen(addresses);
        let last = self.peers.record(&self.identity.key.id());
        if last.is_some_and(|last| last.contact.addresses == self.peers.own()) {
            // It was said, and kept, before; who connects is told anyway. Said anew, it would go round to all.
            return;
        }
        let time = self.peers.record(&self.identity.key.id()).map_or(self.now, |last| {
            // Must be newer than the last one even if the clock went back.
            Timestamp(self.now.0.max(last.time.0.saturating_add(1)))
        });
        let record = AddressRecord::new(&self.identity.key, self.peers.own().to_vec(), time);
        self.learn(record.clone(), effects);
        for node in self.peers.up().clone() {
            if self.is_kin(&node) || !self.shared_with(&node).is_empty() {
                send(effects, node, &Message::Addresses(vec![record.clone()]));
            }
        }
    }

    fn on_addresses(&mut self, from: NodeId, records: Vec<AddressRecord>, effects: &mut Effects) {
        if self.shared_with(&from).is_empty() && !self.is_kin(&from) {
            return;
        }
        let known = self.known_nodes();
        let mut news = Vec::new();
        for record in records {
            if known.contains(&record.node())
                && record.node() != self.identity.key.id()
                && self.peers.is_news(&record)
                && record.is_true()
                && self.peers.may_learn(&record, self.steady)
                && self.learn(record.clone(), effects)
            {
                news.push(record);
            }
        }
        if news.is_empty() {
            return;
        }
        for node in self.peers.up().clone() {
            // Only to those who share a workspace with the node that is spoken of.
            let fitting: Vec<AddressRecord> = news
                .iter()
                .filter(|record| node != from && self.know_each_other(&node, &record.node()))
                .cloned()
                .collect();
            if !fitting.is_empty() {
                send(effects, node, &Message::Addresses(fitting));
            }
        }
    }

    fn learn(&mut self, record: AddressRecord, effects: &mut Effects) -> bool {
        let (key, value) =
            (format!("{ADDRESS}{}", record.node()), crdt_schema::codec::encode(&record));
        let is_news = self.peers.learn(record, self.now);
        if is_news {
            self.locals.insert(key.clone(), value.clone());
            effects.persist.push(Record::Local { key, value: Some(value) });
        }
        is_news
    }

    /// Does whatever is due, and says when to be called again.
    fn on_time(&mut self, effects: &mut Effects) {
        let now = self.steady;
        let wanted = self.wanted.take().unwrap_or_else(|| self.find_wanted());
        let (dials, next_dial) = self.peers.due(&wanted, now);
        self.wanted = Some(wanted);
        effects.admit = self.newly_admitted();
        effects.dial.extend(dials);
        let next_herald = self.send_heralds(effects);
        let next_bulk = self.mind_bulk(effects);
        let next_put_off = self.ask_again(effects);

        let (again, next_ask) = self.joins.due(self.peers.up(), now);
        for (node, invite) in again {
            self.show_invite(node, &invite, effects);
        }
        let (left, next_leave) = self.presence.expire(now);
        for document in left {
            effects.notify.push(Signal::Changed(Event::Presence { document }));
        }
        let next_seek = self.end_seeks(effects);
        let next_stranger = self.send_strangers_away(effects);
        let next_lapse = self.lapse_suspensions(effects);
        let next_election = self.hold_elections(effects);
        self.take_early_entries(effects);
        self.write_again(effects);
        self.cache_lists(effects);
        self.ask_for_lost(effects);
        // As soon as what mends it is durable.
        let next_mend = self.documents.has_mended().then_some(now);
        let next = [
            next_dial,
            next_herald,
            next_bulk,
            next_put_off,
            next_ask,
            next_leave,
            next_seek,
            next_stranger,
            next_lapse,
            next_election,
            next_mend,
        ]
        .into_iter()
        .flatten()
        .min();
        effects.wake_at = next.map(|at| at.max(now));
    }

    fn send_strangers_away(&mut self, effects: &mut Effects) -> Option<Timestamp> {
        let mut next = None::<Timestamp>;
        for (node, since) in self.strangers.clone() {
            let until = Timestamp(since.0.saturating_add(STRANGER));
            let is_expected = self.joins.contacts().any(|contact| contact.node == node);
            if is_expected || self.is_kin(&node) || !self.shared_with(&node).is_empty() {
                self.strangers.remove(&node);
            } else if until <= self.steady {
                self.strangers.remove(&node);
                effects.close.push(node);
            } else {
                next = Some(next.map_or(until, |next| next.min(until)));
            }
        }
        next
    }

    fn keep_reached(&self, organization: &OrganizationId, effects: &mut Effects) {
        for workspace in self.workspaces.ids() {
            if self.workspaces.state(workspace).is_some_and(|state| state.is_member(organization)) {
                let value = crdt_schema::codec::encode(&(
                    self.sync.reached(workspace, organization),
                    self.now,
                ));
                effects.persist.push(Record::Cache {
                    key: reached_key(workspace, organization),
                    value: Some(value),
                });
            }
        }
    }

    /// Returns the workspaces in which both this organisation and the node's are in.
    fn shared_with(&self, node: &NodeId) -> Vec<WorkspaceId> {
        let own = self.own();
        let shared = self.workspaces.ids().filter(|workspace| {
            self.workspaces
                .state(workspace)
                .is_some_and(|state| state.is_member(&own) && state.member_of(node).is_some())
        });
        shared.copied().collect()
    }

    fn organizations_of(&self, node: &NodeId) -> BTreeSet<OrganizationId> {
        self.workspaces
            .ids()
            .filter_map(|workspace| self.workspaces.member_of(workspace, node))
            .collect()
    }

    /// Is any node of the organisation up?
    pub(crate) fn is_connected(&self, organization: &OrganizationId) -> bool {
        self.peers.up().iter().any(|node| self.organizations_of(node).contains(organization))
    }

    pub(crate) fn storage(error: &ShelfError) -> Refused {
        warn!(%error, "stored data cannot be read");
        Refused::Storage(error.to_string())
    }
}

fn reached_key(workspace: &WorkspaceId, organization: &OrganizationId) -> String {
    format!("reached/{workspace}/{organization}")
}

fn send(effects: &mut Effects, node: NodeId, message: &Message) {
    effects.send.push((node, message.to_frame()));
}
