//! A document's access log: who may read and write it, changed by signed steps that travel as its own envelopes.
//!
//! The steps form a graph through the access heads that their envelopes cite. The audience at some heads is a pure function of
//! the steps up to there: the newest [`AccessAct::Set`]s, of which none was written knowing another, and
//! what all of them allow. So when two people change an audience at once, the narrower one holds until somebody decides.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::audience::Audience;
use crate::identity::{ChangeId, EntryId, EnvelopeId, OrganizationId};
use crate::limits;

/// One step of a document's access log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum AccessAct {
    /// Gives the document another audience.
    #[n(0)]
    Set {
        /// Who may read and write from now on.
        #[n(0)]
        audience: Audience,
        /// The newest changes the author had. What an organisation that loses its right wrote is kept below them.
        #[n(1)]
        fence: Vec<ChangeId>,
        /// The newest sign-offs the author had of those who can no longer read. Nothing else builds on a sign-off.
        #[n(2)]
        signed: Vec<EnvelopeId>,
    },
    /// Says how far the work of somebody who was shut out of the workspace is kept in this document.
    #[n(1)]
    Fence {
        /// The membership entry that shut out.
        #[n(0)]
        exclusion: EntryId,
        /// The newest changes the author had.
        #[n(1)]
        heads: Vec<ChangeId>,
        /// The newest sign-offs the author had of who was shut out.
        #[n(2)]
        signed: Vec<EnvelopeId>,
    },
}

/// How far a document had come for whoever wrote a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// The newest changes.
    pub heads: Vec<ChangeId>,
    /// The steps that its envelope cites, and the sign-offs that it names.
    pub envelopes: Vec<EnvelopeId>,
}

impl AccessAct {
    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let (heads, signed, audience) = match self {
            Self::Set { fence, signed, audience } => (fence, signed, Some(audience)),
            Self::Fence { heads, signed, .. } => (heads, signed, None),
        };
        audience.is_none_or(Audience::is_bounded)
            && heads.len() <= limits::DEPENDENCIES
            && heads.is_sorted_by(|a, b| a < b)
            && signed.len() <= limits::FENCED_SIGN_OFFS
            && signed.is_sorted_by(|a, b| a < b)
    }
}

/// The steps of one document's access log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AccessLog {
    #[n(0)]
    steps: BTreeMap<EnvelopeId, Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Step {
    #[n(0)]
    parents: Vec<EnvelopeId>,
    #[n(1)]
    act: AccessAct,
}

impl Step {
    fn fenced(&self, heads: &[ChangeId], signed: &[EnvelopeId]) -> Fenced {
        Fenced { heads: heads.to_vec(), envelopes: [&self.parents, signed].concat() }
    }
}

impl AccessLog {
    /// Adds a step; `parents` are the access heads that its envelope cites.
    pub fn add(&mut self, id: EnvelopeId, parents: Vec<EnvelopeId>, act: AccessAct) {
        self.steps.insert(id, Step { parents, act });
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Is the step here?
    #[must_use]
    pub fn knows(&self, id: &EnvelopeId) -> bool {
        self.steps.contains_key(id)
    }

    /// Returns the newest steps, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<EnvelopeId> {
        let built_on: BTreeSet<&EnvelopeId> =
            self.steps.values().flat_map(|step| &step.parents).collect();
        self.steps.keys().filter(|id| !built_on.contains(id)).copied().collect()
    }

    /// Returns these steps with all before them, as far as they are here.
    #[must_use]
    pub fn past(&self, heads: &[EnvelopeId]) -> BTreeSet<EnvelopeId> {
        let mut past = BTreeSet::new();
        let mut todo = heads.to_vec();
        while let Some(id) = todo.pop() {
            if let Some(step) = self.steps.get(&id)
                && past.insert(id)
            {
                todo.extend(&step.parents);
            }
        }
        past
    }

    /// Do `later` heads know all that `earlier` heads knew?
    #[must_use]
    pub fn covers(&self, later: &[EnvelopeId], earlier: &[EnvelopeId]) -> bool {
        let past = self.past(later);
        earlier.iter().all(|id| past.contains(id))
    }

    /// Returns who may read and write at some heads.
    #[must_use]
    pub fn audience_at(&self, first: &Audience, heads: &[EnvelopeId]) -> Audience {
        self.audience_of(first, &self.past(heads))
    }

    /// Returns who may read and write by these steps alone.
    #[must_use]
    pub fn audience_of(&self, first: &Audience, steps: &BTreeSet<EnvelopeId>) -> Audience {
        let mut sets: Vec<(EnvelopeId, &Audience, BTreeSet<EnvelopeId>)> = Vec::new();
        for id in steps {
            if let Some(Step { parents, act: AccessAct::Set { audience, .. } }) = self.steps.get(id)
            {
                sets.push((*id, audience, self.past(parents)));
            }
        }
        let newest =
            sets.iter().filter(|(id, _, _)| !sets.iter().any(|(_, _, before)| before.contains(id)));
        newest
            .map(|(_, audience, _)| (*audience).clone())
            .reduce(|a, b| a.common(&b))
            .unwrap_or_else(|| first.clone())
    }

    /// Returns who may read and write after all steps here.
    #[must_use]
    pub fn audience(&self, first: &Audience) -> Audience {
        if self.steps.is_empty() { first.clone() } else { self.audience_at(first, &self.heads()) }
    }

    /// Returns the audience before a step and after it, if it changes the audience.
    #[must_use]
    pub fn change(&self, id: &EnvelopeId, first: &Audience) -> Option<(Audience, Audience)> {
        match self.steps.get(id)? {
            Step { parents, act: AccessAct::Set { audience, .. } } => {
                Some((self.audience_at(first, parents), audience.clone()))
            }
            Step { act: AccessAct::Fence { .. }, .. } => None,
        }
    }

    /// Returns the steps that change the audience, and how far the document had come for their authors.
    pub fn sets(&self) -> impl Iterator<Item = (&EnvelopeId, Fenced)> {
        self.steps.iter().filter_map(|(id, step)| match &step.act {
            AccessAct::Set { fence, signed, .. } => Some((id, step.fenced(fence, signed))),
            AccessAct::Fence { .. } => None,
        })
    }

    /// Returns how far the document had come for those who fenced it for an exclusion of the membership log.
    pub fn fences(&self, exclusion: &EntryId) -> impl Iterator<Item = Fenced> {
        self.steps.values().filter_map(move |step| match &step.act {
            AccessAct::Fence { exclusion: of, heads, signed } if of == exclusion => {
                Some(step.fenced(heads, signed))
            }
            AccessAct::Fence { .. } | AccessAct::Set { .. } => None,
        })
    }

    /// Who was a reader at any time up to now and may therefore know that the document exists?
    #[must_use]
    pub fn has_been_reader(&self, first: &Audience, member: &OrganizationId) -> bool {
        first.may_read(member)
            || self.steps.values().any(|step| match &step.act {
                AccessAct::Set { audience, .. } => audience.may_read(member),
                AccessAct::Fence { .. } => false,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::Circle;

    fn id(n: u8) -> EnvelopeId {
        EnvelopeId([n; 32])
    }

    fn named(members: &[u8]) -> Audience {
        let circle = Circle::Named(members.iter().map(|n| OrganizationId([*n; 32])).collect());
        Audience::new(circle.clone(), circle)
    }

    fn set(audience: &Audience) -> AccessAct {
        AccessAct::Set { audience: audience.clone(), fence: vec![], signed: vec![] }
    }

    #[test]
    fn the_newest_step_counts() {
        let mut log = AccessLog::default();
        log.add(id(1), vec![], set(&named(&[1, 2])));
        log.add(id(2), vec![id(1)], set(&named(&[1, 3])));
        assert_eq!(log.audience(&Audience::default()), named(&[1, 3]));
        assert_eq!(log.audience_at(&Audience::default(), &[id(1)]), named(&[1, 2]));
        assert_eq!(log.audience_at(&Audience::default(), &[]), Audience::default());
    }

    #[test]
    fn of_two_steps_at_once_only_what_both_allow_holds() {
        let mut log = AccessLog::default();
        log.add(id(1), vec![], set(&named(&[1, 2, 3])));
        log.add(id(2), vec![id(1)], set(&named(&[1, 2])));
        log.add(id(3), vec![id(1)], set(&named(&[1, 3, 4])));
        assert_eq!(log.audience(&Audience::default()), named(&[1]));
        log.add(id(4), vec![id(2), id(3)], set(&named(&[1, 4])));
        assert_eq!(log.audience(&Audience::default()), named(&[1, 4]));
    }

    #[test]
    fn a_fence_changes_nobodys_right() {
        let mut log = AccessLog::default();
        let exclusion = EntryId([9; 32]);
        let fence = AccessAct::Fence { exclusion, heads: vec![], signed: vec![] };
        log.add(id(1), vec![], fence);
        log.add(id(2), vec![], set(&named(&[1, 2])));
        assert_eq!(log.audience(&Audience::default()), named(&[1, 2]));
    }
}
