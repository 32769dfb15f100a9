//! Does an envelope fit the document it is for?

use crdt_schema::document::Document;
use crdt_schema::envelope::{Content, Envelope};
use crdt_schema::gate::{self, PlainChange, Refusal, Verdict};
use crdt_schema::identity::EnvelopeId;
use crdt_schema::ledger::{self, Ledger};
use crdt_schema::membership::{Log, State};
use crdt_schema::sign_off;
use tracing::debug;

use super::{Documents, Open};
use crate::shelf::{Shelf, ShelfError};

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
        id: EnvelopeId,
        envelope: &Envelope,
        state: &State,
        log: &Log,
        shelf: &dyn Shelf,
    ) -> Result<Fit, ShelfError> {
        if let Some(changes) = self.as_rehearsed(id, envelope, state, log) {
            return Ok(Fit::Fits(changes));
        }
        let mut changes = Vec::new();
        for change in envelope.changes() {
            match gate::inspect(change) {
                Ok(change) => changes.push(change),
                Err(refusal) => return Ok(Fit::Refused(refusal.word())),
            }
        }
        let document = envelope.header.document;
        let open = self.open(&document, shelf, log)?;
        let (open, genesis) = match (open, &envelope.genesis) {
            (Some(open), _) => (Some(&*open), open.ledger.genesis().clone()),
            (None, Some(genesis)) => (None, genesis.clone()),
            (None, None) => return Ok(Fit::TooEarly),
        };
        let empty = Ledger::new(genesis);
        let ledger = open.map_or(&empty, |open| &open.ledger);
        match ledger.judge(envelope, state, log) {
            ledger::Verdict::May => {}
            ledger::Verdict::TooEarly => return Ok(Fit::TooEarly),
            ledger::Verdict::Refused(word) => return Ok(Fit::Refused(word)),
        }
        if let (Content::SignOff(sign_off), Some(open)) = (&envelope.content, open) {
            // What is signed was accepted before, so that everybody has the same words to compare.
            let is_so = open.said(&sign_off.heads()).is_some_and(|said| sign_off.says(&said));
            return Ok(if is_so {
                Fit::Fits(Vec::new())
            } else {
                Fit::Refused(sign_off::OTHER_WORDS)
            });
        }
        if changes.is_empty() {
            return Ok(Fit::Fits(Vec::new()));
        }
        match open {
            Some(open) => pass(envelope, changes, open),
            None => Ok(through_gate(envelope, changes, ledger, &Document::empty())),
        }
    }

    /// Returns the changes of an envelope that passed the gate in a rehearsal, if all that came before it in there was taken and its author
    /// has the right.
    fn as_rehearsed(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        state: &State,
        log: &Log,
    ) -> Option<Vec<PlainChange>> {
        let header = &envelope.header;
        let changes = self.rehearsed(id, &header.document)?;
        let fits = |ledger: &Ledger| {
            ledger.is_whole()
                && ledger.at(header.node, header.session, header.seq).next().is_none()
                && !ledger.has_rivals(changes)
                && matches!(ledger.judge(envelope, state, log), ledger::Verdict::May)
        };
        let fits = match (self.opened(&header.document), &envelope.genesis) {
            (Some(open), _) => fits(&open.ledger),
            (None, Some(genesis)) => fits(&Ledger::new(genesis.clone())),
            (None, None) => false,
        };
        if fits { self.act(&header.document) } else { None }
    }
}

fn refused(envelope: &Envelope, refusal: Refusal) -> Fit {
    debug!(document = %envelope.header.document, %refusal, "the gate refused a change");
    Fit::Refused(refusal.word())
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
    let is_alone = open.ledger.at(header.node, header.session, header.seq).next().is_none()
        && !open.ledger.has_rivals(&changes);
    if is_alone && open.ledger.is_whole() {
        return Ok(through_gate(envelope, changes, &open.ledger, &open.document));
    }
    let chain = open.ledger.chain(header.previous.as_ref());
    let is_on_what_counts =
        open.ledger.count_changes(deps.iter()) && chain.iter().all(|id| open.ledger.counts(id));
    if is_alone && is_on_what_counts {
        return Ok(through_gate(envelope, changes, &open.ledger, &open.document));
    }
    let mut past = open.ledger.past(deps.into_iter());
    for id in chain {
        past.extend(open.ledger.past_of(&id));
    }
    // Each change it builds on fits by itself; what cannot be had together are two that one author said in one place.
    let Ok(past) = open.apart(&past) else { return Ok(Fit::Refused("builds-on-both")) };
    Ok(through_gate(envelope, changes, &open.ledger, &past))
}

fn through_gate(
    envelope: &Envelope,
    changes: Vec<PlainChange>,
    ledger: &Ledger,
    document: &Document,
) -> Fit {
    match gate::admit_from(document, &envelope.actors(ledger.genesis()), &changes) {
        Verdict::Admitted => Fit::Fits(changes),
        Verdict::Missing(_) => Fit::TooEarly,
        Verdict::Refused(refusal) => refused(envelope, refusal),
    }
}
