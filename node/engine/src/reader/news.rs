//! What arrived since somebody last looked, and what waits for this organisation.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::identity::{DocumentId, EnvelopeId, Kind, OrganizationId, Timestamp, WorkspaceId};
use crdt_schema::key::Person;

use super::Reader;
use super::search::is_before;
use crate::engine::Engine;

/// A document for which something arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub document: DocumentId,
    pub envelopes: BTreeSet<EnvelopeId>,
}

/// What waits for this organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Documents that it may change and for which somebody suggested something.
    pub suggested: Vec<DocumentId>,
    /// Its own documents about which somebody said something that nobody of it has answered.
    pub discussed: Vec<DocumentId>,
    /// Its own documents whose review is due, the longest overdue first.
    pub reviews: Vec<DocumentId>,
    /// Data requests that nobody has decided on.
    pub requests: Vec<DocumentId>,
}

/// Somebody changed who may read or write a document.
#[derive(Clone, Debug)]
pub struct AccessChange {
    pub organization: OrganizationId,
    pub organization_name: String,
    pub person: Person,
    pub time: Timestamp,
}

/// Nobody reviews what is in one of these states.
const OVER: &[&str] = &["superseded", "withdrawn", "finished", "closed"];

impl Reader<'_> {
    /// Returns how much has arrived in each workspace. What arrives later stands behind it, whatever its time says.
    #[must_use]
    pub fn arrived(&self) -> BTreeMap<WorkspaceId, usize> {
        let ids = self.0.workspaces.ids().filter(|id| self.role(id).is_some());
        ids.map(|id| (*id, self.0.documents.arrivals(id).len())).collect()
    }

    /// Returns the documents that this organisation may read for which something arrived after these places, the
    /// newest first. A workspace that is not named is looked at from its beginning.
    #[must_use]
    pub fn news(&self, seen: &BTreeMap<WorkspaceId, usize>) -> Vec<News> {
        let own = self.card().organization;
        let mut news: Vec<(u64, News)> = Vec::new();
        for workspace in self.arrived().into_keys() {
            let after = seen.get(&workspace).copied().unwrap_or(0);
            let arrivals = self.0.documents.arrivals(&workspace);
            let mut places: BTreeMap<DocumentId, usize> = BTreeMap::new();
            for arrival in arrivals.iter().skip(after).rev() {
                let held = self.0.documents.held(&arrival.document);
                if !held.is_some_and(|held| held.known.is_shown && held.may_read(&own)) {
                    continue;
                }
                let place = *places.entry(arrival.document).or_insert_with(|| {
                    let (document, envelopes) = (arrival.document, BTreeSet::new());
                    news.push((arrival.time.0, News { document, envelopes }));
                    news.len().saturating_sub(1)
                });
                if let Some((_, found)) = news.get_mut(place) {
                    found.envelopes.insert(arrival.id);
                }
            }
        }
        // Of several workspaces, by what the newest says of itself.
        news.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        news.into_iter().map(|(_, news)| news).collect()
    }

    /// Returns who changed who may read or write a document, among these envelopes.
    pub fn access_changes(
        &mut self,
        id: &DocumentId,
        among: &BTreeSet<EnvelopeId>,
    ) -> Vec<AccessChange> {
        let Ok(open) = self.opened(id) else { return Vec::new() };
        let steps = open
            .steps
            .iter()
            .filter(|made| among.contains(&made.envelope) && open.ledger.counts(&made.envelope));
        let mut changes: Vec<AccessChange> = steps
            .map(|made| AccessChange {
                organization: made.organization,
                organization_name: String::new(),
                person: made.person.clone(),
                time: made.time,
            })
            .collect();
        let workspace = self.0.documents.held(id).map(|held| held.genesis.workspace);
        for change in &mut changes {
            if let Some(workspace) = &workspace {
                change.organization_name = self.name_of(workspace, &change.organization);
            }
        }
        changes
    }

    /// Returns what waits for this organisation; reviews that are due before this date, like 2026-11-22.
    #[must_use]
    pub fn waiting(&mut self, review_before: &str) -> Waiting {
        let own = self.card().organization;
        let mut waiting = Waiting::default();
        let mut reviews = BTreeSet::new();
        self.each_listed(None, |engine, id, workspace| {
            let Engine { documents, workspaces, shelf, .. } = engine;
            let Some(log) = workspaces.log_mut(workspace) else { return Ok(()) };
            let role = log.state().members.get(&own).map(|member| member.role);
            let Some((held, list)) = documents.listed(id, &**shelf, &*log)? else { return Ok(()) };
            if list.suggested > 0
                && role.is_some_and(|role| role.may_write())
                && held.may_write(&own)
            {
                waiting.suggested.push(*id);
            }
            if held.genesis.owner == own && list.discussed > 0 {
                waiting.discussed.push(*id);
            }
            let is_over = OVER.contains(&list.status.as_str());
            if held.genesis.owner == own && !is_over && is_before(&list.review_date, review_before)
            {
                reviews.insert((list.review_date.clone(), *id));
            }
            if held.genesis.kind == Kind::DataRequest
                && list.decision.is_empty()
                && list.status != "draft"
            {
                waiting.requests.push(*id);
            }
            Ok(())
        });
        waiting.reviews = reviews.into_iter().map(|(_, id)| id).collect();
        waiting
    }
}
