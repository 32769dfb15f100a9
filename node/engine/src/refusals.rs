//! Part: what members wrote that was refused, for those who ask why.

use std::collections::VecDeque;

use crdt_schema::envelope::Header;
use crdt_schema::identity::{DocumentId, OrganizationId, Timestamp, WorkspaceId};

/// How many are remembered; a flood pushes out only what was refused before it.
const REMEMBERED: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Refusals(VecDeque<Refusal>);

/// An envelope that was refused. Its author's signature was true.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) workspace: WorkspaceId,
    pub(crate) document: DocumentId,
    pub(crate) organization: OrganizationId,
    pub(crate) person: String,
    pub(crate) word: &'static str,
    /// When it came here.
    pub(crate) time: Timestamp,
}

impl Refusals {
    pub(crate) fn note(&mut self, header: &Header, word: &'static str, time: Timestamp) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Refusal {
            workspace: header.workspace,
            document: header.document,
            organization: header.organization,
            person: header.person.name.to_string(),
            word,
            time,
        });
    }

    /// Returns what was refused, newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Refusal> {
        self.0.iter().rev()
    }
}

/// Returns the sentence that a word stands for.
pub(crate) fn sentence_of(word: &str) -> &'static str {
    match word {
        "no-right" => "Its author had no right to write in this workspace when it was written.",
        "not-in-audience" => "Its author's organisation may not write in this document.",
        "no-suggestion" => "It answers something that is no suggestion.",
        "nothing-to-take-back" => "It takes back something that is neither a signature nor a name.",
        "other-words" => "What it signs is not what that version of the document says.",
        "not-its-author" => {
            "Only the organisation that made a suggestion, a signature or a name can take it back."
        }
        "not-owner" => "Only the organisation that made a document can change who reads it.",
        "shuts-itself-out" => "It would have shut its own author out of the document.",
        "nothing-to-fence" => "It speaks of a removal that never happened.",
        "broken-chain" | "no-genesis" => "It does not follow what its author wrote before.",
        "membership-goes-back" | "access-goes-back" => {
            "Its author claims to know less than it knew before."
        }
        "bad-signature" => "Its signature is not true.",
        _ => "It is damaged, or was made to do harm: no edit looks like that.",
    }
}
