//! A document's access log: who may read and write it, changed by signed steps that travel as its own envelopes.

use minicbor::{Decode, Encode};

use crate::audience::Audience;
use crate::identity::{ChangeId, EntryId};
use crate::limits;

/// One step of a document's access log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum AccessAct {
    /// Gives the document another audience.
    #[n(0)]
    Set {
        /// Who may read and write from now on.
        #[n(0)]
        audience: Audience,
        /// The newest changes the author had. What an organisation that loses its right wrote is kept below them.
        #[n(1)]
        fence: Vec<ChangeId>,
    },
    /// Says how far the work of somebody who was shut out of the workspace is kept in this document.
    #[n(1)]
    Fence {
        /// The membership entry that shut out.
        #[n(0)]
        exclusion: EntryId,
        /// The newest changes the author had.
        #[n(1)]
        heads: Vec<ChangeId>,
    },
}

impl AccessAct {
    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let heads = match self {
            Self::Set { fence, .. } => fence,
            Self::Fence { heads, .. } => heads,
        };
        let audience = match self {
            Self::Set { audience, .. } => audience.is_bounded(),
            Self::Fence { .. } => true,
        };
        audience && heads.len() <= limits::DEPENDENCIES && heads.is_sorted_by(|a, b| a < b)
    }
}
