//! One organisation's node: a real `fingerpost` process and its data folder.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::api::{Api, text};
use crate::{places, wait};

/// One organisation's node. Stopped, with its data folder deleted, when dropped.
#[derive(Debug)]
pub struct Node {
    pub name: String,
    /// What `init` printed.
    pub made: Value,
    folder: TempDir,
    /// Given again at the next start, so that addresses in invites and open pages stay true.
    http: String,
    listen: Vec<String>,
    verbose: bool,
    /// The network namespace in which all its processes run.
    namespace: Option<String>,
    /// What else `serve` is told.
    serve: Vec<String>,
    /// A shell's limit on the size of any file the node writes, in blocks of 512 bytes.
    file_blocks: Option<u64>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    ready: Value,
}

impl Node {
    /// Makes an organisation with its first person, in an empty data folder. The node is not started.
    pub async fn init(name: &str, sector: &str, person: &str) -> Result<Self> {
        let mut node = Self::empty(name)?;
        let arguments =
            ["init", "--json", "--organization", name, "--sector", sector, "--person", person];
        node.made = node.json(&arguments).await?;
        Ok(node)
    }

    /// Returns a node whose data folder does not exist yet.
    pub fn empty(name: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            made: Value::Null,
            folder: TempDir::with_prefix("fingerpost-e2e-")
                .context("making a folder for a node")?,
            http: String::from("127.0.0.1:0"),
            listen: vec![String::from("/ip4/127.0.0.1/tcp/0")],
            verbose: false,
            namespace: None,
            serve: Vec::new(),
            file_blocks: None,
            running: None,
        })
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Makes the node tell all it can from its next start on.
    pub fn talk(&mut self) {
        self.verbose = true;
    }

    /// Moves the node into a network namespace, from its next start on. Only its commands reach it there.
    pub fn live_in(&mut self, namespace: &str) {
        self.namespace = Some(namespace.to_owned());
    }

    /// Says where the node listens, from its next start on.
    pub fn listen_at(&mut self, addresses: &[&str]) {
        self.listen = addresses.iter().map(|address| (*address).to_owned()).collect();
    }

    /// Says what else `serve` is told, from the node's next start on.
    pub fn serve_with(&mut self, arguments: &[&str]) {
        self.serve = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    }

    /// Limits the size of each file from the node's next start on, which is what a full disk does to a file that grows.
    pub fn limit_files(&mut self, blocks_of_512: Option<u64>) {
        self.file_blocks = blocks_of_512;
    }

    /// Starts the node and waits until it says that it is ready.
    pub async fn start(&mut self) -> Result<()> {
        let (mut child, said) = self.spawn()?;
        let ready =
            wait::until("the node's ready line", async || read_ready(&mut child, &said)).await;
        let ready = ready.flatten().with_context(|| format!("{}\n{}", self.name, self.log()))?;
        let http = text(&ready, "http")?;
        self.http = http.trim_start_matches("http://").to_owned();
        self.listen = listen_addresses(&ready);
        self.running = Some(Running { child, ready });
        Ok(())
    }

    /// Starts the node and kills it after so long, ready or not.
    pub async fn start_and_kill(&mut self, after: Duration) -> Result<()> {
        let (mut child, _said) = self.spawn()?;
        wait::pass(after).await;
        child.kill().await.context("killing the node")
    }

    fn spawn(&self) -> Result<(Child, PathBuf)> {
        ensure!(self.running.is_none(), "{} runs already", self.name);
        let mut command = self.command()?;
        command.args(["serve", "--json", "--http", &self.http]);
        for address in &self.listen {
            command.args(["--listen", address]);
        }
        command.args(&self.serve);
        if self.verbose {
            command.args(["-v", "-v"]);
        }
        let said = self.folder.path().join("serve.out");
        // The ready line is looked for in what this start says.
        let out = File::create(&said).context("making a file for the node's output")?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .context("opening the node's log")?;
        command.stdin(Stdio::null()).stdout(out).stderr(log);
        Ok((command.spawn().context("starting the node")?, said))
    }

    /// Kills the node, as a power cut does to a process.
    pub async fn kill(&mut self) -> Result<()> {
        let mut running = self.running.take().context("the node does not run")?;
        running.child.kill().await.context("killing the node")
    }

    /// Asks the node to stop and waits until it has, with success.
    pub async fn stop(&mut self) -> Result<()> {
        let mut running = self.running.take().context("the node does not run")?;
        terminate(&mut running.child)
            .await
            .with_context(|| format!("{}\n{}", self.name, self.log()))
    }

    /// Waits until the node ends by itself, and returns its exit status.
    pub async fn ended(&mut self) -> Result<Option<i32>> {
        let running = self.running.as_mut().context("the node does not run")?;
        let status = tokio::time::timeout(wait::DEADLINE, running.child.wait()).await;
        let status = status.context("the node still runs")?.context("waiting for the node")?;
        self.running = None;
        Ok(status.code())
    }

    /// Does the process still run?
    pub fn runs(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| matches!(running.child.try_wait(), Ok(None)))
    }

    /// Returns the API of the running node.
    pub fn api(&self) -> Result<Api> {
        let token = std::fs::read_to_string(self.data().join("api-token"))
            .context("reading the API's token")?;
        Ok(Api::new(&self.address()?, &token))
    }

    /// Returns the address of the node's pages, for example `http://127.0.0.1:40123`.
    pub fn address(&self) -> Result<String> {
        text(self.ready()?, "http")
    }

    /// Returns what the node said when it was ready.
    pub fn ready(&self) -> Result<&Value> {
        Ok(&self.running.as_ref().with_context(|| format!("{} does not run", self.name))?.ready)
    }

    /// Returns the link that signs the first person in, once.
    pub fn login_url(&self) -> Result<String> {
        text(self.ready()?, "login_url")
    }

    /// Runs a command on this data folder, whether or not the node runs.
    pub async fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Output> {
        let mut command = self.command()?;
        command.args(arguments).stdin(Stdio::null());
        let output = tokio::time::timeout(wait::DEADLINE, command.output()).await;
        output.context("the command did not end")?.context("running the program")
    }

    /// Runs a command at a terminal of its own, into which somebody types; returns all that the terminal showed.
    pub async fn at_terminal(&self, arguments: &[&str], typed: &str) -> Result<(bool, String)> {
        let data = self.data();
        let parts = [places::program()?.as_os_str(), OsStr::new("--data"), data.as_os_str()]
            .map(|part| part.to_string_lossy().into_owned());
        let parts = parts.iter().map(String::as_str).chain(arguments.iter().copied());
        let quoted = parts.map(|part| format!("'{}'", part.replace('\'', "'\\''")));
        let line = quoted.collect::<Vec<_>>().join(" ");
        // script(1) is in Debian's essential package bsdutils.
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("starting script, of the package bsdutils")?;
        let mut keyboard = child.stdin.take().context("no keyboard")?;
        keyboard.write_all(typed.as_bytes()).await?;
        keyboard.flush().await?;
        // The keyboard stays until the command has ended: its end would be one more key.
        let output = tokio::time::timeout(wait::DEADLINE, child.wait_with_output()).await;
        drop(keyboard);
        let output = output.context("the command did not end")?.context("running the program")?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub async fn succeed<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>> {
        let output = self.run(arguments).await?;
        let line = arguments
            .iter()
            .map(|part| part.as_ref().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`fingerpost {line}` ended with {}: {said}",
            output.status
        );
        Ok(output.stdout)
    }

    /// Runs a command that must succeed and print one JSON object.
    pub async fn json<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Value> {
        let printed = self.succeed(arguments).await?;
        serde_json::from_slice(&printed).with_context(|| {
            format!("reading what was printed: {}", String::from_utf8_lossy(&printed))
        })
    }

    /// Returns all that the node wrote for people, over all its starts.
    pub fn log(&self) -> String {
        read_lossy(&self.log_file())
    }

    /// Returns all that the node wrote on standard output since its last start.
    pub fn output(&self) -> String {
        read_lossy(&self.folder.path().join("serve.out"))
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("serve.err")
    }

    fn command(&self) -> Result<Command> {
        let program = places::program()?;
        let mut command = match (&self.namespace, self.file_blocks) {
            (None, None) => Command::new(program),
            (Some(namespace), _) => {
                let mut inside = Command::new("ip");
                inside.args(["netns", "exec", namespace]).arg(program);
                inside
            }
            (None, Some(blocks)) => {
                let mut shell = Command::new("sh");
                // The signal that comes with the limit is ignored, so that a write fails as it does on a full disk.
                shell
                    .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")])
                    .arg(program);
                shell
            }
        };
        command.arg("--data").arg(self.data());
        command.env_remove("FINGERPOST_DATA").env_remove("RUST_LOG").kill_on_drop(true);
        Ok(command)
    }
}

/// Sends SIGTERM and waits for a clean end.
pub async fn terminate(child: &mut Child) -> Result<()> {
    let id = child.id().context("the process ended before it was asked to stop")?;
    // The shell's own `kill`: the program of that name is not on every machine.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -TERM {id}")])
        .status()
        .await
        .context("running sh")?;
    ensure!(sent.success(), "SIGTERM could not be sent");
    let status = tokio::time::timeout(wait::DEADLINE, child.wait()).await;
    let status = status
        .context("the process did not stop after SIGTERM")?
        .context("waiting for the process")?;
    ensure!(status.success(), "after SIGTERM the process ended with {status}");
    Ok(())
}

/// Reads the first line of output once it is whole; the inner result is final.
fn read_ready(child: &mut Child, said: &Path) -> Result<Result<Value>> {
    let output = read_lossy(said);
    if let Some((line, _rest)) = output.split_once('\n') {
        return Ok(
            serde_json::from_str(line).with_context(|| format!("reading the ready line {line:?}"))
        );
    }
    match child.try_wait().context("looking after the node")? {
        Some(status) => Ok(Err(anyhow!("the node ended at once with {status}"))),
        None => bail!("no whole line yet: {output:?}"),
    }
}

/// Returns the addresses without the peer's id, as `--listen` takes them.
fn listen_addresses(ready: &Value) -> Vec<String> {
    let addresses = ready
        .get("listen")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    addresses.map(|address| address.split("/p2p/").next().unwrap_or(address).to_owned()).collect()
}

fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
