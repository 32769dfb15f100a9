//! Part: what each peer has and what it lacks.
//!
//! One [`Talk`] for each peer and workspace: after both have told their membership, the node with the lower id starts one
//! reconciliation over the ids of all envelopes that both may read; then each side asks for what it lacks, some at
//! a time, and says when everything up to a *mark* is durably stored. A mark is a number that counts up within a
//! talk and stands for a place in the sender's own order of arrival; that order itself is not shown, since it would
//! count documents the peer may not read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crdt_schema::identity::{
    DocumentId, EnvelopeId, NodeId, OrganizationId, Timestamp, WorkspaceId,
};
use crdt_schema::limits;
use negentropy::{Id, Negentropy, NegentropyStorageVector};

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
/// Protects memory: how many senders of a waiting envelope are told apart.
const SENDERS: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Sync {
    talks: BTreeMap<(NodeId, WorkspaceId), Talk>,
    /// Up to which place in this node's order of arrival an organisation is known to have everything it may read.
    reached: BTreeMap<(WorkspaceId, OrganizationId), u64>,
    /// Places beyond that which it has, too, since it sent them.
    ahead: BTreeMap<(WorkspaceId, OrganizationId), BTreeSet<u64>>,
    waiting: Waiting,
    rounds: u64,
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
    pull: VecDeque<EnvelopeId>,
    asked: BTreeSet<EnvelopeId>,
    /// Came too early and found no room to wait; asked for again once others are in.
    later: BTreeSet<EnvelopeId>,
    /// Asked for because the disk lost it: acknowledged long ago, whether or not this peer has it.
    lost: BTreeSet<EnvelopeId>,
    /// Something offered did not come or found no room: what the peer's marks stand for is not all here.
    lacks: bool,
    owed: Option<u64>,
    next_mark: u64,
    marks: VecDeque<(u64, u64)>,
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

    pub(crate) fn hang_up(&mut self, node: &NodeId) {
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
        let wanted = |talk: &Talk| talk.pull.len() + talk.asked.len() + talk.later.len();
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
    ) -> Option<Vec<u8>> {
        self.rounds = self.rounds.saturating_add(1);
        let mut reconciling = Reconciling::new(items)?;
        let frame = reconciling.negentropy.initiate().ok()?;
        self.talk(node, workspace).reconciling = Some(reconciling);
        Some(frame)
    }

    /// Prepares to answer a reconciliation that a peer starts.
    pub(crate) fn answer(
        &mut self,
        node: NodeId,
        workspace: WorkspaceId,
        items: &[(Timestamp, EnvelopeId)],
    ) {
        self.rounds = self.rounds.saturating_add(1);
        self.talk(node, workspace).reconciling = Reconciling::new(items);
    }
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

impl Talk {
    /// Takes a step of the reconciliation.
    pub(crate) fn step(&mut self, frame: &[u8]) -> Step {
        let Some(mut reconciling) = self.reconciling.take() else { return Step::Broken };
        reconciling.steps = reconciling.steps.saturating_add(1);
        if reconciling.steps > STEPS {
            return Step::Broken;
        }
        // The library was written for honest peers; a panic in it must cost this conversation only.
        let outcome = catch_unwind(AssertUnwindSafe(move || {
            let Reconciling { negentropy, have, need, .. } = &mut reconciling;
            let answer = if negentropy.is_initiator() {
                negentropy.reconcile_with_ids(frame, have, need)
            } else {
                negentropy.reconcile(frame).map(Some)
            };
            (answer, reconciling)
        }));
        match outcome {
            Ok((Ok(Some(answer)), reconciling)) => {
                if reconciling.have.len() > PULL || reconciling.need.len() > PULL {
                    return Step::Broken;
                }
                self.reconciling = Some(reconciling);
                Step::Send(answer)
            }
            Ok((Ok(None), reconciling)) => {
                self.want(reconciling.need.iter().map(|id| EnvelopeId(id.to_bytes())));
                Step::Finished(
                    reconciling.have.iter().map(|id| EnvelopeId(id.to_bytes())).collect(),
                )
            }
            Ok((Err(_), _)) | Err(_) => Step::Broken,
        }
    }

    /// Ends the conversation as if it had never begun, but for what protects from endless repetition.
    pub(crate) fn close(&mut self) {
        *self = Self { has_pushed: self.has_pushed, ..Self::default() };
    }

    /// Forgets the reconciliation, once the other side has said that it is through.
    pub(crate) fn is_reconciled(&mut self) {
        self.reconciling = None;
    }

    /// Adds ids to ask for.
    pub(crate) fn want(&mut self, ids: impl Iterator<Item = EnvelopeId>) {
        for id in ids {
            if self.pull.len() < PULL {
                self.pull.push_back(id);
            } else {
                self.lacks = true;
            }
        }
    }

    /// Adds ids to ask for that were here before.
    pub(crate) fn want_back(&mut self, ids: impl Iterator<Item = EnvelopeId>) {
        for id in ids {
            if self.pull.len() < PULL {
                self.lost.insert(id);
                self.pull.push_back(id);
            }
        }
    }

    /// Takes note of an envelope that came too early and found no room.
    pub(crate) fn postpone(&mut self, id: EnvelopeId) {
        if self.later.len() < PULL {
            self.later.insert(id);
        } else {
            self.lacks = true;
        }
    }

    /// Wants again what was postponed, now that something came which it may have waited for.
    pub(crate) fn resume(&mut self) {
        if self.pull.is_empty() && self.asked.is_empty() {
            self.pull.extend(std::mem::take(&mut self.later));
        }
    }

    /// Returns the next ids to ask for, if none are on their way. `is_known`: arrived some other way?
    pub(crate) fn next_want(&mut self, is_known: impl Fn(&EnvelopeId) -> bool) -> Vec<EnvelopeId> {
        if !self.asked.is_empty() {
            return Vec::new();
        }
        while self.asked.len() < WINDOW.min(limits::WANT_LIST) {
            let Some(id) = self.pull.pop_front() else { break };
            if !is_known(&id) {
                self.asked.insert(id);
            }
        }
        self.asked.iter().copied().collect()
    }

    /// Takes note of which of the ids asked for came. An answer that holds none of them means that the peer will
    /// not give the rest.
    pub(crate) fn came(&mut self, ids: &[EnvelopeId]) {
        let before = self.asked.len();
        for id in ids {
            self.asked.remove(id);
        }
        if self.asked.len() == before {
            self.lacks |= self.asked.iter().any(|id| !self.lost.contains(id));
            self.lost.retain(|id| !self.asked.contains(id));
            self.asked.clear();
        } else {
            for id in std::mem::take(&mut self.asked).into_iter().rev() {
                self.pull.push_front(id);
            }
        }
    }

    /// Notes that the peer wants to hear when all up to its mark is stored.
    pub(crate) fn owe(&mut self, mark: Option<u64>) {
        self.owed = self.owed.max(mark);
    }

    /// Returns the mark to acknowledge, if nothing is missing any more.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        let is_all_here =
            self.pull.is_empty() && self.asked.is_empty() && self.later.is_empty() && !self.lacks;
        if is_all_here { self.owed.take() } else { None }
    }

    /// Makes a mark for a place in this node's order of arrival.
    pub(crate) fn mark(&mut self, place: u64) -> u64 {
        self.next_mark = self.next_mark.saturating_add(1);
        if self.marks.len() >= MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((self.next_mark, place));
        self.next_mark
    }

    /// Returns the place that an acknowledged mark stands for.
    pub(crate) fn acknowledged(&mut self, mark: u64) -> Option<u64> {
        let mut place = None;
        while let Some((first, at)) = self.marks.front().copied()
            && first <= mark
        {
            place = Some(at);
            self.marks.pop_front();
        }
        place
    }
}

/// Envelopes that build on something which is not here yet, bounded.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    envelopes: BTreeMap<EnvelopeId, Early>,
    bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Early {
    /// Everyone who sent it: each of them believes it to be on its way to the disk. Whoever sent it first comes first.
    pub(crate) from: Vec<NodeId>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) document: DocumentId,
    pub(crate) bytes: Vec<u8>,
}

impl Waiting {
    /// Lets an envelope wait; returns whether there was room.
    pub(crate) fn add(&mut self, id: EnvelopeId, early: Early) -> bool {
        if let Some(known) = self.envelopes.get_mut(&id) {
            let new: Vec<NodeId> =
                early.from.into_iter().filter(|node| !known.from.contains(node)).collect();
            let fits = known.from.len().saturating_add(new.len()) <= SENDERS;
            if fits {
                known.from.extend(new);
            }
            return fits;
        }
        let of_peer =
            self.envelopes.values().filter(|known| known.from.first() == early.from.first());
        let (count, bytes) = of_peer.fold((0, 0_usize), |(count, bytes), known| {
            (count + 1, bytes.saturating_add(known.bytes.len()))
        });
        let size = early.bytes.len();
        let fits = count < limits::PENDING_CHANGES
            && bytes.saturating_add(size) <= limits::PENDING_BYTES
            && self.bytes.saturating_add(size) <= limits::PENDING_BYTES_NODE;
        if fits {
            self.bytes = self.bytes.saturating_add(size);
            self.envelopes.insert(id, early);
        }
        fits
    }

    /// Takes out what waits in a workspace, or for one document of it.
    pub(crate) fn take_out(
        &mut self,
        workspace: &WorkspaceId,
        document: Option<&DocumentId>,
    ) -> Vec<(EnvelopeId, Early)> {
        let is_meant = |early: &Early| {
            early.workspace == *workspace
                && document.is_none_or(|document| early.document == *document)
        };
        let taken: Vec<(EnvelopeId, Early)> =
            self.envelopes.extract_if(.., |_, early| is_meant(early)).collect();
        self.bytes =
            self.bytes.saturating_sub(taken.iter().map(|(_, early)| early.bytes.len()).sum());
        taken
    }

    pub(crate) fn has_from(&self, node: &NodeId, workspace: &WorkspaceId) -> bool {
        self.envelopes
            .values()
            .any(|early| early.from.contains(node) && early.workspace == *workspace)
    }

    fn drop_from(&mut self, node: &NodeId) {
        for early in self.envelopes.values_mut() {
            early.from.retain(|from| from != node);
        }
        let dropped: usize = self
            .envelopes
            .extract_if(.., |_, early| early.from.is_empty())
            .map(|(_, early)| early.bytes.len())
            .sum();
        self.bytes = self.bytes.saturating_sub(dropped);
    }
}
