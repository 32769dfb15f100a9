//! The way to one organisation's computers: why it cannot be reached, and what to do.

use askama::Template;
use crdt_schema::identity::OrganizationId;

use crate::chrome::{Chrome, Place};

/// `/network/{org}`.
#[derive(Debug, Template)]
#[template(path = "pages/ways.html")]
pub struct Ways {
    /// Around the page.
    pub chrome: Chrome,
    /// The organisation.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// When it was last online, in near form; nothing if never.
    pub last_seen: Option<String>,
    /// Its computers that are in use.
    pub computers: Vec<WayRow>,
}

/// The way to one computer.
#[derive(Clone, Debug)]
pub struct WayRow {
    /// Its id.
    pub id: String,
    /// Is it connected?
    pub connected: bool,
    /// What is the case, as a sentence.
    pub reason: String,
    /// What to do; empty if nothing.
    pub advice: String,
    /// When it was last tried, in near form; nothing if not since this node started.
    pub last_try: Option<String>,
    /// When it is tried again, in near form.
    pub next_try: Option<String>,
    /// Its addresses, each with what the last attempt there came to in a few words.
    pub addresses: Vec<(String, String)>,
}

impl Ways {
    /// Is one of its computers connected?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.computers.iter().any(|computer| computer.connected)
    }

    /// Is there a computer that could be called now?
    #[must_use]
    pub fn can_call(&self) -> bool {
        self.computers.iter().any(|computer| !computer.connected)
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample(Place::Network),
            organization: OrganizationId([2; 32]),
            name: "Kent County Council".to_owned(),
            last_seen: Some("yesterday at 5:30pm".to_owned()),
            computers: vec![WayRow {
                id: "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMaa".to_owned(),
                connected: false,
                reason: "Nothing answers at its address.".to_owned(),
                advice: "Ask them if the computer is on. If it is, a firewall or router is in the way: ask whoever looks after their network to let Fingerpost in.".to_owned(),
                last_try: Some("today at 3:05pm".to_owned()),
                next_try: Some("today at 3:06pm".to_owned()),
                addresses: vec![
                    ("/ip4/192.0.2.7/tcp/4891".to_owned(), "no answer".to_owned()),
                    ("/dns4/node.example.org/tcp/443".to_owned(), "not tried yet".to_owned()),
                ],
            }],
        }
    }

    /// Returns a page of an organisation that is online.
    #[must_use]
    pub fn sample_connected() -> Self {
        let sample = Self::sample();
        let computer = |row: &WayRow| WayRow {
            connected: true,
            reason: "This computer is connected.".to_owned(),
            advice: String::new(),
            last_try: None,
            next_try: None,
            addresses: vec![("/ip4/192.0.2.7/tcp/4891".to_owned(), String::new())],
            ..row.clone()
        };
        let computers = sample.computers.iter().map(computer).collect();
        Self { computers, ..sample }
    }
}
