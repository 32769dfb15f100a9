//! Files: what comes in, what goes out, and that others can read it.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::text;
use tests::node::Node;
use tests::stage::{Pair, say};
use tests::{places, tools};

const EXAMPLES: &[&str] =
    &["referral-pathway.cash-first.json", "referral-pathway.domestic-abuse.json"];

/// What the network knows itself and may set; all else must come back as it went in.
const THE_NETWORKS: &[&str] = &["id", "version", "access", "signatures", "owner_organization"];

/// Compares field by field, so that a failure names the field.
fn same(before: &Value, after: &Value) -> Result<()> {
    let (before, after) =
        (before.as_object().context("no object")?, after.as_object().context("no object")?);
    for name in before.keys().chain(after.keys()) {
        if !THE_NETWORKS.contains(&name.as_str()) {
            let (old, new) = (before.get(name), after.get(name));
            ensure!(old == new, "{name:?} went in as {old:?} and came out as {new:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_examples_come_out_as_they_went_in_at_both_nodes() -> Result<()> {
    let pair = Pair::meet().await?;
    for name in EXAMPLES {
        let example = places::read_example(name)?;
        let document = pair.council.api()?.import(&pair.workspace, &example).await?;
        let export = pair.agree(&document).await?;
        same(&example, &serde_json::from_slice(&export)?).with_context(|| name.to_string())?;
        // An export is valid input, and comes out the same once more.
        let again =
            pair.charity.api()?.import(&pair.workspace, &serde_json::from_slice(&export)?).await?;
        same(&example, &serde_json::from_slice(&pair.agree(&again).await?)?)
            .with_context(|| format!("{name}, the second time"))?;
    }
    Ok(())
}

#[tokio::test]
async fn the_command_line_does_the_same_whether_or_not_the_node_runs() -> Result<()> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    let workspace =
        text(&node.json(&["workspace", "create", "Northmere together", "--json"]).await?, "id")?;
    let mut documents = Vec::new();
    for (name, runs) in EXAMPLES.iter().zip([false, true]) {
        if runs {
            node.start().await?;
        }
        let file = places::example(name)?;
        let file = file.to_str().context("a path that is not UTF-8")?;
        let done = node.json(&["doc", "import", "--workspace", &workspace, file, "--json"]).await?;
        let made = done.pointer("/made/0").with_context(|| format!("{done}"))?;
        documents.push((name, text(made, "id")?));
    }
    for runs in [true, false] {
        if !runs {
            node.stop().await?;
        }
        for (name, document) in &documents {
            let export = node.succeed(&["doc", "export", document, "--format", "json"]).await?;
            same(&places::read_example(name)?, &serde_json::from_slice(&export)?)
                .with_context(|| format!("{name}, node running: {runs}"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_official_automerge_libraries_read_an_export() -> Result<()> {
    let node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    let workspace =
        text(&node.json(&["workspace", "create", "Northmere together", "--json"]).await?, "id")?;
    let folder = tools::npm().await?;
    for name in EXAMPLES {
        let file = places::example(name)?;
        let file = file.to_str().context("a path that is not UTF-8")?;
        let done = node.json(&["doc", "import", "--workspace", &workspace, file, "--json"]).await?;
        let document = text(done.pointer("/made/0").with_context(|| format!("{done}"))?, "id")?;
        let saved = folder.join(format!("{document}.automerge"));
        let place = saved.to_str().context("a path that is not UTF-8")?;
        node.succeed(&["doc", "export", &document, "--format", "automerge", "--output", place])
            .await?;

        let script = folder.join("read-automerge.mjs");
        let read: Value =
            serde_json::from_slice(&tools::read_with("node".as_ref(), &script, &saved).await?)?;
        same_content(&places::read_example(name)?, &read)
            .with_context(|| format!("{name} in JavaScript"))?;
        match tools::python().await {
            Ok(python) => {
                let script = folder.join("read_automerge.py");
                let read: Value =
                    serde_json::from_slice(&tools::read_with(&python, &script, &saved).await?)?;
                same_content(&places::read_example(name)?, &read)
                    .with_context(|| format!("{name} in Python"))?;
            }
            Err(why) => say(&format!(
                "SKIPPED the Python Automerge library, which could not be installed: {why:#}"
            )),
        }
        std::fs::remove_file(&saved).context("removing the export")?;
    }
    Ok(())
}

/// Compares an example with what another library found in the file, where our list of moved items stands beside it.
fn same_content(example: &Value, read: &Value) -> Result<()> {
    let mut read = read.clone();
    read.as_object_mut().context("no object")?.remove("_positions");
    same(example, &read)
}

#[tokio::test]
async fn what_may_be_about_a_person_is_asked_about_at_a_terminal_and_warned_of_in_a_script()
-> Result<()> {
    let node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    let workspace =
        text(&node.json(&["workspace", "create", "Northmere together", "--json"]).await?, "id")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("note.json");
    let content = json!({
        "document_type": "note",
        "title": "Warm rooms",
        "licence": "OGL-UK-3.0",
        "body": { "text": "Ring Ann on 07700 900123." },
    });
    std::fs::write(&file, content.to_string())?;
    let file = file.to_str().context("a path that is not UTF-8")?;
    let import = ["doc", "import", "--workspace", &workspace, file];
    let warning = "“07700 900123” looks like a mobile phone number";

    let (is_done, shown) = node.at_terminal(&import, "no\n").await?;
    ensure!(!is_done && shown.contains(warning) && shown.contains("did not say yes"), "{shown}");
    let documents = ["doc", "list", "--workspace", &workspace, "--json"];
    ensure!(node.succeed(&documents).await?.is_empty(), "it was shared all the same");
    let (is_done, shown) = node.at_terminal(&import, "yes\n").await?;
    ensure!(is_done && shown.contains("Share it all the same?"), "{shown}");

    let scripted = node.run(&import).await?;
    let said = String::from_utf8_lossy(&scripted.stderr);
    ensure!(scripted.status.success() && said.contains(warning), "{said}");
    let printed = String::from_utf8_lossy(&scripted.stdout);
    let id = printed.split_whitespace().next().context("no id")?;
    let open = ["doc", "audience", id, "--read", "public"];
    let (is_done, shown) = node.at_terminal(&open, "\n").await?;
    ensure!(!is_done && shown.contains(warning), "{shown}");
    let audience = node.json(&["doc", "audience", id, "--json"]).await?;
    ensure!(text(&audience, "read")? == "workspace", "{audience}");
    let opened = node.run(&open).await?;
    ensure!(String::from_utf8_lossy(&opened.stderr).contains(warning), "{opened:?}");
    ensure!(opened.status.success(), "{opened:?}");
    Ok(())
}
