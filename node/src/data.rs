//! [`DataDir`]: the folder that holds everything one node keeps.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crdt_schema::codec;
use crdt_schema::identity::DocumentId;
use crdt_schema::key::{NodeCertificate, NodeKey, OrganizationCard};
use engine::Identity;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const IDENTITY: &str = "identity.cbor";
const KEYS: &str = "keys";
const NODE_KEY: &str = "node.key";
const API_TOKEN: &str = "api-token";
const KIT: &str = "recovery-kit.html";
const SERVING: &str = "node.json";
const SETTINGS: &str = "settings.json";
const UPSTREAM: &str = "upstream";
/// The small files that a backup holds, in its order.
const SMALL_FILES: [&str; 4] = [IDENTITY, "keys/node.key", API_TOKEN, SETTINGS];
/// A small file's name, and what is in it.
pub(crate) type SmallFile = (&'static str, Zeroizing<Vec<u8>>);
/// Far more than any of the small files takes.
const FILE_BYTES: u64 = 256 * 1024;

/// The folder that holds everything one node keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataDir(PathBuf);

/// Choices that must stay the same from start to start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// libp2p addresses to listen on, chosen at the first start: invites carry them.
    #[serde(default)]
    pub(crate) listen: Vec<String>,
}

/// Where the node that runs on this folder answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Serving {
    /// The address of its pages and API.
    pub(crate) http: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error(
        "there is no organisation in {0}. Make one with \"fingerpost init\", add this computer to one with \"fingerpost node join\", bring one back with \"fingerpost recover\", or name its folder with --data"
    )]
    Empty(PathBuf),
    #[error("{0} is already in use. Choose another folder with --data")]
    Used(PathBuf),
    #[error(
        "{0} is damaged. Put it back from a backup, or bring the organisation back with \"fingerpost recover\" in another folder"
    )]
    Damaged(PathBuf),
    #[error("cannot use {path}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl DataDir {
    /// Names a folder; nothing is read or made.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Does an organisation live here?
    pub(crate) fn is_used(&self) -> bool {
        self.0.join(IDENTITY).exists()
    }

    /// Returns who this node is.
    pub(crate) fn identity(&self) -> Result<Identity, DataError> {
        let path = self.0.join(IDENTITY);
        let Some(bytes) = read(&path)? else { return Err(DataError::Empty(self.0.clone())) };
        let (card, certificate): (OrganizationCard, NodeCertificate) =
            codec::decode(&bytes, bytes.len()).map_err(|_| DataError::Damaged(path.clone()))?;
        let key = NodeKey::from_seed(&*self.node_seed()?);
        let agree = certificate.node == key.id() && certificate.organization == card.organization;
        if agree && card.is_true() && certificate.is_true() {
            Ok(Identity { card, certificate, key })
        } else {
            Err(DataError::Damaged(path))
        }
    }

    /// Keeps a file in which another copy of a document has come further, in place of the one before.
    pub(crate) fn keep_upstream(
        &self,
        document: &DocumentId,
        file: &[u8],
    ) -> Result<(), DataError> {
        let folder = self.0.join(UPSTREAM);
        make_private(&folder)?;
        write(&folder.join(format!("{document}.json")), file)
    }

    /// Returns the file that was kept last.
    pub(crate) fn upstream(&self, document: &DocumentId) -> Result<Option<Vec<u8>>, DataError> {
        let path = self.0.join(UPSTREAM).join(format!("{document}.json"));
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DataError::Io { path, source }),
        }
    }

    /// Returns the secret of the node's key.
    pub(crate) fn node_seed(&self) -> Result<Zeroizing<[u8; 32]>, DataError> {
        let path = self.0.join(KEYS).join(NODE_KEY);
        let seed = read(&path)?.ok_or_else(|| DataError::Damaged(path.clone()))?;
        seed.as_slice().try_into().map(Zeroizing::new).map_err(|_| DataError::Damaged(path))
    }

    /// Writes who this node is. The identity comes last: without it the folder does not count as used.
    pub(crate) fn keep_identity(
        &self,
        card: &OrganizationCard,
        certificate: &NodeCertificate,
        seed: &[u8; 32],
    ) -> Result<(), DataError> {
        make_private(&self.0)?;
        make_private(&self.0.join(KEYS))?;
        write(&self.0.join(KEYS).join(NODE_KEY), seed)?;
        write(&self.0.join(IDENTITY), &codec::encode(&(card, certificate)))
    }

    /// Returns the secret that lets this computer's programs use the API; makes it at first need.
    pub(crate) fn api_token(&self) -> Result<String, DataError> {
        let path = self.0.join(API_TOKEN);
        if let Some(bytes) = read(&path)? {
            let token =
                std::str::from_utf8(&bytes).map_err(|_| DataError::Damaged(path.clone()))?.trim();
            return if token.len() >= 32 {
                Ok(token.to_owned())
            } else {
                Err(DataError::Damaged(path))
            };
        }
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|source| failed(&path, io::Error::other(source)))?;
        let token = hex::encode(*bytes);
        write(&path, format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    /// Returns where the recovery kit is, or was.
    pub(crate) fn kit(&self) -> PathBuf {
        self.0.join(KIT)
    }

    /// Returns the recovery kit, unless it was deleted.
    pub(crate) fn read_kit(&self) -> Result<Option<Zeroizing<Vec<u8>>>, DataError> {
        read(&self.kit())
    }

    /// Keeps the recovery kit until somebody has put it in a safe place.
    pub(crate) fn keep_kit(&self, page: &str) -> Result<(), DataError> {
        write(&self.kit(), page.as_bytes())
    }

    /// Deletes the recovery kit; that it is gone already is no error.
    pub(crate) fn delete_kit(&self) -> Result<(), DataError> {
        remove(&self.kit())
    }

    /// Returns the settings; none yet is the default.
    pub(crate) fn settings(&self) -> Result<Settings, DataError> {
        let path = self.0.join(SETTINGS);
        let Some(bytes) = read(&path)? else { return Ok(Settings::default()) };
        serde_json::from_slice(&bytes).map_err(|_| DataError::Damaged(path))
    }

    /// Keeps the settings.
    pub(crate) fn keep_settings(&self, settings: &Settings) -> Result<(), DataError> {
        self.write_json(SETTINGS, settings)
    }

    /// Returns where the node that runs on this folder said it answers; it may have been killed since.
    pub(crate) fn serving(&self) -> Option<Serving> {
        serde_json::from_slice(&read(&self.0.join(SERVING)).ok()??).ok()
    }

    /// Says to this computer's programs where the node answers.
    pub(crate) fn announce(&self, http: SocketAddr) -> Result<(), DataError> {
        self.write_json(SERVING, &Serving { http, pid: std::process::id() })
    }

    /// Takes back what [`Self::announce`] said.
    pub(crate) fn withdraw(&self) -> Result<(), DataError> {
        remove(&self.0.join(SERVING))
    }

    /// Returns the names of files that were being written when something ended.
    pub(crate) fn unfinished(&self) -> Result<Vec<String>, DataError> {
        let mut names = Vec::new();
        for folder in ["", KEYS] {
            let path = self.0.join(folder);
            let found = fs::read_dir(&path).map_err(|source| failed(&path, source))?;
            for entry in found {
                let name = entry.map_err(|source| failed(&path, source))?.file_name();
                let name = name.to_string_lossy();
                if name.starts_with('.') && name.ends_with(".new") {
                    names.push(Path::new(folder).join(&*name).to_string_lossy().into_owned());
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Deletes what was being written when something ended. It was never in its place, so nobody was told that it is.
    pub(crate) fn remove_unfinished(&self) -> Result<(), DataError> {
        self.unfinished()?.iter().try_for_each(|name| remove(&self.0.join(name)))
    }

    /// Returns the small files that a backup holds. The recovery kit is not among them: it belongs on paper.
    pub(crate) fn small_files(&self) -> Result<Vec<SmallFile>, DataError> {
        let mut files = Vec::new();
        for name in SMALL_FILES {
            if let Some(bytes) = read(&self.0.join(name))? {
                files.push((name, bytes));
            }
        }
        Ok(files)
    }

    /// Puts back a small file from a backup; returns whether it is one.
    pub(crate) fn restore_file(&self, name: &str, bytes: &[u8]) -> Result<bool, DataError> {
        let Some(name) = SMALL_FILES.into_iter().find(|known| *known == name) else {
            return Ok(false);
        };
        let path = self.0.join(name);
        path.parent().map_or(Ok(()), make_private)?;
        write(&path, bytes)?;
        Ok(true)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), DataError> {
        let path = self.0.join(name);
        let bytes =
            serde_json::to_vec_pretty(value).map_err(|source| failed(&path, source.into()))?;
        write(&path, &bytes)
    }
}

/// Makes a folder that only this account can look into, with its parents.
pub(crate) fn make_private(path: &Path) -> Result<(), DataError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| failed(path, source))?;
    // It may have been there before, open to all.
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .map_err(|source| failed(path, source))?;
    Ok(())
}

/// Writes a file that only this account can read: whole or not at all, also when the power fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed(path, io::ErrorKind::InvalidInput.into()));
    };
    let unfinished = folder.join(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&unfinished)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path))
        .and_then(|()| sync_folder(folder));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written.map_err(|source| failed(path, source))
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Other systems cannot open a folder, and keep its names in order by themselves.
    if cfg!(unix) {
        // A relative path of one part has the parent "".
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Reads a small file, which may hold a secret; `None` if there is none.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DataError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.take(FILE_BYTES).read_to_end(&mut bytes).map_err(|source| failed(path, source))?;
    Ok(Some(bytes))
}

fn remove(path: &Path) -> Result<(), DataError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

pub(crate) fn failed(path: &Path, source: io::Error) -> DataError {
    DataError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crdt_schema::identity::{Sector, Timestamp};
    use crdt_schema::key::RootKey;

    fn folder() -> (tempfile::TempDir, DataDir) {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("node"));
        (folder, data)
    }

    fn founded() -> (tempfile::TempDir, DataDir) {
        let (folder, data) = folder();
        let root = RootKey::from_seed(&[1; 32]);
        let card = root.card("Open Door".parse().unwrap(), Sector::Vcs);
        let certificate = root.certify(&NodeKey::from_seed(&[2; 32]), Timestamp(3));
        data.keep_identity(&card, &certificate, &[2; 32]).unwrap();
        (folder, data)
    }

    #[test]
    fn an_identity_comes_back_as_it_was_kept() {
        let (_folder, data) = founded();
        let identity = data.identity().unwrap();
        assert_eq!(identity.card.name.as_str(), "Open Door");
        assert_eq!(identity.certificate.node, identity.key.id());
    }

    #[test]
    fn an_empty_folder_is_told_from_a_damaged_one() {
        let (_folder, data) = folder();
        assert!(!data.is_used());
        assert!(matches!(data.identity(), Err(DataError::Empty(_))));

        let (_folder, data) = founded();
        assert!(data.is_used());
        write(&data.path().join(KEYS).join(NODE_KEY), &[9; 32]).unwrap();
        assert!(
            matches!(data.identity(), Err(DataError::Damaged(_))),
            "a key that was not certified"
        );
        write(&data.path().join(KEYS).join(NODE_KEY), &[2; 31]).unwrap();
        assert!(matches!(data.identity(), Err(DataError::Damaged(_))), "a key cut short");
    }

    #[test]
    fn the_token_stays_and_a_withdrawn_address_is_gone() {
        let (_folder, data) = founded();
        assert_eq!(data.api_token().unwrap(), data.api_token().unwrap());
        data.announce("127.0.0.1:4890".parse().unwrap()).unwrap();
        assert_eq!(data.serving().unwrap().http.port(), 4890);
        data.withdraw().unwrap();
        data.withdraw().unwrap();
        assert_eq!(data.serving(), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_is_kept() {
        use std::os::unix::fs::PermissionsExt as _;

        let (_folder, data) = founded();
        data.api_token().unwrap();
        data.keep_kit("<!doctype html>").unwrap();
        data.keep_settings(&Settings::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(data.path()), 0o700);
        assert_eq!(mode(&data.path().join(KEYS)), 0o700);
        for file in [&format!("{KEYS}/{NODE_KEY}"), API_TOKEN, KIT, SETTINGS, IDENTITY] {
            assert_eq!(mode(&data.path().join(file)), 0o600, "{file}");
        }
    }

    #[test]
    fn nothing_unfinished_is_left_beside_a_file() {
        let (_folder, data) = founded();
        data.keep_settings(&Settings { listen: vec!["/ip4/127.0.0.1/tcp/4891".to_owned()] })
            .unwrap();
        assert_eq!(data.settings().unwrap().listen.len(), 1);
        let names: Vec<String> = fs::read_dir(data.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".new"))
            .collect();
        assert_eq!(names, Vec::<String>::new());
    }
}
