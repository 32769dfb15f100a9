//! One envelope as the difference to one that went before.

use automerge::ChangeHash;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::chunk::{self, Expected};
use super::{Memory, PackError, Past};
use crate::codec::SignatureBytes;
use crate::envelope::{self, Content, Envelope, Genesis, Header};
use crate::identity::{
    DocumentId, EntryId, EnvelopeId, NodeId, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crate::key::Person;

/// What is not here is as in the envelope `back` places before, or follows from it.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct Thin {
    #[n(0)]
    back: Option<u32>,
    #[n(1)]
    signature: Option<SignatureBytes>,
    /// Milliseconds after that one.
    #[n(2)]
    later: Option<i64>,
    /// Changes in their short form; not with `content`.
    #[n(3)]
    changes: Option<Vec<ByteVec>>,
    #[n(4)]
    content: Option<Content>,
    #[n(5)]
    genesis: Option<Genesis>,
    #[n(6)]
    document: Option<DocumentId>,
    #[n(7)]
    session: Option<SessionId>,
    /// With it `previous` is as said; without it, it is the next in the same chain.
    #[n(8)]
    seq: Option<u64>,
    #[n(9)]
    previous: Option<EnvelopeId>,
    #[n(10)]
    person: Option<Person>,
    #[n(11)]
    membership: Option<Vec<EntryId>>,
    #[n(12)]
    access: Option<Vec<EnvelopeId>>,
    #[n(13)]
    node: Option<NodeId>,
    #[n(14)]
    organization: Option<OrganizationId>,
    #[n(15)]
    workspace: Option<WorkspaceId>,
    #[n(16)]
    resumes: Option<Vec<EnvelopeId>>,
    #[n(17)]
    time: Option<Timestamp>,
    #[n(18)]
    version: Option<u8>,
}

fn differs<T: PartialEq + Clone>(value: &T, base: Option<&T>) -> Option<T> {
    (base != Some(value)).then(|| value.clone())
}

impl Thin {
    /// Thins an envelope.
    pub(super) fn of(envelope: Envelope, memory: &Memory) -> Self {
        let Envelope { header, genesis, content, signature } = envelope;
        let (back, base) = match memory.closest(&header) {
            Some((back, base)) => (Some(back), Some(base)),
            None => (None, None),
        };
        let had = base.as_ref().map(|base| &base.header);
        let continues = base.as_ref().is_some_and(|base| {
            is_one_chain(&base.header, &header)
                && base.header.seq.checked_add(1) == Some(header.seq)
                && header.previous == Some(base.id)
        });
        let later = had.and_then(|had| {
            i64::try_from(i128::from(header.time.0).checked_sub(i128::from(had.time.0))?).ok()
        });
        let (changes, content) =
            shorten(content, base.as_deref().and_then(|base| base.change.as_ref()), &header);
        Self {
            back,
            signature: Some(signature),
            later,
            changes,
            content,
            genesis,
            document: differs(&header.document, had.map(|had| &had.document)),
            session: differs(&header.session, had.map(|had| &had.session)),
            seq: (!continues).then_some(header.seq),
            previous: if continues { None } else { header.previous },
            person: differs(&header.person, had.map(|had| &had.person)),
            membership: differs(&header.membership, had.map(|had| &had.membership)),
            access: differs(&header.access, had.map(|had| &had.access)),
            node: differs(&header.node, had.map(|had| &had.node)),
            organization: differs(&header.organization, had.map(|had| &had.organization)),
            workspace: differs(&header.workspace, had.map(|had| &had.workspace)),
            resumes: (!header.resumes.is_empty()).then(|| header.resumes.clone()),
            time: later.is_none().then_some(header.time),
            version: differs(&header.version, had.map(|had| &had.version)),
        }
    }

    /// Puts the envelope together again; returns its bytes and what both ends remember of it.
    pub(super) fn whole(self, memory: &Memory) -> Result<(Vec<u8>, Past), PackError> {
        let base = match self.back {
            Some(back) => Some(memory.back(back).ok_or(PackError::OutOfStep)?),
            None => None,
        };
        let had = base.map(|base| &base.header);
        let time = match (self.later, had) {
            (Some(later), Some(had)) => had.time.0.checked_add_signed(later).map(Timestamp),
            _ => self.time,
        };
        let (seq, previous) = match (self.seq, base) {
            (Some(seq), _) => (Some(seq), self.previous),
            (None, Some(base)) => (base.header.seq.checked_add(1), Some(base.id)),
            (None, None) => (None, None),
        };
        let or = PackError::Malformed;
        let header = Header {
            version: self.version.or(had.map(|had| had.version)).ok_or(or)?,
            workspace: self.workspace.or(had.map(|had| had.workspace)).ok_or(or)?,
            document: self.document.or(had.map(|had| had.document)).ok_or(or)?,
            organization: self.organization.or(had.map(|had| had.organization)).ok_or(or)?,
            node: self.node.or(had.map(|had| had.node)).ok_or(or)?,
            person: self.person.or_else(|| had.map(|had| had.person.clone())).ok_or(or)?,
            session: self.session.or(had.map(|had| had.session)).ok_or(or)?,
            seq: seq.ok_or(or)?,
            previous,
            membership: self
                .membership
                .or_else(|| had.map(|had| had.membership.clone()))
                .ok_or(or)?,
            access: self.access.or_else(|| had.map(|had| had.access.clone())).ok_or(or)?,
            time: time.ok_or(or)?,
            content: [0; 32],
            resumes: self.resumes.unwrap_or_default(),
        };
        let before = base.and_then(|base| base.change.as_ref());
        let (content, change) = match (self.changes, self.content) {
            (Some(changes), None) => lengthen(changes, before, &header).ok_or(or)?,
            (None, Some(content)) => {
                let change = last_of(&content);
                (content, change)
            }
            _ => return Err(or),
        };
        let signature = self.signature.ok_or(or)?;
        let envelope = Envelope::assemble(header, self.genesis, content, signature);
        let bytes = envelope.to_bytes();
        let id = Envelope::id_of(&bytes);
        Ok((bytes, Past { id, header: envelope.header, change }))
    }
}

impl Memory {
    /// Returns the envelope that one differs least from, and how many places back it is.
    fn closest(&self, header: &Header) -> Option<(u32, std::sync::Arc<Past>)> {
        let back = |test: fn(&Header, &Header) -> bool| {
            self.past.iter().rev().position(|past| test(&past.header, header))
        };
        let at = back(is_one_chain)
            .or_else(|| back(|a, b| a.document == b.document))
            .or_else(|| back(|a, b| a.node == b.node))
            .or_else(|| back(|a, b| a.workspace == b.workspace))?;
        let past = self.past.iter().rev().nth(at)?;
        Some((u32::try_from(at.checked_add(1)?).ok()?, past.clone()))
    }
}

fn is_one_chain(a: &Header, b: &Header) -> bool {
    (a.document, a.node, a.session) == (b.document, b.node, b.session)
}

type Shortened = (Option<Vec<ByteVec>>, Option<Content>);

/// Shortens changes if all of them can be; `before` is the last change of the envelope that this one differs from.
fn shorten(content: Content, before: Option<&ChangeHash>, header: &Header) -> Shortened {
    let Content::Changes(changes) = &content else { return (None, Some(content)) };
    let actor = envelope::actor(&header.node, &header.session);
    let mut before = before.copied();
    let short = changes.iter().map(|change| {
        let expected = Expected { before: before.as_ref(), actor: actor.to_bytes() };
        let short = chunk::shorten(change, &expected)?;
        before = chunk::hash_of(change);
        Some(short.into())
    });
    match short.collect::<Option<Vec<ByteVec>>>() {
        Some(short) => (Some(short), None),
        None => (None, Some(content)),
    }
}

fn lengthen(
    changes: Vec<ByteVec>,
    before: Option<&ChangeHash>,
    header: &Header,
) -> Option<(Content, Option<ChangeHash>)> {
    let actor = envelope::actor(&header.node, &header.session);
    let mut before = before.copied();
    let mut whole = Vec::with_capacity(changes.len());
    for short in changes {
        let expected = Expected { before: before.as_ref(), actor: actor.to_bytes() };
        let (change, hash) = chunk::lengthen(&short, &expected)?;
        before = Some(hash);
        whole.push(change.into());
    }
    Some((Content::Changes(whole), before))
}

fn last_of(content: &Content) -> Option<ChangeHash> {
    let Content::Changes(changes) = content else { return None };
    chunk::hash_of(changes.last()?)
}
