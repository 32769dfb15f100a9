//! What came together for a document goes through the gate together, on all processors, before each envelope is judged by
//! what only this node's ledger can tell.
//!
//! It saves time and decides nothing: where an envelope turns out otherwise than it was rehearsed, what follows is judged
//! apart.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crdt_schema::document::Document;
use crdt_schema::envelope::{Content, Envelope, Genesis};
use crdt_schema::gate::{self, PlainChange, Run, Verdict};
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::ledger::Membership;
use tracing::error;

use super::{Documents, Open};
use crate::shelf::{Shelf, ShelfError};

/// Fewer envelopes are rehearsed where they are: a thread costs more.
const TOGETHER: usize = 8;

/// Envelopes for one document that passed the gate, one on the other.
#[derive(Debug, Default)]
pub(super) struct Rehearsal {
    /// In this order they are judged.
    next: VecDeque<(EnvelopeId, Vec<PlainChange>)>,
    /// The changes of those that were taken. They are not in the document yet.
    pub(super) taken: Vec<PlainChange>,
    /// The document with all of them.
    copy: Option<Document>,
}

/// Envelopes for one document, with what they build on.
struct Rehearsed<'d> {
    id: DocumentId,
    document: &'d Document,
    genesis: &'d Genesis,
    envelopes: &'d [(EnvelopeId, Envelope)],
}

impl Documents {
    /// Takes envelopes that are signed by who they say through the gate. They are to be judged next, in this order.
    pub(crate) fn rehearse(
        &mut self,
        envelopes: Vec<(EnvelopeId, Envelope)>,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<(), ShelfError> {
        self.settle();
        let mut runs: BTreeMap<DocumentId, Vec<(EnvelopeId, Envelope)>> = BTreeMap::new();
        for (id, envelope) in envelopes {
            if matches!(envelope.content, Content::Changes(_)) && !self.is_lost(&id) {
                runs.entry(envelope.header.document).or_default().push((id, envelope));
            }
        }
        runs.retain(|_, run| run.len() > 1);
        for id in runs.keys() {
            self.open(id, shelf, membership)?;
        }
        let nothing = Document::empty();
        let works: Vec<Rehearsed<'_>> = runs
            .iter()
            .filter_map(|(id, envelopes)| {
                let (document, genesis) = match self.open.get(id) {
                    Some(open) if open.ledger.is_whole() => (&open.document, open.ledger.genesis()),
                    Some(_) => return None,
                    None => (&nothing, envelopes.first()?.1.genesis.as_ref()?),
                };
                Some(Rehearsed { id: *id, document, genesis, envelopes })
            })
            .collect();
        self.rehearsals = on_all_processors(works);
        Ok(())
    }

    /// Returns the changes of an envelope that is next in its rehearsal.
    pub(super) fn rehearsed(
        &self,
        id: EnvelopeId,
        document: &DocumentId,
    ) -> Option<&[PlainChange]> {
        let (next, changes) = self.rehearsals.get(document)?.next.front()?;
        (*next == id).then_some(changes)
    }

    /// Takes the changes of the envelope that is next.
    pub(super) fn act(&mut self, document: &DocumentId) -> Option<Vec<PlainChange>> {
        let (_, changes) = self.rehearsals.get_mut(document)?.next.pop_front()?;
        Some(changes)
    }

    /// Puts what was rehearsed and taken into its documents. A document where that fails is read anew when somebody looks at it.
    pub(crate) fn settle(&mut self) {
        for (id, rehearsal) in std::mem::take(&mut self.rehearsals) {
            self.put_in(id, rehearsal);
        }
    }

    /// The same for one document.
    pub(super) fn settle_one(&mut self, id: &DocumentId) {
        if let Some(rehearsal) = self.rehearsals.remove(id) {
            self.put_in(*id, rehearsal);
        }
    }

    fn put_in(&mut self, id: DocumentId, rehearsal: Rehearsal) {
        let Some(open) = self.open.get_mut(&id) else { return };
        if let Err(error) = rehearsal.end(open) {
            error!(document = %id, %error, "changes that passed the gate do not load");
            self.open.remove(&id);
        }
    }
}

impl Rehearsal {
    fn end(self, open: &mut Open) -> Result<(), ShelfError> {
        match self.copy {
            Some(copy) if self.next.is_empty() => {
                open.document.become_copy(copy);
                Ok(())
            }
            Some(_) | None => open.apply(self.taken),
        }
    }
}

impl Rehearsed<'_> {
    /// Nothing if it is of no use to go on like this.
    fn play(&self) -> Option<Rehearsal> {
        let mut run = Run::on(self.document);
        let mut next = VecDeque::with_capacity(self.envelopes.len());
        for (id, envelope) in self.envelopes {
            let changes = envelope.changes().map(|change| gate::inspect(change));
            let Ok(changes) = changes.collect::<Result<Vec<_>, _>>() else { continue };
            let verdict = run.admit(&envelope.actors(self.genesis), &changes).ok()?;
            if matches!(verdict, Verdict::Admitted) && !changes.is_empty() {
                next.push_back((*id, changes));
            }
        }
        let copy = run.finish().ok()?;
        (!next.is_empty()).then_some(Rehearsal { next, taken: Vec::new(), copy })
    }
}

fn on_all_processors(works: Vec<Rehearsed<'_>>) -> BTreeMap<DocumentId, Rehearsal> {
    let count: usize = works.iter().map(|work| work.envelopes.len()).sum();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if count < TOGETHER { 1 } else { processors.min(works.len()) };
    let waiting = Mutex::new(works.into_iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let play = || {
        let played = std::iter::from_fn(next).filter_map(|work| Some((work.id, work.play()?)));
        played.collect::<Vec<_>>()
    };
    if threads <= 1 {
        return play().into_iter().collect();
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(play)).collect();
        let own = play();
        // What a thread had that broke is judged apart.
        let others = others.into_iter().filter_map(|thread| thread.join().ok()).flatten();
        own.into_iter().chain(others).collect()
    })
}
