//! J8: how long a search over everything takes, beside looking through the same texts once in memory.
//!
//! An engine with its store, in this process, opened anew, so that the first search reads the words of all documents. A
//! search is what a page asks for: all documents that fit, in order, and the pieces of text of the first twenty.

use anyhow::{Context, Result, ensure};
use crdt_schema::identity::Timestamp;
use engine::{Input, Search};
use serde_json::{Value, json};

use crate::clock::{milliseconds, now, percentile};
use crate::figure::Figure;
use crate::local::{self, Local};
use crate::plan::Plan;
use crate::{j6, machine};

const JOB: &str = "j8";
/// Different words that documents are made of.
const VOCABULARY: usize = 4_000;
/// Words of one document.
const WORDS: usize = 200;
/// Documents of which a page shows a piece of text.
const SHOWN: usize = 20;

/// Runs the job.
///
/// # Errors
/// If the engine or the disk fails.
pub fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let documents = plan.scale.of(50, 1_000, 10_000);
    let folder = plan.folder()?;
    let mut local = j6::on_disk(&folder)?;
    let workspace = local.workspace()?;
    let mut texts = Vec::with_capacity(documents);
    for number in 0..documents {
        let content = content(number);
        texts.push(content.to_string());
        local::make(&mut local, workspace, content)?;
        if number % 50 == 49 {
            local.commit()?;
        }
    }
    // Nothing else happens, so what waits to be cached is.
    local.now = Timestamp(local.now.0.saturating_add(60_000));
    let _effects = local.handle(Input::Tick);
    local.commit()?;
    let Local { engine, identity, keeper, now: at, .. } = local;
    drop(engine);
    let mut local = Local::open(identity, keeper, [22; 32], at)?;
    let before = machine::resident(std::process::id());
    let first = search(&mut local, &word(1))?;
    let grown = machine::resident(std::process::id()).zip(before).map(|(now, then)| now - then);
    let mut times = Vec::new();
    for round in 0..plan.scale.of(5, 50, 100) {
        times.push(search(&mut local, &format!("{} {}", word(round * 7), word(round * 11)))?);
    }
    let begin = now();
    let found = texts.iter().filter(|text| text.contains(&word(3))).count();
    let once = milliseconds(begin.elapsed());
    ensure!(found > 0, "a word is in none of the texts");
    let said = |what: &str| format!("{what} in {documents} documents of {WORDS} words");
    let middle = percentile(&times, 0.5).context("no search")?;
    let mut figures = vec![
        Figure::new(JOB, said("the first search after a start"), "ms", first)
            .beside("looking through the texts once for one word", once),
        Figure::new(JOB, said("a search for two words, half of them"), "ms", middle)
            .beside("looking through the texts once for one word", once),
    ];
    figures.extend(grown.map(|grown| {
        Figure::new(
            JOB,
            said("memory of the process that the first search adds"),
            "MiB",
            grown.max(0.0),
        )
    }));
    Ok(figures)
}

/// Returns the milliseconds of a search and of the pieces of text that a page shows.
fn search(local: &mut Local, words: &str) -> Result<f64> {
    let search = Search { words: words.to_owned(), ..Search::default() };
    let begin = now();
    let mut reader = local.engine.reader();
    let found = reader.search(&search);
    let pieces = found.iter().take(SHOWN).filter_map(|one| reader.excerpt(&one.id, words)).count();
    let time = milliseconds(begin.elapsed());
    ensure!(pieces == found.len().min(SHOWN), "a document was found and its text was not");
    Ok(time)
}

/// Returns a document whose words are spread over the vocabulary.
fn content(number: usize) -> Value {
    let text = |from: usize, count: usize| {
        let words = (from..from + count).map(|place| word(number * 17 + place * (number % 97 + 1)));
        words.collect::<Vec<_>>().join(" ")
    };
    let steps: Vec<Value> =
        (0..6).map(|step| json!({"detail": text(30 + step * 28, 28)})).collect();
    json!({
        "document_type": "referral_pathway",
        "title": format!("Document {number}"),
        "description": text(0, 30),
        "body": {"steps": steps},
    })
}

/// Returns a word that nobody says, about as long as words are.
fn word(number: usize) -> String {
    const PARTS: [&str; 16] = [
        "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu",
        "ya",
    ];
    let mut rest = number % VOCABULARY;
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(PARTS.get(rest % PARTS.len()).copied().unwrap_or_default());
        rest /= PARTS.len();
    }
    word
}
