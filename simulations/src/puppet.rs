//! What a puppet can say: messages made by hand, true and false.

use anyhow::{Context, Result};
use crdt_schema::audience::Audience;
use crdt_schema::document::Document;
use crdt_schema::envelope::{Content, Envelope, Genesis, Header, VERSION, actor};
use crdt_schema::identity::{
    DocumentId, EntryId, EnvelopeId, Kind, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::key::{NodeKey, RootKey};
use crdt_schema::membership::{Entry, Log};
use engine::message::{AddressRecord, Message, PlaceOnWire, pack_anew};
use engine::{Identity, Shelf};
use minicbor::bytes::ByteVec;

use crate::ask::short;
use crate::chance::Chance;
use crate::disk::Disk;
use crate::network::Number;
use crate::people::person;
use crate::world::World;

/// The membership log that a disk holds.
///
/// # Errors
/// If it cannot be read.
pub fn log(disk: &Disk, workspace: WorkspaceId) -> Result<Log> {
    let mut log = None::<Log>;
    for (of, bytes) in disk.entries()? {
        if of == workspace {
            let entry = Entry::from_bytes(&bytes)?;
            match &mut log {
                Some(log) => drop(log.insert(entry)?),
                None => log = Some(Log::found(entry)?),
            }
        }
    }
    log.context("the disk holds no such workspace")
}

/// An envelope that is not signed yet.
#[derive(Clone, Debug)]
pub struct Draft {
    pub header: Header,
    pub genesis: Option<Genesis>,
    pub changes: Vec<ByteVec>,
}

impl Draft {
    /// Takes a signed one apart; a step of an access log has no changes.
    ///
    /// # Errors
    /// If the bytes are no envelope.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let envelope = Envelope::from_bytes(bytes)?;
        let changes = envelope.changes().cloned().collect::<Vec<_>>();
        Ok(Self { header: envelope.header, genesis: envelope.genesis, changes })
    }

    /// Returns it with something changed.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// Signs it.
    #[must_use]
    pub fn seal(self, key: &NodeKey) -> Vec<u8> {
        Envelope::seal(key, self.header, self.genesis, Content::Changes(self.changes)).to_bytes()
    }
}

/// Returns the first envelope of a new document, as an honest node would make it.
///
/// # Errors
/// If the content does not fit.
pub fn first_envelope(
    identity: &Identity,
    workspace: WorkspaceId,
    membership: Vec<EntryId>,
    chance: &mut Chance,
) -> Result<Draft> {
    first_envelope_for(identity, workspace, membership, Audience::default(), chance)
}

/// The same for an audience.
///
/// # Errors
/// If the content does not fit.
pub fn first_envelope_for(
    identity: &Identity,
    workspace: WorkspaceId,
    membership: Vec<EntryId>,
    audience: Audience,
    chance: &mut Chance,
) -> Result<Draft> {
    let session = SessionId(chance.bytes());
    let genesis = Genesis {
        workspace,
        kind: Kind::ReferralPathway,
        audience,
        owner: identity.card.organization,
        created: Timestamp(1_795_305_600_000),
        nonce: chance.bytes(),
        node: identity.key.id(),
        session,
        origin: None,
    };
    let author = actor(&identity.key.id(), &session);
    let (_, change) = Document::create(genesis.kind, &author, &short("By hand"), genesis.created)?;
    let header = Header {
        version: VERSION,
        workspace,
        document: genesis.id(),
        organization: identity.card.organization,
        node: identity.key.id(),
        person: person(0)?,
        session,
        seq: 1,
        previous: None,
        membership,
        access: Vec::new(),
        time: genesis.created,
        content: [0; 32],
        resumes: vec![],
    };
    Ok(Draft { header, genesis: Some(genesis), changes: vec![change.into()] })
}

/// Returns one message of every kind about a workspace, as somebody without any right would make them.
///
/// # Errors
/// Never: the names fit.
pub fn one_of_each(identity: &Identity, workspace: WorkspaceId, seed: u64) -> Result<Vec<Message>> {
    // The same chance for every workspace, so that answers can be compared.
    let mut chance = Chance::new(seed, "one of each");
    let heads = vec![EntryId::from(workspace), EntryId(chance.bytes())];
    let draft = first_envelope(identity, workspace, heads.clone(), &mut chance)?;
    let document = DocumentId(chance.bytes());
    let envelope = draft.seal(&identity.key);
    let ids = vec![EnvelopeId(chance.bytes()), Envelope::id_of(&envelope)];
    let root = RootKey::from_seed(&chance.bytes());
    let key = NodeKey::from_seed(&chance.bytes());
    let entry = Entry::new(
        &identity.key,
        Some(workspace),
        heads.clone(),
        Timestamp(1),
        crdt_schema::membership::Act::Certify(root.certify(&key, Timestamp(1))),
    );
    let place = PlaceOnWire { path: "/title".to_owned(), caret: 0, heads: String::new() };
    Ok(vec![
        Message::Membership { workspace, heads },
        Message::Membership { workspace, heads: vec![EntryId::from(workspace)] },
        Message::Entries {
            workspace,
            entries: vec![entry.to_bytes().into(), vec![1, 2, 3].into()],
        },
        Message::Entries { workspace, entries: Vec::new() },
        Message::Unknown { workspace },
        Message::Refused { workspace, reason: engine::message::Reason::Expired },
        Message::Return(identity.certificate.clone()),
        Message::Return(root.certify(&identity.key, Timestamp(1))),
        Message::Reconcile { workspace, first: true, frame: vec![0x61].into(), round: 1 },
        Message::Offer { workspace, ids: ids.clone(), mark: Some(1) },
        Message::Want { workspace, ids },
        Message::Wanted { workspace, pack: pack_anew(&[&envelope]) },
        Message::Lazy { workspace },
        Message::Give { workspace, from: None, frames: 9 },
        Message::Given { workspace, pack: pack_anew(&[&envelope]), next: None },
        Message::Again { workspace },
        Message::News { workspace, pack: pack_anew(&[envelope]), mark: Some(2) },
        Message::Stored { workspace, mark: 3 },
        Message::Addresses(vec![AddressRecord::new(
            &identity.key,
            vec!["/ip4/8.8.8.8/tcp/1".to_owned()],
            Timestamp(1),
        )]),
        Message::Presence { document, person: person(0)?, at: Some(place) },
    ])
}

impl World {
    /// Lets a puppet say something to a node and returns what that node answers; connects them first.
    ///
    /// # Errors
    /// If they cannot meet.
    pub fn answers(&mut self, puppet: Number, to: Number, frame: Vec<u8>) -> Result<Vec<Vec<u8>>> {
        self.connect(puppet, to)?;
        self.heard_by(puppet)?;
        self.say(puppet, to, frame);
        self.run_for(400)?;
        Ok(self
            .heard_by(puppet)?
            .into_iter()
            .filter(|(from, _)| *from == to)
            .map(|(_, frame)| frame)
            .collect())
    }
}
