//! What can happen to a node.

use std::collections::BTreeMap;

use crdt_schema::audience::Audience;
use crdt_schema::comment::Stance;
use crdt_schema::copied::Source;
use crdt_schema::document::{Choice, Edit, FieldPath};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    CodeId, DocumentId, EntryId, EnvelopeId, InviteId, Kind, Name, NodeId, OrganizationId, Role,
    Timestamp, WorkspaceId,
};
use crdt_schema::invite::Contact;
use crdt_schema::key::Person;
use crdt_schema::membership::{Change, Profile, Revocation, Rules};
use crdt_schema::suggestion::Verdict;
use serde_json::Value;

/// When something happens, by two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What this computer's clock claims. It may jump, and stand still before 1970.
    pub wall: Timestamp,
    /// Milliseconds from any beginning, on a clock that never jumps while the engine runs: what waits, waits by this one.
    pub steady: Timestamp,
}

impl From<Timestamp> for Moment {
    /// Where one clock is enough.
    fn from(now: Timestamp) -> Self {
        Self { wall: now, steady: now }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A person or program at this node wants something.
    Command(CommandId, Command),
    /// A connection to a node stands. Whoever holds the node's key is at the other end; more is not known.
    PeerUp(NodeId),
    /// The last connection to a node is gone.
    PeerDown(NodeId),
    /// A node could not be reached at the addresses last asked for.
    DialFailed(NodeId),
    /// A node sent a frame.
    Received(NodeId, Vec<u8>),
    /// This node is at an address that was [sought](crate::Effects::seek).
    Found(String, NodeId),
    /// Nobody answered at an address that was [sought](crate::Effects::seek).
    NobodyAt(String),
    /// A node was found on the office network at these addresses.
    Discovered(NodeId, Vec<String>),
    /// This node can be reached at these addresses (libp2p multiaddresses without the peer's id).
    Listening(Vec<String>),
    /// These were kept and are damaged or gone, as a look at the disk found.
    Lost { envelopes: Vec<EnvelopeId>, entries: Vec<EntryId> },
    /// Nothing, but time has passed.
    Tick,
}

/// Ties an answer to its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub u64);

/// What a person or program at this node can ask for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Founds a workspace; answered with [`Done::Workspace`](crate::Done::Workspace).
    CreateWorkspace { name: Name, rules: Rules },
    /// Makes an invite; answered with [`Done::Invite`](crate::Done::Invite). Stewards only.
    CreateInvite {
        workspace: WorkspaceId,
        role: Role,
        uses: u32,
        lasts: std::time::Duration,
        approval: bool,
        /// The only organisation that may use it, if it is meant for one.
        only_for: Option<OrganizationId>,
    },
    /// Ends an invite before its time. Stewards only.
    RevokeInvite { workspace: WorkspaceId, invite: InviteId },
    /// Uses an invite; answered at once with [`Done::Joining`](crate::Done::Joining), which then goes on by itself.
    Join { invite: String },
    /// Asks the node that a phrase names for the invite behind it; answered with [`Done::Found`](crate::Done::Found), or
    /// with why not, once that node has answered or some seconds are over.
    FindInvite { phrase: String },
    /// Gives up a join that waits or was refused.
    ForgetJoin { workspace: WorkspaceId },
    /// Lets in an organisation that waits. Stewards only.
    Approve { workspace: WorkspaceId, organization: OrganizationId },
    /// Turns away an organisation that waits. Stewards only.
    Decline { workspace: WorkspaceId, organization: OrganizationId },
    /// Proposes a change of roles, members, rules or name, and carries it out if that is enough; answered with
    /// [`Done::Proposal`](crate::Done::Proposal).
    Propose { workspace: WorkspaceId, change: Change },
    /// Agrees to a proposal, and carries it out if that is enough; answered with [`Done::Proposal`](crate::Done::Proposal).
    Agree { workspace: WorkspaceId, proposal: EntryId },
    /// Objects to the election of a steward. Stewards only.
    Object { workspace: WorkspaceId, proposal: EntryId },
    /// Holds back what an organisation writes, for 72 hours at most. Stewards only.
    Suspend { workspace: WorkspaceId, organization: OrganizationId, reason: String },
    /// Leaves a workspace.
    Leave { workspace: WorkspaceId },
    /// Ends a node of this organisation in all workspaces: with the root key's word, or on this node's own.
    RevokeNode { node: NodeId, word: Option<Revocation> },
    /// Makes a code that adds a computer to this organisation; answered with [`Done::Code`](crate::Done::Code).
    CreateCode { lasts: std::time::Duration },
    /// Withdraws such a code.
    RevokeCode { code: CodeId },
    /// Says in all workspaces who this organisation is.
    Describe { profile: Profile },
    /// Gives a document another audience; answered with [`Done::Document`](crate::Done::Document). Its owner only.
    SetAudience { document: DocumentId, audience: Audience, person: Person },
    /// Makes a document from the full example form (or any part of it); answered with [`Done::Document`](crate::Done::Document).
    CreateDocument {
        workspace: WorkspaceId,
        kind: Kind,
        audience: Audience,
        content: Value,
        person: Person,
    },
    /// Makes a copy of a document, or takes in what changed in another one; answered with
    /// [`Done::Document`](crate::Done::Document).
    Copy { copying: Box<Copying>, person: Person },
    /// Changes a document as somebody saw it at `base` (`None`: as it is now); answered with [`Done::Document`](crate::Done::Document).
    EditDocument {
        document: DocumentId,
        base: Option<Heads>,
        edits: Vec<Edit>,
        conditions: Conditions,
        person: Person,
    },
    /// Proposes a change to a document as somebody saw it at `base` (`None`: as it is now); answered with
    /// [`Done::Suggestion`](crate::Done::Suggestion).
    Suggest {
        document: DocumentId,
        base: Option<Heads>,
        edits: Vec<Edit>,
        note: String,
        person: Person,
    },
    /// Takes in a suggestion, says no to it, or takes one's own back; answered with [`Done::Document`](crate::Done::Document).
    AnswerSuggestion {
        document: DocumentId,
        suggestion: EnvelopeId,
        verdict: Verdict,
        note: String,
        person: Person,
    },
    /// States something about a document that changes nothing in it; answered with
    /// [`Done::Statement`](crate::Done::Statement).
    State { document: DocumentId, statement: Statement, person: Person },
    /// Tells others that a person is in a field; `at` is `None` when they leave. Never stored.
    ShowPresence { document: DocumentId, person: Person, at: Option<Place> },
    /// Keeps a setting of this node (accounts, sessions); `None` deletes it. Durable when answered.
    Keep { key: String, value: Option<Vec<u8>> },
    /// Calls an organisation's computers that are not connected at once, without waiting for their turn.
    CallNow { organization: OrganizationId },
    /// Asks members for the workspaces of this organisation, on a new machine after a recovery.
    Return { contacts: Vec<Contact> },
}

/// Where a document is copied from.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A version of a document that this node has; without one, the newest.
    Held { document: DocumentId, version: Option<Heads> },
    /// What somebody gave in a file, verified.
    Given(Box<Source>),
}

/// What is done with copies.
#[derive(Clone, Debug)]
pub enum Copying {
    /// A copy is made, with the history, in a workspace. `provenance` is what it says of where it comes from.
    Fork { from: Upstream, workspace: WorkspaceId, audience: Audience, provenance: Value },
    /// A document takes in what changed in one that shares its beginning, with what somebody chose where both changed the same.
    Pull { document: DocumentId, from: Upstream, choices: BTreeMap<FieldPath, Choice> },
}

/// What an organisation states about a document.
#[derive(Clone, Debug)]
pub enum Statement {
    /// It signs the words of a version.
    Sign {
        version: Heads,
        /// The person who signs for the organisation, and what that person is there.
        signatory: Name,
        title: Name,
    },
    /// It takes its signature back.
    Withdraw { sign_off: EnvelopeId, reason: String },
    /// It names a version.
    Name { version: Heads, name: Name },
    /// It takes back a name that it gave.
    Unname { name: EnvelopeId },
    /// It says something about a place, as somebody saw it at a version (`None`: as it is now), or what it holds of it.
    Comment { place: FieldPath, version: Option<Heads>, stance: Stance, text: String },
    /// It answers the comment that began a discussion, or says that the discussion is over or is not.
    Reply { comment: EnvelopeId, stance: Stance, text: String },
    /// It takes back what it said.
    TakeBack { comment: EnvelopeId },
}

/// What an edit must agree with; as it is by default, with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Nothing is done if what came of it would not be of its kind any more, and was before.
    pub must_fit: bool,
    /// Nothing is done if this is not the newest version any more.
    pub only_at: Option<Heads>,
}

/// Where in a document a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The field.
    pub path: FieldPath,
    /// The caret, in UTF-16 units of the text at `heads`.
    pub caret: usize,
    /// The version the caret counts in.
    pub heads: Heads,
}
