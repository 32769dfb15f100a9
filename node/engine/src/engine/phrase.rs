//! Phrases of invites: asking for the invite behind one, and answering who asks.

use crdt_schema::identity::NodeId;
use crdt_schema::limits;
use crdt_schema::phrase::{Ends, Lookup, Phrase, Place};
use tracing::debug;

use super::command::sentence;
use super::{Engine, send};
use crate::effects::{Done, Effects, Refused, Signal};
use crate::input::CommandId;
use crate::message::Message;
use crate::seeks::Seek;

impl Engine {
    /// Begins to look up a phrase; the answer to the command comes later, unless it is refused at once.
    pub(super) fn find_invite(
        &mut self,
        id: CommandId,
        text: &str,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        let phrase =
            Phrase::read(text).map_err(|error| Refused::Invite(sentence(&error.to_string())))?;
        let address = phrase.place.address();
        if !self.seeks.start(id, phrase, self.steady) {
            return Err(Refused::Invite(
                "Other phrases are being looked up. Try again in half a minute.".to_owned(),
            ));
        }
        effects.seek.push(address);
        Ok(())
    }

    pub(super) fn on_found(&mut self, address: &str, node: NodeId, effects: &mut Effects) {
        self.seeks.found(address, node);
        if self.peers.is_up(&node) {
            self.ask_for_invites(node, effects);
        }
    }

    pub(super) fn ask_for_invites(&mut self, node: NodeId, effects: &mut Effects) {
        for lookup in self.seeks.lookups_for(&node) {
            send(effects, node, &Message::Lookup(lookup));
        }
    }

    pub(super) fn on_nobody_at(&mut self, address: &str, effects: &mut Effects) {
        for (id, seek) in self.seeks.nobody_at(address) {
            effects.notify.push(Signal::Answer(id, Err(nobody(&seek.phrase.place))));
        }
    }

    /// Ends the looking up that has taken too long; says when to look again.
    pub(super) fn end_seeks(
        &mut self,
        effects: &mut Effects,
    ) -> Option<crdt_schema::identity::Timestamp> {
        let (over, next) = self.seeks.expire(self.steady);
        for (id, seek) in over {
            effects.notify.push(Signal::Answer(id, Err(nobody(&seek.phrase.place))));
        }
        next
    }

    /// Somebody asks for the invite behind a phrase. Strangers may, a few times; what is not known, used up, withdrawn or
    /// over gets one answer.
    pub(super) fn on_lookup(&mut self, from: NodeId, lookup: Lookup, effects: &mut Effects) {
        let asked = self.lookups.entry(from).or_default();
        *asked = asked.saturating_add(1);
        if *asked > limits::LOOKUPS {
            debug!(peer = %from, "hung up on a peer that asked for too many invites");
            effects.close.push(from);
            return;
        }
        let ends = Ends { asks: from, answers: self.identity.key.id() };
        let nonce = self.chance.bytes();
        let sealed = self
            .workspaces
            .looked_up(&lookup, self.now)
            .and_then(|invite| invite.phrase_secret().seal(invite, ends, nonce));
        send(effects, from, &Message::Sealed { lookup, invite: sealed.map(Into::into) });
    }

    pub(super) fn on_sealed(
        &mut self,
        from: NodeId,
        lookup: &Lookup,
        sealed: Option<&[u8]>,
        effects: &mut Effects,
    ) {
        let ends = Ends { asks: self.identity.key.id(), answers: from };
        for (id, Seek { phrase, .. }) in self.seeks.answered(&from, lookup) {
            let outcome = match sealed.map(|sealed| phrase.secret.open(sealed, ends)) {
                None => Err(Refused::Invite(format!(
                    "The computer at {} has no invite for these words. Check them, or ask for a new invite: this one may have ended, been used, or been withdrawn.",
                    phrase.place
                ))),
                // Its maker is at the other end, or somebody in between passed its words on: then the address is not its own.
                Some(Ok(mut invite)) if invite.offer.node == from => {
                    invite.found_at(phrase.place.address());
                    Ok(Done::Found { invite: invite.to_text() })
                }
                Some(Ok(_)) => Err(false_answer(&phrase.place)),
                Some(Err(error)) => {
                    debug!(peer = %from, %error, "an invite behind a phrase was not believed");
                    Err(false_answer(&phrase.place))
                }
            };
            effects.notify.push(Signal::Answer(id, outcome));
        }
    }
}

fn nobody(place: &Place) -> Refused {
    Refused::Invite(format!(
        "No Fingerpost answered at {place}. The computer that the invite was made on must be on, with Fingerpost running, and reachable from here. Ask the organisation that invited you to check, or to send you the invite as text: that works while they are offline."
    ))
}

fn false_answer(place: &Place) -> Refused {
    Refused::Invite(format!(
        "What answered at {place} does not know the words that you typed, so it was not believed. Ask the organisation that invited you to read the words out again, or to send you the invite as text."
    ))
}
