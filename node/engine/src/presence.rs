//! Part: who is in which field of which document, right now. Never stored.

use std::collections::BTreeMap;

use crdt_schema::identity::{DocumentId, OrganizationId, PersonId, Timestamp};
use crdt_schema::key::Person;
use crdt_schema::limits;

use crate::input::Place;

/// Somebody of whom nothing was heard for this long has left.
const FORGET_AFTER: u64 = 30_000;
#[derive(Debug, Default)]
pub(crate) struct Presence {
    documents: BTreeMap<DocumentId, BTreeMap<(OrganizationId, PersonId), Seen>>,
}

fn has_room(
    people: &BTreeMap<(OrganizationId, PersonId), Seen>,
    organization: &OrganizationId,
) -> bool {
    let theirs = people.keys().filter(|(of, _)| of == organization).count();
    people.len() < limits::PEOPLE_PER_DOCUMENT && theirs < limits::PEOPLE_PER_ORGANIZATION
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) person: Person,
    pub(crate) place: Place,
    until: Timestamp,
}

impl Presence {
    /// Takes where somebody is; returns whether that is news.
    pub(crate) fn show(
        &mut self,
        document: DocumentId,
        organization: OrganizationId,
        person: Person,
        at: Option<Place>,
        now: Timestamp,
    ) -> bool {
        let people = self.documents.entry(document).or_default();
        let key = (organization, person.id);
        let is_news = match at {
            Some(place) if people.contains_key(&key) || has_room(people, &organization) => {
                let until = Timestamp(now.0.saturating_add(FORGET_AFTER));
                let before = people.insert(key, Seen { person, place: place.clone(), until });
                before.is_none_or(|before| before.place != place)
            }
            Some(_) => false,
            None => people.remove(&key).is_some(),
        };
        if people.is_empty() {
            self.documents.remove(&document);
        }
        is_news
    }

    /// Forgets who has gone silent; returns the documents they were in, and when to look again.
    pub(crate) fn expire(&mut self, now: Timestamp) -> (Vec<DocumentId>, Option<Timestamp>) {
        let mut left = Vec::new();
        for (document, people) in &mut self.documents {
            let before = people.len();
            people.retain(|_, seen| seen.until > now);
            if people.len() < before {
                left.push(*document);
            }
        }
        self.documents.retain(|_, people| !people.is_empty());
        let next = self.documents.values().flat_map(BTreeMap::values).map(|seen| seen.until).min();
        (left, next)
    }

    /// Forgets everyone of an organisation that is no longer reachable.
    pub(crate) fn gone(&mut self, organization: &OrganizationId) -> Vec<DocumentId> {
        let mut left = Vec::new();
        for (document, people) in &mut self.documents {
            let before = people.len();
            people.retain(|(of, _), _| of != organization);
            if people.len() < before {
                left.push(*document);
            }
        }
        self.documents.retain(|_, people| !people.is_empty());
        left
    }

    pub(crate) fn count(&self) -> usize {
        self.documents.values().map(BTreeMap::len).sum()
    }

    pub(crate) fn in_document(
        &self,
        document: &DocumentId,
    ) -> impl Iterator<Item = (&OrganizationId, &Seen)> {
        self.documents
            .get(document)
            .into_iter()
            .flatten()
            .map(|((organization, _), seen)| (organization, seen))
    }
}
