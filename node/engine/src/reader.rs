//! [`Reader`]: what pages and programs may ask of the engine between two inputs.

mod comments;
mod copies;
mod former;
mod history;
mod kin;
mod news;
mod search;
mod sentences;
mod sign_offs;
mod suggestions;
mod tags;
mod trust;
mod upkeep;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::document::Document;
use crdt_schema::identity::{
    DocumentId, InviteId, NodeId, OrganizationId, Role, Timestamp, WorkspaceId,
};
use crdt_schema::key::OrganizationCard;
use crdt_schema::phrase::{Phrase, Place};

pub use comments::positions;
pub use news::{AccessChange, News, Waiting};
pub use search::{Choices, Decided, Excerpt, Found, Rank, Search};
pub use sign_offs::SignedText;
pub use suggestions::Preview;
pub use tags::{Term, Terms};

use crate::effects::Refused;
use crate::engine::Engine;
use crate::view::{
    DocumentView, InviteView, JoinState, JoinView, MemberView, PeerView, PresenceView, WayView,
    WorkspaceView,
};

/// Reads the engine's state. Documents are opened as they are asked for.
#[derive(Debug)]
pub struct Reader<'a>(pub(crate) &'a mut Engine);

/// What is counted for `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub sync_rounds: u64,
    pub documents_loaded: usize,
    pub refused: BTreeMap<&'static str, u64>,
}

impl Engine {
    /// Returns a view for reading.
    pub const fn reader(&mut self) -> Reader<'_> {
        Reader(self)
    }
}

impl Reader<'_> {
    /// Returns this node's organisation.
    #[must_use]
    pub fn card(&self) -> &OrganizationCard {
        &self.0.identity.card
    }

    /// Returns this node.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.0.identity.key.id()
    }

    /// Returns where this node can be reached, as it last told others.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        let record = self.0.peers.record(&self.node());
        record.map(|record| record.contact.addresses.as_slice()).unwrap_or_default()
    }

    /// Returns the workspaces that this organisation is in, by name.
    #[must_use]
    pub fn workspaces(&self) -> Vec<WorkspaceView> {
        let mut workspaces: Vec<WorkspaceView> =
            self.0.workspaces.ids().filter_map(|id| self.workspace(id)).collect();
        workspaces.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        workspaces
    }

    /// Returns a workspace that this organisation is in.
    #[must_use]
    pub fn workspace(&self, id: &WorkspaceId) -> Option<WorkspaceView> {
        let state = self.0.workspaces.state(id)?;
        let member = state.members.get(&self.card().organization)?;
        if !member.standing.is_in() {
            return None;
        }
        Some(WorkspaceView {
            id: *id,
            name: state.name.to_string(),
            role: member.role,
            standing: member.standing,
            rules: (*state.rules).clone(),
            members: state
                .members
                .keys()
                .filter(|organization| state.is_member(organization))
                .count(),
            documents: self.readable(id).count(),
            created: state.created,
        })
    }

    /// Returns this organisation's role in a workspace that it is in.
    fn role(&self, workspace: &WorkspaceId) -> Option<Role> {
        let state = self.0.workspaces.state(workspace)?;
        let member = state.members.get(&self.card().organization)?;
        member.standing.is_in().then_some(member.role)
    }

    fn readable(&self, workspace: &WorkspaceId) -> impl Iterator<Item = DocumentId> {
        let own = self.card().organization;
        self.0
            .documents
            .in_workspace(*workspace)
            .filter(move |id| self.0.documents.may_read(id, &own))
    }

    /// Returns the joins that are not through, oldest first.
    #[must_use]
    pub fn joins(&self) -> Vec<JoinView> {
        let mut joins: Vec<JoinView> = self
            .0
            .joins
            .all()
            .map(|join| JoinView {
                workspace: join.invite.offer.workspace,
                workspace_name: join.invite.workspace_name.to_string(),
                inviter: join.invite.offer.inviter,
                inviter_name: join.invite.inviter_name.to_string(),
                role: join.invite.offer.role,
                since: join.since,
                state: join.state.clone(),
            })
            .collect();
        joins.sort_by_key(|join| join.since);
        joins
    }

    /// Returns what a join waits for; `None` if it is through or was never begun.
    #[must_use]
    pub fn join_state(&self, workspace: &WorkspaceId) -> Option<&JoinState> {
        self.0.join_state(workspace)
    }

    /// Returns who is in a workspace or waits, by name.
    #[must_use]
    pub fn members(&self, workspace: &WorkspaceId) -> Vec<MemberView> {
        if self.workspace(workspace).is_none() {
            return Vec::new();
        }
        let Some(state) = self.0.workspaces.state(workspace) else { return Vec::new() };
        let own = self.card().organization;
        let mut members: Vec<MemberView> = state
            .members
            .iter()
            .map(|(organization, member)| {
                let (unseen, unseen_since) = self.unseen(workspace, organization);
                let nodes = state.nodes.iter().filter(|(_, of)| *of == organization);
                let (ended, nodes): (Vec<NodeId>, Vec<NodeId>) =
                    nodes.map(|(node, _)| *node).partition(|node| state.ended.contains_key(node));
                MemberView {
                    organization: *organization,
                    name: member.name().to_string(),
                    sector: member.sector(),
                    fingerprint: organization.fingerprint(),
                    role: member.role,
                    standing: member.standing,
                    suspension: self.suspension(workspace, member),
                    profile: member.profile.clone(),
                    invited_by: member.invited_by,
                    since: member.since,
                    nodes,
                    ended,
                    is_self: *organization == own,
                    connected: self.0.is_connected(organization),
                    last_seen: self.0.seen.get(organization).copied(),
                    unseen,
                    unseen_since,
                }
            })
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name).then(a.organization.cmp(&b.organization)));
        members
    }

    /// Counts the changes held here that a member may read and is not known to have, and since when the oldest waits.
    fn unseen(
        &self,
        workspace: &WorkspaceId,
        member: &OrganizationId,
    ) -> (usize, Option<Timestamp>) {
        let mut unseen = (0, None::<Timestamp>);
        for (_, time) in self.unseen_arrivals(workspace, member) {
            unseen = (unseen.0 + 1, Some(unseen.1.map_or(time, |first| first.min(time))));
        }
        unseen
    }

    fn unseen_arrivals(
        &self,
        workspace: &WorkspaceId,
        member: &OrganizationId,
    ) -> impl Iterator<Item = (usize, Timestamp)> {
        let own = self.card().organization;
        // Whoever is out has nobody to send anything to.
        let is_other = *member != own
            && self
                .0
                .workspaces
                .state(workspace)
                .is_some_and(|state| state.is_member(&own) && state.is_member(member));
        let reached = usize::try_from(self.0.sync.reached(workspace, member)).unwrap_or(usize::MAX);
        let arrivals = self.0.documents.arrivals(workspace).iter().enumerate().skip(reached);
        arrivals
            .filter(move |(_, arrival)| is_other && self.0.documents.may_have(arrival, member))
            .map(|(place, arrival)| (place, arrival.time))
    }

    /// Counts the changes that some member who may read them is not known to have. In a large workspace, where nobody
    /// hears from everybody: those that nobody else is known to have.
    #[must_use]
    pub fn unsent(&self) -> usize {
        let mut unsent = BTreeSet::new();
        for workspace in self.0.workspaces.ids() {
            if self.0.workspaces.nodes_of(workspace).len() > crate::mesh::SMALL {
                let alone = self.had_by_nobody(workspace);
                unsent.extend(alone.map(|place| (*workspace, place)));
                continue;
            }
            let members = self
                .0
                .workspaces
                .state(workspace)
                .into_iter()
                .flat_map(|state| state.members.keys());
            for member in members {
                unsent.extend(
                    self.unseen_arrivals(workspace, member).map(|(place, _)| (*workspace, place)),
                );
            }
        }
        unsent.len()
    }

    /// Returns the places of the changes that no other member is known to have, though some may read them.
    fn had_by_nobody(&self, workspace: &WorkspaceId) -> impl Iterator<Item = usize> {
        let own = self.card().organization;
        let state = self.0.workspaces.state(workspace);
        let members = state.into_iter().flat_map(|state| state.members.keys());
        let others: Vec<OrganizationId> =
            members.filter(|member| **member != own).copied().collect();
        let reached = others.iter().map(|other| self.0.sync.reached(workspace, other)).max();
        let first = usize::try_from(reached.unwrap_or(0)).unwrap_or(usize::MAX);
        let arrivals = self.0.documents.arrivals(workspace).iter().enumerate().skip(first);
        let alone = arrivals.filter(|(place, arrival)| {
            let place = u64::try_from(*place).unwrap_or(u64::MAX);
            let may = |other: &&OrganizationId| self.0.documents.may_have(arrival, other);
            let has = |other| self.0.sync.is_ahead(workspace, other, place);
            others.iter().any(|other| may(&other)) && !others.iter().any(has)
        });
        alone.map(|(place, _)| place).collect::<Vec<_>>().into_iter()
    }

    /// Returns the invites made at this node, newest first.
    #[must_use]
    pub fn invites(&self, workspace: &WorkspaceId) -> Vec<InviteView> {
        let Some(state) = self.0.workspaces.state(workspace) else { return Vec::new() };
        let mut invites: Vec<InviteView> = self
            .0
            .workspaces
            .invites(*workspace)
            .map(|invite| {
                let offer = &invite.offer;
                InviteView {
                    id: offer.id,
                    text: invite.to_text(),
                    role: offer.role,
                    uses: offer.uses,
                    used: u32::try_from(state.uses(&offer.id)).unwrap_or(u32::MAX),
                    created: offer.created,
                    expires: offer.expires,
                    approval: offer.approval,
                    only_for: offer.only_for,
                    revoked: state.is_revoked(&offer.id),
                    phrase: self.phrase(workspace, offer.id, None),
                }
            })
            .collect();
        invites.sort_by_key(|invite| (std::cmp::Reverse(invite.created), invite.id));
        invites
    }

    /// Returns the phrase of an invite made at this node: for a place where others reach this computer, or for the address of
    /// its own that reaches furthest. `None` if there is no such invite, or no address that words can hold.
    #[must_use]
    pub fn phrase(
        &self,
        workspace: &WorkspaceId,
        invite: InviteId,
        place: Option<Place>,
    ) -> Option<Phrase> {
        let invite = self.0.workspaces.invite(*workspace, invite)?;
        Some(Phrase::new(invite, place.or_else(|| self.0.peers.spoken_place())?))
    }

    /// Returns the other organisations of all workspaces, by name.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerView> {
        let own = self.card().organization;
        let mut peers = BTreeMap::<OrganizationId, PeerView>::new();
        let mut computers = BTreeMap::<OrganizationId, BTreeSet<NodeId>>::new();
        for workspace in self.workspaces() {
            for member in self.members(&workspace.id) {
                if member.organization == own || !member.standing.is_in() {
                    continue;
                }
                let addresses = member.nodes.iter().filter_map(|node| self.0.peers.record(node));
                let addresses: Vec<String> =
                    addresses.flat_map(|record| record.contact.addresses.clone()).collect();
                let peer = peers.entry(member.organization).or_insert_with(|| PeerView {
                    organization: member.organization,
                    name: member.name,
                    connected: member.connected,
                    last_seen: member.last_seen,
                    unseen: 0,
                    unseen_since: None,
                    addresses,
                    ways: Vec::new(),
                });
                let ended = member.ended.iter().copied().collect();
                let nodes = member.nodes.into_iter().collect::<BTreeSet<_>>();
                computers.entry(member.organization).or_default().extend(&nodes - &ended);
                peer.unseen += member.unseen;
                peer.unseen_since =
                    [peer.unseen_since, member.unseen_since].into_iter().flatten().min();
            }
        }
        for (organization, computers) in computers {
            if let Some(peer) = peers.get_mut(&organization) {
                peer.ways = self.0.ways(&computers);
            }
        }
        let mut peers: Vec<PeerView> = peers.into_values().collect();
        peers.sort_by(|a, b| a.name.cmp(&b.name).then(a.organization.cmp(&b.organization)));
        peers
    }

    /// Returns how many nodes are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.peers.up().len()
    }

    /// Returns the way to each of an organisation's computers, without this one.
    #[must_use]
    pub fn ways(&self, organization: &OrganizationId) -> Vec<WayView> {
        self.0.ways(&self.0.computers_of(organization))
    }

    /// Returns the documents of a workspace that this organisation may read, newest first.
    #[must_use]
    pub fn documents(&mut self, workspace: &WorkspaceId) -> Vec<DocumentView> {
        if self.workspace(workspace).is_none() {
            return Vec::new();
        }
        let ids: Vec<DocumentId> = self.readable(workspace).collect();
        let mut documents: Vec<DocumentView> =
            ids.iter().filter_map(|id| self.document(id)).collect();
        documents.sort_by_key(|document| (std::cmp::Reverse(document.updated), document.id));
        documents
    }

    /// Returns a document that this organisation may read, as lists show it.
    pub fn document(&mut self, id: &DocumentId) -> Option<DocumentView> {
        let own = self.card().organization;
        let held =
            self.0.documents.held(id).filter(|held| held.known.is_shown && held.may_read(&own))?;
        let genesis = held.genesis.clone();
        let role = self.role(&genesis.workspace)?;
        let Engine { documents, workspaces, shelf, .. } = &mut *self.0;
        let log = workspaces.log_mut(&genesis.workspace)?;
        let list = match documents.list(id, &**shelf, &*log) {
            Ok(list) => list?,
            Err(error) => {
                tracing::warn!(document = %id, %error, "cannot list a document");
                return None;
            }
        };
        let held = self.0.documents.held(id)?;
        Some(DocumentView {
            id: *id,
            workspace: genesis.workspace,
            kind: genesis.kind,
            owner: genesis.owner,
            owner_name: self.name_of(&genesis.workspace, &genesis.owner),
            created: genesis.created,
            updated: list.updated,
            origin: genesis.origin.clone(),
            heads: list.heads(),
            title: list.title,
            description: list.description,
            status: list.status,
            review_date: list.review_date,
            tags: list.tags,
            area: list.area,
            decision: list.decision,
            suggested: list.suggested,
            discussed: list.discussed,
            may_write: role.may_write() && held.may_write(&own),
            may_suggest: held.may_suggest(&own, role),
            may_set_audience: role.may_write() && self.0.may_set_audience(&genesis.workspace, held),
            audience: held.audience().clone(),
        })
    }

    pub(super) fn name_of(&self, workspace: &WorkspaceId, organization: &OrganizationId) -> String {
        let member =
            self.0.workspaces.state(workspace).and_then(|state| state.members.get(organization));
        member.map_or_else(|| organization.to_string(), |member| member.name().to_string())
    }

    /// Opens a document that this organisation may read.
    ///
    /// # Errors
    /// If there is none, or the store cannot be read.
    pub fn open(&mut self, id: &DocumentId) -> Result<&Document, Refused> {
        self.opened(id).map(|open| &open.document)
    }

    pub(super) fn opened(&mut self, id: &DocumentId) -> Result<&crate::documents::Open, Refused> {
        let workspace = self.0.readable(id)?;
        let Engine { documents, workspaces, shelf, .. } = &mut *self.0;
        let log = workspaces.log_mut(&workspace).ok_or(Refused::NoSuchDocument)?;
        let open = documents
            .open(id, &**shelf, &*log)
            .map_err(|error| Refused::Storage(error.to_string()))?;
        open.map(|open| &*open).ok_or(Refused::NoSuchDocument)
    }

    /// Returns who is in a document now.
    #[must_use]
    pub fn presence(&self, id: &DocumentId) -> Vec<PresenceView> {
        let own = self.card().organization;
        let Some(workspace) = self.0.documents.held(id).map(|held| held.genesis.workspace) else {
            return Vec::new();
        };
        self.0
            .presence
            .in_document(id)
            .map(|(organization, seen)| PresenceView {
                organization: *organization,
                organization_name: self.name_of(&workspace, organization),
                person: seen.person.clone(),
                place: seen.place.clone(),
                is_here: *organization == own,
            })
            .collect()
    }

    /// Returns one of the node's own settings.
    #[must_use]
    pub fn local(&self, key: &str) -> Option<Vec<u8>> {
        self.0.locals.get(key).cloned()
    }

    /// Returns the node's own settings whose key starts with `prefix`.
    #[must_use]
    pub fn locals(&self, prefix: &str) -> Vec<(String, Vec<u8>)> {
        let from = self.0.locals.range(prefix.to_owned()..);
        from.take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Returns what is counted for `/metrics`.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            sync_rounds: self.0.sync.rounds(),
            documents_loaded: self.0.documents.open_count(),
            refused: self.0.refused.clone(),
        }
    }
}
