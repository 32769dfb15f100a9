//! Sections 2 and 4 of `docs/protocol/membership.md`: the state, and what an entry does to it.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{EntryId, InviteId, Name, NodeId, OrganizationId, Role, Sector};
use crdt_schema::invite::Redemption;
use crdt_schema::key::NodeCertificate;
use crdt_schema::limits;
use crdt_schema::membership::{Act, Change, Entry, Profile, Rules};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Member,
    Waiting,
    Suspended,
    Removed,
    Left,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: Name,
    pub(crate) sector: Sector,
    pub(crate) profile: Profile,
    pub(crate) role: Role,
    /// The role in which it was admitted.
    pub(crate) offered: Role,
    pub(crate) standing: Standing,
    pub(crate) inviter: Option<OrganizationId>,
    /// Section 6: does the inviter count as one who agrees?
    pub(crate) freely: bool,
    /// Had it been removed when it was admitted?
    pub(crate) returns: bool,
    pub(crate) approved: BTreeSet<OrganizationId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) change: Change,
    pub(crate) agreed: BTreeMap<OrganizationId, EntryId>,
    pub(crate) objected: BTreeSet<OrganizationId>,
    pub(crate) enacted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Organization(OrganizationId),
    Node(NodeId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exclusion {
    pub(crate) who: Who,
    pub(crate) is_final: bool,
    pub(crate) fences: Vec<EntryId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) name: Name,
    pub(crate) rules: Rules,
    pub(crate) members: BTreeMap<OrganizationId, Member>,
    pub(crate) nodes: BTreeMap<NodeId, OrganizationId>,
    /// Ended nodes, and whether by proof alone.
    pub(crate) ended: BTreeMap<NodeId, bool>,
    pub(crate) uses: BTreeMap<InviteId, BTreeSet<OrganizationId>>,
    pub(crate) revoked: BTreeSet<InviteId>,
    pub(crate) proposals: BTreeMap<EntryId, Proposal>,
    pub(crate) suspensions: BTreeMap<OrganizationId, EntryId>,
    /// Who suspended whom, for ever.
    pub(crate) suspended: BTreeSet<(OrganizationId, OrganizationId)>,
    pub(crate) exclusions: BTreeMap<EntryId, Exclusion>,
    /// Entries that do nothing, or, an `Admit`, less than it says.
    pub(crate) void: BTreeSet<EntryId>,
}

impl State {
    pub(crate) fn founded(entry: &Entry) -> Option<Self> {
        let Some(Act::Found { name, card, certificate, rules, .. }) = entry.act() else {
            return None;
        };
        let founder = Member {
            name: card.name.clone(),
            sector: card.sector,
            profile: Profile::default(),
            role: Role::Steward,
            offered: Role::Steward,
            standing: Standing::Member,
            inviter: None,
            freely: true,
            returns: false,
            approved: BTreeSet::new(),
        };
        Some(Self {
            name: name.clone(),
            rules: rules.clone(),
            members: BTreeMap::from([(card.organization, founder)]),
            nodes: BTreeMap::from([(certificate.node, card.organization)]),
            ended: BTreeMap::new(),
            uses: BTreeMap::new(),
            revoked: BTreeSet::new(),
            proposals: BTreeMap::new(),
            suspensions: BTreeMap::new(),
            suspended: BTreeSet::new(),
            exclusions: BTreeMap::new(),
            void: BTreeSet::new(),
        })
    }

    pub(crate) fn standing(&self, who: OrganizationId) -> Option<Standing> {
        self.members.get(&who).map(|member| member.standing)
    }

    pub(crate) fn is_in(&self, who: OrganizationId) -> bool {
        matches!(self.standing(who), Some(Standing::Member | Standing::Suspended))
    }

    pub(crate) fn waits(&self, who: OrganizationId) -> bool {
        self.standing(who) == Some(Standing::Waiting)
    }

    pub(crate) fn role(&self, who: OrganizationId) -> Option<Role> {
        self.members.get(&who).filter(|_| self.is_in(who)).map(|member| member.role)
    }

    pub(crate) fn is_steward(&self, who: OrganizationId) -> bool {
        self.role(who) == Some(Role::Steward)
    }

    pub(crate) fn stewards(&self) -> BTreeSet<OrganizationId> {
        self.members.keys().copied().filter(|who| self.is_steward(*who)).collect()
    }

    pub(crate) fn sectors(&self, who: &BTreeSet<OrganizationId>) -> Vec<Sector> {
        who.iter().filter_map(|who| self.members.get(who)).map(|member| member.sector).collect()
    }

    pub(crate) fn owns(&self, who: OrganizationId, node: NodeId) -> bool {
        self.nodes.get(&node) == Some(&who)
    }

    /// Is the node neither ended nor another's?
    pub(crate) fn is_free_for(&self, who: OrganizationId, node: NodeId) -> bool {
        !self.ended.contains_key(&node) && self.nodes.get(&node).is_none_or(|owner| *owner == who)
    }

    /// Section 2: may the node, and may all that vouched for it, be the organisation's?
    pub(crate) fn is_untouched(&self, c: &NodeCertificate) -> bool {
        let mut nodes = c.vouchers.iter().map(|voucher| voucher.node).chain([c.node]);
        nodes.all(|node| self.is_free_for(c.organization, node))
    }

    /// Section 3.5: does the certificate's word suffice to add its node?
    pub(crate) fn is_vouched(&self, c: &NodeCertificate) -> bool {
        let mut own = self.nodes.keys().filter(|node| self.owns(c.organization, **node));
        let is_there = self.owns(c.organization, c.node);
        c.vouchers.last().is_none_or(|voucher| {
            let is_present = own.clone().any(|node| *node == voucher.node)
                && !self.ended.contains_key(&voucher.node);
            let present = own.by_ref().filter(|node| !self.ended.contains_key(*node)).count();
            is_there || (is_present && present < limits::NODES)
        })
    }

    /// Does an organisation have a node that was ended by proof alone?
    pub(crate) fn is_convicted(&self, who: OrganizationId) -> bool {
        self.ended.iter().any(|(node, by_proof)| *by_proof && self.owns(who, *node))
    }

    pub(crate) fn may_vote(&self, who: OrganizationId, change: &Change) -> bool {
        match change {
            Change::Elect(_) => self.is_in(who) && !self.is_steward(who),
            _ => self.is_steward(who),
        }
    }

    /// Section 3.9: would it change something?
    pub(crate) fn has_object(&self, change: &Change) -> bool {
        match change {
            Change::Role { organization, role } => {
                self.role(*organization).is_some_and(|now| now != *role)
            }
            Change::Remove { organization, .. } => self.is_in(*organization),
            Change::Reinstate(who) => {
                self.standing(*who) == Some(Standing::Suspended) || self.is_convicted(*who)
            }
            Change::Elect(who) => {
                self.standing(*who) == Some(Standing::Member) && !self.is_steward(*who)
            }
            Change::Rules(_) | Change::Rename(_) => true,
        }
    }

    /// Who agreed to a proposal and may vote on it.
    pub(crate) fn supporters(&self, proposal: &Proposal) -> BTreeMap<OrganizationId, EntryId> {
        let mut supporters = proposal.agreed.clone();
        supporters.retain(|who, _| self.may_vote(*who, &proposal.change));
        supporters
    }

    /// Section 3.9: are these enough for `author` to enact it?
    pub(crate) fn is_enough(
        &self,
        change: &Change,
        author: OrganizationId,
        supporters: &BTreeSet<OrganizationId>,
    ) -> bool {
        let threshold = match change {
            Change::Elect(_) => {
                let voters = self.members.keys().filter(|who| self.may_vote(**who, change)).count();
                return supporters.len() * 2 > voters;
            }
            Change::Role { organization, role }
                if *organization == author
                    && supporters.contains(&author)
                    && self.role(author).is_some_and(|now| now < *role) =>
            {
                return true;
            }
            Change::Remove { organization, .. } if !self.is_steward(*organization) => {
                &self.rules.members
            }
            Change::Role { organization, role }
                if !self.is_steward(*organization) && *role != Role::Steward =>
            {
                &self.rules.members
            }
            Change::Reinstate(_) => &self.rules.members,
            Change::Remove { .. } | Change::Role { .. } | Change::Rules(_) | Change::Rename(_) => {
                &self.rules.stewards
            }
        };
        threshold.is_met(&self.sectors(&self.stewards()), &self.sectors(supporters))
    }

    /// Section 4: applies an act that is not void. `within` is section 6's, for an `Admit`.
    pub(crate) fn apply(&mut self, id: EntryId, author: OrganizationId, act: &Act, within: bool) {
        match act.clone() {
            Act::Found { .. } | Act::Fence(_) => {}
            Act::Admit(redemption) => {
                self.note_use(&redemption);
                self.admit(&redemption, within, true);
            }
            Act::Approve(who) => {
                if let Some(member) = self.members.get_mut(&who) {
                    member.approved.insert(author);
                }
                self.let_in(who);
            }
            Act::Decline(who) => match self.members.get_mut(&who) {
                Some(member) if member.returns => member.standing = Standing::Removed,
                _ => {
                    self.members.remove(&who);
                    self.nodes.retain(|_, owner| *owner != who);
                }
            },
            Act::RevokeInvite(invite) => drop(self.revoked.insert(invite)),
            Act::Certify(certificate) => {
                self.nodes.insert(certificate.node, certificate.organization);
            }
            Act::Propose(change) => {
                let agreed = self.may_vote(author, &change).then_some((author, id));
                let agreed = agreed.into_iter().collect();
                let objected = BTreeSet::new();
                self.proposals.insert(id, Proposal { change, agreed, objected, enacted: false });
            }
            Act::Agree(proposal) => {
                if let Some(proposal) = self.proposals.get_mut(&proposal) {
                    proposal.agreed.entry(author).or_insert(id);
                }
            }
            Act::Object(proposal) => {
                if let Some(proposal) = self.proposals.get_mut(&proposal) {
                    proposal.objected.insert(author);
                }
            }
            Act::Enact { proposal, fences } => {
                if let Some(proposal) = self.proposals.get_mut(&proposal) {
                    proposal.enacted = true;
                    let change = proposal.change.clone();
                    self.carry_out(id, change, fences);
                }
            }
            Act::Suspend { organization, fences, .. } => {
                self.set_standing(organization, Standing::Suspended);
                self.suspensions.insert(organization, id);
                self.suspended.insert((author, organization));
                self.exclude(id, Who::Organization(organization), false, fences);
            }
            Act::Lapse(suspension) => {
                let over: Vec<OrganizationId> = self.suspended_by(suspension);
                over.into_iter().for_each(|who| self.lift(who));
            }
            Act::Leave(fences) => {
                self.set_standing(author, Standing::Left);
                self.make_final(author);
                self.exclude(id, Who::Organization(author), true, fences);
            }
            Act::RevokeNode { node, fences, .. } => self.end(id, node, false, fences),
            Act::Prove { proof, fences } => self.end(id, proof.node(), true, fences),
            Act::Describe(profile) => {
                if let Some(member) = self.members.get_mut(&author) {
                    member.profile = profile;
                }
            }
        }
    }

    pub(crate) fn suspended_by(&self, suspension: EntryId) -> Vec<OrganizationId> {
        let by = self.suspensions.iter().filter(|(_, id)| **id == suspension);
        by.map(|(who, _)| *who).collect()
    }

    pub(crate) fn note_use(&mut self, redemption: &Redemption) {
        let users = self.uses.entry(redemption.offer.id).or_default();
        users.insert(redemption.card.organization);
    }

    /// Sections 4 to 6: an organisation comes by an invite. A void `Admit` is not within its uses.
    pub(crate) fn admit(&mut self, redemption: &Redemption, within: bool, takes_node: bool) {
        let (card, offer) = (&redemption.card, &redemption.offer);
        let who = card.organization;
        if takes_node && self.is_untouched(&redemption.certificate) {
            self.nodes.insert(redemption.certificate.node, who);
        }
        if self.is_in(who) || self.waits(who) {
            return;
        }
        let returns = self.standing(who) == Some(Standing::Removed);
        let profile = self.members.get(&who).map(|member| member.profile.clone());
        let member = Member {
            name: card.name.clone(),
            sector: card.sector,
            profile: profile.unwrap_or_default(),
            role: offer.role,
            offered: offer.role,
            standing: Standing::Waiting,
            inviter: Some(offer.inviter),
            freely: within && !offer.approval && !returns,
            returns,
            approved: BTreeSet::new(),
        };
        self.members.insert(who, member);
        self.let_in(who);
    }

    /// Section 6: who waits is in as soon as enough agree.
    fn let_in(&mut self, who: OrganizationId) {
        let Some(member) = self.members.get(&who).filter(|_| self.waits(who)) else { return };
        let mut agree = member.approved.clone();
        agree.extend(member.inviter.filter(|_| member.freely));
        agree.retain(|who| self.is_steward(*who));
        let threshold =
            if member.offered == Role::Steward { &self.rules.stewards } else { &self.rules.admit };
        if threshold.is_met(&self.sectors(&self.stewards()), &self.sectors(&agree)) {
            self.set_standing(who, Standing::Member);
        }
    }

    fn carry_out(&mut self, id: EntryId, change: Change, fences: Vec<EntryId>) {
        match change {
            Change::Role { organization, role } => {
                let Some(member) = self.members.get_mut(&organization) else { return };
                let old = std::mem::replace(&mut member.role, role);
                if old.loses_with(role) {
                    self.exclude(id, Who::Organization(organization), true, fences);
                }
            }
            Change::Remove { organization, .. } => {
                self.set_standing(organization, Standing::Removed);
                self.make_final(organization);
                self.exclude(id, Who::Organization(organization), true, fences);
            }
            Change::Rules(rules) => self.rules = rules,
            Change::Rename(name) => self.name = name,
            Change::Elect(who) => self.set_role(who, Role::Steward),
            Change::Reinstate(who) => {
                self.lift(who);
                let nodes = self.nodes.clone();
                self.ended.retain(|node, by_proof| !*by_proof || nodes.get(node) != Some(&who));
            }
        }
    }

    /// Ends a suspension as if it had not been.
    fn lift(&mut self, who: OrganizationId) {
        if let Some(suspension) = self.suspensions.remove(&who) {
            self.exclusions.remove(&suspension);
            self.set_standing(who, Standing::Member);
        }
    }

    /// Ends a suspension because its organisation is out: what was held back stays out.
    fn make_final(&mut self, who: OrganizationId) {
        let suspension = self.suspensions.remove(&who);
        if let Some(exclusion) = suspension.and_then(|id| self.exclusions.get_mut(&id)) {
            exclusion.is_final = true;
        }
    }

    fn end(&mut self, id: EntryId, node: NodeId, by_proof: bool, fences: Vec<EntryId>) {
        let before = self.ended.get(&node).copied().unwrap_or(true);
        self.ended.insert(node, before && by_proof);
        self.exclude(id, Who::Node(node), true, fences);
    }

    fn exclude(&mut self, id: EntryId, who: Who, is_final: bool, fences: Vec<EntryId>) {
        self.exclusions.insert(id, Exclusion { who, is_final, fences });
    }

    fn set_standing(&mut self, who: OrganizationId, standing: Standing) {
        if let Some(member) = self.members.get_mut(&who) {
            member.standing = standing;
        }
    }

    fn set_role(&mut self, who: OrganizationId, role: Role) {
        if let Some(member) = self.members.get_mut(&who) {
            member.role = role;
        }
    }
}
