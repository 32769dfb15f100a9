//! When to look again at a shelf that this organisation follows. The time and chance come in from outside.

pub(crate) mod found;

use std::time::Duration;

use crdt_schema::identity::{Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// How long after one look the next is due; chance moves it by [`SPREAD`] at most, so that not all nodes come at once.
const USUAL: Duration = Duration::from_hours(24);
const SPREAD: Duration = Duration::from_hours(2);
/// How long after the first failure it is tried again; twice as long after each more, up to [`USUAL`].
const RETRY: Duration = Duration::from_hours(1);
/// The first look of a run waits for the network, and does not make the start slower.
const FIRST: Duration = Duration::from_mins(2);
const FIRST_SPREAD: Duration = Duration::from_mins(8);
/// A shelf that was followed meanwhile, or a change of the setting, is noticed this soon.
const LONGEST_REST: Duration = Duration::from_mins(15);
const SHORTEST_REST: Duration = Duration::from_mins(1);
/// After so many failures in a row, which are some days, people are told without asking.
const LOST: u32 = 8;
/// Protects the page: letters of why a look failed, which may quote what the other side sent.
const REASON: usize = 300;

/// What is known of the looks at a shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Looks {
    /// When it was last seen what is there.
    pub(crate) looked: Option<Timestamp>,
    /// How often in a row that came to nothing.
    #[serde(default)]
    pub(crate) failures: u32,
    /// Why it did the last time, and what to do.
    pub(crate) failure: Option<String>,
    /// Until then nobody looks by themselves.
    #[serde(default)]
    pub(crate) next: Timestamp,
    /// The workspace from whose pages it was followed.
    pub(crate) workspace: Option<WorkspaceId>,
}

impl Looks {
    /// Takes note that it was seen what is there.
    pub(crate) fn succeeded(&mut self, now: Timestamp, chance: u32) {
        let wait = USUAL.saturating_sub(SPREAD).saturating_add(part(SPREAD * 2, chance));
        (self.looked, self.failures, self.failure) = (Some(now), 0, None);
        self.next = after(now, wait);
    }

    /// Takes note that a look came to nothing.
    pub(crate) fn failed(&mut self, now: Timestamp, why: &str, chance: u32) {
        let wait = RETRY.saturating_mul(1 << self.failures.min(5)).min(USUAL);
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(why.chars().take(REASON).collect());
        self.next = after(now, wait.saturating_add(part(wait / 4, chance)));
    }

    /// Did looks come to nothing for so long that people should know?
    pub(crate) const fn is_lost(&self) -> bool {
        self.failures >= LOST
    }

    fn is_due(&self, now: Timestamp) -> bool {
        // Further away than any wait: the computer's clock was wrong, then or now.
        now >= self.next || self.next > after(now, USUAL * 2)
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Look at the shelf at this place of the list.
    Look(usize),
    /// Wait, and ask again.
    Rest(Duration),
}

/// Returns what to do next: to look at the shelf that has waited longest, or to wait.
pub(crate) fn next(all: &[Looks], now: Timestamp) -> Next {
    let due = all.iter().enumerate().filter(|(_, looks)| looks.is_due(now));
    if let Some((place, _)) = due.min_by_key(|(_, looks)| looks.next) {
        return Next::Look(place);
    }
    let soonest = all.iter().map(|looks| looks.next.0.saturating_sub(now.0)).min();
    let rest = soonest.map_or(LONGEST_REST, Duration::from_millis);
    Next::Rest(rest.clamp(SHORTEST_REST, LONGEST_REST))
}

/// Returns how long after its start a node looks for the first time.
pub(crate) fn first(chance: u32) -> Duration {
    FIRST.saturating_add(part(FIRST_SPREAD, chance))
}

/// Returns the part of a time that chance gives.
fn part(whole: Duration, chance: u32) -> Duration {
    let milliseconds = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(milliseconds.saturating_mul(u64::from(chance)) >> 32)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1_000;
    const NOW: Timestamp = Timestamp(1_795_300_000_000);

    fn hours(looks: &Looks) -> u64 {
        (looks.next.0 - NOW.0) / HOUR
    }

    #[test]
    fn a_shelf_is_looked_at_about_once_a_day_and_not_by_all_at_once() {
        let (mut early, mut late) = (Looks::default(), Looks::default());
        early.succeeded(NOW, 0);
        late.succeeded(NOW, u32::MAX);
        assert_eq!((hours(&early), hours(&late)), (22, 25));
        assert!(!early.is_due(Timestamp(early.next.0 - 1)) && early.is_due(early.next));
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_wait_up_to_a_day() {
        let mut looks = Looks::default();
        let mut waits = Vec::new();
        for _ in 0..8 {
            looks.failed(NOW, "nothing answers", 0);
            waits.push(hours(&looks));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
        assert!(looks.is_lost(), "it has been failing for days");
        looks.failed(NOW, &"x".repeat(9_000), u32::MAX);
        assert_eq!((hours(&looks), looks.failures), (29, 9));
        assert_eq!(looks.failure.as_ref().map(String::len), Some(REASON));
        looks.succeeded(NOW, 0);
        assert_eq!((looks.failures, &looks.failure, looks.looked), (0, &None, Some(NOW)));
        assert!(!looks.is_lost());
        looks.failed(NOW, "nothing answers", 0);
        assert_eq!((hours(&looks), looks.looked), (1, Some(NOW)), "it begins anew");
    }

    #[test]
    fn the_shelf_that_has_waited_longest_comes_first_and_else_there_is_a_rest() {
        let at = |next: u64| Looks { next: Timestamp(next), ..Looks::default() };
        let ahead = |minutes: u64| at(NOW.0 + minutes * 60_000);
        assert_eq!(next(&[], NOW), Next::Rest(LONGEST_REST));
        assert_eq!(next(&[ahead(5), at(9), at(3)], NOW), Next::Look(2));
        assert_eq!(next(&[ahead(5), Looks::default()], NOW), Next::Look(1), "never looked at");
        assert_eq!(next(&[ahead(5), ahead(3)], NOW), Next::Rest(Duration::from_mins(3)));
        assert_eq!(next(&[ahead(600)], NOW), Next::Rest(LONGEST_REST));
        assert_eq!(next(&[at(NOW.0 + 1)], NOW), Next::Rest(SHORTEST_REST));
    }

    #[test]
    fn a_clock_that_was_wrong_once_does_not_stop_the_looks() {
        let mut looks = Looks::default();
        looks.succeeded(Timestamp(NOW.0 + 9_000 * HOUR), 0);
        assert!(looks.is_due(NOW));
        assert!(Looks::default().is_due(Timestamp(0)) && at_the_end().is_due(NOW));
    }

    fn at_the_end() -> Looks {
        let mut looks = Looks::default();
        looks.succeeded(Timestamp(u64::MAX), u32::MAX);
        looks
    }

    #[test]
    fn the_first_look_of_a_run_comes_some_minutes_after_the_start() {
        assert_eq!(first(0), FIRST);
        assert!(first(u32::MAX) > Duration::from_mins(9) && first(u32::MAX) < FIRST + FIRST_SPREAD);
    }
}
