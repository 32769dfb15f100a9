//! A document in memory.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ChangeHash;
use crdt_schema::comment::{About, Comment, Place, Stance};
use crdt_schema::copied::Copied;
use crdt_schema::document::{ApplyError, Document};
use crdt_schema::envelope::{Content, Envelope, Header};
use crdt_schema::gate::{self, PlainChange};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{EnvelopeId, Name, NodeId, OrganizationId, SessionId, Timestamp};
use crdt_schema::key::Person;
use crdt_schema::ledger::{Discussion, Ledger, Membership, Placed, Spoken};
use crdt_schema::sign_off::{SignOff, Withdrawal};
use crdt_schema::version_name::VersionName;
use tracing::warn;

use super::held::Held;
use crate::shelf::{Shelf, ShelfError};

/// A document in memory.
#[derive(Debug)]
pub(crate) struct Open {
    /// What counts, as people see it.
    pub(crate) document: Document,
    /// All that was accepted.
    pub(crate) ledger: Ledger,
    /// Who made what, of all that was accepted, in the order in which it came.
    pub(crate) made: Vec<Made>,
    /// Who wrote the steps of the access log.
    pub(crate) steps: Vec<Made>,
    /// Who suggested what.
    pub(crate) suggestions: Vec<Suggested>,
    /// Who answered which suggestion.
    pub(crate) answers: BTreeMap<EnvelopeId, Answered>,
    /// Who signed which version, of all that was accepted.
    pub(crate) sign_offs: BTreeMap<EnvelopeId, (Made, SignOff)>,
    /// Who took a sign-off back.
    pub(crate) withdrawals: BTreeMap<EnvelopeId, (Made, Withdrawal)>,
    /// Who named which version.
    pub(crate) version_names: BTreeMap<EnvelopeId, (Made, VersionName)>,
    /// Who said what about it.
    pub(crate) comments: BTreeMap<EnvelopeId, (Made, Comment)>,
    /// Who brought in what was made in other documents.
    copies: Vec<Made>,
    /// What the organisations are called whose work was brought in.
    names: BTreeMap<OrganizationId, Name>,
    by_change: BTreeMap<ChangeHash, usize>,
    tips: BTreeMap<(NodeId, SessionId), (u64, EnvelopeId)>,
    /// Changes that were accepted and do not count.
    aside: BTreeMap<ChangeHash, Vec<u8>>,
    /// Was something lost that others build on, or may have built on?
    pub(super) is_lacking: bool,
    pub(super) used: u64,
}

/// Who made which part of a document's history.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) envelope: EnvelopeId,
    pub(crate) organization: OrganizationId,
    pub(crate) node: NodeId,
    pub(crate) person: Person,
    pub(crate) time: Timestamp,
    pub(crate) before: Heads,
    pub(crate) after: Heads,
    /// Was it made in another document, and brought in by the envelope?
    pub(crate) is_copied: bool,
    changes: Vec<ChangeHash>,
}

/// Who suggested something. What it is stays on the shelf until somebody looks.
#[derive(Clone, Debug)]
pub(crate) struct Suggested {
    pub(crate) made: Made,
    pub(crate) base: Heads,
    pub(crate) note: String,
}

/// Who answered a suggestion.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) made: Made,
    pub(crate) note: String,
}

/// What an organisation holds of a place of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position<'a> {
    pub(crate) id: EnvelopeId,
    pub(crate) made: &'a Made,
    pub(crate) place: &'a Place,
    pub(crate) comment: &'a Comment,
}

impl Position<'_> {
    pub(crate) fn is_by(&self, organization: &OrganizationId) -> bool {
        self.made.organization == *organization
    }
}

impl Made {
    fn of(id: EnvelopeId, header: &Header, changes: &[PlainChange]) -> Self {
        let before = changes.first().map(|change| change.deps().to_vec()).unwrap_or_default();
        let after = changes.last().map(|change| vec![change.hash()]).unwrap_or_default();
        Self {
            envelope: id,
            organization: header.organization,
            node: header.node,
            person: header.person.clone(),
            time: header.time,
            before: before.into(),
            after: after.into(),
            is_copied: false,
            changes: changes.iter().map(PlainChange::hash).collect(),
        }
    }
}

impl Open {
    pub(super) fn new(held: &Held) -> Self {
        Self {
            document: Document::empty(),
            ledger: Ledger::new(held.genesis.clone()),
            made: Vec::new(),
            steps: Vec::new(),
            suggestions: Vec::new(),
            answers: BTreeMap::new(),
            sign_offs: BTreeMap::new(),
            withdrawals: BTreeMap::new(),
            version_names: BTreeMap::new(),
            comments: BTreeMap::new(),
            copies: Vec::new(),
            names: BTreeMap::new(),
            by_change: BTreeMap::new(),
            tips: BTreeMap::new(),
            aside: BTreeMap::new(),
            is_lacking: false,
            used: 0,
        }
    }

    /// Opens a document from its envelopes. Also returns those that the shelf does not have.
    ///
    /// Where some were lost and came back, they do not come in their order.
    pub(super) fn load(
        held: &Held,
        shelf: &dyn Shelf,
        membership: &impl Membership,
        own: &OrganizationId,
    ) -> Result<(Self, Vec<EnvelopeId>), ShelfError> {
        let mut open = Self::new(held);
        let mut lost = Vec::new();
        let mut early = Vec::new();
        for id in &held.envelopes {
            let Some(bytes) = shelf.envelope(id)? else {
                lost.push(*id);
                continue;
            };
            let Ok(envelope) = Envelope::from_bytes(&bytes) else { continue };
            if !open.place(*id, &envelope) {
                early.push((*id, envelope));
            }
        }
        let mut left = usize::MAX;
        while early.len() < left {
            left = early.len();
            early.retain(|(id, envelope)| !open.place(*id, envelope));
        }
        open.is_lacking = !lost.is_empty() || !early.is_empty();
        if open.is_lacking {
            warn!(
                lost = lost.len(),
                early = early.len(),
                "a document is shown without what was lost"
            );
        }
        open.ledger.count(membership, own);
        open.rebuild()?;
        Ok((open, lost))
    }

    /// Takes up an envelope, if all it builds on is here.
    fn place(&mut self, id: EnvelopeId, envelope: &Envelope) -> bool {
        let inspected = envelope.changes().map(|change| gate::inspect(change));
        let Ok(changes) = inspected.collect::<Result<Vec<PlainChange>, _>>() else { return false };
        let placed = Placed::new(id, envelope, &changes);
        let is_ready = self.ledger.is_ready(&placed);
        if is_ready {
            for change in &changes {
                self.aside.insert(change.hash(), change.bytes().to_vec());
            }
            self.record(envelope, placed, &changes);
        }
        is_ready
    }

    /// Puts changes that count into the document.
    pub(super) fn apply(&mut self, changes: Vec<PlainChange>) -> Result<(), ShelfError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.document.apply(changes).map_err(|error| broken(&error))
    }

    /// Takes an envelope that fits, and finds anew what counts; its changes wait where others of a rehearsal do. Returns whether
    /// anything that counted before no longer does, or the other way round: then readers cannot go on from what they saw.
    pub(super) fn take(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        changes: Vec<PlainChange>,
        waiting: Option<&mut Vec<PlainChange>>,
        (membership, own): (&impl Membership, &OrganizationId),
    ) -> Result<bool, ShelfError> {
        let was_whole = self.ledger.is_whole();
        self.record(envelope, Placed::new(id, envelope, &changes), &changes);
        let is_different = self.ledger.count(membership, own);
        let is_whole = was_whole && self.ledger.is_whole();
        match waiting {
            Some(waiting) if is_whole => {
                waiting.extend(changes);
                return Ok(false);
            }
            // They count, or are found not to below.
            Some(waiting) => self.apply(std::mem::take(waiting))?,
            None => {}
        }
        if is_whole || (!is_different && self.ledger.counts(&id)) {
            self.apply(changes)?;
            return Ok(false);
        }
        for change in &changes {
            self.aside.insert(change.hash(), change.bytes().to_vec());
        }
        self.rebuild()?;
        Ok(true)
    }

    /// Takes note of an envelope whose changes are in the document already.
    pub(super) fn note(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        changes: &[PlainChange],
        membership: &impl Membership,
        own: &OrganizationId,
    ) -> Result<(), ShelfError> {
        self.record(envelope, Placed::new(id, envelope, changes), changes);
        if self.ledger.count(membership, own) { self.rebuild() } else { Ok(()) }
    }

    /// Finds anew what counts, after the membership log changed. Returns whether anything is different.
    pub(super) fn recount(
        &mut self,
        membership: &impl Membership,
        own: &OrganizationId,
    ) -> Result<bool, ShelfError> {
        let is_different = self.ledger.count(membership, own);
        if is_different {
            self.rebuild()?;
        }
        Ok(is_different)
    }

    fn record(&mut self, envelope: &Envelope, placed: Placed, changes: &[PlainChange]) {
        let header = &envelope.header;
        let tip = self.tips.entry((header.node, header.session)).or_insert((0, placed.id));
        if header.seq > tip.0 {
            *tip = (header.seq, placed.id);
        }
        let made = Made::of(placed.id, header, changes);
        match &envelope.content {
            Content::Changes(_) => {}
            Content::Copied(copied) => {
                self.record_copies(placed.id, copied, changes);
                self.copies.push(made.clone());
            }
            Content::Access(_) => self.steps.push(made.clone()),
            Content::Suggestion(suggestion) => {
                let (base, note) = (suggestion.heads(), suggestion.note.clone());
                self.suggestions.push(Suggested { made: made.clone(), base, note });
            }
            Content::Answer(answer) => {
                let answered = Answered { made: made.clone(), note: answer.note.clone() };
                self.answers.insert(placed.id, answered);
            }
            Content::SignOff(sign_off) => {
                self.sign_offs.insert(placed.id, (made.clone(), sign_off.clone()));
            }
            Content::Withdrawal(withdrawal) => {
                self.withdrawals.insert(placed.id, (made.clone(), withdrawal.clone()));
            }
            Content::VersionName(named) => {
                self.version_names.insert(placed.id, (made.clone(), named.clone()));
            }
            Content::Comment(comment) => {
                self.comments.insert(placed.id, (made.clone(), comment.clone()));
            }
        }
        if !changes.is_empty() && !matches!(envelope.content, Content::Copied(_)) {
            let index = self.made.len();
            self.by_change.extend(changes.iter().map(|change| (change.hash(), index)));
            self.made.push(made);
        }
        self.ledger.add(placed);
    }

    /// Takes note of who made what was brought in, each as if it had been made here.
    fn record_copies(&mut self, id: EnvelopeId, copied: &Copied, changes: &[PlainChange]) {
        for named in &copied.names {
            self.names.entry(named.organization).or_insert_with(|| named.name.clone());
        }
        let mut rest = changes;
        for original in &copied.envelopes {
            let (own, others) = rest.split_at(original.changes().len().min(rest.len()));
            rest = others;
            let mut made = Made::of(id, &original.header, own);
            made.is_copied = true;
            let index = self.made.len();
            for change in own {
                self.by_change.entry(change.hash()).or_insert(index);
            }
            self.made.push(made);
        }
    }

    /// Returns what an organisation is called whose work was brought in from elsewhere.
    pub(crate) fn name(&self, organization: &OrganizationId) -> Option<&Name> {
        self.names.get(organization)
    }

    /// Returns whoever wrote an envelope that was accepted.
    pub(crate) fn writer(&self, id: &EnvelopeId) -> Option<&Made> {
        let said = self.suggestions.iter().map(|suggested| &suggested.made);
        let answered = self.answers.values().map(|answered| &answered.made);
        let signed = self.sign_offs.values().map(|(made, _)| made);
        let withdrawn = self.withdrawals.values().map(|(made, _)| made);
        let named = self.version_names.values().map(|(made, _)| made);
        let spoken = self.comments.values().map(|(made, _)| made);
        let said = self.copies.iter().chain(said).chain(spoken);
        let words = said.chain(answered).chain(signed).chain(withdrawn).chain(named);
        let own = self.made.iter().filter(|made| !made.is_copied);
        let mut all = own.chain(&self.steps).chain(words);
        all.find(|made| made.envelope == *id)
    }

    /// Returns what organisations hold of places of the document and did not take back.
    pub(crate) fn positions(&self) -> Vec<Position<'_>> {
        let first = self.ledger.discussions().into_iter().map(|discussion| discussion.first);
        let standing = first.filter(|it| it.withdrawn.is_none() && it.stance.is_position());
        let held = standing.filter_map(|Spoken { id, .. }| {
            let (made, comment) = self.comments.get(&id)?;
            let About::Place(place) = &comment.about else { return None };
            Some(Position { id, made, place, comment })
        });
        held.collect()
    }

    /// Returns how many discussions go on in which somebody else than the document's owner spoke last. Who only agrees asks for
    /// no answer.
    pub(crate) fn waiting_for_the_owner(&self) -> usize {
        let owner = self.ledger.genesis().owner;
        let waits = |discussion: &Discussion| {
            let said = discussion.replies.iter().chain([&discussion.first]);
            let mut standing = said.filter(|it| it.withdrawn.is_none());
            let last = discussion.replies.iter().rev().find(|it| it.withdrawn.is_none());
            let last = self.comments.get(&last.unwrap_or(&discussion.first).id);
            discussion.settled.is_empty()
                && discussion.first.withdrawn.is_none()
                && standing.any(|it| it.stance != Stance::Agrees)
                && last.is_some_and(|(made, _)| made.organization != owner)
        };
        self.ledger.discussions().iter().filter(|it| waits(it)).count()
    }

    /// Returns the suggestion that an envelope took in.
    pub(crate) fn took(&self, id: &EnvelopeId) -> Option<&Suggested> {
        let suggestion = self.ledger.answered_by(id)?;
        self.suggestions.iter().find(|suggested| suggested.made.envelope == suggestion)
    }

    /// Makes the document anew from what counts.
    fn rebuild(&mut self) -> Result<(), ShelfError> {
        let mut bytes = std::mem::take(&mut self.aside);
        for change in self.document.journal() {
            if let Ok(change) = gate::inspect(&change) {
                bytes.insert(change.hash(), change.bytes().to_vec());
            }
        }
        let mut counting = Vec::new();
        for made in &self.made {
            if self.ledger.counts(&made.envelope) {
                // Twins bring the same change; it is taken once.
                counting.extend(made.changes.iter().filter_map(|change| bytes.remove(change)));
            }
        }
        self.aside = bytes;
        self.document = Document::restore(counting).map_err(|error| broken(&error))?;
        Ok(())
    }

    /// Returns the document as whoever knew only these changes has it: to judge what does not build on all that counts here.
    pub(crate) fn apart(&self, past: &BTreeSet<ChangeHash>) -> Result<Document, ShelfError> {
        let mut bytes: BTreeMap<ChangeHash, Vec<u8>> = self.aside.clone();
        for change in self.document.journal() {
            if let Ok(change) = gate::inspect(&change) {
                bytes.insert(change.hash(), change.bytes().to_vec());
            }
        }
        let mut changes = Vec::new();
        for made in &self.made {
            let meant = made.changes.iter().filter(|change| past.contains(*change));
            changes.extend(meant.filter_map(|change| bytes.remove(change)));
        }
        Document::restore(changes).map_err(|error| broken(&error))
    }

    /// Returns what people saw at a version that was accepted, whether or not it counts now.
    pub(crate) fn said(&self, version: &Heads) -> Option<serde_json::Value> {
        if let Ok(content) = self.document.content_at(version) {
            return Some(content);
        }
        let heads = version.as_slice();
        if !heads.iter().all(|head| self.ledger.knows(head)) {
            return None;
        }
        // What cannot be had together are two things that one author said in one place: no version holds both.
        self.apart(&self.ledger.past(heads.iter().copied())).ok()?.content_at(version).ok()
    }

    /// Is something that a session wrote accepted, but does not count?
    pub(crate) fn has_gap(&self, node: &NodeId, session: &SessionId) -> bool {
        self.ledger.out().any(|(placed, _)| {
            let (by, of, _) = placed.place();
            (by, of) == (*node, *session)
        })
    }

    /// Returns where a session's chain ends.
    pub(super) fn tip(&self, node: &NodeId, session: &SessionId) -> Option<(u64, EnvelopeId)> {
        self.tips.get(&(*node, *session)).copied()
    }

    /// Who made a change?
    pub(crate) fn maker(&self, change: &ChangeHash) -> Option<&Made> {
        self.made.get(*self.by_change.get(change)?)
    }
}

fn broken(error: &ApplyError) -> ShelfError {
    ShelfError(format!("changes that passed the gate do not load: {error}"))
}
