//! What readers are shown of the engine's state.

use crdt_schema::audience::Audience;
use crdt_schema::document::FieldChange;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EnvelopeId, InviteId, Kind, NodeId, OrganizationId, Role, Sector, Timestamp,
    WorkspaceId,
};
use crdt_schema::key::Person;

use crate::input::Place;

/// A workspace this organisation is in.
#[derive(Clone, Debug)]
pub struct WorkspaceView {
    pub id: WorkspaceId,
    pub name: String,
    /// This organisation's role.
    pub role: Role,
    pub members: usize,
    pub documents: usize,
    pub created: Timestamp,
}

/// A join that is not through.
#[derive(Clone, Debug)]
pub struct JoinView {
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub inviter: OrganizationId,
    pub inviter_name: String,
    pub role: Role,
    pub since: Timestamp,
    pub state: JoinState,
}

/// What a join waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinState {
    /// No member was reached yet.
    Unreached,
    /// A member was reached; a steward must approve.
    NeedsApproval,
    /// A member refused, with what to do.
    Refused(String),
}

/// How an organisation stands in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Member,
    Waiting,
}

/// An organisation in a workspace.
#[derive(Clone, Debug)]
pub struct MemberView {
    pub organization: OrganizationId,
    pub name: String,
    pub sector: Sector,
    pub fingerprint: String,
    pub role: Role,
    pub standing: Standing,
    pub invited_by: Option<OrganizationId>,
    /// When it came in, as claimed by who admitted it.
    pub since: Timestamp,
    pub nodes: Vec<NodeId>,
    /// This node's own organisation?
    pub is_self: bool,
    pub connected: bool,
    /// When this node last exchanged something with it.
    pub last_seen: Option<Timestamp>,
    /// Changes held here that it may read and is not known to have.
    pub unseen: usize,
    /// Since when the oldest of them waits.
    pub unseen_since: Option<Timestamp>,
}

/// An invite made at this node.
#[derive(Clone, Debug)]
pub struct InviteView {
    pub id: InviteId,
    pub text: String,
    pub role: Role,
    pub uses: u32,
    pub used: u32,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub approval: bool,
    pub revoked: bool,
}

/// A document as lists show it.
#[derive(Clone, Debug)]
pub struct DocumentView {
    pub id: DocumentId,
    pub workspace: WorkspaceId,
    pub kind: Kind,
    pub audience: Audience,
    /// The organisation that made it.
    pub owner: OrganizationId,
    pub owner_name: String,
    pub created: Timestamp,
    /// The newest change's time, as claimed.
    pub updated: Timestamp,
    pub title: String,
    pub description: String,
    pub status: String,
    pub review_date: String,
    /// The tags' names and codes.
    pub tags: Vec<(String, String)>,
    pub heads: Heads,
    /// May this organisation write?
    pub may_write: bool,
}

/// One envelope in a document's history.
#[derive(Clone, Debug)]
pub struct HistoryView {
    pub envelope: EnvelopeId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub node: NodeId,
    pub time: Timestamp,
    /// The version it was made on.
    pub before: Heads,
    /// The version it made.
    pub after: Heads,
    pub changes: Vec<FieldChange>,
}

/// A choice that people made differently at the same time.
#[derive(Clone, Debug)]
pub struct ConflictView {
    pub path: crdt_schema::document::FieldPath,
    /// What the field is called, in plain words.
    pub label: String,
    /// Each value with who chose it and when; the one shown until somebody chooses comes first.
    pub values: Vec<(serde_json::Value, String, String, Timestamp)>,
}

/// Somebody in a document now.
#[derive(Clone, Debug)]
pub struct PresenceView {
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub place: Place,
    /// At this node?
    pub is_here: bool,
}

/// Another organisation, over all workspaces.
#[derive(Clone, Debug)]
pub struct PeerView {
    pub organization: OrganizationId,
    pub name: String,
    pub connected: bool,
    pub last_seen: Option<Timestamp>,
    pub unseen: usize,
    pub unseen_since: Option<Timestamp>,
    /// Its nodes' addresses, from their own signed records.
    pub addresses: Vec<String>,
}
