//! Whoever is no member hears the same about a workspace that is here as about one that never was.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::codec::{self, SignatureBytes};
use crdt_schema::identity::{Timestamp, WorkspaceId};
use crdt_schema::invite::Invite;
use engine::Shelf;
use engine::message::{Message, Reason};

use crate::ask::{Grant, short};
use crate::world::World;
use crate::{invariants, puppet};

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(2)?;
    let document = world.create(0, workspace, Audience::default(), short("Not for strangers"))?;
    world.run_for(5_000)?;
    let stranger = world.add()?;
    world.make_puppet(stranger)?;
    let nowhere = WorkspaceId(world.chance.bytes());
    let seed = world.chance.below(u64::MAX);
    let identity = world.node(stranger)?.identity.clone();

    let real = puppet::one_of_each(&identity, workspace, seed)?;
    let unreal = puppet::one_of_each(&identity, nowhere, seed)?;
    for (about_real, about_unreal) in real.iter().zip(&unreal) {
        let heard = world.answers(stranger, 0, about_real.to_frame())?;
        let other = world.answers(stranger, 0, about_unreal.to_frame())?;
        let blind = |frames: Vec<Vec<u8>>, of: WorkspaceId| -> Vec<Vec<u8>> {
            frames.into_iter().map(|frame| replaced(&frame, &of.0)).collect()
        };
        let (heard, other) = (blind(heard, workspace), blind(other, nowhere));
        ensure!(
            heard == other,
            "the answer to {about_real:?} tells that the workspace is here: {heard:?} or {other:?}"
        );
        for frame in &heard {
            let answer = Message::from_frame(frame)?;
            ensure!(
                matches!(answer, Message::Unknown { .. } | Message::Refused { .. }),
                "a stranger hears {answer:?}"
            );
        }
    }
    with_what_it_may_have_found(world, stranger, workspace)?;

    // Not even what is no message at all brings anything out.
    for _ in 0..200 {
        let mut frame = world.chance.pick(&real).map(Message::to_frame).unwrap_or_default();
        let at = world.chance.index(frame.len());
        let flip = u8::try_from(world.chance.between(1, 255))?;
        if let Some(byte) = frame.get_mut(at) {
            *byte ^= flip;
        }
        for answer in world.answers(stranger, 0, frame)? {
            let answer = Message::from_frame(&answer)?;
            ensure!(
                matches!(answer, Message::Unknown { .. } | Message::Refused { .. }),
                "a stranger hears {answer:?}"
            );
        }
    }
    world.run_for(120_000)?;
    ensure!(world.network.stream(stranger, 0).is_none(), "a stranger is not sent away");
    world.expect(1, document, "/title", "Not for strangers")?;
    invariants::calm(world, workspace)
}

/// It may have come by entries, or by an invite without its secret.
fn with_what_it_may_have_found(
    world: &mut World,
    stranger: usize,
    workspace: WorkspaceId,
) -> Result<()> {
    let entries = world.node(0)?.disk.entries()?;
    let entries = entries.into_iter().map(|(_, bytes)| bytes.into()).collect();
    let answers = world.answers(stranger, 0, Message::Entries { workspace, entries }.to_frame())?;
    ensure!(answers.is_empty(), "a stranger that shows entries is answered");

    let text = world.invite(0, workspace, Grant::default())?;
    let identity = world.node(stranger)?.identity.clone();
    let invite = Invite::from_text(&text)?;
    let mut redemption = invite.redeem(identity.card.clone(), identity.certificate.clone());
    redemption.proof = SignatureBytes([7; 64]);
    let answers = world.answers(stranger, 0, Message::Redeem(redemption).to_frame())?;
    let refused = Message::Refused { workspace, reason: Reason::NotValidHere }.to_frame();
    ensure!(answers == [refused], "an invite without its secret brings {answers:?}");
    // Somebody else's certificate is of no use either.
    let member = world.node(1)?.identity.certificate.clone();
    let answers = world.answers(stranger, 0, Message::Return(member).to_frame())?;
    ensure!(answers.is_empty(), "another's certificate brings {answers:?}");
    let root = world.node(stranger)?.root.clone();
    let mut other = root.certify(&identity.key, Timestamp(1));
    other.node = world.node(1)?.identity.key.id();
    let claim = codec::encode(&(&other.organization, &other.node, &other.issued));
    other.signature = root.sign("fingerpost/node/v1", &claim);
    let answers = world.answers(stranger, 0, Message::Return(other).to_frame())?;
    ensure!(answers.is_empty(), "a certificate for another's node brings {answers:?}");
    Ok(())
}

/// Replaces an id wherever it stands, so that answers about two workspaces can be compared.
fn replaced(frame: &[u8], id: &[u8; 32]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let found: Vec<usize> =
        frame.windows(32).enumerate().filter(|(_, bytes)| bytes == id).map(|(at, _)| at).collect();
    for at in found {
        if let Some(bytes) = frame.get_mut(at..at + 32) {
            bytes.fill(0);
        }
    }
    frame
}
