//! Workspaces that this organisation is no longer in, and why.

use crdt_schema::membership::{Change, Standing, State};

use super::Reader;
use crate::view::FormerView;

impl Reader<'_> {
    /// Returns the workspaces that this organisation was in and is no longer, by name.
    #[must_use]
    pub fn former(&self) -> Vec<FormerView> {
        let own = self.card().organization;
        let mut former: Vec<FormerView> = self
            .0
            .workspaces
            .ids()
            .filter_map(|id| Some((id, self.0.workspaces.state(id)?)))
            .filter_map(|(id, state)| {
                let standing = state.members.get(&own)?.standing;
                let is_former = matches!(standing, Standing::Removed | Standing::Left);
                is_former.then(|| FormerView {
                    id: *id,
                    name: state.name.to_string(),
                    standing,
                    reason: self.removed_for(state),
                })
            })
            .collect();
        former.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        former
    }

    /// Returns the reason that was given for the last removal of this organisation that was carried out.
    fn removed_for(&self, state: &State) -> String {
        let own = self.card().organization;
        let removals = state.proposals.values().filter(|proposal| proposal.enacted.is_some());
        let reasons = removals.filter_map(|proposal| match &proposal.change {
            Change::Remove { organization, reason } if *organization == own => {
                Some((proposal.time, reason))
            }
            _ => None,
        });
        reasons.max().map(|(_, reason)| reason.clone()).unwrap_or_default()
    }
}
