//! What readers are shown of the engine's state.

mod discussions;

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::copied::Origin;
use crdt_schema::document::{FieldChange, FieldPath, Incoming};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    CodeId, DocumentId, EntryId, EnvelopeId, InviteId, Kind, NodeId, OrganizationId, Role, Sector,
    TextId, Timestamp, WorkspaceId,
};
use crdt_schema::key::Person;
pub use crdt_schema::membership::Standing;
use crdt_schema::membership::{Change, Profile, Rules};
use crdt_schema::phrase::Phrase;
use crdt_schema::suggestion::Verdict;

use crate::input::Place;

pub use discussions::{CommentView, DiscussionView, PositionView};

/// A workspace this organisation is in.
#[derive(Clone, Debug)]
pub struct WorkspaceView {
    pub id: WorkspaceId,
    pub name: String,
    /// This organisation's role.
    pub role: Role,
    /// This organisation's standing: `Member` or `Suspended`.
    pub standing: Standing,
    pub rules: Rules,
    pub members: usize,
    pub documents: usize,
    pub created: Timestamp,
}

/// A workspace that this organisation was in and is no longer.
#[derive(Clone, Debug)]
pub struct FormerView {
    pub id: WorkspaceId,
    pub name: String,
    /// `Removed`, `Left`, or `Waiting` if it was let in and waits again.
    pub standing: Standing,
    /// Why it was removed, or waits; may be empty.
    pub reason: String,
    /// The entry that shut it out last, if one did.
    pub ended_by: Option<EntryId>,
    /// The stewards, by name, as far as is known here.
    pub stewards: Vec<String>,
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

/// An organisation in a workspace.
#[derive(Clone, Debug)]
pub struct MemberView {
    pub organization: OrganizationId,
    pub name: String,
    pub sector: Sector,
    pub fingerprint: String,
    pub role: Role,
    pub standing: Standing,
    /// Who suspended it, when, why, and until when at most, if it is suspended.
    pub suspension: Option<SuspensionView>,
    /// Registered identifiers and domain, as it says itself.
    pub profile: Profile,
    pub invited_by: Option<OrganizationId>,
    /// When it came in, as claimed by who admitted it.
    pub since: Timestamp,
    pub nodes: Vec<NodeId>,
    /// Those of them that were ended.
    pub ended: Vec<NodeId>,
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

/// Who holds back what an organisation writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspensionView {
    pub by: OrganizationId,
    pub by_name: String,
    pub time: Timestamp,
    pub reason: String,
    /// When it lapses unless the organisation is removed.
    pub until: Timestamp,
}

/// Something that needs more than one to agree.
#[derive(Clone, Debug)]
pub struct ProposalView {
    pub id: EntryId,
    pub change: Change,
    /// The organisation that the change is about, as people know it.
    pub about: Option<String>,
    pub by: OrganizationId,
    pub by_name: String,
    pub time: Timestamp,
    /// Who agreed, by name.
    pub agreed: Vec<(OrganizationId, String)>,
    /// What is still needed, as a sentence; empty when nothing is.
    pub needed: String,
    /// Why it came to nothing, as a sentence; empty unless it did.
    pub void: String,
    pub state: ProposalState,
    /// May this organisation still agree?
    pub may_agree: bool,
    /// May this organisation object?
    pub may_object: bool,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    Open,
    Enacted,
    /// A steward objected, or it can no longer be carried out.
    Void,
}

/// An entry of the membership log, for those who ask what happened and why.
#[derive(Clone, Debug)]
pub struct EntryView {
    pub id: EntryId,
    pub time: Timestamp,
    pub by: Option<OrganizationId>,
    pub by_name: String,
    pub node: NodeId,
    /// What was done, as a sentence.
    pub said: String,
    /// Why it has no effect, as a sentence, if it has none.
    pub void: Option<String>,
}

/// Who could read and write a document at some time, and since which step.
#[derive(Clone, Debug)]
pub struct ReadersView {
    pub audience: Audience,
    /// Each organisation that could read, with what its right rests on, as a sentence.
    pub readers: Vec<ReaderView>,
}

/// An organisation that could read a document.
#[derive(Clone, Debug)]
pub struct ReaderView {
    pub organization: OrganizationId,
    pub name: String,
    pub may_suggest: bool,
    pub may_write: bool,
    pub why: String,
}

/// What another audience would mean for a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudienceChange {
    /// Who will be able to read, by name.
    pub readers: Vec<String>,
    /// Who could not read and will be able to.
    pub gain: Vec<String>,
    /// Who can read and will no longer be able to.
    pub lose: Vec<String>,
    /// Who will be able to suggest changes without being able to write.
    pub suggest: Vec<String>,
    /// Who can suggest changes and will no longer be able to.
    pub suggest_no_more: Vec<String>,
    /// What it does and what it cannot do.
    pub sentences: Vec<String>,
}

/// A step of a document's access log.
#[derive(Clone, Debug)]
pub struct AccessView {
    pub envelope: EnvelopeId,
    pub time: Timestamp,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: String,
    /// The audience from then on; `None` for a step that only fences what somebody shut out had written.
    pub audience: Option<Audience>,
    pub counts: bool,
}

/// Something written that does not count, or was refused.
#[derive(Clone, Debug)]
pub struct RefusalView {
    pub time: Timestamp,
    pub document: Option<DocumentId>,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: String,
    /// The word that counts it in metrics.
    pub word: &'static str,
    /// Why, as a sentence.
    pub why: String,
    /// Is it kept and may come to count, as while somebody is suspended?
    pub is_held: bool,
    /// Did this node write it again, on the version that counts?
    pub is_written_again: bool,
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
    pub only_for: Option<OrganizationId>,
    pub revoked: bool,
    /// To be read out, if this node has an address that words can hold.
    pub phrase: Option<Phrase>,
}

/// A computer of this organisation.
#[derive(Clone, Debug)]
pub struct ComputerView {
    pub id: NodeId,
    /// The one that this is?
    pub is_this: bool,
    pub has_ended: bool,
    pub connected: bool,
    /// The computer that vouched for it; none if it was the recovery kit.
    pub added_by: Option<NodeId>,
    /// When, as claimed; not known of some that have ended.
    pub added: Option<Timestamp>,
}

/// A code by which a computer is added, made at this node.
#[derive(Clone, Debug)]
pub struct CodeView {
    pub id: CodeId,
    /// Its text, while it can be used.
    pub text: Option<String>,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// Is its time over?
    pub is_over: bool,
    /// The computer that was added with it.
    pub used: Option<NodeId>,
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
    /// Which version of which other document it is a copy of, if it is one.
    pub origin: Option<Origin>,
    pub title: String,
    pub description: String,
    pub status: String,
    pub review_date: String,
    /// The tags' names and codes.
    pub tags: Vec<(String, String)>,
    /// The name and the code of its area, as far as it says so.
    pub area: Vec<String>,
    /// What was decided on a data request; nothing for other kinds.
    pub decision: String,
    /// How many suggestions wait for an answer.
    pub suggested: u64,
    /// How many discussions wait for the organisation that made it.
    pub discussed: u64,
    pub heads: Heads,
    /// May this organisation write?
    pub may_write: bool,
    /// May this organisation suggest changes?
    pub may_suggest: bool,
    /// May this organisation change who reads and writes?
    pub may_set_audience: bool,
}

/// What is new in another document that shares the beginning of this one.
#[derive(Clone, Debug)]
pub struct UpstreamView {
    /// Which document, with its newest version here.
    pub origin: Origin,
    pub heads: Heads,
    /// The newest version that both have.
    pub shared: Heads,
    /// Who made what this document lacks, oldest first.
    pub made: Vec<AuthorView>,
    /// What that says differently, and what taking it in would mean.
    pub incoming: Vec<Incoming>,
}

/// Who made a change elsewhere.
#[derive(Clone, Debug)]
pub struct AuthorView {
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
}

/// A copy of a document.
#[derive(Clone, Debug)]
pub struct CopyView {
    pub view: DocumentView,
    pub workspace_name: String,
    /// What it says differently now.
    pub differs: Vec<FieldChange>,
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
    /// Was it made in another document, and brought in with this envelope?
    pub is_copied: bool,
    pub changes: Vec<FieldChange>,
    /// Whose suggestion it took in, if it did.
    pub took: Option<TookView>,
}

/// Whose suggestion somebody took in.
#[derive(Clone, Debug)]
pub struct TookView {
    pub suggestion: EnvelopeId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
}

/// A change that somebody suggested.
#[derive(Clone, Debug)]
pub struct SuggestionView {
    pub id: EnvelopeId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
    /// Why; may be empty.
    pub note: String,
    /// The version its author saw.
    pub base: Heads,
    /// What became of it; `None` while nobody has answered.
    pub answer: Option<AnswerView>,
    /// Does the version its author saw not count any more?
    pub is_out_of_date: bool,
    /// May this organisation take it in?
    pub may_take: bool,
    /// May this organisation say no to it?
    pub may_decline: bool,
    /// May this organisation take it back?
    pub may_withdraw: bool,
}

/// What somebody said to a suggestion.
#[derive(Clone, Debug)]
pub struct AnswerView {
    pub id: EnvelopeId,
    pub verdict: Verdict,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
    /// Why; may be empty.
    pub note: String,
    /// The version that took it in.
    pub made: Option<Heads>,
}

/// An organisation signed a version of a document.
#[derive(Clone, Debug)]
pub struct SignOffView {
    pub id: EnvelopeId,
    pub organization: OrganizationId,
    pub organization_name: String,
    /// Who was at the computer, as the node vouches.
    pub person: Person,
    /// Who signs for the organisation, and what that person is there.
    pub signatory: String,
    pub title: String,
    pub time: Timestamp,
    /// The version that is signed.
    pub version: Heads,
    /// The hash of what that version says.
    pub text: TextId,
    /// Was the hash compared with what the version says here, and found to be its?
    pub holds: bool,
    /// Does the document say now what was signed?
    pub is_current: bool,
    /// How many fields differ between what was signed and now; `None` if the version does not count any more.
    pub differences: Option<usize>,
    /// Who took it back, and why.
    pub withdrawal: Option<WithdrawalView>,
    /// May this organisation take it back?
    pub may_withdraw: bool,
}

/// Who took a signature back.
#[derive(Clone, Debug)]
pub struct WithdrawalView {
    pub id: EnvelopeId,
    pub person: Person,
    pub time: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

/// What people call a version of a document.
#[derive(Clone, Debug)]
pub struct VersionNameView {
    pub id: EnvelopeId,
    pub name: String,
    pub version: Heads,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
    /// May this organisation take the name back?
    pub may_take_back: bool,
}

/// A text of a document, with who wrote which of its letters.
#[derive(Clone, Debug)]
pub struct WrittenText {
    pub path: FieldPath,
    /// What the field is called, in plain words.
    pub label: String,
    pub runs: Vec<WrittenRun>,
}

/// Letters that stand next to each other and are by one person.
#[derive(Clone, Debug)]
pub struct WrittenRun {
    pub text: String,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    /// When the last of them was written, as claimed.
    pub last: Timestamp,
}

/// A choice that people made differently at the same time.
#[derive(Clone, Debug)]
pub struct ConflictView {
    pub path: FieldPath,
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
    /// The way to each of its computers that are in use.
    pub ways: Vec<WayView>,
}

/// The way to one computer of another organisation, or to another one of this organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayView {
    pub node: NodeId,
    pub connected: bool,
    /// Does this node keep a connection with it? In a large workspace not everyone does with everyone.
    pub is_wanted: bool,
    /// Has it said where it can be reached?
    pub is_told: bool,
    /// Where it is called: what it said, without addresses in an office that this node is not in.
    pub addresses: Vec<String>,
    /// How long until it is called again.
    pub next: Option<Duration>,
}

/// How a membership log stands that is kept here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceState {
    pub entries: usize,
    /// Entries that have no effect, which is no fault: who wrote them had not heard of something.
    pub void: usize,
    /// Entries with a signature that is not their author's.
    pub untrue: usize,
    /// Entries that build on others which are lost.
    pub early: usize,
    /// Is the whole log lost?
    pub is_lost: bool,
}

/// How a document stands that is kept here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentState {
    pub envelopes: usize,
    /// Envelopes that do not count, which is no fault: their authors were shut out.
    pub not_counting: usize,
    /// Envelopes that are gone or damaged.
    pub lost: Vec<EnvelopeId>,
    /// Envelopes that build on others which are lost.
    pub early: usize,
    /// Envelopes with a signature that is not their author's.
    pub untrue: Vec<EnvelopeId>,
}
