//! Network: is your work safe, who has your changes, whom you wait for.

use askama::Template;
use crdt_schema::identity::OrganizationId;

use crate::chrome::{Chrome, Place};

/// `/network`.
#[derive(Debug, Template)]
#[template(path = "pages/network.html")]
pub struct Network {
    /// Around the page.
    pub chrome: Chrome,
    /// Whether everything of ours is durable on this computer; otherwise why not.
    pub saved: Result<(), String>,
    /// How many organisations hold a full copy of what we share with them.
    pub copies: usize,
    /// Who has our changes.
    pub peers: Vec<PeerRow>,
    /// What we know of and do not have: sentences such as "Kent County Council has 2 changes that have not reached us".
    pub waiting_for: Vec<String>,
    /// Our node's own id.
    pub node: String,
    /// Our node's addresses.
    pub addresses: Vec<String>,
}

/// Another organisation.
#[derive(Clone, Debug)]
pub struct PeerRow {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Is a node of it connected?
    pub online: bool,
    /// When it was last seen, in near form; nothing if never.
    pub last_seen: Option<String>,
    /// How many of our changes it has not seen.
    pub behind: usize,
    /// Since when, in near form, if it is behind.
    pub behind_since: Option<String>,
    /// Why, or why it cannot be reached, in words: "Nothing answers at its address."
    pub reason: String,
    /// Its node's id and addresses.
    pub technical: Vec<String>,
}

impl PeerRow {
    /// Returns what it has, in words.
    #[must_use]
    pub fn state(&self) -> String {
        match (self.behind, &self.behind_since) {
            (0, _) => "Has everything".to_owned(),
            (behind, None) => {
                format!("Has not seen {}", crate::chrome::count(behind, "change", "changes"))
            }
            (behind, Some(since)) => {
                format!(
                    "Has not seen {} since {since}",
                    crate::chrome::count(behind, "change", "changes")
                )
            }
        }
    }
}

impl Network {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Network),
            saved: Ok(()),
            copies: 1,
            peers: vec![
                PeerRow {
                    id: OrganizationId([1; 32]),
                    name: "Open Door".to_owned(),
                    online: true,
                    last_seen: Some("today at 3:05pm".to_owned()),
                    behind: 0,
                    behind_since: None,
                    reason: String::new(),
                    technical: vec![
                        "12D3KooWSampleSampleSample at /ip4/192.0.2.7/tcp/4100".to_owned(),
                    ],
                },
                PeerRow {
                    id: OrganizationId([2; 32]),
                    name: "Kent County Council".to_owned(),
                    online: false,
                    last_seen: Some("yesterday at 5:30pm".to_owned()),
                    behind: 4,
                    behind_since: Some("yesterday at 5:41pm".to_owned()),
                    reason: "Nothing answers at its address.".to_owned(),
                    technical: Vec::new(),
                },
            ],
            waiting_for: Vec::new(),
            node: "did:key:z6MkSampleSampleSampleSampleSampleSample".to_owned(),
            addresses: vec![
                "/ip4/127.0.0.1/tcp/4100".to_owned(),
                "/ip4/127.0.0.1/udp/4100/quic-v1".to_owned(),
            ],
        }
    }
}
