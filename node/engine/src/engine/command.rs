//! What people and programs at this node ask for.

use crdt_schema::audience::Audience;
use crdt_schema::document::EditError;
use crdt_schema::envelope::{Content, Genesis};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EntryId, InviteId, Kind, Name, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::invite::{Contact, Invite, Terms};
use crdt_schema::key::Person;
use crdt_schema::limits;
use crdt_schema::membership::{Act, Entry, RefuseEntry, Rules, State};

use super::{Engine, send};
use crate::effects::{Done, Effects, Event, Record, Refused, Signal};
use crate::input::{Command, CommandId, Conditions, Place};
use crate::message::{Message, PlaceOnWire};
use crate::view::JoinState;

/// The longest an invite may last: a year.
const LONGEST_INVITE: u64 = 366 * 24 * 60 * 60 * 1_000;
/// Other members' nodes named in an invite, so that it works when the inviter is away.
const CONTACTS: usize = 8;

impl Engine {
    /// Does what is asked; `None` if the answer comes later.
    pub(super) fn on_command(
        &mut self,
        id: CommandId,
        command: Command,
        effects: &mut Effects,
    ) -> Option<Result<Done, Refused>> {
        let done = match command {
            Command::FindInvite { phrase } => {
                return self.find_invite(id, &phrase, effects).err().map(Err);
            }
            Command::CreateWorkspace { name, rules } => self.create_workspace(name, rules, effects),
            Command::CreateInvite { workspace, role, uses, lasts, approval, only_for } => {
                let lasts =
                    u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX).min(LONGEST_INVITE);
                let created = self.now;
                let expires = Timestamp(created.0.saturating_add(lasts));
                let terms = Terms { role, uses, created, expires, approval, only_for };
                self.create_invite(workspace, terms, effects)
            }
            Command::RevokeInvite { workspace, invite } => {
                self.revoke_invite(workspace, invite, effects)
            }
            Command::Join { invite } => self.join(&invite, effects),
            Command::ForgetJoin { workspace } => Ok(self.forget_join(workspace, effects)),
            Command::Approve { workspace, organization } => {
                self.approve(workspace, organization, effects)
            }
            Command::Decline { workspace, organization } => {
                self.decline(workspace, organization, effects)
            }
            Command::Propose { workspace, change } => self.propose(workspace, change, effects),
            Command::Agree { workspace, proposal } => self.agree(workspace, proposal, effects),
            Command::Object { workspace, proposal } => self.object(workspace, proposal, effects),
            Command::Suspend { workspace, organization, reason } => {
                self.suspend(workspace, organization, reason, effects)
            }
            Command::Leave { workspace } => self.leave(workspace, effects),
            Command::RevokeNode { node, word } => self.revoke_node(node, word.as_ref(), effects),
            Command::CreateCode { lasts } => self.create_code(lasts, effects),
            Command::RevokeCode { code } => self.revoke_code(&code, effects),
            Command::Describe { profile } => self.describe(&profile, effects),
            Command::SetAudience { document, audience, person } => {
                self.set_audience(document, audience, person, effects)
            }
            Command::CreateDocument { workspace, kind, audience, content, person } => {
                let genesis = self.genesis(workspace, kind, audience);
                self.create_document(genesis, &content, person, effects)
            }
            Command::Copy { copying, person } => self.copy(*copying, person, effects),
            Command::EditDocument { document, base, edits, conditions, person } => {
                self.edit_document(document, (base.as_ref(), &conditions), &edits, person, effects)
            }
            Command::Suggest { document, base, edits, note, person } => {
                self.suggest(document, base, &edits, (note, person), effects)
            }
            Command::AnswerSuggestion { document, suggestion, verdict, note, person } => {
                self.answer(document, suggestion, verdict, (note, person), effects)
            }
            Command::State { document, statement, person } => {
                self.state_about(document, statement, person, effects)
            }
            Command::ShowPresence { document, person, at } => {
                self.show_presence(document, person, at, effects);
                Ok(Done::Nothing)
            }
            Command::Keep { key, value } => {
                self.keep_setting(key, value, effects);
                Ok(Done::Nothing)
            }
            Command::CallNow { organization } => self.call_now(organization),
            Command::Return { contacts } => {
                self.start_return(contacts, effects);
                Ok(Done::Nothing)
            }
        };
        Some(done)
    }

    fn forget_join(&mut self, workspace: WorkspaceId, effects: &mut Effects) -> Done {
        effects.persist.push(self.joins.forget(&workspace));
        effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        Done::Nothing
    }

    /// Looks for those who may tell of the workspaces that this organisation is in.
    fn start_return(&mut self, contacts: Vec<Contact>, effects: &mut Effects) {
        for contact in &contacts {
            self.peers.hint(contact.node, contact.addresses.clone());
        }
        effects.persist.push(self.joins.start_return(contacts));
    }

    /// Begins a document of this organisation.
    pub(super) fn genesis(
        &mut self,
        workspace: WorkspaceId,
        kind: Kind,
        audience: Audience,
    ) -> Genesis {
        Genesis {
            workspace,
            kind,
            audience,
            owner: self.own(),
            created: self.now,
            nonce: self.chance.bytes(),
            node: self.identity.key.id(),
            session: self.session,
            origin: None,
        }
    }

    fn keep_setting(&mut self, key: String, value: Option<Vec<u8>>, effects: &mut Effects) {
        match &value {
            Some(value) => drop(self.locals.insert(key.clone(), value.clone())),
            None => drop(self.locals.remove(&key)),
        }
        effects.persist.push(Record::Local { key, value });
    }

    fn create_workspace(
        &mut self,
        name: Name,
        rules: Rules,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        if !rules.is_valid() {
            return Err(Refused::Invalid {
                pointer: "/rules".to_owned(),
                message: "Choose rules that somebody can meet".to_owned(),
            });
        }
        let act = Act::Found {
            name,
            nonce: self.chance.bytes(),
            card: self.identity.card.clone(),
            certificate: self.identity.certificate.clone(),
            rules,
        };
        let entry = Entry::new(&self.identity.key, None, Vec::new(), self.now, act);
        let (workspace, record) =
            self.workspaces.found(entry).map_err(|error| Refused::NotAllowed(error.to_string()))?;
        effects.persist.push(record);
        effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        self.include_kin(workspace, effects);
        Ok(Done::Workspace(workspace))
    }

    /// Returns the workspace's state if this organisation is in.
    pub(super) fn state(&self, workspace: &WorkspaceId) -> Result<&State, Refused> {
        let state = self.workspaces.state(workspace).ok_or(Refused::NoSuchWorkspace)?;
        if state.is_member(&self.own()) { Ok(state) } else { Err(Refused::NoSuchWorkspace) }
    }

    pub(super) fn require_steward(
        &self,
        workspace: &WorkspaceId,
        what: &str,
    ) -> Result<&State, Refused> {
        let state = self.state(workspace)?;
        if state.is_steward(&self.own()) {
            return Ok(state);
        }
        let stewards: Vec<&str> = state
            .members
            .iter()
            .filter(|(organization, _)| state.is_steward(organization))
            .map(|(_, member)| member.name().as_str())
            .collect();
        Err(Refused::NotAllowed(format!(
            "Only stewards can {what}. Ask {}.",
            stewards.join(" or ")
        )))
    }

    fn create_invite(
        &mut self,
        workspace: WorkspaceId,
        terms: Terms,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let invalid = |pointer: &str, message: &str| Refused::Invalid {
            pointer: pointer.to_owned(),
            message: message.to_owned(),
        };
        if terms.uses == 0 || terms.uses > 1_000 {
            return Err(invalid(
                "/uses",
                "Enter how many organisations may use the invite: 1 to 1000",
            ));
        }
        if terms.expires <= terms.created {
            return Err(invalid(
                "/expires_in",
                "Enter for how long the invite is good, for example 14 days",
            ));
        }
        let state = self.require_steward(&workspace, "invite")?;
        let name = state.name.clone();
        let own = self.identity.key.id();
        let others =
            state.nodes.keys().filter(|node| **node != own && state.member_of(node).is_some());
        let mut contacts: Vec<Contact> = Vec::new();
        for node in std::iter::once(&own).chain(others) {
            let known =
                self.peers.record(node).filter(|record| !record.contact.addresses.is_empty());
            if let Some(record) = known
                && contacts.len() < CONTACTS
            {
                contacts.push(record.contact.clone());
            }
        }
        let secret = self.chance.bytes();
        let invite = Invite::new(
            &self.identity.key,
            &self.identity.card,
            (workspace, name),
            terms,
            secret,
            contacts,
        );
        let done =
            Done::Invite { id: invite.offer.id, text: invite.to_text(), expires: terms.expires };
        effects.persist.push(self.workspaces.keep_invite(invite));
        effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        Ok(done)
    }

    fn revoke_invite(
        &mut self,
        workspace: WorkspaceId,
        invite: InviteId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        self.require_steward(&workspace, "withdraw an invite")?;
        if !self.workspaces.invites(workspace).any(|known| known.offer.id == invite) {
            return Err(Refused::NoSuchInvite);
        }
        self.act(&workspace, Act::RevokeInvite(invite), effects).map(|_| Done::Nothing)
    }

    fn approve(
        &mut self,
        workspace: WorkspaceId,
        organization: OrganizationId,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let state = self.require_steward(&workspace, "let an organisation in")?;
        if !state.members.contains_key(&organization) {
            return Err(Refused::NoSuchOrganization);
        }
        if state.is_member(&organization) {
            return Ok(Done::Nothing);
        }
        self.act(&workspace, Act::Approve(organization), effects).map(|_| Done::Nothing)
    }

    /// Writes this node's own membership entry; returns its id.
    pub(super) fn act(
        &mut self,
        workspace: &WorkspaceId,
        act: Act,
        effects: &mut Effects,
    ) -> Result<EntryId, Refused> {
        let heads = self
            .workspaces
            .parents(workspace, &self.identity.key.id())
            .ok_or(Refused::NoSuchWorkspace)?;
        let entry = Entry::new(&self.identity.key, Some(*workspace), heads, self.now, act);
        if entry.to_bytes().len() > limits::ENTRY_BYTES {
            return Err(Refused::TooLarge(
                "this is too long to be written into the membership log".to_owned(),
            ));
        }
        let id = entry.id();
        let added = self.workspaces.add(workspace, entry, self.now).map_err(|error| {
            let why = match error {
                RefuseEntry::NoRight(why) => why.to_string(),
                other => other.to_string(),
            };
            Refused::NotAllowed(sentence(&why))
        })?;
        if let Some(records) = added {
            self.membership_changed(workspace, records, None, effects);
        }
        Ok(id)
    }

    fn join(&mut self, text: &str, effects: &mut Effects) -> Result<Done, Refused> {
        let invite = Invite::from_text(text)
            .map_err(|error| Refused::Invite(sentence(&error.to_string())))?;
        let workspace = invite.offer.workspace;
        let inviter = &invite.inviter_name;
        if self.workspaces.state(&workspace).is_some_and(|state| state.is_member(&self.own())) {
            return Ok(Done::Joining { workspace, joined: true });
        }
        if self.now > invite.offer.expires {
            return Err(Refused::Invite(format!(
                "This invite has ended. Ask {inviter} for a new one."
            )));
        }
        if invite.contacts.is_empty() {
            return Err(Refused::Invite(format!(
                "This invite names no computer to join through: it was made before {inviter} was ever online. Ask them to start Fingerpost and make a new one."
            )));
        }
        for contact in &invite.contacts {
            self.peers.hint(contact.node, contact.addresses.clone());
        }
        effects.persist.push(self.joins.start(invite.clone(), self.now));
        effects.notify.push(Signal::Changed(Event::Membership { workspace }));
        for node in invite.contacts.iter().map(|contact| contact.node) {
            if self.peers.is_up(&node) {
                self.show_invite(node, &invite, effects);
            }
        }
        Ok(Done::Joining { workspace, joined: false })
    }

    pub(super) fn show_invite(
        &self,
        node: crdt_schema::identity::NodeId,
        invite: &Invite,
        effects: &mut Effects,
    ) {
        let redemption =
            invite.redeem(self.identity.card.clone(), self.identity.certificate.clone());
        send(effects, node, &Message::Redeem(redemption));
    }

    /// Is the join through, refused, or still under way?
    pub(crate) fn join_state(&self, workspace: &WorkspaceId) -> Option<&JoinState> {
        self.joins.get(workspace).map(|join| &join.state)
    }

    pub(super) fn require_writer(
        &self,
        workspace: &WorkspaceId,
        document: Option<&DocumentId>,
    ) -> Result<(), Refused> {
        let state = self.state(workspace)?;
        let own = self.own();
        let held = document.and_then(|document| self.documents.held(document));
        let role = state.members.get(&own).map(|member| member.role);
        let may_suggest = held.zip(role).is_some_and(|(held, role)| held.may_suggest(&own, role));
        if let Some(role) = role.filter(|role| !role.may_write()) {
            let ask = if may_suggest {
                "Suggest the change instead."
            } else {
                "Ask a steward for another role."
            };
            return Err(Refused::NotAllowed(format!(
                "Only editors and stewards can change documents; your organisation is a {role} here. {ask}"
            )));
        }
        if held.is_some_and(|held| !held.may_write(&own)) {
            let ask = if may_suggest {
                "Suggest the change instead."
            } else {
                "Ask the organisation that made it."
            };
            return Err(Refused::NotAllowed(format!(
                "Your organisation can read this document but not change it. {ask}"
            )));
        }
        Ok(())
    }

    /// Joins the ends of a membership log that has more of them than an envelope may cite.
    pub(super) fn gather(
        &mut self,
        workspace: &WorkspaceId,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        for _ in 0..limits::PARENTS {
            let count = self.workspaces.log(workspace).map_or(0, |log| log.heads().len());
            if count <= limits::PARENTS {
                break;
            }
            // It says nothing new; its parents are what it is for.
            self.act(workspace, Act::Certify(self.identity.certificate.clone()), effects)?;
        }
        Ok(())
    }

    fn create_document(
        &mut self,
        genesis: Genesis,
        content: &serde_json::Value,
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = genesis.workspace;
        self.require_writer(&workspace, None)?;
        if !genesis.audience.may_write(&genesis.owner) {
            return Err(Refused::Invalid {
                pointer: "/audience".to_owned(),
                message: "Your own organisation must be among those who read and write".to_owned(),
            });
        }
        self.gather(&workspace, effects)?;
        let node = self.identity.key.id();
        let change = crate::documents::Documents::create(&genesis, &node, &self.session, content)
            .map_err(|error| refuse_edit(&error))?;
        let document = genesis.id();
        let content = Content::Changes(vec![change.into()]);
        let envelope = self.seal(workspace, document, Some(genesis), person, content)?;
        self.take_own(&envelope, effects)?;
        let heads = self.heads(&document);
        Ok(Done::Document { id: document, made: heads.clone(), heads })
    }

    pub(super) fn edit_document(
        &mut self,
        document: DocumentId,
        (base, conditions): (Option<&Heads>, &Conditions),
        edits: &[crdt_schema::document::Edit],
        person: Person,
        effects: &mut Effects,
    ) -> Result<Done, Refused> {
        let workspace = self.readable(&document)?;
        self.require_writer(&workspace, Some(&document))?;
        self.gather(&workspace, effects)?;
        let changes = self.write(&workspace, &document, base, edits, conditions)?;
        let mut made = None;
        if !changes.is_empty() {
            let content = Content::Changes(changes.into_iter().map(Into::into).collect());
            let envelope = self.seal(workspace, document, None, person, content)?;
            self.keep(&envelope, effects)?;
            made = self
                .documents
                .opened(&document)
                .and_then(|open| open.made.last())
                .map(|made| made.after.clone());
        }
        let heads = self.heads(&document);
        Ok(Done::Document {
            id: document,
            made: made.or_else(|| base.cloned()).unwrap_or_else(|| heads.clone()),
            heads,
        })
    }

    /// Makes edits in the open document, for an envelope that the caller seals.
    pub(super) fn write(
        &mut self,
        workspace: &WorkspaceId,
        document: &DocumentId,
        base: Option<&Heads>,
        edits: &[crdt_schema::document::Edit],
        conditions: &Conditions,
    ) -> Result<Vec<Vec<u8>>, Refused> {
        let (node, now) = (self.identity.key.id(), self.now);
        let Self { documents, workspaces, shelf, session, chance, .. } = self;
        let log = workspaces.log_mut(workspace).ok_or(Refused::NoSuchWorkspace)?;
        let open =
            documents.open(document, &**shelf, &*log).map_err(|error| Self::storage(&error))?;
        let open = open.ok_or(Refused::NoSuchDocument)?;
        if open.has_gap(&node, session) {
            // The changes of a session are numbered without a gap, and some of this one's are no longer in the document.
            *session = SessionId(chance.bytes());
        }
        let session = *session;
        if base.is_some_and(|base| !open.document.knows(base)) {
            return Err(Refused::NoSuchVersion);
        }
        if conditions.only_at.as_ref().is_some_and(|only| *only != open.document.heads()) {
            return Err(Refused::ChangedMeanwhile);
        }
        let author = (&node, &session);
        crate::documents::Documents::edit(open, author, base, edits, conditions.must_fit, now)
            .map_err(|error| refuse_edit(&error))
    }

    fn show_presence(
        &mut self,
        document: DocumentId,
        person: Person,
        at: Option<Place>,
        effects: &mut Effects,
    ) {
        let Some(held) = self.documents.held(&document) else { return };
        let workspace = held.genesis.workspace;
        let on_wire = at.as_ref().map(|place| PlaceOnWire {
            path: place.path.to_string(),
            caret: u32::try_from(place.caret).unwrap_or(u32::MAX),
            heads: place.heads.to_string(),
        });
        for node in self.sync.open_with(&workspace) {
            let reader = self.workspaces.member_of(&workspace, &node);
            if reader.is_some_and(|reader| self.documents.may_read(&document, &reader)) {
                send(
                    effects,
                    node,
                    &Message::Presence { document, person: person.clone(), at: on_wire.clone() },
                );
            }
        }
        if self.presence.show(document, self.own(), person, at, self.steady) {
            effects.notify.push(Signal::Changed(Event::Presence { document }));
        }
    }
}

pub(super) fn refuse_edit(error: &EditError) -> Refused {
    match error {
        EditError::NotOfKind(problems) => Refused::NotOfKind(problems.clone()),
        EditError::TooLarge { .. } => Refused::TooLarge(sentence(&error.to_string())),
        EditError::NotFound { path }
        | EditError::WrongType { path, .. }
        | EditError::BadSplice { path }
        | EditError::TestFailed { path }
        | EditError::IntoItself { path } => {
            Refused::Invalid { pointer: path.to_string(), message: sentence(&error.to_string()) }
        }
        _ => Refused::Invalid { pointer: String::new(), message: sentence(&error.to_string()) },
    }
}

/// Makes a sentence of an error's words.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
