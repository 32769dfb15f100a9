//! [`Document`]: what people write together.
//!
//! This module and the [`gate`] are the only ones that touch Automerge. How each field merges is said in
//! [`documents`] and explained in `docs/merging.md`.

mod again;
mod authors;
mod compare;
mod conflicts;
mod differences;
mod graph;
mod incoming;
mod order;
mod patch;
mod path;
mod read;
mod reconcile;
mod shown;
mod spot;
mod text;
mod values;
mod write;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use automerge::transaction::CommitOptions;
use automerge::{
    ActorId, Automerge, AutomergeError, Change, ChangeHash, ObjId, PatchLog, ReadDoc, TextEncoding,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use authors::{Run, TextField};
pub use compare::{ChangeKind, FieldChange};
pub use conflicts::Conflict;
pub use incoming::{Choice, Incoming, Standing, Unrelated};
pub use path::{FieldPath, ItemId, ParsePath};
pub use spot::Spot;
pub use text::Splice;

use crate::documents;
use crate::gate::{self, Cache, PlainChange};
use crate::heads::Heads;
use crate::identity::{Kind, Timestamp};
use crate::limits;
pub(crate) use graph::{Graph, Known};
use read::{Node, Shape};
pub(crate) use read::{POSITIONS, View};
use write::Writer;

/// One document with its whole history.
#[derive(Clone, Debug)]
pub struct Document {
    automerge: Automerge,
    graph: Graph,
    trial_cache: Cache,
    shown: shown::Shown,
    differences: differences::Differences,
}

/// What a person wants to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Makes a field or an item hold a value, changing what is there as little as possible. Where others chose
    /// differently at the same time, this settles it.
    Set { path: FieldPath, value: Value },
    /// Changes a text, one splice after the other.
    Splice { path: FieldPath, splices: Vec<Splice> },
    /// Inserts an item after another; without one, first.
    Insert { list: FieldPath, after: Option<ItemId>, value: Value },
    /// Moves an item after another; without one, to the start. What others write in it meanwhile stays.
    Move { list: FieldPath, item: ItemId, after: Option<ItemId> },
    /// Takes a field or an item away.
    Remove { path: FieldPath },
    /// A JSON Merge Patch (RFC 7396) over the whole content.
    MergePatch(Value),
    /// A JSON Patch (RFC 6902) over the whole content.
    JsonPatch(json_patch::Patch),
}

/// The version is not one of this document's, or not yet known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this version is not known here")]
pub struct UnknownVersion;

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadTextError {
    #[error("this version is not known here")]
    UnknownVersion,
    #[error("there is no text at {path:?}", path = .path.to_string())]
    NotAText { path: FieldPath },
}

/// Why an edit is refused. Nothing of it was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    #[error("the version that this edit starts from is not known here")]
    UnknownVersion,
    #[error("there is nothing at {path:?}", path = .path.to_string())]
    NotFound { path: FieldPath },
    #[error("there is no item {item} in this list")]
    NoSuchItem { item: ItemId },
    #[error("{path:?} is not {expected}", path = .path.to_string())]
    WrongType { path: FieldPath, expected: &'static str },
    #[error("only the fields of the content can be changed, not the content as a whole")]
    WholeContent,
    #[error("{key:?} is kept by the program")]
    Reserved { key: &'static str },
    #[error("a field needs a name")]
    EmptyKey,
    #[error("a splice of {path:?} does not fit the text", path = .path.to_string())]
    BadSplice { path: FieldPath },
    #[error("{path:?} is not what the test says", path = .path.to_string())]
    TestFailed { path: FieldPath },
    #[error("{path:?} cannot move into itself", path = .path.to_string())]
    IntoItself { path: FieldPath },
    #[error("what came of it would not be what it has to be any more")]
    NotOfKind(Vec<documents::Problem>),
    #[error("more than {limit} {what}")]
    TooLarge { limit: usize, what: &'static str },
    #[error("this document has had more edits than it can number; export it and start a new one")]
    WornOut,
    #[error("operation {index} of the patch cannot be done: {operation}")]
    Operation { index: usize, operation: String, source: Box<Self> },
    #[error(transparent)]
    Path(#[from] ParsePath),
    #[error("Automerge refuses the edit")]
    Automerge(#[from] AutomergeError),
}

impl EditError {
    pub(crate) const fn too_many_operations() -> Self {
        Self::TooLarge {
            limit: limits::CHANGE_OPS,
            what: "operations (roughly: letters) in one change",
        }
    }
}

/// Why changes could not be taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    #[error("a change builds on {missing}, which is not here")]
    Missing { missing: ChangeHash },
    #[error("bytes in the journal are not a change")]
    Malformed(#[source] automerge::LoadChangeError),
    #[error("Automerge refuses the changes")]
    Automerge(#[from] AutomergeError),
    /// Our fault: the document must be rebuilt from its envelopes.
    #[error("Automerge failed on changes that it had accepted")]
    Broken,
}

impl Document {
    /// Returns a document before its first change.
    #[must_use]
    pub fn empty() -> Self {
        let automerge = Automerge::new_with_encoding(TextEncoding::Utf16CodeUnit);
        Self {
            automerge: automerge.with_actor(ActorId::from([].as_slice())),
            graph: Graph::default(),
            trial_cache: Cache::default(),
            shown: shown::Shown::default(),
            differences: differences::Differences::default(),
        }
    }

    /// Returns a new document and its first change, which creates all that `content` holds.
    ///
    /// # Errors
    /// If the content is not of this kind, or does not fit into one change.
    pub fn create(
        kind: Kind,
        actor: &ActorId,
        content: &Value,
        time: Timestamp,
    ) -> Result<(Self, Vec<u8>), EditError> {
        let Value::Object(fields) = content else { return Err(EditError::WholeContent) };
        if fields.get(documents::KIND_FIELD).and_then(Value::as_str) != Some(kind.word()) {
            return Err(EditError::Reserved { key: documents::KIND_FIELD });
        }
        if fields.contains_key(POSITIONS) {
            return Err(EditError::Reserved { key: POSITIONS });
        }
        let mut document = Self::empty();
        let changes =
            document.write(kind, actor, &[], time, false, |writer| writer.create(fields))?;
        let genesis = changes.into_iter().next().unwrap_or_default();
        Ok((document, genesis))
    }

    /// Rebuilds a document from changes that were admitted before, each after those it builds on.
    ///
    /// # Errors
    /// If the bytes are not changes, or something is missing.
    pub fn restore(changes: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, ApplyError> {
        let parsed: Result<Vec<Change>, _> = changes.into_iter().map(Change::from_bytes).collect();
        let mut document = Self::empty();
        document.take_in(parsed.map_err(ApplyError::Malformed)?)?;
        Ok(document)
    }

    /// Returns the newest changes.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.automerge.get_heads().into()
    }

    /// Is this a version of what is here?
    #[must_use]
    pub fn knows(&self, heads: &Heads) -> bool {
        heads.as_slice().iter().all(|hash| self.graph.known().contains(hash))
    }

    /// Returns what people see.
    #[must_use]
    pub fn content(&self) -> Value {
        (*self.shown()).clone()
    }

    /// Returns what people see, to look at only.
    #[must_use]
    pub fn shown(&self) -> Arc<Value> {
        self.shown.at(self.automerge.get_heads(), || self.tree().into_value())
    }

    /// Returns what people saw at a version.
    ///
    /// # Errors
    /// If the version is not known.
    pub fn content_at(&self, heads: &Heads) -> Result<Value, UnknownVersion> {
        Ok(self.tree_at(heads)?.into_value())
    }

    /// Returns the document as it was at a version, without what came later; nothing if there is no such version.
    #[must_use]
    pub fn until(&self, version: &Heads) -> Option<Self> {
        if version.as_slice().is_empty() || !self.knows(version) {
            return None;
        }
        let past = self.automerge.fork_at(version.as_slice()).ok()?;
        let changes = past.get_changes(&[]);
        Self::restore(changes.iter().map(|change| change.raw_bytes().to_vec())).ok()
    }

    /// Makes edits from the version that the editor saw, and merges them with what came since. All or nothing.
    ///
    /// Returns the new changes: none if nothing changed.
    ///
    /// # Errors
    /// If one of the edits cannot be done.
    pub fn edit(
        &mut self,
        actor: &ActorId,
        base: &Heads,
        edits: &[Edit],
        time: Timestamp,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        self.edit_as(actor, base, edits, time, false)
    }

    /// Makes edits, unless what came of them would not be of its kind any more. What others' edits spoiled before is not
    /// this editor's to answer for.
    ///
    /// # Errors
    /// If one of the edits cannot be done, or what came of them does not fit.
    pub fn edit_fittingly(
        &mut self,
        actor: &ActorId,
        base: &Heads,
        edits: &[Edit],
        time: Timestamp,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        let was_good = documents::check(&self.shown()).is_ok();
        self.edit_as(actor, base, edits, time, was_good)
    }

    fn edit_as(
        &mut self,
        actor: &ActorId,
        base: &Heads,
        edits: &[Edit],
        time: Timestamp,
        must_fit: bool,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        if base.as_slice().is_empty() || !self.knows(base) {
            return Err(EditError::UnknownVersion);
        }
        let base = self.graph.known().without_redundant(base.as_slice());
        self.write(self.kind(), actor, &base, time, must_fit, |writer| {
            edits.iter().try_for_each(|edit| writer.apply(edit))
        })
    }

    /// Takes in changes that the gate admitted, each after those it builds on.
    ///
    /// # Errors
    /// If something is missing, or Automerge fails; then the document has to be rebuilt.
    pub fn apply(&mut self, changes: Vec<PlainChange>) -> Result<(), ApplyError> {
        self.take_in(changes.into_iter().map(PlainChange::into_change).collect())
    }

    /// Becomes a copy of itself into which more was put.
    pub fn become_copy(&mut self, copy: Self) {
        // What was looked at stays worth remembering: it is named by its version.
        (self.automerge, self.graph) = (copy.automerge, copy.graph);
    }

    /// Is exactly this the newest version?
    pub(crate) fn is_at(&self, heads: &[ChangeHash]) -> bool {
        let mut newest = self.automerge.get_heads();
        newest.sort_unstable();
        newest == heads
    }

    /// Returns all changes, each after those it builds on: what [`restore`](Self::restore) takes.
    #[must_use]
    pub fn journal(&self) -> Vec<Vec<u8>> {
        self.automerge.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect()
    }

    /// Returns the file that any Automerge library opens.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save()
    }

    /// Returns a text as of a version.
    ///
    /// # Errors
    /// If the version is not known, or there is no text.
    pub fn text(&self, path: &FieldPath, at: &Heads) -> Result<String, ReadTextError> {
        if !self.knows(at) {
            return Err(ReadTextError::UnknownVersion);
        }
        let view = View::at(&self.automerge, at.as_slice());
        self.text_object(path, at).map(|text| view.text(&text))
    }

    /// Returns what a page that shows a text as of `from` does, in this order, to show it as of `to`.
    ///
    /// # Errors
    /// If a version is not known, or there is no text.
    pub fn splices(
        &self,
        path: &FieldPath,
        from: &Heads,
        to: &Heads,
    ) -> Result<Arc<Vec<Splice>>, ReadTextError> {
        if !self.knows(from) || !self.knows(to) {
            return Err(ReadTextError::UnknownVersion);
        }
        if from == to {
            return self.text_object(path, to).map(|_| Arc::default());
        }
        self.differences.between(path, from, to, |from, to| self.compute_splices(path, from, to))
    }

    /// Returns where a caret that stood at `offset` of the text as of `from` stands in it as of `to`.
    ///
    /// # Errors
    /// If a version is not known, or there is no text.
    pub fn position_at(
        &self,
        path: &FieldPath,
        from: &Heads,
        offset: usize,
        to: &Heads,
    ) -> Result<usize, ReadTextError> {
        Ok(self.splices(path, from, to)?.iter().fold(offset, |offset, splice| splice.carry(offset)))
    }

    /// Returns the names of the items of a list in the order in which they are shown; none if there is no list.
    #[must_use]
    pub fn items(&self, list: &FieldPath) -> Vec<ItemId> {
        match self.shape_at(&View::now(&self.automerge), list) {
            Some(Shape::List(lists)) => View::now(&self.automerge)
                .elements(&lists)
                .into_iter()
                .map(|element| element.id)
                .collect(),
            Some(Shape::Map(_) | Shape::Text(_) | Shape::Scalar(_)) | None => Vec::new(),
        }
    }

    /// Returns the names of the items of a list as of a version; none if the version is not known or there is no list.
    #[must_use]
    pub fn items_at(&self, list: &FieldPath, heads: &Heads) -> Vec<ItemId> {
        if !self.knows(heads) {
            return Vec::new();
        }
        let view = View::at(&self.automerge, heads.as_slice());
        match self.shape_at(&view, list) {
            Some(Shape::List(lists)) => {
                view.elements(&lists).into_iter().map(|element| element.id).collect()
            }
            Some(Shape::Map(_) | Shape::Text(_) | Shape::Scalar(_)) | None => Vec::new(),
        }
    }

    /// Returns what differs between two versions, in the order of the content.
    ///
    /// # Errors
    /// If a version is not known.
    pub fn compare(&self, from: &Heads, to: &Heads) -> Result<Vec<FieldChange>, UnknownVersion> {
        Ok(compare::compare(self.kind(), &self.tree_at(from)?, &self.tree_at(to)?))
    }

    pub(crate) const fn automerge(&self) -> &Automerge {
        &self.automerge
    }

    pub(crate) const fn trial_cache(&self) -> &Cache {
        &self.trial_cache
    }

    pub(crate) const fn graph(&self) -> &Graph {
        &self.graph
    }

    fn kind(&self) -> Kind {
        documents::kind(
            &self
                .automerge
                .get(ObjId::Root, documents::KIND_FIELD)
                .ok()
                .flatten()
                .map_or(Value::Null, |(value, _)| value.as_str().into()),
        )
    }

    fn tree(&self) -> Node {
        View::now(&self.automerge).tree()
    }

    fn tree_at(&self, heads: &Heads) -> Result<Node, UnknownVersion> {
        if self.knows(heads) {
            Ok(View::at(&self.automerge, heads.as_slice()).tree())
        } else {
            Err(UnknownVersion)
        }
    }

    fn shape_at<D: ReadDoc>(&self, view: &View<'_, D>, path: &FieldPath) -> Option<Shape> {
        let mut shape = Shape::Map(vec![ObjId::Root]);
        for token in path.tokens() {
            let candidates = match &shape {
                Shape::Map(maps) => view.field(maps, token),
                Shape::List(lists) => {
                    vec![write::find(&view.elements(lists), token)?.candidate.clone()]
                }
                Shape::Text(_) | Shape::Scalar(_) => return None,
            };
            shape = view.shape(&candidates)?;
        }
        Some(shape)
    }

    fn compute_splices(
        &self,
        path: &FieldPath,
        from: &Heads,
        to: &Heads,
    ) -> Result<Vec<Splice>, ReadTextError> {
        let now = self.text_object(path, to)?;
        match self.text_object(path, from) {
            // Another text took its place: two people wrote the first words of one field at the same time.
            Ok(before) if before != now => {
                let delete = self.text(path, from)?.encode_utf16().count();
                Ok(vec![Splice { at: 0, delete, insert: self.text(path, to)? }])
            }
            Ok(_) | Err(_) => {
                Ok(text::between(&self.automerge, &now, from.as_slice(), to.as_slice()))
            }
        }
    }

    fn text_object(&self, path: &FieldPath, at: &Heads) -> Result<ObjId, ReadTextError> {
        match self.shape_at(&View::at(&self.automerge, at.as_slice()), path) {
            Some(Shape::Text(text)) => Ok(text),
            Some(Shape::Map(_) | Shape::List(_) | Shape::Scalar(_)) | None => {
                Err(ReadTextError::NotAText { path: path.clone() })
            }
        }
    }

    /// Opens a change at `base`, lets `fill` write it, and merges it.
    fn write(
        &mut self,
        kind: Kind,
        actor: &ActorId,
        base: &[ChangeHash],
        time: Timestamp,
        must_fit: bool,
        fill: impl Fn(&mut Writer<'_>) -> Result<(), EditError>,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        let known = self.graph.known();
        let heads = self.automerge.get_heads();
        // Automerge numbers operations after all that is here, the gate allows only so many numbers after what the
        // change builds on: where both do not go together, the change is made on a copy that holds no more than that.
        let is_far = known.max_op(&heads).saturating_sub(known.max_op(base)) >= limits::OP_GAP;
        let mut apart = if is_far { Some(self.automerge.fork_at(base)?) } else { None };
        let own = if is_far { gate::free_actor(known, actor, base) } else { actor.clone() };
        let document = apart.as_mut().unwrap_or(&mut self.automerge);
        let before = document.get_heads();
        document.set_actor(own);
        // `transaction` would add this actor's last change to the dependencies even where it is an ancestor of them.
        let transaction = document.transaction_at(PatchLog::inactive(), base);
        let mut writer = Writer::new(transaction.map_err(|_| EditError::UnknownVersion)?, kind);
        fill(&mut writer)?;
        if writer.pending_ops() > limits::CHANGE_OPS {
            return Err(EditError::too_many_operations());
        }
        let seconds = i64::try_from(time.0 / 1000).unwrap_or(i64::MAX);
        writer.finish().commit_with(CommitOptions::default().with_time(seconds));
        let changes = document.get_changes(&before);
        if let Some(error) = changes.iter().find_map(|change| beyond_limits(known, actor, change)) {
            if !is_far {
                self.automerge = self.automerge.fork_at(&heads)?;
            }
            return Err(error);
        }
        if is_far {
            self.automerge.apply_changes(changes.iter().cloned())?;
        }
        if must_fit {
            let content = Arc::new(self.tree().into_value());
            if let Err(problems) = documents::check(&content) {
                self.automerge = self.automerge.fork_at(&heads)?;
                return Err(EditError::NotOfKind(problems));
            }
            self.shown.put(self.automerge.get_heads(), content);
        }
        changes.iter().for_each(|change| self.graph.add(change));
        Ok(changes.into_iter().map(|change| change.raw_bytes().to_vec()).collect())
    }

    fn take_in(&mut self, changes: Vec<Change>) -> Result<(), ApplyError> {
        let mut added = Graph::default();
        for change in &changes {
            let known = self.graph.with(&added);
            if let Some(missing) = change.deps().iter().find(|dep| !known.contains(dep)) {
                return Err(ApplyError::Missing { missing: *missing });
            }
            if !known.contains(&change.hash()) {
                let entry = known.entry(change);
                added.insert(change.hash(), entry);
            }
        }
        // A panic here would be our fault, not the sender's; it must cost one document, not the node.
        let applied = catch_unwind(AssertUnwindSafe(|| {
            self.automerge.apply_changes(changes.iter().cloned())
        }));
        applied.map_err(|_| ApplyError::Broken)??;
        changes.iter().for_each(|change| self.graph.add(change));
        Ok(())
    }
}

/// Says why every gate would refuse a change of ours.
fn beyond_limits(known: Known<'_>, actor: &ActorId, change: &Change) -> Option<EditError> {
    let length = change.raw_bytes().len();
    let (size, actors) = known.size_beyond(
        change.deps(),
        limits::DOCUMENT_BYTES - length.min(limits::DOCUMENT_BYTES),
        limits::ACTORS_PER_DOCUMENT - 1,
    );
    let is_crowded = actors + usize::from(change.seq() == 1) > limits::ACTORS_PER_DOCUMENT;
    if length > limits::CHANGE_BYTES {
        Some(EditError::TooLarge { limit: limits::CHANGE_BYTES, what: "bytes in one change" })
    } else if size.saturating_add(length) > limits::DOCUMENT_BYTES {
        Some(EditError::TooLarge { limit: limits::DOCUMENT_BYTES, what: "bytes in one document" })
    } else if is_crowded
        || change.max_op() > limits::MAX_OP
        || !gate::belongs(change.actor_id(), actor)
    {
        Some(EditError::WornOut)
    } else {
        None
    }
}
