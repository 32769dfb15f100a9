//! A document as far as it is known without opening it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crdt_schema::access::AccessLog;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::codec;
use crdt_schema::documents;
use crdt_schema::envelope::{Content, Envelope, Genesis};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId, Role, Timestamp};
use crdt_schema::ledger::Outcome;
use minicbor::{Decode, Encode};

use super::open::Open;
use crate::effects::Record;
use crate::shelf::{Shelf, ShelfError};

/// A document, as far as it is known without opening it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) genesis: Genesis,
    pub(super) envelopes: Vec<EnvelopeId>,
    pub(crate) known: Known,
    pub(super) list: Option<List>,
}

/// What must be known of every document at any time, whether or not anybody looks at it.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Known {
    /// Who may read and write now.
    #[n(0)]
    pub(crate) audience: Audience,
    /// The steps of the access log that were accepted.
    #[n(1)]
    pub(crate) steps: AccessLog,
    /// The newest of those that count.
    #[n(2)]
    pub(crate) access: Vec<EnvelopeId>,
    /// Every organisation that wrote.
    #[n(3)]
    pub(crate) authors: BTreeSet<OrganizationId>,
    /// Does its first envelope count, so that there is something to show?
    #[n(4)]
    pub(crate) is_shown: bool,
}

/// What lists show of a document.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct List {
    #[n(0)]
    pub(crate) title: String,
    #[n(1)]
    pub(crate) description: String,
    #[n(2)]
    pub(crate) status: String,
    #[n(3)]
    pub(crate) review_date: String,
    #[n(4)]
    pub(crate) tags: Vec<(String, String)>,
    #[n(5)]
    pub(crate) updated: Timestamp,
    #[n(6)]
    heads: String,
    /// The name and the code of its area, as far as it says so.
    #[n(7)]
    pub(crate) area: Vec<String>,
    /// What was decided on a data request.
    #[n(8)]
    pub(crate) decision: String,
    /// How many suggestions wait for an answer.
    #[n(9)]
    pub(crate) suggested: u64,
    /// How many discussions wait for the organisation that made the document.
    #[n(10)]
    pub(crate) discussed: u64,
}

/// What is cached, good as long as the document has this many envelopes.
#[derive(Encode, Decode)]
struct Cached {
    #[n(0)]
    envelopes: u64,
    #[n(1)]
    genesis: Genesis,
    #[n(2)]
    known: Known,
    #[n(3)]
    list: List,
}

impl List {
    pub(super) fn of(open: &Open) -> Self {
        let content = open.document.shown();
        let text = |field: &str| {
            content.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        let made = open.made.iter().filter(|made| open.ledger.counts(&made.envelope));
        let suggested = open.ledger.suggestions();
        let suggested = suggested.iter().filter(|(_, outcome)| *outcome == Outcome::Open).count();
        Self {
            title: documents::title(&content),
            description: text("description"),
            status: documents::status(&content),
            review_date: documents::review_date(&content),
            tags: tags(&content),
            updated: made.map(|made| made.time).max().unwrap_or_default(),
            heads: open.document.heads().to_string(),
            area: documents::area(&content),
            decision: documents::decision(&content),
            suggested: u64::try_from(suggested).unwrap_or(u64::MAX),
            discussed: u64::try_from(open.waiting_for_the_owner()).unwrap_or(u64::MAX),
        }
    }

    /// Returns the newest version in its text form.
    pub(super) fn version(&self) -> &str {
        &self.heads
    }

    pub(crate) fn heads(&self) -> Heads {
        self.heads.parse().unwrap_or_default()
    }
}

fn tags(content: &serde_json::Value) -> Vec<(String, String)> {
    let text = |tag: &serde_json::Value, field: &str| {
        tag.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let tags = content.get("tags").and_then(serde_json::Value::as_array);
    tags.into_iter().flatten().map(|tag| (text(tag, "name"), text(tag, "curie"))).collect()
}

impl Held {
    pub(super) fn new(genesis: Genesis) -> Self {
        let known = Known {
            audience: genesis.audience.clone(),
            steps: AccessLog::default(),
            access: Vec::new(),
            authors: BTreeSet::new(),
            is_shown: true,
        };
        Self { genesis, envelopes: Vec::new(), known, list: None }
    }

    /// Takes up a document from the cache, or from its envelopes; `None` if the first of them cannot be read.
    pub(super) fn load(
        document: &DocumentId,
        envelopes: Vec<EnvelopeId>,
        shelf: &dyn Shelf,
        own: &OrganizationId,
    ) -> Result<Option<Self>, ShelfError> {
        if let Some(bytes) = shelf.cached(&cache_key(document))
            && let Ok(Cached { envelopes: count, genesis, known, list }) = minicbor::decode(&bytes)
            && genesis.id() == *document
            && usize::try_from(count) == Ok(envelopes.len())
        {
            return Ok(Some(Self { genesis, envelopes, known, list: Some(list) }));
        }
        Self::read(envelopes, shelf, own)
    }

    /// Takes up a document from its envelopes. Where some were lost, they need not come in their order.
    pub(super) fn read(
        envelopes: Vec<EnvelopeId>,
        shelf: &dyn Shelf,
        own: &OrganizationId,
    ) -> Result<Option<Self>, ShelfError> {
        let mut headers = Vec::with_capacity(envelopes.len());
        let mut held: Option<Self> = None;
        for id in &envelopes {
            let bytes = shelf.envelope(id)?;
            let Some(mut envelope) = bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok())
            else {
                continue;
            };
            if let Some(genesis) = envelope.genesis.take() {
                held.get_or_insert_with(|| Self::new(genesis));
            }
            if let Content::Changes(changes) = &mut envelope.content {
                // Only who wrote matters here.
                changes.clear();
            }
            headers.push((*id, envelope));
        }
        if let Some(held) = &mut held {
            for (id, envelope) in &headers {
                held.note(*id, envelope);
            }
            held.envelopes = envelopes;
            // Which steps count is found when the document is opened; until then all of them do.
            held.known.access = held.known.steps.heads();
            held.known.audience = held.known.steps.audience(&held.genesis.audience);
            let mut cited = headers.iter().flat_map(|(_, envelope)| &envelope.header.access);
            if !cited.all(|step| held.known.steps.knows(step)) {
                // A step is lost that may have narrowed the circle: until it is back, nobody else reads.
                let few = Circle::Named(BTreeSet::from([*own, held.genesis.owner]));
                held.known.audience = Audience::new(few.clone(), few);
            }
        }
        Ok(held)
    }

    /// Takes note of who wrote, and of a step of the access log.
    pub(super) fn note(&mut self, id: EnvelopeId, envelope: &Envelope) {
        self.known.authors.insert(envelope.header.organization);
        if let Content::Access(act) = &envelope.content {
            self.known.steps.add(id, envelope.header.access.clone(), act.clone());
        }
    }

    /// Takes over what an open document knows.
    pub(super) fn learn(held: &mut Arc<Self>, open: &Open) {
        if open.is_lacking {
            // What is lacking may be what narrowed the circle.
            return;
        }
        let counting = open.ledger.access();
        let (audience, access) = (counting.audience(&held.genesis.audience), counting.heads());
        let (node, session) = (held.genesis.node, held.genesis.session);
        let is_shown = open.ledger.at(node, session, 1).any(|first| open.ledger.counts(&first));
        let known = &held.known;
        if (&known.audience, &known.access, known.is_shown) == (&audience, &access, is_shown) {
            // Nothing is new, and what is shared stays so.
            return;
        }
        let known = &mut Arc::make_mut(held).known;
        (known.audience, known.access, known.is_shown) = (audience, access, is_shown);
    }

    pub(crate) const fn audience(&self) -> &Audience {
        &self.known.audience
    }

    /// May this member read the document?
    pub(crate) fn may_read(&self, member: &OrganizationId) -> bool {
        *member == self.genesis.owner || self.known.audience.may_read(member)
    }

    /// May this member write, as far as the audience goes?
    pub(crate) fn may_write(&self, member: &OrganizationId) -> bool {
        *member == self.genesis.owner || self.known.audience.may_write(member)
    }

    /// May this member suggest changes in its role?
    pub(crate) fn may_suggest(&self, member: &OrganizationId, role: Role) -> bool {
        role.may_suggest()
            && (*member == self.genesis.owner || self.known.audience.may_suggest(member, role))
    }

    /// May this member have this envelope? Who loses the right to read is told so by the step that took it.
    pub(crate) fn may_have(&self, id: &EnvelopeId, member: &OrganizationId) -> bool {
        self.may_read(member)
            || self
                .known
                .steps
                .change(id, &self.genesis.audience)
                .is_some_and(|(before, _)| before.may_read(member))
    }

    pub(super) fn to_cache(&self) -> Option<Record> {
        let cached = Cached {
            envelopes: u64::try_from(self.envelopes.len()).unwrap_or(u64::MAX),
            genesis: self.genesis.clone(),
            known: self.known.clone(),
            list: self.list.clone()?,
        };
        Some(Record::Cache {
            key: cache_key(&self.genesis.id()),
            value: Some(codec::encode(&cached)),
        })
    }
}

fn cache_key(id: &DocumentId) -> String {
    format!("list/{id}")
}
