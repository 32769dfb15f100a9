//! What people ask of a node, in one line each.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::comment::Stance;
use crdt_schema::document::{Document, Edit, FieldPath};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EntryId, EnvelopeId, Kind, OrganizationId, Role, WorkspaceId,
};
use crdt_schema::membership::{Change, Rules};
use crdt_schema::suggestion::Verdict;
use engine::view::{JoinState, Standing};
use engine::{Command, Conditions, Done, Refused, Statement};
use serde_json::Value;

use crate::network::Number;
use crate::people::person;
use crate::world::World;

/// What an invite grants, where it matters.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub role: Role,
    pub uses: u32,
    pub lasts: Duration,
    pub approval: bool,
}

impl Default for Grant {
    fn default() -> Self {
        Self {
            role: Role::Editor,
            uses: 1_000,
            lasts: Duration::from_secs(14 * 86_400),
            approval: false,
        }
    }
}

impl World {
    /// Gives a node a command and waits for the answer.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn ask(&mut self, number: Number, command: Command) -> Result<Result<Done, Refused>> {
        let id = self.submit(number, command)?;
        for _ in 0..1_000 {
            if let Some(answer) = self.answer(id) {
                return Ok(answer);
            }
            self.run_for(1)?;
        }
        bail!("node {number} gives no answer")
    }

    /// Gives a node a command that must work.
    ///
    /// # Errors
    /// If it does not.
    pub fn act(&mut self, number: Number, command: Command) -> Result<Done> {
        self.ask(number, command)?.with_context(|| format!("node {number} refuses"))
    }

    /// Founds a workspace.
    ///
    /// # Errors
    /// If that does not work.
    pub fn found(&mut self, number: Number, rules: Rules) -> Result<WorkspaceId> {
        let name = "Northmere".parse().context("a name")?;
        match self.act(number, Command::CreateWorkspace { name, rules })? {
            Done::Workspace(id) => Ok(id),
            other => bail!("{other:?} instead of a workspace"),
        }
    }

    /// Makes an invite.
    ///
    /// # Errors
    /// If that does not work.
    pub fn invite(
        &mut self,
        number: Number,
        workspace: WorkspaceId,
        grant: Grant,
    ) -> Result<String> {
        let Grant { role, uses, lasts, approval } = grant;
        match self.act(
            number,
            Command::CreateInvite { workspace, role, uses, lasts, approval, only_for: None },
        )? {
            Done::Invite { text, .. } => Ok(text),
            other => bail!("{other:?} instead of an invite"),
        }
    }

    /// Shows an invite to whom it names, without waiting.
    ///
    /// # Errors
    /// If the node does not take it.
    pub fn join(&mut self, number: Number, invite: &str) -> Result<()> {
        self.act(number, Command::Join { invite: invite.to_owned() }).map(|_| ())
    }

    /// Returns what a join waits for; `None` if it is through or was never begun.
    ///
    /// # Errors
    /// If the node is not up.
    pub fn join_state(
        &mut self,
        number: Number,
        workspace: WorkspaceId,
    ) -> Result<Option<JoinState>> {
        Ok(self.engine(number)?.reader().join_state(&workspace).cloned())
    }

    #[must_use]
    pub fn is_member(&mut self, number: Number, workspace: WorkspaceId) -> bool {
        self.engine(number).is_ok_and(|engine| engine.reader().workspace(&workspace).is_some())
    }

    /// Lets node 0 found a workspace and so many nodes be in it.
    ///
    /// # Errors
    /// If one of them does not get in.
    pub fn together(&mut self, count: usize) -> Result<WorkspaceId> {
        self.together_by(count, Rules::default())
    }

    /// The same under these rules.
    ///
    /// # Errors
    /// If one of them does not get in.
    pub fn together_by(&mut self, count: usize, rules: Rules) -> Result<WorkspaceId> {
        for _ in 0..count {
            self.add()?;
        }
        let workspace = self.found(0, rules)?;
        let invite = self.invite(0, workspace, Grant::default())?;
        for number in 1..count {
            self.join(number, &invite)?;
        }
        for _ in 0..240 {
            if (0..count).all(|number| self.is_member(number, workspace)) {
                self.run_for(5_000)?;
                return Ok(workspace);
            }
            self.run_for(1_000)?;
        }
        bail!("not everyone got in")
    }

    /// Proposes a change; returns the proposal, and whether it was carried out at once.
    ///
    /// # Errors
    /// If that does not work.
    pub fn propose(
        &mut self,
        number: Number,
        workspace: WorkspaceId,
        change: Change,
    ) -> Result<(EntryId, bool)> {
        match self.act(number, Command::Propose { workspace, change })? {
            Done::Proposal { id, enacted } => Ok((id, enacted)),
            other => bail!("{other:?} instead of a proposal"),
        }
    }

    /// Removes another's organisation, as a steward who may do so alone.
    ///
    /// # Errors
    /// If that does not work.
    pub fn remove(&mut self, by: Number, workspace: WorkspaceId, who: Number) -> Result<()> {
        let organization = self.organization(who)?;
        let change = Change::Remove { organization, reason: "A simulation".to_owned() };
        let (_, enacted) = self.propose(by, workspace, change)?;
        ensure!(enacted, "node {by} cannot remove alone");
        Ok(())
    }

    /// Returns another's standing, as a node sees it.
    ///
    /// # Errors
    /// If the node is not up.
    pub fn standing(
        &mut self,
        at: Number,
        workspace: WorkspaceId,
        who: Number,
    ) -> Result<Option<Standing>> {
        let organization = self.organization(who)?;
        let members = self.engine(at)?.reader().members(&workspace);
        let member = members.iter().find(|member| member.organization == organization);
        Ok(member.map(|member| member.standing))
    }

    /// Does a node show this version of a document, or a newer one?
    ///
    /// # Errors
    /// If the node is not up.
    pub fn shows(&mut self, number: Number, document: DocumentId, version: &Heads) -> Result<bool> {
        Ok(self.engine(number)?.reader().open(&document).is_ok_and(|open| open.knows(version)))
    }

    /// Makes a document.
    ///
    /// # Errors
    /// If that does not work.
    pub fn create(
        &mut self,
        number: Number,
        workspace: WorkspaceId,
        audience: Audience,
        content: Value,
    ) -> Result<DocumentId> {
        let kind = Kind::ReferralPathway;
        let person = person(number)?;
        match self
            .act(number, Command::CreateDocument { workspace, kind, audience, content, person })?
        {
            Done::Document { id, .. } => Ok(id),
            other => bail!("{other:?} instead of a document"),
        }
    }

    /// Changes a document as it is now.
    ///
    /// # Errors
    /// If that does not work.
    pub fn edit(
        &mut self,
        number: Number,
        document: DocumentId,
        edits: Vec<Edit>,
    ) -> Result<Heads> {
        let person = person(number)?;
        match self.act(
            number,
            Command::EditDocument {
                document,
                base: None,
                edits,
                conditions: Conditions::default(),
                person,
            },
        )? {
            Done::Document { heads, .. } => Ok(heads),
            other => bail!("{other:?} instead of a document"),
        }
    }

    /// Suggests another value for a field of a document as it is now.
    ///
    /// # Errors
    /// If that does not work.
    pub fn suggest(
        &mut self,
        number: Number,
        document: DocumentId,
        path: &str,
        value: &str,
    ) -> Result<EnvelopeId> {
        let edits = vec![Edit::Set { path: path.parse()?, value: value.into() }];
        let (note, person) = (value.to_owned(), person(number)?);
        let command = Command::Suggest { document, base: None, edits, note, person };
        match self.act(number, command)? {
            Done::Suggestion(id) => Ok(id),
            other => bail!("{other:?} instead of a suggestion"),
        }
    }

    /// Says something about a whole document.
    ///
    /// # Errors
    /// If that does not work.
    pub fn comment(&mut self, number: Number, document: DocumentId, text: &str) -> Result<()> {
        let (place, stance, text) = (FieldPath::default(), Stance::Remarks, text.to_owned());
        let statement = Statement::Comment { place, version: None, stance, text };
        let person = person(number)?;
        self.act(number, Command::State { document, statement, person }).map(|_| ())
    }

    /// Takes in a suggestion, or declines it.
    ///
    /// # Errors
    /// If that does not work.
    pub fn reply(
        &mut self,
        number: Number,
        document: DocumentId,
        suggestion: EnvelopeId,
        verdict: Verdict,
        note: &str,
    ) -> Result<()> {
        let (note, person) = (note.to_owned(), person(number)?);
        self.act(number, Command::AnswerSuggestion { document, suggestion, verdict, note, person })
            .map(|_| ())
    }

    /// Gives a field a value.
    ///
    /// # Errors
    /// If that does not work.
    pub fn set(
        &mut self,
        number: Number,
        document: DocumentId,
        path: &str,
        value: &str,
    ) -> Result<Heads> {
        self.edit(number, document, vec![Edit::Set { path: path.parse()?, value: value.into() }])
    }

    /// Returns what a node shows of a document, if it may and has it.
    ///
    /// # Errors
    /// If the node is not up.
    pub fn content(&mut self, number: Number, document: DocumentId) -> Result<Option<Value>> {
        Ok(self.engine(number)?.reader().open(&document).ok().map(Document::content))
    }

    /// Returns the organisation of a node.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn organization(&mut self, number: Number) -> Result<OrganizationId> {
        Ok(self.node(number)?.identity.card.organization)
    }

    /// Returns an audience of these nodes' organisations alone.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn only(&mut self, numbers: &[Number]) -> Result<Audience> {
        let named =
            numbers.iter().map(|number| self.organization(*number)).collect::<Result<_>>()?;
        Ok(Audience::new(Circle::Named(named), Circle::Workspace))
    }

    /// Requires that a node shows this text.
    ///
    /// # Errors
    /// If it does not.
    pub fn expect(
        &mut self,
        number: Number,
        document: DocumentId,
        pointer: &str,
        value: &str,
    ) -> Result<()> {
        let content = self
            .content(number, document)?
            .with_context(|| format!("node {number} lacks the document"))?;
        let shown = content.pointer(pointer).and_then(Value::as_str);
        ensure!(shown == Some(value), "node {number} shows {shown:?} instead of {value:?}");
        Ok(())
    }
}

/// The example that organisations start from.
///
/// # Errors
/// If the file is not JSON.
pub fn example() -> Result<Value> {
    Ok(serde_json::from_str(include_str!("../../node/examples/referral-pathway.cash-first.json"))?)
}

/// A document just long enough to be changed in every way.
#[must_use]
pub fn short(title: &str) -> Value {
    serde_json::json!({
        "document_type": "referral_pathway",
        "title": title,
        "description": "Money and advice first, food as well if it is needed today.",
        "status": "draft",
        "body": {
            "steps": [{"action": "ask", "detail": "Ask what has changed."}, {"action": "ring", "detail": "Ring together."}],
            "who_can_refer": ["anyone"]
        }
    })
}
