//! Proof: a stolen laptop is ended, and an export proves itself without a node.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::text;
use tests::node::Node;
use tests::stage::{Pair, wait_for_members};
use tests::wait;

fn pathway(title: &str) -> Value {
    json!({ "document_type": "referral_pathway", "title": title, "body": { "steps": [] } })
}

fn title(to: &str) -> Value {
    json!([{ "op": "replace", "path": "/title", "value": to }])
}

#[tokio::test]
async fn a_stolen_laptop_is_ended_from_the_new_one() -> Result<()> {
    let mut pair = Pair::meet().await?;
    let document = pair.charity.api()?.import(&pair.workspace, &pathway("Warm rooms")).await?;
    pair.agree(&document).await?;
    let kit = tempfile::NamedTempFile::new()?;
    std::fs::copy(pair.charity.data().join("recovery-kit.html"), kit.path())?;
    let kit = kit.path().to_str().context("a path that is not UTF-8")?;
    pair.charity.stop().await?;

    let mut new = Node::empty("Harbour Lane Advice Centre")?;
    let status = pair.council.api()?.get("/api/v1/status").await?;
    let member = status.pointer("/listen/0").and_then(Value::as_str).context("no address")?;
    new.json(&["recover", "--json", "--kit", kit, "--person", "Priya Shah", "--member", member])
        .await?;
    new.start().await?;
    wait_for_members(&new.api()?, &pair.workspace, 2).await?;
    let mut stolen = std::mem::replace(&mut pair.charity, new);

    let nodes = pair.charity.api()?.list("/api/v1/nodes").await?;
    let old = nodes.iter().find(|node| node.get("this") == Some(&json!(false)));
    let old = text(old.context("the old computer is not listed")?, "id")?;
    pair.charity.succeed(&["node", "end", &old, "--kit", kit]).await?;
    wait::until("the council to know", async || {
        let members = pair.council.api()?.members(&pair.workspace).await?;
        let knows = members.iter().any(|member| {
            let ended = member.get("ended").and_then(Value::as_array);
            ended.is_some_and(|ended| ended.contains(&json!(old)))
        });
        ensure!(knows, "{members:?}");
        Ok(())
    })
    .await?;

    // Whoever has the laptop writes on. It is never one of them again: what it writes stays with it.
    stolen.start().await?;
    stolen.api()?.patch(&document, None, &title("Written by a thief")).await?;
    pair.charity.api()?.patch(&document, None, &title("Written at the new computer")).await?;
    let after: Value = serde_json::from_slice(&pair.agree(&document).await?)?;
    ensure!(text(&after, "title")? == "Written at the new computer", "{after}");
    Ok(())
}

#[tokio::test]
async fn an_export_proves_itself_and_a_changed_one_does_not() -> Result<()> {
    let pair = Pair::meet().await?;
    let document = pair.council.api()?.import(&pair.workspace, &pathway("Cash first")).await?;
    pair.agree(&document).await?;
    pair.charity.api()?.patch(&document, None, &title("Cash first, then food")).await?;
    pair.agree(&document).await?;
    let bundle = pair.council.api()?.export(&document, "bundle").await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bundle.json");
    std::fs::write(&file, &bundle)?;
    let file = file.to_str().context("a path that is not UTF-8")?;

    // A computer without a data folder.
    let nobody = Node::empty("Nobody in particular")?;
    let proven = nobody.json(&["verify", "--json", file]).await?;
    ensure!(proven.get("verified") == Some(&json!(true)), "{proven}");
    let shown = proven.pointer("/documents/0").context("no document")?;
    ensure!(text(shown, "title")? == "Cash first, then food", "{shown}");
    let authors = shown.get("written").and_then(Value::as_array).context("no authors")?;
    let names: Vec<&str> = authors
        .iter()
        .filter_map(|written| written.pointer("/organization/name").and_then(Value::as_str))
        .collect();
    ensure!(names.len() == 2 && names.first() != names.last(), "{names:?}");

    let mut changed: Value = serde_json::from_slice(&bundle)?;
    let envelopes = changed.pointer_mut("/documents/0/envelopes").and_then(Value::as_array_mut);
    envelopes.context("no envelopes")?.swap(0, 1);
    std::fs::write(file, changed.to_string())?;
    let refused = nobody.run(&["verify", file]).await?;
    ensure!(refused.status.code() == Some(1), "{refused:?}");

    let log = folder.path().join("log.json");
    let log = log.to_str().context("a path that is not UTF-8")?;
    pair.charity.succeed(&["workspace", "audit", "--output", log]).await?;
    let proven = nobody.json(&["verify", "--json", log]).await?;
    let members = proven.get("members").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(members == 2, "{proven}");
    Ok(())
}
