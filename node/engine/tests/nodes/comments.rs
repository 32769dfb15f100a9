//! Discussions between real engines: who says what, what organisations hold of a place, and what becomes of it.

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::Bundle;
use crdt_schema::comment::{About, Comment, Stance};
use crdt_schema::document::FieldPath;
use crdt_schema::envelope::{Content, Envelope};
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId, Role, WorkspaceId};
use crdt_schema::membership::Change;
use engine::input::Statement;
use engine::message::{Message, pack_anew};
use engine::view::DiscussionView;
use engine::{Command, Done, Refused, positions};

use crate::stage::{Stage, person};

const STEP: &str = "/body/steps/1";

fn of(stage: &Stage, number: usize) -> OrganizationId {
    stage.nodes[number].identity.card.organization
}

fn role(stage: &mut Stage, workspace: WorkspaceId, who: usize, role: Role) {
    let change = Change::Role { organization: of(stage, who), role };
    stage.command(0, Command::Propose { workspace, change }).unwrap();
}

/// A council (0, steward) with a document, an editor (1) and a contributor (2).
fn together() -> (Stage, WorkspaceId, DocumentId) {
    let (mut stage, workspace) = Stage::together(3);
    role(&mut stage, workspace, 2, Role::Contributor);
    let document = stage.create(0, workspace, Audience::default());
    (stage, workspace, document)
}

fn at(place: &str) -> FieldPath {
    place.parse().unwrap()
}

fn state(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    statement: Statement,
) -> Result<EnvelopeId, Refused> {
    let person = person("Sam");
    let done = stage.command(by, Command::State { document, statement, person });
    done.map(|done| match done {
        Done::Statement(id) => id,
        other => panic!("{other:?}"),
    })
}

fn say(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    (place, stance, text): (&str, Stance, &str),
) -> Result<EnvelopeId, Refused> {
    let (place, text) = (at(place), text.to_owned());
    state(stage, by, document, Statement::Comment { place, version: None, stance, text })
}

fn reply(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    comment: EnvelopeId,
    (stance, text): (Stance, &str),
) -> Result<EnvelopeId, Refused> {
    let text = text.to_owned();
    state(stage, by, document, Statement::Reply { comment, stance, text })
}

fn told(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<DiscussionView> {
    stage.nodes[at].engine.reader().discussions(&document).unwrap()
}

/// Who holds what of a step, and whether it says the same still.
fn held(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<(String, Stance, bool)> {
    let all = told(stage, at, document);
    let step: FieldPath = STEP.parse().unwrap();
    let step = stage.nodes[at].engine.reader().open(&document).unwrap().resolve(&step);
    let held = positions(&all, &step).into_iter();
    held.map(|it| (it.said.organization_name, it.said.stance, it.is_same)).collect()
}

fn part(stage: &mut Stage) {
    stage.is_cut = true;
    [(0, 1), (0, 2), (1, 2)].into_iter().for_each(|(a, b)| stage.unlink(a, b));
    stage.run();
}

fn meet(stage: &mut Stage) {
    stage.is_cut = false;
    [(0, 1), (0, 2), (1, 2)].into_iter().for_each(|(a, b)| stage.link(a, b));
    stage.run();
    stage.pass(std::time::Duration::from_secs(5));
}

#[test]
fn everyone_reads_a_discussion_which_changes_nothing_and_ends_when_somebody_settles_it() {
    let (mut stage, _, document) = together();
    let heads = stage.nodes[0].engine.reader().open(&document).unwrap().heads();
    let first = say(&mut stage, 2, document, (STEP, Stance::Remarks, "Who picks up?")).unwrap();
    let waiting = stage.nodes[0].engine.reader().waiting("").discussed;
    assert_eq!(waiting, [document], "its owner is asked");
    reply(&mut stage, 0, document, first, (Stance::Remarks, "The duty worker")).unwrap();
    assert!(stage.nodes[0].engine.reader().waiting("").discussed.is_empty());
    let refused = reply(&mut stage, 2, document, first, (Stance::Agrees, ""));
    assert!(matches!(refused, Err(Refused::Invalid { .. })), "{refused:?}");
    reply(&mut stage, 1, document, first, (Stance::Settles, "")).unwrap();
    for at in 0..3 {
        assert_eq!(stage.nodes[at].engine.reader().open(&document).unwrap().heads(), heads);
        let all = told(&mut stage, at, document);
        assert_eq!((all.len(), all[0].replies.len()), (1, 2), "node {at}");
        assert_eq!(all[0].first.text, "Who picks up?");
        assert!(all[0].title.starts_with("Step 2"), "{}", all[0].title);
        assert!(all[0].is_settled && all[0].is_same && !all[0].may_reply);
    }
    let over = reply(&mut stage, 2, document, first, (Stance::Remarks, "Thank you"));
    assert!(matches!(over, Err(Refused::NotAllowed(_))), "{over:?}");
    reply(&mut stage, 2, document, first, (Stance::Reopens, "")).unwrap();
    reply(&mut stage, 2, document, first, (Stance::Remarks, "Thank you")).unwrap();
    assert_eq!(told(&mut stage, 1, document)[0].replies.len(), 3);
}

#[test]
fn those_who_write_and_whoever_began_it_end_a_discussion_and_a_reader_says_nothing() {
    let (mut stage, workspace, document) = together();
    let first = say(&mut stage, 1, document, ("", Stance::Remarks, "Is this current?")).unwrap();
    let refused = reply(&mut stage, 2, document, first, (Stance::Settles, ""));
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    assert!(!told(&mut stage, 2, document)[0].may_end);
    let own = say(&mut stage, 2, document, ("/title", Stance::Remarks, "Typing error?")).unwrap();
    reply(&mut stage, 2, document, own, (Stance::Settles, "No.")).unwrap();
    let refused = state(&mut stage, 2, document, Statement::TakeBack { comment: first });
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    role(&mut stage, workspace, 2, Role::Reader);
    let refused = say(&mut stage, 2, document, ("", Stance::Remarks, "And I?"));
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    assert_eq!(told(&mut stage, 2, document).len(), 2, "it still reads");
}

#[test]
fn an_organisation_holds_one_thing_of_a_place_and_it_is_of_the_words_that_it_saw() {
    let (mut stage, _, document) = together();
    say(&mut stage, 1, document, (STEP, Stance::Agrees, "")).unwrap();
    let again = say(&mut stage, 1, document, (STEP, Stance::Agrees, ""));
    assert!(matches!(again, Err(Refused::NotAllowed(_))), "{again:?}");
    let silent = say(&mut stage, 2, document, (STEP, Stance::Objects, " "));
    assert!(matches!(silent, Err(Refused::Invalid { .. })), "{silent:?}");
    let why = "Nobody is there at ten";
    say(&mut stage, 2, document, (STEP, Stance::Objects, why)).unwrap();
    let both = |agrees: bool, same: bool| {
        let second = if agrees { Stance::Agrees } else { Stance::Objects };
        vec![
            ("Organisation 1".to_owned(), Stance::Agrees, same),
            ("Organisation 2".to_owned(), second, same),
        ]
    };
    assert_eq!(held(&mut stage, 0, document), both(false, true));
    stage.set(0, document, "/body/steps/1/detail", "Ring after eleven");
    assert_eq!(held(&mut stage, 1, document), both(false, false), "of the words before");
    say(&mut stage, 2, document, (STEP, Stance::Agrees, "Better")).unwrap();
    let now = held(&mut stage, 0, document);
    assert_eq!(now[1], ("Organisation 2".to_owned(), Stance::Agrees, true));
    let words: Vec<String> =
        told(&mut stage, 0, document).into_iter().map(|it| it.first.text).collect();
    assert!(!words.contains(&why.to_owned()), "what was taken back is shown to nobody");
}

#[test]
fn what_two_computers_settle_or_hold_at_once_comes_out_the_same_everywhere() {
    let (mut stage, _, document) = together();
    let first = say(&mut stage, 2, document, (STEP, Stance::Remarks, "Why?")).unwrap();
    part(&mut stage);
    for by in [0, 1] {
        reply(&mut stage, by, document, first, (Stance::Settles, "")).unwrap();
    }
    reply(&mut stage, 2, document, first, (Stance::Remarks, "Really, why?")).unwrap();
    meet(&mut stage);
    let views = |stage: &mut Stage| {
        let all: Vec<_> = (0..3).map(|at| told(stage, at, document)).collect();
        let seen = |all: &[DiscussionView]| {
            let replies: std::collections::BTreeSet<_> =
                all[0].replies.iter().map(|it| it.id).collect();
            (all[0].is_settled, replies)
        };
        assert!(all.iter().all(|other| seen(other) == seen(&all[0])));
        seen(&all[0])
    };
    assert!(views(&mut stage).0);
    reply(&mut stage, 2, document, first, (Stance::Reopens, "")).unwrap();
    assert_eq!(views(&mut stage), (false, views(&mut stage).1), "both ends are undone");
}

#[test]
fn a_place_is_followed_when_it_moves_and_said_to_be_gone_when_it_is_removed() {
    let (mut stage, _, document) = together();
    say(&mut stage, 1, document, (STEP, Stance::Remarks, "Who?")).unwrap();
    let edit = |stage: &mut Stage, edit| {
        let (edits, conditions, person) = (vec![edit], Default::default(), person("Priya"));
        let command = Command::EditDocument { document, base: None, edits, conditions, person };
        stage.command(0, command).unwrap();
    };
    let list: FieldPath = "/body/steps".parse().unwrap();
    let item = stage.nodes[0].engine.reader().open(&document).unwrap().items(&list)[1].clone();
    let path = list.child(item.to_string());
    edit(&mut stage, crdt_schema::document::Edit::Move { list, item, after: None });
    let moved = told(&mut stage, 2, document).remove(0);
    assert_eq!(moved.pointer.unwrap().to_string(), "/body/steps/0");
    edit(&mut stage, crdt_schema::document::Edit::Remove { path });
    let gone = told(&mut stage, 2, document).remove(0);
    assert_eq!((gone.pointer, gone.is_same), (None, false));
    let nothing = say(&mut stage, 1, document, ("/body/steps/99", Stance::Remarks, "Here?"));
    assert!(matches!(nothing, Err(Refused::Invalid { .. })), "{nothing:?}");
}

#[test]
fn comments_survive_a_crash_and_a_removal_and_anybody_can_verify_them() {
    let (mut stage, workspace, document) = together();
    let first = say(&mut stage, 2, document, ("", Stance::Objects, "Not like this")).unwrap();
    reply(&mut stage, 0, document, first, (Stance::Remarks, "How then?")).unwrap();
    stage.crash(0);
    stage.link(0, 1);
    stage.run();
    let change = Change::Remove { organization: of(&stage, 2), reason: String::new() };
    stage.command(0, Command::Propose { workspace, change }).unwrap();
    for at in [0, 1] {
        let all = told(&mut stage, at, document);
        assert_eq!((all[0].first.id, all[0].replies.len()), (first, 1), "said in time");
    }
    let bundle = stage.nodes[1].engine.reader().bundle(&document).unwrap();
    let read = Bundle::from_json(&serde_json::to_vec(&bundle).unwrap()).unwrap();
    assert_eq!(read.verify().unwrap().documents[0].written.len(), 3);
}

/// What a contributor's node says next, right or not: that a discussion is over.
fn forged(stage: &Stage, by: usize, of: EnvelopeId) -> Envelope {
    let (_, envelopes) = stage.kept(by);
    let own = envelopes.iter().map(|bytes| (bytes, Envelope::from_bytes(bytes).unwrap()));
    let mut own = own.filter(|(_, it)| it.header.node == stage.id(by)).collect::<Vec<_>>();
    let (last, before) = own.pop().unwrap();
    let mut header = before.header;
    (header.seq, header.previous) = (header.seq + 1, Some(Envelope::id_of(last)));
    header.resumes = Vec::new();
    let (about, text) = (About::Comment(of), String::new());
    let content = Content::Comment(Comment { about, stance: Stance::Settles, text });
    Envelope::seal(&stage.nodes[by].identity.key, header, None, content)
}

#[test]
fn what_somebody_says_beyond_their_right_is_taken_by_nobody() {
    let (mut stage, workspace, document) = together();
    let theirs = say(&mut stage, 1, document, ("", Stance::Remarks, "Is it?")).unwrap();
    let own = say(&mut stage, 2, document, ("", Stance::Remarks, "Is it not?")).unwrap();
    let hear = |stage: &mut Stage, of: EnvelopeId| {
        let bytes = forged(stage, 2, of).to_bytes();
        let pack = pack_anew(&[&bytes]);
        let sender = stage.id(2);
        stage.hear(0, sender, &Message::News { workspace, pack, mark: None });
        stage.nodes[0].engine.reader().counters().refused
    };
    let refused = hear(&mut stage, theirs);
    assert_eq!(refused.get("not-in-audience"), Some(&1), "{refused:?}");
    assert!(told(&mut stage, 0, document).iter().all(|it| !it.is_settled));
    let refused = hear(&mut stage, own);
    assert_eq!(refused.get("not-in-audience"), Some(&1), "its own it may end: {refused:?}");
    assert!(told(&mut stage, 0, document).iter().any(|it| it.is_settled));
}

#[test]
fn who_may_not_read_a_document_hears_nothing_of_what_is_said_about_it() {
    let (mut stage, workspace, _) = together();
    let few = Circle::Named([of(&stage, 0), of(&stage, 1)].into());
    let document = stage.create(0, workspace, Audience::new(few.clone(), few));
    say(&mut stage, 1, document, ("", Stance::Remarks, "Between us")).unwrap();
    assert_eq!(told(&mut stage, 0, document).len(), 1);
    assert!(stage.nodes[2].engine.reader().discussions(&document).is_err());
    let all = stage.kept(2).1;
    assert!(all.iter().all(|bytes| !bytes.windows(10).any(|it| it == b"Between us")));
}
