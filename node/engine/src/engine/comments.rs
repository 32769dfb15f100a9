//! Discussing a document: comments on a place, what an organisation holds of what stands there, answers, and the end of a
//! discussion.

use crdt_schema::comment::{About, Comment, Place, Stance};
use crdt_schema::document::FieldPath;
use crdt_schema::envelope::Content;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::ledger::Discussion;
use crdt_schema::limits;
use crdt_schema::sign_off::Withdrawal;

use super::Engine;
use crate::documents::Open;
use crate::effects::{Done, Effects, Refused};

impl Engine {
    pub(super) fn comment(
        &mut self,
        document: DocumentId,
        (place, version): (&FieldPath, Option<Heads>),
        (stance, text): (Stance, String),
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_suggester(&workspace, &document)?;
        self.gather(&workspace, effects)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        let place = seen(open, place, version)?;
        let mut before = Vec::new();
        if stance.is_position() {
            let positions = open.positions().into_iter();
            for held in
                positions.filter(|held| held.is_by(&own) && held.place.path() == place.path())
            {
                let is_same = held.place.words == place.words;
                if is_same && (held.comment.stance, &held.comment.text) == (stance, &text) {
                    return Err(not_allowed("Your organisation has said so already."));
                }
                before.push(held.id);
            }
        }
        let comment = Comment { about: About::Place(place), stance, text };
        check(&comment)?;
        let said = self.say(workspace, document, person.clone(), comment, effects)?;
        // An organisation holds one thing of a place.
        for of in before {
            let content = Content::Withdrawal(Withdrawal { of, reason: String::new() });
            self.publish_statement(workspace, document, (person.clone(), content), effects)?;
        }
        Ok(said)
    }

    pub(super) fn reply(
        &mut self,
        document: DocumentId,
        comment: EnvelopeId,
        (stance, text): (Stance, String),
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        let discussion = self.discussion(&workspace, &document, &comment)?;
        self.require_suggester(&workspace, &document)?;
        if stance.is_about_the_end() {
            self.require_ender(&workspace, &document, &discussion)?;
        }
        let is_over = !discussion.settled.is_empty();
        let about = match stance {
            Stance::Remarks | Stance::Settles if is_over => {
                return Err(not_allowed("This discussion is over. Open it again to answer."));
            }
            Stance::Reopens if !is_over => {
                return Err(not_allowed("This discussion is not over."));
            }
            Stance::Reopens => discussion.settled,
            Stance::Remarks | Stance::Settles | Stance::Agrees | Stance::Objects => vec![comment],
        };
        self.gather(&workspace, effects)?;
        let mut said = Done::Nothing;
        for of in about {
            let comment = Comment { about: About::Comment(of), stance, text: text.clone() };
            check(&comment)?;
            said = self.say(workspace, document, person.clone(), comment, effects)?;
        }
        Ok(said)
    }

    pub(super) fn take_back_comment(
        &mut self,
        document: DocumentId,
        comment: EnvelopeId,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        let (made, _) = open.comments.get(&comment).ok_or(Refused::NoSuchComment)?;
        if made.organization != own {
            return Err(not_allowed("Only the organisation that said something can take it back."));
        }
        let discussions = open.ledger.discussions();
        let mut spoken = discussions.iter().flat_map(|it| it.replies.iter().chain([&it.first]));
        let found = spoken.find(|it| it.id == comment).ok_or(Refused::NoSuchComment)?;
        if found.withdrawn.is_some() {
            return Err(not_allowed("This comment has been taken back already."));
        }
        self.require_suggester(&workspace, &document)?;
        self.gather(&workspace, effects)?;
        let content = Content::Withdrawal(Withdrawal { of: comment, reason: String::new() });
        self.publish_statement(workspace, document, (person, content), effects)
    }

    fn say(
        &mut self,
        workspace: WorkspaceId,
        document: DocumentId,
        person: Person,
        comment: Comment,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let content = Content::Comment(comment);
        self.publish_statement(workspace, document, (person, content), effects)
    }

    /// Returns the discussion that a comment began and that was not taken back.
    fn discussion(
        &mut self,
        workspace: &WorkspaceId,
        document: &DocumentId,
        first: &EnvelopeId,
    ) -> Result<Discussion, Refused> {
        let open = self.opened(workspace, document)?;
        let mut all = open.ledger.discussions().into_iter();
        all.find(|it| it.first.id == *first && it.first.withdrawn.is_none())
            .ok_or(Refused::NoSuchComment)
    }

    /// Who may write ends discussions, and whoever began one.
    fn require_ender(
        &mut self,
        workspace: &WorkspaceId,
        document: &DocumentId,
        discussion: &Discussion,
    ) -> Result<(), Refused> {
        let own = self.own();
        let began = self.opened(workspace, document)?.ledger.get(&discussion.first.id);
        match began.is_some_and(|began| began.organization == own) {
            true => Ok(()),
            false => self.require_writer(workspace, Some(document)),
        }
    }
}

/// Names a place in the version that somebody saw.
fn seen(open: &Open, place: &FieldPath, version: Option<Heads>) -> Result<Place, Refused> {
    let now = open.document.heads();
    let version = version.unwrap_or_else(|| now.clone());
    let before;
    let document = if version == now {
        &open.document
    } else {
        before = open.document.until(&version).ok_or(Refused::NoSuchVersion)?;
        &before
    };
    let path = document.resolve(place);
    let spot = document.spots(std::slice::from_ref(&path)).into_iter().next().flatten();
    let spot = spot.ok_or_else(|| Refused::Invalid {
        pointer: "/place".to_owned(),
        message: "There is nothing at this place of the document. Choose the part that you mean."
            .to_owned(),
    })?;
    Ok(Place::new(&version, &path, &spot.value))
}

fn check(comment: &Comment) -> Result<(), Refused> {
    if comment.is_bounded() {
        return Ok(());
    }
    let (pointer, message) = if comment.text.len() > limits::COMMENT_BYTES {
        let message = format!("Write at most {} letters", limits::COMMENT_BYTES);
        ("/text", message)
    } else {
        match (&comment.about, comment.stance) {
            (_, Stance::Objects) => ("/text", "Say what you object to".to_owned()),
            (_, Stance::Remarks) => ("/text", "Write your comment".to_owned()),
            _ => ("/stance", "This cannot be said here".to_owned()),
        }
    };
    Err(Refused::Invalid { pointer: pointer.to_owned(), message })
}

fn not_allowed(why: &str) -> Refused {
    Refused::NotAllowed(why.to_owned())
}
