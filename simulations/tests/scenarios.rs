//! Every scenario with a fixed list of seeds, and with some that nobody has seen before.

use std::hash::{BuildHasher, RandomState};
use std::io::Write as _;

use anyhow::{Context, Result};
use simulations::run::{self, Order};
use simulations::scenarios::{self, Scenario};

/// How many fresh seeds each scenario gets besides those of `seeds.txt`; `SIMULATION_SEEDS` asks for more.
const FRESH: u64 = 2;

fn check(name: &str) -> Result<()> {
    let scenario: &'static Scenario = scenarios::find(name).context("it is not in the list")?;
    let more = std::env::var("SIMULATION_SEEDS").ok().and_then(|text| text.parse().ok());
    let fresh = (0..more.unwrap_or(FRESH)).map(|count| RandomState::new().hash_one(count));
    let fresh: Vec<u64> = fresh.map(|seed| seed % 1_000_000_000).collect();
    let fixed = run::fixed(name)?;
    let seeds: Vec<u64> = fixed.iter().map(|order| order.seed).collect();
    // Shown where the output of tests is shown; a seed that fails is named anyway.
    writeln!(std::io::stdout(), "{name}: seeds {seeds:?} of the list, and fresh ones {fresh:?}")?;
    let fresh = fresh.into_iter().map(|seed| Order::of(scenario, seed));
    fixed.into_iter().chain(fresh).try_for_each(|order| order.run().map(|_| ()))
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
    copies_go_back_and_forth,
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
    flipped_bits_are_healed,
    region,
];

#[test]
fn the_same_seed_tells_the_same_story_to_the_last_byte() {
    for name in ["everyone_edits_at_random", "crash_loses_nothing_acknowledged", "region"] {
        let scenario = scenarios::find(name).expect("the scenario is in the list");
        let order = Order::of(scenario, 7);
        let (one, other) = (order.run().unwrap(), order.run().unwrap());
        assert_eq!(one.digest, other.digest);
        let another = Order { seed: 8, ..order }.run().unwrap();
        assert_ne!(one.digest, another.digest, "the seed changes nothing");
    }
}

#[test]
fn a_failure_names_its_seed_and_how_to_do_it_again() {
    const FAILS: &Scenario = &Scenario {
        name: "two_edit_the_same_text",
        tell: |_, _| anyhow::bail!("it is made to fail"),
    };
    let error = Order::of(FAILS, 77).run().unwrap_err().to_string();
    for part in [
        "seed 77, commit ",
        "it is made to fail",
        "cargo run -p simulations -- --scenario two_edit_the_same_text --seed 77 --trace",
        "\"two_edit_the_same_text 77\" to simulations/seeds.txt",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    assert_eq!(error.lines().count(), 1);
}
