//! What this node wrote in good faith on the branch that lost, where another node said two things in one place: written
//! again on the branch that counts.

use std::collections::BTreeSet;

use automerge::ChangeHash;
use crdt_schema::document::{Document, Edit};
use crdt_schema::envelope::Content;
use crdt_schema::identity::{DocumentId, EnvelopeId, WorkspaceId};
use crdt_schema::key::Person;
use tracing::{info, warn};

use super::Engine;
use crate::documents::Open;
use crate::effects::{Effects, Record, Refused};
use crate::input::Conditions;
use crate::shelf::ShelfError;

/// The key under which a node remembers that it wrote an envelope's changes again.
const AGAIN: &str = "again/";

/// Envelopes whose changes are written again together, by whom, and how.
struct Lost {
    envelopes: Vec<EnvelopeId>,
    person: Person,
    edits: Vec<Edit>,
}

impl Engine {
    /// Writes again what came not to count through no fault of this node, in the documents in which that may have happened.
    pub(super) fn write_again(&mut self, effects: &mut Effects) {
        for document in std::mem::take(&mut self.shaken) {
            let Some(held) = self.documents.held(&document) else { continue };
            let workspace = held.genesis.workspace;
            if self.require_writer(&workspace, Some(&document)).is_err() {
                continue;
            }
            // Each finds the document as the one before left it.
            while let Some(lost) = self.next_lost(&workspace, &document) {
                if let Err(refused) = self.write_one_again(workspace, document, lost, effects) {
                    warn!(%document, %refused, "could not write again what was lost to a fork");
                    break;
                }
            }
        }
    }

    /// Did this node write again what an envelope of its own brought?
    pub(crate) fn has_written_again(&self, id: &EnvelopeId) -> bool {
        self.locals.contains_key(&key(id))
    }

    fn next_lost(&mut self, workspace: &WorkspaceId, document: &DocumentId) -> Option<Lost> {
        let node = self.identity.key.id();
        let Self { documents, workspaces, shelf, locals, .. } = self;
        let log = workspaces.log_mut(workspace)?;
        let open = documents.open(document, &**shelf, &*log).ok()??;
        let mut misled = open.ledger.misled(&node);
        misled.retain(|id| !locals.contains_key(&key(id)));
        if misled.is_empty() {
            return None;
        }
        find(open, &misled)
            .inspect_err(|error| warn!(%document, %error, "cannot read what was lost to a fork"))
            .ok()
            .flatten()
    }

    fn write_one_again(
        &mut self,
        workspace: WorkspaceId,
        document: DocumentId,
        lost: Lost,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        let Lost { envelopes, person, edits } = lost;
        let changes = if edits.is_empty() {
            Vec::new()
        } else {
            self.write(&workspace, &document, None, &edits, &Conditions::default())?
        };
        if !changes.is_empty() {
            let changes = changes.into_iter().map(Into::into).collect();
            let envelope =
                self.seal(workspace, document, None, person, Content::Changes(changes))?;
            self.keep(&envelope, effects)?;
        }
        info!(%document, envelopes = envelopes.len(), "wrote again what was lost to a fork");
        for id in envelopes {
            let (key, value) = (key(&id), Vec::new());
            self.locals.insert(key.clone(), value.clone());
            effects.persist.push(Record::Local { key, value: Some(value) });
        }
        Ok(())
    }
}

fn key(id: &EnvelopeId) -> String {
    format!("{AGAIN}{id}")
}

/// Finds what the first of these and those after it did that nobody else had a hand in, as edits of what counts.
fn find(open: &Open, misled: &[EnvelopeId]) -> Result<Option<Lost>, ShelfError> {
    let changes = |id: &EnvelopeId| -> Vec<ChangeHash> {
        open.ledger.get(id).map(|placed| placed.changes().to_vec()).unwrap_or_default()
    };
    let past = |id: &EnvelopeId| -> BTreeSet<ChangeHash> {
        let own = changes(id);
        let mut past = open.ledger.past_of(id);
        past.retain(|change| !own.contains(change));
        past
    };
    let Some((first, rest)) = misled.split_first() else { return Ok(None) };
    let Some(person) = open.writer(first).map(|made| made.person.clone()) else { return Ok(None) };
    let mut before = past(first);
    let mut envelopes = vec![*first];
    let mut done: BTreeSet<ChangeHash> = changes(first).into_iter().collect();
    for id in rest {
        let news: Vec<ChangeHash> = past(id)
            .into_iter()
            .filter(|change| !before.contains(change) && !done.contains(change))
            .collect();
        let is_answered = news
            .iter()
            .any(|change| !open.ledger.past(std::iter::once(*change)).is_disjoint(&done));
        if is_answered || open.writer(id).is_none_or(|made| made.person != person) {
            // Another's work stands between, or another person wrote: this is the next one's.
            break;
        }
        before.extend(news);
        envelopes.push(*id);
        done.extend(changes(id));
    }
    let all: BTreeSet<ChangeHash> = before.union(&done).copied().collect();
    let (before, after): (Document, Document) = (open.apart(&before)?, open.apart(&all)?);
    let edits = open.document.again(&before, &after);
    Ok(Some(Lost { envelopes, person, edits }))
}
