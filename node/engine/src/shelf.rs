//! [`Shelf`]: how the engine reads what it kept.

use crdt_schema::identity::{DocumentId, EnvelopeId, Timestamp, WorkspaceId};

/// What the index knows of an envelope without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeMeta {
    pub workspace: WorkspaceId,
    pub document: DocumentId,
    pub id: EnvelopeId,
    pub time: Timestamp,
}

/// Why something kept cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ShelfError(pub String);

/// Reads what earlier [`Effects::persist`](crate::Effects) batches kept. All in the order in which it was kept.
pub trait Shelf: Send {
    /// Returns every membership entry.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn entries(&self) -> Result<Vec<(WorkspaceId, Vec<u8>)>, ShelfError>;

    /// Returns what is known of every envelope.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn envelopes(&self) -> Result<Vec<EnvelopeMeta>, ShelfError>;

    /// Returns an envelope's bytes, checked against its id; `None` if it is not there or damaged.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, ShelfError>;

    /// Returns the node's own records whose key starts with `prefix`, by key.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ShelfError>;

    /// Returns something cached, if it is still there.
    fn cached(&self, key: &str) -> Option<Vec<u8>>;
}
