//! From entries that were allowed to who is in.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Entry};
use crate::identity::{
    EntryId, InviteId, Name, NodeId, OrganizationId, Role, Sector, Timestamp, WorkspaceId,
};
use crate::key::OrganizationCard;

/// How an organisation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is in.
    Member,
    /// A steward must approve it.
    Waiting,
}

/// One organisation of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it calls itself.
    pub card: OrganizationCard,
    /// What it may do once it is in.
    pub role: Role,
    /// Is it in?
    pub standing: Standing,
    /// Who invited it; the founder nobody.
    pub invited_by: Option<OrganizationId>,
    /// When it was let in, as claimed.
    pub since: Timestamp,
}

impl Member {
    /// Returns its part of public life.
    #[must_use]
    pub const fn sector(&self) -> Sector {
        self.card.sector
    }
}

/// Who is in a workspace, after some set of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What it is called.
    pub name: Name,
    /// When it was founded, as claimed.
    pub created: Timestamp,
    /// Everyone who is in or waits.
    pub members: BTreeMap<OrganizationId, Member>,
    /// Which node is whose.
    pub nodes: BTreeMap<NodeId, OrganizationId>,
    uses: BTreeMap<InviteId, BTreeMap<OrganizationId, Use>>,
    revoked: BTreeSet<InviteId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    entry: EntryId,
    allowed: u32,
    approval: bool,
    approved: bool,
}

/// Why an entry has no right to stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRight {
    #[error("its signer was no member's node")]
    Stranger,
    #[error("only stewards may do this")]
    NotSteward,
    #[error("it founds a workspace inside another")]
    Refounding,
    #[error("it is for another workspace")]
    Foreign,
    #[error("the invite's maker was not a steward")]
    InviterNotSteward,
    #[error("the invite was revoked")]
    Revoked,
    #[error("the invite was used up")]
    UsedUp,
    #[error("the organisation is already in or waits")]
    AlreadyIn,
    #[error("there is nothing to approve")]
    NothingToApprove,
    #[error("the organisation is no member")]
    NotMember,
    #[error("the node belongs to another organisation")]
    NodeTaken,
}

impl State {
    /// Returns the state right after founding.
    pub(super) fn founded(id: EntryId, entry: &Entry) -> Option<Self> {
        let Some(Act::Found { name, card, certificate, .. }) = entry.act() else { return None };
        let founder = Member {
            card: card.clone(),
            role: Role::Steward,
            standing: Standing::Member,
            invited_by: None,
            since: entry.time,
        };
        Some(Self {
            workspace: id.into(),
            name: name.clone(),
            created: entry.time,
            members: BTreeMap::from([(card.organization, founder)]),
            nodes: BTreeMap::from([(certificate.node, certificate.organization)]),
            uses: BTreeMap::new(),
            revoked: BTreeSet::new(),
        })
    }

    /// Returns the organisation of a node, if it is in (not waiting).
    #[must_use]
    pub fn member_of(&self, node: &NodeId) -> Option<(&OrganizationId, &Member)> {
        let (organization, member) = self.members.get_key_value(self.nodes.get(node)?)?;
        (member.standing == Standing::Member).then_some((organization, member))
    }

    /// Is the organisation in (not waiting)?
    #[must_use]
    pub fn is_member(&self, organization: &OrganizationId) -> bool {
        self.members.get(organization).is_some_and(|member| member.standing == Standing::Member)
    }

    /// Is the organisation in, and a steward?
    #[must_use]
    pub fn is_steward(&self, organization: &OrganizationId) -> bool {
        self.members
            .get(organization)
            .is_some_and(|member| member.standing == Standing::Member && member.role.may_steward())
    }

    /// How many organisations used the invite?
    #[must_use]
    pub fn uses(&self, invite: &InviteId) -> usize {
        self.uses.get(invite).map_or(0, BTreeMap::len)
    }

    /// Was the invite revoked?
    #[must_use]
    pub fn is_revoked(&self, invite: &InviteId) -> bool {
        self.revoked.contains(invite)
    }

    /// Had the entry the right to be written, in this state of its parents?
    pub(super) fn judge(&self, entry: &Entry) -> Result<(), NoRight> {
        if entry.workspace != Some(self.workspace) {
            return Err(NoRight::Foreign);
        }
        let (author, member) = self.member_of(&entry.node).ok_or(NoRight::Stranger)?;
        let as_steward =
            || if member.role.may_steward() { Ok(author) } else { Err(NoRight::NotSteward) };
        let Some(act) = entry.act() else { return Ok(()) };
        match act {
            Act::Found { .. } => Err(NoRight::Refounding),
            Act::Admit(redemption) => self.judge_admission(redemption),
            Act::Approve(organization) => {
                as_steward()?;
                match self.members.get(organization) {
                    Some(Member { standing: Standing::Waiting, .. }) => Ok(()),
                    Some(_) | None => Err(NoRight::NothingToApprove),
                }
            }
            Act::RevokeInvite(_) => as_steward().map(|_| ()),
            Act::Certify(certificate) => {
                if !self.is_member(&certificate.organization) {
                    return Err(NoRight::NotMember);
                }
                match self.nodes.get(&certificate.node) {
                    Some(owner) if *owner != certificate.organization => Err(NoRight::NodeTaken),
                    Some(_) | None => Ok(()),
                }
            }
            _ => Err(NoRight::NotSteward),
        }
    }

    fn judge_admission(&self, redemption: &crate::invite::Redemption) -> Result<(), NoRight> {
        let offer = &redemption.offer;
        if offer.workspace != self.workspace {
            return Err(NoRight::Foreign);
        }
        if self.nodes.get(&offer.node) != Some(&offer.inviter) || !self.is_steward(&offer.inviter) {
            return Err(NoRight::InviterNotSteward);
        }
        if self.is_revoked(&offer.id) {
            return Err(NoRight::Revoked);
        }
        if self.members.contains_key(&redemption.card.organization) {
            return Err(NoRight::AlreadyIn);
        }
        if self.nodes.contains_key(&redemption.certificate.node) {
            return Err(NoRight::NodeTaken);
        }
        if self.uses(&offer.id) >= usize::try_from(offer.uses).unwrap_or(usize::MAX) {
            return Err(NoRight::UsedUp);
        }
        Ok(())
    }

    /// Takes in an entry that was allowed. Called in an order that all replicas share.
    pub(super) fn take(&mut self, id: EntryId, entry: &Entry) {
        let Some(act) = entry.act() else { return };
        match act {
            Act::Found { .. } => {}
            Act::Admit(redemption) => self.take_admission(id, entry, redemption),
            Act::Approve(organization) => {
                for uses in self.uses.values_mut() {
                    if let Some(used) = uses.get_mut(organization) {
                        used.approved = true;
                    }
                }
            }
            Act::RevokeInvite(invite) => drop(self.revoked.insert(*invite)),
            Act::Certify(certificate) => {
                // Two organisations that claim one node at the same time: the first in the shared order keeps it.
                self.nodes.entry(certificate.node).or_insert(certificate.organization);
            }
            _ => {}
        }
    }

    fn take_admission(
        &mut self,
        id: EntryId,
        entry: &Entry,
        redemption: &crate::invite::Redemption,
    ) {
        let offer = &redemption.offer;
        let organization = redemption.card.organization;
        // One organisation let in twice at the same time: once is enough, by the first in the shared order.
        if self.members.contains_key(&organization) {
            self.nodes.entry(redemption.certificate.node).or_insert(organization);
            return;
        }
        let used =
            Use { entry: id, allowed: offer.uses, approval: offer.approval, approved: false };
        self.uses.entry(offer.id).or_default().insert(organization, used);
        self.nodes.entry(redemption.certificate.node).or_insert(organization);
        let member = Member {
            card: redemption.card.clone(),
            role: offer.role,
            standing: Standing::Waiting,
            invited_by: Some(offer.inviter),
            since: entry.time,
        };
        self.members.insert(organization, member);
    }

    /// Decides who waits, once all entries are in. `comes_after(a, b)`: was `a` written knowing `b`?
    pub(super) fn settle(&mut self, comes_after: impl Fn(&EntryId, &EntryId) -> bool) {
        for uses in self.uses.values() {
            for (organization, used) in uses {
                let rivals =
                    uses.values().filter(|other| !comes_after(&other.entry, &used.entry)).count();
                let within = rivals <= usize::try_from(used.allowed).unwrap_or(usize::MAX);
                let is_in = used.approved || (within && !used.approval);
                if let Some(member) = self.members.get_mut(organization) {
                    member.standing = if is_in { Standing::Member } else { Standing::Waiting };
                }
            }
        }
    }
}
