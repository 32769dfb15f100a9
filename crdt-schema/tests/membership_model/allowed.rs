//! Section 3 of `docs/protocol/membership.md`: what is allowed.

use crdt_schema::identity::{NodeId, OrganizationId, Role};
use crdt_schema::invite::Redemption;
use crdt_schema::membership::{Act, Change, Entry, Revocation};

use crate::model::Model;
use crate::set::Set;
use crate::state::{Standing, State};

/// Is the entry allowed in the state `s` before it?
pub(crate) fn is_allowed(model: &Model, entry: &Entry, past: Set, s: &State) -> bool {
    let Some(author) = s.nodes.get(&entry.node).copied() else { return false };
    let is_known = entry.workspace == Some(model.workspace());
    let comes = is_known && !s.ended.contains_key(&entry.node) && s.is_in(author);
    let Some(act) = entry.act() else { return comes };
    let is_free = s.standing(author) == Some(Standing::Member) || may_do_while_suspended(act);
    comes && is_free && fences_hold(model, entry.node, act, past) && may(s, author, entry.node, act)
}

const fn may_do_while_suspended(act: &Act) -> bool {
    matches!(
        act,
        Act::Propose(_)
            | Act::Agree(_)
            | Act::Object(_)
            | Act::Enact { .. }
            | Act::Lapse(_)
            | Act::Leave(_)
            | Act::Certify(_)
            | Act::RevokeNode { .. }
            | Act::Fence(_)
    )
}

fn fences_hold(model: &Model, node: NodeId, act: &Act, past: Set) -> bool {
    let (Act::Enact { fences, .. }
    | Act::Suspend { fences, .. }
    | Act::Leave(fences)
    | Act::RevokeNode { fences, .. }
    | Act::Prove { fences, .. }) = act
    else {
        return true;
    };
    fences.iter().all(|fence| {
        model.number(fence).filter(|number| past.has(*number)).is_some_and(|number| {
            let fence = model.entry(number);
            fence.node == node && matches!(fence.act(), Some(Act::Fence(_)))
        })
    })
}

fn may(s: &State, a: OrganizationId, node: NodeId, act: &Act) -> bool {
    match act {
        Act::Found { .. } => false,
        Act::Admit(redemption) => may_admit(s, redemption),
        Act::Approve(o) => {
            s.is_steward(a)
                && s.waits(*o)
                && !s.members.get(o).is_some_and(|member| member.approved.contains(&a))
        }
        Act::Decline(o) => s.is_steward(a) && s.waits(*o),
        Act::RevokeInvite(_) => s.is_steward(a),
        Act::Certify(c) => {
            s.is_in(c.organization) && s.is_free_for(c.organization, c.node) && s.is_vouched(c)
        }
        Act::Propose(change) => may_propose(s, a, change),
        Act::Agree(p) => s.proposals.get(p).is_some_and(|proposal| {
            !proposal.enacted
                && s.may_vote(a, &proposal.change)
                && !proposal.agreed.contains_key(&a)
        }),
        Act::Object(p) => {
            s.is_steward(a)
                && s.proposals.get(p).is_some_and(|proposal| {
                    !proposal.enacted && matches!(proposal.change, Change::Elect(_))
                })
        }
        Act::Enact { proposal, .. } => s.proposals.get(proposal).is_some_and(|proposal| {
            let change = &proposal.change;
            let supporters = s.supporters(proposal).into_keys().collect();
            !proposal.enacted
                && s.may_vote(a, change)
                && (!matches!(change, Change::Elect(_)) || proposal.objected.is_empty())
                && s.is_enough(change, a, &supporters)
                && s.has_object(change)
                && !takes_last_steward(s, change)
        }),
        Act::Fence(_) | Act::Describe(_) => true,
        Act::Suspend { organization: o, .. } => {
            s.is_steward(a)
                && *o != a
                && s.standing(*o) == Some(Standing::Member)
                && !s.suspended.contains(&(a, *o))
        }
        Act::Lapse(x) => !s.suspended_by(*x).is_empty(),
        Act::Leave(_) => !is_last_steward(s, a),
        Act::RevokeNode { node: n, word, .. } => may_revoke(s, a, node, *n, word.as_ref()),
        Act::Prove { proof, .. } => {
            s.nodes.contains_key(&proof.node()) && !s.ended.contains_key(&proof.node())
        }
    }
}

fn may_admit(s: &State, redemption: &Redemption) -> bool {
    let (offer, o) = (&redemption.offer, redemption.card.organization);
    let used = s.uses.get(&offer.id).map_or(0, std::collections::BTreeSet::len);
    s.owns(offer.inviter, offer.node)
        && !s.ended.contains_key(&offer.node)
        && s.is_steward(offer.inviter)
        && s.standing(offer.inviter) == Some(Standing::Member)
        && !s.revoked.contains(&offer.id)
        && used < usize::try_from(offer.uses).unwrap()
        && !s.is_in(o)
        && !s.waits(o)
        && s.is_untouched(&redemption.certificate)
}

fn may_propose(s: &State, a: OrganizationId, change: &Change) -> bool {
    match change {
        Change::Elect(_) => s.has_object(change) && !s.is_steward(a),
        Change::Role { .. }
        | Change::Remove { .. }
        | Change::Reinstate(_)
        | Change::Rules(_)
        | Change::Rename(_) => s.is_steward(a) && s.has_object(change),
    }
}

fn may_revoke(
    s: &State,
    a: OrganizationId,
    author: NodeId,
    n: NodeId,
    word: Option<&Revocation>,
) -> bool {
    s.nodes.get(&n).is_some_and(|owner| {
        s.ended.get(&n) != Some(&false)
            && word.map_or(*owner == a && n != author, |word| word.organization == *owner)
    })
}

/// Would carrying it out leave the workspace without a steward?
pub(crate) fn takes_last_steward(s: &State, change: &Change) -> bool {
    match change {
        Change::Remove { organization, .. } => is_last_steward(s, *organization),
        Change::Role { organization, role } => {
            *role != Role::Steward && is_last_steward(s, *organization)
        }
        Change::Rules(_) | Change::Rename(_) | Change::Elect(_) | Change::Reinstate(_) => false,
    }
}

/// Is it a steward, and the only one?
pub(crate) fn is_last_steward(s: &State, who: OrganizationId) -> bool {
    s.stewards().into_iter().eq([who])
}
