//! Suggestions between real engines: sent, taken in, declined, and by whom.

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::Bundle;
use crdt_schema::document::{Edit, Splice};
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId, Role, WorkspaceId};
use crdt_schema::membership::Change;
use crdt_schema::suggestion::Verdict;
use engine::view::SuggestionView;
use engine::{Command, Conditions, Done, Refused};
use serde_json::{Value, json};

use crate::stage::{Stage, person};

fn of(stage: &Stage, number: usize) -> OrganizationId {
    stage.nodes[number].identity.card.organization
}

fn role(stage: &mut Stage, workspace: WorkspaceId, who: usize, role: Role) {
    let change = Change::Role { organization: of(stage, who), role };
    let done = stage.command(0, Command::Propose { workspace, change });
    assert!(matches!(done, Ok(Done::Proposal { enacted: true, .. })), "{done:?}");
}

/// A council (0, steward), an editor (1) and a contributor (2).
fn together() -> (Stage, WorkspaceId) {
    let (mut stage, workspace) = Stage::together(3);
    role(&mut stage, workspace, 2, Role::Contributor);
    (stage, workspace)
}

fn suggest(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    edit: Edit,
) -> Result<EnvelopeId, Refused> {
    let (edits, note) = (vec![edit], "Clearer".to_owned());
    let command = Command::Suggest { document, base: None, edits, note, person: person("Sam") };
    stage.command(by, command).map(|done| match done {
        Done::Suggestion(id) => id,
        other => panic!("{other:?}"),
    })
}

fn set(value: &str) -> Edit {
    Edit::Set { path: "/title".parse().unwrap(), value: value.into() }
}

fn answer(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    suggestion: EnvelopeId,
    verdict: Verdict,
) -> Result<Done, Refused> {
    let (note, person) = ("Because".to_owned(), person("Priya"));
    stage.command(by, Command::AnswerSuggestion { document, suggestion, verdict, note, person })
}

fn seen(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<SuggestionView> {
    stage.nodes[at].engine.reader().suggestions(&document).unwrap()
}

fn verdicts(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<Option<Verdict>> {
    let seen = seen(stage, at, document);
    seen.iter().map(|one| one.answer.as_ref().map(|answer| answer.verdict)).collect()
}

fn title(stage: &mut Stage, at: usize, document: DocumentId) -> Value {
    stage.content(at, document).unwrap()["title"].clone()
}

#[test]
fn a_suggestion_changes_nothing_until_it_is_taken_in_and_then_merges_letter_by_letter() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/title", "Ring the triage line");
    let heads = stage.nodes[2].engine.reader().open(&document).unwrap().heads();
    let splice = Splice { at: 9, delete: 6, insert: "advice".to_owned() };
    let edit = Edit::Splice { path: "/title".parse().unwrap(), splices: vec![splice] };
    let suggestion = suggest(&mut stage, 2, document, edit).unwrap();
    for at in 0..3 {
        assert_eq!(stage.nodes[at].engine.reader().open(&document).unwrap().heads(), heads);
        assert_eq!(verdicts(&mut stage, at, document), [None]);
    }
    // Meanwhile somebody else writes in the same text.
    stage.set(1, document, "/title", "First ring the triage line");
    let preview = stage.nodes[0].engine.reader().preview(&document, &suggestion).unwrap().unwrap();
    assert_eq!(preview.document.content()["title"], "First ring the advice line");
    assert_eq!(preview.changes.len(), 1, "{:?}", preview.changes);
    answer(&mut stage, 0, document, suggestion, Verdict::Taken).unwrap();
    for at in 0..3 {
        assert_eq!(title(&mut stage, at, document), "First ring the advice line");
        assert_eq!(verdicts(&mut stage, at, document), [Some(Verdict::Taken)]);
        let history = stage.nodes[at].engine.reader().history(&document).unwrap();
        let took = history.iter().find_map(|made| Some((made, made.took.as_ref()?))).unwrap();
        assert_eq!(took.0.organization, of(&stage, 0), "who takes it in signs it");
        assert_eq!((took.1.organization, took.1.suggestion), (of(&stage, 2), suggestion));
    }
    let again = answer(&mut stage, 1, document, suggestion, Verdict::Declined);
    assert!(matches!(again, Err(Refused::NotAllowed(_))), "{again:?}");
}

#[test]
fn who_may_only_suggest_is_told_to_and_a_reader_may_not_even_that() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    let edit = |stage: &mut Stage| {
        let (edits, person) = (vec![set("Mine")], person("Sam"));
        stage.command(
            2,
            Command::EditDocument {
                document,
                base: None,
                edits,
                conditions: Conditions::default(),
                person,
            },
        )
    };
    let Err(Refused::NotAllowed(why)) = edit(&mut stage) else { panic!("a contributor edits") };
    assert!(why.contains("Suggest the change instead"), "{why}");
    let view = stage.nodes[2].engine.reader().document(&document).unwrap();
    assert!(view.may_suggest && !view.may_write);
    let suggestion = suggest(&mut stage, 2, document, set("Mine")).unwrap();
    for verdict in [Verdict::Taken, Verdict::Declined] {
        let refused = answer(&mut stage, 2, document, suggestion, verdict);
        assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    }
    let refused = answer(&mut stage, 1, document, suggestion, Verdict::Withdrawn);
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    answer(&mut stage, 2, document, suggestion, Verdict::Withdrawn).unwrap();
    assert_eq!(verdicts(&mut stage, 0, document), [Some(Verdict::Withdrawn)]);

    role(&mut stage, workspace, 2, Role::Reader);
    let Err(Refused::NotAllowed(why)) = edit(&mut stage) else { panic!("a reader edits") };
    assert!(!why.contains("uggest the change"), "{why}");
    let refused = suggest(&mut stage, 2, document, set("Mine again"));
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    assert!(!stage.nodes[2].engine.reader().document(&document).unwrap().may_suggest);
}

#[test]
fn the_audience_says_who_may_suggest_and_who_loses_that_loses_what_waits() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    suggest(&mut stage, 2, document, set("Mine")).unwrap();
    let named = Circle::Named([of(&stage, 0)].into());
    let audience = Audience { suggest: named.clone(), write: named, ..Audience::default() };
    let change =
        stage.nodes[0].engine.reader().audience_consequences(&document, &audience).unwrap();
    assert_eq!(change.suggest_no_more, ["Organisation 1", "Organisation 2"]);
    let command = Command::SetAudience { document, audience, person: person("Priya") };
    // Somebody who does not know yet suggests at the same time.
    stage.unlink(0, 1);
    stage.unlink(1, 2);
    stage.is_cut = true;
    stage.run();
    suggest(&mut stage, 1, document, set("Theirs")).unwrap();
    stage.command(0, command).unwrap();
    let refused = suggest(&mut stage, 2, document, set("Mine again"));
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    stage.is_cut = false;
    stage.link(0, 1);
    stage.run();
    stage.pass(std::time::Duration::from_secs(5));
    for at in [0, 1, 2] {
        assert!(seen(&mut stage, at, document).is_empty(), "node {at}");
    }
}

#[test]
fn what_a_removed_member_suggested_is_gone_and_what_was_taken_in_stays() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    let first = suggest(&mut stage, 2, document, set("Taken in")).unwrap();
    answer(&mut stage, 1, document, first, Verdict::Taken).unwrap();
    suggest(&mut stage, 2, document, set("Still waiting")).unwrap();
    let change = Change::Remove { organization: of(&stage, 2), reason: String::new() };
    stage.command(0, Command::Propose { workspace, change }).unwrap();
    for at in [0, 1] {
        assert_eq!(title(&mut stage, at, document), "Taken in");
        assert!(seen(&mut stage, at, document).is_empty(), "node {at}");
    }
}

#[test]
fn suggestions_survive_a_crash_and_are_in_the_bundle_that_anybody_can_verify() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    let first = suggest(&mut stage, 2, document, set("One")).unwrap();
    let patch = Edit::MergePatch(json!({"description": "Two"}));
    let second = suggest(&mut stage, 2, document, patch).unwrap();
    answer(&mut stage, 0, document, first, Verdict::Taken).unwrap();
    stage.crash(0);
    stage.link(0, 1);
    stage.run();
    assert_eq!(title(&mut stage, 0, document), "One");
    answer(&mut stage, 0, document, second, Verdict::Declined).unwrap();
    let answered = seen(&mut stage, 1, document);
    assert!(answered.iter().all(|one| one.answer.is_some()), "{answered:?}");
    let bundle = stage.nodes[1].engine.reader().bundle(&document).unwrap();
    let verified = Bundle::from_json(&serde_json::to_vec(&bundle).unwrap()).unwrap();
    let verified = verified.verify().unwrap();
    assert_eq!(verified.documents[0].document.content()["title"], "One");
    assert_eq!(verified.documents[0].written.len(), 5);
}

#[test]
fn two_answers_at_once_come_out_the_same_everywhere() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    let suggestion = suggest(&mut stage, 2, document, set("New")).unwrap();
    stage.is_cut = true;
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        stage.unlink(a, b);
    }
    stage.run();
    answer(&mut stage, 0, document, suggestion, Verdict::Declined).unwrap();
    answer(&mut stage, 1, document, suggestion, Verdict::Taken).unwrap();
    stage.is_cut = false;
    stage.link(0, 1);
    stage.link(1, 2);
    stage.run();
    stage.pass(std::time::Duration::from_secs(5));
    for at in 0..3 {
        assert_eq!(verdicts(&mut stage, at, document), [Some(Verdict::Taken)], "node {at}");
        assert_eq!(title(&mut stage, at, document), "New", "node {at}");
    }
}

#[test]
fn what_cannot_be_done_or_changes_nothing_is_not_suggested() {
    let (mut stage, workspace) = together();
    let document = stage.create(0, workspace, Audience::default());
    let now = title(&mut stage, 2, document);
    let unknown = Edit::Remove { path: "/nowhere".parse().unwrap() };
    let copy = json!([{"op": "copy", "from": "/title", "path": "/description"}]);
    for edit in [
        set(now.as_str().unwrap()),
        unknown,
        Edit::JsonPatch(serde_json::from_value(copy).unwrap()),
    ] {
        let refused = suggest(&mut stage, 2, document, edit);
        assert!(matches!(refused, Err(Refused::Invalid { .. })), "{refused:?}");
    }
    assert!(seen(&mut stage, 0, document).is_empty());
    let nothing = answer(&mut stage, 0, document, EnvelopeId([1; 32]), Verdict::Taken);
    assert_eq!(nothing, Err(Refused::NoSuchSuggestion));
}
