//! Where things are on this machine: the program, the examples, and the folder for what tests leave behind.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Returns the `fingerpost` program: `FINGERPOST_PROGRAM`, or the one beside this test in the target folder.
pub fn program() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("FINGERPOST_PROGRAM") {
        return Ok(given.into());
    }
    let program = profile()?.join("fingerpost");
    ensure!(
        program.exists(),
        "{} is missing. Run `cargo build -p fingerpost` first, or all of ./test",
        program.display()
    );
    Ok(program)
}

/// Returns the folder for pictures of failures and for the tools that tests install.
pub fn scratch() -> Result<PathBuf> {
    let folder = profile()?.parent().context("the target folder has no parent")?.join("e2e");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Returns the root of the repository.
pub fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the package has no parent folder")?
        .to_path_buf())
}

/// Returns the path of one of the example documents that come with the program.
pub fn example(name: &str) -> Result<PathBuf> {
    Ok(root()?.join("node/examples").join(name))
}

/// Reads one of the example documents.
pub fn read_example(name: &str) -> Result<Value> {
    let path = example(name)?;
    let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("reading {} as JSON", path.display()))
}

/// Returns the folder of the profile that this test was built with, for example `target/debug`.
fn profile() -> Result<PathBuf> {
    let test = std::env::current_exe().context("asking where this test is")?;
    let deps = test.parent().context("this test is in no folder")?;
    Ok(deps.parent().context("this test is not in a target folder")?.to_path_buf())
}
