//! Copies of documents: where they come from, what changed there since, and who else has one.

use std::collections::BTreeSet;

use automerge::ChangeHash;
use crdt_schema::copied::Source;
use crdt_schema::document::FieldChange;
use crdt_schema::identity::{DocumentId, OrganizationId};

use super::Reader;
use crate::effects::Refused;
use crate::engine::{refuse_copy, with};
use crate::view::{AuthorView, CopyView, UpstreamView};

impl Reader<'_> {
    /// Returns the newest version of a document, to be copied.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn source(&mut self, id: &DocumentId) -> Result<Source, Refused> {
        self.0.source(id)
    }

    /// Returns what is new in another document that shares this one's beginning, and what taking it in would mean: what
    /// somebody gave in a file, or the document that this one is a copy of, if it is here. Nothing if neither is.
    ///
    /// # Errors
    /// If there is no such document, they have no common beginning, or the store cannot be read.
    pub fn upstream(
        &mut self,
        id: &DocumentId,
        given: Option<&Source>,
    ) -> Result<Option<UpstreamView>, Refused> {
        let open = self.opened(id)?;
        let origin = open.ledger.genesis().origin.as_ref().map(|origin| origin.document);
        let ours = open.document.clone();
        let held = match (given, origin) {
            (Some(_), _) | (None, None) => None,
            (None, Some(origin)) => match self.0.source(&origin) {
                Ok(source) => Some(source),
                // Whether it is not here or may not be read is nobody's to know.
                Err(Refused::NoSuchDocument) => None,
                Err(error) => return Err(error),
            },
        };
        let Some(source) = given.or(held.as_ref()) else { return Ok(None) };
        let shared = ours.shared_with(&source.document).map_err(|error| refuse_copy(&error))?;
        let incoming = ours.incoming(&source.document).map_err(|error| refuse_copy(&error))?;
        let has: BTreeSet<ChangeHash> = ours.hashes().into_iter().collect();
        // Fails where the other side contradicts what was taken in before.
        with(&ours, source, &has)?;
        let name = |organization: &OrganizationId| {
            let named = source.names.iter().find(|named| named.organization == *organization);
            named.map_or_else(|| organization.to_string(), |named| named.name.to_string())
        };
        let made = source
            .missing(|change| !has.contains(change))
            .map(|original| AuthorView {
                organization: original.header.organization,
                organization_name: name(&original.header.organization),
                person: original.header.person.clone(),
                time: original.header.time,
            })
            .collect();
        Ok(Some(UpstreamView {
            origin: source.origin.clone(),
            heads: source.document.heads(),
            shared,
            made,
            incoming,
        }))
    }

    /// Returns the copies of a document that this node has and may show, with how each differs from it.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn copies(&mut self, id: &DocumentId) -> Result<Vec<CopyView>, Refused> {
        let original = self.open(id)?.clone();
        let mut found = Vec::new();
        for copy in self.0.documents.copies_of(id) {
            let Some(view) = self.document(&copy) else { continue };
            let document = self.open(&copy)?;
            let differs: Vec<FieldChange> = original.compare_with(document);
            let of = self.0.workspaces.state(&view.workspace);
            let workspace_name = of.map(|state| state.name.to_string()).unwrap_or_default();
            found.push(CopyView { view, workspace_name, differs });
        }
        Ok(found)
    }
}
