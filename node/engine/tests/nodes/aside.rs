//! Organisations that were let in and wait again, and decisions that can come to nothing.

use std::time::Duration;

use crdt_schema::audience::Audience;
use crdt_schema::identity::{EntryId, OrganizationId, Role};
use crdt_schema::membership::Change;
use engine::view::{FormerView, ProposalState, Standing};
use engine::{Command, Done, Refused};

use crate::stage::Stage;

fn of(stage: &Stage, number: usize) -> OrganizationId {
    stage.nodes[number].identity.card.organization
}

fn former(stage: &mut Stage, number: usize) -> Vec<FormerView> {
    stage.nodes[number].engine.reader().former()
}

#[test]
fn two_that_used_one_invite_at_once_are_told_that_they_wait_until_one_is_let_in() {
    let (mut stage, workspace) = Stage::together(3);
    let document = stage.create(0, workspace, Audience::default());
    let invite = stage.invite(0, workspace, 1);
    let (one, other) = (stage.add(), stage.add());
    stage.is_cut = true;
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        stage.unlink(a, b);
    }
    stage.run();
    for (guest, member) in [(one, 1), (other, 2)] {
        stage.command(guest, Command::Join { invite: invite.clone() }).unwrap();
        stage.link(guest, member);
        stage.run();
        assert!(stage.nodes[guest].engine.reader().workspace(&workspace).is_some());
    }
    stage.set(one, document, "/title", "Written while it was in");
    stage.link(1, 2);
    stage.run();
    for (guest, rival) in [(one, other), (other, one)] {
        let told = former(&mut stage, guest);
        assert_eq!(told.len(), 1, "{guest}: {told:?}");
        assert_eq!((told[0].id, told[0].standing), (workspace, Standing::Waiting));
        assert!(told[0].reason.contains(&format!("Organisation {rival}")), "{told:?}");
        assert_eq!(told[0].stewards, ["Organisation 0"]);
        assert!(stage.nodes[guest].engine.reader().workspace(&workspace).is_none());
        // It is so after a restart, too.
        stage.crash(guest);
        assert_eq!(former(&mut stage, guest).len(), 1);
    }

    stage.is_cut = false;
    stage.pass(Duration::from_secs(120));
    let organization = of(&stage, one);
    stage.command(0, Command::Approve { workspace, organization }).unwrap();
    stage.pass(Duration::from_secs(120));
    assert!(former(&mut stage, one).is_empty());
    assert!(stage.nodes[one].engine.reader().workspace(&workspace).is_some());
    assert_eq!(stage.content(0, document).unwrap()["title"], "Written while it was in");
    let told = former(&mut stage, other);
    assert_eq!((told.len(), told[0].standing), (1, Standing::Waiting), "{told:?}");

    let organization = of(&stage, other);
    stage.command(0, Command::Decline { workspace, organization }).unwrap();
    stage.pass(Duration::from_secs(120));
    stage.crash(other);
    let told = former(&mut stage, other);
    assert_eq!((told.len(), told[0].standing), (1, Standing::Removed), "{told:?}");
    assert!(told[0].reason.contains("decided not to let it in"), "{told:?}");
    assert!(former(&mut stage, one).is_empty());
}

#[test]
fn who_was_never_in_is_told_nothing_while_it_waits() {
    let (mut stage, workspace) = Stage::together(1);
    let command = Command::CreateInvite {
        workspace,
        role: Role::Editor,
        uses: 1,
        lasts: Duration::from_secs(1_000),
        approval: true,
        only_for: None,
    };
    let Ok(Done::Invite { text, .. }) = stage.command(0, command) else { panic!("no invite") };
    let guest = stage.add();
    stage.command(guest, Command::Join { invite: text }).unwrap();
    stage.pass(Duration::from_secs(120));
    let members = stage.nodes[0].engine.reader().members(&workspace);
    assert!(members.iter().any(|member| member.standing == Standing::Waiting));
    assert_eq!(stage.kept(guest).0, Vec::<Vec<u8>>::new());
    assert!(former(&mut stage, guest).is_empty());
}

#[test]
fn what_would_leave_no_steward_is_not_proposed() {
    let (mut stage, workspace) = Stage::together(2);
    let organization = of(&stage, 0);
    let before = stage.kept(0).0;
    for change in [
        Change::Role { organization, role: Role::Editor },
        Change::Remove { organization, reason: String::new() },
    ] {
        let refused = stage.command(0, Command::Propose { workspace, change });
        let Err(Refused::Impossible(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("without a steward"), "{why}");
    }
    assert_eq!(stage.kept(0).0, before);
}

#[test]
fn a_decision_that_can_no_longer_be_carried_out_says_so() {
    let (mut stage, workspace) = Stage::together(2);
    let organization = of(&stage, 1);
    let propose = |stage: &mut Stage, role| -> (EntryId, bool) {
        let change = Change::Role { organization, role };
        match stage.command(0, Command::Propose { workspace, change }) {
            Ok(Done::Proposal { id, enacted }) => (id, enacted),
            other => panic!("{other:?}"),
        }
    };
    assert!(propose(&mut stage, Role::Steward).1);
    let (id, enacted) = propose(&mut stage, Role::Editor);
    assert!(!enacted, "both stewards must agree");
    let view = |stage: &mut Stage| {
        let proposals = stage.nodes[1].engine.reader().proposals(&workspace);
        proposals.into_iter().find(|proposal| proposal.id == id).unwrap()
    };
    let open = view(&mut stage);
    assert_eq!((open.state, open.void.as_str()), (ProposalState::Open, ""));
    stage.command(0, Command::Leave { workspace }).unwrap();
    let void = view(&mut stage);
    assert_eq!(void.state, ProposalState::Void);
    assert!(void.void.contains("can no longer be carried out"), "{void:?}");
    assert!(void.void.contains("without a steward"), "{void:?}");
    assert!(!void.may_agree && void.needed.is_empty(), "{void:?}");
}
