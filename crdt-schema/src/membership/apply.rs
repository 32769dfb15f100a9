//! What follows from an entry: section 4 of `docs/protocol/membership.md`, and the end of section 5.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::allow::NoRight;
use super::state::{Exclusion, Hold, Map, Member, Proposal, Standing, State, Wait, Who};
use super::{Act, Change, Entry};
use crate::identity::{EntryId, NodeId, OrganizationId, Role};
use crate::invite::Redemption;

/// Why an entry that was allowed is without effect, after what turned out to have happened at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Why {
    #[error(
        "a removal, demotion or revocation that happened at the same time ended its author's right"
    )]
    Struck { by: EntryId },
    #[error("another decision that happened at the same time and contradicts it has more support")]
    Outdone { by: EntryId },
    #[error("without the agreements that turned out to be void, not enough have agreed")]
    NotEnough,
    #[error("a steward objected at the same time")]
    Objected { by: EntryId },
    #[error("its author is no longer in")]
    AuthorNotIn,
    #[error("its author is no longer a steward")]
    NotSteward,
    #[error("what it is about is no longer there")]
    NoObject,
    #[error("the computer has ended, or belongs to another organisation")]
    NodeTaken,
    #[error("the computer that vouched for it has ended, or the organisation has too many")]
    NotVouched,
    #[error("it would leave the workspace without a steward")]
    WouldLeaveNoSteward,
}

/// One entry on its way into a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) id: EntryId,
    pub(super) entry: &'a Entry,
    /// Whose entry it is, by the state at its parents.
    pub(super) author: OrganizationId,
    /// The state at its parents.
    pub(super) before: &'a State,
    /// What was found about it beforehand.
    pub(super) doom: Option<Why>,
    /// Is the use of the invite within what the invite allows?
    pub(super) is_within: bool,
    /// Is its node at work for another organisation?
    pub(super) is_at_work: bool,
}

impl State {
    /// Takes in an entry; returns why it is without effect, if it is.
    pub(super) fn apply(&mut self, step: &Step<'_>) -> Option<Why> {
        let act = step.entry.act();
        let why = step.doom.or_else(|| self.hindrance(step).err());
        let Some(why) = why else {
            if let Some(act) = act {
                self.carry_out(step, act);
            }
            return None;
        };
        self.void.insert_mut(step.id, why);
        if let Some(Act::Admit(redemption)) = act {
            if !matches!(why, Why::Struck { .. }) {
                self.note_use(redemption);
            }
            self.note_node(step, redemption);
            let organization = &redemption.card.organization;
            if !self.is_in(organization) && !self.waits.contains_key(organization) {
                self.make_wait(step, redemption, false);
            }
        }
        Some(why)
    }

    /// Is there anything that takes its effect from an entry that was allowed?
    fn hindrance(&self, step: &Step<'_>) -> Result<(), Why> {
        let author = &step.author;
        let is_authors = self.nodes.get(&step.entry.node) == Some(author);
        ensure(is_authors && self.is_in(author) || step.entry.has_word(), Why::AuthorNotIn)?;
        let steward = || ensure(self.is_steward(author), Why::NotSteward);
        let Some(act) = step.entry.act() else { return Ok(()) };
        match act {
            Act::Found { .. } => Err(Why::NoObject),
            Act::Admit(Redemption { certificate, .. }) => {
                ensure(self.is_untouched(certificate), Why::NodeTaken)
            }
            Act::Certify(certificate) => {
                let is_free = self.is_free(&certificate.node, &certificate.organization);
                ensure(is_free, Why::NodeTaken)?;
                self.judge_voucher(certificate).map_err(|_: NoRight| Why::NotVouched)
            }
            Act::Approve(organization) | Act::Decline(organization) => {
                steward()?;
                ensure(self.waits.contains_key(organization), Why::NoObject)
            }
            Act::RevokeInvite(_) => steward(),
            Act::Propose(change) => self.still_votes(author, change),
            Act::Agree(proposal) => {
                let proposal = self.open(proposal)?;
                self.still_votes(author, &proposal.change)
            }
            Act::Object(proposal) => {
                self.open(proposal)?;
                steward()
            }
            Act::Enact { proposal, .. } => self.hinders_enactment(step, proposal),
            Act::Suspend { organization, .. } => {
                steward()?;
                let standing = self.members.get(organization).map(|member| member.standing);
                ensure(standing == Some(Standing::Member), Why::NoObject)
            }
            Act::Lapse(suspension) => ensure(self.held_by(suspension).is_some(), Why::NoObject),
            Act::Leave(_) => ensure(!self.is_last_steward(author), Why::WouldLeaveNoSteward),
            Act::RevokeNode { node, .. } => self.still_owned(step, node),
            Act::Prove { proof, .. } => self.still_owned(step, &proof.node()),
            Act::Fence(_) | Act::Describe(_) => Ok(()),
        }
    }

    fn hinders_enactment(&self, step: &Step<'_>, id: &EntryId) -> Result<(), Why> {
        let proposed = step.before.proposals.get(id).ok_or(Why::NoObject)?;
        self.still_votes(&step.author, &proposed.change)?;
        let proposal = self.proposals.get(id).ok_or(Why::NoObject)?;
        let change = &proposal.change;
        ensure(
            step.before.is_carried(id, &step.author, |ground| self.void.contains_key(ground)),
            Why::NotEnough,
        )?;
        if !step.before.strikes(change) {
            ensure(proposal.enacted.is_none(), Why::NoObject)?;
            self.would_change(change).map_err(|_: NoRight| Why::NoObject)?;
        }
        ensure(!self.would_end_stewards(change), Why::WouldLeaveNoSteward)
    }

    /// Do the supporters whose grounds are not void suffice to carry out the proposal, in this state?
    pub(super) fn is_carried(
        &self,
        proposal: &EntryId,
        by: &OrganizationId,
        is_void: impl Fn(&EntryId) -> bool,
    ) -> bool {
        self.proposals.get(proposal).is_some_and(|proposal| {
            let supporters: Vec<OrganizationId> = self
                .supporters(proposal)
                .filter(|(_, ground)| !is_void(ground))
                .map(|(organization, _)| *organization)
                .collect();
            self.suffice(&proposal.change, by, &supporters)
        })
    }

    /// Does carrying out the change strike what its object does at the same time, if it is enacted in this state?
    pub(super) fn strikes(&self, change: &Change) -> bool {
        match change {
            Change::Remove { .. } => true,
            Change::Role { organization, role } => {
                self.is_steward(organization) && !role.may_steward()
            }
            Change::Rules(_) | Change::Rename(_) | Change::Elect(_) | Change::Reinstate(_) => false,
        }
    }

    fn still_votes(&self, author: &OrganizationId, change: &Change) -> Result<(), Why> {
        let is_election = matches!(change, Change::Elect(_));
        ensure(is_election || self.is_steward(author), Why::NotSteward)
    }

    /// Does the node belong to whom it belonged? Who falsely claimed another's node cannot end it.
    fn still_owned(&self, step: &Step<'_>, node: &NodeId) -> Result<(), Why> {
        ensure(self.nodes.get(node) == step.before.nodes.get(node), Why::NoObject)
    }

    fn open(&self, proposal: &EntryId) -> Result<&Proposal, Why> {
        self.proposals
            .get(proposal)
            .filter(|proposal| proposal.enacted.is_none())
            .ok_or(Why::NoObject)
    }

    fn carry_out(&mut self, step: &Step<'_>, act: &Act) {
        let author = step.author;
        match act {
            Act::Found { .. } | Act::Fence(_) => {}
            Act::Admit(redemption) => self.admit(step, redemption),
            Act::Approve(organization) => {
                let noted = self.waits.get(organization).cloned().map(|mut wait| {
                    wait.approved.entry(author).or_insert(step.id);
                    wait
                });
                if let Some(wait) = noted {
                    self.waits.insert_mut(*organization, wait);
                }
                self.let_in(organization);
            }
            Act::Decline(organization) => self.turn_away(organization),
            Act::RevokeInvite(invite) => self.revoked.insert_mut(*invite),
            Act::Certify(certificate) => {
                self.nodes.insert_mut(certificate.node, certificate.organization);
            }
            Act::Propose(change) => {
                let mut agreed = BTreeMap::new();
                if self.may_vote(change, &author) {
                    agreed.insert(author, step.id);
                }
                let proposal = Proposal {
                    change: change.clone(),
                    by: author,
                    time: step.entry.time,
                    agreed,
                    objected: Default::default(),
                    enacted: None,
                };
                self.proposals.insert_mut(step.id, proposal);
            }
            Act::Agree(proposal) => self.note(proposal, |proposal| {
                proposal.agreed.entry(author).or_insert(step.id);
            }),
            Act::Object(proposal) => {
                self.note(proposal, |proposal| {
                    proposal.objected.insert(author);
                });
            }
            Act::Enact { proposal, fences } => self.enact(step, proposal, fences),
            Act::Suspend { organization, fences, .. } => {
                self.suspenders.insert_mut((author, *organization));
                self.exclude(step, Who::Organization(*organization), Hold::Held, fences);
                self.change(organization, |member| {
                    member.standing = Standing::Suspended;
                    member.suspended = Some(step.id);
                });
            }
            Act::Lapse(suspension) => {
                if let Some(organization) = self.held_by(suspension) {
                    self.end_suspension(&organization);
                }
            }
            Act::Leave(fences) => self.shut_out(step, author, Standing::Left, fences),
            Act::RevokeNode { node, fences, .. } => self.end(step, *node, false, fences),
            Act::Describe(profile) => {
                self.change(&author, |member| member.profile = profile.clone());
            }
            Act::Prove { proof, fences } => self.end(step, proof.node(), true, fences),
        }
    }

    fn admit(&mut self, step: &Step<'_>, redemption: &Redemption) {
        self.note_use(redemption);
        self.note_node(step, redemption);
        let organization = &redemption.card.organization;
        if !self.is_in(organization) && !self.waits.contains_key(organization) {
            self.make_wait(step, redemption, step.is_within && !redemption.offer.approval);
            self.let_in(organization);
        }
    }

    fn note_use(&mut self, redemption: &Redemption) {
        let invite = redemption.offer.id;
        let mut users = self.uses.get(&invite).cloned().unwrap_or_default();
        users.insert_mut(redemption.card.organization);
        self.uses.insert_mut(invite, users);
    }

    fn note_node(&mut self, step: &Step<'_>, redemption: &Redemption) {
        let certificate = &redemption.certificate;
        if !step.is_at_work && self.is_untouched(certificate) {
            self.nodes.insert_mut(certificate.node, certificate.organization);
        }
    }

    fn make_wait(&mut self, step: &Step<'_>, redemption: &Redemption, is_free: bool) {
        let (offer, organization) = (&redemption.offer, redemption.card.organization);
        let earlier = self.members.get(&organization);
        let was_removed = earlier.is_some_and(|member| member.standing == Standing::Removed);
        let member = Member {
            card: redemption.card.clone(),
            profile: earlier.map(|member| member.profile.clone()).unwrap_or_default(),
            role: offer.role,
            standing: Standing::Waiting,
            invited_by: Some(offer.inviter),
            since: step.entry.time,
            suspended: None,
        };
        let wait = Wait {
            inviter: offer.inviter,
            offered: offer.role,
            is_free: is_free && !was_removed,
            was_removed,
            approved: BTreeMap::new(),
        };
        self.put(organization, member);
        self.waits.insert_mut(organization, wait);
    }

    /// Lets in an organisation that waits, if enough agree by now.
    fn let_in(&mut self, organization: &OrganizationId) {
        let agreed = self.who_let_in(organization);
        let is_enough = self
            .waits
            .get(organization)
            .is_some_and(|wait| self.is_met(self.to_admit(wait.offered), &agreed));
        if is_enough {
            self.waits.remove_mut(organization);
            self.change(organization, |member| member.standing = Standing::Member);
        }
    }

    fn turn_away(&mut self, organization: &OrganizationId) {
        let was_removed = self.waits.get(organization).is_some_and(|wait| wait.was_removed);
        self.waits.remove_mut(organization);
        if was_removed {
            self.change(organization, |member| member.standing = Standing::Removed);
            return;
        }
        self.members.remove_mut(organization);
        let theirs: Vec<NodeId> = self
            .nodes
            .iter()
            .filter(|(_, owner)| *owner == organization)
            .map(|(node, _)| *node)
            .collect();
        for node in theirs {
            self.nodes.remove_mut(&node);
        }
    }

    fn enact(&mut self, step: &Step<'_>, id: &EntryId, fences: &[EntryId]) {
        let Some(change) = self.proposals.get(id).map(|proposal| proposal.change.clone()) else {
            return;
        };
        self.note(id, |proposal| proposal.enacted = proposal.enacted.or(Some(step.id)));
        match change {
            Change::Role { organization, role } => {
                let had = self.members.get(&organization).map(|member| member.role);
                if had.is_some_and(|had| had.loses_with(role)) {
                    self.exclude(step, Who::Organization(organization), Hold::Final, fences);
                }
                self.change(&organization, |member| member.role = role);
            }
            Change::Remove { organization, .. } => {
                self.shut_out(step, organization, Standing::Removed, fences);
            }
            Change::Rules(rules) => self.rules = Arc::new(rules),
            Change::Rename(name) => self.name = name,
            Change::Elect(organization) => {
                self.change(&organization, |member| member.role = Role::Steward);
            }
            Change::Reinstate(organization) => self.reinstate(organization),
        }
    }

    fn reinstate(&mut self, organization: OrganizationId) {
        self.end_suspension(&organization);
        let convicted: Vec<NodeId> = self.convicted(organization).copied().collect();
        for node in convicted {
            self.ended.remove_mut(&node);
        }
    }

    /// Ends a suspension as if it had not been: what was held back counts.
    fn end_suspension(&mut self, organization: &OrganizationId) {
        let suspension = self.members.get(organization).and_then(|member| member.suspended);
        if let Some(suspension) = suspension {
            self.exclusions.remove_mut(&suspension);
            self.change(organization, |member| {
                member.standing = Standing::Member;
                member.suspended = None;
            });
        }
    }

    fn shut_out(
        &mut self,
        step: &Step<'_>,
        organization: OrganizationId,
        standing: Standing,
        fences: &[EntryId],
    ) {
        // What a suspension held back stays out for good.
        let suspension = self.members.get(&organization).and_then(|member| member.suspended);
        if let Some(id) = suspension
            && let Some(exclusion) = self.exclusions.get(&id).cloned()
        {
            self.exclusions.insert_mut(id, Exclusion { hold: Hold::Final, ..exclusion });
        }
        self.exclude(step, Who::Organization(organization), Hold::Final, fences);
        self.waits.remove_mut(&organization);
        self.change(&organization, |member| {
            member.standing = standing;
            member.suspended = None;
        });
    }

    fn end(&mut self, step: &Step<'_>, node: NodeId, is_proven: bool, fences: &[EntryId]) {
        let mut ended = self.ended.get(&node).copied().unwrap_or_default();
        ended.is_revoked |= !is_proven;
        ended.is_convicted |= is_proven;
        self.ended.insert_mut(node, ended);
        self.exclude(step, Who::Node(node), Hold::Final, fences);
    }

    fn exclude(&mut self, step: &Step<'_>, who: Who, hold: Hold, fences: &[EntryId]) {
        let exclusion = Exclusion { who, hold, fences: fences.to_vec(), time: step.entry.time };
        self.exclusions.insert_mut(step.id, exclusion);
    }

    fn change(&mut self, organization: &OrganizationId, change: impl FnOnce(&mut Member)) {
        if let Some(mut member) = self.members.get(organization).cloned() {
            change(&mut member);
            self.put(*organization, member);
        }
    }

    fn note(&mut self, proposal: &EntryId, note: impl FnOnce(&mut Proposal)) {
        note_in(&mut self.proposals, proposal, note);
    }
}

fn note_in(proposals: &mut Map<EntryId, Proposal>, id: &EntryId, note: impl FnOnce(&mut Proposal)) {
    if let Some(mut proposal) = proposals.get(id).cloned() {
        note(&mut proposal);
        proposals.insert_mut(*id, proposal);
    }
}

fn ensure(is_so: bool, otherwise: Why) -> Result<(), Why> {
    if is_so { Ok(()) } else { Err(otherwise) }
}
