//! Organisations, and a log that they write.

use std::sync::Arc;

use crate::identity::{EntryId, Role, Sector, Timestamp};
use crate::invite::{Invite, Terms};
use crate::key::{NodeCertificate, NodeKey, OrganizationCard, RootKey};
use crate::membership::{
    Act, Change, Effect, Entry, Insert, Log, NoRight, RefuseEntry, Rules, Standing, State,
    Template, Why,
};

pub(super) struct Organization {
    pub(super) root: RootKey,
    pub(super) key: NodeKey,
    pub(super) card: OrganizationCard,
    pub(super) certificate: NodeCertificate,
}

impl Organization {
    pub(super) fn new(seed: u8, sector: Sector) -> Self {
        let root = RootKey::from_seed(&[seed; 32]);
        let key = NodeKey::from_seed(&[seed + 100; 32]);
        let certificate = root.certify(&key, Timestamp(1));
        let card = root.card(format!("Organisation {seed}").parse().unwrap(), sector);
        Self { root, key, card, certificate }
    }

    /// The same organisation at another of its nodes.
    pub(super) fn at_node(&self, seed: u8) -> Self {
        let key = NodeKey::from_seed(&[seed; 32]);
        let certificate = self.root.certify(&key, Timestamp(1));
        Self { root: self.root.clone(), key, card: self.card.clone(), certificate }
    }

    /// The same organisation at another node, for which this one vouches.
    pub(super) fn vouches_for(&self, seed: u8) -> Self {
        let key = NodeKey::from_seed(&[seed; 32]);
        let consent = key.consent(self.id(), Timestamp(1));
        let certificate = self.certificate.vouch(&self.key, &consent);
        Self { root: self.root.clone(), key, card: self.card.clone(), certificate }
    }

    pub(super) fn id(&self) -> crate::identity::OrganizationId {
        self.card.organization
    }
}

/// Five charities.
pub(super) fn five() -> [Organization; 5] {
    [1, 2, 3, 4, 5].map(|seed| Organization::new(seed, Sector::Vcs))
}

pub(super) fn remove(who: &Organization) -> Change {
    Change::Remove { organization: who.id(), reason: String::new() }
}

pub(super) fn role(who: &Organization, role: Role) -> Change {
    Change::Role { organization: who.id(), role }
}

pub(super) struct Stage {
    pub(super) log: Log,
    entries: Vec<Entry>,
    clock: u64,
}

impl Stage {
    pub(super) fn new(founder: &Organization, rules: Rules) -> Self {
        let act = Act::Found {
            name: "Northmere".parse().unwrap(),
            nonce: [0; 16],
            card: founder.card.clone(),
            certificate: founder.certificate.clone(),
            rules,
        };
        let founding = Entry::new(&founder.key, None, vec![], Timestamp(1), act);
        Self { log: Log::found(founding.clone()).unwrap(), entries: vec![founding], clock: 1 }
    }

    /// A workspace in which these are stewards, the first its founder.
    pub(super) fn of_stewards(template: Template, stewards: &[&Organization]) -> Self {
        let mut stage = Self::new(stewards[0], template.rules());
        for (already, new) in stewards.iter().enumerate().skip(1) {
            stage.join(stewards[0], new, Role::Steward);
            for approving in &stewards[1..already] {
                if stage.standing(new) == Some(Standing::Waiting) {
                    stage.write(approving, Act::Approve(new.id()));
                }
            }
            if stage.standing(new) == Some(Standing::Waiting) {
                stage.write(stewards[0], Act::Approve(new.id()));
            }
            assert_eq!(stage.standing(new), Some(Standing::Member), "{already}");
        }
        stage
    }

    pub(super) fn here(&self) -> Vec<EntryId> {
        self.log.heads()
    }

    pub(super) fn entry_at(&mut self, at: &[EntryId], by: &Organization, act: Act) -> Entry {
        self.clock += 1;
        let time = Timestamp(self.clock);
        Entry::new(&by.key, Some(self.log.workspace()), at.to_vec(), time, act)
    }

    pub(super) fn try_at(
        &mut self,
        at: &[EntryId],
        by: &Organization,
        act: Act,
    ) -> Result<EntryId, RefuseEntry> {
        let entry = self.entry_at(at, by, act);
        assert_eq!(self.log.insert(entry.clone())?, Insert::Taken);
        self.entries.push(entry);
        Ok(self.entries.last().unwrap().id())
    }

    pub(super) fn write_at(&mut self, at: &[EntryId], by: &Organization, act: Act) -> EntryId {
        self.try_at(at, by, act).unwrap()
    }

    pub(super) fn write(&mut self, by: &Organization, act: Act) -> EntryId {
        let at = self.here();
        self.write_at(&at, by, act)
    }

    /// Why an act is refused after all that is here.
    pub(super) fn refusal(&mut self, by: &Organization, act: Act) -> NoRight {
        let at = self.here();
        match self.try_at(&at, by, act) {
            Err(RefuseEntry::NoRight(why)) => why,
            other => panic!("expected a refusal, not {other:?}"),
        }
    }

    pub(super) fn invite(&mut self, by: &Organization, role: Role, uses: u32) -> Invite {
        self.invite_with(by, role, uses, false)
    }

    pub(super) fn invite_with(
        &mut self,
        by: &Organization,
        role: Role,
        uses: u32,
        approval: bool,
    ) -> Invite {
        self.clock += 1;
        let terms = Terms {
            role,
            uses,
            created: Timestamp(1),
            expires: Timestamp(9),
            approval,
            only_for: None,
        };
        let workspace = (self.log.workspace(), "Northmere".parse().unwrap());
        let mut secret = [7; 32];
        secret[..8].copy_from_slice(&self.clock.to_le_bytes());
        Invite::new(&by.key, &by.card, workspace, terms, secret, vec![])
    }

    pub(super) fn join(&mut self, by: &Organization, who: &Organization, role: Role) -> EntryId {
        let invite = self.invite(by, role, 1);
        self.write(by, admission(&invite, who))
    }

    /// The first proposes and enacts, the others agree; all on one line from `at`.
    pub(super) fn pass(
        &mut self,
        at: &[EntryId],
        voters: &[&Organization],
        change: Change,
    ) -> EntryId {
        self.try_pass(at, voters, change).unwrap()
    }

    pub(super) fn try_pass(
        &mut self,
        at: &[EntryId],
        voters: &[&Organization],
        change: Change,
    ) -> Result<EntryId, RefuseEntry> {
        let proposal = self.try_at(at, voters[0], Act::Propose(change))?;
        let mut last = proposal;
        for voter in &voters[1..] {
            last = self.try_at(&[last], voter, Act::Agree(proposal))?;
        }
        self.try_at(&[last], voters[0], Act::Enact { proposal, fences: vec![] })
    }

    /// The state after all entries, which is the same in whatever order they come.
    pub(super) fn state(&self) -> Arc<State> {
        let state = Arc::clone(self.log.state());
        for seed in 1..5_u64 {
            assert_eq!(*folded(&self.entries, seed).state(), state, "another order, seed {seed}");
        }
        assert!(state.stewards().next().is_some(), "there always is a steward");
        state
    }

    pub(super) fn standing(&self, who: &Organization) -> Option<Standing> {
        self.state().members.get(&who.id()).map(|member| member.standing)
    }

    pub(super) fn role(&self, who: &Organization) -> Role {
        self.state().members.get(&who.id()).unwrap().role
    }

    pub(super) fn is_steward(&self, who: &Organization) -> bool {
        self.state().is_steward(&who.id())
    }

    pub(super) fn why_void(&self, entry: &EntryId) -> Option<Why> {
        match self.log.effect(entry) {
            Some(Effect::Stands) => None,
            Some(Effect::Void(why)) => Some(why),
            None => panic!("the entry is not here"),
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

pub(super) fn admission(invite: &Invite, who: &Organization) -> Act {
    Act::Admit(invite.redeem(who.card.clone(), who.certificate.clone()))
}

/// Takes entries in an order that a seed gives.
pub(super) fn folded(entries: &[Entry], seed: u64) -> Log {
    let mut log = Log::found(entries[0].clone()).unwrap();
    let mut waiting: Vec<&Entry> = entries[1..].iter().collect();
    let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    while !waiting.is_empty() {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let ready: Vec<usize> = waiting
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.parents.iter().all(|parent| log.knows(parent)))
            .map(|(at, _)| at)
            .collect();
        let pick = ready[usize::try_from(chance % ready.len() as u64).unwrap()];
        assert_eq!(log.insert(waiting.swap_remove(pick).clone()), Ok(Insert::Taken));
    }
    log
}
