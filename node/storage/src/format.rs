//! The format of a data folder: one number for all that is in it, so that an older program leaves a newer folder alone.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::OpenStore;

/// The format that this program writes. Raised by every change that a program of an earlier format would misread.
pub const FORMAT: u32 = 1;
const NAME: &str = "format";
const WORDS: &str = "fingerpost data folder, format ";

/// Makes a data folder one of this format, or refuses a newer one.
pub(crate) fn take_up(dir: &Path) -> Result<(), OpenStore> {
    match read(&dir.join(NAME)).map_err(OpenStore::Folder)? {
        Some(found) if found > FORMAT => Err(OpenStore::Newer { found }),
        Some(FORMAT) => Ok(()),
        // Format 1 is the first. The steps from one format to the next go here, oldest first, each ending with its number
        // written. A folder without a number is new, or its number is damaged: the journal's segments carry theirs.
        Some(_) | None => write(dir, FORMAT).map_err(OpenStore::Folder),
    }
}

/// Returns the number in a format file; `None` if there is no such file, or no number in it.
fn read(path: &Path) -> io::Result<Option<u32>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(1_000).read_to_end(&mut bytes)?;
    let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix(WORDS));
    Ok(number.and_then(|number| number.trim().parse().ok()))
}

fn write(dir: &Path, format: u32) -> io::Result<()> {
    let unfinished = dir.join(".format.new");
    let mut file = File::create(&unfinished)?;
    file.write_all(format!("{WORDS}{format}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, dir.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[test]
    fn a_newer_folder_is_refused_with_a_sentence_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        assert_eq!(fs::read_to_string(folder.path().join(NAME)).unwrap(), format!("{WORDS}1\n"));
        drop(Store::open(folder.path()).unwrap());

        fs::write(folder.path().join(NAME), format!("{WORDS}2\n")).unwrap();
        let journal = folder.path().join("journal/00000000.journal");
        let before = fs::read(&journal).unwrap();
        let refused = Store::open(folder.path()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, OpenStore::Newer { found: 2 }));
        assert!(refused.to_string().contains("newer version of this program"), "{refused}");
        assert_eq!(fs::read(&journal).unwrap(), before);
        assert_eq!(read(&folder.path().join(NAME)).unwrap(), Some(2));
    }

    #[test]
    fn a_damaged_number_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "fingerpost data folder, format x", "\u{1}\u{2}"] {
            fs::write(folder.path().join(NAME), text).unwrap();
            drop(Store::open(folder.path()).unwrap());
            assert_eq!(read(&folder.path().join(NAME)).unwrap(), Some(FORMAT));
        }
    }
}
