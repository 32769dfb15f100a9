//! Whether an envelope may stand where it stands: its author's chain, and its author's right in the document.

use super::{Ledger, Placed, Said};
use crate::access::AccessAct;
use crate::comment::{About, Comment, Stance};
use crate::envelope::{Content, Envelope, Header};
use crate::identity::{OrganizationId, Role};
use crate::membership::{Log, State};
use crate::suggestion::{self, Answer};

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
        let needs_no_writing = needs_no_writing(&envelope.content);
        let has_right = state.member_of(&header.node).is_some_and(|(organization, member)| {
            let may =
                if needs_no_writing { member.role.may_suggest() } else { member.role.may_write() };
            *organization == header.organization && may
        });
        if !has_right {
            return Verdict::Refused("no-right");
        }
        match self.continues(envelope, log) {
            Verdict::May => {}
            other @ (Verdict::TooEarly | Verdict::Refused(_)) => return other,
        }
        match self.is_about_something(&envelope.content) {
            Verdict::May => self.has_right(envelope, state),
            other @ (Verdict::TooEarly | Verdict::Refused(_)) => other,
        }
    }

    /// Is what a suggestion starts from or a sign-off signs here, or the suggestion or sign-off that is answered or taken back?
    fn is_about_something(&self, content: &Content) -> Verdict {
        match content {
            Content::Changes(_) | Content::Access(_) | Content::Copied(_) => Verdict::May,
            Content::Suggestion(suggestion) => {
                let said = Said::Suggestion(suggestion.base.clone());
                if self.has_what_it_is_about(&said) { Verdict::May } else { Verdict::TooEarly }
            }
            Content::Answer(answer) => match self.get(&answer.suggestion) {
                None => Verdict::TooEarly,
                Some(placed) if matches!(placed.said, Some(Said::Suggestion(_))) => Verdict::May,
                Some(_) => Verdict::Refused("no-suggestion"),
            },
            Content::SignOff(sign_off) => {
                let said = Said::SignOff(sign_off.version.clone());
                if self.has_what_it_is_about(&said) { Verdict::May } else { Verdict::TooEarly }
            }
            Content::Withdrawal(withdrawal) => match self.get(&withdrawal.of) {
                None => Verdict::TooEarly,
                Some(placed) if placed.can_be_taken_back() => Verdict::May,
                Some(_) => Verdict::Refused("nothing-to-take-back"),
            },
            Content::VersionName(named) => {
                let said = Said::VersionName(named.version.clone());
                if self.has_what_it_is_about(&said) { Verdict::May } else { Verdict::TooEarly }
            }
            Content::Comment(comment) => self.continues_a_discussion(comment),
        }
    }

    /// Is what a comment is about here, and something that can be spoken about so?
    fn continues_a_discussion(&self, comment: &Comment) -> Verdict {
        let of = match &comment.about {
            About::Place(place) => {
                let said = Said::Comment(place.version.clone(), comment.stance);
                let is_here = self.has_what_it_is_about(&said);
                return if is_here { Verdict::May } else { Verdict::TooEarly };
            }
            About::Comment(of) => of,
        };
        let Some(placed) = self.get(of) else { return Verdict::TooEarly };
        let fits = match &placed.said {
            Some(Said::Comment(..)) => comment.stance != Stance::Reopens,
            Some(Said::Reply(_, Stance::Settles)) => comment.stance == Stance::Reopens,
            _ => false,
        };
        if fits { Verdict::May } else { Verdict::Refused("no-discussion") }
    }

    /// May an organisation say that the discussion is over, or is not, which a comment is about? Those may who write, and
    /// whoever began it.
    fn may_end(&self, comment: &Comment, author: &OrganizationId) -> bool {
        let About::Comment(of) = &comment.about else { return false };
        let began = match self.get(of) {
            Some(Placed { said: Some(Said::Reply(first, _)), .. }) => self.get(first),
            placed => placed,
        };
        began.is_some_and(|began| began.organization == *author)
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
        for earlier in header.previous.iter().chain(&header.resumes) {
            let Some(before) = self.get(earlier) else { return Verdict::TooEarly };
            let follows = if header.seq == 1 {
                before.node == header.node && before.session != header.session
            } else {
                before.place() == (header.node, header.session, header.seq.saturating_sub(1))
            };
            if !follows {
                return Verdict::Refused("broken-chain");
            }
            if !log.covers(&header.membership, &before.membership) {
                return Verdict::Refused("membership-goes-back");
            }
            if self.goes_back(header, before) {
                return Verdict::Refused("access-goes-back");
            }
        }
        Verdict::May
    }

    /// Does it leave out a step that its session knew? A new session may leave out those that came not to count: what a node
    /// has shown to know is held against it when it is found what counts.
    pub(super) fn goes_back(&self, header: &Header, before: &Placed) -> bool {
        header.seq > 1 && !self.access.covers(&header.access, &before.access)
    }

    fn has_right(&self, envelope: &Envelope, state: &State) -> Verdict {
        let author = envelope.header.organization;
        let owner = self.genesis.owner;
        let audience = self.audience_at(&envelope.header.access);
        let refused = match &envelope.content {
            Content::Changes(_) | Content::VersionName(_) | Content::Copied(_) => {
                (author != owner && !audience.may_write(&author)).then_some("not-in-audience")
            }
            Content::Suggestion(_) => {
                let role = state.members.get(&author).map(|member| member.role);
                let may = role.is_some_and(|role| audience.may_suggest(&author, role));
                (author != owner && !may).then_some("not-in-audience")
            }
            Content::Answer(Answer {
                verdict: suggestion::Verdict::Withdrawn, suggestion, ..
            }) => {
                let is_own = self.get(suggestion).is_some_and(|it| it.organization == author);
                (!is_own).then_some("not-its-author")
            }
            Content::Answer(_) => {
                (author != owner && !audience.may_write(&author)).then_some("not-in-audience")
            }
            Content::Comment(comment) => {
                let role = state.members.get(&author).map(|member| member.role);
                let is_owner = author == owner;
                let speaks = is_owner || role.is_some_and(|it| audience.may_suggest(&author, it));
                let writes =
                    (is_owner || audience.may_write(&author)) && role.is_some_and(Role::may_write);
                let may = speaks
                    && (!comment.stance.is_about_the_end()
                        || writes
                        || self.may_end(comment, &author));
                (!may).then_some("not-in-audience")
            }
            // Who may read may say what it agrees to: that binds nobody else, and changes nothing of the document.
            Content::SignOff(_) => {
                (author != owner && !audience.may_read(&author)).then_some("not-in-audience")
            }
            Content::Withdrawal(withdrawal) => {
                let signed = self.get(&withdrawal.of);
                let is_own = signed.is_some_and(|it| it.organization == author);
                (!is_own).then_some("not-its-author")
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

/// Is it something that a contributor may say: a suggestion, a sign-off, a comment, or that one's own is taken back?
const fn needs_no_writing(content: &Content) -> bool {
    matches!(
        content,
        Content::Suggestion(_)
            | Content::SignOff(_)
            | Content::Withdrawal(_)
            | Content::Comment(_)
            | Content::Answer(Answer { verdict: suggestion::Verdict::Withdrawn, .. })
    )
}
