//! Part: the documents held, which of them are open in memory, and whether an envelope fits the one it is for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use automerge::ChangeHash;
use crdt_schema::audience::Audience;
use crdt_schema::codec;
use crdt_schema::document::{Document, Edit, EditError};
use crdt_schema::documents;
use crdt_schema::envelope::{self, Envelope, Genesis};
use crdt_schema::gate::{self, PlainChange};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EntryId, EnvelopeId, NodeId, OrganizationId, SessionId, Timestamp, WorkspaceId,
};
use crdt_schema::key::Person;
use minicbor::{Decode, Encode};
use tracing::{debug, warn};

use crate::effects::Record;
use crate::shelf::{Shelf, ShelfError};

/// How many documents stay in memory when nobody looks at them.
const OPEN: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Documents {
    held: BTreeMap<DocumentId, Held>,
    open: BTreeMap<DocumentId, Open>,
    /// To each envelope its document and its place in the order of arrival.
    ids: BTreeMap<EnvelopeId, (DocumentId, usize)>,
    arrivals: BTreeMap<WorkspaceId, Vec<Arrival>>,
    uses: u64,
}

/// A document, as far as it is known without opening it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) genesis: Genesis,
    envelopes: Vec<EnvelopeId>,
    list: Option<List>,
}

/// An envelope in the order in which this node stored them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) id: EnvelopeId,
    pub(crate) document: DocumentId,
    pub(crate) time: Timestamp,
}

/// What lists show of a document.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct List {
    #[n(0)]
    envelopes: u64,
    #[n(1)]
    pub(crate) title: String,
    #[n(2)]
    pub(crate) description: String,
    #[n(3)]
    pub(crate) status: String,
    #[n(4)]
    pub(crate) review_date: String,
    #[n(5)]
    pub(crate) tags: Vec<(String, String)>,
    #[n(6)]
    pub(crate) updated: Timestamp,
    #[n(7)]
    heads: String,
}

impl List {
    pub(crate) fn heads(&self) -> Heads {
        self.heads.parse().unwrap_or_default()
    }
}

/// A document in memory.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) document: Document,
    pub(crate) made: Vec<Made>,
    by_change: BTreeMap<ChangeHash, usize>,
    chains: BTreeMap<(NodeId, SessionId), Tip>,
    used: u64,
}

/// Who made which part of a document's history.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) envelope: EnvelopeId,
    pub(crate) organization: OrganizationId,
    pub(crate) node: NodeId,
    pub(crate) person: Person,
    pub(crate) time: Timestamp,
    pub(crate) before: Heads,
    pub(crate) after: Heads,
}

#[derive(Clone, Debug)]
struct Tip {
    seq: u64,
    id: EnvelopeId,
    membership: Vec<EntryId>,
}

/// Does an envelope fit the document it is for?
#[derive(Debug)]
pub(crate) enum Fit {
    Fits(Vec<PlainChange>),
    /// It builds on something that is not here yet.
    TooEarly,
    Refused(&'static str),
}

/// What a node's own next envelope to a document continues.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    pub(crate) previous: Option<EnvelopeId>,
}

impl Documents {
    /// Takes up what earlier runs stored.
    pub(crate) fn load(shelf: &dyn Shelf) -> Result<Self, ShelfError> {
        let mut documents = Self::default();
        for meta in shelf.envelopes()? {
            if let Entry::Vacant(place) = documents.held.entry(meta.document) {
                let Some(held) = Held::load(&meta.document, &meta.id, shelf)? else {
                    warn!(document = %meta.document, "a document's first envelope cannot be read");
                    continue;
                };
                place.insert(held);
            }
            documents.note(
                meta.workspace,
                Arrival { id: meta.id, document: meta.document, time: meta.time },
            );
        }
        for held in documents.held.values_mut() {
            let count = held.envelopes.len();
            held.list =
                held.list.take().filter(|list| usize::try_from(list.envelopes) == Ok(count));
        }
        Ok(documents)
    }

    fn note(&mut self, workspace: WorkspaceId, arrival: Arrival) {
        let arrivals = self.arrivals.entry(workspace).or_default();
        self.ids.insert(arrival.id, (arrival.document, arrivals.len()));
        arrivals.push(arrival);
        if let Some(held) = self.held.get_mut(&arrival.document) {
            held.envelopes.push(arrival.id);
        }
    }

    pub(crate) fn knows(&self, id: &EnvelopeId) -> bool {
        self.ids.contains_key(id)
    }

    /// Returns an envelope's document and its place in the order of arrival.
    pub(crate) fn find(&self, id: &EnvelopeId) -> Option<(DocumentId, usize)> {
        self.ids.get(id).copied()
    }

    pub(crate) fn held(&self, id: &DocumentId) -> Option<&Held> {
        self.held.get(id)
    }

    pub(crate) fn in_workspace(&self, workspace: WorkspaceId) -> impl Iterator<Item = DocumentId> {
        self.held
            .iter()
            .filter(move |(_, held)| held.genesis.workspace == workspace)
            .map(|(id, _)| *id)
    }

    pub(crate) fn arrivals(&self, workspace: &WorkspaceId) -> &[Arrival] {
        self.arrivals.get(workspace).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// May this member read the document?
    pub(crate) fn may_read(&self, document: &DocumentId, member: &OrganizationId) -> bool {
        self.held.get(document).is_some_and(|held| held.genesis.audience.may_read(member))
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
    ) -> Result<Option<&mut Open>, ShelfError> {
        self.uses = self.uses.saturating_add(1);
        let used = self.uses;
        if !self.open.contains_key(id) {
            let Some(held) = self.held.get(id) else { return Ok(None) };
            let open = Open::load(held, shelf)?;
            self.open.insert(*id, open);
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
        let actor = envelope::actor(node, session);
        Document::create(genesis.kind, &actor, content, genesis.created).map(|(_, change)| change)
    }

    /// Edits a document; the caller seals the changes and hands the envelope to [`Self::record`].
    pub(crate) fn edit(
        open: &mut Open,
        author: (&NodeId, &SessionId),
        base: Option<&Heads>,
        edits: &[Edit],
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, EditError> {
        let actor = envelope::actor(author.0, author.1);
        let current = open.document.heads();
        open.document.edit(&actor, base.unwrap_or(&current), edits, now)
    }

    /// Where in a session's chain for a document its next envelope stands.
    pub(crate) fn next_place(
        &self,
        document: &DocumentId,
        node: &NodeId,
        session: &SessionId,
    ) -> Place {
        let tip = self.open.get(document).and_then(|open| open.chains.get(&(*node, *session)));
        match tip {
            Some(tip) => Place { seq: tip.seq.saturating_add(1), previous: Some(tip.id) },
            None => Place { seq: 1, previous: None },
        }
    }

    /// Judges whether an envelope fits its document: its place in its author's chain, and the gate.
    ///
    /// `goes_back`: do its membership heads know less than these did?
    pub(crate) fn judge(
        &mut self,
        envelope: &Envelope,
        shelf: &dyn Shelf,
        goes_back: impl Fn(&[EntryId]) -> bool,
    ) -> Result<Fit, ShelfError> {
        let body = &envelope.body;
        let mut changes = Vec::with_capacity(body.changes.len());
        for change in &body.changes {
            match gate::inspect(change) {
                Ok(change) => changes.push(change),
                Err(refusal) => return Ok(Fit::Refused(refusal.word())),
            }
        }
        let actor = envelope::actor(&body.node, &body.session);
        let empty = Document::empty();
        let document = match self.open(&body.document, shelf)? {
            Some(open) => {
                match open.chains.get(&(body.node, body.session)) {
                    Some(tip) if tip.seq >= body.seq => return Ok(Fit::Refused("equivocation")),
                    Some(tip) if tip.seq.saturating_add(1) < body.seq => return Ok(Fit::TooEarly),
                    Some(tip) if body.previous != Some(tip.id) => {
                        return Ok(Fit::Refused("broken-chain"));
                    }
                    Some(tip) if goes_back(&tip.membership) => {
                        return Ok(Fit::Refused("membership-goes-back"));
                    }
                    None if body.seq > 1 => return Ok(Fit::TooEarly),
                    Some(_) | None => {}
                }
                &open.document
            }
            None if body.genesis.is_none() => return Ok(Fit::TooEarly),
            None => &empty,
        };
        Ok(match gate::admit(document, &actor, &changes) {
            gate::Verdict::Admitted => Fit::Fits(changes),
            gate::Verdict::Missing(_) => Fit::TooEarly,
            gate::Verdict::Refused(refusal) => {
                debug!(document = %body.document, %refusal, "the gate refused a change");
                Fit::Refused(refusal.word())
            }
        })
    }

    /// Takes an envelope that fits, and applies its changes.
    pub(crate) fn take(
        &mut self,
        id: EnvelopeId,
        envelope: &Envelope,
        changes: Vec<PlainChange>,
        shelf: &dyn Shelf,
    ) -> Result<(), ShelfError> {
        let body = &envelope.body;
        if let Some(genesis) = &body.genesis {
            let held = || Held { genesis: genesis.clone(), envelopes: Vec::new(), list: None };
            self.held.entry(body.document).or_insert_with(held);
        }
        if let Some(open) = self.open(&body.document, shelf)? {
            let made = Made::by(id, envelope, &changes);
            if let Err(error) = open.document.apply(changes.clone()) {
                return Err(ShelfError(format!(
                    "a change that passed the gate was not applied: {error}"
                )));
            }
            open.record(envelope, made, &changes);
        }
        self.note(body.workspace, Arrival { id, document: body.document, time: body.time });
        self.dirty(&body.document);
        Ok(())
    }

    /// Takes an envelope of this node's own, whose changes are in the open document already.
    pub(crate) fn record(&mut self, id: EnvelopeId, envelope: &Envelope) {
        let body = &envelope.body;
        // What this node just made passes its own inspection; if not, the envelope stays out of the history view only.
        let changes: Vec<PlainChange> =
            body.changes.iter().filter_map(|change| gate::inspect(change).ok()).collect();
        if let Some(open) = self.open.get_mut(&body.document) {
            let made = Made::by(id, envelope, &changes);
            open.record(envelope, made, &changes);
        }
        self.note(body.workspace, Arrival { id, document: body.document, time: body.time });
        self.dirty(&body.document);
    }

    fn dirty(&mut self, document: &DocumentId) {
        if let Some(held) = self.held.get_mut(document) {
            held.list = None;
        }
    }

    /// Returns what lists show of a document.
    pub(crate) fn list(
        &mut self,
        id: &DocumentId,
        shelf: &dyn Shelf,
    ) -> Result<Option<List>, ShelfError> {
        let Some(held) = self.held.get(id) else { return Ok(None) };
        if let Some(list) = &held.list {
            return Ok(Some(list.clone()));
        }
        let envelopes = u64::try_from(held.envelopes.len()).unwrap_or(u64::MAX);
        let Some(open) = self.open(id, shelf)? else { return Ok(None) };
        let list = open.list(envelopes);
        if let Some(held) = self.held.get_mut(id) {
            held.list = Some(list.clone());
        }
        Ok(Some(list))
    }

    /// Returns the record that spares the next start from opening the document.
    pub(crate) fn cache(&self, id: &DocumentId) -> Option<Record> {
        let held = self.held.get(id)?;
        let list = held.list.as_ref()?;
        Some(Record::Cache {
            key: cache_key(id),
            value: Some(codec::encode(&(&held.genesis, list))),
        })
    }
}

fn cache_key(id: &DocumentId) -> String {
    format!("list/{id}")
}

impl Held {
    pub(crate) const fn audience(&self) -> &Audience {
        &self.genesis.audience
    }

    fn load(
        document: &DocumentId,
        first: &EnvelopeId,
        shelf: &dyn Shelf,
    ) -> Result<Option<Self>, ShelfError> {
        if let Some(bytes) = shelf.cached(&cache_key(document))
            && let Ok((genesis, list)) = minicbor::decode::<(Genesis, List)>(&bytes)
            && genesis.id() == *document
        {
            return Ok(Some(Self { genesis, envelopes: Vec::new(), list: Some(list) }));
        }
        let bytes = shelf.envelope(first)?;
        let genesis = bytes
            .and_then(|bytes| Envelope::from_bytes(&bytes).ok())
            .and_then(|it| it.body.genesis);
        Ok(genesis.map(|genesis| Self { genesis, envelopes: Vec::new(), list: None }))
    }
}

impl Open {
    fn load(held: &Held, shelf: &dyn Shelf) -> Result<Self, ShelfError> {
        let mut open = Self {
            document: Document::empty(),
            made: Vec::new(),
            by_change: BTreeMap::new(),
            chains: BTreeMap::new(),
            used: 0,
        };
        let mut raw = Vec::new();
        for id in &held.envelopes {
            let envelope = shelf.envelope(id)?.and_then(|bytes| Envelope::from_bytes(&bytes).ok());
            let Some(envelope) = envelope else {
                warn!(envelope = %id, "an envelope is damaged; what builds on it is left out until a peer heals it");
                continue;
            };
            let changes: Vec<PlainChange> = envelope
                .body
                .changes
                .iter()
                .filter_map(|change| gate::inspect(change).ok())
                .collect();
            let own: Vec<ChangeHash> = changes.iter().map(PlainChange::hash).collect();
            let is_ready = changes
                .iter()
                .flat_map(|change| change.deps().to_vec())
                .all(|dep| open.by_change.contains_key(&dep) || own.contains(&dep));
            if is_ready && changes.len() == envelope.body.changes.len() {
                raw.extend(envelope.body.changes.iter().map(|change| change.to_vec()));
                let made = Made::by(*id, &envelope, &changes);
                open.record(&envelope, made, &changes);
            }
        }
        open.document = Document::restore(raw)
            .map_err(|error| ShelfError(format!("a stored document does not load: {error}")))?;
        Ok(open)
    }

    fn record(&mut self, envelope: &Envelope, made: Made, changes: &[PlainChange]) {
        let body = &envelope.body;
        let tip = Tip { seq: body.seq, id: made.envelope, membership: body.membership.clone() };
        self.chains.insert((body.node, body.session), tip);
        let index = self.made.len();
        self.by_change.extend(changes.iter().map(|change| (change.hash(), index)));
        self.made.push(made);
    }

    /// Who made a change?
    pub(crate) fn maker(&self, change: &ChangeHash) -> Option<&Made> {
        self.made.get(*self.by_change.get(change)?)
    }

    fn list(&self, envelopes: u64) -> List {
        let content = self.document.content();
        let text = |field: &str| {
            content.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        List {
            envelopes,
            title: documents::title(&content),
            description: text("description"),
            status: documents::status(&content),
            review_date: text("review_date"),
            tags: tags(&content),
            updated: self.made.iter().map(|made| made.time).max().unwrap_or_default(),
            heads: self.document.heads().to_string(),
        }
    }
}

fn tags(content: &serde_json::Value) -> Vec<(String, String)> {
    let text = |tag: &serde_json::Value, field: &str| {
        tag.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let tags = content.get("tags").and_then(serde_json::Value::as_array);
    tags.into_iter().flatten().map(|tag| (text(tag, "name"), text(tag, "curie"))).collect()
}

impl Made {
    fn by(id: EnvelopeId, envelope: &Envelope, changes: &[PlainChange]) -> Self {
        let body = &envelope.body;
        let before = changes.first().map(|change| change.deps().to_vec()).unwrap_or_default();
        let after = changes.last().map(|change| vec![change.hash()]).unwrap_or_default();
        Self {
            envelope: id,
            organization: body.organization,
            node: body.node,
            person: body.person.clone(),
            time: body.time,
            before: before.into(),
            after: after.into(),
        }
    }
}
