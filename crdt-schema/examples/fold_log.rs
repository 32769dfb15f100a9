//! How long it takes to fold a membership log: `cargo run --release -p crdt-schema --example fold_log -- 100000`.
//!
//! Organisations join, leave notes about themselves, are given other roles and removed, all in one line; then
//! somebody back-dates an entry to the beginning, so that all of it is looked at again.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an example that prints figures"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crdt_schema::identity::{EntryId, Role, Sector, Timestamp};
use crdt_schema::invite::{Invite, Terms};
use crdt_schema::key::{NodeKey, RootKey};
use crdt_schema::membership::{Act, Change, Entry, Log, Profile, Template};

const MEMBERS: u64 = 500;

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let took: Duration = start.elapsed();
    println!("{what}: {:.1} ms", took.as_secs_f64() * 1000.0);
    result
}

fn keys(number: u64) -> (RootKey, NodeKey) {
    let mut seed = [3; 32];
    seed.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    let root = RootKey::from_seed(&seed);
    seed.reverse();
    (root, NodeKey::from_seed(&seed))
}

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let (root, key) = keys(0);
    let card = root.card("Council".parse().unwrap(), Sector::Council);
    let found = Act::Found {
        name: "Northmere".parse().unwrap(),
        nonce: [0; 16],
        card: card.clone(),
        certificate: root.certify(&key, Timestamp(1)),
        rules: Template::AnySteward.rules(),
    };
    let founding = Entry::new(&key, None, vec![], Timestamp(1), found);
    let workspace = founding.id().into();
    let terms = Terms {
        role: Role::Editor,
        uses: u32::MAX,
        created: Timestamp(1),
        expires: Timestamp(9),
        approval: false,
        only_for: None,
    };
    let invite =
        Invite::new(&key, &card, (workspace, "Northmere".parse().unwrap()), terms, [5; 32], vec![]);

    let (mut entries, mut readers) = (vec![founding], BTreeSet::new());
    let mut last = workspace.into();
    while entries.len() < count {
        for act in acts(entries.len(), &invite, &mut readers) {
            let entry = Entry::new(&key, Some(workspace), vec![last], Timestamp(2), act(last));
            last = entry.id();
            entries.push(entry);
        }
    }
    println!("{} entries", entries.len());
    timed("checking signatures alone", || assert!(entries.iter().all(Entry::is_true)));
    let mut log = Log::found(entries[0].clone()).unwrap();
    timed("inserting all", || {
        for entry in &entries[1..] {
            log.insert(entry.clone()).unwrap();
        }
    });
    println!(
        "{} organisations, {} proposals",
        log.state().members.size(),
        log.state().proposals.size()
    );
    let describe = |at: Vec<EntryId>| {
        Entry::new(&key, Some(workspace), at, Timestamp(3), Act::Describe(Profile::default()))
    };
    let heads = log.heads();
    timed("one more", || log.insert(describe(heads)).unwrap());
    timed("state at an old entry", || log.state_at(&[entries[entries.len() / 2].id()]).unwrap());
    log.insert(describe(vec![workspace.into()])).unwrap();
    timed("state after an entry back-dated to the beginning", || log.state().members.size());
    let heads = log.heads();
    timed("one more, which settles it", || log.insert(describe(heads)).unwrap());
    let heads = log.heads();
    timed("and one more", || {
        log.insert(describe(heads)).unwrap();
        log.state().members.size()
    });
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
}

type Make = Box<dyn Fn(EntryId) -> Act>;

/// Makes the next acts, each from the entry before it.
fn acts(number: usize, invite: &Invite, readers: &mut BTreeSet<u64>) -> Vec<Make> {
    let number = number as u64;
    let who = 1 + number % MEMBERS;
    let (root, key) = keys(who);
    let organization = root.id();
    if number <= MEMBERS {
        let card = root.card(format!("Charity {who}").parse().unwrap(), Sector::Vcs);
        let act = Act::Admit(invite.redeem(card, root.certify(&key, Timestamp(1))));
        return vec![Box::new(move |_| act.clone())];
    }
    let enact: Make = Box::new(|proposal| Act::Enact { proposal, fences: vec![] });
    match number % 3 {
        0 => {
            let name = format!("Council {number}").parse().ok();
            let profile = Profile { name, ..Profile::default() };
            vec![Box::new(move |_| Act::Describe(profile.clone()))]
        }
        1 => {
            let change = Change::Rename(format!("Northmere {number}").parse().unwrap());
            vec![Box::new(move |_| Act::Propose(change.clone())), enact]
        }
        _ => {
            let is_reader = !readers.remove(&who) && readers.insert(who);
            let role = if is_reader { Role::Reader } else { Role::Editor };
            let change = Change::Role { organization, role };
            vec![Box::new(move |_| Act::Propose(change.clone())), enact]
        }
    }
}
