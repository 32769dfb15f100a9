//! The gate: nothing from a peer reaches Automerge except through it.
//!
//! [`inspect`] looks at the bytes of one change alone; [`admit`] judges changes against what they build on. The
//! verdict depends on the change and its ancestors only, never on what else is here, the time, or the order of arrival:
//! every node comes to the same one. `docs/merging.md` tells what each check is there for.

mod columns;
mod letters;
mod operations;
mod run;
mod trial;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Change, ChangeHash};

use crate::document::{Document, Graph, Known};
use crate::limits;
use letters::Letters;
use operations::Reach;
pub use run::{Broken, Run};
pub(crate) use trial::Cache;

/// Automerge marks the actors of edits at old versions with these bytes, the level and the base actor.
const DERIVED: [u8; 4] = [0x13, 0xb2, 0x23, 0x09];
/// The latest time of a change, in seconds. Automerge adds differences of times, which must not overflow.
const LATEST: i64 = 1 << 40;

/// One change that passed the checks that need nothing but its bytes.
#[derive(Clone, Debug)]
pub struct PlainChange {
    change: Change,
}

/// What the gate says of the changes of one envelope.
#[derive(Debug)]
pub enum Verdict {
    /// All of them may be applied.
    Admitted,
    /// These are needed first.
    Missing(Vec<ChangeHash>),
    /// None of them will ever be applied.
    Refused(Refusal),
}

/// Why a change is refused, for ever and everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    #[error("it is longer than allowed")]
    TooLong,
    #[error("it is not a plain change")]
    NotAChange,
    #[error("it is not exactly one change")]
    NotOneChunk,
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it cannot be read")]
    Malformed,
    #[error("it carries a message, an author or other things that no edit makes")]
    Extras,
    #[error("it is not written the one way it should be")]
    NotCanonical,
    #[error("its time is out of range")]
    Time,
    #[error("its dependencies are too many, unsorted or redundant")]
    Dependencies,
    #[error("it names too many actors")]
    Actors,
    #[error("its actor is not the one of its author")]
    ForeignActor,
    #[error("the document has its first change already")]
    SecondGenesis,
    #[error("it does not follow its author's previous change")]
    Sequence,
    #[error("its operation numbers do not follow those it builds on")]
    OperationNumber,
    #[error("it has no operation")]
    Empty,
    #[error("it has too many operations")]
    TooManyOperations,
    #[error("a field has no name or one that is too long")]
    Key,
    #[error("it does something that no edit does")]
    Action,
    #[error("it touches something that its author could not know")]
    UnknownTarget,
    #[error("it nests too deep")]
    Depth,
    #[error("the document would grow too large")]
    DocumentTooLarge,
    #[error("the document would not survive it")]
    Trial,
}

impl Refusal {
    /// Returns the word that counts refusals in metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotAChange => "not_a_change",
            Self::NotOneChunk => "not_one_chunk",
            Self::Checksum => "checksum",
            Self::Malformed => "malformed",
            Self::Extras => "extras",
            Self::NotCanonical => "not_canonical",
            Self::Time => "time",
            Self::Dependencies => "dependencies",
            Self::Actors => "actors",
            Self::ForeignActor => "foreign_actor",
            Self::SecondGenesis => "second_genesis",
            Self::Sequence => "sequence",
            Self::OperationNumber => "operation_number",
            Self::Empty => "empty",
            Self::TooManyOperations => "too_many_operations",
            Self::Key => "key",
            Self::Action => "action",
            Self::UnknownTarget => "unknown_target",
            Self::Depth => "depth",
            Self::DocumentTooLarge => "document_too_large",
            Self::Trial => "trial",
        }
    }
}

impl PlainChange {
    /// Returns its hash.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        self.change.hash()
    }

    /// Returns the changes it builds on.
    #[must_use]
    pub fn deps(&self) -> &[ChangeHash] {
        self.change.deps()
    }

    /// Returns the Automerge actor.
    #[must_use]
    pub fn actor(&self) -> &ActorId {
        self.change.actor_id()
    }

    /// Returns which of its actor's changes it is, counted from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.change.seq()
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.change.raw_bytes()
    }

    pub(crate) fn into_change(self) -> Change {
        self.change
    }
}

/// Reads one change and checks all that its bytes alone can tell.
///
/// # Errors
/// Why it is refused.
pub fn inspect(bytes: &[u8]) -> Result<PlainChange, Refusal> {
    columns::check(bytes)?;
    // Automerge's readers were not written for bytes that somebody made up: what they panic on is no change.
    let change = guard(Refusal::Malformed, || {
        let change = Change::from_bytes(bytes.to_vec()).map_err(|_| Refusal::Malformed)?;
        let again = Change::from(change.decode());
        if again.raw_bytes() == bytes { Ok(change) } else { Err(Refusal::NotCanonical) }
    })?;
    if change.message().is_some() || change.author().is_some() || !change.extra_bytes().is_empty() {
        return Err(Refusal::Extras);
    }
    if change.is_empty() {
        return Err(Refusal::Empty);
    }
    if !(0..=LATEST).contains(&change.timestamp()) {
        return Err(Refusal::Time);
    }
    if change.max_op() > limits::MAX_OP {
        return Err(Refusal::OperationNumber);
    }
    if !change.deps().is_sorted_by(|a, b| a < b) {
        return Err(Refusal::Dependencies);
    }
    Ok(PlainChange { change })
}

/// Judges the changes of one envelope, in order; each may build on those before it.
///
/// `actor` is the base actor that belongs to the envelope's node and session. The envelopes of one session are judged
/// in the order of their chain, so that what a session wrote earlier counts as an ancestor too.
#[must_use]
pub fn admit(known: &Document, actor: &ActorId, changes: &[PlainChange]) -> Verdict {
    admit_from(known, &vec![vec![actor.clone()]; changes.len()], changes)
}

/// Judges the changes of one envelope as [`admit`] does, where each has base actors of its own to choose from.
#[must_use]
pub fn admit_from(known: &Document, actors: &[Vec<ActorId>], changes: &[PlainChange]) -> Verdict {
    admit_with(known, actors, changes, Trial::Apart)
}

/// Where a change is tried that does more than write letters and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trial {
    /// On a document apart, with nothing in it but what the change builds on.
    Apart,
    /// By whoever asks, who applies it to a copy that holds just that.
    ByApplying,
}

fn admit_with(
    known: &Document,
    actors: &[Vec<ActorId>],
    changes: &[PlainChange],
    trial: Trial,
) -> Verdict {
    let is_by_one = |(change, actors): (&PlainChange, &Vec<ActorId>)| {
        actors.iter().any(|actor| belongs(change.actor(), actor))
    };
    if actors.len() != changes.len() || !changes.iter().zip(actors).all(is_by_one) {
        return Verdict::Refused(Refusal::ForeignActor);
    }
    let missing = missing_of(known.graph().known(), changes);
    if !missing.is_empty() {
        return Verdict::Missing(missing);
    }
    match judge(known, changes, trial) {
        Ok(()) => Verdict::Admitted,
        Err(refusal) => Verdict::Refused(refusal),
    }
}

fn missing_of(known: Known<'_>, changes: &[PlainChange]) -> Vec<ChangeHash> {
    let mut before = BTreeSet::new();
    let mut missing = BTreeSet::new();
    for change in changes {
        let is_missing = |dep: &&ChangeHash| !known.contains(dep) && !before.contains(*dep);
        missing.extend(change.deps().iter().filter(is_missing).copied());
        before.insert(change.hash());
    }
    missing.into_iter().collect()
}

fn judge(document: &Document, changes: &[PlainChange], trial: Trial) -> Result<(), Refusal> {
    let mut added = Graph::default();
    let mut all = Cow::Borrowed(document.automerge());
    let mut judged: Option<&Change> = None;
    let nothing = Letters::default();
    for PlainChange { change } in changes {
        if document.graph().with(&added).contains(&change.hash()) {
            continue;
        }
        if let Some(before) = judged.replace(change) {
            let all = all.to_mut();
            guard(Refusal::Trial, || {
                all.apply_changes([before.clone()]).map_err(|_| Refusal::Trial)
            })?;
        }
        let known = document.graph().with(&added);
        follows(known, change, document.graph().is_empty() && added.is_empty())?;
        let expanded = guard(Refusal::Malformed, || Ok(change.decode()))?;
        match operations::check(&all, &nothing, known, &expanded)? {
            // Letters in a text, at places that are known to be there, and values in fields that replace exactly what
            // stood there: the most frequent changes by far, and what an honest editor writes to the letter. There is
            // nothing that a trial could find.
            Reach::Values => {}
            Reach::Structure if trial == Trial::ByApplying => {}
            Reach::Structure => trial::run(document, &all, known, change)?,
        }
        let entry = known.entry(change);
        added.insert(change.hash(), entry);
    }
    Ok(())
}

/// Checks how a change hangs together with those it builds on.
fn follows(known: Known<'_>, change: &Change, is_first: bool) -> Result<(), Refusal> {
    let deps = change.deps();
    if deps.is_empty() != is_first {
        return Err(if is_first { Refusal::Dependencies } else { Refusal::SecondGenesis });
    }
    if known.without_redundant(deps).len() != deps.len() {
        return Err(Refusal::Dependencies);
    }
    let before = known.count(change.actor_id());
    if change.seq() != u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1) {
        return Err(Refusal::Sequence);
    }
    if let Some(last) = before.checked_sub(1).and_then(|last| known.nth(change.actor_id(), last))
        && !known.covers(deps, last)
    {
        return Err(Refusal::Sequence);
    }
    let highest = known.max_op(deps);
    let start = change.start_op().get();
    if start <= highest || start - highest > limits::OP_GAP {
        return Err(Refusal::OperationNumber);
    }
    let bytes = limits::DOCUMENT_BYTES.saturating_sub(change.raw_bytes().len());
    let (size, actors) = known.size_beyond(deps, bytes, limits::ACTORS_PER_DOCUMENT - 1);
    if size > bytes {
        return Err(Refusal::DocumentTooLarge);
    }
    // Who wrote before is among them already.
    if actors + usize::from(before == 0) > limits::ACTORS_PER_DOCUMENT {
        return Err(Refusal::Actors);
    }
    Ok(())
}

/// Does an actor belong to the base actor: is it that one, or one that Automerge derives from it for old versions?
pub(crate) fn belongs(actor: &ActorId, base: &ActorId) -> bool {
    if actor == base {
        return true;
    }
    let Some(rest) = actor.to_bytes().strip_prefix(&DERIVED) else { return false };
    let Some(level) = rest.strip_suffix(base.to_bytes()) else { return false };
    let number = level.iter().rev().try_fold(0_u64, |number, byte| {
        number.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))
    });
    let is_spelled = level.split_last().is_some_and(|(last, first)| {
        // One number has one spelling: only the last byte ends it, and it is not zero behind others.
        first.iter().all(|byte| byte & 0x80 != 0)
            && last & 0x80 == 0
            && (first.is_empty() || *last != 0)
    });
    is_spelled && number.is_some_and(|number| (1..=limits::ACTOR_LEVELS).contains(&number))
}

/// Returns an actor of this base actor that has written nothing but what `base` holds.
pub(crate) fn free_actor(known: Known<'_>, actor: &ActorId, base: &[ChangeHash]) -> ActorId {
    let is_free = |candidate: &ActorId| {
        let last =
            known.count(candidate).checked_sub(1).and_then(|last| known.nth(candidate, last));
        last.is_none_or(|last| known.covers(base, last))
    };
    let derived = (1..=limits::ACTOR_LEVELS).map(|level| derive(actor, level));
    std::iter::once(actor.clone()).chain(derived).find(is_free).unwrap_or_else(|| actor.clone())
}

/// Returns the actor that Automerge derives from a base actor.
fn derive(base: &ActorId, level: u64) -> ActorId {
    let mut bytes = DERIVED.to_vec();
    let mut rest = level;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes.extend_from_slice(base.to_bytes());
    ActorId::from(bytes)
}

/// Does something that Automerge might panic on.
fn guard<T>(refusal: Refusal, work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| refusal)?
}
