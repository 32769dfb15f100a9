//! Statistical disclosure control: which numbers of a table may be shown.
//!
//! Exact counts go in, what may be shown comes out. It is done on the organisation's own node before anything is written,
//! so that an exact small count is in no document and in no history.
//!
//! The reader is taken to see every number that is shown, all totals of a table, and to know that counts are whole numbers
//! of zero or more.

mod figures;
mod periods;
mod contributions;
mod table;

pub use contributions::{BY_ORGANIZATION, Contributor, beside, rows_of_nobody};
pub use figures::{Count, Figures, Policy, Unfit, figures, looks_like_total};
pub use periods::periods_overlap;
pub use table::{CELLS_MAX, Hidden, Shown, Table, TooManyCells};

/// The marker of a number that is kept back.
pub const CONFIDENTIAL: &str = "[c]";
/// The marker of a number that is not zero and rounds to zero.
pub const LOW: &str = "[low]";
/// The marker of the NHS for a number that is kept back.
pub const STAR: &str = "*";
/// Organisations that a joint number needs, so that none can work out another's by subtracting its own.
pub const CONTRIBUTORS_MIN: usize = 3;

/// A number as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The number, perhaps rounded.
    Number(u64),
    /// A marker in its place.
    Marker(&'static str),
}

/// A rule for single counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Counts from one up to but without this are kept back.
    pub threshold: u64,
    /// Is zero kept back too?
    pub hides_zero: bool,
    /// Others are rounded to the nearest multiple of this; 1 leaves them.
    pub base: u64,
    /// What stands in the place of a count that is kept back; nothing if `base` does.
    pub marker: Option<&'static str>,
}

impl Rule {
    /// Keeps back what is below a threshold, and rounds the rest.
    #[must_use]
    pub const fn below(threshold: u64, hides_zero: bool, base: u64) -> Self {
        Self { threshold, hides_zero, base, marker: Some(CONFIDENTIAL) }
    }

    /// Returns the rule of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "suppress_lt5" => Self::below(5, false, 1),
            "suppress_lt5_zero_hidden" => Self::below(5, true, 1),
            "suppress_lt10" => Self::below(10, false, 1),
            "suppress_lt10_zero_hidden" => Self::below(10, true, 1),
            "suppress_lt5_then_round5" => Self::below(5, false, 5),
            "round5" => Self::below(0, false, 5),
            "nhs_hes_star" => Self { marker: Some(STAR), ..Self::below(8, false, 5) },
            "nhs_central_5" => Self { marker: None, ..Self::below(8, false, 5) },
            _ => return None,
        })
    }

    /// Is this count kept back?
    #[must_use]
    pub const fn hides(&self, count: u64) -> bool {
        if count == 0 { self.hides_zero } else { count < self.threshold }
    }

    /// Could a count that is kept back be one more (or one less) for somebody who knows whether it is kept back because it
    /// is small, or only with a small one?
    const fn leaves_open(&self, count: u64, is_more: bool) -> bool {
        let least = if !self.hides(count) {
            self.threshold
        } else if self.hides_zero {
            0
        } else {
            1
        };
        if is_more {
            !self.hides(count) || count.saturating_add(1) < self.threshold
        } else {
            count > least && count > 0
        }
    }

    /// Returns what is shown of a count.
    #[must_use]
    pub const fn show(&self, count: u64) -> Cell {
        if self.hides(count) {
            return match self.marker {
                Some(marker) => Cell::Marker(marker),
                None => Cell::Number(self.base),
            };
        }
        match round(count, self.base) {
            0 if count > 0 => Cell::Marker(LOW),
            rounded => Cell::Number(rounded),
        }
    }
}

/// Returns the nearest multiple of a base.
#[must_use]
pub const fn round(count: u64, base: u64) -> u64 {
    if base <= 1 {
        return count;
    }
    match count.checked_rem(base) {
        None => count,
        Some(rest) if rest.saturating_mul(2) >= base => {
            count.saturating_sub(rest).saturating_add(base)
        }
        Some(rest) => count.saturating_sub(rest),
    }
}

/// Returns which counts of a list with a known total must be kept back so that none can be worked out: those that the rule
/// keeps back, and the next lowest that are not zero until they could be several numbers, also for a reader who knows that
/// what is kept back is at least one and below the threshold.
#[must_use]
pub fn list_with_total(counts: &[u64], rule: &Rule) -> Vec<bool> {
    let mut hidden: Vec<bool> = counts.iter().map(|count| rule.hides(*count)).collect();
    loop {
        let kept: Vec<u64> = counts
            .iter()
            .zip(&hidden)
            .filter(|(_, hidden)| **hidden)
            .map(|(count, _)| *count)
            .collect();
        let number = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        let sum: u64 = kept.iter().fold(0, |sum, count| sum.saturating_add(*count));
        let all_small = kept.iter().all(|count| rule.hides(*count));
        let most = number.saturating_mul(rule.threshold.saturating_sub(1));
        let is_known =
            kept.len() == 1 || (all_small && !kept.is_empty() && (sum <= number || sum == most));
        let next = counts
            .iter()
            .zip(&hidden)
            .enumerate()
            .filter(|(_, (count, hidden))| **count > 0 && !**hidden);
        let Some((index, _)) = next.min_by_key(|(_, (count, _))| **count).filter(|_| is_known)
        else {
            return hidden;
        };
        if let Some(slot) = hidden.get_mut(index) {
            *slot = true;
        }
    }
}

/// May a joint number of so many organisations be shown, to them as to others?
#[must_use]
pub const fn has_enough_contributors(contributors: usize) -> bool {
    contributors >= CONTRIBUTORS_MIN
}

/// Returns the two largest contributions and the sum of all.
fn largest(contributions: &[u64]) -> (u64, u64, u64) {
    let mut sorted = contributions.to_vec();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    let sum = sorted.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
    let mut largest = sorted.into_iter();
    (largest.next().unwrap_or(0), largest.next().unwrap_or(0), sum)
}

/// Do the two largest contributions make up more than nine tenths of the whole?
#[must_use]
pub fn is_dominated(contributions: &[u64]) -> bool {
    let (first, second, sum) = largest(contributions);
    first.saturating_add(second).saturating_mul(10) > sum.saturating_mul(9)
}

/// Could the second largest contributor work out the largest to within a tenth?
#[must_use]
pub fn is_too_close(contributions: &[u64]) -> bool {
    let (first, second, sum) = largest(contributions);
    let rest = sum.saturating_sub(first).saturating_sub(second);
    rest.saturating_mul(10) < first
}

/// Do two numbers that were both shown give away a small one when they are subtracted?
#[must_use]
pub const fn difference_tells(one: u64, other: u64, threshold: u64) -> bool {
    let difference = one.abs_diff(other);
    difference > 0 && difference < threshold
}

/// May a percentage be shown? It follows the count that it is made from.
#[must_use]
pub const fn may_show_percentage(numerator: u64, rule: &Rule) -> bool {
    !rule.hides(numerator)
}

/// Are all members of a group in one class, so that the table tells it of each of them?
#[must_use]
pub fn tells_of_all(counts: &[u64]) -> bool {
    counts.len() > 1 && counts.iter().filter(|count| **count > 0).count() == 1
}

/// How a rate may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Not at all.
    Confidential,
    /// Marked as not reliable.
    Unreliable,
    /// As it is.
    Plain,
}

/// Returns how a crude rate of so many events may be shown.
#[must_use]
pub const fn crude_rate(events: u64) -> Rate {
    rate(events, 3)
}

/// Returns how an age-standardised rate of so many events may be shown.
#[must_use]
pub const fn standardised_rate(events: u64) -> Rate {
    rate(events, 10)
}

const fn rate(events: u64, least: u64) -> Rate {
    if events < least {
        Rate::Confidential
    } else if events < 20 {
        Rate::Unreliable
    } else {
        Rate::Plain
    }
}

#[cfg(test)]
mod tests;
