//! Every scenario with a fixed list of seeds, and with some that nobody has seen before.

use std::hash::{BuildHasher, RandomState};

use anyhow::{Context, Result};
use simulations::run::Order;
use simulations::scenarios::{self, Scenario};

/// Seeds that every run covers. A seed that once failed is added here and stays.
const FIXED: &[u64] = &[1, 2, 3, 422_987_018];
/// How many more each scenario gets, by chance; `SIMULATION_SEEDS` asks for more.
const FRESH: u64 = 2;

fn check(name: &str) -> Result<()> {
    let scenario: &'static Scenario = scenarios::find(name).context("it is not in the list")?;
    let more = std::env::var("SIMULATION_SEEDS").ok().and_then(|text| text.parse().ok());
    let fresh = (0..more.unwrap_or(FRESH)).map(|count| RandomState::new().hash_one(count));
    for seed in FIXED.iter().copied().chain(fresh.map(|seed| seed % 1_000_000_000)) {
        Order { scenario, seed, organizations: None, trace: false }.run()?;
    }
    Ok(())
}

macro_rules! all {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() -> Result<()> {
                check(stringify!($name))
            }
        )*

        #[test]
        fn every_scenario_is_run() {
            let run = [$(stringify!($name)),*];
            let listed: Vec<&str> = scenarios::ALL.iter().map(|scenario| scenario.name).collect();
            assert_eq!(listed, run);
        }
    };
}

all![
    two_edit_the_same_text,
    cut_heals,
    days_apart_only_the_difference,
    crash_loses_nothing_acknowledged,
    everyone_edits_at_random,
    joining_while_inviter_is_away,
    single_invite_used_twice_at_once,
    revoked_and_used_up_invites,
    restricted_documents_stay_restricted,
    a_reader_for_a_while,
    a_stranger_learns_nothing,
    hostile_member,
    clocks_wrong_by_a_century,
    recovery_on_a_new_machine,
    one_node_is_two,
    removed_while_apart,
    suspended_for_a_while,
    duelling_stewards,
    the_last_steward_is_gone,
    a_backup_is_restored,
];

#[test]
fn the_same_seed_tells_the_same_story_to_the_last_byte() {
    for name in ["everyone_edits_at_random", "crash_loses_nothing_acknowledged"] {
        let scenario = scenarios::find(name).expect("the scenario is in the list");
        let order = Order { scenario, seed: 7, organizations: None, trace: false };
        let (one, other) = (order.run().unwrap(), order.run().unwrap());
        assert_eq!(one.digest, other.digest);
        let another = Order { seed: 8, ..order }.run().unwrap();
        assert_ne!(one.digest, another.digest, "the seed changes nothing");
    }
}

#[test]
fn twenty_organizations_agree_after_a_storm() -> Result<()> {
    let scenario =
        scenarios::find("everyone_edits_at_random").context("the scenario is in the list")?;
    Order { scenario, seed: 20, organizations: Some(20), trace: false }.run().map(|_| ())
}
