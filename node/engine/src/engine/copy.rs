//! Copies: a document that begins with the history of another, and what either takes in from the other later.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ChangeHash;
use crdt_schema::audience::Audience;
use crdt_schema::copied::{self, Copied, Named, Origin, Original, Source};
use crdt_schema::document::{Choice, Document, Edit, FieldPath};
use crdt_schema::envelope::{self, Content, Envelope};
use crdt_schema::gate;
use crdt_schema::identity::{DocumentId, NodeId, SessionId, WorkspaceId};
use crdt_schema::key::Person;
use serde_json::{Value, json};

use super::Engine;
use super::command::{refuse_edit, sentence};
use crate::effects::{Done, Effects, Refused};
use crate::input::{Conditions, Copying, Upstream};

/// The status of a copy that nobody has agreed to yet.
const DRAFT: &str = "draft";

impl Engine {
    pub(super) fn copy(
        &mut self,
        copying: Copying,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        match copying {
            Copying::Fork { from, workspace, audience, provenance } => {
                self.fork(from, (workspace, audience), provenance, person, effects)
            }
            Copying::Pull { document, from, choices } => {
                self.pull(document, from, &choices, person, effects)
            }
        }
    }

    fn fork(
        &mut self,
        from: Upstream,
        (workspace, audience): (WorkspaceId, Audience),
        provenance: Value,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let source = self.source_of(from)?;
        self.require_writer(&workspace, None)?;
        let mut genesis = self.genesis(workspace, source.kind, audience);
        if !genesis.audience.may_write(&genesis.owner) {
            return Err(Refused::Invalid {
                pointer: "/audience".to_owned(),
                message: "Your own organisation must be among those who read and write".to_owned(),
            });
        }
        self.gather(&workspace, effects)?;
        genesis.origin = Some(source.origin.clone());
        let document = genesis.id();
        let mut genesis = Some(genesis);
        for piece in Self::pieces(&source, |_| true)? {
            let content = Content::Copied(piece);
            let first = genesis.take();
            let envelope = self.seal(workspace, document, first, person.clone(), content)?;
            self.take_own(&envelope, effects)?;
        }
        let has_provenance =
            source.document.shown().get("provenance").is_some_and(Value::is_object);
        let (path, value) = if has_provenance {
            ("/provenance/forked_from", provenance)
        } else {
            ("/provenance", json!({ "forked_from": provenance }))
        };
        let set = |path: &str, value: Value| {
            let path = path.parse().map_err(|_| Refused::NoSuchDocument)?;
            Ok::<_, Refused>(Edit::Set { path, value })
        };
        let mut says = vec![set(path, value)?];
        if source.document.shown().get("status").is_some_and(Value::is_string) {
            // What was agreed there is agreed by nobody here.
            says.push(set("/status", DRAFT.into())?);
        }
        self.edit_document(document, (None, &Conditions::default()), &says, person, effects)
    }

    fn pull(
        &mut self,
        document: DocumentId,
        from: Upstream,
        choices: &BTreeMap<FieldPath, Choice>,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_writer(&workspace, Some(&document))?;
        let source = self.source_of(from)?;
        self.gather(&workspace, effects)?;
        let now = self.now;
        let ours = self.opened(&workspace, &document)?.document.clone();
        let incoming = ours.incoming(&source.document).map_err(|error| refuse_copy(&error))?;
        let has: BTreeSet<ChangeHash> = ours.hashes().into_iter().collect();
        let mut merged = with(&ours, &source, &has)?;
        let edits = merged.settle(&ours, &incoming, choices).map_err(Refused::ToChoose)?;
        // What cannot be done is found before anything is said.
        let nobody = envelope::actor(&NodeId([0; 32]), &SessionId([0; 16]));
        let base = merged.heads();
        merged.edit(&nobody, &base, &edits, now).map_err(|error| refuse_edit(&error))?;
        for piece in Self::pieces(&source, |change| !has.contains(change))? {
            let content = Content::Copied(piece);
            let envelope = self.seal(workspace, document, None, person.clone(), content)?;
            self.take_own(&envelope, effects)?;
        }
        self.edit_document(document, (None, &Conditions::default()), &edits, person, effects)
    }

    fn pieces(
        source: &Source,
        lacks: impl Fn(&ChangeHash) -> bool,
    ) -> Result<Vec<Copied>, Refused> {
        let pieces = source
            .pieces(lacks)
            .map_err(|error| Refused::TooLarge(sentence(&error.to_string())))?;
        if !pieces.iter().all(Copied::is_true) {
            return Err(Refused::Impossible(
                "Somebody changed what its authors had signed. Nothing of it was taken.".to_owned(),
            ));
        }
        Ok(pieces)
    }

    fn source_of(&mut self, from: Upstream) -> Result<Source, Refused> {
        match from {
            Upstream::Given(source) => Ok(*source),
            Upstream::Held { document, version } => {
                let source = self.source(&document)?;
                match version {
                    None => Ok(source),
                    Some(version) => source.at(&version).ok_or(Refused::NoSuchVersion),
                }
            }
        }
    }

    /// Returns the newest version of a document that this organisation may read, to be copied.
    pub(crate) fn source(&mut self, id: &DocumentId) -> Result<Source, Refused> {
        let workspace = self.readable(id)?;
        let state = self.state(&workspace)?;
        let workspace_name = state.name.clone();
        let mut names: Vec<Named> = state
            .members
            .iter()
            .map(|(organization, member)| Named {
                organization: *organization,
                name: member.name().clone(),
            })
            .collect();
        let open = self.opened(&workspace, id)?;
        let genesis = open.ledger.genesis().clone();
        let document = open.document.clone();
        let counting: Vec<_> = open
            .ledger
            .placed()
            .iter()
            .filter(|placed| !placed.changes().is_empty() && open.ledger.counts(&placed.id))
            .map(|placed| placed.id)
            .collect();
        let mut originals = Vec::with_capacity(counting.len());
        for id in counting {
            let bytes = self.shelf.envelope(&id).map_err(|error| Self::storage(&error))?;
            let Some(envelope) = bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok()) else {
                return Err(Refused::Impossible(
                    "Part of this document is damaged here. Wait until another organisation has sent it again."
                        .to_owned(),
                ));
            };
            if let Content::Copied(copied) = &envelope.content {
                names.extend(copied.names.iter().cloned());
            }
            originals.extend(Original::of(envelope));
        }
        let owner = names.iter().find(|named| named.organization == genesis.owner);
        let owner_name = owner.map_or_else(|| workspace_name.clone(), |named| named.name.clone());
        let origin = Origin {
            workspace,
            workspace_name,
            document: *id,
            owner: genesis.owner,
            owner_name,
            version: copied::ids(&document.heads()),
        };
        Ok(Source { origin, kind: genesis.kind, document, names, originals })
    }
}

/// Returns a document with the changes of another beside its own.
pub(crate) fn with(
    ours: &Document,
    source: &Source,
    has: &BTreeSet<ChangeHash>,
) -> Result<Document, Refused> {
    let mut merged = ours.clone();
    let theirs = source.document.journal();
    let changes = theirs.iter().filter_map(|change| gate::inspect(change).ok());
    let lacking = changes.filter(|change| !has.contains(&change.hash())).collect();
    merged.apply(lacking).map_err(|_| {
        Refused::Impossible(
            "This says something else than what was taken in before, in the same place: whoever wrote it told two stories. Ask them which is true."
                .to_owned(),
        )
    })?;
    Ok(merged)
}

pub(crate) fn refuse_copy(error: &crdt_schema::document::Unrelated) -> Refused {
    Refused::Impossible(sentence(&error.to_string()))
}
