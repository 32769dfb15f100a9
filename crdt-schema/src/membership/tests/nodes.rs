//! An organisation's nodes: added, lost, convicted; and acts of later versions.

use super::removal::named;
use super::stage::{Organization, Stage, admission, five};
use crate::codec;
use crate::envelope::{Envelope, Equivocation, Header, SignedHeader, VERSION};
use crate::identity::{DocumentId, PersonId, Role, SessionId, Timestamp};
use crate::key::Person;
use crate::membership::{
    Act, Change, Entry, Hold, Insert, NoRight, RefuseEntry, Template, Who, Why,
};

fn stage_of(a: &Organization, b: &Organization) -> Stage {
    let mut stage = Stage::new(a, Template::AnySteward.rules());
    stage.join(a, b, Role::Editor);
    stage
}

fn revoke(node: &Organization) -> Act {
    Act::RevokeNode { node: node.key.id(), word: None, fences: vec![] }
}

#[test]
fn any_member_adds_a_node_on_its_root_keys_word() {
    let [a, b, stranger, ..] = five();
    let mut stage = stage_of(&a, &b);
    let laptop = b.at_node(61);
    assert_eq!(stage.refusal(&a, Act::Certify(stranger.certificate)), NoRight::NotMember);
    stage.write(&a, Act::Certify(laptop.certificate.clone()));
    assert_eq!(stage.state().member_of(&laptop.key.id()).map(|(id, _)| *id), Some(b.id()));
    let stolen = a.root.certify(&laptop.key, Timestamp(2));
    assert_eq!(stage.refusal(&b, Act::Certify(stolen)), NoRight::NodeTaken);
    stage.write(&laptop, Act::Describe(named("From the laptop")));
}

#[test]
fn a_node_that_did_not_consent_is_nobodys() {
    let [a, b, ..] = five();
    let mut stage = stage_of(&a, &b);
    let mut claim = b.at_node(61).certificate;
    claim.consent = b.certificate.consent;
    let here = stage.here();
    let refused = stage.try_at(&here, &b, Act::Certify(claim));
    assert_eq!(refused, Err(RefuseEntry::BadSignature));
}

#[test]
fn a_node_is_added_on_the_word_of_another_while_that_one_is_there() {
    let [a, b, c, ..] = five();
    let mut stage = stage_of(&a, &b);
    let (laptop, tablet) = (b.vouches_for(61), b.vouches_for(61).vouches_for(62));
    let thief = c.vouches_for(63);
    assert_eq!(stage.refusal(&a, Act::Certify(thief.certificate)), NoRight::NotMember);
    let unknown = stage.refusal(&b, Act::Certify(tablet.certificate.clone()));
    assert_eq!(unknown, NoRight::VoucherNotIn);
    stage.write(&b, Act::Certify(laptop.certificate.clone()));
    stage.write(&laptop, Act::Describe(named("From the laptop")));
    stage.write(&laptop, revoke(&b));
    let ended = stage.refusal(&a, Act::Certify(b.vouches_for(64).certificate));
    assert_eq!(ended, NoRight::VoucherNotIn);
    stage.write(&a, Act::Certify(laptop.certificate));
    stage.write(&a, Act::Certify(tablet.certificate));
    assert_eq!(stage.state().nodes_of(b.id()).count(), 2);
}

#[test]
fn nobody_is_admitted_with_the_word_of_a_node_that_ended() {
    let [a, b, ..] = five();
    let mut stage = stage_of(&a, &b);
    let laptop = b.vouches_for(61);
    stage.write(&b, Act::Certify(laptop.certificate.clone()));
    stage.write(&laptop, revoke(&b));
    stage.write(&laptop, Act::Leave(vec![]));
    let invite = stage.invite(&a, Role::Editor, 1);
    let back = admission(&invite, &b.vouches_for(65));
    assert_eq!(stage.refusal(&a, back), NoRight::NodeTaken);
}

#[test]
fn a_revoked_node_says_nothing_any_more() {
    let [a, b, ..] = five();
    let mut stage = stage_of(&a, &b);
    let laptop = b.at_node(61);
    stage.write(&b, Act::Certify(laptop.certificate.clone()));
    assert_eq!(stage.refusal(&a, revoke(&laptop)), NoRight::NotOwnNode);
    assert_eq!(stage.refusal(&laptop, revoke(&laptop)), NoRight::NotOwnNode);
    let here = stage.here();
    let meanwhile = stage.write_at(&here, &laptop, Act::Describe(named("Thief")));
    let revocation = stage.write_at(&here, &b, revoke(&laptop));
    assert_eq!(stage.why_void(&meanwhile), Some(Why::Struck { by: revocation }));
    assert_eq!(stage.refusal(&laptop, Act::Leave(vec![])), NoRight::EndedNode);
    assert_eq!(stage.refusal(&b, revoke(&laptop)), NoRight::AlreadyEnded);
    assert_eq!(stage.refusal(&a, Act::Certify(laptop.certificate)), NoRight::NodeTaken);
    let exclusion = stage.state().exclusions.get(&revocation).unwrap().clone();
    assert_eq!((exclusion.who, exclusion.hold), (Who::Node(laptop.key.id()), Hold::Final));
}

#[test]
fn nobody_takes_over_a_node_that_is_at_work_by_back_dating_a_claim() {
    let [a, b, c, ..] = five();
    let mut stage = stage_of(&a, &b);
    let before = stage.here();
    stage.join(&a, &c, Role::Editor);
    stage.write(&c, Act::Describe(named("At work")));
    let claim = b.root.certify(&c.key, Timestamp(2));
    let theft = stage.write_at(&before, &b, Act::Certify(claim));
    assert_eq!(stage.why_void(&theft), Some(Why::NodeTaken));
    assert_eq!(stage.state().member_of(&c.key.id()).map(|(id, _)| *id), Some(c.id()));
}

fn header(of: &Organization, time: u64) -> SignedHeader {
    let header = Header {
        version: VERSION,
        workspace: crate::identity::WorkspaceId([1; 32]),
        document: DocumentId([2; 32]),
        organization: of.id(),
        node: of.key.id(),
        person: Person { id: PersonId([3; 16]), name: "Priya Shah".parse().unwrap() },
        session: SessionId([4; 16]),
        seq: 1,
        previous: None,
        membership: vec![],
        access: vec![],
        time: Timestamp(time),
        content: [0; 32],
        resumes: vec![],
    };
    let content = crate::envelope::Content::Changes(vec![]);
    Envelope::seal(&of.key, header, None, content).signed_header()
}

#[test]
fn a_node_that_said_two_things_in_one_place_is_ended_until_its_organization_is_reinstated() {
    let [a, b, ..] = five();
    let mut stage = stage_of(&a, &b);
    let laptop = b.at_node(61);
    stage.write(&b, Act::Certify(laptop.certificate.clone()));
    let prove = |of: &Organization| {
        let proof = Equivocation::new(header(of, 1), header(of, 2));
        Act::Prove { proof, fences: vec![] }
    };
    let stranger = Organization::new(9, crate::identity::Sector::Vcs);
    assert_eq!(stage.refusal(&a, prove(&stranger)), NoRight::NoSuchNode);
    stage.write(&a, prove(&b));
    assert_eq!(stage.refusal(&a, prove(&b)), NoRight::AlreadyEnded);
    assert_eq!(stage.refusal(&b, Act::Leave(vec![])), NoRight::EndedNode);

    // Its owner may still revoke the one it lost for good: no reinstatement brings that back.
    stage.write(&a, prove(&laptop));
    let word = crate::membership::Revocation::new(&b.root, laptop.key.id(), Timestamp(5));
    let lost = Act::RevokeNode { node: laptop.key.id(), word: Some(word), fences: vec![] };
    stage.write(&a, lost);
    let here = stage.here();
    stage.pass(&here, &[&a], Change::Reinstate(b.id()));
    assert!(stage.state().member_of(&b.key.id()).is_some());
    assert!(stage.state().member_of(&laptop.key.id()).is_none());
    assert_eq!(stage.state().exclusions.size(), 3, "what was shut out stays out");
}

#[test]
fn an_act_of_a_later_version_is_kept_and_does_nothing() {
    let [a, b, stranger, ..] = five();
    let mut stage = stage_of(&a, &b);
    let state = stage.state();
    let parents = stage.here();
    let entry = |by: &Organization, parents: &[crate::identity::EntryId]| {
        // An array of workspace, parents, node, time, act, signature, in which the act is of kind 17.
        let act = minicbor::data::Int::from(17_u8);
        let head = (Some(stage.log.workspace()), parents, by.key.id(), Timestamp(9));
        let unsigned = codec::encode(&(&head.0, &head.1, &head.2, &head.3, &(act, [1_u8, 2])));
        let signature = by.key.sign("fingerpost/entry/v1", &unsigned);
        let mut bytes = unsigned;
        bytes[0] += 1;
        bytes.extend(codec::encode(&signature));
        Entry::from_bytes(&bytes).unwrap()
    };
    let (unknown, strange) = (entry(&b, &parents), entry(&stranger, &parents));
    assert!(unknown.is_true() && unknown.act().is_none());
    assert_eq!(stage.log.insert(unknown.clone()), Ok(Insert::Taken));
    assert_eq!(**stage.log.state(), *state);
    assert_eq!(stage.log.lacking(&parents), [&unknown]);
    let refused = Err(RefuseEntry::NoRight(NoRight::Stranger));
    assert_eq!(stage.log.insert(strange), refused);
}
