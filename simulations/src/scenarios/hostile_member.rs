//! A member turns hostile: it forges, replays, backdates, mutates and floods. Nobody takes anything of it, nobody
//! breaks, and the honest agree.

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::envelope::Envelope;
use crdt_schema::identity::{DocumentId, EntryId, EnvelopeId, SessionId, WorkspaceId};
use engine::message::{Message, pack_anew};
use engine::{EnvelopeMeta, Identity, Shelf};

use crate::ask::short;
use crate::network::Number;
use crate::puppet::Draft;
use crate::world::World;
use crate::{invariants, people, puppet};

const HOSTILE: Number = 2;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(3)?;
    let shared = world.create(0, workspace, Audience::default(), short("Shared"))?;
    // All may read it; only the owner may write.
    let owner = world.organization(0)?;
    let audience = Audience::new(Circle::Workspace, Circle::Named([owner].into()));
    world.create(0, workspace, audience, short("By one alone"))?;
    world.run_for(2_000)?;
    world.set(HOSTILE, shared, "/title", "Written while it was honest")?;
    world.run_for(5_000)?;
    let kept = world.node(HOSTILE)?.disk.copy();
    world.node(HOSTILE)?.ledger = people::Ledger::default();
    world.make_puppet(HOSTILE)?;
    let heads = puppet::log(&kept, workspace)?.heads();
    let before = held(world, workspace)?;

    let bad = bad_envelopes(world, workspace, &kept, &heads)?;
    for to in [0, 1] {
        for (what, bytes) in &bad {
            open(world, to, workspace, &heads)?;
            let news = Message::News { workspace, pack: pack_anew(&[bytes]), mark: None };
            world.say(HOSTILE, to, news.to_frame());
            world.run_for(100)?;
            ensure!(held(world, workspace)? == before, "node {to} took {what}");
        }
        flood(world, to, workspace, &kept, &heads)?;
        ensure!(held(world, workspace)? == before, "node {to} took something from a flood");
    }
    // It stays connected and says nothing more: it never acknowledges either.
    for step in 0..10 {
        people::something(world, step % 2, workspace)?;
        world.run_for(1_000)?;
    }
    world.settle()?;
    invariants::nothing_acknowledged_is_missing_anywhere(world)?;
    invariants::all_agree(world, workspace)
}

/// How many envelopes and entries each honest node holds.
fn held(world: &mut World, _: WorkspaceId) -> Result<Vec<(usize, usize)>> {
    [0, 1]
        .iter()
        .map(|number| {
            let disk = &world.node(*number)?.disk;
            Ok((disk.envelopes()?.len(), disk.entries()?.len()))
        })
        .collect()
}

/// Begins a conversation as an honest member would.
fn open(world: &mut World, to: Number, workspace: WorkspaceId, heads: &[EntryId]) -> Result<()> {
    if world.network.stream(HOSTILE, to).is_none() {
        world.connect(HOSTILE, to)?;
        world.say(HOSTILE, to, Message::Membership { workspace, heads: heads.to_vec() }.to_frame());
        world.run_for(200)?;
    }
    Ok(())
}

fn bad_envelopes(
    world: &mut World,
    workspace: WorkspaceId,
    kept: &crate::disk::Disk,
    heads: &[EntryId],
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let own = world.node(HOSTILE)?.identity.clone();
    let victim = world.node(0)?.identity.clone();
    let all = kept.all();
    let good = puppet::first_envelope(&own, workspace, heads.to_vec(), &mut world.chance)?;
    let mut bad: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut add = |what: &'static str, draft: Draft| bad.push((what, draft.seal(&own.key)));

    let forged = puppet::first_envelope(&victim, workspace, heads.to_vec(), &mut world.chance)?;
    add("another's envelope with its own signature", forged);
    add(
        "its own node under another's organisation",
        good.with(|draft| draft.header.organization = victim.card.organization),
    );
    // Before it was let in it had no right to write.
    add(
        "membership from before it came in",
        good.with(|draft| draft.header.membership = vec![EntryId::from(workspace)]),
    );
    add("no membership", good.with(|draft| draft.header.membership = Vec::new()));
    add("another's session", good.with(|draft| draft.header.session = SessionId([9; 16])));
    add("another version", good.with(|draft| draft.header.version = 2));
    add("no changes", good.with(|draft| draft.changes = Vec::new()));
    add(
        "a genesis in the middle",
        good.with(|draft| {
            draft.header.seq = 2;
            draft.header.previous = Some(EnvelopeId([1; 32]));
        }),
    );
    add("rubbish for a change", good.with(|draft| draft.changes = vec![vec![0x85; 40].into()]));
    add(
        "a genesis under another document's id",
        good.with(|draft| draft.header.document = DocumentId([3; 32])),
    );
    let (_, by_one) = all
        .iter()
        .find(|(_, bytes)| is_by_one_alone(bytes))
        .context("the document of one alone")?;
    let by_one = Draft::of(by_one)?.header.document;
    let session = SessionId(world.chance.bytes());
    add(
        "a change to a document that only another may write",
        good.with(|draft| {
            (draft.header.document, draft.header.session) = (by_one, session);
            draft.genesis = None;
        }),
    );
    for (_, bytes) in &all {
        let mut draft = Draft::of(bytes)?;
        draft.header.node = own.key.id();
        draft.header.organization = own.card.organization;
        add("another's changes as its own", draft);
    }
    bad.extend(mutated(world, &all, &good, &own)?);
    // What is known already is not taken twice.
    bad.extend(all.into_iter().map(|(_, bytes)| ("a replay", bytes)));
    Ok(bad)
}

/// Known envelopes with a byte changed, and an own one that is truly signed with a byte of its change changed.
fn mutated(
    world: &mut World,
    all: &[(EnvelopeMeta, Vec<u8>)],
    good: &Draft,
    own: &Identity,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut bad = Vec::new();
    for _ in 0..60 {
        let mut bytes = world.chance.pick(all).map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        let at = world.chance.index(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= u8::try_from(world.chance.between(1, 255))?;
        }
        bad.push(("a mutated envelope", bytes));
        let mut draft = good.clone();
        if let Some(change) = draft.changes.first_mut() {
            let mut bytes = change.to_vec();
            let at = world.chance.index(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= u8::try_from(world.chance.between(1, 255))?;
            }
            *change = bytes.into();
        }
        bad.push(("a mutated change", draft.seal(&own.key)));
    }
    Ok(bad)
}

fn is_by_one_alone(bytes: &[u8]) -> bool {
    let genesis = Envelope::from_bytes(bytes).ok().and_then(|envelope| envelope.genesis);
    genesis.is_some_and(|genesis| genesis.audience.write != Circle::Workspace)
}

/// Much of everything: orphans, offers of nothing, broken reconciliations, wrong marks, mutated frames.
fn flood(
    world: &mut World,
    to: Number,
    workspace: WorkspaceId,
    kept: &crate::disk::Disk,
    heads: &[EntryId],
) -> Result<()> {
    let own = world.node(HOSTILE)?.identity.clone();
    let good = puppet::first_envelope(&own, workspace, heads.to_vec(), &mut world.chance)?;
    for round in 0..30 {
        open(world, to, workspace, heads)?;
        let orphans = (0..50_u64).map(|count| {
            let previous = Some(EnvelopeId(world.chance.bytes()));
            let orphan = good.with(|draft| {
                draft.genesis = None;
                draft.header.seq = 2 + round * 50 + count;
                draft.header.previous = previous;
            });
            orphan.seal(&own.key)
        });
        let pack = pack_anew(&orphans.collect::<Vec<_>>());
        let news = Message::News { workspace, pack, mark: Some(u64::MAX) };
        world.say(HOSTILE, to, news.to_frame());
        world.run_for(50)?;
    }
    for _ in 0..60 {
        open(world, to, workspace, heads)?;
        let bytes: [u8; 40] = world.chance.bytes();
        let ids = (0..200).map(|_| EnvelopeId(world.chance.bytes())).collect();
        let frame = match world.chance.below(8) {
            0 => Message::Reconcile {
                workspace,
                first: true,
                frame: vec![0x61, 0, 0, 1, 0].into(),
                round: 1,
            }
            .to_frame(),
            1 => Message::Reconcile {
                workspace,
                first: world.chance.percent(50),
                frame: bytes.to_vec().into(),
                round: 1,
            }
            .to_frame(),
            2 => Message::Offer { workspace, ids, mark: Some(world.chance.below(u64::MAX)) }
                .to_frame(),
            3 => Message::Want { workspace, ids }.to_frame(),
            4 => Message::Stored { workspace, mark: u64::MAX }.to_frame(),
            5 => Message::Wanted { workspace, pack: bytes.to_vec().into() }.to_frame(),
            6 => Message::Membership { workspace, heads: vec![EntryId(world.chance.bytes())] }
                .to_frame(),
            _ => bytes.to_vec(),
        };
        world.say(HOSTILE, to, frame);
        world.run_for(60)?;
    }
    // Entries with one byte changed, and true ones again.
    for (_, mut bytes) in kept.entries()? {
        open(world, to, workspace, heads)?;
        let replay = Message::Entries { workspace, entries: vec![bytes.clone().into()] };
        world.say(HOSTILE, to, replay.to_frame());
        let at = world.chance.index(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1;
        }
        world.say(
            HOSTILE,
            to,
            Message::Entries { workspace, entries: vec![bytes.into()] }.to_frame(),
        );
        world.run_for(60)?;
    }
    Ok(())
}
