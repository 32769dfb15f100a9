//! Workspaces that this organisation is no longer in, or waits for again, and why.

use crdt_schema::identity::{EntryId, OrganizationId, WorkspaceId};
use crdt_schema::membership::{Change, Standing, State, Who};

use super::Reader;
use crate::view::FormerView;

const TURNED_AWAY: &str =
    "Your organisation waited for a steward, and a steward decided not to let it in.";

impl Reader<'_> {
    /// Returns the workspaces that this organisation was in and is not now, by name.
    #[must_use]
    pub fn former(&self) -> Vec<FormerView> {
        let own = self.card().organization;
        let mut former: Vec<FormerView> = self
            .0
            .workspaces
            .ids()
            .filter_map(|id| Some((id, self.0.workspaces.state(id)?)))
            .filter_map(|(id, state)| {
                let standing = state.members.get(&own).map(|member| member.standing);
                let mut ended_by = ended_by(state, &own);
                let (standing, reason) = match standing {
                    Some(standing @ (Standing::Removed | Standing::Left)) => {
                        (standing, self.removed_for(state))
                    }
                    Some(Standing::Waiting) => (Standing::Waiting, self.waits_for(id, state)),
                    Some(Standing::Member | Standing::Suspended) => return None,
                    None => {
                        let node = self.0.identity.key.id();
                        let away = self.0.workspaces.log(id)?.turned_away(&node)?;
                        ended_by = away.causes.last().copied();
                        (Standing::Removed, TURNED_AWAY.to_owned())
                    }
                };
                let stewards = state.stewards().filter_map(|one| state.members.get(one));
                Some(FormerView {
                    id: *id,
                    name: state.name.to_string(),
                    standing,
                    reason,
                    ended_by,
                    stewards: stewards.map(|member| member.name().to_string()).collect(),
                })
            })
            .collect();
        former.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        former
    }

    /// Returns why this organisation, which was in, waits again.
    fn waits_for(&self, workspace: &WorkspaceId, state: &State) -> String {
        let log = self.0.workspaces.log(workspace);
        let aside = log.and_then(|log| log.set_aside(&self.card().organization));
        let rivals: Vec<String> = aside
            .into_iter()
            .flat_map(|aside| aside.rivals)
            .filter_map(|rival| Some(state.members.get(&rival)?.name().to_string()))
            .collect();
        if rivals.is_empty() {
            "Whoever let your organisation in turned out to have had no right to at that moment. So a steward decides.".to_owned()
        } else {
            format!(
                "Your organisation was let in with an invite that was used at the same time by {}, and it was not for both. So a steward decides who is let in.",
                rivals.join(" and ")
            )
        }
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

/// Returns the entry that shut an organisation out last.
fn ended_by(state: &State, organization: &OrganizationId) -> Option<EntryId> {
    let ends = state
        .exclusions
        .iter()
        .filter(|(_, exclusion)| exclusion.who == Who::Organization(*organization));
    ends.max_by_key(|(id, exclusion)| (exclusion.time, **id)).map(|(id, _)| *id)
}
