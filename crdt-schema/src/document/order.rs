//! In which order the items of a list are shown.
//!
//! An item that was never moved is shown where the list holds it. A moved item is shown right after the *home* of
//! another element (its anchor), wherever that element itself is shown now; several with one anchor are told apart by
//! a fraction. Homes never move, so anchors cannot form a ring; and a move writes only the position of the moved item,
//! in a map beside the content, so that it never gets in the way of an edit of the item.
//!
//! A position names the anchor and the elements before it, so that the place is still known when the anchor is removed.

use std::collections::BTreeMap;

use super::path::ItemId;

/// How many elements a position names.
const ANCHORS: usize = 4;

/// Where a moved item is shown. Text form: the anchors joined by commas, a slash, the fraction. An empty anchor is the
/// start of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    anchors: Vec<Option<ItemId>>,
    fraction: String,
}

impl Position {
    /// Returns the position that a text stands for. Anything else has no meaning, and the item stays at home.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (anchors, fraction) = text.split_once('/')?;
        let anchor =
            |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let anchors: Vec<Option<ItemId>> =
            anchors.split(',').take(ANCHORS).map(anchor).collect::<Option<_>>()?;
        let well_formed = fraction.bytes().all(|b| b.is_ascii_lowercase()) && !fraction.is_empty();
        // Below a fraction that ends in the lowest letter there is not always room for another.
        (well_formed && !fraction.ends_with('a'))
            .then(|| Self { anchors, fraction: fraction.to_owned() })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let anchors: Vec<&str> =
            self.anchors.iter().map(|item| item.as_ref().map_or("", ItemId::as_str)).collect();
        write!(f, "{}/{}", anchors.join(","), self.fraction)
    }
}

/// What an item is sorted by. The fields are compared in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// 0 is the start of the list, `n + 1` is at or after element `n`.
    slot: usize,
    stand: Stand,
    fraction: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Home,
    /// After an anchor that is still in the list.
    Anchored,
    /// Where the anchor, which is named, was before it was removed.
    Orphaned(ItemId),
}

/// One item at its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The index that Automerge knows it by.
    pub(crate) raw: usize,
    pub(crate) id: ItemId,
    key: Key,
    anchors: Vec<Option<ItemId>>,
}

/// Returns the items in the order in which they are shown. `ids` are the elements in Automerge's order.
pub(crate) fn arrange(
    ids: &[ItemId],
    position: impl Fn(&ItemId) -> Option<Position>,
) -> Vec<Placed> {
    let homes: BTreeMap<&ItemId, usize> =
        ids.iter().enumerate().map(|(raw, id)| (id, raw)).collect();
    let place = |(raw, id): (usize, &ItemId)| {
        let home = Key { slot: raw + 1, stand: Stand::Home, fraction: String::new() };
        let home = Placed { raw, id: id.clone(), key: home, anchors: Vec::new() };
        let Some(Position { anchors, fraction }) = position(id) else { return home };
        let slot = |anchor: &Option<ItemId>| match anchor {
            None => Some(0),
            Some(anchor) => homes.get(anchor).map(|raw| raw + 1),
        };
        let Some((which, slot)) =
            anchors.iter().enumerate().find_map(|(which, anchor)| Some((which, slot(anchor)?)))
        else {
            return home;
        };
        let stand = match anchors.first() {
            Some(Some(gone)) if which > 0 => Stand::Orphaned(gone.clone()),
            Some(_) | None => Stand::Anchored,
        };
        Placed { raw, id: id.clone(), key: Key { slot, stand, fraction }, anchors }
    };
    let mut placed: Vec<Placed> = ids.iter().enumerate().map(place).collect();
    placed.sort_by(|a, b| (&a.key, a.raw).cmp(&(&b.key, b.raw)));
    placed
}

/// How to put an item right after another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// At which of Automerge's indexes to insert it, if it is new.
    pub(crate) raw: usize,
    /// Its position; a new item needs none where its home is the right place.
    pub(crate) position: Position,
    pub(crate) is_home: bool,
    /// Items whose fractions were equal to that of the item before, and now must be higher than the new one.
    pub(crate) others: Vec<(ItemId, Position)>,
}

/// Returns how to put an item right after the one at `after` of `placed`, or first.
///
/// An item that moves is not among `placed`, but its home still counts in the indexes.
pub(crate) fn plan(placed: &[Placed], after: Option<usize>) -> Plan {
    let before = after.and_then(|index| placed.get(index));
    let rest = placed.get(after.map_or(0, |index| index + 1)..).unwrap_or(&[]);
    let slot = before.map_or(0, |item| item.key.slot);
    let (stand, lower) = match before {
        None => (Stand::Anchored, ""),
        Some(Placed { key: Key { stand: Stand::Home, .. }, .. }) => (Stand::Anchored, ""),
        Some(item) => (item.key.stand.clone(), item.key.fraction.as_str()),
    };
    let in_group = |item: &&Placed| item.key.slot == slot && item.key.stand == stand;
    let group: Vec<&Placed> = rest.iter().take_while(in_group).collect();
    let ties = group.iter().take_while(|item| item.key.fraction == lower).count();
    let upper = group.get(ties).map(|item| item.key.fraction.as_str());

    let mut fraction = between(lower, upper);
    let position = Position { anchors: anchors(placed, before), fraction: fraction.clone() };
    let mut others = Vec::new();
    for tied in group.iter().take(ties) {
        fraction = between(&fraction, upper);
        others.push((
            tied.id.clone(),
            Position { anchors: tied.anchors.clone(), fraction: fraction.clone() },
        ));
    }
    let is_orphaned = matches!(stand, Stand::Orphaned(_));
    let is_home = !is_orphaned && rest.first().is_none_or(|next| next.key.slot > slot);
    Plan { raw: slot, position, is_home, others }
}

/// Returns what to anchor an item to that comes right after `before`.
fn anchors(placed: &[Placed], before: Option<&Placed>) -> Vec<Option<ItemId>> {
    let Some(before) = before else { return vec![None] };
    if before.key.stand != Stand::Home {
        return before.anchors.clone();
    }
    let mut earlier: Vec<&Placed> = placed.iter().filter(|item| item.raw <= before.raw).collect();
    earlier.sort_by_key(|item| std::cmp::Reverse(item.raw));
    earlier.into_iter().map(|item| Some(item.id.clone())).chain([None]).take(ANCHORS).collect()
}

/// Returns a fraction between two others, as short as can be; without `upper`, one above `lower`.
fn between(lower: &str, upper: Option<&str>) -> String {
    let mut low = lower.bytes();
    let mut high = upper.map(str::bytes);
    let mut fraction = String::new();
    loop {
        let below = low.next().unwrap_or(b'a');
        let above = high.as_mut().and_then(Iterator::next).unwrap_or(b'z' + 1);
        let middle = below + above.saturating_sub(below) / 2;
        if middle > below {
            fraction.push(char::from(middle));
            return fraction;
        }
        fraction.push(char::from(below));
        if above > below {
            // From here on anything is below the upper fraction.
            high = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_lies_between_its_neighbours() {
        let cases = [
            ("", None),
            ("", Some("b")),
            ("n", None),
            ("z", None),
            ("zz", None),
            ("b", Some("bb")),
            ("b", Some("c")),
            ("az", Some("b")),
        ];
        for (lower, upper) in cases {
            let fraction = between(lower, upper);
            assert!(
                *fraction > *lower && upper.is_none_or(|upper| *fraction < *upper),
                "{lower} {fraction} {upper:?}"
            );
            assert!(!fraction.ends_with('a'), "{fraction}");
        }
    }

    #[test]
    fn a_position_reads_back() {
        for text in ["/n", "12@ab34/bz", "12@ab34,9@ab34,/bz"] {
            assert_eq!(Position::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "n", "/", "/na", "x/n", "12@ab/N", "12@ab/", "012@ab/n", "12@ab,x/n"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
