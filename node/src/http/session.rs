//! Who sits at the browser: sessions, and the one-time links that start them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crdt_schema::identity::{PersonId, Timestamp};
use engine::input::Command;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::handle::{ActError, Handle, Stopped};

/// The keys of sessions among the node's own records start with this; what follows is the hash of the cookie's value.
const PREFIX: &str = "session/";
const START_LINK_MILLISECONDS: u64 = 10 * 60 * 1_000;
const SESSION_MILLISECONDS: u64 = 14 * 24 * 60 * 60 * 1_000;
/// Protects memory: links that were made and not used.
const START_LINKS: usize = 100;

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) person: PersonId,
    /// What its forms carry, so that a page of another site cannot make one up.
    pub(crate) form_token: String,
    pub(crate) created: Timestamp,
}

/// The sessions and start links of this node. Of each secret only the hash is kept.
#[derive(Default)]
pub(crate) struct Sessions {
    known: Mutex<BTreeMap<String, Session>>,
    /// By the hash of the token: when the link ends, and whether it was used.
    starts: Mutex<BTreeMap<String, (Timestamp, bool)>>,
}

/// What is known of a start link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartLink {
    Good,
    /// This node did not make it, or does not remember it.
    Unknown,
    Used,
    Ended,
}

impl Session {
    /// Does a form carry this session's token?
    pub(crate) fn is_own_form(&self, token: &str) -> bool {
        bool::from(self.form_token.as_bytes().ct_eq(token.as_bytes()))
    }
}

impl Sessions {
    /// Makes a link's token that starts one session within ten minutes.
    pub(crate) fn make_start(&self, now: Timestamp) -> Result<String, getrandom::Error> {
        let token = secret()?;
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        while starts.len() >= START_LINKS {
            let oldest =
                starts.iter().min_by_key(|(_, (ends, _))| *ends).map(|(hash, _)| hash.clone());
            oldest.and_then(|hash| starts.remove(&hash));
        }
        starts.insert(
            hash(&token),
            (Timestamp(now.0.saturating_add(START_LINK_MILLISECONDS)), false),
        );
        Ok(token)
    }

    /// Says whether this token could start a session now; uses nothing up.
    pub(crate) fn look_at_start(&self, token: &str, now: Timestamp) -> StartLink {
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        match starts.get(&hash(token)) {
            None => StartLink::Unknown,
            Some((_, true)) => StartLink::Used,
            Some((ends, false)) if *ends <= now => StartLink::Ended,
            Some((_, false)) => StartLink::Good,
        }
    }

    /// Uses up a start link's token, if it is good.
    pub(crate) fn use_start(&self, token: &str, now: Timestamp) -> StartLink {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        match starts.get_mut(&hash(token)) {
            None => StartLink::Unknown,
            Some((_, true)) => StartLink::Used,
            Some((ends, false)) if *ends <= now => StartLink::Ended,
            Some((_, used)) => {
                *used = true;
                StartLink::Good
            }
        }
    }

    /// Starts a session and returns the cookie's value.
    pub(crate) async fn begin(
        &self,
        handle: &Handle,
        person: PersonId,
        now: Timestamp,
    ) -> Result<String, BeginError> {
        let value = secret()?;
        let session = Session { person, form_token: secret()?, created: now };
        let key = format!("{PREFIX}{}", hash(&value));
        let bytes = serde_json::to_vec(&session).unwrap_or_default();
        handle.act(Command::Keep { key: key.clone(), value: Some(bytes) }).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, session);
        Ok(value)
    }

    /// Returns the session of a cookie's value, unless it ended.
    pub(crate) async fn find(
        &self,
        handle: &Handle,
        value: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, Stopped> {
        let key = format!("{PREFIX}{}", hash(value));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let session = match known {
            Some(session) => Some(session),
            None => {
                let wanted = key.clone();
                let bytes = handle.read(move |node| node.local(&wanted)).await?;
                let session: Option<Session> =
                    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                if let Some(session) = &session {
                    self.known
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(key, session.clone());
                }
                session
            }
        };
        Ok(session.filter(|session| now.0.saturating_sub(session.created.0) < SESSION_MILLISECONDS))
    }

    /// Returns when each person started their newest session.
    pub(crate) async fn last_begun(
        &self,
        handle: &Handle,
    ) -> Result<BTreeMap<PersonId, Timestamp>, Stopped> {
        let records = handle.read(|node| node.locals(PREFIX)).await?;
        let mut begun = BTreeMap::new();
        for session in
            records.iter().filter_map(|(_, bytes)| serde_json::from_slice::<Session>(bytes).ok())
        {
            let newest = begun.entry(session.person).or_insert(session.created);
            *newest = session.created.max(*newest);
        }
        Ok(begun)
    }

    /// Ends the session of a cookie's value.
    pub(crate) async fn end(&self, handle: &Handle, value: &str) -> Result<(), ActError> {
        let key = format!("{PREFIX}{}", hash(value));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        handle.act(Command::Keep { key, value: None }).await.map(|_| ())
    }

    /// Ends all sessions of a person.
    pub(crate) async fn end_all(&self, handle: &Handle, person: PersonId) -> Result<(), ActError> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, session| session.person != person);
        let records =
            handle.read(|node| node.locals(PREFIX)).await.map_err(|_| ActError::Stopped)?;
        for (key, bytes) in records {
            let is_theirs = serde_json::from_slice(&bytes)
                .is_ok_and(|session: Session| session.person == person);
            if is_theirs {
                handle.act(Command::Keep { key, value: None }).await?;
            }
        }
        Ok(())
    }
}

/// Why a session could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    #[error("the computer gives no random numbers")]
    Chance(#[from] getrandom::Error),
    #[error(transparent)]
    Act(#[from] ActError),
}

/// Returns the cookie's name. Browsers send cookies to every port of a name: each node needs its own.
pub(crate) fn cookie_name(port: u16) -> String {
    format!("fingerpost-{port}")
}

/// Returns the header that gives the browser its session.
pub(crate) fn cookie(port: u16, value: &str) -> String {
    let seconds = SESSION_MILLISECONDS / 1_000;
    format!("{}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}", cookie_name(port))
}

/// Returns the header that takes the session from the browser.
pub(crate) fn no_cookie(port: u16) -> String {
    format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", cookie_name(port))
}

/// Returns the value of a cookie of a request.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Returns 32 random bytes as text.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_link_works_once_and_for_ten_minutes() {
        let sessions = Sessions::default();
        let made = Timestamp(5);
        let token = sessions.make_start(made).unwrap();
        for _ in 0..2 {
            assert_eq!(
                sessions.look_at_start(&token, made),
                StartLink::Good,
                "looking uses nothing up"
            );
        }
        assert_eq!(sessions.use_start("another", made), StartLink::Unknown);
        assert_eq!(sessions.use_start(&token, made), StartLink::Good);
        assert_eq!(sessions.use_start(&token, made), StartLink::Used);

        let late = sessions.make_start(made).unwrap();
        assert_eq!(
            sessions.use_start(&late, Timestamp(made.0 + START_LINK_MILLISECONDS)),
            StartLink::Ended
        );
    }

    #[test]
    fn the_cookie_is_found_among_others_of_the_same_name_space() {
        let mut headers = HeaderMap::new();
        headers
            .append("cookie", "a=1; fingerpost-80=wrong; fingerpost-8080=right".parse().unwrap());
        assert_eq!(cookie_value(&headers, &cookie_name(8080)), Some("right"));
        assert_eq!(cookie_value(&headers, &cookie_name(8081)), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let cookie = cookie(8080, "x");
        assert!(cookie.starts_with("fingerpost-8080=x;"));
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    }
}
