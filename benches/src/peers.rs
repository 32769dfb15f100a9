//! Runs our drivers for the peers that `peers/install` fetched.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::plan::{Plan, text};

/// Who stands beside Fingerpost, in the order of the tables.
pub const ALL: [&str; 3] = ["samod", "automerge-repo", "y-websocket"];

/// What the peers' drivers reported of one job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside(BTreeMap<(String, String), f64>);

impl Beside {
    /// Returns one figure of one peer, if it was measured.
    #[must_use]
    pub fn of(&self, peer: &str, what: &str) -> Option<f64> {
        self.0.get(&(peer.to_owned(), what.to_owned())).copied()
    }

    /// Returns one figure of every peer that has it.
    #[must_use]
    pub fn all(&self, what: &str) -> Vec<(String, f64)> {
        let of = |peer: &&str| self.of(peer, what).map(|value| ((*peer).to_owned(), value));
        ALL.iter().filter_map(of).collect()
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let said: Value = serde_json::from_str(line).ok()?;
        let word = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
        let value = said.get("value").and_then(Value::as_f64)?;
        self.0.insert((word("peer")?, word("what")?), value);
        Some(())
    }
}

/// Runs a job against every peer; none if they are not installed.
///
/// # Errors
/// If a driver cannot be run or ends badly.
pub fn run(plan: &Plan, job: &str, documents: usize) -> Result<Beside> {
    let mut beside = Beside::default();
    let Some(folder) = &plan.peers else { return Ok(beside) };
    for peer in ALL {
        let data = plan.folder()?;
        let mut command = if peer == "samod" {
            Command::new(folder.join("samod/target/release/samod-peer"))
        } else {
            let mut node = Command::new("node");
            node.args(["jobs.mjs", peer]);
            node
        };
        let output = command
            .arg(job)
            .arg(documents.to_string())
            .current_dir(folder)
            .env("FOLDER", text(data.path())?)
            .env("EDITS", plan.scale.of(20, 300, 1_000).to_string())
            .env("SECONDS", plan.scale.of(1, 5, 20).to_string())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("running the driver of {peer}"))?;
        ensure!(output.status.success(), "the driver of {peer} ended with {}", output.status);
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            beside.take(line).with_context(|| format!("{peer} said {line:?}"))?;
        }
    }
    Ok(beside)
}
