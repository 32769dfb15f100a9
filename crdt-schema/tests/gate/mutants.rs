//! Hundreds of thousands of changes that are wrong somewhere: whatever passes the gate does no harm.
//!
//! `FINGERPOST_MUTANTS` makes more or fewer, `FINGERPOST_SEED` others, and `FINGERPOST_MUTANT` one alone.

mod base;
mod chunk;
mod dice;
mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use automerge::Automerge;
use crdt_schema::document::{Document, Edit, Splice};
use crdt_schema::gate::{self, PlainChange, Verdict};
use crdt_schema::heads::Heads;
use serde_json::json;

use crate::forge::{NOW, actor, path};
use base::{Base, Material, RIVAL, material};
use dice::Dice;

const MUTANTS: u64 = 300_000;
const SEED: u64 = 0x5eed;
const THREAD: &str = "mutants";
/// As much as a node's threads have: whoever nests too deep ends the test.
const STACK: usize = 2 * 1024 * 1024;
/// All that the whole run may ask the system for, far above what it needs and far below what a bomb would take.
const MEMORY_KB: u64 = 3 * 1024 * 1024;

type Mutator = fn(&Material, usize, &mut Dice) -> Vec<u8>;

/// Every way to be wrong, and its share.
const MUTATORS: &[(&str, usize, Mutator)] = &[
    ("scratched", 3, chunk::scratched),
    ("columns", 4, chunk::columns),
    ("header", 3, chunk::header),
    ("spliced", 2, chunk::spliced),
    ("lengths", 1, chunk::lengths),
    ("no change", 1, chunk::others),
    ("chimera", 5, operations::chimera),
    ("operation", 6, operations::altered_operation),
    ("claims", 2, operations::claims),
    ("nested", 1, operations::nested),
    ("repeated", 1, operations::repeated),
];

/// How many of each way got which answer.
type Verdicts = BTreeMap<(&'static str, &'static str), u64>;

#[test]
fn mutants_with_true_checksums_do_no_harm() {
    quiet();
    let material = material();
    let seed = number("FINGERPOST_SEED").unwrap_or(SEED);
    let (from, until) = match number("FINGERPOST_MUTANT") {
        Some(one) => (one, one + 1),
        None => (0, number("FINGERPOST_MUTANTS").unwrap_or(MUTANTS)),
    };
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let (verdicts, harm) = std::thread::scope(|scope| {
        let material = &material;
        let spawn = |thread: usize| {
            let numbers = (from..until).skip(thread).step_by(threads);
            let builder = std::thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK);
            builder.spawn_scoped(scope, move || try_all(material, seed, numbers)).unwrap()
        };
        let running: Vec<_> = (0..threads).map(spawn).collect();
        running.into_iter().fold(
            (Verdicts::new(), Vec::new()),
            |(mut verdicts, mut harm), thread| {
                let (more, worse) = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
                for (verdict, count) in more {
                    *verdicts.entry(verdict).or_default() += count;
                }
                harm.extend(worse);
                (verdicts, harm)
            },
        )
    });
    println!("{} mutants, seed {seed}", until - from);
    for (name, ..) in MUTATORS {
        let said = verdicts.iter().filter(|((by, _), _)| by == name);
        let said: Vec<_> = said.map(|((_, word), count)| format!("{word} {count}")).collect();
        println!("{name}: {}", said.join(", "));
    }
    assert!(harm.is_empty(), "{} do harm:\n{}", harm.len(), harm.join("\n"));
    if let Some(peak) = peak_memory() {
        println!("{peak} kB at most");
        assert!(peak < MEMORY_KB, "{peak} kB asked for");
    }
    if until - from >= MUTANTS {
        let words: BTreeSet<_> = verdicts.keys().map(|(_, word)| *word).collect();
        assert!(words.len() > 15 && words.contains("admitted"), "too tame: {words:?}");
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Keeps what the gate catches out of the output.
fn quiet() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(THREAD) {
            loud(info);
        }
    }));
}

/// Returns how much memory this process ever had asked for; nothing where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Tries the mutants of these numbers; returns what was said of them, and what harm they did.
fn try_all(
    material: &Material,
    seed: u64,
    numbers: impl Iterator<Item = u64>,
) -> (Verdicts, Vec<String>) {
    let (mut verdicts, mut harm) = (Verdicts::new(), Vec::new());
    for number in numbers {
        let mut dice = Dice::new(seed, number);
        let (name, mutate) = choose(&mut dice);
        let base = dice.roll(material.bases.len());
        let bytes = mutate(material, base, &mut dice);
        let judged =
            catch_unwind(AssertUnwindSafe(|| judge(&material.bases[base], &bytes, number)));
        let outcome = judged.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Err(format!("a panic: {}", text.unwrap_or_else(|| "without words".to_owned())))
        });
        match outcome {
            Ok(word) => *verdicts.entry((name, word)).or_default() += 1,
            Err(what) => harm.push(format!("{number} ({name}, base {base}): {what}: {bytes:02x?}")),
        }
        if harm.len() > 20 {
            break;
        }
    }
    (verdicts, harm)
}

fn choose(dice: &mut Dice) -> (&'static str, Mutator) {
    let mut at = dice.roll(MUTATORS.iter().map(|(_, share, _)| share).sum());
    for (name, share, mutate) in MUTATORS {
        if at < *share {
            return (name, *mutate);
        }
        at -= share;
    }
    unreachable!("the shares are the sides")
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Admitted => "admitted",
        Verdict::Missing(_) => "missing",
        Verdict::Refused(refusal) => refusal.word(),
    }
}

/// Puts a mutant through the gate, wherever a node may be when it comes, and returns what is said of it.
fn judge(base: &Base, bytes: &[u8], number: u64) -> Result<&'static str, String> {
    let change = match gate::inspect(bytes) {
        Ok(change) => change,
        Err(refusal) => return Ok(refusal.word()),
    };
    if change.bytes() != bytes {
        return Err("it is not what was read".to_owned());
    }
    // Who calls himself somebody else may be that one, unless that one writes at the same time.
    let is_other = change.actor().to_bytes().len() == 16 && *change.actor() != actor(RIVAL);
    let author = if is_other { change.actor() } else { &base.author };
    let one = std::slice::from_ref(&change);
    let said = word(&gate::admit(&base.past, author, one));
    if let Some((_, with_rival)) = &base.rival {
        let there = word(&gate::admit(with_rival, author, one));
        if there != said {
            return Err(format!("{said}, but {there} where somebody else wrote at the same time"));
        }
    }
    if let Some((earlier, before)) = base.before.as_ref().filter(|_| *author == base.author) {
        let both = [gate::inspect(before).unwrap(), change.clone()];
        let there = word(&gate::admit(earlier, author, &both));
        if there != said {
            return Err(format!("{said}, but {there} in one envelope with what it builds on"));
        }
    }
    if said == "admitted" {
        prove_harmless(base, &change, number)?;
    }
    Ok(said)
}

/// Takes in what was admitted, before and after what somebody else wrote, and lives with it.
fn prove_harmless(base: &Base, change: &PlainChange, number: u64) -> Result<(), String> {
    let mut here = base.past.clone();
    here.apply(vec![change.clone()]).map_err(|error| error.to_string())?;
    let mut there = match &base.rival {
        None => here.clone(),
        Some((rival, with_rival)) => {
            let rival = gate::inspect(rival).unwrap();
            let said = gate::admit(&here, &actor(RIVAL), std::slice::from_ref(&rival));
            if !matches!(said, Verdict::Admitted) {
                return Err(format!("it keeps out what somebody wrote at the same time: {said:?}"));
            }
            here.apply(vec![rival]).map_err(|error| error.to_string())?;
            let mut there = with_rival.clone();
            there.apply(vec![change.clone()]).map_err(|error| error.to_string())?;
            there
        }
    };
    // Most of this shows as well after the edits below, which build on it.
    let thorough = number.is_multiple_of(8);
    if thorough {
        agree(&here, &there)?;
        survives(&here)?;
    }
    let before = base.past.heads();
    if !before.as_slice().is_empty() && here.content_at(&before).ok() != Some(base.past.content()) {
        return Err("it changes what was".to_owned());
    }
    let _ = here.conflicts();
    here.compare(&before, &here.heads()).map_err(|error| error.to_string())?;
    for edit in later(number).into_iter().take(if thorough { 2 } else { 1 }) {
        let now = here.heads();
        let is_field = matches!(edit, Edit::Set { .. });
        let written = match here.edit(&actor(5), &now, &[edit], NOW) {
            Ok(written) => written,
            Err(error) if is_field => return Err(format!("nobody can edit any more: {error}")),
            // The list or text may be something else now: people are told so.
            Err(_) => continue,
        };
        for bytes in written {
            let next = gate::inspect(&bytes)
                .map_err(|refusal| format!("no edit after it is a change: {refusal}"))?;
            let said = gate::admit(&there, &actor(5), std::slice::from_ref(&next));
            if !matches!(said, Verdict::Admitted) {
                return Err(format!("an edit after it is not admitted: {said:?}"));
            }
            there.apply(vec![next]).map_err(|error| error.to_string())?;
        }
    }
    agree(&here, &there)?;
    survives(&there)
}

/// What people do next.
fn later(number: u64) -> [Edit; 2] {
    let other = match number / 8 % 4 {
        0 => Edit::Splice {
            path: path("/title"),
            splices: vec![Splice { at: 0, delete: 1, insert: "New".to_owned() }],
        },
        1 => {
            Edit::Insert { list: path("/body/steps"), after: None, value: json!({"detail": "New"}) }
        }
        2 => Edit::MergePatch(json!({"title": "New", "body": {"outcomes": ["new"], "note": null}})),
        _ => Edit::Remove { path: path("/body/steps/0") },
    };
    [Edit::Set { path: path("/x"), value: json!("later") }, other]
}

fn agree(here: &Document, there: &Document) -> Result<(), String> {
    if here.heads() == there.heads() && here.content() == there.content() {
        Ok(())
    } else {
        Err("two who know the same see different things".to_owned())
    }
}

/// Can the document be saved and read again, by us and by others?
fn survives(document: &Document) -> Result<(), String> {
    let restored = Document::restore(document.journal()).map_err(|error| error.to_string())?;
    agree(document, &restored)?;
    let loaded = Automerge::load(&document.save()).map_err(|error| error.to_string())?;
    let is_whole = Heads::from(loaded.get_heads()) == document.heads();
    if is_whole { Ok(()) } else { Err("what was saved is not what is read".to_owned()) }
}
