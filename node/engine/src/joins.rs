//! Part: joining workspaces with invites, and coming back after a recovery.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::codec;
use crdt_schema::identity::{NodeId, Timestamp, WorkspaceId};
use crdt_schema::invite::{Contact, Invite};
use crdt_schema::limits;
use minicbor::{Decode, Encode};

use crate::effects::Record;
use crate::message::Reason;
use crate::shelf::{Shelf, ShelfError};
use crate::view::JoinState;

const JOINS: &str = "join/";
const RETURN: &str = "return";
/// While connected and waiting for an approval, asks again after this long.
const ASK_AGAIN: u64 = 30_000;

#[derive(Debug, Default)]
pub(crate) struct Joins {
    pending: BTreeMap<WorkspaceId, Join>,
    returning: Vec<Contact>,
    /// Entries of logs that do not speak of this organisation yet, and their bytes.
    gathered: BTreeMap<(NodeId, WorkspaceId), Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    entries: Vec<Vec<u8>>,
    bytes: usize,
}

/// A join that is not through.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) invite: Invite,
    pub(crate) since: Timestamp,
    pub(crate) state: JoinState,
    ask_at: Timestamp,
}

#[derive(Encode, Decode)]
struct Stored {
    #[n(0)]
    invite: String,
    #[n(1)]
    since: Timestamp,
    #[n(2)]
    refused: Option<String>,
}

impl Joins {
    pub(crate) fn load(shelf: &dyn Shelf) -> Result<Self, ShelfError> {
        let mut joins = Self::default();
        for (_, bytes) in shelf.locals(JOINS)? {
            let stored: Option<Stored> = minicbor::decode(&bytes).ok();
            if let Some(stored) = stored
                && let Ok(invite) = Invite::from_text(&stored.invite)
            {
                let state = stored.refused.map_or(JoinState::Unreached, JoinState::Refused);
                let join = Join { since: stored.since, state, ask_at: Timestamp(0), invite };
                joins.pending.insert(join.invite.offer.workspace, join);
            }
        }
        for (_, bytes) in shelf.locals(RETURN)? {
            joins.returning = minicbor::decode(&bytes).unwrap_or_default();
        }
        Ok(joins)
    }

    pub(crate) fn get(&self, workspace: &WorkspaceId) -> Option<&Join> {
        self.pending.get(workspace)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Join> {
        self.pending.values()
    }

    pub(crate) fn start(&mut self, invite: Invite, now: Timestamp) -> Record {
        let workspace = invite.offer.workspace;
        self.pending.insert(
            workspace,
            Join { invite, since: now, state: JoinState::Unreached, ask_at: Timestamp(0) },
        );
        self.record(&workspace)
    }

    pub(crate) fn forget(&mut self, workspace: &WorkspaceId) -> Record {
        self.pending.remove(workspace);
        self.record(workspace)
    }

    fn record(&self, workspace: &WorkspaceId) -> Record {
        let value = self.pending.get(workspace).map(|join| {
            let refused = match &join.state {
                JoinState::Refused(why) => Some(why.clone()),
                JoinState::Unreached | JoinState::NeedsApproval => None,
            };
            codec::encode(&Stored { invite: join.invite.to_text(), since: join.since, refused })
        });
        Record::Local { key: format!("{JOINS}{workspace}"), value }
    }

    /// Keeps a part of a log; returns what is there of it by now, or nothing if that is too much.
    pub(crate) fn gather(
        &mut self,
        from: NodeId,
        workspace: WorkspaceId,
        entries: &[Vec<u8>],
    ) -> Option<&Vec<Vec<u8>>> {
        let gathered = self.gathered.entry((from, workspace)).or_default();
        gathered.bytes = gathered.bytes.saturating_add(entries.iter().map(Vec::len).sum());
        gathered.entries.extend_from_slice(entries);
        if self.gathered_bytes() > limits::GATHERED_BYTES {
            self.gathered.clear();
        }
        self.gathered.get(&(from, workspace)).map(|gathered| &gathered.entries)
    }

    pub(crate) fn gathered_bytes(&self) -> usize {
        self.gathered.values().map(|gathered| gathered.bytes).sum()
    }

    /// Forgets the parts of logs that a peer sent.
    pub(crate) fn drop_gathered(&mut self, from: &NodeId) {
        self.gathered.retain(|(node, _), _| node != from);
    }

    /// Takes a member's answer to a redemption.
    pub(crate) fn refused(
        &mut self,
        workspace: &WorkspaceId,
        from: &NodeId,
        reason: Reason,
    ) -> Option<Record> {
        let join = self.pending.get_mut(workspace)?;
        let asked = join.invite.contacts.iter().any(|contact| contact.node == *from);
        if !asked {
            return None;
        }
        let inviter = &join.invite.inviter_name;
        join.state = match reason {
            Reason::NeedsApproval => JoinState::NeedsApproval,
            Reason::NotValidHere => JoinState::Refused(format!(
                "This invite is not valid in the workspace it names. Ask {inviter} for a new one."
            )),
            Reason::Expired => {
                JoinState::Refused(format!("This invite has ended. Ask {inviter} for a new one."))
            }
            Reason::Revoked => JoinState::Refused(format!(
                "{inviter} has withdrawn this invite. Ask them for a new one."
            )),
            Reason::UsedUp => JoinState::Refused(format!(
                "This invite has been used already. Ask {inviter} for a new one."
            )),
        };
        Some(self.record(workspace))
    }

    /// Remembers whom to ask for this organisation's workspaces.
    pub(crate) fn start_return(&mut self, contacts: Vec<Contact>) -> Record {
        self.returning = contacts;
        self.return_record()
    }

    pub(crate) fn end_return(&mut self, answered: &NodeId) -> Record {
        self.returning.retain(|contact| contact.node != *answered);
        self.return_record()
    }

    fn return_record(&self) -> Record {
        let value = (!self.returning.is_empty()).then(|| codec::encode(&self.returning));
        Record::Local { key: RETURN.to_owned(), value }
    }

    /// Returns the contacts to connect to.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &Contact> {
        let joining =
            self.pending.values().filter(|join| !matches!(join.state, JoinState::Refused(_)));
        joining.flat_map(|join| &join.invite.contacts).chain(&self.returning)
    }

    pub(crate) fn is_return_contact(&self, node: &NodeId) -> bool {
        self.returning.iter().any(|contact| contact.node == *node)
    }

    /// Returns the invites to show a node that came up.
    pub(crate) fn to_show(&self, node: &NodeId) -> Vec<&Invite> {
        let open =
            self.pending.values().filter(|join| !matches!(join.state, JoinState::Refused(_)));
        open.map(|join| &join.invite)
            .filter(|invite| invite.contacts.iter().any(|contact| contact.node == *node))
            .collect()
    }

    /// Returns the invites to show again, whom, and when to look again.
    pub(crate) fn due(
        &mut self,
        up: &BTreeSet<NodeId>,
        now: Timestamp,
    ) -> (Vec<(NodeId, Invite)>, Option<Timestamp>) {
        let (mut again, mut next) = (Vec::new(), None::<Timestamp>);
        for join in self.pending.values_mut().filter(|join| join.state == JoinState::NeedsApproval)
        {
            let reachable = join.invite.contacts.iter().find(|contact| up.contains(&contact.node));
            let Some(contact) = reachable else { continue };
            if join.ask_at <= now {
                if join.ask_at > Timestamp(0) {
                    again.push((contact.node, join.invite.clone()));
                }
                join.ask_at = Timestamp(now.0.saturating_add(ASK_AGAIN));
            }
            next = Some(next.map_or(join.ask_at, |next| next.min(join.ask_at)));
        }
        (again, next)
    }
}
