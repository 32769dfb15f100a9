//! Every small history: up to five entries, each any of a few acts, on any that are there, in every order of arrival.
//!
//! Each test names its acts and is exhaustive over them: every graph of at most five of them after the beginning,
//! one act several times if its author goes two ways, is built entry by entry in every order in which it can arrive.
//! After each entry the log must have taken or refused what the model says, and come to the model's state, which has
//! a steward. What the model says rests on the set of entries alone, so all orders come to the same.

use std::collections::BTreeMap;

use crdt_schema::identity::{EntryId, Role};
use crdt_schema::membership::{Act, Change, Entry, Log, Profile, Rules, Said, Template, Threshold};

use crate::cast::{At, Cast, History, Offered};
use crate::compare;
use crate::model::{Model, Taken};
use crate::set::Set;
use crate::state::{Standing, State};

const A: At = At(0, 0);
const B: At = At(1, 0);
const C: At = At(2, 0);
const D: At = At(3, 0);
const ENTRIES: usize = 5;

type Letter = (At, Box<dyn Fn(&State) -> Act>);

struct Walk<'a> {
    cast: &'a Cast,
    letters: Vec<Letter>,
    beginning: usize,
    holds: fn(&Cast, &State) -> bool,
    signed: BTreeMap<(usize, Vec<EntryId>), Entry>,
    arrivals: usize,
}

impl Walk<'_> {
    fn on(&mut self, model: &mut Model, log: &Log, left: usize) {
        for view in views(model, self.beginning) {
            let known = model.with_past(view);
            let state = model.state(known);
            let parents = model.ids(model.heads(known));
            for letter in 0..self.letters.len() {
                let entry = self.signed(letter, &parents, &state);
                if model.number(&entry.id()).is_none() {
                    self.arrives(model, log, &entry, left);
                }
            }
        }
    }

    fn arrives(&mut self, model: &Model, log: &Log, entry: &Entry, left: usize) {
        let (mut model, mut log) = (model.clone(), log.clone());
        self.arrivals += 1;
        let expected = model.insert(entry);
        assert_eq!(compare::insert(&mut log, entry), expected, "{entry:?} on {model:?}");
        if expected != Taken::Yes {
            return;
        }
        let all = model.all();
        let state = model.state(all);
        assert!(!state.stewards().is_empty(), "no steward: {model:?}");
        assert!((self.holds)(self.cast, &state), "{model:?}");
        let difference = compare::here(&mut model, &log, all);
        assert_eq!(difference, None, "{model:?}");
        if left > 1 {
            self.on(&mut model, &log, left - 1);
        }
    }

    fn signed(&mut self, letter: usize, parents: &[EntryId], state: &State) -> Entry {
        let (by, act) = &self.letters[letter];
        let sign = || self.cast.sign(*by, parents.to_vec(), 100, Said::Known(act(state)));
        self.signed.entry((letter, parents.to_vec())).or_insert_with(sign).clone()
    }
}

/// Returns all views of the entries after the beginning: sets of which none knows another, with the beginning.
fn views(model: &Model, beginning: usize) -> Vec<Set> {
    let later: Vec<usize> = model.all().iter().filter(|number| *number >= beginning).collect();
    let start: Set = (0..beginning).collect();
    (0..1_usize << later.len())
        .map(|some| {
            (0..later.len()).filter(|at| some & (1 << at) != 0).map(|at| later[at]).collect()
        })
        .filter(|heads: &Set| model.heads(*heads) == *heads)
        .map(|heads| heads.or(start))
        .collect()
}

/// Walks through all histories of some acts after a beginning.
fn check(mut history: History<'_>, holds: fn(&Cast, &State) -> bool, letters: Vec<Letter>) {
    let mut log = Log::found(history.cast.founding.clone()).unwrap();
    for entry in &history.entries {
        assert_eq!(compare::insert(&mut log, entry), Taken::Yes);
    }
    let beginning = history.entries.len() + 1;
    let (cast, signed) = (history.cast, BTreeMap::new());
    let mut walk = Walk { cast, letters, beginning, holds, signed, arrivals: 0 };
    walk.on(&mut history.model, &log, ENTRIES);
    assert!(walk.arrivals > 1_000, "hardly anything was allowed");
}

fn always(_: &Cast, _: &State) -> bool {
    true
}

fn does(by: At, act: Act) -> Letter {
    (by, Box::new(move |_| act.clone()))
}

fn enacts(by: At, proposal: EntryId) -> Letter {
    does(by, Act::Enact { proposal, fences: vec![] })
}

fn one() -> Cast {
    let (admit, members, stewards) = (Threshold::one(), Threshold::one(), Threshold::one());
    Cast::new(Rules { admit, members, stewards })
}

fn remove(cast: &Cast, who: At) -> Act {
    let organization = cast.organization(who.0);
    Act::Propose(Change::Remove { organization, reason: String::new() })
}

fn demote(cast: &Cast, who: At) -> Act {
    let organization = cast.organization(who.0);
    Act::Propose(Change::Role { organization, role: Role::Reader })
}

fn revoke(cast: &Cast, node: At, with_word: bool) -> Act {
    let word = with_word.then(|| cast.word(node.0, node));
    Act::RevokeNode { node: cast.node(node), word, fences: vec![] }
}

fn suspend(cast: &Cast, who: At) -> Act {
    let organization = cast.organization(who.0);
    Act::Suspend { organization, reason: String::new(), fences: vec![] }
}

#[test]
fn stewards_who_remove_each_other_in_every_way() {
    let cast = one();
    let mut history = History::begun(&cast, 3);
    let circle = [(A, B), (B, C), (C, A)];
    let proposals = circle.map(|(by, who)| history.now(by, remove(&cast, who)));
    let demotion = history.now(B, demote(&cast, A));
    let letters = vec![
        enacts(A, proposals[0]),
        enacts(B, proposals[1]),
        enacts(C, proposals[2]),
        enacts(B, demotion),
        does(A, Act::Leave(vec![])),
    ];
    check(history, always, letters);
}

#[test]
fn votes_on_stewards_in_every_way() {
    let cast = Cast::new(Template::AnySteward.rules());
    let mut history = History::begun(&cast, 3);
    let first = history.now(A, remove(&cast, B));
    let second = history.now(B, remove(&cast, A));
    let third = history.now(A, demote(&cast, C));
    history.now(B, Act::Agree(third));
    let letters = vec![
        does(C, Act::Agree(first)),
        does(C, Act::Agree(second)),
        enacts(A, first),
        enacts(B, second),
        enacts(B, third),
    ];
    check(history, always, letters);
}

#[test]
fn a_single_invite_is_used_in_every_way() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let single = Offered { by: A, role: Role::Editor, uses: 1, approval: false };
    let removal = history.now(B, remove(&cast, A));
    let at_most_one = |cast: &Cast, state: &State| {
        !(state.is_in(cast.organization(4)) && state.is_in(cast.organization(5)))
    };
    let letters = vec![
        does(C, cast.redeem(single, 4, At(4, 0))),
        does(B, cast.redeem(single, 5, At(5, 0))),
        does(At(0, 1), cast.redeem(single, 5, At(5, 1))),
        enacts(B, removal),
        does(B, Act::RevokeInvite(cast.invite(single).offer.id)),
    ];
    check(history, at_most_one, letters);
}

#[test]
fn who_was_removed_comes_back_in_every_way() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let open = Offered { by: A, role: Role::Steward, uses: 9, approval: false };
    let removal = history.now(A, remove(&cast, B));
    history.now(A, Act::Enact { proposal: removal, fences: vec![] });
    let again = history.now(A, remove(&cast, C));
    let needs_approval = |cast: &Cast, state: &State| {
        let back = state.members.get(&cast.organization(1)).unwrap();
        back.standing != Standing::Member || !back.approved.is_empty()
    };
    let letters = vec![
        does(C, cast.redeem(open, 1, At(1, 0))),
        does(A, Act::Approve(cast.organization(1))),
        does(A, Act::Decline(cast.organization(1))),
        enacts(A, again),
        does(B, Act::Describe(Profile::default())),
    ];
    check(history, needs_approval, letters);
}

#[test]
fn nodes_are_revoked_in_every_way() {
    let cast = one();
    let history = History::begun(&cast, 2);
    let open = Offered { by: A, role: Role::Editor, uses: 9, approval: false };
    let proof = Act::Prove { proof: cast.proof(A), fences: vec![] };
    let other = At(0, 1);
    let letters = vec![
        does(A, revoke(&cast, other, false)),
        does(other, revoke(&cast, A, false)),
        does(B, revoke(&cast, other, true)),
        does(C, proof),
        does(other, cast.redeem(open, 4, At(4, 0))),
    ];
    check(history, always, letters);
}

#[test]
fn nodes_vouch_for_each_other_and_are_revoked_in_every_way() {
    let cast = one();
    let history = History::begun(&cast, 2);
    let (other, third) = (At(0, 1), At(0, 2));
    // Whoever has the word of a node that has ended, and of none else, adds nothing with it.
    let letters = vec![
        does(B, cast.vouch(&[other, third])),
        does(A, cast.vouch(&[A, third])),
        does(A, revoke(&cast, other, false)),
        does(third, revoke(&cast, A, false)),
        does(C, revoke(&cast, third, true)),
    ];
    check(history, always, letters);
}

#[test]
fn suspensions_come_and_go_in_every_way() {
    let cast = one();
    let mut history = History::begun(&cast, 2);
    let removal = history.now(B, remove(&cast, A));
    let lapse = |state: &State| {
        Act::Lapse(state.suspensions.values().next().copied().unwrap_or(EntryId([0; 32])))
    };
    let letters: Vec<Letter> = vec![
        does(A, suspend(&cast, B)),
        does(B, suspend(&cast, A)),
        (C, Box::new(lapse)),
        enacts(B, removal),
        does(A, Act::Leave(vec![])),
    ];
    check(history, always, letters);
}

#[test]
fn members_elect_a_steward_in_every_way() {
    let cast = Cast::new(Template::AnySteward.rules());
    let mut history = History::begun(&cast, 1);
    for who in [2, 3] {
        let uses = u32::try_from(who).unwrap();
        let open = Offered { by: A, role: Role::Editor, uses, approval: false };
        history.now(A, cast.redeem(open, who, At(who, 0)));
    }
    let election = history.now(B, Act::Propose(Change::Elect(cast.organization(C.0))));
    let removal = history.now(A, remove(&cast, B));
    let letters = vec![
        does(D, Act::Agree(election)),
        enacts(B, election),
        does(A, Act::Object(election)),
        enacts(A, removal),
        does(C, remove(&cast, A)),
    ];
    check(history, always, letters);
}
