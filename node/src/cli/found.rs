//! Makes a data folder for an organisation: whole, or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use crdt_schema::identity::{Name, PersonId, Sector, Timestamp};
use crdt_schema::key::{NodeKey, OrganizationCard};
use engine::input::Command;
use zeroize::Zeroizing;

use crate::data::{self, DataDir, DataError};
use crate::http::accounts::Account;
use crate::kit::{self, Words};
use crate::running::{Options, Paths, Running, Touch};

/// Who the organisation is, and the first person of this node.
pub(crate) struct Founding {
    pub(crate) words: Words,
    pub(crate) name: Name,
    pub(crate) sector: Sector,
    pub(crate) person: Name,
}

/// Makes the data folder of an organisation's node: keys, certificate, recovery kit and first person.
///
/// All of it is built beside the folder and put in its place by one renaming.
pub(crate) async fn found(
    data: &DataDir,
    founding: &Founding,
    now: Timestamp,
) -> anyhow::Result<OrganizationCard> {
    refuse_used(data)?;
    let building = Building::beside(data.path())?;
    let card = write_identity(&building.data, founding, now)?;
    building.data.api_token()?;
    add_first_person(&building.data, founding.person.clone(), now, None).await?;
    building.finish(data.path())?;
    Ok(card)
}

/// Refuses a folder in which there is something.
pub(crate) fn refuse_used(data: &DataDir) -> Result<(), DataError> {
    match fs::read_dir(data.path()) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                Err(DataError::Used(data.path().to_owned()))
            } else {
                Ok(())
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(data::failed(data.path(), error)),
    }
}

fn write_identity(
    data: &DataDir,
    founding: &Founding,
    now: Timestamp,
) -> anyhow::Result<OrganizationCard> {
    let root = founding.words.root_key();
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).context("the computer gives no random numbers")?;
    let card = root.card(founding.name.clone(), founding.sector);
    let certificate = root.certify(&NodeKey::from_seed(&seed), now);
    data.keep_kit(&kit::page(&founding.words, &card, now))?;
    data.keep_identity(&card, &certificate, &seed)?;
    Ok(card)
}

/// Makes the store, with the node's first person and what else the node is to do first.
pub(crate) async fn add_first_person(
    data: &DataDir,
    name: Name,
    now: Timestamp,
    then: Option<Command>,
) -> anyhow::Result<()> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).context("the computer gives no random numbers")?;
    let account = Account { id: PersonId(id), name, email: None, password: None, created: now };
    let options = Options {
        data: data.clone(),
        http: None,
        listen: Vec::new(),
        touch: Touch::Offline,
        paths: Paths::default(),
    };
    let running = Running::start(options).await.context("cannot make the store")?;
    let mut kept = running.handle().act(account.keep()).await;
    if let (Ok(_), Some(then)) = (&kept, then) {
        kept = running.handle().act(then).await;
    }
    running.stop().await;
    kept.context("cannot add the first person")?;
    Ok(())
}

/// A data folder that is not in its place yet. What is dropped before [`Self::finish`] leaves nothing behind.
pub(crate) struct Building {
    data: DataDir,
}

impl Building {
    pub(crate) fn beside(place: &Path) -> Result<Self, DataError> {
        let place = std::path::absolute(place).map_err(|source| data::failed(place, source))?;
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder: PathBuf = place.with_file_name(format!(".{name}.new-{}", std::process::id()));
        // Of a process that had our number and was killed.
        let _ = fs::remove_dir_all(&folder);
        data::make_private(&folder)?;
        Ok(Self { data: DataDir::new(folder) })
    }

    /// Returns the folder as it is being built.
    pub(crate) const fn data(&self) -> &DataDir {
        &self.data
    }

    pub(crate) fn finish(self, place: &Path) -> anyhow::Result<()> {
        let place = std::path::absolute(place).context("cannot find the data folder's place")?;
        let moved =
            fs::rename(self.data.path(), &place).map_err(|source| data::failed(&place, source));
        moved.context(
            "cannot put the data folder in its place. Name a folder inside it with --data",
        )?;
        if let Some(parent) = place.parent() {
            data::sync_folder(parent).map_err(|source| data::failed(parent, source))?;
        }
        Ok(())
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        // After the renaming there is nothing here to remove.
        let _ = fs::remove_dir_all(self.data.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn founding() -> Founding {
        Founding {
            words: Words::draw().unwrap(),
            name: "Open Door".parse().unwrap(),
            sector: Sector::Vcs,
            person: "Sam Ali".parse().unwrap(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[tokio::test]
    async fn an_organization_has_a_kit_that_gives_the_same_did_key() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::new(parent.path().join("node"));
        let card = found(&data, &founding(), Timestamp(1)).await.unwrap();
        assert_eq!(names(parent.path()), ["node"]);
        assert_eq!(data.identity().unwrap().card, card);

        let page = data.read_kit().unwrap().unwrap();
        let kit = kit::read_page(std::str::from_utf8(&page).unwrap()).ok().unwrap();
        assert_eq!(kit.words.root_key().id(), card.organization);
    }

    #[tokio::test]
    async fn a_used_folder_is_refused_and_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::new(parent.path().join("node"));
        fs::create_dir(data.path()).unwrap();
        fs::write(data.path().join("holiday.jpg"), "x").unwrap();
        assert!(found(&data, &founding(), Timestamp(1)).await.is_err());
        assert_eq!(
            (names(parent.path()), names(data.path())),
            (vec!["node".to_owned()], vec!["holiday.jpg".to_owned()])
        );
    }

    #[tokio::test]
    async fn a_founding_that_fails_leaves_nothing_half_made() {
        let parent = tempfile::tempdir().unwrap();
        // A file stands where the folder should go.
        let data = DataDir::new(parent.path().join("file"));
        let building = Building::beside(data.path()).unwrap();
        write_identity(&building.data, &founding(), Timestamp(1)).unwrap();
        fs::write(data.path(), "x").unwrap();
        assert!(building.finish(data.path()).is_err());
        assert_eq!(names(parent.path()), ["file"]);
    }
}
