//! Versions that were named, going back to an earlier one, and who wrote which words.

use std::collections::BTreeMap;

use crdt_schema::audience::Circle;
use crdt_schema::document::{Edit, FieldChange};
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;

use super::Reader;
use crate::effects::Refused;
use crate::view::{VersionNameView, WrittenRun, WrittenText};

impl Reader<'_> {
    /// Returns what versions of a document are called, in the order in which that came here. A version that does not count
    /// any more has no name.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn version_names(&mut self, id: &DocumentId) -> Result<Vec<VersionNameView>, Refused> {
        let workspace = self.0.readable(id)?;
        let own = self.card().organization;
        let open = self.opened(id)?;
        let mut names: Vec<VersionNameView> = open
            .ledger
            .version_names()
            .into_iter()
            .filter_map(|id| {
                let (made, named) = open.version_names.get(&id)?;
                let version = named.heads();
                open.document.knows(&version).then(|| VersionNameView {
                    id,
                    name: named.name.to_string(),
                    version,
                    organization: made.organization,
                    organization_name: String::new(),
                    person: made.person.clone(),
                    time: made.time,
                    may_take_back: made.organization == own,
                })
            })
            .collect();
        for name in &mut names {
            name.organization_name = self.name_of(&workspace, &name.organization);
        }
        Ok(names)
    }

    /// Returns the documents of all workspaces that everybody may read.
    #[must_use]
    pub fn public_documents(&self) -> Vec<DocumentId> {
        let workspaces = self.workspaces();
        let readable = workspaces.iter().flat_map(|workspace| self.readable(&workspace.id));
        let is_public = |id: &DocumentId| {
            self.0.documents.held(id).is_some_and(|held| held.audience().read == Circle::Public)
        };
        readable.filter(is_public).collect()
    }

    /// Returns the published version of a document: the newest that has a name, of a document that everybody may read.
    /// A version is newer than all that it builds on; which was named last decides among others.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn published(&mut self, id: &DocumentId) -> Result<Option<VersionNameView>, Refused> {
        let view = self.document(id).ok_or(Refused::NoSuchDocument)?;
        if view.audience.read != Circle::Public {
            return Ok(None);
        }
        let names = self.version_names(id)?;
        let document = self.open(id)?;
        let newest = names
            .into_iter()
            .max_by_key(|name| (document.changes_in(&name.version), name.time, name.id));
        Ok(newest)
    }

    /// Returns the edits that, made on a version (`None`: as it is now), lead back to what an earlier one said, and what
    /// they change.
    ///
    /// # Errors
    /// If there is no such document or version, or the store cannot be read.
    pub fn back_to(
        &mut self,
        id: &DocumentId,
        earlier: &Heads,
        from: Option<&Heads>,
    ) -> Result<(Vec<Edit>, Vec<FieldChange>), Refused> {
        let document = self.open(id)?;
        let now = document.heads();
        let from = from.unwrap_or(&now);
        let edits = document.back_to(earlier, from).map_err(|_| Refused::NoSuchVersion)?;
        let changes = if edits.is_empty() {
            Vec::new()
        } else {
            document.compare(from, earlier).map_err(|_| Refused::NoSuchVersion)?
        };
        Ok((edits, changes))
    }

    /// Returns the texts of a version, in runs of letters with who wrote each. Neighbours by one person are one run.
    ///
    /// # Errors
    /// If there is no such document or version, or the store cannot be read.
    pub fn written(
        &mut self,
        id: &DocumentId,
        version: Option<&Heads>,
    ) -> Result<Vec<WrittenText>, Refused> {
        let workspace = self.0.readable(id)?;
        let open = self.opened(id)?;
        let now = open.document.heads();
        let version = version.unwrap_or(&now);
        let mut texts = Vec::new();
        for field in open.document.texts(version).map_err(|_| Refused::NoSuchVersion)? {
            let runs = open.document.runs(&field.path, version).unwrap_or_default();
            let mut written: Vec<WrittenRun> = Vec::new();
            for run in runs {
                let Some(made) = open.maker(&run.change) else { continue };
                match written.last_mut() {
                    Some(last)
                        if last.organization == made.organization && last.person == made.person =>
                    {
                        last.text.push_str(&run.text);
                        last.last = last.last.max(made.time);
                    }
                    Some(_) | None => written.push(WrittenRun {
                        text: run.text,
                        organization: made.organization,
                        organization_name: String::new(),
                        person: made.person.clone(),
                        last: made.time,
                    }),
                }
            }
            texts.push(WrittenText { path: field.path, label: field.label, runs: written });
        }
        let mut names = BTreeMap::new();
        for run in texts.iter_mut().flat_map(|text| &mut text.runs) {
            let name = names
                .entry(run.organization)
                .or_insert_with(|| self.name_of(&workspace, &run.organization));
            run.organization_name.clone_from(name);
        }
        Ok(texts)
    }
}
