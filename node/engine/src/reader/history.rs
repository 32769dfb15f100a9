//! Who changed what, and what people chose differently at the same time.

use std::collections::BTreeSet;

use crdt_schema::identity::{DocumentId, Timestamp};

use super::Reader;
use crate::effects::Refused;
use crate::view::{ConflictView, HistoryView, TookView};

impl Reader<'_> {
    /// Returns who changed what, newest first.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn history(&mut self, id: &DocumentId) -> Result<Vec<HistoryView>, Refused> {
        let mut history = self.makers(id)?;
        let document = self.open(id)?;
        for made in &mut history {
            made.changes = document.compare(&made.before, &made.after).unwrap_or_default();
        }
        Ok(history)
    }

    /// Returns who changed something and when, newest first, without saying what: that costs time for each.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn makers(&mut self, id: &DocumentId) -> Result<Vec<HistoryView>, Refused> {
        let open = self.opened(id)?;
        let mut seen = BTreeSet::new();
        let mut makers: Vec<HistoryView> = open
            .made
            .iter()
            .filter(|made| open.ledger.counts(&made.envelope))
            // Brought in twice, it was still made once.
            .filter(|made| !made.is_copied || seen.insert(made.after.clone()))
            .map(|made| HistoryView {
                envelope: made.envelope,
                organization: made.organization,
                organization_name: match open.name(&made.organization) {
                    Some(name) if made.is_copied => name.to_string(),
                    _ => String::new(),
                },
                is_copied: made.is_copied,
                person: made.person.clone(),
                node: made.node,
                time: made.time,
                changes: Vec::new(),
                before: made.before.clone(),
                after: made.after.clone(),
                took: open.took(&made.envelope).map(|suggested| TookView {
                    suggestion: suggested.made.envelope,
                    organization: suggested.made.organization,
                    organization_name: String::new(),
                    person: suggested.made.person.clone(),
                }),
            })
            .collect();
        makers.reverse();
        makers.sort_by_key(|made| std::cmp::Reverse(made.time));
        let workspace = self.0.documents.held(id).map(|held| held.genesis.workspace);
        for made in &mut makers {
            if let Some(workspace) = &workspace {
                if made.organization_name.is_empty() {
                    made.organization_name = self.name_of(workspace, &made.organization);
                }
                if let Some(took) = &mut made.took {
                    took.organization_name = self.name_of(workspace, &took.organization);
                }
            }
        }
        Ok(makers)
    }

    /// Returns the choices that people made differently at the same time.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn conflicts(&mut self, id: &DocumentId) -> Result<Vec<ConflictView>, Refused> {
        let open = self.opened(id)?;
        let found: Vec<_> = open
            .document
            .conflicts()
            .into_iter()
            .map(|conflict| {
                let values: Vec<_> = conflict
                    .values
                    .into_iter()
                    .map(|(value, change)| (value, open.maker(&change).cloned()))
                    .collect();
                (conflict.path, conflict.label, values)
            })
            .collect();
        let workspace = self.0.documents.held(id).map(|held| held.genesis.workspace);
        let named = |made: Option<crate::documents::Made>| match (made, &workspace) {
            (Some(made), Some(workspace)) => (
                self.name_of(workspace, &made.organization),
                made.person.name.to_string(),
                made.time,
            ),
            (_, _) => (String::new(), String::new(), Timestamp::default()),
        };
        Ok(found
            .into_iter()
            .map(|(path, label, values)| ConflictView {
                path,
                label,
                values: values
                    .into_iter()
                    .map(|(value, made)| {
                        let (organization, person, time) = named(made);
                        (value, organization, person, time)
                    })
                    .collect(),
            })
            .collect())
    }
}
