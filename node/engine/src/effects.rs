//! What the caller does next.

use std::collections::BTreeSet;

use crdt_schema::document::Incoming;
use crdt_schema::documents::Problem;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    CodeId, DocumentId, EntryId, EnvelopeId, InviteId, NodeId, Timestamp, WorkspaceId,
};

use crate::input::CommandId;

/// What the caller does next, in the order of the fields.
///
/// `persist` is one atomic batch and durable before anything of the rest happens: a peer must never hear of a change
/// that a crash could make us forget. If it cannot be made durable, the node stops.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub persist: Vec<Record>,
    /// Frames of at most [`limits::FRAME_BYTES`](crdt_schema::limits::FRAME_BYTES) for nodes that are up.
    pub send: Vec<(NodeId, Vec<u8>)>,
    /// All who may be trusted with relays, when that has changed: nodes that share a workspace with this one, and other
    /// nodes of its organisation.
    pub admit: Option<BTreeSet<NodeId>>,
    /// Nodes to connect to. Answered by `PeerUp` or `DialFailed`.
    pub dial: Vec<Dial>,
    /// Addresses to connect to, whoever is there; untrusted text. Answered by `Found` or `NobodyAt`.
    pub seek: Vec<String>,
    /// Nodes to hang up on.
    pub close: Vec<NodeId>,
    pub notify: Vec<Signal>,
    /// When to call again with [`Input::Tick`](crate::Input::Tick) by the steady clock, unless something else happens
    /// first.
    pub wake_at: Option<Timestamp>,
}

/// A node to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub node: NodeId,
    /// libp2p multiaddresses without the peer's id; untrusted text.
    pub addresses: Vec<String>,
}

/// Something to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A membership entry.
    Entry { workspace: WorkspaceId, id: EntryId, bytes: Vec<u8> },
    /// An envelope.
    Envelope {
        workspace: WorkspaceId,
        document: DocumentId,
        id: EnvelopeId,
        time: Timestamp,
        bytes: Vec<u8>,
    },
    /// Something of this node alone; `None` deletes it.
    Local { key: String, value: Option<Vec<u8>> },
    /// Something that can be computed again: kept in the index only, without a promise.
    Cache { key: String, value: Option<Vec<u8>> },
}

/// News for this node's own people and programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// What became of a command.
    Answer(CommandId, Result<Done, Refused>),
    /// Something changed; pages that show it ask again.
    Changed(Event),
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A document is new or has new heads, or something was suggested, answered or signed.
    Document { workspace: WorkspaceId, document: DocumentId, heads: Heads },
    /// Who is in a workspace, its invites, or a join that waits.
    Membership { workspace: WorkspaceId },
    /// Who is reachable.
    Peers,
    /// Who has which changes.
    Sync { workspace: WorkspaceId },
    /// Who is where in a document.
    Presence { document: DocumentId },
}

/// What a command did. Everything it promises is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    Nothing,
    Workspace(WorkspaceId),
    Invite {
        id: InviteId,
        text: String,
        expires: Timestamp,
    },
    /// The text of the invite behind a phrase.
    Found {
        invite: String,
    },
    /// A code that adds a computer.
    Code {
        id: CodeId,
        text: String,
        expires: Timestamp,
    },
    Joining {
        workspace: WorkspaceId,
        joined: bool,
    },
    /// The proposal, and whether enough have agreed, so that it is carried out.
    Proposal {
        id: EntryId,
        enacted: bool,
    },
    /// What was suggested.
    Suggestion(EnvelopeId),
    /// What was stated about a version, such as a signature.
    Statement(EnvelopeId),
    /// `heads` is the newest version; `made` is the version of the edits and what they were made on, without what others
    /// did meanwhile.
    Document {
        id: DocumentId,
        heads: Heads,
        made: Heads,
    },
}

/// Why a command was refused: a sentence for people that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such workspace here")]
    NoSuchWorkspace,
    #[error("there is no such document here")]
    NoSuchDocument,
    #[error("there is no such invite here")]
    NoSuchInvite,
    #[error("there is no such code here")]
    NoSuchCode,
    #[error("there is no such organisation in this workspace")]
    NoSuchOrganization,
    #[error("this node does not know that version of the document. Reload it and try again")]
    NoSuchVersion,
    #[error("there is no such suggestion to this document")]
    NoSuchSuggestion,
    #[error("there is no such signature of this document")]
    NoSuchSignature,
    #[error("there is no such comment on this document")]
    NoSuchComment,
    #[error("no version of this document has that name")]
    NoSuchName,
    #[error("there is no such proposal in this workspace")]
    NoSuchProposal,
    /// Who may not, and who could be asked.
    #[error("{0}")]
    NotAllowed(String),
    /// It could never be carried out, and what to do instead.
    #[error("{0}")]
    Impossible(String),
    /// The invite cannot be used, with what to do.
    #[error("{0}")]
    Invite(String),
    /// What was typed or sent does not fit, with where and what to do.
    #[error("{message}")]
    Invalid { pointer: String, message: String },
    /// What would come of it does not fit: where, and what to do.
    #[error("what would come of it does not fit")]
    NotOfKind(Vec<Problem>),
    /// Both sides changed the same, and nobody chose.
    #[error("both changed the same. Choose what it shall say")]
    ToChoose(Vec<Incoming>),
    #[error("somebody changed the document meanwhile")]
    ChangedMeanwhile,
    /// More than the limits allow.
    #[error("{0}")]
    TooLarge(String),
    /// The disk refuses.
    #[error(
        "this was not saved: the disk is full or cannot be written. What is there can be read. Make room, then start the node again"
    )]
    NotSaved,
    #[error("this node's stored data could not be read: {0}. Run \"fingerpost check\"")]
    Storage(String),
}
