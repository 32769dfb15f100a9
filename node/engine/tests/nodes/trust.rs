//! Removal, suspension, audiences, decisions and forks between real engines.

use std::collections::BTreeSet;
use std::time::Duration;

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::Bundle;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EntryId, OrganizationId, Role, WorkspaceId};
use crdt_schema::membership::Change;
use engine::view::{ProposalState, Standing};
use engine::{Command, Done, Refused};
use serde_json::Value;

use crate::stage::{Stage, person};

fn of(stage: &Stage, number: usize) -> OrganizationId {
    stage.nodes[number].identity.card.organization
}

fn propose(
    stage: &mut Stage,
    by: usize,
    workspace: WorkspaceId,
    change: Change,
) -> (EntryId, bool) {
    match stage.command(by, Command::Propose { workspace, change }) {
        Ok(Done::Proposal { id, enacted }) => (id, enacted),
        other => panic!("{other:?}"),
    }
}

fn remove(stage: &mut Stage, by: usize, workspace: WorkspaceId, who: usize) -> bool {
    let change = Change::Remove { organization: of(stage, who), reason: "It closed".to_owned() };
    propose(stage, by, workspace, change).1
}

fn title(stage: &mut Stage, number: usize, document: DocumentId) -> Option<Value> {
    stage.content(number, document).map(|content| content["title"].clone())
}

fn version(stage: &mut Stage, number: usize, document: DocumentId) -> Heads {
    stage.nodes[number].engine.reader().open(&document).unwrap().heads()
}

fn standing(stage: &mut Stage, at: usize, workspace: WorkspaceId, who: usize) -> Option<Standing> {
    let who = of(stage, who);
    let members = stage.nodes[at].engine.reader().members(&workspace);
    members.iter().find(|member| member.organization == who).map(|member| member.standing)
}

fn part(stage: &mut Stage, pairs: &[(usize, usize)]) {
    stage.is_cut = true;
    for (a, b) in pairs {
        stage.unlink(*a, *b);
    }
    stage.run();
}

fn meet(stage: &mut Stage, pairs: &[(usize, usize)]) {
    for (a, b) in pairs {
        stage.link(*a, *b);
    }
    stage.run();
    stage.pass(Duration::from_secs(5));
}

fn only(stage: &Stage, numbers: &[usize]) -> Audience {
    let named: BTreeSet<OrganizationId> = numbers.iter().map(|one| of(stage, *one)).collect();
    Audience::new(Circle::Named(named.clone()), Circle::Named(named))
}

fn set_audience(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    audience: Audience,
) -> Result<Done, Refused> {
    stage.command(by, Command::SetAudience { document, audience, person: person("Priya") })
}

#[test]
fn what_a_removed_member_wrote_in_time_stays_and_what_it_writes_later_does_not() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(2, document, "/title", "Written in time");
    part(&mut stage, &[(0, 2), (1, 2)]);
    assert!(remove(&mut stage, 0, workspace, 2), "the only steward decides alone");
    stage.set(2, document, "/title", "Written too late");
    assert_eq!(title(&mut stage, 2, document).unwrap(), "Written too late");
    meet(&mut stage, &[(0, 2), (1, 2)]);
    for number in [0, 1] {
        assert_eq!(standing(&mut stage, number, workspace, 2), Some(Standing::Removed));
        assert_eq!(title(&mut stage, number, document).unwrap(), "Written in time");
    }
    // It is told, and its own screen shows the workspace no more.
    assert!(stage.nodes[2].engine.reader().workspace(&workspace).is_none());
    assert_eq!(stage.content(2, document), None);
}

#[test]
fn what_somebody_built_on_before_knowing_of_the_removal_stays_everywhere() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    part(&mut stage, &[(0, 1), (0, 2)]);
    // Nodes 1 and 2 are together and do not know.
    assert!(remove(&mut stage, 0, workspace, 2));
    stage.set(2, document, "/title", "By the removed");
    stage.set(1, document, "/description", "Built on it");
    meet(&mut stage, &[(0, 1)]);
    for number in [0, 1] {
        let content = stage.content(number, document).unwrap();
        assert_eq!(content["title"], "By the removed", "node {number}");
        assert_eq!(content["description"], "Built on it", "node {number}");
    }
    assert_eq!(version(&mut stage, 0, document), version(&mut stage, 1, document));
}

#[test]
fn a_removed_member_learns_nothing_new() {
    let (mut stage, workspace) = Stage::together(3);
    assert!(remove(&mut stage, 0, workspace, 2));
    let before = stage.carried.len();
    let document = stage.create(0, workspace, Audience::default());
    stage.set(1, document, "/title", "After the removal");
    stage.unlink(0, 2);
    stage.run();
    meet(&mut stage, &[(0, 2)]);
    let told = stage.carried[before..].iter().filter(|(_, to, _)| *to == 2);
    for (_, _, message) in told {
        let bytes = message.to_frame();
        let letters = b"After the removal";
        assert!(!bytes.windows(letters.len()).any(|window| window == letters), "{message:?}");
    }
}

#[test]
fn a_suspended_member_is_held_back_until_the_suspension_lapses() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let organization = of(&stage, 2);
    let reason = "Odd changes".to_owned();
    stage.command(0, Command::Suspend { workspace, organization, reason }).unwrap();
    assert_eq!(standing(&mut stage, 1, workspace, 2), Some(Standing::Suspended));
    stage.set(2, document, "/title", "Written while suspended");
    stage.pass(Duration::from_secs(60));
    assert_ne!(title(&mut stage, 1, document).unwrap(), "Written while suspended");
    let held = stage.nodes[1].engine.reader().not_counted(&document).unwrap();
    assert!(held.len() == 1 && held[0].is_held, "{held:?}");
    assert_eq!(title(&mut stage, 2, document).unwrap(), "Written while suspended", "at its author");

    stage.pass(Duration::from_secs(73 * 60 * 60));
    for number in [0, 1, 2] {
        assert_eq!(standing(&mut stage, number, workspace, 2), Some(Standing::Member));
        assert_eq!(title(&mut stage, number, document).unwrap(), "Written while suspended");
    }
}

#[test]
fn what_a_member_wrote_while_suspended_is_fenced_off_when_it_is_removed() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let organization = of(&stage, 2);
    let reason = String::new();
    stage.command(0, Command::Suspend { workspace, organization, reason }).unwrap();
    stage.set(2, document, "/title", "Written while suspended");
    assert!(remove(&mut stage, 0, workspace, 2));
    stage.pass(Duration::from_secs(100 * 60 * 60));
    for number in [0, 1] {
        assert_ne!(title(&mut stage, number, document).unwrap(), "Written while suspended");
    }
}

#[test]
fn a_decision_that_needs_two_is_carried_out_when_the_second_agrees() {
    let (mut stage, workspace) = Stage::together(3);
    let promote =
        |stage: &Stage, who| Change::Role { organization: of(stage, who), role: Role::Steward };
    let change = promote(&stage, 1);
    assert!(propose(&mut stage, 0, workspace, change).1, "one of one is more than half");
    let change = promote(&stage, 2);
    let (proposal, enacted) = propose(&mut stage, 0, workspace, change);
    assert!(!enacted, "one of two is not");
    let open = stage.nodes[1].engine.reader().proposals(&workspace);
    let open = open.iter().find(|view| view.id == proposal).unwrap();
    assert!(open.may_agree && open.state == ProposalState::Open, "{open:?}");
    let agreed = stage.command(1, Command::Agree { workspace, proposal });
    assert_eq!(agreed, Ok(Done::Proposal { id: proposal, enacted: true }));
    let view = stage.nodes[2].engine.reader().workspace(&workspace).unwrap();
    assert_eq!(view.role, Role::Steward);
}

#[test]
fn two_who_agree_at_once_decide_as_soon_as_they_meet() {
    let (mut stage, workspace) = Stage::together(4);
    for who in [1, 2] {
        let change = Change::Role { organization: of(&stage, who), role: Role::Steward };
        let (proposal, enacted) = propose(&mut stage, 0, workspace, change);
        if !enacted {
            stage.command(1, Command::Agree { workspace, proposal }).unwrap();
        }
    }
    let rename = Change::Rename("Northmere and Fellside".parse().unwrap());
    part(&mut stage, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
    let (proposal, _) = propose(&mut stage, 0, workspace, rename);
    meet(&mut stage, &[(0, 3)]);
    meet(&mut stage, &[(1, 3)]);
    part(&mut stage, &[(0, 3), (1, 3)]);
    stage.command(1, Command::Agree { workspace, proposal }).unwrap();
    meet(&mut stage, &[(0, 1), (1, 2), (2, 3)]);
    for number in 0..4 {
        let view = stage.nodes[number].engine.reader().workspace(&workspace).unwrap();
        assert_eq!(view.name, "Northmere and Fellside", "node {number}");
    }
}

#[test]
fn a_document_for_some_does_not_exist_for_others_until_it_is_opened_to_them() {
    let (mut stage, workspace) = Stage::together(3);
    let audience = only(&stage, &[0, 1]);
    let document = stage.create(0, workspace, audience);
    stage.set(1, document, "/title", "For two of us");
    assert_eq!(title(&mut stage, 0, document).unwrap(), "For two of us");
    assert_eq!(stage.content(2, document), None);
    let refused = set_audience(&mut stage, 2, document, Audience::default());
    assert_eq!(refused, Err(Refused::NoSuchDocument));
    let refused = set_audience(&mut stage, 1, document, Audience::default());
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "only its owner: {refused:?}");

    set_audience(&mut stage, 0, document, Audience::default()).unwrap();
    stage.pass(Duration::from_secs(5));
    assert_eq!(title(&mut stage, 2, document).unwrap(), "For two of us");
    stage.set(2, document, "/title", "For all of us");
    assert_eq!(title(&mut stage, 1, document).unwrap(), "For all of us");
}

#[test]
fn who_is_no_longer_a_reader_is_told_and_hears_nothing_more() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(2, document, "/title", "For all of us");
    part(&mut stage, &[(0, 2), (1, 2)]);
    let audience = only(&stage, &[0, 1]);
    set_audience(&mut stage, 0, document, audience).unwrap();
    stage.set(2, document, "/title", "Written without knowing");
    stage.set(0, document, "/description", "For two of us");
    let before = stage.carried.len();
    meet(&mut stage, &[(0, 2), (1, 2)]);
    assert_eq!(stage.content(2, document), None, "told");
    for number in [0, 1] {
        let content = stage.content(number, document).unwrap();
        assert_eq!(content["title"], "For all of us", "what was written without the right");
        assert_eq!(content["description"], "For two of us");
    }
    for (_, to, message) in &stage.carried[before..] {
        let letters = b"For two of us";
        let bytes = message.to_frame();
        let leaks = bytes.windows(letters.len()).any(|window| window == letters);
        assert!(*to != 2 || !leaks, "{message:?}");
    }
}

#[test]
fn an_audience_survives_a_restart() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let audience = only(&stage, &[0, 1]);
    set_audience(&mut stage, 0, document, audience.clone()).unwrap();
    for number in [0, 1, 2] {
        stage.crash(number);
    }
    stage.run();
    let view = stage.nodes[1].engine.reader().document(&document).unwrap();
    assert_eq!(view.audience, audience);
    assert!(stage.nodes[2].engine.reader().document(&document).is_none());
    let log = stage.nodes[1].engine.reader().access_log(&document).unwrap();
    assert_eq!(log.len(), 1);
}

#[test]
fn a_removal_survives_a_restart() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    part(&mut stage, &[(0, 2), (1, 2)]);
    stage.set(2, document, "/title", "Too late");
    assert!(remove(&mut stage, 0, workspace, 2));
    stage.crash(0);
    meet(&mut stage, &[(0, 1), (0, 2), (1, 2)]);
    stage.crash(1);
    stage.run();
    for number in [0, 1] {
        assert_ne!(title(&mut stage, number, document).unwrap(), "Too late");
    }
    assert_eq!(version(&mut stage, 0, document), version(&mut stage, 1, document));
}

#[test]
fn who_could_read_is_told_for_any_time() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.pass(Duration::from_secs(3_600));
    let then = stage.now;
    stage.pass(Duration::from_secs(3_600));
    let audience = only(&stage, &[0, 1]);
    set_audience(&mut stage, 0, document, audience).unwrap();
    let names = |stage: &mut Stage, at| -> Vec<String> {
        let readers = stage.nodes[1].engine.reader().readers_at(&document, at).unwrap().readers;
        readers.into_iter().map(|reader| reader.name).collect()
    };
    assert_eq!(names(&mut stage, None), ["Organisation 0", "Organisation 1"]);
    assert_eq!(
        names(&mut stage, Some(then)),
        ["Organisation 0", "Organisation 1", "Organisation 2"]
    );
}

#[test]
fn an_export_proves_offline_who_wrote_what_and_a_changed_one_does_not() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(1, document, "/title", "By another");
    part(&mut stage, &[(0, 1), (0, 2)]);
    stage.set(2, document, "/title", "Too late");
    assert!(remove(&mut stage, 0, workspace, 2));
    // Node 1 has it and passes it on.
    meet(&mut stage, &[(0, 1)]);

    let bundle = stage.nodes[0].engine.reader().bundle(&document).unwrap();
    let text = serde_json::to_string(&bundle).unwrap();
    let read = Bundle::from_json(text.as_bytes()).unwrap();
    let proven = read.verify().unwrap();
    assert_eq!(proven.workspace(), workspace);
    let [proven] = proven.documents.as_slice() else { panic!("one document") };
    assert_eq!((proven.id, proven.heads.clone()), (document, version(&mut stage, 0, document)));
    assert_eq!(proven.document.content()["title"], "By another");
    let out = proven.written.iter().filter(|written| written.out.is_some());
    assert_eq!(out.count(), 1, "what came too late is there and does not count");

    let letters: Vec<usize> = text
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_uppercase())
        .map(|(at, _)| at)
        .step_by(97)
        .collect();
    assert!(letters.len() > 50);
    for at in letters {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let proven = Bundle::from_json(&changed).and_then(|bundle| bundle.verify());
        assert!(proven.is_err(), "a changed letter at {at} went unnoticed");
    }
    let audit = stage.nodes[1].engine.reader().audit(&workspace).unwrap().verify().unwrap();
    let removed = audit.state().members.get(&of(&stage, 2)).unwrap();
    assert_eq!(removed.standing, Standing::Removed);
}

#[test]
fn who_was_away_while_a_steward_was_elected_does_not_wait_again() {
    let (mut stage, workspace) = Stage::together(4);
    let all = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    part(&mut stage, &all);
    // The only steward has gone, and node 3 is away.
    meet(&mut stage, &[(1, 2)]);
    let (proposal, enacted) = {
        let change = Change::Elect(of(&stage, 1));
        propose(&mut stage, 1, workspace, change)
    };
    assert!(!enacted, "the steward has time to object");
    stage.command(2, Command::Agree { workspace, proposal }).unwrap();
    let role = |stage: &mut Stage, number: usize| {
        stage.nodes[number].engine.reader().workspace(&workspace).unwrap().role
    };
    stage.pass(Duration::from_secs(29 * 24 * 60 * 60));
    assert_eq!(role(&mut stage, 1), Role::Editor);
    stage.pass(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(role(&mut stage, 1), Role::Steward);
    meet(&mut stage, &[(1, 3)]);
    let elected = of(&stage, 1);
    let members = stage.nodes[3].engine.reader().members(&workspace);
    let view = members.iter().find(|member| member.organization == elected).unwrap();
    assert_eq!(view.role, Role::Steward, "at who was away");
}
