//! What readers are shown of what was said about a document.

use crdt_schema::comment::Stance;
use crdt_schema::document::FieldPath;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{EnvelopeId, OrganizationId, Timestamp};
use crdt_schema::key::Person;

/// What was said about a place of a document, with the answers.
#[derive(Clone, Debug)]
pub struct DiscussionView {
    /// The comment that began it.
    pub first: CommentView,
    /// What was answered, in the order in which it came here.
    pub replies: Vec<CommentView>,
    /// What it is about; items of lists by their names. Empty for the whole document.
    pub place: FieldPath,
    /// Where that is now, as a JSON pointer; nothing if it is gone.
    pub pointer: Option<FieldPath>,
    /// What the place is called, with its name; empty for the whole document, or if it is gone.
    pub title: String,
    /// Does the place say what it said when the discussion began?
    pub is_same: bool,
    /// The version in which it began.
    pub version: Heads,
    /// Did somebody say that it is over?
    pub is_settled: bool,
    /// May this organisation answer?
    pub may_reply: bool,
    /// May this organisation say that it is over, or is not?
    pub may_end: bool,
}

/// What somebody said about a document.
#[derive(Clone, Debug)]
pub struct CommentView {
    pub id: EnvelopeId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
    pub stance: Stance,
    /// What was said; empty if it was taken back, or the stance says it all.
    pub text: String,
    pub is_withdrawn: bool,
    /// May this organisation take it back?
    pub may_take_back: bool,
}

/// What an organisation holds of a place of a document.
#[derive(Clone, Debug)]
pub struct PositionView {
    pub said: CommentView,
    /// Does the place still say what it said then?
    pub is_same: bool,
}
