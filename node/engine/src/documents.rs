//! Part: the documents held, which of them are open in memory, and whether an envelope fits the one it is for.

mod fit;
mod heal;
mod held;
mod index;
mod open;
mod rehearsal;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::effects::Record;
use crate::shelf::{Shelf, ShelfError};
use crdt_schema::audience::Circle;
use crdt_schema::document::{Document, Edit, EditError};
use crdt_schema::envelope::{Envelope, Genesis};
use crdt_schema::gate::{self, PlainChange};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    ChangeId, DocumentId, EnvelopeId, NodeId, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::ledger::Membership;
use crdt_schema::limits;
use crdt_schema::membership::DocumentFence;
pub(crate) use fit::Fit;
pub(crate) use held::{Held, List};
pub(crate) use open::{Made, Open};
use rehearsal::Rehearsal;

/// How many documents stay in memory when nobody looks at them.
const OPEN: usize = 64;

#[derive(Debug)]
pub(crate) struct Documents {
    own: OrganizationId,
    held: BTreeMap<DocumentId, Arc<Held>>,
    open: BTreeMap<DocumentId, Open>,
    /// To each envelope its document and its place in the order of arrival.
    ids: BTreeMap<EnvelopeId, (DocumentId, usize)>,
    arrivals: BTreeMap<WorkspaceId, Vec<Arrival>>,
    damage: heal::Damage,
    index: index::Index,
    uses: u64,
    /// What came together, until each envelope of it was judged. Nothing is left of it between two commands.
    rehearsals: BTreeMap<DocumentId, Rehearsal>,
}

/// An envelope in the order in which this node stored them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) id: EnvelopeId,
    pub(crate) document: DocumentId,
    pub(crate) time: Timestamp,
}

/// What a node's own next envelope to a document continues.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    pub(crate) previous: Option<EnvelopeId>,
    pub(crate) resumes: Vec<EnvelopeId>,
    pub(crate) access: Vec<EnvelopeId>,
}

/// What became of a document when an envelope was taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Its audience changed: from here on these may read who could not.
    pub(crate) readers: Option<(crdt_schema::audience::Audience, crdt_schema::audience::Audience)>,
    /// The envelope stands in a place of its chain that another holds already.
    pub(crate) twin: Option<EnvelopeId>,
    /// Something that counted before no longer does, or the other way round.
    pub(crate) is_shaken: bool,
}

impl Documents {
    /// Takes up what earlier runs stored.
    pub(crate) fn load(shelf: &dyn Shelf, own: OrganizationId) -> Result<Self, ShelfError> {
        let mut documents = Self {
            own,
            held: BTreeMap::new(),
            open: BTreeMap::new(),
            ids: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            damage: heal::Damage::default(),
            index: index::Index::default(),
            uses: 0,
            rehearsals: BTreeMap::new(),
        };
        let mut of_documents: BTreeMap<DocumentId, (WorkspaceId, Vec<EnvelopeId>)> =
            BTreeMap::new();
        let metas = shelf.envelopes()?;
        for meta in &metas {
            let of = of_documents.entry(meta.document);
            of.or_insert_with(|| (meta.workspace, Vec::new())).1.push(meta.id);
        }
        for (document, (workspace, envelopes)) in of_documents {
            match Held::load(&document, envelopes, shelf, &own)? {
                Some(held) => drop(documents.held.insert(document, Arc::new(held))),
                None => documents.is_headless(document, workspace),
            }
        }
        for meta in metas {
            if documents.held.contains_key(&meta.document) {
                documents.arrive(
                    meta.workspace,
                    Arrival { id: meta.id, document: meta.document, time: meta.time },
                );
            }
        }
        Ok(documents)
    }

    /// Returns the same for another node that holds the same; the two share what neither changes.
    pub(crate) fn beside(&self, own: OrganizationId) -> Self {
        Self {
            own,
            held: self.held.clone(),
            open: BTreeMap::new(),
            ids: self.ids.clone(),
            arrivals: self.arrivals.clone(),
            damage: heal::Damage::default(),
            index: index::Index::default(),
            uses: 0,
            rehearsals: BTreeMap::new(),
        }
    }

    fn arrive(&mut self, workspace: WorkspaceId, arrival: Arrival) {
        let arrivals = self.arrivals.entry(workspace).or_default();
        self.ids.insert(arrival.id, (arrival.document, arrivals.len()));
        arrivals.push(arrival);
    }

    /// Is the envelope here, and as it came?
    pub(crate) fn knows(&self, id: &EnvelopeId) -> bool {
        self.ids.contains_key(id) && !self.is_lost(id)
    }

    /// Returns an envelope's document and its place in the order of arrival.
    pub(crate) fn find(&self, id: &EnvelopeId) -> Option<(DocumentId, usize)> {
        self.ids.get(id).copied()
    }

    pub(crate) fn held(&self, id: &DocumentId) -> Option<&Held> {
        self.held.get(id).map(Arc::as_ref)
    }

    /// Returns the documents of a workspace that have something to show.
    pub(crate) fn in_workspace(&self, workspace: WorkspaceId) -> impl Iterator<Item = DocumentId> {
        self.held
            .iter()
            .filter(move |(_, held)| held.genesis.workspace == workspace && held.known.is_shown)
            .map(|(id, _)| *id)
    }

    /// Returns the circles of readers of documents that not everyone in a workspace may read.
    pub(crate) fn circles(&self, workspace: &WorkspaceId) -> BTreeSet<BTreeSet<OrganizationId>> {
        let narrow = self.held.values().filter(|held| held.genesis.workspace == *workspace);
        narrow
            .filter_map(|held| match &held.audience().read {
                Circle::Named(readers) => Some(readers | &BTreeSet::from([held.genesis.owner])),
                Circle::Workspace | Circle::Public => None,
            })
            .collect()
    }

    pub(crate) fn arrivals(&self, workspace: &WorkspaceId) -> &[Arrival] {
        self.arrivals.get(workspace).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the envelopes of a document, in the order of arrival.
    pub(crate) fn envelopes(&self, document: &DocumentId) -> &[EnvelopeId] {
        self.held.get(document).map(|held| held.envelopes.as_slice()).unwrap_or_default()
    }

    /// Returns the copies of a document that are held.
    pub(crate) fn copies_of(&self, original: &DocumentId) -> Vec<DocumentId> {
        let is_copy = |held: &Held| {
            held.genesis.origin.as_ref().is_some_and(|origin| origin.document == *original)
        };
        self.held.iter().filter(|(_, held)| is_copy(held)).map(|(id, _)| *id).collect()
    }

    /// Returns every document that is held.
    pub(crate) fn all(&self) -> impl Iterator<Item = DocumentId> {
        self.held.keys().copied()
    }

    /// Returns the document after this one, in the order of their ids.
    pub(crate) fn after(&self, document: &DocumentId) -> Option<DocumentId> {
        self.held.range((Bound::Excluded(document), Bound::Unbounded)).next().map(|(id, _)| *id)
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// May this member read the document?
    pub(crate) fn may_read(&self, document: &DocumentId, member: &OrganizationId) -> bool {
        self.held.get(document).is_some_and(|held| held.may_read(member))
    }

    /// May this member have the envelope?
    pub(crate) fn may_have(&self, arrival: &Arrival, member: &OrganizationId) -> bool {
        self.held.get(&arrival.document).is_some_and(|held| held.may_have(&arrival.id, member))
    }

    /// Returns a document that is open already.
    pub(crate) fn opened(&self, id: &DocumentId) -> Option<&Open> {
        self.open.get(id)
    }

    /// Opens a document, if it is not open, from its envelopes.
    pub(crate) fn open(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Option<&mut Open>, ShelfError> {
        self.settle_one(id);
        self.open_in_run(id, shelf, membership)
    }

    /// Opens a document into which what was rehearsed is not put yet.
    fn open_in_run(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Option<&mut Open>, ShelfError> {
        self.uses = self.uses.saturating_add(1);
        let used = self.uses;
        if !self.open.contains_key(id) {
            let Some(held) = self.held.get_mut(id) else { return Ok(None) };
            let (open, lost) = Open::load(held, shelf, membership, &self.own)?;
            Held::learn(held, &open);
            self.open.insert(*id, open);
            lost.into_iter().for_each(|id| self.miss(id));
        }
        let mut open = self.open.get_mut(id);
        if let Some(open) = &mut open {
            open.used = used;
        }
        Ok(open)
    }

    /// Lets go of the documents that were not looked at for longest. Only when all their envelopes are durable: they
    /// are opened from the shelf again.
    pub(crate) fn trim(&mut self) {
        self.are_durable();
        while self.open.len() > OPEN {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.used).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            self.open.remove(&oldest);
        }
    }

    /// Makes a document; the caller seals the genesis change into its first envelope and hands it to [`Self::take`].
    pub(crate) fn create(
        genesis: &Genesis,
        node: &NodeId,
        session: &SessionId,
        content: &serde_json::Value,
    ) -> Result<Vec<u8>, EditError> {
        let actor = genesis.actor(node, session);
        Document::create(genesis.kind, &actor, content, genesis.created).map(|(_, change)| change)
    }

    /// Edits a document; the caller seals the changes and hands the envelope to [`Self::record`].
    pub(crate) fn edit(
        open: &mut Open,
        author: (&NodeId, &SessionId),
        base: Option<&Heads>,
        edits: &[Edit],
        must_fit: bool,
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        let actor = open.ledger.genesis().actor(author.0, author.1);
        let current = open.document.heads();
        let base = base.unwrap_or(&current);
        if must_fit {
            open.document.edit_fittingly(&actor, base, edits, now)
        } else {
            open.document.edit(&actor, base, edits, now)
        }
    }

    /// Where in a session's chain for a document its next envelope stands, and which access steps it cites.
    pub(crate) fn next_place(
        &self,
        document: &DocumentId,
        node: &NodeId,
        session: &SessionId,
    ) -> Place {
        let access = self.held.get(document).map(|held| held.known.access.clone());
        let access = access.unwrap_or_default();
        let open = self.open.get(document);
        match open.and_then(|open| open.tip(node, session)) {
            Some((seq, id)) => {
                let seq = seq.saturating_add(1);
                Place { seq, previous: Some(id), resumes: Vec::new(), access }
            }
            None => {
                let resumes = open.map(|open| open.ledger.tips(node)).unwrap_or_default();
                Place { seq: 1, previous: None, resumes, access }
            }
        }
    }

    /// Takes an envelope that fits, and applies its changes if it counts: at once, or when the run ends that it is part of
    /// ([`Self::settle`]).
    pub(crate) fn take(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        changes: Vec<PlainChange>,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Outcome, ShelfError> {
        let header = &envelope.header;
        let document = header.document;
        if let Some(genesis) = &envelope.genesis {
            self.held.entry(document).or_insert_with(|| Arc::new(Held::new(genesis.clone())));
        }
        self.may_mend(document);
        let before = self.held.get(&document).map(|held| held.audience().clone());
        let own = self.own;
        let mut outcome = Outcome::default();
        self.open_in_run(&document, shelf, membership)?;
        if let Some(open) = self.open.get_mut(&document) {
            outcome.twin = open.ledger.at(header.node, header.session, header.seq).next();
            let rehearsal = self.rehearsals.get_mut(&document);
            let waiting = rehearsal.map(|rehearsal| &mut rehearsal.taken);
            outcome.is_shaken = open.take(id, envelope, changes, waiting, (membership, &own))?;
            if !open.ledger.is_whole() {
                self.rehearsals.remove(&document);
            }
        }
        self.arrived(id, envelope);
        let after = self.held.get(&document).map(|held| held.audience().clone());
        outcome.readers = before.zip(after).filter(|(before, after)| before != after);
        Ok(outcome)
    }

    /// Takes an envelope of this node's own, whose changes are in the open document already.
    pub(crate) fn record(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        membership: &impl Membership,
    ) -> Result<Outcome, ShelfError> {
        // What this node just made passes its own inspection; if not, the envelope stays out of the history view only.
        let changes: Vec<PlainChange> =
            envelope.changes().filter_map(|change| gate::inspect(change).ok()).collect();
        let document = envelope.header.document;
        let before = self.held.get(&document).map(|held| held.audience().clone());
        let own = self.own;
        if let Some(open) = self.open.get_mut(&document) {
            open.note(id, envelope, &changes, membership, &own)?;
        }
        self.arrived(id, envelope);
        let after = self.held.get(&document).map(|held| held.audience().clone());
        let readers = before.zip(after).filter(|(before, after)| before != after);
        Ok(Outcome { readers, ..Outcome::default() })
    }

    fn arrived(&mut self, id: EnvelopeId, envelope: &Envelope) {
        let header = &envelope.header;
        let arrival = Arrival { id, document: header.document, time: header.time };
        self.arrive(header.workspace, arrival);
        self.is_fresh(id);
        if let Some(shared) = self.held.get_mut(&header.document) {
            let held = Arc::make_mut(shared);
            held.envelopes.push(id);
            held.note(id, envelope);
            held.list = None;
            if let Some(open) = self.open.get(&header.document) {
                Held::learn(shared, open);
            }
        }
    }

    /// Finds anew what counts, after the membership log changed for some authors. Returns the documents that look different.
    pub(crate) fn recount(
        &mut self,
        workspace: WorkspaceId,
        authors: &BTreeSet<OrganizationId>,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Vec<DocumentId>, ShelfError> {
        let affected: Vec<DocumentId> = self
            .held
            .iter()
            .filter(|(_, held)| {
                held.genesis.workspace == workspace && !held.known.authors.is_disjoint(authors)
            })
            .map(|(id, _)| *id)
            .collect();
        let own = self.own;
        let mut different = Vec::new();
        for id in affected {
            let was_open = self.open.contains_key(&id);
            let heads_before =
                self.held.get(&id).and_then(|held| held.list.as_ref().map(List::heads));
            let Some(open) = self.open(&id, shelf, membership)? else { continue };
            let is_different = if was_open {
                open.recount(membership, &own)?
            } else {
                heads_before.is_none_or(|before| before != open.document.heads())
            };
            if is_different {
                different.push(id);
            }
            if let (Some(held), Some(open)) = (self.held.get_mut(&id), self.open.get(&id)) {
                Held::learn(held, open);
                Arc::make_mut(held).list = None;
            }
        }
        Ok(different)
    }

    /// Returns how far this node has the documents that all may read and that these authors wrote in.
    pub(crate) fn fences(
        &mut self,
        workspace: WorkspaceId,
        author: &OrganizationId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Vec<DocumentFence>, ShelfError> {
        let ids = self.written_by(workspace, author, true);
        let mut fences = Vec::with_capacity(ids.len());
        for document in ids {
            let Some(open) = self.open(&document, shelf, membership)? else { continue };
            let heads = change_ids(&open.document.heads());
            let signed = open.ledger.newest_signed(|of| of == author);
            let access = self.held.get(&document).map(|held| held.known.access.clone());
            let mut access = access.unwrap_or_default();
            let room = limits::PARENTS.saturating_sub(access.len());
            access.extend(signed.into_iter().take(room));
            access.sort_unstable();
            fences.push(DocumentFence { document, heads, access });
        }
        Ok(fences)
    }

    /// Returns the documents of a workspace in which an organisation wrote, and that all (or not all) may read.
    pub(crate) fn written_by(
        &self,
        workspace: WorkspaceId,
        author: &OrganizationId,
        is_for_all: bool,
    ) -> Vec<DocumentId> {
        let written = self.held.iter().filter(|(_, held)| {
            held.genesis.workspace == workspace
                && held.known.authors.contains(author)
                && held.audience().is_for_all() == is_for_all
        });
        written.map(|(id, _)| *id).collect()
    }

    /// Returns what lists show of a document.
    pub(crate) fn list(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
        membership: &impl Membership,
    ) -> Result<Option<List>, ShelfError> {
        let Some(held) = self.held.get(id) else { return Ok(None) };
        if let Some(list) = &held.list {
            return Ok(Some(list.clone()));
        }
        let Some(open) = self.open(id, shelf, membership)? else { return Ok(None) };
        let list = List::of(open);
        if let Some(held) = self.held.get_mut(id).map(Arc::make_mut) {
            held.list = Some(list.clone());
        }
        Ok(Some(list))
    }

    /// Returns the record that spares the next start from opening the document.
    pub(crate) fn cache(&self, id: &DocumentId) -> Option<Record> {
        // What is lacking would be lacking in lists for as long as the cache is believed.
        if self.open.get(id).is_some_and(|open| open.is_lacking) {
            return None;
        }
        self.held.get(id)?.to_cache()
    }
}

/// Returns the newest changes of a version, as fences name them.
pub(crate) fn change_ids(heads: &Heads) -> Vec<ChangeId> {
    heads.as_slice().iter().map(|hash| ChangeId(hash.0)).collect()
}
