//! Part: the membership logs, and the invites made at this node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crdt_schema::identity::{EntryId, InviteId, NodeId, OrganizationId, Timestamp, WorkspaceId};
use crdt_schema::invite::{Invite, Offer, Redemption};
use crdt_schema::ledger::{Exclusion, Membership};
use crdt_schema::limits;
use crdt_schema::membership::{
    Act, Change, ELECTION, Entry, Insert, Log, Proposal, RefuseEntry, SUSPENSION, Standing, State,
};
use crdt_schema::phrase::Lookup;
use tracing::warn;

use crate::effects::Record;
use crate::message::Reason;
use crate::shelf::{Shelf, ShelfError};

const INVITES: &str = "invite/";

/// When a suspension or the proposal of an election came to this node's notice.
const NOTICED: &str = "noticed/";
/// Entries that end a suspension before its time by this node's clock, with what builds on them: this many are kept for later.
const EARLY: usize = 1_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Workspaces {
    logs: BTreeMap<WorkspaceId, Log>,
    invites: BTreeMap<(WorkspaceId, InviteId), Invite>,
    /// By what each of them is asked for, if somebody has its phrase.
    lookups: BTreeMap<Lookup, (WorkspaceId, InviteId)>,
    /// What kept somebody's envelopes from counting when that was last looked at.
    exclusions: BTreeMap<WorkspaceId, BTreeSet<Exclusion>>,
    noticed: BTreeMap<EntryId, Timestamp>,
    /// When this node last heard of all that others had.
    heard: BTreeMap<WorkspaceId, Timestamp>,
    early: BTreeMap<EntryId, (WorkspaceId, Vec<u8>)>,
    /// Kept here, but what they build on was lost. They come in again behind it.
    stray: BTreeMap<EntryId, (WorkspaceId, Entry)>,
    /// Whose log was lost, or the entry that founds it.
    lost: BTreeSet<WorkspaceId>,
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
            match Entry::from_bytes(&bytes) {
                Ok(entry) => workspaces.take_up(workspace, entry),
                Err(error) => warn!(%workspace, %error, "a membership entry does not read"),
            }
        }
        let found: Vec<WorkspaceId> = workspaces.logs.keys().copied().collect();
        found.iter().for_each(|workspace| workspaces.take_strays(workspace));
        let strays: BTreeSet<WorkspaceId> = workspaces.stray.values().map(|(of, _)| *of).collect();
        strays.into_iter().for_each(|workspace| workspaces.miss(workspace));
        for (workspace, log) in &workspaces.logs {
            let now = log.exclusions().into_iter().collect();
            workspaces.exclusions.insert(*workspace, now);
        }
        for (key, value) in shelf.locals(NOTICED)? {
            let entry = key.strip_prefix(NOTICED).and_then(|entry| entry.parse().ok());
            if let (Some(entry), Ok(time)) = (entry, minicbor::decode(&value)) {
                workspaces.noticed.insert(entry, time);
            }
        }
        for (_, text) in shelf.locals(INVITES)? {
            if let Some(invite) =
                String::from_utf8(text).ok().and_then(|text| Invite::from_text(&text).ok())
            {
                workspaces.put_invite(invite);
            }
        }
        Ok(workspaces)
    }

    /// Takes up an entry that was kept. What was taken once was allowed; it is judged again only because the state grows
    /// out of that.
    fn take_up(&mut self, workspace: WorkspaceId, entry: Entry) {
        let id = entry.id();
        let outcome = match self.logs.get_mut(&workspace) {
            None if EntryId::from(workspace) == id => Log::found(entry).map(|log| {
                self.logs.insert(workspace, log);
            }),
            None => {
                self.stray.insert(id, (workspace, entry));
                Ok(())
            }
            Some(log) => match log.insert(entry.clone()) {
                Ok(Insert::Missing(_)) => {
                    self.stray.insert(id, (workspace, entry));
                    Ok(())
                }
                Ok(Insert::Taken | Insert::Known) => Ok(()),
                Err(refused) => Err(refused),
            },
        };
        if let Err(refused) = outcome {
            warn!(%workspace, entry = %id, %refused, "a membership entry that was kept does not fit");
        }
    }

    /// Takes up what waited for an entry that was lost and has come again.
    fn take_strays(&mut self, workspace: &WorkspaceId) {
        let mut left = usize::MAX;
        while self.stray.len() < left {
            left = self.stray.len();
            let strays: Vec<(EntryId, (WorkspaceId, Entry))> =
                self.stray.extract_if(.., |_, (of, _)| of == workspace).collect();
            for (_, (of, entry)) in strays {
                self.take_up(of, entry);
            }
        }
    }

    /// Takes note that there must be a log of this workspace.
    pub(crate) fn miss(&mut self, workspace: WorkspaceId) {
        if !self.logs.contains_key(&workspace) && self.lost.insert(workspace) {
            warn!(%workspace, "the members of a workspace are lost; they have the list still");
        }
    }

    /// Is this the workspace of a log that was lost?
    pub(crate) fn is_lost(&self, workspace: &WorkspaceId) -> bool {
        self.lost.contains(workspace)
    }

    pub(crate) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Returns how many entries of a workspace wait for others that were lost.
    pub(crate) fn strays(&self, workspace: &WorkspaceId) -> usize {
        self.stray.values().filter(|(of, _)| of == workspace).count()
    }

    /// Returns the workspaces whose logs are lost.
    pub(crate) fn lost(&self) -> impl Iterator<Item = &WorkspaceId> {
        self.lost.iter()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &WorkspaceId> {
        self.logs.keys()
    }

    pub(crate) fn log(&self, workspace: &WorkspaceId) -> Option<&Log> {
        self.logs.get(workspace)
    }

    pub(crate) fn log_mut(&mut self, workspace: &WorkspaceId) -> Option<&mut Log> {
        self.logs.get_mut(workspace)
    }

    /// Returns a log, with what kept somebody's envelopes from counting when that was last looked at.
    pub(crate) fn log_and_exclusions(
        &mut self,
        workspace: &WorkspaceId,
    ) -> Option<(&mut Log, &mut BTreeSet<Exclusion>)> {
        let log = self.logs.get_mut(workspace)?;
        Some((log, self.exclusions.entry(*workspace).or_default()))
    }

    /// Returns the suspensions in force.
    pub(crate) fn suspensions(
        &self,
        workspace: &WorkspaceId,
    ) -> impl Iterator<Item = (OrganizationId, EntryId)> {
        let state = self.state(workspace);
        self.noticed.keys().filter_map(move |entry| Some((state?.held_by(entry)?, *entry)))
    }

    /// Returns the elections that are not decided.
    pub(crate) fn elections(
        &self,
        workspace: &WorkspaceId,
    ) -> impl Iterator<Item = (EntryId, &Proposal)> {
        let state = self.state(workspace);
        self.noticed
            .keys()
            .filter_map(move |entry| Some((*entry, state?.proposals.get(entry)?)))
            .filter(|(_, proposal)| proposal.enacted.is_none())
    }

    /// Returns when a suspension lapses by this node's clock: so long after the earlier of when it was written, as claimed, and
    /// when it came here.
    pub(crate) fn lapses_at(&self, workspace: &WorkspaceId, suspension: &EntryId) -> Timestamp {
        let claimed = self.log(workspace).and_then(|log| log.get(suspension)).map(|it| it.time);
        let came = self.noticed.get(suspension).copied();
        after(claimed.into_iter().chain(came).min().unwrap_or_default(), SUSPENSION)
    }

    /// Returns when a proposal may be carried out by this node's clock: at once, but for an election, which stewards have time
    /// to object to.
    pub(crate) fn ripens_at(&self, workspace: &WorkspaceId, proposal: &EntryId) -> Timestamp {
        let is_election = self
            .state(workspace)
            .and_then(|state| state.proposals.get(proposal))
            .is_some_and(|proposal| matches!(proposal.change, Change::Elect(_)));
        // A false claim must not shorten the stewards' time: it runs from when the proposal came here.
        let came = self.noticed.get(proposal).copied().unwrap_or_default();
        if is_election { after(came, ELECTION) } else { Timestamp(0) }
    }

    /// Takes note of when a suspension or the proposal of an election came here.
    fn notice(
        &mut self,
        workspace: &WorkspaceId,
        entry: &Entry,
        id: EntryId,
        now: Timestamp,
    ) -> Option<Record> {
        let since = match entry.act() {
            Some(Act::Suspend { .. }) => now,
            // It was not there when this node last knew what others had. So who was away does not make the others wait, and
            // who was not is not deceived by a false claim.
            Some(Act::Propose(Change::Elect(_))) => {
                let heard = self.heard.get(workspace).copied().unwrap_or(now);
                now.min(heard.max(entry.time))
            }
            _ => return None,
        };
        self.noticed.insert(id, since);
        Some(Record::Local {
            key: format!("{NOTICED}{id}"),
            value: Some(crdt_schema::codec::encode(&since)),
        })
    }

    /// Takes note that this node knows by now what others had.
    pub(crate) fn hear(&mut self, workspace: WorkspaceId, now: Timestamp) {
        let heard = self.heard.entry(workspace).or_default();
        *heard = now.max(*heard);
    }

    /// Must this entry wait, because by this node's clock its time has not come, or it builds on one that waits?
    fn is_early(&self, workspace: &WorkspaceId, entry: &Entry, now: Timestamp) -> bool {
        let is_before_its_time = match entry.act() {
            Some(Act::Lapse(suspension)) => {
                self.log(workspace).is_some_and(|log| log.knows(suspension))
                    && self.lapses_at(workspace, suspension) > now
            }
            Some(Act::Enact { proposal, .. }) => self.ripens_at(workspace, proposal) > now,
            _ => false,
        };
        is_before_its_time || entry.parents.iter().any(|parent| self.early.contains_key(parent))
    }

    /// Returns the entries that waited for a suspension to be over, to be taken again.
    pub(crate) fn take_early(&mut self) -> Vec<(WorkspaceId, Vec<u8>)> {
        std::mem::take(&mut self.early).into_values().collect()
    }

    pub(crate) fn has_early(&self) -> bool {
        !self.early.is_empty()
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

    /// Returns all nodes of all members of a workspace.
    pub(crate) fn nodes_of(&self, workspace: &WorkspaceId) -> BTreeSet<NodeId> {
        let Some(state) = self.state(workspace) else { return BTreeSet::new() };
        state.nodes.keys().filter(|node| state.member_of(node).is_some()).copied().collect()
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

    /// Adds an entry; returns what to keep if it is new and fits.
    pub(crate) fn add(
        &mut self,
        workspace: &WorkspaceId,
        entry: Entry,
        now: Timestamp,
    ) -> Result<Option<Vec<Record>>, RefuseEntry> {
        let (id, bytes) = (entry.id(), entry.to_bytes());
        let notice = self.notice(workspace, &entry, id, now);
        let Some(log) = self.logs.get_mut(workspace) else { return Ok(None) };
        Ok(match log.insert(entry)? {
            Insert::Taken => {
                let record = Record::Entry { workspace: *workspace, id, bytes };
                Some(std::iter::once(record).chain(notice).collect())
            }
            Insert::Known | Insert::Missing(_) => None,
        })
    }

    /// Takes entries that a peer sent, as far as they fit.
    pub(crate) fn take(
        &mut self,
        workspace: &WorkspaceId,
        entries: &[Vec<u8>],
        now: Timestamp,
    ) -> Taken {
        let mut taken = Taken::default();
        // Whoever is new here has seen no time pass, and takes the log as those tell it who let it in.
        let is_new_here = !self.logs.contains_key(workspace);
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
            if !is_new_here && self.is_early(workspace, &entry, now) {
                if self.early.len() < EARLY {
                    self.early.insert(entry.id(), (*workspace, bytes.clone()));
                }
                continue;
            }
            match self.add(workspace, entry, now) {
                Ok(Some(records)) => taken.records.extend(records),
                Ok(None) => taken.is_incomplete = true,
                Err(refused) => taken.refused = Some(refused),
            }
        }
        if !taken.records.is_empty() {
            self.take_strays(workspace);
        }
        if self.logs.contains_key(workspace) {
            self.lost.remove(workspace);
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
        self.put_invite(invite);
        record
    }

    fn put_invite(&mut self, invite: Invite) {
        let key = (invite.offer.workspace, invite.offer.id);
        self.lookups.insert(invite.phrase_secret().lookup(), key);
        self.invites.insert(key, invite);
    }

    /// Returns the invite made here that is asked for, if somebody could be let in with it now.
    pub(crate) fn looked_up(&self, lookup: &Lookup, now: Timestamp) -> Option<&Invite> {
        let invite = self.invites.get(self.lookups.get(lookup)?)?;
        let offer = &invite.offer;
        let state = self.state(&offer.workspace)?;
        let can_be_used = state.is_steward(&offer.inviter)
            && !state.is_revoked(&offer.id)
            && state.uses(&offer.id) < usize::try_from(offer.uses).unwrap_or(usize::MAX)
            && now <= offer.expires;
        can_be_used.then_some(invite)
    }

    pub(crate) fn invite(&self, workspace: WorkspaceId, id: InviteId) -> Option<&Invite> {
        self.invites.get(&(workspace, id))
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
        let organization = &redemption.card.organization;
        match state.members.get(organization).map(|member| member.standing) {
            Some(Standing::Waiting) => return Err(Reason::NeedsApproval),
            Some(Standing::Member | Standing::Suspended) => {
                let node = &redemption.certificate.node;
                let is_known = state.nodes.get(node) == Some(organization);
                return Ok(if is_known { Admission::Already } else { Admission::NewNode });
            }
            Some(Standing::Removed | Standing::Left) | None => {}
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

fn after(time: Timestamp, lasts: Duration) -> Timestamp {
    Timestamp(time.0.saturating_add(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX)))
}

/// What countersigning a redemption would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    New,
    /// The organisation is in; this is another node of its.
    NewNode,
    Already,
}
