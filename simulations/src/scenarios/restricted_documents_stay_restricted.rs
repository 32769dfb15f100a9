//! A document for two of three organisations: the third is sent not one byte more or other for it, stores nothing and logs
//! nothing that it would not without.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::identity::DocumentId;
use crdt_schema::suggestion::Verdict;

use crate::ask::short;
use crate::invariants;
use crate::network::{Number, Weather};
use crate::world::World;

const CANARY: &str = "canary-7e1d";
const OUTSIDER: Number = 2;

/// To each sender and receiver the frames between them.
type Tapped = BTreeMap<(Number, Number), Vec<Vec<u8>>>;

/// What the outsider came to see.
#[derive(Debug)]
struct Seen {
    sent: Tapped,
    stored: Vec<Vec<u8>>,
    logged: String,
    secret: Option<DocumentId>,
}

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let seed = world.chance.below(u64::MAX);
    let mut other = World::new(seed);
    other.logs = world.logs.clone();
    let without = told(&mut other, false)?;
    let mut world_with = World::new(seed);
    world_with.logs = world.logs.clone();
    *world = world_with;
    let with = told(world, true)?;
    for (link, frames) in &with.sent {
        let other = without.sent.get(link).map(Vec::as_slice).unwrap_or_default();
        let differs = frames.iter().zip(other).position(|(with, without)| with != without);
        ensure!(
            differs.is_none() && frames.len() == other.len(),
            "what {} sent to the outsider tells that there is a document: frame {differs:?}, {} against {} frames",
            link.0,
            frames.len(),
            other.len()
        );
    }
    ensure!(with.stored == without.stored, "the outsider stores something else for it");
    ensure!(with.logged == without.logged, "the outsider logs something else for it");
    // The same once more by what the document says and is called, so that not both runs can leak alike.
    let id = with.secret.context("there was no secret")?;
    let frames = with.sent.values().flatten().chain(&with.stored);
    for bytes in frames.map(Vec::as_slice).chain([with.logged.as_bytes()]) {
        let text = id.to_string();
        for word in [CANARY.as_bytes(), id.0.as_slice(), text.as_bytes()] {
            ensure!(!contains(bytes, word), "the outsider was told of a document it may not read");
        }
    }
    let inside = world.node(0)?.disk.everything();
    ensure!(
        inside.iter().any(|bytes| contains(bytes, CANARY.as_bytes())),
        "a word that is there is not found"
    );
    Ok(())
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

/// Plays the story and returns what the outsider came to see.
fn told(world: &mut World, has_secret: bool) -> Result<Seen> {
    world.logs.keep_all();
    // Nothing is left to chance that a secret document could change: only what is sent may differ.
    world.network.weather = Weather { delay: (20, 20), ..Weather::default() };
    world.disk_delay = (2, 2);
    world.trace.taps = vec![OUTSIDER];
    let workspace = world.together(3)?;
    let public = world.create(0, workspace, Audience::default(), short("For everyone"))?;
    world.run_for(5_000)?;
    let audience = world.only(&[0, 1])?;
    // The one that makes it has made by then all that takes chance of its own.
    let secret =
        if has_secret { Some(world.create(1, workspace, audience, short(CANARY))?) } else { None };
    world.run_for(4_000 - world.now % 4_000)?;
    for step in 0..12 {
        if let Some(secret) = secret {
            world.set(step % 2, secret, "/description", &format!("{CANARY} {step}"))?;
            if step % 3 == 0 {
                let words = format!("{CANARY} suggested {step}");
                let suggestion = world.suggest(step % 2, secret, "/title", &words)?;
                let verdict = if step % 2 == 0 { Verdict::Taken } else { Verdict::Declined };
                world.reply(step % 2, secret, suggestion, verdict, CANARY)?;
                world.comment(step % 2, secret, &format!("{CANARY} said {step}"))?;
            }
        }
        world.run_for(4_000 - world.now % 4_000)?;
        world.set(step % 3, public, "/title", &format!("Public {step}"))?;
        world.run_for(4_000 - world.now % 4_000)?;
        if step == 6 {
            for insider in [0, 1] {
                world.tear(insider, OUTSIDER);
            }
            world.run_for(200_000 - world.now % 100_000)?;
        }
    }
    if let Some(secret) = secret {
        ensure!(world.content(OUTSIDER, secret)?.is_none(), "the outsider holds the document");
        ensure!(world.content(0, secret)? == world.content(1, secret)?, "the insiders differ");
    }
    let sent = std::mem::take(&mut world.trace.tapped);
    let stored = world.node(OUTSIDER)?.disk.everything();
    let logged = world.logs.take_all().remove(&OUTSIDER).unwrap_or_default();
    invariants::calm(world, workspace)?;
    Ok(Seen { sent, stored, logged, secret })
}
