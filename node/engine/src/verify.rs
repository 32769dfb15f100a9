//! Which envelopes are known to be signed by who they say, so that no signature is checked twice.
//!
//! Checking takes most of the time that an envelope costs, and one has nothing to do with another: what came together
//! is checked on all processors. What comes out is the same as one after the other.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::thread;

use crdt_schema::envelope::Envelope;
use crdt_schema::identity::EnvelopeId;

/// Fewer are checked where they are: a thread costs about as much as a signature.
const TOGETHER: usize = 8;
/// Protects memory: how many that wait for something else are remembered.
const REMEMBERED: usize = 8_192;

/// Envelopes whose signatures are true and which are still to be judged.
#[derive(Debug, Default)]
pub(crate) struct Verified(BTreeSet<EnvelopeId>);

impl Verified {
    /// Checks what came together, and remembers what is true. Returns that, in the order in which it came.
    pub(crate) fn check(
        &mut self,
        envelopes: &[(EnvelopeId, &[u8])],
    ) -> Vec<(EnvelopeId, Envelope)> {
        if self.0.len() > REMEMBERED {
            self.0.clear();
        }
        let before = &self.0;
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let share = envelopes.len().div_ceil(processors).max(TOGETHER / 2);
        let found: Vec<_> = if envelopes.len() < TOGETHER {
            true_ones(envelopes, before)
        } else {
            thread::scope(|scope| {
                let shares = envelopes.chunks(share);
                let shares: Vec<_> =
                    shares.map(|share| scope.spawn(|| true_ones(share, before))).collect();
                // A share whose thread broke is checked later, one by one.
                shares.into_iter().filter_map(|share| share.join().ok()).flatten().collect()
            })
        };
        self.0.extend(found.iter().map(|(id, _)| *id));
        found
    }

    /// Is an envelope signed by who it says?
    pub(crate) fn is_true(&mut self, id: EnvelopeId, envelope: &Envelope) -> bool {
        let is_true = self.0.contains(&id) || envelope.is_true();
        if is_true && self.0.len() <= REMEMBERED {
            self.0.insert(id);
        }
        is_true
    }

    /// Forgets an envelope that was judged.
    pub(crate) fn forget(&mut self, id: &EnvelopeId) {
        self.0.remove(id);
    }
}

fn true_ones(
    envelopes: &[(EnvelopeId, &[u8])],
    known: &BTreeSet<EnvelopeId>,
) -> Vec<(EnvelopeId, Envelope)> {
    let read = |(id, bytes): &(EnvelopeId, &[u8])| {
        let envelope = Envelope::from_bytes(bytes).ok()?;
        (known.contains(id) || envelope.is_true()).then_some((*id, envelope))
    };
    envelopes.iter().filter_map(read).collect()
}
