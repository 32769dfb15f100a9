//! Suggestions: proposing a change of a document, and saying what becomes of it.

use crdt_schema::document::Edit;
use crdt_schema::envelope::{self, Content, Envelope};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, NodeId, Role, SessionId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::ledger::Outcome;
use crdt_schema::limits;
use crdt_schema::suggestion::{Answer, SuggestError, Suggestion, Verdict};

use super::Engine;
use super::command::{refuse_edit, sentence};
use crate::documents::Open;
use crate::effects::{Done, Effects, Refused};
use crate::input::Conditions;

impl Engine {
    pub(super) fn suggest(
        &mut self,
        document: DocumentId,
        base: Option<Heads>,
        edits: &[Edit],
        (note, person): (String, Person),
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_suggester(&workspace, &document)?;
        self.gather(&workspace, effects)?;
        let now = self.now;
        let open = self.opened(&workspace, &document)?;
        let base = base.unwrap_or_else(|| open.document.heads());
        if !open.document.knows(&base) {
            return Err(Refused::NoSuchVersion);
        }
        let suggestion =
            Suggestion::new(&base, edits, note).map_err(|error| refuse_suggestion(&error))?;
        // What cannot be done, nobody could take in. The copy is thrown away, so that nobody ever sees this author.
        let nobody = envelope::actor(&NodeId([0; 32]), &SessionId([0; 16]));
        let made = open.document.clone().edit(&nobody, &base, edits, now);
        if made.map_err(|error| refuse_edit(&error))?.is_empty() {
            return Err(Refused::Invalid {
                pointer: String::new(),
                message:
                    "Change something first: this suggestion is what the document says already"
                        .to_owned(),
            });
        }
        let content = Content::Suggestion(suggestion);
        let envelope = self.seal(workspace, document, None, person, content)?;
        self.keep(&envelope, effects)?;
        Ok(Done::Suggestion(Envelope::id_of(&envelope.to_bytes())))
    }

    pub(super) fn answer(
        &mut self,
        document: DocumentId,
        suggestion: EnvelopeId,
        verdict: Verdict,
        (note, person): (String, Person),
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        let found = open.ledger.suggestions().into_iter().find(|(id, _)| *id == suggestion);
        let (_, outcome) = found.ok_or(Refused::NoSuchSuggestion)?;
        let author = open.ledger.get(&suggestion).map(|placed| placed.organization);
        match verdict {
            Verdict::Taken | Verdict::Declined => {
                self.require_writer(&workspace, Some(&document))?;
            }
            Verdict::Withdrawn if author != Some(own) => {
                return Err(not_allowed("Only who made a suggestion can take it back."));
            }
            Verdict::Withdrawn => self.require_suggester(&workspace, &document)?,
        }
        match outcome {
            Outcome::Open => {}
            Outcome::OutOfDate if verdict != Verdict::Taken => {}
            Outcome::OutOfDate => {
                return Err(not_allowed(
                    "This suggestion starts from words that do not count any more. Ask for it to be made anew.",
                ));
            }
            Outcome::Answered(..) => {
                return Err(not_allowed("This suggestion has been answered already."));
            }
        }
        if note.len() > limits::REASON_BYTES {
            return Err(refuse_suggestion(&SuggestError::NoteTooLong));
        }
        self.gather(&workspace, effects)?;
        let changes = match verdict {
            Verdict::Taken => self.take_in(&workspace, &document, &suggestion)?,
            Verdict::Declined | Verdict::Withdrawn => Vec::new(),
        };
        let changes = changes.into_iter().map(Into::into).collect();
        let content = Content::Answer(Answer { suggestion, verdict, note, changes });
        let envelope = self.seal(workspace, document, None, person, content)?;
        self.keep(&envelope, effects)?;
        let heads = self.heads(&document);
        Ok(Done::Document { id: document, made: heads.clone(), heads })
    }

    /// Makes the edits of a suggestion on the version that its author saw.
    fn take_in(
        &mut self,
        workspace: &WorkspaceId,
        document: &DocumentId,
        suggestion: &EnvelopeId,
    ) -> Result<Vec<Vec<u8>>, Refused> {
        let suggestion = self.suggestion(suggestion)?;
        let edits = suggestion.edits().map_err(|error| refuse_suggestion(&error))?;
        self.write(workspace, document, Some(&suggestion.heads()), &edits, &Conditions::default())
    }

    /// Returns what was suggested.
    pub(crate) fn suggestion(&self, id: &EnvelopeId) -> Result<Suggestion, Refused> {
        let bytes = self.shelf.envelope(id).map_err(|error| Self::storage(&error))?;
        let envelope = bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok());
        match envelope.map(|envelope| envelope.content) {
            Some(Content::Suggestion(suggestion)) => Ok(suggestion),
            Some(
                Content::Changes(_)
                | Content::Access(_)
                | Content::Answer(_)
                | Content::SignOff(_)
                | Content::Withdrawal(_)
                | Content::VersionName(_)
                | Content::Copied(_)
                | Content::Comment(_),
            )
            | None => Err(Refused::NoSuchSuggestion),
        }
    }

    pub(super) fn opened(
        &mut self,
        workspace: &WorkspaceId,
        document: &DocumentId,
    ) -> Result<&mut Open, Refused> {
        let Self { documents, workspaces, shelf, .. } = self;
        let log = workspaces.log_mut(workspace).ok_or(Refused::NoSuchWorkspace)?;
        let open = documents.open(document, &**shelf, &*log);
        open.map_err(|error| Self::storage(&error))?.ok_or(Refused::NoSuchDocument)
    }

    pub(super) fn require_suggester(
        &self,
        workspace: &WorkspaceId,
        document: &DocumentId,
    ) -> Result<(), Refused> {
        let state = self.state(workspace)?;
        let own = self.own();
        let role = state.members.get(&own).map_or(Role::Reader, |member| member.role);
        if !role.may_suggest() {
            return Err(Refused::NotAllowed(format!(
                "Your organisation is a {role} here: it can read documents, but not change them or suggest changes. Ask a steward for another role."
            )));
        }
        if self.documents.held(document).is_some_and(|held| !held.may_suggest(&own, role)) {
            return Err(not_allowed(
                "Your organisation can read this document, but not suggest changes to it. Ask the organisation that made it.",
            ));
        }
        Ok(())
    }
}

fn not_allowed(why: &str) -> Refused {
    Refused::NotAllowed(why.to_owned())
}

fn refuse_suggestion(error: &SuggestError) -> Refused {
    let message = sentence(&error.to_string());
    match error {
        SuggestError::NoteTooLong => {
            let message = format!("Say why in at most {} letters", limits::REASON_BYTES);
            Refused::Invalid { pointer: "/note".to_owned(), message }
        }
        SuggestError::TooLong | SuggestError::TooMany => Refused::TooLarge(message),
        SuggestError::Base => Refused::NoSuchVersion,
        _ => Refused::Invalid { pointer: String::new(), message },
    }
}
