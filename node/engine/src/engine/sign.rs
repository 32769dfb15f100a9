//! Statements about a document that change nothing in it; among them signing: an organisation puts its name to the words
//! of one version, and takes it back.

use crdt_schema::envelope::{Content, Envelope};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, Name, Role, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::limits;
use crdt_schema::sign_off::{SignOff, Withdrawal};

use super::Engine;
use crate::effects::{Done, Effects, Refused};
use crate::input::Statement;

impl Engine {
    pub(super) fn state_about(
        &mut self,
        document: DocumentId,
        statement: Statement,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        match statement {
            Statement::Sign { version, signatory, title } => {
                self.sign(document, &version, (signatory, title), person, effects)
            }
            Statement::Withdraw { sign_off, reason } => {
                self.withdraw_signature(document, sign_off, (reason, person), effects)
            }
            Statement::Name { version, name } => {
                self.name_version(document, &version, (name, person), effects)
            }
            Statement::Unname { name } => self.unname_version(document, name, person, effects),
            Statement::Comment { place, version, stance, text } => {
                self.comment(document, (&place, version), (stance, text), person, effects)
            }
            Statement::Reply { comment, stance, text } => {
                self.reply(document, comment, (stance, text), person, effects)
            }
            Statement::TakeBack { comment } => {
                self.take_back_comment(document, comment, person, effects)
            }
        }
    }

    fn sign(
        &mut self,
        document: DocumentId,
        version: &Heads,
        (signatory, title): (Name, Name),
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_signer(&workspace)?;
        self.gather(&workspace, effects)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        if version.as_slice().is_empty() {
            return Err(Refused::NoSuchVersion);
        }
        let signed = SignOff::new(&open.document, version, (signatory, title));
        let sign_off = signed.ok_or(Refused::NoSuchVersion)?;
        if open.document.heads() == *version && !open.document.conflicts().is_empty() {
            return Err(not_allowed(
                "Two people set the same field at the same time. Choose which is right before you sign.",
            ));
        }
        let stands = open.ledger.sign_offs().into_iter().filter(|it| it.withdrawn.is_none());
        let mut stand = stands.filter_map(|it| open.sign_offs.get(&it.id));
        let is_same = |(made, before): &(crate::documents::Made, SignOff)| {
            made.organization == own
                && (before.text, &before.signatory) == (sign_off.text, &sign_off.signatory)
                && before.version == sign_off.version
        };
        if stand.any(is_same) {
            return Err(not_allowed("This person has signed this version already."));
        }
        self.publish_statement(workspace, document, (person, Content::SignOff(sign_off)), effects)
    }

    /// Seals what is stated, and tells everyone who may read the document.
    pub(super) fn publish_statement(
        &mut self,
        workspace: WorkspaceId,
        document: DocumentId,
        (person, content): (Person, Content),
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let envelope = self.seal(workspace, document, None, person, content)?;
        self.keep(&envelope, effects)?;
        Ok(Done::Statement(Envelope::id_of(&envelope.to_bytes())))
    }

    fn withdraw_signature(
        &mut self,
        document: DocumentId,
        sign_off: EnvelopeId,
        (reason, person): (String, Person),
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_signer(&workspace)?;
        let own = self.own();
        let open = self.opened(&workspace, &document)?;
        let found = open.ledger.sign_offs().into_iter().find(|it| it.id == sign_off);
        let found = found.ok_or(Refused::NoSuchSignature)?;
        let author = open.sign_offs.get(&sign_off).map(|(made, _)| made.organization);
        if author != Some(own) {
            return Err(not_allowed(
                "Only the organisation that signed can take its signature back.",
            ));
        }
        if found.withdrawn.is_some() {
            return Err(not_allowed("This signature has been taken back already."));
        }
        if reason.len() > limits::REASON_BYTES {
            return Err(Refused::Invalid {
                pointer: "/reason".to_owned(),
                message: format!("Say why in at most {} letters", limits::REASON_BYTES),
            });
        }
        self.gather(&workspace, effects)?;
        let content = Content::Withdrawal(Withdrawal { of: sign_off, reason });
        self.publish_statement(workspace, document, (person, content), effects)
    }

    fn require_signer(&self, workspace: &WorkspaceId) -> Result<(), Refused> {
        let state = self.state(workspace)?;
        let role = state.members.get(&self.own()).map_or(Role::Reader, |member| member.role);
        if role.may_suggest() {
            return Ok(());
        }
        Err(Refused::NotAllowed(format!(
            "Your organisation is a {role} here: it can read documents, but not sign them. Ask a steward for another role."
        )))
    }
}

fn not_allowed(why: &str) -> Refused {
    Refused::NotAllowed(why.to_owned())
}
