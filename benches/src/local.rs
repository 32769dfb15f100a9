//! Engines in this process: to fill nodes quickly with what is really signed, and to count what two of them say.

mod shelf;
mod pair;
mod fill;

pub use fill::{Filled, edit, fill, items, make, type_in};
pub use pair::{Direction, Pair, Talk};
pub use shelf::Memory;

use std::path::Path;

use anyhow::{Context, Result, bail};
use crdt_schema::codec;
use crdt_schema::identity::{Name, PersonId, Sector, Timestamp, WorkspaceId};
use crdt_schema::key::{NodeCertificate, NodeKey, OrganizationCard, Person, RootKey};
use engine::{Command, CommandId, Done, Effects, Engine, Identity, Input, Record, Shelf, Signal};
use storage::Store;

const TWO_DAYS: u64 = 2 * 24 * 60 * 60 * 1_000;

/// Where an engine keeps its records.
#[derive(Clone, Debug)]
pub enum Keeper {
    Memory(Memory),
    Disk(Store),
}

impl Keeper {
    fn shelf(&self) -> Box<dyn Shelf> {
        match self {
            Self::Memory(memory) => Box::new(memory.clone()),
            Self::Disk(store) => Box::new(store.clone()),
        }
    }

    fn keep(&self, records: Vec<Record>) -> Result<()> {
        match self {
            Self::Memory(memory) => memory.keep(records),
            Self::Disk(store) => store.commit(&records).context("the store refused")?,
        }
        Ok(())
    }
}

/// One engine with its clock and what it keeps.
#[derive(Debug)]
pub struct Local {
    pub engine: Engine,
    pub identity: Identity,
    pub keeper: Keeper,
    pub now: Timestamp,
    commands: u64,
    /// Handled, but not yet kept.
    waiting: Vec<Record>,
}

impl Local {
    /// Opens an engine on what is kept.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn open(
        identity: Identity,
        keeper: Keeper,
        seed: [u8; 32],
        now: Timestamp,
    ) -> Result<Self> {
        let engine = Engine::open(identity.clone(), keeper.shelf(), seed, now)?;
        Ok(Self { engine, identity, keeper, now, commands: 0, waiting: Vec::new() })
    }

    /// Opens the node of a data folder that `fingerpost init` made and that no process uses.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of_folder(data: &Path, seed: [u8; 32]) -> Result<Self> {
        let bytes = std::fs::read(data.join("identity.cbor")).context("reading who the node is")?;
        let (card, certificate): (OrganizationCard, NodeCertificate) =
            codec::decode(&bytes, bytes.len()).context("reading who the node is")?;
        let secret = std::fs::read(data.join("keys/node.key")).context("reading the node's key")?;
        let secret = secret.try_into().ok().context("the node's key has another length")?;
        let identity = Identity { card, certificate, key: NodeKey::from_seed(&secret) };
        let store = Store::open(data).context("opening the store")?;
        // What is filled in takes seconds by this clock and must not lie in the future.
        let now = Timestamp(crate::clock::timestamp().0.saturating_sub(TWO_DAYS));
        Self::open(identity, Keeper::Disk(store), seed, now)
    }

    /// Makes an organisation whose node keeps everything in memory.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory(number: u8) -> Result<Self> {
        let identity = identity(number)?;
        let keeper = Keeper::Memory(Memory::default());
        Self::open(identity, keeper, [number; 32], Timestamp(1_790_000_000_000))
    }

    /// Lets the engine handle an input; what it wants kept waits for [`Self::commit`].
    pub fn handle(&mut self, input: Input) -> Effects {
        let mut effects = self.engine.handle(self.now, input);
        self.waiting.append(&mut effects.persist);
        effects
    }

    /// Keeps what waits.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn commit(&mut self) -> Result<()> {
        self.keeper.keep(std::mem::take(&mut self.waiting))?;
        self.engine.persisted();
        Ok(())
    }

    /// Returns how many bytes of envelopes and entries wait to be kept.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        let size = |record: &Record| match record {
            Record::Entry { bytes, .. } | Record::Envelope { bytes, .. } => bytes.len(),
            Record::Local { .. } | Record::Cache { .. } => 0,
        };
        self.waiting.iter().map(size).sum()
    }

    /// Does something; nothing is kept before [`Self::commit`].
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn act(&mut self, command: Command) -> Result<Done> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let effects = self.handle(Input::Command(id, command));
        for signal in effects.notify {
            if let Signal::Answer(of, outcome) = signal
                && of == id
            {
                return Ok(outcome?);
            }
        }
        bail!("a command was not answered")
    }

    /// Returns the first workspace.
    ///
    /// # Errors
    /// If there is none.
    pub fn workspace(&mut self) -> Result<WorkspaceId> {
        let all = self.engine.reader().workspaces();
        Ok(all.first().context("the node has no workspace")?.id)
    }
}

/// Returns the person whom all that is made here is put down to.
///
/// # Errors
/// Never in practice.
pub fn person() -> Result<Person> {
    Ok(Person { id: PersonId([1; 16]), name: name("Amina Yusuf")? })
}

/// Makes an organisation with one node from a number.
///
/// # Errors
/// Never in practice.
pub fn identity(number: u8) -> Result<Identity> {
    let (root, key) = (RootKey::from_seed(&[number; 32]), NodeKey::from_seed(&[number ^ 0x80; 32]));
    let card = root.card(name(&format!("Organisation {number}"))?, Sector::Vcs);
    let certificate = root.certify(&key, Timestamp(1));
    Ok(Identity { card, certificate, key })
}

pub(crate) fn name(text: &str) -> Result<Name> {
    text.parse().ok().with_context(|| format!("{text:?} is no name"))
}
