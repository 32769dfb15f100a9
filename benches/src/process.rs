//! [`Process`]: a real node, in a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clock::now;
use crate::local::Local;
use crate::plan::{Plan, text as path_text};
use crate::web::{Web, text};

/// How long to wait for anything.
const PATIENCE: Duration = Duration::from_secs(900);

/// A node's data folder, and the process that runs on it.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    folder: TempDir,
    /// Where it listens for other nodes; kept from its first start on, so that addresses stay true.
    pub port: u16,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    ready: Value,
    web: Web,
    started: Duration,
}

impl Process {
    /// Makes an organisation with its first node; nothing runs yet.
    ///
    /// # Errors
    /// If the program does not do it.
    pub fn init(plan: &Plan, organization: &str) -> Result<Self> {
        let node =
            Self { program: plan.program.clone(), folder: plan.folder()?, port: 0, running: None };
        let status = node
            .command()?
            .args(["init", "--json", "--organization", organization])
            .args(["--sector", "vcs", "--person", "Amina Yusuf"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("running fingerpost init")?;
        ensure!(status.success(), "fingerpost init ended with {status}");
        Ok(node)
    }

    /// Returns the data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(path_text(&self.data())?);
        command.env_remove("FINGERPOST_DATA").env_remove("RUST_LOG").stdin(Stdio::null());
        Ok(command)
    }

    /// Starts the node and waits until it is ready.
    ///
    /// # Errors
    /// If it does not get ready.
    pub fn start(&mut self) -> Result<()> {
        let path = self.folder.path().join("log");
        let log = File::create(&path).context("making a log")?;
        let begin = now();
        let mut child = self
            .command()?
            .args(["serve", "--json", "--http", "127.0.0.1:0"])
            .args(["--listen", &format!("/ip4/127.0.0.1/tcp/{}", self.port)])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting a node")?;
        let said = child.stdout.take().context("a node without output")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).context("waiting for a node")?;
        let started = begin.elapsed();
        let ready: Value = serde_json::from_str(&line).with_context(|| {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            format!("a node said {line:?} and {log:?}")
        })?;
        self.port = port(&ready)?;
        let token = std::fs::read_to_string(self.data().join("api-token")).context("a token")?;
        let web = Web::new(&text(&ready, "/http")?, &token);
        self.running = Some(Running { child, ready, web, started });
        Ok(())
    }

    /// Stops the node in order.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let id = running.child.id().to_string();
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status();
        ensure!(sent.context("running sh")?.success(), "SIGTERM could not be sent");
        let status = running.child.wait().context("waiting for a node to stop")?;
        ensure!(status.success(), "a node ended with {status}");
        Ok(())
    }

    fn running(&self) -> Result<&Running> {
        self.running.as_ref().context("the node does not run")
    }

    /// Returns the node's HTTP doors.
    ///
    /// # Errors
    /// If it does not run.
    pub fn web(&self) -> Result<&Web> {
        Ok(&self.running()?.web)
    }

    /// Returns the process's number.
    ///
    /// # Errors
    /// If it does not run.
    pub fn id(&self) -> Result<u32> {
        Ok(self.running()?.child.id())
    }

    /// Returns how long the last start took until the node was ready.
    ///
    /// # Errors
    /// If it does not run.
    pub fn started(&self) -> Result<Duration> {
        Ok(self.running()?.started)
    }

    /// Signs in at the node, and returns the cookie.
    ///
    /// # Errors
    /// If the node does not let anybody in.
    pub async fn sign_in(&self) -> Result<String> {
        self.web()?.sign_in(&text(&self.running()?.ready, "/login_url")?).await
    }

    /// Lets an engine in this process fill the node's folder while the node does not run.
    ///
    /// # Errors
    /// If it cannot be filled.
    pub fn fill<T>(&self, fill: impl FnOnce(&mut Local) -> Result<T>) -> Result<T> {
        ensure!(self.running.is_none(), "the node runs");
        let mut seed = [0; 32];
        let stamp = crate::clock::timestamp().0.to_be_bytes();
        seed.iter_mut().zip(stamp).for_each(|(to, from)| *to = from);
        let mut local = Local::of_folder(&self.data(), seed)?;
        let filled = fill(&mut local)?;
        local.commit()?;
        if let crate::local::Keeper::Disk(store) = &local.keeper {
            store.close().context("closing the store")?;
        }
        Ok(filled)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may have ended by itself.
            let _gone = running.child.kill();
            let _status = running.child.wait();
        }
    }
}

fn port(ready: &Value) -> Result<u16> {
    let address = text(ready, "/listen/0")?;
    let rest = address.split_once("/tcp/").context("an address without a port")?.1;
    let port = rest.split('/').next().unwrap_or(rest);
    port.parse().with_context(|| format!("no port in {address}"))
}

/// Makes a workspace at a running node, and returns its id.
///
/// # Errors
/// If the node refuses.
pub async fn found(node: &Process) -> Result<String> {
    text(&node.web()?.post("/workspaces", &json!({"name": "Northmere"})).await?, "/id")
}

/// Makes a node whose workspace was filled by an engine in this process; it runs afterwards.
///
/// # Errors
/// If something refuses.
pub async fn filled<T>(
    plan: &Plan,
    fill: impl FnOnce(&mut Local) -> Result<T>,
) -> Result<(Process, String, T)> {
    let mut node = Process::init(plan, "Northmere Borough Council")?;
    node.start()?;
    let workspace = found(&node).await?;
    node.stop()?;
    let filled = node.fill(fill)?;
    node.start()?;
    Ok((node, workspace, filled))
}

/// Lets a guest join a workspace; it has no documents yet when this returns.
///
/// # Errors
/// If it cannot join.
pub async fn join(host: &Process, workspace: &str, guest: &Process) -> Result<()> {
    let path = format!("/workspaces/{workspace}/invites");
    let invite = host.web()?.post(&path, &json!({"role": "editor"})).await?;
    let word = json!({"invite": text(&invite, "/invite")?});
    let joined = guest.web()?.post("/join", &word).await?;
    ensure!(text(&joined, "/state")? == "joined", "the guest did not join: {joined}");
    Ok(())
}

/// Asks again and again until something is so.
///
/// # Errors
/// If it never is.
pub async fn until(
    what: &str,
    pause: Duration,
    mut is_so: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let begin = now();
    while !is_so().await? {
        ensure!(begin.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Returns the size of what lies below a folder, in bytes.
///
/// # Errors
/// If it cannot be read.
pub fn size_of(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder).context("reading a folder")? {
        let entry = entry.context("reading a folder")?;
        let about = entry.metadata().context("reading a folder")?;
        size += if about.is_dir() { size_of(&entry.path())? } else { about.len() };
    }
    Ok(size)
}
