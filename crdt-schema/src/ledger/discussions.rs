//! Who said what about the document, what was answered, and which discussions are over.

use std::collections::BTreeMap;

use super::{Ledger, Said};
use crate::comment::Stance;
use crate::identity::EnvelopeId;

/// A discussion whose first comment counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discussion {
    /// The comment that began it.
    pub first: Spoken,
    /// What was answered, in the order in which it came.
    pub replies: Vec<Spoken>,
    /// What says that it is over and was not taken back, in the order in which it came. None: it goes on.
    pub settled: Vec<EnvelopeId>,
}

/// A comment that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The envelope.
    pub id: EnvelopeId,
    /// What it does besides saying something.
    pub stance: Stance,
    /// The envelope that takes it back: of several the one with the lowest id.
    pub withdrawn: Option<EnvelopeId>,
}

impl Ledger {
    /// Returns the discussions about the document, in the order in which they began here: a pure function of what counts.
    /// A discussion is over while one comment that settles it counts, was not taken back and not opened again; so where two
    /// settle it at once, both must be opened again.
    #[must_use]
    pub fn discussions(&self) -> Vec<Discussion> {
        let withdrawn = self.withdrawn();
        let mut discussions = Vec::<Discussion>::new();
        let mut places = BTreeMap::<EnvelopeId, usize>::new();
        let mut opened = Vec::new();
        // In the ledger, everything stands after what it is about.
        for placed in self.placed.iter().filter(|placed| self.counts(&placed.id)) {
            let (id, back) = (placed.id, withdrawn.get(&placed.id).copied());
            match &placed.said {
                Some(Said::Comment(_, stance)) => {
                    places.insert(id, discussions.len());
                    let first = Spoken { id, stance: *stance, withdrawn: back };
                    discussions.push(Discussion {
                        first,
                        replies: Vec::new(),
                        settled: Vec::new(),
                    });
                }
                Some(Said::Reply(of, Stance::Reopens)) if back.is_none() => opened.push(*of),
                Some(Said::Reply(of, stance)) => {
                    let at = places.get(of).copied();
                    let Some(of) = at.and_then(|at| discussions.get_mut(at)) else { continue };
                    of.replies.push(Spoken { id, stance: *stance, withdrawn: back });
                    if *stance == Stance::Settles && back.is_none() {
                        of.settled.push(id);
                    }
                }
                Some(
                    Said::Suggestion(_)
                    | Said::Answer(..)
                    | Said::SignOff(_)
                    | Said::Withdrawal(_)
                    | Said::VersionName(_),
                )
                | None => {}
            }
        }
        for discussion in &mut discussions {
            discussion.settled.retain(|id| !opened.contains(id));
        }
        discussions
    }
}
