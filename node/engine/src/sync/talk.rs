//! One conversation about one workspace with one node.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crdt_schema::identity::{EnvelopeId, Timestamp};
use crdt_schema::limits;
use crdt_schema::pack::PackError;

use super::{MARKS, PULL, Reconciling, STEPS, Step, Talk, WINDOW};

impl Talk {
    /// Takes a step of the reconciliation.
    pub(crate) fn step(&mut self, frame: &[u8]) -> Step {
        let Some(mut reconciling) = self.reconciling.take() else { return Step::Broken };
        reconciling.steps = reconciling.steps.saturating_add(1);
        if reconciling.steps > STEPS {
            return Step::Broken;
        }
        // The library was written for honest peers; a panic in it must cost this conversation only.
        let outcome = catch_unwind(AssertUnwindSafe(move || {
            let Reconciling { negentropy, have, need, .. } = &mut reconciling;
            let answer = if negentropy.is_initiator() {
                negentropy.reconcile_with_ids(frame, have, need)
            } else {
                negentropy.reconcile(frame).map(Some)
            };
            (answer, reconciling)
        }));
        match outcome {
            Ok((Ok(Some(answer)), reconciling)) => {
                if reconciling.have.len() > PULL || reconciling.need.len() > PULL {
                    return Step::Broken;
                }
                self.reconciling = Some(reconciling);
                Step::Send(answer)
            }
            Ok((Ok(None), reconciling)) => {
                self.want(reconciling.need.iter().map(|id| EnvelopeId(id.to_bytes())));
                Step::Finished(
                    reconciling.have.iter().map(|id| EnvelopeId(id.to_bytes())).collect(),
                )
            }
            Ok((Err(_), _)) | Err(_) => Step::Broken,
        }
    }

    /// Makes a mark for news, if the peer has been offered all that came before.
    pub(crate) fn mark_news(&mut self, place: u64) -> Option<u64> {
        if !self.is_caught_up {
            return None;
        }
        if !self.heralded.is_empty() {
            self.owes_mark = true;
            return None;
        }
        Some(self.mark(place))
    }

    /// Makes a mark for what the peer is told of, which may be nothing: then there is one only if news went without.
    pub(crate) fn mark_heralds(&mut self, place: u64, is_nothing: bool) -> Option<u64> {
        let owed = std::mem::take(&mut self.owes_mark);
        (self.is_caught_up && (owed || !is_nothing)).then(|| self.mark(place))
    }

    /// Does the peer want to hear only of what this node passes on?
    pub(crate) const fn is_lazy(&self) -> bool {
        self.is_lazy
    }

    /// Takes the peer's word that it does, or the opposite.
    pub(crate) const fn set_lazy(&mut self, is_lazy: bool) {
        self.is_lazy = is_lazy;
    }

    /// Notes that the peer sent what was here already; returns whether to ask it not to.
    pub(crate) const fn came_twice(&mut self) -> bool {
        !std::mem::replace(&mut self.has_asked_lazy, true)
    }

    /// Packs envelopes for the peer.
    pub(crate) fn pack<'b>(&mut self, envelopes: impl IntoIterator<Item = &'b [u8]>) -> Vec<u8> {
        self.packer.pack(envelopes)
    }

    /// Unpacks what the peer packed.
    pub(crate) fn unpack(&mut self, pack: &[u8]) -> Result<Vec<Vec<u8>>, PackError> {
        self.unpacker.unpack(pack)
    }

    /// Ends the conversation as if it had never begun, but for what protects from endless repetition.
    pub(crate) fn close(&mut self) {
        *self = Self {
            has_pushed: self.has_pushed,
            // The other side's way of packing goes on with the connection; ours may begin anew at any time.
            unpacker: std::mem::take(&mut self.unpacker),
            ..Self::default()
        };
    }

    /// Forgets the reconciliation, once the other side has said that it is through.
    pub(crate) fn is_reconciled(&mut self) {
        self.reconciling = None;
    }

    /// Adds ids to ask for.
    pub(crate) fn want(&mut self, ids: impl Iterator<Item = EnvelopeId>) {
        for id in ids {
            if self.pull.len() < PULL {
                self.pull.push_back(id);
            } else {
                self.lacks = true;
            }
        }
    }

    /// Adds ids to ask for that were here before.
    pub(crate) fn want_back(&mut self, ids: impl Iterator<Item = EnvelopeId>) {
        for id in ids {
            if self.pull.len() < PULL {
                self.lost.insert(id);
                self.pull.push_back(id);
            }
        }
    }

    /// Takes note of an envelope that came too early and found no room.
    pub(crate) fn postpone(&mut self, id: EnvelopeId) {
        if self.later.len() < PULL {
            self.later.insert(id);
        } else {
            self.lacks = true;
        }
    }

    /// Wants again what was postponed, now that something came which it may have waited for. Returns whether there was any.
    pub(crate) fn resume(&mut self) -> bool {
        let is_due = !self.later.is_empty() && self.pull.is_empty() && self.asked.is_empty();
        if is_due {
            self.pull.extend(std::mem::take(&mut self.later));
        }
        is_due
    }

    /// Returns the next ids to ask for, if none are on their way. `is_known`: arrived some other way? `is_coming`: was
    /// another peer asked for it?
    pub(super) fn next_want(
        &mut self,
        is_known: impl Fn(&EnvelopeId) -> bool,
        is_coming: impl Fn(&EnvelopeId) -> bool,
        steady: Timestamp,
    ) -> Vec<EnvelopeId> {
        if !self.asked.is_empty() {
            return Vec::new();
        }
        while self.asked.len() < WINDOW.min(limits::WANT_LIST) {
            let Some(id) = self.pull.pop_front() else { break };
            if is_known(&id) {
                continue;
            }
            if is_coming(&id) {
                self.postpone(id);
            } else {
                self.asked.insert(id);
                self.asked_at = steady;
            }
        }
        if !self.asked.is_empty() {
            // Whoever is asked passes things on again by itself.
            self.has_asked_lazy = false;
        }
        self.asked.iter().copied().collect()
    }

    /// Takes note of which of the ids asked for came. An answer that holds none of them means that the peer will
    /// not give the rest: returns whether it is so.
    pub(crate) fn came(&mut self, ids: &[EnvelopeId]) -> bool {
        let before = self.asked.len();
        for id in ids {
            self.asked.remove(id);
        }
        let gives_no_more = self.asked.len() == before;
        if gives_no_more {
            for id in std::mem::take(&mut self.asked) {
                if self.lost.remove(&id) {
                    continue;
                }
                if self.unmet.len() < PULL {
                    self.unmet.insert(id);
                } else {
                    self.lacks = true;
                }
            }
        } else {
            for id in std::mem::take(&mut self.asked).into_iter().rev() {
                self.pull.push_front(id);
            }
        }
        gives_no_more
    }

    /// Notes that the peer wants to hear when all up to its mark is stored.
    pub(crate) fn owe(&mut self, mark: Option<u64>) {
        self.owed = self.owed.max(mark);
    }

    /// Returns the mark to acknowledge, if nothing is missing any more.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        let is_all_here = self.pull.is_empty()
            && self.asked.is_empty()
            && self.later.is_empty()
            && self.unmet.is_empty()
            && !self.lacks;
        if is_all_here { self.owed.take() } else { None }
    }

    /// Makes a mark for a place in this node's order of arrival.
    pub(crate) fn mark(&mut self, place: u64) -> u64 {
        self.next_mark = self.next_mark.saturating_add(1);
        if self.marks.len() >= MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((self.next_mark, place));
        self.next_mark
    }

    /// Returns the place that an acknowledged mark stands for.
    pub(crate) fn acknowledged(&mut self, mark: u64) -> Option<u64> {
        let mut place = None;
        while let Some((first, at)) = self.marks.front().copied()
            && first <= mark
        {
            place = Some(at);
            self.marks.pop_front();
        }
        place
    }
}
