//! Every scenario. The list is the registry: the tests run each with many seeds.

mod two_edit_the_same_text;
mod cut_heals;
mod days_apart_only_the_difference;
mod crash_loses_nothing_acknowledged;
mod everyone_edits_at_random;
mod copies_go_back_and_forth;
mod joining_while_inviter_is_away;
mod single_invite_used_twice_at_once;
mod revoked_and_used_up_invites;
mod restricted_documents_stay_restricted;
mod a_reader_for_a_while;
mod a_stranger_learns_nothing;
mod hostile_member;
mod clocks_wrong_by_a_century;
mod recovery_on_a_new_machine;
mod one_node_is_two;
mod removed_while_apart;
mod suspended_for_a_while;
mod duelling_stewards;
mod the_last_steward_is_gone;
mod a_backup_is_restored;
mod flipped_bits_are_healed;
mod region;

use anyhow::Result;

use crate::world::World;

/// A story told to a world.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Tells it. The number is how many organisations take part, if the scenario lets one choose.
    pub tell: fn(&mut World, Option<usize>) -> Result<()>,
}

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        /// All of them.
        pub const ALL: &[Scenario] = &[$(Scenario { name: stringify!($name), tell: $name::tell }),*];
    };
}

scenarios![
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

/// Returns the scenario of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}
