//! [`Entry`]: a document on the shelf, and [`Shelf`]: all of them, kept until something of theirs changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, Kind, OrganizationId, Timestamp, WorkspaceId};
use engine::{Event, Reader, Refused};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::handle::Handle;
use crate::http::api::{organization, time};
use crate::http::problem::Problem;
use crate::skos;

/// Documents that are opened in one go, so that people who write do not wait long.
const AT_ONCE: usize = 20;

/// A document on the shelf, as the list shows it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: DocumentId,
    pub(crate) workspace: WorkspaceId,
    pub(crate) kind: Kind,
    pub(crate) owner: OrganizationId,
    pub(crate) owner_name: String,
    /// The published version, and what it is called.
    pub(crate) version: Heads,
    pub(crate) name: String,
    /// The envelope that gave it its name.
    pub(crate) named: EnvelopeId,
    /// When it was named, as claimed.
    pub(crate) published: Timestamp,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) licence: String,
    pub(crate) tags: Vec<String>,
    /// Can it be written as SKOS?
    pub(crate) has_skos: bool,
}

impl Entry {
    /// Returns a document as it is published, with what that version says; nothing if it is not.
    pub(crate) fn of(
        node: &mut Reader<'_>,
        id: &DocumentId,
    ) -> Result<Option<(Self, Value)>, Refused> {
        let published = match node.published(id) {
            Ok(Some(published)) => published,
            Ok(None) | Err(Refused::NoSuchDocument) => return Ok(None),
            Err(refused) => return Err(refused),
        };
        let Some(view) = node.document(id) else { return Ok(None) };
        let version = published.version;
        let content = node.open(id)?.content_at(&version).map_err(|_| Refused::NoSuchVersion)?;
        let entry = Self {
            id: *id,
            workspace: view.workspace,
            kind: view.kind,
            owner: view.owner,
            owner_name: view.owner_name,
            version,
            name: published.name,
            named: published.id,
            published: published.time,
            title: documents::title(&content),
            description: documents::description(&content),
            licence: text(&content, "licence"),
            tags: documents::tags(&content),
            has_skos: skos::turtle(&content).is_ok() && skos::json_ld(&content).is_ok(),
        };
        Ok(Some((entry, content)))
    }

    /// Returns a document for the list. One that cannot be read does not keep the others from being shown.
    fn listed(node: &mut Reader<'_>, id: &DocumentId) -> Option<Self> {
        match Self::of(node, id) {
            Ok(found) => found.map(|(entry, _)| entry),
            Err(refused) => {
                tracing::warn!(document = %id, %refused, "cannot show a document on the shelf");
                None
            }
        }
    }

    /// Returns it as the list for programs has it.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "workspace": self.workspace,
            "kind": self.kind,
            "title": self.title,
            "owner": organization(&self.owner, &self.owner_name),
            "heads": self.version,
            "version": self.name,
            "published": time(self.published),
            "licence": self.licence,
            "tags": self.tags,
            "page": format!("documents/{}/index.html", self.id),
            "bundle": format!("documents/{}/bundle.json", self.id),
        })
    }
}

fn text(content: &Value, field: &str) -> String {
    content.get(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// What stands on the shelf.
pub(crate) struct Shelf(Mutex<Known>);

struct Known {
    /// What changed since the last look.
    events: Receiver<Event>,
    /// What was found of each public document; nothing for one that is not published.
    entries: BTreeMap<DocumentId, Option<Arc<Entry>>>,
}

impl Shelf {
    pub(crate) fn new(handle: &Handle) -> Self {
        Self(Mutex::new(Known { events: handle.events(), entries: BTreeMap::new() }))
    }

    /// Returns what is on the shelf, what was published last first.
    pub(crate) async fn entries(&self, handle: &Handle) -> Result<Vec<Arc<Entry>>, Problem> {
        let mut known = self.0.lock().await;
        let public: BTreeSet<DocumentId> =
            handle.read(|node| node.public_documents()).await?.into_iter().collect();
        // Whatever changed before that look has been told by now.
        known.forget_what_changed();
        known.entries.retain(|id, _| public.contains(id));
        let missing: Vec<DocumentId> =
            public.into_iter().filter(|id| !known.entries.contains_key(id)).collect();
        for some in missing.chunks(AT_ONCE) {
            let some = some.to_vec();
            let found = handle.read(move |node| {
                let of = |id| (id, Entry::listed(node, &id).map(Arc::new));
                some.into_iter().map(of).collect::<Vec<_>>()
            });
            known.entries.extend(found.await?);
        }
        let mut entries: Vec<Arc<Entry>> = known.entries.values().flatten().cloned().collect();
        entries.sort_by_key(|entry| (Reverse(entry.published), entry.id));
        Ok(entries)
    }
}

impl Known {
    fn forget_what_changed(&mut self) {
        loop {
            match self.events.try_recv() {
                Ok(Event::Document { document, .. }) => {
                    self.entries.remove(&document);
                }
                // An organisation may have another name, or this one less to read.
                Ok(Event::Membership { .. }) | Err(TryRecvError::Lagged(_)) => self.entries.clear(),
                Ok(Event::Peers | Event::Sync { .. } | Event::Presence { .. }) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }
}
