//! Random histories: nodes that hear of each other late, and some that write on what is long past.

use crdt_schema::identity::{DocumentId, EntryId, Role};
use crdt_schema::membership::{
    Act, Change, Count, DocumentFence, Entry, Log, Profile, Said, Template, Threshold,
};

use crate::allowed::is_allowed;
use crate::cast::{At, Cast, History, NODES, ORGANIZATIONS, Offered};
use crate::compare;
use crate::model::{Model, Taken};
use crate::set::Set;
use crate::state::State;

/// Chance that can be repeated: splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    fn node(&mut self) -> At {
        At(self.below(ORGANIZATIONS), self.below(NODES))
    }
}

/// Writes a random history that a seed stands for. Its beginning, with few stewards, is the same for all.
pub(crate) fn history<'a>(beginnings: &[History<'a>], seed: u64) -> (usize, History<'a>, Chance) {
    let mut chance = Chance(seed);
    let from = chance.below(beginnings.len());
    let beginning = &beginnings[from];
    let mut history = History {
        cast: beginning.cast,
        model: beginning.model.clone(),
        entries: beginning.entries.clone(),
    };
    let length = match chance.below(1000) {
        0..700 => 5 + chance.below(7),
        700..950 => 8 + chance.below(12),
        950..995 => 20 + chance.below(15),
        _ => 60 + chance.below(140),
    };
    let careless = chance.of(&[5, 10, 30]);
    let hears = chance.of(&[20, 50, 80]);
    let mut views = [[history.model.all(); NODES]; ORGANIZATIONS];
    let most = (history.entries.len() + length).min(Set::LIMIT - 2);
    while history.entries.len() < most {
        step(&mut history, &mut chance, &mut views, careless, hears);
    }
    (from, history, chance)
}

fn step(
    history: &mut History<'_>,
    chance: &mut Chance,
    views: &mut [[Set; NODES]; ORGANIZATIONS],
    careless: usize,
    hears: usize,
) {
    let by = author(history, chance, views);
    if chance.percent(hears) {
        let At(organization, node) = chance.node();
        views[by.0][by.1] = views[by.0][by.1].or(views[organization][node]);
    }
    let mut view = views[by.0][by.1];
    if chance.percent(careless) {
        let known: Vec<usize> = view.iter().collect();
        let some = (0..=chance.below(2)).map(|_| chance.of(&known)).collect();
        view = history.model.with_past(some);
    }
    let state = history.model.state(view);
    let parents = history.model.ids(history.model.heads(view));
    let tries = if chance.percent(4) { 1 } else { 12 };
    let mut act = Said::Known(Act::Describe(Profile::default()));
    for _ in 0..tries {
        act = any_act(history, chance, &state, view, by);
        let entry = history.cast.unsigned(by, parents.clone(), 1, act.clone());
        if is_allowed(&history.model, &entry, view, &state) {
            break;
        }
    }
    let entry = history.write(view, by, act);
    if history.model.insert(&entry) == Taken::Yes {
        views[by.0][by.1].add(history.model.number(&entry.id()).unwrap());
    }
}

/// Mostly picks somebody who may write.
fn author(
    history: &mut History<'_>,
    chance: &mut Chance,
    views: &[[Set; NODES]; ORGANIZATIONS],
) -> At {
    for _ in 0..20 {
        let by = chance.node();
        let node = history.cast.node(by);
        let state = history.model.state(views[by.0][by.1]);
        let owner = state.nodes.get(&node).copied();
        if !state.ended.contains_key(&node) && owner.is_some_and(|owner| state.is_in(owner)) {
            return by;
        }
    }
    chance.node()
}

fn any_act(history: &History<'_>, chance: &mut Chance, s: &State, view: Set, by: At) -> Said {
    let cast = history.cast;
    let any = |chance: &mut Chance| cast.organization(chance.below(ORGANIZATIONS));
    let proposals: Vec<EntryId> = s.proposals.keys().copied().collect();
    let open: Vec<EntryId> =
        s.proposals.iter().filter(|(_, p)| !p.enacted).map(|(id, _)| *id).collect();
    let proposal = |chance: &mut Chance| {
        let from = if open.is_empty() || chance.percent(3) { &proposals } else { &open };
        if from.is_empty() { EntryId([1; 32]) } else { chance.of(from) }
    };
    let waiting: Vec<_> = s.members.keys().copied().filter(|who| s.waits(*who)).collect();
    let who_waits = |chance: &mut Chance| {
        if waiting.is_empty() { any(chance) } else { chance.of(&waiting) }
    };
    let act = match chance.below(100) {
        0..14 => admission(cast, chance),
        14..22 => Act::Approve(who_waits(chance)),
        22..24 => Act::Decline(who_waits(chance)),
        24..26 => Act::RevokeInvite(cast.invite(offered(chance)).offer.id),
        26..29 => vouching(cast, chance),
        29..32 => {
            let node = chance.node();
            cast.certify(
                if chance.percent(80) { node.0 } else { chance.below(ORGANIZATIONS) },
                node,
            )
        }
        32..47 => Act::Propose(any_change(cast, chance)),
        47..57 => Act::Agree(proposal(chance)),
        57..77 => {
            Act::Enact { proposal: proposal(chance), fences: fences(history, chance, view, by) }
        }
        77..79 => Act::Fence(vec![DocumentFence {
            document: DocumentId([1; 32]),
            heads: vec![],
            access: vec![],
        }]),
        79..83 => Act::Suspend {
            organization: any(chance),
            reason: String::new(),
            fences: fences(history, chance, view, by),
        },
        83..86 => {
            let suspensions: Vec<EntryId> = s.suspensions.values().copied().collect();
            Act::Lapse(if suspensions.is_empty() {
                EntryId([2; 32])
            } else {
                chance.of(&suspensions)
            })
        }
        86..88 => Act::Leave(fences(history, chance, view, by)),
        88..93 => {
            let node = chance.node();
            let owner =
                s.nodes.get(&cast.node(node)).map_or(node.0, |owner| cast.number_of(*owner));
            let word = chance.percent(50).then(|| cast.word(owner, node));
            let fences = fences(history, chance, view, by);
            Act::RevokeNode { node: cast.node(node), word, fences }
        }
        93..95 => Act::Describe(Profile {
            name: Some(format!("Name {}", chance.below(9)).parse().unwrap()),
            ..Profile::default()
        }),
        95..97 => Act::Prove {
            proof: cast.proof(chance.node()),
            fences: fences(history, chance, view, by),
        },
        97..99 => Act::Object(proposal(chance)),
        _ => return Said::Unknown { kind: 17, fields: vec![0x81, 0x05] },
    };
    Said::Known(act)
}

fn vouching(cast: &Cast, chance: &mut Chance) -> Act {
    let (from, to) = (chance.node(), chance.below(NODES));
    let through = chance.percent(20).then(|| At(from.0, chance.below(NODES)));
    let nodes: Vec<At> = [from].into_iter().chain(through).chain([At(from.0, to)]).collect();
    cast.vouch(&nodes)
}

fn offered(chance: &mut Chance) -> Offered {
    Offered {
        by: At(chance.below(3), chance.below(2)),
        role: chance.of(&[Role::Steward, Role::Editor, Role::Reader]),
        uses: chance.of(&[1, 1, 2]),
        approval: chance.percent(20),
    }
}

fn admission(cast: &Cast, chance: &mut Chance) -> Act {
    let who = chance.below(ORGANIZATIONS);
    let node = if chance.percent(90) { At(who, chance.below(NODES)) } else { chance.node() };
    if chance.percent(15) {
        return cast
            .redeem_vouched(offered(chance), &[At(who, chance.below(NODES)), At(who, node.1)]);
    }
    cast.redeem(offered(chance), who, node)
}

fn any_change(cast: &Cast, chance: &mut Chance) -> Change {
    let organization = cast.organization(chance.below(ORGANIZATIONS));
    match chance.below(100) {
        0..35 => Change::Role {
            organization,
            role: chance.of(&[
                Role::Steward,
                Role::Steward,
                Role::Editor,
                Role::Contributor,
                Role::Reader,
            ]),
        },
        35..70 => Change::Remove { organization, reason: String::new() },
        70..78 => Change::Rules(any_rules(chance)),
        78..80 => Change::Rename(format!("Workspace {}", chance.below(9)).parse().unwrap()),
        80..92 => Change::Elect(organization),
        _ => Change::Reinstate(organization),
    }
}

fn any_rules(chance: &mut Chance) -> crdt_schema::membership::Rules {
    let mut rules = chance.of(&Template::ALL).rules();
    if chance.percent(30) {
        rules.stewards = Threshold {
            count: chance.of(&[Count::AtLeast(1), Count::AtLeast(3), Count::Majority]),
            sectors: std::collections::BTreeSet::new(),
        };
    }
    rules
}

/// Returns some of the fences that a node has drawn.
fn fences(history: &History<'_>, chance: &mut Chance, view: Set, by: At) -> Vec<EntryId> {
    let node = history.cast.node(by);
    let drawn = view.iter().filter(|number| {
        let entry = history.model.entry(*number);
        entry.node == node && matches!(entry.act(), Some(Act::Fence(_)))
    });
    let drawn: Set = drawn.filter(|_| chance.percent(70)).collect();
    history.model.ids(drawn)
}

/// Returns the workspaces, by their rules, in which the histories happen.
pub(crate) fn casts() -> Vec<Cast> {
    Template::ALL.into_iter().map(|template| Cast::new(template.rules())).collect()
}

/// Returns how each begins: with one, two and three stewards, and one more who is an editor.
pub(crate) fn beginnings(casts: &[Cast]) -> Vec<History<'_>> {
    let with = |stewards| casts.iter().map(move |cast| History::begun(cast, stewards));
    (1..=3).flat_map(with).collect()
}

/// How many histories a run compares, in as many parts as run side by side.
const HISTORIES: u64 = 50_000;
const PARTS: u64 = 4;

fn compare_part(part: u64) {
    let casts = casts();
    let beginnings = beginnings(&casts);
    let logs: Vec<Log> = beginnings.iter().map(|beginning| begun_log(beginning)).collect();
    for seed in (part * HISTORIES / PARTS)..((part + 1) * HISTORIES / PARTS) {
        let (from, mut history, mut chance) = history(&beginnings, seed);
        let all = history.entries.clone();
        let entries = history.entries.split_off(beginnings[from].entries.len());
        assert!(!history.state().stewards().is_empty(), "seed {seed}: no steward");
        let orders = if entries.len() > 40 { 1 } else { 2 };
        for _ in 0..orders {
            let again = chance.clone();
            let model = &mut history.model;
            if let Some(why) = compare::in_some_order(model, &logs[from], &entries, &mut chance) {
                let fewest = shrunk(&beginnings[from].model, &logs[from], entries, &again);
                let text = format!("{why}\nfewest entries that differ:\n{fewest}");
                panic!("seed {seed}: {}", named(&text, history.cast, &all));
            }
        }
    }
}

fn begun_log(beginning: &History<'_>) -> Log {
    let mut log = Log::found(beginning.cast.founding.clone()).unwrap();
    for entry in &beginning.entries {
        assert_eq!(compare::insert(&mut log, entry), Taken::Yes);
    }
    log
}

/// Leaves out entries as long as the rest still differs, and describes what is left.
fn shrunk(beginning: &Model, log: &Log, mut entries: Vec<Entry>, chance: &Chance) -> String {
    let differs = |entries: &[Entry]| {
        let mut model = beginning.clone();
        let known = entries.iter().filter(|entry| model.insert(entry) != Taken::Missing);
        let known: Vec<Entry> = known.cloned().collect();
        (0..5).find_map(|turn| {
            let mut chance = if turn == 0 { chance.clone() } else { Chance(turn) };
            compare::in_some_order(&mut model.clone(), log, &known, &mut chance)
        })
    };
    let mut at = entries.len();
    while at > 0 {
        at -= 1;
        let mut fewer = entries.clone();
        fewer.remove(at);
        if differs(&fewer).is_some() {
            entries = fewer;
        }
    }
    let lines = entries.iter().map(|entry| {
        let act = match &entry.act {
            Said::Known(Act::Admit(redemption)) => format!(
                "Admit {} at {} for {:?}",
                redemption.card.organization, redemption.certificate.node, redemption.offer
            ),
            Said::Known(Act::Prove { proof, .. }) => format!("Prove {}", proof.node()),
            act => format!("{act:?}"),
        };
        format!("{} by {} on {:?}: {act}", entry.id(), entry.node, entry.parents)
    });
    format!("{}\n{:?}", lines.collect::<Vec<_>>().join("\n"), differs(&entries))
}

/// Puts short names for the ids in a text.
fn named(text: &str, cast: &Cast, entries: &[Entry]) -> String {
    let mut text = text.to_owned();
    for (number, entry) in entries.iter().enumerate() {
        text = text.replace(&entry.id().to_string(), &format!("e{number}"));
    }
    for who in 0..ORGANIZATIONS {
        text = text.replace(&cast.organization(who).to_string(), &format!("O{who}"));
        for node in 0..NODES {
            let name = format!("N{who}.{node}");
            text = text.replace(&cast.node(At(who, node)).to_string(), &name);
        }
    }
    text
}

#[test]
fn random_histories_first_part() {
    compare_part(0);
}

#[test]
fn random_histories_second_part() {
    compare_part(1);
}

#[test]
fn random_histories_third_part() {
    compare_part(2);
}

#[test]
fn random_histories_fourth_part() {
    compare_part(3);
}

/// What somebody says on what is long past makes the log look at all that came since once more.
#[test]
fn a_harmless_entry_that_is_back_dated_reopens_nothing() {
    let casts = casts();
    let beginnings = beginnings(&casts);
    for seed in 0..5_000 {
        let (_, mut history, mut chance) = history(&beginnings, seed);
        let settled = history.state();
        let known: Vec<usize> = history.model.all().iter().collect();
        let view = history.model.with_past(Set::one(chance.of(&known)));
        // The founder's first node, which nobody else can have claimed.
        let act = Said::Unknown { kind: 17, fields: vec![0x81, 0x05] };
        let entry = history.write(view, At(0, 0), act);
        if history.model.insert(&entry) == Taken::Yes {
            let mut state = (*history.state()).clone();
            state.void.remove(&entry.id());
            if state != *settled {
                let before = format!("{settled:?}");
                let text = format!("{state:?}\ninstead of\n{before}");
                panic!("seed {seed}: {}", named(&text, history.cast, &history.entries));
            }
        }
    }
}
