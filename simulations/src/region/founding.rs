//! Makes a region that has existed for a while, without living through it: a membership log and documents that are
//! truly signed, read and checked by one engine and then on everyone's disk.

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::codec;
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{EntryId, Name, Role, Timestamp, WorkspaceId};
use crdt_schema::invite::{Invite, Terms};
use crdt_schema::membership::{Act, Entry, Rules};
use engine::message::AddressRecord;
use engine::{Engine, Identity, Record};

use super::{Placed, Region};
use crate::disk::Disk;
use crate::network::Number;
use crate::puppet;
use crate::world::{BEGINNING, World, address};

/// How many organisations one invite lets in.
const USES: u32 = 1_000;
/// The region was founded a month before.
const FOUNDED: Timestamp = Timestamp(BEGINNING - 30 * 24 * super::HOUR);
/// One document in so many is for a few organisations only.
const RESTRICTED: usize = 10;

/// How large a region is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) organizations: usize,
    pub(super) documents: usize,
    pub(super) days: u64,
    pub(super) offline: u64,
}

pub(super) fn found(world: &mut World, size: Size) -> Result<Region> {
    for number in 0..size.organizations {
        let root = world.root_of(number);
        world.place(&root, number, Disk::default())?;
    }
    let identities: Vec<Identity> = world.nodes.iter().map(|node| node.identity.clone()).collect();
    let disk = Disk::default();
    let log = Log::of(world, &identities)?;
    disk.commit(log.records);
    let (documents, records) =
        documents(world, &identities, log.workspace, log.head, size.documents)?;
    disk.commit(records);
    disk.commit(addresses(&identities));

    let base = disk.base();
    let first = identities.first().context("nobody")?.clone();
    let mut common = Engine::open(first, Box::new(Disk::on(&base)), world.chance.bytes(), FOUNDED)?;
    let members = common.reader().workspace(&log.workspace).map(|workspace| workspace.members);
    ensure!(members == Some(size.organizations), "the region has {members:?} members");
    for document in &documents {
        // From here on all have what lists show of it in common, too.
        common.reader().document(&document.id);
        common.persisted();
    }
    for number in 0..size.organizations {
        world.node(number)?.disk = Disk::on(&base);
        world.start_beside(number, &common)?;
    }
    let region = Region {
        workspace: log.workspace,
        invite: log.invite,
        documents,
        organizations: size.organizations,
        days: size.days,
        offline: size.offline,
        closed: vec![false; size.organizations],
        backups: std::collections::BTreeMap::new(),
        restored: Vec::new(),
    };
    Ok(region)
}

/// A membership log in which one steward lets in all others.
struct Log {
    workspace: WorkspaceId,
    head: EntryId,
    records: Vec<Record>,
    invite: String,
}

impl Log {
    fn of(world: &mut World, identities: &[Identity]) -> Result<Self> {
        let (steward, others) = identities.split_first().context("nobody")?;
        let name: Name = "Northmere".parse().context("a name")?;
        let act = Act::Found {
            name: name.clone(),
            nonce: world.chance.bytes(),
            card: steward.card.clone(),
            certificate: steward.certificate.clone(),
            rules: Rules::default(),
        };
        let entry = Entry::new(&steward.key, None, Vec::new(), FOUNDED, act);
        let (head, workspace) = (entry.id(), WorkspaceId::from(entry.id()));
        let mut log = Self { workspace, head, records: Vec::new(), invite: String::new() };
        log.keep(&entry);
        let mut used = USES;
        let mut invite = None;
        for other in others {
            if used >= USES {
                invite = Some(log.invite(world, steward, &name));
                used = 0;
            }
            used += 1;
            let invite = invite.as_ref().context("no invite")?;
            let redemption = invite.redeem(other.card.clone(), other.certificate.clone());
            let (key, parents) = (&steward.key, vec![log.head]);
            let act = Act::Admit(redemption);
            log.keep(&Entry::new(key, Some(workspace), parents, FOUNDED, act));
        }
        log.invite = log.invite(world, steward, &name).to_text();
        Ok(log)
    }

    fn keep(&mut self, entry: &Entry) {
        let bytes = entry.to_bytes();
        self.head = Entry::id_of(&bytes);
        self.records.push(Record::Entry { workspace: self.workspace, id: self.head, bytes });
    }

    fn invite(&self, world: &mut World, steward: &Identity, name: &Name) -> Invite {
        let terms = Terms {
            role: Role::Editor,
            uses: USES,
            created: FOUNDED,
            expires: Timestamp(BEGINNING + 10_000 * 24 * super::HOUR),
            approval: false,
            only_for: None,
        };
        let contact = record_of(steward, 0).contact;
        let (secret, workspace) = (world.chance.bytes(), (self.workspace, name.clone()));
        Invite::new(&steward.key, &steward.card, workspace, terms, secret, vec![contact])
    }
}

fn documents(
    world: &mut World,
    identities: &[Identity],
    workspace: WorkspaceId,
    head: EntryId,
    each: usize,
) -> Result<(Vec<Placed>, Vec<Record>)> {
    let (mut documents, mut records) = (Vec::new(), Vec::new());
    for (owner, identity) in identities.iter().enumerate() {
        for count in 0..each {
            let is_for_all = (owner * each + count) % RESTRICTED != 1;
            let audience =
                if is_for_all { Audience::default() } else { a_few(world, identities, owner) };
            let chance = &mut world.chance;
            let draft =
                puppet::first_envelope_for(identity, workspace, vec![head], audience, chance)?;
            let (document, time) = (draft.header.document, draft.header.time);
            let bytes = draft.seal(&identity.key);
            let id = Envelope::id_of(&bytes);
            records.push(Record::Envelope { workspace, document, id, time, bytes });
            documents.push(Placed { id: document, owner, is_for_all });
        }
    }
    Ok((documents, records))
}

/// Returns an audience of the owner and up to three others.
pub(super) fn a_few(world: &mut World, identities: &[Identity], owner: Number) -> Audience {
    let mut chosen = vec![owner];
    chosen.extend((0..3).map(|_| world.chance.index(identities.len())));
    let named = chosen.into_iter().filter_map(|number| identities.get(number));
    let named = named.map(|identity| identity.card.organization).collect();
    Audience { read: Circle::Named(named), ..Audience::default() }
}

/// Where each node was when others last heard of it.
fn addresses(identities: &[Identity]) -> Vec<Record> {
    let records = identities.iter().enumerate().map(|(number, identity)| {
        let record = record_of(identity, number);
        Record::Local {
            key: format!("address/{}", record.node()),
            value: Some(codec::encode(&record)),
        }
    });
    records.collect()
}

fn record_of(identity: &Identity, number: Number) -> AddressRecord {
    AddressRecord::new(&identity.key, vec![address(number)], FOUNDED)
}
