//! People who edit one document, each on a copy of their own.

use automerge::ActorId;
use crdt_schema::document::{Document, Edit, EditError, FieldPath, ItemId, Splice};
use crdt_schema::gate::{self, Verdict};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{Kind, Timestamp};
use serde_json::Value;

pub(crate) const CASH_FIRST: &str =
    include_str!("../../../node/examples/referral-pathway.cash-first.json");
pub(crate) const DOMESTIC_ABUSE: &str =
    include_str!("../../../node/examples/referral-pathway.domestic-abuse.json");
pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// One person's copy, and every change that was made on it.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) actor: ActorId,
    pub(crate) document: Document,
    pub(crate) changes: Vec<Vec<u8>>,
}

impl Replica {
    pub(crate) fn edit(&mut self, edits: &[Edit]) -> Result<(), EditError> {
        self.edit_at(&self.document.heads(), edits)
    }

    pub(crate) fn edit_at(&mut self, base: &Heads, edits: &[Edit]) -> Result<(), EditError> {
        self.changes.extend(self.document.edit(&self.actor, base, edits, NOW)?);
        Ok(())
    }

    /// Takes all changes of another.
    pub(crate) fn take(&mut self, other: &Self) {
        self.take_from(&other.changes.clone(), &other.actor);
    }

    pub(crate) fn take_from(&mut self, changes: &[Vec<u8>], actor: &ActorId) {
        let changes: Vec<_> = changes.iter().map(|bytes| gate::inspect(bytes).unwrap()).collect();
        let verdict = gate::admit(&self.document, actor, &changes);
        assert!(matches!(verdict, Verdict::Admitted), "{verdict:?}");
        self.document.apply(changes).unwrap();
    }

    pub(crate) fn content(&self) -> Value {
        self.document.content()
    }

    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.content().pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")).clone()
    }

    pub(crate) fn item(&self, list: &str, index: usize) -> ItemId {
        self.document.items(&path(list))[index].clone()
    }
}

pub(crate) fn path(text: &str) -> FieldPath {
    text.parse().unwrap()
}

pub(crate) fn set(at: &str, value: impl Into<Value>) -> Edit {
    Edit::Set { path: path(at), value: value.into() }
}

pub(crate) fn splice(at: &str, splices: &[(usize, usize, &str)]) -> Edit {
    let splice = |(at, delete, insert): &(usize, usize, &str)| Splice {
        at: *at,
        delete: *delete,
        insert: (*insert).to_owned(),
    };
    Edit::Splice { path: path(at), splices: splices.iter().map(splice).collect() }
}

pub(crate) fn patch(operations: Value) -> Edit {
    Edit::JsonPatch(serde_json::from_value(operations).unwrap())
}

pub(crate) fn actor(number: u8) -> ActorId {
    ActorId::from([number; 16].as_slice())
}

/// Returns `N` replicas of a new document.
pub(crate) fn replicas<const N: usize>(content: &Value) -> [Replica; N] {
    let (document, genesis) =
        Document::create(Kind::ReferralPathway, &actor(1), content, NOW).unwrap();
    std::array::from_fn(|index| {
        let number = u8::try_from(index + 1).unwrap();
        let mut replica =
            Replica { actor: actor(number), document: Document::empty(), changes: Vec::new() };
        if index == 0 {
            replica.document = document.clone();
        } else {
            replica.take_from(std::slice::from_ref(&genesis), &actor(1));
        }
        replica
    })
}

pub(crate) fn cash_first() -> Value {
    serde_json::from_str(CASH_FIRST).unwrap()
}

/// Two people edit apart and then meet; returns what both see.
pub(crate) fn meet<const N: usize>(mut replicas: [Replica; N]) -> Replica {
    let before = replicas.clone();
    for replica in &mut replicas {
        for other in &before {
            if other.actor != replica.actor {
                replica.take(other);
            }
        }
    }
    for replica in &replicas {
        assert_eq!(replica.content(), replicas[0].content());
        assert_eq!(replica.document.heads(), replicas[0].document.heads());
        assert_eq!(replica.document.conflicts(), replicas[0].document.conflicts());
    }
    replicas.into_iter().next().unwrap()
}
