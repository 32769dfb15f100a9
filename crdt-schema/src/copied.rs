//! [`Copied`]: changes of another document, brought into a copy of it; and [`Origin`]: where a copy comes from.
//!
//! A copy shares the beginning of its original: it holds the very changes that were made there, each still inside what its
//! author signed. So nobody who brings changes in can put words into an author's mouth, the same change brought in twice is
//! one change, and what both sides did since is merged as if they had written in one document. What the copy's own members
//! write carries another actor ([`Genesis::actor`]), so that one node may write in both.
//!
//! What nobody here can check is who an author of another workspace is: whoever brings changes in vouches for the names.
//!
//! [`Genesis::actor`]: crate::envelope::Genesis::actor

use std::collections::BTreeSet;

use automerge::{ActorId, Change, ChangeHash};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::codec::{self, SignatureBytes};
use crate::document::Document;
use crate::envelope::{self, Content, Envelope, Genesis, Header};
use crate::heads::Heads;
use crate::identity::{ChangeId, DocumentId, Kind, Name, OrganizationId, WorkspaceId};
use crate::limits;
use crate::suggestion::Answer;

/// What one envelope copies leaves room in it for names and the header.
const ROOM: usize = limits::ENVELOPE_BYTES - 128 * 1024;

/// Which version of which document a copy was made of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Origin {
    /// Where it lives.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// What that workspace was called.
    #[n(1)]
    pub workspace_name: Name,
    /// Which document.
    #[n(2)]
    pub document: DocumentId,
    /// Whose it was.
    #[n(3)]
    pub owner: OrganizationId,
    /// What they were called.
    #[n(4)]
    pub owner_name: Name,
    /// The version: its newest changes, sorted.
    #[n(5)]
    pub version: Vec<ChangeId>,
}

impl Origin {
    /// Returns the version.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.version.iter().map(|id| ChangeHash(id.0)).collect::<Vec<_>>().into()
    }

    /// Is it within the limits, in its one form?
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        !self.version.is_empty()
            && self.version.len() <= limits::DEPENDENCIES
            && self.version.is_sorted_by(|a, b| a < b)
    }
}

/// Changes of another document.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Copied {
    /// What the authors' organisations are called, as whoever brings them in vouches; sorted.
    #[n(0)]
    pub names: Vec<Named>,
    /// What their authors signed, each after what it builds on.
    #[n(1)]
    pub envelopes: Vec<Original>,
}

/// What an organisation is called.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Named {
    /// Which.
    #[n(0)]
    pub organization: OrganizationId,
    /// Its name.
    #[n(1)]
    pub name: Name,
}

/// An envelope of another document that brought changes to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Original {
    /// What it says about itself.
    #[n(0)]
    pub header: Header,
    /// By its node, over the header.
    #[n(1)]
    pub signature: SignatureBytes,
    /// What that document is; in its first envelope only.
    #[n(2)]
    pub genesis: Option<Genesis>,
    /// What it brings.
    #[n(3)]
    pub content: Brings,
}

/// What brings changes; the numbers are those of [`Content`], since the header signs the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Brings {
    /// Changes.
    #[n(0)]
    Changes(#[n(0)] Vec<ByteVec>),
    /// The changes that take a suggestion in.
    #[n(3)]
    Answer(#[n(0)] Answer),
}

impl Copied {
    /// Is it within the limits, in its one form? `document` is the copy.
    #[must_use]
    pub fn is_bounded(&self, document: &DocumentId) -> bool {
        let changes = self.envelopes.iter().map(|original| original.changes().len());
        let is_bounded = |original: &Original| {
            original.header.document != *document && !original.changes().is_empty()
        };
        (1..=limits::CHANGES_PER_ENVELOPE).contains(&changes.sum())
            && self.envelopes.iter().all(is_bounded)
            && self.names.len() <= limits::CHANGES_PER_ENVELOPE
            && self.names.is_sorted_by(|a, b| a.organization < b.organization)
    }

    /// Is each envelope signed by its node?
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.envelopes.iter().all(Original::is_true)
    }

    /// Returns what an organisation is called.
    #[must_use]
    pub fn name(&self, organization: &OrganizationId) -> Option<&Name> {
        let named = self.names.iter().find(|named| named.organization == *organization);
        named.map(|named| &named.name)
    }
}

impl Original {
    /// Takes from an envelope what a copy holds of it: itself, or what it brought from elsewhere, or nothing if it brings no change.
    #[must_use]
    pub fn of(envelope: Envelope) -> Vec<Self> {
        let Envelope { header, signature, genesis, content } = envelope;
        let content = match content {
            Content::Changes(changes) => Brings::Changes(changes),
            Content::Answer(answer) if !answer.changes.is_empty() => Brings::Answer(answer),
            Content::Copied(copied) => return copied.envelopes,
            Content::Answer(_)
            | Content::Access(_)
            | Content::Suggestion(_)
            | Content::SignOff(_)
            | Content::Comment(_)
            | Content::Withdrawal(_)
            | Content::VersionName(_) => return Vec::new(),
        };
        vec![Self { header, signature, genesis, content }]
    }

    /// Returns the changes it brings.
    #[must_use]
    pub fn changes(&self) -> &[ByteVec] {
        match &self.content {
            Brings::Changes(changes) => changes,
            Brings::Answer(answer) => &answer.changes,
        }
    }

    /// Returns how many bytes it takes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        codec::encode(self).len()
    }

    /// Returns the hashes of its changes.
    fn hashes(&self) -> impl Iterator<Item = ChangeHash> {
        let read = |bytes: &ByteVec| Change::from_bytes(bytes.to_vec()).ok();
        self.changes().iter().filter_map(read).map(|change| change.hash())
    }

    /// Returns the actors that its author may have written as. In a copy its own members write as others do nowhere, so
    /// that only there anybody else may come under a plain actor.
    #[must_use]
    pub fn actors(&self, genesis: &Genesis) -> Vec<ActorId> {
        let Header { node, session, document, .. } = &self.header;
        let in_a_copy = envelope::actor_in(node, session, document);
        if genesis.origin.is_some() {
            vec![envelope::actor(node, session), in_a_copy]
        } else {
            vec![in_a_copy]
        }
    }

    fn is_true(&self) -> bool {
        let content = match &self.content {
            Brings::Changes(changes) => Content::Changes(changes.clone()),
            Brings::Answer(answer) => Content::Answer(answer.clone()),
        };
        let Self { header, signature, genesis, .. } = self.clone();
        Envelope { header, signature, genesis, content }.is_true()
    }
}

/// A version of a document, with all that a copy of it needs.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which version of which document.
    pub origin: Origin,
    /// What it is.
    pub kind: Kind,
    /// What it says, with its history.
    pub document: Document,
    /// What its authors' organisations are called.
    pub names: Vec<Named>,
    /// What its authors signed that brought changes and counts, each after what it builds on.
    pub originals: Vec<Original>,
}

/// What somebody signed is too large to stand inside something else that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "one edit of that document is too large to be copied. Export it as JSON and import that instead"
)]
pub struct TooLarge;

impl Source {
    /// Returns an earlier version, if it is one: its changes without what came later.
    #[must_use]
    pub fn at(mut self, version: &Heads) -> Option<Self> {
        let journal = self.document.until(version)?;
        let kept: BTreeSet<ChangeHash> = journal.hashes().into_iter().collect();
        for original in &self.originals {
            let mut hashes = original.hashes();
            let first = hashes.next().is_some_and(|hash| kept.contains(&hash));
            if hashes.any(|hash| kept.contains(&hash) != first) {
                return None;
            }
        }
        self.originals
            .retain(|original| original.hashes().next().is_some_and(|hash| kept.contains(&hash)));
        self.document = journal;
        self.origin.version = ids(version);
        Some(self)
    }

    /// Returns what its authors signed that brings changes which a copy lacks.
    pub fn missing(&self, lacks: impl Fn(&ChangeHash) -> bool) -> impl Iterator<Item = &Original> {
        self.originals.iter().filter(move |original| original.hashes().any(|hash| lacks(&hash)))
    }

    /// Returns what brings a copy the changes that it lacks, in pieces that fit into one envelope each.
    ///
    /// # Errors
    /// If one of them does not.
    pub fn pieces(&self, lacks: impl Fn(&ChangeHash) -> bool) -> Result<Vec<Copied>, TooLarge> {
        let mut pieces = Vec::new();
        let (mut envelopes, mut bytes, mut count) = (Vec::<Original>::new(), 0_usize, 0_usize);
        for original in self.missing(lacks) {
            let (length, changes) = (original.byte_len(), original.changes().len());
            if length > ROOM {
                return Err(TooLarge);
            }
            bytes = bytes.saturating_add(length);
            count = count.saturating_add(changes);
            if bytes > ROOM || count > limits::CHANGES_PER_ENVELOPE {
                pieces.push(self.piece(std::mem::take(&mut envelopes)));
                (bytes, count) = (length, changes);
            }
            envelopes.push(original.clone());
        }
        if !envelopes.is_empty() {
            pieces.push(self.piece(envelopes));
        }
        Ok(pieces)
    }

    fn piece(&self, envelopes: Vec<Original>) -> Copied {
        let authors: BTreeSet<OrganizationId> =
            envelopes.iter().map(|original| original.header.organization).collect();
        let mut names: Vec<Named> = self
            .names
            .iter()
            .filter(|named| authors.contains(&named.organization))
            .cloned()
            .collect();
        names.sort_by_key(|named| named.organization);
        names.dedup_by_key(|named| named.organization);
        Copied { names, envelopes }
    }
}

/// Returns the newest changes of a version, as they are signed.
#[must_use]
pub fn ids(version: &Heads) -> Vec<ChangeId> {
    version.as_slice().iter().map(|hash| ChangeId(hash.0)).collect()
}
