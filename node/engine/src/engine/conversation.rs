//! Who is in: membership, invites, and coming back.

use crdt_schema::identity::{EntryId, NodeId, OrganizationId, WorkspaceId};
use crdt_schema::invite::Redemption;
use crdt_schema::key::NodeCertificate;
use crdt_schema::limits;
use crdt_schema::membership::{Act, Entry, Log, Standing};
use minicbor::bytes::ByteVec;
use tracing::{debug, info, warn};

use super::{Engine, send};
use crate::effects::{Effects, Event, Record, Signal};
use crate::message::{Message, Reason};
use crate::workspaces::Admission;

/// Bytes of entries in one frame.
const ENTRIES_BYTES: usize = limits::FRAME_BYTES / 2;

impl Engine {
    pub(super) fn send_membership(
        &self,
        node: NodeId,
        workspace: WorkspaceId,
        effects: &mut Effects,
    ) {
        if let Some(log) = self.workspaces.log(&workspace) {
            send(effects, node, &Message::Membership { workspace, heads: log.heads() });
        }
    }

    fn send_entries(
        &self,
        node: NodeId,
        workspace: WorkspaceId,
        known: &[EntryId],
        effects: &mut Effects,
    ) {
        let lacking =
            self.workspaces.log(&workspace).map(|log| log.lacking(known)).unwrap_or_default();
        let entries = lacking.into_iter().map(Entry::to_bytes).collect();
        Self::send_in_frames(node, workspace, entries, effects);
    }

    fn send_in_frames(
        node: NodeId,
        workspace: WorkspaceId,
        entries: Vec<Vec<u8>>,
        effects: &mut Effects,
    ) {
        let mut frame: Vec<ByteVec> = Vec::new();
        let mut size = 0_usize;
        for entry in entries {
            size = size.saturating_add(entry.len());
            frame.push(entry.into());
            if size > ENTRIES_BYTES {
                send(
                    effects,
                    node,
                    &Message::Entries { workspace, entries: std::mem::take(&mut frame) },
                );
                size = 0;
            }
        }
        if !frame.is_empty() {
            send(effects, node, &Message::Entries { workspace, entries: frame });
        }
    }

    /// The peer's newest entries. A node that is no member here gets one answer, whether or not the workspace exists.
    pub(super) fn on_membership(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        heads: &[EntryId],
        effects: &mut Effects,
    ) {
        let own = self.own();
        let speaks = self.workspaces.state(&workspace).is_some_and(|state| state.is_member(&own));
        if !speaks || self.workspaces.member_of(&workspace, &from).is_none() {
            if speaks {
                self.tell_the_end(from, workspace, heads, effects);
            }
            send(effects, from, &Message::Unknown { workspace });
            return;
        }
        let Some(log) = self.workspaces.log(&workspace) else { return };
        let lacks_something = heads.iter().any(|head| !log.knows(head));
        self.send_entries(from, workspace, heads, effects);
        let talk = self.sync.talk(from, workspace);
        let is_new = !std::mem::replace(&mut talk.is_open, true);
        if is_new || lacks_something {
            // A peer that hears this opens, too, and sends what these heads lack.
            self.send_membership(from, workspace, effects);
        }
        if is_new {
            // Who has just come in tells where it is, so that members can reach each other without the one who let it in.
            self.greet(from, effects);
            if !self.ask_for_all(from, workspace, effects) && self.identity.key.id() < from {
                self.start_reconciling(from, workspace, effects);
            }
        }
    }

    /// Takes again what came before a suspension was over by this node's clock.
    pub(super) fn take_early_entries(&mut self, effects: &mut Effects) {
        if !self.workspaces.has_early() {
            return;
        }
        let mut by_workspace: std::collections::BTreeMap<WorkspaceId, Vec<Vec<u8>>> =
            std::collections::BTreeMap::new();
        for (workspace, bytes) in self.workspaces.take_early() {
            by_workspace.entry(workspace).or_default().push(bytes);
        }
        for (workspace, mut entries) in by_workspace {
            // They are kept by id; each pass takes those whose parents the last one brought.
            let mut left = usize::MAX;
            while !entries.is_empty() && entries.len() < left {
                left = entries.len();
                let taken = self.workspaces.take(&workspace, &entries, self.now);
                entries.retain(|bytes| {
                    let id = Entry::id_of(bytes);
                    !self.workspaces.log(&workspace).is_some_and(|log| log.knows(&id))
                });
                if !taken.records.is_empty() {
                    self.membership_changed(&workspace, taken.records, None, effects);
                }
            }
        }
    }

    /// Tells a node that was shut out, or waits again, that it is so, and how: what led there it was entitled to know.
    fn tell_the_end(
        &self,
        node: NodeId,
        workspace: WorkspaceId,
        known: &[EntryId],
        effects: &mut Effects,
    ) {
        let Some(log) = self.workspaces.log(&workspace) else { return };
        let state = log.state();
        let aside = state.nodes.get(&node).and_then(|owner| log.set_aside(owner));
        let (ends, known) = match (aside, state.end_of(&node)) {
            (Some(aside), _) => (aside.causes, [known, &aside.let_in].concat()),
            (None, Some(end)) => (vec![end], known.to_vec()),
            (None, None) => match log.turned_away(&node) {
                Some(away) => (away.causes, [known, &away.let_in].concat()),
                None => return,
            },
        };
        let entries = log
            .lacking(&known)
            .into_iter()
            .filter(|entry| ends.iter().any(|end| log.covers(&[*end], &[entry.id()])))
            .map(Entry::to_bytes)
            .collect();
        Self::send_in_frames(node, workspace, entries, effects);
    }

    pub(super) fn on_entries(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        entries: &[Vec<u8>],
        effects: &mut Effects,
    ) {
        let is_new_here = self.workspaces.log(&workspace).is_none();
        let was_lost = self.workspaces.is_lost(&workspace);
        let is_awaited = self.joins.get(&workspace).is_some()
            || self.joins.is_return_contact(&from)
            || self.is_kin(&from)
            || was_lost;
        if is_new_here && !is_awaited {
            return;
        }
        // A long log comes in several frames; what lets this organisation in may be in the last.
        let gathered = if is_new_here {
            match self.gather_log(from, workspace, entries, effects) {
                Some(gathered) => gathered,
                None => return,
            }
        } else {
            Vec::new()
        };
        let entries = if is_new_here { &gathered } else { entries };
        let is_up_to_date = self.sync.open_with(&workspace).into_iter().any(|node| {
            self.sync.open_talk(&node, &workspace).is_some_and(|talk| talk.is_caught_up)
        });
        if is_up_to_date {
            self.workspaces.hear(workspace, self.now);
        }
        let taken = self.workspaces.take(&workspace, entries, self.now);
        if let Some(refused) = &taken.refused {
            *self.refused.entry("membership").or_default() += 1;
            debug!(peer = %from, %workspace, %refused, "refused a membership entry");
        }
        if is_new_here
            && !was_lost
            && self.workspaces.member_of(&workspace, &self.identity.key.id()) != Some(self.own())
        {
            // A log that does not say that this organisation is in, with this node, is not kept.
            self.workspaces.forget(&workspace);
            return;
        }
        self.joins.drop_gathered(&from);
        if !taken.records.is_empty() {
            self.membership_changed(&workspace, taken.records, Some(from), effects);
        }
        let is_told = taken.is_incomplete || self.sync.open_talk(&from, &workspace).is_none();
        // Whoever is no member must not learn from an answer that the workspace is here.
        if is_told && self.workspaces.member_of(&workspace, &from).is_some() {
            self.send_membership(from, workspace, effects);
        }
    }

    /// Keeps the frames of a log that is new here until one speaks of this organisation; returns all of it then.
    fn gather_log(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        entries: &[Vec<u8>],
        effects: &mut Effects,
    ) -> Option<Vec<Vec<u8>>> {
        let own = self.own();
        let speaks_of_us = entries
            .iter()
            .any(|bytes| bytes.windows(own.as_bytes().len()).any(|some| some == own.as_bytes()));
        match self.joins.gather(from, workspace, entries) {
            Some(all) if speaks_of_us => Some(all.clone()),
            Some(_) => None,
            None => {
                warn!(peer = %from, "hung up on a peer that sends a log without end");
                effects.close.push(from);
                None
            }
        }
    }

    /// The peer does not know us in this workspace. If it is a member by our log, that log shows it that we are, too.
    pub(super) fn on_unknown(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        effects: &mut Effects,
    ) {
        if self.workspaces.member_of(&workspace, &from).is_none() {
            return;
        }
        let talk = self.sync.talk(from, workspace);
        talk.close();
        if !std::mem::replace(&mut talk.has_pushed, true) {
            self.send_entries(from, workspace, &[], effects);
        }
    }

    /// Keeps new entries, tells the others, and does what follows from them.
    pub(super) fn membership_changed(
        &mut self,
        workspace: &WorkspaceId,
        records: Vec<Record>,
        from: Option<NodeId>,
        effects: &mut Effects,
    ) {
        let mut entries: Vec<Vec<u8>> = Vec::new();
        for record in &records {
            if let Record::Entry { id, bytes, .. } = record {
                entries.push(bytes.clone());
                let entry = self.workspaces.log(workspace).and_then(|log| log.get(id));
                entry
                    .into_iter()
                    .for_each(|it| self.kin.learn_from(&self.identity.certificate, it));
            }
        }
        effects.persist.extend(records);
        if self.joins.get(workspace).is_some()
            && self.workspaces.state(workspace).is_some_and(|state| state.is_member(&self.own()))
        {
            info!(%workspace, "joined");
            effects.persist.push(self.joins.forget(workspace));
        }
        for node in self.peers.up().clone() {
            if Some(node) == from || self.workspaces.member_of(workspace, &node).is_none() {
                continue;
            }
            if self.sync.open_talk(&node, workspace).is_some() {
                Self::send_in_frames(node, *workspace, entries.clone(), effects);
            } else {
                // It is a member only since now, or never answered.
                self.send_entries(node, *workspace, &[], effects);
            }
            self.send_membership(node, *workspace, effects);
        }
        (self.wanted, self.rings) = (None, None);
        self.close_talks_with_others(workspace, effects);
        self.recount(*workspace, effects);
        self.retry_waiting(*workspace, None, effects);
        self.do_duties(*workspace, effects);
        effects.notify.push(Signal::Changed(Event::Membership { workspace: *workspace }));
    }

    /// Who is no member (any more) is not spoken to about documents.
    fn close_talks_with_others(&mut self, workspace: &WorkspaceId, effects: &mut Effects) {
        let own_is_in =
            self.workspaces.state(workspace).is_some_and(|state| state.is_member(&self.own()));
        for node in self.sync.open_with(workspace) {
            if !own_is_in || self.workspaces.member_of(workspace, &node).is_none() {
                if own_is_in {
                    // It was in a moment ago and knows all but the newest.
                    let known = self.heads_before_the_end(workspace, &node);
                    self.tell_the_end(node, *workspace, &known, effects);
                }
                self.sync.talk(node, *workspace).close();
                // The peer closes, too, so that both begin anew if it comes in again.
                send(effects, node, &Message::Unknown { workspace: *workspace });
            }
        }
    }

    /// Returns what a node that was shut out knew at least: the parents of the entry that did it.
    fn heads_before_the_end(&self, workspace: &WorkspaceId, node: &NodeId) -> Vec<EntryId> {
        let log = self.workspaces.log(workspace);
        let end = log.and_then(|log| log.get(&log.state().end_of(node)?));
        end.map(|end| end.parents.clone()).unwrap_or_default()
    }

    pub(super) fn on_redeem(
        &mut self,
        from: NodeId,
        redemption: Redemption,
        effects: &mut Effects,
    ) {
        let workspace = redemption.offer.workspace;
        let refuse = |reason, effects: &mut Effects| {
            send(effects, from, &Message::Refused { workspace, reason });
        };
        // Only the node that the redemption speaks of may show it.
        if redemption.certificate.node != from {
            refuse(Reason::NotValidHere, effects);
            return;
        }
        let own_is_in =
            self.workspaces.state(&workspace).is_some_and(|state| state.is_member(&self.own()));
        let admission = if own_is_in {
            self.workspaces.judge_redemption(&redemption, self.now)
        } else {
            Err(Reason::NotValidHere)
        };
        let (act, organization) = match admission {
            Err(reason) => return refuse(reason, effects),
            Ok(Admission::Already) => return self.send_entries(from, workspace, &[], effects),
            Ok(Admission::NewNode) => {
                (Act::Certify(redemption.certificate.clone()), redemption.card.organization)
            }
            Ok(Admission::New) => {
                let organization = redemption.card.organization;
                (Act::Admit(redemption), organization)
            }
        };
        if let Err(refused) = self.act(&workspace, act, effects) {
            debug!(%workspace, %refused, "could not countersign a redemption");
            return refuse(Reason::NotValidHere, effects);
        }
        if self.standing(&workspace, &organization) == Some(Standing::Waiting) {
            refuse(Reason::NeedsApproval, effects);
        }
    }

    fn standing(&self, workspace: &WorkspaceId, organization: &OrganizationId) -> Option<Standing> {
        self.workspaces.state(workspace)?.members.get(organization).map(|member| member.standing)
    }

    pub(super) fn on_refused(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        reason: Reason,
        effects: &mut Effects,
    ) {
        if let Some(record) = self.joins.refused(&workspace, &from, reason) {
            effects.persist.push(record);
            effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        }
    }

    /// A node with a root key's word asks for its organisation's workspaces. Strangers get no answer.
    pub(super) fn on_return(
        &mut self,
        from: NodeId,
        certificate: NodeCertificate,
        effects: &mut Effects,
    ) {
        if certificate.node != from || !certificate.is_true() {
            return;
        }
        let own = self.own();
        let theirs: Vec<WorkspaceId> = self
            .workspaces
            .ids()
            .filter(|workspace| {
                self.workspaces.state(workspace).is_some_and(|state| {
                    state.is_member(&own) && state.is_member(&certificate.organization)
                })
            })
            .copied()
            .collect();
        for workspace in theirs {
            if self.workspaces.member_of(&workspace, &from).is_some() {
                self.send_entries(from, workspace, &[], effects);
                self.send_membership(from, workspace, effects);
            } else if let Err(refused) =
                self.act(&workspace, Act::Certify(certificate.clone()), effects)
            {
                debug!(%workspace, %refused, "could not certify a node");
            }
        }
    }

    /// A member that was asked for this organisation's workspaces has answered and need not be asked again.
    pub(super) fn returned(&mut self, from: &NodeId, effects: &mut Effects) {
        if self.joins.is_return_contact(from) {
            effects.persist.push(self.joins.end_return(from));
        }
    }

    /// Returns the heads of a workspace's log, if it is here.
    pub(super) fn log(&self, workspace: &WorkspaceId) -> Option<&Log> {
        self.workspaces.log(workspace)
    }
}
