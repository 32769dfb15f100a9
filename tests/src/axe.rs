//! axe-core, run in the open page.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::browser::Browser;
use crate::tools;

/// What our users are held to by law, and axe's own best practice.
const RULES: &[&str] =
    &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

static SOURCE: OnceCell<String> = OnceCell::const_new();

/// Checks the open page; fails with every violation and where it is.
pub async fn check(browser: &Browser) -> Result<()> {
    let source = SOURCE.get_or_try_init(read_source).await?;
    browser.run(source, Vec::new()).await.context("putting axe into the page")?;
    let script = "const done = arguments[1];
        axe.run(document, { runOnly: { type: 'tag', values: arguments[0] } })
            .then(found => done(found.violations), why => done([{ id: 'axe failed', help: String(why), nodes: [] }]));";
    let found = browser.run_to_end(script, vec![json!(RULES)]).await.context("running axe")?;
    let violations: Vec<String> =
        found.as_array().context("axe returned no list")?.iter().map(describe).collect();
    if !violations.is_empty() {
        bail!("{} at {}:\n{}", violations.len(), browser.path().await?, violations.join("\n"));
    }
    Ok(())
}

async fn read_source() -> Result<String> {
    let file = tools::npm().await?.join("node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
}

fn describe(violation: &Value) -> String {
    let word =
        |key: &str| violation.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let nodes = violation.get("nodes").and_then(Value::as_array).into_iter().flatten();
    let places: Vec<String> =
        nodes.filter_map(|node| node.get("html")).map(ToString::to_string).collect();
    format!("  {}: {}\n    {}", word("id"), word("help"), places.join("\n    "))
}
