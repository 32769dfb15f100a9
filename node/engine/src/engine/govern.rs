//! What people decide about members, rules and audiences.

use crdt_schema::access::AccessAct;
use crdt_schema::audience::Audience;
use crdt_schema::envelope::Content;
use crdt_schema::identity::{DocumentId, EntryId, NodeId, OrganizationId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::limits;
use crdt_schema::membership::{Act, Change, NoRight, Profile, Revocation};

use super::Engine;
use crate::documents::change_ids;
use crate::effects::{Done, Effects, Event, Refused, Signal};

impl Engine {
    pub(super) fn decline(
        &mut self,
        workspace: WorkspaceId,
        organization: OrganizationId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let state = self.require_steward(&workspace, "turn an organisation away")?;
        if !state.members.contains_key(&organization) {
            return Err(Refused::NoSuchOrganization);
        }
        self.act(&workspace, Act::Decline(organization), effects)?;
        Ok(Done::Nothing)
    }

    pub(super) fn propose(
        &mut self,
        workspace: WorkspaceId,
        change: Change,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let state = self.state(&workspace)?;
        if let Some(organization) = change.organization()
            && !state.members.contains_key(&organization)
        {
            return Err(Refused::NoSuchOrganization);
        }
        if let Change::Remove { reason, .. } = &change
            && reason.len() > limits::REASON_BYTES
        {
            return Err(too_long("/reason"));
        }
        let is_election = matches!(change, Change::Elect(_));
        if !is_election && !state.is_steward(&self.own()) {
            self.require_steward(&workspace, "change members and rules")?;
        }
        // Others' nodes would take it in and nobody could ever carry it out.
        let state = self.state(&workspace)?;
        if state.could_pass(&change) == Err(NoRight::WouldLeaveNoSteward) {
            return Err(Refused::Impossible("This can never be carried out: it would leave the workspace without a steward. First make another organisation a steward.".to_owned()));
        }
        let id = self.act(&workspace, Act::Propose(change), effects)?;
        self.carry_out(workspace, id, effects)
    }

    pub(super) fn agree(
        &mut self,
        workspace: WorkspaceId,
        proposal: EntryId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let own = self.own();
        let state = self.state(&workspace)?;
        let known = state.proposals.get(&proposal).ok_or(Refused::NoSuchProposal)?;
        if known.enacted.is_none() && !known.agreed.contains_key(&own) {
            self.act(&workspace, Act::Agree(proposal), effects)?;
        }
        self.carry_out(workspace, proposal, effects)
    }

    /// Carries a proposal out if enough have agreed.
    pub(super) fn carry_out(
        &mut self,
        workspace: WorkspaceId,
        proposal: EntryId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let own = self.own();
        let state = self.state(&workspace)?;
        let known = state.proposals.get(&proposal).ok_or(Refused::NoSuchProposal)?;
        if known.enacted.is_some() {
            return Ok(Done::Proposal { id: proposal, enacted: true });
        }
        let is_ripe = self.workspaces.ripens_at(&workspace, &proposal) <= self.now;
        if !is_ripe || !state.enough_agree(&proposal) || !known.agreed.contains_key(&own) {
            return Ok(Done::Proposal { id: proposal, enacted: false });
        }
        let loser = match &known.change {
            Change::Remove { organization, .. } => Some(*organization),
            Change::Role { organization, role } if !role.may_write() => Some(*organization),
            _ => None,
        };
        // The entries of one decision follow each other; what this node does by itself comes after them.
        self.is_deciding = true;
        let done = self.enact(workspace, proposal, loser, effects);
        self.is_deciding = false;
        done?;
        self.do_duties(workspace, effects);
        Ok(Done::Proposal { id: proposal, enacted: true })
    }

    fn enact(
        &mut self,
        workspace: WorkspaceId,
        proposal: EntryId,
        loser: Option<OrganizationId>,
        effects: &mut Effects,
    ) -> Result<EntryId, Refused> {
        let fences = match loser {
            Some(loser) => self.fence(workspace, &loser, effects)?,
            None => Vec::new(),
        };
        self.act(&workspace, Act::Enact { proposal, fences }, effects)
    }

    /// Writes down how far this node has what an organisation wrote for all to read; returns the entries that say so.
    pub(super) fn fence(
        &mut self,
        workspace: WorkspaceId,
        author: &OrganizationId,
        effects: &mut Effects,
    ) -> Result<Vec<EntryId>, Refused> {
        let Self { documents, workspaces, shelf, .. } = self;
        let log = workspaces.log_mut(&workspace).ok_or(Refused::NoSuchWorkspace)?;
        let all = documents
            .fences(workspace, author, &**shelf, &*log)
            .map_err(|error| Self::storage(&error))?;
        let mut entries = Vec::new();
        let mut part = Vec::new();
        let mut size = 0_usize;
        for fence in all {
            let bytes = crdt_schema::codec::encode(&fence).len();
            let is_full = part.len() >= limits::FENCE_DOCUMENTS
                || size.saturating_add(bytes) > limits::ENTRY_BYTES / 2;
            if is_full && !part.is_empty() {
                entries.push(self.act(
                    &workspace,
                    Act::Fence(std::mem::take(&mut part)),
                    effects,
                )?);
                size = 0;
            }
            size = size.saturating_add(bytes);
            part.push(fence);
        }
        if !part.is_empty() {
            entries.push(self.act(&workspace, Act::Fence(part), effects)?);
        }
        entries.sort_unstable();
        Ok(entries)
    }

    pub(super) fn object(
        &mut self,
        workspace: WorkspaceId,
        proposal: EntryId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let state = self.require_steward(&workspace, "object to an election")?;
        if !state.proposals.contains_key(&proposal) {
            return Err(Refused::NoSuchProposal);
        }
        self.act(&workspace, Act::Object(proposal), effects)?;
        Ok(Done::Nothing)
    }

    pub(super) fn suspend(
        &mut self,
        workspace: WorkspaceId,
        organization: OrganizationId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let state = self.require_steward(&workspace, "suspend an organisation")?;
        if !state.members.contains_key(&organization) {
            return Err(Refused::NoSuchOrganization);
        }
        if reason.len() > limits::REASON_BYTES {
            return Err(too_long("/reason"));
        }
        let fences = self.fence(workspace, &organization, effects)?;
        self.act(&workspace, Act::Suspend { organization, reason, fences }, effects)?;
        Ok(Done::Nothing)
    }

    pub(super) fn leave(
        &mut self,
        workspace: WorkspaceId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        self.state(&workspace)?;
        let own = self.own();
        let fences = self.fence(workspace, &own, effects)?;
        self.act(&workspace, Act::Leave(fences), effects)?;
        Ok(Done::Nothing)
    }

    pub(super) fn revoke_node(
        &mut self,
        node: NodeId,
        word: Option<&Revocation>,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        if node == self.identity.key.id() {
            return Err(Refused::NotAllowed(
                "This is the computer you are using. End it from another computer of your organisation. If it is the only one, bring your organisation back on a new computer with the recovery kit, and end this one from there.".to_owned(),
            ));
        }
        let own = self.own();
        let where_known: Vec<WorkspaceId> = self
            .workspaces
            .ids()
            .filter(|workspace| {
                self.state(workspace).is_ok_and(|state| {
                    state.nodes.get(&node).is_some_and(|of| *of == own)
                        && !state.ended.contains_key(&node)
                })
            })
            .copied()
            .collect();
        if where_known.is_empty() && !self.is_kin(&node) {
            return Err(Refused::NotAllowed(
                "This is no computer of your organisation, or it was ended already.".to_owned(),
            ));
        }
        for workspace in where_known {
            let fences = self.fence(workspace, &own, effects)?;
            let act = Act::RevokeNode { node, word: word.cloned(), fences };
            self.act(&workspace, act, effects)?;
        }
        effects.persist.extend(self.kin.end(node));
        effects.notify.push(Signal::Changed(Event::Peers));
        Ok(Done::Nothing)
    }

    pub(super) fn describe(
        &mut self,
        profile: &Profile,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspaces: Vec<WorkspaceId> = self.workspaces.ids().copied().collect();
        for workspace in workspaces {
            if self.state(&workspace).is_ok() {
                self.act(&workspace, Act::Describe(profile.clone()), effects)?;
            }
        }
        Ok(Done::Nothing)
    }

    pub(super) fn set_audience(
        &mut self,
        document: DocumentId,
        audience: Audience,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_writer(&workspace, None)?;
        let own = self.own();
        let held = self.documents.held(&document).ok_or(Refused::NoSuchDocument)?;
        if !self.may_set_audience(&workspace, held) {
            return Err(Refused::NotAllowed(
                "Only the organisation that made this document can change who reads it.".to_owned(),
            ));
        }
        if !audience.may_write(&own) || !audience.is_bounded() {
            return Err(Refused::Invalid {
                pointer: "/write".to_owned(),
                message: "Your own organisation must be among those who read and write".to_owned(),
            });
        }
        if *held.audience() != audience {
            self.gather(&workspace, effects)?;
            let Self { documents, workspaces, shelf, .. } = self;
            let log = workspaces.log_mut(&workspace).ok_or(Refused::NoSuchWorkspace)?;
            let open = documents
                .open(&document, &**shelf, &*log)
                .map_err(|error| Self::storage(&error))?
                .ok_or(Refused::NoSuchDocument)?;
            let fence = change_ids(&open.document.heads());
            let signed = open.ledger.newest_signed(|of| !audience.may_read(of));
            let content = Content::Access(AccessAct::Set { audience, fence, signed });
            let envelope = self.seal(workspace, document, None, person, content)?;
            self.keep(&envelope, effects)?;
        }
        let heads = self.heads(&document);
        Ok(Done::Document { id: document, made: heads.clone(), heads })
    }

    /// May this organisation change who reads and writes a document?
    pub(crate) fn may_set_audience(
        &self,
        workspace: &WorkspaceId,
        held: &crate::documents::Held,
    ) -> bool {
        let own = self.own();
        let owner = held.genesis.owner;
        self.state(workspace).is_ok_and(|state| {
            owner == own
                || (!state.is_member(&owner) && state.is_steward(&own) && held.may_read(&own))
        })
    }
}

fn too_long(pointer: &str) -> Refused {
    Refused::Invalid {
        pointer: pointer.to_owned(),
        message: format!("Say why in at most {} letters", limits::REASON_BYTES),
    }
}
