//! People who edit at random, within and beyond their rights, and what they were told is saved.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use crdt_schema::audience::Audience;
use crdt_schema::comment::Stance;
use crdt_schema::document::{Document, Edit, ItemId, Splice};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId, InviteId, Kind, PersonId, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::suggestion::Verdict;
use engine::input::Place;
use engine::{Command, Conditions, Done, Statement};
use serde_json::{Value, json};

use crate::ask::short;
use crate::network::Number;
use crate::world::World;

const WORDS: &[&str] =
    &["money", "advice", "today", "ring", "Ask", "naïve", "food", "🙂", "together", "é", "next"];

/// What a node's people were told is saved. It survives every crash, as people do.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub documents: BTreeMap<DocumentId, BTreeSet<Heads>>,
    /// The same without what others did meanwhile.
    pub own: BTreeMap<DocumentId, BTreeSet<Heads>>,
    pub workspaces: BTreeSet<WorkspaceId>,
    pub invites: BTreeSet<InviteId>,
}

impl Ledger {
    /// Notes what an answer promised.
    pub fn note(&mut self, done: &Done) {
        match done {
            Done::Document { id, heads, made } => {
                self.own.entry(*id).or_default().insert(made.clone());
                self.documents.entry(*id).or_default().insert(heads.clone());
            }
            Done::Workspace(id) => {
                self.workspaces.insert(*id);
            }
            Done::Invite { id, .. } => {
                self.invites.insert(*id);
            }
            Done::Nothing
            | Done::Found { .. }
            | Done::Joining { .. }
            | Done::Suggestion(_)
            | Done::Statement(_)
            | Done::Code { .. }
            | Done::Proposal { .. } => {}
        }
    }
}

/// Returns a member of staff at a node.
///
/// # Errors
/// Never: the name fits.
pub fn person(number: Number) -> Result<Person> {
    let byte = u8::try_from(number % 256).unwrap_or(0);
    Ok(Person {
        id: PersonId([byte; 16]),
        name: format!("Person {number}").parse().context("a name")?,
    })
}

/// Lets somebody at a node do something to some document, without waiting for the answer.
///
/// # Errors
/// If there is no such node.
pub fn something(world: &mut World, number: Number, workspace: WorkspaceId) -> Result<()> {
    if !world.is_on(number) || !world.is_member(number, workspace) {
        return Ok(());
    }
    let documents: Vec<DocumentId> = world
        .engine(number)?
        .reader()
        .documents(&workspace)
        .iter()
        .map(|document| document.id)
        .collect();
    let Some(document) =
        world.chance.pick(&documents).copied().filter(|_| !world.chance.percent(4))
    else {
        let audience = some_audience(world)?;
        return begin(world, number, workspace, audience);
    };
    change(world, number, document)
}

/// Lets somebody at a node begin a document, without waiting for the answer.
///
/// # Errors
/// If there is no such node.
pub fn begin(
    world: &mut World,
    number: Number,
    workspace: WorkspaceId,
    audience: Audience,
) -> Result<()> {
    let title = format!("Pathway {}", world.chance.below(1_000));
    let (kind, content, person) = (Kind::ReferralPathway, short(&title), person(number)?);
    let command = Command::CreateDocument { workspace, kind, audience, content, person };
    world.count("documents begun");
    world.submit(number, command).map(|_| ())
}

/// Lets somebody at a node do something to this document, without waiting for the answer.
///
/// # Errors
/// If there is no such node.
pub fn change(world: &mut World, number: Number, document: DocumentId) -> Result<()> {
    let person = person(number)?;
    if world.chance.percent(5) {
        let path = "/title".parse()?;
        let at =
            world.chance.percent(70).then(|| Place { path, caret: 0, heads: Heads::default() });
        world.submit(number, Command::ShowPresence { document, person, at })?;
        return Ok(());
    }
    if world.chance.percent(8) {
        return answer_something(world, number, document);
    }
    let old: Vec<Heads> = world
        .node(number)?
        .ledger
        .documents
        .get(&document)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    // Now and then somebody saves a page that was opened long ago.
    let base = if world.chance.percent(15) { world.chance.pick(&old).cloned() } else { None };
    if world.chance.percent(6) {
        return sign_something(world, number, document, base);
    }
    if world.chance.percent(6) {
        return say_something(world, number, document, base);
    }
    let count = world.chance.between(1, 3);
    let edits: Result<Vec<Edit>> =
        (0..count).map(|_| some_edit(world, number, document, base.as_ref())).collect();
    if world.chance.percent(10) {
        let (edits, note) = (edits?, "Would this be better?".to_owned());
        world.count("suggestions begun");
        let command = Command::Suggest { document, base, edits, note, person };
        return world.submit(number, command).map(|_| ());
    }
    world.count("edits begun");
    world
        .submit(
            number,
            Command::EditDocument {
                document,
                base,
                edits: edits?,
                conditions: Conditions::default(),
                person,
            },
        )
        .map(|_| ())
}

/// Lets somebody sign what they see, or take a signature back.
fn sign_something(
    world: &mut World,
    number: Number,
    document: DocumentId,
    version: Option<Heads>,
) -> Result<()> {
    let person = person(number)?;
    let mut reader = world.engine(number)?.reader();
    let own = reader.sign_offs(&document).unwrap_or_default();
    let own: Vec<EnvelopeId> =
        own.iter().filter(|one| one.may_withdraw).map(|one| one.id).collect();
    let now = reader.open(&document).map(Document::heads).unwrap_or_default();
    if let Some(sign_off) = world.chance.pick(&own).copied()
        && world.chance.percent(40)
    {
        world.count("withdrawals begun");
        let statement = Statement::Withdraw { sign_off, reason: String::new() };
        let command = Command::State { document, statement, person };
        return world.submit(number, command).map(|_| ());
    }
    world.count("signatures begun");
    let (signatory, title) = ("Ruth Okafor".parse()?, "Director".parse()?);
    let version = version.unwrap_or(now);
    let statement = Statement::Sign { version, signatory, title };
    let command = Command::State { document, statement, person };
    world.submit(number, command).map(|_| ())
}

/// Lets somebody comment on what they see, answer a comment, end a discussion, or take back what they said.
fn say_something(
    world: &mut World,
    number: Number,
    document: DocumentId,
    version: Option<Heads>,
) -> Result<()> {
    let person = person(number)?;
    let mut reader = world.engine(number)?.reader();
    let discussions = reader.discussions(&document).unwrap_or_default();
    let begun: Vec<EnvelopeId> = discussions.iter().map(|one| one.first.id).collect();
    let own = discussions.iter().flat_map(|one| one.replies.iter().chain([&one.first]));
    let own: Vec<EnvelopeId> = own.filter(|one| one.may_take_back).map(|one| one.id).collect();
    let text = "Who looks after this?".to_owned();
    let statement = match (world.chance.pick(&begun).copied(), world.chance.pick(&own).copied()) {
        (_, Some(comment)) if world.chance.percent(15) => Statement::TakeBack { comment },
        (Some(comment), _) if world.chance.percent(60) => {
            let stances = [Stance::Remarks, Stance::Settles, Stance::Reopens];
            let stance = world.chance.pick(&stances).copied().unwrap_or(Stance::Remarks);
            Statement::Reply { comment, stance, text }
        }
        _ => {
            let stances = [Stance::Remarks, Stance::Agrees, Stance::Objects];
            let stance = world.chance.pick(&stances).copied().unwrap_or(Stance::Remarks);
            let places = ["", "/title", "/description"];
            let place = world.chance.pick(&places).copied().unwrap_or_default().parse()?;
            Statement::Comment { place, version, stance, text }
        }
    };
    world.count("comments begun");
    let command = Command::State { document, statement, person };
    world.submit(number, command).map(|_| ())
}

/// Lets somebody answer a suggestion, if one waits.
fn answer_something(world: &mut World, number: Number, document: DocumentId) -> Result<()> {
    let waiting: Vec<EnvelopeId> = world
        .engine(number)?
        .reader()
        .suggestions(&document)
        .unwrap_or_default()
        .iter()
        .filter(|one| one.answer.is_none())
        .map(|one| one.id)
        .collect();
    let Some(suggestion) = world.chance.pick(&waiting).copied() else { return Ok(()) };
    let verdicts = [Verdict::Taken, Verdict::Taken, Verdict::Declined, Verdict::Withdrawn];
    let verdict = world.chance.pick(&verdicts).copied().unwrap_or(Verdict::Taken);
    let (note, person) = (String::new(), person(number)?);
    world.count("answers begun");
    let command = Command::AnswerSuggestion { document, suggestion, verdict, note, person };
    world.submit(number, command).map(|_| ())
}

fn some_audience(world: &mut World) -> Result<Audience> {
    if !world.chance.percent(30) {
        return Ok(Audience::default());
    }
    let count = world.nodes.len();
    let chosen: Vec<Number> = (0..count).filter(|_| world.chance.percent(50)).collect();
    world.only(&chosen)
}

fn some_edit(
    world: &mut World,
    number: Number,
    document: DocumentId,
    base: Option<&Heads>,
) -> Result<Edit> {
    let (content, items, text) = {
        let mut reader = world.engine(number)?.reader();
        let open = reader.open(&document).ok();
        let steps = "/body/steps".parse()?;
        let items = open.map(|open| open.items(&steps)).unwrap_or_default();
        let heads = base.cloned().or_else(|| open.map(Document::heads)).unwrap_or_default();
        let text = open.and_then(|open| open.text(&"/description".parse().ok()?, &heads).ok());
        (open.map(Document::content).unwrap_or(Value::Null), items, text)
    };
    let word = world.chance.pick(WORDS).copied().unwrap_or_default();
    let chance = &mut world.chance;
    Ok(match chance.below(9) {
        0 => Edit::Set {
            path: "/title".parse()?,
            value: format!("{word} {}", chance.below(100)).into(),
        },
        1 => Edit::Set {
            path: "/status".parse()?,
            value: (*chance.pick(&["draft", "agreed", "retired"]).unwrap_or(&"")).into(),
        },
        2 | 3 => {
            let splice = some_splice(chance, text.as_deref().unwrap_or_default(), word);
            Edit::Splice { path: "/description".parse()?, splices: vec![splice] }
        }
        4 => Edit::Insert {
            list: "/body/steps".parse()?,
            after: some_item(chance, &items),
            value: json!({"action": word, "detail": word}),
        },
        5 => match chance.pick(&items).cloned() {
            Some(item) => {
                Edit::Move { list: "/body/steps".parse()?, item, after: some_item(chance, &items) }
            }
            None => Edit::MergePatch(json!({"language": word})),
        },
        6 => match chance.pick(&items) {
            Some(item) if items.len() > 3 => Edit::Remove {
                path: "/body/steps"
                    .parse::<crdt_schema::document::FieldPath>()?
                    .child(item.as_str()),
            },
            Some(_) | None => Edit::MergePatch(
                json!({"review_date": format!("2027-01-{:02}", chance.between(1, 28))}),
            ),
        },
        7 => match chance.pick(&items) {
            Some(item) => {
                let step =
                    "/body/steps".parse::<crdt_schema::document::FieldPath>()?.child(item.as_str());
                Edit::Set { path: step.child("detail"), value: format!("{word} {word}").into() }
            }
            None => Edit::MergePatch(json!({"status": word})),
        },
        _ => {
            let referrers = content
                .pointer("/body/who_can_refer")
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            if referrers > 6 {
                Edit::MergePatch(json!({"body": {"who_can_refer": [word]}}))
            } else {
                Edit::JsonPatch(serde_json::from_value(
                    json!([{"op": "add", "path": "/body/who_can_refer/-", "value": word}]),
                )?)
            }
        }
    })
}

fn some_item(chance: &mut crate::chance::Chance, items: &[ItemId]) -> Option<ItemId> {
    if chance.percent(25) { None } else { chance.pick(items).cloned() }
}

fn some_splice(chance: &mut crate::chance::Chance, text: &str, word: &str) -> Splice {
    // Borders of characters, counted as browsers do.
    let mut borders = vec![0];
    for character in text.chars() {
        borders.push(borders.last().copied().unwrap_or(0) + character.len_utf16());
    }
    let at = chance.index(borders.len());
    let until = (at + chance.index(6)).min(borders.len() - 1);
    let (at, until) =
        (borders.get(at).copied().unwrap_or(0), borders.get(until).copied().unwrap_or(0));
    let delete = if chance.percent(40) { until.saturating_sub(at) } else { 0 };
    Splice { at, delete, insert: format!("{word} ") }
}
