//! What people may ask about trust: decisions, who could read what and why, what does not count.

use std::collections::BTreeSet;

use crdt_schema::access::AccessLog;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::Bundle;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EntryId, EnvelopeId, OrganizationId, Timestamp, WorkspaceId,
};
use crdt_schema::ledger::Why;
use crdt_schema::membership::{Act, Change, Effect, Log, Member, State};

use super::{Reader, sentences};
use crate::effects::Refused;
use crate::refusals::sentence_of;
use crate::view::{
    AccessView, AudienceChange, EntryView, ProposalState, ProposalView, ReaderView, ReadersView,
    RefusalView, SuspensionView,
};

impl Reader<'_> {
    /// Returns what was proposed in a workspace, newest first.
    #[must_use]
    pub fn proposals(&self, workspace: &WorkspaceId) -> Vec<ProposalView> {
        if self.workspace(workspace).is_none() {
            return Vec::new();
        }
        let Some(state) = self.0.workspaces.state(workspace) else { return Vec::new() };
        let mut proposals: Vec<ProposalView> = state
            .proposals
            .iter()
            .map(|(id, proposal)| self.proposal(workspace, state, id, proposal))
            .collect();
        proposals.sort_by_key(|proposal| (std::cmp::Reverse(proposal.time), proposal.id));
        proposals
    }

    fn proposal(
        &self,
        workspace: &WorkspaceId,
        state: &State,
        id: &EntryId,
        proposal: &crdt_schema::membership::Proposal,
    ) -> ProposalView {
        let own = self.card().organization;
        let void = match (proposal.enacted, proposal.objected.is_empty()) {
            (Some(_), _) => String::new(),
            (None, false) => "A steward objected.".to_owned(),
            (None, true) => match state.could_pass(&proposal.change) {
                Ok(()) => String::new(),
                Err(why) => format!("It can no longer be carried out: {why}."),
            },
        };
        let is_open = proposal.enacted.is_none() && void.is_empty();
        let agreed = proposal
            .agreed
            .keys()
            .map(|organization| (*organization, self.name_of(workspace, organization)));
        ProposalView {
            id: *id,
            change: proposal.change.clone(),
            about: proposal.change.organization().map(|one| self.name_of(workspace, &one)),
            by: proposal.by,
            by_name: self.name_of(workspace, &proposal.by),
            time: proposal.time,
            agreed: agreed.collect(),
            needed: if is_open { sentences::needed(state, id, proposal) } else { String::new() },
            void,
            state: match (proposal.enacted, is_open) {
                (Some(_), _) => ProposalState::Enacted,
                (None, true) => ProposalState::Open,
                (None, false) => ProposalState::Void,
            },
            may_agree: is_open
                && !proposal.agreed.contains_key(&own)
                && state.may_vote(&proposal.change, &own),
            may_object: is_open
                && matches!(proposal.change, Change::Elect(_))
                && state.is_steward(&own),
        }
    }

    pub(super) fn suspension(
        &self,
        workspace: &WorkspaceId,
        member: &Member,
    ) -> Option<SuspensionView> {
        let id = member.suspended?;
        let log = self.0.workspaces.log(workspace)?;
        let entry = log.get(&id)?;
        let Some(Act::Suspend { reason, .. }) = entry.act() else { return None };
        let by = *log.state().nodes.get(&entry.node)?;
        Some(SuspensionView {
            by,
            by_name: self.name_of(workspace, &by),
            time: entry.time,
            reason: reason.clone(),
            until: self.0.workspaces.lapses_at(workspace, &id),
        })
    }

    /// Returns what was written into a workspace's membership log, newest first.
    #[must_use]
    pub fn membership_history(&self, workspace: &WorkspaceId) -> Vec<EntryView> {
        if self.workspace(workspace).is_none() {
            return Vec::new();
        }
        let Some(log) = self.0.workspaces.log(workspace) else { return Vec::new() };
        let state = log.state();
        let mut history: Vec<EntryView> = log
            .entries_in_order()
            .filter(|(_, entry)| !matches!(entry.act(), Some(Act::Fence(_))))
            .map(|(id, entry)| {
                let by = state.nodes.get(&entry.node).copied();
                EntryView {
                    id: *id,
                    time: entry.time,
                    by,
                    by_name: by.map(|by| self.name_of(workspace, &by)).unwrap_or_default(),
                    node: entry.node,
                    said: sentences::said(state, entry),
                    void: match log.effect(id) {
                        Some(Effect::Void(why)) => Some(sentences::capital(&why.to_string())),
                        Some(Effect::Stands) | None => None,
                    },
                }
            })
            .collect();
        history.reverse();
        history
    }

    /// Returns what a change would mean, in sentences.
    #[must_use]
    pub fn consequences(&self, workspace: &WorkspaceId, change: &Change) -> Vec<String> {
        if self.workspace(workspace).is_none() {
            return Vec::new();
        }
        let state = self.0.workspaces.state(workspace);
        state.map(|state| sentences::consequences(state, change)).unwrap_or_default()
    }

    /// Returns who could read and write a document at some time, as the entries up to then claim; now, if none is given.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn readers_at(
        &mut self,
        id: &DocumentId,
        at: Option<Timestamp>,
    ) -> Result<ReadersView, Refused> {
        let workspace = self.0.readable(id)?;
        let log = self.0.workspaces.log(&workspace).ok_or(Refused::NoSuchDocument)?;
        let heads = match at {
            Some(at) => heads_at(log, at),
            None => log.heads(),
        };
        let state = log.state_at(&heads);
        let open = self.opened(id)?;
        let genesis = open.ledger.genesis().clone();
        let audience = match at {
            Some(at) => {
                let mut steps = AccessLog::default();
                let made = open.steps.iter().filter(|made| made.time <= at);
                let known: Vec<EnvelopeId> = made.map(|made| made.envelope).collect();
                for placed in open.ledger.placed().iter().filter(|one| known.contains(&one.id)) {
                    if let Some(act) = placed.act()
                        && open.ledger.counts(&placed.id)
                    {
                        steps.add(placed.id, placed.access.clone(), act.clone());
                    }
                }
                steps.audience(&genesis.audience)
            }
            None => open.ledger.access().audience(&genesis.audience),
        };
        let is_there = at.is_none_or(|at| genesis.created <= at);
        let Some(state) = state.filter(|_| is_there) else {
            return Ok(ReadersView { audience, readers: Vec::new() });
        };
        let mut readers: Vec<ReaderView> = state
            .members
            .iter()
            .filter(|(organization, member)| {
                member.standing.is_in()
                    && (**organization == genesis.owner || audience.may_read(organization))
            })
            .map(|(organization, member)| {
                let is_owner = *organization == genesis.owner;
                ReaderView {
                    organization: *organization,
                    name: member.name().to_string(),
                    may_suggest: member.role.may_suggest()
                        && (is_owner || audience.may_suggest(organization, member.role)),
                    may_write: member.role.may_write()
                        && (is_owner || audience.may_write(organization)),
                    why: sentences::why_reads(&audience, is_owner, member),
                }
            })
            .collect();
        readers.sort_by(|a, b| a.name.cmp(&b.name).then(a.organization.cmp(&b.organization)));
        Ok(ReadersView { audience, readers })
    }

    /// Returns the steps of a document's access log, newest first.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn access_log(&mut self, id: &DocumentId) -> Result<Vec<AccessView>, Refused> {
        let workspace = self.0.readable(id)?;
        let open = self.opened(id)?;
        let genesis = open.ledger.genesis().clone();
        let mut log: Vec<AccessView> = open
            .steps
            .iter()
            .map(|made| AccessView {
                envelope: made.envelope,
                time: made.time,
                organization: made.organization,
                organization_name: String::new(),
                person: made.person.name.to_string(),
                audience: open
                    .ledger
                    .steps()
                    .change(&made.envelope, &genesis.audience)
                    .map(|(_, after)| after),
                counts: open.ledger.counts(&made.envelope),
            })
            .collect();
        log.reverse();
        for step in &mut log {
            step.organization_name = self.name_of(&workspace, &step.organization);
        }
        Ok(log)
    }

    /// Returns what was refused in a workspace since this node started, newest first: as far as it is about documents that
    /// this organisation may read.
    #[must_use]
    pub fn refusals(&self, workspace: &WorkspaceId) -> Vec<RefusalView> {
        let own = self.card().organization;
        let refused = self.0.refusals.all().filter(|refusal| {
            refusal.workspace == *workspace && self.0.documents.may_read(&refusal.document, &own)
        });
        refused
            .map(|refusal| RefusalView {
                time: refusal.time,
                document: Some(refusal.document),
                organization: refusal.organization,
                organization_name: self.name_of(workspace, &refusal.organization),
                person: refusal.person.clone(),
                word: refusal.word,
                why: sentence_of(refusal.word).to_owned(),
                is_held: false,
                is_written_again: false,
            })
            .collect()
    }

    /// Returns what was written in a document and does not count, newest first.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn not_counted(&mut self, id: &DocumentId) -> Result<Vec<RefusalView>, Refused> {
        let workspace = self.0.readable(id)?;
        let open = self.opened(id)?;
        let mut out: Vec<(EnvelopeId, OrganizationId, Why)> =
            open.ledger.out().map(|(placed, why)| (placed.id, placed.organization, why)).collect();
        out.reverse();
        let made: Vec<(EnvelopeId, OrganizationId, Why, Timestamp, String)> = out
            .into_iter()
            .map(|(envelope, organization, why)| {
                let made = open.writer(&envelope);
                let time = made.map(|made| made.time).unwrap_or_default();
                let person = made.map(|made| made.person.name.to_string()).unwrap_or_default();
                (envelope, organization, why, time, person)
            })
            .collect();
        let views =
            made.into_iter().map(|(envelope, organization, why, time, person)| RefusalView {
                time,
                document: Some(*id),
                organization,
                organization_name: self.name_of(&workspace, &organization),
                person,
                word: sentences::why_word(why),
                why: sentences::why_out(why).to_owned(),
                is_held: sentences::is_held(why),
                is_written_again: self.0.has_written_again(&envelope),
            });
        Ok(views.collect())
    }

    /// Returns the membership log as a file that anybody can check.
    ///
    /// # Errors
    /// If there is no such workspace.
    pub fn audit(&self, workspace: &WorkspaceId) -> Result<Bundle, Refused> {
        self.workspace(workspace).ok_or(Refused::NoSuchWorkspace)?;
        let log = self.0.workspaces.log(workspace).ok_or(Refused::NoSuchWorkspace)?;
        Ok(Bundle::new(entries(log), std::iter::empty()))
    }

    /// Returns a document with all its signed envelopes, and the membership log that gives them their right.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn bundle(&self, id: &DocumentId) -> Result<Bundle, Refused> {
        self.bundle_of(id, self.0.documents.envelopes(id))
    }

    /// Returns a document as somebody published it, without what was written after that version.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn published_bundle(
        &mut self,
        id: &DocumentId,
        version: &Heads,
        named: &EnvelopeId,
    ) -> Result<Bundle, Refused> {
        let envelopes = self.opened(id)?.ledger.up_to(version.as_slice(), named);
        self.bundle_of(id, &envelopes)
    }

    fn bundle_of(&self, id: &DocumentId, wanted: &[EnvelopeId]) -> Result<Bundle, Refused> {
        let workspace = self.0.readable(id)?;
        let log = self.0.workspaces.log(&workspace).ok_or(Refused::NoSuchDocument)?;
        let mut envelopes = Vec::new();
        for envelope in wanted {
            let bytes = self
                .0
                .shelf
                .envelope(envelope)
                .map_err(|error| Refused::Storage(error.to_string()))?;
            envelopes.extend(bytes);
        }
        Ok(Bundle::new(entries(log), std::iter::once(envelopes)))
    }

    /// Returns what another audience would mean for a document.
    ///
    /// # Errors
    /// If there is no such document.
    pub fn audience_consequences(
        &self,
        id: &DocumentId,
        audience: &Audience,
    ) -> Result<AudienceChange, Refused> {
        let workspace = self.0.readable(id)?;
        let held = self.0.documents.held(id).ok_or(Refused::NoSuchDocument)?;
        let state = self.0.workspaces.state(&workspace).ok_or(Refused::NoSuchDocument)?;
        let owner = held.genesis.owner;
        let mut change = AudienceChange::default();
        for (organization, member) in state.members.iter() {
            if !member.standing.is_in() {
                continue;
            }
            let before = held.may_read(organization);
            let after = *organization == owner || audience.may_read(organization);
            let name = member.name().to_string();
            match (before, after) {
                (false, true) => change.gain.push(name.clone()),
                (true, false) => change.lose.push(name.clone()),
                (true, true) | (false, false) => {}
            }
            let is_owner = *organization == owner;
            let role = member.role;
            let suggested = held.may_suggest(organization, role);
            let suggests =
                role.may_suggest() && (is_owner || audience.may_suggest(organization, role));
            let writes = role.may_write() && (is_owner || audience.may_write(organization));
            if suggests && !writes {
                change.suggest.push(name.clone());
            } else if suggested && !suggests {
                change.suggest_no_more.push(name.clone());
            }
            if after {
                change.readers.push(name);
            }
        }
        let AudienceChange { readers, gain, lose, suggest, suggest_no_more, .. } = &mut change;
        for names in [readers, gain, lose, suggest, suggest_no_more] {
            names.sort();
        }
        let was_public = held.audience().read == Circle::Public;
        change.sentences = sentences::audience_change(&change, audience, was_public);
        Ok(change)
    }
}

fn entries(log: &Log) -> impl Iterator<Item = Vec<u8>> {
    log.entries_in_order().map(|(_, entry)| entry.to_bytes())
}

/// Returns the newest entries up to a time, as they and all they build on claim it.
fn heads_at(log: &Log, at: Timestamp) -> Vec<EntryId> {
    let mut known = BTreeSet::new();
    let mut heads = BTreeSet::new();
    for (id, entry) in log.entries_in_order() {
        if entry.time <= at && entry.parents.iter().all(|parent| known.contains(parent)) {
            known.insert(*id);
            heads.retain(|head| !entry.parents.contains(head));
            heads.insert(*id);
        }
    }
    heads.into_iter().collect()
}
