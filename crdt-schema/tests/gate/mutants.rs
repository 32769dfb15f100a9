//! Thousands of changes that are wrong somewhere: whatever passes the gate does no harm.

use std::collections::BTreeMap;

use automerge::legacy::OpType;
use crdt_schema::document::{Document, Edit};
use crdt_schema::gate::{self, Verdict};
use serde_json::json;

use crate::forge::{NOW, actor, data_start, document, forge, path, repair};

/// A generator that gives the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// Returns a change with a few bytes altered, taken out or put in.
fn mutant(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.roll(3) {
        let at = data_start(&bytes) + dice.roll(bytes.len() - data_start(&bytes));
        match dice.roll(4) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, u8::try_from(dice.roll(256)).unwrap()),
        }
    }
    repair(&mut bytes);
    bytes
}

/// Returns a well-formed change whose operations have parts of each other.
fn chimera(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    forge(original, |change| {
        for _ in 0..=dice.roll(3) {
            let from = change.operations[dice.roll(change.operations.len())].clone();
            let at = dice.roll(change.operations.len());
            let operation = &mut change.operations[at];
            match dice.roll(7) {
                0 => operation.obj = from.obj.clone(),
                1 => operation.key = from.key.clone(),
                2 => operation.pred = from.pred.clone(),
                3 => operation.action = from.action.clone(),
                4 => operation.insert = !operation.insert,
                5 => operation.action = OpType::Delete,
                _ => drop(change.operations.remove(at)),
            }
            if change.operations.is_empty() {
                change.operations.push(from);
            }
        }
    })
}

#[test]
fn mutants_with_true_checksums_do_no_harm() {
    let (known, genesis, next) = document();
    let mut dice = Dice(0x5eed);
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for round in 0..6_000 {
        let (document, original) =
            if round % 3 == 0 { (&Document::empty(), &genesis) } else { (&known, &next) };
        let bytes =
            if round % 2 == 0 { mutant(original, &mut dice) } else { chimera(original, &mut dice) };
        let word = match gate::inspect(&bytes) {
            Err(refusal) => refusal.word(),
            Ok(change) => match gate::admit(document, &actor(1), std::slice::from_ref(&change)) {
                Verdict::Refused(refusal) => refusal.word(),
                Verdict::Missing(_) => "missing",
                Verdict::Admitted => {
                    let mut grown = document.clone();
                    grown.apply(vec![change]).unwrap();
                    let content = grown.content();
                    let mut journal = vec![genesis.clone(), bytes.clone()];
                    if round % 3 == 0 {
                        journal.remove(0);
                    }
                    assert_eq!(Document::restore(journal).unwrap().content(), content);
                    let edit = Edit::Set { path: path("/x"), value: json!("later") };
                    grown.edit(&actor(5), &grown.heads(), &[edit], NOW).unwrap();
                    "admitted"
                }
            },
        };
        *verdicts.entry(word).or_default() += 1;
    }
    std::panic::set_hook(hook);
    assert!(verdicts.len() > 5 && verdicts.contains_key("admitted"), "{verdicts:?}");
}
