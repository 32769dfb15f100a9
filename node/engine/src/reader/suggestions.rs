//! What was suggested for a document, and what became of it.

use crdt_schema::document::{Document, FieldChange};
use crdt_schema::envelope;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EnvelopeId, NodeId, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::ledger::Outcome;
use crdt_schema::suggestion::Verdict;

use super::Reader;
use crate::effects::Refused;
use crate::view::{AnswerView, SuggestionView};

/// What a suggestion would make of a document.
#[derive(Debug)]
pub struct Preview {
    /// The document with the suggestion in it.
    pub document: Document,
    /// What would be different from now; for a suggestion that was answered, from what its author saw.
    pub changes: Vec<FieldChange>,
}

impl Reader<'_> {
    /// Returns what was suggested for a document, newest first.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn suggestions(&mut self, id: &DocumentId) -> Result<Vec<SuggestionView>, Refused> {
        let workspace = self.0.readable(id)?;
        let own = self.card().organization;
        let may_answer = self.may_write(id, &workspace, &own);
        let open = self.opened(id)?;
        let mut views = Vec::new();
        for (suggestion, outcome) in open.ledger.suggestions() {
            let suggested = open.suggestions.iter().find(|it| it.made.envelope == suggestion);
            let Some(suggested) = suggested else { continue };
            let answer = match outcome {
                Outcome::Answered(verdict, answer) => open.answers.get(&answer).map(|answered| {
                    let (made, note) = (&answered.made, answered.note.clone());
                    AnswerView {
                        id: answer,
                        verdict,
                        organization: made.organization,
                        organization_name: String::new(),
                        person: made.person.clone(),
                        time: made.time,
                        note,
                        made: (verdict == Verdict::Taken).then(|| made.after.clone()),
                    }
                }),
                Outcome::Open | Outcome::OutOfDate => None,
            };
            let made = &suggested.made;
            let is_open = answer.is_none();
            views.push(SuggestionView {
                id: suggestion,
                organization: made.organization,
                organization_name: String::new(),
                person: made.person.clone(),
                time: made.time,
                note: suggested.note.clone(),
                base: suggested.base.clone(),
                is_out_of_date: outcome == Outcome::OutOfDate,
                may_take: may_answer && outcome == Outcome::Open,
                may_decline: may_answer && is_open,
                may_withdraw: is_open && made.organization == own,
                answer,
            });
        }
        views.sort_by_key(|view| (std::cmp::Reverse(view.time), view.id));
        for view in &mut views {
            view.organization_name = self.name_of(&workspace, &view.organization);
            if let Some(answer) = &mut view.answer {
                answer.organization_name = self.name_of(&workspace, &answer.organization);
            }
        }
        Ok(views)
    }

    /// Returns what a suggestion would make of a document; the sentence says why nothing can be made of it.
    ///
    /// # Errors
    /// If there is no such document or suggestion, or the store cannot be read.
    pub fn preview(
        &mut self,
        id: &DocumentId,
        suggestion: &EnvelopeId,
    ) -> Result<Result<Preview, String>, Refused> {
        let open = self.opened(id)?;
        let found = open.ledger.suggestions().into_iter().find(|(it, _)| it == suggestion);
        let (_, outcome) = found.ok_or(Refused::NoSuchSuggestion)?;
        let suggested = self.0.suggestion(suggestion)?;
        let edits = suggested.edits().map_err(|_| Refused::NoSuchSuggestion)?;
        let base = suggested.heads();
        let now = self.open(id)?;
        if !now.knows(&base) {
            return Ok(Err(
                "The words that this suggestion starts from do not count any more.".to_owned()
            ));
        }
        let mut document = now.clone();
        let before = document.heads();
        // The copy is thrown away, so that nobody ever sees this author.
        let nobody = envelope::actor(&NodeId([0; 32]), &SessionId([0; 16]));
        let changes = match document.edit(&nobody, &base, &edits, Timestamp::default()) {
            Ok(changes) => changes,
            Err(error) => return Ok(Err(super::sentences::capital(&error.to_string()))),
        };
        let (from, to) = match outcome {
            Outcome::Open | Outcome::OutOfDate => (before, document.heads()),
            Outcome::Answered(..) => {
                let last =
                    changes.last().and_then(|change| crdt_schema::gate::inspect(change).ok());
                let after =
                    last.map_or_else(|| base.clone(), |last| Heads::from(vec![last.hash()]));
                (base, after)
            }
        };
        let changes = document.compare(&from, &to).map_err(|_| Refused::NoSuchVersion)?;
        Ok(Ok(Preview { document, changes }))
    }

    pub(super) fn may_write(
        &self,
        id: &DocumentId,
        workspace: &WorkspaceId,
        own: &OrganizationId,
    ) -> bool {
        let role = self.workspace(workspace).map(|workspace| workspace.role);
        role.is_some_and(|role| role.may_write())
            && self.0.documents.held(id).is_some_and(|held| held.may_write(own))
    }
}
