//! A membership log, as ledgers ask it.

use super::{Author, Exclusion, Membership};
use crate::identity::{ChangeId, DocumentId, EntryId, EnvelopeId};
use crate::membership::{Hold, Log, Standing, Who};

impl Membership for Log {
    fn exclusions(&self) -> Vec<Exclusion> {
        let state = self.state();
        let mut exclusions: Vec<Exclusion> = state
            .exclusions
            .iter()
            .map(|(entry, exclusion)| match (exclusion.hold, exclusion.who) {
                (Hold::Held, Who::Organization(organization)) => {
                    Exclusion::Suspended(*entry, organization)
                }
                (Hold::Final, Who::Organization(organization)) => {
                    Exclusion::Final(*entry, Author::Organization(organization))
                }
                (Hold::Held | Hold::Final, Who::Node(node)) => {
                    Exclusion::Final(*entry, Author::Node(node))
                }
            })
            .collect();
        let waiting = state.members.iter().filter(|(_, it)| it.standing == Standing::Waiting);
        exclusions.extend(waiting.map(|(organization, _)| Exclusion::Waiting(*organization)));
        exclusions
    }

    fn knew(&self, heads: &[EntryId], exclusion: &Exclusion) -> bool {
        match exclusion {
            Exclusion::Final(entry, _) | Exclusion::Suspended(entry, _) => {
                self.covers(heads, &[*entry])
            }
            Exclusion::Waiting(organization) => {
                self.state_at(heads).is_none_or(|state| !state.is_in(organization))
            }
        }
    }

    fn fence(
        &self,
        exclusion: &Exclusion,
        document: &DocumentId,
    ) -> (Vec<ChangeId>, Vec<EnvelopeId>) {
        match exclusion {
            Exclusion::Final(entry, _) | Exclusion::Suspended(entry, _) => {
                self.fence(entry, document)
            }
            Exclusion::Waiting(_) => (Vec::new(), Vec::new()),
        }
    }
}
