//! What must hold after every step, and what must hold once all is calm.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::document::Document;
use crdt_schema::envelope::Envelope;
use crdt_schema::gate;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{
    DocumentId, EnvelopeId, NodeId, OrganizationId, Role, TextId, WorkspaceId,
};
use crdt_schema::suggestion::Verdict;
use engine::view::{CommentView, DiscussionView, Standing};
use sha2::{Digest, Sha256};

use crate::disk::Disk;
use crate::network::Number;
use crate::world::{Being, World};

/// Requires that nothing is missing which people at a node were told is saved.
///
/// # Errors
/// Naming what is missing.
pub fn nothing_acknowledged_is_missing(world: &mut World, number: Number) -> Result<()> {
    if world.is_two(number) {
        return Ok(());
    }
    let (has_fork, has_exclusions) = (world.has_fork, world.has_exclusions);
    let node = world.node(number)?;
    let (ledger, disk) = (node.ledger.clone(), node.disk.clone());
    let own = node.identity.card.organization;
    let Being::Engine(engine) = &mut node.being else { return Ok(()) };
    let mut reader = engine.reader();
    // Where somebody is shut out, what that one did may go; one's own work stays.
    let versions = if has_fork || has_exclusions { &ledger.own } else { &ledger.documents };
    for (document, versions) in versions {
        let Ok(open) = reader.open(document) else {
            // Who is out of the workspace is shown nothing of it. And whoever changed nothing in a document has no part in it.
            let had_part = || makers(&disk, document).values().any(|maker| *maker == own);
            ensure!(
                reader.workspaces().is_empty() || ((has_fork || has_exclusions) && !had_part()),
                "node {number} lost document {document}, which it said was saved"
            );
            continue;
        };
        let mut missing: Vec<&Heads> = versions.iter().filter(|heads| !open.knows(heads)).collect();
        if !missing.is_empty() && (has_fork || has_exclusions) {
            // An edit that changed nothing named what was there, and that may have been another's.
            let makers = makers(&disk, document);
            missing.retain(|heads| {
                !heads.as_slice().iter().any(|head| {
                    makers.get(&Heads::from(vec![*head])).is_some_and(|maker| *maker != own)
                })
            });
        }
        // A version may be of several changes: each of them is one that was lost.
        let lost: BTreeSet<_> =
            missing.iter().flat_map(|heads| heads.as_slice()).copied().collect();
        let lost = lost.iter().filter(|head| !open.knows(&Heads::from(vec![**head]))).count();
        // What was built on the branch that lost is kept, and shown not to count.
        let mut out = reader.not_counted(document).unwrap_or_default();
        out.retain(|out| out.organization == own);
        ensure!(
            missing.is_empty() || (has_fork && lost <= out.len()),
            "node {number} lost versions {missing:?} of {document}, which it said were saved: {out:?}"
        );
    }
    for workspace in &ledger.workspaces {
        ensure!(reader.workspace(workspace).is_some(), "node {number} lost workspace {workspace}");
        let invites: BTreeSet<_> =
            reader.invites(workspace).iter().map(|invite| invite.id).collect();
        ensure!(ledger.invites.is_subset(&invites), "node {number} lost an invite");
    }
    Ok(())
}

/// Whose envelopes end in which changes, of those that a disk holds.
fn makers(disk: &Disk, document: &DocumentId) -> BTreeMap<Heads, OrganizationId> {
    let mut makers = BTreeMap::new();
    for (_, bytes) in disk.all().iter().filter(|(meta, _)| meta.document == *document) {
        let Ok(envelope) = Envelope::from_bytes(bytes) else { continue };
        let last = envelope.changes().last().and_then(|change| gate::inspect(change).ok());
        if let Some(last) = last {
            makers.insert(vec![last.hash()].into(), envelope.header.organization);
        }
    }
    makers
}

/// The same for every node.
///
/// # Errors
/// Naming what is missing.
pub fn nothing_acknowledged_is_missing_anywhere(world: &mut World) -> Result<()> {
    (0..world.nodes.len()).try_for_each(|number| nothing_acknowledged_is_missing(world, number))
}

pub(crate) type Members =
    BTreeMap<OrganizationId, (Role, Standing, BTreeSet<NodeId>, BTreeSet<NodeId>)>;

/// The first comment of a discussion, its answers, each with whether it was taken back; is it of the words that stand there, and
/// is it over?
type Discussed = ((EnvelopeId, bool), BTreeSet<(EnvelopeId, bool)>, bool, bool);

fn discussed(view: DiscussionView) -> Discussed {
    let said = |comment: &CommentView| (comment.id, comment.is_withdrawn);
    let replies = view.replies.iter().map(said).collect();
    (said(&view.first), replies, view.is_same, view.is_settled)
}

/// What a node shows of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    members: Members,
    documents: BTreeMap<DocumentId, (String, [u8; 32])>,
    audiences: BTreeMap<DocumentId, Audience>,
    /// What was suggested, and what became of it.
    suggestions: BTreeMap<DocumentId, Vec<(EnvelopeId, Option<Verdict>, bool)>>,
    /// What was said, whether it was taken back, of which words it is, and what is over.
    discussions: BTreeMap<DocumentId, BTreeSet<Discussed>>,
    /// Who signed which words, and what was taken back.
    signatures: BTreeMap<DocumentId, Vec<(EnvelopeId, TextId, Option<EnvelopeId>)>>,
}

/// Returns the members that a node shows.
///
/// # Errors
/// If the node is not up.
pub(crate) fn members(
    world: &mut World,
    number: Number,
    workspace: WorkspaceId,
) -> Result<Members> {
    let members = world.engine(number)?.reader().members(&workspace).into_iter();
    Ok(members
        .map(|member| {
            let (nodes, ended) =
                (member.nodes.into_iter().collect(), member.ended.into_iter().collect());
            (member.organization, (member.role, member.standing, nodes, ended))
        })
        .collect())
}

fn shown(world: &mut World, number: Number, workspace: WorkspaceId) -> Result<Shown> {
    let mut shown = Shown { members: members(world, number, workspace)?, ..Shown::default() };
    let mut reader = world.engine(number)?.reader();
    for view in reader.documents(&workspace) {
        let open: &Document = reader
            .open(&view.id)
            .with_context(|| format!("node {number} cannot open {}", view.id))?;
        ensure!(
            view.heads == open.heads(),
            "node {number} lists other heads of {} than it opens",
            view.id
        );
        let content: [u8; 32] = Sha256::digest(open.content().to_string()).into();
        shown.documents.insert(view.id, (view.heads.to_string(), content));
        let mut suggestions: Vec<_> = reader
            .suggestions(&view.id)?
            .into_iter()
            .map(|one| (one.id, one.answer.map(|answer| answer.verdict), one.is_out_of_date))
            .collect();
        suggestions.sort_unstable();
        shown.suggestions.insert(view.id, suggestions);
        let discussions = reader.discussions(&view.id)?.into_iter().map(discussed).collect();
        shown.discussions.insert(view.id, discussions);
        let signed = reader.sign_offs(&view.id)?;
        ensure!(
            signed.iter().all(|one| one.holds),
            "node {number} has other words than were signed in {}",
            view.id
        );
        let signed = signed.into_iter();
        let mut signatures: Vec<_> =
            signed.map(|one| (one.id, one.text, one.withdrawal.map(|by| by.id))).collect();
        signatures.sort_unstable();
        shown.signatures.insert(view.id, signatures);
        shown.audiences.insert(view.id, view.audience);
    }
    Ok(shown)
}

/// Requires that all members show the same, as far as each may read.
///
/// # Errors
/// Naming the first difference.
pub fn all_agree(world: &mut World, workspace: WorkspaceId) -> Result<()> {
    let numbers: Vec<Number> =
        (0..world.nodes.len()).filter(|number| world.is_member(*number, workspace)).collect();
    let mut all = BTreeMap::new();
    for number in &numbers {
        all.insert(*number, shown(world, *number, workspace)?);
    }
    let mut union = Shown::default();
    for shown in all.values() {
        union.documents.extend(shown.documents.clone());
        union.audiences.extend(shown.audiences.clone());
    }
    for (number, shown) in &all {
        let first = all.values().next().map(|first| &first.members);
        ensure!(
            first == Some(&shown.members),
            "node {number} shows other members: {:?} against {first:?}",
            shown.members
        );
        let own = world.organization(*number)?;
        let readable = union
            .audiences
            .iter()
            .filter(|(_, audience)| audience.may_read(&own))
            .map(|(id, _)| id);
        let readable: BTreeSet<&DocumentId> = readable.collect();
        let has: BTreeSet<&DocumentId> = shown.documents.keys().collect();
        let (lacks, extra): (Vec<_>, Vec<_>) =
            (readable.difference(&has).collect(), has.difference(&readable).collect());
        ensure!(
            lacks.is_empty() && extra.is_empty(),
            "node {number} lacks documents {lacks:?} and should not show {extra:?}"
        );
        for (id, what) in &shown.documents {
            let refused = world.engine(*number)?.reader().counters().refused;
            let other = union.documents.get(id);
            ensure!(
                other == Some(what),
                "node {number} shows another version of {id}: {what:?} against {other:?}; it refused {refused:?}"
            );
        }
    }
    Ok(())
}

/// Requires that every member knows that everyone has everything.
///
/// # Errors
/// Naming who does not.
pub fn nothing_is_unsent(world: &mut World) -> Result<()> {
    (0..world.nodes.len()).try_for_each(|number| nothing_is_unsent_at(world, number))
}

/// The same for one node.
///
/// # Errors
/// If it does not know so.
pub fn nothing_is_unsent_at(world: &mut World, number: Number) -> Result<()> {
    if matches!(world.node(number)?.being, Being::Engine(_)) {
        let reader = world.engine(number)?.reader();
        let unsent = reader.unsent();
        let peers: Vec<_> = reader
            .peers()
            .into_iter()
            .map(|peer| (peer.name, peer.connected, peer.unseen))
            .collect();
        ensure!(
            unsent == 0,
            "node {number} believes that {unsent} changes did not arrive everywhere: {peers:?}"
        );
    }
    Ok(())
}

/// Ends all faults and requires all that must hold once all is calm.
///
/// # Errors
/// Naming what does not hold.
pub fn calm(world: &mut World, workspace: WorkspaceId) -> Result<()> {
    let took = world.settle()?;
    let most = world.counted("longest calming, in ms");
    world.trace.count("longest calming, in ms", took.saturating_sub(most));
    nothing_acknowledged_is_missing_anywhere(world)?;
    all_agree(world, workspace)?;
    nothing_is_unsent(world)
}
