//! Names of versions: given, and taken back.

use crdt_schema::envelope::Content;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, Name};
use crdt_schema::key::Person;
use crdt_schema::sign_off::Withdrawal;
use crdt_schema::version_name::VersionName;

use super::Engine;
use crate::effects::{Done, Effects, Refused};

impl Engine {
    pub(super) fn name_version(
        &mut self,
        document: DocumentId,
        version: &Heads,
        (name, person): (Name, Person),
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_writer(&workspace, Some(&document))?;
        self.gather(&workspace, effects)?;
        let open = self.opened(&workspace, &document)?;
        if version.as_slice().is_empty() || !open.document.knows(version) {
            return Err(Refused::NoSuchVersion);
        }
        let mut named = open.ledger.version_names().into_iter();
        let is_so = |id: EnvelopeId| {
            let (_, before) = open.version_names.get(&id)?;
            (before.name == name && before.heads() == *version).then_some(())
        };
        if named.any(|id| is_so(id).is_some()) {
            return Err(Refused::NotAllowed("This version has that name already.".to_owned()));
        }
        let content = Content::VersionName(VersionName::new(version, name));
        self.publish_statement(workspace, document, (person, content), effects)
    }

    pub(super) fn unname_version(
        &mut self,
        document: DocumentId,
        name: EnvelopeId,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        if !open.ledger.version_names().contains(&name) {
            return Err(Refused::NoSuchName);
        }
        let author = open.version_names.get(&name).map(|(made, _)| made.organization);
        if author != Some(own) {
            let why = "Only the organisation that gave a name can take it back.";
            return Err(Refused::NotAllowed(why.to_owned()));
        }
        self.require_writer(&workspace, None)?;
        self.gather(&workspace, effects)?;
        let content = Content::Withdrawal(Withdrawal { of: name, reason: String::new() });
        self.publish_statement(workspace, document, (person, content), effects)
    }
}
