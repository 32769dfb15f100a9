//! The ledger of one document: which of its accepted envelopes count.
//!
//! An envelope is accepted on the word of its ancestors alone, and then never refused again. Whether it *counts*, that is,
//! whether its changes are in the document that people see, is a pure function of three sets: the accepted envelopes of the
//! document, its access log, and the workspace's membership log. It may change when one of them grows:
//!
//! * What an organisation wrote that was removed, or lost its right to write, counts as far as it lies below the fence, or
//!   a remaining member built on it before knowing.
//! * What an organisation writes that is suspended or waits for approval is held back until that ends.
//! * What only speaks about the document, a suggestion, an answer that takes nothing in, a sign-off, the name of a
//!   version or a comment, keeps nothing of others.
//! * Where a node said two things in one place, what it wrote from there on counts only as far as others built on
//!   it, and of two such branches the one with the lower id.
//! * Where an author of another document did, of the envelopes that copy the two branches the one with the lower id.
//!
//! `docs/protocol/documents.md` is the specification.

mod count;
mod discussions;
mod graph;
mod log;
mod published;
mod right;
mod sign_offs;
mod suggestions;

pub use discussions::{Discussion, Spoken};
pub use right::Verdict;
pub use sign_offs::Signed;
pub use suggestions::Outcome;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, ChangeHash};

use crate::access::{AccessAct, AccessLog};
use crate::audience::Audience;
use crate::comment::{About, Stance};
use crate::envelope::{Content, Envelope, Genesis};
use crate::gate::PlainChange;
use crate::identity::{
    ChangeId, DocumentId, EntryId, EnvelopeId, NodeId, OrganizationId, SessionId,
};
use crate::limits;
use crate::suggestion;

/// What the ledger asks of a membership log.
pub trait Membership {
    /// Returns what now takes a right away from somebody, or holds somebody back.
    fn exclusions(&self) -> Vec<Exclusion>;
    /// Was this exclusion in force for whoever knew these entries?
    fn knew(&self, heads: &[EntryId], exclusion: &Exclusion) -> bool;
    /// Returns how far a document that all may read had come when somebody was excluded: newest changes and access steps.
    fn fence(
        &self,
        exclusion: &Exclusion,
        document: &DocumentId,
    ) -> (Vec<ChangeId>, Vec<EnvelopeId>);
}

/// Whose envelopes an exclusion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// All nodes of an organisation.
    Organization(OrganizationId),
    /// One node.
    Node(NodeId),
}

/// Something in the membership log that keeps somebody's envelopes from counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// The entry took a right away for good. Who wrote knowing it had the right anew.
    Final(EntryId, Author),
    /// The entry suspended the organisation, for now.
    Suspended(EntryId, OrganizationId),
    /// The organisation waits for approval.
    Waiting(OrganizationId),
}

impl Exclusion {
    /// Returns whose envelopes it is about.
    #[must_use]
    pub const fn author(&self) -> Author {
        match self {
            Self::Final(_, author) => *author,
            Self::Suspended(_, organization) | Self::Waiting(organization) => {
                Author::Organization(*organization)
            }
        }
    }
}

/// Why an accepted envelope does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its author was shut out of the workspace, or lost the right to write there.
    Excluded(Exclusion),
    /// Its author lost the right to write in this document by this step.
    Narrowed(EnvelopeId),
    /// Its node said two things in one place.
    Forked,
    /// It builds on something that does not count.
    BuildsOnThat,
}

/// What the ledger keeps of an envelope.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The envelope.
    pub id: EnvelopeId,
    /// Whose node wrote.
    pub organization: OrganizationId,
    /// Which node wrote.
    pub node: NodeId,
    session: SessionId,
    seq: u64,
    previous: Option<EnvelopeId>,
    resumes: Vec<EnvelopeId>,
    /// The membership heads that it cites.
    pub membership: Vec<EntryId>,
    /// The access heads that it cites.
    pub access: Vec<EnvelopeId>,
    changes: Vec<ChangeHash>,
    deps: BTreeSet<ChangeHash>,
    act: Option<AccessAct>,
    said: Option<Said>,
    /// Of the changes that it copies from elsewhere: which of whose, and what each builds on.
    copied: Vec<CopiedChange>,
}

/// A change that was made in another document.
#[derive(Clone, Debug)]
struct CopiedChange {
    /// Its author, and which of that author's changes it is.
    place: (ActorId, u64),
    hash: ChangeHash,
    deps: Vec<ChangeHash>,
}

/// What an envelope says about a document, besides what it brings to it.
#[derive(Clone, Debug)]
enum Said {
    /// It proposes a change of the version with these newest changes.
    Suggestion(Vec<ChangeId>),
    /// It answers a proposal.
    Answer(EnvelopeId, suggestion::Verdict),
    /// It signs the words of the version with these newest changes.
    SignOff(Vec<ChangeId>),
    /// It takes a sign-off, a name or a comment back.
    Withdrawal(EnvelopeId),
    /// It names the version with these newest changes.
    VersionName(Vec<ChangeId>),
    /// It begins a discussion about the version with these newest changes.
    Comment(Vec<ChangeId>, Stance),
    /// It answers the comment that began a discussion, or the one that settled it.
    Reply(EnvelopeId, Stance),
}

impl Placed {
    /// Takes from an envelope what the ledger needs; `changes` are its changes.
    #[must_use]
    pub fn new(id: EnvelopeId, envelope: &Envelope, changes: &[PlainChange]) -> Self {
        let header = &envelope.header;
        let own: BTreeSet<ChangeHash> = changes.iter().map(PlainChange::hash).collect();
        let deps = changes.iter().flat_map(|change| change.deps().to_vec());
        let is_copy = matches!(envelope.content, Content::Copied(_));
        let copied = |change: &PlainChange| CopiedChange {
            place: (change.actor().clone(), change.seq()),
            hash: change.hash(),
            deps: change.deps().to_vec(),
        };
        Self {
            id,
            organization: header.organization,
            node: header.node,
            session: header.session,
            seq: header.seq,
            previous: header.previous,
            resumes: header.resumes.clone(),
            membership: header.membership.clone(),
            access: header.access.clone(),
            deps: deps.filter(|dep| !own.contains(dep)).collect(),
            changes: changes.iter().map(PlainChange::hash).collect(),
            act: match &envelope.content {
                Content::Access(act) => Some(act.clone()),
                Content::Changes(_)
                | Content::Suggestion(_)
                | Content::Answer(_)
                | Content::SignOff(_)
                | Content::Withdrawal(_)
                | Content::VersionName(_)
                | Content::Copied(_)
                | Content::Comment(_) => None,
            },
            copied: if is_copy { changes.iter().map(copied).collect() } else { Vec::new() },
            said: match &envelope.content {
                Content::Suggestion(said) => Some(Said::Suggestion(said.base.clone())),
                Content::Answer(said) => Some(Said::Answer(said.suggestion, said.verdict)),
                Content::SignOff(said) => Some(Said::SignOff(said.version.clone())),
                Content::Withdrawal(said) => Some(Said::Withdrawal(said.of)),
                Content::VersionName(said) => Some(Said::VersionName(said.version.clone())),
                Content::Comment(said) => Some(match &said.about {
                    About::Place(place) => Said::Comment(place.version.clone(), said.stance),
                    About::Comment(of) => Said::Reply(*of, said.stance),
                }),
                Content::Changes(_) | Content::Access(_) | Content::Copied(_) => None,
            },
        }
    }

    /// Returns its place in its author's chain.
    #[must_use]
    pub const fn place(&self) -> (NodeId, SessionId, u64) {
        (self.node, self.session, self.seq)
    }

    /// Returns the changes that it brings.
    #[must_use]
    pub fn changes(&self) -> &[ChangeHash] {
        &self.changes
    }

    /// Returns the step of the access log that it is, if it is one.
    #[must_use]
    pub const fn act(&self) -> Option<&AccessAct> {
        self.act.as_ref()
    }

    /// Does it bring something to the document or to its access log? What only speaks about them keeps nothing.
    fn brings(&self) -> bool {
        !self.changes.is_empty() || self.act.is_some()
    }

    /// Did its author have, with one audience, the right that it needs?
    fn had_right(&self, audience: &Audience) -> bool {
        match &self.said {
            Some(
                Said::Suggestion(_)
                | Said::Answer(_, suggestion::Verdict::Withdrawn)
                | Said::Comment(..)
                | Said::Reply(..),
            ) => audience.lets_suggest(&self.organization),
            Some(Said::SignOff(_) | Said::Withdrawal(_)) => audience.may_read(&self.organization),
            Some(Said::Answer(..) | Said::VersionName(_)) | None => {
                audience.may_write(&self.organization)
            }
        }
    }

    fn is_by(&self, author: &Author) -> bool {
        match author {
            Author::Organization(organization) => self.organization == *organization,
            Author::Node(node) => self.node == *node,
        }
    }
}

/// The accepted envelopes of one document.
#[derive(Clone, Debug)]
pub struct Ledger {
    genesis: Genesis,
    placed: Vec<Placed>,
    by_id: BTreeMap<EnvelopeId, usize>,
    by_change: BTreeMap<ChangeHash, Vec<usize>>,
    places: BTreeMap<(NodeId, SessionId, u64), Vec<usize>>,
    /// Places that more than one envelope stands in.
    twins: BTreeSet<(NodeId, SessionId, u64)>,
    /// What was copied: for each place in the history of an author elsewhere what stands there, and which envelopes brought it.
    copied: BTreeMap<(ActorId, u64), BTreeMap<ChangeHash, Vec<usize>>>,
    /// What copied changes build on.
    copied_deps: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    authors: BTreeSet<(OrganizationId, NodeId)>,
    access: AccessLog,
    /// Why what does not count does not; what is not here counts.
    out: BTreeMap<usize, Why>,
}

impl Ledger {
    /// Starts the ledger of a document.
    #[must_use]
    pub fn new(genesis: Genesis) -> Self {
        Self {
            genesis,
            placed: Vec::new(),
            by_id: BTreeMap::new(),
            by_change: BTreeMap::new(),
            places: BTreeMap::new(),
            twins: BTreeSet::new(),
            copied: BTreeMap::new(),
            copied_deps: BTreeMap::new(),
            authors: BTreeSet::new(),
            access: AccessLog::default(),
            out: BTreeMap::new(),
        }
    }

    /// Returns what the document is.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Is all that an envelope builds on here?
    #[must_use]
    pub fn is_ready(&self, placed: &Placed) -> bool {
        placed.deps.iter().all(|dep| self.knows(dep))
            && placed.access.iter().all(|step| self.by_id.contains_key(step))
            && placed.previous.iter().chain(&placed.resumes).all(|id| self.by_id.contains_key(id))
            && placed.said.as_ref().is_none_or(|said| self.has_what_it_is_about(said))
    }

    /// Adds an accepted envelope, after all it builds on. Whether it counts is found by [`Self::count`].
    pub fn add(&mut self, placed: Placed) {
        let at = self.placed.len();
        if self.by_id.insert(placed.id, at).is_some() {
            return;
        }
        for change in &placed.changes {
            self.by_change.entry(*change).or_default().push(at);
        }
        let place = (placed.node, placed.session, placed.seq);
        let in_place = self.places.entry(place).or_default();
        in_place.push(at);
        if in_place.len() > 1 {
            self.twins.insert(place);
        }
        for CopiedChange { place, hash, deps } in &placed.copied {
            let there = self.copied.entry(place.clone()).or_default();
            there.entry(*hash).or_default().push(at);
            self.copied_deps.insert(*hash, deps.clone());
        }
        self.authors.insert((placed.organization, placed.node));
        if let Some(act) = &placed.act {
            self.access.add(placed.id, placed.access.clone(), act.clone());
        }
        self.placed.push(placed);
    }

    /// Returns the accepted envelopes, each after all it builds on.
    #[must_use]
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// Returns an accepted envelope.
    #[must_use]
    pub fn get(&self, id: &EnvelopeId) -> Option<&Placed> {
        self.placed.get(*self.by_id.get(id)?)
    }

    /// Is a change here, counting or not?
    #[must_use]
    pub fn knows(&self, change: &ChangeHash) -> bool {
        self.by_change.contains_key(change)
    }

    /// Does the envelope count?
    #[must_use]
    pub fn counts(&self, id: &EnvelopeId) -> bool {
        self.by_id.get(id).is_some_and(|at| !self.out.contains_key(at))
    }

    /// Does all of it count?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.out.is_empty()
    }

    /// Returns what does not count, and why.
    pub fn out(&self) -> impl Iterator<Item = (&Placed, Why)> {
        self.out.iter().filter_map(|(at, why)| Some((self.placed.get(*at)?, *why)))
    }

    /// Returns what a node wrote in good faith that does not count only because it builds on the word of a node that said
    /// two things in one place: envelopes that brought changes, each after what it builds on.
    #[must_use]
    pub fn misled(&self, node: &NodeId) -> Vec<EnvelopeId> {
        let built = self.out.iter().filter(|(_, why)| **why == Why::BuildsOnThat);
        let own = built.filter_map(|(at, _)| self.placed.get(*at));
        own.filter(|placed| placed.node == *node && !placed.changes.is_empty())
            .filter(|placed| {
                let past = self.past(placed.deps.iter().copied());
                let mut causes = past
                    .iter()
                    .filter_map(|change| self.why_out(change))
                    .filter(|why| *why != Why::BuildsOnThat)
                    .peekable();
                causes.peek().is_some() && causes.all(|why| why == Why::Forked)
            })
            .map(|placed| placed.id)
            .collect()
    }

    /// Returns the envelopes in the place of a chain: more than one if the node said two things there.
    pub fn at(
        &self,
        node: NodeId,
        session: SessionId,
        seq: u64,
    ) -> impl Iterator<Item = EnvelopeId> {
        self.places
            .get(&(node, session, seq))
            .into_iter()
            .flatten()
            .filter_map(|at| self.placed.get(*at).map(|placed| placed.id))
    }

    /// Returns what a node's next session resumes: the last envelopes of its earlier ones, sorted.
    #[must_use]
    pub fn tips(&self, node: &NodeId) -> Vec<EnvelopeId> {
        let own = || self.placed.iter().filter(|placed| placed.node == *node);
        let followed: BTreeSet<&EnvelopeId> =
            own().flat_map(|placed| placed.previous.iter().chain(&placed.resumes)).collect();
        let tips: BTreeSet<EnvelopeId> =
            own().map(|placed| placed.id).filter(|id| !followed.contains(id)).collect();
        tips.into_iter().take(limits::PARENTS).collect()
    }

    /// Returns an envelope with all before it in its author's chain, newest first.
    #[must_use]
    pub fn chain(&self, last: Option<&EnvelopeId>) -> Vec<EnvelopeId> {
        let mut chain = Vec::new();
        let mut next = last.and_then(|id| self.get(id));
        while let Some(placed) = next {
            chain.push(placed.id);
            next = placed.previous.as_ref().and_then(|id| self.get(id));
        }
        chain
    }

    /// Returns the changes that an envelope brings, with all they build on.
    #[must_use]
    pub fn past_of(&self, id: &EnvelopeId) -> BTreeSet<ChangeHash> {
        let Some(placed) = self.get(id) else { return BTreeSet::new() };
        self.past(placed.changes.iter().copied())
    }

    /// Does another change stand where one of these stands, in the history of an author elsewhere?
    #[must_use]
    pub fn has_rivals(&self, changes: &[PlainChange]) -> bool {
        changes.iter().any(|change| {
            let there = self.copied.get(&(change.actor().clone(), change.seq()));
            there.is_some_and(|there| there.keys().any(|hash| *hash != change.hash()))
        })
    }

    /// Do all these changes count?
    #[must_use]
    pub fn count_changes<'c>(&self, mut changes: impl Iterator<Item = &'c ChangeHash>) -> bool {
        changes.all(|change| {
            self.by_change
                .get(change)
                .is_some_and(|at| at.iter().any(|at| !self.out.contains_key(at)))
        })
    }

    /// Returns who may read and write, for whoever knew these steps of the access log.
    #[must_use]
    pub fn audience_at(&self, access: &[EnvelopeId]) -> Audience {
        self.access.audience_at(&self.genesis.audience, access)
    }

    /// Returns the steps of the access log that were accepted.
    #[must_use]
    pub const fn steps(&self) -> &AccessLog {
        &self.access
    }

    /// Returns the steps of the access log that count.
    #[must_use]
    pub fn access(&self) -> AccessLog {
        if self.out.is_empty() {
            return self.access.clone();
        }
        let mut counting = AccessLog::default();
        for (at, placed) in self.placed.iter().enumerate() {
            if let Some(act) = &placed.act
                && !self.out.contains_key(&at)
            {
                counting.add(placed.id, placed.access.clone(), act.clone());
            }
        }
        counting
    }

    /// Returns changes with all they build on. What one envelope brings hangs together, unless it was copied: then its
    /// changes had several authors.
    #[must_use]
    pub fn past(&self, changes: impl Iterator<Item = ChangeHash>) -> BTreeSet<ChangeHash> {
        let mut past = BTreeSet::new();
        let mut todo: Vec<ChangeHash> = changes.collect();
        while let Some(change) = todo.pop() {
            if past.contains(&change) {
                continue;
            }
            if let Some(deps) = self.copied_deps.get(&change) {
                past.insert(change);
                todo.extend(deps.iter().copied());
                continue;
            }
            // One envelope that brings the change is enough; twins bring the same.
            let at = self.by_change.get(&change).and_then(|at| at.first());
            if let Some(placed) = at.and_then(|at| self.placed.get(*at)) {
                past.extend(placed.changes.iter().copied());
                todo.extend(placed.deps.iter().copied());
            }
        }
        past
    }

    /// Returns why the envelopes that bring a change do not count, if none of them does.
    fn why_out(&self, change: &ChangeHash) -> Option<Why> {
        let at = self.by_change.get(change)?;
        let whys: Option<Vec<Why>> = at.iter().map(|at| self.out.get(at).copied()).collect();
        whys?.into_iter().min()
    }
}

#[cfg(test)]
mod tests;
