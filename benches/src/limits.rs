//! What no program on this machine can be better than: the disk's own sync, and bare signature checks on all cores.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use crdt_schema::key::NodeKey;
use ed25519_dalek::{Signature, VerifyingKey};

use crate::clock::{milliseconds, now};

/// A file to which pieces are appended, each synced.
#[derive(Debug)]
pub struct RawFile(File);

impl RawFile {
    /// Makes the file.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn create(folder: &Path) -> Result<Self> {
        File::create(folder.join("raw")).map(Self).context("making a file")
    }

    /// Appends so many bytes and syncs them; returns how long that took.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn append(&mut self, bytes: usize) -> Result<Duration> {
        let piece = vec![0xa5; bytes];
        let begin = now();
        self.0.write_all(&piece).context("writing")?;
        self.0.sync_data().context("syncing")?;
        Ok(begin.elapsed())
    }
}

/// Returns the milliseconds that each of so many appended and synced pieces took.
///
/// # Errors
/// If the disk refuses.
pub fn syncs(folder: &Path, count: usize, bytes: usize) -> Result<Vec<f64>> {
    let mut file = RawFile::create(folder)?;
    (0..count).map(|_| file.append(bytes).map(milliseconds)).collect()
}

/// Returns how many signatures over so many bytes all cores together check strictly in a second.
///
/// # Errors
/// If a signature does not hold, which would be a mistake here.
pub fn verifications(count: usize, bytes: usize) -> Result<f64> {
    let key = NodeKey::from_seed(&[7; 32]);
    let public = VerifyingKey::from_bytes(key.id().as_bytes()).context("a key")?;
    let signed: Vec<(Vec<u8>, Signature)> = (0..count.min(256))
        .map(|number| {
            let message = [number.to_be_bytes().to_vec(), vec![0x5a; bytes]].concat();
            // What is signed begins with its purpose.
            let whole = [b"bench\0".to_vec(), message.clone()].concat();
            (whole, Signature::from_bytes(&key.sign("bench", &message).0))
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let begin = now();
    let good: usize = std::thread::scope(|scope| {
        let check = || {
            let pieces = signed.iter().cycle().take(count);
            pieces.filter(|(bytes, word)| public.verify_strict(bytes, word).is_ok()).count()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(check)).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
    });
    let took = begin.elapsed().as_secs_f64();
    ensure!(good == count * threads, "{good} of {} signatures hold", count * threads);
    #[expect(clippy::cast_precision_loss, reason = "far below what a float holds")]
    Ok(good as f64 / took)
}

#[cfg(test)]
mod tests {
    #[test]
    fn bare_signatures_hold() {
        assert!(super::verifications(4, 300).unwrap() > 0.0);
    }
}
