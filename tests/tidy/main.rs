//! What a linter cannot check: who depends on whom, how files are laid out, what a source must not mention.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tests::places;

/// Longer files are read by nobody.
const LINES: usize = 600;

/// Crates that decide must stay pure: nothing that waits, talks or stores.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio-util",
    "futures",
    "libp2p",
    "libp2p-stream",
    "sled",
    "axum",
    "hyper",
    "hyper-util",
    "tower",
    "reqwest",
    "getrandom",
    "rand",
    "tracing-subscriber",
    "tempfile",
    "directories",
    "clap",
    "askama",
    "jiff",
];

/// Which of our packages each of them may use; `simulations`, `tests` and `benches` are used by nobody.
const MAY_USE: &[(&str, &[&str])] = &[
    ("crdt-schema", &[]),
    ("node/engine", &["crdt-schema"]),
    ("node/storage", &["crdt-schema", "engine"]),
    ("node/network", &["crdt-schema", "engine"]),
    ("web-ui", &["crdt-schema"]),
    ("paper", &[]),
    ("node", &["crdt-schema", "engine", "storage", "network", "web-ui", "paper"]),
    ("simulations", &["crdt-schema", "engine"]),
    ("tests", &[]),
    ("benches", &["crdt-schema", "engine", "storage"]),
];

const OURS: &[&str] = &[
    "crdt-schema",
    "engine",
    "storage",
    "network",
    "web-ui",
    "paper",
    "fingerpost",
    "simulations",
    "tests",
    "benches",
];

#[test]
fn packages_depend_on_each_other_in_one_direction() -> Result<()> {
    for (package, allowed) in MAY_USE {
        for name in dependencies(package)? {
            let is_allowed = !OURS.contains(&name.as_str()) || allowed.contains(&name.as_str());
            ensure!(is_allowed, "{package} must not use {name}");
        }
    }
    Ok(())
}

#[test]
fn every_package_is_known_here() -> Result<()> {
    let manifest = std::fs::read_to_string(places::root()?.join("Cargo.toml"))?;
    let members =
        manifest.lines().find(|line| line.starts_with("members")).context("no members")?;
    let found: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    ensure!(found.len() == MAY_USE.len(), "{found:?}");
    for member in found {
        ensure!(
            MAY_USE.iter().any(|(package, _)| package == &member),
            "{member} has no line in MAY_USE"
        );
    }
    Ok(())
}

#[test]
fn what_decides_can_neither_wait_nor_talk_nor_store() -> Result<()> {
    for package in ["crdt-schema", "node/engine"] {
        for name in dependencies(package)? {
            ensure!(!IMPURE.contains(&name.as_str()), "{package} must not use {name}");
        }
    }
    Ok(())
}

#[test]
fn files_are_short_and_modules_have_files_of_their_own_names() -> Result<()> {
    let root = places::root()?;
    for path in sources(&root, &["rs", "ts"])? {
        ensure!(!path.ends_with("mod.rs"), "{}: name the file after the module", path.display());
        let lines = read(&path)?.lines().count();
        ensure!(
            lines <= LINES,
            "{} has {lines} lines, more than {LINES}: split it",
            path.display()
        );
    }
    Ok(())
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() -> Result<()> {
    let root = places::root()?;
    // Written in parts, so that this file does not name them.
    let homes = ["root", "work", "Users", "home/user"].map(|name| format!("/{name}/"));
    for path in
        sources(&root, &["rs", "ts", "toml", "md", "html", "json", "sh", "mjs", "py", "lock"])?
    {
        let text = read(&path)?;
        for (number, line) in text.lines().enumerate() {
            for home in &homes {
                let is_path = line.split(home.as_str()).next().is_some_and(|before| {
                    before.len() < line.len()
                        && !before.ends_with(|c: char| c.is_alphanumeric() || "._-}/".contains(c))
                });
                ensure!(!is_path, "{}:{}: {line}", path.display(), number + 1);
            }
        }
    }
    Ok(())
}

#[test]
fn every_rust_file_begins_with_what_it_is_for() -> Result<()> {
    for path in sources(&places::root()?, &["rs"])? {
        let text = read(&path)?;
        let first = text.lines().next().unwrap_or_default();
        ensure!(
            first.starts_with("//! ") && first.len() > 8,
            "{} begins with {first:?}",
            path.display()
        );
    }
    Ok(())
}

/// Returns the names of what a package needs, other than for its own tests.
fn dependencies(package: &str) -> Result<Vec<String>> {
    let text = read(&places::root()?.join(package).join("Cargo.toml"))?;
    let mut names = Vec::new();
    let mut counts = false;
    for line in text.lines() {
        if let Some(section) = line.strip_prefix('[') {
            counts = section.starts_with("dependencies") || section.starts_with("target.");
        } else if let Some((name, _)) = line.split_once(['.', '=', ' ']).filter(|_| counts) {
            names.push(name.trim().to_owned());
        }
    }
    Ok(names)
}

/// Returns the files below a folder that end so, without what is built or fetched.
fn sources(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?
    {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                found.extend(sources(&path, endings)?);
            }
        } else if path
            .extension()
            .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
