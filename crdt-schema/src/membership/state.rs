//! [`State`]: who is in a workspace, in which role, under which rules, after some set of entries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::Why;
use super::rules::Rules;
use super::{Act, Change, Entry, Profile};
use crate::identity::{
    EntryId, InviteId, Name, NodeId, OrganizationId, Role, Sector, Timestamp, WorkspaceId,
};
use crate::key::{NodeCertificate, OrganizationCard};

/// A map that is cheap to copy: copies share what they have in common.
pub type Map<K, V> = rpds::RedBlackTreeMapSync<K, V>;
/// A set that is cheap to copy.
pub type Set<K> = rpds::RedBlackTreeSetSync<K>;

/// How an organisation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is in.
    Member,
    /// It was admitted, and stewards must approve it.
    Waiting,
    /// It is in, and what it writes is held back.
    Suspended,
    /// It was removed.
    Removed,
    /// It left.
    Left,
}

impl Standing {
    /// Is such an organisation in?
    #[must_use]
    pub const fn is_in(self) -> bool {
        match self {
            Self::Member | Self::Suspended => true,
            Self::Waiting | Self::Removed | Self::Left => false,
        }
    }
}

/// One organisation of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it called itself when it was admitted.
    pub card: OrganizationCard,
    /// What it says of itself now.
    pub profile: Profile,
    /// What it may do while it is in.
    pub role: Role,
    /// Is it in?
    pub standing: Standing,
    /// Who invited it; the founder nobody.
    pub invited_by: Option<OrganizationId>,
    /// When it was admitted, as claimed.
    pub since: Timestamp,
    /// The suspension in force.
    pub suspended: Option<EntryId>,
}

impl Member {
    /// Returns its part of public life.
    #[must_use]
    pub const fn sector(&self) -> Sector {
        self.card.sector
    }

    /// Returns the name people know it by.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.profile.name.as_ref().unwrap_or(&self.card.name)
    }
}

/// What was proposed, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What would change.
    pub change: Change,
    /// Who proposed it.
    pub by: OrganizationId,
    /// When, as claimed.
    pub time: Timestamp,
    /// Who agreed, and by which entry.
    pub agreed: BTreeMap<OrganizationId, EntryId>,
    /// Who objected.
    pub objected: BTreeSet<OrganizationId>,
    /// The entry that carried it out.
    pub enacted: Option<EntryId>,
}

/// Whose right was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// An organisation's.
    Organization(OrganizationId),
    /// One node's.
    Node(NodeId),
}

/// For how long a right is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// For good.
    Final,
    /// Until a suspension ends.
    Held,
}

/// A right that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Whose.
    pub who: Who,
    /// For how long.
    pub hold: Hold,
    /// The [`Act::Fence`] entries that say what is kept.
    pub fences: Vec<EntryId>,
    /// When, as claimed.
    pub time: Timestamp,
}

/// How a node ended. One that was both revoked and convicted stays ended when its organisation is reinstated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its organisation revoked it.
    pub is_revoked: bool,
    /// It was shown to have said two things in one place.
    pub is_convicted: bool,
}

/// How an organisation waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) inviter: OrganizationId,
    pub(super) offered: Role,
    /// Does the inviter count as one who agrees?
    pub(super) is_free: bool,
    pub(super) was_removed: bool,
    pub(super) approved: BTreeMap<OrganizationId, EntryId>,
}

/// Who is in a workspace, after some set of entries. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What it is called.
    pub name: Name,
    /// When it was founded, as claimed.
    pub created: Timestamp,
    /// How many must agree to what.
    pub rules: Arc<Rules>,
    /// Everyone who is in, waits, or was in.
    pub members: Map<OrganizationId, Member>,
    /// Which node is whose, ended ones included.
    pub nodes: Map<NodeId, OrganizationId>,
    /// Nodes that are no more.
    pub ended: Map<NodeId, Ended>,
    /// What was proposed, by the entry that proposed it.
    pub proposals: Map<EntryId, Proposal>,
    /// Rights that were taken away, by the entry that did it.
    pub exclusions: Map<EntryId, Exclusion>,
    pub(super) stewards: Map<OrganizationId, Sector>,
    pub(super) uses: Map<InviteId, Set<OrganizationId>>,
    pub(super) revoked: Set<InviteId>,
    pub(super) waits: Map<OrganizationId, Wait>,
    /// Who ever suspended whom.
    pub(super) suspenders: Set<(OrganizationId, OrganizationId)>,
    pub(super) void: Map<EntryId, Why>,
}

impl State {
    /// Returns the state right after founding.
    pub(super) fn founded(id: EntryId, entry: &Entry) -> Option<Self> {
        let Some(Act::Found { name, card, certificate, rules, .. }) = entry.act() else {
            return None;
        };
        let founder = Member {
            card: card.clone(),
            profile: Profile::default(),
            role: Role::Steward,
            standing: Standing::Member,
            invited_by: None,
            since: entry.time,
            suspended: None,
        };
        let mut state = Self {
            workspace: id.into(),
            name: name.clone(),
            created: entry.time,
            rules: Arc::new(rules.clone()),
            members: Map::default(),
            nodes: Map::default(),
            ended: Map::default(),
            proposals: Map::default(),
            exclusions: Map::default(),
            stewards: Map::default(),
            uses: Map::default(),
            revoked: Set::default(),
            waits: Map::default(),
            suspenders: Set::default(),
            void: Map::default(),
        };
        state.nodes.insert_mut(certificate.node, certificate.organization);
        state.put(card.organization, founder);
        Some(state)
    }

    /// Returns the organisation of a node, if it is in (suspended or not) and the node has not ended.
    #[must_use]
    pub fn member_of(&self, node: &NodeId) -> Option<(&OrganizationId, &Member)> {
        let (organization, member) = self.members.get_key_value(self.nodes.get(node)?)?;
        (member.standing.is_in() && !self.ended.contains_key(node))
            .then_some((organization, member))
    }

    /// Is the organisation in, suspended or not?
    #[must_use]
    pub fn is_in(&self, organization: &OrganizationId) -> bool {
        self.members.get(organization).is_some_and(|member| member.standing.is_in())
    }

    /// Is the organisation in, suspended or not? It still reads and speaks with the others.
    #[must_use]
    pub fn is_member(&self, organization: &OrganizationId) -> bool {
        self.is_in(organization)
    }

    /// Is the organisation in, and a steward?
    #[must_use]
    pub fn is_steward(&self, organization: &OrganizationId) -> bool {
        self.stewards.contains_key(organization)
    }

    /// Returns all stewards.
    pub fn stewards(&self) -> impl Iterator<Item = &OrganizationId> {
        self.stewards.keys()
    }

    /// How many organisations used the invite?
    #[must_use]
    pub fn uses(&self, invite: &InviteId) -> usize {
        self.uses.get(invite).map_or(0, Set::size)
    }

    /// Was the invite revoked?
    #[must_use]
    pub fn is_revoked(&self, invite: &InviteId) -> bool {
        self.revoked.contains(invite)
    }

    /// Returns the organisation that a suspension holds back now.
    #[must_use]
    pub fn held_by(&self, suspension: &EntryId) -> Option<OrganizationId> {
        let Who::Organization(organization) = self.exclusions.get(suspension)?.who else {
            return None;
        };
        let member = self.members.get(&organization)?;
        (member.suspended.as_ref() == Some(suspension)).then_some(organization)
    }

    /// Returns the entry that shut a node out last, if it or its organisation was and is not in again.
    #[must_use]
    pub fn end_of(&self, node: &NodeId) -> Option<EntryId> {
        if self.member_of(node).is_some() {
            return None;
        }
        let owner = self.nodes.get(node)?;
        let ends = self.exclusions.iter().filter(|(_, exclusion)| match exclusion.who {
            Who::Organization(organization) => organization == *owner,
            Who::Node(ended) => ended == *node,
        });
        ends.max_by_key(|(id, exclusion)| (exclusion.time, **id)).map(|(id, _)| *id)
    }

    /// Returns the nodes of an organisation that have not ended.
    pub fn nodes_of(&self, organization: OrganizationId) -> impl Iterator<Item = &NodeId> {
        self.nodes
            .iter()
            .filter(move |(node, owner)| **owner == organization && !self.ended.contains_key(*node))
            .map(|(node, _)| node)
    }

    /// Writes down how an organisation stands.
    pub(super) fn put(&mut self, organization: OrganizationId, member: Member) {
        if member.standing.is_in() && member.role.may_steward() {
            self.stewards.insert_mut(organization, member.sector());
        } else {
            self.stewards.remove_mut(&organization);
        }
        self.members.insert_mut(organization, member);
    }

    /// Could this node be the organisation's: not ended, and nobody else's?
    pub(super) fn is_free(&self, node: &NodeId, organization: &OrganizationId) -> bool {
        !self.ended.contains_key(node)
            && self.nodes.get(node).is_none_or(|owner| owner == organization)
    }

    /// Could the node be the organisation's, and so those that vouched for it?
    pub(super) fn is_untouched(&self, certificate: &NodeCertificate) -> bool {
        let vouchers = certificate.vouchers.iter().map(|voucher| &voucher.node);
        vouchers
            .chain([&certificate.node])
            .all(|node| self.is_free(node, &certificate.organization))
    }

    /// Was one of the organisation's nodes convicted, and not revoked as well?
    pub(super) fn convicted(&self, organization: OrganizationId) -> impl Iterator<Item = &NodeId> {
        self.ended
            .iter()
            .filter(move |(node, ended)| {
                ended.is_convicted
                    && !ended.is_revoked
                    && self.nodes.get(*node) == Some(&organization)
            })
            .map(|(node, _)| node)
    }
}
