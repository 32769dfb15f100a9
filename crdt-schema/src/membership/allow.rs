//! What is allowed: section 3 of `docs/protocol/membership.md`, judged in the state at an entry's parents.

use super::state::{Standing, State};
use super::{Act, Change, Entry, Profile, Revocation};
use crate::identity::{EntryId, NodeId, OrganizationId, Role};
use crate::invite::Redemption;
use crate::key::NodeCertificate;
use crate::limits;

/// Why an entry has no right to stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRight {
    #[error("it was signed by a computer that belongs to nobody in this workspace")]
    Stranger,
    #[error("the computer that signed it was revoked or shown to be dishonest")]
    EndedNode,
    #[error("an organisation that is suspended may not do this")]
    Suspended,
    #[error("only stewards may do this")]
    NotSteward,
    #[error("stewards do not take part in an election; they may object to it")]
    IsSteward,
    #[error("it founds a workspace inside another")]
    Refounding,
    #[error("it is for another workspace")]
    Foreign,
    #[error("the invite was not made by a steward")]
    InviterNotSteward,
    #[error("the invite was revoked")]
    Revoked,
    #[error("the invite was used as often as it may be")]
    UsedUp,
    #[error("the organisation is already in, or waits to be let in")]
    AlreadyIn,
    #[error("the organisation does not wait to be let in")]
    NotWaiting,
    #[error("the steward has approved the organisation already")]
    AlreadyApproved,
    #[error("the organisation is not a member")]
    NotMember,
    #[error("the computer belongs to another organisation, or was revoked")]
    NodeTaken,
    #[error("the computer that vouched for it is not the organisation's here, or has ended")]
    VoucherNotIn,
    #[error("the organisation has as many computers as it may have")]
    TooManyNodes,
    #[error("the computer belongs to nobody here")]
    NoSuchNode,
    #[error("the computer has ended already")]
    AlreadyEnded,
    #[error(
        "only its own organisation may revoke a computer, from another one or with the recovery kit"
    )]
    NotOwnNode,
    #[error("the organisation has this role already, or is not in")]
    SameRole,
    #[error("the organisation is a steward, or is not in good standing")]
    CannotBeElected,
    #[error("the organisation is not suspended")]
    NotSuspended,
    #[error("there is no such proposal")]
    NoSuchProposal,
    #[error("the proposal was carried out already")]
    AlreadyEnacted,
    #[error("the organisation has agreed already")]
    AlreadyAgreed,
    #[error("only the election of a steward can be objected to")]
    NotAnElection,
    #[error("a steward objected to the election")]
    Objected,
    #[error("not enough have agreed")]
    NotEnough,
    #[error("it would change nothing")]
    ChangesNothing,
    #[error("it would leave the workspace without a steward")]
    WouldLeaveNoSteward,
    #[error("an organisation does not suspend itself")]
    SuspendsItself,
    #[error("a steward may suspend an organisation only once")]
    SuspendedBefore,
    #[error("there is no such suspension in force")]
    NoSuchSuspension,
    #[error("it names a fence that its author did not set up before")]
    NoSuchFence,
}

type Verdict = Result<(), NoRight>;

impl State {
    /// Had the entry the right to be written, in this state of its parents? Returns its author.
    pub(super) fn judge(&self, entry: &Entry) -> Result<OrganizationId, NoRight> {
        if entry.workspace != Some(self.workspace) {
            return Err(NoRight::Foreign);
        }
        if self.ended.contains_key(&entry.node) {
            return Err(NoRight::EndedNode);
        }
        let (author, member) = self.member_of(&entry.node).ok_or(NoRight::Stranger)?;
        let Some(act) = entry.act() else { return Ok(*author) };
        if member.standing == Standing::Suspended && !is_open_to_suspended(act) {
            return Err(NoRight::Suspended);
        }
        self.judge_act(author, &entry.node, act)?;
        Ok(*author)
    }

    fn judge_act(&self, author: &OrganizationId, node: &NodeId, act: &Act) -> Verdict {
        match act {
            Act::Found { .. } => Err(NoRight::Refounding),
            Act::Admit(redemption) => self.judge_admission(redemption),
            Act::Approve(organization) => self.judge_approval(author, organization),
            Act::Decline(organization) => {
                self.steward(author)?;
                holds(self.waits.contains_key(organization), NoRight::NotWaiting)
            }
            Act::RevokeInvite(_) => self.steward(author),
            Act::Certify(certificate) => self.judge_certificate(certificate),
            Act::Propose(change) => self.judge_proposal(author, change),
            Act::Agree(proposal) => self.judge_agreement(author, proposal),
            Act::Object(proposal) => {
                self.steward(author)?;
                let proposal = self.proposals.get(proposal).ok_or(NoRight::NoSuchProposal)?;
                holds(matches!(proposal.change, Change::Elect(_)), NoRight::NotAnElection)?;
                holds(proposal.enacted.is_none(), NoRight::AlreadyEnacted)
            }
            Act::Enact { proposal, .. } => self.may_enact(author, proposal),
            Act::Fence(_) | Act::Describe(Profile { .. }) => Ok(()),
            Act::Suspend { organization, .. } => self.judge_suspension(author, organization),
            Act::Lapse(suspension) => {
                holds(self.held_by(suspension).is_some(), NoRight::NoSuchSuspension)
            }
            Act::Leave(_) => holds(!self.is_last_steward(author), NoRight::WouldLeaveNoSteward),
            Act::RevokeNode { node: lost, word, .. } => {
                self.judge_revocation(author, node, lost, word.as_ref())
            }
            Act::Prove { proof, .. } => {
                let convicted = proof.node();
                holds(self.nodes.contains_key(&convicted), NoRight::NoSuchNode)?;
                holds(!self.ended.contains_key(&convicted), NoRight::AlreadyEnded)
            }
        }
    }

    fn judge_admission(&self, redemption: &Redemption) -> Verdict {
        let offer = &redemption.offer;
        let organization = &redemption.card.organization;
        holds(offer.workspace == self.workspace, NoRight::Foreign)?;
        let inviter = self.member_of(&offer.node);
        let is_stewards = inviter.is_some_and(|(inviter, member)| {
            *inviter == offer.inviter
                && member.standing == Standing::Member
                && member.role.may_steward()
        });
        holds(is_stewards, NoRight::InviterNotSteward)?;
        holds(!self.is_revoked(&offer.id), NoRight::Revoked)?;
        holds(
            !self.is_in(organization) && !self.waits.contains_key(organization),
            NoRight::AlreadyIn,
        )?;
        holds(self.is_untouched(&redemption.certificate), NoRight::NodeTaken)?;
        let uses = usize::try_from(offer.uses).unwrap_or(usize::MAX);
        holds(self.uses(&offer.id) < uses, NoRight::UsedUp)
    }

    fn judge_approval(&self, author: &OrganizationId, organization: &OrganizationId) -> Verdict {
        self.steward(author)?;
        let wait = self.waits.get(organization).ok_or(NoRight::NotWaiting)?;
        holds(!wait.approved.contains_key(author), NoRight::AlreadyApproved)
    }

    fn judge_certificate(&self, certificate: &NodeCertificate) -> Verdict {
        holds(self.is_in(&certificate.organization), NoRight::NotMember)?;
        holds(self.is_free(&certificate.node, &certificate.organization), NoRight::NodeTaken)?;
        self.judge_voucher(certificate)
    }

    /// May the node be added on the word that it brings? One that is there already needs no more.
    pub(super) fn judge_voucher(&self, certificate: &NodeCertificate) -> Verdict {
        let Some(voucher) = certificate.voucher() else { return Ok(()) };
        if self.nodes.contains_key(&certificate.node) {
            return Ok(());
        }
        let organization = certificate.organization;
        let is_in = self.nodes.get(&voucher) == Some(&organization);
        holds(is_in && !self.ended.contains_key(&voucher), NoRight::VoucherNotIn)?;
        holds(self.nodes_of(organization).count() < limits::NODES, NoRight::TooManyNodes)
    }

    fn judge_proposal(&self, author: &OrganizationId, change: &Change) -> Verdict {
        match change {
            Change::Elect(_) => holds(!self.is_steward(author), NoRight::IsSteward)?,
            Change::Role { .. }
            | Change::Remove { .. }
            | Change::Rules(_)
            | Change::Rename(_)
            | Change::Reinstate(_) => self.steward(author)?,
        }
        self.would_change(change)
    }

    fn judge_agreement(&self, author: &OrganizationId, proposal: &EntryId) -> Verdict {
        let proposal = self.proposals.get(proposal).ok_or(NoRight::NoSuchProposal)?;
        holds(proposal.enacted.is_none(), NoRight::AlreadyEnacted)?;
        self.voter(author, &proposal.change)?;
        holds(!proposal.agreed.contains_key(author), NoRight::AlreadyAgreed)
    }

    /// May the organisation carry out the proposal now?
    ///
    /// # Errors
    /// If not, why.
    pub fn may_enact(&self, by: &OrganizationId, proposal: &EntryId) -> Result<(), NoRight> {
        let proposal = self.proposals.get(proposal).ok_or(NoRight::NoSuchProposal)?;
        let change = &proposal.change;
        holds(proposal.enacted.is_none(), NoRight::AlreadyEnacted)?;
        self.voter(by, change)?;
        holds(proposal.objected.is_empty(), NoRight::Objected)?;
        let supporters: Vec<OrganizationId> =
            self.supporters(proposal).map(|(organization, _)| *organization).collect();
        holds(self.suffice(change, by, &supporters), NoRight::NotEnough)?;
        self.could_pass(change)
    }

    fn judge_suspension(&self, author: &OrganizationId, organization: &OrganizationId) -> Verdict {
        self.steward(author)?;
        holds(author != organization, NoRight::SuspendsItself)?;
        holds(self.has_standing(organization, Standing::Member), NoRight::NotMember)?;
        let before = self.suspenders.contains(&(*author, *organization));
        holds(!before, NoRight::SuspendedBefore)
    }

    fn judge_revocation(
        &self,
        author: &OrganizationId,
        node: &NodeId,
        lost: &NodeId,
        word: Option<&Revocation>,
    ) -> Verdict {
        let owner = self.nodes.get(lost).ok_or(NoRight::NoSuchNode)?;
        let is_revoked = self.ended.get(lost).is_some_and(|ended| ended.is_revoked);
        holds(!is_revoked, NoRight::AlreadyEnded)?;
        let may = match word {
            Some(word) => word.organization == *owner,
            None => owner == author && lost != node,
        };
        holds(may, NoRight::NotOwnNode)
    }

    /// Would carrying out the change make a difference?
    ///
    /// # Errors
    /// If not, why.
    pub fn would_change(&self, change: &Change) -> Result<(), NoRight> {
        match change {
            Change::Role { organization, role } => {
                let role_now = self
                    .members
                    .get(organization)
                    .filter(|member| member.standing.is_in())
                    .map(|member| member.role);
                holds(role_now.is_some_and(|now| now != *role), NoRight::SameRole)
            }
            Change::Remove { organization, .. } => {
                holds(self.is_in(organization), NoRight::NotMember)
            }
            Change::Rules(_) | Change::Rename(_) => Ok(()),
            Change::Elect(organization) => holds(
                self.has_standing(organization, Standing::Member) && !self.is_steward(organization),
                NoRight::CannotBeElected,
            ),
            Change::Reinstate(organization) => holds(
                self.has_standing(organization, Standing::Suspended)
                    || self.convicted(*organization).next().is_some(),
                NoRight::NotSuspended,
            ),
        }
    }

    /// Could the change be carried out as things stand, if all agreed who may?
    ///
    /// # Errors
    /// If not, why.
    pub fn could_pass(&self, change: &Change) -> Result<(), NoRight> {
        self.would_change(change)?;
        holds(!self.would_end_stewards(change), NoRight::WouldLeaveNoSteward)
    }

    /// Would carrying out the change take the last steward?
    pub(super) fn would_end_stewards(&self, change: &Change) -> bool {
        match change {
            Change::Remove { organization, .. } => self.is_last_steward(organization),
            Change::Role { organization, role } => {
                *role != Role::Steward && self.is_last_steward(organization)
            }
            Change::Rules(_) | Change::Rename(_) | Change::Elect(_) | Change::Reinstate(_) => false,
        }
    }

    /// Is the organisation the only steward?
    pub(super) fn is_last_steward(&self, organization: &OrganizationId) -> bool {
        self.is_steward(organization) && self.stewards.size() == 1
    }

    fn has_standing(&self, organization: &OrganizationId, standing: Standing) -> bool {
        self.members.get(organization).is_some_and(|member| member.standing == standing)
    }

    fn steward(&self, organization: &OrganizationId) -> Verdict {
        holds(self.is_steward(organization), NoRight::NotSteward)
    }

    fn voter(&self, organization: &OrganizationId, change: &Change) -> Verdict {
        let otherwise = match change {
            Change::Elect(_) => NoRight::IsSteward,
            Change::Role { .. }
            | Change::Remove { .. }
            | Change::Rules(_)
            | Change::Rename(_)
            | Change::Reinstate(_) => NoRight::NotSteward,
        };
        holds(self.may_vote(change, organization), otherwise)
    }
}

fn holds(is_so: bool, otherwise: NoRight) -> Verdict {
    if is_so { Ok(()) } else { Err(otherwise) }
}

/// A suspension delays what an organisation does to others; it takes no vote away, and not the care for its own.
const fn is_open_to_suspended(act: &Act) -> bool {
    match act {
        Act::Propose(_)
        | Act::Agree(_)
        | Act::Object(_)
        | Act::Enact { .. }
        | Act::Lapse(_)
        | Act::Leave(_)
        | Act::Certify(_)
        | Act::RevokeNode { .. }
        | Act::Fence(_) => true,
        Act::Found { .. }
        | Act::Admit(_)
        | Act::Approve(_)
        | Act::RevokeInvite(_)
        | Act::Suspend { .. }
        | Act::Describe(_)
        | Act::Prove { .. }
        | Act::Decline(_) => false,
    }
}
