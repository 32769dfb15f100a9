//! Histories of membership, and what each must come to.

use super::*;
use crate::identity::{InviteId, Role, Sector};
use crate::invite::{Invite, Terms};
use crate::key::{NodeCertificate, OrganizationCard, RootKey};

struct Organization {
    key: NodeKey,
    card: OrganizationCard,
    certificate: NodeCertificate,
}

fn organization(seed: u8, name: &str) -> Organization {
    let (root, key) = (RootKey::from_seed(&[seed; 32]), NodeKey::from_seed(&[seed + 100; 32]));
    let certificate = root.certify(key.id(), Timestamp(1));
    Organization { key, card: root.card(name.parse().unwrap(), Sector::Vcs), certificate }
}

fn found(founder: &Organization) -> Log {
    let act = Act::Found {
        name: "Northmere".parse().unwrap(),
        nonce: [0; 16],
        card: founder.card.clone(),
        certificate: founder.certificate.clone(),
        rules: Rules::default(),
    };
    Log::found(Entry::new(&founder.key, None, vec![], Timestamp(1), act)).unwrap()
}

fn invite(by: &Organization, log: &Log, uses: u32, approval: bool, role: Role) -> Invite {
    let terms = Terms { role, uses, created: Timestamp(1), expires: Timestamp(9), approval, only_for: None };
    let workspace = (log.workspace(), log.state().name.clone());
    Invite::new(&by.key, &by.card, workspace, terms, [uses.to_le_bytes()[0] + 40; 32], vec![])
}

fn admit(by: &Organization, log: &Log, invite: &Invite, who: &Organization) -> Entry {
    let act = Act::Admit(invite.redeem(who.card.clone(), who.certificate.clone()));
    Entry::new(&by.key, Some(log.workspace()), log.heads(), Timestamp(2), act)
}

fn standing(log: &Log, who: &Organization) -> Option<Standing> {
    log.state().members.get(&who.card.organization).map(|member| member.standing)
}

#[test]
fn any_member_lets_in_who_holds_an_invite() {
    let (council, charity, region) =
        (organization(1, "Council"), organization(2, "Charity"), organization(3, "Region"));
    let mut log = found(&council);
    let invite = invite(&council, &log, 2, false, Role::Reader);
    assert_eq!(log.insert(admit(&council, &log, &invite, &charity)), Ok(Insert::Taken));
    assert_eq!(log.insert(admit(&charity, &log, &invite, &region)), Ok(Insert::Taken));
    assert_eq!(standing(&log, &region), Some(Standing::Member));
    let stranger = organization(4, "Stranger");
    assert!(
        log.insert(admit(&council, &log, &invite, &stranger)).is_err(),
        "the invite was used up"
    );
}

#[test]
fn two_who_use_a_single_invite_at_once_both_wait_until_one_is_approved() {
    let (council, charity) = (organization(1, "Council"), organization(2, "Charity"));
    let (one, two) = (organization(3, "One"), organization(4, "Two"));
    let mut log = found(&council);
    let (first, single) = (
        invite(&council, &log, 3, false, Role::Editor),
        invite(&council, &log, 1, false, Role::Editor),
    );
    log.insert(admit(&council, &log, &first, &charity)).unwrap();
    let rivals = [admit(&council, &log, &single, &one), admit(&charity, &log, &single, &two)];
    for entry in rivals {
        log.insert(entry).unwrap();
    }
    assert_eq!(
        (standing(&log, &one), standing(&log, &two)),
        (Some(Standing::Waiting), Some(Standing::Waiting))
    );

    let approve = |by: &Organization, log: &Log| {
        let act = Act::Approve(one.card.organization);
        Entry::new(&by.key, Some(log.workspace()), log.heads(), Timestamp(3), act)
    };
    assert!(log.insert(approve(&charity, &log)).is_err(), "an editor does not approve");
    log.insert(approve(&council, &log)).unwrap();
    assert_eq!(
        (standing(&log, &one), standing(&log, &two)),
        (Some(Standing::Member), Some(Standing::Waiting))
    );
}

#[test]
fn the_state_is_the_same_in_every_order_of_arrival() {
    let (council, charity) = (organization(1, "Council"), organization(2, "Charity"));
    let (one, two) = (organization(3, "One"), organization(4, "Two"));
    let mut log = found(&council);
    let founding = log.get(&log.workspace().into()).unwrap().clone();
    let (first, single) = (
        invite(&council, &log, 3, false, Role::Editor),
        invite(&council, &log, 1, false, Role::Editor),
    );
    let mut entries = vec![admit(&council, &log, &first, &charity)];
    log.insert(entries[0].clone()).unwrap();
    entries.push(admit(&council, &log, &single, &one));
    entries.push(admit(&charity, &log, &single, &two));
    let revoke = Act::RevokeInvite(entries_invite(&single));
    entries.push(Entry::new(
        &council.key,
        Some(log.workspace()),
        log.heads(),
        Timestamp(2),
        revoke,
    ));

    let mut states = Vec::new();
    for order in
        [[0, 1, 2, 3], [0, 3, 2, 1], [0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 1, 3]]
    {
        let mut log = Log::found(founding.clone()).unwrap();
        for at in order {
            assert_eq!(log.insert(entries[at].clone()), Ok(Insert::Taken), "order {order:?}");
        }
        states.push(log.state().as_ref().clone());
    }
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]));
}

fn entries_invite(invite: &Invite) -> InviteId {
    invite.offer.id
}

#[test]
fn what_an_invite_needs_is_checked() {
    let (council, charity) = (organization(1, "Council"), organization(2, "Charity"));
    let who = organization(3, "Who");
    let mut log = found(&council);
    let editors = invite(&council, &log, 5, false, Role::Editor);
    log.insert(admit(&council, &log, &editors, &charity)).unwrap();

    let by_editor = invite(&charity, &log, 2, false, Role::Reader);
    assert!(log.insert(admit(&council, &log, &by_editor, &who)).is_err(), "made by an editor");

    let approval = invite(&council, &log, 4, true, Role::Editor);
    let mut waiting = Log::found(log.get(&log.workspace().into()).unwrap().clone()).unwrap();
    waiting.insert(admit(&council, &waiting, &approval, &who)).unwrap();
    assert_eq!(standing(&waiting, &who), Some(Standing::Waiting));
    assert!(
        waiting.insert(admit(&who, &waiting, &editors, &charity)).is_err(),
        "who waits admits nobody"
    );

    let revoke = Act::RevokeInvite(editors.offer.id);
    log.insert(Entry::new(&council.key, Some(log.workspace()), log.heads(), Timestamp(3), revoke))
        .unwrap();
    assert!(log.insert(admit(&council, &log, &editors, &who)).is_err(), "revoked");

    let elsewhere = found(&who);
    let act = Act::Admit(editors.redeem(who.card.clone(), who.certificate.clone()));
    let foreign =
        Entry::new(&who.key, Some(elsewhere.workspace()), elsewhere.heads(), Timestamp(4), act);
    let mut elsewhere = elsewhere;
    assert!(elsewhere.insert(foreign).is_err(), "another workspace");
}

#[test]
fn an_organization_returns_with_a_new_node_on_its_root_keys_word() {
    let (council, charity) = (organization(1, "Council"), organization(2, "Charity"));
    let mut log = found(&council);
    let invite = invite(&council, &log, 1, false, Role::Editor);
    log.insert(admit(&council, &log, &invite, &charity)).unwrap();
    let node = NodeKey::from_seed(&[77; 32]).id();
    let certify = |root: u8, log: &Log| {
        let act = Act::Certify(RootKey::from_seed(&[root; 32]).certify(node, Timestamp(4)));
        Entry::new(&council.key, Some(log.workspace()), log.heads(), Timestamp(4), act)
    };
    assert!(log.insert(certify(9, &log)).is_err(), "a stranger's node");
    log.insert(certify(2, &log)).unwrap();
    assert_eq!(
        log.state().member_of(&node).map(|(organization, _)| *organization),
        Some(charity.card.organization)
    );
}

#[test]
fn an_entry_changed_anywhere_is_refused() {
    let (council, charity) = (organization(1, "Council"), organization(2, "Charity"));
    let mut log = found(&council);
    let invite = invite(&council, &log, 1, false, Role::Editor);
    let bytes = admit(&council, &log, &invite, &charity).to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Ok(entry) = Entry::from_bytes(&changed) {
            assert!(!matches!(log.insert(entry), Ok(Insert::Taken)), "byte {at}");
        }
    }
}
