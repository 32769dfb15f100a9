//! Part: what each peer has and what it lacks.
//!
//! One [`Talk`] for each peer and workspace: after both have told their membership, the node with the lower id starts one
//! reconciliation over the ids of all envelopes that both may read; then each side asks for what it lacks, some at
//! a time, and says when everything up to a *mark* is durably stored. A mark is a number that counts up within a
//! talk and stands for a place in the sender's own order of arrival; that order itself is not shown, since it would
//! count documents the peer may not read.

mod talk;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::message::Cursor;
use crdt_schema::identity::{
    DocumentId, EnvelopeId, NodeId, OrganizationId, Timestamp, WorkspaceId,
};
use crdt_schema::pack::{Packer, Unpacker};
use negentropy::{Id, Negentropy, NegentropyStorageVector};
pub(crate) use waiting::{Early, Waiting};

/// Ids asked for at a time.
const WINDOW: usize = 512;
/// Protects memory: ids that one peer may make this node want.
const PULL: usize = 1_000_000;
/// Bytes of one reconciliation step; well below a frame.
const RECONCILE_BYTES: u64 = 512 * 1024;
/// Ids in one offer; well below a frame.
pub(crate) const OFFER: usize = 16_384;
/// Protects time: steps of one reconciliation.
const STEPS: u32 = 64;
/// Protects memory: marks that a peer has not acknowledged. A later one stands for those before it.
const MARKS: usize = 4_096;
/// How long who only hears of things waits for them to come another way, in milliseconds.
const HERALD: u64 = 500;
/// How long a peer that was asked for something may take before another is asked, in milliseconds.
const PATIENCE: u64 = 5_000;
/// How long a peer that was asked for everything may take for the next part, in milliseconds.
const BULK_PATIENCE: u64 = 30_000;

/// Envelopes that a peer is to hear of in a workspace, and when the next do.
pub(crate) type Heralds = (Vec<(NodeId, WorkspaceId, Vec<EnvelopeId>)>, Option<Timestamp>);

#[derive(Debug, Default)]
pub(crate) struct Sync {
    talks: BTreeMap<(NodeId, WorkspaceId), Talk>,
    /// Up to which place in this node's order of arrival an organisation is known to have everything it may read.
    reached: BTreeMap<(WorkspaceId, OrganizationId), u64>,
    /// Places beyond that which it has, too, since it sent them.
    ahead: BTreeMap<(WorkspaceId, OrganizationId), BTreeSet<u64>>,
    waiting: Waiting,
    rounds: u64,
    bulk: BTreeMap<WorkspaceId, Bulk>,
}

/// One conversation about one workspace with one node.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    /// The peer is a member and told its membership: documents may be spoken of.
    pub(crate) is_open: bool,
    /// Our entries were pushed once after the peer said it does not know us.
    pub(crate) has_pushed: bool,
    /// The peer has been offered everything: marks in news are true.
    pub(crate) is_caught_up: bool,
    reconciling: Option<Reconciling>,
    /// Which reconciliation that is, as who started it counts them.
    pub(crate) round: u32,
    pull: VecDeque<EnvelopeId>,
    asked: BTreeSet<EnvelopeId>,
    /// When that was.
    asked_at: Timestamp,
    /// Came too early and found no room to wait; asked for again once others are in.
    later: BTreeSet<EnvelopeId>,
    /// Asked for because the disk lost it: acknowledged long ago, whether or not this peer has it.
    lost: BTreeSet<EnvelopeId>,
    /// Offered, asked for and not given, as when the peer's disk lost them: until they come another way, not all is here
    /// that the peer's marks stand for.
    unmet: BTreeSet<EnvelopeId>,
    /// So much was offered that some of it was let go: the peer's marks are never met.
    lacks: bool,
    owed: Option<u64>,
    next_mark: u64,
    marks: VecDeque<(u64, u64)>,
    packer: Packer,
    unpacker: Unpacker,
    /// The peer gets from others what this node passes on, and wants to hear of it only.
    is_lazy: bool,
    /// The peer was asked to be so.
    has_asked_lazy: bool,
    /// What the peer is to hear of.
    heralded: Vec<EnvelopeId>,
    /// News went out without a mark, since one would have stood for that, too.
    owes_mark: bool,
    /// When it is told. Each talk has its own times: what goes on in one must not show in another.
    herald_at: Option<Timestamp>,
    /// When to look again at what was put off.
    resume_at: Option<Timestamp>,
    /// Where to go on giving the peer everything.
    pub(crate) giving: Option<Cursor>,
}

/// How far this node has got in asking for everything.
#[derive(Debug)]
struct Bulk {
    /// Whom it asks; nobody while there is nobody.
    from: Option<NodeId>,
    next: Cursor,
    /// When it has waited long enough.
    due: Timestamp,
}

struct Reconciling {
    negentropy: Negentropy<'static, NegentropyStorageVector>,
    have: Vec<Id>,
    need: Vec<Id>,
    steps: u32,
}

impl std::fmt::Debug for Reconciling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciling").field("steps", &self.steps).finish_non_exhaustive()
    }
}

/// What follows a step of a reconciliation.
#[derive(Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// The ids that only this node has; those that only the peer has are being pulled.
    Finished(Vec<EnvelopeId>),
    /// The peer does not keep to the protocol.
    Broken,
}

impl Sync {
    pub(crate) fn talk(&mut self, node: NodeId, workspace: WorkspaceId) -> &mut Talk {
        self.talks.entry((node, workspace)).or_default()
    }

    pub(crate) fn open_talk(
        &mut self,
        node: &NodeId,
        workspace: &WorkspaceId,
    ) -> Option<&mut Talk> {
        self.talks.get_mut(&(*node, *workspace)).filter(|talk| talk.is_open)
    }

    /// Returns the nodes with which documents of a workspace are spoken of.
    pub(crate) fn open_with(&self, workspace: &WorkspaceId) -> Vec<NodeId> {
        self.talks
            .iter()
            .filter(|((_, of), talk)| of == workspace && talk.is_open)
            .map(|((node, _), _)| *node)
            .collect()
    }

    /// Returns the next ids to ask a peer for. What another was asked for a moment ago is not asked for twice.
    pub(crate) fn next_want(
        &mut self,
        node: &NodeId,
        workspace: &WorkspaceId,
        is_known: impl Fn(&EnvelopeId) -> bool,
        steady: Timestamp,
    ) -> Vec<EnvelopeId> {
        let Some(mut talk) = self.talks.remove(&(*node, *workspace)) else { return Vec::new() };
        let others = self.talks.iter().filter(|((_, of), _)| of == workspace);
        let others: Vec<&BTreeSet<EnvelopeId>> = others
            .map(|(_, talk)| talk)
            .filter(|talk| !talk.asked.is_empty() && steady.0 < talk.asked_at.0 + PATIENCE)
            .map(|talk| &talk.asked)
            .collect();
        let is_coming = |id: &EnvelopeId| others.iter().any(|asked| asked.contains(id));
        let ids = talk.next_want(is_known, is_coming, steady);
        if !talk.later.is_empty() {
            talk.resume_at.get_or_insert(Timestamp(steady.0.saturating_add(PATIENCE)));
        }
        self.talks.insert((*node, *workspace), talk);
        ids
    }

    /// Returns the talks in which something was put off, if it is time to look again, and when that is next.
    pub(crate) fn put_off(
        &mut self,
        steady: Timestamp,
    ) -> (Vec<(NodeId, WorkspaceId)>, Option<Timestamp>) {
        let due = self.talks.iter_mut().filter(|(_, talk)| is_due(talk.resume_at, steady));
        let due = due.map(|(of, talk)| {
            talk.resume_at = None;
            talk.resume();
            *of
        });
        let due = due.collect();
        (due, self.talks.values().filter_map(|talk| talk.resume_at).min())
    }

    /// Notes that an envelope came; returns whose marks may be met by that.
    pub(crate) fn is_here(&mut self, workspace: &WorkspaceId, id: &EnvelopeId) -> Vec<NodeId> {
        let waiting = self.talks.iter_mut().filter(|((_, of), _)| of == workspace);
        waiting
            .filter_map(|((node, _), talk)| {
                (talk.unmet.remove(id) && talk.unmet.is_empty()).then_some(*node)
            })
            .collect()
    }

    /// Lets a peer hear of an envelope, soon.
    pub(crate) fn herald(
        &mut self,
        node: &NodeId,
        workspace: &WorkspaceId,
        id: EnvelopeId,
        steady: Timestamp,
    ) {
        let Some(talk) = self.open_talk(node, workspace) else { return };
        talk.heralded.push(id);
        talk.herald_at.get_or_insert(Timestamp(steady.0.saturating_add(HERALD)));
    }

    /// Returns of what which peers are to hear now, and when the next are.
    pub(crate) fn heralds(&mut self, steady: Timestamp) -> Heralds {
        let due = self.talks.iter_mut().filter(|(_, talk)| is_due(talk.herald_at, steady));
        let due = due.map(|((node, workspace), talk)| {
            talk.herald_at = None;
            (*node, *workspace, std::mem::take(&mut talk.heralded))
        });
        let due = due.collect();
        (due, self.talks.values().filter_map(|talk| talk.herald_at).min())
    }

    /// Starts to ask a peer for everything, or goes on. Returns from where to ask; an inner nothing if another peer is being
    /// asked, an outer one if this is not the way.
    #[expect(clippy::option_option, reason = "to ask, to wait, or neither")]
    pub(crate) fn start_bulk(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        is_empty: bool,
        steady: Timestamp,
    ) -> Option<Option<Cursor>> {
        if !is_empty && !self.bulk.contains_key(&workspace) {
            return None;
        }
        let due = Timestamp(steady.0.saturating_add(BULK_PATIENCE));
        let first = Cursor { document: DocumentId([0; 32]), place: 0 };
        let bulk = self.bulk.entry(workspace).or_insert(Bulk { from: None, next: first, due });
        if bulk.from.is_some_and(|from| from != node) {
            return Some(None);
        }
        // Another peer holds the envelopes of a document in another order.
        let next = Cursor { place: 0, ..bulk.next };
        *bulk = Bulk { from: Some(node), next, due };
        Some(Some(next))
    }

    /// Notes how far it has got; returns whether that is what was asked for.
    pub(crate) fn go_on_with_bulk(
        &mut self,
        from: &NodeId,
        workspace: &WorkspaceId,
        next: Option<Cursor>,
        steady: Timestamp,
    ) -> bool {
        let Some(bulk) = self.bulk.get_mut(workspace).filter(|bulk| bulk.from == Some(*from))
        else {
            return false;
        };
        match next {
            Some(next) if next <= bulk.next => return false,
            Some(next) => {
                bulk.next = next;
                bulk.due = Timestamp(steady.0.saturating_add(BULK_PATIENCE));
            }
            None => drop(self.bulk.remove(workspace)),
        }
        true
    }

    /// Is this node asking for everything?
    pub(crate) fn has_bulk(&self, workspace: &WorkspaceId) -> bool {
        self.bulk.contains_key(workspace)
    }

    /// Returns the workspaces of which everything is wanted and nobody is asked.
    pub(crate) fn bulk_that_waits(&self) -> Vec<WorkspaceId> {
        let waiting = self.bulk.iter().filter(|(_, bulk)| bulk.from.is_none());
        waiting.map(|(workspace, _)| *workspace).collect()
    }

    /// Ends what has waited too long; returns where.
    pub(crate) fn end_late_bulk(&mut self, steady: Timestamp) -> Vec<WorkspaceId> {
        self.bulk
            .extract_if(.., |_, bulk| bulk.due <= steady)
            .map(|(workspace, _)| workspace)
            .collect()
    }

    pub(crate) fn bulk_due(&self) -> Option<Timestamp> {
        self.bulk.values().map(|bulk| bulk.due).min()
    }

    pub(crate) fn hang_up(&mut self, node: &NodeId) {
        for bulk in self.bulk.values_mut().filter(|bulk| bulk.from == Some(*node)) {
            bulk.from = None;
        }
        self.talks.retain(|(of, _), _| of != node);
        self.waiting.drop_from(node);
    }

    pub(crate) const fn rounds(&self) -> u64 {
        self.rounds
    }

    pub(crate) const fn waiting(&mut self) -> &mut Waiting {
        &mut self.waiting
    }

    /// Returns how many envelopes wait, their bytes, and how many ids are to be asked for.
    pub(crate) fn held(&self) -> (usize, usize, usize) {
        let wanted =
            |talk: &Talk| talk.pull.len() + talk.asked.len() + talk.later.len() + talk.unmet.len();
        let all = self.talks.values().map(wanted).sum();
        (self.waiting.envelopes.len(), self.waiting.bytes, all)
    }

    pub(crate) fn reached(&self, workspace: &WorkspaceId, organization: &OrganizationId) -> u64 {
        self.reached.get(&(*workspace, *organization)).copied().unwrap_or(0)
    }

    /// Notes that an organisation has what stands at a place.
    pub(crate) fn is_had(
        &mut self,
        workspace: WorkspaceId,
        organization: OrganizationId,
        place: u64,
    ) {
        if self.reached(&workspace, &organization) <= place {
            self.ahead.entry((workspace, organization)).or_default().insert(place);
        }
    }

    /// Did an organisation send what stands at a place?
    pub(crate) fn is_ahead(
        &self,
        workspace: &WorkspaceId,
        organization: &OrganizationId,
        place: u64,
    ) -> bool {
        self.ahead.get(&(*workspace, *organization)).is_some_and(|places| places.contains(&place))
    }

    /// Notes how far an organisation is; returns whether that is news.
    pub(crate) fn reach(
        &mut self,
        workspace: WorkspaceId,
        organization: OrganizationId,
        place: u64,
    ) -> bool {
        let reached = self.reached.entry((workspace, organization)).or_default();
        let is_news = *reached < place;
        *reached = place.max(*reached);
        if let Some(places) = self.ahead.get_mut(&(workspace, organization)) {
            *places = places.split_off(reached);
        }
        is_news
    }

    /// Starts a reconciliation over these ids; returns the first frame.
    pub(crate) fn start(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        items: &[(Timestamp, EnvelopeId)],
    ) -> Option<(Vec<u8>, u32)> {
        self.rounds = self.rounds.saturating_add(1);
        let mut reconciling = Reconciling::new(items)?;
        let frame = reconciling.negentropy.initiate().ok()?;
        let talk = self.talk(node, workspace);
        talk.round = talk.round.wrapping_add(1);
        talk.reconciling = Some(reconciling);
        Some((frame, talk.round))
    }

    /// Prepares to answer a reconciliation that a peer starts.
    pub(crate) fn answer(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        items: &[(Timestamp, EnvelopeId)],
        round: u32,
    ) {
        self.rounds = self.rounds.saturating_add(1);
        let talk = self.talk(node, workspace);
        talk.round = round;
        // When it is through, both tell each other how far they are, be it for the first time or again.
        talk.is_caught_up = false;
        talk.reconciling = Reconciling::new(items);
    }
}

fn is_due(at: Option<Timestamp>, steady: Timestamp) -> bool {
    at.is_some_and(|at| at <= steady)
}

impl Reconciling {
    fn new(items: &[(Timestamp, EnvelopeId)]) -> Option<Self> {
        let mut storage = NegentropyStorageVector::with_capacity(items.len());
        for (time, id) in items {
            // The largest number stands for "no upper bound" there.
            storage.insert(time.0.min(u64::MAX - 1), Id::from_byte_array(id.0)).ok()?;
        }
        storage.seal().ok()?;
        let negentropy = Negentropy::owned(storage, RECONCILE_BYTES).ok()?;
        Some(Self { negentropy, have: Vec::new(), need: Vec::new(), steps: 0 })
    }
}
