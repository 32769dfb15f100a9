//! Random edits by several people who hear of each other late, in any order, and more than once.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::document::{ChangeKind, Choice, Document, Edit, Incoming, Splice, Standing};
use crdt_schema::gate::{self, PlainChange};
use crdt_schema::sign_off::SignOff;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::replica::{Replica, actor, cash_first, meet, path, replicas, set};

const LISTS: &[&str] = &[
    "/body/steps",
    "/body/contacts",
    "/body/form/fields",
    "/body/escalation",
    "/body/known_gaps",
    "/body/outcomes",
    "/tags",
];
const TEXTS: &[&str] = &[
    "/title",
    "/description",
    "/body/steps/0/detail",
    "/body/steps/2/detail",
    "/body/known_gaps/0",
];
const CHOICES: &[&str] = &[
    "/status",
    "/body/consent_needed/required",
    "/body/steps/1/action",
    "/body/eligibility/minimum_age",
];

/// What somebody does; the numbers choose among what is there at that moment.
#[derive(Clone, Debug)]
enum Step {
    Write {
        text: usize,
        at: usize,
    },
    Cut {
        text: usize,
        at: usize,
    },
    Choose {
        field: usize,
        value: u8,
    },
    Insert {
        list: usize,
        after: usize,
    },
    Move {
        list: usize,
        item: usize,
        after: usize,
    },
    Remove {
        list: usize,
        item: usize,
    },
    Reorder {
        list: usize,
        turn: usize,
    },
    /// Hears of everything that another has made.
    Hear {
        from: usize,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let number = || 0..64_usize;
    prop_oneof![
        3 => (number(), number()).prop_map(|(text, at)| Step::Write { text, at }),
        1 => (number(), number()).prop_map(|(text, at)| Step::Cut { text, at }),
        2 => (number(), 0..3_u8).prop_map(|(field, value)| Step::Choose { field, value }),
        3 => (number(), number()).prop_map(|(list, after)| Step::Insert { list, after }),
        3 => (number(), number(), number()).prop_map(|(list, item, after)| Step::Move { list, item, after }),
        1 => (number(), number()).prop_map(|(list, item)| Step::Remove { list, item }),
        1 => (number(), number()).prop_map(|(list, turn)| Step::Reorder { list, turn }),
        2 => number().prop_map(|from| Step::Hear { from }),
    ]
}

fn pick<T>(from: &[T], number: usize) -> Option<&T> {
    from.get(number.checked_rem(from.len())?)
}

/// Turns a step into an edit of what is there now; nothing if there is nothing to do it to.
fn edit(replica: &Replica, step: &Step, mark: &str) -> Option<Edit> {
    let content = replica.content();
    let text = |text: usize| {
        let pointer = pick(TEXTS, text)?;
        Some((path(pointer), content.pointer(pointer)?.as_str()?.encode_utf16().count()))
    };
    let list = |list: usize| {
        pick(LISTS, list).map(|list| (path(list), replica.document.items(&path(list))))
    };
    Some(match step {
        Step::Write { text: which, at } => {
            let (path, length) = text(*which)?;
            Edit::Splice {
                path,
                splices: vec![Splice {
                    at: at % (length + 1),
                    delete: 0,
                    insert: format!("<{mark}>"),
                }],
            }
        }
        Step::Cut { text: which, at } => {
            let (path, length) = text(*which)?;
            let at = at % (length + 1);
            Edit::Splice {
                path,
                splices: vec![Splice { at, delete: (length - at).min(3), insert: String::new() }],
            }
        }
        Step::Choose { field, value } => {
            let pointer = pick(CHOICES, *field)?;
            content.pointer(pointer)?;
            set(pointer, *value)
        }
        Step::Insert { list: which, after } => {
            let (list, items) = list(*which)?;
            let value = if list.to_string().ends_with("outcomes") {
                json!(mark)
            } else {
                json!({"name": mark, "detail": "New one"})
            };
            Edit::Insert { list, after: pick(&items, *after).cloned(), value }
        }
        Step::Move { list: which, item, after } => {
            let (list, items) = list(*which)?;
            let item = pick(&items, *item)?.clone();
            Edit::Move {
                list,
                item,
                after: after
                    .checked_rem(items.len() + 1)?
                    .checked_sub(1)
                    .and_then(|after| items.get(after))
                    .cloned(),
            }
        }
        Step::Remove { list: which, item } => {
            let (list, items) = list(*which)?;
            Edit::Remove { path: list.child(pick(&items, *item)?.to_string()) }
        }
        Step::Reorder { list: which, turn } => {
            let pointer = pick(LISTS, *which)?;
            let mut items = content.pointer(pointer)?.as_array()?.clone();
            let turn = turn.checked_rem(items.len())?;
            items.rotate_left(turn);
            set(pointer, Value::Array(items))
        }
        Step::Hear { .. } => return None,
    })
}

/// Lets three people do the steps in turn; returns their copies and all marks that they left.
fn play(steps: &[(usize, Step)]) -> ([Replica; 3], Vec<String>) {
    play_watched(steps, |_, _| {})
}

/// The same, with somebody looking on before each step: all three, and who is about to act.
fn play_watched(
    steps: &[(usize, Step)],
    mut watch: impl FnMut(&[Replica; 3], usize),
) -> ([Replica; 3], Vec<String>) {
    let mut people: [Replica; 3] = replicas(&cash_first());
    let mut marks = Vec::new();
    for (index, (who, step)) in steps.iter().enumerate() {
        watch(&people, who % people.len());
        let who = who % people.len();
        if let Step::Hear { from } = step {
            let other = people[from % people.len()].clone();
            hear(&mut people[who], &other);
            continue;
        }
        let mark = format!("m{index}");
        let Some(edit) = edit(&people[who], step, &mark) else { continue };
        let before = people[who].changes.len();
        people[who].edit(&[edit]).unwrap();
        if matches!(step, Step::Write { .. } | Step::Insert { .. })
            && people[who].changes.len() > before
        {
            marks.push(mark);
        }
    }
    (people, marks)
}

/// Takes what another knows, in the order in which the other learned it, each change from its author.
fn hear(replica: &mut Replica, other: &Replica) {
    for bytes in other.document.journal() {
        let change = gate::inspect(&bytes).unwrap();
        let author = (1..=3)
            .map(actor)
            .find(|author| change.actor().to_bytes().ends_with(author.to_bytes()))
            .unwrap();
        replica.take_from(&[bytes], &author);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_commutes_associates_and_repeats_harmlessly(steps in proptest::collection::vec((0..3_usize, any_step()), 1..24)) {
        let ([one, two, three], _) = play(&steps);
        // (one + two) + three
        let mut left = one.clone();
        hear(&mut left, &two);
        hear(&mut left, &three);
        // one + (three + two), heard twice
        let mut right = three.clone();
        hear(&mut right, &two);
        let mut whole = one.clone();
        hear(&mut whole, &right);
        hear(&mut whole, &right);
        hear(&mut right, &one);
        for other in [&right, &whole] {
            prop_assert_eq!(left.content(), other.content());
            prop_assert_eq!(left.document.heads(), other.document.heads());
            prop_assert_eq!(left.document.conflicts(), other.document.conflicts());
        }
        let restored = Document::restore(left.document.journal()).unwrap();
        prop_assert_eq!(restored.content(), left.content());
        for replica in [&one, &two, &three] {
            prop_assert_eq!(&left.document.content_at(&replica.document.heads()).unwrap(), &replica.content());
        }
    }

    #[test]
    fn nothing_that_was_written_or_added_is_lost(steps in proptest::collection::vec((0..3_usize, any_step()), 1..24)) {
        let steps: Vec<_> = steps.into_iter().filter(|(_, step)| !matches!(step, Step::Remove { .. } | Step::Cut { .. })).collect();
        let (people, marks) = play(&steps);
        let [mut both, two, three] = people;
        hear(&mut both, &two);
        hear(&mut both, &three);
        let text = both.content().to_string();
        for mark in marks {
            // What was typed inside a mark later has not removed a letter of it, but may stand between them.
            let letters: Vec<char> = mark.chars().collect();
            prop_assert!(text.contains(&format!("\"{mark}\"")) || text.contains(&format!("<{mark}>")) || is_spread(&text, &letters), "{mark} in {text}");
        }
        for (list, least) in [("/body/steps", 5), ("/body/contacts", 3), ("/body/form/fields", 11)] {
            prop_assert!(both.document.items(&path(list)).len() >= least);
        }
    }
}

/// Returns the changes that a signed version is made of, each after those it builds on.
fn past_of(document: &Document, sign_off: &SignOff) -> Vec<PlainChange> {
    let all = document.journal().into_iter().map(|bytes| gate::inspect(&bytes).unwrap());
    let all: Vec<PlainChange> = all.collect();
    let mut wanted: BTreeSet<_> = sign_off.heads().as_slice().iter().copied().collect();
    for change in all.iter().rev() {
        if wanted.contains(&change.hash()) {
            wanted.extend(change.deps());
        }
    }
    all.into_iter().filter(|change| wanted.contains(&change.hash())).collect()
}

/// Signs what somebody sees, and keeps the bytes that were signed.
fn sign(replica: &Replica) -> (SignOff, String) {
    let named = ("Ruth Okafor".parse().unwrap(), "Director".parse().unwrap());
    let version = replica.document.heads();
    (SignOff::new(&replica.document, &version, named).unwrap(), replica.content().to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn going_back_leads_to_what_was_there(steps in proptest::collection::vec((0..3_usize, any_step()), 1..16), pick in 0..16_usize) {
        let mut versions = Vec::new();
        let (people, _) = play_watched(&steps, |people, _| {
            versions.push((people[0].document.heads(), people[0].content()));
        });
        let [mut one, two, three] = people;
        hear(&mut one, &two);
        hear(&mut one, &three);
        let (version, before) = &versions[pick % versions.len()];
        let edits = one.document.back_to(version, &one.document.heads()).unwrap();
        one.edit(&edits).unwrap();
        prop_assert_eq!(&one.content(), before);
    }

    #[test]
    fn what_is_taken_in_of_a_copy_is_what_was_shown(steps in proptest::collection::vec((0..3_usize, any_step()), 1..16)) {
        let ([one, two, three], _) = play(&steps);
        for theirs in [&two, &three] {
            let incoming = one.document.incoming(&theirs.document).unwrap();
            // What comes back after it was taken away has another name.
            let comes_back = |it: &Incoming| {
                it.standing == Standing::Conflict && it.before.is_some() && it.theirs.is_none()
            };
            if incoming.iter().any(comes_back) {
                continue;
            }
            let conflicts = incoming.iter().filter(|it| it.standing == Standing::Conflict);
            let choices = conflicts.map(|it| (it.path.clone(), Choice::Ours)).collect();
            let mut merged = one.clone();
            hear(&mut merged, theirs);
            let edits = merged.document.settle(&one.document, &incoming, &choices).unwrap();
            merged.edit(&edits).unwrap();
            let shown: BTreeMap<String, Option<Value>> = incoming
                .iter()
                .filter(|it| it.kind != ChangeKind::Moved && it.result != it.ours)
                .map(|it| (it.path.to_string(), it.result.clone()))
                .collect();
            let came: BTreeMap<String, Option<Value>> = one
                .document
                .incoming(&merged.document)
                .unwrap()
                .into_iter()
                .filter(|it| it.kind != ChangeKind::Moved)
                .map(|it| (it.path.to_string(), it.theirs))
                .collect();
            prop_assert_eq!(came, shown);
            let left = merged.document.incoming(&theirs.document).unwrap();
            prop_assert!(left.is_empty(), "{left:?}");
        }
    }

    #[test]
    fn each_text_is_made_of_its_runs(steps in proptest::collection::vec((0..3_usize, any_step()), 1..16)) {
        let ([mut one, two, three], _) = play(&steps);
        hear(&mut one, &two);
        hear(&mut one, &three);
        let now = one.document.heads();
        for field in one.document.texts(&now).unwrap() {
            let runs = one.document.runs(&field.path, &now).unwrap();
            let whole: String = runs.into_iter().map(|run| run.text).collect();
            prop_assert_eq!(whole, one.document.text(&field.path, &now).unwrap());
        }
    }

    #[test]
    fn no_sequence_of_operations_changes_signed_bytes(steps in proptest::collection::vec((0..3_usize, any_step()), 1..24)) {
        let mut signed: Vec<(SignOff, String)> = Vec::new();
        let check = |replica: &Document, signed: &[(SignOff, String)]| {
            for (sign_off, bytes) in signed {
                let Ok(content) = replica.content_at(&sign_off.heads()) else { continue };
                assert_eq!(&content.to_string(), bytes);
                assert!(sign_off.says(&content));
            }
        };
        let (people, _) = play_watched(&steps, |people, who| {
            signed.push(sign(&people[who]));
            people.iter().for_each(|one| check(&one.document, &signed));
        });
        let [mut all, two, three] = people;
        hear(&mut all, &two);
        hear(&mut all, &three);
        check(&all.document, &signed);
        prop_assert!(signed.iter().all(|(sign_off, _)| all.document.knows(&sign_off.heads())));
        check(&Document::restore(all.document.journal()).unwrap(), &signed);
        // Whoever has nothing but what the version builds on reads the same.
        for (sign_off, bytes) in &signed {
            let mut past = Document::empty();
            past.apply(past_of(&all.document, sign_off)).unwrap();
            prop_assert_eq!(&past.content().to_string(), bytes);
        }
    }
}

/// Do the letters stand in the text in this order, with other marks in between?
fn is_spread(text: &str, letters: &[char]) -> bool {
    let mut rest = text.chars();
    std::iter::once(&'<')
        .chain(letters)
        .chain([&'>'])
        .all(|letter| rest.any(|other| other == *letter))
}

#[test]
fn a_thousand_edits_of_two_people_apart_lose_nothing() {
    let [mut one, mut two] = replicas(&cash_first());
    for number in 0..500_usize {
        for (name, replica) in [("one", &mut one), ("two", &mut two)] {
            let mark = format!("{name}{number}");
            let step = if number % 5 == 0 {
                Step::Insert { list: number / 5 % 4, after: number }
            } else if number % 7 == 0 {
                Step::Move { list: number % 4, item: number / 3, after: number / 2 }
            } else {
                Step::Write { text: 1, at: number * 3 }
            };
            let edit = edit(replica, &step, &mark).unwrap();
            replica.edit(&[edit]).unwrap();
        }
    }
    let text = meet([one, two]).content().to_string();
    for number in (0..500).filter(|number| number % 5 == 0) {
        for name in ["one", "two"] {
            assert!(text.contains(&format!("\"{name}{number}\"")), "{name}{number}");
        }
    }
}

#[test]
fn what_comes_back_stands_before_what_moves_back() {
    let steps = [(0, Step::Remove { list: 26, item: 0 }), (0, Step::Reorder { list: 19, turn: 1 })];
    let mut versions = Vec::new();
    let ([mut one, ..], _) = play_watched(&steps, |people, _| {
        versions.push((people[0].document.heads(), people[0].content()));
    });
    let (version, before) = &versions[0];
    let edits = one.document.back_to(version, &one.document.heads()).unwrap();
    one.edit(&edits).unwrap();
    assert_eq!(&one.content(), before);
}
