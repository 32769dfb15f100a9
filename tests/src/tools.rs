//! Other people's programs that tests use, installed below the target folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::places;

/// Installs the JavaScript packages of `tests/interop` and returns the folder they are in, with our scripts beside them.
pub async fn npm() -> Result<PathBuf> {
    let folder = places::scratch()?.join("interop");
    let source = places::root()?.join("tests/interop");
    std::fs::create_dir_all(&folder).context("making a folder for packages")?;
    // Tests run at once, some in processes of their own; one installs, the others wait.
    let lock = File::create(folder.join(".lock")).context("making a lock for packages")?;
    lock.lock().context("waiting for another test to install packages")?;
    for name in [
        "package.json",
        "package-lock.json",
        "read-automerge.mjs",
        "read_automerge.py",
        "requirements.txt",
    ] {
        std::fs::copy(source.join(name), folder.join(name))
            .with_context(|| format!("copying {name}"))?;
    }
    let stamp = folder.join("node_modules/.installed-from");
    let wanted =
        std::fs::read(folder.join("package-lock.json")).context("reading the lock file")?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    run(command, "npm ci").await?;
    std::fs::write(&stamp, wanted).context("noting what was installed")?;
    Ok(folder)
}

/// Installs the Python packages of `tests/interop` and returns the interpreter that has them.
pub async fn python() -> Result<PathBuf> {
    let folder = npm().await?;
    let lock = File::create(folder.join(".lock")).context("making a lock for packages")?;
    lock.lock().context("waiting for another test to install packages")?;
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    let stamp = environment.join(".installed-from");
    let wanted =
        std::fs::read(folder.join("requirements.txt")).context("reading the requirements")?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let mut command = Command::new("python3");
    command.args(["-m", "venv", "--clear"]).arg(&environment);
    run(command, "python3 -m venv").await?;
    let mut command = Command::new(&python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary",
        ":all:",
        "-r",
        "requirements.txt",
    ]);
    command.current_dir(&folder);
    run(command, "pip install").await?;
    std::fs::write(&stamp, wanted).context("noting what was installed")?;
    Ok(python)
}

/// Runs a script with the file it reads, and returns what it printed.
pub async fn read_with(program: &Path, script: &Path, file: &Path) -> Result<Vec<u8>> {
    let mut command = Command::new(program);
    command.arg(script).arg(file);
    run(command, &format!("{}", script.display())).await
}

async fn run(mut command: Command, what: &str) -> Result<Vec<u8>> {
    let output = command.output().await.with_context(|| format!("running {what}"))?;
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    ensure!(output.status.success(), "{what} failed: {}", String::from_utf8_lossy(&said));
    Ok(output.stdout)
}
