//! Part: the membership logs, and the invites made at this node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_schema::identity::{EntryId, InviteId, NodeId, OrganizationId, Timestamp, WorkspaceId};
use crdt_schema::invite::{Invite, Offer, Redemption};
use crdt_schema::limits;
use crdt_schema::membership::{Entry, Insert, Log, RefuseEntry, Standing, State};

use crate::effects::Record;
use crate::message::Reason;
use crate::shelf::{Shelf, ShelfError};

const INVITES: &str = "invite/";

#[derive(Debug, Default)]
pub(crate) struct Workspaces {
    logs: BTreeMap<WorkspaceId, Log>,
    invites: BTreeMap<(WorkspaceId, InviteId), Invite>,
}

/// What became of entries that a peer sent.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) records: Vec<Record>,
    pub(crate) refused: Option<RefuseEntry>,
    pub(crate) is_incomplete: bool,
}

impl Workspaces {
    pub(crate) fn load(shelf: &dyn Shelf) -> Result<Self, ShelfError> {
        let mut workspaces = Self::default();
        for (workspace, bytes) in shelf.entries()? {
            let unreadable =
                || ShelfError(format!("a membership entry of workspace {workspace} is damaged"));
            let entry = Entry::from_bytes(&bytes).map_err(|_| unreadable())?;
            match workspaces.logs.get_mut(&workspace) {
                Some(log) => drop(log.insert(entry).map_err(|_| unreadable())?),
                None => drop(
                    workspaces.logs.insert(workspace, Log::found(entry).map_err(|_| unreadable())?),
                ),
            }
        }
        for (_, text) in shelf.locals(INVITES)? {
            if let Some(invite) =
                String::from_utf8(text).ok().and_then(|text| Invite::from_text(&text).ok())
            {
                workspaces.invites.insert((invite.offer.workspace, invite.offer.id), invite);
            }
        }
        Ok(workspaces)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &WorkspaceId> {
        self.logs.keys()
    }

    pub(crate) fn log(&self, workspace: &WorkspaceId) -> Option<&Log> {
        self.logs.get(workspace)
    }

    pub(crate) fn state(&self, workspace: &WorkspaceId) -> Option<&Arc<State>> {
        self.logs.get(workspace).map(Log::state)
    }

    pub(crate) fn state_at(
        &mut self,
        workspace: &WorkspaceId,
        heads: &[EntryId],
    ) -> Option<Arc<State>> {
        self.logs.get_mut(workspace)?.state_at(heads)
    }

    /// Returns the newest entries that a node's own next entry builds on: all, or as many as it may name. Among them
    /// the node must be in, or nobody would believe it.
    pub(crate) fn parents(
        &mut self,
        workspace: &WorkspaceId,
        node: &NodeId,
    ) -> Option<Vec<EntryId>> {
        let log = self.logs.get_mut(workspace)?;
        let heads = log.heads();
        if heads.len() <= limits::PARENTS {
            return Some(heads);
        }
        let mut parts = heads.chunks(limits::PARENTS);
        parts
            .find(|part| log.state_at(part).is_some_and(|state| state.member_of(node).is_some()))
            .map(<[EntryId]>::to_vec)
    }

    /// Returns the member whose node this is, if it is in.
    pub(crate) fn member_of(
        &self,
        workspace: &WorkspaceId,
        node: &NodeId,
    ) -> Option<OrganizationId> {
        self.state(workspace)?.member_of(node).map(|(organization, _)| *organization)
    }

    /// Returns all nodes of all members of all workspaces.
    pub(crate) fn nodes(&self) -> BTreeSet<NodeId> {
        let states = self.logs.values().map(Log::state);
        states
            .flat_map(|state| {
                state.nodes.keys().filter(|node| state.member_of(node).is_some()).copied()
            })
            .collect()
    }

    /// Starts a workspace with its founding entry.
    pub(crate) fn found(&mut self, entry: Entry) -> Result<(WorkspaceId, Record), RefuseEntry> {
        let (id, bytes) = (entry.id(), entry.to_bytes());
        let log = Log::found(entry)?;
        let workspace = log.workspace();
        self.logs.entry(workspace).or_insert(log);
        Ok((workspace, Record::Entry { workspace, id, bytes }))
    }

    /// Adds an entry; returns its record if it is new and fits.
    pub(crate) fn add(
        &mut self,
        workspace: &WorkspaceId,
        entry: Entry,
    ) -> Result<Option<Record>, RefuseEntry> {
        let (id, bytes) = (entry.id(), entry.to_bytes());
        let Some(log) = self.logs.get_mut(workspace) else { return Ok(None) };
        Ok(match log.insert(entry)? {
            Insert::Taken => Some(Record::Entry { workspace: *workspace, id, bytes }),
            Insert::Known | Insert::Missing(_) => None,
        })
    }

    /// Takes entries that a peer sent, as far as they fit.
    pub(crate) fn take(&mut self, workspace: &WorkspaceId, entries: &[Vec<u8>]) -> Taken {
        let mut taken = Taken::default();
        for bytes in entries {
            let Ok(entry) = Entry::from_bytes(bytes) else {
                taken.refused = Some(RefuseEntry::BadSignature);
                break;
            };
            if !self.logs.contains_key(workspace) {
                // The first entry of a log that is not here founds it, if it is the one that gave the id.
                if EntryId::from(*workspace) != entry.id() {
                    taken.is_incomplete = true;
                    break;
                }
                match self.found(entry) {
                    Ok((_, record)) => taken.records.push(record),
                    Err(refused) => taken.refused = Some(refused),
                }
                continue;
            }
            if self.log(workspace).is_some_and(|log| log.knows(&entry.id())) {
                continue;
            }
            match self.add(workspace, entry) {
                Ok(Some(record)) => taken.records.push(record),
                Ok(None) => taken.is_incomplete = true,
                Err(refused) => taken.refused = Some(refused),
            }
        }
        taken
    }

    /// Forgets a log that was only looked at and not stored.
    pub(crate) fn forget(&mut self, workspace: &WorkspaceId) {
        self.logs.remove(workspace);
    }

    /// Keeps an invite made here, so that it can be shown again.
    pub(crate) fn keep_invite(&mut self, invite: Invite) -> Record {
        let Offer { workspace, id, .. } = invite.offer;
        let record = Record::Local {
            key: format!("{INVITES}{workspace}/{id}"),
            value: Some(invite.to_text().into_bytes()),
        };
        self.invites.insert((workspace, id), invite);
        record
    }

    pub(crate) fn invites(&self, workspace: WorkspaceId) -> impl Iterator<Item = &Invite> {
        self.invites
            .range((workspace, InviteId([0; 32]))..=(workspace, InviteId([255; 32])))
            .map(|(_, invite)| invite)
    }

    /// May this redemption be countersigned now? Tells a stranger nothing unless the offer is a steward's own.
    pub(crate) fn judge_redemption(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<Admission, Reason> {
        let offer = &redemption.offer;
        let Some(state) = self.state(&offer.workspace) else { return Err(Reason::NotValidHere) };
        let is_stewards = state.nodes.get(&offer.node) == Some(&offer.inviter)
            && state.is_steward(&offer.inviter);
        if !redemption.is_true() || !is_stewards {
            return Err(Reason::NotValidHere);
        }
        if let Some(member) = state.members.get(&redemption.card.organization) {
            return match member.standing {
                Standing::Waiting => Err(Reason::NeedsApproval),
                Standing::Member if state.nodes.contains_key(&redemption.certificate.node) => {
                    Ok(Admission::Already)
                }
                Standing::Member => Ok(Admission::NewNode),
            };
        }
        if state.is_revoked(&offer.id) {
            return Err(Reason::Revoked);
        }
        if state.uses(&offer.id) >= usize::try_from(offer.uses).unwrap_or(usize::MAX) {
            return Err(Reason::UsedUp);
        }
        if now > offer.expires {
            return Err(Reason::Expired);
        }
        Ok(Admission::New)
    }
}

/// What countersigning a redemption would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    New,
    /// The organisation is in; this is another node of its.
    NewNode,
    Already,
}
