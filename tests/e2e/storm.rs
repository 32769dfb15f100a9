//! A thousand edits at random through both nodes, with cuts: nothing is lost and both end equal.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::chance::Chance;
use tests::node::Node;
use tests::places;
use tests::stage::{Pair, say};

const EDITS: usize = 1_000;
/// Lists whose items have an identity, and the text of an item that tokens go into.
const LISTS: &[(&str, &str)] =
    &[("/body/steps", "detail"), ("/body/contacts", "role"), ("/body/form/fields", "label")];
/// Texts that merge by letter.
const TEXTS: &[&str] = &["/description", "/body/safeguarding/note"];
/// How many versions back a slow person may still be.
const MEMORY: usize = 4;

#[tokio::test]
async fn a_thousand_edits_through_both_nodes_and_cuts_lose_nothing() -> Result<()> {
    let mut chance = Chance::seeded("storm", 7)?;
    let mut pair = Pair::meet().await?;
    let example = places::read_example("referral-pathway.cash-first.json")?;
    let document = pair.council.api()?.import(&pair.workspace, &example).await?;
    pair.agree(&document).await?;
    let mut council = Writer::new("c", &document, chance.bits());
    let mut charity = Writer::new("v", &document, chance.bits());
    let mut cuts = 0;
    while council.edits + charity.edits < EDITS {
        let size = 10 + chance.below(20);
        if chance.below(3) == 0 {
            cut(&mut pair, &mut council, &mut charity, size).await?;
            cuts += 1;
        } else {
            let (here, there) = (pair.council.api()?, pair.charity.api()?);
            let (one, other) =
                futures::join!(council.write(&here, size), charity.write(&there, size));
            one.and(other)?;
        }
    }
    let both = pair.agree(&document).await?;
    let export = String::from_utf8(both).context("an export is not UTF-8")?;
    let removed: BTreeSet<&String> = council.removed.union(&charity.removed).collect();
    let lost: Vec<&String> = council
        .tokens
        .union(&charity.tokens)
        .filter(|token| !removed.contains(token) && !export.contains(*token))
        .collect();
    ensure!(lost.is_empty(), "{} tokens are lost: {lost:?}", lost.len());
    let (edits, tokens) =
        (council.edits + charity.edits, council.tokens.len() + charity.tokens.len());
    say(&format!(
        "storm: {edits} edits, {cuts} cuts, {tokens} tokens, {} removed on purpose, 0 lost",
        removed.len()
    ));
    Ok(())
}

/// Both write while the other is not there; the second to go is killed, not asked.
async fn cut(
    pair: &mut Pair,
    council: &mut Writer,
    charity: &mut Writer,
    size: usize,
) -> Result<()> {
    alone(&mut pair.charity, &pair.council, council, size).await?;
    alone(&mut pair.council, &pair.charity, charity, size).await
}

/// One node is killed, the other writes on, and the first comes back.
async fn alone(away: &mut Node, here: &Node, writer: &mut Writer, size: usize) -> Result<()> {
    away.kill().await?;
    writer.write(&here.api()?, size).await?;
    away.start().await
}

/// Somebody who edits at random, often from a version that is not the newest.
struct Writer {
    name: &'static str,
    document: String,
    chance: Chance,
    seen: Vec<Value>,
    tokens: BTreeSet<String>,
    removed: BTreeSet<String>,
    edits: usize,
}

impl Writer {
    fn new(name: &'static str, document: &str, seed: u64) -> Self {
        let chance = Chance::from_seed(seed);
        let document = document.to_owned();
        Self {
            name,
            document,
            chance,
            seen: Vec::new(),
            tokens: BTreeSet::new(),
            removed: BTreeSet::new(),
            edits: 0,
        }
    }

    async fn write(&mut self, api: &Api, count: usize) -> Result<()> {
        for _edit in 0..count {
            self.seen.push(api.document(&self.document).await?);
            let oldest = self.seen.len().saturating_sub(MEMORY);
            self.seen.drain(..oldest);
            let seen = self.chance.one(&self.seen)?.clone();
            let patch = self.edit(&seen)?;
            let base = text(&seen, "heads")?;
            api.patch(&self.document, Some(&base), &patch)
                .await
                .with_context(|| format!("{patch}"))?;
            self.edits += 1;
        }
        Ok(())
    }

    /// Makes up one edit of the version seen.
    fn edit(&mut self, seen: &Value) -> Result<Value> {
        let (list, field) = *self.chance.one(LISTS)?;
        let items = seen
            .pointer(list)
            .and_then(Value::as_array)
            .with_context(|| format!("no list at {list}"))?;
        let from = self.chance.below(items.len());
        let to = self.chance.below(items.len());
        let edit = match self.chance.below(10) {
            0..=2 => {
                let item = json!({ field: self.token() });
                json!({ "op": "add", "path": format!("{list}/{}", self.chance.below(items.len() + 1)), "value": item })
            }
            3..=4 if !items.is_empty() => {
                json!({ "op": "move", "from": format!("{list}/{from}"), "path": format!("{list}/{to}") })
            }
            5 if items.len() > 6 => {
                self.note_removed(items.get(from));
                json!({ "op": "remove", "path": format!("{list}/{from}") })
            }
            6 => {
                let method = *self.chance.one(&["internal", "external", "none"])?;
                json!({ "op": "replace", "path": "/body/referral_method/method", "value": method })
            }
            _ => {
                let place = *self.chance.one(TEXTS)?;
                let old = seen
                    .pointer(place)
                    .and_then(Value::as_str)
                    .with_context(|| format!("no text at {place}"))?;
                let new = self.with_token(old);
                json!({ "op": "replace", "path": place, "value": new })
            }
        };
        Ok(json!([edit]))
    }

    /// Makes a mark that is nowhere else, from letters that no text has.
    fn token(&mut self) -> String {
        let token = format!("⟦{}{}⟧", self.name, self.tokens.len());
        self.tokens.insert(token.clone());
        token
    }

    /// Puts a token before one of the text's words.
    fn with_token(&mut self, old: &str) -> String {
        let words: Vec<&str> = old.split(' ').collect();
        let place = self.chance.below(words.len());
        let token = self.token();
        let (before, after) = words.split_at(place);
        [before, &[token.as_str()], after].concat().join(" ")
    }

    /// Whatever an item holds goes with it.
    fn note_removed(&mut self, item: Option<&Value>) {
        let text = item.map(ToString::to_string).unwrap_or_default();
        let marks = text.split('⟦').skip(1).filter_map(|rest| rest.split('⟧').next());
        self.removed.extend(marks.map(|mark| format!("⟦{mark}⟧")));
    }
}

#[tokio::test]
async fn what_each_wrote_while_the_other_was_off_comes_together_and_both_know_it() -> Result<()> {
    let mut pair = Pair::meet().await?;
    let content = json!({ "document_type": "referral_pathway", "title": "Warm rooms", "body": { "steps": [] } });
    let document = pair.council.api()?.import(&pair.workspace, &content).await?;
    for round in 0..4 {
        pair.agree(&document).await?;
        pair.charity.stop().await?;
        step(&pair.council, &document, &format!("council {round}")).await?;
        pair.council.stop().await?;
        pair.charity.start().await?;
        step(&pair.charity, &document, &format!("charity {round}")).await?;
        pair.council.start().await?;
        pair.agree(&document).await.with_context(|| format!("round {round}"))?;
        for node in [&pair.council, &pair.charity] {
            nothing_unsent(node).await.with_context(|| format!("{}, round {round}", node.name))?;
        }
    }
    let whole = pair.council.api()?.document(&document).await?;
    let steps = whole.pointer("/body/steps").and_then(Value::as_array).map(Vec::len);
    ensure!(steps == Some(8), "{whole}");
    Ok(())
}

async fn step(node: &Node, document: &str, detail: &str) -> Result<()> {
    let patch = json!([{ "op": "add", "path": "/body/steps/-", "value": { "detail": detail } }]);
    node.api()?.patch(document, None, &patch).await?;
    Ok(())
}

/// Waits until a node says that everybody has its changes.
async fn nothing_unsent(node: &Node) -> Result<()> {
    let api = node.api()?;
    tests::wait::until("everybody to have all changes", async || {
        let status = api.get("/api/v1/status").await?;
        ensure!(status.get("unsent") == Some(&json!(0)), "{status}");
        Ok(())
    })
    .await
}
