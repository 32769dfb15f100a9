//! `fingerpost shelf …`: the public shelf as a folder of files, for any web server or none; and the shelves of others.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::http::Method;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cli::document::with_query;
use crate::cli::output::{Output, text};
use crate::client::{Client, Content};
use crate::http::shelf::site::{FORMAT, LIST};

/// The name of the file that lists all others with their hashes. `sha256sum --check` reads it.
const SUMS: &str = "SHA256SUMS";

/// Give everybody what is published, and follow what others publish
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write the public shelf into a folder, as pages that work on any web server and from the disk
    ///
    /// The folder must be new or empty, or hold an earlier export and nothing else; that is replaced as a whole.
    Export {
        /// The folder
        dir: PathBuf,
    },
    /// Follow the public shelf of another region, once it has been seen to be one
    Follow {
        /// Its web address
        address: String,
    },
    /// Stop following a shelf
    Unfollow {
        /// Its address, as "shelf followed" names it
        address: String,
    },
    /// List the shelves that you follow, when each was last looked at, and how much is new there
    Followed,
    /// Say that you have seen what is new on a shelf that you follow
    Seen {
        /// Its address, as "shelf followed" names it
        address: String,
    },
    /// Choose whether the node looks at followed shelves by itself, about once a day
    Looks {
        /// What it shall do
        choice: Choice,
    },
    /// List what is published on a shelf
    Look {
        /// Its web address
        address: String,
    },
}

/// Does the node look by itself?
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// It looks about once a day
    On,
    /// It looks when somebody opens a shelf
    Off,
}

pub(crate) async fn run(
    command: Command,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    match command {
        Command::Export { dir } => export(&dir, client, output).await,
        Command::Follow { address } => {
            let wanted = json!({"address": address});
            let shelf = client.post("/shelves", &wanted).await.context("cannot follow it")?;
            Ok(output.result(&shelf, |shelf| text(shelf, "/address"))?)
        }
        Command::Unfollow { address } => {
            let path = with_query("/shelves", &[("address", address)]);
            let done = client.call(Method::DELETE, &path, Content::Nothing).await;
            done.context("you do not follow a shelf at this address")?;
            output.say("You no longer follow it.");
            Ok(())
        }
        Command::Followed => {
            let all = client.list("/shelves").await.context("cannot list them")?;
            let row = |one: &Value| {
                let at = ["/address", "/looked", "/new", "/changed", "/gone", "/failure"];
                at.map(|at| text(one, at)).to_vec()
            };
            let heading = ["ADDRESS", "LOOKED AT", "NEW", "CHANGED", "GONE", "WHY IT FAILED"];
            Ok(output.list(&all, &heading, row, "You follow no shelf.")?)
        }
        Command::Seen { address } => {
            let wanted = json!({"address": address});
            let done = client.call(Method::POST, "/shelves/seen", Content::Json(&wanted)).await;
            done.context("you do not follow a shelf at this address")?;
            output.say("It is no news any more.");
            Ok(())
        }
        Command::Looks { choice } => {
            let wanted = json!({"looks": choice == Choice::On});
            let done = client.json(Method::PUT, "/shelves/looks", Content::Json(&wanted)).await;
            done.context("cannot change it")?;
            output.say(match choice {
                Choice::On => "The node looks at followed shelves about once a day.",
                Choice::Off => "The node does not look at followed shelves by itself any more.",
            });
            Ok(())
        }
        Command::Look { address } => {
            let path = with_query("/shelves/documents", &[("address", address)]);
            let all = client.list(&path).await.context("cannot look at it")?;
            let row = |one: &Value| {
                ["/title", "/kind", "/version", "/address"].map(|at| text(one, at)).to_vec()
            };
            let heading = ["TITLE", "KIND", "VERSION", "ADDRESS"];
            Ok(output.list(&all, &heading, row, "Nothing is published there.")?)
        }
    }
}

async fn export(dir: &Path, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let target = Target::at(dir)?;
    let cannot = "cannot read the public shelf";
    let listed = client.get("/shelf").await.context(cannot)?;
    let paths = listed.get("files").and_then(Value::as_array).into_iter().flatten();
    let paths: Vec<String> = paths.filter_map(|path| path.as_str().map(str::to_owned)).collect();
    let documents = paths.iter().filter(|path| path.ends_with("/index.html")).count();
    let new = target.begin()?;
    let mut sums = String::new();
    for path in &paths {
        let asked = with_query("/shelf/file", &[("path", path.clone())]);
        let bytes = client.call(Method::GET, &asked, Content::Nothing).await;
        let bytes = bytes.with_context(|| {
            format!(
                "{cannot}: {path} is not there any more. Something was changed meanwhile; try again"
            )
        });
        let written = bytes.and_then(|bytes| {
            write(&new.folder, path, &bytes)?;
            Ok(hex::encode(Sha256::digest(&bytes)))
        });
        sums.push_str(&format!("{}  {path}\n", written?));
    }
    write(&new.folder, SUMS, sums.as_bytes())?;
    target.finish(new)?;
    let done = json!({"folder": target.dir, "documents": documents, "files": paths.len() + 1});
    output.result(&done, |_| {
        let many = web_ui::chrome::count(documents, "document", "documents");
        format!("{many} in {}", target.dir.display())
    })?;
    Ok(())
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let is_plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    anyhow::ensure!(path.split('/').all(is_plain), "{path:?} is no name for a file");
    let file = folder.join(path);
    let made = file.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(&file, bytes))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Where an export goes, and what is there.
struct Target {
    dir: PathBuf,
    parent: PathBuf,
    name: String,
}

/// A folder beside the target in which an export is written; gone if that fails.
struct New {
    folder: PathBuf,
    /// Has it moved to its place?
    is_placed: bool,
}

impl Drop for New {
    fn drop(&mut self) {
        if !self.is_placed {
            // Who runs it again is told if it is still there.
            let _gone = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Target {
    /// Looks at the place, and refuses one that holds anything else than an earlier export.
    fn at(dir: &Path) -> anyhow::Result<Self> {
        // Where a link leads, the folder itself is replaced.
        let dir = fs::canonicalize(dir).or_else(|_| std::path::absolute(dir));
        let dir = dir.context("cannot find the folder's place")?;
        let (Some(parent), Some(name)) = (dir.parent(), dir.file_name().and_then(|n| n.to_str()))
        else {
            anyhow::bail!("{} cannot be the folder of a site. Name another", dir.display());
        };
        let (parent, name) = (parent.to_owned(), name.to_owned());
        let target = Self { dir, parent, name };
        target.check()?;
        Ok(target)
    }

    fn check(&self) -> anyhow::Result<()> {
        let dir = self.dir.display();
        let found = match files(&self.dir) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot look into {dir}")),
        };
        if found.is_empty() {
            return Ok(());
        }
        let ours = earlier(&self.dir).with_context(|| {
            format!("{dir} is not empty, and no earlier export of the shelf. Name another folder")
        })?;
        let foreign = found.iter().find(|path| !ours.contains(path));
        if let Some(foreign) = foreign {
            anyhow::bail!(
                "{dir} holds {foreign}, which no export put there. Move it away, or name another folder"
            );
        }
        Ok(())
    }

    fn beside(&self, what: &str) -> PathBuf {
        self.parent.join(format!(".{}.{what}", self.name))
    }

    /// Makes the folder in which the export is written.
    fn begin(&self) -> anyhow::Result<New> {
        fs::create_dir_all(&self.parent)
            .with_context(|| format!("cannot make {}", self.parent.display()))?;
        let folder = self.beside("new");
        fs::create_dir(&folder).with_context(|| {
            let folder = folder.display();
            format!("cannot make {folder}. If another export is not running, one was cut short: delete that folder and try again")
        })?;
        Ok(New { folder, is_placed: false })
    }

    /// Puts what was written in its place.
    fn finish(&self, mut new: New) -> anyhow::Result<()> {
        let old = self.beside("old");
        let replaced = match fs::rename(&self.dir, &old) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot replace {}", self.dir.display()));
            }
        };
        let placed = fs::rename(&new.folder, &self.dir);
        if placed.is_err() && replaced {
            // What was there is better than nothing.
            let _back = fs::rename(&old, &self.dir);
        }
        placed.with_context(|| format!("cannot write {}", self.dir.display()))?;
        new.is_placed = true;
        if replaced {
            fs::remove_dir_all(&old).with_context(|| {
                format!("the site is in place, but {} cannot be deleted", old.display())
            })?;
        }
        Ok(())
    }
}

/// Returns the files that an earlier export says it wrote.
fn earlier(dir: &Path) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(&fs::read(dir.join(LIST)).ok()?).ok()?;
    let is_ours = list.get("format").and_then(Value::as_str) == Some(FORMAT);
    let sums = fs::read_to_string(dir.join(SUMS)).ok().filter(|_| is_ours)?;
    let files = sums.lines().filter_map(|line| line.split_once("  "));
    Some(files.map(|(_, path)| path.to_owned()).chain([SUMS.to_owned()]).collect())
}

/// Returns the files in a folder, by their paths in it. Empty folders count as files.
fn files(dir: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), String::new())];
    while let Some((folder, before)) = folders.pop() {
        let inside = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        if inside.is_empty() && !before.is_empty() {
            found.push(before);
            continue;
        }
        for entry in inside {
            let path = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(dir: &Path, title: &str) -> anyhow::Result<()> {
        let target = Target::at(dir)?;
        let new = target.begin()?;
        let list = json!({"format": FORMAT, "title": title}).to_string();
        write(&new.folder, LIST, list.as_bytes())?;
        write(&new.folder, "documents/x/index.html", b"x")?;
        let sums = format!("00  {LIST}\n00  documents/x/index.html\n");
        write(&new.folder, SUMS, sums.as_bytes())?;
        target.finish(new)
    }

    #[test]
    fn an_export_replaces_an_earlier_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a/site");
        export(&dir, "one").unwrap();
        export(&dir, "two").unwrap();
        assert!(fs::read_to_string(dir.join(LIST)).unwrap().contains("two"));
        assert_eq!(fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1, "nothing is left over");
        fs::write(dir.join("CNAME"), "example.org").unwrap();
        let refused = export(&dir, "three").unwrap_err().to_string();
        assert!(refused.contains("CNAME"), "{refused}");
        fs::remove_file(dir.join("CNAME")).unwrap();
        fs::create_dir(dir.join("empty")).unwrap();
        assert!(export(&dir, "three").unwrap_err().to_string().contains("empty/"));
        assert!(fs::read_to_string(dir.join(LIST)).unwrap().contains("two"), "it is as it was");
    }

    #[test]
    fn a_folder_of_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "x").unwrap();
        let refused = export(folder.path(), "one").unwrap_err().to_string();
        assert!(refused.contains("not empty"), "{refused}");
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        export(&empty, "one").unwrap();
    }

    #[test]
    fn what_was_cut_short_is_not_taken_for_a_site() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("site");
        let target = Target::at(&dir).unwrap();
        let new = target.begin().unwrap();
        write(&new.folder, LIST, b"{}").unwrap();
        assert!(!dir.exists());
        assert!(target.begin().is_err(), "two at once do not mix");
        drop(new);
        target.begin().unwrap();
        for wrong in ["../x", "/x", "a//b", ".x", "a b"] {
            assert!(write(folder.path(), wrong, b"").is_err(), "{wrong}");
        }
    }
}
