//! An invite that was withdrawn, was used up or has ended lets nobody in, and says so.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use engine::view::JoinState;
use engine::{Command, Done};

use crate::ask::Grant;
use crate::invariants;
use crate::network::Number;
use crate::world::World;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(2)?;
    world.run_for(5_000)?;
    let once = Grant { uses: 1, ..Grant::default() };

    let used = world.invite(0, workspace, once)?;
    let first = world.add()?;
    world.join(first, &used)?;
    world.run_for(60_000)?;
    ensure!(world.is_member(first, workspace), "the first to use it did not get in");
    let late = world.add()?;
    world.join(late, &used)?;
    world.run_for(60_000)?;
    is_refused(world, late, workspace, "used already")?;

    let grant = Grant { uses: 5, ..Grant::default() };
    let id = match world.act(
        0,
        Command::CreateInvite {
            workspace,
            role: grant.role,
            uses: 5,
            lasts: grant.lasts,
            approval: false,
            only_for: None,
        },
    )? {
        Done::Invite { id, text, .. } => (id, text),
        other => bail!("{other:?} instead of an invite"),
    };
    world.act(0, Command::RevokeInvite { workspace, invite: id.0 })?;
    world.run_for(10_000)?;
    let turned_away = world.add()?;
    world.join(turned_away, &id.1)?;
    world.run_for(60_000)?;
    is_refused(world, turned_away, workspace, "withdrawn")?;

    let short_lived =
        world.invite(0, workspace, Grant { lasts: Duration::from_secs(60), ..once })?;
    world.run_for(90_000)?;
    let sleeper = world.add()?;
    // Its clock is slow, so that it finds out only from the member.
    world.node(sleeper)?.clock = -3_600_000;
    world.join(sleeper, &short_lived)?;
    world.run_for(60_000)?;
    is_refused(world, sleeper, workspace, "ended")?;

    let by_approval = world.invite(0, workspace, Grant { approval: true, ..once })?;
    let patient = world.add()?;
    world.join(patient, &by_approval)?;
    world.run_for(60_000)?;
    ensure!(
        world.join_state(patient, workspace)? == Some(JoinState::NeedsApproval),
        "it should wait for a steward"
    );
    if world.chance.percent(50) {
        world.crash(patient)?;
    }
    let organization = world.organization(patient)?;
    world.act(0, Command::Approve { workspace, organization })?;
    world.settle()?;
    ensure!(world.is_member(patient, workspace), "it was approved and did not get in");
    invariants::calm(world, workspace)
}

fn is_refused(
    world: &mut World,
    number: Number,
    workspace: crdt_schema::identity::WorkspaceId,
    why: &str,
) -> Result<()> {
    match world.join_state(number, workspace)? {
        Some(JoinState::Refused(words)) if words.contains(why) => Ok(()),
        other => bail!("node {number} should be told {why:?}, and is told {other:?}"),
    }
}
