//! Tables with totals: which further numbers must be kept back, so that no small one can be worked out.
//!
//! A number that is kept back is known exactly unless others that are kept back can go up and down with it while all totals
//! stay: along a way that goes from its column to a row and so on back to its own row, taking from a number that is not zero
//! and giving to the next. Looking for such a way is looking for a path in a graph of rows and columns.

use std::collections::{BTreeSet, VecDeque};

use super::{Cell, Rule, round};

/// Most numbers in a table.
pub const CELLS_MAX: usize = 400;

/// Most numbers in a table of which the fewest further ones are looked for; in larger ones few are found, not the fewest.
const CELLS_SEARCHED: usize = 64;

/// Most sets of further numbers that are tried in looking for the fewest.
const TRIES_MAX: usize = 60_000;

/// A table has more than [`CELLS_MAX`] numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table has more than {CELLS_MAX} numbers. Split it")]
pub struct TooManyCells;

/// Exact counts by row and column. It leaves the node only as [`Shown`].
#[derive(Clone, Debug)]
pub struct Table {
    counts: Vec<Vec<u64>>,
    columns: usize,
}

/// Why a number is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It is small itself.
    Small,
    /// Without this, a small one could be worked out.
    WithSmall,
}

/// A table as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Each number, and why it is kept back if it is.
    pub cells: Vec<Vec<(Cell, Option<Hidden>)>>,
    /// May it be told why each is kept back? Not where a reader who knows that could work out a small one.
    pub may_tell_why: bool,
}

type Place = (usize, usize);

impl Table {
    /// Makes a table; rows that are too short are filled with zeros.
    ///
    /// # Errors
    /// If it is too large.
    pub fn new(mut counts: Vec<Vec<u64>>) -> Result<Self, TooManyCells> {
        let columns = counts.iter().map(Vec::len).max().unwrap_or(0);
        if columns.checked_mul(counts.len()).is_none_or(|cells| cells > CELLS_MAX) {
            return Err(TooManyCells);
        }
        for row in &mut counts {
            row.resize(columns, 0);
        }
        Ok(Self { counts, columns })
    }

    /// Returns what may be shown. `rule` gives the rule of a row: places that need more care have a higher threshold.
    #[must_use]
    pub fn show(&self, rule: impl Fn(usize) -> Rule) -> Shown {
        let small: BTreeSet<Place> = self
            .places()
            .filter(|(row, column)| rule(*row).hides(self.count((*row, *column))))
            .collect();
        let further = self.further(&small);
        let cell = |row: usize, column: usize, count: u64| {
            let rule = rule(row);
            if small.contains(&(row, column)) {
                (Cell::Marker(super::CONFIDENTIAL), Some(Hidden::Small))
            } else if further.contains(&(row, column)) {
                (Cell::Marker(super::CONFIDENTIAL), Some(Hidden::WithSmall))
            } else {
                (Cell::Number(round(count, rule.base)), None)
            }
        };
        let row = |(row, counts): (usize, &Vec<u64>)| {
            counts.iter().enumerate().map(|(column, count)| cell(row, column, *count)).collect()
        };
        let hidden: BTreeSet<Place> = small.union(&further).copied().collect();
        let may_move =
            |place: Place, is_up: bool| rule(place.0).leaves_open(self.count(place), is_up);
        let may_tell_why = small.iter().all(|place| self.may_vary(*place, &hidden, &may_move));
        Shown { cells: self.counts.iter().enumerate().map(row).collect(), may_tell_why }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let columns = self.columns;
        (0..self.counts.len()).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    fn count(&self, (row, column): Place) -> u64 {
        self.counts.get(row).and_then(|counts| counts.get(column)).copied().unwrap_or(0)
    }

    /// Returns the fewest further numbers that are found to keep all small ones from being worked out.
    fn further(&self, small: &BTreeSet<Place>) -> BTreeSet<Place> {
        let mut greedy = self.greedy(small);
        let mut candidates: Vec<Place> = self
            .places()
            .filter(|place| !small.contains(place) && self.count(*place) > 0)
            .collect();
        candidates.sort_by_key(|place| self.count(*place));
        let mut tries = TRIES_MAX;
        let is_small = self.columns.saturating_mul(self.counts.len()) <= CELLS_SEARCHED;
        for size in 0..if is_small { greedy.len() } else { 0 } {
            let mut chosen = Vec::new();
            match self.choose(small, &candidates, size, &mut chosen, &mut tries) {
                Some(found) => return found,
                None if tries == 0 => break,
                None => {}
            }
        }
        greedy.retain(|place| !small.contains(place));
        greedy
    }

    /// Tries all sets of a size.
    fn choose(
        &self,
        small: &BTreeSet<Place>,
        candidates: &[Place],
        size: usize,
        chosen: &mut Vec<Place>,
        tries: &mut usize,
    ) -> Option<BTreeSet<Place>> {
        if size == 0 {
            *tries = tries.checked_sub(1)?;
            let all = small.iter().chain(chosen.iter()).copied().collect();
            return self.is_safe(small, &all).then(|| chosen.iter().copied().collect());
        }
        for (index, place) in candidates.iter().enumerate() {
            chosen.push(*place);
            let rest = candidates.get(index.saturating_add(1)..).unwrap_or_default();
            let found = self.choose(small, rest, size.saturating_sub(1), chosen, tries);
            chosen.pop();
            if found.is_some() || *tries == 0 {
                return found;
            }
        }
        None
    }

    /// For each small number in turn, keeps back what stands on the cheapest way around it; then shows again what is not needed.
    fn greedy(&self, small: &BTreeSet<Place>) -> BTreeSet<Place> {
        let mut hidden = small.clone();
        for place in small {
            if !self.is_open(*place, &hidden) {
                hidden.extend(self.cheapest_way(*place, &hidden));
            }
        }
        let further: Vec<Place> = hidden.difference(small).copied().collect();
        for place in further.into_iter().rev() {
            hidden.remove(&place);
            if !self.is_safe(small, &hidden) {
                hidden.insert(place);
            }
        }
        hidden.retain(|place| !small.contains(place));
        hidden
    }

    fn is_safe(&self, small: &BTreeSet<Place>, hidden: &BTreeSet<Place>) -> bool {
        small.iter().all(|place| self.is_open(*place, hidden))
    }

    /// Could this number be another one, for who sees all that is not hidden, and the totals?
    fn is_open(&self, place: Place, hidden: &BTreeSet<Place>) -> bool {
        self.may_vary(place, hidden, &|place, is_up| is_up || self.count(place) > 0)
    }

    /// Could this number be another one, if each that is hidden may go up or down as `may_move` says?
    fn may_vary(
        &self,
        place: Place,
        hidden: &BTreeSet<Place>,
        may_move: &dyn Fn(Place, bool) -> bool,
    ) -> bool {
        [true, false]
            .into_iter()
            .any(|is_up| may_move(place, is_up) && way(place, hidden, is_up, may_move))
    }

    /// Returns the numbers on the cheapest way of three further numbers around one: a rectangle.
    fn cheapest_way(&self, (row, column): Place, hidden: &BTreeSet<Place>) -> Vec<Place> {
        let cost = |place: Place| if hidden.contains(&place) { 0 } else { self.count(place) };
        let rows = (0..self.counts.len()).filter(|other| *other != row);
        let corners = rows.flat_map(|other| {
            (0..self.columns)
                .filter(|to| *to != column)
                .map(move |to| [(row, to), (other, column), (other, to)])
        });
        let fits = |corners: &[Place; 3]| {
            let mut with = hidden.clone();
            with.extend(corners.iter().copied());
            self.is_open((row, column), &with)
        };
        let cheapest = corners.filter(fits).min_by_key(|corners| {
            corners.iter().fold(0_u64, |sum, place| sum.saturating_add(cost(*place)))
        });
        // Where there is no rectangle, the whole row and column are kept back.
        cheapest.map_or_else(
            || self.places().filter(|(r, c)| *r == row || *c == column).collect(),
            |corners| corners.to_vec(),
        )
    }
}

/// Can the number go up, or down, with the others that are hidden?
fn way(
    (row, column): Place,
    hidden: &BTreeSet<Place>,
    is_up: bool,
    may_move: &dyn Fn(Place, bool) -> bool,
) -> bool {
    let mut seen_rows = BTreeSet::new();
    let mut seen_columns = BTreeSet::from([column]);
    let mut waiting = VecDeque::from([column]);
    // Up: a number of the column goes down, another of its row up, until a number of the first row goes down.
    while let Some(at) = waiting.pop_front() {
        let in_column =
            hidden.iter().filter(|(other, here)| *here == at && (*other, *here) != (row, column));
        for (other, _) in in_column {
            if !may_move((*other, at), !is_up) {
                continue;
            }
            if *other == row {
                if at != column {
                    return true;
                }
                continue;
            }
            if seen_rows.insert(*other) {
                let next = hidden.iter().filter(|(here, to)| here == other && *to != at);
                let open = next.filter(|place| may_move(**place, is_up));
                waiting.extend(open.map(|(_, to)| *to).filter(|to| seen_columns.insert(*to)));
            }
        }
    }
    false
}
