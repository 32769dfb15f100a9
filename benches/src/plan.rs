//! [`Plan`]: how large a run is, and where its things are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// How large the jobs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scale {
    /// Only to see that a job works.
    Tiny,
    /// Minutes for all jobs.
    Small,
    /// The sizes that `docs/performance.md` speaks of.
    Full,
}

impl Scale {
    /// Returns the one of three that fits.
    #[must_use]
    pub const fn of<T: Copy>(self, tiny: T, small: T, full: T) -> T {
        match self {
            Self::Tiny => tiny,
            Self::Small => small,
            Self::Full => full,
        }
    }
}

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Plan {
    pub scale: Scale,
    /// The `fingerpost` program.
    pub program: PathBuf,
    /// What `peers/install` made; without it no peers stand beside.
    pub peers: Option<PathBuf>,
    /// On the disk that is measured.
    pub work: PathBuf,
}

impl Plan {
    /// Finds the program beside this one and the peers in the target folder.
    ///
    /// # Errors
    /// If the program was not built.
    pub fn find(scale: Scale, peers: Option<PathBuf>) -> Result<Self> {
        let own = std::env::current_exe().context("finding this program")?;
        let beside = own.ancestors().skip(1).find(|folder| folder.join("fingerpost").is_file());
        let folder =
            beside.context("build the program first: cargo build --release -p fingerpost")?;
        let target = folder.parent().unwrap_or(folder);
        let peers = peers.unwrap_or_else(|| target.join("peers"));
        let work = target.join("bench-work");
        std::fs::create_dir_all(&work).context("making a folder to work in")?;
        Ok(Self {
            scale,
            program: folder.join("fingerpost"),
            peers: peers.join("jobs.mjs").is_file().then_some(peers),
            work,
        })
    }

    /// Returns a fresh folder on the disk that is measured; deleted when dropped.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn folder(&self) -> Result<TempDir> {
        TempDir::with_prefix_in("bench-", &self.work).context("making a folder to work in")
    }
}

/// Returns a path as text.
///
/// # Errors
/// If it is none.
pub fn text(path: &Path) -> Result<&str> {
    let text = path.to_str().context("a path that is no text")?;
    ensure!(!text.is_empty(), "an empty path");
    Ok(text)
}
