//! What a failing disk damages comes back from others; backups are made and restored among people who write.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::chance::Chance;
use tests::node::Node;
use tests::stage::{Pair, say};
use tests::wait;

const SEGMENT: &str = "journal/00000000.journal";
const FLIPS: usize = 12;
/// Edits while a backup is made.
const EDITS: usize = 60;

#[tokio::test]
async fn bytes_that_flip_on_the_disk_are_noticed_and_come_back_from_the_other_organisation()
-> Result<()> {
    let mut chance = Chance::seeded("flips", 3)?;
    let mut pair = Pair::meet().await?;
    let begin = length(&pair.council)?;
    let mut documents = Vec::new();
    for _ in 0..4 {
        let document = pair.council.api()?.import(&pair.workspace, &small()).await?;
        for api in [pair.council.api()?, pair.charity.api()?] {
            wait::until("the document", async || api.document(&document).await).await?;
            for number in 0..3 {
                api.patch(&document, None, &add_step(&format!("step {number}"))).await?;
            }
        }
        pair.agree(&document).await?;
        documents.push(document);
    }
    let end = length(&pair.council)?;
    for keeps_index in [true, false] {
        pair.council.stop().await?;
        flip(&pair.council, begin, end, &mut chance)?;
        if !keeps_index {
            std::fs::remove_dir_all(pair.council.data().join("index"))?;
        }
        let check = pair.council.run(&["check", "--json"]).await?;
        let report: Value = serde_json::from_slice(&check.stdout)?;
        ensure!(check.status.code() == Some(1), "the damage was not noticed: {report}");
        let parts = report.get("damaged").and_then(Value::as_array).map_or(0, Vec::len);
        ensure!(parts > 0, "no part is called damaged: {report}");

        // Nobody asks for it: it heals because the node runs.
        pair.council.start().await?;
        for document in &documents {
            pair.agree(document).await?;
        }
        wait::until("a sound store", async || {
            let repaired = pair.council.run(&["check", "--repair", "--json"]).await?;
            let report = String::from_utf8_lossy(&repaired.stdout).into_owned();
            ensure!(repaired.status.success(), "{report}");
            Ok(())
        })
        .await?;
        let aside = pair.council.data().join("journal/damaged");
        ensure!(aside.read_dir()?.next().is_some(), "no copy of the damaged parts was kept");
        for document in &documents {
            pair.council.api()?.patch(document, None, &add_step("it goes on")).await?;
            pair.agree(document).await?;
        }
        say(&format!(
            "flips: {FLIPS} bytes, {parts} damaged parts, index kept: {keeps_index}; all healed"
        ));
    }
    // A repaired store is sound at the next start, too.
    pair.council.stop().await?;
    pair.council.succeed(&["check"]).await?;
    Ok(())
}

/// Changes bytes of the journal, none of them in its last part.
fn flip(node: &Node, begin: usize, end: usize, chance: &mut Chance) -> Result<()> {
    let path = node.data().join(SEGMENT);
    let mut journal = std::fs::read(&path)?;
    let reach = end.saturating_sub(begin) * 9 / 10;
    for _ in 0..FLIPS {
        let at = begin + chance.below(reach);
        *journal.get_mut(at).context("no such byte")? ^= 0x20;
    }
    Ok(std::fs::write(&path, journal)?)
}

fn length(node: &Node) -> Result<usize> {
    Ok(usize::try_from(std::fs::metadata(node.data().join(SEGMENT))?.len())?)
}

#[tokio::test]
async fn a_backup_made_while_people_write_brings_a_node_back_among_the_others() -> Result<()> {
    let mut pair = Pair::meet().await?;
    let folder = tempfile::tempdir()?;
    let (backup, old) = (folder.path().join("charity.backup"), folder.path().join("old.backup"));
    let document = pair.charity.api()?.import(&pair.workspace, &small()).await?;
    pair.agree(&document).await?;

    let api = pair.charity.api()?;
    let mut saved = BTreeSet::new();
    let (written, made) =
        futures::join!(write_for_a_while(&api, &document), make(&pair.charity, &backup));
    saved.extend(written?);
    made?;
    private(&backup)?;
    // It goes on after the backup, and the council has all of it.
    for number in 0..5 {
        let token = format!("after-{number}.");
        api.patch(&document, None, &add_step(&token)).await?;
        saved.insert(token);
    }
    pair.agree(&document).await?;
    pair.charity.kill().await?;

    let refused = pair.charity.run(&["restore", name(&backup)?]).await?;
    ensure!(refused.status.code() == Some(1), "a used folder was overwritten");
    altered_backups_are_refused(&backup, folder.path()).await?;

    std::fs::rename(&backup, &old)?;
    let mut restored = Node::empty("charity, restored")?;
    restored.succeed(&["restore", name(&old)?]).await?;
    restored.start().await?;
    // It writes before it knows what it has forgotten.
    restored.api()?.patch(&document, None, &add_step("on the backup.")).await?;
    saved.insert("on the backup.".to_owned());
    pair.charity = restored;
    let count = saved.len();
    wait::until("all edits on both", async || {
        for api in [pair.council.api()?, pair.charity.api()?] {
            let lost: Vec<&String> = missing(&api, &document, &saved).await?;
            ensure!(lost.is_empty(), "{} of {count} are lost: {lost:?}", lost.len());
        }
        Ok(())
    })
    .await?;
    pair.agree(&document).await?;
    for api in [pair.council.api()?, pair.charity.api()?] {
        for member in api.members(&pair.workspace).await? {
            ensure!(text(&member, "state")? == "member", "somebody was ended: {member}");
        }
        ensure!(
            api.refused().await?.is_empty(),
            "something was refused: {:?}",
            api.refused().await?
        );
    }
    say(&format!("backup: {count} edits, {} of them after it was begun, 0 lost", 6));
    Ok(())
}

#[tokio::test]
async fn a_backup_restored_elsewhere_has_equal_heads_and_makes_the_same_backup() -> Result<()> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    node.start().await?;
    let workspace = node.api()?.found("Northmere together").await?;
    let document = node.api()?.import(&workspace, &small()).await?;
    node.api()?.patch(&document, None, &add_step("here")).await?;
    let heads = node.api()?.heads(&document).await?;
    node.stop().await?;

    let folder = tempfile::tempdir()?;
    let files = ["one", "two", "three"].map(|name| folder.path().join(name));
    make(&node, &files[0]).await?;
    make(&node, &files[1]).await?;
    let mut back = Node::empty("restored")?;
    back.succeed(&["restore", name(&files[0])?]).await?;
    make(&back, &files[2]).await?;
    let [one, two, three] = [&files[0], &files[1], &files[2]].map(std::fs::read);
    let one = one?;
    ensure!(one == two? && one == three?, "the same state made other bytes");

    back.start().await?;
    ensure!(back.api()?.heads(&document).await? == heads, "other heads");
    ensure!(
        back.api()?.document(&document).await?.pointer("/body/steps/0/detail")
            == Some(&json!("here"))
    );
    Ok(())
}

async fn make(node: &Node, file: &Path) -> Result<()> {
    node.succeed(&["backup", name(file)?]).await.map(|_| ())
}

fn name(file: &Path) -> Result<&str> {
    file.to_str().context("a name that is no text")
}

#[cfg(unix)]
fn private(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(file)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "others can read the backup: {mode:o}");
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<()> {
    Ok(())
}

async fn altered_backups_are_refused(backup: &Path, folder: &Path) -> Result<()> {
    let whole = std::fs::read(backup)?;
    let mut altered = whole.clone();
    let middle = altered.len() / 2;
    *altered.get_mut(middle).context("an empty backup")? ^= 1;
    let cut = whole.get(..whole.len() - 40).context("an empty backup")?.to_vec();
    for (what, bytes) in [("altered", altered), ("cut", cut)] {
        let file = folder.join(what);
        std::fs::write(&file, bytes)?;
        let nobody = Node::empty("nobody")?;
        let refused = nobody.run(&["restore", name(&file)?]).await?;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        ensure!(refused.status.code() == Some(1), "a backup that was {what} was taken");
        ensure!(said.contains("Use another one"), "{what}: {said}");
        ensure!(!nobody.data().exists(), "{what}: something was made");
    }
    Ok(())
}

/// Writes while a backup is made; returns what was acknowledged.
async fn write_for_a_while(api: &Api, document: &str) -> Result<BTreeSet<String>> {
    let mut saved = BTreeSet::new();
    for number in 0..EDITS {
        let token = format!("during-{number}.");
        api.patch(document, None, &add_step(&token)).await?;
        saved.insert(token);
    }
    Ok(saved)
}

async fn missing<'t>(
    api: &Api,
    document: &str,
    saved: &'t BTreeSet<String>,
) -> Result<Vec<&'t String>> {
    let whole = api.document(document).await?;
    let steps = whole.pointer("/body/steps").and_then(Value::as_array).context("no steps")?;
    let found: BTreeSet<&str> =
        steps.iter().filter_map(|step| step.get("detail")).filter_map(Value::as_str).collect();
    Ok(saved.iter().filter(|token| !found.contains(token.as_str())).collect())
}

fn small() -> Value {
    json!({ "document_type": "referral_pathway", "title": "Warm rooms", "body": { "steps": [] } })
}

fn add_step(detail: &str) -> Value {
    json!([{ "op": "add", "path": "/body/steps/-", "value": { "who_acts": "referrer", "detail": detail } }])
}
