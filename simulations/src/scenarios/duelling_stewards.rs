//! Stewards who may each remove anybody alone remove each other, apart: two of them, or three in a circle. Everyone ends
//! up with the same stewards, and there is at least one.

use anyhow::{Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::Role;
use crdt_schema::membership::{Change, Rules, Threshold};

use crate::ask::short;
use crate::network::Number;
use crate::people::Ledger;
use crate::world::World;
use crate::{invariants, people};

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let one = Threshold::one;
    let rules = Rules { admit: one(), members: one(), stewards: one() };
    let workspace = world.together_by(6, rules)?;
    world.create(0, workspace, Audience::default(), short("Shared"))?;
    for steward in [1, 2] {
        let organization = world.organization(steward)?;
        let change = Change::Role { organization, role: Role::Steward };
        let (_, enacted) = world.propose(0, workspace, change)?;
        ensure!(enacted, "one steward should be enough");
    }
    world.run_for(5_000)?;
    world.has_exclusions = true;
    let removals: &[(Number, Number)] =
        if world.chance.percent(50) { &[(1, 2), (2, 1)] } else { &[(0, 1), (1, 2), (2, 0)] };
    let parts: [&[Number]; 3] = [&[0, 3], &[1, 4], &[2, 5]];
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (Some(a), Some(b)) = (parts.get(a), parts.get(b)) else { continue };
        world.cut(a, b);
    }
    world.run_for(1_000)?;
    for (by, who) in removals {
        world.remove(*by, workspace, *who)?;
    }
    for _ in 0..20 {
        let number = world.chance.index(6);
        people::something(world, number, workspace)?;
        let pause = world.chance.below(3_000);
        world.run_for(pause)?;
    }
    world.heal();
    world.settle()?;
    let mut stewards = Vec::new();
    for number in 0..6 {
        if world.is_member(number, workspace) {
            stewards.extend((number < 3).then_some(number));
        } else {
            world.node(number)?.ledger = Ledger::default();
        }
    }
    ensure!(!stewards.is_empty(), "nobody is left to decide");
    ensure!(stewards.len() < 3, "a removal that was carried out had no effect");
    ensure!((3..6).all(|number| world.is_member(number, workspace)), "a bystander was hit");
    invariants::calm(world, workspace)
}
