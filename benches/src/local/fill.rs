//! Fills a node with documents, through its engine: everything is really signed, and kept as a node keeps it.

use anyhow::{Context, Result, bail, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::document::{Edit, FieldPath, Splice};
use crdt_schema::identity::{DocumentId, Kind, Timestamp, WorkspaceId};
use engine::{Command, Conditions, Done};
use serde_json::{Value, json};

use super::{Local, person};

/// Documents that are kept together at most: a commit for each would measure the disk.
const TOGETHER: usize = 50;
/// Where letters are typed, one text after the other, and how many into each: a text has at most 65,536 bytes.
const TEXTS: [&str; 2] = ["/description", "/body/trigger/description"];
const LETTERS: usize = 60_000;
/// The time between two changes.
const PAUSE: u64 = 1_000;

/// What was filled in.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub documents: Vec<DocumentId>,
    /// The bytes of all documents saved by Automerge, compressed.
    pub saved: usize,
    pub envelopes: usize,
}

/// Returns the content of one of many small documents.
#[must_use]
pub fn items(number: usize) -> Value {
    json!({"document_type": "referral_pathway", "title": format!("Document {number}"), "body": {"notes": "lorem ipsum ".repeat(20), "items": {}}})
}

/// Makes so many documents of so many changes each, as the peers' drivers do.
///
/// # Errors
/// If the engine or the disk refuses.
pub fn fill(local: &mut Local, count: usize, changes: usize, weigh: bool) -> Result<Filled> {
    let workspace = local.workspace()?;
    let mut filled = Filled::default();
    for number in 0..count {
        let id = make(local, workspace, items(number))?;
        for item in 1..changes {
            later(local);
            let value = json!({
                "name": format!("thing {item} {}", (number * 13 + item) % 1_009),
                "done": item.is_multiple_of(3),
                "n": (number * 17 + item) % 10_000,
            });
            let path = format!("/body/items/item{item}").parse().context("a path")?;
            edit(local, id, Edit::Set { path, value })?;
        }
        if weigh {
            filled.saved += local.engine.reader().open(&id)?.save().len();
        }
        filled.documents.push(id);
        filled.envelopes += changes;
        if number % TOGETHER == TOGETHER - 1 {
            local.commit()?;
        }
    }
    local.commit()?;
    Ok(filled)
}

/// Makes one document.
///
/// # Errors
/// If the engine refuses.
pub fn make(local: &mut Local, workspace: WorkspaceId, content: Value) -> Result<DocumentId> {
    later(local);
    let command = Command::CreateDocument {
        workspace,
        kind: Kind::ReferralPathway,
        audience: Audience::default(),
        content,
        person: person()?,
    };
    match local.act(command)? {
        Done::Document { id, .. } => Ok(id),
        other => bail!("no document was made: {other:?}"),
    }
}

/// Types so many letters into one document's texts, so many of them signed together, as people do: most after the
/// one before, now and then somewhere else, and no two sentences the same.
///
/// # Errors
/// If the engine or the disk refuses.
pub fn type_in(local: &mut Local, id: DocumentId, letters: usize, together: usize) -> Result<()> {
    ensure!(together > 0, "no letters at a time");
    let (mut chance, mut caret) = (Chance(1), 0);
    for from in (0..letters).step_by(together) {
        later(local);
        let (text, written) = (from / LETTERS, from % LETTERS);
        let path: FieldPath =
            TEXTS.get(text).context("too many letters")?.parse().context("a path")?;
        if written == 0 || chance.below(5) == 0 {
            caret = chance.below(written + 1);
        }
        let count = together.min(letters - from).min(LETTERS - written);
        let splices =
            (0..count).map(|next| Splice { at: caret + next, delete: 0, insert: chance.letter() });
        edit(local, id, Edit::Splice { path, splices: splices.collect() })?;
        caret += count;
        if (from / together).is_multiple_of(TOGETHER) {
            local.commit()?;
        }
    }
    local.commit()
}

/// Chance that is the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    /// Returns a letter, about as often as English has it.
    fn letter(&mut self) -> String {
        const LETTERS: &str = "      eeeeeeetttttaaaaooooiiiinnnnssshhhrrrddlluucmmwwffggyypbvk,.";
        let at = self.below(LETTERS.len());
        LETTERS.get(at..=at).unwrap_or(" ").to_owned()
    }
}

/// Edits one document as it is now.
///
/// # Errors
/// If the engine refuses.
pub fn edit(local: &mut Local, document: DocumentId, edit: Edit) -> Result<()> {
    let command = Command::EditDocument {
        document,
        base: None,
        edits: vec![edit],
        conditions: Conditions::default(),
        person: person()?,
    };
    local.act(command).map(drop)
}

/// Lets a little time pass, so that changes have an order.
fn later(local: &mut Local) {
    local.now = Timestamp(local.now.0.saturating_add(PAUSE));
}
