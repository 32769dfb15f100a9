//! Power cuts and full disks: what was acknowledged is there, and the node starts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::Api;
use tests::chance::Chance;
use tests::node::Node;
use tests::stage::say;
use tests::wait;

const KILLS: usize = 100;
const WRITERS: usize = 3;
/// After so many kills a new document is begun, so that it stays small and starts stay fast.
const KILLS_PER_DOCUMENT: usize = 20;

#[tokio::test]
async fn killed_100_times_while_edits_pour_in_a_node_loses_nothing_it_acknowledged() -> Result<()> {
    let mut chance = Chance::seeded("kills", 1)?;
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    node.start().await?;
    let workspace = node.api()?.found("Northmere together").await?;
    let mut documents: Vec<(String, BTreeSet<String>)> = Vec::new();
    for kill in 0..KILLS {
        if kill % KILLS_PER_DOCUMENT == 0 {
            documents.push((node.api()?.import(&workspace, &small()).await?, BTreeSet::new()));
        }
        let (document, saved) = documents.last_mut().context("no document")?;
        let moment = Duration::from_millis(u64::try_from(chance.below(300))?);
        saved.extend(write_until_killed(&mut node, document, kill, moment).await?);
        if chance.below(4) == 0 {
            // Also while it starts.
            node.start_and_kill(Duration::from_millis(u64::try_from(chance.below(80))?)).await?;
        }
        node.start().await.with_context(|| format!("after kill {kill}"))?;
        all_there(&node.api()?, document, saved)
            .await
            .with_context(|| format!("after kill {kill}"))?;
    }
    let mut acknowledged = 0;
    for (document, saved) in &documents {
        acknowledged += saved.len();
        all_there(&node.api()?, document, saved).await?;
    }
    say(&format!("kills: {KILLS} kills, {acknowledged} acknowledged edits, 0 lost"));
    ensure!(
        acknowledged > KILLS,
        "too few edits came through for the test to mean anything: {acknowledged}"
    );
    Ok(())
}

/// Writes from several programs at once, kills the node meanwhile, and returns what was acknowledged.
async fn write_until_killed(
    node: &mut Node,
    document: &str,
    round: usize,
    moment: Duration,
) -> Result<Vec<String>> {
    let api = node.api()?;
    let writers = (0..WRITERS).map(|writer| write_on(&api, document, format!("{round}-{writer}")));
    let writing = futures::future::join_all(writers);
    let killing = async {
        wait::pass(moment).await;
        node.kill().await
    };
    let (written, killed) = futures::join!(writing, killing);
    killed?;
    Ok(written.into_iter().flatten().collect())
}

/// Adds step after step until the node is gone; returns those that were acknowledged.
async fn write_on(api: &Api, document: &str, name: String) -> Vec<String> {
    let mut saved = Vec::new();
    for number in 0_usize.. {
        let token = format!("kept-{name}-{number}.");
        match api.try_patch(document, None, &add_step(&token)).await {
            Ok(answer) if answer.status == 200 => saved.push(token),
            Ok(_) | Err(_) => break,
        }
    }
    saved
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_called_saved_that_is_not() -> Result<()> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    node.start().await?;
    let workspace = node.api()?.found("Northmere together").await?;
    let document = node.api()?.import(&workspace, &small()).await?;
    node.stop().await?;

    // No file may grow much beyond the largest there is: writing fails as on a full disk.
    let largest = largest_file(&node.data())?;
    node.limit_files(Some(largest / 512 + 256));
    node.start().await?;
    let saved = fill(&node.api()?, &document).await?;
    say(&format!("full disk: {} edits acknowledged before it was full", saved.len()));
    // What was called saved can be read on, and the node says why nothing else is saved.
    ensure!(node.runs(), "the node ended on a full disk:\n{}", node.log());
    all_there(&node.api()?, &document, &saved).await?;
    let answer = node.api()?.try_patch(&document, None, &add_step("a little more")).await?;
    let sentence = answer.sentence()?;
    ensure!(
        answer.status == 507 && sentence.contains("disk is full"),
        "{} on a full disk: {sentence}",
        answer.status
    );
    let log = node.log();
    ensure!(
        log.contains("Make room, then start the node again"),
        "the operator is not told: {log}"
    );
    node.kill().await?;

    node.limit_files(None);
    node.start().await?;
    all_there(&node.api()?, &document, &saved).await?;
    node.api()?.patch(&document, None, &add_step("there is room again")).await?;
    Ok(())
}

#[tokio::test]
#[cfg(unix)]
async fn on_a_disk_that_cannot_be_written_a_node_says_so_and_ends() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    let journal = node.data().join("journal");
    let all = |mode| std::fs::set_permissions(node.data(), std::fs::Permissions::from_mode(mode));
    all(0o500)?;
    let may_write = std::fs::write(node.data().join("try"), "").is_ok();
    if may_write {
        say("SKIPPED: whoever runs this may write where nobody may");
        return Ok(());
    }
    let before = std::fs::read_dir(&journal)?.count();
    let ended = node.run(&["serve", "--http", "127.0.0.1:0"]).await?;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    all(0o700)?;
    ensure!(ended.status.code() == Some(1), "it ended with {:?}: {said}", ended.status);
    ensure!(said.contains("cannot use"), "{said}");
    ensure!(std::fs::read_dir(&journal)?.count() == before, "something was written");
    Ok(())
}

/// Adds large steps until one fails, which must not take for ever; returns those that were acknowledged.
async fn fill(api: &Api, document: &str) -> Result<BTreeSet<String>> {
    let mut saved = BTreeSet::new();
    for number in 0..1_000 {
        let token = format!("kept-{number}.{}", Chance::letters(u64::try_from(number)?, 5_000));
        match api.try_patch(document, None, &add_step(&token)).await {
            Ok(answer) if answer.status == 200 => saved.insert(token),
            Ok(answer) => {
                ensure!(
                    answer.status >= 500,
                    "a full disk is no fault of the program: {}",
                    answer.sentence()?
                );
                return Ok(saved);
            }
            Err(_gone) => return Ok(saved),
        };
    }
    anyhow::bail!("the disk was never full")
}

/// Every acknowledged step must be in the document.
async fn all_there(api: &Api, document: &str, saved: &BTreeSet<String>) -> Result<()> {
    let whole = api.document(document).await?;
    let steps = whole.pointer("/body/steps").and_then(Value::as_array).context("no steps")?;
    let found: BTreeSet<&str> =
        steps.iter().filter_map(|step| step.get("detail")).filter_map(Value::as_str).collect();
    let lost: Vec<&String> = saved.iter().filter(|token| !found.contains(token.as_str())).collect();
    ensure!(
        lost.is_empty(),
        "{} of {} acknowledged edits are lost, among them {:?}",
        lost.len(),
        saved.len(),
        lost.first()
    );
    Ok(())
}

fn small() -> Value {
    json!({ "document_type": "referral_pathway", "title": "Warm rooms", "body": { "steps": [] } })
}

fn add_step(detail: &str) -> Value {
    json!([{ "op": "add", "path": "/body/steps/-", "value": { "who_acts": "referrer", "detail": detail } }])
}

fn largest_file(folder: &Path) -> Result<u64> {
    let mut largest = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        largest =
            largest.max(if about.is_dir() { largest_file(&entry.path())? } else { about.len() });
    }
    Ok(largest)
}
