//! Whether an envelope may stand where it stands: its author's chain, and its author's right in the document.

use super::Ledger;
use crate::access::AccessAct;
use crate::envelope::{Content, Envelope};
use crate::membership::{Log, State};

/// What is said of an envelope before its changes are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may stand.
    May,
    /// It builds on something that is not here yet.
    TooEarly,
    /// It never will; the word that counts it.
    Refused(&'static str),
}

impl Ledger {
    /// Judges an envelope's place in its author's chain, and its author's right at the membership entries and access steps it
    /// cites; `state` is who was in at those entries. Looks at nothing but the envelope and its ancestors.
    #[must_use]
    pub fn judge(&self, envelope: &Envelope, state: &State, log: &Log) -> Verdict {
        let header = &envelope.header;
        let has_right = state.member_of(&header.node).is_some_and(|(organization, member)| {
            *organization == header.organization && member.role.may_write()
        });
        if !has_right {
            return Verdict::Refused("no-right");
        }
        match self.continues(envelope, log) {
            Verdict::May => self.has_right(envelope, state),
            other => other,
        }
    }

    /// Does it continue its author's chain, knowing no less than the envelope before?
    fn continues(&self, envelope: &Envelope, log: &Log) -> Verdict {
        let header = &envelope.header;
        let is_first = header.seq == 1
            && (header.node, header.session) == (self.genesis.node, self.genesis.session);
        if is_first && envelope.genesis.is_none() {
            return Verdict::Refused("no-genesis");
        }
        if !header.access.iter().all(|step| self.access.knows(step)) {
            return Verdict::TooEarly;
        }
        let Some(previous) = &header.previous else { return Verdict::May };
        let Some(before) = self.get(previous) else { return Verdict::TooEarly };
        if before.place() != (header.node, header.session, header.seq.saturating_sub(1)) {
            return Verdict::Refused("broken-chain");
        }
        if !log.covers(&header.membership, &before.membership) {
            return Verdict::Refused("membership-goes-back");
        }
        if !self.access.covers(&header.access, &before.access) {
            return Verdict::Refused("access-goes-back");
        }
        Verdict::May
    }

    fn has_right(&self, envelope: &Envelope, state: &State) -> Verdict {
        let author = envelope.header.organization;
        let owner = self.genesis.owner;
        let audience = self.audience_at(&envelope.header.access);
        let refused = match &envelope.content {
            Content::Changes(_) => {
                (author != owner && !audience.may_write(&author)).then_some("not-in-audience")
            }
            Content::Access(AccessAct::Set { audience: next, .. }) => {
                // When its owner has gone, a steward who can read a document looks after it.
                let is_heir =
                    !state.is_in(&owner) && state.is_steward(&author) && audience.may_read(&author);
                if author != owner && !is_heir {
                    Some("not-owner")
                } else {
                    (!next.may_write(&author)).then_some("shuts-itself-out")
                }
            }
            Content::Access(AccessAct::Fence { exclusion, .. }) => {
                if author != owner && !audience.may_read(&author) {
                    Some("not-in-audience")
                } else {
                    (!state.exclusions.contains_key(exclusion)).then_some("nothing-to-fence")
                }
            }
        };
        refused.map_or(Verdict::May, Verdict::Refused)
    }
}
