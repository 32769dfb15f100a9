//! Does an envelope fit the document it is for?

use crdt_schema::access::AccessAct;
use crdt_schema::document::Document;
use crdt_schema::envelope::{self, Content, Envelope, Genesis};
use crdt_schema::gate::{self, PlainChange, Verdict};
use crdt_schema::identity::EnvelopeId;
use crdt_schema::ledger::Ledger;
use crdt_schema::membership::{Log, State};
use tracing::debug;

use super::{Documents, Open};
use crate::shelf::{Shelf, ShelfError};
use crate::workspaces::View;

/// Does an envelope fit the document it is for?
#[derive(Debug)]
pub(crate) enum Fit {
    Fits(Vec<PlainChange>),
    /// It builds on something that is not here yet.
    TooEarly,
    Refused(&'static str),
}

impl Documents {
    /// Judges whether an envelope fits its document: its place in its author's chain, its author's right at the access steps it
    /// cites, and the gate. `state` is who was in at the membership entries it cites. Looks at nothing but the envelope and its ancestors.
    pub(crate) fn judge(
        &mut self,
        envelope: &Envelope,
        state: &State,
        log: &mut Log,
        shelf: &dyn Shelf,
    ) -> Result<Fit, ShelfError> {
        let mut changes = Vec::with_capacity(envelope.changes().len());
        for change in envelope.changes() {
            match gate::inspect(change) {
                Ok(change) => changes.push(change),
                Err(refusal) => return Ok(Fit::Refused(refusal.word())),
            }
        }
        let document = envelope.header.document;
        let open = self.open(&document, shelf, &View::new(log))?;
        let (open, genesis) = match (open, &envelope.genesis) {
            (Some(open), _) => (Some(&*open), open.ledger.genesis().clone()),
            (None, Some(genesis)) => (None, genesis.clone()),
            (None, None) => return Ok(Fit::TooEarly),
        };
        let empty = Ledger::new(genesis.clone());
        let ledger = open.map_or(&empty, |open| &open.ledger);
        let is_first = envelope.header.seq == 1
            && (envelope.header.node, envelope.header.session) == (genesis.node, genesis.session);
        if is_first && envelope.genesis.is_none() {
            return Ok(Fit::Refused("no-genesis"));
        }
        if let Some(verdict) = continues(envelope, ledger, log) {
            return Ok(verdict);
        }
        if let Some(word) = lacks_right(envelope, &genesis, ledger, state) {
            return Ok(Fit::Refused(word));
        }
        if matches!(envelope.content, Content::Access(_)) {
            return Ok(Fit::Fits(Vec::new()));
        }
        match open {
            Some(open) => pass(envelope, changes, open),
            None => Ok(through_gate(envelope, changes, &Document::empty())),
        }
    }
}

/// Does the envelope continue its author's chain, knowing no less than the one before?
fn continues(envelope: &Envelope, ledger: &Ledger, log: &Log) -> Option<Fit> {
    let header = &envelope.header;
    if !header.access.iter().all(|step| ledger.steps().knows(step)) {
        return Some(Fit::TooEarly);
    }
    let Some(previous) = &header.previous else { return None };
    let Some(before) = ledger.get(previous) else { return Some(Fit::TooEarly) };
    if before.place() != (header.node, header.session, header.seq.saturating_sub(1)) {
        return Some(Fit::Refused("broken-chain"));
    }
    if !log.covers(&header.membership, &before.membership) {
        return Some(Fit::Refused("membership-goes-back"));
    }
    if !ledger.steps().covers(&header.access, &before.access) {
        return Some(Fit::Refused("access-goes-back"));
    }
    None
}

/// Says why the author may not do this in this document, if so.
fn lacks_right(
    envelope: &Envelope,
    genesis: &Genesis,
    ledger: &Ledger,
    state: &State,
) -> Option<&'static str> {
    let header = &envelope.header;
    let author = header.organization;
    let is_owner = author == genesis.owner;
    let audience = ledger.audience_at(&header.access);
    match &envelope.content {
        Content::Changes(_) => {
            (!is_owner && !audience.may_write(&author)).then_some("not-in-audience")
        }
        Content::Access(AccessAct::Set { audience: next, .. }) => {
            // When its owner has gone, a steward who can read a document looks after it.
            let is_heir = !state.is_member(&genesis.owner)
                && state.is_steward(&author)
                && audience.may_read(&author);
            if !is_owner && !is_heir {
                return Some("not-owner");
            }
            (!next.may_write(&author)).then_some("shuts-itself-out")
        }
        Content::Access(AccessAct::Fence { exclusion, .. }) => {
            if !is_owner && !audience.may_read(&author) {
                return Some("not-in-audience");
            }
            (!state.exclusions.contains_key(exclusion)).then_some("nothing-to-fence")
        }
    }
}

/// Takes the changes through the gate, on the document as its author had it.
fn pass(envelope: &Envelope, changes: Vec<PlainChange>, open: &Open) -> Result<Fit, ShelfError> {
    let header = &envelope.header;
    let own: Vec<_> = changes.iter().map(PlainChange::hash).collect();
    let deps: Vec<_> = changes
        .iter()
        .flat_map(|change| change.deps().to_vec())
        .filter(|dep| !own.contains(dep))
        .collect();
    if !deps.iter().all(|dep| open.ledger.knows(dep)) {
        return Ok(Fit::TooEarly);
    }
    let is_alone = open.ledger.at(header.node, header.session, header.seq).next().is_none();
    if is_alone && open.ledger.is_whole() {
        return Ok(through_gate(envelope, changes, &open.document));
    }
    let chain = open.ledger.chain(header.previous.as_ref());
    let is_on_what_counts =
        open.ledger.count_changes(deps.iter()) && chain.iter().all(|id| open.ledger.counts(id));
    if is_alone && is_on_what_counts {
        return Ok(through_gate(envelope, changes, &open.document));
    }
    let mut past: Vec<EnvelopeId> = open.ledger.past(deps.into_iter());
    for id in chain {
        past.extend(open.ledger.past_of(&id));
    }
    Ok(through_gate(envelope, changes, &open.apart(&past)?))
}

fn through_gate(envelope: &Envelope, changes: Vec<PlainChange>, document: &Document) -> Fit {
    let actor = envelope::actor(&envelope.header.node, &envelope.header.session);
    match gate::admit(document, &actor, &changes) {
        Verdict::Admitted => Fit::Fits(changes),
        Verdict::Missing(_) => Fit::TooEarly,
        Verdict::Refused(refusal) => {
            debug!(document = %envelope.header.document, %refusal, "the gate refused a change");
            Fit::Refused(refusal.word())
        }
    }
}
