//! The persons of this node: who they are and how they prove it.

use std::collections::BTreeMap;
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use crdt_schema::identity::{Name, PersonId, Timestamp};
use crdt_schema::key::Person;
use engine::input::Command;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::handle::{ActError, Handle, Stopped};

/// The keys of accounts among the node's own records start with this.
pub(crate) const PREFIX: &str = "person/";
/// Shorter passwords are guessed too fast.
pub(crate) const PASSWORD_LETTERS: usize = web_ui::forms::PASSWORD_MIN;
/// Protects the hash's time: bytes of one password.
const PASSWORD_BYTES: usize = web_ui::forms::PASSWORD_MAX;
/// Protects memory: one argon2id run takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// Wrong passwords in a row that cost nothing.
const FREE_TRIES: u32 = 5;
/// Protects memory: names whose wrong passwords are counted.
const NAMES_COUNTED: usize = 1_000;

/// A member of staff who can use this node.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: PersonId,
    pub(crate) name: Name,
    #[serde(default)]
    pub(crate) email: Option<String>,
    /// A password's argon2id hash as a PHC string; nothing until one is chosen.
    #[serde(default)]
    pub(crate) password: Option<String>,
    pub(crate) created: Timestamp,
}

impl Account {
    /// Returns the key that the account is kept under.
    pub(crate) fn key(id: &PersonId) -> String {
        format!("{PREFIX}{id}")
    }

    /// Returns the person as envelopes name them.
    pub(crate) fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone() }
    }

    /// Returns the command that keeps the account as it is.
    pub(crate) fn keep(&self) -> Command {
        let value = serde_json::to_vec(self).unwrap_or_default();
        Command::Keep { key: Self::key(&self.id), value: Some(value) }
    }
}

/// Returns the accounts, the oldest first.
pub(crate) async fn all(handle: &Handle) -> Result<Vec<Account>, Stopped> {
    let records = handle.read(|node| node.locals(PREFIX)).await?;
    let mut accounts: Vec<Account> =
        records.iter().filter_map(|(_, bytes)| serde_json::from_slice(bytes).ok()).collect();
    accounts.sort_by_key(|account| (account.created, account.id));
    Ok(accounts)
}

/// Returns one account.
pub(crate) async fn find(handle: &Handle, id: &PersonId) -> Result<Option<Account>, Stopped> {
    let key = Account::key(id);
    let bytes = handle.read(move |node| node.local(&key)).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error(
        "the name or the password is wrong. Try again, or ask a colleague to make you a new start link"
    )]
    Wrong,
    #[error("too many wrong passwords. Wait {0} seconds and try again")]
    Throttled(u64),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why a password cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("password must be {PASSWORD_LETTERS} characters or more")]
    Short,
    #[error("password must be {PASSWORD_BYTES} characters or less")]
    Long,
    #[error("the password could not be kept. Try again")]
    Failed,
    #[error(transparent)]
    Act(#[from] ActError),
}

/// Checks passwords, a few at a time, and slows down who guesses.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// By name: wrong passwords in a row, and when the last one came.
    wrong: std::sync::Mutex<BTreeMap<String, (u32, Timestamp)>>,
    /// The hash of a password that nobody has, so that a name without an account takes as long as one with.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let decoy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        Self {
            turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            wrong: <_>::default(),
            decoy: decoy.to_owned(),
        }
    }

    /// Returns the account whose name and password these are.
    pub(crate) async fn sign_in(
        &self,
        handle: &Handle,
        name: &str,
        password: String,
        now: Timestamp,
    ) -> Result<Account, SignInError> {
        let name = name.trim().to_lowercase();
        self.wait(&name, now)?;
        let accounts = all(handle).await?;
        // Two people may have one name: the password tells which of them it is.
        let mut named: Vec<Account> = accounts
            .into_iter()
            .filter(|account| account.name.as_str().to_lowercase() == name)
            .collect();
        named.retain(|account| account.password.is_some());
        let hashes: Vec<String> =
            named.iter().filter_map(|account| account.password.clone()).collect();
        let hashes = if hashes.is_empty() { vec![self.decoy.clone()] } else { hashes };
        let right = self
            .run(move || hashes.iter().position(|hash| verify(hash, &password)))
            .await
            .flatten();
        let account = right.and_then(|index| named.into_iter().nth(index));
        self.count(&name, account.is_some(), now);
        account.ok_or(SignInError::Wrong)
    }

    /// Asks somebody who is signed in for the password again.
    pub(crate) async fn check_again(
        &self,
        account: &Account,
        password: String,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let name = account.name.as_str().to_lowercase();
        self.wait(&name, now)?;
        let hash = account.password.clone().unwrap_or_else(|| self.decoy.clone());
        let is_right = self.run(move || verify(&hash, &password)).await.unwrap_or(false);
        self.count(&name, is_right, now);
        if is_right { Ok(()) } else { Err(SignInError::Wrong) }
    }

    /// Gives the account a password, durably.
    pub(crate) async fn choose(
        &self,
        handle: &Handle,
        account: &mut Account,
        password: String,
    ) -> Result<(), PasswordError> {
        if password.chars().count() < PASSWORD_LETTERS {
            return Err(PasswordError::Short);
        }
        if password.len() > PASSWORD_BYTES {
            return Err(PasswordError::Long);
        }
        let hash = self.run(move || hash(&password)).await.flatten();
        account.password = Some(hash.ok_or(PasswordError::Failed)?);
        handle.act(account.keep()).await?;
        Ok(())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .ok()
    }

    fn wait(&self, name: &str, now: Timestamp) -> Result<(), SignInError> {
        let wrong = self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some((count, last)) = wrong.get(name) else { return Ok(()) };
        // 2 seconds after the first try too many, then twice as long each time, up to about a quarter of an hour.
        let Some(extra) = count.checked_sub(FREE_TRIES) else { return Ok(()) };
        let pause = 2_000_u64 << extra.min(9);
        let passed = now.0.saturating_sub(last.0);
        if passed >= pause {
            Ok(())
        } else {
            Err(SignInError::Throttled((pause - passed).div_ceil(1_000)))
        }
    }

    fn count(&self, name: &str, is_right: bool, now: Timestamp) {
        let mut wrong = self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if is_right {
            wrong.remove(name);
            return;
        }
        if wrong.len() >= NAMES_COUNTED && !wrong.contains_key(name) {
            let oldest =
                wrong.iter().min_by_key(|(_, (_, last))| *last).map(|(name, _)| name.clone());
            oldest.and_then(|name| wrong.remove(&name));
        }
        let (count, last) = wrong.entry(name.to_owned()).or_insert((0, now));
        *count = count.saturating_add(1);
        *last = now;
    }
}

fn hash(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_that_was_hashed_is_right() {
        let kept = hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify(&kept, "correct horse"));
        for wrong in ["", "correct hors", "correct horse "] {
            assert!(!verify(&kept, wrong), "{wrong:?}");
        }
        assert!(!verify(&Passwords::new().decoy, ""));
        assert!(
            PasswordHash::new(&Passwords::new().decoy).is_ok(),
            "the decoy takes as long as a real one"
        );
    }

    #[test]
    fn who_guesses_waits_longer_each_time_and_others_do_not() {
        let passwords = Passwords::new();
        let mut now = Timestamp(1_000_000);
        for _ in 0..FREE_TRIES {
            assert!(passwords.wait("sam ali", now).is_ok());
            passwords.count("sam ali", false, now);
        }
        assert!(matches!(passwords.wait("sam ali", now), Err(SignInError::Throttled(2))));
        assert!(passwords.wait("priya shah", now).is_ok());
        now.0 += 2_000;
        assert!(passwords.wait("sam ali", now).is_ok());
        passwords.count("sam ali", false, now);
        assert!(matches!(passwords.wait("sam ali", now), Err(SignInError::Throttled(4))));
        passwords.count("sam ali", true, now);
        assert!(passwords.wait("sam ali", now).is_ok());
    }

    #[test]
    fn the_count_of_wrong_passwords_is_bounded() {
        let passwords = Passwords::new();
        for number in 0..2 * NAMES_COUNTED as u64 {
            passwords.count(&number.to_string(), false, Timestamp(number));
        }
        assert_eq!(passwords.wrong.lock().unwrap().len(), NAMES_COUNTED);
    }
}
