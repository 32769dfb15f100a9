//! Which item of an old list is which of a new one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Fields that name an item, the strongest first.
const NAMING: [&str; 8] =
    ["id", "curie", "service_id", "name", "route", "level", "number", "email"];
/// Below this two items are not taken for one.
const ALIKE: f32 = 0.5;
/// Bounds the bytes that are looked at to find items that are alike.
const BYTES: usize = 16 * 1024 * 1024;
/// Bounds the time to compare two lists, which grows with the square of their lengths.
pub(crate) const ITEMS: usize = 1_000;

/// Returns for each new item the index of the old one that it continues.
///
/// Equal items first, in order and then anywhere; then items that share a naming field; then the most alike. Step
/// numbers are left out of account: whoever adds a step renumbers all that follow, which makes them no other steps.
pub(crate) fn matches(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut matching = Matching { matched: vec![None; new.len()], free: (0..old.len()).collect() };
    let plain_old: Vec<Value> = old.iter().map(unnumbered).collect();
    let plain_new: Vec<Value> = new.iter().map(unnumbered).collect();
    matching.equal_in_order(&plain_old, &plain_new);
    matching.equal_anywhere(&plain_old, &plain_new);
    for field in NAMING {
        matching.same_name(&plain_old, &plain_new, field);
    }
    matching.alike(&plain_old, &plain_new);
    matching.matched
}

#[derive(Debug)]
struct Matching {
    matched: Vec<Option<usize>>,
    /// Old items without a new one.
    free: BTreeSet<usize>,
}

impl Matching {
    fn pair(&mut self, old: usize, new: usize) {
        if let Some(slot @ None) = self.matched.get_mut(new)
            && self.free.remove(&old)
        {
            *slot = Some(old);
        }
    }

    fn open(&self) -> Vec<usize> {
        (0..self.matched.len()).filter(|new| self.matched.get(*new) == Some(&None)).collect()
    }

    fn equal_in_order(&mut self, old: &[Value], new: &[Value]) {
        let text = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>();
        let (old, new) = (text(old), text(new));
        for operation in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
            if let similar::DiffOp::Equal { old_index, new_index, len } = operation {
                (0..len).for_each(|offset| self.pair(old_index + offset, new_index + offset));
            }
        }
    }

    fn equal_anywhere(&mut self, old: &[Value], new: &[Value]) {
        for index in self.open() {
            let found =
                self.free.iter().copied().find(|candidate| old.get(*candidate) == new.get(index));
            if let Some(found) = found {
                self.pair(found, index);
            }
        }
    }

    /// Pairs items whose field is one text that stands only once on either side.
    fn same_name(&mut self, old: &[Value], new: &[Value], field: &str) {
        let name = |value: Option<&Value>| value?.get(field)?.as_str().map(str::to_owned);
        let open = self.open();
        for index in &open {
            let Some(wanted) = name(new.get(*index)) else { continue };
            let twins = open
                .iter()
                .filter(|other| name(new.get(**other)).as_ref() == Some(&wanted))
                .count();
            let mut found = self
                .free
                .iter()
                .copied()
                .filter(|other| name(old.get(*other)).as_ref() == Some(&wanted));
            if let (1, Some(only), None) = (twins, found.next(), found.next()) {
                self.pair(only, *index);
            }
        }
    }

    fn alike(&mut self, old: &[Value], new: &[Value]) {
        let open = self.open();
        let bytes = |value: Option<&Value>| value.map_or(0, |value| value.to_string().len());
        let old_bytes: usize = self.free.iter().map(|index| bytes(old.get(*index))).sum();
        let new_bytes: usize = open.iter().map(|index| bytes(new.get(*index))).sum();
        let effort = old_bytes
            .saturating_mul(open.len())
            .saturating_add(new_bytes.saturating_mul(self.free.len()));
        if effort > BYTES {
            return;
        }
        let mut pairs = Vec::new();
        for index in open {
            for candidate in &self.free {
                if let (Some(old), Some(new)) = (old.get(*candidate), new.get(index)) {
                    let likeness = likeness(old, new);
                    if likeness >= ALIKE {
                        pairs.push((likeness, *candidate, index));
                    }
                }
            }
        }
        pairs.sort_by(|a, b| {
            b.0.total_cmp(&a.0).then((a.1.abs_diff(a.2), a.1).cmp(&(b.1.abs_diff(b.2), b.1)))
        });
        for (_, old, new) in pairs {
            self.pair(old, new);
        }
    }
}

/// Returns the item without its step number.
fn unnumbered(item: &Value) -> Value {
    let mut item = item.clone();
    if let Value::Object(fields) = &mut item {
        fields.remove("step");
    }
    item
}

/// Returns how much of two values is the same, from 0 to 1. Two different codes have nothing in common.
fn likeness(old: &Value, new: &Value) -> f32 {
    match (old, new) {
        _ if old == new => 1.0,
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let same = |key: &&String| match (old.get(*key), new.get(*key)) {
                (Some(old), Some(new)) => likeness(old, new),
                _ => 0.0,
            };
            keys.iter().map(same).sum::<f32>()
                / f32::from(u16::try_from(keys.len()).unwrap_or(u16::MAX)).max(1.0)
        }
        (Value::String(old), Value::String(new)) if old.contains(' ') || new.contains(' ') => {
            shared_words(old, new)
        }
        (Value::Array(old), Value::Array(new)) => {
            let same = old.iter().filter(|item| new.contains(item)).count();
            let all = old.len().max(new.len()).max(1);
            f32::from(u16::try_from(same).unwrap_or(u16::MAX))
                / f32::from(u16::try_from(all).unwrap_or(u16::MAX))
        }
        _ => 0.0,
    }
}

/// Returns how many of the words of two texts are the same, from 0 to 1.
fn shared_words(old: &str, new: &str) -> f32 {
    let mut counts: BTreeMap<&str, (u16, u16)> = BTreeMap::new();
    for word in old.split_whitespace() {
        let count = &mut counts.entry(word).or_default().0;
        *count = count.saturating_add(1);
    }
    for word in new.split_whitespace() {
        let count = &mut counts.entry(word).or_default().1;
        *count = count.saturating_add(1);
    }
    let same: f32 = counts.values().map(|(old, new)| f32::from(*old.min(new))).sum();
    let all: f32 = counts.values().map(|(old, new)| f32::from(*old) + f32::from(*new)).sum();
    if all > 0.0 { 2.0 * same / all } else { 0.0 }
}

/// Says which matched items keep their place: as many as can, so that as few as possible move.
pub(crate) fn longest_rising(matched: &[Option<usize>]) -> Vec<bool> {
    // For each end of a rising run: its length and the place before it.
    let mut runs: Vec<(usize, Option<usize>)> = Vec::with_capacity(matched.len());
    for (place, value) in matched.iter().enumerate() {
        let before = (0..place)
            .filter(|other| {
                value.is_some()
                    && matched.get(*other).is_some_and(|other| other.is_some() && other < value)
            })
            .max_by_key(|other| runs.get(*other).map_or(0, |run| run.0));
        let length = before.and_then(|before| runs.get(before)).map_or(0, |run| run.0);
        runs.push((if value.is_some() { length + 1 } else { 0 }, before));
    }
    let mut stays = vec![false; matched.len()];
    let mut next = (0..runs.len())
        .filter(|place| runs.get(*place).is_some_and(|run| run.0 > 0))
        .max_by_key(|place| runs.get(*place).map(|run| run.0));
    while let Some(place) = next {
        if let Some(stays) = stays.get_mut(place) {
            *stays = true;
        }
        next = runs.get(place).and_then(|run| run.1);
    }
    stays
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_found_again() {
        let step = |number: u32, detail: &str| json!({"step": number, "action": "refer", "detail": detail});
        for (old, new, expected) in [
            (
                vec![json!("a"), json!("b")],
                vec![json!("b"), json!("c"), json!("a")],
                vec![Some(1), None, Some(0)],
            ),
            (
                vec![json!("a"), json!("a")],
                vec![json!("a"), json!("a"), json!("a")],
                vec![Some(0), Some(1), None],
            ),
            (
                vec![step(1, "Ask the person"), step(2, "Ring the bank")],
                vec![
                    step(1, "Say hello"),
                    step(2, "Ask the person"),
                    step(3, "Ring the food bank"),
                ],
                vec![None, Some(0), Some(1)],
            ),
            (
                vec![
                    json!({"name": "postcode", "required": true}),
                    json!({"name": "urgency", "required": true}),
                ],
                vec![
                    json!({"name": "urgency", "required": false, "label": "How urgent?"}),
                    json!({"name": "age"}),
                ],
                vec![Some(1), None],
            ),
        ] {
            assert_eq!(matches(&old, &new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn as_few_items_as_possible_move() {
        for (matched, stays) in [
            (vec![Some(0), Some(1), None, Some(2)], vec![true, true, false, true]),
            (vec![Some(3), Some(0), Some(1), Some(2)], vec![false, true, true, true]),
            (vec![], vec![]),
        ] {
            assert_eq!(longest_rising(&matched), stays, "{matched:?}");
        }
    }
}
