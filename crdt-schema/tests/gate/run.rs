//! What comes in a run is judged, and comes out, as if it had been applied one by one.

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{ActorId, ExpandedChange, ScalarValue};
use crdt_schema::document::{Document, Edit, Splice};
use crdt_schema::gate::{self, PlainChange, Run, Verdict};
use crdt_schema::heads::Heads;
use crdt_schema::identity::Kind;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use crate::forge::{NOW, actor, forge, path};

const WRITERS: u8 = 3;
const TEXTS: [&str; 3] = ["/title", "/body/steps/0/detail", "/body/steps/1/detail"];

/// Somebody writes: who, into which text, where, how much goes, what comes, whether what the others wrote is there, and
/// whether it is letters or something else.
type Stroke = (u8, Index, Index, usize, String, bool, u8);

fn strokes() -> impl Strategy<Value = Vec<Stroke>> {
    let stroke = (
        2..2 + WRITERS,
        any::<Index>(),
        any::<Index>(),
        0..3_usize,
        "[a-zé🙂 ]{0,4}",
        any::<bool>(),
        0..8_u8,
    );
    prop::collection::vec(stroke, 1..24)
}

fn started() -> Document {
    let content = json!({
        "document_type": "referral_pathway", "title": "Cash first", "status": "draft",
        "body": {"steps": [{"step": 1, "detail": "Ask"}, {"step": 2, "detail": "Refer"}]},
    });
    Document::create(Kind::ReferralPathway, &actor(1), &content, NOW).unwrap().0
}

/// Returns the changes that the strokes make, each after what it builds on, with their authors.
fn typed(base: &Document, strokes: &[Stroke]) -> Vec<(ActorId, Vec<u8>)> {
    let mut all = base.clone();
    let mut seen = vec![base.heads(); usize::from(WRITERS)];
    let mut changes = Vec::new();
    for (by, text, at, delete, insert, is_up_to_date, what) in strokes {
        let own = &mut seen[usize::from(by - 2)];
        if *is_up_to_date {
            *own = all.heads();
        }
        let text = path(TEXTS[text.index(TEXTS.len())]);
        // Somebody may have taken the step away.
        let Ok(before) = all.text(&text, own) else { continue };
        let length = before.encode_utf16().count();
        let at = at.index(length + 1);
        let delete = (*delete).min(length - at);
        let splices = vec![Splice { at, delete, insert: insert.clone() }];
        // In the middle of a letter of two units nothing can be written.
        let step = format!("/body/steps/{}", at % 2);
        let edit = match what {
            5 => Edit::Set { path: path("/status"), value: json!(insert) },
            6 => Edit::Remove { path: path(&step) },
            7 => Edit::Insert {
                list: path("/body/steps"),
                after: None,
                value: json!({"detail": insert, "roles": ["either"]}),
            },
            _ => Edit::Splice { path: text, splices },
        };
        let Ok(made) = all.edit(&actor(*by), own, &[edit], NOW) else { continue };
        for bytes in made {
            let hash = gate::inspect(&bytes).unwrap().hash();
            *own = Heads::from(vec![hash]);
            changes.push((actor(*by), bytes));
        }
    }
    changes
}

/// Makes one thing of a change wrong, or another thing right.
fn altered(change: &mut ExpandedChange, earlier: &[ExpandedChange], pick: &Index, how: u8) {
    let other = pick.get(earlier);
    let count = change.operations.len();
    let operation = &mut change.operations[pick.index(count)];
    let letter = OpId::new(other.start_op.get(), &other.actor_id);
    match how {
        0 => operation.obj = other.operations[0].obj.clone(),
        1 => operation.key = Key::Seq(ElementId::Id(letter)),
        2 => operation.pred = vec![letter].into(),
        3 => operation.action = OpType::Put(ScalarValue::Str("ab".into())),
        4 => operation.insert = !operation.insert,
        5 => change.deps.clone_from(&other.deps),
        6 => change.seq += 1,
        7 => change.start_op = other.start_op,
        8 => operation.obj = ObjectId::Id(letter),
        9 => {
            operation.key = Key::Seq(ElementId::Id(letter.clone()));
            operation.pred = if operation.insert { vec![] } else { vec![letter] }.into();
        }
        10 => change.actor_id = other.actor_id.clone(),
        11 => operation.key = Key::Seq(ElementId::Head),
        _ => operation.action = OpType::Put(ScalarValue::Int(7)),
    }
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Admitted => "admitted".to_owned(),
        Verdict::Missing(missing) => format!("missing {missing:?}"),
        Verdict::Refused(refusal) => refusal.word().to_owned(),
    }
}

fn admit(run: &mut Run<'_>, author: &ActorId, change: &PlainChange) -> Verdict {
    run.admit(&[vec![author.clone()]], std::slice::from_ref(change)).unwrap()
}

proptest! {
    #[test]
    fn a_run_is_judged_and_comes_out_as_if_each_had_been_applied_by_itself(
        strokes in strokes(), wrong in prop::collection::vec((any::<Index>(), 0..13_u8), 24),
    ) {
        let base = started();
        let changes = typed(&base, &strokes);
        let (mut one_by_one, mut run) = (base.clone(), Run::on(&base));
        let mut earlier: Vec<ExpandedChange> = Vec::new();
        for (at, (author, bytes)) in changes.iter().enumerate() {
            if !earlier.is_empty() {
                let (pick, how) = &wrong[at % wrong.len()];
                let mutant = forge(bytes, |change| altered(change, &earlier, pick, *how));
                if let Ok(mutant) = gate::inspect(&mutant) {
                    let verdict = admit(&mut run.clone(), author, &mutant);
                    let expected = gate::admit(&one_by_one, author, &[mutant]);
                    prop_assert_eq!(word(&verdict), word(&expected));
                }
            }
            let change = gate::inspect(bytes).unwrap();
            let verdict = admit(&mut run, author, &change);
            prop_assert!(matches!(verdict, Verdict::Admitted), "{:?}", verdict);
            earlier.push(automerge::Change::from_bytes(bytes.clone()).unwrap().decode());
            one_by_one.apply(vec![change]).unwrap();
        }
        let mut at_once = base.clone();
        match run.finish().unwrap() {
            Some(copy) => at_once.become_copy(copy),
            None => {
                let letters = changes.iter().map(|(_, bytes)| gate::inspect(bytes).unwrap());
                at_once.apply(letters.collect()).unwrap();
            }
        }
        prop_assert_eq!(at_once.heads(), one_by_one.heads());
        prop_assert_eq!(at_once.content(), one_by_one.content());
    }
}

#[test]
fn a_run_begins_with_nothing_and_leaves_what_it_began_on_alone() {
    let content = json!({"document_type": "note", "title": "Warm rooms", "body": {"text": ""}});
    let (mut document, genesis) = Document::create(Kind::Note, &actor(1), &content, NOW).unwrap();
    let edits = [Edit::Set { path: path("/body/text"), value: json!("Mondays") }];
    let edited = document.edit(&actor(1), &document.heads(), &edits, NOW).unwrap();
    let nothing = Document::empty();
    let mut run = Run::on(&nothing);
    let changes = [&genesis, &edited[0]].map(|bytes| gate::inspect(bytes).unwrap());
    let missing = admit(&mut run, &actor(1), &changes[1]);
    assert!(matches!(missing, Verdict::Missing(_)), "{missing:?}");
    for change in &changes {
        assert!(matches!(admit(&mut run, &actor(1), change), Verdict::Admitted));
    }
    let again = admit(&mut run, &actor(1), &changes[0]);
    assert!(matches!(again, Verdict::Admitted), "{again:?}");
    let foreign = admit(&mut run, &actor(2), &changes[1]);
    assert!(matches!(foreign, Verdict::Refused(_)), "{foreign:?}");
    let copy = run.finish().unwrap().unwrap();
    assert_eq!((copy.heads(), copy.content()), (document.heads(), document.content()));
    assert_eq!(nothing.content(), Document::empty().content());
}
