//! Copies of documents between real engines: made with their history, kept apart, and brought together again.

use std::collections::BTreeMap;

use crdt_schema::audience::Audience;
use crdt_schema::copied::{Brings, Original, Source};
use crdt_schema::document::{Choice, Edit, FieldPath, Standing};
use crdt_schema::envelope::{self, Content, Envelope, Header};
use crdt_schema::identity::{DocumentId, OrganizationId, Role, SessionId, Timestamp, WorkspaceId};
use crdt_schema::key::NodeKey;
use engine::input::{Copying, Upstream};
use engine::{Command, Done, Refused};
use serde_json::{Value, json};

use crate::stage::{Stage, person};

/// Two regions: 0 and 1 are in the first, 1 and 2 in the second. Returns both workspaces.
fn regions() -> (Stage, WorkspaceId, WorkspaceId) {
    let (mut stage, first) = Stage::together(2);
    let second = stage.found(1);
    let guest = stage.add();
    let invite = stage.invite(1, second, 1);
    stage.command(guest, Command::Join { invite }).unwrap();
    stage.run();
    assert!(stage.nodes[guest].engine.reader().workspace(&second).is_some());
    (stage, first, second)
}

fn fork(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    workspace: WorkspaceId,
) -> Result<DocumentId, Refused> {
    let copying = Copying::Fork {
        from: held(document),
        workspace,
        audience: Audience::default(),
        provenance: json!({"network": "the first"}),
    };
    let command = Command::Copy { copying: Box::new(copying), person: person("Sam") };
    stage.command(by, command).map(|done| match done {
        Done::Document { id, .. } => id,
        other => panic!("{other:?}"),
    })
}

fn pull(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    from: Upstream,
    choices: BTreeMap<FieldPath, Choice>,
) -> Result<Done, Refused> {
    let copying = Box::new(Copying::Pull { document, from, choices });
    stage.command(by, Command::Copy { copying, person: person("Sam") })
}

fn held(document: DocumentId) -> Upstream {
    Upstream::Held { document, version: None }
}

fn given(source: Source) -> Upstream {
    Upstream::Given(Box::new(source))
}

fn said(stage: &mut Stage, at: usize, document: DocumentId) -> Value {
    stage.content(at, document).unwrap()
}

#[test]
fn a_copy_has_the_history_and_the_authors_of_its_original() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    stage.set(0, original, "/title", "Cash first");
    stage.set(1, original, "/description", "Phone the bank.");
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();

    let (there, here) = (said(&mut stage, 0, original), said(&mut stage, 2, copy));
    assert_eq!((&here["title"], &here["description"]), (&there["title"], &there["description"]));
    assert_eq!(here["provenance"]["forked_from"]["network"], "the first");
    assert_eq!((&there["status"], &here["status"]), (&json!("agreed"), &json!("draft")));
    let mut reader = stage.nodes[2].engine.reader();
    assert!(reader.document(&original).is_none(), "the original is not in this region");
    let origin = reader.document(&copy).unwrap().origin.unwrap();
    assert_eq!((origin.document, origin.workspace), (original, first));
    let makers = reader.makers(&copy).unwrap();
    let by: Vec<(&str, bool)> =
        makers.iter().map(|made| (made.organization_name.as_str(), made.is_copied)).collect();
    assert_eq!(by.iter().filter(|(name, _)| *name == "Organisation 0").count(), 2, "{by:?}");
    assert_eq!(by.iter().filter(|(_, is_copied)| !is_copied).count(), 1, "{by:?}");
    let proven = reader.bundle(&copy).unwrap().verify().unwrap();
    assert_eq!(proven.documents[0].document.content(), here);
    let saved = stage.nodes[2].engine.reader().open(&copy).unwrap().save();
    let elsewhere = automerge::Automerge::load(&saved).unwrap();
    assert_eq!(elsewhere.get_changes(&[]).len(), makers.len(), "any Automerge library has it all");
    stage.crash(2);
    assert_eq!(said(&mut stage, 2, copy), here, "it opens again from what was kept");
}

#[test]
fn what_improved_in_the_original_is_taken_in_beside_what_was_adapted() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    stage.set(0, original, "/description", "We share names. We keep them for six months.");
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    stage.set(2, copy, "/title", "Saltway: cash first");
    stage.set(2, copy, "/description", "We share names. We keep them for twelve months.");
    stage.set(0, original, "/description", "We share first names. We keep them for six months.");
    // The same session of the same node writes in both.
    stage.set(1, original, "/licence", "CC-BY-4.0");
    stage.set(1, copy, "/language", "cy");
    stage.run();

    let view = stage.nodes[1].engine.reader().upstream(&copy, None).unwrap().unwrap();
    let standings: Vec<_> =
        view.incoming.iter().map(|one| (one.path.to_string(), one.standing)).collect();
    assert_eq!(
        standings,
        [("/description".to_owned(), Standing::Both), ("/licence".to_owned(), Standing::New),]
    );
    assert_eq!(view.made.len(), 2);
    pull(&mut stage, 1, copy, held(original), BTreeMap::new()).unwrap();
    stage.run();
    let now = said(&mut stage, 2, copy);
    assert_eq!(now["description"], "We share first names. We keep them for twelve months.");
    assert_eq!(
        (&now["title"], &now["licence"]),
        (&json!("Saltway: cash first"), &json!("CC-BY-4.0"))
    );
    let view = stage.nodes[1].engine.reader().upstream(&copy, None).unwrap().unwrap();
    assert!(view.made.is_empty() && view.incoming.is_empty(), "{view:?}");

    // The original takes in what its copy improved, as one document.
    stage.set(
        2,
        copy,
        "/description",
        "We share first names only. We keep them for twelve months.",
    );
    stage.run();
    let incoming = stage.nodes[1].engine.reader().source(&copy).unwrap();
    pull(&mut stage, 1, original, given(incoming), BTreeMap::new()).unwrap();
    stage.run();
    let there = said(&mut stage, 0, original);
    assert_eq!(there["description"], "We share first names only. We keep them for twelve months.");
    assert_eq!(there["provenance"]["forked_from"], Value::Null, "the original is no copy");
}

#[test]
fn nothing_is_taken_in_where_both_changed_the_same_until_somebody_chose() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    stage.set(0, original, "/licence", "CC-BY-4.0");
    stage.set(1, copy, "/licence", "CC0-1.0");
    stage.run();
    let before = said(&mut stage, 1, copy);
    let refused = pull(&mut stage, 1, copy, held(original), BTreeMap::new()).unwrap_err();
    let Refused::ToChoose(open) = refused else { panic!("{refused:?}") };
    assert_eq!(open.len(), 1);
    assert_eq!(said(&mut stage, 1, copy), before);
    let choices = BTreeMap::from([(open[0].path.clone(), Choice::Theirs)]);
    pull(&mut stage, 1, copy, held(original), choices).unwrap();
    stage.run();
    assert_eq!(said(&mut stage, 2, copy)["licence"], "CC-BY-4.0");
    assert!(stage.nodes[2].engine.reader().conflicts(&copy).unwrap().is_empty());
}

#[test]
fn what_two_members_take_in_at_once_is_there_once() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    stage.set(0, original, "/description", "Words that came later.");
    stage.run();
    let source = stage.nodes[1].engine.reader().source(&original).unwrap();
    stage.is_cut = true;
    stage.unlink(1, 2);
    stage.run();
    pull(&mut stage, 1, copy, held(original), BTreeMap::new()).unwrap();
    pull(&mut stage, 2, copy, given(source), BTreeMap::new()).unwrap();
    stage.is_cut = false;
    stage.link(1, 2);
    stage.run();
    for at in [1, 2] {
        assert_eq!(said(&mut stage, at, copy)["description"], "Words that came later.");
        let makers = stage.nodes[at].engine.reader().makers(&copy).unwrap();
        let copied = makers.iter().filter(|made| made.is_copied).count();
        assert_eq!(copied, 2, "what was brought in twice was made once");
    }
}

#[test]
fn who_may_only_read_here_takes_nothing_in_and_who_cannot_read_there_copies_nothing() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    assert_eq!(fork(&mut stage, 2, original, second), Err(Refused::NoSuchDocument));
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    let organization = stage.nodes[2].identity.card.organization;
    let change = crdt_schema::membership::Change::Role { organization, role: Role::Reader };
    stage.command(1, Command::Propose { workspace: second, change }).unwrap();
    stage.run();
    stage.set(0, original, "/title", "New");
    stage.run();
    let source = stage.nodes[1].engine.reader().source(&original).unwrap();
    let refused = pull(&mut stage, 2, copy, given(source), BTreeMap::new());
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
}

/// Lets somebody elsewhere say something in one place of their history.
fn told(source: &Source, title: &str) -> Source {
    let key = NodeKey::from_seed(&[200; 32]);
    let session = SessionId([9; 16]);
    let mut source = source.clone();
    let base = source.document.heads();
    let edits = [Edit::Set { path: "/title".parse().unwrap(), value: title.into() }];
    let actor = envelope::actor(&key.id(), &session);
    let changes = source.document.edit(&actor, &base, &edits, Timestamp(5)).unwrap();
    let header = Header {
        version: envelope::VERSION,
        workspace: source.origin.workspace,
        document: source.origin.document,
        organization: OrganizationId([201; 32]),
        node: key.id(),
        person: person("Mallory"),
        session,
        seq: 1,
        previous: None,
        membership: vec![crdt_schema::identity::EntryId([1; 32])],
        access: vec![],
        time: Timestamp(5),
        content: [0; 32],
        resumes: vec![],
    };
    let content = Content::Changes(changes.into_iter().map(Into::into).collect());
    source.originals.extend(Original::of(Envelope::seal(&key, header, None, content)));
    source
}

#[test]
fn an_author_elsewhere_who_tells_two_stories_parts_nobody_here() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    let source = stage.nodes[1].engine.reader().source(&original).unwrap();
    let (one, other) = (told(&source, "One story"), told(&source, "Another story"));
    stage.is_cut = true;
    stage.unlink(1, 2);
    stage.run();
    pull(&mut stage, 1, copy, given(one), BTreeMap::new()).unwrap();
    pull(&mut stage, 2, copy, given(other.clone()), BTreeMap::new()).unwrap();
    stage.set(1, copy, "/description", "Written on the one story");
    stage.set(2, copy, "/licence", "CC0-1.0");
    let both = pull(&mut stage, 1, copy, given(other), BTreeMap::new());
    assert!(matches!(both, Err(Refused::Impossible(_))), "{both:?}");
    stage.is_cut = false;
    stage.link(1, 2);
    stage.run();
    stage.pass(std::time::Duration::from_secs(120));
    let (here, there) = (said(&mut stage, 1, copy), said(&mut stage, 2, copy));
    assert_eq!(here, there);
    assert!(["One story", "Another story"].contains(&here["title"].as_str().unwrap()), "{here}");
    assert_eq!(here["description"], "Written on the one story", "honest work is written again");
    assert_eq!(here["licence"], "CC0-1.0", "honest work is written again");
    for at in [1, 2] {
        stage.crash(at);
        assert_eq!(said(&mut stage, at, copy), here);
    }
    let proven = stage.nodes[1].engine.reader().bundle(&copy).unwrap().verify().unwrap();
    assert_eq!(proven.documents[0].document.content(), here);
}

#[test]
fn changes_that_their_author_did_not_sign_are_refused() {
    let (mut stage, first, second) = regions();
    let original = stage.create(0, first, Audience::default());
    let copy = fork(&mut stage, 1, original, second).unwrap();
    stage.run();
    let source = stage.nodes[1].engine.reader().source(&original).unwrap();
    let mut forged = told(&source, "Not what they wrote");
    let last = forged.originals.last_mut().unwrap();
    last.header.person = person("Somebody else");
    let refused = pull(&mut stage, 1, copy, given(forged), BTreeMap::new());
    assert!(matches!(refused, Err(Refused::Impossible(_))), "{refused:?}");

    let mut moved = told(&source, "Under another name");
    let last = moved.originals.last_mut().unwrap();
    let Brings::Changes(changes) = &last.content else { panic!("not changes") };
    let key = NodeKey::from_seed(&[210; 32]);
    let header = Header { node: key.id(), ..last.header.clone() };
    let content = Content::Changes(changes.clone());
    *last = Original::of(Envelope::seal(&key, header, None, content)).remove(0);
    let refused = pull(&mut stage, 1, copy, given(moved), BTreeMap::new());
    assert!(refused.is_err(), "{refused:?}");
}
