//! Signatures between real engines: who signs what, what stays signed, and that nothing changes the signed words.

use std::collections::BTreeMap;
use std::time::Duration;

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::bundle::{Bundle, VerifyError};
use crdt_schema::document::Edit;
use crdt_schema::envelope::{Content, Envelope};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId, Role, TextId, WorkspaceId};
use crdt_schema::membership::Change;
use engine::message::{Message, pack_anew};
use engine::view::SignOffView;
use engine::{Command, Conditions, Done, Refused, Statement};
use serde_json::Value;

use crate::stage::{Stage, person};

fn of(stage: &Stage, number: usize) -> OrganizationId {
    stage.nodes[number].identity.card.organization
}

fn version(stage: &mut Stage, at: usize, document: DocumentId) -> Heads {
    stage.nodes[at].engine.reader().open(&document).unwrap().heads()
}

fn signing(version: Heads, name: &str) -> Statement {
    let (signatory, title) = (name.parse().unwrap(), "Director".parse().unwrap());
    Statement::Sign { version, signatory, title }
}

fn sign_as(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    version: Heads,
    name: &str,
) -> Result<EnvelopeId, Refused> {
    let statement = signing(version, name);
    let command = Command::State { document, statement, person: person("Sam") };
    stage.command(by, command).map(|done| match done {
        Done::Statement(id) => id,
        other => panic!("{other:?}"),
    })
}

fn sign(stage: &mut Stage, by: usize, document: DocumentId) -> Result<EnvelopeId, Refused> {
    let version = version(stage, by, document);
    sign_as(stage, by, document, version, "Ruth Okafor")
}

fn withdraw(
    stage: &mut Stage,
    by: usize,
    document: DocumentId,
    sign_off: EnvelopeId,
) -> Result<Done, Refused> {
    let reason = "Not what we agreed".to_owned();
    let statement = Statement::Withdraw { sign_off, reason };
    stage.command(by, Command::State { document, statement, person: person("Sam") })
}

fn seen(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<SignOffView> {
    stage.nodes[at].engine.reader().sign_offs(&document).unwrap()
}

fn words(stage: &mut Stage, at: usize, document: DocumentId, id: EnvelopeId) -> Option<Value> {
    stage.nodes[at].engine.reader().signed_text(&document, &id).unwrap().content
}

fn remove(stage: &mut Stage, workspace: WorkspaceId, who: usize) {
    let change = Change::Remove { organization: of(stage, who), reason: "It closed".to_owned() };
    let done = stage.command(0, Command::Propose { workspace, change });
    assert!(matches!(done, Ok(Done::Proposal { enacted: true, .. })), "{done:?}");
}

/// Returns what a node's bundle proves to have been signed.
fn verified(stage: &mut Stage, at: usize, document: DocumentId) -> Vec<Value> {
    let bundle = stage.nodes[at].engine.reader().bundle(&document).unwrap();
    let bundle = Bundle::from_json(&serde_json::to_vec(&bundle).unwrap()).unwrap();
    let proven = bundle.verify().unwrap();
    proven.documents[0].signed.iter().map(|signed| signed.content.clone()).collect()
}

#[test]
fn later_edits_leave_the_signed_words_alone_and_say_who_is_behind() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    stage.set(0, document, "/title", "As agreed");
    let first = sign(&mut stage, 1, document).unwrap();
    assert!(seen(&mut stage, 0, document)[0].is_current);
    stage.set(2, document, "/title", "As changed");
    stage.set(0, document, "/description", "Longer now");
    let second = sign(&mut stage, 0, document).unwrap();
    for at in 0..3 {
        let all = seen(&mut stage, at, document);
        let ids: Vec<EnvelopeId> = all.iter().map(|one| one.id).collect();
        assert_eq!(ids, [first, second]);
        assert!(all.iter().all(|one| one.holds && one.withdrawal.is_none()), "{all:?}");
        assert_eq!((all[0].is_current, all[0].differences), (false, Some(2)));
        assert_eq!((all[1].is_current, all[1].differences), (true, Some(0)));
        assert_eq!((all[0].signatory.as_str(), all[0].title.as_str()), ("Ruth Okafor", "Director"));
        assert_eq!(all[0].organization, of(&stage, 1));
        assert_eq!(words(&mut stage, at, document, first).unwrap()["title"], "As agreed");
    }
    // Who writes it back to what was signed has what was signed again, whatever the version is called.
    stage.set(1, document, "/title", "As agreed");
    let description = words(&mut stage, 0, document, first).unwrap()["description"].clone();
    stage.set(1, document, "/description", description.as_str().unwrap());
    let all = seen(&mut stage, 2, document);
    assert_eq!((all[0].is_current, all[1].is_current), (true, false));
    let proven = verified(&mut stage, 2, document);
    assert_eq!(proven[0]["title"], "As agreed");
    assert_eq!(proven[1]["title"], "As changed");
}

#[test]
fn a_signature_is_taken_back_by_its_organisation_alone_and_can_be_given_again() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let first = sign(&mut stage, 1, document).unwrap();
    let refused = withdraw(&mut stage, 0, document, first);
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    let again = sign(&mut stage, 1, document);
    assert!(matches!(again, Err(Refused::NotAllowed(_))), "{again:?}");
    let now = version(&mut stage, 1, document);
    sign_as(&mut stage, 1, document, now, "Hana Novak").unwrap();
    withdraw(&mut stage, 1, document, first).unwrap();
    let twice = withdraw(&mut stage, 1, document, first);
    assert!(matches!(twice, Err(Refused::NotAllowed(_))), "{twice:?}");
    let third = sign(&mut stage, 1, document).unwrap();
    for at in 0..3 {
        let all = seen(&mut stage, at, document);
        let stand: Vec<bool> = all.iter().map(|one| one.withdrawal.is_none()).collect();
        assert_eq!(stand, [false, true, true]);
        assert_eq!(all[2].id, third);
        assert_eq!(all[0].withdrawal.as_ref().unwrap().reason, "Not what we agreed");
        assert!(
            words(&mut stage, at, document, first).is_some(),
            "what was signed stays to be read"
        );
    }
    let nothing = withdraw(&mut stage, 1, document, EnvelopeId([1; 32]));
    assert_eq!(nothing, Err(Refused::NoSuchSignature));
}

#[test]
fn a_reader_signs_nothing_and_nobody_signs_what_is_not_there_or_not_settled() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let change = Change::Role { organization: of(&stage, 2), role: Role::Reader };
    stage.command(0, Command::Propose { workspace, change }).unwrap();
    let refused = sign(&mut stage, 2, document);
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    for unknown in [Heads::default(), "0".repeat(64).parse().unwrap()] {
        let refused = sign_as(&mut stage, 1, document, unknown, "Ruth Okafor");
        assert_eq!(refused, Err(Refused::NoSuchVersion));
    }
    let base = version(&mut stage, 0, document);
    for (who, value) in [(0, "in_review"), (1, "superseded")] {
        let edits = vec![Edit::Set { path: "/status".parse().unwrap(), value: value.into() }];
        let person = person("Tom");
        let base = Some(base.clone());
        stage
            .command(
                who,
                Command::EditDocument {
                    document,
                    base,
                    edits,
                    conditions: Conditions::default(),
                    person,
                },
            )
            .unwrap();
    }
    let refused = sign(&mut stage, 1, document);
    assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    sign_as(&mut stage, 1, document, base, "Ruth Okafor").unwrap();
}

#[test]
fn who_is_removed_or_shut_out_has_signed_what_it_signed_in_time_and_no_more() {
    for is_for_all in [true, false] {
        let (mut stage, workspace) = Stage::together(3);
        let all: Vec<OrganizationId> = (0..3).map(|at| of(&stage, at)).collect();
        let named = Circle::Named(all.into_iter().collect());
        let few = Audience::new(named.clone(), named);
        let audience = if is_for_all { Audience::default() } else { few };
        let document = stage.create(0, workspace, audience);
        let in_time = sign(&mut stage, 2, document).unwrap();
        stage.is_cut = true;
        stage.unlink(0, 2);
        stage.unlink(1, 2);
        stage.run();
        remove(&mut stage, workspace, 2);
        let too_late = sign_as_now(&mut stage, 2, document, "Somebody Else");
        withdraw(&mut stage, 2, document, in_time).unwrap();
        stage.is_cut = false;
        stage.link(0, 2);
        stage.link(1, 2);
        stage.run();
        stage.pass(Duration::from_secs(5));
        for at in [0, 1] {
            let all = seen(&mut stage, at, document);
            let ids: Vec<EnvelopeId> = all.iter().map(|one| one.id).collect();
            assert_eq!(ids, [in_time], "for all: {is_for_all}; not {too_late}");
            assert!(all[0].withdrawal.is_none() && all[0].holds);
        }
    }
}

fn sign_as_now(stage: &mut Stage, by: usize, document: DocumentId, name: &str) -> EnvelopeId {
    let now = version(stage, by, document);
    sign_as(stage, by, document, now, name).unwrap()
}

#[test]
fn who_may_no_longer_read_has_signed_what_the_others_had() {
    let (mut stage, workspace) = Stage::together(3);
    let named = |stage: &Stage, numbers: &[usize]| {
        Circle::Named(numbers.iter().map(|at| of(stage, *at)).collect())
    };
    let all = named(&stage, &[0, 1, 2]);
    let document = stage.create(0, workspace, Audience::new(all.clone(), all));
    let signature = sign(&mut stage, 2, document).unwrap();
    let few = named(&stage, &[0, 1]);
    let audience = Audience::new(few.clone(), few);
    stage.command(0, Command::SetAudience { document, audience, person: person("Priya") }).unwrap();
    for at in [0, 1] {
        let ids: Vec<EnvelopeId> = seen(&mut stage, at, document).iter().map(|it| it.id).collect();
        assert_eq!(ids, [signature]);
    }
    assert!(stage.nodes[2].engine.reader().sign_offs(&document).is_err());
}

/// A sign-off, and one that its node says next, of other words than the version says.
fn forged(stage: &mut Stage, document: DocumentId) -> Envelope {
    sign(stage, 1, document).unwrap();
    let (_, envelopes) = stage.kept(1);
    let last = envelopes.last().unwrap();
    let true_one = Envelope::from_bytes(last).unwrap();
    let Content::SignOff(mut sign_off) = true_one.content else { panic!("{true_one:?}") };
    sign_off.text = TextId([7; 32]);
    let mut header = true_one.header;
    (header.seq, header.previous) = (header.seq + 1, Some(Envelope::id_of(last)));
    header.resumes = Vec::new();
    Envelope::seal(&stage.nodes[1].identity.key, header, None, Content::SignOff(sign_off))
}

#[test]
fn a_signature_of_other_words_than_the_version_says_is_taken_by_nobody() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let forged = forged(&mut stage, document);
    assert!(forged.is_true() && forged.is_well_formed(), "its node signs it");
    let (sender, bytes) = (stage.id(1), forged.to_bytes());
    let news = Message::News { workspace, pack: pack_anew(&[&bytes]), mark: None };
    stage.hear(0, sender, &news);
    assert_eq!(seen(&mut stage, 0, document).len(), 1);
    let refused = stage.nodes[0].engine.reader().counters().refused;
    assert_eq!(refused.get("other-words"), Some(&1), "{refused:?}");
    let (entries, mut envelopes) = stage.kept(0);
    let bundle = |envelopes: Vec<Vec<u8>>| {
        Bundle::new(entries.clone().into_iter(), std::iter::once(envelopes)).verify()
    };
    bundle(envelopes.clone()).unwrap();
    envelopes.push(bytes);
    let error = bundle(envelopes).unwrap_err();
    assert!(matches!(error, VerifyError::EnvelopeRefused(1, 3, _)), "{error}");
}

/// A small generator, so that a failing run says its seed and can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
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
    stage.pass(Duration::from_secs(5));
}

#[test]
fn nothing_that_anybody_does_changes_words_that_were_signed() {
    for seed in 0..8_u64 {
        let (mut stage, workspace) = Stage::together(3);
        let document = stage.create(0, workspace, Audience::default());
        let mut dice = Dice(seed);
        let mut signed = BTreeMap::<EnvelopeId, Value>::new();
        for step in 0..24 {
            let who = dice.roll(3);
            match dice.roll(7) {
                0 | 1 => stage.set(who, document, "/title", &format!("Title {step}")),
                2 => stage.set(who, document, "/description", &format!("Text {step}")),
                3 => {
                    let now = version(&mut stage, who, document);
                    let name = format!("Person {step}");
                    if let Ok(id) = sign_as(&mut stage, who, document, now, &name) {
                        signed.insert(id, stage.content(who, document).unwrap());
                    }
                }
                4 => {
                    if let Some(id) = signed.keys().nth(dice.roll(signed.len().max(1))).copied() {
                        drop(withdraw(&mut stage, who, document, id));
                    }
                }
                5 => part(&mut stage),
                _ => meet(&mut stage),
            }
            for at in 0..3 {
                for one in seen(&mut stage, at, document) {
                    assert!(one.holds, "seed {seed}, step {step}, node {at}");
                    let found = words(&mut stage, at, document, one.id);
                    assert_eq!(found.as_ref(), signed.get(&one.id), "seed {seed}, step {step}");
                }
            }
        }
        // Somebody is removed, and a node starts anew: what it reads from its disk says the same.
        meet(&mut stage);
        let before = seen(&mut stage, 1, document).len();
        assert_eq!(before, signed.len(), "seed {seed}: everybody has heard of every signature");
        remove(&mut stage, workspace, 2);
        stage.crash(1);
        stage.link(0, 1);
        stage.run();
        let after = seen(&mut stage, 1, document);
        assert_eq!(after.len(), signed.len(), "seed {seed}: a removal takes no signature away");
        for one in after {
            let found = words(&mut stage, 1, document, one.id);
            assert_eq!(found.as_ref(), signed.get(&one.id), "seed {seed}");
        }
        assert_eq!(verified(&mut stage, 1, document).len(), signed.len());
    }
}

#[test]
fn a_name_of_a_version_is_seen_by_all_and_changes_nothing_that_anybody_signed() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let signature = sign(&mut stage, 1, document).unwrap();
    let agreed = version(&mut stage, 0, document);
    let state = |stage: &mut Stage, by: usize, statement: Statement| {
        stage.command(by, Command::State { document, statement, person: person("Sam") })
    };
    let name = |version: &Heads| Statement::Name {
        version: version.clone(),
        name: "As agreed".parse().unwrap(),
    };
    let Ok(Done::Statement(id)) = state(&mut stage, 1, name(&agreed)) else { panic!("no name") };
    stage.set(2, document, "/title", "Later");
    for at in 0..3 {
        let names = stage.nodes[at].engine.reader().version_names(&document).unwrap();
        assert_eq!((names[0].id, names[0].name.as_str()), (id, "As agreed"));
        assert_eq!((&names[0].version, names[0].may_take_back), (&agreed, at == 1));
        assert!(words(&mut stage, at, document, signature).is_some());
    }
    let change = Change::Role { organization: of(&stage, 2), role: Role::Contributor };
    stage.command(0, Command::Propose { workspace, change }).unwrap();
    for (by, statement) in [(2, name(&agreed)), (0, Statement::Unname { name: id })] {
        let refused = state(&mut stage, by, statement);
        assert!(matches!(refused, Err(Refused::NotAllowed(_))), "{refused:?}");
    }
    let refused = state(&mut stage, 0, Statement::Unname { name: signature });
    assert_eq!(refused, Err(Refused::NoSuchName), "a signature is no name");
    state(&mut stage, 1, Statement::Unname { name: id }).unwrap();
    for at in 0..3 {
        assert!(stage.nodes[at].engine.reader().version_names(&document).unwrap().is_empty());
    }
}
